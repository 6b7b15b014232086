"""Elementwise functions of NumPy that are not ufuncs: clip, round, piecewise, real and imaginary parts, sinc, and
functions applied along axes."""

import numpy as np

from ..ops.elementwise_ops import I0
from ..ops.table import OPCODES
from ..trace import layout
from ..trace.decisions import stepped
from ..trace.functions import (
    PASSIVE,
    apply,
    constant,
    elementwise,
    handles,
    has_active,
    is_active,
    is_guarded,
    leader,
    operand,
    primal,
    store,
    unboxed,
)
from . import masks
from .borrowed import borrows


@handles(np.clip)
def clip(a, a_min=None, a_max=None, out=None, *, min=None, max=None, where=True, **kwargs):
    low, high = a_min if min is None else min, a_max if max is None else max
    result = operand(a)
    if low is None and high is None:
        result = np.positive(result)
    if low is not None:
        result = np.maximum(result, low if masks.is_mask(low) else operand(low))
    if high is not None:
        result = np.minimum(result, high if masks.is_mask(high) else operand(high))
    if where is not True:
        result = np.where(where, result, np.nan if out is None else out)
    return store(result, out)


def _step(function, n_options):
    """A piecewise constant function: its result depends on nothing, and can be written into. `n_options` of its
    arguments come before `out`."""

    def step(a, *args, out=None, **kwargs):
        a = operand(a)
        args, out = args[:n_options], (*args[n_options:], out)[0]
        if is_guarded(a):
            return store(stepped(function, (a, *args), kwargs), out)
        result = function(primal(a), *map(primal, args), **primal(kwargs))
        first = leader([a])
        return store(result if first is None else constant(result, first), out)

    handles(function, kind=PASSIVE)(step)


_step(np.round, 1)
_step(np.around, 1)
_step(np.fix, 0)
_step(np.angle, 1)


@handles(np.real)
def real(val):
    return operand(val)


@handles(np.real_if_close)
def real_if_close(a, tol=100):
    return np.expand_dims(operand(a), ())  # an array, also of a scalar


@handles(np.imag, kind=PASSIVE)
def imag(val):
    val = operand(val)
    zeros = np.zeros_like(val, order=layout.fortran_or_c(val))
    return zeros if isinstance(val, np.ndarray) else unboxed(zeros)


@handles(np.sinc)
def sinc(x):
    """Exact at 0 to second order, by its row."""
    return elementwise(OPCODES["sinc"], x)


# np.emath: the functions of numbers that stay real.
borrows(*(getattr(np.emath, name) for name in "sqrt log log2 logn log10 power arccos arcsin arctanh".split()))


@handles(np.i0)
def i0(x):
    return np.expand_dims(apply(I0, x), ())  # an array, also of a scalar


@handles(np.piecewise)
def piecewise(x, condlist, funclist, *args, **kw):
    x = operand(x)
    if masks.is_mask(condlist):
        condlist = [condlist] if condlist.ndim == x.ndim else list(condlist.primal)
    if np.isscalar(condlist) or (not isinstance(condlist[0], (list, np.ndarray, masks.TracedMask)) and x.ndim != 0):
        condlist = [condlist]
    n = len(funclist)
    if is_guarded(condlist) and not any(map(callable, funclist)):
        return _chosen(x, list(condlist), funclist)
    conditions = np.asarray(primal(condlist), dtype=bool)
    if len(conditions) == n - 1:
        conditions = np.concatenate([conditions, ~np.any(conditions, axis=0, keepdims=True)], axis=0)
    elif len(conditions) != n:
        count = len(conditions)
        raise ValueError(f"with {count} condition(s), either {count} or {count + 1} functions are expected")
    y = np.zeros_like(x)
    for condition, function in zip(conditions, funclist, strict=True):
        value = function
        if callable(function):
            selected = x[condition] if x.ndim else np.reshape(x, (1,))[np.reshape(condition, (1,))]
            if not selected.size:
                continue
            value = function(selected, *args, **kw)
        if x.ndim:
            y[condition] = value
        elif condition:
            y = np.expand_dims(np.reshape(operand(value), ()), ())
    return y


def _chosen(x, conditions, values):
    """piecewise of constants, by masks."""
    if len(conditions) == len(values) - 1:
        values = [*values[-1:], *values[:-1]]
        conditions = [np.ones(np.shape(x), dtype=bool), *conditions]
    y = np.zeros_like(x)
    for condition, value in zip(conditions, values, strict=True):
        y = np.where(condition, value, y)
    return y


@handles(np.apply_along_axis)
def apply_along_axis(func1d, axis, arr, *args, **kwargs):
    arr = np.moveaxis(operand(arr), axis, -1)
    rows = [_result(func1d(arr[index], *args, **kwargs)) for index in np.ndindex(arr.shape[:-1])]
    if not rows:
        raise ValueError("Cannot apply_along_axis when any iteration dimensions are 0")
    joined = np.reshape(np.stack(rows), arr.shape[:-1] + np.shape(rows[0]))
    first = arr.ndim - 1
    places = tuple(axis % arr.ndim + k for k in range(np.ndim(rows[0])))
    return np.moveaxis(joined, tuple(range(first, first + len(places))), places)


@handles(np.apply_over_axes)
def apply_over_axes(func, a, axes):
    value = operand(a)
    for axis in (axes,) if np.ndim(axes) == 0 else axes:
        reduced = func(value, axis)
        value = reduced if np.ndim(reduced) == np.ndim(value) else np.expand_dims(reduced, axis)
    return value


def _result(x):
    return operand(x) if is_active(x) or has_active(x) else np.asarray(x)
