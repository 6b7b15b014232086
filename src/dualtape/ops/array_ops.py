"""Array operations that are not elementwise, one `ArrayOp` row each: the value, and the derivative as a linear map in
both directions.

A rule is written in plain NumPy language and is the only place that knows its derivative. The engines run the same rule
on arrays (a sweep), on tracers (a sweep that is itself recorded) and on Dual arrays (second order), so a rule uses
operators and NumPy functions only: no ``float()``, no writing into an operand. The sweeps take every zero that a rule
returns for a computed one, unless the row `selects`; an operand of which the operation reads only a part is cut to that
part by its handler.

Left out: matrix functions (`matrix_ops`), what merely moves elements (`handlers.movement`), and whatever is a
composition of other operations (the functions of `handlers`).

Called through ``engine.array_op(row, operands, params)``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import prod

import numpy as np

from .subscripts import normal_form, unique


@dataclass(frozen=True)
class ArrayOp:
    """One array operation ``v = f(*xs, **params)`` and its derivative.

    Attributes
    ----------
    name : str
        NumPy's name where there is one.
    primal : callable
        ``primal(*xs, **params) -> v``: NumPy itself, so that values are NumPy's bit for bit.
    jvp : callable
        ``jvp(x_dots, xs, v, **params) -> v_dot``; ``x_dots[i]`` is None where operand i is passive.
    vjp : callable
        ``vjp(v_bar, xs, v, active, **params) -> tuple of x_bars``, None where ``active[i]`` is False.
    selects : bool
        The rules move elements and nothing else: a zero of theirs that is -0.0 says "not connected", and so does one
        that they are given.
    """

    name: str
    primal: Callable
    jvp: Callable
    vjp: Callable
    selects: bool = False

    def __repr__(self):
        return f"ArrayOp({self.name})"


def no_jvp(x_dots, xs, v, **params):
    """The rule of what is piecewise constant."""
    return None


def no_vjp(v_bar, xs, v, active, **params):
    """The rule of what is piecewise constant."""
    return (None,) * len(xs)


def unconnected(s):
    """Where a tangent or cotangent is structurally zero: that number does not move, or nothing depends on it. A plain
    one says so by -0.0; an active one of this value may well be connected."""
    return s.engine.unconnected(s) if hasattr(s, "engine") else (s == 0.0) & np.signbit(s)


def total(terms):
    """Sum of the terms that are not None; None if all are."""
    result = None
    for term in terms:
        if term is not None:
            result = term if result is None else result + term
    return result


def unbroadcast(x_bar, shape):
    """Sum `x_bar` over the axes along which an operand of `shape` had been broadcast."""
    surplus = np.ndim(x_bar) - len(shape)
    stretched = tuple(range(surplus)) + tuple(
        surplus + k for k, size in enumerate(shape) if size == 1 and x_bar.shape[surplus + k] != 1
    )
    return np.reshape(np.sum(x_bar, axis=stretched), shape) if stretched else x_bar


def linear_in_each(primal):
    """The jvp of an operation that is linear in each operand: the product rule, the operation itself applied term by
    term."""

    def jvp(x_dots, xs, v, **params):
        return total(
            None if x_dot is None else primal(*xs[:i], x_dot, *xs[i + 1 :], **params) for i, x_dot in enumerate(x_dots)
        )

    return jvp


# Sums.


def axes_of(axis, ndim):
    """The reduced axes as a sorted tuple of non-negative numbers; None means all."""
    if axis is None:
        return tuple(range(ndim))
    return tuple(sorted(k % ndim for k in (axis if isinstance(axis, tuple) else (axis,))))


def spread(v_bar, shape, axis, keepdims):
    """Give every element of `shape` the entry of `v_bar` that it was reduced to."""
    if axis is not None and not keepdims:
        v_bar = np.expand_dims(v_bar, axes_of(axis, len(shape)))
    return np.broadcast_to(v_bar, shape)


def _sum_jvp(x_dots, xs, v, axis=None, keepdims=False, where=True, initial=0.0):
    return np.sum(x_dots[0], axis=axis, keepdims=keepdims, where=where)


def _sum_vjp(v_bar, xs, v, active, axis=None, keepdims=False, where=True, initial=0.0):
    x_bar = spread(v_bar, np.shape(xs[0]), axis, keepdims)
    return (x_bar if where is True else np.where(where, x_bar, 0.0),)


def _cumsum_vjp(v_bar, xs, v, active, axis=None):
    if axis is None:
        return (np.reshape(np.flip(np.cumsum(np.flip(v_bar))), xs[0].shape),)
    return (np.flip(np.cumsum(np.flip(v_bar, axis), axis=axis), axis),)


def _reduceat(x, indices, axis):
    return np.add.reduceat(x, indices, axis)


def _reduceat_vjp(v_bar, xs, v, active, indices, axis):
    """Segment j holds ``indices[j] <= k < indices[j + 1]``, or ``indices[j]`` alone where that range is empty."""
    size = xs[0].shape[axis]
    ends = np.append(indices[1:], size)
    lengths = np.maximum(ends - indices, 1)
    if np.all(ends > indices):  # no element is in two segments
        spread_out = np.repeat(v_bar, lengths, axis=axis)
        if not indices[0]:
            return (spread_out,)
        missing = np.zeros((*v_bar.shape[:axis], int(indices[0]), *v_bar.shape[axis + 1 :]))
        return (np.concatenate([missing, spread_out], axis=axis),)
    segment = np.repeat(np.arange(len(indices)), lengths)
    element = np.concatenate([np.arange(start, start + length) for start, length in zip(indices, lengths, strict=True)])
    gathered = np.moveaxis(np.take(v_bar, segment, axis=axis), axis, 0)
    x_bar = np.zeros_like(gathered, shape=(size, *gathered.shape[1:]))
    np.add.at(x_bar, element, gathered)
    return (np.moveaxis(x_bar, 0, axis),)


def _add_at(a, b, index):
    a = np.array(a)
    np.add.at(a, index, b)
    return a


def _add_at_jvp(x_dots, xs, v, index):
    a_dot, b_dot = x_dots
    if b_dot is None:
        return a_dot
    v_dot = np.zeros_like(b_dot, shape=xs[0].shape)
    np.add.at(v_dot, index, b_dot)
    return v_dot if a_dot is None else a_dot + v_dot


def _add_at_vjp(v_bar, xs, v, active, index):
    return v_bar if active[0] else None, unbroadcast(v_bar[index], np.shape(xs[1])) if active[1] else None


# Products of elements.


def reduced_last(x, axis):
    """`x` with the reduced axes merged into one, which stands last."""
    shape = np.shape(x)
    axes = axes_of(axis, len(shape))
    kept = tuple(k for k in range(len(shape)) if k not in axes)
    merged = (*(shape[k] for k in kept), prod(shape[k] for k in axes))
    return np.reshape(np.transpose(x, kept + axes), merged)


def _reduced_back(y, shape, axis):
    """The inverse of `reduced_last`."""
    axes = axes_of(axis, len(shape))
    order = tuple(k for k in range(len(shape)) if k not in axes) + axes
    return np.transpose(np.reshape(y, tuple(shape[k] for k in order)), tuple(np.argsort(order)))


def _ones_before(y):
    """Shift `y` by one along the last axis; a one enters."""
    first = np.ones((*y.shape[:-1], min(1, y.shape[-1])))
    return np.concatenate([first, y[..., :-1]], axis=-1)


def products_of_others(y):
    """For each element of the last axis, the product of all the others: no division, so zeros are exact to any
    order."""
    before = _ones_before(np.cumprod(y, axis=-1))
    after = np.flip(_ones_before(np.cumprod(np.flip(y, -1), axis=-1)), -1)
    return before * after


def _prod_partials(x, axis, where, initial):
    y = reduced_last(x if where is True else np.where(where, x, 1.0), axis)
    others = products_of_others(y)
    return others if initial is None else others * initial


def _prod(x, axis=None, keepdims=False, where=True, initial=None):
    return np.prod(x, axis=axis, keepdims=keepdims, where=where, initial=1.0 if initial is None else initial)


def _prod_jvp(x_dots, xs, v, axis=None, keepdims=False, where=True, initial=None):
    x_dot = x_dots[0] if where is True else np.where(where, x_dots[0], 0.0)
    v_dot = np.sum(_prod_partials(xs[0], axis, where, initial) * reduced_last(x_dot, axis), axis=-1)
    return np.reshape(v_dot, np.shape(v))


_SMALLEST = 1e-280  # less than that may have lost digits


def _divides_safely(x, v):
    """Are the products of all others the product divided by an element, to rounding?"""
    return bool(np.all(x) and np.all((np.abs(v) > _SMALLEST) & (np.abs(v) < 1.0 / _SMALLEST)))


def _prod_vjp(v_bar, xs, v, active, axis=None, keepdims=False, where=True, initial=None):
    (x,) = xs
    is_plain = not (hasattr(x, "engine") or hasattr(v_bar, "engine"))
    if is_plain and where is True and initial is None and _divides_safely(x, v):
        return (spread(v_bar * v, np.shape(x), axis, keepdims) / x,)
    partials = _reduced_back(_prod_partials(x, axis, where, initial), np.shape(x), axis)
    x_bar = spread(v_bar, np.shape(x), axis, keepdims) * partials
    return (x_bar if where is True else np.where(where, x_bar, 0.0),)


def _recurrence(a, b):
    """Solve ``y[k] = a[k]*y[k-1] + b[k]``, ``y[-1] = 0`` along the last axis, by doubling (Kogge & Stone 1973): log2(n)
    array steps."""
    step, n = 1, b.shape[-1]
    while step < n:
        b = np.concatenate([b[..., :step], b[..., step:] + a[..., step:] * b[..., :-step]], axis=-1)
        a = np.concatenate([a[..., :step], a[..., step:] * a[..., :-step]], axis=-1)
        step *= 2
    return b


def _along_last(x, axis):
    return np.reshape(x, (-1,)) if axis is None else np.moveaxis(x, axis, -1)


def _cumprod_jvp(x_dots, xs, v, axis=None):
    """``v_dot[k] = x[k] v_dot[k-1] + v[k-1] x_dot[k]``."""
    x, x_dot, v = (_along_last(z, axis) for z in (xs[0], x_dots[0], v))
    v_dot = _recurrence(x, _ones_before(v) * x_dot)
    return v_dot if axis is None else np.moveaxis(v_dot, -1, axis)


def _cumprod_vjp(v_bar, xs, v, active, axis=None):
    """``x_bar[i] = v[i-1] t[i]`` with ``t[i] = v_bar[i] + x[i+1] t[i+1]``."""
    x, v_bar, v = (_along_last(z, axis) for z in (xs[0], v_bar, v))
    t = np.flip(_recurrence(_ones_before(np.flip(x, -1)), np.flip(v_bar, -1)), -1)
    x_bar = _ones_before(v) * t
    return (np.reshape(x_bar, xs[0].shape) if axis is None else np.moveaxis(x_bar, -1, axis),)


# Products of arrays.


def _matmul_vjp(v_bar, xs, v, active):
    """``a_bar = v_bar b^T``, ``b_bar = a^T v_bar``; a vector on the left is a row, one on the right a column."""
    a, b = xs
    rows = a if a.ndim > 1 else np.expand_dims(a, 0)
    columns = b if b.ndim > 1 else np.expand_dims(b, 1)
    if a.ndim == 1:
        v_bar = np.expand_dims(v_bar, -1 if b.ndim == 1 else -2)
    if b.ndim == 1:
        v_bar = np.expand_dims(v_bar, -1)
    a_bar = b_bar = None
    if active[0]:
        a_bar = np.reshape(unbroadcast(np.matmul(v_bar, np.swapaxes(columns, -1, -2)), rows.shape), a.shape)
    if active[1]:
        b_bar = np.reshape(unbroadcast(np.matmul(np.swapaxes(rows, -1, -2), v_bar), columns.shape), b.shape)
    return a_bar, b_bar


def _contraction_vjp(v_bar, xs, active, axes):
    """Pull back ``tensordot(a, b, axes)``, axes a pair of tuples of non-negative axes: contract `v_bar` with the other
    operand."""
    bars = []
    free = [tuple(k for k in range(np.ndim(x)) if k not in summed) for x, summed in zip(xs, axes, strict=True)]
    for i in (0, 1):
        if not active[i]:
            bars.append(None)
            continue
        mine, other = axes[i], axes[1 - i]
        n = len(free[0])
        in_v = tuple(range(n, n + len(free[1]))) if i == 0 else tuple(range(n))
        x_bar = np.tensordot(v_bar, xs[1 - i], axes=(in_v, free[1 - i]))
        # what is left: my free axes in order, then the contracted axes in the order in which the other operand has them
        order = free[i] + tuple(mine[k] for k in np.argsort(other, kind="stable"))
        bars.append(np.transpose(x_bar, tuple(np.argsort(order))))
    return tuple(bars)


def _dot_vjp(v_bar, xs, v, active):
    a, b = xs
    if a.ndim <= 2 and b.ndim <= 2:
        return _matmul_vjp(v_bar, xs, v, active)
    return _contraction_vjp(v_bar, xs, active, ((a.ndim - 1,), (max(b.ndim - 2, 0),)))


def _inner_vjp(v_bar, xs, v, active):
    return _contraction_vjp(v_bar, xs, active, ((xs[0].ndim - 1,), (xs[1].ndim - 1,)))


def _tensordot_vjp(v_bar, xs, v, active, axes):
    return _contraction_vjp(v_bar, xs, active, axes)


def _letters(template, shapes_like):
    """Subscripts ``...ij`` for a gufunc's core dimensions."""
    return ",".join("..." + core for core in template.split(",")) + "->..." + shapes_like


def _gufunc_row(name, inputs, output):
    """Row of a bilinear NumPy gufunc whose core dimensions read as einsum subscripts; newer ones are missing in older
    NumPy."""
    primal = getattr(np, name, None)
    subscripts = _letters(inputs, output)

    def vjp(v_bar, xs, v, active):
        return _einsum_vjp(v_bar, xs, v, active, subscripts=subscripts)

    return ArrayOp(name, primal, linear_in_each(primal), vjp)


def _einsum(*xs, subscripts, optimize=False):
    return np.einsum(subscripts, *xs, optimize=optimize)


def _einsum_vjp(v_bar, xs, v, active, subscripts, optimize=False):
    inputs, output = normal_form(subscripts, [np.ndim(x) for x in xs])
    bars = []
    for i, x in enumerate(xs):
        if not active[i]:
            bars.append(None)
            continue
        names = [output, *inputs[:i], *inputs[i + 1 :]]
        seen = set("".join(names))
        mine = unique(inputs[i])
        kept = "".join(letter for letter in mine if letter in seen)
        others = [*xs[:i], *xs[i + 1 :]]
        x_bar = np.einsum(",".join(names) + "->" + kept, v_bar, *others, optimize=len(others) > 1 or bool(optimize))
        bars.append(_restore(x_bar, kept, mine, inputs[i], np.shape(x)))
    return tuple(bars)


def _restore(x_bar, kept, mine, letters, shape):
    """Bring an operand's cotangent from its letters that occur elsewhere (`kept`) to all of them, in its own shape.

    A letter that occurs nowhere else was summed alone: its cotangent is constant along it. A letter of size 1 was
    broadcast: sum. A letter that the operand repeats was read on the diagonal: only the diagonal receives.
    """
    size = dict(zip(letters, shape, strict=True))
    x_bar = np.reshape(x_bar, [x_bar.shape[kept.index(c)] if c in kept else 1 for c in mine])
    stretched = tuple(k for k, c in enumerate(mine) if size[c] == 1 and x_bar.shape[k] != 1)
    if stretched:
        x_bar = np.sum(x_bar, axis=stretched, keepdims=True)
    x_bar = np.broadcast_to(x_bar, [size[c] for c in mine])
    if len(mine) == len(letters):
        return x_bar
    first = [letters.index(c) for c in letters]
    x_bar = np.reshape(x_bar, [length if first[k] == k else 1 for k, length in enumerate(shape)])
    return np.where(on_diagonal(letters, shape), x_bar, 0.0)


def on_diagonal(letters, shape):
    """Mask of the elements that subscripts with repeated letters read."""
    index = np.indices(shape, sparse=True)
    mask = np.ones(shape, dtype=bool)
    for k, letter in enumerate(letters):
        mask = mask & (index[k] == index[letters.index(letter)])
    return mask


def _full_convolution_bar(v_bar, n, m, start):
    """`v_bar` of a truncated convolution placed at `start` in the full one, of length n + m - 1."""
    return np.pad(v_bar, (start, n + m - 1 - start - v_bar.shape[0]))


def _convolve_start(n, m, mode):
    """Where the result of `mode` starts in the full convolution of lengths n and m."""
    return {"full": 0, "same": (min(n, m) - 1) // 2, "valid": min(n, m) - 1}[mode]


def _convolve_vjp(v_bar, xs, v, active, mode="full"):
    a, b = xs
    n, m = a.shape[0], b.shape[0]
    v_bar = _full_convolution_bar(v_bar, n, m, _convolve_start(n, m, mode))
    return (
        np.correlate(v_bar, b, "valid") if active[0] else None,
        np.correlate(v_bar, a, "valid") if active[1] else None,
    )


def _correlate_vjp(v_bar, xs, v, active, mode="valid"):
    """``correlate(a, b)`` is ``convolve(a, b[::-1])``, but for the place of mode "same" when b is the longer one."""
    a, b = xs
    n, m = a.shape[0], b.shape[0]
    start = _convolve_start(n, m, mode)
    if m > n:
        start = n + m - 1 - start - v_bar.shape[0]
    v_bar = _full_convolution_bar(v_bar, n, m, start)
    return (
        np.correlate(v_bar, np.flip(b), "valid") if active[0] else None,
        np.flip(np.correlate(v_bar, a, "valid")) if active[1] else None,
    )


# The rows.

SUM = ArrayOp("sum", np.sum, _sum_jvp, _sum_vjp)
CUMSUM = ArrayOp("cumsum", np.cumsum, linear_in_each(np.cumsum), _cumsum_vjp)
ADD_REDUCEAT = ArrayOp("add.reduceat", _reduceat, linear_in_each(_reduceat), _reduceat_vjp)
ADD_AT = ArrayOp("add.at", _add_at, _add_at_jvp, _add_at_vjp)
PROD = ArrayOp("prod", _prod, _prod_jvp, _prod_vjp)
CUMPROD = ArrayOp("cumprod", np.cumprod, _cumprod_jvp, _cumprod_vjp)
MATMUL = ArrayOp("matmul", np.matmul, linear_in_each(np.matmul), _matmul_vjp)
DOT = ArrayOp("dot", np.dot, linear_in_each(np.dot), _dot_vjp)
INNER = ArrayOp("inner", np.inner, linear_in_each(np.inner), _inner_vjp)
TENSORDOT = ArrayOp("tensordot", np.tensordot, linear_in_each(np.tensordot), _tensordot_vjp)
EINSUM = ArrayOp("einsum", _einsum, linear_in_each(_einsum), _einsum_vjp)
VECDOT = _gufunc_row("vecdot", "i,i", "")
MATVEC = _gufunc_row("matvec", "ij,j", "i")
VECMAT = _gufunc_row("vecmat", "i,ij", "j")
CONVOLVE = ArrayOp("convolve", np.convolve, linear_in_each(np.convolve), _convolve_vjp)
CORRELATE = ArrayOp("correlate", np.correlate, linear_in_each(np.correlate), _correlate_vjp)

ROWS = (
    SUM, CUMSUM, ADD_REDUCEAT, ADD_AT, PROD, CUMPROD, MATMUL, DOT, INNER, TENSORDOT, EINSUM, VECDOT, MATVEC, VECMAT,
    CONVOLVE, CORRELATE,
)  # fmt: skip
