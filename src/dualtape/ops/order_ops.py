"""Elements chosen by their order, one `ArrayOp` row each. The order is found anew at every point, so that a program
that is being recorded needs no guard for it. A tie follows NumPy's order, the derivative is that of the element chosen.

The rules are written as in array_ops.py. A derivative is taken where the operand has its order: that, too, is a row, so
that a derivative of a derivative needs no guard either. Called by handlers/ordering.py; recordings that are not
replayed move elements instead."""

from functools import lru_cache
from math import prod

import numpy as np

from .array_ops import ArrayOp, axes_of


@lru_cache(maxsize=256)
def _arranged(shape, axis):
    """The axes of an array, those to be put in order last, and where they are in that arrangement; how many axes are
    kept; the shape as rows; where each row starts."""
    axes = axes_of(axis, len(shape))
    kept = tuple(k for k in range(len(shape)) if k not in axes)
    order, rows = kept + axes, (prod(shape[k] for k in kept), prod(shape[k] for k in axes))
    return order, tuple(order.index(k) for k in range(len(order))), len(kept), rows, np.arange(rows[0]) * rows[1]


def _is_whole(x, axis, y):
    """All elements of plain arrays: the common case, which takes a shorter way."""
    return type(x) is np.ndarray and (axis is None or x.ndim == 1) and type(y) in (np.ndarray, np.float64, float)


def _places(x, axis, function, options):
    """Where the elements are, in all rows one after another, that argmax, argmin, argsort or argpartition chooses."""
    order, _, _, rows, first = _arranged(x.shape, axis)
    found = getattr(np, function)(x.transpose(order).reshape(rows), axis=-1, **options)
    return (first[:, np.newaxis] if found.ndim > 1 else first) + found


def _taken(y, x, axis, function, options):
    """The elements of `y` from where `x` has its order."""
    if _is_whole(x, axis, y):
        return y.reshape(-1)[getattr(x.reshape(-1), function)(**options)]
    order, back, n_kept, rows, _ = _arranged(x.shape, axis)
    found = y.transpose(order).reshape(rows[0] * rows[1])[_places(x, axis, function, options)]
    if found.ndim == 1:
        return found.reshape(tuple(x.shape[k] for k in order[:n_kept]))
    return found.reshape(-1) if axis is None else found.reshape(tuple(x.shape[k] for k in order)).transpose(back)


def _put(v, x, axis, function, options):
    """The transpose of `_taken`: the elements of `v` to where they were taken from, structural zeros elsewhere."""
    if _is_whole(x, axis, v):
        y = np.full(x.size, -0.0)
        y[getattr(x.reshape(-1), function)(**options)] = v
        return y.reshape(x.shape)
    order, back, _, rows, _ = _arranged(x.shape, axis)
    places = _places(x, axis, function, options)
    if places.ndim > 1 and axis is not None:
        v = v.transpose(order)
    y = np.full_like(v, -0.0, shape=(rows[0] * rows[1],))
    y[places] = v.reshape(places.shape)
    return y.reshape(tuple(x.shape[k] for k in order)).transpose(back)


def _is_replayed(*xs):
    return any(getattr(x, "is_guarded", False) for x in xs)


def _apply(row, y, x, params):
    """A row of two operands, as an operation of the innermost number that a program is being recorded for."""
    if not _is_replayed(y, x):
        return row.primal(y, x, **params)
    leader = max((z for z in (y, x) if hasattr(z, "engine")), key=lambda z: z.level)
    return leader.engine.array_op(row, [y, x], params)


def _linear(primal, transpose):
    """The rules of a row (y, x) that is linear in y and takes the order from x."""

    def jvp(x_dots, xs, v, **params):
        return None if x_dots[0] is None else _apply(primal(), x_dots[0], xs[1], params)

    def vjp(v_bar, xs, v, active, **params):
        return (_apply(transpose(), v_bar, xs[1], params) if active[0] else None, None)

    return jvp, vjp


TAKEN = ArrayOp("taken", _taken, *_linear(lambda: TAKEN, lambda: PUT), selects=True)
PUT = ArrayOp("put", _put, *_linear(lambda: PUT, lambda: TAKEN), selects=True)


def _ordered(x, axis, function, options):
    return _taken(x, x, axis, function, options)


def _ordered_jvp(x_dots, xs, v, **params):
    return _apply(TAKEN, x_dots[0], xs[0], params)


def _ordered_vjp(v_bar, xs, v, active, **params):
    return (_apply(PUT, v_bar, xs[0], params),)


# `function` is argmax, argmin, argsort or argpartition, `options` what it takes; axis is an int, None for all elements,
# or, of argmax and argmin, a tuple.
ORDERED = ArrayOp("ordered", _ordered, _ordered_jvp, _ordered_vjp, selects=True)

ROWS = (ORDERED, TAKEN, PUT)
