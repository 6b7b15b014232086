"""Every C declaration that the core uses, header by header. The layouts and contracts are documented in the headers."""

from libc.stddef cimport ptrdiff_t
from libc.stdint cimport uint8_t


cdef extern from "kernel.h" nogil:
    enum:
        DT_BLOCK

    enum dt_active:
        DT_X_ACTIVE
        DT_Y_ACTIVE
        DT_BOTH_ACTIVE

    enum dt_partial:
        DT_ZERO
        DT_ONE
        DT_MINUS_ONE
        DT_IS_X
        DT_IS_Y
        DT_GENERAL
        DT_NO_RULE

    ctypedef struct dt_op:
        const char *name
        uint8_t arity
        uint8_t dx
        uint8_t dy
        uint8_t dxx
        uint8_t dxy
        uint8_t dyy

    ctypedef struct dt_kernel:
        void (*primal)(size_t n, const double *x, size_t sx, const double *y, size_t sy, double *v) noexcept nogil
        void (*first)(size_t n, const double *x, size_t sx, const double *y, size_t sy, const double *v,
                      unsigned active, double *dx, double *dy) noexcept nogil
        void (*second)(size_t n, const double *x, size_t sx, const double *y, size_t sy, const double *v,
                       const double *dx, const double *dy, unsigned active,
                       double *dxx, double *dxy, double *dyy) noexcept nogil

    ctypedef void (*dt_inner_loop)(char **args, const ptrdiff_t *dims, const ptrdiff_t *steps, void *data) noexcept nogil

    ctypedef struct dt_loop:
        const char *home
        const char *name
        int n_in
        dt_inner_loop run
        void *data

    ctypedef struct dt_library:
        const char *target
        const dt_kernel *kernels
        const dt_op *ops
        size_t n_ops


cdef extern from "special.h" nogil:
    bint dt_is_structural(double d)
    double dt_tie(double d, double s)


cdef extern from "scalar.gen.h" nogil:
    double dt_scalar_primal(const dt_library *lib, unsigned op, double x, double y)
    void dt_scalar_first(const dt_library *lib, unsigned op, double x, double y, double v, unsigned active,
                         double *dx, double *dy)
    void dt_scalar_second(const dt_library *lib, unsigned op, double x, double y, double v, double dx, double dy,
                          unsigned active, double *dxx, double *dxy, double *dyy)


cdef extern from "opcodes.h" nogil:
    enum:
        DT_N_OPS
        DT_N_LOOPS


# Defined in the generated registry.c and targets.c; core/kernels.pyx alone links them.
cdef extern from "targets.h" nogil:
    dt_loop *dt_loops
    const dt_library **dt_libraries
    int dt_cpu_runs(const char *target)
