/* What a kernel is and what one instruction-set target exports. The kernels themselves are generated from the rule
 * table (ops/table.py, ops/codegen.py), the propagation through a tape is written by hand (propagate.c); both are
 * compiled once per target from one source, and core/kernels.pyx chooses one `dt_library` at import. Read by every C
 * file. */
#ifndef DT_KERNEL_H
#define DT_KERNEL_H

#include <stddef.h>
#include <stdint.h>

#if defined(_MSC_VER)
#define DT_INLINE static __forceinline
#define DT_SERIES static __declspec(noinline)
#define DT_NOINLINE static __declspec(noinline)
#elif defined(__GNUC__)
#define DT_INLINE static inline __attribute__((always_inline, unused))
#define DT_SERIES static __attribute__((noinline, unused))
#define DT_PREFETCH(address, writes) __builtin_prefetch(address, writes)
#define DT_NOINLINE static __attribute__((noinline, unused))
#else
#define DT_INLINE static inline
#define DT_SERIES static
#define DT_NOINLINE static
#endif

/* No kernel is called with more than DT_BLOCK elements. Its scratch arrays are longer, so that they never touch: the
 * loops of NumPy 2.0 take arrays that touch for overlapping ones, and round otherwise then. */
enum { DT_BLOCK = 1024, DT_SCRATCH = DT_BLOCK + 8 };

enum dt_active { DT_X_ACTIVE = 1, DT_Y_ACTIVE = 2, DT_BOTH_ACTIVE = 3 };

/* Loops that add what comes back to a result to the adjoints of its operands: x_bar[i] (+)= dx[i]*v_bar[sv*i] + 0.0,
 * the same for y. No element of v_bar is structurally zero (propagate.h has the loops for that). One operand alone: the
 * other one has stride sy (sx), v_bar has sv. Both: all strides are 1, and the adjoints do not overlap. "assign": not
 * added, but the first contribution. */
typedef void (*dt_adjoint_loop)(size_t n, const double *x, const double *y, const double *v, const double *v_bar,
                                double *x_bar, double *y_bar);

enum { DT_BOTH_LOOPS = 16, DT_N_ADJOINT_LOOPS = 20 };

static inline unsigned dt_one_loop(unsigned is_y, unsigned other_step, unsigned sv, unsigned assign)
{
    return is_y << 3 | other_step << 2 | sv << 1 | assign;
}

static inline unsigned dt_both_loop(unsigned assign_x, unsigned assign_y)
{
    return DT_BOTH_LOOPS | assign_x << 1 | assign_y;
}

/* What a partial derivative is for every x and y. Only DT_GENERAL ones are written by a kernel. */
enum dt_partial {
    DT_ZERO,      /* structurally: the operand does not reach the result through this partial */
    DT_ONE,
    DT_MINUS_ONE,
    DT_IS_X,      /* the operand itself */
    DT_IS_Y,
    DT_GENERAL,
    DT_NO_RULE    /* no closed form: the operand must be passive */
};

typedef struct dt_op {
    const char *name;  /* of the row: NumPy's name */
    uint8_t arity;     /* 1 or 2 */
    uint8_t dx, dy, dxx, dxy, dyy; /* enum dt_partial; dy, dxy, dyy are DT_ZERO in unary rows */
    uint8_t selects;   /* elements of its partials may be -0.0: not connected */
} dt_op;

/* The kernels of one row, for n <= DT_BLOCK elements.
 * in   x, y   operands with strides sx, sy in elements, 0 or 1. Unary rows: y is not read (NULL), sx is taken to be 1
 * in   v      (n,) primal
 * in   active which operands are active (enum dt_active); partials with respect to a passive one are not written
 * out  v, d*  (n,) contiguous, overlapping no input. Only partials that are DT_GENERAL are written, and only those are
 *             read by `second`; the others may be NULL
 * A written partial is never -0.0, except where it means "not connected" (special.h).  */
typedef struct dt_kernel {
    void (*primal)(size_t n, const double *x, size_t sx, const double *y, size_t sy, double *v);
    void (*first)(size_t n, const double *x, size_t sx, const double *y, size_t sy, const double *v, unsigned active,
                  double *dx, double *dy);
    void (*second)(size_t n, const double *x, size_t sx, const double *y, size_t sy, const double *v, const double *dx,
                   const double *dy, unsigned active, double *dxx, double *dxy, double *dyy);
    /* as primal, faster and right to an ulp, but not NumPy's to the last bit; NULL: there is no such */
    void (*near_primal)(size_t n, const double *x, size_t sx, const double *y, size_t sy, double *v);
    const dt_adjoint_loop *adjoint;   /* (DT_N_ADJOINT_LOOPS,); NULL where the general way is no slower */
} dt_kernel;

/* An inner loop of a ufunc, called without the GIL: PyUFuncGenericFunction of NumPy's C API, npy_intp being
 * ptrdiff_t. */
typedef void (*dt_inner_loop)(char **args, const ptrdiff_t *dims, const ptrdiff_t *steps, void *data);

typedef struct dt_loop {
    const char *home;  /* module of the ufunc: "numpy" or "scipy.special" */
    const char *name;  /* attribute of that module */
    int n_in;          /* operands */
    dt_inner_loop run; /* float64 loop; set by core/kernels.pyx, which fills NaN until then */
    void *data;        /* what NumPy passes along */
} dt_loop;

typedef struct dt_library {
    const char *target;       /* "baseline", "avx2", "avx512" */
    const dt_kernel *kernels; /* (n_ops,) indexed by opcode */
    const dt_op *ops;         /* (n_ops,) */
    size_t n_ops;
    const struct dt_hyperdual *hyperdual;     /* the chain rule of forward-mode numbers: hyperdual.h */
    /* the chain rule over arrays: propagate.h; set by propagate.c's DT_PROPAGATION */
    const struct dt_propagation *propagation;
    const struct dt_scalar_sweeps *scalars;   /* scalars.h; set by scalars.c's DT_SCALAR_SWEEPS */
    const struct dt_lane_sweeps *lanes;       /* lanes.h; set by lanes.c's DT_LANE_SWEEPS */
    const struct dt_lane_arrays *lane_arrays; /* lane_arrays.h; set by lane_arrays.c's DT_LANE_ARRAYS */
} dt_library;

#endif
