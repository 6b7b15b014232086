/* Chain rule of hyper-dual numbers x + x1 e1 + x2 e2 + x12 e1 e2 with vector parts: the lanes of one number or of a
 * block of numbers, once the local partials are known. Generic in the function, built once per instruction set. Values
 * are not touched here. Called by core/dual*.pyx.
 *
 * The lanes of one number are one record of `size` doubles: x1 (p), then x2 (q), then the rows x12[i,:], i < p, each
 * padded to a multiple of `unit` doubles so that one vector instruction does whole pieces of a row. In the symmetric
 * form x2 *is* x1 and row i holds x12[i, j] for j <= i only. Padding holds structural zeros or copies of x12[j, i], and
 * is never read by anyone else. */
#ifndef DT_HYPERDUAL_H
#define DT_HYPERDUAL_H

#include <stddef.h>

typedef struct dt_lanes {
    size_t order;          /* 1: only x1;  2: all */
    size_t symmetric;      /* 1: x2 is x1 and x12 a lower triangle */
    size_t p, q;           /* lanes of e1 and of e2 */
    size_t unit;           /* 1, 2 or 4: a power of two */
    size_t x2, x12, size;  /* places of x2 and of row 0; doubles in a record */
    const double *nothing; /* (size,) structural zeros */
} dt_lanes;

/* One partial of n elements. */
typedef struct dt_coefficient {
    const double *at; /* NULL: structurally zero for all of them; single elements may be structurally zero, too */
    size_t step;      /* 0 or 1 */
} dt_coefficient;

enum { DT_DX, DT_DY, DT_DXX, DT_DXY, DT_DYY, DT_N_PARTIALS };

/* v1 = dx x1 + dy y1,  v12 = dx x12 + dy y12 + dxx x1 x2 + dxy (x1 y2 + y1 x2) + dyy y1 y2.
 * in   d      the partials; those of second order are ignored where lanes->order is 1
 * in   x, y   records of the operands; NULL: passive
 * out  v      record of the result; no operand */
typedef struct dt_hyperdual {
    /* one number; d (DT_N_PARTIALS,) */
    void (*one)(const dt_lanes *lanes, const double *d, const double *x, const double *y, double *v);
    /* n numbers; records of an operand are x_step, y_step doubles apart, those of the result `size`;
     * d (DT_N_PARTIALS,) */
    void (*block)(const dt_lanes *lanes, size_t n, const dt_coefficient *d, const double *x, size_t x_step,
                  const double *y, size_t y_step, double *v);
} dt_hyperdual;

/* Length of row i of x12, padding included. */
static inline size_t dt_row_size(const dt_lanes *lanes, size_t i)
{
    const size_t n = lanes->symmetric ? i + 1 : lanes->q;
    return (n + lanes->unit - 1) & ~(lanes->unit - 1);
}

#endif
