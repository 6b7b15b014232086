# An operand before it is recorded: where its elements are, and its shape.
cimport numpy as cnp
from libc.stdint cimport int64_t

from dualtape.core.c cimport dt_operand
from dualtape.core.tape cimport Tape

cdef enum:
    MAX_NDIM = 24
    MOST_GAPS = 8                # an array spread over more than so many times its size is taken as dense


cdef struct operand:
    int64_t slot                 # first slot; -1: in the open segment, result of `node`
    int64_t node
    bint active, contiguous
    int ndim
    size_t size
    const int64_t *dims
    const int64_t *steps
    int64_t own_dims[MAX_NDIM]   # for operands whose axes had to be arranged
    int64_t own_steps[MAX_NDIM]


cdef int check_ndim(int ndim) except -1
cdef void contiguous_steps(int ndim, const int64_t *dims, int64_t *steps) noexcept
cdef bint same_shape(const operand *a, const operand *b) noexcept
cdef int broadcast(const operand *a, const operand *b, int64_t *dims) except -1
cdef int place_operand(Tape tape, dt_operand *to, const operand *o, int ndim, const int64_t *dims, size_t n) except -1
cdef list memory_axes(cnp.ndarray x)
cpdef cnp.ndarray copied_as_laid(x)
cdef bint memory_order(const operand *a, const operand *b, int ndim, int *order) noexcept
cdef int arrange(operand *o, const int *order, int ndim) noexcept
cdef bint may_be_tied(Tape tape, const operand *x, const operand *y) noexcept
cdef bint may_share(int ndim, const int64_t *dims, const int64_t *steps) noexcept
