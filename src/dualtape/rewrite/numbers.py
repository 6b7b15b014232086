"""What `float`, `complex`, `np.float64` and `type` stand for in a clone, and its other built-in names."""

import builtins
import sys

import numpy as np

from dualtape.core.kinds import as_float
from dualtape.core.substitutes import NumberType, TypeOfTypes
from dualtape.core.text import Code, Text
from dualtape.errors import UnsupportedOperation
from dualtape.trace.functions import ACTIVE, CARRIERS, foreign_handler


def as_scalar(x):
    """The active scalar that ``float(x)`` is: x itself, or the one element of an array."""
    if x.size != 1:
        raise TypeError("only length-1 arrays can be converted to Python scalars")
    return as_float(x.reshape(1)[0] if x.ndim else x[()])


def as_complex(*parts, **named):
    """``complex(re, im)`` of active parts."""
    handler = foreign_handler("builtins.complex")
    if handler is None:
        raise UnsupportedOperation(
            "complex() of a traced number has no derivative rule yet",
            "keep real and imaginary part as two real numbers",
        )
    return handler(*parts, **named)


def as_float64(x):
    """``np.float64(x)``: an array stays one."""
    return np.copy(x) if x.ndim else x[()].of_kind(False)


class Float(float, metaclass=NumberType):
    """`float` that leaves an active scalar active."""

    number = float
    active_types = ACTIVE
    dtype = np.dtype(np.float64)
    convert = staticmethod(as_scalar)


class Complex(complex, metaclass=NumberType):
    """`complex` of active parts."""

    number = complex
    active_types = CARRIERS
    dtype = np.dtype(np.complex128)
    convert = staticmethod(as_complex)


class Float64(np.float64, metaclass=NumberType):
    """`np.float64` that leaves active numbers active."""

    number = np.float64
    active_types = ACTIVE
    dtype = np.dtype(np.float64)
    convert = staticmethod(as_float64)


class Type(type, metaclass=TypeOfTypes):
    """`type`, so that ``type(x) is float`` holds where it would hold in f itself."""

    number = type
    active_types = ACTIVE
    stand_ins = {float: Float, complex: Complex, np.float64: Float64}

    @staticmethod
    def convert(x):
        return np.ndarray if isinstance(x, np.ndarray) else Float if x.is_float else Float64


Type.stand_ins[type] = Type
for _class in (Float, Complex, Float64, Type):
    _class.__name__, _class.__qualname__ = _class.number.__name__, _class.number.__qualname__
    _class.__module__ = _class.number.__module__


def is_scalar(element):
    """``np.isscalar``: an active scalar is one, as np.float64 is; arrays of shape () and lists are none."""
    return not isinstance(element, (np.ndarray, list, tuple))


def evaluated(source, globals=None, locals=None, /):
    """``eval``: it reads no number from the text of a traced one."""
    if type(source) in (Text, Code):
        raise Text.escape("eval")
    frame = sys._getframe(1)
    if globals is None:
        return eval(source, frame.f_globals, frame.f_locals if locals is None else locals)
    globals.setdefault("__builtins__", frame.f_builtins)
    return eval(source, globals, locals)


CHANGED_BUILTINS = frozenset(["float", "complex", "type", "eval"])


def builtin_names(import_module):
    """The built-in names of clones; `import_module` takes the place of ``__import__``."""
    names = dict(vars(builtins))
    names.update(float=Float, complex=Complex, type=Type, eval=evaluated, __import__=import_module)
    return names
