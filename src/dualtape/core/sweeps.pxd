# Workspaces of the sweeps, shared with the one-shot drivers.
from dualtape.core.c cimport dt_workspace
from dualtape.core.tape cimport Tape


cdef class Workspace:
    cdef double *memory
    cdef size_t capacity         # doubles

    cdef double *reserve(self, size_t doubles) except NULL


cdef Workspace acquire_workspace()
cdef void release_workspace(Workspace work)
cdef int run_adjoint(Tape tape, dt_workspace *work, size_t end) except -1
cdef Py_ssize_t run_primal(Tape tape, dt_workspace *work, size_t end) except -2
