/* See scalars.h. Most operations have a case of their own, generated from the rule table; the others go through its
 * switch for single numbers (scalar.gen.h). */
#include "scalars.h"
#include "compare.h"
#include "opcodes.h"
#include "scalar.gen.h"
#include "scalar_cases.gen.h"
#include "special.h"
#include "threaded.h"

static int holds(const dt_instr *guard, const double *value)
{
    return dt_compares(guard->active, value[guard->a], value[guard->b]) == guard->outcome;
}

/* ---- primal ---- */

DT_NOINLINE double value_by_kernel(const dt_tape *tape, const dt_instr *at, const double *value)
{
    double v;
    tape->library->kernels[at->op].primal(1, &value[at->a], 0, &value[at->b], 0, &v);
    return v;
}

#define FETCH                                                    \
    do {                                                         \
        if (next == stop) return end;                            \
        at = next++;                                             \
        if (at->op >= DT_OP_ARRAY) goto other;                   \
    } while (0)
#define KEY at->op
#define VALUE(name, formula)                                     \
    CASE(OP_##name, value_##name)                                \
    {                                                            \
        const double x = value[at->a], y = value[at->b];         \
        (void)x, (void)y;                                        \
        value[at->out] = formula;                                \
        NEXT;                                                    \
    }

static size_t scalars_primal(const dt_tape *tape, double *value, size_t begin, size_t end)
{
#if defined(__GNUC__)
#define LABEL(name, formula) [OP_##name] = &&value_##name,
    static const void *const cases[DT_N_OPS] = {[0 ... DT_N_OPS - 1] = &&general, DT_VALUES(LABEL)};
#undef LABEL
#endif
    const dt_instr *next = tape->instr + begin, *const stop = tape->instr + end, *at;
resume:
    BEGIN_CASES
    DT_VALUES(VALUE)
    OTHER_CASES
    value[at->out] = value_by_kernel(tape, at, value);
    NEXT;
    END_CASES
other:
    if (at->op == DT_OP_GUARD && holds(at, value)) goto resume;
    return (size_t)(at - tape->instr);
}

#undef FETCH
#undef KEY

/* ---- adjoint, one lane ---- */

DT_NOINLINE void pull_by_rule(const dt_tape *tape, const dt_instr *at, const double *value, double *adjoint, double w)
{
    double dx, dy;
    dt_scalar_first(tape->library, at->op, value[at->a], value[at->b], value[at->out], at->active, &dx, &dy);
    adjoint[at->a] += dt_tie(dx, w);
    adjoint[at->b] += dt_tie(dy, w);
}

/* Nothing that is added leaves -0.0, which says "not connected"; w is not that. */
DT_INLINE void add_product(double *to, double d, double w) { *to = (*to + 0.0) + d * w; }

#define ADD_A adjoint[at->a] += w;
#define ADD_B adjoint[at->b] += w;
#define SUBTRACT_A adjoint[at->a] += 0.0 - w;
#define SUBTRACT_B adjoint[at->b] += 0.0 - w;
#define ADD_PRODUCT_A(d) add_product(&adjoint[at->a], d, w);
#define ADD_PRODUCT_B(d) add_product(&adjoint[at->b], d, w);

#define FETCH                                                    \
    do {                                                         \
        do {                                                     \
            if (at == stop) return begin;                        \
            at--;                                                \
            if (at->op >= DT_OP_ARRAY) goto other;               \
            w = adjoint[at->out];                                \
        } while (dt_is_structural(w));                           \
    } while (0)
#define KEY 4 * at->op + at->active
#define PULL(name, active, pulls)                                \
    CASE(4 * OP_##name + active, pull_##name##_##active)         \
    {                                                            \
        const double x = value[at->a], y = value[at->b], v = value[at->out]; \
        (void)x, (void)y, (void)v;                               \
        pulls                                                    \
        NEXT;                                                    \
    }

static size_t scalars_adjoint(const dt_tape *tape, const double *value, double *adjoint, size_t begin, size_t end)
{
#if defined(__GNUC__)
#define LABEL(name, active, pulls) [4 * OP_##name + active] = &&pull_##name##_##active,
    static const void *const cases[4 * DT_N_OPS] = {[0 ... 4 * DT_N_OPS - 1] = &&general, DT_PULLS(LABEL)};
#undef LABEL
#endif
    const dt_instr *at = tape->instr + end, *const stop = tape->instr + begin;
    double w;
resume:
    BEGIN_CASES
    DT_PULLS(PULL)
    OTHER_CASES
    pull_by_rule(tape, at, value, adjoint, w);
    NEXT;
    END_CASES
other:
    if (at->op == DT_OP_GUARD) goto resume;
    return (size_t)(at - tape->instr) + 1;
}

#undef FETCH
#undef KEY

static const dt_scalar_sweeps scalar_sweeps = {scalars_primal, scalars_adjoint};

#define DT_SCALAR_SWEEPS .scalars = &scalar_sweeps
