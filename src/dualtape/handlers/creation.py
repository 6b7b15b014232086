"""Functions that make arrays from active ones (``zeros_like(x)``, ``copy``) or for them (``like=x``): float arrays made
this way can be written into with active values. An integer or boolean dtype gives a plain array."""

import numpy as np

from ..errors import ComplexOperandError, TraceEscapeError
from ..trace import layout
from ..trace.decisions import stepped
from ..trace.functions import (
    CREATORS,
    DIFFERENTIATED,
    KINDS,
    check_dtype,
    handles,
    has_active,
    is_active,
    is_complex,
    is_guarded,
    leader,
    move,
    operand,
    primal,
)
from . import complex_numbers, masks


def _is_float(dtype):
    return dtype is None or np.dtype(dtype) == np.float64


def _likes(function):
    def handler(a, dtype=None, order="K", subok=True, shape=None, *, device=None):
        if not is_active(a):
            return function(primal(a), dtype=dtype, order=order, shape=shape)
        dtype = np.float64 if dtype is None else dtype
        made = function(layout.model_of(a), dtype=dtype, order=order, shape=shape)
        if made.dtype == np.complex128:
            return complex_numbers.made(*(a.engine.lift(part) for part in (made.real, made.imag)))
        return a.engine.lift(made) if _is_float(dtype) else made

    return handler


handles(np.zeros_like)(_likes(np.zeros_like))
handles(np.ones_like)(_likes(np.ones_like))
# what np.empty would leave in memory is no value: zeros keep a forgotten element from depending on chance
_zeros_like = _likes(np.zeros_like)


@handles(np.empty_like)
def empty_like(prototype, dtype=None, order="K", subok=True, shape=None, *, device=None):
    return _zeros_like(prototype, dtype, order, subok, shape)


@handles(np.full_like)
def full_like(a, fill_value, dtype=None, order="K", subok=True, shape=None, *, device=None):
    model = layout.model_of(a) if is_active(a) else np.asarray(primal(a))
    return _filled(a, np.empty_like(model, dtype=np.float64, order=order, shape=shape), fill_value, dtype)


def _filled(like, model, fill_value, dtype):
    if is_complex(fill_value):
        raise ComplexOperandError("the value is complex", "use np.full_like of a complex array")
    if has_active(fill_value):
        check_dtype(dtype, "full")
        return move([operand(fill_value)], lambda ids: np.full_like(model, ids, dtype=ids.dtype))
    made = np.full_like(model, fill_value, dtype=np.float64 if dtype is None else dtype)
    first = leader([like])
    return first.engine.lift(made) if first is not None and made.dtype == np.float64 else made


@handles(np.copy)
def copy(a, order="K", subok=False):
    return move([operand(a)], lambda ids: np.array(ids, order=order))


@handles(getattr(np, "astype", None))
def astype(x, dtype, /, *, copy=True, device=None):
    return cast(operand(x), dtype, copy=copy)


def cast(x, dtype, order="K", casting="unsafe", subok=True, copy=True):
    """The method ``x.astype(dtype)``: float64 and complex128 keep the derivative, bool tells what is not 0, whole
    numbers have none: what is cut off is constant. Others are refused."""
    if np.dtype(dtype) == np.complex128:
        return complex_numbers.made(np.copy(x, order) if x.ndim else x, 0.0)
    if np.dtype(dtype) == np.bool:
        return np.not_equal(x, 0.0) if is_guarded(x) else np.asarray(primal(x), dtype=bool)
    if np.dtype(dtype).kind in "iu":
        return _whole(x, np.dtype(dtype))
    check_dtype(dtype, "astype")
    if not isinstance(x, np.ndarray):
        return x
    return np.copy(x, order) if copy or not layout.has_order(x, order) else x


def _whole(x, dtype):
    if not is_guarded(x):
        return np.asarray(primal(x)).astype(dtype)[()]
    whole = masks.TracedMask(stepped(np.trunc, (x,), {}), np.dtype(np.int64))
    return whole if dtype == np.int64 and whole.ndim else whole.primal.astype(dtype)


# Arrays made with like=.


def creates(*functions):
    """Register what answers ``function(..., like=x)``; its first argument is x."""

    def register(creator):
        for function in functions:
            CREATORS[function] = creator
            KINDS[function] = DIFFERENTIATED
        return creator

    return register


def _lifted(function):
    """Arrays whose entries are constants: NumPy makes them."""

    def creator(like, *args, **kwargs):
        made = function(*map(primal, args), **primal(kwargs))
        return like.engine.lift(made) if made.dtype == np.float64 else made

    return creator


for _function in (np.zeros, np.ones, np.eye, np.identity, np.tri, np.arange):
    creates(_function)(_lifted(_function))
creates(np.empty)(_lifted(np.zeros))


@creates(np.full)
def full(like, shape, fill_value, dtype=None, order="C", *, device=None):
    return _filled(like, np.empty(shape, order=order), fill_value, dtype)


@creates(np.array)
def array(like, object, dtype=None, *, copy=True, order="K", subok=False, ndmin=0, ndmax=0):
    made = _converted(like, object, dtype)
    if is_active(made) and (made is object and copy or not layout.has_order(made, order)):
        made = np.copy(made, order)
    missing = ndmin - np.ndim(made)
    return np.reshape(made, (1,) * missing + np.shape(made)) if missing > 0 else made


@creates(np.asarray, np.asanyarray)
def asarray(like, a, dtype=None, order=None, *, device=None, copy=None):
    return array(like, a, dtype, copy=bool(copy), order=order or "K")


@creates(np.ascontiguousarray)
def ascontiguousarray(like, a, dtype=None):
    return array(like, a, dtype, copy=False, order="C", ndmin=1)


@creates(np.asfortranarray)
def asfortranarray(like, a, dtype=None):
    return array(like, a, dtype, copy=False, order="F", ndmin=1)


def _converted(like, source, dtype):
    if not has_active(source):
        made = np.array(source, dtype=dtype)
        return like.engine.lift(made) if made.dtype == np.float64 else made
    if not _is_float(dtype):
        raise TraceEscapeError(f"np.array with dtype={np.dtype(dtype)} would drop the derivative", "leave dtype= away")
    return operand(source)
