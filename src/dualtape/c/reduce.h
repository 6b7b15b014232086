/* Sums along axes, added as NumPy adds them. Called by sweep.c. */
#ifndef DT_REDUCE_H
#define DT_REDUCE_H

#include "tape.h"

/* Value of a DT_SUM_AXES node: each element of the result starts from 0.0. */
void dt_sum_axes(const dt_tape *tape, const dt_node *node, double *value);

#endif
