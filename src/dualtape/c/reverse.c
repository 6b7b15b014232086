/* One lane of adjoints through a block: the reverse sweep of a gradient. What comes back to a result that is not stored
 * is kept in a `bar`: nothing yet, one number for all elements (as a sum sends back), or memory of a block, which is
 * handed on or given back as soon as its node is done. Sums of contributions are made in the order of the nodes, so
 * none of this changes a bit. */
#include "block.h"
#include "special.h"

/* ---- where contributions go ---- */

static double *take_memory(dt_block *b)
{
    if (b->n_idle) return b->idle[--b->n_idle];
    double *fresh = b->unused;
    b->unused += b->limit;
    return fresh;
}

static void fill(size_t n, double value, double *to)
{
    for (size_t i = 0; i < n; i++) to[i] = value;
}

static double *open_sink(dt_block *b, dt_port port, int *assign)
{
    *assign = port.strided;
    if (port.home != DT_IN_BLOCK) return dt_place(b, b->adjoint, port, 1);
    dt_bar *bar = &b->bars[port.local];
    if (bar->state == DT_SPREAD) return bar->at;
    bar->at = take_memory(b);
    if (bar->state == DT_UNIFORM) fill(b->n, bar->uniform, bar->at);
    else *assign = 1;
    bar->state = DT_SPREAD;
    return bar->at;
}

static void close_sink(dt_block *b, const dt_step *s, unsigned which)
{
    const dt_port port = which == DT_ACTIVE_B ? s->y : s->x;
    if (port.strided) dt_scatter_operand(b, &s->node->arg[which >> 1], 1, b->adjoint[port.home], b->adjoint);
}

static int is_untouched(const dt_block *b, dt_port port)
{
    return port.home == DT_IN_BLOCK && b->bars[port.local].state == DT_NOTHING;
}

/* ---- the product rule, operand by operand ---- */

/* What came back to the result: v_bar[sv*i], sv = 0 or 1. */
typedef struct returned { double *at; size_t step; } returned;

/* A partial that is the same for every element, as far as that is known without computing one. */
static const double *uniform_partial(const dt_block *b, const dt_step *s, unsigned which)
{
    static const double minus_one = -1.0;
    switch (which == DT_ACTIVE_B ? s->op->dy : s->op->dx) {
    case DT_ONE: return &dt_one;
    case DT_MINUS_ONE: return &minus_one;
    case DT_IS_X: return s->x.step ? NULL : dt_place(b, b->value, s->x, 1);
    case DT_IS_Y: return s->y.step ? NULL : dt_place(b, b->value, s->y, 1);
    default: return NULL;
    }
}

/* A uniform adjoint times a uniform partial stays one number. */
static int stays_uniform(dt_block *b, const dt_step *s, unsigned which, const returned *v_bar)
{
    const dt_port port = which == DT_ACTIVE_B ? s->y : s->x;
    if (v_bar->step || !is_untouched(b, port)) return 0;
    const double *d = uniform_partial(b, s, which);
    if (!d) return 0;
    b->bars[port.local].uniform = *d == 1.0 ? *v_bar->at : *d * *v_bar->at + 0.0;
    b->bars[port.local].state = DT_UNIFORM;
    return 1;
}

/* With a partial of 1, the last operand takes over the memory of the result's adjoints. */
static int takes_over(dt_block *b, const dt_step *s, unsigned which, const returned *v_bar)
{
    const dt_port port = which == DT_ACTIVE_B ? s->y : s->x;
    if (!v_bar->step || s->v.home != DT_IN_BLOCK || !is_untouched(b, port)) return 0;
    if ((which == DT_ACTIVE_B ? s->op->dy : s->op->dx) != DT_ONE) return 0;
    b->bars[port.local].at = v_bar->at;
    b->bars[port.local].state = DT_SPREAD;
    return 1;
}

static void add_product(dt_block *b, const dt_step *s, unsigned which, dt_partial_array d, const returned *v_bar)
{
    const dt_port port = which == DT_ACTIVE_B ? s->y : s->x;
    int assign;
    double *to = open_sink(b, port, &assign);
    if (port.step) {
        b->propagate->tangent(b->n, 1, d, v_bar->at, v_bar->step, to, assign);
    } else {
        const double *all = v_bar->at;
        if (!v_bar->step) fill(b->n, *v_bar->at, b->adjoint[DT_LOADED_X]), all = b->adjoint[DT_LOADED_X];
        b->propagate->adjoint(b->n, 1, d, all, to, 0, 0);
    }
    close_sink(b, s, which);
}

/* Through arrays of partials: any row, any operand. */
static void general_adjoint(dt_block *b, const dt_step *s, unsigned active, const returned *v_bar)
{
    const dt_partials d = dt_local_partials(b, s, 1);
    if (active & DT_ACTIVE_A && d.dx.at) add_product(b, s, DT_ACTIVE_A, d.dx, v_bar);
    if (active & DT_ACTIVE_B && d.dy.at) add_product(b, s, DT_ACTIVE_B, d.dy, v_bar);
}

/* Through the row's own loop. */
static void fused_adjoint(dt_block *b, const dt_step *s, unsigned active, const returned *v_bar)
{
    int assign_x = 0, assign_y = 0;
    double *x_bar = active & DT_ACTIVE_A ? open_sink(b, s->x, &assign_x) : NULL;
    double *y_bar = active & DT_ACTIVE_B ? open_sink(b, s->y, &assign_y) : NULL;
    s->kernel->adjoint(b->n, dt_place(b, b->value, s->x, 1), s->x.step, dt_place(b, b->value, s->y, 1), s->y.step,
                       dt_place(b, b->value, s->v, 1), v_bar->at, v_bar->step, x_bar, y_bar,
                       active | (assign_x ? DT_ASSIGN_X : 0) | (assign_y ? DT_ASSIGN_Y : 0));
    if (active & DT_ACTIVE_A) close_sink(b, s, DT_ACTIVE_A);
    if (active & DT_ACTIVE_B) close_sink(b, s, DT_ACTIVE_B);
}

/* ---- nodes ---- */

/* Returns whether the memory of v_bar belongs to an operand now. */
static int node_adjoint(dt_block *b, const dt_step *s, const returned *v_bar)
{
    const unsigned both = DT_ACTIVE_A | DT_ACTIVE_B;
    unsigned active = s->active;
    if (s->x.strided | s->y.strided) dt_load_operands(b, s, 0);
    if (active & DT_ACTIVE_A && stays_uniform(b, s, DT_ACTIVE_A, v_bar)) active &= ~(unsigned)DT_ACTIVE_A;
    if (active & DT_ACTIVE_B && stays_uniform(b, s, DT_ACTIVE_B, v_bar)) active &= ~(unsigned)DT_ACTIVE_B;
    /* an operand that is the first one, too, has to wait for its contribution */
    const unsigned last = active & DT_ACTIVE_B ? DT_ACTIVE_B : DT_ACTIVE_A;
    const int alike = active == both && s->x.home == s->y.home && s->x.at == s->y.at;
    const int takes = active && !alike && takes_over(b, s, last, v_bar);
    if (takes) active &= ~last;
    if (active && !s->fused) {
        general_adjoint(b, s, active, v_bar);
    } else if (active == both && !(s->apart && v_bar->step)) {
        fused_adjoint(b, s, DT_ACTIVE_A, v_bar);
        fused_adjoint(b, s, DT_ACTIVE_B, v_bar);
    } else if (active) {
        fused_adjoint(b, s, active, v_bar);
    }
    return takes;
}

/* What came back to the node's result in this block; at = NULL if nothing did. */
static returned result_bar(dt_block *b, size_t k)
{
    const dt_step *s = &b->steps[k];
    returned v_bar;
    if (s->v.home != DT_IN_BLOCK) {
        v_bar = (returned){dt_place(b, b->adjoint, s->v, 1), s->v.step};
    } else {
        dt_bar *bar = &b->bars[k];
        if (bar->state == DT_NOTHING) return (returned){NULL, 0};
        v_bar = bar->state == DT_SPREAD ? (returned){bar->at, 1} : (returned){&bar->uniform, 0};
    }
    if (!v_bar.step && dt_is_structural(*v_bar.at)) v_bar.at = NULL;
    return v_bar;
}

void dt_block_adjoint(dt_block *b)
{
    for (size_t k = 0; k < b->nodes; k++) b->bars[k].state = DT_NOTHING;
    for (size_t k = b->nodes; k-- > 0;) {
        const dt_step *s = &b->steps[k];
        const returned v_bar = result_bar(b, k);
        if (!v_bar.at) continue;
        const int passed_on = node_adjoint(b, s, &v_bar);
        if (v_bar.step && s->v.home == DT_IN_BLOCK && !passed_on) b->idle[b->n_idle++] = v_bar.at;
    }
}
