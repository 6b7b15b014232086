/* See batch.h. */
#include "batch.h"
#include "compare.h"
#include "propagate.h"

int dt_batch_serves(const dt_tape *tape)
{
    for (size_t i = 0; i < tape->n_instr; i++)
        if (tape->instr[i].op > DT_OP_GUARD) return 0;
    return 1;
}

void dt_batch_fill(const dt_tape *tape, dt_batch *batch)
{
    for (size_t s = 0; s < tape->n_slots; s++)
        for (size_t k = 0; k < batch->q; k++) batch->value[s * batch->q + k] = tape->value[s];
}

static void check_guard(const dt_instr *instr, dt_batch *batch)
{
    const double *a = batch->value + (size_t)instr->a * batch->q, *b = batch->value + (size_t)instr->b * batch->q;
    for (size_t k = 0; k < batch->q; k++)
        if (batch->failed[k] == DT_HOLDS && dt_compares(instr->active, a[k], b[k]) != instr->outcome)
            batch->failed[k] = instr->out;
}

void dt_batch_primal(const dt_tape *tape, dt_batch *batch)
{
    const size_t q = batch->q;
    double *value = batch->value;
    for (size_t k = 0; k < q; k++) batch->failed[k] = DT_HOLDS;
    for (size_t i = 0; i < tape->n_instr; i++) {
        const dt_instr *instr = &tape->instr[i];
        if (instr->op == DT_OP_GUARD)
            check_guard(instr, batch);
        else
            tape->library->kernels[instr->op].primal(q, value + (size_t)instr->a * q, 1, value + (size_t)instr->b * q,
                                                     1, value + (size_t)instr->out * q);
    }
}

static const double one = 1.0, minus_one = -1.0;

static dt_partial_array partial(unsigned kind, const double *computed, const double *x, const double *y)
{
    switch (kind) {
    case DT_ONE: return (dt_partial_array){&one, 0, 0};
    case DT_MINUS_ONE: return (dt_partial_array){&minus_one, 0, 0};
    case DT_IS_X: return (dt_partial_array){x, 1, 0};
    case DT_IS_Y: return (dt_partial_array){y, 1, 0};
    case DT_GENERAL: return (dt_partial_array){computed, 1, 1};
    default: return (dt_partial_array){NULL, 0, 0};
    }
}

void dt_batch_adjoint(const dt_tape *tape, dt_batch *batch)
{
    const size_t q = batch->q;
    const double *value = batch->value;
    double *adjoint = batch->adjoint, *dx = batch->partial, *dy = batch->partial + q;
    const dt_propagation *propagate = tape->library->propagation;
    for (size_t i = tape->n_instr; i-- > 0;) {
        const dt_instr *instr = &tape->instr[i];
        if (instr->op == DT_OP_GUARD) continue;
        const dt_op *op = &tape->library->ops[instr->op];
        const size_t a = (size_t)instr->a * q, b = (size_t)instr->b * q, out = (size_t)instr->out * q;
        if (op->dx == DT_GENERAL || op->dy == DT_GENERAL)
            tape->library->kernels[instr->op].first(q, value + a, 1, value + b, 1, value + out, instr->active, dx, dy);
        if (instr->active & DT_ACTIVE_A) {
            const dt_partial_array d = partial(op->dx, dx, value + a, value + b);
            if (d.at) propagate->adjoint(q, 1, d, adjoint + out, adjoint + a, 1, 0);
        }
        if (instr->active & DT_ACTIVE_B) {
            const dt_partial_array d = partial(op->dy, dy, value + a, value + b);
            if (d.at) propagate->adjoint(q, 1, d, adjoint + out, adjoint + b, 1, 0);
        }
    }
}
