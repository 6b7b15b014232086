/* Value numbers: one pass forwards over the recording that rewrites every operand to the slot which has its value
 * first. Constants are folded with the values that were recorded; an operation that repeats another, or hands an
 * operand through bit for bit, is looked through from then on. Superfluous operations stay until nobody reads them. See
 * seal.h.
 *
 * What is looked through keeps value and derivatives for every input, -0.0, inf and NaN included: x*1, x/1, x - 0.0,
 * x + (-0.0), -(-x), +x, x**1; but not x + 0.0, which makes 0.0 of -0.0. A partial of 1 leaves structural zeros alone.
 */
#include "seal.h"
#include <math.h>
#include <string.h>
#include "opcodes.h"

enum { BOTH = DT_ACTIVE_A | DT_ACTIVE_B, NEARBY = 4 };

static int is_number(const dt_seal *z, uint32_t slot, double number)
{
    if (slot == DT_NOBODY || z->constant[slot] == DT_VARIES) return 0;
    return memcmp(&z->from->value[slot], &number, sizeof number) == 0;
}

static int commutes(unsigned op) { return op == OP_ADD || op == OP_MULTIPLY; }

/* Active bits without those of constants, which no derivative passes through; one stays. */
static uint8_t activity(const dt_seal *z, unsigned op, uint8_t active, int a_constant, int b_constant)
{
    if (z->traits[op] & DT_TIES) return active;
    const uint8_t left = (uint8_t)(active & ~((a_constant ? DT_ACTIVE_A : 0) | (b_constant ? DT_ACTIVE_B : 0)));
    return left ? left : active;
}

/* Which of the two operands op(a, b) is, bit for bit, where slot a or b holds a constant: 0, 1; or -1. */
static int handed_through(const dt_seal *z, unsigned op, uint32_t a, uint32_t b)
{
    switch (op) {
    case OP_POSITIVE: case OP_CONJUGATE: return 0;
    case OP_MULTIPLY: return is_number(z, b, 1.0) ? 0 : is_number(z, a, 1.0) ? 1 : -1;
    case OP_DIVIDE: case OP_SCALAR_POWER: return is_number(z, b, 1.0) ? 0 : -1;
    case OP_ADD: return is_number(z, b, -0.0) ? 0 : is_number(z, a, -0.0) ? 1 : -1;
    case OP_SUBTRACT: return is_number(z, b, 0.0) ? 0 : -1;
    default: return -1;
    }
}

/* ---- scalars ---- */

/* The instruction that computes -slot's value, or NULL. */
static const dt_instr *negation(const dt_seal *z, uint32_t slot)
{
    const uint32_t writer = z->writer[slot];
    if (!writer || writer & 1) return NULL;
    const dt_instr *instr = &z->instr[(writer - 2) / 2];
    return instr->op == OP_NEGATIVE ? instr : NULL;
}

/* a + (-b) is a - b, and a - (-b) is a + b, to the last bit. */
static void absorb_negation(const dt_seal *z, dt_instr *t)
{
    const dt_instr *inner;
    if ((t->op == OP_ADD || t->op == OP_SUBTRACT) && (inner = negation(z, t->b))) {
        t->op = t->op == OP_ADD ? OP_SUBTRACT : OP_ADD;
        t->b = inner->a;
    } else if (t->op == OP_ADD && t->active == BOTH && (inner = negation(z, t->a))) {
        t->op = OP_SUBTRACT;
        t->a = t->b;
        t->b = inner->a;
    }
}

static uint64_t hash_scalar(const dt_instr *t)
{
    const uint32_t low = t->a < t->b ? t->a : t->b, high = t->a < t->b ? t->b : t->a;
    return dt_mix(dt_mix((uint64_t)t->op << 8 | t->outcome, low), high);
}

static int same_scalar(const dt_instr *t, const dt_instr *u)
{
    if (t->op != u->op || t->outcome != u->outcome) return 0;
    if (t->a == u->a && t->b == u->b && t->active == u->active) return 1;
    return commutes(t->op) && t->a == u->b && t->b == u->a;
}

/* The first instruction that does the same as i; i itself, if it is the first. Most operations read what was computed
 * just before: so the first places looked at lie where the later operand says, next to those of the instruction before;
 * only when they are taken does the hash decide. (A loop of 10^6 operations is numbered in a third of the time.) */
static size_t first_scalar(dt_seal *z, size_t i)
{
    const dt_instr *t = &z->instr[i];
    size_t at = (size_t)2 * (t->a > t->b ? t->a : t->b);
    for (unsigned probe = 0;; probe++, at++) {
        if (probe == NEARBY) at = hash_scalar(t);
        uint32_t *entry = &z->scalars.entry[at & z->scalars.mask];
        z->report.steps++;
        if (!*entry) {
            *entry = (uint32_t)i + 1;
            return i;
        }
        if (same_scalar(&z->instr[*entry - 1], t)) return *entry - 1;
    }
}

static void number_scalar(dt_seal *z, size_t i)
{
    dt_instr *t = &z->instr[i];
    uint32_t twin;
    t->a = dt_seal_slot(z, t->a);
    if (!dt_is_unary(z, t->op)) t->b = dt_seal_slot(z, t->b);
    const int a_constant = z->constant[t->a] != DT_VARIES, b_constant = z->constant[t->b] != DT_VARIES;
    if (a_constant && b_constant) {
        z->fate[i] = DT_DROPPED;
        z->report.folded++;
        return;
    }
    z->constant[t->out] = DT_VARIES;
    z->writer[t->out] = (uint32_t)(2 * i + 2);
    t->active = activity(z, t->op, t->active, a_constant, b_constant);
    absorb_negation(z, t);
    const int which = handed_through(z, t->op, t->a, t->b);
    const dt_instr *inner = t->op == OP_NEGATIVE ? negation(z, t->a) : NULL;
    if (which >= 0 || inner) {
        twin = inner ? inner->a : which ? t->b : t->a;
        z->report.copies++;
    } else {
        const size_t first = first_scalar(z, i);
        if (first == i) return;
        twin = z->instr[first].out;
        z->report.merged++;
    }
    z->same[t->out] = twin;     /* read only where a run of slots needs it in this very place: then it is a copy */
    t->op = OP_POSITIVE, t->active = DT_ACTIVE_A, t->a = twin, t->b = 0;
}

static void number_guard(dt_seal *z, size_t i)
{
    static const uint8_t mirrored[] = {DT_GREATER, DT_GREATER_EQUAL, DT_EQUAL, DT_NOT_EQUAL, DT_LESS, DT_LESS_EQUAL};
    dt_instr *t = &z->instr[i];
    z->report.guards++;
    t->a = dt_seal_slot(z, t->a);
    t->b = dt_seal_slot(z, t->b);
    if (t->a > t->b) {
        const uint32_t a = t->a;
        t->a = t->b, t->b = a, t->active = mirrored[t->active];
    }
    const int all_constant = z->constant[t->a] != DT_VARIES && z->constant[t->b] != DT_VARIES;
    if (all_constant || first_scalar(z, i) != i) z->fate[i] = DT_DROPPED;
}

/* ---- nodes ---- */

static int same_operand(const dt_operand *a, const dt_operand *b)
{
    return a->layout == b->layout && a->at == b->at && a->view == b->view;
}

static uint64_t hash_operand(const dt_operand *a) { return dt_mix(dt_mix(a->layout, (uint64_t)a->at), a->view); }

static const dt_call_site *site_of(const dt_seal *z, const dt_node *node) { return &z->call[node->arg[0].at]; }

static uint64_t hash_node(const dt_seal *z, const dt_node *node)
{
    uint64_t hash = dt_mix((uint64_t)node->kind << 32 | node->op, node->n);
    if (node->kind == DT_CALL) {
        const dt_call_site *site = site_of(z, node);
        hash = dt_mix(hash, site->rule);
        for (uint32_t s = 0; s < site->n_operands; s++) hash = dt_mix(hash, (uint64_t)z->span[site->first + s].at);
        return hash;
    }
    const uint64_t a = hash_operand(&node->arg[0]), b = hash_operand(&node->arg[1]);
    if (node->kind == DT_ELEMENTWISE && commutes(node->op)) return dt_mix(hash, a + b);
    if (node->kind == DT_GUARD) return dt_mix(hash, a);
    return dt_mix(dt_mix(hash, a), b + node->active);
}

static int same_call(const dt_seal *z, const dt_call_site *a, const dt_call_site *b)
{
    if (a->rule != b->rule || a->n_operands != b->n_operands) return 0;
    return memcmp(z->span + a->first, z->span + b->first, a->n_operands * sizeof *z->span) == 0;
}

static int same_node(const dt_seal *z, const dt_node *a, const dt_node *b)
{
    if (a->kind != b->kind || a->op != b->op || a->n != b->n) return 0;
    if (a->kind == DT_CALL) return same_call(z, site_of(z, a), site_of(z, b));
    const int first = same_operand(&a->arg[0], &b->arg[0]);
    if (a->kind == DT_GUARD) return first;
    if (first && same_operand(&a->arg[1], &b->arg[1]) && a->active == b->active) return 1;
    return a->kind == DT_ELEMENTWISE && commutes(a->op) && same_operand(&a->arg[0], &b->arg[1])
        && same_operand(&a->arg[1], &b->arg[0]);
}

static size_t first_node(dt_seal *z, size_t k)
{
    const dt_node *node = &z->node[k];
    size_t at = hash_node(z, node) & z->nodes.mask;
    for (; z->nodes.entry[at]; at = (at + 1) & z->nodes.mask) {
        const size_t known = z->nodes.entry[at] - 1;
        z->report.steps++;
        if (same_node(z, &z->node[known], node)) return known;
    }
    z->nodes.entry[at] = (uint32_t)k + 1;
    return k;
}

static void drop_folded(dt_seal *z, size_t k)
{
    z->node_fate[k] = DT_DROPPED;
    z->report.folded++;
}

/* The slots [first, first + n) are from now on what node k computes. */
static void own(dt_seal *z, int64_t first, size_t n, size_t k)
{
    if (first < 0) return;
    memset(z->constant + first, DT_VARIES, n);
    for (size_t i = 0; i < n; i++) z->writer[(size_t)first + i] = (uint32_t)(2 * k + 3);
    z->report.steps += n;
}

static void point_to(dt_seal *z, int64_t first, int64_t at, size_t n)
{
    if (first < 0) return;
    for (size_t i = 0; i < n; i++) z->same[(size_t)first + i] = (uint32_t)at + (uint32_t)i;
    z->report.steps += n;
}

/* Node k has the value of `twin`. Where its slots are read one by one, they are those of the twin; if that has none
 * yet, it gets them. */
static void look_through(dt_seal *z, size_t k, dt_operand twin)
{
    dt_node *node = &z->node[k];
    z->alias[k] = twin;
    if (node->out >= 0 && twin.layout == DT_IN_SEGMENT && z->node[twin.at].out < 0) {
        z->node[twin.at].out = node->out;
        own(z, node->out, node->n, (size_t)twin.at);
        z->node_fate[k] = DT_DROPPED;
        return;
    }
    if (node->out >= 0) {
        dt_operand from = twin;
        if (twin.layout == DT_IN_SEGMENT) from.layout = DT_CONTIGUOUS, from.at = z->node[twin.at].out;
        dt_seal_fill_row(z, &from, node->n, z->row);
        for (size_t i = 0; i < node->n; i++) z->same[(size_t)node->out + i] = dt_seal_slot(z, z->row[i]);
        z->report.steps += node->n;
    }
    if (twin.layout == DT_SCALAR) return;      /* not an operand of a unary node: it stays as it is */
    node->op = OP_POSITIVE, node->active = DT_ACTIVE_A, node->arg[0] = twin;
    node->arg[1] = (dt_operand){0, 0, DT_SCALAR};
}

static void number_elementwise(dt_seal *z, size_t k)
{
    dt_node *node = &z->node[k];
    const int unary = dt_is_unary(z, node->op);
    const unsigned all = DT_AS_NODE | DT_AS_VIEW | (unary && node->n > 1 ? 0 : DT_AS_SCALAR);   /* kernel.h: sx is 1 */
    if (unary) node->arg[1] = (dt_operand){0, 0, DT_SCALAR};
    const int a_constant = dt_seal_operand(z, &node->arg[0], node->n, all);
    const int b_constant = unary || dt_seal_operand(z, &node->arg[1], node->n, all);
    if (a_constant && b_constant && node->out >= 0) {
        drop_folded(z, k);
        return;
    }
    own(z, node->out, node->n, k);
    node->active = activity(z, node->op, node->active, a_constant, b_constant);
    const uint32_t a = node->arg[0].layout == DT_SCALAR ? (uint32_t)node->arg[0].at : DT_NOBODY;
    const uint32_t b = node->arg[1].layout == DT_SCALAR ? (uint32_t)node->arg[1].at : DT_NOBODY;
    const int which = handed_through(z, node->op, a, b);
    if (which >= 0) {
        z->report.copies++;
        look_through(z, k, node->arg[which]);
        return;
    }
    const size_t first = first_node(z, k);
    if (first == k) return;
    z->report.merged++;
    look_through(z, k, (dt_operand){(int64_t)first, 0, DT_IN_SEGMENT});
}

static void number_gather(dt_seal *z, size_t k)
{
    const dt_node *node = &z->node[k];
    uint32_t *id = z->id + node->arg[0].at;
    int all_constant = 1;
    z->report.gathers++;
    z->report.steps += node->n;
    for (size_t i = 0; i < node->n; i++) {
        id[i] = dt_seal_slot(z, id[i]);
        all_constant &= z->constant[id[i]] != DT_VARIES;
    }
    if (all_constant) {
        drop_folded(z, k);
        return;
    }
    own(z, node->out, node->n, k);
    for (size_t i = 0; i < node->n; i++) z->same[(size_t)node->out + i] = id[i];
}

/* Sums, calls: nodes that compute slots, and are the same if they do the same to the same. */
static void number_sum(dt_seal *z, size_t k)
{
    dt_node *node = &z->node[k];
    const size_t size = z->size[k];
    int all_constant = node->n == 0;
    if (node->n && node->kind == DT_SUM) {
        all_constant = dt_seal_operand(z, &node->arg[0], node->n, DT_AS_NODE | DT_AS_VIEW);
        node->arg[1] = (dt_operand){0, 0, DT_SCALAR};
    } else if (node->n) {
        dt_operand *arg = &node->arg[0];
        dt_span span = dt_seal_extent(z->from, arg, node->n);
        all_constant = dt_seal_span(z, &span);
        arg->at = span.at;
        arg->view = dt_seal_view(z, z->from->view + arg->view);
        node->arg[1].at = 0;
        node->arg[1].view = dt_seal_view(z, z->from->view + node->arg[1].view);
    }
    if (all_constant) {
        drop_folded(z, k);
        return;
    }
    own(z, node->out, size, k);
    const size_t first = first_node(z, k);
    if (first == k) return;
    z->report.merged++;
    point_to(z, node->out, z->node[first].out, size);
}

static void number_call(dt_seal *z, size_t k)
{
    const dt_call_site *site = site_of(z, &z->node[k]);
    int all_constant = 1;
    for (uint32_t s = 0; s < site->n_operands; s++)
        if (z->span[site->first + s].at >= 0) all_constant &= dt_seal_span(z, &z->span[site->first + s]);
    if (all_constant) {
        drop_folded(z, k);
        return;
    }
    const dt_span *result = z->span + site->first + site->n_operands;
    for (uint32_t r = 0; r < site->n_results; r++)
        own(z, result[r].low, (size_t)(result[r].high - result[r].low + 1), k);
    const size_t first = first_node(z, k);
    if (first == k) return;
    z->report.merged++;
    const dt_call_site *other = site_of(z, &z->node[first]);
    const dt_span *known = z->span + other->first + other->n_operands;
    for (uint32_t r = 0; r < site->n_results; r++)
        point_to(z, result[r].low, known[r].low, (size_t)(result[r].high - result[r].low + 1));
}

static void number_array_guard(dt_seal *z, size_t k)
{
    dt_node *node = &z->node[k];
    z->report.guards++;
    const int all_constant = node->n == 0 || dt_seal_operand(z, &node->arg[0], node->n, DT_AS_VIEW);
    if (all_constant || first_node(z, k) != k) z->node_fate[k] = DT_DROPPED;
}

static void number_node(dt_seal *z, size_t k)
{
    z->report.steps++;
    switch (z->node[k].kind) {
    case DT_ELEMENTWISE:
        if (z->node[k].n) number_elementwise(z, k);
        break;
    case DT_GATHER: number_gather(z, k); break;
    case DT_CALL: number_call(z, k); break;
    case DT_GUARD: number_array_guard(z, k); break;
    default: number_sum(z, k);
    }
}

void dt_seal_numbers(dt_seal *z)
{
    for (size_t i = 0; i < z->from->n_instr; i++) {
        const dt_instr *t = &z->instr[i];
        z->report.steps++;
        if (t->op < DT_OP_ARRAY) {
            z->report.recorded++;
            number_scalar(z, i);
        } else if (t->op == DT_OP_GUARD) {
            number_guard(z, i);
        } else {
            const size_t end = t->op == DT_OP_SEGMENT ? t->b : t->a + 1;
            for (size_t k = t->a; k < end; k++) {
                z->report.recorded += z->node[k].kind != DT_GUARD;
                number_node(z, k);
            }
        }
    }
    for (size_t i = 0; i < z->n_results; i++) z->result[i] = dt_seal_slot(z, (uint32_t)z->result[i]);
}
