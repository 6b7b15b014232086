"""scipy.special's ufuncs on active numbers: which operands have a derivative, and whether the rule table knows it or
the registry of ops/special. Called by ufuncs.py when the first of these ufuncs arrives: SciPy is imported then."""

import sys

import numpy as np

from ..errors import UnsupportedOperation
from ..ops import complex_special as complex_registry
from ..ops.special import registry
from ..ops.table import OPCODES, ROWS
from ..trace.functions import DIFFERENTIATED, KINDS, PASSIVE, REFUSED, elementwise, has_active, operand
from . import complex_special

HOME = "scipy.special"
_ROW_OF = {row.ufunc[1]: row for row in ROWS if row.ufunc and row.ufunc[0] == HOME}
_REMEDY = "keep that argument a plain number"


def scipy_special(name):
    """What SciPy has under a name; it has been imported by whoever calls."""
    return getattr(sys.modules[HOME], name)


def ufunc_named(name):
    """The ufunc with this name, None if this SciPy does not have it."""
    found = getattr(sys.modules[HOME], name, None) or getattr(sys.modules[HOME + "._ufuncs"], name, None)
    return found if isinstance(found, np.ufunc) else None


def register(composed):
    """Enter the ufuncs of the registry into `composed`: ufunc -> function of its operands."""
    registry.load()
    for name in registry.NAMES:
        ufunc = ufunc_named(name)
        if ufunc is not None:
            composed[ufunc] = _answer(name)
            KINDS[ufunc] = _kind(name)
    complex_special.register_complex_valued(composed)


def _kind(name):
    """The class of a function, by its best operand."""
    partials = partials_of(name)
    if any(callable(partial) for partial in partials):
        return DIFFERENTIATED
    return PASSIVE if all(partial is registry.STEP for partial in partials) else REFUSED


def row_of(name):
    """The row of the rule table that has all partials of a ufunc, or None."""
    row = _ROW_OF.get(name)
    return None if row is None or None in [getattr(row, partial) for partial in row.partials] else row


def partials_of(name):
    """What is known about each operand of a ufunc: a rule, STEP, or the reason why there is no derivative."""
    return registry.of_ufunc(name).partials


def _answer(name):
    results, row = registry.NAMES[name], _ROW_OF.get(name)

    def answer(*xs):
        active = [has_active(x) for x in xs]
        if row is not None and not any(
            a and getattr(row, p) is None for a, p in zip(active, row.partials, strict=False)
        ):
            return elementwise(OPCODES[row.name], *xs)
        _require_rules(name, active)
        xs = tuple(map(operand, xs))
        found = tuple(registry.special(result, *xs) for result in results)
        return found if len(found) > 1 else found[0]

    return answer


def _require_rules(name, active):
    arguments = registry.of_ufunc(name).arguments
    for is_active, argument, partial in zip(active, arguments, partials_of(name), strict=True):
        if is_active and isinstance(partial, str) and partial is not registry.STEP:
            raise UnsupportedOperation(f"scipy.special.{name} has no derivative in {argument}: {partial}", _REMEDY)


# ---- what is supported, for the docs, `supported` and the test that walks scipy.special ----

IN_BOTH_ORDERS = "first and second derivative"
COUNTS = "counts: derivative zero"


def operands_of(name):
    """Map the operands of a ufunc of scipy.special to what is known: IN_BOTH_ORDERS, COUNTS, or why there is no
    derivative. Nothing is known about a ufunc that is in no table."""
    row = row_of(name)
    if row is not None:
        first = row.partials[: row.arity]
        return {x: COUNTS if getattr(row, p) == "0" else IN_BOTH_ORDERS for x, p in zip("xy", first, strict=False)}
    if name not in registry.NAMES:
        return _operands_of_complex(name)
    arguments = registry.of_ufunc(name).arguments
    known = (IN_BOTH_ORDERS if callable(p) else COUNTS if p is registry.STEP else p for p in partials_of(name))
    return dict(zip(arguments, known, strict=True))


def _operands_of_complex(name):
    """Of a function whose values are complex for real operands, too."""
    complex_registry.load()
    if name not in complex_registry.NAMES:
        return {}
    entry = complex_registry.of_ufunc(name)
    known = (IN_BOTH_ORDERS if callable(p) else COUNTS if p is registry.STEP else p for p in entry.partials)
    return dict(zip(entry.arguments, known, strict=True))


def complex_operands_of(name):
    """The operands of a ufunc that may be complex and have derivatives then: arguments of analytic functions."""
    complex_registry.load()
    if name not in complex_registry.NAMES:
        return ()
    entry = complex_registry.of_ufunc(name)
    may_be = complex_special.complex_operands(ufunc_named(name))
    return tuple(x for x, p, is_c in zip(entry.arguments, entry.partials, may_be, strict=True) if is_c and callable(p))


def inventory():
    """Map every public ufunc of the installed scipy.special to its operands, see `operands_of`."""
    import scipy.special

    registry.load()
    names = [name for name in dir(scipy.special) if isinstance(getattr(scipy.special, name), np.ufunc)]
    return {name: operands_of(getattr(scipy.special, name).__name__) for name in names}


def kind_of(operands):
    """DIFFERENTIATED, PASSIVE or REFUSED, from what is known about the operands."""
    known = set(operands.values())
    return DIFFERENTIATED if IN_BOTH_ORDERS in known else PASSIVE if known == {COUNTS} else REFUSED
