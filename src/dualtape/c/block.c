/* See block.h. Blocks are the leaves of NumPy's pairwise summation tree over the whole segment, so that sums come out
 * as NumPy's, bit for bit. */
#include "block.h"
#include <string.h>
#include "index.h"

enum { LINE = 64 };   /* bytes of a cache line: blocks start on one, so that no vector load straddles two */

const double dt_one = 1.0;
static const double minus_one = -1.0;

static const dt_op sum_op = {"sum", 1, DT_ONE, DT_ZERO, DT_ZERO, DT_ZERO, DT_ZERO, 0};
static const dt_kernel sum_kernel;

/* A single node runs in blocks of a kernel's size, several in smaller ones that stay in cache together. */
static size_t block_limit(size_t nodes) { return nodes > 1 ? DT_SEGMENT_BLOCK : DT_BLOCK; }

/* Short segments have short blocks, so that these are close together. */
static size_t limit_of(size_t nodes, size_t total)
{
    const size_t lines = (total + 7) & ~(size_t)7;
    return lines < block_limit(nodes) ? lines : block_limit(nodes);
}

enum { RECORDS = (sizeof(dt_step) + sizeof(dt_bar) + sizeof(double *)) / sizeof(double) + 1 };   /* doubles a node */

static size_t scratch_for(size_t nodes, size_t p, int order)
{
    const size_t per_node = order == 0 ? 1 : order == 1 ? 1 + p : 2 + 2 * p;
    return block_limit(nodes) * (nodes * per_node + 7 + 6 * p) + nodes * (DT_TREE_DEPTH + RECORDS)
        + LINE / sizeof(double);
}

size_t dt_scratch_size(const dt_tape *tape, size_t p, int order)
{
    const size_t one_node = scratch_for(1, p, order), longest = scratch_for(tape->longest_segment, p, order);
    const size_t segment = longest > one_node ? longest : one_node;
    const size_t native = tape->native_room * (p ? p : 1) + tape->native_base + 1;
    return segment > native ? segment : native;
}

/* ---- ports ---- */

static void slot_port(const dt_block *b, int64_t slot, unsigned step, dt_port *port)
{
    const int is_input = dt_is_input(b, slot);
    port->at = (size_t)slot - (size_t)is_input, port->local = 0, port->strided = 0;
    port->home = is_input ? DT_INPUT : DT_ARENA;
    port->step = port->moves = (uint8_t)step;
}

static void result_port(const dt_block *b, size_t k, dt_port *port)
{
    const dt_node *node = &b->tape->node[k];
    const size_t local = k - b->first;
    if (node->out >= 0) {
        slot_port(b, node->out, node->kind != DT_SUM, port);
        return;
    }
    port->at = local * b->limit, port->local = (uint32_t)local, port->strided = 0;
    port->home = DT_IN_BLOCK, port->step = 1, port->moves = 0;
}

static void operand_port(const dt_block *b, const dt_operand *arg, unsigned home_if_strided, dt_port *port)
{
    switch (arg->layout) {
    case DT_SCALAR: slot_port(b, arg->at, 0, port); return;
    case DT_CONTIGUOUS: slot_port(b, arg->at, 1, port); return;
    case DT_IN_SEGMENT: result_port(b, (size_t)arg->at, port); return;
    default:
        port->at = port->local = 0, port->strided = 1;
        port->home = (uint8_t)home_if_strided, port->step = 1, port->moves = 0;
    }
}

/* Contributions through a view are added when it is closed: two operands in one call would change the order. */
static int are_apart(const dt_block *b, const dt_step *s)
{
    if (s->x.strided | s->y.strided) return 0;
    const size_t gap = s->x.at > s->y.at ? s->x.at - s->y.at : s->y.at - s->x.at;
    return s->x.home != s->y.home || gap >= b->limit;
}

/* The last operand to be added to can take over the memory of the result's adjoints, if they are its own. */
static unsigned heir(const dt_step *s)
{
    const unsigned last = s->active & DT_ACTIVE_B ? DT_ACTIVE_B : DT_ACTIVE_A;
    const dt_port *port = last == DT_ACTIVE_B ? &s->y : &s->x;
    const int alike = s->active == (DT_ACTIVE_A | DT_ACTIVE_B) && s->x.home == s->y.home && s->x.at == s->y.at;
    if (!(s->active & last) || alike || port->home != DT_IN_BLOCK || s->v.home != DT_IN_BLOCK) return 0;
    return (last == DT_ACTIVE_B ? s->op->dy : s->op->dx) == DT_ONE ? last : 0;
}

static void resolve(const dt_block *b, size_t k, dt_step *s)
{
    const dt_node *node = &b->tape->node[k];
    s->node = node, s->is_sum = node->kind == DT_SUM, s->active = node->active;
    s->op = s->is_sum ? &sum_op : &b->tape->library->ops[node->op];
    s->kernel = s->is_sum ? &sum_kernel : &b->tape->library->kernels[node->op];
    result_port(b, k, &s->v);
    operand_port(b, &node->arg[0], DT_LOADED_X, &s->x);
    operand_port(b, &node->arg[s->op->arity == 2], DT_LOADED_Y, &s->y);
    if (s->op->arity == 1) s->y.step = s->y.strided = 0;
    s->fused = s->kernel->adjoint && (s->x.step || !(s->active & DT_ACTIVE_A))
        && (s->y.step || !(s->active & DT_ACTIVE_B));
    s->apart = s->fused && are_apart(b, s);
    s->heir = (uint8_t)heir(s);
}

/* ---- memory ---- */

static double *on_line(double *at) { return (double *)(((uintptr_t)at + LINE - 1) & ~(uintptr_t)(LINE - 1)); }

/* Slot 1 of the arena, or what is bound instead. */
static void input_homes(dt_block *b, const dt_workspace *work, int order)
{
    b->value[DT_INPUT] = b->bound.n ? (double *)b->bound.input : work->value + 1;
    if (order == 0) return;
    b->tangent[DT_INPUT] = work->tangent ? work->tangent + b->p : NULL;
    b->adjoint[DT_INPUT] = work->adjoint ? work->adjoint + (order == 2 ? 1 : b->p) : NULL;
    if (b->bound.n) b->adjoint[DT_INPUT] = b->bound.gradient;
    b->adjoint_dot[DT_INPUT] = work->adjoint_dot ? work->adjoint_dot + b->p : NULL;
}

/* Arrays of blocks first, so that they begin on cache lines; returns where they end. */
static double *give_homes(dt_block *b, const dt_workspace *work, double *at, int order)
{
    const size_t limit = b->limit, lanes = limit * b->p, nodes = b->nodes;
    b->value[DT_ARENA] = work->value, b->tangent[DT_ARENA] = work->tangent;
    b->adjoint[DT_ARENA] = work->adjoint, b->adjoint_dot[DT_ARENA] = work->adjoint_dot;
    input_homes(b, work, order);
    for (int i = 0; i < 5; i++) b->partial[i] = at, at += limit;
    for (int home = DT_LOADED_X; home <= DT_LOADED_Y; home++) {
        b->value[home] = at, at += limit;
        b->tangent[home] = at, at += lanes;
        b->adjoint[home] = at, at += lanes;
        b->adjoint_dot[home] = at, at += lanes;
    }
    b->value[DT_IN_BLOCK] = at, at += nodes * limit;
    b->tangent[DT_IN_BLOCK] = b->adjoint[DT_IN_BLOCK] = b->unused = at;
    if (order == 0) return at;
    if (order == 1) return at + nodes * lanes;
    b->tangent[DT_IN_BLOCK] = at + nodes * limit;
    b->adjoint_dot[DT_IN_BLOCK] = b->tangent[DT_IN_BLOCK] + nodes * lanes;
    return b->adjoint_dot[DT_IN_BLOCK] + nodes * lanes;
}

void dt_block_init(dt_block *b, const dt_tape *tape, const dt_workspace *work, size_t first, size_t end, size_t p,
                   int order, const dt_bound *bound)
{
    const size_t nodes = end - first;
    b->tape = tape, b->propagate = tape->library->propagation;
    b->first = first, b->nodes = nodes, b->total = tape->node[first].n;
    b->p = p, b->stores = b->keeps = 0;
    b->finite = p > 1 && work->finite, b->stuck = b->is_last = 0;
    b->limit = limit_of(nodes, b->total);
    b->bound = bound ? *bound : (dt_bound){NULL, NULL, 0, 0};
    b->near = b->bound.gradient_only;
    b->n_inputs = tape->step ? tape->n_inputs : b->bound.n;
    b->filled = b->n_idle = 0;
    double *at = give_homes(b, work, on_line(work->scratch), order);
    b->sums = at, at += nodes * DT_TREE_DEPTH;
    b->bars = (dt_bar *)at, at += nodes * sizeof(dt_bar) / sizeof(double);
    b->idle = (double **)at, at += nodes;
    b->touched = (unsigned char *)at, at += nodes;
    b->steps = tape->step ? tape->step + first : (dt_step *)at;
    if (!tape->step)
        for (size_t k = 0; k < nodes; k++) resolve(b, first + k, &b->steps[k]);
}

size_t dt_ready_size(const dt_tape *tape) { return (tape->n_nodes ? tape->n_nodes : 1) * sizeof(dt_step); }

void dt_make_ready(dt_tape *tape, size_t n_inputs)
{
    dt_block b;
    tape->n_inputs = b.n_inputs = n_inputs;
    b.tape = tape;
    for (size_t i = 0; i < tape->n_instr; i++) {
        const dt_instr *instr = &tape->instr[i];
        if (instr->op != DT_OP_SEGMENT) continue;
        b.first = instr->a;
        b.limit = limit_of(instr->b - instr->a, tape->node[instr->a].n);
        for (size_t k = instr->a; k < instr->b; k++) resolve(&b, k, &tape->step[k]);
    }
}

/* ---- operands in views ---- */

static double *view_base(const dt_block *b, double *const *homes, const dt_operand *arg, size_t p)
{
    const size_t at = (size_t)arg->at;
    return dt_is_input(b, arg->at) ? homes[DT_INPUT] + (at - 1) * p : homes[DT_ARENA] + at * p;
}

static void load(const dt_block *b, const dt_operand *arg, size_t p, double *const *homes, double *to)
{
    dt_odometer odometer;
    dt_odometer_set(&odometer, b->tape->view + arg->view, b->start);
    dt_load(&odometer, b->n, p, view_base(b, homes, arg, p), to);
}

void dt_load_operands(const dt_block *b, const dt_step *s, int with_tangent)
{
    const dt_port *ports[2] = {&s->x, &s->y};
    for (int which = 0; which < 2; which++) {
        const dt_operand *arg = &s->node->arg[which];
        if (!ports[which]->strided) continue;
        load(b, arg, 1, b->value, b->value[DT_LOADED_X + which]);
        if (with_tangent) load(b, arg, b->p, b->tangent, b->tangent[DT_LOADED_X + which]);
    }
}

void dt_scatter_operand(const dt_block *b, const dt_operand *arg, size_t p, const double *spread, double *const *homes)
{
    dt_odometer odometer;
    dt_odometer_set(&odometer, b->tape->view + arg->view, b->start);
    dt_scatter_add(&odometer, b->n, p, spread, view_base(b, homes, arg, p));
}

/* ---- values ---- */

static double *kept_values(const dt_block *b, const dt_step *s)
{
    return b->value[DT_ARENA] + (size_t)s->node->kept + b->start;
}

/* All values of the block. Stored nodes are read unless this is their evaluation, when sums are left in `sums`, too. */
static void block_primal(dt_block *b, double *sums)
{
    for (size_t k = 0; k < b->nodes; k++) {
        const dt_step *s = &b->steps[k];
        if (s->is_sum ? !sums || b->near : s->v.home != DT_IN_BLOCK && !b->stores) continue;
        double *v = dt_place(b, b->value, &s->v, 1), *kept = s->node->kept ? kept_values(b, s) : NULL;
        if (kept && !b->stores) {
            memcpy(v, kept, b->n * sizeof *v);
            continue;
        }
        if (s->x.strided | s->y.strided) dt_load_operands(b, s, 0);
        const double *x = dt_place(b, b->value, &s->x, 1);
        if (s->is_sum) sums[k] = b->propagate->pairwise_sum(b->n, x);
        else
            (b->near && s->kernel->near_primal ? s->kernel->near_primal : s->kernel->primal)(
                b->n, x, s->x.step, dt_place(b, b->value, &s->y, 1), s->y.step, v);
        if (kept && b->keeps) memcpy(kept, v, b->n * sizeof *v);
    }
}

/* Left before right, sums added as NumPy's pairwise summation adds them. */
static void evaluate_tree(dt_block *b, size_t start, size_t n, double *sums, void (*visit)(dt_block *))
{
    if (n <= b->limit) {
        b->start = start, b->n = n;
        block_primal(b, sums);
        if (visit) visit(b);
        return;
    }
    const size_t half = n / 2 - (n / 2) % 8;
    evaluate_tree(b, start, half, sums, visit);
    evaluate_tree(b, start + half, n - half, sums + b->nodes, visit);
    for (size_t k = 0; k < b->nodes; k++)
        if (b->steps[k].is_sum) sums[k] += sums[b->nodes + k];
}

/* NumPy's sum starts from 0.0. */
void dt_evaluate(dt_block *b, void (*visit)(dt_block *))
{
    b->stores = 1;
    evaluate_tree(b, 0, b->total, b->sums, visit);
    for (size_t k = 0; k < b->nodes && !b->near; k++)
        if (b->steps[k].is_sum) b->value[DT_ARENA][b->steps[k].node->out] = 0.0 + b->sums[k];
}

void dt_each_block(dt_block *b, void (*visit)(dt_block *))
{
    for (size_t start = 0; start < b->total && !b->stuck; start += b->limit) {
        b->start = start, b->n = b->total - start < b->limit ? b->total - start : b->limit;
        block_primal(b, NULL);
        visit(b);
    }
}

/* ---- partials ---- */

static dt_partial_array partial_array(unsigned kind, int selects, const double *array, const double *x, size_t sx,
                                      const double *y, size_t sy)
{
    switch (kind) {
    case DT_ONE: return (dt_partial_array){&dt_one, 0, 0};
    case DT_MINUS_ONE: return (dt_partial_array){&minus_one, 0, 0};
    case DT_IS_X: return (dt_partial_array){x, sx, 0};
    case DT_IS_Y: return (dt_partial_array){y, sy, 0};
    case DT_GENERAL: return (dt_partial_array){array, 1, selects};
    default: return (dt_partial_array){NULL, 0, 0};
    }
}

dt_partials dt_local_partials(const dt_block *b, const dt_step *s, int order)
{
    const dt_op *op = s->op;
    const double *x = dt_place(b, b->value, &s->x, 1), *y = dt_place(b, b->value, &s->y, 1);
    const double *v = dt_place(b, b->value, &s->v, 1);
    const size_t n = b->n, sx = s->x.step, sy = s->y.step;
    const unsigned active = s->active;
    double *const *d = b->partial;
    dt_partials all;
    if (op->dx == DT_GENERAL || op->dy == DT_GENERAL) s->kernel->first(n, x, sx, y, sy, v, active, d[0], d[1]);
    if (order == 2 && (op->dxx == DT_GENERAL || op->dxy == DT_GENERAL || op->dyy == DT_GENERAL))
        s->kernel->second(n, x, sx, y, sy, v, d[0], d[1], active, d[2], d[3], d[4]);
    all.dx = partial_array(active & DT_ACTIVE_A ? op->dx : DT_ZERO, op->selects, d[0], x, sx, y, sy);
    all.dy = partial_array(active & DT_ACTIVE_B ? op->dy : DT_ZERO, op->selects, d[1], x, sx, y, sy);
    if (order == 2) {
        all.dxx = partial_array(active & DT_ACTIVE_A ? op->dxx : DT_ZERO, op->selects, d[2], x, sx, y, sy);
        const int both = active == (DT_ACTIVE_A | DT_ACTIVE_B);
        all.dxy = partial_array(both ? op->dxy : DT_ZERO, op->selects, d[3], x, sx, y, sy);
        all.dyy = partial_array(active & DT_ACTIVE_B ? op->dyy : DT_ZERO, op->selects, d[4], x, sx, y, sy);
    }
    return all;
}
