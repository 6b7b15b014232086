/* Sweeps over runs of scalar instructions, compiled once per instruction set (scalars.c). sweep.c calls them and does
 * the instructions in between. */
#ifndef DT_SCALARS_H
#define DT_SCALARS_H

#include "tape.h"

/* Both go through [begin, end), one lane, and past guards; they return at the first instruction that is neither a guard
 * nor a scalar operation: its index (`primal`, which also stops at a guard that does not hold), or its index + 1
 * (`adjoint`, which begins at the end). Or where they are done: `end`, or `begin`. */
typedef struct dt_scalar_sweeps {
    size_t (*primal)(const dt_tape *tape, double *value, size_t begin, size_t end);
    size_t (*adjoint)(const dt_tape *tape, const double *value, double *adjoint, size_t begin, size_t end);
} dt_scalar_sweeps;

#endif
