"""Second-order lanes in and out of records, for dual_parts."""

from dualtape.core.dual_lanes cimport lane_space
cdef object mixed_lanes(lane_space *space, records)
cdef int store_mixed(lane_space *space, records, mixed) except -1
