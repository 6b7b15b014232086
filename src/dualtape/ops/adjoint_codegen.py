"""Fused adjoint kernels: for rows whose partials are cheap arithmetic, one loop computes them and adds what comes back.

The general way stores a partial and then passes over it once per operand (c/propagate.c). Here every combination of
strides, active operands and first contributions that the engine asks for is a loop of its own, made of one inlined
function with constant arguments, so that each vectorises. Used by codegen.py.
"""

from __future__ import annotations

from collections.abc import Iterator

from .structure import Partial, calls, classify, names, parse
from .translation import EACH, ORDERS, OUTPUTS, Kernel, Row, elements_of

_CHEAP = {"sqrt", "fabs", "within", "sgn"}  # functions that are an instruction or two of vector code

_PARAMETERS = (
    "size_t n, const double *restrict x, size_t sx, const double *restrict y, size_t sy,\n"
    "    const double *restrict v, const double *restrict v_bar, size_t sv, double *restrict x_bar,\n"
    "    double *restrict y_bar, unsigned how"
)


def _is_cheap(formula: str | None) -> bool:
    kind = classify(formula)
    return kind is not Partial.NO_RULE and (kind is not Partial.GENERAL or set(calls(parse(formula))) <= _CHEAP)


def is_fused(row: Row) -> bool:
    """Whether `row` has an adjoint kernel. Selections go the general way: it knows elements that are not connected."""
    first = [getattr(row, partial) for partial in ORDERS[row.arity][0]]
    connected = any(classify(formula) is not Partial.ZERO for formula in first)
    return row.home == "numpy" and not row.selects and connected and all(map(_is_cheap, first))


def _contribution(kernel: Kernel, formula: str) -> str:
    """C of partial times adjoint `s`."""
    fixed = {Partial.ONE: "s", Partial.MINUS_ONE: "dt_carried(-1.0, s)"}
    return fixed.get(classify(formula)) or f"dt_carried({kernel.text(parse(formula), set())}, s)"


def _lines(row: Row) -> Iterator[str]:
    """The loop over elements; `how` is constant wherever it is inlined."""
    kernel = Kernel(row, elements_of(row))
    yield f"    {EACH} {{"
    yield "        const double s = v_bar[sv*i];"
    for partial in ORDERS[row.arity][0]:
        formula = getattr(row, partial)
        if classify(formula) is Partial.ZERO:
            continue
        name = OUTPUTS[row.arity][partial][1]
        yield f"        if (how & DT_{name.upper()}_ACTIVE) {{"
        yield f"            const double c = {_contribution(kernel, formula)};"
        yield f"            {name}_bar[i] = how & DT_ASSIGN_{name.upper()} ? c : {name}_bar[i] + c;"
        yield "        }"
    yield "    }"


def _uses(row: Row, partial: str, operand: str) -> bool:
    formula = getattr(row, partial)
    kind = classify(formula)
    return kind in (Partial.GENERAL, Partial.IS_X, Partial.IS_Y) and operand in names(parse(formula))


def _one_operand(row: Row, active: str, other: str, partial: str) -> Iterator[str]:
    """Calls for one active operand: the other's stride, v_bar's stride and the first contribution as constants."""
    for step in ("1", "0") if _uses(row, partial, other) else ("1",):
        guard = f"s{other} == {step} && " if _uses(row, partial, other) else ""
        strides = f"x, 1, y, {step}" if active == "x" else f"x, {step}, y, 1"
        for sv in "10":
            for sink in (f" | DT_ASSIGN_{active.upper()}", ""):
                how = f"DT_{active.upper()}_ACTIVE{sink}"
                yield (
                    f"    if ({guard}sv == {sv} && how == ({how})) "
                    f"{{ {row.name}_adjoint_at(n, {strides}, v, v_bar, {sv}, x_bar, y_bar, {how}); return; }}"
                )


def _both_operands(row: Row) -> Iterator[str]:
    for sink in (" | DT_ASSIGN_X | DT_ASSIGN_Y", " | DT_ASSIGN_X", " | DT_ASSIGN_Y", ""):
        how = f"DT_BOTH_ACTIVE{sink}"
        yield (
            f"    if (how == ({how})) "
            f"{{ {row.name}_adjoint_at(n, x, 1, y, 1, v, v_bar, 1, x_bar, y_bar, {how}); return; }}"
        )


def _dispatch(row: Row) -> Iterator[str]:
    if row.arity == 1:
        yield from _one_operand(row, "x", "y", "d")
        return
    is_connected = {partial: classify(getattr(row, partial)) is not Partial.ZERO for partial in ("dx", "dy")}
    if all(is_connected.values()):
        yield from _both_operands(row)
    if is_connected["dx"]:
        yield from _one_operand(row, "x", "y", "dx")
    if is_connected["dy"]:
        yield from _one_operand(row, "y", "x", "dy")


def adjoint_function(row: Row) -> str:
    """C of the fused adjoint kernel of `row`; nothing where the general way is taken."""
    if not is_fused(row):
        return ""
    comment = "; ".join(f"{OUTPUTS[row.arity][p]} = {getattr(row, p)}" for p in ORDERS[row.arity][0])
    return (
        f"/* {row.name}: adjoints with {comment} */\n"
        f"DT_INLINE void {row.name}_adjoint_at({_PARAMETERS})\n{{\n"
        + "".join(f"{line}\n" for line in _lines(row))
        + f"}}\n\nstatic void {row.name}_adjoint({_PARAMETERS})\n{{\n"
        + "".join(f"{line}\n" for line in _dispatch(row))
        + "}\n\n"
    )
