/* Sine and cosine of blocks for derivatives: primal values stay NumPy's, whose float64 loops call a scalar function for
 * every element. Plain C without branches in the loop, so that every target vectorises it and all give the same bits.
 *
 * |x| <= DT_REDUCED: x - k pi/2 with pi/2 in three parts (Cody & Waite 1980, chapter 8; the second and third parts
 * subtracted with their rounding errors, as Dekker 1971 adds), good to 2^-99 before rounding, as k has at most 20 bits
 * and so k times a part of 33 is exact. Then minimax polynomials on |r| <= pi/4 (Remez's algorithm, in 200 bits):
 * sin r = r + r^3 S(r^2), relative error 2^-57.9, and cos r = 1 - r^2/2 + r^4 C(r^2), 2^-63.9. Beyond that, and for inf
 * and NaN, the C library. Errors stay below 0.8 ulp (tests/core/test_sincos.py). Included by kernels.gen.h. */
#ifndef DT_SINCOS_H
#define DT_SINCOS_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "kernel.h"

#define DT_REDUCED 1647099.0   /* 2^20 pi/2, and a little less */

/* r + rest = x - k pi/2, and k mod 4: 1.5*2^52 moves the nearest integer of its argument into the low bits. */
DT_INLINE uint64_t dt_reduced(double x, double *r, double *rest)
{
    const double shifted = x * 0x1.45f306dc9c883p-1 + 0x1.8p52, k = shifted - 0x1.8p52;
    const double high = x - k * 0x1.921fb54400000p+0, middle = k * 0x1.0b4611a600000p-34;
    const double difference = high - middle;
    const double low = k * 0x1.3198a2e037073p-69 - ((high - difference) - middle);
    uint64_t bits;
    memcpy(&bits, &shifted, sizeof bits);
    *r = difference - low;
    *rest = (difference - *r) - low;
    return bits;
}

DT_INLINE double dt_sin_near_0(double r, double rest)
{
    const double z = r * r;
    const double S = 0x1.111111110f7d0p-7
        + z * (-0x1.a01a019bfdee3p-13 + z * (0x1.71de3567d2b92p-19 + z * (-0x1.ae5e5a91192eep-26
        + z * 0x1.5d8fd18c64f3ep-33)));
    const double cube = z * r;
    return r - ((z * (0.5 * rest - cube * S) - rest) - cube * -0x1.5555555555548p-3);
}

DT_INLINE double dt_cos_near_0(double r, double rest)
{
    const double z = r * r, half = 0.5 * z, one_less = 1.0 - half;
    const double C = z * (0x1.555555555554bp-5 + z * (-0x1.6c16c16c14f91p-10 + z * (0x1.a01a019c844d7p-16
        + z * (-0x1.27e4f7eac35c1p-22 + z * (0x1.1ee9d7b3ef0ffp-29 + z * -0x1.8fa49986d7ee3p-37)))));
    return one_less + (((1.0 - one_less) - half) + (z * C - r * rest));
}

/* sin (quarter 0) or cos (quarter 1, as cos x = sin(x + pi/2)) of an x in range. */
DT_INLINE double dt_turned(double x, uint64_t quarter)
{
    double r, rest;
    const uint64_t turn = dt_reduced(x, &r, &rest) + quarter;
    const double s = dt_sin_near_0(r, rest), c = dt_cos_near_0(r, rest);
    uint64_t s_bits, c_bits, bits;
    memcpy(&s_bits, &s, sizeof s), memcpy(&c_bits, &c, sizeof c);
    const uint64_t odd = -(turn & 1);
    bits = ((s_bits & ~odd) | (c_bits & odd)) ^ ((turn & 2) << 62);
    double v;
    memcpy(&v, &bits, sizeof v);
    return v;
}

/* Is every |x[i]| in range? */
static inline int dt_all_reduced(size_t n, const double *restrict x)
{
    uint64_t outside = 0;
    for (size_t i = 0; i < n; i++) outside |= (uint64_t)!(fabs(x[i]) <= DT_REDUCED);
    return !outside;
}

static void dt_sin_block(size_t n, const double *restrict x, double *restrict v)
{
    for (size_t i = 0; i < n; i++) v[i] = dt_turned(x[i], 0);
    if (dt_all_reduced(n, x)) return;
    for (size_t i = 0; i < n; i++)
        if (!(fabs(x[i]) <= DT_REDUCED)) v[i] = sin(x[i]);
}

static void dt_cos_block(size_t n, const double *restrict x, double *restrict v)
{
    for (size_t i = 0; i < n; i++) v[i] = dt_turned(x[i], 1);
    if (dt_all_reduced(n, x)) return;
    for (size_t i = 0; i < n; i++)
        if (!(fabs(x[i]) <= DT_REDUCED)) v[i] = cos(x[i]);
}

#endif
