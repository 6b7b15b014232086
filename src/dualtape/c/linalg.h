/* Native array operations: calls of ops/array_ops.py and ops/matrix_ops.py whose primal and derivatives also run here,
 * between other instructions, without Python and without the GIL. Values come from the inner loops of NumPy's own
 * gufuncs, on operands laid out as NumPy's were, and so are NumPy's bit for bit.
 *
 * An operation may decline: it returns 0 and has not written anything that matters. Then the caller runs the Python
 * rule, which is the general way, and the one that raises NumPy's errors. Called by sweep.c; described by
 * core/calls.pyx. */
#ifndef DT_LINALG_H
#define DT_LINALG_H

#include "tape.h"

enum dt_native_op {
    DT_NOT_NATIVE,
    DT_MATMUL,           /* (m, n), (n, q) -> (m, q) */
    DT_VECDOT,           /* (n), (n) -> () */
    DT_MATVEC,           /* (m, n), (n) -> (m) */
    DT_VECMAT,           /* (n), (n, q) -> (q) */
    DT_SOLVE,            /* (m, m), (m, q) -> (m, q); from here on matrix.c */
    DT_SOLVE_VECTOR,     /* (m, m), (m) -> (m) */
    DT_INV,              /* (m, m) -> (m, m) */
    DT_DET,              /* (m, m) -> () */
    DT_LOGDET,           /* (m, m) -> (), of the absolute value */
    DT_CHOLESKY,         /* (m, m) -> (m, m) lower */
    DT_CHOLESKY_UPPER,
    DT_N_NATIVE
};

/* An operand: a matrix for each index into the leading axes, which are broadcast already. */
typedef struct dt_stack {
    const double *constant;     /* numbers of a passive operand, owned by the ArrayCall; NULL: it is on the tape */
    int64_t slot;               /* of the first element */
    int64_t row, column;        /* steps in slots; 0 along an axis that the operand does not have */
    uint32_t view;              /* leading axes, in tape->view */
} dt_stack;

typedef struct dt_native {
    uint8_t op;                 /* enum dt_native_op */
    uint8_t active;             /* DT_ACTIVE_A | DT_ACTIVE_B */
    dt_stack arg[2];            /* (rows, inner) and (inner, columns); the second is not used by functions of one */
    int64_t out;                /* first slot of the result, which is in C order */
    size_t count;               /* matrices in a stack */
    size_t rows, inner, columns;
    size_t size;                /* elements of the result for each matrix */
} dt_native;

enum { DT_NATIVE_MASKS = 4 };   /* bytes for each lane: which lanes count */

/* Doubles of scratch that a native operation needs: for each lane, and besides. */
size_t dt_native_room(const dt_native *call);
size_t dt_native_base(const dt_native *call);

/* Each returns 1, or 0 if it declines. */
int dt_native_primal(const dt_tape *tape, const dt_native *call, const dt_workspace *work);
int dt_native_tangent(const dt_tape *tape, const dt_native *call, const dt_workspace *work);
int dt_native_adjoint(const dt_tape *tape, const dt_native *call, const dt_workspace *work);
int dt_native_second(const dt_tape *tape, const dt_native *call, const dt_workspace *work);

#endif
