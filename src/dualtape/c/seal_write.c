/* The end of sealing: memory of the passes laid out, slots packed, and the new tape written. See seal.h. */
#include "seal.h"
#include <string.h>

/* ---- working memory ---- */

/* The next array in `memory`, of which `size` bytes are taken. */
void *dt_seal_take(char *memory, size_t *size, size_t bytes)
{
    void *at = memory ? memory + *size : NULL;
    *size += (bytes + 63) & ~(size_t)63;
    return at;
}

#define TAKE(array, count) (array) = dt_seal_take(memory, &size, (count) * sizeof *(array))

size_t dt_seal_table_size(size_t entries)
{
    size_t size = 16;
    while (size < 2 * entries) size *= 2;
    return size;
}

static void take_table(dt_hash_table *table, char *memory, size_t *size, size_t entries)
{
    table->mask = dt_seal_table_size(entries) - 1;
    table->entry = dt_seal_take(memory, size, (table->mask + 1) * sizeof *table->entry);
}

size_t dt_seal_layout(dt_seal *z, char *memory)
{
    const size_t slots = z->from->n_slots, instrs = z->from->n_instr, nodes = z->from->n_nodes;
    const size_t operands = 2 * nodes + z->n_spans;
    size_t size = 0;
    TAKE(z->instr, instrs);
    TAKE(z->node, nodes);
    TAKE(z->id, z->from->n_id);
    TAKE(z->same, slots);
    TAKE(z->writer, slots);
    TAKE(z->place, slots);
    TAKE(z->constant, slots);
    TAKE(z->need, slots);
    TAKE(z->glue, slots);
    TAKE(z->fate, instrs);
    TAKE(z->level, instrs);
    TAKE(z->order, instrs);
    TAKE(z->size, nodes);
    TAKE(z->node_fate, nodes);
    TAKE(z->node_level, nodes);
    TAKE(z->alias, nodes);
    TAKE(z->wanted, nodes);
    TAKE(z->stored, nodes);
    TAKE(z->kept, nodes);
    TAKE(z->latest, nodes);
    TAKE(z->group, nodes);
    TAKE(z->index, nodes);
    TAKE(z->fresh, nodes);
    TAKE(z->member, nodes);
    TAKE(z->start, instrs + nodes + 2);
    TAKE(z->node_start, instrs + nodes + 2);
    TAKE(z->kept_guard, z->n_guards);
    TAKE(z->kept_call, z->n_calls);
    TAKE(z->range, operands);
    TAKE(z->range_hash, operands);
    TAKE(z->row, z->longest);
    TAKE(z->other_row, z->longest);
    take_table(&z->scalars, memory, &size, instrs);
    take_table(&z->constants, memory, &size, slots);
    take_table(&z->nodes, memory, &size, nodes);
    take_table(&z->ranges, memory, &size, operands);
    take_table(&z->views, memory, &size, 2 * operands);
    take_table(&z->groups, memory, &size, nodes);
    return size;
}

/* ---- before the first pass ---- */

/* Slots from node->out on that a node writes; those of a call are its places'. */
size_t dt_seal_result_size(const dt_tape *tape, const dt_node *node)
{
    size_t size = 1;
    if (node->kind == DT_ELEMENTWISE || node->kind == DT_GATHER) return node->n;
    if (node->kind == DT_CALL || node->kind == DT_GUARD) return 0;
    if (node->kind == DT_SUM) return 1;
    const int64_t *view = tape->view + node->arg[1].view, ndim = view[0];
    for (int64_t axis = 0; axis < ndim; axis++)
        if (view[1 + ndim + axis] != 0) size *= (size_t)view[1 + axis];
    return size;
}

static void start(dt_seal *z)
{
    const dt_tape *from = z->from;
    if (from->n_instr) memcpy(z->instr, from->instr, from->n_instr * sizeof *z->instr);
    if (from->n_nodes) memcpy(z->node, from->node, from->n_nodes * sizeof *z->node);
    if (from->n_id) memcpy(z->id, from->id, from->n_id * sizeof *z->id);
    for (size_t s = 0; s < from->n_slots; s++) z->same[s] = (uint32_t)s;
    memset(z->constant, DT_CONSTANT, from->n_slots);
    memset(z->constant + 1, DT_VARIES, z->n_inputs);
    z->constant[0] = DT_NUMBERED;
    for (size_t c = 0; c < z->n_captures; c++)
        memset(z->constant + z->capture[c].low, DT_VARIES, (size_t)(z->capture[c].high - z->capture[c].low) + 1);
    for (size_t k = 0; k < from->n_nodes; k++) {
        z->alias[k] = (dt_operand){0, 0, DT_NO_ALIAS};
        z->size[k] = dt_seal_result_size(from, &z->node[k]);
    }
}

void dt_seal_plan(dt_seal *z)
{
    start(z);
    dt_seal_numbers(z);
    dt_seal_dead(z);
    dt_seal_order(z);
    dt_seal_place(z);
}

/* ---- slots ---- */

/* The run of glued slots that starts at `first`, or no slot if nobody needs it: where it ends. */
static size_t end_of_run(const dt_seal *z, size_t first)
{
    size_t end = first;
    if (!z->need[first]) return first;
    while (z->glue[end]) end++;
    return end + 1;
}

static int is_computed(const dt_seal *z, size_t first, size_t end)
{
    for (size_t s = first; s < end; s++)
        if (z->writer[s] && z->constant[s] == DT_VARIES) return 1;
    return 0;
}

/* Structural zero and inputs stay; then come constants, then what is computed, in the order of the recording. Runs that
 * some array reads stay together. */
void dt_seal_place(dt_seal *z)
{
    const size_t slots = z->from->n_slots;
    size_t next = 0, first = z->n_inputs + 1;
    for (; next < first; next++) z->place[next] = (uint32_t)next;
    for (; first < slots && z->n_inputs && z->glue[first - 1]; first++) z->place[first] = (uint32_t)next++;
    for (int computed = 0; computed < 2; computed++) {
        for (size_t s = first, end; s < slots; s = end > s ? end : s + 1) {
            end = end_of_run(z, s);
            if (end == s || is_computed(z, s, end) != computed) continue;
            for (size_t i = s; i < end; i++) z->place[i] = (uint32_t)next++;
        }
        z->report.steps += slots;
    }
    for (size_t m = 0; m < z->n_members; m++) {
        const size_t k = z->member[m];
        if (!z->stored[k] || z->node[k].out >= 0) continue;
        z->fresh[k] = (int64_t)next;
        next += z->node[k].n;
        z->n_fresh += z->node[k].n;
    }
    z->to->n_slots = next;
    for (size_t m = 0; m < z->n_members; m++) {
        const size_t k = z->member[m];
        if (!z->kept[k]) continue;
        z->fresh[k] = (int64_t)next;
        next += z->node[k].n;
    }
    z->to->n_kept = next - z->to->n_slots;
}

static void copy_values(const dt_seal *z)
{
    const double *from = z->from->value;
    double *to = z->to->value;
    memcpy(to, from, (z->n_inputs + 1) * sizeof *to);
    for (size_t s = z->n_inputs + 1; s < z->from->n_slots; s++)
        if (z->need[s]) to[z->place[s]] = from[s];
}

/* ---- instructions and nodes ---- */

static int64_t result_of(const dt_seal *z, size_t k)
{
    if (!z->stored[k]) return -1;
    return z->node[k].out >= 0 ? (int64_t)z->place[z->node[k].out] : z->fresh[k];
}

/* Where a node of segment `group` finds its operand. */
static dt_operand placed(const dt_seal *z, dt_operand arg, uint32_t group)
{
    if (arg.layout != DT_IN_SEGMENT) {
        arg.at = z->place[arg.at];
    } else if (z->group[arg.at] == group) {
        arg.at = z->index[arg.at];
    } else {
        arg.layout = DT_CONTIGUOUS;
        arg.at = result_of(z, (size_t)arg.at);
    }
    return arg;
}

static dt_instr *add_instr(dt_tape *to, unsigned op, uint32_t a, uint32_t b)
{
    dt_instr *instr = &to->instr[to->n_instr++];
    *instr = (dt_instr){(uint16_t)op, 0, 0, a, b, 0};
    return instr;
}

static uint32_t keep_guard(dt_seal *z, int64_t number)
{
    z->kept_guard[z->n_kept_guards] = (uint32_t)number;
    return (uint32_t)z->n_kept_guards++;
}

static void write_gather(dt_seal *z, dt_node *node)
{
    dt_tape *to = z->to;
    const uint32_t *id = z->id + node->arg[0].at;
    for (size_t i = 0; i < node->n; i++) to->id[to->n_id + i] = z->place[id[i]];
    node->arg[0].at = (int64_t)to->n_id;
    to->n_id += node->n;
    node->out = z->place[node->out];
}

/* A node that stands alone. */
static void write_node(dt_seal *z, size_t k)
{
    dt_tape *to = z->to;
    dt_node *node = &to->node[to->n_nodes];
    dt_instr *instr = add_instr(to, DT_OP_NODE, (uint32_t)to->n_nodes++, 0);
    *node = z->node[k];
    switch (node->kind) {
    case DT_GATHER: write_gather(z, node); break;
    case DT_CALL:
        z->kept_call[z->n_kept_calls] = (uint32_t)node->arg[0].at;
        node->arg[0].at = (int64_t)z->n_kept_calls++;
        instr->active = node->active;
        return;
    case DT_GUARD:
        memcpy(to->expected + to->n_expected, z->from->expected + node->arg[1].at, node->n * sizeof *to->expected);
        node->arg[0] = placed(z, node->arg[0], DT_NOBODY);
        node->arg[1].at = (int64_t)to->n_expected;
        to->n_expected += node->n;
        node->out = keep_guard(z, node->out);
        break;
    default:
        node->arg[0].at = z->place[node->arg[0].at];
        node->arg[1].at = node->out = z->place[node->out];
    }
    instr->active = node->kind == DT_GUARD ? 0 : node->active;
    instr->out = (uint32_t)node->out;
}

static void write_scalar(dt_seal *z, size_t i)
{
    const dt_instr *t = &z->instr[i];
    dt_instr *instr = add_instr(z->to, t->op, z->place[t->a], z->place[t->b]);
    instr->active = t->active;
    instr->outcome = t->outcome;
    instr->out = t->op == DT_OP_GUARD ? keep_guard(z, t->out) : z->place[t->out];
}

/* The segment whose first node is member m; where it ends. */
static size_t write_segment(dt_seal *z, size_t m)
{
    dt_tape *to = z->to;
    const uint32_t group = z->group[z->member[m]];
    const size_t first = to->n_nodes;
    for (; m < z->n_members && z->group[z->member[m]] == group; m++) {
        const size_t k = z->member[m];
        dt_node *node = &to->node[to->n_nodes];
        *node = z->node[k];
        node->arg[0] = placed(z, node->arg[0], group);
        node->arg[1] = placed(z, node->arg[1], group);
        node->out = result_of(z, k);
        node->kept = z->kept[k] ? z->fresh[k] : 0;
        z->report.unstored += node->out < 0;
        z->index[k] = (uint32_t)to->n_nodes++;
    }
    const size_t nodes = to->n_nodes - first;
    if (nodes > to->longest_segment) to->longest_segment = nodes;
    add_instr(to, DT_OP_SEGMENT, (uint32_t)first, (uint32_t)to->n_nodes);
    z->report.segments++;
    if (nodes > 1) z->report.fused += nodes;
    return m;
}

void dt_seal_write(dt_seal *z)
{
    size_t m = 0, o = 0;
    copy_values(z);
    for (size_t level = 0; o < z->n_order || m < z->n_members; level++) {
        for (; o < z->n_order && z->level[z->order[o]] == level; o++) {
            const dt_instr *t = &z->instr[z->order[o]];
            if (t->op == DT_OP_NODE) write_node(z, t->a);
            else write_scalar(z, z->order[o]);
        }
        while (m < z->n_members && z->node_level[z->member[m]] == level) m = write_segment(z, m);
    }
    for (size_t i = 0; i < z->n_results; i++) z->result[i] = z->place[z->result[i]];
    z->report.guards_kept = z->n_kept_guards;
    z->report.kept = z->to->n_instr - z->report.segments - z->n_kept_guards + z->n_members;
}
