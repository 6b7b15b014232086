"""scipy.special's ufuncs with complex operands, or with complex results: see ops/complex_special.py. Entered when the
first of them arrives, for SciPy is imported then."""

import sys

from ..errors import UnsupportedOperation
from ..ops import complex_special
from ..ops.complex_special import REMEDY, OfReal, analytic
from ..ops.special.registry import STEP
from ..trace.functions import CARRIERS, DIFFERENTIATED, KINDS, is_complex, primal
from .complex_numbers import COMPLEX, handles_complex, number

HOME = "scipy.special"


def is_entered(ufunc):
    """Enter the ufuncs, if SciPy is there; tell whether this is one of them."""
    if HOME not in sys.modules:
        return False
    if not _ufuncs:
        complex_special.load()
        for name in complex_special.NAMES:
            _enter(name)
    return ufunc in COMPLEX


_ufuncs = {}  # name -> ufunc


def _enter(name):
    ufunc = _ufuncs[name] = getattr(sys.modules[HOME + "._ufuncs"], name)
    handles_complex(ufunc)(_answer(ufunc, name))


def register_complex_valued(composed):
    """Enter those that have complex values for real operands into `composed`: ufunc -> function of its operands."""
    is_entered(None)
    for ufunc in _ufuncs.values():
        if all(set(loop.partition("->")[2]) <= set("FDG") for loop in ufunc.types):
            composed[ufunc] = COMPLEX[ufunc]
            KINDS[ufunc] = DIFFERENTIATED


def _answer(ufunc, name):
    results, takes_complex = complex_special.NAMES[name], complex_operands(ufunc)

    def answer(*xs):
        xs = tuple(map(number, xs))
        are_complex = [is_complex(x) for x in xs]
        if len(xs) != ufunc.nin or any(is_c and not may_be for is_c, may_be in zip(are_complex, takes_complex)):
            return ufunc(*map(primal, xs))  # raises SciPy's TypeError
        _require_rules(name, xs, any(are_complex))
        found = tuple(analytic(result, *xs) for result in results)
        return found if len(found) > 1 else found[0]

    return answer


def complex_operands(ufunc):
    """Which operands a loop of SciPy's takes as complex numbers."""
    loops = [loop.partition("->")[0] for loop in ufunc.types]
    return [any(loop[k] == "D" for loop in loops) for k in range(ufunc.nin)]


def _require_rules(name, xs, any_complex):
    entry = complex_special.of_ufunc(name)
    for x, argument, partial in zip(xs, entry.arguments, entry.partials, strict=True):
        reason = partial.reason if isinstance(partial, OfReal) and any_complex else partial
        if CARRIERS[type(x)] and isinstance(reason, str) and reason is not STEP:
            raise UnsupportedOperation(f"scipy.special.{name} has no derivative in {argument}: {reason}", REMEDY)
