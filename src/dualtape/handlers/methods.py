"""The ndarray methods and attributes of active numbers, scalar and array, of both engines: one registry that the number
types consult for names that they do not define. An entry is a function of the number or a property; `__get__` binds it.
"""

import numpy as np

from ..core.kinds import as_float
from ..errors import TraceEscapeError, UnsupportedOperation
from ..trace import functions
from . import complex_numbers, creation, ordering, products
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
    "all any argmax argmin argpartition argsort choose clip conj conjugate cumprod cumsum max mean min "
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
def dot(self, b, out=None):
    return np.dot(self, b, out) if functions.is_complex(b) else products.dot(self, b, out)


@_entry
def copy(self, order="C"):
    return creation.copy(self, order) if isinstance(self, np.ndarray) else self


@_entry
def fill(self, value):
    self[...] = value


@_entry
def item(self, *index):
    """An element as an active scalar: it goes wherever a float does."""
    return as_float(functions.move([self], lambda ids: ids.item(*index)))


@_entry
def tolist(self):
    """Nested lists of active scalars."""
    return _floats(functions.move([self], lambda ids: ids.tolist()))


def _floats(items):
    return list(map(_floats, items)) if type(items) is list else as_float(items)


@_entry
def view(self, dtype=None, type=None):
    """Another view of the same elements: as what they are, or pairs of them as complex numbers."""
    if dtype is np.complex128 and type is None:
        return complex_numbers.view_of_pairs(self)
    for other in (dtype, type):
        if other is not None and other is not np.ndarray and np.dtype(other) != np.float64:
            raise UnsupportedOperation(f"x.view({other}) would read the bits of active numbers", "use x.astype(dtype)")
    return self[...] if self.ndim else self


@_entry
def setflags(self, write=None, align=None, uic=None):
    if not (write is None or write):
        raise UnsupportedOperation("x.setflags(write=False): active arrays stay writable", "leave it out")


@_entry
def __array_namespace__(self, *, api_version=None):
    return np.zeros(0).__array_namespace__(api_version=api_version)


@_entry
def to_device(self, device, /, *, stream=None):
    np.zeros(1).to_device(device, stream=stream)  # NumPy's error for another one
    return self


def _refused(problem, attribute=False, **remedies):
    """Methods that are refused, or attributes, with the remedy for each."""
    for name, remedy in remedies.items():

        def method(self, *args, _name=name, _remedy=remedy, **kwargs):
            raise TraceEscapeError(f"x.{_name} {problem}", _remedy)

        METHODS[name] = property(method) if attribute else method
        functions.REFUSALS[f"ndarray.{name}"] = problem, remedy


_refused(
    "would lose the derivative",
    tobytes="return x, and convert the result of the driver",
    tofile="return x, and write the result of the driver",
    dump="return x, and write the result of the driver",
    dumps="return x, and convert the result of the driver",
    as_integer_ratio="use x itself",
    hex="return x, and format the result of the driver",
)
_refused(
    "reads or writes the bits of a number",
    byteswap="leave it out: active numbers are native float64",
    getfield="leave it out: active numbers have no fields",
    setfield="assign elements: x[i] = value",
)
_refused(
    "would hand out the memory of the values",
    __dlpack__="return x, and hand on the result of the driver",
    __dlpack_device__="return x, and hand on the result of the driver",
)
_refused(
    "would hand out the memory of the values",
    attribute=True,
    base="ask np.shares_memory(x, y)",
    ctypes="return x, and hand on the result of the driver",
    data="return x, and hand on the result of the driver",
)
_refused("would change the number of elements in place", resize="use np.resize(x, shape), which makes a new array")


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
def device(self):
    return "cpu"


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


# ---- classes ----

# What has no derivative, or answers as it does on a plain array of float64.
_PASSIVE = frozenset(
    "all any argmax argmin argpartition argsort nonzero searchsorted dtype flags itemsize nbytes ndim shape size "
    "strides device to_device setflags __len__ __bool__ __int__ __contains__ __eq__ __ne__ __lt__ __le__ __gt__ __ge__ "
    "__and__ __rand__ __iand__ __or__ __ror__ __ior__ __xor__ __rxor__ __ixor__ __invert__ __lshift__ __rlshift__ "
    "__ilshift__ __rshift__ __rrshift__ __irshift__ __delitem__ __format__ __array_priority__ __array_function__ "
    "__array_ufunc__ __class_getitem__ __array_namespace__".split()
)
for _name in "__array__ __array_interface__ __array_struct__ __array_finalize__ __array_wrap__ __setstate__".split():
    functions.REFUSALS[f"ndarray.{_name}"] = "would hand out the memory of the values", "use x itself"
for _name in ("__float__", "__complex__", "__index__"):
    functions.REFUSALS[f"ndarray.{_name}"] = "would lose the derivative", "use x itself"


def kind_of(name):
    """The class of a method or attribute of ndarray."""
    if f"ndarray.{name}" in functions.REFUSALS:
        return functions.REFUSED
    return functions.PASSIVE if name in _PASSIVE else functions.DIFFERENTIATED
