"""What the NumPy handlers may ask of a tape: elementwise operations, movement of elements, array operations with a
Python rule, and arrays that traced values can be written into. The Dual numbers offer the same four (core/dual.pyx), so
that handlers are written once.

Movement is NumPy's own function applied to slot ids; the result is a view where NumPy's is a view, otherwise ids that
are gathered when somebody reads them."""
cimport cython
cimport numpy as cnp
from libc.stdint cimport int64_t, uint32_t
from libc.string cimport memcpy
import numpy as np

from dualtape.core.array cimport (
    TracedArray, as_view, at_position, elementwise, ids_of, new_root, new_view, readable, store)
from dualtape.core.c cimport DT_ACTIVE_A, DT_CALL, DT_GATHER, DT_OP_NODE, dt_node
from dualtape.core.calls cimport ArrayCall, Place, note_call
from dualtape.core.calls import real_result
from dualtape.core.holder cimport Holder, plain_key
from dualtape.core.layout cimport MAX_NDIM, MOST_GAPS, check_ndim, copied_as_laid, may_share, memory_axes
from dualtape.core.level cimport listeners
from dualtape.core.scalar cimport TracedScalar, inherit_guards, refuse_inner, slot_of, traced_scalar
from dualtape.core.scalar import bound_method, escape, peek
from dualtape.core.tape cimport Tape
from dualtape.errors import DtypeError, UnsupportedOperation

cnp.import_array()


# ---- constants and captured numbers ----

cdef TracedArray constant_array(Tape tape, cnp.ndarray values):
    """Copies plain values into slots, in their own memory order: nothing that happens to the original later can change
    the recording."""
    cdef int64_t dims[MAX_NDIM]
    cdef list order = memory_axes(values)
    if order is not None:
        return transposed_back(constant_array(tape, values.transpose(order)), order)
    cdef Py_ssize_t axis, n = cnp.PyArray_SIZE(values)
    check_ndim(values.ndim)
    for axis in range(values.ndim):
        dims[axis] = cnp.PyArray_DIM(values, axis)
    cdef TracedArray x = new_root(tape, values.ndim, dims, n)
    x.slot, x.constant = tape.new_slots(n), True
    if cnp.PyArray_TYPE(values) == cnp.NPY_FLOAT64 and cnp.PyArray_ISCARRAY_RO(values):
        memcpy(tape.c.value + x.slot, cnp.PyArray_DATA(values), n * sizeof(double))
    else:
        cnp.PyArray_SimpleNewFromData(values.ndim, dims, cnp.NPY_FLOAT64, tape.c.value + x.slot)[...] = values
    return x


cdef TracedArray computed_array(Tape tape, cnp.ndarray values):
    """Slots for what NumPy has computed from traced values."""
    cdef TracedArray x = constant_array(tape, values)
    x.owner().constant = False
    return x


cdef object captured_array(Tape tape, object number):
    """An array of an outer level, as it is now: a constant here, through which the outer level can differentiate."""
    cdef cnp.ndarray values = np.asarray(peek(number))
    cdef TracedArray x = constant_array(tape, values)
    cdef list order = memory_axes(values)
    tape.captures.append((x.owner().slot, (number if order is None else number.transpose(order)).copy()))
    inherit_guards(tape, number)
    return x


def as_traced(Tape tape, x):
    """Any operand as a traced number of `tape` or a NumPy scalar; NotImplemented for what is not numeric."""
    cdef int active = 0
    cdef uint32_t slot
    if type(x) is TracedArray and (<TracedArray>x).tape is tape:
        return x
    if type(x) is TracedScalar and (<TracedScalar>x).tape is tape:
        return x
    if isinstance(x, Holder):
        return as_traced(tape, (<Holder>x).held())
    if getattr(x, "engine", None) is not None:
        if x.level > tape.level:
            return NotImplemented
        if x.shape == ():
            return traced_scalar(tape, slot_of(tape, x, &active))
        return captured_array(tape, x)
    if isinstance(x, (list, tuple)):
        x = np.array(x, dtype=object) if any_traced(x) else np.asarray(x)
    if not cnp.PyArray_Check(x):
        if hasattr(x, "as_numbers"):                    # a mask: handlers/masks.py
            return as_traced(tape, x.as_numbers())
        return x if np.isscalar(x) else NotImplemented
    if type(x) is not np.ndarray and type(x) is not np.memmap:
        raise DtypeError.of_subclass(x, "an operand")
    if x.dtype == object:
        if any([isinstance(number, complex) or hasattr(type(number), "complex_parts") for number in x.flat]):
            return NotImplemented                       # handlers/complex_numbers.py
        return wrap_moved(tape, slots_of_objects(tape, x), [], [])
    if x.dtype.kind not in "fiubc":
        raise DtypeError(f"an array of dtype {x.dtype} met a traced value; real numbers were expected",
                         "keep real and imaginary parts apart, and leave strings and objects out of the arithmetic")
    return constant_array(tape, x) if x.dtype.kind != "c" else NotImplemented       # handlers/complex_numbers.py


def any_traced(values):
    return any(any_traced(v) if isinstance(v, (list, tuple)) else hasattr(v, "engine") for v in values)


cdef object slots_of_objects(Tape tape, object objects):
    """int64 slots of an object array of traced scalars and plain numbers (what np.array([a, b]) makes of traced
    scalars)."""
    cdef int active
    cdef cnp.ndarray ids = np.empty(objects.size, dtype=np.int64)
    cdef Py_ssize_t i
    for i, number in enumerate(objects.ravel()):
        active = 0
        slot = slot_of(tape, number, &active)
        if active < 0:
            refuse_inner(tape, number)
            raise DtypeError(
                f"an object array holds a {type(number).__name__}; real numbers and traced scalars have derivatives",
                "build the array from numbers only")
        ids[i] = slot
    laid_out = np.empty_like(objects, dtype=np.int64)
    laid_out[...] = ids.reshape(objects.shape)
    return laid_out


def operand_ids(Tape tape, x):
    """int64 slots of any operand: an array for an array, a scalar for a scalar, which NumPy tells apart."""
    cdef int active = 0
    if tape.sealed:
        tape.raise_sealed()
    traced = as_traced(tape, x)
    if traced is NotImplemented:
        refuse_inner(tape, x)
    x = x if traced is NotImplemented else traced
    if type(x) is TracedArray:
        return ids_of(<TracedArray>x)
    if type(x) is TracedScalar:
        return np.int64((<TracedScalar>x).slot)
    slot = slot_of(tape, x, &active)
    if active >= 0:
        return np.int64(slot)
    raise DtypeError(f"a {type(x).__name__} met traced values where a real number or array was expected",
                     "convert it to float64 first")


# ---- ids: which slot every element is in ----

cpdef object from_ids(Tape tape, object ids):
    """Traced number whose elements are in the given slots: a new root, or a scalar for shape ()."""
    cdef cnp.ndarray table = np.ascontiguousarray(ids, dtype=np.int64)
    cdef int64_t *at = <int64_t *>cnp.PyArray_DATA(table)
    cdef int64_t dims[MAX_NDIM]
    cdef TracedArray x
    cdef Py_ssize_t i, n = table.size
    cdef int ndim = np.ndim(ids)
    if ndim == 0:
        return traced_scalar(tape, <uint32_t>at[0])
    check_ndim(ndim)
    for i in range(ndim):
        dims[i] = ids.shape[i]
    x = new_root(tape, ndim, dims, n)
    for i in range(1, n):
        if at[i] != at[0] + i:
            break
    else:
        x.slot = at[0] if n else 0
        return x
    x.ids = table.reshape(-1) if cnp.PyArray_CHKFLAGS(table, cnp.NPY_ARRAY_OWNDATA) else table.flatten()
    return x


def write_back(TracedArray x, TracedArray y):
    """x[...] = y for y of the same shape: x and all its views now show y."""
    cdef TracedArray root = x.owner()
    y = readable(y)
    if x.root is None and y.root is None:
        if root.slot < 0 and root.ids is None and root.tape.alive[root.node] == &root.slot:
            root.tape.alive[root.node] = NULL
        root.ids = None
        root.constant = False
        root.slot, root.node = y.slot, y.node
        if y.slot < 0:
            root.tape.alive[y.node] = &root.slot
            store(root)           # y shares the slots with x, so that both have to find them
            y.slot = root.slot
        return
    writable_ids(x)[...] = ids_of(y)
    return 0


def overwritten(TracedArray x, y, other):
    """x, once the result y of ``x op other`` has been written into it and so into all its views."""
    if y is NotImplemented:
        refuse_inner(x.tape, other)
        return y
    if x.fixed:
        raise ValueError("output array is read-only")
    if y.shape != x.shape:
        np.add(np.zeros(x.shape), np.zeros(y.shape), out=np.zeros(x.shape))   # NumPy's own error
    if type(y) is TracedArray:
        write_back(x, y)
    else:
        assign(x, Ellipsis, y)
    return x


cdef cnp.ndarray writable_ids(TracedArray x):
    cdef TracedArray root = x.owner()
    store(x)
    root.constant = False
    if root.ids is None:
        root.ids = np.arange(root.slot, root.slot + root.size, dtype=np.int64)
    return ids_of(x)


def settled(TracedArray x):
    """A written-to array with its elements in slots. Read as a whole, its root is a run of slots again; of a part, only
    only the memory of the part is gathered, if it is not a run already."""
    cdef TracedArray root = x.owner(), part
    cdef int64_t first = x.offset, extent = 1
    if x.size == root.size:
        root.slot = (<TracedArray>gather(x.tape, root.ids)).slot
        root.ids = None
        return x
    if x.ndim == 0:
        part = new_root(x.tape, 0, x.dims, 1)
        part.slot = ids_of(x)[()]
        return part
    for axis in range(x.ndim):
        first += min((x.dims[axis] - 1) * x.steps[axis], 0)
        extent += abs((x.dims[axis] - 1) * x.steps[axis])
    if extent > MOST_GAPS * x.size:
        return gather(x.tape, ids_of(x))
    memory = root.ids[first:first + extent]
    part = from_ids(x.tape, memory)
    return new_view(part if part.ids is None else gather(x.tape, memory), x.offset - first, x.ndim, x.dims, x.steps)


def objects_of(TracedArray x):
    """The elements as an object array of traced scalars."""
    ids = ids_of(x)
    objects = np.empty_like(ids, dtype=object)
    for place in np.ndindex(x.shape):
        objects[place] = traced_scalar(x.tape, <uint32_t>ids[place])
    return objects


def whole_of(TracedArray x, dtype):
    """The elements as bools or integers, which change by steps: plain, and guarded in a program."""
    if np.dtype(dtype).kind not in "biu":
        raise escape(f"np.asarray(..., dtype={np.dtype(dtype).name})", "leave out the dtype: it is float64 already")
    return np.asarray(bound_method(x, "astype")(dtype))


# ---- movement ----

cdef TracedArray transposed_back(TracedArray x, list order):
    """The view of x whose axis order[i] is axis i of x."""
    cdef int64_t dims[MAX_NDIM]
    cdef int64_t steps[MAX_NDIM]
    cdef int i
    for i in range(x.ndim):
        dims[<int>order[i]] = x.dims[i]
        steps[<int>order[i]] = x.steps[i]
    return new_view(x, x.offset, x.ndim, dims, steps)


def gather(Tape tape, ids):
    """Copies the values in the slots `ids` into a new run of slots, in the memory order of `ids`: one DT_GATHER
    node."""
    cdef list order = memory_axes(ids)
    if order is not None:
        return transposed_back(gather(tape, ids.transpose(order)), order)
    cdef cnp.ndarray flat = np.ascontiguousarray(ids, dtype=np.int64)
    cdef int64_t dims[MAX_NDIM]
    cdef TracedArray x
    cdef dt_node *node
    cdef Py_ssize_t i, n = flat.size
    cdef int axis
    cdef int64_t place
    cdef uint32_t out
    check_ndim(ids.ndim)
    for axis in range(ids.ndim):
        dims[axis] = ids.shape[axis]
    tape.flush()
    x = new_root(tape, ids.ndim, dims, n)
    place = tape.new_ids(flat)
    out = tape.new_slots(n)
    node = tape.new_node()
    node.kind, node.n, node.out, node.active, node.op = DT_GATHER, n, out, DT_ACTIVE_A, 0
    node.arg[0].at = place
    tape.append(DT_OP_NODE, DT_ACTIVE_A, <uint32_t>(tape.c.n_nodes - 1), 0, out)
    tape.evaluated = tape.c.n_instr
    for i in range(n):
        tape.c.value[out + i] = tape.c.value[tape.c.id[place + i]]
    x.slot = out
    return x


cdef object wrap_moved(Tape tape, object moved, list bases, list tables):
    """A traced number for ids that NumPy has moved: a view of an operand where they are a view of its ids, else a new
    array."""
    cdef cnp.ndarray ids
    cdef TracedArray base
    cdef int64_t dims[MAX_NDIM]
    cdef int64_t steps[MAX_NDIM]
    cdef int64_t distance
    cdef int axis
    if isinstance(moved, (tuple, list)):
        return type(moved)([wrap_moved(tape, part, bases, tables) for part in moved])
    if not cnp.PyArray_Check(moved):
        return traced_scalar(tape, <uint32_t>int(moved))
    ids = moved
    check_ndim(ids.ndim)
    if ids.dtype != np.int64:
        raise UnsupportedOperation(f"an operation on traced values gave indices of dtype {ids.dtype}",
                                   "use a float64 array")
    for base, table in zip(bases, tables):
        if base is None or not np.may_share_memory(ids, table) or ids.size == 0:
            continue
        distance = (<char *>cnp.PyArray_DATA(ids) - <char *>cnp.PyArray_DATA(table)) // 8
        for axis in range(ids.ndim):
            dims[axis] = cnp.PyArray_DIM(ids, axis)
            steps[axis] = cnp.PyArray_STRIDE(ids, axis) // 8
        moved = new_view(base, base.offset + distance, ids.ndim, dims, steps)
        (<TracedArray>moved).fixed |= not cnp.PyArray_CHKFLAGS(ids, cnp.NPY_ARRAY_WRITEABLE)
        return moved
    if ids.ndim == 0:                       # an array, where NumPy gave one: it can be written into, and shared
        return new_view(from_ids(tape, moved.reshape(1)), 0, 0, dims, steps)
    order = memory_axes(ids)
    return from_ids(tape, ids) if order is None else transposed_back(from_ids(tape, moved.transpose(order)), order)


def move(Tape tape, operands, fn):
    """See TapeEngine.move."""
    cdef list tables = [operand_ids(tape, x) for x in operands]
    cdef list bases = [x if type(x) is TracedArray and (<TracedArray>x).tape is tape else None for x in operands]
    return wrap_moved(tape, fn(*tables), bases, tables)


def transposed(TracedArray x):
    return transposed_back(x, list(range(x.ndim - 1, -1, -1)))


def reshape_in_place(TracedArray x, shape):
    """``x.shape = shape``: the same elements in the same memory, or NumPy's error."""
    ids = ids_of(x).view()
    ids.shape = shape
    check_ndim(ids.ndim)
    x.ndim = ids.ndim
    for axis in range(x.ndim):
        x.dims[axis], x.steps[axis] = ids.shape[axis], ids.strides[axis] // 8


def copied(TracedArray x):
    cdef TracedArray source = readable(x), y
    if not source.contiguous:
        return from_ids(x.tape, ids_of(x))
    store(source)
    y = new_root(x.tape, source.ndim, source.dims, source.size)
    y.slot = source.owner().slot + source.offset      # values never change, so that a copy shares them
    y.constant = source.owner().constant
    return y


def is_basic(index):
    if not isinstance(index, tuple):
        index = (index,)
    return all(i is None or i is Ellipsis or isinstance(i, (int, slice, np.integer)) and not isinstance(i, bool)
               for i in index)


def index(TracedArray x, where):
    """x[where] for every kind of index; basic ones need no ids, only the arithmetic of NumPy's strides."""
    cdef cnp.ndarray carrier, part
    cdef int64_t dims[MAX_NDIM]
    cdef int64_t steps[MAX_NDIM]
    cdef int64_t distance
    cdef int axis
    where = without_masks(where)
    if not is_basic(where):
        return move(x.tape, (x,), lambda ids: ids[where])
    store(x)
    carrier = as_view(x, <char *>x.tape.c.value, cnp.NPY_INT64)      # only its strides are used, never what it holds
    where = where if isinstance(where, tuple) else (where,)
    part = carrier[where if Ellipsis in where else where + (Ellipsis,)]
    distance = (<char *>cnp.PyArray_DATA(part) - <char *>cnp.PyArray_DATA(carrier)) // 8
    if part.ndim == 0 and Ellipsis not in where:
        return at_position(x, x.offset + distance)
    check_ndim(part.ndim)
    for axis in range(part.ndim):
        dims[axis] = cnp.PyArray_DIM(part, axis)
        steps[axis] = cnp.PyArray_STRIDE(part, axis) // 8
    return new_view(x, x.offset + distance, part.ndim, dims, steps)


def without_masks(where):
    """An index with plain arrays in place of masks, which are guarded: the shape of what is indexed depends on them."""
    where = plain_key(where)
    if isinstance(where, tuple):
        return tuple([without_masks(i) for i in where])
    return where.primal if hasattr(where, "as_numbers") else where


cdef bint is_choice(TracedArray x, where, value) except -1:
    """Is x[where] = value a choice by a mask, element by element?"""
    return (hasattr(where, "as_numbers") and where.dtype == np.bool_ and where.numbers.level <= x.tape.level
            and where.shape == x.shape[:where.ndim] and np.ndim(value) <= x.ndim - where.ndim)


def assign(TracedArray x, where, value):
    """x[where] = value with NumPy's semantics: the ids of the value are written into the ids of x."""
    if x.fixed:
        raise ValueError("assignment destination is read-only")
    if is_choice(x, where, value):
        where, value = Ellipsis, np.where(where[(Ellipsis,) + (None,) * (x.ndim - where.ndim)], value, x)
    where = without_masks(where)
    ids = operand_ids(x.tape, value)
    if where is Ellipsis or (type(where) is slice and where == slice(None)):
        whole = as_traced(x.tape, value)
        if type(whole) is TracedArray and whole.shape == x.shape:
            write_back(x, (<TracedArray>whole).copy())
            return
    writable_ids(x)[where] = ids


# ---- operations with a Python rule ----

cdef object place_of(Tape tape, object x, bint active):
    cdef TracedArray array
    if type(x) is TracedScalar:
        return Place((<TracedScalar>x).slot, (), (), active)
    if type(x) is not TracedArray:
        if cnp.PyArray_Check(x):
            return copied_as_laid(x if x.dtype == np.float64 else x.astype(np.float64))
        return np.array(x, dtype=np.float64) if isinstance(x, (list, tuple)) else x
    array = readable(<TracedArray>x)
    if may_share(array.ndim, array.dims, array.steps):      # elements that share a slot cannot be added to
        array = gather(tape, np.positive(ids_of(array)))    # in the order in which NumPy goes through them
    store(array)
    return Place(<uint32_t>(array.owner().slot + array.offset), array.shape, array.strides, active)


def array_op(Tape tape, row, operands, params):
    """See TapeEngine.array_op."""
    cdef dt_node *node
    cdef list places = [], traced = []
    for x in operands:
        if any_traced((x,)) or isinstance(x, Holder) or (cnp.PyArray_Check(x) and x.dtype == object):
            y = as_traced(tape, x)
            places.append(place_of(tape, y, getattr(x, "level", tape.level) == tape.level))
        else:
            places.append(place_of(tape, x, False))
    tape.flush()
    tape.hold()
    try:
        xs = [(<Place>at).array(tape.c.value, 0)[()] if type(at) is Place else at for at in places]
        try:
            result = row.primal(*xs, **params)
        except Exception:
            guards.guard_operands(operands)
            raise
        single = not isinstance(result, tuple)
        results = [computed_array(tape, real_result(row, part)) for part in ((result,) if single else result)]
    finally:
        tape.let_go()
    tape.flush()          # what another thread of f has recorded meanwhile
    call = ArrayCall(row, params, places, [place_of(tape, part, True) for part in results], single)
    node = tape.new_node()
    node.kind, node.n, node.out, node.active, node.op = DT_CALL, 0, -1, DT_ACTIVE_A, 0
    node.arg[0].at = len(tape.calls)
    note_call(tape, call)
    tape.append(DT_OP_NODE, DT_ACTIVE_A, <uint32_t>(tape.c.n_nodes - 1), 0, 0)
    tape.evaluated = tape.c.n_instr
    outputs = [traced_scalar(tape, <uint32_t>(<TracedArray>part).slot) if (<TracedArray>part).ndim == 0 else part
               for part in results]
    return outputs[0] if single else tuple(outputs)


# ---- what handlers see ----

@cython.final
cdef class TapeEngine:
    """Operations on numbers of one tape; the same four methods as the forward engine's."""

    def __cinit__(self, Tape tape):
        self.tape = tape

    @property
    def level(self):
        return self.tape.level

    def elementwise(self, int opcode, a, b=None):
        """The function of the table with this opcode, broadcast over its operands."""
        return elementwise(self.tape, opcode, a, b)

    def move(self, operands, fn):
        """fn(*ids) on one int64 array of element ids per operand; its result (or tuple, list of results) as traced
        numbers."""
        return move(self.tape, operands, fn)

    def array_op(self, row, operands, params):
        """An operation of ops/array_ops.py."""
        if row.name == "sum" and "where" not in params and "initial" not in params:
            if listeners()[0]:
                from dualtape.handlers.floating_point import compute_array
                compute_array(row, operands, params)
            return sum_op(self.tape, operands[0], **params)
        return array_op(self.tape, row, operands, params)

    def unconnected(self, x):
        """Bool for each element: structurally zero, in every replay."""
        return operand_ids(self.tape, x) == 0

    def lift(self, values):
        """A traced array of constants, to be written into."""
        return constant_array(self.tape, np.asarray(values, dtype=np.float64))


from dualtape.core import guards     # both cimport what stands above
from dualtape.core.sums import sum_dense, sum_op
