/* Sweeps of many lanes over runs of scalar instructions, compiled once per instruction set (lanes.c). sweep.c calls
 * them and does the instructions in between. */
#ifndef DT_LANES_H
#define DT_LANES_H

#include "tape.h"

/* Each goes through [begin, end) and past guards; they return at the first instruction that they do not do: its index
 * (`tangent`), or its index + 1 (the others, which begin at the end). Or where they are done: `end`, or `begin`. With
 * work->finite that is also an operation whose partials are not finite. */
typedef struct dt_lane_sweeps {
    size_t (*tangent)(const dt_tape *tape, const dt_workspace *work, size_t begin, size_t end);
    size_t (*adjoint)(const dt_tape *tape, const dt_workspace *work, size_t begin, size_t end);
    size_t (*second)(const dt_tape *tape, const dt_workspace *work, size_t begin, size_t end);
} dt_lane_sweeps;

#endif
