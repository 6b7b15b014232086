/* Values and adjoints in one pass, for one result: tape.h says when. Large inputs and their gradient pass through
 * memory once: they stay where the caller has them, and the gradient gets its zeros just before the sweep adds to it.
 */
#include "block.h"
#include "opcodes.h"

/* ---- when ---- */

/* Do the active partials need no value of an operand? Then the sweep can pass before the values are known. */
static int is_linear(const dt_instr *instr)
{
    switch (instr->op) {
    case OP_ADD:
    case OP_SUBTRACT:
    case OP_NEGATIVE: return 1;
    case OP_MULTIPLY: return instr->active != (DT_ACTIVE_A | DT_ACTIVE_B);
    case OP_DIVIDE: return instr->active == DT_ACTIVE_A;
    default: return 0;
    }
}

size_t dt_find_tail(const dt_tape *tape)
{
    size_t i = tape->n_instr;
    while (i > 0 && is_linear(&tape->instr[i - 1])) i--;
    return i > 0 && tape->instr[i - 1].op == DT_OP_SEGMENT ? i - 1 : tape->n_instr;
}

/* How an operand meets the inputs, slots 1 to n. A range of slots may begin before them and end behind them: sealing
 * turns gathers into ranges wherever it can. */
enum meeting { APART, INSIDE, ACROSS };

static enum meeting meets_inputs(const dt_tape *tape, const dt_operand *arg, size_t size, size_t n)
{
    int64_t low = arg->at, high = arg->at;
    if (size == 0 || arg->layout == DT_IN_SEGMENT) return APART;
    if (arg->layout == DT_CONTIGUOUS) high += (int64_t)size - 1;
    if (arg->layout == DT_STRIDED) {
        const int64_t *view = tape->view + arg->view, ndim = view[0];
        for (int64_t axis = 0; axis < ndim; axis++) {
            const int64_t reach = (view[1 + axis] - 1) * view[1 + ndim + axis];
            if (reach < 0) low += reach;
            else high += reach;
        }
    }
    if (high < 1 || low > (int64_t)n) return APART;
    return low >= 1 && high <= (int64_t)n ? INSIDE : ACROSS;
}

static enum meeting node_meets_inputs(const dt_tape *tape, const dt_node *node, size_t n)
{
    const int binary = node->kind == DT_ELEMENTWISE && tape->library->ops[node->op].arity == 2;
    const enum meeting a = meets_inputs(tape, &node->arg[0], node->n, n);
    const enum meeting b = binary ? meets_inputs(tape, &node->arg[1], node->n, n) : APART;
    return a > b ? a : b;
}

/* How an instruction meets them; a node that is in no segment counts as one that does. */
static enum meeting instr_meets_inputs(const dt_tape *tape, const dt_instr *instr, size_t n)
{
    enum meeting worst = APART;
    if (instr->op < DT_OP_ARRAY || instr->op == DT_OP_GUARD)
        return (instr->a && instr->a <= n) || (instr->b && instr->b <= n) ? INSIDE : APART;
    if (instr->op == DT_OP_NODE) return ACROSS;
    for (size_t k = instr->a; k < instr->b; k++) {
        const enum meeting found = node_meets_inputs(tape, &tape->node[k], n);
        if (found > worst) worst = found;
    }
    return worst;
}

int dt_can_bind(const dt_tape *tape, size_t tail, size_t n)
{
    for (size_t i = 0; i < tape->n_instr; i++) {
        const enum meeting found = instr_meets_inputs(tape, &tape->instr[i], n);
        if (found == ACROSS || (found == INSIDE && i != tail)) return 0;
    }
    return tail < tape->n_instr;
}

/* ---- the gradient's zeros ---- */

/* Nothing is propagated from the inputs, so their adjoints can start from +0.0, with which they also end. */
static void zero_gradient(dt_block *b, size_t end)
{
    if (end > b->bound.n) end = b->bound.n;
    for (size_t i = b->filled; i < end; i++) b->bound.gradient[i] = 0.0;
    if (end > b->filled) b->filled = end;
}

/* First element of the gradient that no block up to the present one adds to. */
static size_t reached_by(const dt_block *b, const dt_port *port)
{
    if (port->home != DT_INPUT) return 0;
    return port->moves ? port->at + b->start + b->n : b->bound.n;
}

/* Memory is asked for what the next block begins with: the streams of one block are too short for it to guess. */
static void fetch_next(const dt_block *b)
{
    enum { LINE = 8 };   /* doubles */
    const size_t end = b->start + 2 * b->n < b->bound.n ? b->start + 2 * b->n : b->bound.n;
    for (size_t i = b->start + b->n; i < end; i += LINE) {
        DT_PREFETCH(b->bound.input + i, 0);
        DT_PREFETCH(b->bound.gradient + i, 1);
    }
}

static void bound_adjoint(dt_block *b)
{
    for (size_t k = 0; k < b->nodes && b->filled < b->bound.n; k++) {
        const dt_step *s = &b->steps[k];
        zero_gradient(b, s->x.strided | s->y.strided ? b->bound.n : reached_by(b, &s->x));
        zero_gradient(b, reached_by(b, &s->y));
    }
    fetch_next(b);
    dt_block_adjoint(b);
}

/* ---- the sweep ---- */

void dt_sweep_tail(const dt_tape *tape, dt_workspace *work, size_t tail, const dt_bound *bound)
{
    const dt_instr *instr = &tape->instr[tail];
    dt_block b;
    dt_sweep_adjoint(tape, work, tail + 1, tape->n_instr);
    dt_block_init(&b, tape, work, instr->a, instr->b, 1, 1, bound);
    dt_evaluate(&b, bound->n ? bound_adjoint : dt_block_adjoint);
    zero_gradient(&b, bound->n);
    if (!bound->gradient_only) dt_sweep_primal(tape, work, tail + 1, tape->n_instr);
}
