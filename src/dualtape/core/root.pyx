"""The memory behind buffers (buffer.pyx): plain, and from the first active number on one active array.

A *root* is all the memory that arrays share which are views of each other. Every array keeps its place in it: pointer,
shape and strides. When the root becomes active, the same place in the active array is what the array shows."""
cimport cython
cimport numpy as cnp
from libc.stdint cimport int64_t, uint32_t
from libc.string cimport memcpy
import numpy as np

from dualtape.core.array cimport TracedArray, as_view, at_position, new_view, store
from dualtape.core.dual cimport ForwardNumber, new_array
from dualtape.core.dual_arrays cimport element
from dualtape.core.layout cimport MAX_NDIM, check_ndim
from dualtape.core.scalar cimport TracedScalar
from dualtape.errors import TraceEscapeError

cnp.import_array()

cdef object STRIDED = type(np.lib.stride_tricks.as_strided(np.zeros(1)).base)     # what its views are based on
cdef int HALF = np.dtype(np.float16).num


# ---- plain memory ----

@cython.final
@cython.no_gc
@cython.freelist(64)
cdef class Root:
    """Memory that arrays share."""


cdef int real_kind(cnp.ndarray a) noexcept:
    """Type number of the real numbers that `a` consists of; -1 if no derivative can live there."""
    cdef int kind = cnp.PyArray_TYPE(a)
    if not cnp.PyArray_ISNOTSWAPPED(a):
        return -1
    if kind == cnp.NPY_DOUBLE or kind == cnp.NPY_FLOAT or kind == HALF:
        return kind
    if kind == cnp.NPY_CDOUBLE:
        return cnp.NPY_DOUBLE
    return cnp.NPY_FLOAT if kind == cnp.NPY_CFLOAT else -1


cdef bint is_complex(cnp.ndarray a) noexcept:
    cdef int kind = cnp.PyArray_TYPE(a)
    return kind == cnp.NPY_CDOUBLE or kind == cnp.NPY_CFLOAT


cdef object base_of(cnp.ndarray a):
    cdef object base = <object>cnp.PyArray_BASE(a) if cnp.PyArray_BASE(a) != NULL else None
    if type(base) is memoryview:
        return base.obj
    return base.base if type(base) is STRIDED else base


cdef cnp.ndarray owner_of(cnp.ndarray a):
    """The ndarray whose elements `a` shows."""
    cdef object base = base_of(a)
    while cnp.PyArray_CheckExact(base):
        a = base
        base = base_of(a)
    return a


cdef Root new_root(cnp.ndarray memory, int kind):
    """The root of all arrays that own elements of `memory`; None if they do not lie in it one after the other."""
    cdef Root root = Root.__new__(Root)
    cdef object base
    root.memory, root.kind = memory, kind
    root.unit = 8 if kind == cnp.NPY_DOUBLE else 4 if kind == cnp.NPY_FLOAT else 2 if kind == HALF else 1
    if not (cnp.PyArray_IS_C_CONTIGUOUS(memory) or cnp.PyArray_IS_F_CONTIGUOUS(memory)):
        return None
    if <Py_ssize_t>cnp.PyArray_DATA(memory) % root.unit or cnp.PyArray_NBYTES(memory) % root.unit:
        return None
    root.low = cnp.PyArray_BYTES(memory)
    root.count = cnp.PyArray_NBYTES(memory) // root.unit
    base = base_of(memory)
    if kind < 0:
        root.closed = (f"has dtype {memory.dtype}", "make it an array of floats: y = y.astype(float)")
    elif real_kind(memory) != kind:
        root.closed = ("shares its memory with an array of another dtype", "make a copy: y = y.copy()")
    elif base is not None and type(base).__name__ != "PyCapsule":
        root.closed = (f"shares its memory with a {type(base).__name__}", "make a copy: y = y.copy()")
    return root


# ---- becoming active ----

cdef cnp.ndarray flat(Root root):
    """All real numbers of a root as one array."""
    cdef cnp.npy_intp dims[1]
    cdef cnp.ndarray numbers
    dims[0] = root.count
    numbers = cnp.PyArray_New(np.ndarray, 1, dims, root.kind, NULL, root.low, 0, cnp.NPY_ARRAY_WRITEABLE, <object>NULL)
    cnp.set_array_base(numbers, root.memory)
    return numbers


cdef int lift(Root root, number) except -1:
    """Make room for an active number: of the first one, or of one of an inner level."""
    cdef cnp.ndarray numbers
    if root.active is None:
        if root.closed is not None:
            raise TraceEscapeError(f"a traced number was to be written into an array that {root.closed[0]}",
                                   root.closed[1])
        numbers = flat(root)
        root.active = number.engine.lift(numbers)
        numbers.fill(np.nan)
    elif number.level > root.active.level:
        root.active = number.engine.move([root.active], np.array)
    return 0


cdef object view_of(object active, int64_t offset, int ndim, const int64_t *dims, const int64_t *steps, bint fixed):
    """The view of a one-dimensional active array from element `offset` on."""
    cdef cnp.npy_intp lengths[MAX_NDIM + 1]
    cdef cnp.npy_intp strides[MAX_NDIM + 1]
    cdef ForwardNumber dual
    cdef TracedArray view
    cdef cnp.ndarray values, records
    cdef int axis, flags = 0 if fixed else cnp.NPY_ARRAY_WRITEABLE
    if type(active) is TracedArray:
        view = new_view(<TracedArray>active, (<TracedArray>active).offset + offset, ndim, dims, steps)
        view.fixed = fixed
        return view
    dual = <ForwardNumber?>active
    for axis in range(ndim):
        lengths[axis], strides[axis] = dims[axis], 8 * steps[axis]
    values = cnp.PyArray_New(np.ndarray, ndim, lengths, cnp.NPY_DOUBLE, strides,
                             cnp.PyArray_BYTES(dual.values) + 8 * offset, 8, flags, <object>NULL)
    cnp.set_array_base(values, dual.values)
    for axis in range(ndim):
        strides[axis] *= <cnp.npy_intp>dual.space.lanes.size
    lengths[ndim], strides[ndim] = dual.space.lanes.size, 8
    records = cnp.PyArray_New(np.ndarray, ndim + 1, lengths, cnp.NPY_DOUBLE, strides,
                              cnp.PyArray_BYTES(dual.records) + 8 * offset * <cnp.npy_intp>dual.space.lanes.size,
                              8, flags, <object>NULL)
    cnp.set_array_base(records, dual.records)
    return new_array(dual.space, dual.level, values, records)


cdef object part_of(Root root, cnp.ndarray plain, bint imaginary):
    """The part of an active root that lies where the array `plain` does; of a complex one the real or the imaginary
    parts."""
    cdef int64_t dims[MAX_NDIM]
    cdef int64_t steps[MAX_NDIM]
    cdef int axis, ndim = cnp.PyArray_NDIM(plain)
    cdef int64_t offset = 0
    check_ndim(ndim)
    if cnp.PyArray_SIZE(plain):
        offset = (cnp.PyArray_BYTES(plain) - root.low) // root.unit + imaginary
    for axis in range(ndim):
        dims[axis] = cnp.PyArray_DIM(plain, axis)
        steps[axis] = cnp.PyArray_STRIDE(plain, axis) // root.unit
    return view_of(root.active, offset, ndim, dims, steps, not cnp.PyArray_CHKFLAGS(plain, cnp.NPY_ARRAY_WRITEABLE))


cdef cnp.ndarray place_of(Root root, object active):
    """The inverse: the plain array that lies where `active` does in an active root; None if it lies elsewhere."""
    cdef TracedArray traced
    cdef ForwardNumber dual, whole
    cdef cnp.npy_intp dims[MAX_NDIM]
    cdef cnp.npy_intp strides[MAX_NDIM]
    cdef int64_t offset = 0
    cdef int axis, ndim, flags = cnp.NPY_ARRAY_WRITEABLE
    cdef cnp.ndarray plain
    if type(active) is TracedArray and type(root.active) is TracedArray:
        traced = <TracedArray>active
        if traced.owner() is not (<TracedArray>root.active).owner():
            return None
        ndim, offset = traced.ndim, traced.offset
        for axis in range(ndim):
            dims[axis], strides[axis] = traced.dims[axis], traced.steps[axis] * root.unit
        flags = 0 if traced.fixed else flags
    elif isinstance(active, ForwardNumber) and isinstance(root.active, ForwardNumber):
        dual, whole = <ForwardNumber>active, <ForwardNumber>root.active
        if dual.lanes != NULL or owner_of(dual.values) is not owner_of(whole.values):
            return None
        ndim = cnp.PyArray_NDIM(dual.values)
        if cnp.PyArray_SIZE(dual.values):
            offset = (cnp.PyArray_BYTES(dual.values) - cnp.PyArray_BYTES(whole.values)) // 8
        for axis in range(ndim):
            dims[axis] = cnp.PyArray_DIM(dual.values, axis)
            strides[axis] = cnp.PyArray_STRIDE(dual.values, axis) // 8 * root.unit
        flags = flags if cnp.PyArray_CHKFLAGS(dual.values, cnp.NPY_ARRAY_WRITEABLE) else 0
    else:
        return None
    plain = cnp.PyArray_New(np.ndarray, ndim, dims, root.kind, strides, root.low + offset * root.unit,
                            <int>root.unit, flags, <object>NULL)
    cnp.set_array_base(plain, root.memory)
    return plain


# ---- single elements ----

cdef inline bint is_index(object i) noexcept:
    return type(i) is int or type(i) is np.int64


cdef int64_t position(Root root, cnp.ndarray plain, object index) except -2:
    """Place in the root of one element of a real array, for an index of integers within bounds; else -1."""
    cdef char *at = cnp.PyArray_BYTES(plain)
    cdef int axis, ndim = cnp.PyArray_NDIM(plain)
    cdef Py_ssize_t i, n
    if is_index(index):
        if ndim != 1:
            return -1
    elif type(index) is not tuple or len(<tuple>index) != ndim:
        return -1
    for axis in range(ndim):
        entry = (<tuple>index)[axis] if type(index) is tuple else index
        if not is_index(entry):
            return -1
        i, n = entry, cnp.PyArray_DIM(plain, axis)
        if i < 0:
            i += n
        if i < 0 or i >= n:
            return -1
        at += i * cnp.PyArray_STRIDE(plain, axis)
    return -1 if is_complex(plain) else (at - root.low) // root.unit


cdef bint put_element(Root root, int64_t place, object value) except -1:
    """Write one number into the element at `place`, if that takes no more than this; else False."""
    cdef TracedArray owner
    cdef ForwardNumber whole, number
    cdef uint32_t slot
    cdef Py_ssize_t size
    if root.kind != cnp.NPY_DOUBLE:
        return False
    if type(root.active) is TracedArray:
        owner = (<TracedArray>root.active).owner()
        if owner.tape.sealed:
            return False
        if type(value) is TracedScalar and (<TracedScalar>value).tape is owner.tape:
            slot = (<TracedScalar>value).slot
        elif type(value) is float:
            slot = owner.tape.constant(value)
        else:
            return False
        if owner.ids is None:
            store(owner)
            owner.ids = np.arange(owner.slot, owner.slot + owner.size, dtype=np.int64)
        owner.constant = False
        (<int64_t *>cnp.PyArray_DATA(owner.ids))[place] = slot
        return True
    if isinstance(root.active, ForwardNumber) and isinstance(value, ForwardNumber):
        whole, number = <ForwardNumber>root.active, <ForwardNumber>value
        if number.lanes == NULL or number.space is not whole.space or number.level != whole.level:
            return False
        size = whole.space.lanes.size
        (<double *>cnp.PyArray_DATA(whole.values))[place] = number.value
        memcpy(<double *>cnp.PyArray_DATA(whole.records) + place * size, number.lanes, size * sizeof(double))
        return True
    return False


cdef object get_element(Root root, int64_t place):
    cdef ForwardNumber whole
    if type(root.active) is TracedArray:
        return at_position(<TracedArray>root.active, (<TracedArray>root.active).offset + place)
    whole = <ForwardNumber?>root.active
    return element(whole, (<double *>cnp.PyArray_DATA(whole.values))[place],
                   <double *>cnp.PyArray_DATA(whole.records) + place * <Py_ssize_t>whole.space.lanes.size)


# ---- which memory active arrays share ----

cdef object stand_in(object x, cnp.ndarray table):
    cdef cnp.ndarray view
    if type(x) is TracedArray:
        view = as_view(<TracedArray>x, <char *>cnp.PyArray_DATA(table), cnp.NPY_INT64)
        cnp.set_array_base(view, table)
        return view
    if isinstance(x, ForwardNumber) and (<ForwardNumber>x).lanes == NULL:
        return (<ForwardNumber>x).values
    return x if type(x) is np.ndarray else np.empty(np.shape(x))


cdef cnp.ndarray table_of(object x):
    return np.empty((<TracedArray>x).owner().size if type(x) is TracedArray else 0, dtype=np.int64)


def stand_ins(a, b):
    """Two plain arrays that share memory as these arrays do, which may be active."""
    cdef cnp.ndarray first = table_of(a), second
    if type(a) is TracedArray and type(b) is TracedArray and (<TracedArray>a).owner() is (<TracedArray>b).owner():
        second = first
    else:
        second = table_of(b)
    return stand_in(a, first), stand_in(b, second)
