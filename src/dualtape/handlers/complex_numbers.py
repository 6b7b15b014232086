"""Complex numbers with derivatives: what ``1j*x``, ``np.exp(1j*x)`` and ``np.fft.fft(x)`` make of active real numbers.

A complex number is a pair of real ones, its real and its imaginary part, at least one of them active. An array of them
owns two active arrays of its shape: ``z.real`` and ``z.imag`` are those arrays themselves, and a view of `z` is a pair
of views, so that writing goes where NumPy's does. There is no rule for a derivative here: parts are real numbers of the
engines.

The functions of NumPy for complex numbers are in complex_functions.py (elementwise) and complex_arrays.py; fourier.py
and complex_algebra.py make complex numbers out of real ones. They are found by `dispatch`, which NumPy reaches
through the protocols of these classes, and the dispatch of real numbers (trace/functions.py) where a plain complex
array is among the operands.
"""

import operator

import numpy as np

from dualtape.core.buffer import Buffer
from dualtape.core.text import Text

from ..core.kinds import as_float, as_float64, is_float
from ..errors import TraceEscapeError, UnsupportedOperation
from ..ops.complexified import joined
from ..ops.table import ROWS
from ..trace import functions, layout
from ..trace.functions import has_parts, is_active, leader, peeked, primal

COMPLEX = {}  # NumPy function or ufunc -> handler with the same parameters, some of which hold complex numbers


def handles_complex(*functions):
    """Register the decorated function as what serves `functions` where a complex number is among the arguments; None
    stands for one that this NumPy does not have."""

    def register(handler):
        for function in functions:
            if function is not None:
                COMPLEX[function] = handler
        return handler

    return register


def dispatch(function, args, kwargs):
    """Answer a function of NumPy, a ufunc called plainly among them."""
    handler = handler_of(function)
    if handler is None:
        raise UnsupportedOperation(
            f"{functions.name_of(function)} of complex numbers has no derivative rule yet",
            "write it with the real and the imaginary part: z.real, z.imag",
        )
    return handler(*args, **kwargs)


def handler_of(function):
    """What serves a function where a complex number is among its arguments; None if nothing does."""
    if function not in COMPLEX:
        functions.load_families()  # the first complex number
        if isinstance(function, np.ufunc):
            from .complex_special import is_entered

            is_entered(function)
    return COMPLEX.get(function)


# ---- pairs of parts ----


def number(x):
    """`x` as one of ours, an active real number, or a plain float64 or complex128 number or array."""
    if has_parts(x) or is_active(x):
        return x
    if type(x) is Buffer:
        return number(x.held())
    if has_complex(x):
        return _of_tree(x)
    if type(x) in (complex, np.complex128) or (type(x) is np.ndarray and x.dtype == np.complex128):
        return x
    array = x if functions.has_active(x) or functions.is_guarded(x) else np.asarray(x)
    if type(array) is np.ndarray and array.dtype.kind == "c":
        return array.astype(np.complex128)[()]
    return functions.operand(array)


def has_complex(x):
    """Tell whether one of ours stands in nested lists or an object array, or a plain complex one beside active ones."""
    if type(x) in (list, tuple):
        return any(map(has_complex, x)) or (functions.has_active(x) and any(map(_is_plain_complex, x)))
    if type(x) is np.ndarray and x.dtype.hasobject:
        return has_complex(x.ravel().tolist())
    return has_parts(x)


def _is_plain_complex(x):
    if type(x) in (list, tuple):
        return any(map(_is_plain_complex, x))
    return not is_active(x) and np.iscomplexobj(x)


def _of_tree(x):
    """The array behind nested lists, or an object array, of numbers."""
    if type(x) is np.ndarray:
        flat = _of_tree(x.ravel().tolist())
        return flat.reshape(x.shape) if x.shape else flat[0]
    numbers = [number(item) for item in x]
    pairs = [[np.zeros(np.shape(z)) if part is None else part for part in parts(z)] for z in numbers]
    return made(*(np.stack([pair[k] for pair in pairs]) for k in (0, 1)))


def or_zero(part):
    """A part; one that is absent is zero."""
    return 0.0 if part is None else part


def parts(z):
    """The real and the imaginary part; None stands for one that is zero throughout and depends on nothing."""
    if has_parts(z):
        return z.complex_parts
    if is_active(z) or not np.iscomplexobj(z):
        return z, None
    z = np.asarray(z)
    re, im = (np.array(part) if part.ndim else float(part) for part in (z.real, z.imag))
    if z.ndim:
        return re, im
    return (None if im and _is_nothing(re) else re), (None if _is_nothing(im) else im)


def factors(z):
    """`parts` for formulas, in which 1/0 is inf: NumPy's scalars, where Python's may refuse that."""
    return tuple(map(as_float64, parts(z)))


def _is_nothing(x):
    """+0.0, which may be left out: -0.0 may not."""
    return x == 0.0 and not np.signbit(x)


def made(re, im):
    """The complex number with these parts, which broadcast; a plain one if neither is active."""
    re, im = or_zero(re), or_zero(im)
    first = leader((re, im))
    if first is None:
        shape = np.broadcast_shapes(np.shape(re), np.shape(im))
        return joined(*(np.array(np.broadcast_to(part, shape), dtype=np.float64) for part in (re, im)))[()]
    shape = _shape(re) if _shape(re) == _shape(im) else np.broadcast_shapes(_shape(re), _shape(im))
    if not shape:
        return ComplexScalar(_scalar(re), _scalar(im))
    return ComplexArray(_array(re, shape, first), _array(im, shape, first))


def _shape(x):
    return x.shape if hasattr(x, "shape") else np.shape(x)


def _scalar(x):
    return x[()] if hasattr(type(x), "__getitem__") else x  # an array of shape ()


def _array(x, shape, like):
    """`x` as an active array of this shape, into which can be written."""
    if is_active(x):
        return x if x.shape == shape else np.copy(np.broadcast_to(x, shape))
    return like.engine.lift(np.full_like(layout.model_of(like), x, shape=shape))


def single(z):
    """The value of a complex or real number of shape () that is not recorded for a replay; None for others."""
    if type(z) in (float, complex, np.float64, np.complex128):
        return z
    if type(z) is ComplexScalar:
        re, im = map(single, z.complex_parts)
        return None if re is None or im is None else (complex if _is_pythons(z) else np.complex128)(complex(re, im))
    if is_active(z) and not z.shape and not functions.is_guarded(z):
        return (float if is_float(z) else np.float64)(peeked(z))
    return None


def copied(z, order="K"):
    """A complex number that shares no memory with `z`, a number of any kind."""
    return made(*(part if part is None or not np.ndim(part) else np.copy(part, order) for part in parts(number(z))))


# ---- the classes ----


def _binary(name):
    from_left, ufunc = getattr(operator, name), _UFUNCS[name]

    def forward(self, other):
        return NotImplemented if _defers(other) else operate(from_left, ufunc, self, other)

    def reflected(self, other):
        return NotImplemented if _defers(other) else operate(from_left, ufunc, other, self)

    return forward, reflected


def _defers(other):
    return (
        other is None
        or isinstance(other, (str, bytes, dict, set))
        or getattr(type(other), "__array_ufunc__", True) is None  # it has operators of its own: a sparse matrix
    )


def operate(python, ufunc, a, b):
    """``a op b``, one of them complex: to scalars, neither Python nor NumPy does what NumPy's ufunc does, to the last
    bit."""
    from .complex_functions import operated

    if _is_pythons(a) and (b is None or _is_pythons(b)):
        return of_python(operated("python", python, ufunc, a, b))
    return of_numpy(operated("operator", python, ufunc, a, b))


def of_python(result):
    """A real or complex scalar as a float or complex number of Python's: see core/kinds.pxd."""
    if type(result) is ComplexScalar:
        return ComplexScalar(*map(as_float, result.complex_parts))
    return as_float(result)


def of_numpy(result):
    """A complex scalar as one of NumPy's, whose operands may have been one of each kind."""
    if type(result) is ComplexScalar:
        return ComplexScalar(*map(as_float64, result.complex_parts))
    return result


def _is_pythons(x):
    return type(x) is complex or all(map(is_float, x.complex_parts if type(x) is ComplexScalar else (x,)))


def complex_operator(opcode, a, b):
    """What the operators of real numbers ask, when they meet a plain complex number or items of an array."""
    python, ufunc = _OPERATORS[ROWS[opcode].name]
    if _are_items(a) or _are_items(b):
        return python(*(number(x) if _are_items(x) else x for x in (a, b)))
    return operate(python, ufunc, a, b)


def _are_items(x):
    return type(x) is np.ndarray and x.dtype.hasobject or isinstance(x, (list, tuple))


_UFUNCS = {
    "add": np.add, "sub": np.subtract, "mul": np.multiply, "truediv": np.divide, "pow": np.power, "matmul": np.matmul,
    "floordiv": np.floor_divide, "mod": np.remainder,
}  # fmt: skip
_OPERATORS = {ufunc.__name__: (getattr(operator, name), ufunc) for name, ufunc in _UFUNCS.items()}
_OPERATORS |= {"scalar_power": (operator.pow, np.power)}


class ComplexNumber:
    """What complex scalars and arrays have in common: they behave as np.complex128 and as arrays of it."""

    __slots__ = ("complex_parts",)
    __array_priority__ = 1002.0
    __hash__ = None
    dtype = np.dtype(np.complex128)
    itemsize = 16

    def __init__(self, re, im):
        self.complex_parts = re, im

    # ---- what it looks like ----

    @property
    def real(self):
        return self.complex_parts[0]

    @property
    def imag(self):
        return self.complex_parts[1]

    @property
    def is_guarded(self):
        """Is a part recorded for a replay, so that every decision on it has to be guarded?"""
        return any(map(functions.is_guarded, self.complex_parts))

    @property
    def primal(self):
        """The value. Whoever looks at it decides on it: it is guarded."""
        return joined(*(np.asarray(primal(part)) for part in self.complex_parts))[()]

    def peek(self):
        """`primal` without a guard: see core.scalar.peek."""
        return joined(*(np.asarray(peeked(part)) for part in self.complex_parts))[()]

    # ---- NumPy ----

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        from .complex_functions import dispatch_ufunc

        return dispatch_ufunc(ufunc, method, inputs, kwargs)

    def __array_function__(self, function, types, args, kwargs):
        return functions.dispatch(function, types, args, kwargs, self)

    def __getattr__(self, name):
        functions.load_families()
        from .complex_arrays import METHODS

        if name not in METHODS:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return METHODS[name].__get__(self)

    # ---- operators ----

    def __neg__(self):
        return made(*(-part for part in self.complex_parts))

    def __pos__(self):
        return copied(self)

    def __abs__(self):
        return operate(operator.abs, np.absolute, self, None)

    def __eq__(self, other):
        return np.equal(self, other)

    def __ne__(self, other):
        return np.not_equal(self, other)

    def __bool__(self):
        return bool(self.primal)

    # ---- escapes ----

    def __complex__(self):
        raise _escape("complex()", "leave out complex(): z is a complex number already")

    def __float__(self):
        raise _escape("float()", "take z.real, abs(z) or another real number that depends on z")

    def __int__(self):
        raise _escape("int()", "take z.real, abs(z) or another real number that depends on z")

    def __reduce__(self):
        raise _escape("pickling", "return the value from the function and pickle the result")

    # ---- text ----

    def __repr__(self):
        return f"{type(self).__name__}({self.primal!r})"

    def __str__(self):
        return Text(self.primal)

    def __format__(self, spec):
        return Text(format(self.primal, spec))


for _name in _UFUNCS:
    _forward, _reflected = _binary(_name)
    setattr(ComplexNumber, f"__{_name}__", _forward)
    setattr(ComplexNumber, f"__r{_name}__", _reflected)


def _escape(what, remedy):
    return TraceEscapeError(f"{what} would turn a traced complex value into a plain number", remedy)


class ComplexScalar(ComplexNumber):
    """A complex number of shape (). It cannot be changed."""

    __slots__ = ()
    __class__ = property(lambda self: np.complex128)
    shape = ()
    ndim = 0
    size = 1
    nbytes = 16


class ComplexArray(ComplexNumber):
    """An array of complex numbers."""

    __slots__ = ()
    __class__ = property(lambda self: np.ndarray)

    @property
    def shape(self):
        return self.complex_parts[0].shape

    @property
    def ndim(self):
        return self.complex_parts[0].ndim

    @property
    def size(self):
        return self.complex_parts[0].size

    @property
    def nbytes(self):
        return 16 * self.size

    @property
    def real(self):
        return self.complex_parts[0]

    @real.setter
    def real(self, value):
        self.complex_parts[0][...] = value

    @property
    def imag(self):
        return self.complex_parts[1]

    @imag.setter
    def imag(self, value):
        self.complex_parts[1][...] = value

    @property
    def flat(self):
        from .flat import Flat

        return Flat(self)

    @flat.setter
    def flat(self, value):
        self.flat[:] = value

    def __len__(self):
        return len(self.complex_parts[0])

    def __iter__(self):
        return (made(re, im) for re, im in zip(*self.complex_parts, strict=True))

    def __getitem__(self, index):
        return _of_views(*(part[index] for part in self.complex_parts))

    def __setitem__(self, index, value):
        for part, written in zip(self.complex_parts, parts(number(value)), strict=True):
            part[index] = or_zero(written)

    def __array__(self, dtype=None, copy=None):
        """Elements that keep their derivatives, in an object array."""
        if dtype is not None and np.dtype(dtype) != object:
            raise _escape(f"np.asarray(z, dtype={np.dtype(dtype)})", "leave the conversion out")
        elements = np.empty(self.shape, dtype=object)
        for index in np.ndindex(self.shape):
            elements[index] = self[index]
        return elements


def _of_views(re, im):
    """The complex number of two parts of the same shape, which are views of those of another."""
    return ComplexArray(re, im) if is_active(re) and re.shape else made(re, im)


def view_of_pairs(x):
    """``x.view(complex)`` of a real array whose last axis holds the parts of complex numbers one after another."""
    if not x.ndim or x.shape[-1] % 2:
        np.empty(x.shape).view(np.complex128)  # raises NumPy's error
    return _of_views(x[..., 0::2], x[..., 1::2])


def _in_place(name):
    from_left, ufunc = getattr(operator, name), _UFUNCS[name]

    def changed(self, other):
        if _defers(other):
            return NotImplemented
        result = operate(from_left, ufunc, self, other)
        if np.shape(result) != self.shape:
            np.add(np.zeros(self.shape), np.zeros(np.shape(result)), out=np.zeros(self.shape))  # NumPy's own error
        self[...] = result
        return self

    return changed


for _name in ("add", "sub", "mul", "truediv", "pow", "matmul"):
    setattr(ComplexArray, f"__i{_name}__", _in_place(_name))
