/* Complete elliptic integrals. Part of special.h, which comes first. */
#ifndef DT_SPECIAL_ELLIPTIC_H
#define DT_SPECIAL_ELLIPTIC_H

/* Complete elliptic integrals at p = 1 - m by the arithmetic-geometric mean (DLMF 19.8): K = pi/(2 a), and
 * sigma = sum over n >= 1 of 2^n c_n^2/m, with D = (K - E)/m = K (1 + sigma)/2, B = K - D; c_1 = m/(2 (1 + sqrt(p)))
 * and c_(n+1) = c_n^2/(4 a_(n+1)) lose no digits as m -> 0. rho = sigma/m. */

DT_SERIES double dt_elliptic_rho(double p, double *k)
{
    const double m = 1.0 - p;
    double b = sqrt(p), a = 0.5 * (1.0 + b), c_over_m = 0.5 / (1.0 + b), rho = 0.0, weight = 2.0;
    b = sqrt(b);
    for (int n = 1; n < 24; n++, weight *= 2.0) {
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
