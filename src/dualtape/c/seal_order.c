/* What is needed, and when it runs. Dead code is found backwards from the results and the guards. Then every
 * instruction and node gets a *level*: within a level first scalars, gathers, calls and guards run, in recorded order,
 * then one segment for each number of elements, which holds all elementwise nodes and sums of that level. A node reads
 * what its own segment computes block by block; whatever else a segment computes is there from the next level on. So
 * the segments of one level never wait for each other, and nodes that were recorded one by one, or far apart, run
 * together: typed fusion, Kennedy & McKinley, "Maximizing loop parallelism and improving data locality via loop fusion
 * and distribution" (1993), with the number of elements for a type. See seal.h.
 *
 * Levels are first as early as possible; then an elementwise node is moved to the level where it is read first, so
 * that it is not stored between. Calls and guards keep their order among each other: a rule that may raise must not
 * run before the guard that keeps it from being asked. */
#include "seal.h"
#include <string.h>

enum {
    LONGEST_SEGMENT = 64,    /* nodes; more would not stay in cache together */
    KEPT_VALUES = 1 << 19    /* numbers that are kept for derivative sweeps only, in all: they stay in cache */
};

static int in_segment(const dt_node *node) { return node->kind == DT_ELEMENTWISE || node->kind == DT_SUM; }

/* ---- dead code ---- */

static void need_run(dt_seal *z, int64_t low, int64_t high)
{
    memset(z->need + low, 1, (size_t)(high - low) + 1);
    memset(z->glue + low, 1, (size_t)(high - low));
}

static void need_operand(dt_seal *z, const dt_operand *arg, size_t n)
{
    if (arg->layout == DT_IN_SEGMENT) {
        z->wanted[arg->at] = 1;
        return;
    }
    const dt_span span = dt_seal_extent(z->to, arg, n);
    need_run(z, span.low, span.high);
    z->report.steps += n;
}

static int any_needed(const dt_seal *z, int64_t first, size_t n)
{
    return first >= 0 && memchr(z->need + first, 1, n) != NULL;
}

static int call_is_needed(const dt_seal *z, const dt_call_site *site)
{
    const dt_span *result = z->span + site->first + site->n_operands;
    for (uint32_t r = 0; r < site->n_results; r++)
        if (any_needed(z, result[r].low, (size_t)(result[r].high - result[r].low + 1))) return 1;
    return 0;
}

static void need_call(dt_seal *z, const dt_call_site *site)
{
    for (uint32_t s = 0; s < site->n_operands + site->n_results; s++) {
        const dt_span *span = &z->span[site->first + s];
        if (span->at >= 0) need_run(z, span->low, span->high);
    }
}

static void need_gathered(dt_seal *z, const dt_node *node)
{
    const uint32_t *id = z->id + node->arg[0].at;
    for (size_t i = 0; i < node->n; i++) z->need[id[i]] = 1;
}

/* Is node k needed? Then its operands are. */
static void visit_node(dt_seal *z, size_t k)
{
    const dt_node *node = &z->node[k];
    z->report.steps += 1 + z->size[k];
    if (z->node_fate[k] == DT_DROPPED || (node->n == 0 && node->kind != DT_CALL)) return;
    const dt_call_site *site = node->kind == DT_CALL ? &z->call[node->arg[0].at] : NULL;
    if (node->kind != DT_GUARD && !z->wanted[k]
        && !(site ? call_is_needed(z, site) : any_needed(z, node->out, z->size[k]))) return;
    z->node_fate[k] = DT_LIVE;
    switch (node->kind) {
    case DT_CALL: need_call(z, site); return;
    case DT_GATHER: need_gathered(z, node); break;
    case DT_GUARD: need_operand(z, &node->arg[0], node->n); return;
    case DT_ELEMENTWISE:
        need_operand(z, &node->arg[0], node->n);
        if (!dt_is_unary(z, node->op)) need_operand(z, &node->arg[1], node->n);
        if (!any_needed(z, node->out, node->n)) return;
        break;
    default: need_operand(z, &node->arg[0], node->n);
    }
    need_run(z, node->out, node->out + (int64_t)z->size[k] - 1);
}

static void visit_scalar(dt_seal *z, size_t i)
{
    const dt_instr *t = &z->instr[i];
    if (z->fate[i] == DT_DROPPED || (t->op != DT_OP_GUARD && !z->need[t->out])) return;
    z->fate[i] = DT_LIVE;
    z->need[t->a] = 1;
    if (t->op == DT_OP_GUARD || !dt_is_unary(z, t->op)) z->need[t->b] = 1;
}

void dt_seal_dead(dt_seal *z)
{
    for (size_t i = 0; i < z->n_results; i++) z->need[z->result[i]] = 1;
    for (size_t i = z->from->n_instr; i-- > 0;) {
        const dt_instr *t = &z->instr[i];
        z->report.steps++;
        if (t->op != DT_OP_NODE && t->op != DT_OP_SEGMENT) {
            visit_scalar(z, i);
            continue;
        }
        const size_t end = t->op == DT_OP_SEGMENT ? t->b : t->a + 1;
        for (size_t k = end; k-- > t->a;) {
            visit_node(z, k);
            if (z->node_fate[k] == DT_LIVE) z->fate[i] = DT_LIVE;
        }
    }
    for (size_t c = 0; c < z->n_captures; c++) {     /* numbers of an outer level keep together */
        const dt_span *span = &z->capture[c];
        if (any_needed(z, span->low, (size_t)(span->high - span->low + 1))) need_run(z, span->low, span->high);
    }
}

/* ---- levels ---- */

static uint32_t larger(uint32_t a, uint32_t b) { return a > b ? a : b; }

/* First level at which stage one may read what `writer` computes. */
static uint32_t ready(const dt_seal *z, uint32_t writer)
{
    if (!writer) return 0;
    if (!(writer & 1)) return z->level[(writer - 2) / 2];
    const uint32_t k = (writer - 3) / 2;
    return z->node_level[k] + (uint32_t)in_segment(&z->node[k]);
}

static uint32_t ready_run(dt_seal *z, int64_t low, int64_t high)
{
    uint32_t level = 0;
    if (low >= 1 && high <= (int64_t)z->n_inputs) return 0;
    for (int64_t s = low; s <= high; s++) {
        const uint32_t writer = z->writer[s];
        z->report.steps++;
        level = larger(level, ready(z, writer));
        if (writer & 1 && z->node[(writer - 3) / 2].kind == DT_ELEMENTWISE)
            s = z->node[(writer - 3) / 2].out + (int64_t)z->node[(writer - 3) / 2].n - 1;
    }
    return level;
}

static uint32_t ready_operand(dt_seal *z, const dt_operand *arg, size_t n)
{
    if (arg->layout == DT_IN_SEGMENT) return z->node_level[arg->at];
    const dt_span span = dt_seal_extent(z->to, arg, n);
    return ready_run(z, span.low, span.high);
}

static uint32_t level_of_node(dt_seal *z, size_t k)
{
    const dt_node *node = &z->node[k];
    uint32_t level = 0;
    if (node->kind == DT_GATHER) {
        const uint32_t *id = z->id + node->arg[0].at;
        for (size_t i = 0; i < node->n; i++) level = larger(level, ready(z, z->writer[id[i]]));
    } else if (node->kind == DT_CALL) {
        const dt_call_site *site = &z->call[node->arg[0].at];
        for (uint32_t s = 0; s < site->n_operands; s++) {
            const dt_span *span = &z->span[site->first + s];
            if (span->at >= 0) level = larger(level, ready_run(z, span->low, span->high));
        }
    } else {
        level = ready_operand(z, &node->arg[0], node->n);
        if (node->kind == DT_ELEMENTWISE && !dt_is_unary(z, node->op))
            level = larger(level, ready_operand(z, &node->arg[1], node->n));
    }
    return level;
}

static void early_levels(dt_seal *z)
{
    uint32_t barrier = 0;      /* level of the last call or guard */
    for (size_t i = 0; i < z->from->n_instr; i++) {
        const dt_instr *t = &z->instr[i];
        z->report.steps++;
        if (z->fate[i] != DT_LIVE) continue;
        if (t->op != DT_OP_NODE && t->op != DT_OP_SEGMENT) {
            const int unary = t->op != DT_OP_GUARD && dt_is_unary(z, t->op);
            z->level[i] = larger(ready(z, z->writer[t->a]), unary ? 0 : ready(z, z->writer[t->b]));
            if (t->op == DT_OP_GUARD) z->level[i] = barrier = larger(z->level[i], barrier);
            continue;
        }
        const size_t end = t->op == DT_OP_SEGMENT ? t->b : t->a + 1;
        for (size_t k = t->a; k < end; k++) {
            const unsigned kind = z->node[k].kind;
            if (z->node_fate[k] != DT_LIVE) continue;
            z->node_level[k] = level_of_node(z, k);
            if (kind == DT_CALL || kind == DT_GUARD)
                z->node_level[k] = barrier = larger(z->node_level[k], barrier);
        }
        z->level[i] = z->node_level[t->a];
    }
}

/* Elementwise nodes whose slots in [low, high] are read at `level` have to run before it. */
static void read_run(dt_seal *z, int64_t low, int64_t high, uint32_t level)
{
    if (low >= 1 && high <= (int64_t)z->n_inputs) return;
    for (int64_t s = low; s <= high; s++) {
        const uint32_t writer = z->writer[s];
        z->report.steps++;
        if (!(writer & 1)) continue;
        const size_t k = (writer - 3) / 2;
        if (z->node[k].kind != DT_ELEMENTWISE) continue;
        if (level - 1 < z->latest[k]) z->latest[k] = level - 1;
        s = z->node[k].out + (int64_t)z->node[k].n - 1;
    }
}

static void read_operand(dt_seal *z, const dt_operand *arg, size_t n, uint32_t level)
{
    if (arg->layout == DT_IN_SEGMENT) {
        if (level < z->latest[arg->at]) z->latest[arg->at] = level;
        return;
    }
    const dt_span span = dt_seal_extent(z->to, arg, n);
    read_run(z, span.low, span.high, level);
}

static void read_node(dt_seal *z, size_t k)
{
    const dt_node *node = &z->node[k];
    if (node->kind == DT_ELEMENTWISE && z->latest[k] != DT_NOBODY) z->node_level[k] = z->latest[k];
    const uint32_t level = z->node_level[k];
    if (node->kind == DT_GATHER) {
        const uint32_t *id = z->id + node->arg[0].at;
        for (size_t i = 0; i < node->n; i++) read_run(z, id[i], id[i], level);
    } else if (node->kind == DT_CALL) {
        const dt_call_site *site = &z->call[node->arg[0].at];
        for (uint32_t s = 0; s < site->n_operands; s++) {
            const dt_span *span = &z->span[site->first + s];
            if (span->at >= 0) read_run(z, span->low, span->high, level);
        }
    } else {
        read_operand(z, &node->arg[0], node->n, level);
        if (node->kind == DT_ELEMENTWISE && !dt_is_unary(z, node->op)) read_operand(z, &node->arg[1], node->n, level);
    }
}

static void late_levels(dt_seal *z)
{
    for (size_t k = 0; k < z->from->n_nodes; k++) z->latest[k] = DT_NOBODY;
    for (size_t i = z->from->n_instr; i-- > 0;) {
        const dt_instr *t = &z->instr[i];
        if (z->fate[i] != DT_LIVE) continue;
        if (t->op != DT_OP_NODE && t->op != DT_OP_SEGMENT) {
            read_run(z, t->a, t->a, z->level[i]);
            if (t->op == DT_OP_GUARD || !dt_is_unary(z, t->op)) read_run(z, t->b, t->b, z->level[i]);
            continue;
        }
        const size_t end = t->op == DT_OP_SEGMENT ? t->b : t->a + 1;
        for (size_t k = end; k-- > t->a;)
            if (z->node_fate[k] == DT_LIVE) read_node(z, k);
    }
}

/* ---- order ---- */

/* Is instruction i of stage one? Then it stands for itself; a segment stands for nodes. */
static int is_first_stage(const dt_seal *z, size_t i)
{
    const dt_instr *t = &z->instr[i];
    return z->fate[i] == DT_LIVE && (t->op < DT_OP_ARRAY || t->op == DT_OP_GUARD || t->op == DT_OP_NODE);
}

static int is_member(const dt_seal *z, size_t k)
{
    return z->node_fate[k] == DT_LIVE && in_segment(&z->node[k]);
}

/* count[level] becomes where the level ends; after the items were put in place, from last to first, where it starts. */
static void add_up(uint32_t *count, size_t n)
{
    for (size_t i = 1; i < n; i++) count[i] += count[i - 1];
}

static void sort_by_level(dt_seal *z)
{
    size_t levels = 0;
    for (size_t i = 0; i < z->from->n_instr; i++)
        if (is_first_stage(z, i) && z->level[i] >= levels) levels = z->level[i] + 1;
    for (size_t k = 0; k < z->from->n_nodes; k++)
        if (is_member(z, k) && z->node_level[k] >= levels) levels = z->node_level[k] + 1;
    z->n_levels = levels;
    for (size_t i = 0; i < z->from->n_instr; i++) z->start[z->level[i]] += (uint32_t)is_first_stage(z, i);
    for (size_t k = 0; k < z->from->n_nodes; k++) z->node_start[z->node_level[k]] += (uint32_t)is_member(z, k);
    add_up(z->start, levels + 1);
    add_up(z->node_start, levels + 1);
    z->n_order = z->start[levels], z->n_members = z->node_start[levels];
    for (size_t i = z->from->n_instr; i-- > 0;)
        if (is_first_stage(z, i)) z->order[--z->start[z->level[i]]] = (uint32_t)i;
    for (size_t k = z->from->n_nodes; k-- > 0;)
        if (is_member(z, k)) z->member[--z->node_start[z->node_level[k]]] = (uint32_t)k;
}

/* The open segment for nodes like k: same level, same number of elements. */
static uint32_t *open_group(dt_seal *z, size_t k)
{
    const dt_node *node = &z->node[k];
    size_t at = dt_mix(z->node_level[k], node->n) & z->groups.mask;
    for (; z->groups.entry[at]; at = (at + 1) & z->groups.mask) {
        const dt_node *other = &z->node[z->groups.entry[at] - 1];
        z->report.steps++;
        if (other->n == node->n && z->node_level[z->groups.entry[at] - 1] == z->node_level[k]) break;
    }
    return &z->groups.entry[at];
}

/* Gives every member its segment; `latest` is used for the number of nodes in each, and `level` no more. */
static void form_groups(dt_seal *z)
{
    uint32_t *size = z->latest;
    for (size_t m = 0; m < z->n_members; m++) {
        const size_t k = z->member[m];
        uint32_t *entry = open_group(z, k);
        if (!*entry || size[z->group[*entry - 1]] == LONGEST_SEGMENT) {
            *entry = (uint32_t)k + 1;
            size[z->n_groups] = 0;
            z->group[k] = (uint32_t)z->n_groups++;
        } else {
            z->group[k] = z->group[*entry - 1];
        }
        size[z->group[k]]++;
    }
}

/* Members of a segment next to each other: `index` gives room for the sorted list. */
static void sort_by_group(dt_seal *z)
{
    uint32_t *place = z->latest, total = 0;
    for (size_t g = 0; g < z->n_groups; g++) {
        const uint32_t size = place[g];
        place[g] = total;
        total += size;
    }
    for (size_t m = 0; m < z->n_members; m++) z->index[place[z->group[z->member[m]]]++] = z->member[m];
    memcpy(z->member, z->index, z->n_members * sizeof *z->member);
}

/* Are the values worth a place, although only their own segment reads them? Every derivative sweep computes again what
 * is not there. Measured with the four ufuncs of sum(tanh(y)*y), y = exp(-x*x)*sin(x) + log(1 + x*x), kept against
 * computed again, at n = 10^3, 10^4, 10^5, 10^6: tangent 0.82, 0.79, 0.76, 0.95; second order 0.84, 0.81, 0.82, 0.94;
 * value 1.04, 1.05, 1.06, 1.23. So calls of ufuncs are kept as long as all that is kept stays in cache. */
static int is_worth_keeping(dt_seal *z, const dt_node *node)
{
    if (node->kind != DT_ELEMENTWISE || !(z->traits[node->op] & DT_EXPENSIVE)) return 0;
    if (z->n_kept + node->n > KEPT_VALUES) return 0;
    z->n_kept += node->n;
    return 1;
}

/* A result that another segment reads as a whole has to be stored. */
static void find_stored(dt_seal *z)
{
    for (size_t m = 0; m < z->n_members; m++) {
        const size_t k = z->member[m];
        const dt_node *node = &z->node[k];
        for (int which = 0; which < 2; which++) {
            const dt_operand *arg = &node->arg[which];
            if (arg->layout == DT_IN_SEGMENT && z->group[arg->at] != z->group[k]) z->stored[arg->at] = 1;
        }
    }
    for (size_t m = 0; m < z->n_members; m++) {
        const size_t k = z->member[m];
        const dt_node *node = &z->node[k];
        if (node->kind == DT_SUM || any_needed(z, node->out, node->n)) z->stored[k] = 1;
        if (!z->stored[k]) z->kept[k] = (uint8_t)is_worth_keeping(z, node);
        else if (z->stored[k] && node->out >= 0) need_run(z, node->out, node->out + (int64_t)z->size[k] - 1);
    }
}

void dt_seal_order(dt_seal *z)
{
    if (z->from->n_nodes == 0) {
        for (size_t i = 0; i < z->from->n_instr; i++)
            if (z->fate[i] == DT_LIVE) z->order[z->n_order++] = (uint32_t)i;
        return;
    }
    early_levels(z);
    late_levels(z);
    sort_by_level(z);
    form_groups(z);
    sort_by_group(z);
    find_stored(z);
}
