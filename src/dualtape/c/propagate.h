/* Chain rule over arrays: the loops that carry tangents and adjoints through a node once its partials are known.
 * Generic in the function, built once per instruction set together with the kernels. Lane k of element i is at [i*p +
 * k]; a step of 0 repeats one element. "tie" is the product rule with structural zeros: tie(d, s) = s if s is bitwise
 * -0.0 (and -0.0 if d is, where `check`), else d*s + 0.0. */
#ifndef DT_PROPAGATE_H
#define DT_PROPAGATE_H

#include <stddef.h>

typedef struct dt_partial_array {
    const double *at;    /* NULL: structurally zero */
    size_t step;         /* 0 or 1 */
    int check;           /* its elements may be structurally zero one by one (a selection) */
} dt_partial_array;

typedef struct dt_propagation {
    /* v_dot[i,k] (+)= tie(d[i], x_dot[i,k]);  out assigned where `assign`, else accumulated */
    void (*tangent)(size_t n, size_t p, dt_partial_array d, const double *x_dot, size_t step, double *v_dot,
                    int assign);
    /* x_bar[i,k] (+)= tie(d[i], v_bar[i,k]);  with step 0 all elements go to x_bar[0,k] and are never assigned */
    void (*adjoint)(size_t n, size_t p, dt_partial_array d, const double *v_bar, double *x_bar, size_t step,
                    int assign);
    /* x_bar_dot[i,k] += tie(tie(dd[i], v_bar[i]), y_dot[i,k]) */
    void (*second)(size_t n, size_t p, dt_partial_array dd, const double *v_bar, const double *y_dot, size_t y_step,
                   double *x_bar_dot, size_t step);
    /* sum of x in NumPy's pairwise order, for n <= DT_BLOCK or any n */
    double (*pairwise_sum)(size_t n, const double *x);
    /* is some element structurally zero? */
    int (*has_structural)(size_t n, const double *array);
    /* array[i] = structural zero: how tangents and adjoints start */
    void (*fill_structural)(size_t n, double *array);
} dt_propagation;

#endif
