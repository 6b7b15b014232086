"""Sums, products and what statistics make of them, composed in NumPy's own order of operations so that values agree bit
for bit."""

import numpy as np

from ..ops import array_ops
from ..ops.table import OPCODES
from ..trace.functions import apply, check_dtype, elementwise, handles, is_active, operand, primal, store
from . import masks

_ABSENT = np._NoValue  # what NumPy's wrappers pass for an argument that was not given


def root(x):
    """The square root in a norm or a standard deviation: its derivative at 0 is 0, and its second derivative there
    NaN."""
    return elementwise(OPCODES["root"], x) if is_active(x) else np.sqrt(x)


def _options(keepdims, where, initial=_ABSENT):
    """Parameters of a row, without those that have their default."""
    options = {}
    if keepdims is not _ABSENT and keepdims:
        options["keepdims"] = True
    if where is not _ABSENT and where is not True:
        options["where"] = np.asarray(primal(masks.condition(where)))
    if initial is not _ABSENT and initial is not None:
        options["initial"] = initial
    return options


def _selected(a, where, neutral):
    """`a` with `neutral` where it does not count: nothing comes back to elements that were not taken."""
    return a if where is True or where is _ABSENT else np.where(primal(where), operand(a), neutral)


@handles(np.sum)
def sum_of(a, axis=None, dtype=None, out=None, keepdims=False, initial=_ABSENT, where=True):
    check_dtype(dtype, "np.sum")
    if is_active(initial):
        return store(initial + sum_of(a, axis, keepdims=keepdims, where=where), out)
    return store(apply(array_ops.SUM, _selected(a, where, 0.0), axis=axis, **_options(keepdims, where, initial)), out)


@handles(np.prod)
def prod(a, axis=None, dtype=None, out=None, keepdims=False, initial=_ABSENT, where=True):
    check_dtype(dtype, "np.prod")
    if is_active(initial):
        return store(initial * prod(a, axis, keepdims=keepdims, where=where), out)
    return store(apply(array_ops.PROD, _selected(a, where, 1.0), axis=axis, **_options(keepdims, where, initial)), out)


@handles(np.cumsum)
def cumsum(a, axis=None, dtype=None, out=None):
    check_dtype(dtype, "np.cumsum")
    return store(apply(array_ops.CUMSUM, np.atleast_1d(a), axis=axis), out)


@handles(np.cumprod)
def cumprod(a, axis=None, dtype=None, out=None):
    check_dtype(dtype, "np.cumprod")
    return store(apply(array_ops.CUMPROD, np.atleast_1d(a), axis=axis), out)


def _cumulative(function, start):
    def cumulative(x, /, *, axis=None, dtype=None, out=None, include_initial=False):
        if axis is None:
            if np.ndim(x) > 1:
                raise ValueError("For arrays which have more than one dimension ``axis`` argument is required.")
            axis = 0
        x = np.atleast_1d(x)
        result = function(x, axis=axis, dtype=dtype)
        if include_initial:
            first = list(x.shape)
            first[axis] = 1
            result = np.concatenate([np.full(first, start), result], axis=axis)
        return store(result, out)

    return cumulative


handles(getattr(np, "cumulative_sum", None))(_cumulative(np.cumsum, 0.0))
handles(getattr(np, "cumulative_prod", None))(_cumulative(np.cumprod, 1.0))


@handles(np.diff)
def diff(a, n=1, axis=-1, prepend=_ABSENT, append=_ABSENT):
    if n == 0:
        return a
    if n < 0:
        raise ValueError(f"order must be non-negative but got {n!r}")
    a = operand(a)
    if np.ndim(a) == 0:
        raise ValueError("diff requires input that is at least one dimensional")
    axis = np.lib.array_utils.normalize_axis_index(axis, a.ndim)
    border = (*a.shape[:axis], 1, *a.shape[axis + 1 :])
    parts = [prepend, a, append]
    parts = [np.broadcast_to(operand(x), border) if np.ndim(x) == 0 else x for x in parts if x is not _ABSENT]
    if len(parts) > 1:
        a = np.concatenate(parts, axis=axis)
    later = (slice(None),) * axis + (slice(1, None),)
    earlier = (slice(None),) * axis + (slice(None, -1),)
    for _ in range(n):
        a = a[later] - a[earlier]
    return a


@handles(np.trapezoid)
def trapezoid(y, x=None, dx=1.0, axis=-1):
    y = operand(y)
    if x is None:
        d = dx
    else:
        x = operand(x)
        d = np.diff(x, axis=axis if x.ndim > 1 else -1)
        if x.ndim == 1:
            shape = [1] * y.ndim
            shape[axis] = d.shape[0]
            d = np.reshape(d, shape)
    before = (slice(None),) * (axis % y.ndim)
    return (d * (y[(*before, slice(1, None))] + y[(*before, slice(None, -1))]) / 2.0).sum(axis)


# Statistics.


def count_of(a, axis, where, keepdims=False):
    """The number of elements that each result is made of: an int, or an array where `where` differs along the rest."""
    if where is _ABSENT or where is True:
        axes = range(a.ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
        return int(np.prod([a.shape[k] for k in axes], dtype=np.intp))
    counted = np.broadcast_to(primal(where), a.shape)
    return np.sum(counted, axis=axis, dtype=np.intp, keepdims=bool(keepdims and keepdims is not _ABSENT))


@handles(np.mean)
def mean(a, axis=None, dtype=None, out=None, keepdims=False, *, where=True):
    check_dtype(dtype, "np.mean")
    a = operand(a)
    return store(np.sum(a, axis=axis, keepdims=keepdims, where=where) / count_of(a, axis, where, keepdims), out)


@handles(np.var)
def var(a, axis=None, dtype=None, out=None, ddof=0, keepdims=False, *, where=True, mean=_ABSENT, correction=_ABSENT):
    check_dtype(dtype, "np.var")
    ddof = ddof if correction is _ABSENT else correction
    a = operand(a)
    if mean is _ABSENT or mean is None:
        mean = np.sum(a, axis=axis, keepdims=True, where=where) / count_of(a, axis, where, keepdims=True)
    deviation = a - mean
    total = np.sum(np.square(deviation), axis=axis, keepdims=keepdims, where=where)
    return store(total / np.maximum(count_of(a, axis, where, keepdims) - ddof, 0), out)


@handles(np.std)
def std(a, axis=None, dtype=None, out=None, ddof=0, keepdims=False, *, where=True, mean=_ABSENT, correction=_ABSENT):
    check_dtype(dtype, "np.std")
    a = operand(a)
    return store(
        root(np.var(a, axis=axis, ddof=ddof, keepdims=keepdims, where=where, mean=mean, correction=correction)), out
    )


@handles(np.average)
def average(a, axis=None, weights=None, returned=False, *, keepdims=False):
    a = operand(a)
    keepdims = bool(keepdims and keepdims is not _ABSENT)
    if weights is None:
        result = np.mean(a, axis=axis, keepdims=keepdims)
        scale = a.size / np.size(result)
    else:
        weights = _aligned_weights(operand(weights), a, axis)
        scale = np.sum(weights, axis=axis, keepdims=keepdims)
        if np.any(scale == 0.0):
            raise ZeroDivisionError("Weights sum to zero, can't be normalized")
        result = np.sum(np.multiply(a, weights), axis=axis, keepdims=keepdims) / scale
    if not returned:
        return result
    return result, np.copy(np.broadcast_to(scale, np.shape(result))) if np.shape(scale) != np.shape(result) else scale


def _aligned_weights(weights, a, axis):
    """Weights of one axis (or of several, in their order) made to broadcast against `a`."""
    if np.shape(weights) == a.shape:
        return weights
    if axis is None:
        raise TypeError("Axis must be specified when shapes of a and weights differ.")
    axes = tuple(k % a.ndim for k in (axis if isinstance(axis, tuple) else (axis,)))
    if np.shape(weights) != tuple(a.shape[k] for k in axes):
        raise ValueError("Shape of weights must be consistent with shape of a along specified axis.")
    weights = np.transpose(weights, tuple(np.argsort(axes)))
    return np.reshape(weights, [size if k in axes else 1 for k, size in enumerate(a.shape)])


# The same without NaN.


def _numbers(a, entered):
    """`a` with `entered` for NaN, and where it is a number."""
    a = operand(a)
    is_number = ~np.isnan(a)
    return np.where(is_number, a, entered), is_number


def _both(is_number, where):
    return is_number if where is _ABSENT or where is True else is_number & primal(masks.condition(where))


@handles(np.nansum)
def nansum(a, axis=None, dtype=None, out=None, keepdims=False, initial=_ABSENT, where=True):
    return sum_of(_numbers(a, 0.0)[0], axis, dtype, out, keepdims, initial, where)


@handles(np.nanprod)
def nanprod(a, axis=None, dtype=None, out=None, keepdims=False, initial=_ABSENT, where=True):
    return prod(_numbers(a, 1.0)[0], axis, dtype, out, keepdims, initial, where)


@handles(np.nancumsum)
def nancumsum(a, axis=None, dtype=None, out=None):
    return cumsum(_numbers(a, 0.0)[0], axis, dtype, out)


@handles(np.nancumprod)
def nancumprod(a, axis=None, dtype=None, out=None):
    return cumprod(_numbers(a, 1.0)[0], axis, dtype, out)


@handles(np.nanmean)
def nanmean(a, axis=None, dtype=None, out=None, keepdims=False, *, where=True):
    check_dtype(dtype, "np.nanmean")
    a, is_number = _numbers(a, 0.0)
    count = np.sum(_both(is_number, where), axis=axis, keepdims=bool(keepdims and keepdims is not _ABSENT))
    return store(np.sum(a, axis=axis, keepdims=keepdims, where=where) / count, out)


@handles(np.nanvar)
def nanvar(a, axis=None, dtype=None, out=None, ddof=0, keepdims=False, *, where=True, mean=_ABSENT, correction=_ABSENT):
    check_dtype(dtype, "np.nanvar")
    ddof = ddof if correction is _ABSENT else correction
    a, is_number = _numbers(a, 0.0)
    counted = _both(is_number, where)
    if mean is _ABSENT or mean is None:
        mean = np.sum(a, axis=axis, keepdims=True, where=where) / np.sum(counted, axis=axis, keepdims=True)
    deviation = np.where(is_number, a - mean, 0.0)
    total = np.sum(np.square(deviation), axis=axis, keepdims=keepdims, where=where)
    freedom = np.sum(counted, axis=axis, keepdims=bool(keepdims and keepdims is not _ABSENT)) - ddof
    result = total / freedom
    return store(np.where(freedom <= 0, np.nan, result) if np.any(freedom <= 0) else result, out)


@handles(np.nanstd)
def nanstd(a, axis=None, dtype=None, out=None, ddof=0, keepdims=False, *, where=True, mean=_ABSENT, correction=_ABSENT):
    check_dtype(dtype, "np.nanstd")
    a = operand(a)
    return store(
        root(np.nanvar(a, axis=axis, ddof=ddof, keepdims=keepdims, where=where, mean=mean, correction=correction)), out
    )
