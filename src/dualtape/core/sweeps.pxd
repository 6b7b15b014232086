# Workspaces of the sweeps, shared with the one-shot drivers.
from libc.stdint cimport int64_t

from dualtape.core.c cimport dt_workspace
from dualtape.core.engine cimport ArrayCall
from dualtape.core.tape cimport Tape


cdef class Workspace:
    cdef void *block             # what was allocated
    cdef double *memory          # on a cache line of it
    cdef size_t capacity         # doubles
    cdef Workspace beside        # of values that are used again and again: memory of the sweeps that go with them

    cdef double *reserve(self, size_t doubles) except NULL


cdef Workspace acquire_workspace()
cdef void release_workspace(Workspace work)
cdef bint run_adjoint(Tape tape, dt_workspace *work, size_t end) except -1
cdef Py_ssize_t run_primal(Tape tape, dt_workspace *work, size_t end) except -2
cdef ArrayCall call_at(Tape tape, size_t instruction)
cdef int call_primal(ArrayCall call, double *value) except -1
cdef int call_tangent(ArrayCall call, dt_workspace *work) except -1
cdef int call_adjoint(ArrayCall call, dt_workspace *work) except -1
cdef int call_second(ArrayCall call, dt_workspace *work) except -1
cdef bint is_call(Tape tape, size_t instruction) noexcept nogil

# Whole matrices at `value`, the values of all slots (NULL: where f was recorded), of the results in m slots.
cdef int fill_jacobian(Tape tape, double *value, const int64_t *outputs, Py_ssize_t m, bint forward,
                       double *out) except -1
cdef int fill_hessian(Tape tape, double *value, const int64_t *outputs, Py_ssize_t m, const double *w,
                      double *out) except -1

# The same times p directions S (n, p): J S, (m, p), or d/dx (J' w) S, (n, p).
cdef int push_matrix(Tape tape, double *value, const int64_t *outputs, Py_ssize_t m, const double *S, Py_ssize_t p,
                     bint raw, double *out) except -1
cdef int bend_matrix(Tape tape, double *value, const int64_t *outputs, Py_ssize_t m, const double *w, const double *S,
                     Py_ssize_t p, double *out) except -1
