"""Cases of the methods and options of ufuncs: every ufunc that computes, every method that NumPy gives it."""

import numpy as np
from case import Case

from dualtape.handlers import inventory
from dualtape.trace.functions import DIFFERENTIATED

_mask = np.array([[True, False, True, True], [False, True, True, False], [True, True, False, True]])
_places = ([0, 1, 1], [2, 3, 3])
# NumPy 2.4 reduces a contiguous axis wrongly with some instruction sets: np.power.reduce([2.0, 3.0, 2.0]) is 4.0 there.
_ACROSS = {"power", "arctan2"}
_NO_CHAIN = {"ldexp", "heaviside"}  # what the second operand is, a result cannot be; what has no derivative in it


def _ufuncs(nin):
    """The ufuncs with a derivative and so many operands, once for each of their names' first."""
    found = {}
    for name, kind in inventory.kinds().items():
        ufunc = inventory.value_of(name) if name.count(".") == 1 else None
        if kind != DIFFERENTIATED or not isinstance(ufunc, np.ufunc) or ufunc.__name__ in _NO_CHAIN:
            continue
        if (ufunc.nin, ufunc.nout) == (nin, 1) and ufunc.signature is None:
            found.setdefault(ufunc.__name__, ufunc)
    return found.values()


def _within(ufunc, x):
    """Numbers between 0.4 and 1.6 moved to where the function is regular."""
    if ufunc.__name__ in ("arcsin", "arccos", "arctanh", "tan"):
        return x * 0.5
    return x + 1.0 if ufunc.__name__ == "arccosh" else x


def _at(ufunc, index, *others):
    def f(x, *operands):
        y = _within(ufunc, x) * 1.0
        ufunc.at(y, index, *operands, *others)
        return y

    return f


def _written(ufunc, x, *others):
    """Where the condition fails the target keeps what it had."""
    y = x * 2.0
    ufunc(_within(ufunc, x), *others, out=y, where=_mask)
    return y


def _binary(ufunc):
    name, axis = ufunc.__name__, 0 if ufunc.__name__ in _ACROSS else 1
    shape, inputs = (3, 4), ((3, 4),)
    reduced = {"axis": axis, "initial": 0.7}
    for label, f, shapes in (
        ("reduce", lambda x: ufunc.reduce(x, axis=axis), inputs),
        ("reduce keepdims", lambda x: ufunc.reduce(x, axis=axis, keepdims=True, initial=1.2), inputs),
        ("reduce where", lambda x: ufunc.reduce(x, where=_mask, **reduced), inputs),
        ("accumulate", lambda x: ufunc.accumulate(x, axis=0), inputs),
        ("reduceat", lambda x: ufunc.reduceat(x, [0, 2, 1], axis=axis), inputs),
        ("outer", lambda x, y: ufunc.outer(x, y), ((2,), (3,))),
        ("at", _at(ufunc, _places), (shape, (3,))),
        ("at constant", _at(ufunc, _mask, 1.313), inputs),
        ("out where", lambda x, y: _written(ufunc, x, y), (shape, (4,))),
        ("dtype", lambda x, y: ufunc(x, y, dtype=float, casting="safe", order="F"), (shape, (4,))),
    ):
        yield Case(f"{name}.{label}", f, shapes, True)


def _unary(ufunc):
    yield Case(f"{ufunc.__name__}.at", _at(ufunc, ([0, 1], [2, 3])), ((3, 4),), True)
    yield Case(f"{ufunc.__name__} out where", lambda x: _written(ufunc, x), ((3, 4),), True)


OTHERS = [
    Case("reduce axes", lambda x: np.logaddexp.reduce(x, axis=(0, 2)) * np.hypot.reduce(x, axis=None), ((2, 3, 2),)),
    Case("hypot.reduce where", lambda x: np.hypot.reduce(x, axis=1, where=_mask), ((3, 4),)),
    Case("divmod.outer", lambda x, y: np.divmod.outer(x, y)[1], ((2,), (3,)), True),
    Case("ldexp.at", lambda x: _at(np.ldexp, _places, [1, 2, 3])(x), ((3, 4),)),
    Case("heaviside.outer", lambda x, y: np.heaviside.outer(x, y) * y, ((2,), (3,))),
    Case("matmul axes of a vector", lambda x, y: np.matmul(x, y, axes=[(0,), (0, 1), (0,)]), ((3,), (3, 2))),
    Case("vecdot axes", lambda x, y: np.vecdot(x, y, axes=[0, 1, ()]), ((3, 2), (2, 3))),
    Case("emath sqrt log", lambda x: np.emath.sqrt(x) * np.emath.log(x) + np.emath.log2(x), ((3,),), True),
    Case("emath logn log10", lambda x: np.emath.logn(3.0, x) * np.emath.log10(x), ((3,),), True),
    Case("emath power", lambda x, y: np.emath.power(x, y), ((3,), (3,)), True),
    Case("emath arcs", lambda x: np.emath.arcsin(x) * np.emath.arccos(x) + np.emath.arctanh(x), ((3,),)),
]

CASES = [case for ufunc in _ufuncs(2) for case in _binary(ufunc)]
CASES += [case for ufunc in _ufuncs(1) for case in _unary(ufunc)]
CASES += OTHERS
