# A traced number of shape (): a handle (tape, slot). Immutable, like np.float64.
from libc.stdint cimport uint16_t, uint32_t

from dualtape.core.tape cimport Tape


cdef class TracedScalar:
    cdef Tape tape
    cdef uint32_t slot
    cdef readonly bint is_float      # of Python's, see kinds.pxd


cdef TracedScalar traced_scalar(Tape tape, uint32_t slot)

# Before op(a, b), or op(a): np.errstate may have asked for floating-point errors.
cdef int hear(uint16_t op, object a, object b) except -1

# Slot of any number on `tape`: a traced scalar of it, a constant, or a captured number of an outer level. `active[0]`
# tells which. Returns 0 with active -1 if `number` is not a scalar that a tape can take (an array, a stranger).
cdef int refuse_inner(Tape tape, object number) except -1
cdef uint32_t slot_of(Tape tape, object number, int *active) except? 0

# `tape` has taken in a number of an outer level: it is guarded if that one is.
cdef int inherit_guards(Tape tape, object number) except -1
