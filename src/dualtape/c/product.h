/* Products of a plain matrix with a matrix of lanes: what the derivatives of every matrix operation are made of. Large
 * ones are one call of NumPy's matmul loop, and so of BLAS, with the lanes folded into an axis; small ones are loops of
 * our own, because there a call costs more than the arithmetic. Called by linalg.c. */
#ifndef DT_PRODUCT_H
#define DT_PRODUCT_H

#include "kernel.h"

/* c[i, j, k] += sign * sum_l a[i, l] b[l, j, k] for i < rows, l < inner, j < columns and the lanes k < p that `lanes`
 * has. Steps count doubles; lane k stands k doubles behind lane 0. c overlaps neither factor. What is added is a
 * computed number, never -0.0. */
typedef struct dt_product {
    size_t rows, inner, columns, p;
    const double *a;             /* element (i, l) at [i*a_row + l*a_column] */
    ptrdiff_t a_row, a_column;
    const double *b;             /* lane 0 of element (l, j) at [l*b_row + j*b_column] */
    ptrdiff_t b_row, b_column;
    double *c;                   /* lane 0 of element (i, j) at [i*c_row + j*c_column] */
    ptrdiff_t c_row, c_column;
    double sign;                 /* 1.0 or -1.0 */
    const unsigned char *lanes;  /* (p,) not 0 where the lane counts; NULL: all do */
} dt_product;

/* in   matmul   NumPy's loop; not called, if its `run` is NULL
 * out  scratch  (rows*columns*p,) */
void dt_product_add(const dt_loop *matmul, const dt_product *product, double *scratch);

#endif
