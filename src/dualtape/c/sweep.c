/* The four sweeps: one loop over the instructions each, scalars inline, everything else by node. The policies of a
 * sweep are here and in segment.c and nowhere else: adjoints accumulate with +=, reverse sweeps run in reverse order,
 * structural zeros are skipped. No allocation, no Python, no errors: a DT_CALL that is not native, or whose native rule
 * declines, makes the sweep return to its caller. */
#include "tape.h"
#include <string.h>
#include "index.h"
#include "lanes.h"
#include "linalg.h"
#include "propagate.h"
#include "reduce.h"
#include "scalars.h"
#include "segment.h"
#include "special.h"

void dt_fill_structural(const dt_tape *tape, double *array, size_t n)
{
    tape->library->propagation->fill_structural(n, array);
}

void dt_fill_unwritten(const dt_tape *tape, unsigned char *written, double *array, size_t p)
{
    memset(written, 0, tape->n_slots);
    for (size_t i = 0; i < tape->n_instr; i++)
        if (tape->instr[i].op < DT_OP_ARRAY) written[tape->instr[i].out] = 1;
    for (size_t s = 0; s < tape->n_slots; s++)
        if (!written[s]) dt_fill_structural(tape, array + s * p, p);
}

static int is_call(const dt_tape *tape, const dt_instr *instr)
{
    return instr->op == DT_OP_NODE && tape->node[instr->a].kind == DT_CALL;
}

typedef int native_rule(const dt_tape *tape, const dt_native *call, const dt_workspace *work);

/* Runs an array operation; 0: its rule is Python. */
static int call_native(const dt_tape *tape, const dt_node *node, const dt_workspace *work, native_rule *rule)
{
    const size_t k = (size_t)node->arg[0].at;
    return k < tape->n_native && tape->native[k].op != DT_NOT_NATIVE && rule(tape, &tape->native[k], work);
}

/* ---- nodes that only move or add values ---- */

/* out[i] = in[id[i]] for p lanes */
static void gather(const dt_tape *tape, const dt_node *node, size_t p, double *array)
{
    const uint32_t *id = tape->id + node->arg[0].at;
    double *out = array + (size_t)node->out * p;
    for (size_t i = 0; i < node->n; i++)
        for (size_t k = 0; k < p; k++) out[i * p + k] = array[(size_t)id[i] * p + k];
}

/* in[id[i]] += out[i], the transpose */
static void gather_transposed(const dt_tape *tape, const dt_node *node, size_t p, double *array)
{
    const uint32_t *id = tape->id + node->arg[0].at;
    const double *out = array + (size_t)node->out * p;
    for (size_t i = 0; i < node->n; i++)
        for (size_t k = 0; k < p; k++) array[(size_t)id[i] * p + k] += out[i * p + k];
}

/* Both operands of DT_SUM_AXES as odometers over the same n elements. */
static void sum_axes_views(const dt_tape *tape, const dt_node *node, dt_odometer *from, dt_odometer *to)
{
    dt_odometer_set(from, tape->view + node->arg[0].view, 0);
    dt_odometer_set(to, tape->view + node->arg[1].view, 0);
}

enum { ROW = 64 };   /* elements carried at once between two strided views */

/* to[view] += from[view] for p lanes, element by element in C order */
static void add_view(dt_odometer *from, const double *source, dt_odometer *to, double *target, size_t n, size_t p)
{
    double row[ROW];
    const size_t step = p < ROW ? ROW / p : 1;
    if (p > ROW) {        /* lanes one element at a time */
        for (size_t i = 0; i < n; i++) {
            const double *in = source + from->place * (int64_t)p;
            double *out = target + to->place * (int64_t)p;
            for (size_t k = 0; k < p; k++) out[k] += in[k];
            dt_odometer_next(from);
            dt_odometer_next(to);
        }
        return;
    }
    for (size_t i = 0; i < n; i += step) {
        const size_t count = n - i < step ? n - i : step;
        dt_load(from, count, p, source, row);
        dt_scatter_add(to, count, p, row, target);
    }
}

static void sum_axes(const dt_tape *tape, const dt_node *node, size_t p, double *array, int transposed)
{
    dt_odometer in, out;
    sum_axes_views(tape, node, &in, &out);
    double *from = array + (size_t)node->arg[0].at * p, *to = array + (size_t)node->out * p;
    if (transposed) add_view(&out, to, &in, from, node->n, p);
    else add_view(&in, from, &out, to, node->n, p);
}

static void move_forward(const dt_tape *tape, const dt_node *node, size_t p, double *array)
{
    if (node->kind == DT_GATHER) gather(tape, node, p, array);
    else if (node->kind == DT_SUM_AXES) sum_axes(tape, node, p, array, 0);
}

static void move_back(const dt_tape *tape, const dt_node *node, size_t p, double *array)
{
    if (node->kind == DT_GATHER) gather_transposed(tape, node, p, array);
    else if (node->kind == DT_SUM_AXES) sum_axes(tape, node, p, array, 1);
}

/* ---- primal ---- */

static int array_holds(const dt_tape *tape, const dt_node *node, const double *value)
{
    const dt_operand *arg = &node->arg[0];
    const double *expected = tape->expected + node->arg[1].at;
    if (arg->layout != DT_STRIDED) return memcmp(value + arg->at, expected, node->n * sizeof *value) == 0;
    dt_odometer at;
    dt_odometer_set(&at, tape->view + arg->view, 0);
    for (size_t i = 0; i < node->n; i++, dt_odometer_next(&at))
        if (memcmp(value + arg->at + at.place, expected + i, sizeof *value) != 0) return 0;
    return 1;
}

/* 0: a guard that does not hold, or an array operation whose rule is Python */
static int node_primal(const dt_tape *tape, const dt_node *node, const dt_workspace *work)
{
    double *value = work->value;
    switch (node->kind) {
    case DT_GATHER: gather(tape, node, 1, value); return 1;
    case DT_SUM_AXES: dt_sum_axes(tape, node, value); return 1;
    case DT_GUARD: return array_holds(tape, node, value);
    case DT_CALL: return call_native(tape, node, work, dt_native_primal);
    default: return 0;
    }
}

size_t dt_sweep_primal(const dt_tape *tape, dt_workspace *work, size_t begin, size_t end)
{
    for (size_t i = begin; i < end; i++) {
        i = tape->library->scalars->primal(tape, work->value, i, end);
        if (i == end) break;
        const dt_instr *instr = &tape->instr[i];
        if (instr->op == DT_OP_SEGMENT) dt_segment_primal(tape, work, instr->a, instr->b);
        else if (instr->op == DT_OP_GUARD || !node_primal(tape, &tape->node[instr->a], work)) return i;
    }
    return end;
}

/* ---- tangent ---- */

size_t dt_sweep_tangent(const dt_tape *tape, dt_workspace *work, size_t begin, size_t end)
{
    for (size_t i = begin; i < end; i++) {
        i = tape->library->lanes->tangent(tape, work, i, end);
        if (i == end) break;
        const dt_instr *instr = &tape->instr[i];
        if (instr->op == DT_OP_SEGMENT) {
            if (!dt_segment_tangent(tape, work, instr->a, instr->b)) return i;
        } else if (instr->op != DT_OP_NODE) {
            return i;
        } else if (is_call(tape, instr)) {
            if (!call_native(tape, &tape->node[instr->a], work, dt_native_tangent)) return i;
        } else {
            move_forward(tape, &tape->node[instr->a], work->p, work->tangent);
        }
    }
    return end;
}

/* ---- adjoint ---- */

size_t dt_sweep_adjoint(const dt_tape *tape, dt_workspace *work, size_t begin, size_t end)
{
    for (size_t i = end; i > begin; i--) {
        i = work->p == 1 ? tape->library->scalars->adjoint(tape, work->value, work->adjoint, begin, i)
                         : tape->library->lanes->adjoint(tape, work, begin, i);
        if (i == begin) break;
        const dt_instr *instr = &tape->instr[i - 1];
        if (instr->op == DT_OP_SEGMENT) {
            if (!dt_segment_adjoint(tape, work, instr->a, instr->b)) return i;
        } else if (instr->op != DT_OP_NODE) {
            return i;
        } else if (is_call(tape, instr)) {
            if (!call_native(tape, &tape->node[instr->a], work, dt_native_adjoint)) return i;
        } else {
            move_back(tape, &tape->node[instr->a], work->p, work->adjoint);
        }
    }
    return begin;
}

/* ---- second order ---- */

size_t dt_sweep_second(const dt_tape *tape, dt_workspace *work, size_t begin, size_t end)
{
    for (size_t i = end; i > begin; i--) {
        i = tape->library->lanes->second(tape, work, begin, i);
        if (i == begin) break;
        const dt_instr *instr = &tape->instr[i - 1];
        if (instr->op == DT_OP_SEGMENT) {
            if (!dt_segment_second(tape, work, instr->a, instr->b, i == tape->n_instr)) return i;
        } else if (instr->op != DT_OP_NODE) {
            return i;
        } else if (is_call(tape, instr)) {
            if (!call_native(tape, &tape->node[instr->a], work, dt_native_second)) return i;
        } else {
            move_back(tape, &tape->node[instr->a], 1, work->adjoint);
            move_back(tape, &tape->node[instr->a], work->p, work->adjoint_dot);
        }
    }
    return begin;
}
