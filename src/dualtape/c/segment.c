/* See segment.h. One `block` holds everything about [start, start + n) of a segment: where each node's value, tangent
 * and adjoints are (arena or scratch), and room for loaded operands and partials.
 *
 * Blocks are the leaves of NumPy's pairwise summation tree over the whole segment, so that sums come out as NumPy's,
 * bit for bit. */
#include "segment.h"
#include <string.h>
#include "index.h"
#include "propagate.h"

enum {
    TREE_DEPTH = 64,
    LINE = 64             /* bytes of a cache line: blocks start on one, so that no vector load straddles two */
};

typedef struct block {
    const dt_tape *tape;
    dt_workspace *work;
    const double *value;      /* primal arena, read */
    double *store;            /* primal arena, written; NULL in a derivative sweep of an evaluated segment */
    size_t first, end;        /* nodes of the segment */
    size_t start, n;          /* elements of the block */
    size_t p;                 /* lanes; first-order adjoints have one in a second-order sweep */
    size_t limit;             /* most elements of a block */
    double *values, *tangents, *adjoints, *adjoint_dots;   /* (nodes, limit [, lanes]) of nodes that are not stored */
    double *loaded[2], *loaded_dot[2];                     /* strided operands, made contiguous */
    double *partial[5];                                    /* dx dy dxx dxy dyy, (limit,) each */
    double *spread, *spread_dot;                           /* adjoints on their way to a strided operand */
    unsigned char *touched;                                /* (nodes,) was the block adjoint of this node written to? */
    double *sums;                                          /* (TREE_DEPTH, nodes) partial sums along the tree */
} block;

/* Resolved operand: its values, and its tangents where asked. */
typedef struct source { const double *at, *dot; size_t step; } source;

static const double one = 1.0, minus_one = -1.0;

/* A single node runs in blocks of a kernel's size, several in smaller ones that stay in cache together. */
static size_t block_limit(size_t nodes) { return nodes > 1 ? DT_SEGMENT_BLOCK : DT_BLOCK; }

static size_t scratch_for(size_t nodes, size_t p, int order)
{
    const size_t per_node = order == 0 ? 1 : order == 1 ? 1 + p : 2 + 2 * p;
    return block_limit(nodes) * (nodes * per_node + 7 + 4 * p) + nodes * (TREE_DEPTH + 1) + 2 * LINE / sizeof(double);
}

size_t dt_scratch_size(const dt_tape *tape, size_t p, int order)
{
    const size_t one_node = scratch_for(1, p, order), longest = scratch_for(tape->longest_segment, p, order);
    return longest > one_node ? longest : one_node;
}

static double *on_line(double *at) { return (double *)(((uintptr_t)at + LINE - 1) & ~(uintptr_t)(LINE - 1)); }

static void block_init(block *b, const dt_tape *tape, dt_workspace *work, double *scratch, size_t first, size_t end,
                       size_t p, int order)
{
    const size_t nodes = end - first;
    b->tape = tape, b->work = work, b->first = first, b->end = end, b->p = p;
    b->value = work->value, b->store = NULL;
    b->limit = block_limit(nodes);
    const size_t limit = b->limit;
    double *at = on_line(scratch);
    for (int i = 0; i < 5; i++) b->partial[i] = at, at += limit;
    for (int i = 0; i < 2; i++) b->loaded[i] = at, at += limit;
    for (int i = 0; i < 2; i++) b->loaded_dot[i] = at, at += limit * p;
    b->spread = at, at += limit * p;
    b->spread_dot = at, at += limit * p;
    b->sums = at, at += nodes * TREE_DEPTH;
    b->touched = (unsigned char *)at, at = on_line(at + nodes);
    b->values = at, at += nodes * limit;
    b->tangents = b->adjoints = b->adjoint_dots = at;
    if (order == 2) {
        b->adjoints = at, at += nodes * limit;
        b->tangents = at, at += nodes * limit * p;
        b->adjoint_dots = at;
    }
}

/* ---- operands: where a node finds its arguments ---- */

static const double *node_value(const block *b, size_t k)
{
    const dt_node *node = &b->tape->node[k];
    return node->out >= 0 ? b->value + node->out + b->start : b->values + (k - b->first) * b->limit;
}

static const double *node_tangent(const block *b, size_t k)
{
    const dt_node *node = &b->tape->node[k];
    if (node->out < 0) return b->tangents + (k - b->first) * b->limit * b->p;
    return b->work->tangent + ((size_t)node->out + b->start) * b->p;
}

static source operand(const block *b, const dt_node *node, int which, int with_tangent)
{
    const dt_operand *arg = &node->arg[which];
    const double *tangent = with_tangent ? b->work->tangent : NULL;
    const size_t p = b->p;
    source s = {NULL, NULL, 1};
    dt_odometer odometer;
    switch (arg->layout) {
    case DT_SCALAR:
        s.at = b->value + arg->at, s.step = 0;
        if (tangent) s.dot = tangent + (size_t)arg->at * p;
        break;
    case DT_CONTIGUOUS:
        s.at = b->value + arg->at + b->start;
        if (tangent) s.dot = tangent + ((size_t)arg->at + b->start) * p;
        break;
    case DT_IN_SEGMENT:
        s.at = node_value(b, (size_t)arg->at);
        if (tangent) s.dot = node_tangent(b, (size_t)arg->at);
        break;
    default:
        dt_odometer_set(&odometer, b->tape->view + arg->view, b->start);
        dt_load(&odometer, b->n, 1, b->value + arg->at, b->loaded[which]);
        s.at = b->loaded[which];
        if (tangent) {
            dt_odometer_set(&odometer, b->tape->view + arg->view, b->start);
            dt_load(&odometer, b->n, p, tangent + (size_t)arg->at * p, b->loaded_dot[which]);
            s.dot = b->loaded_dot[which];
        }
    }
    return s;
}

static int is_unary(const block *b, const dt_node *node) { return b->tape->library->ops[node->op].arity == 1; }

/* ---- primal ---- */

static void node_primal(const block *b, size_t k)
{
    const dt_node *node = &b->tape->node[k];
    const dt_kernel *kernel = &b->tape->library->kernels[node->op];
    double *out = node->out >= 0 ? b->store + node->out + b->start : b->values + (k - b->first) * b->limit;
    const source x = operand(b, node, 0, 0);
    const source y = is_unary(b, node) ? (source){NULL, NULL, 0} : operand(b, node, 1, 0);
    kernel->primal(b->n, x.at, x.step, y.at, y.step, out);
}

/* All values of the block. Stored nodes are read unless this is their evaluation (`store`), when sums are left in
 * `sums`, too. */
static void block_primal(block *b, double *sums)
{
    for (size_t k = b->first; k < b->end; k++) {
        const dt_node *node = &b->tape->node[k];
        if (node->kind == DT_SUM) {
            if (!sums) continue;
            const source x = operand(b, node, 0, 0);
            sums[k - b->first] = b->tape->library->propagation->pairwise_sum(b->n, x.at);
        } else if (node->out < 0 || b->store) {
            node_primal(b, k);
        }
    }
}

/* Left before right, sums added as NumPy's pairwise summation adds them; `visit` does the rest of the work on each
 * leaf. */
static void evaluate_tree(block *b, size_t start, size_t n, double *sums, void (*visit)(block *))
{
    if (n <= b->limit) {
        b->start = start, b->n = n;
        block_primal(b, sums);
        if (visit) visit(b);
        return;
    }
    const size_t half = n / 2 - (n / 2) % 8, nodes = b->end - b->first;
    evaluate_tree(b, start, half, sums, visit);
    evaluate_tree(b, start + half, n - half, sums + nodes, visit);
    for (size_t k = 0; k < nodes; k++)
        if (b->tape->node[b->first + k].kind == DT_SUM) sums[k] += sums[nodes + k];
}

/* Evaluates the segment for the first time: fills the slots of stored nodes and sums. NumPy's sum starts from 0.0. */
static void evaluate(block *b, void (*visit)(block *))
{
    const dt_tape *tape = b->tape;
    b->store = b->work->value;
    evaluate_tree(b, 0, tape->node[b->first].n, b->sums, visit);
    for (size_t k = b->first; k < b->end; k++)
        if (tape->node[k].kind == DT_SUM) b->store[tape->node[k].out] = 0.0 + b->sums[k - b->first];
}

void dt_segment_primal(const dt_tape *tape, dt_workspace *work, size_t first, size_t end)
{
    block b;
    block_init(&b, tape, work, work->scratch, first, end, 1, 0);
    evaluate(&b, NULL);
}

/* Every block of an evaluated segment, with the values that are not stored computed again. */
static void each_block(block *b, void (*visit)(block *))
{
    const size_t total = b->tape->node[b->first].n;
    for (size_t start = 0; start < total; start += b->limit) {
        b->start = start, b->n = total - start < b->limit ? total - start : b->limit;
        block_primal(b, NULL);
        visit(b);
    }
}

/* ---- partials ---- */

static dt_partial_array partial_array(unsigned kind, const double *array, const source *x, const source *y)
{
    switch (kind) {
    case DT_ONE: return (dt_partial_array){&one, 0, 0};
    case DT_MINUS_ONE: return (dt_partial_array){&minus_one, 0, 0};
    case DT_IS_X: return (dt_partial_array){x->at, x->step, 0};
    case DT_IS_Y: return (dt_partial_array){y->at, y->step, 0};
    case DT_GENERAL: return (dt_partial_array){array, 1, 1};
    default: return (dt_partial_array){NULL, 0, 0};
    }
}

typedef struct partials { dt_partial_array dx, dy, dxx, dxy, dyy; } partials;

static partials local_partials(const block *b, size_t k, const source *x, const source *y, int order)
{
    const dt_node *node = &b->tape->node[k];
    const dt_op *op = &b->tape->library->ops[node->op];
    const dt_kernel *kernel = &b->tape->library->kernels[node->op];
    const double *v = node_value(b, k);
    double *const *d = b->partial;
    partials all;
    if (op->dx == DT_GENERAL || op->dy == DT_GENERAL)
        kernel->first(b->n, x->at, x->step, y->at, y->step, v, node->active, d[0], d[1]);
    if (order == 2 && (op->dxx == DT_GENERAL || op->dxy == DT_GENERAL || op->dyy == DT_GENERAL))
        kernel->second(b->n, x->at, x->step, y->at, y->step, v, d[0], d[1], node->active, d[2], d[3], d[4]);
    all.dx = partial_array(node->active & DT_ACTIVE_A ? op->dx : DT_ZERO, d[0], x, y);
    all.dy = partial_array(node->active & DT_ACTIVE_B ? op->dy : DT_ZERO, d[1], x, y);
    if (order == 2) {
        all.dxx = partial_array(node->active & DT_ACTIVE_A ? op->dxx : DT_ZERO, d[2], x, y);
        all.dxy = partial_array(node->active == (DT_ACTIVE_A | DT_ACTIVE_B) ? op->dxy : DT_ZERO, d[3], x, y);
        all.dyy = partial_array(node->active & DT_ACTIVE_B ? op->dyy : DT_ZERO, d[4], x, y);
    }
    return all;
}

/* ---- tangents ---- */

static void node_tangents(block *b, size_t k)
{
    const dt_node *node = &b->tape->node[k];
    const dt_propagation *propagate = b->tape->library->propagation;
    const source x = operand(b, node, 0, 1);
    if (node->kind == DT_SUM) {
        double *sum_dot = b->work->tangent + (size_t)node->out * b->p;
        propagate->adjoint(b->n, b->p, (dt_partial_array){&one, 0, 0}, x.dot, sum_dot, 0, 0);
        return;
    }
    const source y = is_unary(b, node) ? (source){NULL, NULL, 0} : operand(b, node, 1, 1);
    const partials d = local_partials(b, k, &x, &y, 1);
    double *out = (double *)node_tangent(b, k);
    if (d.dx.at) propagate->tangent(b->n, b->p, d.dx, x.dot, x.step, out, 1);
    else for (size_t i = 0; i < b->n * b->p; i++) out[i] = -0.0;
    if (d.dy.at) propagate->tangent(b->n, b->p, d.dy, y.dot, y.step, out, 0);
}

static void block_tangent(block *b)
{
    for (size_t k = b->first; k < b->end; k++) node_tangents(b, k);
}

void dt_segment_tangent(const dt_tape *tape, dt_workspace *work, size_t first, size_t end)
{
    block b;
    block_init(&b, tape, work, work->scratch, first, end, work->p, 1);
    each_block(&b, block_tangent);
}

/* ---- adjoints, first and second order ---- */

/* Where contributions to an operand's adjoints go. */
typedef struct sink { double *at, *dot; size_t step; int assign; } sink;

static sink open_sink(block *b, const dt_node *node, int which, int second)
{
    const dt_operand *arg = &node->arg[which];
    const size_t p = b->p, q = second ? 1 : p;      /* lanes of first-order adjoints */
    double *adjoint = b->work->adjoint, *adjoint_dot = b->work->adjoint_dot;
    sink s = {NULL, NULL, 1, 0};
    size_t slot = 0;
    switch (arg->layout) {
    case DT_SCALAR: slot = (size_t)arg->at, s.step = 0; break;
    case DT_CONTIGUOUS: slot = (size_t)arg->at + b->start; break;
    case DT_IN_SEGMENT: {
        const size_t local = (size_t)arg->at - b->first;
        const int64_t out = b->tape->node[arg->at].out;
        if (out < 0) {
            s.at = b->adjoints + local * b->limit * q;
            s.dot = b->adjoint_dots + local * b->limit * p;
            s.assign = !b->touched[local];
            b->touched[local] = 1;
            return s;
        }
        slot = (size_t)out + b->start;
        break;
    }
    default:
        s.at = b->spread, s.dot = b->spread_dot, s.assign = 1;
        return s;
    }
    s.at = adjoint + slot * q;
    if (second) s.dot = adjoint_dot + slot * p;
    return s;
}

static void close_sink(block *b, const dt_node *node, int which, int second)
{
    const dt_operand *arg = &node->arg[which];
    if (arg->layout != DT_STRIDED) return;
    dt_odometer odometer;
    const size_t q = second ? 1 : b->p;
    dt_odometer_set(&odometer, b->tape->view + arg->view, b->start);
    dt_scatter_add(&odometer, b->n, q, b->spread, b->work->adjoint + (size_t)arg->at * q);
    if (!second) return;
    dt_odometer_set(&odometer, b->tape->view + arg->view, b->start);
    dt_scatter_add(&odometer, b->n, b->p, b->spread_dot, b->work->adjoint_dot + (size_t)arg->at * b->p);
}

/* Adjoints of the node's own result in this block; NULL when nothing came back to it. */
static int result_adjoint(const block *b, size_t k, int second, const double **v_bar, const double **v_bar_dot)
{
    const dt_node *node = &b->tape->node[k];
    const size_t local = k - b->first, q = second ? 1 : b->p;
    if (node->out >= 0) {
        const size_t slot = (size_t)node->out + (node->kind == DT_SUM ? 0 : b->start);
        *v_bar = b->work->adjoint + slot * q;
        *v_bar_dot = second ? b->work->adjoint_dot + slot * b->p : NULL;
        return 1;
    }
    *v_bar = b->adjoints + local * b->limit * q;
    *v_bar_dot = b->adjoint_dots + local * b->limit * b->p;
    return b->touched[local];
}

static void sum_adjoint(block *b, const dt_node *node, const double *v_bar, const double *v_bar_dot, int second)
{
    const dt_propagation *propagate = b->tape->library->propagation;
    const dt_partial_array d = {&one, 0, 0};
    const sink x = open_sink(b, node, 0, second);
    propagate->tangent(b->n, second ? 1 : b->p, d, v_bar, 0, x.at, x.assign);
    if (second) propagate->tangent(b->n, b->p, d, v_bar_dot, 0, x.dot, x.assign);
    close_sink(b, node, 0, second);
}

static void block_adjoint(block *b)
{
    const dt_propagation *propagate = b->tape->library->propagation;
    memset(b->touched, 0, b->end - b->first);
    for (size_t k = b->end; k-- > b->first;) {
        const dt_node *node = &b->tape->node[k];
        const double *v_bar, *unused;
        if (!result_adjoint(b, k, 0, &v_bar, &unused)) continue;
        if (node->kind == DT_SUM) { sum_adjoint(b, node, v_bar, NULL, 0); continue; }
        const source x = operand(b, node, 0, 0);
        const source y = is_unary(b, node) ? (source){NULL, NULL, 0} : operand(b, node, 1, 0);
        const partials d = local_partials(b, k, &x, &y, 1);
        for (int which = 0; which < 2; which++) {
            const dt_partial_array partial = which ? d.dy : d.dx;
            if (!partial.at) continue;
            const sink to = open_sink(b, node, which, 0);
            propagate->adjoint(b->n, b->p, partial, v_bar, to.at, to.step, to.assign);
            close_sink(b, node, which, 0);
        }
    }
}

void dt_segment_adjoint(const dt_tape *tape, dt_workspace *work, size_t first, size_t end)
{
    block b;
    block_init(&b, tape, work, work->scratch, first, end, work->p, 1);
    each_block(&b, block_adjoint);
}

void dt_segment_value_and_adjoint(const dt_tape *tape, dt_workspace *work, const dt_instr *instr)
{
    block b;
    block_init(&b, tape, work, work->scratch, instr->a, instr->b, work->p, 1);
    evaluate(&b, block_adjoint);
}

static void node_second(block *b, size_t k, const double *v_bar, const double *v_bar_dot)
{
    const dt_node *node = &b->tape->node[k];
    const dt_propagation *propagate = b->tape->library->propagation;
    const source x = operand(b, node, 0, 1);
    const source y = is_unary(b, node) ? (source){NULL, NULL, 0} : operand(b, node, 1, 1);
    const partials d = local_partials(b, k, &x, &y, 2);
    for (int which = 0; which < 2; which++) {
        const dt_partial_array partial = which ? d.dy : d.dx;
        const dt_partial_array by_x = which ? d.dxy : d.dxx, by_y = which ? d.dyy : d.dxy;
        if (!partial.at) continue;
        const sink to = open_sink(b, node, which, 1);
        propagate->adjoint(b->n, 1, partial, v_bar, to.at, to.step, to.assign);
        propagate->adjoint(b->n, b->p, partial, v_bar_dot, to.dot, to.step, to.assign);
        if (by_x.at) propagate->second(b->n, b->p, by_x, v_bar, x.dot, x.step, to.dot, to.step);
        if (by_y.at) propagate->second(b->n, b->p, by_y, v_bar, y.dot, y.step, to.dot, to.step);
        close_sink(b, node, which, 1);
    }
}

static void block_second(block *b)
{
    memset(b->touched, 0, b->end - b->first);
    for (size_t k = b->first; k < b->end; k++)
        if (b->tape->node[k].out < 0) node_tangents(b, k);
    for (size_t k = b->end; k-- > b->first;) {
        const dt_node *node = &b->tape->node[k];
        const double *v_bar, *v_bar_dot;
        if (!result_adjoint(b, k, 1, &v_bar, &v_bar_dot)) continue;
        if (node->kind == DT_SUM) sum_adjoint(b, node, v_bar, v_bar_dot, 1);
        else node_second(b, k, v_bar, v_bar_dot);
    }
}

void dt_segment_second(const dt_tape *tape, dt_workspace *work, size_t first, size_t end)
{
    block b;
    block_init(&b, tape, work, work->scratch, first, end, work->p, 2);
    each_block(&b, block_second);
}
