/* The chain rule over arrays with many lanes while all partials are finite (tape.h: finite): propagate.h's loops
 * without selections, all terms of a result in one pass. Lanes come by the four. A partial that is structurally zero
 * leaves its term out, element by element.
 * return 0 if a partial is not finite */
#ifndef DT_LANE_ARRAYS_H
#define DT_LANE_ARRAYS_H

#include "propagate.h"

/* An operand of a node: how it enters, and its tangents, with step 0 the same for all elements. */
typedef struct dt_lane_operand {
    dt_partial_array d;
    const double *dot;
    size_t step;
} dt_lane_operand;

typedef struct dt_lane_arrays {
    /* v_dot[i,k] = dx[i] x_dot[i,k] + dy[i] y_dot[i,k] */
    int (*tangent)(size_t n, size_t p, const dt_lane_operand *x, const dt_lane_operand *y, double *v_dot);
    /* x_bar[i,k] (+)= d[i] v_bar[i,k];  with step 0 all elements go to x_bar[0,k] and are never assigned */
    int (*adjoint)(size_t n, size_t p, dt_partial_array d, const double *v_bar, double *x_bar, size_t step, int assign);
    /* x_bar_dot[i,k] (+)= d[i] v_bar_dot[i,k] + v_bar[i] (x.d[i] x.dot[i,k] + y.d[i] y.dot[i,k]), where x.d and y.d are
     * second partials */
    int (*second)(size_t n, size_t p, dt_partial_array d, const double *v_bar, const double *v_bar_dot,
                  const dt_lane_operand *x, const dt_lane_operand *y, double *x_bar_dot, size_t step, int assign);
} dt_lane_arrays;

#endif
