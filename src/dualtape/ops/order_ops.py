"""Elements chosen by their order, one `ArrayOp` row each. The order is found anew at every point, so that a program
that is being recorded needs no guard for it. A tie follows NumPy's order, the derivative is that of the element chosen.

The rules are written as in array_ops.py. Called by trace/ordering.py; recordings that are not replayed move elements
instead."""

import numpy as np

from .array_ops import ArrayOp, axes_of, reduced_last


def _rows(x, axis):
    """`x` with the axes that are put in order as one last axis."""
    return reduced_last(x, axis)


def _extreme_places(x, axis, choose):
    return np.expand_dims(getattr(np, choose)(_rows(x, axis), axis=-1), -1)


def _extreme_of(y, x, axis, choose):
    """The elements of `y` that stand where `x` has its largest, or smallest."""
    return np.take_along_axis(_rows(y, axis), _extreme_places(x, axis, choose), axis=-1)[..., 0]


def _extreme(x, axis, choose):
    return _extreme_of(x, x, axis, choose)


def _extreme_jvp(x_dots, xs, v, axis, choose):
    return _extreme_of(x_dots[0], xs[0], axis, choose)


def _extreme_vjp(v_bar, xs, v, active, axis, choose):
    x = xs[0]
    places = _extreme_places(x, axis, choose)
    return (_rows_back(np.expand_dims(v_bar, -1), places, np.shape(x), axis),)


def _rows_back(v_bar, places, shape, axis):
    """An array of `shape` with `v_bar` in the places of its rows."""
    axes = axes_of(axis, len(shape))
    kept = tuple(k for k in range(len(shape)) if k not in axes)
    arranged = tuple(shape[k] for k in kept + axes)
    x_bar = np.zeros_like(v_bar, shape=(*(shape[k] for k in kept), int(np.prod([shape[k] for k in axes]))))
    np.put_along_axis(x_bar, places, v_bar, axis=-1)
    return np.transpose(np.reshape(x_bar, arranged), tuple(np.argsort(kept + axes)))


def _order(x, axis, function, options):
    return getattr(np, function)(_rows(x, axis), axis=-1, **options)


def _ordered_of(y, x, axis, function, options):
    return _along(np.take_along_axis(_rows(y, axis), _order(x, axis, function, options), axis=-1), axis)


def _along(rows, axis):
    return rows if axis is None else np.moveaxis(rows, -1, axis)


def _ordered(x, axis, function, options):
    return _ordered_of(x, x, axis, function, options)


def _ordered_jvp(x_dots, xs, v, axis, function, options):
    return _ordered_of(x_dots[0], xs[0], axis, function, options)


def _ordered_vjp(v_bar, xs, v, active, axis, function, options):
    order = _order(xs[0], axis, function, options)
    v_bar = v_bar if axis is None else np.moveaxis(v_bar, axis, -1)
    return (_rows_back(v_bar, order, np.shape(xs[0]), axis),)


# `choose` is argmax or argmin; axis is an int, a tuple, or None for all elements.
EXTREME = ArrayOp("extreme", _extreme, _extreme_jvp, _extreme_vjp)
# `function` is argsort or argpartition, `options` what it takes; axis None flattens.
ORDERED = ArrayOp("ordered", _ordered, _ordered_jvp, _ordered_vjp)

ROWS = (EXTREME, ORDERED)
