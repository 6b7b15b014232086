/* The gamma function's family, and the exponential integrals. Part of special.h, which comes first. */
#ifndef DT_SPECIAL_GAMMA_H
#define DT_SPECIAL_GAMMA_H

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
    for (; a < 12.0; a += 1.0) sum += y / (a + y) / a;
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

#endif
