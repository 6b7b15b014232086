"""Arrays of dual and hyper-dual numbers: elementwise operations block by block, comparisons, indexing and writing with
NumPy's aliasing.

An array is two ndarrays, values (shape) and records (shape + (size,)), always views of the same elements: the strides
of the records are those of the values times `size`, and a 1 at the end. Results have the memory order that NumPy would
give them, because NumPy's sums depend on it to the last bit. Called by dual.pyx and dual_engine.pyx.
"""

cimport numpy as cnp
from cpython.mem cimport PyMem_RawFree, PyMem_RawMalloc
from cpython.object cimport Py_EQ, Py_GE, Py_GT, Py_LE, Py_LT, Py_NE
from libc.stdint cimport int64_t, uint64_t
from libc.string cimport memcpy
from dualtape.core.c cimport (
    DT_BLOCK, DT_DX, DT_DXX, DT_DXY, DT_DY, DT_DYY, DT_GENERAL, DT_IS_X, DT_IS_Y, DT_MINUS_ONE, DT_N_PARTIALS, DT_ONE,
    DT_NO_RULE, OP_POWER, OP_SCALAR_POWER, dt_coefficient, dt_kernel, dt_op, dt_row_size)
from dualtape.core.dual cimport (
    ForwardNumber, as_double, fit, new_array, new_scalar, require_running, scalar_operation)
from dualtape.core.dual_lanes cimport lane_space
from dualtape.core.holder cimport Holder, plain_key
from dualtape.core.kernels cimport bind_row, library, listen, opcode_of_ufunc, raise_heard
from dualtape.core.level cimport listeners

import functools

import numpy as np

from dualtape.core.layout import copied_as_laid
from dualtape.errors import ComplexOperandError, DtypeError, PerturbationError, TraceEscapeError, UnsupportedOperation
from dualtape.ops import table

cnp.import_array()

cdef dict _COMPARISONS = {Py_LT: np.less, Py_LE: np.less_equal, Py_GT: np.greater, Py_GE: np.greater_equal,
                          Py_EQ: np.equal, Py_NE: np.not_equal}


# Operands

cdef class Operand:
    """One operand of an elementwise operation, as the kernels read it."""
    cdef const double *value      # element i at value[i*step]
    cdef size_t step
    cdef const double *lanes      # record i at lanes[i*lane_step]; NULL: passive
    cdef size_t lane_step
    cdef double scalar            # the value of a passive scalar
    cdef object number            # what was given: a ForwardNumber, a float or an ndarray
    cdef tuple shape
    cdef object alive             # owner of the memory


cdef object number_of(ForwardNumber leader, object operand):
    """Any operand as a ForwardNumber that fits the leader, a float, or a float64 ndarray."""
    cdef double value
    if isinstance(operand, Holder):
        operand = (<Holder>operand).held()
    if isinstance(operand, ForwardNumber):
        fit(leader, <ForwardNumber>operand)
        if (<ForwardNumber>operand).lanes == NULL and (<ForwardNumber>operand).values.ndim == 0:
            return operand[()]      # an array of shape () computes as a scalar
        return operand
    if as_double(operand, &value):
        return value
    if getattr(operand, "engine", None) is not None:
        raise PerturbationError(
            f"a number of level {operand.level} entered a forward evaluation of level {leader.level}",
            'take this derivative with mode="reverse", which nests to any depth')
    if cnp.PyArray_Check(operand) and type(operand) is not np.ndarray and type(operand) is not np.memmap:
        raise DtypeError.of_subclass(operand, "an operand")
    array = np.asarray(operand)
    if array.dtype.kind in "fiub":
        return array.astype(np.float64, copy=False)
    if array.dtype.kind == "O" and (array.ndim or array is operand):
        return pack(leader.space, leader.level, array)
    if array.dtype.kind == "c" or hasattr(type(operand), "complex_parts"):
        raise ComplexOperandError(f"a {type(operand).__name__} met a forward-mode number, expected a real number",
                                  "use its real and its imaginary part")
    raise DtypeError(f"a {type(operand).__name__} met a forward-mode number where a real number or array was expected",
                     "keep real and imaginary parts apart, and leave strings and objects out of the arithmetic")


cdef Operand operand_of(object number):
    cdef Operand x = Operand.__new__(Operand)
    cdef ForwardNumber dual
    if isinstance(number, ForwardNumber):
        dual = <ForwardNumber>number
        if dual.lanes == NULL and dual.values.ndim == 0:
            dual = get(dual, ())
        x.shape = dual.shape
        if dual.lanes != NULL:
            x.value, x.lanes = &dual.value, dual.lanes
        number = dual
    elif isinstance(number, float):
        x.shape, x.scalar, x.value = (), number, &x.scalar
    else:
        x.shape = number.shape
    x.number = number
    return x


cdef int lay_out(Operand x, tuple shape, list order) except -1:
    """Give an operand with axes contiguous memory of the result's shape, axes in this order; or steps of 0 if it has
    one element."""
    cdef ForwardNumber dual = <ForwardNumber>x.number if isinstance(x.number, ForwardNumber) else None
    cdef cnp.ndarray values, records = None
    if x.value != NULL:
        return 0
    values = dual.values if dual is not None else x.number
    records = dual.records if dual is not None else None
    if values.size != 1:
        values = arranged(values, shape, order)
        x.step = 1
        if dual is not None:
            records = arranged(records, shape + (dual.space.lanes.size,),
                               None if order is None else order + [len(shape)])
            x.lane_step = dual.space.lanes.size
    x.alive = (values, records)
    x.value = <const double *>cnp.PyArray_DATA(values)
    if dual is not None:
        x.lanes = <const double *>cnp.PyArray_DATA(records)
    return 0


cdef object arranged(object values, tuple shape, list order):
    """The array, broadcast to a shape and with its axes in an order, contiguous."""
    if values.shape != shape:
        values = np.broadcast_to(values, shape)
    return np.ascontiguousarray(values if order is None else values.transpose(order))


# Elementwise operations

def compute(op, a, b):
    """Let NumPy say what it has to say of a floating-point error."""
    from dualtape.handlers.floating_point import compute
    compute(op, a, b)


cdef int require_rule(unsigned op, bint x_active, bint y_active) except -1:
    """Refuse a row that has no derivative with respect to an active operand."""
    cdef const dt_op *row = &library().ops[op]
    if (x_active and (row.dx == DT_NO_RULE or row.dxx == DT_NO_RULE)) or (
            y_active and (row.dy == DT_NO_RULE or row.dyy == DT_NO_RULE)) or (
            x_active and y_active and row.dxy == DT_NO_RULE):
        raise UnsupportedOperation(f"{row.name.decode()} has no derivative rule for an operand that is active here",
                                   "keep that operand a plain number, for example its order")
    return 0


def elementwise(ForwardNumber leader, unsigned op, a, b):
    """Row number `op` applied to `a` (and `b`, None for unary rows), broadcast like NumPy, with its derivatives."""
    cdef Operand x = operand_of(number_of(leader, a)), y = None
    cdef object values = None, constant = None, result
    cdef tuple shape = x.shape
    cdef bint may_fail = table.ROWS[op].home == "scipy.special"
    require_running(leader)
    if listeners()[0]:
        compute(op, a, b)
    bind_row(op)
    if library().ops[op].arity == 2:
        y = operand_of(number_of(leader, b))
        shape = broadcast(x.shape, y.shape)
        if op in _SELECTING and isinstance(x.number, ForwardNumber) and isinstance(y.number, ForwardNumber):
            constant = followed(<ForwardNumber>x.number, <ForwardNumber>y.number)
    require_rule(op, isinstance(x.number, ForwardNumber), y is not None and isinstance(y.number, ForwardNumber))
    if op == OP_SCALAR_POWER and len(shape):
        # NumPy's operator chooses the function by the exponent (x**2 is square(x)): its value, and power's derivative
        op, values = OP_POWER, np.asarray(primal(a) ** primal(b), dtype=np.float64)
    if may_fail:    # SciPy warns from inside, and a warning can be made an error
        listen()
    if constant is not None and not len(shape) and constant:
        if moves(<ForwardNumber>x.number):
            y = operand_of(primal(y.number))
        else:
            x = operand_of(primal(x.number))
    if len(shape):
        result = array_operation(leader, op, x, y, shape, values)
        if constant is not None:
            (<ForwardNumber>result).records[constant] = -0.0
    else:
        result = scalar_operation(op, x.number if isinstance(x.number, ForwardNumber) else None,
                                  y.number if y is not None and isinstance(y.number, ForwardNumber) else None,
                                  x.value[0], y.value[0] if y is not None else 0.0)
    if may_fail:
        raise_heard()
    return result


cdef frozenset _SELECTING = frozenset([opcode for opcode, row in enumerate(table.ROWS) if row.selects])


cdef object followed(ForwardNumber x, ForwardNumber y):
    """Where a choice between two numbers follows a constant that only looks active: they are equal, and one of them
    does not move (an element of what np.zeros_like made, or of what has only steps). None: nowhere."""
    tied = np.equal(x.primal, y.primal)
    return tied & (moves(x) ^ moves(y)) if tied.any() else None


cdef object moves(ForwardNumber x):
    """Which elements move along any lane."""
    cdef object records = record_array(x)
    return ((records != 0.0) | ~np.signbit(records)).any(axis=-1)


cdef ForwardNumber array_operation(ForwardNumber leader, unsigned op, Operand x, Operand y, tuple shape, object values):
    cdef bint known = values is not None
    cdef list order = None if in_c_order(x, shape) and (y is None or in_c_order(y, shape)) else memory_order(x, y)
    cdef tuple laid = shape if order is None else tuple([shape[axis] for axis in order])
    cdef cnp.ndarray v = arranged(values, shape, order) if known else np.empty(laid)
    cdef cnp.ndarray records = np.empty(laid + (leader.space.lanes.size,))
    cdef size_t n = v.size
    cdef double *value = <double *>cnp.PyArray_DATA(v)
    cdef double *lanes = <double *>cnp.PyArray_DATA(records)
    cdef int failed
    lay_out(x, shape, order)
    if y is not None:
        lay_out(y, shape, order)
    with nogil:
        failed = run_blocks(
            leader.space, op, n, known, x.value, x.step, x.lanes, x.lane_step,
            y.value if y is not None else NULL, y.step if y is not None else 0,
            y.lanes if y is not None else NULL, y.lane_step if y is not None else 0, value, lanes)
    if failed:
        raise MemoryError()
    if order is None:
        return new_array(leader.space, leader.level, v, records)
    back = np.argsort(order)
    return new_array(leader.space, leader.level, v.transpose(back), records.transpose([*back, len(order)]))


cdef bint in_c_order(Operand x, tuple shape) except -1:
    """Whether this operand leaves the result in C order: a scalar, or laid out so itself."""
    if x.value != NULL:
        return True
    values = (<ForwardNumber>x.number).values if isinstance(x.number, ForwardNumber) else x.number
    return cnp.PyArray_IS_C_CONTIGUOUS(values) and (values.shape == shape or values.ndim == 1)


cdef list memory_order(Operand x, Operand y):
    """Axes of the result from the slowest to the fastest in memory, as NumPy chooses them."""
    operands = [primal(x.number)] if y is None else [primal(x.number), primal(y.number)]
    result = np.nditer([*operands, None], ["zerosize_ok"], order="K").operands[len(operands)]
    order = sorted(range(result.ndim), key=lambda axis: -result.strides[axis])
    return None if order == list(range(result.ndim)) else order


cdef tuple broadcast(tuple a, tuple b):
    if a == b or not len(b):
        return a
    if not len(a):
        return b
    if not all([m == n or m == 1 or n == 1 for m, n in zip(a[::-1], b[::-1])]):
        np.add(np.empty(a), np.empty(b))    # raises NumPy's own error
    return np.broadcast_shapes(a, b)


cdef dt_coefficient coefficient(unsigned kind, const double *x, size_t x_step, const double *y, size_t y_step, size_t n,
                                double *room) noexcept nogil:
    """One partial of a block. An operand's own value that is used as a partial loses its sign of zero: -0.0 would mean
    "nothing"."""
    cdef dt_coefficient c
    cdef const double *source = x if kind == DT_IS_X else y
    cdef size_t step = x_step if kind == DT_IS_X else y_step
    cdef size_t i
    c.at, c.step = NULL, 0
    if kind == DT_ONE:
        c.at = &ONE
    elif kind == DT_MINUS_ONE:
        c.at = &MINUS_ONE
    elif kind == DT_GENERAL:
        c.at, c.step = room, 1
    elif kind == DT_IS_X or kind == DT_IS_Y:
        for i in range(n if step else 1):
            room[i] = source[i] + 0.0
        c.at, c.step = room, step
    return c


cdef double ONE = 1.0
cdef double MINUS_ONE = -1.0


cdef int run_blocks(lane_space *space, unsigned op, size_t n, bint known,
                    const double *x, size_t sx, const double *x_lanes, size_t x_lane_step,
                    const double *y, size_t sy, const double *y_lanes, size_t y_lane_step,
                    double *v, double *v_lanes) noexcept nogil:
    """Values (unless known) and records of n elements. Returns 1 if there is no memory for the partials of a block."""
    cdef const dt_kernel *kernel = &library().kernels[op]
    cdef const dt_op *row = &library().ops[op]
    cdef unsigned active = (1 if x_lanes != NULL else 0) | (2 if y_lanes != NULL else 0)
    cdef size_t start = 0, count, length = n if n < DT_BLOCK else DT_BLOCK, i
    cdef double *room = <double *>PyMem_RawMalloc((DT_N_PARTIALS * length + 1) * sizeof(double))
    cdef double *d[DT_N_PARTIALS]
    cdef dt_coefficient c[DT_N_PARTIALS]
    if room == NULL:
        return 1
    for i in range(DT_N_PARTIALS):
        d[i] = room + i * length
        c[i].at, c[i].step = NULL, 0
    while start < n:
        count = n - start if n - start < length else length
        if not known:
            kernel.primal(count, x, sx, y, sy, v)
        kernel.first(count, x, sx, y, sy, v, active, d[DT_DX], d[DT_DY])
        c[DT_DX] = coefficient(row.dx, x, sx, y, sy, count, d[DT_DX])
        c[DT_DY] = coefficient(row.dy, x, sx, y, sy, count, d[DT_DY])
        if space.lanes.order == 2:
            kernel.second(count, x, sx, y, sy, v, d[DT_DX], d[DT_DY], active, d[DT_DXX], d[DT_DXY], d[DT_DYY])
            c[DT_DXX] = coefficient(row.dxx, x, sx, y, sy, count, d[DT_DXX])
            c[DT_DXY] = coefficient(row.dxy, x, sx, y, sy, count, d[DT_DXY])
            c[DT_DYY] = coefficient(row.dyy, x, sx, y, sy, count, d[DT_DYY])
        library().hyperdual.block(&space.lanes, count, c, x_lanes, x_lane_step, y_lanes, y_lane_step, v_lanes)
        start += count
        x += count * sx
        v += count
        v_lanes += count * space.lanes.size
        if x_lanes != NULL:
            x_lanes += count * x_lane_step
        if y != NULL:
            y += count * sy
        if y_lanes != NULL:
            y_lanes += count * y_lane_step
    PyMem_RawFree(room)
    return 0


def primal(x):
    """The value of any operand, without its derivative."""
    if isinstance(x, ForwardNumber):
        return (<ForwardNumber>x).value if (<ForwardNumber>x).lanes != NULL else (<ForwardNumber>x).values
    return x.primal if hasattr(x, "engine") else x


def compare(ForwardNumber x, other, int op):
    """A comparison of values, NumPy's way."""
    if isinstance(other, ForwardNumber):
        return _COMPARISONS[op](primal(x), primal(other))
    if cnp.PyArray_Check(other) and other.dtype.kind == "O":
        other = primal(number_of(x, other))
    return _COMPARISONS[op](primal(x), primal(other))


# Elements, views and writing: NumPy's, on both arrays.

cdef object record_key(object key):
    """The key for the records: the same, with the last axis kept out of the reach of an ellipsis."""
    if key is Ellipsis:
        return (Ellipsis, slice(None))
    if type(key) is tuple:
        for item in <tuple>key:
            if item is Ellipsis:
                return <tuple>key + (slice(None),)
    return key


cdef ForwardNumber element(ForwardNumber x, double value, const double *record):
    cdef ForwardNumber number = new_scalar(x.space, x.level)
    number.value = value
    memcpy(number.lanes, record, x.space.lanes.size * sizeof(double))
    return number


def of_kind(ForwardNumber x, bint is_float):
    """A scalar as a float of Python's, or as an np.float64."""
    if x.is_float == is_float or x.lanes == NULL:
        return x
    cdef ForwardNumber number = element(x, x.value, x.lanes)
    number.is_float = is_float
    return number


cdef object view(ForwardNumber x, object values, object records):
    """The number with these values and records: a scalar if NumPy's answer is one."""
    if isinstance(values, np.ndarray):
        return new_array(x.space, x.level, values, records)
    records = np.ascontiguousarray(records)
    return element(x, values, <const double *>cnp.PyArray_DATA(records))


def get(ForwardNumber x, key):
    """x[key]."""
    cdef Py_ssize_t i, n
    if x.lanes != NULL:
        return x if key is Ellipsis or key == () else view(x, np.array(x.value)[key], record_array(x)[record_key(key)])
    if type(key) is int and x.values.ndim == 1:
        i, n = key, x.values.shape[0]
        if -n <= i < n:
            i += n if i < 0 else 0
            return element(x, (<double *>(cnp.PyArray_BYTES(x.values) + i * x.values.strides[0]))[0],
                           <const double *>(cnp.PyArray_BYTES(x.records) + i * x.records.strides[0]))
    key = plain_key(key)
    return view(x, x.values[key], x.records[record_key(key)])


def put(ForwardNumber x, key, value):
    """x[key] = value. Views of the same memory see it."""
    cdef ForwardNumber written
    value, key = number_of(x, value), plain_key(key)
    if isinstance(value, ForwardNumber):
        x.values[key] = primal(value)
        x.records[record_key(key)] = record_array(<ForwardNumber>value)
    else:
        x.values[key] = value
        x.records[record_key(key)] = -0.0


cdef cnp.ndarray record_array(ForwardNumber x):
    """The records of a number: those of an array itself, a copy of a scalar's."""
    cdef cnp.ndarray records
    if x.lanes == NULL:
        return x.records
    records = np.empty(x.space.lanes.size)
    memcpy(cnp.PyArray_DATA(records), x.lanes, x.space.lanes.size * sizeof(double))
    return records


def iterate(ForwardNumber x):
    """Elements or rows, in order."""
    if x.values.ndim == 0:
        raise TypeError("iteration over a 0-d array")
    return map(functools.partial(get, x), range(x.values.shape[0]))


cdef cnp.ndarray records_for(cnp.ndarray values, size_t size):
    """Memory for the records of these values, which are dense: laid out as they are."""
    cdef object shape = (<object>values).shape
    if cnp.PyArray_IS_C_CONTIGUOUS(values):
        return np.empty(shape + (size,))
    strides = tuple([size * stride for stride in (<object>values).strides]) + (8,)
    return np.ndarray(shape + (size,), np.float64, np.empty(values.size * size), 0, strides)


cdef ForwardNumber constants(lane_space *space, uint64_t level, object values):
    """These values (dense, not copied), connected to nothing."""
    records = records_for(values, space.lanes.size)
    records[...] = -0.0
    return new_array(space, level, values, records)


def copy(ForwardNumber x, order="C"):
    """A copy that shares no memory."""
    cdef ForwardNumber copied = constants(x.space, x.level, np.array(x.values, order=order))
    copied.records[...] = x.records
    return copied


cdef ForwardNumber pack(lane_space *space, uint64_t level, object numbers):
    """One array out of an object array of scalars and plain numbers."""
    cdef ForwardNumber packed = constants(space, level, np.empty_like(numbers, dtype=np.float64))
    for index in np.ndindex(numbers.shape):
        put(packed, index, numbers[index])
    return packed


def object_array(ForwardNumber x, dtype):
    """What np.asarray(x) gives: scalars that keep their derivatives, in an object array."""
    if dtype is not None and np.dtype(dtype).kind in "biu":      # whole numbers change by steps
        return np.asarray(x.values).astype(dtype)
    if dtype is not None and np.dtype(dtype) != object:
        raise TraceEscapeError(
            f"np.asarray(x, dtype={np.dtype(dtype)}) would lose the derivative of an array of shape {x.shape}",
            "leave the conversion out; dualtape numbers are float64 already")
    scalars = np.empty(x.shape, dtype=object)
    for index in np.ndindex(x.shape):
        scalars[index] = get(x, index)
    return scalars


# NumPy's protocols

def array_ufunc(ForwardNumber x, ufunc, str method, tuple inputs, dict kwargs):
    """The common case, a row of the table called plainly, at once; all else in handlers/ufuncs.py."""
    cdef int op
    if method == "__call__" and not kwargs:
        op = opcode_of_ufunc(ufunc)
        if op >= 0:
            for operand in inputs:
                if operand is not x and outranks(operand, x):
                    return NotImplemented
            if len(inputs) == 2 and (may_be_complex(inputs[0]) or may_be_complex(inputs[1])):
                from dualtape.handlers.ufuncs import dispatch
                return dispatch(ufunc, method, inputs, kwargs)
            return elementwise(x, op, inputs[0], inputs[1] if len(inputs) == 2 else None)
    from dualtape.handlers.ufuncs import dispatch
    return dispatch(ufunc, method, inputs, kwargs)


cdef bint may_be_complex(object operand) except -1:
    """Is this a complex number, with a derivative or plain, or may one stand in it?"""
    if isinstance(operand, (ForwardNumber, float, int)):
        return False
    return (isinstance(operand, (complex, list, tuple))
            or getattr(getattr(operand, "dtype", None), "kind", None) in ("c", "O"))


cdef bint outranks(object operand, ForwardNumber x) except -1:
    if isinstance(operand, (ForwardNumber, float, int)) or cnp.PyArray_Check(operand):
        return False
    if getattr(operand, "engine", None) is None:
        return False
    return operand.level > x.level


def attribute(ForwardNumber x, str name):
    """What ndarray has and is not written out in dual.pyx: handlers/methods.py, and elementary functions
    as methods, which is what NumPy calls on the elements of an object array."""
    from dualtape.handlers.methods import METHODS
    if name in METHODS:
        return METHODS[name].__get__(x)
    op = table.OPCODES.get(name)
    if op is not None and table.ROWS[op].arity == 1 and table.ROWS[op].ufunc is not None:
        return functools.partial(elementwise, x, op, x, None)
    raise AttributeError(f"{type(x).__name__!r} object has no attribute {name!r}")
