"""Forward-mode numbers: values that carry their first (Dual) or first and second (HyperDual) derivatives along."""

from libc.stdint cimport uint64_t
cimport numpy as cnp
from dualtape.core.dual_lanes cimport lane_space


cdef class ForwardNumber:
    cdef lane_space *space
    cdef readonly uint64_t level     # 0: made by hand; else that of the forward evaluation it belongs to

    # a scalar
    cdef readonly bint is_float      # of Python's, see kinds.pxd
    cdef double value
    cdef double *lanes               # (space.lanes.size,) one record, ours; NULL: this is an array

    # an array: both may be views, and then of the same elements
    cdef cnp.ndarray values          # shape
    cdef cnp.ndarray records         # shape + (space.lanes.size,), strides those of values times its last axis


cdef class Dual(ForwardNumber):
    pass


cdef class DualArray(Dual):
    pass


cdef class HyperDual(ForwardNumber):
    pass


cdef class HyperDualArray(HyperDual):
    pass


cdef ForwardNumber new_scalar(lane_space *space, uint64_t level)
cdef ForwardNumber new_array(lane_space *space, uint64_t level, cnp.ndarray values, cnp.ndarray records)
cdef bint as_double(object number, double *value) except -1
cdef ForwardNumber scalar_operation(unsigned op, ForwardNumber x, ForwardNumber y, double x_value, double y_value)
cdef bint fit(ForwardNumber x, ForwardNumber y) except -1
cdef int require_running(ForwardNumber x) except -1
