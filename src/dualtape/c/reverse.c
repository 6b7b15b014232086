/* One lane of adjoints through a block: the reverse sweep of a gradient. What comes back to a result that is not stored
 * is kept in a `bar`: nothing yet, one number for all elements (as a sum sends back), or memory of a block, which is
 * handed on or given back as soon as its node is done. A bar is dense when no element of it is structurally zero: then
 * the row's own adjoint loops may run, else the general way, which looks at every element. Contributions are added in
 * the order of the nodes, so none of this changes a bit. */
#include "block.h"
#include "special.h"

/* What came back to a result: at[step*i], step = 0 or 1. */
typedef struct returned { double *at; size_t step; int dense; } returned;

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

/* dense: what will be added has no structural zeros, so that the sum has none. */
static double *open_sink(dt_block *b, const dt_port *port, int dense, unsigned *assign)
{
    *assign = port->strided;
    if (port->home != DT_IN_BLOCK) return dt_place(b, b->adjoint, port, 1);
    dt_bar *bar = &b->bars[port->local];
    if (bar->state == DT_SPREAD) {
        bar->dense |= dense;
        return bar->at;
    }
    bar->at = take_memory(b);
    if (bar->state == DT_UNIFORM) fill(b->n, bar->uniform, bar->at);
    else *assign = 1, bar->dense = dense;
    bar->state = DT_SPREAD;
    return bar->at;
}

static void close_sink(dt_block *b, const dt_step *s, int is_y)
{
    const dt_port *port = is_y ? &s->y : &s->x;
    if (port->strided) dt_scatter_operand(b, &s->node->arg[is_y], 1, b->adjoint[port->home], b->adjoint);
}

/* ---- uniform adjoints ---- */

/* A partial that is the same for every element, as far as that is known without computing one. */
static const double *uniform_partial(const dt_block *b, const dt_step *s, int is_y)
{
    static const double minus_one = -1.0;
    switch (is_y ? s->op->dy : s->op->dx) {
    case DT_ONE: return &dt_one;
    case DT_MINUS_ONE: return &minus_one;
    case DT_IS_X: return s->x.step ? NULL : dt_place(b, b->value, &s->x, 1);
    case DT_IS_Y: return s->y.step ? NULL : dt_place(b, b->value, &s->y, 1);
    default: return NULL;
    }
}

/* One number times one number stays one number. */
static int stays_uniform(dt_block *b, const dt_step *s, int is_y, double v_bar)
{
    const dt_port *port = is_y ? &s->y : &s->x;
    if (port->home != DT_IN_BLOCK || b->bars[port->local].state != DT_NOTHING) return 0;
    const double *d = uniform_partial(b, s, is_y);
    if (!d) return 0;
    b->bars[port->local] = (dt_bar){NULL, *d == 1.0 ? v_bar : *d * v_bar + 0.0, DT_UNIFORM, 1};
    return 1;
}

/* ---- the general way: through arrays of partials, for any row and any operand ---- */

static void add_product(dt_block *b, const dt_step *s, int is_y, dt_partial_array d, const returned *v_bar)
{
    const dt_port *port = is_y ? &s->y : &s->x;
    unsigned assign;
    double *to = open_sink(b, port, v_bar->dense && !d.check, &assign);
    if (port->step) {
        b->propagate->tangent(b->n, 1, d, v_bar->at, v_bar->step, to, (int)assign);
    } else {
        const double *all = v_bar->at;
        if (!v_bar->step) fill(b->n, *v_bar->at, b->adjoint[DT_LOADED_X]), all = b->adjoint[DT_LOADED_X];
        b->propagate->adjoint(b->n, 1, d, all, to, 0, 0);
    }
    close_sink(b, s, is_y);
}

static void general_adjoint(dt_block *b, const dt_step *s, unsigned active, const returned *v_bar)
{
    const dt_partials d = dt_local_partials(b, s, 1);
    if (active & DT_ACTIVE_A && d.dx.at) add_product(b, s, 0, d.dx, v_bar);
    if (active & DT_ACTIVE_B && d.dy.at) add_product(b, s, 1, d.dy, v_bar);
}

/* ---- the row's own loops ---- */

static void add_to_one(dt_block *b, const dt_step *s, int is_y, const returned *v_bar)
{
    unsigned assign;
    double *to = open_sink(b, is_y ? &s->y : &s->x, 1, &assign);
    const unsigned other = is_y ? s->x.step : s->y.step;
    const dt_adjoint_loop loop = s->kernel->adjoint[dt_one_loop((unsigned)is_y, other, (unsigned)v_bar->step, assign)];
    if (loop)
        loop(b->n, dt_place(b, b->value, &s->x, 1), dt_place(b, b->value, &s->y, 1), dt_place(b, b->value, &s->v, 1),
             v_bar->at, to, to);
    close_sink(b, s, is_y);
}

static void add_to_both(dt_block *b, const dt_step *s, const returned *v_bar)
{
    unsigned assign_x, assign_y;
    double *x_bar = open_sink(b, &s->x, 1, &assign_x), *y_bar = open_sink(b, &s->y, 1, &assign_y);
    const dt_adjoint_loop loop = s->kernel->adjoint[dt_both_loop(assign_x, assign_y)];
    loop(b->n, dt_place(b, b->value, &s->x, 1), dt_place(b, b->value, &s->y, 1), dt_place(b, b->value, &s->v, 1),
         v_bar->at, x_bar, y_bar);
}

/* ---- nodes ---- */

/* Returns whether the memory of v_bar belongs to an operand now. */
static int node_adjoint(dt_block *b, const dt_step *s, const returned *v_bar)
{
    unsigned active = s->active;
    unsigned heir = 0;
    if (!v_bar->step) {
        if (active & DT_ACTIVE_A && stays_uniform(b, s, 0, *v_bar->at)) active &= ~(unsigned)DT_ACTIVE_A;
        if (active & DT_ACTIVE_B && stays_uniform(b, s, 1, *v_bar->at)) active &= ~(unsigned)DT_ACTIVE_B;
    } else if (s->heir) {
        dt_bar *bar = &b->bars[s->heir == DT_ACTIVE_B ? s->y.local : s->x.local];
        if (bar->state == DT_NOTHING) {
            heir = s->heir;
            active &= ~heir;
            *bar = (dt_bar){v_bar->at, 0.0, DT_SPREAD, v_bar->dense};
        }
    }
    if (!active) return heir != 0;
    if (s->x.strided | s->y.strided) dt_load_operands(b, s, 0);
    if (!(s->fused && v_bar->dense)) {
        general_adjoint(b, s, active, v_bar);
    } else if (active == (DT_ACTIVE_A | DT_ACTIVE_B) && s->apart && v_bar->step) {
        add_to_both(b, s, v_bar);
    } else {
        if (active & DT_ACTIVE_A) add_to_one(b, s, 0, v_bar);
        if (active & DT_ACTIVE_B) add_to_one(b, s, 1, v_bar);
    }
    return heir != 0;
}

/* What has come back to a result that has slots; at = NULL if nothing has. */
static returned stored_bar(const dt_block *b, const dt_step *s)
{
    returned v_bar = {dt_place(b, b->adjoint, &s->v, 1), s->v.step, 1};
    if (v_bar.step) v_bar.dense = s->fused && !b->propagate->has_structural(b->n, v_bar.at);
    else if (dt_is_structural(*v_bar.at)) v_bar.at = NULL;
    return v_bar;
}

void dt_block_adjoint(dt_block *b)
{
    for (size_t k = 0; k < b->nodes; k++) b->bars[k].state = DT_NOTHING;
    for (size_t k = b->nodes; k-- > 0;) {
        const dt_step *s = &b->steps[k];
        dt_bar *bar = &b->bars[k];
        if (s->v.home != DT_IN_BLOCK) {
            const returned v_bar = stored_bar(b, s);
            if (v_bar.at) node_adjoint(b, s, &v_bar);
        } else if (bar->state == DT_UNIFORM) {
            const returned v_bar = {&bar->uniform, 0, 1};
            node_adjoint(b, s, &v_bar);
        } else if (bar->state == DT_SPREAD) {
            const returned v_bar = {bar->at, 1, bar->dense};
            if (!node_adjoint(b, s, &v_bar)) b->idle[b->n_idle++] = bar->at;
        }
    }
}
