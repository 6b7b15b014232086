"""Lanes in and out of records, for dual_parts."""

from libc.stdint cimport uint64_t
from dualtape.core.dual cimport ForwardNumber
from dualtape.core.dual_lanes cimport lane_space


cdef ForwardNumber dual_of(lane_space *space, uint64_t level, object values, object lanes)
cdef object mixed_lanes(lane_space *space, records)
cdef int store_mixed(lane_space *space, records, mixed) except -1
