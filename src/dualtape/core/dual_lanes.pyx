"""Layouts of lanes: how many a number has, and where its record holds which. Called by the other dual modules."""

from cpython.mem cimport PyMem_RawFree, PyMem_RawMalloc
from libc.stdint cimport uintptr_t
from dualtape.core.c cimport dt_row_size

cdef dict _spaces = {}


cdef size_t padded(size_t n, size_t unit) noexcept:
    return (n + unit - 1) // unit * unit


cdef lane_space *intern_space(int order, bint symmetric, size_t p, size_t q, bint single_1, bint single_2) except NULL:
    """The layout with these properties; made once, then always the same."""
    key = (order, symmetric, p, q, single_1, single_2)
    cdef lane_space *space
    found = _spaces.get(key)
    if found is not None:
        return <lane_space *><uintptr_t>found
    space = _new_space(order, symmetric, p, q, single_1, single_2)
    found = _spaces.setdefault(key, <uintptr_t>space)
    if <uintptr_t>found != <uintptr_t>space:    # another thread came first
        PyMem_RawFree(<void *>space.lanes.nothing)
        PyMem_RawFree(space)
    return <lane_space *><uintptr_t>found


cdef lane_space *_new_space(int order, bint symmetric, size_t p, size_t q, bint single_1, bint single_2) except NULL:
    cdef lane_space *space = <lane_space *>PyMem_RawMalloc(sizeof(lane_space))
    if space == NULL:
        raise MemoryError()
    cdef size_t most = max(p, q if order == 2 else 0), i
    space.single_1, space.single_2 = single_1, single_2
    space.free, space.n_free = NULL, 0
    space.lanes.order, space.lanes.symmetric, space.lanes.p, space.lanes.q = order, symmetric, p, q
    space.lanes.unit = 1 if most <= 1 else 2 if most == 2 else 4
    space.lanes.x2 = 0 if symmetric or order == 1 else padded(p, space.lanes.unit)
    space.lanes.x12 = space.lanes.size = padded(p, space.lanes.unit)
    if order == 2:
        space.lanes.x12 = space.lanes.x2 + padded(q, space.lanes.unit)
        space.lanes.size = space.lanes.x12
        for i in range(p):
            space.lanes.size += dt_row_size(&space.lanes, i)
    cdef double *nothing = <double *>PyMem_RawMalloc((space.lanes.size + 1) * sizeof(double))
    if nothing == NULL:
        PyMem_RawFree(space)
        raise MemoryError()
    for i in range(space.lanes.size):
        nothing[i] = -0.0
    space.lanes.nothing = nothing
    return space
