/* Native matrix functions: solve, inv, det, slogdet, cholesky. The loops of numpy.linalg's gufuncs say by the invalid
 * flag of the floating point unit that a matrix is singular or not positive definite: then the operation declines. The
 * rules are those of ops/matrix_ops.py, which names their sources. Called by linalg.c. */
#ifndef DT_MATRIX_H
#define DT_MATRIX_H

#include "linalg.h"

/* As in linalg.h. */
int dt_matrix_primal(const dt_tape *tape, const dt_native *call, const dt_workspace *work);
int dt_matrix_tangent(const dt_tape *tape, const dt_native *call, const dt_workspace *work);
int dt_matrix_adjoint(const dt_tape *tape, const dt_native *call, const dt_workspace *work);
int dt_matrix_second(const dt_tape *tape, const dt_native *call, const dt_workspace *work);

#endif
