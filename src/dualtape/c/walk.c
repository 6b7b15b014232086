/* See walk.h. */
#include "walk.h"
#include <string.h>
#include "special.h"

void dt_walk_start(dt_walk *w, const dt_tape *tape, const dt_native *call, const dt_workspace *work, size_t p)
{
    w->tape = tape, w->call = call, w->work = work, w->p = p;
    w->left = call->count, w->out = call->out;
    w->of_a = (unsigned char *)work->scratch;
    w->of_b = w->of_a + p, w->of_v = w->of_b + p, w->either = w->of_v + p;
    w->scratch = work->scratch + (DT_NATIVE_MASKS * p + sizeof(double) - 1) / sizeof(double);
    for (int k = 0; k < 2; k++) dt_odometer_set(&w->at[k], tape->view + call->arg[k].view, 0);
}

int dt_walk_on(dt_walk *w)
{
    w->out += (int64_t)w->call->size;
    for (int k = 0; k < 2; k++) dt_odometer_next(&w->at[k]);
    return --w->left != 0;
}

const double *dt_primal_of(const dt_walk *w, int k)
{
    const dt_stack *arg = &w->call->arg[k];
    return (arg->constant ? arg->constant : w->work->value + arg->slot) + w->at[k].place;
}

double *dt_lanes_of(const dt_walk *w, int k, double *array, size_t p)
{
    return array + (w->call->arg[k].slot + w->at[k].place) * (int64_t)p;
}

/* ---- which lanes count ---- */

/* Marks the lanes of n elements that are not structural; returns how many there are now. */
static size_t mark(size_t n, size_t p, const double *x, int64_t step, unsigned char *lanes, size_t live)
{
    for (size_t i = 0; i < n && live < p; i++) {
        const double *at = x + (int64_t)i * step * (int64_t)p;
        for (size_t k = 0; k < p; k++)
            if (!lanes[k] && !dt_is_structural(at[k])) lanes[k] = 1, live++;
    }
    return live;
}

int dt_is_live(dt_walk *w, int k, const double *array)
{
    const dt_native *call = w->call;
    const dt_stack *arg = &call->arg[k];
    const size_t rows = k ? call->inner : call->rows, columns = k ? call->columns : call->inner;
    unsigned char *lanes = k ? w->of_b : w->of_a;
    size_t live = 0;
    memset(lanes, 0, w->p);
    if (!(call->active & (k ? DT_ACTIVE_B : DT_ACTIVE_A))) return 0;
    dt_odometer at;
    dt_odometer_set(&at, w->tape->view + arg->view, 0);
    for (size_t matrix = 0; matrix < call->count && live < w->p; matrix++, dt_odometer_next(&at))
        for (size_t i = 0; i < rows && live < w->p; i++) {
            const int64_t slot = arg->slot + at.place + (int64_t)i * arg->row;
            live = mark(columns, w->p, array + slot * (int64_t)w->p, arg->column, lanes, live);
        }
    return live != 0;
}

int dt_result_is_live(const dt_walk *w, const double *array, size_t p, unsigned char *lanes)
{
    memset(lanes, 0, p);
    return mark(w->call->count * w->call->size, p, array + (size_t)w->call->out * p, 1, lanes, 0) != 0;
}

void dt_clear_results(const dt_walk *w, const unsigned char *lanes)
{
    const size_t n = w->call->count * w->call->size, p = w->p;
    double *v_dot = w->work->tangent + (size_t)w->call->out * p;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < p; k++)
            if (lanes[k]) v_dot[i * p + k] = 0.0;
}

/* ---- sums ---- */

void dt_add_term(const dt_walk *w, double sign, const unsigned char *lanes, dt_product term)
{
    const ptrdiff_t p = (ptrdiff_t)term.p;
    term.b_row *= p, term.b_column *= p, term.c_row *= p, term.c_column *= p;
    term.sign = sign, term.lanes = memchr(lanes, 0, term.p) ? lanes : NULL;
    dt_product_add(&w->tape->native_loop[DT_MATMUL], &term, w->scratch);
}

void dt_load_lanes(size_t rows, size_t columns, size_t p, const double *from, int64_t row, int64_t column,
                   const unsigned char *lanes, double *x)
{
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < columns; j++, x += p) {
            const double *at = from + ((int64_t)i * row + (int64_t)j * column) * (int64_t)p;
            for (size_t k = 0; k < p; k++) x[k] = lanes[k] ? at[k] : 0.0;
        }
}

void dt_add_lanes(size_t rows, size_t columns, size_t p, const double *x, const unsigned char *lanes, double *to,
                  int64_t row, int64_t column)
{
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < columns; j++, x += p) {
            double *at = to + ((int64_t)i * row + (int64_t)j * column) * (int64_t)p;
            for (size_t k = 0; k < p; k++)
                if (lanes[k]) at[k] += x[k] + 0.0;
        }
}
