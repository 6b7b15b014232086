# One recorded path of a function, ready to run at other points.
cimport numpy as cnp

from dualtape.core.c cimport dt_workspace
from dualtape.core.sweeps cimport Workspace
from dualtape.core.tape cimport Tape


cdef class Path:
    cdef readonly Tape tape
    cdef readonly cnp.ndarray slots       # int64 (m,): where the results are
    cdef readonly Py_ssize_t n, m         # numbers in all inputs, in all results
    cdef size_t result                    # slot of the first result
    cdef size_t tail                      # what a gradient sweeps while it computes it: see c/tape.h
    cdef bint binds                       # may a gradient read the inputs where the caller has them?
    cdef size_t sweep_doubles             # memory of a gradient: adjoints and scratch
    cdef bint is_brief                    # over before another thread could have been woken up
    cdef bint has_calls                   # does Python run in a replay?
    cdef object lean                      # the same for values alone, once it was asked for
    cdef list idle                        # workspaces of values, with the constants in place

    cdef Workspace acquire(self)
    cdef int release(self, Workspace values) except -1
    cdef void read(self, Workspace values, double *out) noexcept
    cdef Py_ssize_t run(self, Workspace values) except -2
    cdef double *beside(self, Workspace values) except NULL
    cdef Py_ssize_t sweep_gradient(self, dt_workspace *work, const double *x, double *g, bint value_too) noexcept nogil
    cdef Py_ssize_t gradient_with_calls(self, dt_workspace *work, const double *x, double *g, bint value_too) except -2
    cdef void start_back(self, dt_workspace *work, const double *x, double *g, bint value_too) noexcept nogil
    cdef void read_gradient(self, dt_workspace *work, double *g) noexcept nogil
    cdef Py_ssize_t gradient(self, Workspace values, const double *x, double *g, bint value_too) except -2
