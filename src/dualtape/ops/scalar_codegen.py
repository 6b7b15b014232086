"""C from the rule table for single numbers: scalar.gen.h, the same rules as the kernels' with n = 1, inlined where no
ufunc loop is needed, and scalar_cases.gen.h, lists of those rules that the sweeps over scalars have a case of their own
for. Called by codegen.py."""

from __future__ import annotations

from .structure import EXACT, Partial, calls, classify, parse
from .translation import (
    CONDITION,
    HEADING,
    ORDERS,
    OUTPUTS,
    WANTED,
    Kernel,
    Row,
    elements_of_partials,
    is_loop,
    stored,
)

__all__ = ["cases_header", "scalar_header"]

# Rows that sweeps of many lanes have cases of their own for: there are as many copies of these as there are widths.
_COMMON = ("add", "subtract", "multiply", "divide", "negative", "square", "reciprocal", "sqrt", "exp", "log")


def _scalar_case(row: Row, order: int) -> str:
    """One case of a switch of scalar.gen.h, or nothing if a formula needs a ufunc loop."""
    kernel = Kernel(row, {**_elements(row), "both": "(active == DT_BOTH_ACTIVE ? 1.0 : 0.0)"})
    partials = ("v",) if order == 0 else ORDERS[row.arity][order - 1]
    outputs = ("v",) if order == 0 else (("dx", "dy"), ("dxx", "dxy", "dyy"))[order - 1]
    written = dict.fromkeys(outputs, Partial.ZERO)
    statements = []
    for partial in partials:
        output = OUTPUTS[row.arity].get(partial, "v")
        kind = written[output] = classify(getattr(row, partial)) if order else Partial.GENERAL
        if kind is Partial.GENERAL:
            tree = parse(getattr(row, partial))
            if _needs_loop(getattr(row, partial)):
                return ""
            text = kernel.text(tree, {3})
            statements.append(_scalar_statement(row, output, stored(row, output, text, "v")))
        elif kind is not Partial.ZERO:
            value = {
                Partial.ONE: "1.0",
                Partial.MINUS_ONE: "-1.0",
                Partial.IS_X: "x + 0.0",
                Partial.IS_Y: "y + 0.0",
            }.get(kind, "NAN")
            statements.append(_scalar_statement(row, output, value))
    comment = ", ".join(str(getattr(row, partial)) for partial in partials)
    body = "".join(f"        {statement}\n" for statement in statements)
    return f"    case OP_{row.name.upper()}: /* {comment} */\n{body}        break;\n"


def _elements(row: Row) -> dict[str, str]:
    """How names are written where there is one number of each."""
    partials = {k: t.replace("[sx*i]", "").replace("[sy*i]", "") for k, t in elements_of_partials(row, "{}").items()}
    return {"x": "x", "y": "y", "v": "v", **partials}


def _scalar_statement(row: Row, output: str, value: str) -> str:
    if output == "v":
        return f"v = {value};"
    condition = "" if row.arity == 1 else CONDITION[frozenset(WANTED[output])]
    return f"{condition}*{output}_out = {value};"


def scalar_header(rows: tuple[Row, ...]) -> str:
    """Text of scalar.gen.h."""
    cases = ["".join(_scalar_case(row, order) for row in rows) for order in range(3)]
    text = _SCALAR_TEXT
    for order in range(3):
        text = text.replace(f"CASES_{order}", cases[order])
    return HEADING + text


def cases_header(rows: tuple[Row, ...]) -> str:
    """Text of scalar_cases.gen.h."""
    values = "".join(
        f"    VALUE({row.name.upper()}, {_text(row, row.v)}) \\\n" for row in rows if not _needs_loop(row.v)
    )
    pulls = "".join(_pull_cases(row) for row in rows if _is_arithmetic(row))
    lanes = "".join(_lane_cases(row) for row in rows if row.name in _COMMON)
    return HEADING + _CASES_TEXT.replace("VALUES\n", values).replace("PULLS\n", pulls).replace("LANES\n", lanes)


def _text(row: Row, formula: str) -> str:
    """C of a formula in x, y, v."""
    return Kernel(row, _elements(row)).text(parse(formula), {3})


def _needs_loop(formula: str) -> bool:
    return any(name not in EXACT and is_loop(name) for name in calls(parse(formula)))


def _is_arithmetic(row: Row) -> bool:
    """Whether the first partials are arithmetic, so that a sweep computes them where it uses them."""
    formulas = [getattr(row, partial) for partial in ORDERS[row.arity][0]]
    called = {name for formula in formulas if classify(formula) is Partial.GENERAL for name in calls(parse(formula))}
    return called <= EXACT.keys() and not (row.selects or row.home == "scipy.special" or None in formulas)


def _pull_cases(row: Row) -> str:
    """One case for each choice of active operands."""
    pulls = {slot: _pull(row, partial, slot) for partial, slot in zip(ORDERS[row.arity][0], "AB", strict=False)}
    choices = ((1, "A"),) if row.arity == 1 else ((1, "A"), (2, "B"), (3, "AB"))
    return "".join(
        f"    PULL({row.name.upper()}, {active},{''.join(pulls[slot] for slot in slots)}) \\\n"
        for active, slots in choices
    )


def _pull(row: Row, partial: str, slot: str) -> str:
    """The statement that adds to the adjoint of one operand."""
    formula = getattr(row, partial)
    kind = classify(formula)
    if kind is Partial.ZERO:
        return ""
    if kind in (Partial.ONE, Partial.MINUS_ONE):
        return f" {'ADD' if kind is Partial.ONE else 'SUBTRACT'}_{slot}"
    return f" ADD_PRODUCT_{slot}({_text(row, formula)})"


def _lane_cases(row: Row) -> str:
    """One case for each choice of active operands, with all partials; 0.0 stands for those that are structurally zero
    or belong to a passive operand."""
    cases = ""
    for active in (1,) if row.arity == 1 else (1, 2, 3):
        partials = {output: _partial(row, output, active) for output in WANTED}
        bent = [output for output in ("dxx", "dxy", "dyy") if partials[output] != "0.0"]
        bends = " | ".join(f"BENDS_{output[1:].upper()}" for output in bent)
        cases += f"    LANES({row.name.upper()}, {active}, {bends or '0'}, {', '.join(partials.values())}) \\\n"
    return cases


def _partial(row: Row, output: str, active: int) -> str:
    formula = next((getattr(row, partial) for partial, name in OUTPUTS[row.arity].items() if name == output), "0")
    return _text(row, formula) if formula != "0" and active in WANTED[output] else "0.0"


_CASES_TEXT = """#ifndef DT_SCALAR_CASES_GEN_H
#define DT_SCALAR_CASES_GEN_H

/* VALUE(row, formula) for every row that no ufunc loop is needed for. */
#define DT_VALUES(VALUE) \\
VALUES

/* PULL(row, active, how the adjoints of its active operands change), where the partials are plain arithmetic. */
#define DT_PULLS(PULL) \\
PULLS

/* LANES(row, active, which second partials are not 0, dx, dy, dxx, dxy, dyy) for the commonest operations. */
enum { BENDS_XX = 1, BENDS_XY = 2, BENDS_YY = 4 };
#define DT_COMMON(LANES) \\
LANES

#endif
"""

_SCALAR_TEXT = """#ifndef DT_SCALAR_GEN_H
#define DT_SCALAR_GEN_H

#include "kernel.h"
#include "opcodes.h"
#include "special.h"

/* The rules at one point. Every output is set: what is not connected, and what belongs to a passive operand, to -0.0;
 * a partial without a rule to NaN. Rows that need a ufunc loop go through their kernel with n = 1.
 * in   op      opcode
 * in   x, y    operands; y is ignored by unary rows
 * in   active  enum dt_active  */

DT_INLINE double dt_scalar_primal(const dt_library *lib, unsigned op, double x, double y)
{
    double v;
    switch (op) {
CASES_0    default:
        lib->kernels[op].primal(1, &x, 0, &y, 0, &v);
    }
    return v;
}

/* What a partial is that no kernel writes. */
static inline double dt_fixed_partial(unsigned kind, double x, double y)
{
    switch (kind) {
    case DT_ONE: return 1.0;
    case DT_MINUS_ONE: return -1.0;
    case DT_IS_X: return x + 0.0; /* a value of -0.0 is not "not connected" */
    case DT_IS_Y: return y + 0.0;
    case DT_NO_RULE: return NAN;
    default: return -0.0;
    }
}

static inline void dt_scalar_first(const dt_library *lib, unsigned op, double x, double y, double v, unsigned active,
                                   double *dx_out, double *dy_out)
{
    *dx_out = *dy_out = -0.0;
    switch (op) {
CASES_1    default: {
        const dt_op *row = &lib->ops[op];
        if (active & DT_X_ACTIVE) *dx_out = dt_fixed_partial(row->dx, x, y);
        if (active & DT_Y_ACTIVE) *dy_out = dt_fixed_partial(row->dy, x, y);
        lib->kernels[op].first(1, &x, 1, &y, 1, &v, active, dx_out, dy_out);
    }
    }
}

static inline void dt_scalar_second(const dt_library *lib, unsigned op, double x, double y, double v, double dx,
                                    double dy, unsigned active, double *dxx_out, double *dxy_out,
                                    double *dyy_out)
{
    *dxx_out = *dxy_out = *dyy_out = -0.0;
    switch (op) {
CASES_2    default: {
        const dt_op *row = &lib->ops[op];
        if (active & DT_X_ACTIVE) *dxx_out = dt_fixed_partial(row->dxx, x, y);
        if (active & DT_Y_ACTIVE) *dyy_out = dt_fixed_partial(row->dyy, x, y);
        if (active == DT_BOTH_ACTIVE) *dxy_out = dt_fixed_partial(row->dxy, x, y);
        lib->kernels[op].second(1, &x, 1, &y, 1, &v, &dx, &dy, active, dxx_out, dxy_out, dyy_out);
    }
    }
}

#endif
"""
