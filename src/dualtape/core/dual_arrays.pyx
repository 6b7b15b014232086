"""Arrays of dual and hyper-dual numbers: elementwise operations block by block, indexing with NumPy's aliasing, and the engine that the
NumPy handlers of trace/ compute with. An array is two ndarrays, values (shape) and records (shape + (size,)), always views of the same
elements. Called by dual.pyx and, through `x.engine`, by trace/.
"""

cimport numpy as cnp
from cpython.mem cimport PyMem_RawFree, PyMem_RawMalloc
from cpython.object cimport Py_EQ, Py_GE, Py_GT, Py_LE, Py_LT, Py_NE
from libc.stdint cimport int64_t, uint64_t
from libc.string cimport memcpy
from dualtape.core.c cimport (
    DT_BLOCK, DT_DX, DT_DXX, DT_DXY, DT_DY, DT_DYY, DT_GENERAL, DT_IS_X, DT_IS_Y, DT_MINUS_ONE, DT_N_PARTIALS, DT_ONE,
    OP_POWER, OP_SCALAR_POWER, dt_coefficient, dt_kernel, dt_op, dt_row_size)
from dualtape.core.dual cimport (
    ForwardNumber, as_double, fit, intern_space, lane_space, new_array, new_scalar, require_rule, scalar_operation)
from dualtape.core.kernels cimport bind_row, library, opcode_of_ufunc

import functools
import numpy as np

from dualtape.errors import PerturbationError, TraceEscapeError, UnsupportedOperation
from dualtape.ops import table

cnp.import_array()

cdef dict _COMPARISONS = {Py_LT: np.less, Py_LE: np.less_equal, Py_GT: np.greater, Py_GE: np.greater_equal, Py_EQ: np.equal,
                          Py_NE: np.not_equal}


# Operands

cdef class Operand:
    """One operand of an elementwise operation, as the kernels read it: element i at value[i*step], its record at lanes[i*lane_step]."""
    cdef const double *value
    cdef size_t step
    cdef const double *lanes      # NULL: passive
    cdef size_t lane_step
    cdef double scalar            # the value of a passive scalar
    cdef object number            # what was given: a ForwardNumber, a float or an ndarray
    cdef tuple shape
    cdef object alive             # owner of the memory


cdef object number_of(ForwardNumber leader, object operand):
    """Any operand as a ForwardNumber that fits the leader, a float, or a float64 ndarray."""
    cdef double value
    if isinstance(operand, ForwardNumber):
        fit(leader, <ForwardNumber>operand)
        return operand
    if as_double(operand, &value):
        return value
    if getattr(operand, "engine", None) is not None:
        raise PerturbationError(f"a number of level {operand.level} entered a forward evaluation of level {leader.level}",
                                'take this derivative with mode="reverse", which nests to any depth')
    operand = np.asarray(operand)
    if operand.dtype.kind in "fiub":
        return operand.astype(np.float64, copy=False)
    if operand.dtype.kind == "O":
        return pack(leader.space, leader.level, operand)
    raise UnsupportedOperation(f"an operand of dtype {operand.dtype} met a forward-mode number", "use real numbers")


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


cdef int lay_out(Operand x, tuple shape) except -1:
    """Give an operand with axes contiguous memory of the result's shape, or steps of 0 if it has one element."""
    cdef ForwardNumber dual = <ForwardNumber>x.number if isinstance(x.number, ForwardNumber) else None
    cdef cnp.ndarray values, records = None
    cdef tuple own = x.shape
    if x.value != NULL:
        return 0
    values = dual.values if dual is not None else x.number
    if values.size == 1:
        own = shape = (1,) * values.ndim
    values = np.ascontiguousarray(values if own == shape else np.broadcast_to(values, shape))
    if dual is not None:
        records = dual.records
        records = np.ascontiguousarray(records if own == shape else np.broadcast_to(records, shape + (dual.space.lanes.size,)))
        x.lanes = <const double *>cnp.PyArray_DATA(records)
        x.lane_step = 0 if values.size == 1 else dual.space.lanes.size
    x.alive = (values, records)
    x.value = <const double *>cnp.PyArray_DATA(values)
    x.step = 0 if values.size == 1 else 1
    return 0


# Elementwise operations

def elementwise(ForwardNumber leader, unsigned op, a, b):
    """Row number `op` applied to `a` (and `b`, None for unary rows), broadcast like NumPy, with its derivatives."""
    cdef Operand x = operand_of(number_of(leader, a)), y = None
    cdef object values = None
    cdef tuple shape = x.shape
    bind_row(op)
    if library().ops[op].arity == 2:
        y = operand_of(number_of(leader, b))
        shape = broadcast(x.shape, y.shape)
    require_rule(op, isinstance(x.number, ForwardNumber), y is not None and isinstance(y.number, ForwardNumber))
    if op == OP_SCALAR_POWER and len(shape):
        # NumPy's operator chooses the function by the exponent (x**2 is square(x)); its own value, and the derivative of power
        op, values = OP_POWER, np.asarray(primal(a) ** primal(b), dtype=np.float64)
    if not len(shape):
        return scalar_operation(op, x.number if isinstance(x.number, ForwardNumber) else None,
                                y.number if y is not None and isinstance(y.number, ForwardNumber) else None,
                                x.value[0], y.value[0] if y is not None else 0.0)
    return array_operation(leader, op, x, y, shape, values)


cdef ForwardNumber array_operation(ForwardNumber leader, unsigned op, Operand x, Operand y, tuple shape, object values):
    cdef bint known = values is not None
    cdef cnp.ndarray v = np.ascontiguousarray(values) if known else np.empty(shape)
    cdef cnp.ndarray records = np.empty(shape + (leader.space.lanes.size,))
    cdef size_t n = v.size
    cdef double *value = <double *>cnp.PyArray_DATA(v)
    cdef double *lanes = <double *>cnp.PyArray_DATA(records)
    cdef int failed
    lay_out(x, shape)
    if y is not None:
        lay_out(y, shape)
    with nogil:
        failed = run_blocks(leader.space, op, n, known, x.value, x.step, x.lanes, x.lane_step, y.value if y is not None else NULL,
                            y.step if y is not None else 0, y.lanes if y is not None else NULL,
                            y.lane_step if y is not None else 0, value, lanes)
    if failed:
        raise MemoryError()
    return new_array(leader.space, leader.level, v, records)


cdef tuple broadcast(tuple a, tuple b):
    if a == b or not len(b):
        return a
    if not len(a):
        return b
    return np.broadcast_shapes(a, b) if _can_broadcast(a, b) else np.add(np.empty(a), np.empty(b))    # NumPy's own error


cdef bint _can_broadcast(tuple a, tuple b):
    return all([m == n or m == 1 or n == 1 for m, n in zip(a[::-1], b[::-1])])


cdef dt_coefficient coefficient(unsigned kind, const double *computed, const double *x, size_t x_step, const double *y,
                                size_t y_step, size_t n, double *room) noexcept nogil:
    """One partial of a block. An operand's own value that is used as a partial loses its sign of zero: -0.0 would mean "nothing"."""
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
        c.at, c.step = computed, 1
    elif kind == DT_IS_X or kind == DT_IS_Y:
        for i in range(n if step else 1):
            room[i] = source[i] + 0.0
        c.at, c.step = room, step
    return c


cdef double ONE = 1.0
cdef double MINUS_ONE = -1.0


cdef int run_blocks(lane_space *space, unsigned op, size_t n, bint known, const double *x, size_t sx, const double *x_lanes,
                    size_t x_lane_step, const double *y, size_t sy, const double *y_lanes, size_t y_lane_step,
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
        c[DT_DX] = coefficient(row.dx, d[DT_DX], x, sx, y, sy, count, d[DT_DX])
        c[DT_DY] = coefficient(row.dy, d[DT_DY], x, sx, y, sy, count, d[DT_DY])
        if space.lanes.order == 2:
            kernel.second(count, x, sx, y, sy, v, d[DT_DX], d[DT_DY], active, d[DT_DXX], d[DT_DXY], d[DT_DYY])
            c[DT_DXX] = coefficient(row.dxx, d[DT_DXX], x, sx, y, sy, count, d[DT_DXX])
            c[DT_DXY] = coefficient(row.dxy, d[DT_DXY], x, sx, y, sy, count, d[DT_DXY])
            c[DT_DYY] = coefficient(row.dyy, d[DT_DYY], x, sx, y, sy, count, d[DT_DYY])
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
    if isinstance(other, np.ndarray) and other.dtype.kind == "O":
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


cdef object view(ForwardNumber x, object values, object records):
    """The number with these values and records: a scalar if NumPy's answer is one."""
    if isinstance(values, np.ndarray):
        return new_array(x.space, x.level, values, records)
    records = np.ascontiguousarray(records)
    return element(x, values, <const double *>cnp.PyArray_DATA(records))


def get(ForwardNumber x, key):
    """x[key]."""
    cdef Py_ssize_t i, n
    if type(key) is int and x.values.ndim == 1:
        i, n = key, x.values.shape[0]
        if -n <= i < n:
            i += n if i < 0 else 0
            return element(x, (<double *>(cnp.PyArray_BYTES(x.values) + i * x.values.strides[0]))[0],
                           <const double *>(cnp.PyArray_BYTES(x.records) + i * x.records.strides[0]))
    return view(x, x.values[key], x.records[record_key(key)])


def put(ForwardNumber x, key, value):
    """x[key] = value. Views of the same memory see it."""
    value = number_of(x, value)
    if isinstance(value, ForwardNumber):
        x.values[key] = (<ForwardNumber>value).value if (<ForwardNumber>value).lanes != NULL else (<ForwardNumber>value).values
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


def copy(ForwardNumber x):
    """A copy in C order that shares no memory."""
    return new_array(x.space, x.level, np.array(x.values, order="C"), np.array(x.records, order="C"))


cdef ForwardNumber pack(lane_space *space, uint64_t level, object numbers):
    """One array out of an object array of scalars and plain numbers."""
    cdef ForwardNumber packed = new_array(space, level, np.empty(numbers.shape), np.full(numbers.shape + (space.lanes.size,), -0.0))
    for index in np.ndindex(numbers.shape):
        put(packed, index, numbers[index])
    return packed


def object_array(ForwardNumber x, dtype):
    """What np.asarray(x) gives: scalars that keep their derivatives, in an object array."""
    if dtype is not None and np.dtype(dtype) != object:
        raise TraceEscapeError(f"np.asarray(x, dtype={np.dtype(dtype)}) would lose the derivative of an array of shape {x.shape}",
                               "leave the conversion out; dualtape numbers are float64 already")
    scalars = np.empty(x.shape, dtype=object)
    for index in np.ndindex(x.shape):
        scalars[index] = get(x, index)
    return scalars


# NumPy's protocols

def array_ufunc(ForwardNumber x, ufunc, str method, tuple inputs, dict kwargs):
    """The common case, a row of the table called plainly, at once; all else in trace/ufuncs.py."""
    cdef int op
    if method == "__call__" and not kwargs:
        op = opcode_of_ufunc(ufunc)
        if op >= 0:
            for operand in inputs:
                if operand is not x and outranks(operand, x):
                    return NotImplemented
            return elementwise(x, op, inputs[0], inputs[1] if len(inputs) == 2 else None)
    from dualtape.trace.ufuncs import dispatch
    return dispatch(ufunc, method, inputs, kwargs)


cdef bint outranks(object operand, ForwardNumber x) except -1:
    if isinstance(operand, (ForwardNumber, float, int, np.ndarray)) or getattr(operand, "engine", None) is None:
        return False
    return operand.level > x.level


def attribute(ForwardNumber x, str name):
    """What ndarray has and is not written out in dual.pyx: elementary functions as methods, and the handlers of trace/methods.py."""
    if not name.startswith("_"):
        op = table.OPCODES.get(name)
        if op is not None and table.ROWS[op].arity == 1 and table.ROWS[op].ufunc is not None:
            return functools.partial(elementwise, x, op, x, None)
        from dualtape.trace.methods import METHODS
        if name in METHODS:
            return METHODS[name].__get__(x)
    raise AttributeError(f"{type(x).__name__!r} object has no attribute {name!r}")


# The engine

def engine(ForwardNumber x):
    """The engine of a number's evaluation."""
    cdef Engine engine = Engine.__new__(Engine)
    engine.leader = x
    return engine


cdef class Engine:
    """Operations on the numbers of one forward evaluation, for the handlers of trace/ (protocol: trace/functions.py)."""
    cdef ForwardNumber leader    # any number of the evaluation

    @property
    def level(self):
        return self.leader.level

    def elementwise(self, unsigned opcode, a, b=None):
        """Row `opcode` of the table applied to numbers, arrays or floats; broadcasts like NumPy."""
        return elementwise(self.leader, opcode, a, b)

    def lift(self, values):
        """An array of constants that can be written to with active numbers."""
        cdef ForwardNumber x = self.leader
        values = np.array(values, dtype=np.float64)
        return new_array(x.space, x.level, values, np.full(values.shape + (x.space.lanes.size,), -0.0))

    def move(self, operands, function):
        """Data movement of any kind: `function` applied to arrays of ids instead of values; an id of 0 gives a structural zero.

        Where the function returns a view of the ids, the result is a view of the operand: NumPy's aliasing follows.
        """
        cdef list sources = []
        cdef int64_t first = 1
        for operand in operands:
            source = source_of(number_of(self.leader, operand), first)
            first += source.count
            sources.append(source)
        return _moved(self.leader, sources, function(*[source.ids for source in sources]))

    def array_op(self, row, operands, dict params):
        """An array operation by its row: the value by row.primal, first-order lanes by row.jvp, second order by row.jvp on Duals."""
        return array_operation_by_row(self.leader, row, [number_of(self.leader, operand) for operand in operands], params)


# Movement

cdef class Source:
    """One operand of a movement: ids in the memory layout of its values, so that a view of the ids is a view of the values."""
    cdef readonly object ids          # int64, shape of the operand
    cdef readonly int64_t count       # ids that it takes up: first, first + 1, ...
    cdef int64_t first
    cdef const double *value          # of id `first`
    cdef const double *lanes          # record of id `first`; NULL: passive
    cdef object alive
    cdef ForwardNumber array          # an active array that views can be made of, or None
    cdef int64_t ids_at, values_at    # address of id `first` and of its value


cdef Source source_of(object number, int64_t first):
    cdef Source source = Source.__new__(Source)
    cdef ForwardNumber dual
    cdef cnp.ndarray values, owner
    source.first = first
    if isinstance(number, ForwardNumber) and (<ForwardNumber>number).lanes == NULL:
        source.array = dual = <ForwardNumber>number
        values = dual.values
    else:
        values = np.array(number if not isinstance(number, ForwardNumber) else (<ForwardNumber>number).value, dtype=np.float64)
    steps = [stride // 8 for stride in (<object>values).strides]
    reach = [step * (n - 1) for step, n in zip(steps, (<object>values).shape)]
    below = -sum([step for step in reach if step < 0]) if values.size else 0
    source.count = below + sum([step for step in reach if step > 0]) + 1 if values.size else 1
    owner = np.arange(first, first + source.count, dtype=np.int64)
    source.ids = np.ndarray((<object>values).shape, np.int64, owner, 8 * below, (<object>values).strides)
    source.value = <const double *>cnp.PyArray_DATA(values) - <int64_t>below
    if source.array is not None:
        source.lanes = <const double *>cnp.PyArray_DATA(dual.records) - <int64_t>(below * dual.space.lanes.size)
    elif isinstance(number, ForwardNumber):
        source.lanes = (<ForwardNumber>number).lanes
    source.ids_at = <int64_t>cnp.PyArray_DATA(owner)
    source.alive = (number, values, owner)
    return source


def _moved(ForwardNumber leader, list sources, result):
    if isinstance(result, (tuple, list)):
        return type(result)([_moved(leader, sources, part) for part in result])
    if isinstance(result, np.ndarray):
        for source in sources:
            if (<Source>source).array is not None and result.size and np.may_share_memory(result, (<Source>source).alive[2]):
                return view_like(<Source>source, result)
    return gather(leader, sources, np.asarray(result, dtype=np.int64))


cdef ForwardNumber view_like(Source source, object ids):
    """The view of an array that these ids are of its own ids."""
    cdef ForwardNumber x = source.array
    cdef int64_t start = ids.__array_interface__["data"][0] - source.ids_at
    cdef size_t size = x.space.lanes.size
    strides = ids.strides
    values = strided(x.values, <int64_t>source.value + start, ids.shape, strides)
    records = strided(x.records, <int64_t>source.lanes + start * <int64_t>size, ids.shape + (size,), tuple([size * s for s in strides]) + (8,))
    return new_array(x.space, x.level, values, records)


cdef object strided(object base, int64_t address, tuple shape, tuple strides):
    """The array at an address inside `base`; keeps base alive."""
    return np.asarray(Memory(base, {"data": (address, False), "shape": shape, "strides": strides, "typestr": "<f8" if LITTLE else ">f8",
                                    "version": 3}))


cdef bint LITTLE = np.little_endian


class Memory:
    """Hands NumPy a piece of an array's memory; the view keeps it, and it keeps the array."""

    def __init__(self, owner, interface):
        self.owner = owner
        self.__array_interface__ = interface


cdef ForwardNumber gather(ForwardNumber leader, list sources, cnp.ndarray ids):
    """The numbers with these ids, copied."""
    ids = np.ascontiguousarray(ids) if ids.ndim else ids
    cdef size_t size = leader.space.lanes.size, n = ids.size, i
    cdef cnp.ndarray values = np.empty((<object>ids).shape), records = np.empty((<object>ids).shape + (size,))
    cdef const int64_t *id = <const int64_t *>cnp.PyArray_DATA(ids)
    cdef double *v = <double *>cnp.PyArray_DATA(values)
    cdef double *v_lanes = <double *>cnp.PyArray_DATA(records)
    cdef Source source = <Source>sources[0]
    cdef const double *lanes
    for i in range(n):
        lanes = NULL
        if id[i] == 0:
            v[i] = 0.0
        else:
            if not source.first <= id[i] < source.first + source.count:
                source = find(sources, id[i])
            v[i] = source.value[id[i] - source.first]
            if source.lanes != NULL:
                lanes = source.lanes + (id[i] - source.first) * <int64_t>size
        memcpy(v_lanes + i * size, lanes if lanes != NULL else leader.space.lanes.nothing, size * sizeof(double))
    if not ids.ndim:
        return element(leader, v[0], v_lanes)
    return new_array(leader.space, leader.level, values, records)


cdef Source find(list sources, int64_t id):
    cdef Source source
    for source in sources:
        if source.first <= id < source.first + source.count:
            return source
    raise IndexError(f"the movement returned {id}, which is no id")


# Array operations

def array_operation_by_row(ForwardNumber leader, row, list numbers, dict params):
    """row on numbers that fit the leader. Lanes in which no operand moves are left structurally zero without a call."""
    cdef lane_space *space = leader.space
    cdef size_t q = space.lanes.p if space.lanes.order == 1 else space.lanes.q
    xs = [primal(number) for number in numbers]
    v = row.primal(*xs, **params)
    outputs = list(v) if isinstance(v, tuple) else [v]
    results = [np.full(np.shape(output) + (space.lanes.size,), -0.0) for output in outputs]
    active = [record_array(number) if isinstance(number, ForwardNumber) else None for number in numbers]
    for k in range(q):
        dots = [None if records is None else np.ascontiguousarray(records[..., space.lanes.x2 + k]) for records in active]
        if moves(dots):
            for result, v_dot in zip(results, tangents(row.jvp(dots, xs, v, **params), len(outputs))):
                if v_dot is not None:
                    result[..., space.lanes.x2 + k] = v_dot + 0.0
    if space.lanes.order == 2:
        second_order_by_row(leader, row, numbers, params, outputs, results, isinstance(v, tuple))
    made = [view(leader, np.float64(output) if not np.ndim(output) else np.asarray(output, dtype=np.float64), result)
            for output, result in zip(outputs, results)]
    return tuple(made) if isinstance(v, tuple) else made[0]


cdef int second_order_by_row(ForwardNumber leader, row, list numbers, dict params, list outputs, list results, bint several) except -1:
    """Complete records whose e2 lanes are known: the rule, run on Duals with the e2 lanes, for each lane of e1."""
    cdef lane_space *space = leader.space
    cdef lane_space *inner = intern_space(1, False, space.lanes.q, 0, False, False)
    cdef size_t i, p = space.lanes.p, q = space.lanes.q, x2 = space.lanes.x2
    def dual(values, lanes):
        return dual_of(inner, leader.level, values, lanes)
    xs = [dual(primal(x), record_array(x)[..., x2:x2 + q]) if isinstance(x, ForwardNumber) else x for x in numbers]
    vs = [dual(output, result[..., x2:x2 + q]) for output, result in zip(outputs, results)]
    firsts = [record_array(x)[..., :p] if isinstance(x, ForwardNumber) else None for x in numbers]
    mixed = [mixed_lanes(space, record_array(x)) if isinstance(x, ForwardNumber) else None for x in numbers]
    v_mixed = [np.full(np.shape(output) + (p, q), -0.0) for output in outputs]
    for i in range(p):
        if not moves([None if first is None else first[..., i] for first in firsts] +
                     [None if lanes is None else lanes[..., i, :] for lanes in mixed]):
            continue
        dots = [None if first is None else dual(first[..., i], lanes[..., i, :]) for first, lanes in zip(firsts, mixed)]
        v_dots = tangents(row.jvp(dots, xs, tuple(vs) if several else vs[0], **params), len(outputs))
        for v_dot, result, rows in zip(v_dots, results, v_mixed):
            if v_dot is not None:
                result[..., i] = primal(v_dot) + 0.0
                rows[..., i, :] = record_array(v_dot)[..., :q] if isinstance(v_dot, ForwardNumber) else 0.0
    for result, rows in zip(results, v_mixed):
        store_mixed(space, result, rows)
    return 0


cdef bint moves(list tangents) except -1:
    """Whether any of these holds anything but structural zeros."""
    return any([tangent is not None and not np.all((tangent == 0.0) & np.signbit(tangent)) for tangent in tangents])


cdef object tangents(result, size_t n):
    return result if isinstance(result, (tuple, list)) else [result] if n == 1 else [None] * n


cdef ForwardNumber dual_of(lane_space *space, uint64_t level, object values, object lanes):
    """The first-order number with these values and lanes (copied)."""
    records = np.full(np.shape(values) + (space.lanes.size,), -0.0)
    records[..., :space.lanes.p] = lanes
    cdef ForwardNumber like = new_array(space, level, records, records)
    return view(like, np.float64(values) if not np.ndim(values) else np.ascontiguousarray(values, dtype=np.float64), records)


cdef object mixed_lanes(lane_space *space, records):
    """x12 of records: shape + (p, q), both triangles."""
    cdef size_t i, n, p = space.lanes.p, q = space.lanes.q, at = space.lanes.x12
    mixed = np.empty(records[..., 0].shape + (p, q))
    for i in range(p):
        n = i + 1 if space.lanes.symmetric else q
        mixed[..., i, :n] = records[..., at:at + n]
        if space.lanes.symmetric:
            mixed[..., :n, i] = records[..., at:at + n]
        at += dt_row_size(&space.lanes, i)
    return mixed


cdef int store_mixed(lane_space *space, records, mixed) except -1:
    """The opposite: x12 into records."""
    cdef size_t i, n, at = space.lanes.x12
    for i in range(space.lanes.p):
        n = i + 1 if space.lanes.symmetric else space.lanes.q
        records[..., at:at + n] = mixed[..., i, :n]
        at += dt_row_size(&space.lanes, i)
    return 0
