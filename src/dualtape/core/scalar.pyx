"""Traced scalars. Every operator records one instruction and computes its value at once: this is the hottest path of
the package.

The arithmetic is np.float64's, bit for bit (so 1/0 is inf, and ** is C's pow); that of Python's floats has Python's
errors (python_errors.pyx). Whatever is not an operator on scalars
goes on to the arrays (array.pyx) or to the NumPy handlers (trace/)."""
cimport cython
from cpython.float cimport PyFloat_AS_DOUBLE, PyFloat_Check
from cpython.long cimport PyLong_Check
from cpython.object cimport Py_EQ, Py_GE, Py_GT, Py_LE, Py_LT, Py_NE, PyObject_RichCompare
from libc.math cimport isfinite
from libc.stdint cimport uint16_t, uint32_t, uint8_t
import numpy as np

from dualtape.core.c cimport (
    DT_ACTIVE_A, DT_ACTIVE_B, OP_ABSOLUTE, OP_ADD, OP_CEIL, OP_DIVIDE, OP_FLOOR, OP_FLOOR_DIVIDE, OP_MULTIPLY,
    OP_NEGATIVE, OP_POWER, OP_REMAINDER, OP_RINT, OP_SCALAR_POWER, OP_SUBTRACT, OP_TRUNC, dt_scalar_primal,
    dt_type)
from dualtape.core.kernels cimport opcode_of_ufunc
from dualtape.core.kinds cimport compare, is_python, said
from dualtape.core.level cimport listeners
from dualtape.core.tape cimport Tape
from dualtape.core import python_errors as _python_errors
from dualtape.core.text import Text
from dualtape.errors import LeakedTracerError, PerturbationError, TraceEscapeError

# by Py_LT ... Py_GE
cdef tuple UFUNCS = (np.less, np.less_equal, np.equal, np.not_equal, np.greater, np.greater_equal)
cdef tuple REFLECTED = (Py_GT, Py_GE, Py_EQ, Py_NE, Py_LT, Py_LE)

cdef int *_listeners = listeners()
cdef dict _method_registry = None      # handlers.methods.METHODS, imported when first asked
cdef object _engine = None             # engine.TapeEngine
cdef object _small_matmul = None       # products.small_matmul
cdef object _complex_operator = None   # handlers.complex_numbers.complex_operator
cdef object _round = None              # handlers.math_functions.rounded
cdef object _dispatch_ufunc = None     # handlers.ufuncs.dispatch
cdef object _dispatch_function = None  # trace.functions.dispatch


cdef object tape_engine():
    """The class TapeEngine, imported when first needed (its module cimports this one)."""
    global _engine
    if _engine is None:
        from dualtape.core.engine import TapeEngine as _engine
    return _engine


cdef inline TracedScalar traced_scalar(Tape tape, uint32_t slot):
    cdef TracedScalar number = TracedScalar.__new__(TracedScalar)
    number.tape = tape
    number.slot = slot
    return number


cdef int refuse_inner(Tape tape, object number) except -1:
    """A number of an inner derivative cannot be stored at this level."""
    if hasattr(number, "engine") and number.level > tape.level:
        raise PerturbationError(
            "a number of an inner derivative was to be written into an array that belongs to the derivative around it",
            "make the array from the inner number: np.zeros_like(x*z), or np.array([...]) of the elements")
    return 0


def peek(number):
    """The value of an active number, for machinery of ours that decides nothing on it: no guard is recorded."""
    return number.peek() if hasattr(number, "is_guarded") else number.primal


cdef int inherit_guards(Tape tape, object number) except -1:
    """What is decided on `tape` from here on may depend on an outer number: it is guarded if that one is."""
    if tape.guards is None and getattr(number, "is_guarded", False):
        tape.guards = []
    return 0


cdef uint32_t captured(Tape tape, object number, int *active) except? 0:
    """Constant on `tape` for a number of an outer level; remembered, so that the outer level can differentiate through
    it."""
    cdef uint32_t slot
    active[0] = 0
    if type(number) is TracedScalar and (<TracedScalar>number).tape.sealed:
        tape.raise_sealed()
    refuse_inner(tape, number)
    slot = tape.constant(peek(number))
    tape.captures.append((slot, number))
    inherit_guards(tape, number)
    return slot


cdef uint32_t slot_of(Tape tape, object number, int *active) except? 0:
    cdef int level
    if type(number) is TracedScalar and (<TracedScalar>number).tape is tape:
        active[0] = 1
        return (<TracedScalar>number).slot
    active[0] = 0
    if PyFloat_Check(number):
        return tape.constant(PyFloat_AS_DOUBLE(number))
    if PyLong_Check(number):
        return tape.constant(<double>number)
    if issubclass(type(number), (np.integer, np.floating, np.bool_)):
        return tape.constant(float(number))
    if getattr(number, "engine", None) is not None and number.shape == ():
        if number.level == tape.level:      # an array of shape () on this tape
            return slot_of(tape, number[()], active)
        if number.level > tape.level:       # an inner number leads: here its derivative would be lost
            active[0] = -1
            return 0
        return captured(tape, number, active)
    active[0] = -1
    return 0


cdef inline bint outranks(Tape tape, object other):
    """Does the other number belong to an inner level, so that it has to lead?"""
    if type(other) is TracedScalar:
        return (<TracedScalar>other).tape.level > tape.level and not (<TracedScalar>other).tape.sealed
    return getattr(other, "engine", None) is not None and other.level > tape.level


cdef object binary(TracedScalar self, object other, uint16_t op, bint reflected):
    """self op other (or other op self). The common cases are inlined; other numbers take the long way of `slot_of`."""
    cdef Tape tape = self.tape
    cdef TracedScalar number
    cdef uint32_t slot
    cdef int active
    cdef bint is_float = self.is_float
    if _listeners[0] and not (is_float and is_of_python(other)):
        hear(op, other if reflected else self, self if reflected else other)
    if type(other) is TracedScalar and (<TracedScalar>other).tape is tape:
        slot, active = (<TracedScalar>other).slot, 1
        is_float = is_float and (<TracedScalar>other).is_float
    elif type(other) is float:
        slot, active = tape.constant(PyFloat_AS_DOUBLE(other)), 0
    else:
        is_float = is_float and is_of_python(other)
        if outranks(tape, other):
            return NotImplemented
        slot = slot_of(tape, other, &active)
        if active < 0:
            return with_others(self, other, op, reflected)
    if reflected:
        number = traced_scalar(tape, tape.scalar(op, <uint8_t>(DT_ACTIVE_B | active), slot, self.slot))
    else:
        number = traced_scalar(tape, tape.scalar(op, <uint8_t>(DT_ACTIVE_A | active << 1), self.slot, slot))
    number.is_float = is_float
    return number


cdef bint is_of_python(object number) except -1:
    """Is a number of any sort a float or an int of Python's?"""
    if type(number) is TracedScalar:
        return (<TracedScalar>number).is_float
    return is_python(number) or getattr(number, "is_float", False)


cdef bint is_tie(Tape tape, int op, object x, object y) noexcept:
    """Does one of two traced numbers have to be chosen, and neither is larger? In a program that is being recorded:
    could it be so? Then it is looked up whether one is a constant (activity.pyx)."""
    cdef uint32_t a, b
    if not tape.c.library.ops[op].selects or type(x) is not TracedScalar or type(y) is not TracedScalar:
        return False
    if (<TracedScalar>x).tape is not tape or (<TracedScalar>y).tape is not tape:
        return False
    a, b = (<TracedScalar>x).slot, (<TracedScalar>y).slot
    return tape.guards is not None or tape.lazy or tape.c.value[a] == tape.c.value[b]


cdef object with_others(TracedScalar self, object other, uint16_t op, bint reflected):
    """The same with a plain complex number, or with an array of an outer level, which leaves the operation to this one.
    """
    if not hasattr(other, "engine"):
        return with_complex(op, self, other, reflected)
    x, y = (other, self) if reflected else (self, other)
    return tape_engine()(self.tape).elementwise(OP_POWER if op == OP_SCALAR_POWER else op, x, y)


def with_complex(op, number, other, reflected):
    """The operator `op` of a number of ours and a plain complex one, or a list or object array of which NumPy makes an
    array: handlers/complex_numbers.py. NotImplemented if `other` is none."""
    global _complex_operator
    kind = getattr(getattr(other, "dtype", None), "kind", None)
    if kind not in ("c", "O") and not isinstance(other, (complex, list, tuple)):
        return NotImplemented
    if hasattr(type(other), "complex_parts"):       # it knows itself what to do
        return NotImplemented
    if _complex_operator is None:
        from dualtape.handlers.complex_numbers import complex_operator as _complex_operator
    return _complex_operator(op, other, number) if reflected else _complex_operator(op, number, other)


cdef inline object fallible(TracedScalar self, object other, uint16_t op, bint reflected):
    """The same for an operation that Python's floats may refuse; then the result is not finite."""
    cdef object result = binary(self, other, op, reflected)
    cdef TracedScalar number
    if type(result) is TracedScalar and (<TracedScalar>result).is_float:
        number = result
        if number.tape.guards is not None or not isfinite(value(number)):
            return _python_errors.as_python(op, other, self, result) if reflected else (
                _python_errors.as_python(op, self, other, result))
    return result


cdef int hear(uint16_t op, object a, object b) except -1:
    """Let NumPy say what it has to say of a floating-point error, if somebody wants to hear it."""
    if _listeners[0]:
        from dualtape.handlers.floating_point import compute
        compute(op, a, b)
    return 0


cdef inline object unary(TracedScalar self, uint16_t op, bint is_float):
    if _listeners[0] and not is_float:
        hear(op, self, None)
    cdef TracedScalar number = traced_scalar(self.tape, self.tape.scalar(op, DT_ACTIVE_A, self.slot, 0))
    number.is_float = is_float
    return number


cdef double value(TracedScalar self) except? -1.5:
    if self.tape.lazy:
        self.tape.flush()
    return self.tape.c.value[self.slot]


cdef object guarded_comparison(TracedScalar self, object other, int op):
    """self <op> other, when one of them is recorded for a replay: the guard is the comparison itself, so that it holds
    wherever it comes out the same."""
    cdef Tape tape = self.tape
    cdef uint32_t slot = 0
    cdef int active = -1
    cdef bint outcome
    if other is None or isinstance(other, (str, bytes)):
        return op == Py_NE if op in (Py_EQ, Py_NE) else NotImplemented
    if getattr(other, "shape", ()) != () or isinstance(other, (list, tuple)) or hasattr(other, "as_numbers"):
        return UFUNCS[op](self, other)
    if outranks(tape, other):       # an inner number leads
        return NotImplemented if type(other) is not TracedScalar else guarded_comparison(other, self, REFLECTED[op])
    if not PyLong_Check(other) or <double>other == other:
        slot = slot_of(tape, other, &active)
    if active < 0:                  # a number that is no float64, compared exactly
        return said(PyObject_RichCompare(self.primal, other, op), self.is_float and is_of_python(other))
    outcome = compare(value(self), tape.c.value[slot], op)
    if tape.guards is not None:
        tape.guard_comparison(op, self.slot, slot, outcome)
    return said(outcome, self.is_float and is_of_python(other))


cdef object whole(TracedScalar self, uint16_t op):
    """The int that self is rounded to; the guard is that it stays the same."""
    cdef Tape tape = self.tape
    cdef double x
    cdef uint32_t slot
    if tape.guards is None:
        return int(dt_scalar_primal(tape.c.library, op, value(self), 0.0))
    value(self)
    slot = tape.scalar(op, DT_ACTIVE_A, self.slot, 0)
    x = tape.c.value[slot]
    if isfinite(x):
        tape.guard_comparison(Py_EQ, slot, tape.constant(x), True)
    else:
        tape.guard_elements(slot, 1, "value")
    return int(x)


def escape(what, remedy):
    return TraceEscapeError(f"{what} would turn a traced value into a plain number and lose its derivative", remedy)


@cython.final
@cython.no_gc
@cython.freelist(512)
cdef class TracedScalar:
    """A number of shape () whose operations are being recorded. Behaves like np.float64, or, in its comparisons, like
    float (kinds.pxd); made by the drivers only.

    It has no ``x[()]``: NumPy would take it for a sequence and hide the error that tells how a derivative was about to
    be lost."""

    __array_priority__ = 1000.0

    # ---- arithmetic ----

    def __add__(self, other):
        return binary(self, other, OP_ADD, False)

    def __radd__(self, other):
        return binary(self, other, OP_ADD, True)

    def __sub__(self, other):
        return binary(self, other, OP_SUBTRACT, False)

    def __rsub__(self, other):
        return binary(self, other, OP_SUBTRACT, True)

    def __mul__(self, other):
        return binary(self, other, OP_MULTIPLY, False)

    def __rmul__(self, other):
        return binary(self, other, OP_MULTIPLY, True)

    def __truediv__(self, other):
        return fallible(self, other, OP_DIVIDE, False)

    def __rtruediv__(self, other):
        return fallible(self, other, OP_DIVIDE, True)

    def __floordiv__(self, other):
        return fallible(self, other, OP_FLOOR_DIVIDE, False)

    def __rfloordiv__(self, other):
        return fallible(self, other, OP_FLOOR_DIVIDE, True)

    def __mod__(self, other):
        return fallible(self, other, OP_REMAINDER, False)

    def __rmod__(self, other):
        return fallible(self, other, OP_REMAINDER, True)

    def __divmod__(self, other):
        return self // other, self % other

    def __rdivmod__(self, other):
        return other // self, other % self

    def __pow__(self, other, modulo):
        return fallible(self, other, OP_SCALAR_POWER, False) if modulo is None else NotImplemented

    def __rpow__(self, other, modulo):
        return fallible(self, other, OP_SCALAR_POWER, True) if modulo is None else NotImplemented

    def __neg__(self):
        return unary(self, OP_NEGATIVE, self.is_float)

    def __pos__(self):
        return self

    def __abs__(self):
        return unary(self, OP_ABSOLUTE, self.is_float)

    def __matmul__(self, other):
        return np.matmul(self, other)

    def __rmatmul__(self, other):
        return np.matmul(other, self)

    # ---- decisions: the derivative is that of the branch taken ----

    def __richcmp__(self, other, int op):
        cdef double x, y
        if self.tape.guards is not None:
            return guarded_comparison(self, other, op)
        if type(other) is TracedScalar:
            if (<TracedScalar>other).tape.guards is not None:
                return guarded_comparison(self, other, op)
            y = value(<TracedScalar>other)
        elif PyFloat_Check(other):
            y = PyFloat_AS_DOUBLE(other)
        elif PyLong_Check(other):
            return said(PyObject_RichCompare(value(self), other, op), self.is_float)
        elif getattr(other, "is_guarded", False):
            return guarded_comparison(self, other, op)
        elif getattr(other, "engine", None) is not None and other.shape == ():
            y = other.primal
        elif other is None or isinstance(other, (str, bytes)):
            return op == Py_NE if op in (Py_EQ, Py_NE) else NotImplemented
        elif getattr(other, "engine", None) is not None:
            return PyObject_RichCompare(np.float64(value(self)), other.primal, op)
        else:
            return PyObject_RichCompare(np.float64(value(self)), other, op)
        return said(compare(value(self), y, op), self.is_float and is_of_python(other))

    def __bool__(self):
        cdef bint outcome = value(self) != 0.0
        if self.tape.guards is not None:
            self.tape.guard_comparison(Py_NE, self.slot, 0, outcome)
        return outcome

    def __floor__(self):
        return whole(self, OP_FLOOR)

    def __ceil__(self):
        return whole(self, OP_CEIL)

    def __trunc__(self):
        return whole(self, OP_TRUNC)

    def __int__(self):
        return whole(self, OP_TRUNC)         # what int() leaves out is constant: no derivative is lost

    def __round__(self, digits=None):
        if digits is None:
            return whole(self, OP_RINT)
        if self.tape.guards is None:
            return round(value(self) if self.is_float else np.float64(value(self)), digits)
        return rounded_float(self, digits) if self.is_float else np.round(self, digits)      # computed anew in a replay

    def __hash__(self):
        raise TraceEscapeError.of_key()

    # ---- escapes: never silently ----

    def __float__(self):
        raise escape("float()", "leave out float(), write np.sin instead of math.sin, and build arrays with "
                                "np.array([...]) or np.zeros_like(x) instead of filling np.zeros(n); numbers in an "
                                "array of objects become one of floats by np.array(objects, dtype=float), and text is "
                                "made by f'{x:.3f}', not by '%.3f' % x")

    def __index__(self):
        raise escape("use as an index", "take math.floor(x) if the index really is a decision")

    def __complex__(self):
        raise escape("complex()", "keep real and imaginary parts as two real numbers")

    def __reduce__(self):
        raise escape("pickling", "return the value from the function and pickle the result")

    # ---- an np.float64 to look at ----

    @property
    def __class__(self):
        """What isinstance sees: users ask for a float, or for a numbers.Real."""
        return float if self.is_float else np.float64

    def of_kind(self, bint is_float):
        """The same number as a float of Python's, or as an np.float64."""
        cdef TracedScalar number = self
        if self.is_float != is_float:
            number = traced_scalar(self.tape, self.slot)
            number.is_float = is_float
        return number

    @property
    def primal(self):
        """The number itself, without its derivative. Whoever looks at it decides on it: it is guarded."""
        if self.tape.guards is not None and not self.tape.sealed:
            value(self)
            self.tape.guard_elements(self.slot, 1, "value")
        return value(self)

    def peek(self):
        """`primal` without a guard: see the function `peek`."""
        return value(self)

    @property
    def is_guarded(self):
        """Is this recorded for a replay, so that every decision on it has to be?"""
        return self.tape.guards is not None

    @property
    def engine(self):
        return tape_engine()(self.tape)

    @property
    def level(self):
        return self.tape.level

    shape = ()
    ndim = 0
    size = 1
    dtype = np.dtype(np.float64)
    itemsize = nbytes = 8

    @property
    def T(self):
        return self

    @property
    def real(self):
        return self

    @property
    def imag(self):
        return 0.0

    def conjugate(self):
        return self

    def __copy__(self):
        return self

    def __deepcopy__(self, memo):
        return self

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        cdef int opcode
        if method == "__call__" and not kwargs:
            opcode = opcode_of_ufunc(ufunc)
            if opcode >= 0:
                if len(<tuple>inputs) == 1:
                    return unary(self, opcode, False)
                if is_tie(self.tape, opcode, inputs[0], inputs[1]):
                    return tape_engine()(self.tape).elementwise(opcode, inputs[0], inputs[1])
                if inputs[0] is self:
                    result = binary(self, inputs[1], opcode, False)
                else:
                    result = binary(self, inputs[0], opcode, True)
                if type(result) is TracedScalar:
                    (<TracedScalar>result).is_float = False
                if result is not NotImplemented:
                    return result
        return dispatch_ufunc(ufunc, method, inputs, kwargs)

    def __array_function__(self, function, types, args, kwargs):
        return dispatch_function(function, types, args, kwargs, self)

    def __getattr__(self, name):
        return bound_method(self, name)

    def __getitem__(self, key):
        """As of np.float64: ``x[()]`` is x, ``x[...]`` and ``x[None]`` are arrays."""
        cdef tuple keys = key if type(key) is tuple else (key,)
        return np.reshape(self, (1,))[keys + (0,)] if keys else self

    # Text is for people: what is printed may be stale in a replay, which prints nothing. So it needs no guard.

    def __repr__(self):
        return Text(f"TracedScalar({self.primal!r})")

    def __str__(self):
        return Text(np.float64(self.primal))      # text can be decided on, too: guarded

    def __format__(self, spec):
        return Text(format(np.float64(self.primal), spec))


(<dt_type *>TracedScalar).tp_as_sequence.sq_item = NULL      # x[()] and x[None], but no sequence: iter(x) is an error


def dispatch_ufunc(ufunc, method, inputs, kwargs):
    """What is no plain call of a row's ufunc: handlers/ufuncs.py, but for small products."""
    global _dispatch_ufunc, _small_matmul
    if ufunc is np.matmul and method == "__call__" and not kwargs:
        if _small_matmul is None:
            from dualtape.core.products import small_matmul as _small_matmul
        product = _small_matmul(*inputs)
        if product is not None:
            return product
    if _dispatch_ufunc is None:
        from dualtape.handlers.ufuncs import dispatch as _dispatch_ufunc
    return _dispatch_ufunc(ufunc, method, inputs, kwargs)


def dispatch_function(function, types, args, kwargs, asked):
    """NumPy's other functions: trace/functions.py. `asked` is the operand that NumPy asked."""
    global _dispatch_function
    if _dispatch_function is None:
        from dualtape.trace.functions import dispatch as _dispatch_function
    return _dispatch_function(function, types, args, kwargs, asked)


def rounded_float(number, digits):
    """``round`` as of a float of Python's, which rounds to the nearest decimal number: handlers/math_functions.py."""
    global _round
    if _round is None:
        from dualtape.handlers.math_functions import rounded as _round
    return _round(number, digits)


def bound_method(number, name):
    """An ndarray method or attribute that the trace layer provides (handlers/methods.py), bound to `number`."""
    global _method_registry
    if _method_registry is None:
        from dualtape.handlers.methods import METHODS as _method_registry
    return _bind(_method_registry, number, name)


def _bind(registry, number, name):
    try:
        method = registry[name]
    except KeyError:
        raise AttributeError(f"{type(number).__name__!r} object has no attribute {name!r}") from None
    return method.__get__(number)
