"""Functions of scipy.special with complex results, or of complex arguments: the value, which is SciPy's own bit for
bit, and one partial derivative per argument.

A function is entered by `define_complex`, a ufunc by `define_complex_ufunc`; special/analytic.py has the entries.
Partials are written on complex numbers in NumPy language with SciPy's ufuncs, so that they can be differentiated again.
A function that is not analytic, such as one that SciPy scales by ``exp(-|imag(z)|)``, has a pair for a partial: along
the real axis and along the imaginary one. All of them are one `ArrayOp`, ANALYTIC, whose operands are parts, as in
complex_ops.py."""

from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import NamedTuple

import numpy as np

from ..errors import UnsupportedOperation
from .array_ops import ArrayOp, total, unbroadcast
from .complexified import joined, numbers_behind, parts_of
from .special.entries import STEP, Entries, whole
from .special.registry import connected_product, is_active, plain, quietly

REMEDY = "keep that argument a plain number, or all arguments real"


class OfReal(NamedTuple):
    """A partial that is known where all operands are real, and why it is not elsewhere."""

    partial: Callable
    reason: str

    def __call__(self, *args):
        return self.partial(*args)


def _with_integers(ufunc):
    """The ufunc; operands that are integers in every complex loop go in as integers."""
    counts = [k for k in range(ufunc.nin) if all(loop[k] in "lqi" for loop in ufunc.types)]
    if not counts:
        return ufunc

    def value(*zs):
        return ufunc(*(whole(z) if k in counts else z for k, z in enumerate(zs)))

    return value


_entries = Entries(_with_integers)
FUNCTIONS, NAMES = _entries.functions, _entries.names
define_complex, define_complex_ufunc, of_ufunc = _entries.define, _entries.define_ufunc, _entries.of_ufunc


@cache
def load():
    """Import the entries, and with them SciPy."""
    import_module("dualtape.ops.special.analytic")
    return FUNCTIONS


def analytic(name, *zs):
    """A function of this registry on numbers of any kind, active or plain, real or complex."""
    kinds, operands = "", []
    for z in zs:
        is_complex = hasattr(type(z), "complex_parts") or (not is_active(z) and np.iscomplexobj(z))
        kinds += "c" if is_complex else "r"
        operands += (np.real(z), np.imag(z)) if is_complex else (z,)
    leader = max(filter(is_active, operands), key=lambda x: x.level, default=None)
    if leader is None:
        return load()[name].value(*zs)
    operands = [x if is_active(x) else plain(x) for x in operands]
    v = leader.engine.array_op(ANALYTIC, operands, {"function": name, "kinds": kinds})
    return joined(v[0], v[1])


# ---- the row ----


def _value(*xs, function, kinds):
    with np.errstate(all="ignore"):
        return parts_of(
            np.asarray(load()[function].value(*numbers_behind(map(_plain_operand, xs), kinds)), dtype=complex)
        )


def _plain_operand(x):
    return x if np.ndim(x) else np.float64(x)


def _partials(k, xs, v, function, kinds):
    """The partials in operand k along the real axis and, if it is complex, along the imaginary one, each as a pair of
    parts; None where they are structurally zero."""
    partial = load()[function].partials[k]
    if partial is STEP:
        return None
    if isinstance(partial, str):
        argument = load()[function].arguments[k]
        raise UnsupportedOperation(f"scipy.special.{function} has no derivative in {argument}: {partial}", REMEDY)
    zs = numbers_behind(xs, kinds)
    found = partial(*zs, joined(v[0], v[1]))
    along = found if type(found) is tuple else (found, None)
    return tuple(None if d is None else _parts(d, v) for d in along)


def _parts(d, v):
    """Both parts of a partial; none is a number where the value is none, or where one of them is none."""
    a, b = np.real(d), np.imag(d)
    if is_active(v) or is_active(a) or is_active(b):
        return a, b
    known = (v[0] == v[0]) & (v[1] == v[1]) & (a == a) & (b == b)
    return np.where(known, a, np.nan), np.where(known, b, np.nan)


def _times(d, s):
    return None if s is None else connected_product(d, s)


def _places(kinds):
    """Where the parts of each operand stand among the operands of the row."""
    at = 0
    for kind in kinds:
        yield (at, at + 1) if kind == "c" else (at, None)
        at += 2 if kind == "c" else 1


def _slopes(k, xs, v, function, kinds, is_complex):
    """The two by two derivatives of the parts of the result in the parts of operand k: columns."""
    found = _partials(k, xs, v, function, kinds)
    if found is None:
        return None
    (a, b), other = found
    if not is_complex:
        return (a, b), None
    return (a, b), (-b, a) if other is None else other  # Cauchy and Riemann


def _jvp(x_dots, xs, v, function, kinds):
    with np.errstate(all="ignore"), quietly():
        terms = []
        for k, (first, second) in enumerate(_places(kinds)):
            dots = x_dots[first], None if second is None else x_dots[second]
            columns = None
            if any(dot is not None for dot in dots):
                columns = _slopes(k, xs, v, function, kinds, second is not None)
            if columns is not None:
                terms += [
                    (_times(column[0], dot), _times(column[1], dot))
                    for column, dot in zip(columns, dots, strict=True)
                    if column is not None and dot is not None
                ]
        shape = np.shape(v)[1:]
        if not terms:
            return np.full((2, *shape), -0.0)
        return np.stack([np.broadcast_to(total(term[j] for term in terms), shape) for j in (0, 1)])


def _vjp(v_bar, xs, v, active, function, kinds):
    with np.errstate(all="ignore"), quietly():
        bars = [None] * len(xs)
        shape = np.shape(v)[1:]
        for k, (first, second) in enumerate(_places(kinds)):
            places = (first,) if second is None else (first, second)
            if not any(active[place] for place in places):
                continue
            columns = _slopes(k, xs, v, function, kinds, second is not None)
            for place, column in zip(places, columns or (None, None), strict=False):
                if not active[place]:
                    continue
                if column is None:
                    bars[place] = np.full(np.shape(xs[place]), -0.0)
                else:
                    bar = total(_times(part, v) for part, v in zip(column, v_bar, strict=True))
                    bars[place] = unbroadcast(np.broadcast_to(bar, shape), np.shape(xs[place]))
        return tuple(bars)


ANALYTIC = ArrayOp("analytic", _value, _jvp, _vjp, selects=True)

ROWS = (ANALYTIC,)
