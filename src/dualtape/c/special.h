/* The small exact pieces that formulas of the rule table call: behaviour at kinks and domain ends, and forms that keep
 * their digits where the textbook formula cancels. A formula's `name(...)` is `dt_name(...)` here. No loops over
 * elements. */
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

/* log'(x), also at -0.0. */
DT_INLINE double dt_log_d(double x) { return x >= 0.0 ? 1.0 / fabs(x) : NAN; }

/* -d x/(1 + x^2), 0 at infinity. */
DT_INLINE double dt_arcsinh_dd(double x, double d)
{
    const double dd = -d / (x + 1.0 / x);
    return fabs(x) < 1.0 ? dd : dt_unless_lost(dd, d);
}

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
    if (v != v) return v;
    return dt_is_normal(v) ? y * (v / x) : y * pow(x, y - 1.0);
}

DT_INLINE double dt_power_dxx(double x, double y, double dx)
{
    if (y == 0.0 || y == 1.0) return 0.0;
    if (y == 2.0) return 2.0;
    if (dx != dx) return dx;
    const double dxx = dt_is_normal(dx) ? (y - 1.0) * (dx / x) : y * (y - 1.0) * pow(x, y - 2.0);
    return y > 0.0 && fabs(x) > 1.0 ? dt_unless_lost(dxx, dx) : dxx;
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

DT_INLINE double dt_sinc_dd(double x, double v, double d)
{
    const double pi = 3.141592653589793, t = pi * x, s = t * t;
    double sum = 0.0;
    if (fabs(t) >= 1.5) return -pi * pi * v - 2.0 * d / x;
    for (int k = 11; k >= 1; k--)
        sum = 1.0 - sum * s * (k + 1.0) * (2.0 * k + 1.0) / (k * (2.0 * k - 1.0) * (2.0 * k + 2.0) * (2.0 * k + 3.0));
    return -pi * pi * sum / 3.0;
}

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
    return e > DBL_MAX ? e : (e - 2.0 * d) / x;
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
    if (fabs(u) >= 0.4) return (1.0 / x + d) / u;
    for (int k = 44; k >= 1; k--) sum = k / (k + 1.0) + u * sum;
    return sum;
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

/* Error functions. The ratio i^n erfc(x)/i^(n-1) erfc(x) of repeated integrals, x > 1, by backward recurrence:
 * r_(n-1) = 1/(2 (x + n r_n)) (Gautschi 1961, doi:10.1137/0103004). All terms positive: nothing cancels. */

DT_SERIES double dt_erfc_ratio(double x, int n)
{
    const int start = 10 + (int)(190.0 / (x * x));
    double r = (sqrt(x * x + 2.0 * start) - x) / (2.0 * start);
    if (x > 1e100) return 0.0;
    for (int k = start; k > n; k--) r = 0.5 / (x + k * r);
    return r;
}

/* exp(x^2) erfc(x) has the derivatives -2 e^(x^2) i^1 erfc(x) and 8 e^(x^2) i^2 erfc(x). */

DT_INLINE double dt_erfcx_d(double x, double v)
{
    return x < 1.0 ? 2.0 * x * v - 1.1283791670955126 : -2.0 * v * dt_erfc_ratio(x, 1);
}

DT_INLINE double dt_erfcx_dd(double x, double v, double d)
{
    return x < 1.0 ? 2.0 * (v + x * d) : -4.0 * d * dt_erfc_ratio(x, 2);
}

/* d = phi(x)/Phi(x): dd = -d (x + d), whose bracket is sqrt(2) r_1(t), t = -x/sqrt(2), where it cancels. */
DT_INLINE double dt_log_ndtr_dd(double x, double d)
{
    const double t = -0.7071067811865476 * x;
    if (t > 1e100) return -1.0;
    if (d == 0.0) return 0.0;
    return -d * (t < 1.0 ? x + d : 1.4142135623730951 * dt_erfc_ratio(t, 1));
}

/* e/min(p, q), the slope of a quantile function at the tail probabilities p + q = 1 (or 2); infinite at the ends. */
DT_INLINE double dt_tail(double e, double p, double q)
{
    const double least = p < q ? p : q;
    return least == 0.0 ? INFINITY : e / least;
}

/* Phi(v)/phi(v) sqrt(2/pi) at v = ndtri(exp(x)), e = erfcx(|v|/sqrt(2)); its derivative from d = Phi(v)/phi(v). */

DT_INLINE double dt_ndtri_exp_d(double v, double exp_x, double expm1_x, double e)
{
    return v < 0.0 ? e : expm1_x == 0.0 ? INFINITY : exp_x * e / -expm1_x;
}

DT_INLINE double dt_ndtri_exp_dd(double v, double d)
{
    const double t = -0.7071067811865476 * v;
    return t < 1.0 ? d * (1.0 + v * d) : 1.4142135623730951 * dt_erfc_ratio(t, 1) * d * d;
}

/* Dawson's integral: d = 1 - 2 x v, dd = -2 (v + x d); their asymptotic series where that cancels (DLMF 7.12):
 * v = 1/(2x) sum (2k - 1)!!/(2 x^2)^k. */

DT_SERIES double dt_dawson_d(double x, double v)
{
    const double s = 0.5 / (x * x);
    double sum = 0.0, term = 1.0;
    if (fabs(x) < 6.5) return 1.0 - 2.0 * x * v;
    for (int k = 0; k < 38; k++, term *= (2.0 * k + 1.0) * s) sum += term;
    return -s * sum;
}

DT_SERIES double dt_dawson_dd(double x, double v, double d)
{
    const double s = 0.5 / (x * x);
    double sum = 0.0, term = 1.0;
    if (fabs(x) < 6.5) return -2.0 * (v + x * d);
    for (int k = 0; k < 38; k++, term *= (2.0 * k + 1.0) * s) sum += (k + 1.0) * term;
    return sum / (x * x) / x;
}

/* Gamma functions. sin(pi x) and cos(pi x), exact at multiples of 1/2. */

DT_INLINE double dt_sin_pi(double x)
{
    const double r = x - 2.0 * rint(0.5 * x), a = fabs(r);
    return copysign(sin(3.141592653589793 * (a > 0.5 ? 1.0 - a : a)), r);
}

DT_INLINE double dt_cos_pi(double x)
{
    const double a = fabs(x - 2.0 * rint(0.5 * x));
    return sin(3.141592653589793 * (0.5 - a));
}

/* 1/gamma: -v psi, and v (psi^2 - psi'), where that cancels by reflection: v = gamma(1 - x) sin(pi x)/pi. The arguments
 * mirrored_* are taken at 1 - x. */

DT_SERIES double dt_rgamma_d(double x, double v, double psi, double mirrored_gamma, double mirrored_psi)
{
    if (x >= 0.5) return -v * psi;
    return mirrored_gamma * (dt_cos_pi(x) - mirrored_psi * dt_sin_pi(x) / 3.141592653589793);
}

DT_SERIES double dt_rgamma_dd(double x, double v, double psi, double zeta, double mirrored_gamma, double mirrored_psi,
                              double mirrored_zeta)
{
    const double pi = 3.141592653589793, s = dt_sin_pi(x);
    if (x >= 0.5) return v * (psi * psi - zeta);
    return mirrored_gamma
        * (((mirrored_psi * mirrored_psi + mirrored_zeta) / pi - pi) * s - 2.0 * mirrored_psi * dt_cos_pi(x));
}

/* psi(x + y) - psi(x) and zeta(2, x) - zeta(2, x + y) for x, y > 0, without cancellation: the recurrence up to x >= 12,
 * then the differences of Stirling's series (DLMF 5.11.2), each factored. With p = 1/a^2, q = 1/b^2, b = a + y:
 * p^k - q^k = (p - q) s_k, s_(k+1) = p s_k + q^k. Elsewhere the differences of the given values. */

static const double dt_bernoulli[] = {1.0 / 6.0, -1.0 / 30.0, 1.0 / 42.0, -1.0 / 30.0, 5.0 / 66.0, -691.0 / 2730.0,
                                      7.0 / 6.0};

DT_SERIES double dt_psi_gap(double x, double y, double psi_x, double psi_xy)
{
    double a = x, sum = 0.0, s = 1.0, qk = 1.0, b, p, q;
    if (!(x > 0.0 && y > 0.0 && x + y < 1e100)) return psi_xy - psi_x;
    for (; a < 12.0; a += 1.0) sum += y / (a * (a + y));
    b = a + y, p = 1.0 / (a * a), q = 1.0 / (b * b);
    sum += log1p(y / a) + 0.5 * y / (a * b);
    for (int k = 1; k <= 7; k++) {
        sum += dt_bernoulli[k - 1] / (2.0 * k) * (y / a * (a + b) / b / (a * b)) * s;
        qk *= q, s = p * s + qk;
    }
    return sum;
}

DT_SERIES double dt_zeta_gap(double x, double y, double zeta_x, double zeta_xy)
{
    double a = x, sum = 0.0, s = 1.0, qk = 1.0, b, p, q, inverse, squares;
    if (!(x > 0.0 && y > 0.0 && x + y < 1e100)) return zeta_x - zeta_xy;
    for (; a < 12.0; a += 1.0) sum += y / (a + y) * (2.0 * a + y) / (a + y) / a / a;
    b = a + y, p = 1.0 / (a * a), q = 1.0 / (b * b);
    inverse = y / a / b, squares = y / a * (a + b) / b / (a * b);
    sum += inverse + 0.5 * squares;
    for (int k = 1; k <= 7; k++) {
        qk *= q;
        sum += dt_bernoulli[k - 1] * (squares * s / a + qk * inverse);
        s = p * s + qk;
    }
    return sum;
}

/* d2 beta/dx dy = v (gap gap - zeta) without its cancelling poles: beta(x, y) = (x + y)/(x y) times a smooth function
 * of 1 + x and 1 + y. psi_* are taken at 1 + x, 1 + y, 1 + x + y. */
DT_INLINE double dt_beta_cross(double x, double y, double psi_x, double psi_y, double psi_xy)
{
    const double gx = -dt_psi_gap(1.0 + x, y, psi_x, psi_xy), gy = -dt_psi_gap(1.0 + y, x, psi_y, psi_xy);
    return gx * gy - (y / x * gy + x / y * gx) / (x + y);
}

/* gap^2 - zeta_gap at x, where both have a pole at 0, from their parts at 1 + x: poch(x, y) = gamma(x + y)/gamma(x). */
DT_INLINE double dt_poch_bend(double x, double y, double psi_x, double psi_xy, double zeta_x, double zeta_xy)
{
    const double g = dt_psi_gap(1.0 + x, y, psi_x, psi_xy);
    return 2.0 * (y / x / (x + y)) * (g - 1.0 / (x + y)) + g * g - dt_zeta_gap(1.0 + x, y, zeta_x, zeta_xy);
}

/* The density x^(a-1) e^-x/gamma(a) of the gamma distribution from x^a e^-x/gamma(a); at x = 0 its limit. */
DT_INLINE double dt_gamma_density(double a, double x, double f)
{
    return x > 0.0 ? f / x : x == 0.0 ? (a > 1.0 ? 0.0 : a == 1.0 ? 1.0 : a < 1.0 ? INFINITY : NAN) : NAN;
}

/* Exponential integrals E_n: d = -E_(n-1), dd = E_(n-2), the orders below 0 from e = exp(-x) by p E_(p+1) = e - x
 * E_p. */

DT_INLINE double dt_lower_order(double n, double by) { return n > by ? trunc(n) - by : n != n ? n : 0.0; }

DT_INLINE double dt_expn_dy(double n, double x, double v, double e, double lower)
{
    return n >= 1.0 ? -lower : -(e + v) / x;
}

DT_INLINE double dt_expn_dyy(double n, double x, double d, double e, double lower)
{
    return n >= 2.0 ? lower : n >= 1.0 ? (e - d) / x : (e - 2.0 * d) / x;
}

/* Exponentially scaled Bessel functions I (sign -1) and K (sign 1) of order nu at x > 0: f = v/lead as the asymptotic
 * series sum of a_k x^-k, a_k = sign a_(k-1) (4 nu^2 - (2k - 1)^2)/(8 k) (DLMF 10.40.1-2); its derivatives are summed
 * term by term, where the recurrences would subtract close numbers. dt_is_far says where the series has all digits. */

DT_INLINE int dt_is_far(double nu, double x) { return fabs(x) > 25.0 + 0.5 * nu * nu; }

DT_SERIES double dt_scaled_bessel(double nu, double x, double sign, int order, double lead)
{
    double sum = 0.0, term = 1.0;
    for (int k = 0; k < 40; k++) {
        sum += term * (order == 0 ? 1.0 : order == 1 ? -(k + 0.5) / x : (k + 0.5) * (k + 1.5) / x / x);
        term *= sign * (4.0 * nu * nu - (2.0 * k + 1.0) * (2.0 * k + 1.0)) / (8.0 * (k + 1.0) * x);
    }
    return lead * sum / sqrt(x);
}

/* M(a, b + k, z)/M(a, b, z), Kummer's function, a = nu + 1/2, b = 2 nu + 1, z = 2x > 0 (DLMF 13.2.2): positive terms.
 * As exp(-x) I_nu(x) = (x/2)^nu/gamma(nu + 1) exp(-z) M(a, b, z) (DLMF 10.39.5), its derivatives are sums of these. */
DT_SERIES double dt_kummer_ratio(double nu, double x, int k)
{
    const double a = nu + 0.5, b = 2.0 * nu + 1.0, z = 2.0 * x;
    double shifted = 1.0, plain = 1.0, shifted_term = 1.0, plain_term = 1.0;
    for (int j = 0; j < 4000 && plain_term > 1e-18 * plain; j++) {
        const double factor = (a + j) * z / (j + 1.0);
        plain += plain_term *= factor / (b + j);
        shifted += shifted_term *= factor / (b + k + j);
    }
    return shifted / plain;
}

/* d of exp(-|x|) I_nu(x), and dd. Near 0 from I' and I'' by their recurrences, both scaled. */

DT_INLINE double dt_ive_d(double nu, double x, double v, double slope)
{
    const double ax = fabs(x);
    if (dt_is_far(nu, x)) return dt_scaled_bessel(nu, ax, -1.0, 1, copysign(0.3989422804014327, v) * dt_sgn(x));
    if (ax > 1.0 && nu >= 0.0) return dt_sgn(x) * v * (nu / ax - dt_kummer_ratio(nu, ax, 1));
    return slope - dt_sgn(x) * v;
}

DT_INLINE double dt_ive_dd(double nu, double x, double v, double d, double curvature)
{
    const double ax = fabs(x);
    if (dt_is_far(nu, x)) return dt_scaled_bessel(nu, ax, -1.0, 2, copysign(0.3989422804014327, v));
    if (ax > 1.0 && nu >= 0.0)
        return v * ((nu * (nu - 1.0) / ax - 2.0 * nu * dt_kummer_ratio(nu, ax, 1)) / ax
                    + (nu + 1.5) / (nu + 1.0) * dt_kummer_ratio(nu, ax, 2));
    return curvature - 2.0 * dt_sgn(x) * d - (x == 0.0 ? -1.0 : 1.0) * v;
}

/* Integral of (cosh t - 1)^k exp(-x (cosh t - 1)) cosh(nu t) over t > 0: (-1)^k times the k-th derivative of
 * exp(x) K_nu(x) (DLMF 10.32.9), for x >= 1 by the trapezoidal rule, which converges geometrically here. */
DT_SERIES double dt_macdonald_integral(double nu, double x, int k)
{
    const double step = x > 30.0 ? 0.68 / sqrt(x) : 0.125;
    double sum = k == 0 ? 0.5 : 0.0, term = 1.0;
    for (int j = 1; j < 4000 && (term > 1e-18 * sum || j < 8); j++) {
        const double t = j * step, s = sinh(0.5 * t), c = 2.0 * s * s;
        term = (k == 2 ? c * c : k == 1 ? c : 1.0) * exp(-x * c) * cosh(nu * t);
        sum += term;
    }
    return step * sum;
}

/* exp(x) K_nu(x): K' + K, and dd. */

DT_INLINE double dt_kve_d(double nu, double x, double v, double slope)
{
    if (dt_is_far(nu, x)) return dt_scaled_bessel(nu, x, 1.0, 1, 1.2533141373155003);
    return x > 1.0 ? -dt_macdonald_integral(nu, x, 1) : v + slope;
}

DT_INLINE double dt_kve_dd(double nu, double x, double v, double d, double curvature)
{
    if (dt_is_far(nu, x)) return dt_scaled_bessel(nu, x, 1.0, 2, 1.2533141373155003);
    return x > 1.0 ? dt_macdonald_integral(nu, x, 2) : curvature + 2.0 * d - v;
}

/* Complete elliptic integrals at p = 1 - m by the arithmetic-geometric mean (DLMF 19.8): K = pi/(2 a), and
 * sigma = sum over n >= 1 of 2^n c_n^2/m, with D = (K - E)/m = K (1 + sigma)/2, B = K - D; c_1 = m/(2 (1 + sqrt(p)))
 * and c_(n+1) = c_n^2/(4 a_(n+1)) lose no digits as m -> 0. rho = sigma/m. */

DT_SERIES double dt_elliptic_rho(double p, double *k)
{
    const double m = 1.0 - p;
    double b = sqrt(p), a = 0.5 * (1.0 + b), c_over_m = 0.5 / (1.0 + b), rho = 0.0, weight = 2.0;
    b = sqrt(b);
    for (int n = 1; n < 12; n++, weight *= 2.0) {
        const double c = c_over_m, next = 0.5 * (a + b);
        rho += weight * c * c;
        b = sqrt(a * b), a = next;
        c_over_m = c * c * m / (4.0 * a);
    }
    *k = 1.5707963267948966 / a;
    return rho;
}

/* dK/dm = B/(2 p). */
DT_INLINE double dt_ellipk_d(double p)
{
    double k;
    const double rho = dt_elliptic_rho(p, &k);
    return 0.25 * k * (1.0 - (1.0 - p) * rho) / p;
}

/* (3 K' - D')/(2 p) with D' = (D - K rho)/(2 p). */
DT_INLINE double dt_ellipk_dd(double p)
{
    double k;
    const double rho = dt_elliptic_rho(p, &k), sigma = (1.0 - p) * rho;
    return k * (0.75 * (1.0 - sigma) - 0.5 * (0.5 * (1.0 + sigma) - rho)) / (2.0 * p * p);
}

/* dE/dm = -D/2, and -D'/2. */
DT_INLINE double dt_ellipe_d(double p)
{
    double k;
    const double rho = dt_elliptic_rho(p, &k);
    return p == 0.0 ? -INFINITY : -0.25 * k * (1.0 + (1.0 - p) * rho);
}

DT_INLINE double dt_ellipe_dd(double p)
{
    double k;
    const double rho = dt_elliptic_rho(p, &k);
    return p == 0.0 ? -INFINITY : -0.25 * k * (0.5 * (1.0 + (1.0 - p) * rho) - rho) / p;
}

#endif
