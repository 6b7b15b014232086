# Array operations on the tape: where their operands and results are, and which of them C runs.
cimport numpy as cnp
from libc.stdint cimport uint32_t

from dualtape.core.tape cimport Tape


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


cdef int note_call(Tape tape, ArrayCall call) except -1   # adds it to tape.calls
cdef int describe_calls(Tape tape) except -1              # what c/linalg.c must know of all calls that it knows not yet
