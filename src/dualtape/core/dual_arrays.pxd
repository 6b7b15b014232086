"""Access to the records of numbers, for dual_parts."""

cimport numpy as cnp
from libc.stdint cimport uint64_t
from dualtape.core.dual cimport ForwardNumber, lane_space


cdef object number_of(ForwardNumber leader, object operand)
cdef cnp.ndarray record_array(ForwardNumber x)
cdef object view(ForwardNumber x, object values, object records)
cdef object mixed_lanes(lane_space *space, records)
cdef int store_mixed(lane_space *space, records, mixed) except -1
