# An inner recording swept on the tape around it; see resweep.pyx.
cimport numpy as cnp
from libc.stdint cimport int64_t, uint8_t, uint32_t

from dualtape.core.c cimport dt_instr
from dualtape.core.tape cimport Tape


# A number of the outer level.
cdef struct number:
    int64_t slot               # on the outer tape; 0: plain
    double value               # of a plain number; bitwise -0.0 is structurally zero


cdef class Numbers:
    cdef readonly Tape outer
    cdef readonly cnp.ndarray slot      # (slots,) int64
    cdef readonly cnp.ndarray value     # (slots,) float64
    cdef double absent                  # the plain number behind slot 0 of the outer tape
    cdef int64_t *at                    # memory of `slot`
    cdef double *of                     # memory of `value`

    cdef number pair(self, size_t i) noexcept
    cdef void set_pair(self, size_t i, number x) noexcept


cdef class Resweep:
    cdef readonly Tape tape             # the inner one, sealed
    cdef readonly Tape outer            # recording
    cdef readonly Numbers env           # the value of each inner slot
    cdef readonly cnp.ndarray depends   # (slots,) bool: depends on the inner inputs
    cdef readonly list nodes
    cdef readonly Py_ssize_t n          # inner inputs, in slots 1 .. n
    cdef uint8_t *is_reached            # memory of `depends`
    cdef Numbers known                  # (2*instructions,) first partials of scalar instructions, once for all lanes

    cdef int replay(self) except -1
    cdef int guard_again(self, const dt_instr *instr) except -1
    cdef number scalar_partial(self, size_t i, int which) except *
    cdef number partial_of(self, const dt_instr *instr, int which) except *
    cdef number decided_partial(self, const dt_instr *instr, int which, number x, number y, number v) except *
    cdef number by_formula(self, const dt_instr *instr, int which, number x, number y, number v) except *
    cdef int sweep_back(self, Numbers bar) except -1
    cdef int send(self, Numbers bar, size_t slot, number contribution) except -1
    cdef int start_adjoint(self, Numbers bar, cnp.ndarray slots, weights) except -1
    cpdef tuple gradient(self, uint32_t out, like, bint forward)
    cdef tuple pushed_gradient(self, uint32_t out, like)
