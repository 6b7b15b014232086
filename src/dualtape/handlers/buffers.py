"""Functions and methods of NumPy on buffers (core/buffer.pyx). Plain buffers are opened: NumPy runs on their ndarrays,
and what it makes is a buffer again, a view where NumPy's is one. Where an active number is among the arguments the
handlers of the other files run, on what the buffers hold; an array that is written to is lifted first.

What the names of NumPy stand for in a clone, so that the arrays it makes are buffers, is in making.py."""

import sys

import numpy as np

from dualtape.core.buffer import Buffer, buffered, opened, owning, rewrapped

from ..errors import UnsupportedOperation
from ..trace import functions
from ..trace.decisions import stepped
from ..trace.functions import CARRIERS, has_parts, is_active, leader, operand
from . import masks
from .complex_numbers import made

# Functions that write into an argument, and its name and position.
_WRITING = {
    np.copyto: ("dst", 0),
    np.put: ("a", 0),
    np.place: ("arr", 0),
    np.putmask: ("a", 0),
    np.put_along_axis: ("arr", 0),
    np.fill_diagonal: ("a", 0),
}
_MEMORY = frozenset([np.shares_memory, np.may_share_memory])


# ---- what stands among the arguments ----


def is_buffer(x):
    return type(x) is Buffer


def is_traced(x):
    """Tell whether `x` is an active number, a mask, or a complex number with a derivative."""
    return CARRIERS[type(x)] or masks.is_mask(x)


def _number(x):
    """The active real number that decides on engine and level of `x`; None if it is passive."""
    if type(x) is Buffer:
        x = x.held()
    if is_active(x):
        return x
    if masks.is_mask(x):
        return x.numbers
    if has_parts(x):
        return leader(part for part in x.complex_parts if part is not None)
    if type(x) in (list, tuple):
        return leader(filter(is_active, map(_number, x)))
    if type(x) is np.ndarray and x.dtype.hasobject:
        return _number(x.ravel().tolist())
    return None


def carrier(index, value):
    """The active number on whose account a buffer becomes active when ``y[index] = value`` is run; None if it does
    not."""
    return leader(filter(is_active, (_number(value), _number(index) if masks.is_mask(index) else None)))


def listed(sequence):
    """A list or tuple as an operand: an active array if there is an active number in it, real or complex."""
    from .complex_numbers import has_complex, number

    if has_complex(sequence):
        return number(sequence)
    return operand(sequence) if functions.has_active(sequence) else opened(sequence, [])


# ---- writing ----


def write(buffer, index, value):
    """``y[index] = value`` for an active buffer."""
    found = []
    number = carrier(index, value)
    if number is not None:
        buffer.admit(number)
    buffer.held()[opened(index, found)] = stored(opened(value, found), buffer.dtype)


def stored(value, dtype):
    """`value` as an array of this dtype keeps it: in float32 the number is rounded, and its derivative stays."""
    if dtype.itemsize >= (16 if dtype.kind == "c" else 8):
        return value
    return rounded(value, dtype)


def rounded(value, dtype):
    """What is left of `value` in float16 or float32; its derivative is that of `value`. Their difference is exact."""
    if not functions.has_active(value):
        return np.asarray(value, dtype=dtype).astype(np.float64)
    value = operand(value)
    narrow = stepped(dtype.type, (value,), {})
    return value + (narrow - functions.elementwise(functions.STOP_GRADIENT, value))


# ---- functions ----


def answer(function, types, args, kwargs):
    """Answer ``buffer.__array_function__(function, types, args, kwargs)``."""
    found = []
    if function in _MEMORY:
        return function(*(x.plain if is_buffer(x) else x for x in args), **kwargs)
    if function is np.copy and is_buffer(args[0] if args else None) and args[0].is_active:
        return copied(*args, **kwargs)
    open_args, open_kwargs = opened(args, found), opened(kwargs, found)
    number = leader(filter(is_active, map(_number, found)))
    if number is None:
        return buffered(function(*open_args, **open_kwargs), found)
    if function in _WRITING:
        open_args, open_kwargs = _with_target(*_WRITING[function], args, kwargs, open_args, open_kwargs, number)
    open_args, open_kwargs = _with_outputs(function, args, kwargs, open_args, open_kwargs)
    kinds = [kind for kind in types if kind is not Buffer] + [type(x) for x in found if not is_buffer(x)]
    kinds += [type(x.held()) for x in found if is_buffer(x)]
    return rewrapped(functions.dispatch(function, tuple(dict.fromkeys(kinds)), open_args, open_kwargs, number), found)


def _with_target(name, position, args, kwargs, open_args, open_kwargs, number):
    """The arguments with the active array of the buffer that is written to."""
    target = kwargs[name] if name in kwargs else args[position]
    if not is_buffer(target) or not target.is_real:
        return open_args, open_kwargs
    target.admit(number)
    if name in kwargs:
        return open_args, {**open_kwargs, name: target.held()}
    return (*open_args[:position], target.held(), *open_args[position + 1 :]), open_kwargs


def _with_outputs(function, args, kwargs, open_args, open_kwargs):
    """The arguments with the buffers themselves as outputs: `functions.store` writes into them."""
    if is_buffer(kwargs.get("out")) or type(kwargs.get("out")) is tuple:
        open_kwargs = {**open_kwargs, "out": kwargs["out"]}
    if any(map(is_buffer, args)):
        position = functions.position_of_out(function)
        if position is not None and position < len(args):
            open_args = (*open_args[:position], args[position], *open_args[position + 1 :])
    return open_args, open_kwargs


def answer_ufunc(ufunc, method, inputs, kwargs):
    """Answer ``buffer.__array_ufunc__(ufunc, method, *inputs, **kwargs)``."""
    found = []
    open_inputs = opened(inputs, found)
    open_kwargs = opened(kwargs, found) if kwargs else kwargs
    number = leader(filter(is_active, map(_number, found)))
    if number is None:
        call = ufunc if method == "__call__" else getattr(ufunc, method)
        return buffered(call(*open_inputs, **open_kwargs), found)
    if method == "at" and is_buffer(inputs[0]) and inputs[0].is_real:
        inputs[0].admit(number)
        open_inputs = (inputs[0].held(), *open_inputs[1:])
    if "out" in kwargs:
        open_kwargs = {**open_kwargs, "out": kwargs["out"]}
    from .ufuncs import dispatch

    return rewrapped(dispatch(ufunc, method, open_inputs, open_kwargs), found)


# ---- methods and attributes ----

# Methods whose result is a view wherever it can be: the place of the view is that of the ndarray's.
_VIEWS = frozenset("reshape ravel transpose squeeze swapaxes diagonal mT".split())
_IN_PLACE = frozenset("fill put sort partition".split())


def attribute(buffer, name):
    """What ndarray has under this name, for a buffer."""
    if not hasattr(np.ndarray, name):
        raise AttributeError(f"'numpy.ndarray' object has no attribute {name!r}")
    if name in _OWN:
        return _OWN[name].__get__(buffer)
    if not callable(getattr(np.ndarray, name)):
        if name in _VIEWS:
            return buffered(getattr(buffer.plain, name), [buffer])
        return getattr(buffer.held() if name in _CONTENT else buffer.plain, name)

    def method(*args, **kwargs):
        return call_method(buffer, name, args, kwargs)

    return method


_CONTENT = frozenset("data ctypes __array_interface__ __array_struct__".split())


def call_method(buffer, name, args, kwargs):
    if name in _OWN:
        return _OWN[name](buffer, *args, **kwargs)
    found = [buffer]
    open_args, open_kwargs = opened(args, found), opened(kwargs, found) if kwargs else kwargs
    number = leader(filter(is_active, map(_number, found)))
    if number is None:
        return buffered(getattr(buffer.plain, name)(*open_args, **open_kwargs), found)
    if name in _VIEWS:
        part = buffered(getattr(buffer.plain, name)(*open_args, **open_kwargs), found)
        if is_buffer(part) and np.may_share_memory(part, buffer):
            return part
    if name in _IN_PLACE:
        return _run_in_place(buffer, name, open_args, open_kwargs, number)
    if "out" in kwargs:
        open_kwargs = {**open_kwargs, "out": kwargs["out"]}
    held = buffer.held()
    if CARRIERS[type(held)]:
        result = getattr(held, name)(*open_args, **open_kwargs)
    else:
        result = _methods()[name](held, *open_args, **open_kwargs)
    return rewrapped(result, found)


def _run_in_place(buffer, name, args, kwargs, number):
    held = buffer.admit(number)
    if name == "fill":
        return write(buffer, Ellipsis, *args, **kwargs)
    return _methods()[name](held, *args, **kwargs)


def _methods():
    from .methods import METHODS

    return METHODS


def _own(function):
    _OWN[function.__name__] = function
    return function


_OWN = {}


@_own
def view(self, *args, **kwargs):
    part = self.plain.view(*args, **kwargs)
    made = buffered(part, [self])
    if is_buffer(made) or not self.is_active:
        return made
    raise UnsupportedOperation("y.view with another dtype has no derivative", "y.astype(...) makes a copy")


@_own
def resize(self, *shape, refcheck=True):
    """In place, where nobody else sees the memory: zeros follow, or the end is cut off."""
    if sys.getrefcount(self.plain) > 3 or not self.plain.flags.owndata:  # this buffer, its root and the argument
        raise UnsupportedOperation(
            "y.resize would change an array that something else refers to",
            "use np.resize(y, shape), which makes a new array",
        )
    made = buffered(np.zeros(shape[0] if len(shape) == 1 else shape, self.dtype))
    count = min(made.size, self.size)
    made.reshape(-1)[:count] = self.reshape(-1)[:count]
    self.become(made)


@_own
def astype(self, dtype, order="K", casting="unsafe", subok=True, copy=True):
    if not self.is_active:
        return buffered(self.plain.astype(dtype, order, casting, subok, copy), [self])
    if not copy and np.dtype(dtype) == self.dtype:
        return self
    return converted(np.copy(self, order), np.dtype(dtype))


@_own
def copy(self, order="C"):
    return buffered(self.plain.copy(order)) if not self.is_active else copied(self, order)


def copied(buffer, order="K", subok=False):
    """A copy of an active buffer, into which numbers of any level can be written."""
    held = buffer.held()
    if has_parts(held) or buffer.dtype != np.float64:
        return np.copy(held, order)
    return owning(held.copy(order))


@_own
def base(self):
    return None


_OWN["base"] = property(base)


def converted(number, dtype):
    """An active number as an array of this dtype holds it: a derivative lives in floats; the rest changes by steps."""
    held = number.held() if is_buffer(number) else number
    if dtype.kind == "f" and not has_parts(held):
        return stored(number, dtype)
    return held.astype(dtype)


def complex_array(real, imag):
    """The complex array with these parts."""
    return made(real, imag)


def flat(buffer):
    from .methods import Flat

    return Flat(buffer)
