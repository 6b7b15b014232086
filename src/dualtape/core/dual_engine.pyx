"""The engine that the NumPy handlers of trace/ compute with when numbers are dual or hyper-dual: elementwise rows,
movement by ids, array operations by their rows, constants to write into. The tape has the same four (engine.pyx), so
that handlers are written once.
"""

cimport numpy as cnp
from libc.stdint cimport int64_t, uint64_t
from libc.string cimport memcpy
from dualtape.core.c cimport dt_row_size
from dualtape.core.dual cimport ForwardNumber, new_array, require_running
from dualtape.core.dual_arrays cimport constants, number_of, record_array, records_for, view
from dualtape.core.dual_lanes cimport intern_space, lane_space
from dualtape.core.layout cimport MAX_NDIM, check_ndim

import numpy as np
from numpy.lib.stride_tricks import as_strided

from dualtape.core.calls import real_result
from dualtape.core.dual_arrays import elementwise, get, primal
from dualtape.ops.contractions import contraction_of

cnp.import_array()


def engine(ForwardNumber x):
    """The engine of a number's evaluation."""
    cdef Engine engine = Engine.__new__(Engine)
    require_running(x)
    engine.leader = x
    return engine


def reshape_in_place(ForwardNumber x, shape):
    """``x.shape = shape``: the same elements in the same memory, or NumPy's error."""
    values = x.values.view()
    values.shape = shape
    step = x.space.lanes.size
    strides = (*[step * stride for stride in values.strides], 8)
    x.values, x.records = values, as_strided(x.records, (*values.shape, step), strides)


cdef class Engine:
    """Operations on the numbers of one forward evaluation (protocol: trace/functions.py)."""
    cdef ForwardNumber leader    # any number of the evaluation

    @property
    def level(self):
        return self.leader.level

    def elementwise(self, unsigned opcode, a, b=None):
        """Row `opcode` of the table applied to numbers, arrays or floats; broadcasts like NumPy."""
        return elementwise(self.leader, opcode, a, b)

    def unconnected(self, x):
        """Bool for each element: structurally zero."""
        values = np.asarray(primal(x))
        return (values == 0.0) & np.signbit(values)

    def lift(self, values):
        """An array of constants that can be written to with active numbers."""
        return constants(self.leader.space, self.leader.level, np.array(values, dtype=np.float64))

    def move(self, operands, function):
        """Data movement of any kind: `function` applied to arrays of ids instead of values; an id of 0 gives a
        structural zero.

        Where the function returns a view of the ids, the result is a view of the operand: NumPy's aliasing follows.
        """
        cdef list sources = []
        cdef int64_t first = 1
        for operand in operands:
            number = number_of(self.leader, operand)
            if isinstance(operand, ForwardNumber):     # also an array of shape (): a view of it is a view
                number = operand
            source = source_of(number, first)
            first += source.count
            sources.append(source)
        return _moved(self.leader, sources, function(*[source.ids for source in sources]))

    def array_op(self, row, operands, dict params):
        """An array operation by its row: the value by row.primal, first-order lanes by row.jvp, second order by row.jvp
        on Duals."""
        return array_operation(self.leader, row, [number_of(self.leader, x) for x in operands], params)


# Movement

cdef class Source:
    """One operand of a movement: ids in the memory layout of its values, so that a view of the ids is a view of the
    values."""
    cdef readonly object ids          # int64, shape of the operand: a scalar if that is one
    cdef readonly int64_t count       # ids that it takes up: first, first + 1, ...
    cdef int64_t first
    cdef const double *value          # of id `first`
    cdef const double *lanes          # record of id `first`; NULL: passive
    cdef object alive
    cdef ForwardNumber array          # an active array that views can be made of, or None
    cdef int64_t ids_at               # address of id `first`


cdef Source source_of(object number, int64_t first):
    cdef Source source = Source.__new__(Source)
    cdef ForwardNumber dual
    cdef cnp.ndarray values, owner
    source.first = first
    if isinstance(number, ForwardNumber) and (<ForwardNumber>number).lanes == NULL:
        source.array = dual = <ForwardNumber>number
        values = dual.values
    else:
        values = np.array(primal(number), dtype=np.float64)
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
    if source.array is None and not isinstance(number, np.ndarray):
        source.ids = source.ids[()]
    source.alive = (number, values, owner)
    return source


def _moved(ForwardNumber leader, list sources, result):
    if isinstance(result, (tuple, list)):
        return type(result)([_moved(leader, sources, part) for part in result])
    if isinstance(result, np.ndarray):
        for source in sources:
            is_array = (<Source>source).array is not None
            if is_array and result.size and np.may_share_memory(result, (<Source>source).alive[2]):
                return view_like(<Source>source, result)
    return gather(leader, sources, result)


cdef ForwardNumber view_like(Source source, object ids):
    """The view of an array that these ids are of its own ids."""
    cdef ForwardNumber x = source.array
    cdef int64_t start = ids.__array_interface__["data"][0] - source.ids_at
    cdef size_t size = x.space.lanes.size
    strides = tuple([size * stride for stride in ids.strides]) + (8,)
    # ids.flags.writeable warns for broadcast_arrays
    fixed = not (cnp.PyArray_CHKFLAGS(ids, cnp.NPY_ARRAY_WRITEABLE)
                 and cnp.PyArray_CHKFLAGS(x.values, cnp.NPY_ARRAY_WRITEABLE))
    values = strided(x.values, <int64_t>source.value + start, ids.shape, ids.strides, fixed)
    records = strided(x.records, <int64_t>source.lanes + start * <int64_t>size, ids.shape + (size,), strides, fixed)
    return new_array(x.space, x.level, values, records)


cdef cnp.ndarray strided(cnp.ndarray base, int64_t address, tuple shape, tuple strides, bint fixed):
    """The array at an address inside `base`; keeps base alive."""
    cdef cnp.npy_intp lengths[MAX_NDIM + 1]
    cdef cnp.npy_intp steps[MAX_NDIM + 1]
    cdef cnp.ndarray view
    cdef int axis, ndim = len(shape)
    check_ndim(ndim - 1)     # one more is for the lanes
    for axis in range(ndim):
        lengths[axis], steps[axis] = shape[axis], strides[axis]
    view = cnp.PyArray_New(np.ndarray, ndim, lengths, cnp.NPY_DOUBLE, steps, <char *>address, 8,
                           0 if fixed else cnp.NPY_ARRAY_WRITEABLE, <object>NULL)
    cnp.set_array_base(view, base)
    return view


cdef ForwardNumber gather(ForwardNumber leader, list sources, object result):
    """The numbers with these ids, copied; in the memory order of the ids."""
    cdef cnp.ndarray ids = np.array(result, dtype=np.int64, order="K")
    cdef size_t size = leader.space.lanes.size, n = ids.size, i
    cdef cnp.ndarray values = np.empty_like(ids, dtype=np.float64), records = records_for(values, size)
    cdef const int64_t *id = <const int64_t *>cnp.PyArray_DATA(ids)
    cdef double *v = <double *>cnp.PyArray_DATA(values)
    cdef double *v_lanes = <double *>cnp.PyArray_DATA(records)
    cdef Source source = <Source>sources[0]
    cdef const double *lanes
    for i in range(n):
        lanes = leader.space.lanes.nothing
        if id[i] == 0:
            v[i] = 0.0
        else:
            if not source.first <= id[i] < source.first + source.count:
                source = find(sources, id[i])
            v[i] = source.value[id[i] - source.first]
            if source.lanes != NULL:
                lanes = source.lanes + (id[i] - source.first) * <int64_t>size
        memcpy(v_lanes + i * size, lanes, size * sizeof(double))
    return view(leader, values if values.ndim or isinstance(result, np.ndarray) else v[0], records)


cdef Source find(list sources, int64_t id):
    cdef Source source
    for source in sources:
        if source.first <= id < source.first + source.count:
            return source
    raise IndexError(f"the movement returned {id}, which is no id")


# Array operations

def array_operation(ForwardNumber leader, row, list numbers, dict params):
    """row on numbers that fit the leader: sums and products with all lanes at once, everything else lane by lane."""
    if row.name == "sum":
        return sum_of_records(leader, numbers[0], row.primal(primal(numbers[0]), **params), **params)
    form = contraction_of(row.name, [np.ndim(primal(number)) for number in numbers], params)
    if form is not None:
        v = row.primal(*[primal(number) for number in numbers], **params)
        return contraction(leader, row, form[0], form[1], numbers, v)
    return array_operation_by_row(leader, row, numbers, params)


def sum_of_records(ForwardNumber leader, ForwardNumber x, v, axis=None, keepdims=False, where=True, initial=None):
    """A sum is the same sum of the records; a sum of structural zeros is one."""
    cdef ForwardNumber result = constants(leader.space, leader.level, np.array(v, dtype=np.float64))
    axes = tuple(range(x.ndim)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    axes = tuple([axis % x.ndim for axis in axes]) if x.ndim else ()
    mask = True if where is True else np.asarray(where)[..., None]
    np.sum(record_array(x), axis=axes, keepdims=keepdims, where=mask, initial=-0.0, out=result.records)
    return result if result.values.ndim else get(result, ())


def contraction(ForwardNumber leader, row, list inputs, str output, list numbers, v):
    """A product of two operands, linear in each: every lane of one meets the value of the other, and, in second order,
    e1 lanes of each meet e2 lanes of the other. Only lanes that move are computed; the rest stays structurally zero."""
    cdef lane_space *space = leader.space
    cdef ForwardNumber result = constants(space, leader.level, np.array(real_result(row, v), dtype=np.float64))
    a, b = inputs
    xs = [primal(number) for number in numbers]
    x, y = [record_array(number) if isinstance(number, ForwardNumber) else None for number in numbers]
    if x is not None:
        lanes = moving_lanes(x)
        result.records[..., lanes] += contracted(f"{a}Y,{b}->{output}Y", x[..., lanes], xs[1])
    if y is not None:
        lanes = moving_lanes(y)
        result.records[..., lanes] += contracted(f"{a},{b}Y->{output}Y", xs[0], y[..., lanes])
    if x is not None and y is not None and space.lanes.order == 2:
        mixed = mixed_lanes(space, result.records)
        for (s, of_s), (t, of_t) in (((x, a), (y, b)), ((y, b), (x, a))):
            rows = moving_lanes(s[..., :space.lanes.p])
            columns = moving_lanes(t[..., space.lanes.x2:space.lanes.x2 + space.lanes.q])
            mixed[..., rows[:, None], columns] += contracted(
                f"{of_s}Y,{of_t}Z->{output}YZ", s[..., rows], t[..., space.lanes.x2 + columns])
        store_mixed(space, result.records, mixed)
    return result if result.values.ndim else get(result, ())


cdef object moving_lanes(records):
    """Numbers of the lanes that hold anything but structural zeros."""
    still = (records == 0.0) & np.signbit(records)
    return np.flatnonzero(~still.all(axis=tuple(range(still.ndim - 1))))


cdef object contracted(str subscripts, x, y):
    """A computed product: no zero of it is structural. A large one is planned, so that it runs on BLAS."""
    return np.einsum(subscripts, x, y, optimize=np.size(x) * np.size(y) > 1 << 16) + 0.0


def array_operation_by_row(ForwardNumber leader, row, list numbers, dict params):
    """row lane by lane. Lanes in which no operand moves are left structurally zero without a call."""
    cdef lane_space *space = leader.space
    cdef size_t q = space.lanes.p if space.lanes.order == 1 else space.lanes.q
    xs = [primal(number) for number in numbers]
    v = row.primal(*xs, **params)
    outputs = list(v) if isinstance(v, tuple) else [v]
    results = [constants(space, leader.level, np.array(real_result(row, part), dtype=np.float64)) for part in outputs]
    records = [record_array(result) for result in results]
    moving = [record_array(number) if isinstance(number, ForwardNumber) else None for number in numbers]
    for k in range(q):
        dots = [None if lanes is None else np.array(lanes[..., space.lanes.x2 + k], order="C") for lanes in moving]
        if moves(dots):
            for lanes, v_dot in zip(records, tangents(row.jvp(dots, xs, v, **params), len(outputs))):
                if v_dot is not None:
                    lanes[..., space.lanes.x2 + k] = v_dot if row.selects else v_dot + 0.0
    if space.lanes.order == 2:
        second_order_by_row(leader, row, numbers, params, outputs, records, isinstance(v, tuple))
    made = [result if (<ForwardNumber>result).values.ndim else get(result, ()) for result in results]
    return tuple(made) if isinstance(v, tuple) else made[0]


cdef int second_order_by_row(ForwardNumber leader, row, list numbers, dict params, list outputs, list records,
                             bint several) except -1:
    """Complete records whose e2 lanes are known: the rule, run on Duals with the e2 lanes, for each lane of e1."""
    cdef lane_space *space = leader.space
    cdef lane_space *inner = intern_space(1, False, space.lanes.q, 0, False, False)
    cdef size_t i, p = space.lanes.p, q = space.lanes.q, x2 = space.lanes.x2
    def dual(values, lanes):
        return dual_of(inner, leader.level, values, lanes)
    moving = [record_array(x) if isinstance(x, ForwardNumber) else None for x in numbers]
    xs = [x if lanes is None else dual(primal(x), lanes[..., x2:x2 + q]) for x, lanes in zip(numbers, moving)]
    vs = [dual(output, lanes[..., x2:x2 + q]) for output, lanes in zip(outputs, records)]
    mixed = [None if lanes is None else mixed_lanes(space, lanes) for lanes in moving]
    v_mixed = [np.full(np.shape(output) + (p, q), -0.0) for output in outputs]
    still = [not moves([None if lanes is None else lanes[..., x2 + j] for lanes in moving]) for j in range(q)]
    given_nan = any([np.isnan(x).any() for x in [primal(x) for x in numbers] + [x for x in moving if x is not None]])
    unknown = np.where(np.asarray(still) | given_nan, 0.0, np.nan)
    for i in range(p):
        if not moves([None if lanes is None else lanes[..., i] for lanes in moving] +
                     [None if rows is None else rows[..., i, :] for rows in mixed]):
            continue
        dots = [None if lanes is None else dual(lanes[..., i], rows[..., i, :]) for lanes, rows in zip(moving, mixed)]
        v_dots = tangents(row.jvp(dots, xs, tuple(vs) if several else vs[0], **params), len(outputs))
        for v_dot, lanes, rows in zip(v_dots, records, v_mixed):
            if v_dot is not None:
                lanes[..., i] = primal(v_dot) if row.selects else primal(v_dot) + 0.0
                rows[..., i, :] = record_array(v_dot)[..., :q] if isinstance(v_dot, ForwardNumber) else 0.0
                # a rule's own NaN is a constant to it: see sweeps.call_second
                rows[..., i, :] += np.where(np.isnan(primal(v_dot))[..., np.newaxis], unknown, 0.0)
    for lanes, rows in zip(records, v_mixed):
        store_mixed(space, lanes, rows)
    return 0


cdef bint moves(list tangents) except -1:
    """Whether any of these holds anything but structural zeros."""
    return any([tangent is not None and not np.all((tangent == 0.0) & np.signbit(tangent)) for tangent in tangents])


cdef object tangents(result, size_t n):
    return result if isinstance(result, (tuple, list)) else [result] if n == 1 else [None] * n


cdef ForwardNumber dual_of(lane_space *space, uint64_t level, object values, object lanes):
    """The first-order number with these values and lanes (copied)."""
    cdef ForwardNumber number = constants(space, level, np.array(values, dtype=np.float64))
    number.records[..., :space.lanes.p] = lanes
    return number if number.values.ndim else get(number, ())


cdef object mixed_lanes(lane_space *space, records):
    """x12 of records: shape + (p, q), both triangles."""
    cdef size_t p = space.lanes.p, q = space.lanes.q, size = space.lanes.size, count, at, n, element, i, j
    cdef cnp.ndarray source = np.ascontiguousarray(records), mixed = np.empty(records[..., 0].shape + (p, q))
    cdef const double *record = <const double *>cnp.PyArray_DATA(source)
    cdef double *x12 = <double *>cnp.PyArray_DATA(mixed)
    count = source.size // size if size else 0
    for element in range(count):
        at = space.lanes.x12
        for i in range(p):
            n = i + 1 if space.lanes.symmetric else q
            for j in range(n):
                x12[i * q + j] = record[at + j]
                if space.lanes.symmetric:
                    x12[j * q + i] = record[at + j]
            at += dt_row_size(&space.lanes, i)
        record += size
        x12 += p * q
    return mixed


cdef int store_mixed(lane_space *space, records, mixed) except -1:
    """The opposite: x12 into records."""
    cdef size_t i, n, at = space.lanes.x12
    for i in range(space.lanes.p):
        n = i + 1 if space.lanes.symmetric else space.lanes.q
        records[..., at:at + n] = mixed[..., i, :n]
        at += dt_row_size(&space.lanes, i)
    return 0
