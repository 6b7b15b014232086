/* The small exact pieces that formulas of the rule table call: behaviour at kinks and domain ends, and forms that keep
 * their digits where the textbook formula cancels. A formula's `name(...)` is `dt_name(...)` here. No loops over
 * elements. Functions of scipy.special that take longer are in special_*.h. */
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

/* The product rule of the chain: partial times tangent (or adjoint), where "not connected" wins even over inf and
 * NaN. */
DT_INLINE double dt_tie(double d, double s)
{
    const double product = d * s + 0.0;
    return dt_is_structural(d) || dt_is_structural(s) ? -0.0 : product;
}

/* Domains. */

DT_INLINE double dt_within(int inside, double value) { return inside ? value : NAN; }

/* A second partial dd that is smaller than any normal number has lost its digits. Where the function itself is not
 * small (log, sqrt at 1e160) that is no rounding: dd x' x' is of the size of the result when x' is of the size of x, as
 * in log(exp(t)). Better not a number than a wrong one. d is the first partial: where it is 0 (at infinity), so is dd.
 */
DT_INLINE double dt_unless_lost(double dd, double d) { return d != 0.0 && fabs(dd) < DBL_MIN ? NAN : dd; }

/* The same for functions that only far out fall off like a power of x. */
DT_INLINE double dt_far_out(double dd, double d, double x)
{
    return fabs(x) > 1e100 && fabs(x) <= DBL_MAX ? dt_unless_lost(dd, d) : dd;
}

/* log'(x), also at -0.0. */
DT_INLINE double dt_log_d(double x) { return x >= 0.0 ? 1.0 / fabs(x) : NAN; }

/* -d x/(1 + x^2), 0 at infinity. */
DT_INLINE double dt_arcsinh_dd(double x, double d)
{
    return fabs(x) < 1.0 ? -x * d * d * d : dt_unless_lost(-d / (x + 1.0 / x), d);
}

/* 1/(1 + x^2), whose square overflows before the quotient is 0; and -2 d x/(1 + x^2). */
DT_INLINE double dt_arctan_d(double x) { return fabs(x) > 1e150 ? 1.0 / x / x : 1.0 / (1.0 + x * x); }
DT_INLINE double dt_arctan_dd(double x, double d)
{
    return fabs(x) < 1.0 ? -2.0 * x * d * d : dt_unless_lost(-2.0 * d / (x + 1.0 / x), d);
}

/* -2 dy/y of a quotient: lost where y is large. */
DT_INLINE double dt_quotient_dyy(double y, double dy)
{
    const double dyy = -2.0 * dy / y;
    return fabs(y) > 1.0 ? dt_unless_lost(dyy, dy) : dyy;
}

/* p q, a second partial in two operands: lost where they are so large that it is no normal number. */
DT_INLINE double dt_far_product(double p, double q, double x, double y)
{
    const double dd = p * q;
    const int is_far = fabs(x) > 1e100 || fabs(y) > 1e100;
    return is_far && p != 0.0 && q != 0.0 && fabs(dd) < DBL_MIN ? NAN : dd;
}

/* v/(1 + v), v from 0 to infinity. */
DT_INLINE double dt_portion(double v) { return v < 1.0 ? v / (1.0 + v) : 1.0 / (1.0 + 1.0 / v); }

/* x as SciPy's Bessel functions of whole orders > 1 read it: they are not numbers where x is no normal number. */
DT_INLINE double dt_flushed(double x) { return fabs(x) < DBL_MIN ? 0.0 : x; }

/* x less whole turns, of 2 and of 360: exact, so that a sine or cosine of it is that of x. */
DT_INLINE double dt_within_turn(double x) { return x - 2.0 * rint(0.5 * x); }
DT_INLINE double dt_circled(double x) { return fmod(x, 360.0); }

/* Signs and selections. */

DT_INLINE double dt_sgn(double x) { return x > 0.0 ? 1.0 : x < 0.0 ? -1.0 : x; }

/* d max(x, y)/dx: 1 where x leads, not connected where y does. At a tie two active operands share; one follows the
 * constant. */
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

/* A comparison as a number. */
DT_INLINE double dt_truth(double holds) { return holds; }
DT_INLINE double dt_logical_and(double x, double y) { return x != 0.0 && y != 0.0; }
DT_INLINE double dt_logical_or(double x, double y) { return x != 0.0 || y != 0.0; }

/* x where the mask y is set, elsewhere nothing; and the other way round. */
DT_INLINE double dt_kept(double x, double y) { return y != 0.0 ? x : -0.0; }
DT_INLINE double dt_dropped(double x, double y) { return y != 0.0 ? -0.0 : x; }

/* 0/0 = 0: the limit of p/q along p = 0, for any q that is a number. */
DT_INLINE double dt_ratio(double p, double q) { return p == 0.0 && q == q ? 0.0 : p / q; }

/* x*d where d vanishes faster than any x grows: 0 at x = +-inf. */
DT_INLINE double dt_fade(double x, double d) { return d == 0.0 ? 0.0 : x * d; }

/* Roots and distances. */

/* 1/(2 sqrt(x)) given v = sqrt(x), for norms: 0 at 0, where a norm has a kink ... */
DT_INLINE double dt_root_d(double v) { return v == 0.0 ? 0.0 : 0.5 / v; }

/* ... and unbounded curvature: no number is right. */
DT_INLINE double dt_root_dd(double v, double d) { return v == 0.0 ? NAN : dt_unless_lost(-2.0 * d * d * d, d); }

/* x/v with v = hypot(x, y): 0 at the origin. A v that is no normal number has few digits. */
DT_INLINE double dt_hypot_d(double x, double y, double v)
{
    const double large = 0x1p600, p = large * x, q = large * y;
    return v == 0.0 ? 0.0 : v < DBL_MIN ? p / sqrt(p * p + q * q) : x / v;
}

/* Third derivatives of v = hypot(x, y): -3 x y^2/v^5 and y (2 x^2 - y^2)/v^5. */

DT_INLINE double dt_hypot_dxxx(double x, double y, double v)
{
    const double p = x / v, q = y / v;
    return -3.0 * p * q * (q / v) / v;
}

DT_INLINE double dt_hypot_dxxy(double x, double y, double v)
{
    const double p = x / v, q = y / v;
    return (2.0 * p * p - q * q) * (q / v) / v;
}

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
    if (v != v) return v;
    if (!dt_is_normal(v)) return y * pow(x, y - 1.0);
    return dt_is_normal(v / x) ? y * (v / x) : y / x * v;
}

DT_INLINE double dt_power_dxx(double x, double y, double dx)
{
    if (y == 0.0 || y == 1.0) return 0.0;
    if (y == 2.0) return 2.0;
    if (dx != dx) return dx;
    const double dxx = dt_is_normal(dx) ? (y - 1.0) * (dx / x) : y * (y - 1.0) * pow(x, y - 2.0);
    return fabs(x) > 1.0 ? dt_unless_lost(dxx, dx) : dxx;
}

DT_INLINE double dt_power_dxxx(double x, double y, double dxx)
{
    if (y == 0.0 || y == 1.0 || y == 2.0) return 0.0;
    if (y == 3.0) return 6.0;
    if (dxx != dxx) return dxx;
    const double next = dt_is_normal(dxx) ? (y - 2.0) * (dxx / x) : y * (y - 1.0) * (y - 2.0) * pow(x, y - 3.0);
    return fabs(x) > 1.0 ? dt_unless_lost(next, dxx) : next;
}

/* v*log(x), and with dy for v the next derivative; x^y has no derivative in y for x < 0 (log gives NaN). */
DT_INLINE double dt_power_dy(double x, double v, double log_x) { return v == 0.0 && x >= 0.0 ? 0.0 : v * log_x; }

/* x^(y-1) (1 + y log x) */
DT_INLINE double dt_power_dxy(double x, double y, double dx, double log_x)
{
    const double q = y == 0.0 ? 1.0 / x : dt_is_normal(dx) ? dx / y : pow(x, y - 1.0);
    if (q == 0.0 && x >= 0.0) return 0.0;
    return y == 0.0 ? dt_within(x >= 0.0, q) : q * (1.0 + y * log_x);
}

/* x 2^n for a whole number n, which the ufunc takes as an int. */
DT_INLINE double dt_shifted(double x, double n) {
    return n != n ? n : ldexp(x, (int)(n > 9999.0 ? 9999.0 : n < -9999.0 ? -9999.0 : n));
}

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

DT_INLINE double dt_sinc_dd(double x, double sin_t, double d)
{
    const double pi = 3.141592653589793, t = pi * x, s = t * t;
    double sum = 0.0;
    if (fabs(t) >= 1.5) return dt_far_out(-pi * (sin_t / x) - 2.0 * d / x, d, x);
    for (int k = 11; k >= 1; k--)
        sum = 1.0 - sum * s * (k + 1.0) * (2.0 * k + 1.0) / (k * (2.0 * k - 1.0) * (2.0 * k + 2.0) * (2.0 * k + 3.0));
    return -pi * pi * sum / 3.0;
}

/* (1 + x)^p, close to x = 0 as e = exp(p log1p(x)): there 1 + x has lost the digits of x, which a large p needs. */
DT_INLINE double dt_power1p(double x, double p, double e) { return fabs(x) < 0.5 ? e : pow(1.0 + x, p); }

/* c x^p where c = 0 wins. */
DT_INLINE double dt_times_power(double c, double x, double p) { return c == 0.0 ? 0.0 : c * pow(x, p); }

DT_INLINE double dt_square_of(double x) { return x * x; }
DT_INLINE double dt_cube(double x) { return x * x * x; }

/* Derivatives of (exp(x) - 1)/x from e = exp(x): sums of x^k/(k! (k + 2)) and x^k/(k! (k + 3)) where they would
 * cancel. */

DT_SERIES double dt_exprel_sum(double x, double shift)
{
    double sum = 0.0;
    for (int k = 24; k >= 1; k--) sum = (sum + 1.0 / (k + shift)) * x / k;
    return sum + 1.0 / shift;
}

DT_INLINE double dt_exprel_d(double x, double v, double e)
{
    if (fabs(x) < 1.5) return dt_exprel_sum(x, 2.0);
    return e > DBL_MAX ? e : (e - v) / x;
}

DT_INLINE double dt_exprel_dd(double x, double d, double e)
{
    if (fabs(x) < 1.5) return dt_exprel_sum(x, 3.0);
    return e > DBL_MAX ? e : dt_far_out((e - 2.0 * d) / x, d, x);
}

/* Derivatives of (exp(t) - 1)/y, t = y l, in y, for l = log(x): l^2 exprel'(t) and l^3 exprel''(t); e = exp(t). */

DT_INLINE double dt_boxcox_dy(double l, double y, double e, double v)
{
    const double t = y * l;
    if (fabs(t) < 1.5) return l * l * dt_exprel_sum(t, 2.0);
    return ((e == 0.0 ? 0.0 : e * l) - v) / y;
}

DT_INLINE double dt_boxcox_dyy(double l, double y, double e, double dy)
{
    const double t = y * l;
    if (fabs(t) < 1.5) return l * l * l * dt_exprel_sum(t, 3.0);
    return ((e == 0.0 ? 0.0 : e * l * l) - 2.0 * dy) / y;
}

/* d2 (1 + xy)^(1/y)/dx2 */
DT_INLINE double dt_inv_boxcox_dxx(double x, double y, double dx)
{
    return y == 1.0 ? 0.0 : dt_far_out((1.0 - y) * dx / (1.0 + x * y), dx, x);
}

/* g(s) = (s/(1 + s) - log(1 + s))/s^2, by its series -1/2 + 2/3 s - 3/4 s^2 + ... near 0; and g'(s). */

DT_SERIES double dt_inv_boxcox_g(double s)
{
    double sum = 0.0;
    if (fabs(s) >= 0.5) return (s / (1.0 + s) - log1p(s)) / (s * s);
    for (int k = 56; k >= 0; k--) sum = (k + 1.0) / (k + 2.0) - s * sum;
    return -sum;
}

DT_SERIES double dt_inv_boxcox_dg(double s)
{
    double sum = 0.0;
    if (fabs(s) >= 0.5) return -(1.0 / ((1.0 + s) * (1.0 + s)) + 2.0 * dt_inv_boxcox_g(s)) / s;
    for (int k = 60; k >= 1; k--) sum = k * (k + 1.0) / (k + 2.0) - s * sum;
    return sum;
}

/* Dilogarithm: d = log(x)/(1 - x), dd = (1/x + d)/(1 - x), by its series in u = 1 - x near x = 1. */

DT_INLINE double dt_spence_d(double x, double log_x) { return x == 1.0 ? -1.0 : log_x / (1.0 - x); }

DT_SERIES double dt_spence_dd(double x, double d)
{
    const double u = 1.0 - x;
    double sum = 0.0;
    if (x == 0.0) return INFINITY;
    if (fabs(u) >= 0.4) return dt_far_out((1.0 / x + d) / u, d, x);
    for (int k = 44; k >= 1; k--) sum = k / (k + 1.0) + u * sum;
    return sum;
}

/* log(x/y), also where x/y is no normal number. */
DT_INLINE double dt_log_ratio(double x, double y, double log_ratio, double log_x, double log_y)
{
    return dt_is_normal(x / y) ? log_ratio : log_x - log_y;
}

/* Huber's loss with threshold x >= 0 at residual y: y^2/2 inside, x (|y| - x/2) outside. */

DT_INLINE double dt_huber_dx(double x, double y) { return x < 0.0 ? NAN : fabs(y) <= x ? 0.0 : fabs(y) - x; }
DT_INLINE double dt_huber_dy(double x, double y) { return x < 0.0 ? NAN : fabs(y) <= x ? y : x * dt_sgn(y); }
DT_INLINE double dt_huber_dxx(double x, double y) { return x < 0.0 ? NAN : fabs(y) <= x ? 0.0 : -1.0; }
DT_INLINE double dt_huber_dxy(double x, double y) { return x < 0.0 ? NAN : fabs(y) <= x ? 0.0 : dt_sgn(y); }
DT_INLINE double dt_huber_dyy(double x, double y) { return x < 0.0 ? NAN : fabs(y) <= x ? 1.0 : 0.0; }

/* pseudo_huber x^2 (s - 1), s = sqrt(1 + u^2), u = y/x, in x: x u^4/(s (s + 1)^2), and -u^4 (1 + 2s)/(s^3 (s +
 * 1)^2). */

DT_INLINE double dt_tilt(double u)
{
    const double s = dt_hypot1(u), p = u / s, q = u / (1.0 + s);
    return s * p * p * q * q;
}

DT_INLINE double dt_bend(double u)
{
    const double s = dt_hypot1(u), p = u / s, q = u / (1.0 + s);
    return p * p * q * q * (2.0 + 1.0 / s);
}

#include "special_bessel.h"
#include "special_elliptic.h"
#include "special_errors.h"
#include "special_gamma.h"
#include "special_libm.h"

#endif
