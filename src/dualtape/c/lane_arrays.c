/* See lane_arrays.h. Every function is compiled for lanes by the four and by the eight: `unit` is a constant. */
#include "lane_arrays.h"
#include "special.h"

#define EACH for (size_t k = 0; k < p; k++)

/* A -0.0 that need not be checked is a number like any other: 0.0. */
DT_INLINE double partial_at(dt_partial_array d, size_t i)
{
    if (!d.at) return -0.0;
    return d.check ? d.at[i * d.step] : d.at[i * d.step] + 0.0;
}

DT_INLINE void no_lanes(size_t p, double *out) { EACH out[k] = -0.0; }

DT_INLINE void one_term(size_t p, double a, const double *restrict x, double *restrict out, int assign)
{
    if (assign) EACH out[k] = a * x[k];
    else EACH out[k] += a * x[k];
}

DT_INLINE void two_terms(size_t p, double a, const double *x, double b, const double *y, double *restrict out,
                         int assign)
{
    if (assign) EACH out[k] = a * x[k] + b * y[k];
    else EACH out[k] += a * x[k] + b * y[k];
}

DT_INLINE void three_terms(size_t p, double a, const double *x, double b, const double *y, double c, const double *z,
                           double *restrict out, int assign)
{
    if (assign) EACH out[k] = a * x[k] + (b * y[k] + c * z[k]);
    else EACH out[k] += a * x[k] + (b * y[k] + c * z[k]);
}

DT_INLINE int array_tangent(size_t unit, size_t n, size_t p, const dt_lane_operand *x, const dt_lane_operand *y,
                            double *v_dot)
{
    double check = 0.0;
    p &= ~(unit - 1);
    for (size_t i = 0; i < n; i++, v_dot += p) {
        const double dx = partial_at(x->d, i), dy = partial_at(y->d, i);
        const double *x_dot = x->dot + i * x->step * p, *y_dot = y->dot + i * y->step * p;
        check += 0.0 * dx + 0.0 * dy;
        if (dt_is_structural(dy)) {
            if (dt_is_structural(dx)) no_lanes(p, v_dot);
            else one_term(p, dx, x_dot, v_dot, 1);
        } else if (dt_is_structural(dx)) one_term(p, dy, y_dot, v_dot, 1);
        else two_terms(p, dx, x_dot, dy, y_dot, v_dot, 1);
    }
    return check == 0.0;
}

DT_INLINE int array_adjoint(size_t unit, size_t n, size_t p, dt_partial_array d, const double *v_bar, double *x_bar,
                            size_t step, int assign)
{
    double check = 0.0;
    p &= ~(unit - 1);
    for (size_t i = 0; i < n; i++, v_bar += p, x_bar += step * p) {
        const double a = partial_at(d, i);
        check += 0.0 * a;
        if (!dt_is_structural(a)) one_term(p, a, v_bar, x_bar, assign && step);
        else if (assign && step) no_lanes(p, x_bar);
    }
    return check == 0.0;
}

DT_INLINE int array_second(size_t unit, size_t n, size_t p, dt_partial_array d, const double *v_bar,
                           const double *v_bar_dot, const dt_lane_operand *x, const dt_lane_operand *y,
                           double *x_bar_dot, size_t step, int assign)
{
    double check = 0.0;
    p &= ~(unit - 1);
    assign = assign && step;
    for (size_t i = 0; i < n; i++, v_bar_dot += p, x_bar_dot += step * p) {
        const double a = partial_at(d, i), b = dt_tie(partial_at(x->d, i), v_bar[i]);
        const double c = dt_tie(partial_at(y->d, i), v_bar[i]);
        const double *x_dot = x->dot + i * x->step * p, *y_dot = y->dot + i * y->step * p;
        check += 0.0 * a + 0.0 * b + 0.0 * c;
        if (dt_is_structural(a) | dt_is_structural(v_bar[i])) {
            if (assign) no_lanes(p, x_bar_dot);
        } else if (dt_is_structural(c)) {
            if (dt_is_structural(b)) one_term(p, a, v_bar_dot, x_bar_dot, assign);
            else two_terms(p, a, v_bar_dot, b, x_dot, x_bar_dot, assign);
        } else if (dt_is_structural(b)) two_terms(p, a, v_bar_dot, c, y_dot, x_bar_dot, assign);
        else three_terms(p, a, v_bar_dot, b, x_dot, c, y_dot, x_bar_dot, assign);
    }
    return check == 0.0;
}

#undef EACH

static int lanes_of_tangent(size_t n, size_t p, const dt_lane_operand *x, const dt_lane_operand *y, double *v_dot)
{
    return p % 8 ? array_tangent(4, n, p, x, y, v_dot) : array_tangent(8, n, p, x, y, v_dot);
}

static int lanes_of_adjoint(size_t n, size_t p, dt_partial_array d, const double *v_bar, double *x_bar, size_t step,
                            int assign)
{
    return p % 8 ? array_adjoint(4, n, p, d, v_bar, x_bar, step, assign)
                 : array_adjoint(8, n, p, d, v_bar, x_bar, step, assign);
}

static int lanes_of_second(size_t n, size_t p, dt_partial_array d, const double *v_bar, const double *v_bar_dot,
                           const dt_lane_operand *x, const dt_lane_operand *y, double *x_bar_dot, size_t step,
                           int assign)
{
    return p % 8 ? array_second(4, n, p, d, v_bar, v_bar_dot, x, y, x_bar_dot, step, assign)
                 : array_second(8, n, p, d, v_bar, v_bar_dot, x, y, x_bar_dot, step, assign);
}

static const dt_lane_arrays lane_arrays = {lanes_of_tangent, lanes_of_adjoint, lanes_of_second};

#define DT_LANE_ARRAYS .lane_arrays = &lane_arrays
