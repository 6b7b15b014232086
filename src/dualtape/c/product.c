/* See product.h. */
#include "product.h"

enum {
    RUN = 64,               /* results that a small product keeps in registers and cache */
    FEW = 4,                /* up to so many results are computed one by one */
    SMALL = 1000,           /* multiplications that cost no more than one call of BLAS */
    THIN = 2                /* up to so many terms a product is bound by memory, and BLAS gains nothing */
};

/* The same product of one lane, transposed: c' = b' a'. */
static dt_product transposed(const dt_product *of)
{
    dt_product q = *of;
    q.rows = of->columns, q.columns = of->rows;
    q.a = of->b, q.a_row = of->b_column, q.a_column = of->b_row;
    q.b = of->a, q.b_row = of->a_column, q.b_column = of->a_row;
    q.c_row = of->c_column, q.c_column = of->c_row;
    return q;
}

/* Do the columns with all their lanes stand next to each other, in b and in c, as if they were one lane of more
 * columns? */
static int is_merged(const dt_product *q)
{
    const ptrdiff_t p = (ptrdiff_t)q->p;
    return q->columns == 1 || (q->b_column == p && q->c_column == p);
}

/* target[r] += sign * sum[r] */
static void add(size_t n, double *target, const double *sum, double sign, const unsigned char *lanes)
{
    if (lanes) {
        for (size_t r = 0; r < n; r++)
            if (lanes[r]) target[r] += sign * sum[r] + 0.0;
    } else {
        for (size_t r = 0; r < n; r++) target[r] += sign * sum[r] + 0.0;
    }
}

static double dot(size_t n, const double *a, ptrdiff_t a_step, const double *b, ptrdiff_t b_step)
{
    double sum = 0.0;
    for (size_t l = 0; l < n; l++) sum += a[(ptrdiff_t)l * a_step] * b[(ptrdiff_t)l * b_step];
    return sum;
}

/* One stretch of results, all of them in row i. */
static void small_run(const dt_product *q, size_t length, const double *a, const double *b, double *c)
{
    double sum[RUN];
    for (size_t start = 0; start < length; start += RUN) {
        const size_t n = length - start < RUN ? length - start : RUN;
        for (size_t r = 0; r < n; r++) sum[r] = 0.0;
        for (size_t l = 0; l < q->inner; l++) {
            const double factor = a[(ptrdiff_t)l * q->a_column], *from = b + (ptrdiff_t)l * q->b_row + start;
            for (size_t r = 0; r < n; r++) sum[r] += factor * from[r];
        }
        add(n, c + start, sum, q->sign, q->lanes ? q->lanes + start : NULL);
    }
}

static void small(const dt_product *q)
{
    const int merged = !q->lanes && is_merged(q);
    const size_t runs = merged ? 1 : q->columns, length = merged ? q->columns * q->p : q->p;
    for (size_t i = 0; i < q->rows; i++) {
        const double *a = q->a + (ptrdiff_t)i * q->a_row;
        double *c = q->c + (ptrdiff_t)i * q->c_row;
        for (size_t j = 0; j < runs; j++) {
            const double *b = q->b + (ptrdiff_t)j * q->b_column;
            double *to = c + (ptrdiff_t)j * q->c_column;
            if (length <= FEW) {
                for (size_t r = 0; r < length; r++)
                    if (!q->lanes || q->lanes[r])
                        to[r] += q->sign * dot(q->inner, a, q->a_column, b + r, q->b_row) + 0.0;
            } else {
                small_run(q, length, a, b, to);
            }
        }
    }
}

/* Through BLAS: columns and lanes as one axis where they are merged, else one product for each column. */
static void large(const dt_loop *matmul, const dt_product *q, double *scratch)
{
    const ptrdiff_t size = sizeof(double), rows = (ptrdiff_t)q->rows, inner = (ptrdiff_t)q->inner;
    const ptrdiff_t columns = (ptrdiff_t)q->columns, p = (ptrdiff_t)q->p;
    const int at_once = p == 1 || is_merged(q);
    char *args[3] = {(char *)q->a, (char *)q->b, (char *)scratch};
    const ptrdiff_t dims[4] = {at_once ? 1 : columns, rows, inner, at_once ? columns * p : p};
    const ptrdiff_t steps[9] = {
        0, q->b_column * size, p * size,
        q->a_row * size, q->a_column * size, q->b_row * size, (p == 1 ? q->b_column : 1) * size,
        columns * p * size, size,
    };
    matmul->run(args, dims, steps, matmul->data);
    const int dense = !q->lanes && (columns == 1 || q->c_column == p);
    for (ptrdiff_t i = 0; i < rows; i++) {
        double *c = q->c + i * q->c_row;
        const double *sum = scratch + i * columns * p;
        if (dense) add((size_t)(columns * p), c, sum, q->sign, NULL);
        else
            for (ptrdiff_t j = 0; j < columns; j++) add((size_t)p, c + j * q->c_column, sum + j * p, q->sign, q->lanes);
    }
}

void dt_product_add(const dt_loop *matmul, const dt_product *product, double *scratch)
{
    dt_product q = *product;
    const size_t in_one_call = q.rows * q.inner * q.p * (q.p == 1 || is_merged(&q) ? q.columns : 1);
    const int is_small = in_one_call <= SMALL || q.inner <= THIN || !matmul->run;
    /* With one lane either factor can be the plain one: sums are added along rows of c, and small ones read b so. */
    if (q.p == 1 && q.c_row == 1 && q.c_column != 1 && (!is_small || q.a_row == 1)) q = transposed(&q);
    if (is_small) small(&q);
    else large(matmul, &q, scratch);
}
