"""Which NumPy and SciPy functions may be called on numbers under differentiation: the answer of the tested tables."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Any, NamedTuple, overload

from dualtape.handlers import inventory, special_functions
from dualtape.ops.table import ROW_OF
from dualtape.rewrite import callbacks, distributions, traced_matrices
from dualtape.rewrite.foreign import is_distribution, public_name
from dualtape.rewrite.proxies import CLONED
from dualtape.trace.functions import DIFFERENTIATED, PASSIVE, REFUSED, foreign_kinds, name_of

UNKNOWN = "unknown"


class Support(NamedTuple):
    """What dualtape knows about a function; true if a function under differentiation may call it.

    Attributes
    ----------
    name : str
    kind : {"differentiated", "derivative-free", "refused", "unknown"}
        "derivative-free" functions run on values: shapes, tests, places. "unknown" ones are in no table.
    detail : str
        Which derivatives there are, or what to do instead.
    """

    name: str
    kind: str
    detail: str

    def __bool__(self) -> bool:
        return self.kind in (DIFFERENTIATED, PASSIVE)

    def __repr__(self) -> str:
        return f"Support({self.name}: {self.kind}{f', {self.detail}' if self.detail else ''})"


@overload
def supported(function: str | Callable[..., Any]) -> Support: ...
@overload
def supported() -> dict[str, str]: ...
def supported(function: str | Callable[..., Any] | None = None) -> Support | dict[str, str]:
    """Tell whether a function may be called on numbers under differentiation.

    Parameters
    ----------
    function : str or callable, optional
        ``"np.linalg.det"``, ``"scipy.special.erf"``, ``"ndarray.sum"``, or the function itself.

    Returns
    -------
    support : Support
        True or false, with the kind and a remark. Without `function`: a dict from the name of every function and method
        in the tables to its kind.

    Notes
    -----
    The answer comes from the rule tables and the registry of handlers; each of their entries is tested in every mode.

    Examples
    --------
    >>> import dualtape
    >>> dualtape.supported("np.exp")
    Support(np.exp: differentiated, first and second derivative)
    >>> dualtape.supported("scipy.linalg.expm")
    Support(scipy.linalg.expm: differentiated)
    >>> bool(dualtape.supported("scipy.linalg.qz"))
    False
    >>> dualtape.supported("scipy.special.eval_hermite")
    Support(scipy.special.eval_hermite: differentiated, x; n counts: derivative zero)
    """
    if function is None:
        return _kinds()
    name = _public_name(function if isinstance(function, str) else public_name(function) or name_of(function))
    kind = _kinds().get(name, UNKNOWN)
    if kind == UNKNOWN and name.startswith("scipy.stats."):
        kind = _kind_of_method(name)
    return Support(name, kind, _detail(name, kind))


def _kind_of_method(name: str) -> str:
    """The kind of a method of a distribution, "scipy.stats.norm.pdf"."""
    *home, distribution, method = name.split(".")
    if home != ["scipy", "stats"] or not find_spec("scipy"):
        return UNKNOWN
    found = getattr(import_module("scipy.stats"), distribution, None)
    if not is_distribution(type(found)) or not hasattr(found, method):
        return UNKNOWN
    return DIFFERENTIATED if method in distributions.METHODS else REFUSED


def _kinds() -> dict[str, str]:
    """Map the name of every function and method in the tables to its kind, see `Support`."""
    kinds: dict[str, str] = {**inventory.kinds(), **foreign_kinds()}
    if find_spec("scipy"):
        kinds |= dict.fromkeys(CLONED | callbacks.LIVE | traced_matrices.NAMES, DIFFERENTIATED) | dict.fromkeys(
            callbacks.REMEDIES, REFUSED
        )
    for name, known in _special_operands().items():
        kinds.setdefault(f"{special_functions.HOME}.{name}", special_functions.kind_of(known))
    return kinds


def _special_operands() -> dict[str, dict[str, str]]:
    """What is known about the operands of scipy.special's ufuncs, if SciPy is there."""
    return special_functions.inventory() if find_spec("scipy") else {}


def _public_name(name: str) -> str:
    head, dot, rest = name.partition(".")
    if head == "numpy":
        name = f"np{dot}{rest}"
    if name.startswith("np.ndarray."):
        name = name.removeprefix("np.")
    return name if "." in name else f"np.{name}"


def _detail(name: str, kind: str) -> str:
    module, _, function = name.rpartition(".")
    if module == special_functions.HOME and function in _special_operands():
        return _special_detail(_special_operands()[function])
    if kind == UNKNOWN and module in ("math", "cmath"):
        return f"it takes plain floats only; use np.{function}"
    if name in callbacks.REMEDIES:
        return f"calls a function of yours back, which may not be of traced numbers; {callbacks.REMEDIES[name]}"
    if name in CLONED or name in callbacks.LIVE:
        return f"Python code of {'SciPy' if name.startswith('scipy') else module}, which is cloned"
    if kind == REFUSED:
        return "; ".join(inventory.refusal(name))
    row = ROW_OF.get(function) if module == "np" else None
    if kind != DIFFERENTIATED or row is None:
        return ""
    missing = [partial for partial in row.partials if getattr(row, partial) is None]
    return f"no rule for {', '.join(missing)}" if missing else "first and second derivative"


def _special_detail(known: dict[str, str]) -> str:
    """What is known about the operands of a ufunc, in one line."""
    full = [operand for operand, text in known.items() if text == special_functions.IN_BOTH_ORDERS]
    if len(full) == len(known):
        return special_functions.IN_BOTH_ORDERS
    rest = [f"{operand} {text}" for operand, text in known.items() if operand not in full]
    return "; ".join([", ".join(full), *rest] if full else rest)
