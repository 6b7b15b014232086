/* See linalg.h. Here: products of matrices and vectors, all of them v = a b for stacks of matrices, a vector being a
 * row on the left and a column on the right.
 *
 * A lane of tangents or adjoints that is structurally zero as a whole is skipped; what any other lane gets is a
 * computed number, as in the calls of Python rules (core/sweeps.pyx). */
#include "linalg.h"
#include <string.h>
#include "index.h"
#include "product.h"
#include "special.h"

/* One operation in one sweep, standing on one matrix of each stack. */
typedef struct walk {
    const dt_tape *tape;
    const dt_native *call;
    const dt_workspace *work;
    size_t p, left;
    dt_odometer at[2];
    int64_t out;                   /* slot of the result's matrix */
    unsigned char *mask;           /* (DT_NATIVE_MASKS, p) */
    double *scratch;
} walk;

static void walk_start(walk *w, const dt_tape *tape, const dt_native *call, const dt_workspace *work, size_t p)
{
    w->tape = tape, w->call = call, w->work = work, w->p = p;
    w->left = call->count, w->out = call->out;
    w->mask = (unsigned char *)work->scratch;
    w->scratch = work->scratch + (DT_NATIVE_MASKS * p + sizeof(double) - 1) / sizeof(double);
    for (int k = 0; k < 2; k++) dt_odometer_set(&w->at[k], tape->view + call->arg[k].view, 0);
}

static int walk_on(walk *w)
{
    w->out += (int64_t)(w->call->rows * w->call->columns);
    for (int k = 0; k < 2; k++) dt_odometer_next(&w->at[k]);
    return --w->left != 0;
}

/* Primal of operand k. */
static const double *value(const walk *w, int k)
{
    const dt_stack *arg = &w->call->arg[k];
    return (arg->constant ? arg->constant : w->work->value + arg->slot) + w->at[k].place;
}

/* Lanes of operand k in an array that runs parallel to the slots. */
static double *lanes_of(const walk *w, int k, double *array)
{
    return array + (w->call->arg[k].slot + w->at[k].place) * (int64_t)w->p;
}

/* Which lanes of an operand are not structurally zero as a whole? mask: (p,); returns how many. */
static size_t live_lanes(walk *w, const dt_stack *arg, size_t rows, size_t columns, const double *array,
                         unsigned char *mask)
{
    const size_t p = w->p;
    const int64_t lanes = (int64_t)p;
    dt_odometer at;
    dt_odometer_set(&at, w->tape->view + arg->view, 0);
    size_t live = 0;
    memset(mask, 0, p);
    for (size_t matrix = 0; matrix < w->call->count; matrix++, dt_odometer_next(&at))
        for (size_t i = 0; i < rows; i++)
            for (size_t j = 0; j < columns; j++) {
                const int64_t slot = arg->slot + at.place + (int64_t)i * arg->row + (int64_t)j * arg->column;
                const double *x = array + slot * lanes;
                for (size_t k = 0; k < p; k++)
                    if (!mask[k] && !dt_is_structural(x[k])) mask[k] = 1, live++;
                if (live == p) return p;
            }
    return live;
}

/* The same for the result. */
static size_t live_results(const walk *w, const double *array, size_t p, unsigned char *mask)
{
    const size_t n = w->call->count * w->call->rows * w->call->columns;
    const double *x = array + (size_t)w->call->out * p;
    size_t live = 0;
    memset(mask, 0, p);
    for (size_t i = 0; i < n && live < p; i++)
        for (size_t k = 0; k < p; k++)
            if (!mask[k] && !dt_is_structural(x[i * p + k])) mask[k] = 1, live++;
    return live;
}

/* Is operand k active, and some lane of it connected? */
static int is_live(walk *w, int k, const double *array, unsigned char *mask)
{
    const dt_native *call = w->call;
    if (!(call->active & (k ? DT_ACTIVE_B : DT_ACTIVE_A))) return memset(mask, 0, w->p), 0;
    const size_t rows = k ? call->inner : call->rows, columns = k ? call->columns : call->inner;
    return live_lanes(w, &call->arg[k], rows, columns, array, mask) != 0;
}

static const unsigned char *unless_all(const unsigned char *mask, size_t p)
{
    return memchr(mask, 0, p) ? mask : NULL;
}

/* ---- values ---- */

/* Calls the gufunc's loop for `count` matrices, `step` doubles apart in each operand. */
static void call_loop(const walk *w, ptrdiff_t count, const ptrdiff_t *step)
{
    const dt_native *call = w->call;
    const dt_stack *a = &call->arg[0], *b = &call->arg[1];
    const ptrdiff_t size = sizeof(double), m = (ptrdiff_t)call->rows, n = (ptrdiff_t)call->inner,
                    q = (ptrdiff_t)call->columns;
    const ptrdiff_t v_row = a->row || m > 1 ? q * size : 0, v_column = b->column || q > 1 ? size : 0;
    const ptrdiff_t a_row = a->row * size, a_column = a->column * size, b_row = b->row * size,
                    b_column = b->column * size;
    char *args[3] = {(char *)value(w, 0), (char *)value(w, 1), (char *)(w->work->value + w->out)};
    ptrdiff_t dims[4] = {count, m, n, q};
    ptrdiff_t steps[9] = {step[0] * size, step[1] * size, step[2] * size,
                          a_row, a_column, b_row, b_column, v_row, v_column};
    if (call->op == DT_VECDOT) {
        dims[1] = n, steps[3] = a_column, steps[4] = b_row;
    } else if (call->op == DT_MATVEC) {
        steps[6] = v_row;
    } else if (call->op == DT_VECMAT) {
        dims[1] = n, dims[2] = q;
        steps[3] = a_column, steps[4] = b_row, steps[5] = b_column, steps[6] = v_column;
    }
    const dt_loop *loop = &w->tape->native_loop[call->op];
    loop->run(args, dims, steps, loop->data);
}

int dt_native_primal(const dt_tape *tape, const dt_native *call, const dt_workspace *work)
{
    walk w;
    if (!tape->native_loop[call->op].run) return 0;
    walk_start(&w, tape, call, work, 1);
    const ptrdiff_t matrix = (ptrdiff_t)(call->rows * call->columns);
    if (w.at[0].ndim <= 1) {
        const int one = w.at[0].ndim == 1;
        const ptrdiff_t step[3] = {one ? w.at[0].stride[0] : 0, one ? w.at[1].stride[0] : 0, matrix};
        call_loop(&w, (ptrdiff_t)call->count, step);
        return 1;
    }
    static const ptrdiff_t nowhere[3] = {0, 0, 0};
    do call_loop(&w, 1, nowhere); while (walk_on(&w));
    return 1;
}

/* ---- derivatives of v = a b ---- */

/* Adds a term to the lanes of an operand or result. Each names its factors by what stands in the formula at the call:
 * the plain one, then the one with lanes, with the steps of (first, second) index of each and of the sum. */
static void add_term(const walk *w, dt_product term, const unsigned char *lanes)
{
    const ptrdiff_t p = (ptrdiff_t)term.p;
    term.b_row *= p, term.b_column *= p, term.c_row *= p, term.c_column *= p;
    term.sign = 1.0, term.lanes = unless_all(lanes, term.p);
    dt_product_add(&w->tape->native_loop[DT_MATMUL], &term, w->scratch);
}

/* v_dot' += b' a_dot', and v_dot += a b_dot */
static void product_tangent(const walk *w, const unsigned char *of_a, const unsigned char *of_b)
{
    const dt_native *call = w->call;
    const dt_stack *a = &call->arg[0], *b = &call->arg[1];
    const size_t m = call->rows, n = call->inner, q = call->columns, p = w->p;
    double *tangent = w->work->tangent, *v_dot = tangent + w->out * (int64_t)p;
    if (of_a)
        add_term(w, (dt_product){q, n, m, p, value(w, 1), b->column, b->row, lanes_of(w, 0, tangent), a->column, a->row,
                                 v_dot, 1, (ptrdiff_t)q}, of_a);
    if (of_b)
        add_term(w, (dt_product){m, n, q, p, value(w, 0), a->row, a->column, lanes_of(w, 1, tangent), b->row, b->column,
                                 v_dot, (ptrdiff_t)q, 1}, of_b);
}

/* Lanes of the result start from computed zeros where `lanes` says so. */
static void clear_results(const walk *w, const unsigned char *lanes)
{
    const size_t n = w->call->count * w->call->rows * w->call->columns, p = w->p;
    double *v_dot = w->work->tangent + (size_t)w->call->out * p;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < p; k++)
            if (lanes[k]) v_dot[i * p + k] = 0.0;
}

int dt_native_tangent(const dt_tape *tape, const dt_native *call, const dt_workspace *work)
{
    walk w;
    walk_start(&w, tape, call, work, work->p);
    const size_t p = work->p;
    unsigned char *of_a = w.mask, *of_b = of_a + p, *either = of_b + p;
    const int a_moves = is_live(&w, 0, work->tangent, of_a), b_moves = is_live(&w, 1, work->tangent, of_b);
    if (!a_moves && !b_moves) return 1;
    for (size_t k = 0; k < p; k++) either[k] = of_a[k] | of_b[k];
    clear_results(&w, either);
    do product_tangent(&w, a_moves ? of_a : NULL, b_moves ? of_b : NULL); while (walk_on(&w));
    return 1;
}

/* a_bar' += b v_bar', and b_bar += a' v_bar */
static void product_adjoint(const walk *w, double *adjoint, size_t p, const unsigned char *lanes)
{
    const dt_native *call = w->call;
    const dt_stack *a = &call->arg[0], *b = &call->arg[1];
    const size_t m = call->rows, n = call->inner, q = call->columns;
    const double *v_bar = adjoint + w->out * (int64_t)p;
    double *a_bar = adjoint + (a->slot + w->at[0].place) * (int64_t)p;
    double *b_bar = adjoint + (b->slot + w->at[1].place) * (int64_t)p;
    if (call->active & DT_ACTIVE_A)
        add_term(w, (dt_product){n, q, m, p, value(w, 1), b->row, b->column, v_bar, 1, (ptrdiff_t)q,
                                 a_bar, a->column, a->row}, lanes);
    if (call->active & DT_ACTIVE_B)
        add_term(w, (dt_product){n, m, q, p, value(w, 0), a->column, a->row, v_bar, (ptrdiff_t)q, 1,
                                 b_bar, b->row, b->column}, lanes);
}

int dt_native_adjoint(const dt_tape *tape, const dt_native *call, const dt_workspace *work)
{
    walk w;
    walk_start(&w, tape, call, work, work->p);
    if (!live_results(&w, work->adjoint, w.p, w.mask)) return 1;
    do product_adjoint(&w, work->adjoint, w.p, w.mask); while (walk_on(&w));
    return 1;
}

/* a_bar_dot += v_bar b_dot', and b_bar_dot' += v_bar' a_dot */
static void product_cross(const walk *w, const unsigned char *of_a, const unsigned char *of_b)
{
    const dt_native *call = w->call;
    const dt_stack *a = &call->arg[0], *b = &call->arg[1];
    const size_t m = call->rows, n = call->inner, q = call->columns, p = w->p;
    const double *v_bar = w->work->adjoint + w->out;
    double *tangent = w->work->tangent, *bar_dot = w->work->adjoint_dot;
    if (of_b && call->active & DT_ACTIVE_A)
        add_term(w, (dt_product){m, q, n, p, v_bar, (ptrdiff_t)q, 1, lanes_of(w, 1, tangent), b->column, b->row,
                                 lanes_of(w, 0, bar_dot), a->row, a->column}, of_b);
    if (of_a && call->active & DT_ACTIVE_B)
        add_term(w, (dt_product){q, m, n, p, v_bar, 1, (ptrdiff_t)q, lanes_of(w, 0, tangent), a->row, a->column,
                                 lanes_of(w, 1, bar_dot), b->column, b->row}, of_a);
}

int dt_native_second(const dt_tape *tape, const dt_native *call, const dt_workspace *work)
{
    walk w;
    walk_start(&w, tape, call, work, work->p);
    const size_t p = work->p;
    unsigned char one, *of_v = w.mask, *of_a = of_v + p, *of_b = of_a + p;
    const int v_counts = live_results(&w, work->adjoint, 1, &one) != 0;
    const int v_moves = live_results(&w, work->adjoint_dot, p, of_v) != 0;
    const int a_moves = v_counts && is_live(&w, 0, work->tangent, of_a);
    const int b_moves = v_counts && is_live(&w, 1, work->tangent, of_b);
    do {
        if (v_moves) product_adjoint(&w, work->adjoint_dot, p, of_v);
        if (v_counts) product_adjoint(&w, work->adjoint, 1, &one);
        product_cross(&w, a_moves ? of_a : NULL, b_moves ? of_b : NULL);
    } while (walk_on(&w));
    return 1;
}

size_t dt_native_room(const dt_native *call)
{
    const size_t a = call->rows * call->inner, b = call->inner * call->columns, v = call->rows * call->columns;
    return a > b ? (a > v ? a : v) : (b > v ? b : v);
}
