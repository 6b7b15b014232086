/* See segment.h: the sweeps over one segment. Tangents, many lanes of adjoints and second-order adjoints are carried
 * here, one lane of adjoints in reverse.c. */
#include "segment.h"
#include <string.h>
#include "block.h"
#include "lane_arrays.h"

void dt_segment_primal(const dt_tape *tape, dt_workspace *work, size_t first, size_t end)
{
    dt_block b;
    dt_block_init(&b, tape, work, first, end, 1, 0, NULL);
    b.keeps = 1;
    dt_evaluate(&b, NULL);
}

/* ---- tangents ---- */

static void node_tangents(dt_block *b, const dt_step *s)
{
    dt_load_operands(b, s, 1);
    const double *x_dot = dt_place(b, b->tangent, &s->x, b->p), *y_dot = dt_place(b, b->tangent, &s->y, b->p);
    double *v_dot = dt_place(b, b->tangent, &s->v, b->p);
    if (s->is_sum) {
        b->propagate->adjoint(b->n, b->p, (dt_partial_array){&dt_one, 0, 0}, x_dot, v_dot, 0, 0);
        return;
    }
    const dt_partials d = dt_local_partials(b, s, 1);
    if (b->finite) {
        const dt_lane_operand x = {d.dx, x_dot, s->x.step}, y = {d.dy, y_dot, s->y.step};
        b->stuck |= !b->tape->library->lane_arrays->tangent(b->n, b->p, &x, &y, v_dot);
        return;
    }
    if (d.dx.at) b->propagate->tangent(b->n, b->p, d.dx, x_dot, s->x.step, v_dot, 1);
    else b->propagate->fill_structural(b->n * b->p, v_dot);
    if (d.dy.at) b->propagate->tangent(b->n, b->p, d.dy, y_dot, s->y.step, v_dot, 0);
}

static void block_tangent(dt_block *b)
{
    for (size_t k = 0; k < b->nodes; k++) node_tangents(b, &b->steps[k]);
}

int dt_segment_tangent(const dt_tape *tape, dt_workspace *work, size_t first, size_t end)
{
    dt_block b;
    dt_block_init(&b, tape, work, first, end, work->p, 1, NULL);
    dt_each_block(&b, block_tangent);
    return !b.stuck;
}

/* ---- many lanes of adjoints, first and second order ---- */

/* Where contributions to an operand's adjoints go. */
typedef struct sink { double *at, *dot; int assign; } sink;

static sink open_sink(dt_block *b, const dt_port *port, int second)
{
    sink s = {dt_place(b, b->adjoint, port, second ? 1 : b->p), NULL, port->strided};
    if (second) s.dot = dt_place(b, b->adjoint_dot, port, b->p);
    if (port->home == DT_IN_BLOCK) {
        s.assign = !b->touched[port->local];
        b->touched[port->local] = 1;
    }
    return s;
}

static void close_sink(dt_block *b, const dt_step *s, int which, const sink *to, int second)
{
    const dt_port *port = which ? &s->y : &s->x;
    if (!port->strided) return;
    dt_scatter_operand(b, &s->node->arg[which], second ? 1 : b->p, to->at, b->adjoint);
    if (second) dt_scatter_operand(b, &s->node->arg[which], b->p, to->dot, b->adjoint_dot);
}

/* Has anything come back to the node's result in this block? */
static int is_reached(const dt_block *b, const dt_step *s)
{
    return s->v.home != DT_IN_BLOCK || b->touched[s->v.local];
}

static void sum_adjoint(dt_block *b, const dt_step *s, int second)
{
    const dt_partial_array d = {&dt_one, 0, 0};
    const size_t q = second ? 1 : b->p;
    const sink x = open_sink(b, &s->x, second);
    b->propagate->tangent(b->n, q, d, dt_place(b, b->adjoint, &s->v, q), 0, x.at, x.assign);
    if (second) b->propagate->tangent(b->n, b->p, d, dt_place(b, b->adjoint_dot, &s->v, b->p), 0, x.dot, x.assign);
    close_sink(b, s, 0, &x, second);
}

static void node_adjoints(dt_block *b, const dt_step *s)
{
    const double *v_bar = dt_place(b, b->adjoint, &s->v, b->p);
    dt_load_operands(b, s, 0);
    const dt_partials d = dt_local_partials(b, s, 1);
    for (int which = 0; which < 2; which++) {
        const dt_partial_array partial = which ? d.dy : d.dx;
        const dt_port *port = which ? &s->y : &s->x;
        if (!partial.at) continue;
        const sink to = open_sink(b, port, 0);
        if (b->finite)
            b->stuck |= !b->tape->library->lane_arrays->adjoint(b->n, b->p, partial, v_bar, to.at, port->step,
                                                                to.assign);
        else
            b->propagate->adjoint(b->n, b->p, partial, v_bar, to.at, port->step, to.assign);
        close_sink(b, s, which, &to, 0);
    }
}

static void block_adjoints(dt_block *b)
{
    memset(b->touched, 0, b->nodes);
    for (size_t k = b->nodes; k-- > 0;) {
        const dt_step *s = &b->steps[k];
        if (!is_reached(b, s)) continue;
        if (s->is_sum) sum_adjoint(b, s, 0);
        else node_adjoints(b, s);
    }
}

int dt_segment_adjoint(const dt_tape *tape, dt_workspace *work, size_t first, size_t end)
{
    dt_block b;
    dt_block_init(&b, tape, work, first, end, work->p, 1, NULL);
    dt_each_block(&b, work->p == 1 ? dt_block_adjoint : block_adjoints);
    return !b.stuck;
}

static void node_second(dt_block *b, const dt_step *s)
{
    const double *v_bar = dt_place(b, b->adjoint, &s->v, 1), *v_bar_dot = dt_place(b, b->adjoint_dot, &s->v, b->p);
    dt_load_operands(b, s, 1);
    const double *x_dot = dt_place(b, b->tangent, &s->x, b->p), *y_dot = dt_place(b, b->tangent, &s->y, b->p);
    const dt_partials d = dt_local_partials(b, s, 2);
    for (int which = 0; which < 2; which++) {
        const dt_partial_array partial = which ? d.dy : d.dx;
        const dt_partial_array by_x = which ? d.dxy : d.dxx, by_y = which ? d.dyy : d.dxy;
        const dt_port *port = which ? &s->y : &s->x;
        if (!partial.at) continue;
        const sink to = open_sink(b, port, 1);
        b->propagate->adjoint(b->n, 1, partial, v_bar, to.at, port->step, to.assign);
        if (b->finite) {
            const dt_lane_operand x = {by_x, x_dot, s->x.step}, y = {by_y, y_dot, s->y.step};
            b->stuck |= !b->tape->library->lane_arrays->second(b->n, b->p, partial, v_bar, v_bar_dot, &x, &y, to.dot,
                                                               port->step, to.assign);
        } else {
            b->propagate->adjoint(b->n, b->p, partial, v_bar_dot, to.dot, port->step, to.assign);
            if (by_x.at) b->propagate->second(b->n, b->p, by_x, v_bar, x_dot, s->x.step, to.dot, port->step);
            if (by_y.at) b->propagate->second(b->n, b->p, by_y, v_bar, y_dot, s->y.step, to.dot, port->step);
        }
        close_sink(b, s, which, &to, 1);
    }
}

static void block_second(dt_block *b)
{
    memset(b->touched, 0, b->nodes);
    for (size_t k = 0; k < b->nodes; k++)
        if (!b->steps[k].is_sum && (b->is_last || b->steps[k].v.home == DT_IN_BLOCK)) node_tangents(b, &b->steps[k]);
    for (size_t k = b->nodes; k-- > 0;) {
        const dt_step *s = &b->steps[k];
        if (!is_reached(b, s)) continue;
        if (s->is_sum) sum_adjoint(b, s, 1);
        else node_second(b, s);
    }
}

int dt_segment_second(const dt_tape *tape, dt_workspace *work, size_t first, size_t end, int is_last)
{
    dt_block b;
    dt_block_init(&b, tape, work, first, end, work->p, 2, NULL);
    b.is_last = is_last;
    dt_each_block(&b, block_second);
    return !b.stuck;
}
