"""The whole of ``__array_ufunc__``: rows of the rule table called with any arguments, compositions, derivative-free
ufuncs, and the methods reduce, accumulate, outer, at and reduceat. The core comes here only when its own fast path (a
row, called plainly) does not apply.
"""

import sys

import numpy as np

from ..errors import TraceEscapeError, UnsupportedOperation
from ..ops import array_ops, elementwise_ops
from ..ops.table import ROWS
from ..trace import layout
from ..trace.functions import (
    DIFFERENTIATED,
    KINDS,
    NO_RULE_REMEDY,
    PASSIVE,
    apply,
    check_dtype,
    constant,
    elementwise,
    has_active,
    is_active,
    is_complex,
    is_guarded,
    judged,
    leader,
    name_of,
    operand,
    peeked,
    primal,
    store,
)
from . import masks

OPCODE_OF = {}  # ufunc -> opcode of its row
COMPOSED = {}  # ufunc -> function that computes it from other operations


def _register_rows(home):
    """Enter the ufuncs of the rows that live in the module `home`, which has been imported."""
    module = sys.modules[home]
    for opcode, row in enumerate(ROWS):
        if row.ufunc is not None and row.ufunc[0] == home and hasattr(module, row.ufunc[1]):
            ufunc = getattr(module, row.ufunc[1])
            OPCODE_OF[ufunc] = opcode
            KINDS[ufunc] = PASSIVE if _is_step(row) else DIFFERENTIATED


def _is_step(row):
    return all(getattr(row, partial) == "0" for partial in row.partials)


def _register_later_homes():
    """SciPy's special functions are entered when the first of them arrives: dualtape itself never imports SciPy."""
    for home in {row.ufunc[0] for row in ROWS if row.ufunc} - {"numpy"}:
        if home in sys.modules:
            _register_rows(home)
            from . import special_functions

            special_functions.register(COMPOSED)


_register_rows("numpy")


def dispatch(ufunc, method, inputs, kwargs):
    """Answer ``number.__array_ufunc__(ufunc, method, *inputs, **kwargs)``."""
    if ufunc not in OPCODE_OF and ufunc not in KINDS and _is_of_objects(ufunc):
        return getattr(ufunc, method)(*map(_objects, inputs), **kwargs)
    if any(map(_has_complex, inputs)) or (kwargs and any(map(is_complex, (*_targets(kwargs), kwargs.get("initial"))))):
        return _dispatch_complex(ufunc, method, inputs, kwargs)
    if method != "__call__":
        if any(map(masks.is_mask, inputs)):
            return masks.method(ufunc, method, inputs, kwargs)
        handler = _METHODS.get(method)
        if handler is None:
            raise UnsupportedOperation(f"{name_of(ufunc)}.{method} has no derivative rule", "write it as a loop")
        return handler(ufunc, *inputs, **kwargs)
    if not kwargs:
        return call(ufunc, *inputs)
    return _call_with_options(ufunc, inputs, **kwargs)


def _has_complex(x):
    """Tell whether `x` is complex, or a list or an object array in which a complex number stands."""
    if type(x) is np.ndarray and x.dtype.hasobject:
        return any(map(is_complex, x.flat))
    return any(map(_has_complex, x)) if type(x) in (list, tuple) else is_complex(x)


def _targets(kwargs):
    """What ``out=`` names."""
    out = kwargs.get("out")
    return out if type(out) is tuple else (out,)


def _dispatch_complex(ufunc, method, inputs, kwargs):
    from .complex_functions import dispatch_ufunc

    return dispatch_ufunc(ufunc, method, inputs, kwargs)


def call(ufunc, *inputs):
    """The plain call of any ufunc."""
    opcode = OPCODE_OF.get(ufunc)
    if opcode is None and ufunc not in COMPOSED and ufunc not in KINDS:
        _register_later_homes()
        opcode = OPCODE_OF.get(ufunc)
    if any(map(masks.is_mask, inputs)):
        return masks.call(ufunc, inputs)
    if not any(map(has_active, inputs)):
        return ufunc(*inputs)
    if ufunc in COMPOSED:
        return COMPOSED[ufunc](*map(operand, inputs))
    if opcode is not None:
        return elementwise(opcode, *inputs)
    if KINDS.get(ufunc) == PASSIVE:
        return masks.tested(ufunc, inputs) if is_guarded(inputs) else ufunc(*map(primal, inputs))
    raise UnsupportedOperation(f"{name_of(ufunc)} has no derivative rule yet", NO_RULE_REMEDY)


def _is_of_objects(ufunc):
    """Is it one of Python functions (np.frompyfunc), which see one scalar at a time?"""
    return all(set(loop) <= set("O->") for loop in ufunc.types)


def _objects(x):
    """An active number as an array of active scalars."""
    if not is_active(x):
        return x
    return np.asarray(x, dtype=object) if x.ndim else np.fromiter([x], dtype=object, count=1).reshape(())


def _call_with_options(ufunc, inputs, out=None, where=True, dtype=None, signature=None, **core):
    """A call with keywords. `core` holds what only gufuncs take: axis, axes, keepdims."""
    core.pop("casting", None)
    core.pop("subok", None)
    order = core.pop("order", "K")
    check_dtype(dtype, name_of(ufunc))
    check_dtype(_output_type(signature), name_of(ufunc))
    n_out = ufunc.nout
    out = (out,) if out is not None and not isinstance(out, tuple) else out
    if out is not None and not any(has_active(x) or masks.is_mask(x) for x in inputs):
        inputs = tuple(map(primal, inputs))
    if dtype is not None or signature is not None:
        given = {"signature": signature} if dtype is None else {"dtype": dtype}
        ufunc(*np.ones((ufunc.nin, 1, 1)), **given)  # raises what NumPy raises
    result = COMPOSED[ufunc](*map(operand, inputs), **core) if core else call(ufunc, *inputs)
    targets = out or (None,) * n_out
    if order == "A":
        order = "F" if all(layout.has_order(x, "F") for x in inputs) else "C"
    parts = [
        _store_where(_in_order(part, order), target, where)
        for part, target in zip((result,) if n_out == 1 else result, targets, strict=True)
    ]
    return parts[0] if n_out == 1 else tuple(parts)


def _in_order(result, order):
    """`result` laid out as `order` asks, "K" for what the operands give."""
    return result if order in ("K", None) else layout.in_order_of(result, np.empty(np.shape(result), order=order))


def _output_type(signature):
    """The output dtype that a `signature` (or `sig`) asks for."""
    if isinstance(signature, str):
        signature = signature.partition("->")[2]
    elif isinstance(signature, tuple):
        signature = signature[-1]
    return None if signature in (None, "") else signature


def _store_where(result, target, where):
    """Keep `target` where the condition fails. Without one NumPy leaves them uninitialised: here they are NaN."""
    if where is True:
        return store(result, target)
    where = masks.condition(where)
    shape = np.broadcast_shapes(np.shape(result), where.shape)
    kept = np.nan if target is None or target is ... else target
    return store(np.where(where, np.broadcast_to(result, shape), kept), target)


# Methods.

_REDUCE = {
    np.add: np.sum,
    np.multiply: np.prod,
    np.maximum: np.max,
    np.minimum: np.min,
    np.fmax: np.nanmax,
    np.fmin: np.nanmin,
}
_ACCUMULATE = {np.add: np.cumsum, np.multiply: np.cumprod}


def _reduce(ufunc, array, axis=0, dtype=None, out=None, keepdims=False, initial=np._NoValue, where=True):
    array, where = operand(array), where if where is True else masks.condition(where)
    check_dtype(dtype, f"{name_of(ufunc)}.reduce")
    options = {} if initial is np._NoValue else {"initial": initial}
    if _is_test(ufunc):
        options = primal(options)
        return store(ufunc.reduce(primal(array), axis=axis, keepdims=keepdims, where=primal(where), **options), out)
    if ufunc in _REDUCE:
        return store(_REDUCE[ufunc](array, axis=axis, keepdims=keepdims, where=where, **options), out)
    # what NumPy raises: several axes of an operation whose order counts, an identity that is missing
    small, counted = np.ones([min(size, 1) for size in np.shape(array)]), where if where is True else np.True_
    ufunc.reduce(small, axis=axis, where=counted, **({"initial": 1.0} if options else {}))
    return store(_fold(ufunc, array, axis, keepdims, initial, where), out)


def _is_test(ufunc):
    """Tell whether it says true or false of numbers, or takes no floats at all."""
    return KINDS.get(ufunc) == PASSIVE and (ufunc not in OPCODE_OF or any(loop.endswith("?") for loop in ufunc.types))


def _fold(ufunc, array, axis, keepdims, initial, where):
    """From left to right along the axes, the first of them outermost, as NumPy does."""
    shape = np.shape(array)
    axes = range(len(shape)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    axes = tuple(k % len(shape) for k in axes)
    kept = tuple(k for k in range(len(shape)) if k not in axes)

    def rows(x):
        return list(np.reshape(np.transpose(x, axes + kept), (-1, *(shape[k] for k in kept))))

    parts = rows(array)
    counted = [True] * len(parts) if where is True else rows(np.broadcast_to(where, shape))
    if initial is np._NoValue and where is not True:
        initial = ufunc.identity
    if initial is np._NoValue:
        if not parts:
            return ufunc.reduce(np.empty(shape), axis=axis, keepdims=keepdims)  # the identity
        initial, parts, counted = parts[0], parts[1:], counted[1:]
    elif kept:
        initial = np.broadcast_to(initial, [shape[k] for k in kept])
    result = initial
    for part, counts in zip(parts, counted, strict=True):
        following = call(ufunc, result, part)
        result = following if counts is True else np.where(counts, following, result)
    alike = layout.model_of(array)[tuple(0 if k in axes else slice(None) for k in range(len(shape)))]
    result = layout.in_order_of(result, np.empty_like(alike)) if kept else result
    return np.reshape(result, [1 if k in axes else size for k, size in enumerate(shape)]) if keepdims else result


def _accumulate(ufunc, array, axis=0, dtype=None, out=None):
    array = operand(array)
    check_dtype(dtype, f"{name_of(ufunc)}.accumulate")
    if _is_test(ufunc):
        return store(ufunc.accumulate(primal(array), axis=axis), out)
    if ufunc in _ACCUMULATE:
        return _ACCUMULATE[ufunc](array, axis=axis, out=out)
    rows = list(np.moveaxis(array, axis, 0))
    for k in range(1, len(rows)):
        rows[k] = call(ufunc, rows[k - 1], rows[k])
    model = np.empty_like(layout.model_of(array))
    return store(layout.in_order_of(np.stack(rows, axis=axis), model) if rows else array, out)


def _outer(ufunc, a, b, /, **kwargs):
    a, b = operand(a), operand(b)
    a = np.reshape(a, np.shape(a) + (1,) * np.ndim(b))
    return dispatch(ufunc, "__call__", (a, b), kwargs)


def _at(ufunc, a, indices, *others):
    """In place and element by element: an index that occurs twice is served twice."""
    if not is_active(a):
        raise TraceEscapeError(
            f"{name_of(ufunc)}.at would write a traced number into a plain array",
            "make the array from a traced one: np.zeros_like(x), np.zeros(shape, like=x)",
        )
    indices = primal(indices)
    if ufunc in (np.add, np.subtract):
        others = (operand(others[0]),) if ufunc is np.add else (-operand(others[0]),)
        a[...] = apply(array_ops.ADD_AT, a, *others, index=indices)
        return
    places = np.arange(a.size).reshape(a.shape)[indices]
    targets = places.ravel()
    others = [np.ravel(np.broadcast_to(operand(b), places.shape)) for b in others]
    for turn in _turns(targets):
        index = np.unravel_index(targets[turn], a.shape)
        a[index] = call(ufunc, a[index], *(b[turn] for b in others))


def _turns(targets):
    """Split the positions of `targets` so that no target occurs twice in a part, each in its order."""
    order = np.argsort(targets, kind="stable")
    ordered = targets[order]
    first = np.searchsorted(ordered, ordered, side="left")
    turn = np.arange(len(targets)) - first
    return [np.sort(order[turn == k]) for k in range(turn.max() + 1)] if len(targets) else []


def _reduceat(ufunc, array, indices, axis=0, dtype=None, out=None):
    array = operand(array)
    check_dtype(dtype, f"{name_of(ufunc)}.reduceat")
    indices = np.asarray(primal(indices))
    if _is_test(ufunc):
        return store(ufunc.reduceat(primal(array), indices, axis), out)
    axis = axis % np.ndim(array)
    if ufunc is np.add:
        return store(apply(array_ops.ADD_REDUCEAT, array, indices=indices, axis=axis), out)
    rows = np.moveaxis(array, axis, 0)
    if np.any((indices < 0) | (indices >= rows.shape[0])):
        return ufunc.reduceat(primal(array), indices, axis=axis)  # raises NumPy's error
    starts = indices.tolist()
    ends = [*starts[1:], rows.shape[0]]
    parts = [_reduce(ufunc, rows[i:j]) if i < j else rows[i] for i, j in zip(starts, ends, strict=True)]
    model = np.add.reduceat(peeked(array), indices, axis)
    return store(layout.in_order_of(np.stack(parts, axis=axis), model), out)


_METHODS = {"reduce": _reduce, "accumulate": _accumulate, "outer": _outer, "at": _at, "reduceat": _reduceat}


# Ufuncs without a row.


def _composed(*ufuncs, kind=DIFFERENTIATED):
    def register(function):
        for ufunc in ufuncs:
            if ufunc is not None:
                COMPOSED[ufunc] = function
                KINDS[ufunc] = kind
        return function

    return register


for _name in (
    "less less_equal greater greater_equal equal not_equal logical_and logical_or logical_xor logical_not isnan isinf "
    "isfinite isnat signbit spacing gcd lcm bitwise_and bitwise_or bitwise_xor bitwise_count invert left_shift "
    "right_shift"
).split():
    KINDS.setdefault(getattr(np, _name), PASSIVE)


@_composed(np._core.umath.clip)
def clip(x, low, high):
    """A tie with a bound follows the bound, as `maximum` and `minimum` do."""
    return np.minimum(np.maximum(x, low), high)


@_composed(np.divmod)
def divmod_of(x, y):
    return np.floor_divide(x, y), np.remainder(x, y)


@_composed(np.modf)
def modf(x):
    """The fractional part keeps the sign of `x`, which ``x - trunc(x)`` would lose at whole numbers."""
    value = judged(x)
    whole = np.trunc(value)
    fraction, infinite = np.fmod(x, 1.0), np.isinf(value)
    if masks.is_mask(infinite) or np.any(infinite):
        fraction = np.where(infinite, np.copysign(0.0, value), fraction)
    return fraction, constant(whole, leader([x]))


@_composed(np.frexp)
def frexp(x):
    exponent = masks.constant_of(np.frexp, x, 1, np.int32).primal if is_guarded(x) else np.frexp(primal(x))[1]
    return np.ldexp(x, -exponent), exponent


@_composed(np.nextafter)
def nextafter(x, y):
    return apply(elementwise_ops.NEXTAFTER, x, y)


# Products of which NumPy makes ufuncs. What `axes` says of each operand is moved to its end, and back in the result.


def _product(row, a, b, axes=None):
    if axes is None:
        return apply(row, a, b)
    axes = [k if isinstance(k, tuple) else (k,) for k in axes]
    a, b = (np.moveaxis(x, k, range(-len(k), 0)) for x, k in zip((a, b), axes, strict=False))
    result = apply(row, a, b)
    return np.moveaxis(result, range(-len(axes[2]), 0), axes[2]) if len(axes) > 2 and axes[2] else result


def _registered(ufunc, row):
    if ufunc is not None:
        _composed(ufunc)(lambda a, b, axes=None: _product(row, a, b, axes))


_registered(np.matmul, array_ops.MATMUL)
_registered(getattr(np, "matvec", None), array_ops.MATVEC)
_registered(getattr(np, "vecmat", None), array_ops.VECMAT)


@_composed(np.vecdot)
def vecdot(a, b, axis=-1, keepdims=False, axes=None):
    if axes is None:
        axes = [axis, axis]
    result = _product(array_ops.VECDOT, a, b, axes)
    return np.expand_dims(result, axes[2] if len(axes) > 2 else axes[0]) if keepdims else result
