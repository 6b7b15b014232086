"""Access to the memory of forward-mode numbers, for dual_engine and dual_parts."""

cimport numpy as cnp
from libc.stdint cimport uint64_t
from dualtape.core.dual cimport ForwardNumber
from dualtape.core.dual_lanes cimport lane_space
cdef object number_of(ForwardNumber leader, object operand)
cdef cnp.ndarray record_array(ForwardNumber x)
cdef cnp.ndarray records_for(cnp.ndarray values, size_t size)
cdef object view(ForwardNumber x, object values, object records)
cdef ForwardNumber element(ForwardNumber x, double value, const double *record)
cdef ForwardNumber constants(lane_space *space, uint64_t level, object values)
