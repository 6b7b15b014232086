/* The loops of hyperdual.h, compiled once per instruction set: included by each target_*.c.
 *
 * Every derivative here is a sum of ties, at most four:
 *     out[j] = tie(c0, a0[j]) + tie(c1, a1[j]) + ...
 * where tie(c, a) is -0.0 if c or a is structurally zero (bitwise -0.0), else c a + 0.0. A term whose coefficient is
 * structurally zero is replaced by 1.0 times a row of structural zeros, so that inside the loops only a is looked at,
 * by selection and not by branches. `unit` and `n_terms` are constants wherever these functions are inlined.
 *
 * Fike & Alonso (2011), The development of hyper-dual numbers for exact second-derivative calculations, AIAA
 * 2011-886. */
#include <stdint.h>
#include <string.h>

#include "hyperdual.h"
#include "kernel.h"
#include "special.h"

typedef struct term {
    double c;
    const double *a;
} term;

/* tie(c, a) for a c that is not structurally zero, without a branch. */
DT_INLINE double tie(double c, double a)
{
    const double product = c * a + 0.0;
    uint64_t kept, bits;
    memcpy(&kept, &a, sizeof kept);
    memcpy(&bits, &product, sizeof bits);
    const uint64_t mask = -(uint64_t)(kept == UINT64_C(0x8000000000000000));
    bits = (bits & ~mask) | (kept & mask);
    double result;
    memcpy(&result, &bits, sizeof result);
    return result;
}

DT_INLINE double checked_tie(double c, double a) { return dt_is_structural(c) ? c : tie(c, a); }

/* A sum of products with finite coefficients: a structural zero has added 0 to it like any other zero, and all that is
 * left is to tell whether every term was structural. `witness`, the sum of the factors, is -0.0 only then; the sum is
 * 0.0 then and takes its sign. */
DT_INLINE double sum_of(double sum, double witness)
{
    const double zero = witness == 0.0 ? witness : 0.0;
    uint64_t bits, sign;
    sum += 0.0;
    memcpy(&bits, &sum, sizeof bits);
    memcpy(&sign, &zero, sizeof sign);
    bits |= sign;
    memcpy(&sum, &bits, sizeof sum);
    return sum;
}

DT_INLINE term term_of(const dt_lanes *lanes, double c, const double *a)
{
    const term nothing = {1.0, lanes->nothing}, something = {c, a};
    return dt_is_structural(c) ? nothing : something;
}

/* out[j] = sum of n_terms (1, 2 or 4) ties, j < n, n a multiple of unit: so no loop for a rest is compiled. */
DT_INLINE void sum_of_ties(size_t unit, size_t n_terms, size_t n, const term *t, double *restrict out)
{
    const size_t two = n_terms > 1, third = n_terms > 2 ? 2 : 0, fourth = n_terms > 2 ? 3 : 0;
    const double c0 = t[0].c, c1 = t[two].c, c2 = t[third].c, c3 = t[fourth].c;
    const double *a0 = t[0].a, *a1 = t[two].a, *a2 = t[third].a, *a3 = t[fourth].a;
    n &= ~(unit - 1);
    if (0.0 * c0 + 0.0 * c1 + 0.0 * c2 + 0.0 * c3 == 0.0)
        for (size_t j = 0; j < n; j++) {
            double sum = c0 * a0[j], witness = a0[j];
            if (n_terms > 1) sum += c1 * a1[j], witness += a1[j];
            if (n_terms > 2) sum += c2 * a2[j] + c3 * a3[j], witness += a2[j] + a3[j];
            out[j] = sum_of(sum, witness);
        }
    else
        for (size_t j = 0; j < n; j++) {
            double sum = tie(c0, a0[j]);
            if (n_terms > 1) sum += tie(c1, a1[j]);
            if (n_terms > 2) sum += tie(c2, a2[j]) + tie(c3, a3[j]);
            out[j] = sum;
        }
}

/* One record, one active operand:  v12[i,:] = dx x12[i,:] + (dxx x1[i]) x2 */
DT_INLINE void unary_record(size_t unit, const dt_lanes *l, const double *d, const double *x, double *v)
{
    term t[2] = {term_of(l, d[DT_DX], x), {0.0, NULL}};
    const int is_linear = l->order == 1 || dt_is_structural(d[DT_DXX]);
    sum_of_ties(unit, 1, is_linear ? l->size : l->x12, t, v);
    if (is_linear) return;
    const size_t move_x = t[0].a == x;
    t[0].a += move_x * l->x12;
    v += l->x12;
    for (size_t i = 0; i < l->p; i++) {
        const size_t n = dt_row_size(l, i);
        t[1] = term_of(l, tie(d[DT_DXX], x[i]), x + l->x2);
        sum_of_ties(unit, 2, n, t, v);
        t[0].a += move_x * n;
        v += n;
    }
}

enum { ROWS = 32 }; /* coefficients of so many rows are computed at a time; a multiple of every unit */

/* One record, two active operands. With c_x = dxx x1 + dxy y1 and c_y = dxy x1 + dyy y1:
 *     v12[i,:] = dx x12[i,:] + dy y12[i,:] + c_x[i] x2 + c_y[i] y2 */
DT_INLINE void binary_record(size_t unit, const dt_lanes *l, const double *d, const double *x, const double *y,
                             double *v)
{
    term t[4] = {term_of(l, d[DT_DX], x), term_of(l, d[DT_DY], y), {0.0, NULL}, {0.0, NULL}};
    const int is_linear = l->order == 1 || (dt_is_structural(d[DT_DXX]) & dt_is_structural(d[DT_DXY]) &
                                            dt_is_structural(d[DT_DYY]));
    sum_of_ties(unit, 2, is_linear ? l->size : l->x12, t, v);
    if (is_linear) return;
    const size_t move_x = t[0].a == x, move_y = t[1].a == y;
    double c_x[ROWS], c_y[ROWS];
    t[0].a += move_x * l->x12;
    t[1].a += move_y * l->x12;
    v += l->x12;
    for (size_t i = 0; i < l->p; i++) {
        if (i % ROWS == 0) {
            const size_t n = l->p - i < ROWS ? (l->p - i + unit - 1) / unit * unit : ROWS;
            const term of_x[2] = {term_of(l, d[DT_DXX], x + i), term_of(l, d[DT_DXY], y + i)};
            const term of_y[2] = {term_of(l, d[DT_DXY], x + i), term_of(l, d[DT_DYY], y + i)};
            sum_of_ties(unit, 2, n, of_x, c_x);
            sum_of_ties(unit, 2, n, of_y, c_y);
        }
        const size_t n = dt_row_size(l, i);
        t[2] = term_of(l, c_x[i % ROWS], x + l->x2);
        t[3] = term_of(l, c_y[i % ROWS], y + l->x2);
        sum_of_ties(unit, 4, n, t, v);
        t[0].a += move_x * n;
        t[1].a += move_y * n;
        v += n;
    }
}

static void hyperdual_one(const dt_lanes *l, const double *d, const double *x, const double *y, double *v)
{
    const double mirrored[DT_N_PARTIALS] = {d[DT_DY], -0.0, d[DT_DYY], -0.0, -0.0};
    if (x == NULL) {
        x = y;
        y = NULL;
        d = mirrored;
    }
    switch (l->unit) {
    case 1: y ? binary_record(1, l, d, x, y, v) : unary_record(1, l, d, x, v); break;
    case 2: y ? binary_record(2, l, d, x, y, v) : unary_record(2, l, d, x, v); break;
    default: y ? binary_record(4, l, d, x, y, v) : unary_record(4, l, d, x, v); break;
    }
}

/* Records of one double: the elements take the place of the lanes. */
static void single_lane(size_t n, dt_coefficient dx, const double *x, size_t x_step, dt_coefficient dy, const double *y,
                        size_t y_step, double *restrict v)
{
    if (y == NULL)
        for (size_t i = 0; i < n; i++) v[i] = checked_tie(dx.at[i * dx.step], x[i * x_step]);
    else if (x == NULL)
        for (size_t i = 0; i < n; i++) v[i] = checked_tie(dy.at[i * dy.step], y[i * y_step]);
    else
        for (size_t i = 0; i < n; i++)
            v[i] = checked_tie(dx.at[i * dx.step], x[i * x_step]) + checked_tie(dy.at[i * dy.step], y[i * y_step]);
}

static const double structural_zero = -0.0;

static void hyperdual_block(const dt_lanes *lanes, size_t n, const dt_coefficient *partial, const double *x,
                            size_t x_step, const double *y, size_t y_step, double *v)
{
    dt_coefficient c[DT_N_PARTIALS];
    for (size_t k = 0; k < DT_N_PARTIALS; k++) {
        c[k] = partial[k];
        if (c[k].at == NULL) c[k].at = &structural_zero, c[k].step = 0;
    }
    if (lanes->size == 1) {
        single_lane(n, c[DT_DX], x, x_step, c[DT_DY], y, y_step, v);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        double d[DT_N_PARTIALS];
        for (size_t k = 0; k < DT_N_PARTIALS; k++) d[k] = c[k].at[i * c[k].step];
        hyperdual_one(lanes, d, x ? x + i * x_step : NULL, y ? y + i * y_step : NULL, v + i * lanes->size);
    }
}

static const dt_hyperdual hyperdual = {hyperdual_one, hyperdual_block};
