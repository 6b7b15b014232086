/* The small exact pieces that formulas of the rule table call: behaviour at kinks and domain ends, and forms that keep
 * their digits where the textbook formula cancels. A formula's `name(...)` is `dt_name(...)` here. No loops over elements. */
#ifndef DT_SPECIAL_H
#define DT_SPECIAL_H

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "kernel.h"

/* Structural zeros. Bitwise -0.0 means "not connected"; whatever is computed is stored as `value + 0.0`, which turns
 * a computed -0.0 into +0.0 and changes nothing else. */

DT_INLINE int dt_is_structural(double d)
{
    uint64_t bits;
    memcpy(&bits, &d, sizeof bits);
    return bits == UINT64_C(0x8000000000000000);
}

/* The product rule of the chain: partial times tangent (or adjoint), where "not connected" wins even over inf and NaN. */
DT_INLINE double dt_tie(double d, double s)
{
    const double product = d * s + 0.0;
    return dt_is_structural(d) || dt_is_structural(s) ? -0.0 : product;
}

/* Domains. */

DT_INLINE double dt_within(int inside, double value) { return inside ? value : NAN; }

/* Signs and selections. */

DT_INLINE double dt_sgn(double x) { return x > 0.0 ? 1.0 : x < 0.0 ? -1.0 : x; }

/* d max(x, y)/dx: 1 where x leads, not connected where y does. At a tie two active operands share; one follows the constant. */
DT_INLINE double dt_leads(double x, double y, double both)
{
    const double tied = both != 0.0 ? 0.5 : -0.0;
    return x > y ? 1.0 : x < y ? -0.0 : x == y ? tied : NAN;
}

/* The same where NaN is "missing": the other operand leads. */
DT_INLINE double dt_leads_nan(double x, double y, double both)
{
    return y != y && x == x ? 1.0 : x != x && y == y ? -0.0 : dt_leads(x, y, both);
}

/* heaviside(x, y) is y only where x is 0. */
DT_INLINE double dt_at_zero(double x) { return x == 0.0 ? 1.0 : x != x ? NAN : -0.0; }

/* 0/0 = 0: the limit of p/q along p = 0, for any q that is a number. */
DT_INLINE double dt_ratio(double p, double q) { return p == 0.0 && q == q ? 0.0 : p / q; }

/* x*d where d vanishes faster than any x grows: 0 at x = +-inf. */
DT_INLINE double dt_fade(double x, double d) { return d == 0.0 ? 0.0 : x * d; }

/* Roots and distances. */

/* 1/(2 sqrt(x)) given v = sqrt(x), for norms: 0 at 0, where a norm has a kink ... */
DT_INLINE double dt_root_d(double v) { return v == 0.0 ? 0.0 : 0.5 / v; }

/* ... and unbounded curvature: no number is right. */
DT_INLINE double dt_root_dd(double v, double d) { return v == 0.0 ? NAN : -2.0 * d * d * d; }

/* x/v with v = hypot(x, y): 0 at the origin. */
DT_INLINE double dt_hypot_d(double x, double v) { return v == 0.0 ? 0.0 : x / v; }

/* p/(x^2 + y^2) without overflow or underflow of the squares; NaN at the origin. */
DT_INLINE double dt_over_square(double p, double x, double y)
{
    const double ax = fabs(x), ay = fabs(y), scale = ax > ay ? ax : ay;
    const double sx = x / scale, sy = y / scale;
    return p / scale / (sx * sx + sy * sy) / scale;
}

/* sqrt(1 + x^2) without overflow. */
DT_INLINE double dt_hypot1(double x)
{
    const double root = sqrt(1.0 + x * x), ax = fabs(x);
    return ax > 1e150 ? ax : root;
}

/* Exponentials. e = exp(-|t|) is in [0, 1]: no overflow, and no subtraction of close numbers. */

/* 1/(1 + exp(-t)) */
DT_INLINE double dt_logistic(double t, double e) { return (t >= 0.0 ? 1.0 : e) / (1.0 + e); }

/* its derivative, e/(1 + e)^2; four times that with e = exp(-2|x|) is 1 - tanh(x)^2 */
DT_INLINE double dt_bell(double e) { return e / ((1.0 + e) * (1.0 + e)); }

/* Powers v = x^y. dx reuses v where v is a normal number (x^(y-1) may be one where v has over- or underflowed), and is
 * exact for the exponents 0, 1, 2, at x = 0 and for negative x, where only integers y have a value. */

DT_INLINE int dt_is_normal(double v) { return fabs(v) >= DBL_MIN && fabs(v) <= DBL_MAX; }

DT_INLINE double dt_power_dx(double x, double y, double v)
{
    if (y == 0.0) return 0.0;
    if (y == 1.0) return 1.0;
    if (y == 2.0) return 2.0 * x;
    return dt_is_normal(v) ? y * (v / x) : y * pow(x, y - 1.0);
}

DT_INLINE double dt_power_dxx(double x, double y, double dx)
{
    if (y == 0.0 || y == 1.0) return 0.0;
    if (y == 2.0) return 2.0;
    return dt_is_normal(dx) ? (y - 1.0) * (dx / x) : y * (y - 1.0) * pow(x, y - 2.0);
}

/* v*log(x), and with dy for v the next derivative; x^y has no derivative in y for x < 0 (log gives NaN). */
DT_INLINE double dt_power_dy(double x, double v, double log_x) { return v == 0.0 && x >= 0.0 ? 0.0 : v * log_x; }

/* x^(y-1) (1 + y log x) */
DT_INLINE double dt_power_dxy(double x, double y, double dx, double log_x)
{
    const double q = y == 0.0 ? 1.0 / x : dx / y;
    if (q == 0.0 && x >= 0.0) return 0.0;
    return y == 0.0 ? dt_within(x >= 0.0, q) : q * (1.0 + y * log_x);
}

/* x 2^n for a whole number n, which the ufunc takes as an int. */
DT_INLINE double dt_shifted(double x, double n) { return n != n ? n : ldexp(x, (int)(n > 9999.0 ? 9999.0 : n < -9999.0 ? -9999.0 : n)); }

/* sin(pi x)/(pi x). NumPy divides eps-like numbers at 0; any will do. */
DT_INLINE double dt_nonzero(double t) { return t == 0.0 ? 1e-20 : t; }

/* Taylor series of the derivatives of sin(t)/t, |t| < 1.5: sum over k of (-1)^k t^(2k) / (2k+1)! differentiated. */
DT_INLINE double dt_sinc_d(double x, double v, double cos_t)
{
    const double pi = 3.141592653589793, t = pi * x, s = t * t;
    double sum = 0.0;
    if (fabs(t) >= 1.5) return (cos_t - v) / x;
    for (int k = 11; k >= 1; k--) sum = 1.0 - sum * s * (k + 1.0) / (k * (2.0 * k + 2.0) * (2.0 * k + 3.0));
    return -pi * t * sum / 3.0;
}

DT_INLINE double dt_sinc_dd(double x, double v, double d)
{
    const double pi = 3.141592653589793, t = pi * x, s = t * t;
    double sum = 0.0;
    if (fabs(t) >= 1.5) return -pi * pi * v - 2.0 * d / x;
    for (int k = 11; k >= 1; k--)
        sum = 1.0 - sum * s * (k + 1.0) * (2.0 * k + 1.0) / (k * (2.0 * k - 1.0) * (2.0 * k + 2.0) * (2.0 * k + 3.0));
    return -pi * pi * sum / 3.0;
}

#endif
