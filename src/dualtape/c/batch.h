/* Many points at once through a recording of scalar operations: a lane is a point, lane k of slot s is at [s*q + k].
 * One instruction is then one call of an array kernel, which is vector code and is paid for q points. Recordings with
 * array nodes are vector code already and are replayed point by point. Called by core/tape.pyx. */
#ifndef DT_BATCH_H
#define DT_BATCH_H

#include "tape.h"

typedef struct dt_batch {
    size_t q;                 /* lanes, at most DT_BLOCK */
    double *value;            /* (n_slots, q); constants and inputs are in place before a primal sweep */
    double *adjoint;          /* (n_slots, q) */
    double *partial;          /* (2, q) scratch */
    uint32_t *failed;         /* (q,) number of the first guard that does not hold in a lane, or DT_HOLDS */
} dt_batch;

#define DT_HOLDS UINT32_MAX

/* Does the recording consist of scalar operations and guards on them alone? */
int dt_batch_serves(const dt_tape *tape);

/* Every slot = its value in the tape, in all lanes. */
void dt_batch_fill(const dt_tape *tape, dt_batch *batch);

/* Values of all slots. A lane in which a guard fails is computed on, and marked. */
void dt_batch_primal(const dt_tape *tape, dt_batch *batch);

/* One adjoint sweep for all lanes, from seeds in `adjoint`. */
void dt_batch_adjoint(const dt_tape *tape, dt_batch *batch);

#endif
