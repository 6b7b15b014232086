/* The block engine: a segment is a run of elementwise nodes and full sums over the same n elements, swept block by
 * block so that its intermediates live in cache. A node with a slot (`out >= 0`) is stored; the others are computed
 * again in every sweep, which is cheaper than memory. A single stored node is a segment, too: there is one engine.
 * Called by sweep.c and tail.c only. */
#ifndef DT_SEGMENT_H
#define DT_SEGMENT_H

#include "tape.h"

void dt_segment_primal(const dt_tape *tape, dt_workspace *work, size_t first, size_t end);
/* Derivatives. return 0 at a partial that is not finite (tape.h: finite). The last segment of a recording computes its
 * tangents in its second-order sweep: `is_last`. */
int dt_segment_tangent(const dt_tape *tape, dt_workspace *work, size_t first, size_t end);
int dt_segment_adjoint(const dt_tape *tape, dt_workspace *work, size_t first, size_t end);
int dt_segment_second(const dt_tape *tape, dt_workspace *work, size_t first, size_t end, int is_last);

#endif
