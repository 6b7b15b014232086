# Places of operands and results on the tape, for array operations whose rule is Python.
cimport numpy as cnp
from libc.stdint cimport uint32_t

from dualtape.core.tape cimport Tape


cdef class TapeEngine:
    cdef readonly Tape tape


cdef class Place:
    cdef readonly uint32_t slot      # of the first element
    cdef readonly tuple shape
    cdef readonly tuple strides      # bytes, as if one lane
    cdef readonly bint active

    cdef cnp.ndarray array(self, double *memory, Py_ssize_t p)


cdef class ArrayCall:
    cdef readonly object row         # ArrayOp
    cdef readonly dict params
    cdef readonly list operands      # Place, or the plain value of a passive operand
    cdef readonly list results       # Place
    cdef readonly bint single        # the operation gives one result, not a tuple
    cdef readonly tuple active


cpdef object from_ids(Tape tape, object ids)
