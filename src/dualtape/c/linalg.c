/* See linalg.h. Here: products of matrices and vectors, all of them v = a b for stacks of matrices, a vector being a
 * row on the left and a column on the right. Functions of one matrix and solve are in matrix.c. */
#include "linalg.h"
#include "matrix.h"
#include "walk.h"

/* ---- values ---- */

/* Calls the gufunc's loop for `count` matrices, `step` doubles apart in each operand. */
static void call_loop(const dt_walk *w, ptrdiff_t count, const ptrdiff_t *step)
{
    const dt_native *call = w->call;
    const dt_stack *a = &call->arg[0], *b = &call->arg[1];
    const ptrdiff_t size = sizeof(double), m = (ptrdiff_t)call->rows, n = (ptrdiff_t)call->inner,
                    q = (ptrdiff_t)call->columns;
    const ptrdiff_t v_row = a->row || m > 1 ? q * size : 0, v_column = b->column || q > 1 ? size : 0;
    const ptrdiff_t a_row = a->row * size, a_column = a->column * size, b_row = b->row * size,
                    b_column = b->column * size;
    char *args[3] = {(char *)dt_primal_of(w, 0), (char *)dt_primal_of(w, 1), (char *)(w->work->value + w->out)};
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

static void product_primal(const dt_tape *tape, const dt_native *call, const dt_workspace *work)
{
    dt_walk w;
    dt_walk_start(&w, tape, call, work, 1);
    if (w.at[0].ndim <= 1) {
        const int one = w.at[0].ndim == 1;
        const ptrdiff_t step[3] = {one ? w.at[0].stride[0] : 0, one ? w.at[1].stride[0] : 0, (ptrdiff_t)call->size};
        call_loop(&w, (ptrdiff_t)call->count, step);
        return;
    }
    static const ptrdiff_t nowhere[3] = {0, 0, 0};
    do call_loop(&w, 1, nowhere); while (dt_walk_on(&w));
}

/* ---- derivatives of v = a b ---- */

/* v_dot' += b' a_dot', and v_dot += a b_dot */
static void tangent_terms(const dt_walk *w, int a_moves, int b_moves)
{
    const dt_stack *a = &w->call->arg[0], *b = &w->call->arg[1];
    const size_t m = w->call->rows, n = w->call->inner, q = w->call->columns, p = w->p;
    double *tangent = w->work->tangent, *v_dot = tangent + w->out * (int64_t)p;
    if (a_moves)
        dt_add_term(w, 1.0, w->of_a, (dt_product){
            q, n, m, p, dt_primal_of(w, 1), b->column, b->row, dt_lanes_of(w, 0, tangent, p), a->column, a->row,
            v_dot, 1, (ptrdiff_t)q});
    if (b_moves)
        dt_add_term(w, 1.0, w->of_b, (dt_product){
            m, n, q, p, dt_primal_of(w, 0), a->row, a->column, dt_lanes_of(w, 1, tangent, p), b->row, b->column,
            v_dot, (ptrdiff_t)q, 1});
}

static void product_tangent(const dt_tape *tape, const dt_native *call, const dt_workspace *work)
{
    dt_walk w;
    dt_walk_start(&w, tape, call, work, work->p);
    const int a_moves = dt_is_live(&w, 0, work->tangent), b_moves = dt_is_live(&w, 1, work->tangent);
    if (!a_moves && !b_moves) return;
    for (size_t k = 0; k < w.p; k++) w.either[k] = w.of_a[k] | w.of_b[k];
    dt_clear_results(&w, w.either);
    do tangent_terms(&w, a_moves, b_moves); while (dt_walk_on(&w));
}

/* a_bar' += b v_bar', and b_bar += a' v_bar, in an array of p lanes */
static void adjoint_terms(const dt_walk *w, double *adjoint, size_t p, const unsigned char *lanes)
{
    const dt_stack *a = &w->call->arg[0], *b = &w->call->arg[1];
    const size_t m = w->call->rows, n = w->call->inner, q = w->call->columns;
    const double *v_bar = adjoint + w->out * (int64_t)p;
    if (w->call->active & DT_ACTIVE_A)
        dt_add_term(w, 1.0, lanes, (dt_product){
            n, q, m, p, dt_primal_of(w, 1), b->row, b->column, v_bar, 1, (ptrdiff_t)q,
            dt_lanes_of(w, 0, adjoint, p), a->column, a->row});
    if (w->call->active & DT_ACTIVE_B)
        dt_add_term(w, 1.0, lanes, (dt_product){
            n, m, q, p, dt_primal_of(w, 0), a->column, a->row, v_bar, (ptrdiff_t)q, 1,
            dt_lanes_of(w, 1, adjoint, p), b->row, b->column});
}

static void product_adjoint(const dt_tape *tape, const dt_native *call, const dt_workspace *work)
{
    dt_walk w;
    dt_walk_start(&w, tape, call, work, work->p);
    if (!dt_result_is_live(&w, work->adjoint, w.p, w.of_v)) return;
    do adjoint_terms(&w, work->adjoint, w.p, w.of_v); while (dt_walk_on(&w));
}

/* a_bar_dot += v_bar b_dot', and b_bar_dot' += v_bar' a_dot */
static void cross_terms(const dt_walk *w, int a_moves, int b_moves)
{
    const dt_stack *a = &w->call->arg[0], *b = &w->call->arg[1];
    const size_t m = w->call->rows, n = w->call->inner, q = w->call->columns, p = w->p;
    const double *v_bar = w->work->adjoint + w->out;
    double *tangent = w->work->tangent, *bar_dot = w->work->adjoint_dot;
    if (b_moves && w->call->active & DT_ACTIVE_A)
        dt_add_term(w, 1.0, w->of_b, (dt_product){
            m, q, n, p, v_bar, (ptrdiff_t)q, 1, dt_lanes_of(w, 1, tangent, p), b->column, b->row,
            dt_lanes_of(w, 0, bar_dot, p), a->row, a->column});
    if (a_moves && w->call->active & DT_ACTIVE_B)
        dt_add_term(w, 1.0, w->of_a, (dt_product){
            q, m, n, p, v_bar, 1, (ptrdiff_t)q, dt_lanes_of(w, 0, tangent, p), a->row, a->column,
            dt_lanes_of(w, 1, bar_dot, p), b->column, b->row});
}

static void product_second(const dt_tape *tape, const dt_native *call, const dt_workspace *work)
{
    dt_walk w;
    unsigned char one;
    dt_walk_start(&w, tape, call, work, work->p);
    const int v_counts = dt_result_is_live(&w, work->adjoint, 1, &one);
    const int v_moves = dt_result_is_live(&w, work->adjoint_dot, w.p, w.of_v);
    const int a_moves = v_counts && dt_is_live(&w, 0, work->tangent);
    const int b_moves = v_counts && dt_is_live(&w, 1, work->tangent);
    do {
        if (v_moves) adjoint_terms(&w, work->adjoint_dot, w.p, w.of_v);
        if (v_counts) adjoint_terms(&w, work->adjoint, 1, &one);
        cross_terms(&w, a_moves, b_moves);
    } while (dt_walk_on(&w));
}

/* ---- any native operation ---- */

static size_t largest(const dt_native *call)
{
    const size_t a = call->rows * call->inner, b = call->inner * call->columns, v = call->rows * call->columns;
    return a > b ? (a > v ? a : v) : (b > v ? b : v);
}

/* A product needs room for what BLAS returns; a function of matrices for three times as much at most, and for the
 * inverses and a few more plain ones. */
size_t dt_native_room(const dt_native *call) { return (call->op < DT_SOLVE ? 1 : 3) * largest(call) + 2; }

size_t dt_native_base(const dt_native *call)
{
    return call->op < DT_SOLVE ? 0 : (call->count + 4) * largest(call) + call->count;
}

int dt_native_primal(const dt_tape *tape, const dt_native *call, const dt_workspace *work)
{
    if (!tape->native_loop[call->op].run) return 0;
    if (call->op >= DT_SOLVE) return dt_matrix_primal(tape, call, work);
    product_primal(tape, call, work);
    return 1;
}

int dt_native_tangent(const dt_tape *tape, const dt_native *call, const dt_workspace *work)
{
    if (call->op >= DT_SOLVE) return dt_matrix_tangent(tape, call, work);
    product_tangent(tape, call, work);
    return 1;
}

int dt_native_adjoint(const dt_tape *tape, const dt_native *call, const dt_workspace *work)
{
    if (call->op >= DT_SOLVE) return dt_matrix_adjoint(tape, call, work);
    product_adjoint(tape, call, work);
    return 1;
}

int dt_native_second(const dt_tape *tape, const dt_native *call, const dt_workspace *work)
{
    if (call->op >= DT_SOLVE) return dt_matrix_second(tape, call, work);
    product_second(tape, call, work);
    return 1;
}
