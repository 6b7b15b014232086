# One recorded path of a function, ready to run at other points.
cimport numpy as cnp

from dualtape.core.sweeps cimport Workspace
from dualtape.core.tape cimport Tape


cdef class Path:
    cdef readonly Tape tape
    cdef readonly cnp.ndarray slots       # int64 (m,): where the results are
    cdef readonly Py_ssize_t n, m         # numbers in all inputs, in all results
    cdef size_t result                    # slot of the first result
    cdef bint has_calls                   # does Python run in a replay?
    cdef list idle                        # workspaces of values, with the constants in place

    cdef Workspace acquire(self)
    cdef int release(self, Workspace values) except -1
    cdef void read(self, Workspace values, double *out) noexcept
    cdef Py_ssize_t run(self, Workspace values) except -2
    cdef Py_ssize_t gradient(self, Workspace values, double *g) except -2
