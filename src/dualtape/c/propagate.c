/* The loops of propagate.h, compiled once per instruction set (each target's generated file includes this one). The
 * element loops have no branches, so that a compiler turns them into vector code: a structural zero is selected, not
 * jumped over. */
#include <stdint.h>
#include <string.h>
#include "kernel.h"
#include "propagate.h"
#include "special.h"

/* d*s + 0.0 unless s (or a checked d) is the structural zero: then that. */
static inline double product(double d, double s) { return dt_is_structural(s) ? s : d * s + 0.0; }
static inline double checked_product(double d, double s)
{
    return dt_is_structural(s) | dt_is_structural(d) ? -0.0 : d * s + 0.0;
}

/* out[i] (+)= product of d[i*sd] and s[i*ss], i < n; the four combinations of steps are constants to the compiler. */
#define ONE_LANE(PRODUCT, ASSIGN, SD, SS)                                   \
    for (size_t i = 0; i < n; i++) {                                        \
        const double c = PRODUCT(d[i * (SD)], s[i * (SS)]);                 \
        out[i] = (ASSIGN) ? c : out[i] + c;                                 \
    }

#define ONE_LANE_STEPS(PRODUCT, ASSIGN)                                     \
    do {                                                                    \
        if (sd && ss) { ONE_LANE(PRODUCT, ASSIGN, 1, 1) }                   \
        else if (sd)  { ONE_LANE(PRODUCT, ASSIGN, 1, 0) }                   \
        else if (ss)  { ONE_LANE(PRODUCT, ASSIGN, 0, 1) }                   \
        else          { ONE_LANE(PRODUCT, ASSIGN, 0, 0) }                   \
    } while (0)

/* d = 1: what is structural stays so by itself. */
static void add_lane(size_t n, const double *restrict s, size_t ss, double *restrict out, int assign)
{
    if (assign)
        for (size_t i = 0; i < n; i++) out[i] = s[i * ss];
    else if (ss)
        for (size_t i = 0; i < n; i++) out[i] += s[i];
    else
        for (size_t i = 0; i < n; i++) out[i] += s[0];
}

static void multiply_lane(size_t n, const double *restrict d, size_t sd, int check, const double *restrict s, size_t ss,
                          double *restrict out, int assign)
{
    if (!sd && *d == 1.0) {
        add_lane(n, s, ss, out, assign);
    } else if (check) {
        if (assign) ONE_LANE_STEPS(checked_product, 1);
        else ONE_LANE_STEPS(checked_product, 0);
    } else {
        if (assign) ONE_LANE_STEPS(product, 1);
        else ONE_LANE_STEPS(product, 0);
    }
}

static void tangent(size_t n, size_t p, dt_partial_array d, const double *x_dot, size_t step, double *v_dot, int assign)
{
    if (p == 1) {
        multiply_lane(n, d.at, d.step, d.check, x_dot, step, v_dot, assign);
        return;
    }
    for (size_t i = 0; i < n; i++)
        multiply_lane(p, d.at + i * d.step, 0, d.check, x_dot + i * step * p, 1, v_dot + i * p, assign);
}

/* Sum over all elements of tie(d, v_bar), one lane, in eight chains. */
static double contracted(size_t n, dt_partial_array d, const double *restrict v_bar)
{
    double chain[8] = {-0.0, -0.0, -0.0, -0.0, -0.0, -0.0, -0.0, -0.0};
    size_t i = 0;
    for (; i + 8 <= n; i += 8)
        for (size_t k = 0; k < 8; k++) {
            const double partial = d.at[(i + k) * d.step];
            chain[k] += d.check ? checked_product(partial, v_bar[i + k]) : product(partial, v_bar[i + k]);
        }
    for (; i < n; i++) {
        const double partial = d.at[i * d.step];
        chain[i & 7] += d.check ? checked_product(partial, v_bar[i]) : product(partial, v_bar[i]);
    }
    return ((chain[0] + chain[1]) + (chain[2] + chain[3])) + ((chain[4] + chain[5]) + (chain[6] + chain[7]));
}

static void adjoint(size_t n, size_t p, dt_partial_array d, const double *v_bar, double *x_bar, size_t step, int assign)
{
    if (p == 1) {
        if (step) multiply_lane(n, d.at, d.step, d.check, v_bar, 1, x_bar, assign);
        else x_bar[0] += contracted(n, d, v_bar);
        return;
    }
    for (size_t i = 0; i < n; i++)
        multiply_lane(p, d.at + i * d.step, 0, d.check, v_bar + i * p, 1, x_bar + i * step * p, assign && step);
}

/* x_bar_dot[i] += tie(tie(dd[i], v_bar[i]), y_dot[i]) for one lane, or, inside one element, for p lanes (then dd and
 * v_bar repeat). */
static void second_lane(size_t n, const double *restrict dd, size_t sd, const double *restrict v_bar, size_t sv,
                        const double *restrict y_dot, size_t sy, double *restrict out)
{
    for (size_t i = 0; i < n; i++) {
        const double weight = checked_product(dd[i * sd], v_bar[i * sv]);
        out[i] += checked_product(weight, y_dot[i * sy]);
    }
}

static void second(size_t n, size_t p, dt_partial_array dd, const double *v_bar, const double *y_dot, size_t y_step,
                   double *x_bar_dot, size_t step)
{
    if (p == 1 && step) {
        second_lane(n, dd.at, dd.step, v_bar, 1, y_dot, y_step, x_bar_dot);
        return;
    }
    for (size_t i = 0; i < n; i++)
        second_lane(p, dd.at + i * dd.step, 0, v_bar + i, 0, y_dot + i * y_step * p, 1, x_bar_dot + i * step * p);
}

/* NumPy's order of summation for contiguous float64: eight chains up to 128 elements, halves (of a multiple of eight)
 * above. Higham (1993), pairwise summation; the order itself is what np.add's inner loop does and is checked against it
 * in the tests. */
static double pairwise_sum(size_t n, const double *x)
{
    if (n < 8) {
        double sum = -0.0;
        for (size_t i = 0; i < n; i++) sum += x[i];
        return sum;
    }
    if (n <= 128) {
        double chain[8];
        size_t i;
        for (size_t k = 0; k < 8; k++) chain[k] = x[k];
        for (i = 8; i < n - n % 8; i += 8)
            for (size_t k = 0; k < 8; k++) chain[k] += x[i + k];
        double sum = ((chain[0] + chain[1]) + (chain[2] + chain[3])) + ((chain[4] + chain[5]) + (chain[6] + chain[7]));
        for (; i < n; i++) sum += x[i];
        return sum;
    }
    const size_t half = n / 2 - (n / 2) % 8;
    return pairwise_sum(half, x) + pairwise_sum(n - half, x + half);
}

static int has_structural(size_t n, const double *array)
{
    uint64_t found = 0;
    for (size_t i = 0; i < n; i++) found |= (uint64_t)dt_is_structural(array[i]);
    return found != 0;
}

static void fill_structural(size_t n, double *array)
{
    for (size_t i = 0; i < n; i++) array[i] = -0.0;
}

static const dt_propagation propagation = {tangent, adjoint, second, pairwise_sum, has_structural, fill_structural};

#define DT_PROPAGATION .propagation = &propagation
