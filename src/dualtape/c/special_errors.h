/* Error functions, the normal distribution, Dawson's integral. Part of special.h, which comes first. */
#ifndef DT_SPECIAL_ERRORS_H
#define DT_SPECIAL_ERRORS_H

/* Error functions. The ratio i^n erfc(x)/i^(n-1) erfc(x) of repeated integrals, x > 1, by backward recurrence:
 * r_(n-1) = 1/(2 (x + n r_n)) (Gautschi 1961, doi:10.1137/0103004). All terms positive: nothing cancels. */

DT_SERIES double dt_erfc_ratio(double x, int n)
{
    const int start = 10 + (int)(190.0 / (x * x));
    double r = (sqrt(x * x + 2.0 * start) - x) / (2.0 * start);
    if (x > 1e100) return 0.5 / x;
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
    return x < 1.0 ? 2.0 * (v + x * d) : dt_far_out(-4.0 * d * dt_erfc_ratio(x, 2), d, x);
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
    return t < 1.0 ? d * (1.0 + v * d) : dt_far_out(1.4142135623730951 * dt_erfc_ratio(t, 1) * d * d, d, v * v);
}

/* Dawson's integral: d = 1 - 2 x v, dd = -2 (v + x d); their asymptotic series where that cancels (DLMF 7.12):
 * v = 1/(2x) sum (2k - 1)!!/(2 x^2)^k. */

DT_SERIES double dt_dawson_d(double x, double v)
{
    const double s = 0.5 / x / x;
    double sum = 0.0, term = 1.0;
    if (fabs(x) < 6.5) return 1.0 - 2.0 * x * v;
    for (int k = 0; k < 38; k++, term *= (2.0 * k + 1.0) * s) sum += term;
    return -s * sum;
}

DT_SERIES double dt_dawson_dd(double x, double v, double d)
{
    const double s = 0.5 / x / x;
    double sum = 0.0, term = 1.0;
    if (fabs(x) < 6.5) return -2.0 * (v + x * d);
    for (int k = 0; k < 38; k++, term *= (2.0 * k + 1.0) * s) sum += (k + 1.0) * term;
    return dt_far_out(sum / x / x / x, d, x);
}

#endif
