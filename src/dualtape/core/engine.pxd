# What handlers see of a tape. `Place` and `ArrayCall` are those of calls.pxd.
cimport numpy as cnp

from dualtape.core.array cimport TracedArray
from dualtape.core.calls cimport ArrayCall, Place
from dualtape.core.tape cimport Tape


cdef class TapeEngine:
    cdef readonly Tape tape


cdef TracedArray computed_array(Tape tape, cnp.ndarray values)
cdef object place_of(Tape tape, object x, bint active)    # a Place, or the plain value of a passive operand
cpdef object from_ids(Tape tape, object ids)
