/* Scaled Bessel functions. Part of special.h, which comes first. */
#ifndef DT_SPECIAL_BESSEL_H
#define DT_SPECIAL_BESSEL_H

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
    if (dt_is_far(nu, x))
        return dt_far_out(dt_scaled_bessel(nu, ax, -1.0, 2, copysign(0.3989422804014327, v)), d, x);
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
    if (dt_is_far(nu, x)) return dt_far_out(dt_scaled_bessel(nu, x, 1.0, 2, 1.2533141373155003), d, x);
    return x > 1.0 ? dt_macdonald_integral(nu, x, 2) : curvature + 2.0 * d - v;
}

#endif
