/* See matrix.h. Matrices of lanes in scratch are (rows, columns, p), steps count elements; a', x' stand for transposes,
 * and half(x) for the lower triangle of x with its diagonal halved. */
#include "matrix.h"
#include <fenv.h>
#include <string.h>
#include "walk.h"

/* A matrix whose condition number (1-norm) exceeds this is left to the Python rule of det, which stays exact there. */
static const double TRUSTED_CONDITION = 1e8;

static double *take(dt_walk *w, size_t n)
{
    double *room = w->scratch;
    w->scratch += n;
    return room;
}

static void either(dt_walk *w, const unsigned char *x, const unsigned char *y)
{
    for (size_t k = 0; k < w->p; k++) w->either[k] = x[k] | y[k];
}

static const double *result(const dt_walk *w) { return w->work->value + w->out; }

/* ---- NumPy's loops ---- */

/* 0: the loop has failed. */
static int call_checked(const dt_walk *w, int op, char **args, const ptrdiff_t *dims, const ptrdiff_t *steps)
{
    const dt_loop *loop = &w->tape->native_loop[op];
    if (!loop->run) return 0;
    feclearexcept(FE_INVALID);
    loop->run(args, dims, steps, loop->data);
    return !fetestexcept(FE_INVALID);
}

/* x (m, n) = a^-1 x, in place: the loop works on copies. */
static int solve(const dt_walk *w, const double *a, int64_t row, int64_t column, size_t n, double *x)
{
    const ptrdiff_t size = sizeof(double), m = (ptrdiff_t)w->call->rows, width = (ptrdiff_t)n * size;
    char *args[3] = {(char *)a, (char *)x, (char *)x};
    const ptrdiff_t dims[3] = {1, m, (ptrdiff_t)n};
    const ptrdiff_t steps[9] = {0, 0, 0, row * size, column * size, width, size, width, size};
    return call_checked(w, DT_SOLVE, args, dims, steps);
}

/* The present matrix to `out`: the loop of the operation itself, its result in C order. */
static int evaluate(const dt_walk *w, int op, double *out)
{
    const dt_stack *a = &w->call->arg[0], *b = &w->call->arg[1];
    const ptrdiff_t size = sizeof(double), m = (ptrdiff_t)w->call->rows, q = (ptrdiff_t)w->call->columns;
    double sign;
    char *args[3] = {(char *)dt_primal_of(w, 0), (char *)out, (char *)out};
    const ptrdiff_t dims[3] = {1, m, q};
    ptrdiff_t steps[9] = {0, 0, a->row * size, a->column * size, m * size, size};
    if (op == DT_LOGDET) {
        args[1] = (char *)&sign;
        steps[2] = 0, steps[3] = a->row * size, steps[4] = a->column * size;
    } else if (op == DT_SOLVE || op == DT_SOLVE_VECTOR) {
        args[1] = (char *)dt_primal_of(w, 1);
        steps[2] = 0, steps[3] = a->row * size, steps[4] = a->column * size, steps[5] = b->row * size;
        if (op == DT_SOLVE) steps[6] = b->column * size, steps[7] = q * size, steps[8] = size;
        else steps[6] = size;
    }
    return call_checked(w, op, args, dims, steps);
}

int dt_matrix_primal(const dt_tape *tape, const dt_native *call, const dt_workspace *work)
{
    dt_walk w;
    dt_walk_start(&w, tape, call, work, 1);
    do
        if (!evaluate(&w, call->op, work->value + w.out)) return 0;
    while (dt_walk_on(&w));
    return 1;
}

/* ---- v = a^-1 b ---- */

/* v_dot = a^-1 (b_dot - a_dot v) */
static int solve_tangent(dt_walk *w)
{
    const dt_stack *a = &w->call->arg[0], *b = &w->call->arg[1];
    const size_t m = w->call->rows, q = w->call->columns, p = w->p;
    double *tangent = w->work->tangent, *x = take(w, m * q * p);
    dt_load_lanes(m, q, p, dt_lanes_of(w, 1, tangent, p), b->row, b->column, w->of_b, x);
    if (w->call->active & DT_ACTIVE_A)
        dt_add_term(w, -1.0, w->of_a, (dt_product){
            q, m, m, p, result(w), 1, (ptrdiff_t)q, dt_lanes_of(w, 0, tangent, p), a->column, a->row,
            x, 1, (ptrdiff_t)q});
    if (!solve(w, dt_primal_of(w, 0), a->row, a->column, q * p, x)) return 0;
    dt_add_lanes(m, q, p, x, w->either, tangent + w->out * (int64_t)p, (int64_t)q, 1);
    return 1;
}

/* b_bar += x, a_bar -= x v' for x = a^-T v_bar (m, q, p) */
static void solve_add(const dt_walk *w, const double *x, double *adjoint, size_t p, const unsigned char *lanes)
{
    const dt_stack *a = &w->call->arg[0], *b = &w->call->arg[1];
    const size_t m = w->call->rows, q = w->call->columns;
    if (w->call->active & DT_ACTIVE_B)
        dt_add_lanes(m, q, p, x, lanes, dt_lanes_of(w, 1, adjoint, p), b->row, b->column);
    if (w->call->active & DT_ACTIVE_A)
        dt_add_term(w, -1.0, lanes, (dt_product){
            m, q, m, p, result(w), (ptrdiff_t)q, 1, x, 1, (ptrdiff_t)q,
            dt_lanes_of(w, 0, adjoint, p), a->column, a->row});
}

static int solve_adjoint(dt_walk *w)
{
    const dt_stack *a = &w->call->arg[0];
    const size_t m = w->call->rows, q = w->call->columns, p = w->p;
    double *x = take(w, m * q * p);
    dt_load_lanes(m, q, p, w->work->adjoint + w->out * (int64_t)p, (int64_t)q, 1, w->of_v, x);
    if (!solve(w, dt_primal_of(w, 0), a->column, a->row, q * p, x)) return 0;
    solve_add(w, x, w->work->adjoint, p, w->of_v);
    return 1;
}

/* x = a^-T v_bar, x_dot = a^-T (v_bar_dot - a_dot' x), and a_bar_dot -= x_dot v' + x v_dot' */
static int solve_second(dt_walk *w)
{
    const dt_stack *a = &w->call->arg[0];
    const dt_workspace *work = w->work;
    const size_t m = w->call->rows, q = w->call->columns, p = w->p;
    double *x = take(w, m * q), *x_dot = take(w, m * q * p);
    memcpy(x, work->adjoint + w->out, m * q * sizeof *x);
    if (!solve(w, dt_primal_of(w, 0), a->column, a->row, q, x)) return 0;
    dt_load_lanes(m, q, p, work->adjoint_dot + w->out * (int64_t)p, (int64_t)q, 1, w->of_v, x_dot);
    if (w->call->active & DT_ACTIVE_A)
        dt_add_term(w, -1.0, w->of_a, (dt_product){
            q, m, m, p, x, 1, (ptrdiff_t)q, dt_lanes_of(w, 0, work->tangent, p), a->row, a->column,
            x_dot, 1, (ptrdiff_t)q});
    if (!solve(w, dt_primal_of(w, 0), a->column, a->row, q * p, x_dot)) return 0;
    solve_add(w, x, work->adjoint, 1, &w->counts);
    either(w, w->of_a, w->of_v);
    solve_add(w, x_dot, work->adjoint_dot, p, w->either);
    either(w, w->of_a, w->of_b);
    if (w->call->active & DT_ACTIVE_A)
        dt_add_term(w, -1.0, w->either, (dt_product){
            m, q, m, p, x, (ptrdiff_t)q, 1, work->tangent + w->out * (int64_t)p, 1, (ptrdiff_t)q,
            dt_lanes_of(w, 0, work->adjoint_dot, p), a->row, a->column});
    return 1;
}

/* ---- v = a^-1 ---- */

/* x[i, j, k] += sign * sum_l y[i, l, k] b[l, j], all (m, m); the lanes are on the left. `row`, `column`: steps of b. */
static void times(const dt_walk *w, double sign, size_t p, const unsigned char *lanes, const double *y, int64_t y_row,
                  int64_t y_column, const double *b, int64_t row, int64_t column, double *x, int64_t x_row,
                  int64_t x_column)
{
    const size_t m = w->call->rows;
    dt_add_term(w, sign, lanes, (dt_product){
        m, m, m, p, b, (ptrdiff_t)column, (ptrdiff_t)row, y, (ptrdiff_t)y_column, (ptrdiff_t)y_row,
        x, (ptrdiff_t)x_column, (ptrdiff_t)x_row});
}

/* The same with the lanes on the right: x[i, j, k] += sign * sum_l b[i, l] y[l, j, k]. */
static void times_right(const dt_walk *w, double sign, size_t p, const unsigned char *lanes, const double *b,
                        int64_t row, int64_t column, const double *y, int64_t y_row, int64_t y_column, double *x,
                        int64_t x_row, int64_t x_column)
{
    const size_t m = w->call->rows;
    dt_add_term(w, sign, lanes, (dt_product){
        m, m, m, p, b, (ptrdiff_t)row, (ptrdiff_t)column, y, (ptrdiff_t)y_row, (ptrdiff_t)y_column,
        x, (ptrdiff_t)x_row, (ptrdiff_t)x_column});
}

static double *zeros(dt_walk *w, size_t n)
{
    return memset(take(w, n), 0, n * sizeof(double));
}

/* v_dot = -v a_dot v */
static int inv_tangent(dt_walk *w)
{
    const dt_stack *a = &w->call->arg[0];
    const size_t m = w->call->rows, p = w->p;
    const int64_t n = (int64_t)m;
    double *tangent = w->work->tangent, *t = zeros(w, m * m * p);
    times(w, 1.0, p, w->of_a, dt_lanes_of(w, 0, tangent, p), a->row, a->column, result(w), n, 1, t, n, 1);
    times_right(w, -1.0, p, w->of_a, result(w), n, 1, t, n, 1, tangent + w->out * (int64_t)p, n, 1);
    return 1;
}

/* t += v' v_bar, and a_bar -= t v'; in an array of p lanes. */
static void inv_add(const dt_walk *w, double *t, double *adjoint, size_t p, const unsigned char *of_v,
                    const unsigned char *lanes)
{
    const dt_stack *a = &w->call->arg[0];
    const int64_t n = (int64_t)w->call->rows;
    times_right(w, 1.0, p, of_v, result(w), 1, n, adjoint + w->out * (int64_t)p, n, 1, t, n, 1);
    times(w, -1.0, p, lanes, t, n, 1, result(w), 1, n, dt_lanes_of(w, 0, adjoint, p), a->row, a->column);
}

static int inv_adjoint(dt_walk *w)
{
    const size_t m = w->call->rows;
    inv_add(w, zeros(w, m * m * w->p), w->work->adjoint, w->p, w->of_v, w->of_v);
    return 1;
}

/* t = v' v_bar, t_dot = v' v_bar_dot + v_dot' v_bar, and a_bar_dot -= t_dot v' + t v_dot' */
static int inv_second(dt_walk *w)
{
    const dt_stack *a = &w->call->arg[0];
    const size_t m = w->call->rows, p = w->p;
    const int64_t n = (int64_t)m;
    const double *v_dot = w->work->tangent + w->out * (int64_t)p;
    double *t = zeros(w, m * m), *t_dot = zeros(w, m * m * p);
    inv_add(w, t, w->work->adjoint, 1, &w->counts, &w->counts);
    times(w, 1.0, p, w->of_a, v_dot, 1, n, w->work->adjoint + w->out, n, 1, t_dot, n, 1);
    either(w, w->of_a, w->of_v);
    inv_add(w, t_dot, w->work->adjoint_dot, p, w->of_v, w->either);
    times_right(w, -1.0, p, w->of_a, t, n, 1, v_dot, 1, n, dt_lanes_of(w, 0, w->work->adjoint_dot, p), a->row,
                a->column);
    return 1;
}

/* ---- v = det(a), v = log |det(a)| ---- */

/* Largest sum of the absolute values in a column. */
static double norm_1(size_t m, const double *a, int64_t row, int64_t column)
{
    double largest = 0.0;
    for (size_t j = 0; j < m; j++) {
        double sum = 0.0;
        for (size_t i = 0; i < m; i++) {
            const double x = a[(int64_t)i * row + (int64_t)j * column];
            sum += x < 0.0 ? -x : x;
        }
        if (sum > largest || sum != sum) largest = sum;
    }
    return largest;
}

/* The inverses of the whole stack, before anything is written; 0 if one of them cannot be trusted. */
static int invert_all(dt_walk *w)
{
    dt_walk at = *w;
    const dt_stack *a = &w->call->arg[0];
    const size_t m = w->call->rows;
    double *inverse = take(w, w->call->count * m * m);
    w->inverses = inverse;
    do {
        if (!evaluate(&at, DT_INV, inverse)) return 0;
        const double condition = norm_1(m, dt_primal_of(&at, 0), a->row, a->column) * norm_1(m, inverse, (int64_t)m, 1);
        if (w->call->op == DT_DET && condition > TRUSTED_CONDITION) return 0;
        inverse += m * m;
    } while (dt_walk_on(&at));
    return 1;
}

/* The inverse of the present matrix. */
static const double *inverse_of(const dt_walk *w)
{
    return w->inverses + (w->call->count - w->left) * w->call->rows * w->call->rows;
}

/* c (m, m) = dv/da: the cofactors det(a) a^-T, or a^-T */
static const double *cofactors(dt_walk *w, const double *inverse)
{
    const size_t m = w->call->rows;
    const double v = w->call->op == DT_DET ? result(w)[0] : 1.0;
    double *c = take(w, m * m);
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < m; j++) c[i * m + j] = v * inverse[j * m + i];
    return c;
}

/* x[k] += sum_ij c[i, j] a_dot[i, j, k] */
static void contract(const dt_walk *w, const double *c, const unsigned char *lanes, double *x)
{
    const dt_stack *a = &w->call->arg[0];
    const size_t m = w->call->rows, p = w->p;
    const double *a_dot = dt_lanes_of(w, 0, w->work->tangent, p);
    for (size_t i = 0; i < m; i++)
        dt_add_term(w, 1.0, lanes, (dt_product){
            1, m, 1, p, c + i * m, 0, 1, a_dot + (int64_t)i * a->row * (int64_t)p, a->column, 0, x, 0, 0});
}

static int det_tangent(dt_walk *w)
{
    const double *c = cofactors(w, inverse_of(w));
    contract(w, c, w->of_a, w->work->tangent + w->out * (int64_t)w->p);
    return 1;
}

/* a_bar += c v_bar, in an array of p lanes */
static void det_add(const dt_walk *w, const double *c, double *adjoint, size_t p, const unsigned char *lanes)
{
    const dt_stack *a = &w->call->arg[0];
    const size_t m = w->call->rows;
    double *a_bar = dt_lanes_of(w, 0, adjoint, p);
    for (size_t i = 0; i < m; i++)
        dt_add_term(w, 1.0, lanes, (dt_product){
            m, 1, 1, p, c + i * m, 1, 0, adjoint + w->out * (int64_t)p, 0, 0,
            a_bar + (int64_t)i * a->row * (int64_t)p, a->column, 0});
}

static int det_adjoint(dt_walk *w)
{
    det_add(w, cofactors(w, inverse_of(w)), w->work->adjoint, w->p, w->of_v);
    return 1;
}

/* a_bar_dot += c v_bar_dot + c_dot v_bar, c_dot = det(a) (tr(n a_dot) n - n a_dot n)' with n = a^-1; without det(a) and
 * trace for the logarithm. */
static int det_second(dt_walk *w)
{
    const dt_stack *a = &w->call->arg[0];
    const size_t m = w->call->rows, p = w->p;
    const int64_t n = (int64_t)m;
    const double *inverse = inverse_of(w), *c = cofactors(w, inverse);
    const double v_bar = w->work->adjoint[w->out], factor = v_bar * (w->call->op == DT_DET ? result(w)[0] : 1.0);
    double *t = zeros(w, m * m * p), *u = zeros(w, m * m * p), *g = zeros(w, p);
    det_add(w, c, w->work->adjoint, 1, &w->counts);
    det_add(w, c, w->work->adjoint_dot, p, w->of_v);
    times(w, 1.0, p, w->of_a, dt_lanes_of(w, 0, w->work->tangent, p), a->row, a->column, inverse, n, 1, t, n, 1);
    times_right(w, -1.0, p, w->of_a, inverse, n, 1, t, n, 1, u, n, 1);
    if (w->call->op == DT_DET)
        for (size_t i = 0; i < m; i++)
            for (size_t k = 0; k < p; k++) g[k] += t[(i * m + i) * p + k];
    for (size_t i = 0; i < m * m; i++)
        for (size_t k = 0; k < p; k++) u[i * p + k] = factor * (g[k] * inverse[i] + u[i * p + k]);
    dt_add_lanes(m, m, p, u, w->of_a, dt_lanes_of(w, 0, w->work->adjoint_dot, p), a->column, a->row);
    return 1;
}

/* ---- a = v v', v lower; or a = v' v, v upper ---- */

/* Steps of the lower factor l, which is v or v'; those of a, for upper ones, are swapped as well. */
typedef struct triangle { int64_t row, column, a_row, a_column; } triangle;

static triangle triangle_of(const dt_walk *w)
{
    const dt_stack *a = &w->call->arg[0];
    const int64_t n = (int64_t)w->call->rows;
    if (w->call->op == DT_CHOLESKY) return (triangle){n, 1, a->row, a->column};
    return (triangle){1, n, a->column, a->row};
}

enum { STRIP = 32 };    /* rows that are substituted one by one, after one product for all that is known */

/* Rows [first, first + count) of x (m, n) = t^-1 x, what comes from other rows being subtracted already. */
static void substitute_strip(size_t first, size_t count, size_t n, const double *t, int64_t row, int64_t column,
                             int backwards, double *x)
{
    for (size_t s = 0; s < count; s++) {
        const size_t i = backwards ? first + count - 1 - s : first + s;
        double *to = x + i * n;
        for (size_t r = 0; r < s; r++) {
            const size_t j = backwards ? first + count - 1 - r : first + r;
            const double factor = t[(int64_t)i * row + (int64_t)j * column], *from = x + j * n;
            for (size_t k = 0; k < n; k++) to[k] -= factor * from[k];
        }
        const double pivot = t[(int64_t)i * (row + column)];
        for (size_t k = 0; k < n; k++) to[k] /= pivot;
    }
}

/* x (m, n) = t^-1 x in place, t lower triangular, or upper for `backwards`. */
static void substitute(const dt_walk *w, size_t n, const double *t, int64_t row, int64_t column, int backwards,
                       double *x)
{
    const size_t m = w->call->rows;
    for (size_t known = 0; known < m; known += STRIP) {
        const size_t count = m - known < STRIP ? m - known : STRIP;
        const size_t first = backwards ? m - known - count : known, from = backwards ? m - known : 0;
        const double *strip = t + (int64_t)first * row + (int64_t)from * column;
        const dt_product rest = {count, known, n, 1, strip, (ptrdiff_t)row, (ptrdiff_t)column,
                                 x + from * n, (ptrdiff_t)n, 1, x + first * n, (ptrdiff_t)n, 1, -1.0, NULL};
        if (known) dt_product_add(&w->tape->native_loop[DT_MATMUL], &rest, w->scratch);
        substitute_strip(first, count, n, t, row, column, backwards, x);
    }
}

/* x (m, m, p) = x' */
static void transpose(size_t m, size_t p, double *x)
{
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < i; j++)
            for (size_t k = 0; k < p; k++) {
                double *low = x + (i * m + j) * p + k, *high = x + (j * m + i) * p + k, kept = *low;
                *low = *high;
                *high = kept;
            }
}

static void halve(size_t m, size_t p, double *x)
{
    for (size_t i = 0; i < m; i++) {
        for (size_t k = 0; k < p; k++) x[(i * m + i) * p + k] *= 0.5;
        for (size_t r = (i * m + i + 1) * p; r < (i + 1) * m * p; r++) x[r] = 0.0;
    }
}

/* l_dot = l half(l^-1 a_dot l^-T), a_dot being the symmetric matrix whose lower triangle is read */
static int cholesky_tangent(dt_walk *w)
{
    const triangle s = triangle_of(w);
    const size_t m = w->call->rows, p = w->p;
    const int64_t n = (int64_t)m;
    const double *l = result(w), *a_dot = dt_lanes_of(w, 0, w->work->tangent, p);
    double *x = take(w, m * m * p);
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < m; j++) {
            const int64_t low = (int64_t)(i > j ? i : j), high = (int64_t)(i > j ? j : i);
            dt_load_lanes(1, 1, p, a_dot + (low * s.a_row + high * s.a_column) * (int64_t)p, 0, 0, w->of_a,
                          x + (i * m + j) * p);
        }
    substitute(w, m * p, l, s.row, s.column, 0, x);
    transpose(m, p, x);
    substitute(w, m * p, l, s.row, s.column, 0, x);
    halve(m, p, x);
    times_right(w, 1.0, p, w->of_a, l, s.row, s.column, x, n, 1, w->work->tangent + w->out * (int64_t)p, s.row,
                s.column);
    return 1;
}

/* a_bar += half(x + x'), an element below the diagonal standing for two; in an array of p lanes */
static void cholesky_add(const dt_walk *w, const double *x, double *adjoint, size_t p, const unsigned char *lanes)
{
    const triangle s = triangle_of(w);
    const size_t m = w->call->rows;
    double *a_bar = dt_lanes_of(w, 0, adjoint, p);
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j <= i; j++) {
            double *to = a_bar + ((int64_t)i * s.a_row + (int64_t)j * s.a_column) * (int64_t)p;
            const double *below = x + (i * m + j) * p, *above = x + (j * m + i) * p;
            for (size_t k = 0; k < p; k++)
                if (lanes[k]) to[k] += i == j ? below[k] + 0.0 : below[k] + above[k] + 0.0;
        }
}

/* x' for x = l^-T half(l' l_bar) l^-1 */
static int cholesky_adjoint(dt_walk *w)
{
    const triangle s = triangle_of(w);
    const size_t m = w->call->rows, p = w->p;
    const double *l = result(w);
    double *x = zeros(w, m * m * p);
    times_right(w, 1.0, p, w->of_v, l, s.column, s.row, w->work->adjoint + w->out * (int64_t)p, s.row, s.column, x,
                (int64_t)m, 1);
    halve(m, p, x);
    substitute(w, m * p, l, s.column, s.row, 1, x);
    transpose(m, p, x);
    substitute(w, m * p, l, s.column, s.row, 1, x);
    cholesky_add(w, x, w->work->adjoint, p, w->of_v);
    return 1;
}

/* The tangent of the adjoint, step by step: h = half(l' l_bar), l' z = h, x l = z give l' z_dot = h_dot - l_dot' z and
 * x_dot l = z_dot - x l_dot. The last one and x are computed as transposes: l' x' = z'. */
static int cholesky_second(dt_walk *w)
{
    const triangle s = triangle_of(w);
    const size_t m = w->call->rows, p = w->p;
    const int64_t n = (int64_t)m;
    const double *l = result(w), *l_bar = w->work->adjoint + w->out, *l_dot = w->work->tangent + w->out * (int64_t)p;
    double *z = zeros(w, m * m), *x = take(w, m * m), *x_dot = zeros(w, m * m * p);
    times_right(w, 1.0, 1, &w->counts, l, s.column, s.row, l_bar, s.row, s.column, z, n, 1);
    halve(m, 1, z);
    substitute(w, m, l, s.column, s.row, 1, z);
    memcpy(x, z, m * m * sizeof *x);
    transpose(m, 1, x);
    substitute(w, m, l, s.column, s.row, 1, x);
    times_right(w, 1.0, p, w->of_v, l, s.column, s.row, w->work->adjoint_dot + w->out * (int64_t)p, s.row, s.column,
                x_dot, n, 1);
    times(w, 1.0, p, w->of_a, l_dot, s.column, s.row, l_bar, s.row, s.column, x_dot, n, 1);
    halve(m, p, x_dot);
    times(w, -1.0, p, w->of_a, l_dot, s.column, s.row, z, n, 1, x_dot, n, 1);
    substitute(w, m * p, l, s.column, s.row, 1, x_dot);
    times_right(w, -1.0, p, w->of_a, x, 1, n, l_dot, s.row, s.column, x_dot, n, 1);
    transpose(m, p, x_dot);
    substitute(w, m * p, l, s.column, s.row, 1, x_dot);
    cholesky_add(w, x, w->work->adjoint, 1, &w->counts);
    either(w, w->of_a, w->of_v);
    cholesky_add(w, x_dot, w->work->adjoint_dot, p, w->either);
    return 1;
}

/* ---- any of them, for each matrix of a stack ---- */

/* What a sweep does with one matrix; 0: it declines. */
typedef int (*rule)(dt_walk *w);

static const struct {
    rule tangent, adjoint, second;
} RULES[] = {
    [DT_SOLVE] = {solve_tangent, solve_adjoint, solve_second},
    [DT_SOLVE_VECTOR] = {solve_tangent, solve_adjoint, solve_second},
    [DT_INV] = {inv_tangent, inv_adjoint, inv_second},
    [DT_DET] = {det_tangent, det_adjoint, det_second},
    [DT_LOGDET] = {det_tangent, det_adjoint, det_second},
    [DT_CHOLESKY] = {cholesky_tangent, cholesky_adjoint, cholesky_second},
    [DT_CHOLESKY_UPPER] = {cholesky_tangent, cholesky_adjoint, cholesky_second},
};

static int is_determinant(const dt_native *call) { return call->op == DT_DET || call->op == DT_LOGDET; }

static int for_each_matrix(dt_walk *w, rule of_one)
{
    double *const room = w->scratch;
    do {
        w->scratch = room;
        if (!of_one(w)) return 0;
    } while (dt_walk_on(w));
    return 1;
}

int dt_matrix_tangent(const dt_tape *tape, const dt_native *call, const dt_workspace *work)
{
    dt_walk w;
    dt_walk_start(&w, tape, call, work, work->p);
    const int a_moves = dt_is_live(&w, 0, work->tangent), b_moves = dt_is_live(&w, 1, work->tangent);
    if (!a_moves && !b_moves) return 1;
    if (is_determinant(call) && !invert_all(&w)) return 0;
    either(&w, w.of_a, w.of_b);
    dt_clear_results(&w, w.either);
    return for_each_matrix(&w, RULES[call->op].tangent);
}

int dt_matrix_adjoint(const dt_tape *tape, const dt_native *call, const dt_workspace *work)
{
    dt_walk w;
    dt_walk_start(&w, tape, call, work, work->p);
    if (!dt_result_is_live(&w, work->adjoint, w.p, w.of_v)) return 1;
    if (is_determinant(call) && !invert_all(&w)) return 0;
    return for_each_matrix(&w, RULES[call->op].adjoint);
}

int dt_matrix_second(const dt_tape *tape, const dt_native *call, const dt_workspace *work)
{
    dt_walk w;
    dt_walk_start(&w, tape, call, work, work->p);
    dt_result_is_live(&w, work->adjoint, 1, &w.counts);
    if (!dt_result_is_live(&w, work->adjoint_dot, w.p, w.of_v) && !w.counts) return 1;
    dt_is_live(&w, 0, work->tangent);
    dt_is_live(&w, 1, work->tangent);
    if (!w.counts) memset(w.of_a, 0, w.p), memset(w.of_b, 0, w.p);
    if (is_determinant(call) && !invert_all(&w)) return 0;
    return for_each_matrix(&w, RULES[call->op].second);
}
