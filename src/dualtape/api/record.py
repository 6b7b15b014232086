"""`dualtape.record`: from a function to a program."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

from dualtape.api._drivers import check_callable, check_nonsmooth
from dualtape.api.program import Program
from dualtape.errors import OptionError

if TYPE_CHECKING:
    from dualtape.api._types import Nonsmooth

_ON_GUARD = ("rerecord", "raise")
_CONSTANTS = ("checked", "frozen")


def record(
    f: Callable[..., Any],
    *example: Any,
    on_guard: Literal["rerecord", "raise"] = "rerecord",
    constants: Literal["checked", "frozen"] = "checked",
    max_paths: int = 32,
    rewrite: bool = True,
    nonsmooth: Nonsmooth = "convention",
    **kwargs: Any,
) -> Program:
    """Record a function once, to run it and its derivatives anywhere without Python.

    Parameters
    ----------
    f : callable
        Called once; again only where it decides differently.
    *example : number, array_like, or nested container of them
        A point that is typical: it says how many arguments there are and of which shapes. All are active.
    on_guard : {"rerecord", "raise"}
        What to do where f decides on the values of its arguments (a comparison, an argmax, the end of a loop) as it did
        on no recorded path: record that path, too, or raise `GuardError`.
    constants : {"checked", "frozen"}
        Whether every call looks at what f captured (variables of its closure and module, defaults, attributes of
        ``self``) and records again if that has changed. Costs one comparison of memory for captured arrays; "frozen"
        goes on with what was captured.
    max_paths : int
        How many paths are kept; the one not used for longest is dropped.
    rewrite : bool
        As for `grad`.
    nonsmooth : {"convention", "raise"}
        As for `grad`; "raise" runs f, slowly, in every call for a derivative, so that the program is no faster than f.
        A file or pickle does not keep it.
    **kwargs
        Passed to f, not differentiated.

    Returns
    -------
    P : Program
        ``P(x) P.grad(x) P.value_and_grad(x) P.jacobian(x) P.hessian(x) P.jvp(x, v) P.vjp(x, w) P.hvp(x, v)
        P.weighted_hessian(x, w)``, each with ``out=``; ``P.batch(X)`` for many points; ``P.guards``, ``P.summary()``,
        ``P.save(path)``.

    Raises
    ------
    TraceEscapeError, UnsupportedOperation, DtypeError
        As for `grad`.
    OptionError
        For an option that does not exist.

    Notes
    -----
    A call costs a small fraction of f itself: one sweep over the recording for the value, one more for a gradient.
    Values are those of f, bit for bit. See Griewank & Walther, *Evaluating Derivatives* (2008), chapter 4, on taping.

    Examples
    --------
    >>> import numpy as np
    >>> import dualtape
    >>> P = dualtape.record(lambda x: np.sum(x * x), np.array([1.0, 2.0]))
    >>> P(np.array([3.0, 4.0])), P.grad(np.array([3.0, 4.0]))
    (25.0, array([6., 8.]))
    """
    check_callable(f, "record")
    if on_guard not in _ON_GUARD:
        raise OptionError(f"on_guard is {on_guard!r}, expected one of {', '.join(map(repr, _ON_GUARD))}")
    if constants not in _CONSTANTS:
        raise OptionError(f"constants is {constants!r}, expected one of {', '.join(map(repr, _CONSTANTS))}")
    if not isinstance(max_paths, int) or max_paths < 1:
        raise OptionError(f"max_paths is {max_paths!r}, expected a positive int")
    if not example:
        raise OptionError("record needs an example point", "pass the arguments of f after it: record(f, x0)")
    check_nonsmooth(nonsmooth)
    program = Program(f, kwargs, on_guard == "rerecord", constants == "checked", max_paths, rewrite)
    return program.start(example, nonsmooth == "raise")
