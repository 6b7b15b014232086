"""Functions that choose elements by their order: max, min, sort, median. The choice is made on primals and the elements
are then moved, so that a tie follows NumPy's order and the derivative is that of the element chosen."""

import numpy as np

from ..ops.order_ops import ORDERED
from ..trace.functions import apply, handles, is_guarded, move, operand, peeked, primal, store, unboxed
from ..trace.layout import in_order_of, model_of


def _merged_last(axis, ndim):
    """A function that gives an array of values, or of ids, its reduced axes as one last axis."""
    given = axis if isinstance(axis, (tuple, list)) else (axis,)
    axes = tuple(range(ndim)) if axis is None or not ndim else tuple(k % ndim for k in given)
    kept = tuple(k for k in range(ndim) if k not in axes)

    def merge(array):
        return array.transpose(kept + axes).reshape((*(array.shape[k] for k in kept), -1))

    return merge


def _extreme(a, function, choose, worst, axis, out, keepdims, initial, where):
    """`function` is np.max or np.min, `choose` np.argmax or np.argmin, `worst` the value that is never chosen."""
    a, initial = operand(a), np._NoValue if initial is None else initial
    if is_guarded(a):
        return store(_replayed_extreme(a, function, choose, worst, axis, keepdims, initial, where), out)
    value = np.asarray(primal(a))
    is_plain = axis is None and out is None and not keepdims and where is True and initial is np._NoValue
    if is_plain and value.size and value.ndim:
        return a[np.unravel_index(choose(value), value.shape)]
    limits = {} if initial is np._NoValue else {"initial": primal(initial)}
    model = np.asarray(function(value, axis=axis, keepdims=keepdims, where=where, **limits))  # raises what NumPy raises
    if value.size == 0:
        return store(np.broadcast_to(operand(initial), model.shape), out)
    if where is not True:
        a = np.where(where, a, worst)  # a row of which nothing counts is its `initial`, not an element
        value = np.asarray(primal(a))
    merge = _merged_last(axis, value.ndim)
    chosen = np.expand_dims(choose(merge(value), axis=-1), -1)
    result = unboxed(move([a], lambda ids: np.take_along_axis(merge(ids), chosen, axis=-1).reshape(model.shape)))
    if initial is not np._NoValue:
        result = (np.maximum if function is np.max else np.minimum)(result, initial)
    return store(in_order_of(result, model), out)


def _replayed_extreme(a, function, choose, worst, axis, keepdims, initial, where):
    """`_extreme` as an operation that finds its element anew in a replay."""
    limits = {} if initial is np._NoValue else {"initial": peeked(initial)}
    model = np.asarray(function(peeked(a), axis=axis, keepdims=keepdims, where=peeked(where), **limits))
    if np.size(a) == 0:
        return np.broadcast_to(operand(initial), model.shape)
    if where is not True:
        a = np.where(where, a, worst)
    result = apply(ORDERED, a, axis=axis, function=choose.__name__, options={}) if a.ndim else a
    result = unboxed(in_order_of(np.reshape(result, model.shape), model))
    return result if not limits else (np.maximum if function is np.max else np.minimum)(result, initial)


@handles(np.max)
def maximum_of(a, axis=None, out=None, keepdims=False, initial=np._NoValue, where=True):
    return _extreme(a, np.max, np.argmax, -np.inf, axis, out, keepdims, initial, where)


@handles(np.min)
def minimum_of(a, axis=None, out=None, keepdims=False, initial=np._NoValue, where=True):
    return _extreme(a, np.min, np.argmin, np.inf, axis, out, keepdims, initial, where)


# np.amax and np.amin are functions of their own
handles(np.amax)(maximum_of)
handles(np.amin)(minimum_of)


@handles(np.ptp)
def ptp(a, axis=None, out=None, keepdims=False):
    return store(np.max(a, axis=axis, keepdims=keepdims) - np.min(a, axis=axis, keepdims=keepdims), out)


@handles(np.nanmax)
def nanmax(a, axis=None, out=None, keepdims=False, initial=np._NoValue, where=True):
    return _extreme_number(a, np.nanmax, np.max, -np.inf, axis, out, keepdims, initial, where)


@handles(np.nanmin)
def nanmin(a, axis=None, out=None, keepdims=False, initial=np._NoValue, where=True):
    return _extreme_number(a, np.nanmin, np.min, np.inf, axis, out, keepdims, initial, where)


def _extreme_number(a, function, plain, worst, axis, out, keepdims, initial, where):
    """`plain` over the elements that are numbers; NaN (and NumPy's warning) where there is none."""
    limits = {} if initial is np._NoValue else {"initial": initial}
    if is_guarded(a):
        missing = np.isnan(a)
        result = plain(np.where(missing, worst, a), axis=axis, keepdims=keepdims, where=where, **limits)
        nothing = False if limits else np.all(missing, axis=axis, keepdims=bool(keepdims))
        return store(unboxed(np.where(nothing, np.nan, result)) if np.ndim(nothing) or nothing else result, out)
    value = primal(a)
    nothing = np.isnan(function(value, axis=axis, keepdims=keepdims, where=where, **primal(limits)))
    result = plain(np.where(np.isnan(value), worst, a), axis=axis, keepdims=keepdims, where=where, **limits)
    return store(unboxed(np.where(nothing, np.nan, result)) if np.any(nothing) else result, out)


# Order.


def _reordered(a, order, axis):
    """`a` taken in the `order` (of argsort or argpartition) along `axis`; axis None flattens."""
    if axis is None:
        return move([a], lambda ids: ids.ravel()[order])
    return in_order_of(move([a], lambda ids: np.take_along_axis(ids, order, axis=axis)), model_of(a))  # NumPy's copies


def _replayed_order(a, axis, function, **options):
    """The same as an operation that finds the order anew in a replay."""
    getattr(np, function)(peeked(a), axis=axis, **options)  # raises what NumPy raises
    ordered = apply(ORDERED, a, axis=axis, function=function, options=options)
    return ordered if axis is None else in_order_of(ordered, model_of(a))


@handles(np.sort)
def sort(a, axis=-1, kind=None, order=None, *, stable=None):
    a = operand(a)
    if is_guarded(a):
        return _replayed_order(a, axis, "argsort", kind=kind, order=order, stable=stable)
    return _reordered(a, np.argsort(primal(a), axis=axis, kind=kind, order=order, stable=stable), axis)


@handles(np.partition)
def partition(a, kth, axis=-1, kind="introselect", order=None):
    a = operand(a)
    if is_guarded(a):
        return _replayed_order(a, axis, "argpartition", kth=kth, kind=kind, order=order)
    return _reordered(a, np.argpartition(primal(a), kth, axis=axis, kind=kind, order=order), axis)


def sort_in_place(x, axis=-1, kind=None, order=None, *, stable=None):
    """The method ``x.sort()``."""
    x[...] = sort(x, axis, kind, order, stable=stable)


def partition_in_place(x, kth, axis=-1, kind="introselect", order=None):
    """The method ``x.partition(kth)``."""
    x[...] = partition(x, kth, axis, kind, order)


def _put_together(rows, model):
    """What was found of each row, in the shape and the memory order of NumPy's result."""
    return unboxed(in_order_of(np.reshape(rows, model.shape), model))


@handles(np.median)
def median(a, axis=None, out=None, overwrite_input=False, keepdims=False):
    """The mean of the middle element, or of the middle two; NaN where an element is."""
    a = operand(a)
    value = np.asarray(peeked(a))
    model = np.asarray(np.median(value, axis=axis, keepdims=keepdims))
    merge = _merged_last(axis, value.ndim)
    if is_guarded(a):
        return store(_put_together(np.mean(_replayed_middle(move([a], merge)), axis=-1), model), out)
    rows = merge(value)
    half, odd = divmod(rows.shape[-1], 2)
    order = np.argpartition(rows, _around_middle(rows.shape[-1]), axis=-1)  # NaN is sorted to the end
    middle = order[..., [half]] if odd else order[..., [half - 1, half]]
    middle = np.where(np.isnan(rows).any(axis=-1, keepdims=True), order[..., -1:], middle)
    chosen = move([a], lambda ids: np.take_along_axis(merge(ids), middle, axis=-1))
    return store(_put_together(np.mean(chosen, axis=-1), model), out)


def _around_middle(n):
    """Places of n numbers that are what they would be in order: the middle ones and the last."""
    return [max(n // 2 - 1, 0), n // 2, n - 1]


def _replayed_middle(rows):
    """The middle element of each row, or the middle two, as an operation that finds them anew in a replay."""
    half, odd = divmod(rows.shape[-1], 2)
    rows = np.partition(rows, _around_middle(rows.shape[-1]), axis=-1)
    last = rows[..., -1:]
    return np.where(np.isnan(last), last, rows[..., [half]] if odd else rows[..., [half - 1, half]])


@handles(np.nanmedian)
def nanmedian(a, axis=None, out=None, overwrite_input=False, keepdims=False):
    """As `median`, each row with its own number of elements that are numbers."""
    a = operand(a)
    value = np.asarray(peeked(a))
    model = np.asarray(np.nanmedian(value, axis=axis, keepdims=keepdims))
    merge = _merged_last(axis, value.ndim)
    rows = merge(value)
    if is_guarded(a):
        rows = move([a], merge)
    count = np.asarray(np.maximum(np.sum(~np.isnan(rows), axis=-1, keepdims=True), 1))
    middle = np.concatenate([(count - 1) // 2, count // 2], axis=-1)
    if is_guarded(a):
        chosen = np.take_along_axis(np.sort(rows, axis=-1), middle, axis=-1)
        return store(_put_together(np.mean(chosen, axis=-1), model), out)
    order = np.argsort(rows, axis=-1)
    places = np.take_along_axis(order, middle, axis=-1)
    chosen = move([a], lambda ids: np.take_along_axis(merge(ids), places, axis=-1))
    return store(_put_together(np.mean(chosen, axis=-1), model), out)
