# Inputs of a recording, for the one-shot drivers.
cimport numpy as cnp

from dualtape.core.array cimport TracedArray
from dualtape.core.scalar cimport TracedScalar
from dualtape.core.tape cimport Tape


cdef TracedArray input_array(Tape tape, cnp.ndarray values)
cdef TracedScalar input_scalar(Tape tape, double value, bint is_float)
