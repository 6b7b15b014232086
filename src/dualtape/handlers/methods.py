"""The ndarray methods and attributes of active numbers, scalar and array, of both engines: one registry that the number
types consult for names that they do not define. An entry is a function of the number or a property; `__get__` binds it.
"""

import numpy as np

from ..errors import TraceEscapeError, UnsupportedOperation
from ..trace import functions
from . import creation, ordering
from .flat import Flat

METHODS = {}


def _handler(function):
    """The handler of a NumPy function as a method, the number being its first argument: past NumPy's dispatch."""
    handler = functions.HANDLERS.get(function)
    return handler or (lambda self, *args, **kwargs: function(self, *args, **kwargs))


def _moving(name):
    """The method of this name, which moves elements, run on ids."""

    def method(self, *args, **kwargs):
        return functions.move([self], lambda ids: getattr(ids, name)(*args, **kwargs))

    return method


functions.load_families()
for _name in (
    "all any argmax argmin argpartition argsort choose clip conj conjugate cumprod cumsum dot max mean min "
    "nonzero prod ptp put round searchsorted std sum take trace var"
).split():
    METHODS[_name] = _handler(getattr(np, _name))
for _name in ("reshape", "transpose", "ravel", "flatten", "squeeze", "swapaxes", "diagonal", "repeat"):
    METHODS[_name] = _moving(_name)
METHODS["astype"] = creation.cast
METHODS["sort"] = ordering.sort_in_place
METHODS["partition"] = ordering.partition_in_place

# np.array([a, b]) of traced scalars is an object array; np.exp of it asks each element for a method of that name
for _name in (
    "sqrt cbrt exp exp2 expm1 log log2 log10 log1p sin cos tan arcsin arccos arctan sinh cosh tanh arcsinh arccosh "
    "arctanh deg2rad rad2deg degrees radians rint floor ceil trunc fabs square reciprocal sign hypot arctan2 fmod "
    "logical_not"
).split():
    METHODS[_name] = _handler(getattr(np, _name))


def _entry(function):
    METHODS[function.__name__] = function
    return function


def _attribute(function):
    METHODS[function.__name__] = property(function)
    return function


# Methods with a signature of their own.


@_entry
def compress(self, condition, axis=None, out=None):
    return np.compress(condition, self, axis=axis, out=out)


@_entry
def copy(self, order="C"):
    return creation.copy(self, order)


@_entry
def fill(self, value):
    self[...] = value


@_entry
def resize(self, *shape, refcheck=True):
    raise UnsupportedOperation("x.resize changes an array in place", "use np.resize(x, shape), which makes a new array")


@_entry
def view(self, *args, **kwargs):
    if args or kwargs:
        raise UnsupportedOperation("x.view with another dtype or type has no derivative", "x[...] is a plain view")
    return self[...]


def _escapes(**remedies):
    """Methods that would hand out plain values."""
    for name, remedy in remedies.items():

        def method(self, *args, _name=name, _remedy=remedy, **kwargs):
            raise TraceEscapeError(f"x.{_name}() would lose the derivative", _remedy)

        METHODS[name] = method


_escapes(
    item="use x itself, or x[i] for an element: a traced scalar goes wherever a float does",
    tolist="iterate over x, or use list(x)",
    tobytes="return x, and convert the result of the driver",
    tofile="return x, and write the result of the driver",
    dump="return x, and write the result of the driver",
    dumps="return x, and convert the result of the driver",
    byteswap="leave it out: traced numbers are native float64",
    getfield="leave it out: traced numbers have no fields",
    setfield="assign elements: x[i] = value",
    as_integer_ratio="use x itself",
    hex="return x, and format the result of the driver",
)


# Attributes.


@_attribute
def T(self):
    return functions.move([self], np.transpose)


@_attribute
def mT(self):
    return functions.move([self], np.matrix_transpose)


@_attribute
def real(self):
    return self


@_attribute
def imag(self):
    return np.zeros_like(self)


def _layout(self):
    """A plain array that lies in memory as `self` does: read only by its owner."""
    tables = []
    functions.move([self], lambda ids: (tables.append(ids), ids)[1])
    return tables[0]


@_attribute
def flags(self):
    return _layout(self).flags


@_attribute
def strides(self):
    return _layout(self).strides


@_attribute
def nbytes(self):
    return self.size * 8


@_attribute
def itemsize(self):
    return 8


@_attribute
def flat(self):
    return Flat(self)


@_entry
def is_integer(self):
    return float(functions.primal(self)).is_integer()
