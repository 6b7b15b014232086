/* The program for values alone: slots are used again once their last reader has run, so that a long loop of scalars
 * runs in a few cache lines (linear scan over live intervals: Poletto & Sarkar, "Linear scan register allocation",
 * 1999; an interval per run of slots that some array holds together, freed runs kept by length). No derivative sweep
 * may follow: most values are gone. Results of a segment that only the segment itself reads are not stored. Called by
 * core/seal.pyx. */
#include "seal.h"
#include <string.h>

enum { NEVER = 0xffffffffu };     /* last reader of what has to stay: results, and whatever nobody writes */

/* ---- runs of slots ---- */

static void join(dt_rename *z, int64_t low, int64_t high, uint32_t reader)
{
    memset(z->glue + low, 1, (size_t)(high - low));
    if (reader) memset(z->read + low, 1, (size_t)(high - low) + 1);
}

static dt_span extent(const dt_tape *tape, const dt_operand *arg, size_t n) { return dt_seal_extent(tape, arg, n); }

static size_t result_size(const dt_rename *z, const dt_node *node) { return dt_seal_result_size(z->from, node); }

/* Calls visit(z, low, high, i) for every run of slots that node k, of instruction i, reads. */
static void each_read(dt_rename *z, size_t k, uint32_t i, void (*visit)(dt_rename *, int64_t, int64_t, uint32_t))
{
    const dt_tape *from = z->from;
    const dt_node *node = &from->node[k];
    if (node->kind == DT_CALL) {
        const dt_call_site *site = &z->call[node->arg[0].at];
        for (uint32_t s = 0; s < site->n_operands; s++) {
            const dt_span *span = &z->span[site->first + s];
            if (span->at >= 0) visit(z, span->low, span->high, i);
        }
    } else if (node->kind == DT_GATHER) {
        const uint32_t *id = from->id + node->arg[0].at;
        for (size_t j = 0; j < node->n; j++) visit(z, id[j], id[j], i);
    } else {
        const int binary = node->kind == DT_ELEMENTWISE && from->library->ops[node->op].arity == 2;
        for (int which = 0; which <= binary; which++) {
            if (node->n == 0 || node->arg[which].layout == DT_IN_SEGMENT) continue;
            const dt_span span = extent(from, &node->arg[which], node->n);
            visit(z, span.low, span.high, i);
        }
    }
}

/* The same for every run that it writes. */
static void each_written(dt_rename *z, size_t k, uint32_t i, void (*visit)(dt_rename *, int64_t, int64_t, uint32_t))
{
    const dt_node *node = &z->from->node[k];
    if (node->kind == DT_CALL) {
        const dt_call_site *site = &z->call[node->arg[0].at];
        for (uint32_t s = 0; s < site->n_results; s++) {
            const dt_span *span = &z->span[site->first + site->n_operands + s];
            if (span->at >= 0) visit(z, span->low, span->high, i);
        }
    } else if (node->kind != DT_GUARD && z->out[k] >= 0) {
        const int64_t size = (int64_t)result_size(z, node);
        if (size) visit(z, z->out[k], z->out[k] + size - 1, i);
    }
}

static void read_run(dt_rename *z, int64_t low, int64_t high, uint32_t i)
{
    (void)i;
    join(z, low, high, 1);
}

static void write_run(dt_rename *z, int64_t low, int64_t high, uint32_t i)
{
    (void)i;
    join(z, low, high, 0);
    memset(z->written + low, 1, (size_t)(high - low) + 1);
}

static size_t end_of_nodes(const dt_instr *t) { return t->op == DT_OP_SEGMENT ? t->b : t->a + 1; }

static int is_array(const dt_instr *t) { return t->op == DT_OP_SEGMENT || t->op == DT_OP_NODE; }

static void find_runs(dt_rename *z)
{
    const dt_tape *from = z->from;
    for (size_t r = 0; r < z->n_results; r++) z->read[z->result[r]] = 1;
    for (size_t k = 0; k < from->n_nodes; k++) z->out[k] = from->node[k].out;
    for (size_t i = 0; i < from->n_instr; i++) {
        const dt_instr *t = &from->instr[i];
        if (is_array(t))
            for (size_t k = t->a; k < end_of_nodes(t); k++) each_read(z, k, (uint32_t)i, read_run);
        else z->read[t->a] = z->read[t->b] = 1;
    }
    for (size_t i = 0; i < from->n_instr; i++) {
        const dt_instr *t = &from->instr[i];
        if (!is_array(t)) {
            if (t->op != DT_OP_GUARD) z->written[t->out] = 1;
            continue;
        }
        for (size_t k = t->a; k < end_of_nodes(t); k++) {
            const dt_node *node = &from->node[k];
            if (node->kind == DT_ELEMENTWISE && node->out >= 0 && !memchr(z->read + node->out, 1, node->n))
                z->out[k] = -1;
            each_written(z, k, (uint32_t)i, write_run);
        }
    }
}

/* head[s] = first slot of the run of s; size[head]. Runs with a constant or an input stay where they are put. */
static void number_runs(dt_rename *z)
{
    const size_t slots = z->from->n_slots;
    for (size_t s = 0, end; s < slots; s = end) {
        int stays = s <= z->n_inputs;
        for (end = s; end + 1 < slots && z->glue[end]; end++) {}
        end++;
        for (size_t i = s; i < end; i++) {
            z->head[i] = (uint32_t)s;
            stays |= z->read[i] && !z->written[i];
        }
        z->size[s] = (uint32_t)(end - s);
        z->home[s] = z->last[s] = 0;
        if (stays) z->last[s] = NEVER;
    }
}

static void read_last(dt_rename *z, int64_t low, int64_t high, uint32_t i)
{
    uint32_t *last = &z->last[z->head[low]];
    (void)high;
    if (*last != NEVER) *last = i;
}

static void find_last_readers(dt_rename *z)
{
    const dt_tape *from = z->from;
    for (size_t r = 0; r < z->n_results; r++) z->last[z->head[z->result[r]]] = NEVER;
    for (size_t i = 0; i < from->n_instr; i++) {
        const dt_instr *t = &from->instr[i];
        if (is_array(t)) {
            for (size_t k = t->a; k < end_of_nodes(t); k++) each_read(z, k, (uint32_t)i, read_last);
        } else {
            read_last(z, t->a, t->a, (uint32_t)i);
            read_last(z, t->b, t->b, (uint32_t)i);
        }
    }
}

/* ---- homes ---- */

/* The list of freed runs of this length. */
static uint32_t *freed_runs(dt_rename *z, uint32_t size)
{
    size_t at = dt_mix(0, size) & z->lengths.mask;
    while (z->length[at] && z->length[at] != size) at = (at + 1) & z->lengths.mask;
    z->length[at] = size;
    return &z->lengths.entry[at];
}

static void settle(dt_rename *z, int64_t low, int64_t high, uint32_t i)
{
    const uint32_t run = z->head[low];
    (void)high, (void)i;
    if (run == 0 || z->home[run]) return;
    uint32_t *freed = freed_runs(z, z->size[run]);
    if (*freed) {
        z->home[run] = z->home[*freed];
        *freed = z->next[*freed];
    } else {
        z->home[run] = (uint32_t)z->to->n_slots;
        z->to->n_slots += z->size[run];
    }
}

static void leave(dt_rename *z, int64_t low, int64_t high, uint32_t i)
{
    const uint32_t run = z->head[low];
    (void)high;
    if (z->last[run] != i || !z->home[run] || z->read[run] == 2) return;
    uint32_t *freed = freed_runs(z, z->size[run]);
    z->next[run] = *freed;
    z->read[run] = 2;            /* freed once: both operands may be the same */
    *freed = run;
}

/* Inputs, and runs that nobody writes or not all of. The run of the structural zero stays where it is: home 0. */
static void settle_constants(dt_rename *z)
{
    z->to->n_slots = z->size[0];
    for (size_t s = z->size[0]; s < z->from->n_slots; s += z->size[s]) {
        int stays = s <= z->n_inputs;
        for (size_t i = s; i < s + z->size[s]; i++) stays |= z->read[i] && !z->written[i];
        if (!stays) continue;
        z->home[s] = (uint32_t)z->to->n_slots;
        z->to->n_slots += z->size[s];
    }
}

static void find_homes(dt_rename *z)
{
    const dt_tape *from = z->from;
    settle_constants(z);
    for (size_t i = 0; i < from->n_instr; i++) {
        const dt_instr *t = &from->instr[i];
        const uint32_t now = (uint32_t)i;
        if (is_array(t)) {       /* results first: no kernel may write over its operands */
            for (size_t k = t->a; k < end_of_nodes(t); k++) each_written(z, k, now, settle);
            for (size_t k = t->a; k < end_of_nodes(t); k++) each_read(z, k, now, leave);
            continue;
        }
        if (t->op != DT_OP_GUARD) settle(z, t->out, t->out, now);
        leave(z, t->a, t->a, now);
        leave(z, t->b, t->b, now);
    }
}

void dt_rename_plan(dt_rename *z)
{
    find_runs(z);
    number_runs(z);
    find_last_readers(z);
    find_homes(z);
}

/* ---- the program ---- */

uint32_t dt_renamed(const dt_rename *z, int64_t slot)
{
    const uint32_t run = z->head[slot];
    return z->home[run] + (uint32_t)slot - run;
}

static void write_node(dt_rename *z, size_t k)
{
    const dt_tape *from = z->from;
    dt_node *node = &z->to->node[k];
    *node = from->node[k];
    node->kept = 0;
    if (node->kind == DT_CALL) return;
    if (node->kind == DT_GATHER) {
        const uint32_t *id = from->id + node->arg[0].at;
        for (size_t i = 0; i < node->n; i++) z->to->id[(size_t)node->arg[0].at + i] = dt_renamed(z, id[i]);
    } else {
        const int both = node->kind == DT_ELEMENTWISE || node->kind == DT_SUM_AXES;
        for (int which = 0; which <= both; which++)
            if (node->n && node->arg[which].layout != DT_IN_SEGMENT)
                node->arg[which].at = dt_renamed(z, node->arg[which].at);
    }
    if (node->kind == DT_GUARD) return;
    if (z->out[k] < 0) node->out = -1;
    else if (result_size(z, node)) node->out = dt_renamed(z, z->out[k]);
}

static void write_values(dt_rename *z)
{
    const double *from = z->from->value;
    memset(z->to->value, 0, z->to->n_slots * sizeof *from);
    for (size_t s = 1; s < z->from->n_slots; s++)
        if (z->last[z->head[s]] == NEVER && !z->written[s] && (z->home[z->head[s]] || z->head[s] == 0))
            z->to->value[dt_renamed(z, (int64_t)s)] = from[s];
}

void dt_rename_write(dt_rename *z)
{
    const dt_tape *from = z->from;
    dt_tape *to = z->to;
    for (size_t i = 0; i < from->n_instr; i++) {
        dt_instr *t = &to->instr[i];
        *t = from->instr[i];
        if (is_array(t)) {
            if (t->op == DT_OP_NODE && from->node[t->a].kind != DT_GUARD) t->out = 0;
            continue;
        }
        t->a = dt_renamed(z, t->a), t->b = dt_renamed(z, t->b);
        if (t->op != DT_OP_GUARD) t->out = dt_renamed(z, t->out);
    }
    for (size_t k = 0; k < from->n_nodes; k++) write_node(z, k);
    if (from->n_view) memcpy(to->view, from->view, from->n_view * sizeof *to->view);
    if (from->n_expected) memcpy(to->expected, from->expected, from->n_expected * sizeof *to->expected);
    to->n_instr = from->n_instr, to->n_nodes = from->n_nodes, to->n_view = from->n_view, to->n_id = from->n_id;
    to->n_expected = from->n_expected, to->longest_segment = from->longest_segment;
    for (size_t r = 0; r < z->n_results; r++) z->result[r] = dt_renamed(z, z->result[r]);
    write_values(z);
}

size_t dt_rename_layout(dt_rename *z, char *memory)
{
    const size_t slots = z->from->n_slots, lengths = dt_seal_table_size(3 * z->from->n_nodes + z->n_spans + 16);
    size_t size = 0;
    z->lengths.mask = lengths - 1;
    z->lengths.entry = dt_seal_take(memory, &size, lengths * sizeof *z->lengths.entry);
    z->length = dt_seal_take(memory, &size, lengths * sizeof *z->length);
    z->head = dt_seal_take(memory, &size, slots * sizeof *z->head);
    z->size = dt_seal_take(memory, &size, slots * sizeof *z->size);
    z->last = dt_seal_take(memory, &size, slots * sizeof *z->last);
    z->home = dt_seal_take(memory, &size, slots * sizeof *z->home);
    z->next = dt_seal_take(memory, &size, slots * sizeof *z->next);
    z->glue = dt_seal_take(memory, &size, slots);
    z->read = dt_seal_take(memory, &size, slots);
    z->written = dt_seal_take(memory, &size, slots);
    z->out = dt_seal_take(memory, &size, z->from->n_nodes * sizeof *z->out);
    return size;
}
