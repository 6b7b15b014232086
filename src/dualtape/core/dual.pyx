"""Dual and hyper-dual numbers as compiled scalars, with the operators of all forward-mode numbers.

A scalar is a value and one record of lanes (c/hyperdual.h); `x op y` looks up the partials of the row and applies the
chain rule to the records, no Python object touched but the result. What has axes is in dual_arrays.pyx; how lanes come
in and go out (constructors, attributes, repr, pickles) in dual_parts.pyx; their layouts in dual_lanes.pyx.

Design: (a) records of lanes, not one array per lane, because one number's lanes are what an operation needs together;
(b) the packed lower triangle in the symmetric form halves the work of a Hessian; (c) dead scalars are kept with their
records, per layout, so that a loop over scalars allocates nothing after its first turns.
"""

cimport cython
cimport numpy as cnp
from cpython.exc cimport PyErr_Occurred
from cpython.float cimport PyFloat_AS_DOUBLE, PyFloat_Check
from cpython.long cimport PyLong_AsDouble, PyLong_Check
from cpython.mem cimport PyMem_RawFree, PyMem_RawMalloc
from cpython.object cimport PyObject, destructor, newfunc
from cpython.ref cimport Py_DECREF
from libc.math cimport isfinite
from libc.stdint cimport uint64_t, uintptr_t
from dualtape.core.c cimport (
    DT_DX, DT_DXX, DT_DXY, DT_DY, DT_DYY, DT_N_PARTIALS, DT_WITH_GIL, OP_ABSOLUTE, OP_ADD, OP_DIVIDE,
    OP_FLOOR_DIVIDE, OP_MULTIPLY, OP_NEGATIVE, OP_POSITIVE, OP_POWER, OP_REMAINDER, OP_SCALAR_POWER, OP_SUBTRACT,
    PyObject_Init, dt_library, dt_scalar_first, dt_scalar_primal, dt_scalar_second, dt_type)
from dualtape.core.dual_lanes cimport lane_space
from dualtape.core.holder cimport Holder
from dualtape.core.kernels cimport library
from dualtape.core.kinds cimport compare, is_python, said
from dualtape.core.level cimport check_running, latest_evaluation, listeners
import numpy as np
from dualtape.core.text import Text
from dualtape.errors import PerturbationError, TraceEscapeError

cnp.import_array()

cdef size_t MAX_FREE_BYTES = 1 << 18    # of dead scalars kept, per layout


cdef inline ForwardNumber new_scalar(lane_space *space, uint64_t level):
    """A scalar whose value and record the caller fills: one that died with this layout, if there is any."""
    cdef PyObject *kept = space.free
    cdef ForwardNumber number
    if DT_WITH_GIL and kept != NULL:
        space.free = (<PyObject **>(<ForwardNumber>kept).lanes)[0]
        space.n_free -= 1
        PyObject_Init(kept, <dt_type *>HyperDual if space.lanes.order == 2 else <dt_type *>Dual)
        number = <ForwardNumber>kept
        Py_DECREF(number)    # the reference that PyObject_Init made
    else:
        number = (<ForwardNumber>HyperDual.__new__(HyperDual) if space.lanes.order == 2
                  else <ForwardNumber>Dual.__new__(Dual))
        number.lanes = new_record(space)
        number.space = space
    number.level = level
    number.is_float = False
    return number


cdef double *new_record(lane_space *space) except NULL:
    """Room for one record, on a cache line of its own. The word before it remembers the allocation."""
    cdef char *raw = <char *>PyMem_RawMalloc((space.lanes.size + 1) * sizeof(double) + 64)
    if raw == NULL:
        raise MemoryError()
    cdef void **aligned = <void **>((<uintptr_t>raw + 64) & ~<uintptr_t>63)
    (aligned - 1)[0] = raw
    return <double *>aligned


cdef void deallocate(PyObject *dead) noexcept:
    """tp_dealloc of all numbers. Scalars go to the free list with their records, or lose them first."""
    cdef double *lanes = (<ForwardNumber>dead).lanes
    cdef lane_space *space = (<ForwardNumber>dead).space
    if lanes != NULL:
        if DT_WITH_GIL and space.n_free * space.lanes.size * sizeof(double) < MAX_FREE_BYTES:
            (<PyObject **>lanes)[0] = space.free
            space.free = dead
            space.n_free += 1
            return
        PyMem_RawFree((<void **>lanes - 1)[0])
    _deallocate_object(dead)


cdef ForwardNumber new_array(lane_space *space, uint64_t level, cnp.ndarray values, cnp.ndarray records):
    cdef ForwardNumber number = (<ForwardNumber>HyperDualArray.__new__(HyperDualArray) if space.lanes.order == 2
                                 else <ForwardNumber>DualArray.__new__(DualArray))
    number.space = space
    number.level = level
    number.values = values
    number.records = records
    return number


cdef inline bint as_double(object number, double *value) except -1:
    """Whether this is a plain real number (Python's, NumPy's, or an array of shape ()); then its value."""
    if PyFloat_Check(number):
        value[0] = PyFloat_AS_DOUBLE(number)
        return True
    if PyLong_Check(number):
        value[0] = PyLong_AsDouble(number)
        if value[0] == -1.0 and PyErr_Occurred():
            raise OverflowError("int too large to convert to float")
        return True
    if issubclass(type(number), (np.integer, np.floating, np.bool_)) or (
            cnp.PyArray_Check(number) and number.ndim == 0 and number.dtype.kind in "fiub"):
        value[0] = float(number)
        return True
    return False


cdef inline ForwardNumber scalar_operation(unsigned op, ForwardNumber x, ForwardNumber y,
                                           double x_value, double y_value):
    """op on scalars that share one space; None stands for a passive operand. Inlined with a constant op, the rule folds
    in."""
    cdef ForwardNumber like = x if x is not None else y
    require_running(like)
    if _listeners[0] and not like.is_float:
        _arrays.compute(op, x_value, y_value)
    cdef ForwardNumber v = new_scalar(like.space, like.level)
    cdef double d[DT_N_PARTIALS]
    cdef unsigned active = (1 if x is not None else 0) | (2 if y is not None else 0)
    cdef const dt_library *lib = library()
    v.value = dt_scalar_primal(lib, op, x_value, y_value)
    dt_scalar_first(lib, op, x_value, y_value, v.value, active, &d[DT_DX], &d[DT_DY])
    if like.space.lanes.order == 2:
        dt_scalar_second(lib, op, x_value, y_value, v.value, d[DT_DX], d[DT_DY], active,
                         &d[DT_DXX], &d[DT_DXY], &d[DT_DYY])
    lib.hyperdual.one(&like.space.lanes, d, x.lanes if x is not None else NULL, y.lanes if y is not None else NULL,
                      v.lanes)
    return v


cdef unsigned long long *_latest = latest_evaluation()
cdef int *_listeners = listeners()


cdef inline int require_running(ForwardNumber x) except -1:
    """Refuse a number that was kept beyond its evaluation. Those made by hand have level 0 and belong to nobody."""
    return 0 if x.level == _latest[0] or not x.level else check_running(x.level)


cdef bint fit(ForwardNumber x, ForwardNumber y) except -1:
    """Check that two numbers may meet in one operation."""
    if x.level != y.level:
        raise PerturbationError(
            f"forward-mode numbers of two different evaluations met (levels {x.level} and {y.level})",
            'take the inner derivative with mode="reverse", which nests to any depth')
    if x.space is not y.space:
        raise PerturbationError(f"{describe(x)} met {describe(y)}: the lanes do not correspond",
                                "make both numbers of one kind and with the same number of lanes")
    return True


cdef str describe(ForwardNumber x):
    return f"a {'HyperDual' if x.space.lanes.order == 2 else 'Dual'} with {_parts.lane_count(x)}"


cdef bint outranked(ForwardNumber x, object other) except -1:
    """Whether `other` belongs to an inner level (a tape started later), so that it has to lead."""
    if isinstance(other, ForwardNumber) or getattr(other, "engine", None) is None:
        return False
    return other.level > x.level


cdef inline bint is_scalar(object number) noexcept:
    return type(number) is Dual or type(number) is HyperDual


cdef inline object binary(unsigned op, object a, object b):
    """a op b, where one of them is a ForwardNumber."""
    cdef double value
    cdef ForwardNumber number
    if is_scalar(a):
        if is_scalar(b):
            if ((<ForwardNumber>a).space is (<ForwardNumber>b).space
                    and (<ForwardNumber>a).level == (<ForwardNumber>b).level):
                number = scalar_operation(op, <ForwardNumber>a, <ForwardNumber>b,
                                          (<ForwardNumber>a).value, (<ForwardNumber>b).value)
                number.is_float = (<ForwardNumber>a).is_float and (<ForwardNumber>b).is_float
                return number
        elif as_double(b, &value):
            number = scalar_operation(op, <ForwardNumber>a, None, (<ForwardNumber>a).value, value)
            number.is_float = (<ForwardNumber>a).is_float and is_python(b)
            return number
    elif is_scalar(b) and as_double(a, &value):
        number = scalar_operation(op, None, <ForwardNumber>b, value, (<ForwardNumber>b).value)
        number.is_float = (<ForwardNumber>b).is_float and is_python(a)
        return number
    return general(op, a, b)


cdef inline object fallible(unsigned op, object a, object b):
    """The same for an operation that Python's floats may refuse; then the result is not finite."""
    cdef object result = binary(op, a, b)
    if is_scalar(result) and (<ForwardNumber>result).is_float and not isfinite((<ForwardNumber>result).value):
        return _errors.as_python(op, a, b, result)
    return result


cdef object general(unsigned op, object a, object b):
    """What is not an operation of two scalars."""
    cdef ForwardNumber leader = <ForwardNumber>a if isinstance(a, ForwardNumber) else <ForwardNumber>b
    cdef object other = b if isinstance(a, ForwardNumber) else a
    if (other is None or isinstance(other, (str, bytes, dict, set)) or hasattr(type(other), "complex_parts")
            or getattr(other, "__array_ufunc__", True) is None):    # a sparse matrix
        return NotImplemented
    if isinstance(other, Holder):
        other = (<Holder>other).held()
        a, b = (a, other) if a is leader else (other, b)
    if isinstance(other, (complex, list, tuple)) or (isinstance(other, np.ndarray) and other.dtype.kind in ("c", "O")):
        from dualtape.core.scalar import with_complex
        return with_complex(op, leader, other, b is leader)
    if outranked(leader, other):
        return other.engine.elementwise(OP_POWER if op == OP_SCALAR_POWER and leader.lanes == NULL else op, a, b)
    return _arrays.elementwise(leader, op, a, b)


cdef inline object unary(unsigned op, ForwardNumber x):
    if x.lanes == NULL:
        return _arrays.elementwise(x, op, x, None)
    cdef ForwardNumber number = scalar_operation(op, x, None, x.value, 0.0)
    number.is_float = x.is_float
    return number


cdef object into(ForwardNumber target, object result):
    """Complete an in-place operator: arrays are written to, scalars replaced."""
    if target.lanes != NULL or result is NotImplemented:
        return result
    target[...] = result
    return target


cdef object escape(ForwardNumber x, str what, str remedy):
    return TraceEscapeError(f"{what} would turn {describe(x)} into a plain number and lose its derivative", remedy)


cdef double only_value(ForwardNumber x, str what) except? -1.5:
    if x.lanes == NULL:
        raise TypeError(f"{what} takes a number, not an array of shape {x.shape}")
    return x.value


@cython.no_gc
@cython.c_api_binop_methods(True)
cdef class ForwardNumber:
    """What Dual and HyperDual have in common: behaves like np.float64 (a scalar) or a float64 ndarray (an array)."""

    __array_priority__ = 1000.0

    @property
    def __class__(self):
        """What isinstance sees, besides Dual: users ask for a float, or for a numbers.Real."""
        return np.ndarray if self.lanes == NULL else float if self.is_float else np.float64

    def of_kind(self, bint is_float):
        """The same scalar as a float of Python's, or as an np.float64."""
        return _arrays.of_kind(self, is_float)

    def __add__(a, b):
        return binary(OP_ADD, a, b)

    def __sub__(a, b):
        return binary(OP_SUBTRACT, a, b)

    def __mul__(a, b):
        return binary(OP_MULTIPLY, a, b)

    def __truediv__(a, b):
        return fallible(OP_DIVIDE, a, b)

    def __floordiv__(a, b):
        return fallible(OP_FLOOR_DIVIDE, a, b)

    def __mod__(a, b):
        return fallible(OP_REMAINDER, a, b)

    def __divmod__(a, b):
        return a // b, a % b

    def __pow__(a, b, modulo):
        return NotImplemented if modulo is not None else fallible(OP_SCALAR_POWER, a, b)

    def __matmul__(a, b):
        return NotImplemented if getattr(b, "__array_ufunc__", True) is None else np.matmul(a, b)

    def __neg__(self):
        return unary(OP_NEGATIVE, self)

    def __pos__(self):
        return unary(OP_POSITIVE, self)

    def __abs__(self):
        return unary(OP_ABSOLUTE, self)

    def __iadd__(self, other):
        return into(self, binary(OP_ADD, self, other))

    def __isub__(self, other):
        return into(self, binary(OP_SUBTRACT, self, other))

    def __imul__(self, other):
        return into(self, binary(OP_MULTIPLY, self, other))

    def __itruediv__(self, other):
        return into(self, fallible(OP_DIVIDE, self, other))

    def __ifloordiv__(self, other):
        return into(self, fallible(OP_FLOOR_DIVIDE, self, other))

    def __imod__(self, other):
        return into(self, fallible(OP_REMAINDER, self, other))

    def __ipow__(self, other, modulo):
        return into(self, fallible(OP_SCALAR_POWER, self, other))

    def __imatmul__(self, other):
        return into(self, np.matmul(self, other))

    # Decisions are taken on values; the derivative is that of the branch taken.

    def __richcmp__(self, other, int op):
        cdef double y
        if self.lanes != NULL:
            if isinstance(other, ForwardNumber) and (<ForwardNumber>other).lanes != NULL:
                return said(compare(self.value, (<ForwardNumber>other).value, op),
                            self.is_float and (<ForwardNumber>other).is_float)
            if as_double(other, &y):
                return said(compare(self.value, y, op), self.is_float and is_python(other))
        if other is None or isinstance(other, (str, bytes)):
            return NotImplemented
        return _arrays.compare(self, other, op)

    def __bool__(self):
        return self.value != 0.0 if self.lanes != NULL else bool(self.values)

    def __hash__(self):
        raise TraceEscapeError.of_key()

    def __floor__(self):
        return int(np.floor(only_value(self, "math.floor")))

    def __ceil__(self):
        return int(np.ceil(only_value(self, "math.ceil")))

    def __trunc__(self):
        return int(np.trunc(only_value(self, "math.trunc")))

    def __int__(self):
        return int(only_value(self, "int()"))      # what int() leaves out is constant: no derivative is lost

    def __round__(self, digits=None):
        cdef double value = only_value(self, "round")
        return round(value if self.is_float else np.float64(value), digits)

    def __getitem__(self, key):
        return _arrays.get(self, key)

    # Escapes: never silently.

    def __float__(self):
        raise escape(self, "float()", "leave out float(), write np.sin instead of math.sin, and print by f'{x:.3f}'")

    def __index__(self):
        raise escape(self, "use as an index", "take math.floor(x) if the index really is a decision")

    def __complex__(self):
        raise escape(self, "complex()", "keep real and imaginary parts as two real numbers")

    @property
    def primal(self):
        """The value without its derivative: a float, or a fresh float64 array."""
        return self.value if self.lanes != NULL else _arrays.copied_as_laid(self.values)

    @property
    def x(self):
        """The value; the same as `primal`."""
        return self.primal

    @property
    def x1(self):
        """First-order part: shape + (p,), or shape if made with a single lane."""
        return _parts.first_part(self)

    @property
    def engine(self):
        """What the NumPy handlers compute with (see dual_engine.pyx)."""
        return _engine.engine(self)

    @property
    def shape(self):
        return () if self.lanes != NULL else tuple([self.values.shape[axis] for axis in range(self.values.ndim)])

    @shape.setter
    def shape(self, shape):
        _engine.reshape_in_place(self, shape)

    @property
    def ndim(self):
        return 0 if self.lanes != NULL else self.values.ndim

    @property
    def size(self):
        return 1 if self.lanes != NULL else self.values.size

    dtype = np.dtype(np.float64)

    def copy(self, order="C"):
        """A copy that shares no memory. Scalars are immutable and are their own copy."""
        return self if self.lanes != NULL else _arrays.copy(self, order)

    def __copy__(self):
        return self.copy("K")

    def __deepcopy__(self, memo):
        return self.copy("K")

    def __reduce__(self):
        return _parts.reduce(self)

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        return _arrays.array_ufunc(self, ufunc, method, inputs, kwargs)

    def __array_function__(self, function, types, args, kwargs):
        from dualtape.trace.functions import dispatch
        return dispatch(function, types, args, kwargs, self)

    def __getattr__(self, name):
        return _arrays.attribute(self, name)

    def __repr__(self):
        return Text(_parts.text(self))

    def __str__(self):
        if not self.level:
            return _parts.text(self)
        return Text(np.float64(self.value) if self.lanes != NULL else self.values)

    def __format__(self, spec):
        return Text(format(np.float64(self.value) if self.lanes != NULL else self.values, spec))


@cython.no_gc
cdef class Dual(ForwardNumber):
    """Dual(x, x1)

    A number or array ``x + x1 e1`` with ``e1**2 = 0``: carries the value and the first derivative in p directions.

    Parameters
    ----------
    x : float or array_like
        The value.
    x1 : array_like, shape x.shape or x.shape + (p,)
        Its derivative along each of the p lanes. A zero says that the lane does not move x: whatever its partial
        derivative is, even infinite, nothing comes through.

    Raises
    ------
    ShapeError
        If `x1` has another shape.
    TraceEscapeError
        Later, if a derivative were to be lost by ``float(d)`` or ``np.asarray(d, dtype=float)``.

    Notes
    -----
    Behaves like np.float64 or like a float64 array. Each operation costs p multiplications and additions per operand.

    Examples
    --------
    >>> x = Dual(2.0, [1.0, 0.0])
    >>> y = Dual(3.0, [0.0, 1.0])
    >>> x * y + x
    Dual(8.0, [4., 2.])
    """

@cython.no_gc
cdef class HyperDual(ForwardNumber):
    """HyperDual(x, x1, x2, x12=0.0)

    A number or array ``x + x1 e1 + x2 e2 + x12 e1 e2`` with ``e1**2 = e2**2 = 0``: carries the value, first derivatives
    in p directions and q directions, and the second derivatives along each pair of them.

    Parameters
    ----------
    x : float or array_like
        The value.
    x1 : array_like, shape x.shape or x.shape + (p,)
        Its derivative along the p lanes of e1. A zero says that the lane does not move x.
    x2 : array_like, shape x.shape or x.shape + (q,)
        The same along the q lanes of e2.
    x12 : array_like, shape x.shape, + (p,) and + (q,) where `x1` and `x2` have those axes
        Mixed second derivatives; 0 for an independent variable.

    Raises
    ------
    ShapeError
        If a part has another shape.
    TraceEscapeError
        Later, if a derivative were to be lost by ``float(d)`` or ``np.asarray(d, dtype=float)``.

    Notes
    -----
    Behaves like np.float64 or like a float64 array. Each operation costs some p q multiplications and additions. Exact:
    no step, no cancellation. Fike & Alonso (2011), The development of hyper-dual numbers for exact second-derivative
    calculations, AIAA 2011-886.

    Examples
    --------
    >>> x = HyperDual(2.0, 1.0, 1.0, 0.0)
    >>> x * x * x
    HyperDual(8.0, 12.0, 12.0, 12.0)
    """

    @property
    def x2(self):
        """First-order part along e2: shape + (q,), or shape if made with a single lane."""
        return _parts.second_part(self)

    @property
    def x12(self):
        """Second-order part: shape + (p, q), without the axis of a single lane."""
        return _parts.mixed_part(self)


# The ndarray side of the two, in dual_arrays.pyx; each class only names it.

@cython.no_gc
cdef class DualArray(Dual):
    __doc__ = Dual.__doc__

    def __len__(self):
        return len(self.values)

    def __iter__(self):
        return _arrays.iterate(self)

    def __setitem__(self, key, value):
        _arrays.put(self, key, value)

    def __contains__(self, value):
        return bool(np.any(self == value))

    def __array__(self, dtype=None, copy=None):
        return _arrays.object_array(self, dtype)


@cython.no_gc
cdef class HyperDualArray(HyperDual):
    __doc__ = HyperDual.__doc__

    def __len__(self):
        return len(self.values)

    def __iter__(self):
        return _arrays.iterate(self)

    def __setitem__(self, key, value):
        _arrays.put(self, key, value)

    def __contains__(self, value):
        return bool(np.any(self == value))

    def __array__(self, dtype=None, copy=None):
        return _arrays.object_array(self, dtype)


# Dual(x, x1) gives a DualArray when x has axes, as np.float64 and ndarray are two types. So the constructor is in
# tp_new; a type's tp_vectorcall, where Cython fills it in, would go round it.

cdef object _refuse(cls, PyObject *args, PyObject *kwargs):
    raise TypeError("make a Dual or a HyperDual")


cdef object _construct_dual(cls, PyObject *args, PyObject *kwargs):
    return _parts.construct_dual(<tuple>args, <dict>kwargs if kwargs != NULL else {})


cdef object _construct_hyperdual(cls, PyObject *args, PyObject *kwargs):
    return _parts.construct_hyperdual(<tuple>args, <dict>kwargs if kwargs != NULL else {})


cdef void construct_by(type cls, newfunc construct) noexcept:
    (<dt_type *>cls).tp_new = construct
    (<dt_type *>cls).tp_vectorcall = NULL
    (<dt_type *>cls).tp_dealloc = <destructor>deallocate


cdef destructor _deallocate_object = (<dt_type *>ForwardNumber).tp_dealloc    # Cython's own: fields, then memory


construct_by(ForwardNumber, <newfunc>_refuse)
construct_by(Dual, <newfunc>_construct_dual)
construct_by(DualArray, <newfunc>_construct_dual)
construct_by(HyperDual, <newfunc>_construct_hyperdual)
construct_by(HyperDualArray, <newfunc>_construct_hyperdual)
# A scalar has x[()] and x[None], but is no sequence: NumPy would say so instead of passing on a TraceEscapeError.
(<dt_type *>ForwardNumber).tp_as_sequence.sq_item = NULL

# These cimport the classes above.
from dualtape.core import dual_arrays as _arrays, dual_engine as _engine, dual_parts as _parts, python_errors as _errors
