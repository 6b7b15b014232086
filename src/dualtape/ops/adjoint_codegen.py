"""Adjoint loops of rows whose partials are cheap arithmetic: they compute a partial and add what comes back in one go.

The general way stores partials and then passes over them once per operand (c/propagate.c). Here every combination of
strides, active operands and first contributions that the engine asks for is a loop of its own, made of one inlined
function with constant arguments, so that each vectorises. Bit for bit they do what the general way does where nothing
is structurally zero. Used by codegen.py.
"""

from __future__ import annotations

from collections.abc import Iterator

from .structure import Partial, calls, classify, names, parse
from .translation import EACH, ORDERS, OUTPUTS, Kernel, Row, elements_of

_CHEAP = {"sqrt", "fabs", "within", "sgn", "log_d"}  # functions that are an instruction or two of vector code

_OPERANDS = "const double *restrict x{}, const double *restrict y{}, const double *restrict v,"
_PARAMETERS = "size_t n, " + _OPERANDS.format("", "") + (
    "\n    const double *restrict v_bar, double *restrict x_bar, double *restrict y_bar"
)
_INLINED = "size_t n, " + _OPERANDS.format(", size_t sx", ", size_t sy") + (
    "\n    const double *restrict v_bar, size_t sv, double *restrict x_bar, int to_x, double *restrict y_bar, int to_y"
)


def _is_cheap(formula: str | None) -> bool:
    kind = classify(formula)
    return kind is not Partial.NO_RULE and (kind is not Partial.GENERAL or set(calls(parse(formula))) <= _CHEAP)


def has_adjoint_loops(row: Row) -> bool:
    """Selections go the general way: it knows elements that are not connected."""
    first = [getattr(row, partial) for partial in ORDERS[row.arity][0]]
    connected = any(classify(formula) is not Partial.ZERO for formula in first)
    return row.home == "numpy" and not row.selects and connected and all(map(_is_cheap, first))


def _contribution(kernel: Kernel, formula: str) -> str:
    """C of partial times adjoint `s`."""
    kind = classify(formula)
    if kind is Partial.ONE:
        return "s"
    return f"({'-1.0' if kind is Partial.MINUS_ONE else kernel.text(parse(formula), set())})*s + 0.0"


def _lines(row: Row) -> Iterator[str]:
    """The loop over elements; to_x, to_y are constants wherever it is inlined."""
    kernel = Kernel(row, elements_of(row))
    yield f"    {EACH} {{"
    yield "        const double s = v_bar[sv*i];"
    for partial in ORDERS[row.arity][0]:
        formula = getattr(row, partial)
        if classify(formula) is not Partial.ZERO:
            to = OUTPUTS[row.arity][partial][1]
            yield f"        DT_ADD_BAR(to_{to}, {to}_bar[i], {_contribution(kernel, formula)});"
    yield "    }"


def _uses(row: Row, partial: str, operand: str) -> bool:
    formula = getattr(row, partial)
    kind = classify(formula)
    return kind in (Partial.GENERAL, Partial.IS_X, Partial.IS_Y) and operand in names(parse(formula))


def _variants(row: Row) -> list[str]:
    """Macro arguments sx, sy, sv, to_x, to_y of every place of the table (c/kernel.h: dt_one_loop, dt_both_loop)."""
    first = dict(zip("xy", ORDERS[row.arity][0], strict=False))
    connected = [x for x, partial in first.items() if classify(getattr(row, partial)) is not Partial.ZERO]
    table = []
    for place in range(16):
        active, other = "xy" if place < 8 else "yx"
        step = place >> 2 & 1 if active in connected and _uses(row, first[active], other) else 1
        sv, to = place >> 1 & 1, "DT_TO_ASSIGN" if place & 1 else "DT_TO_ADD"
        ways = f"{to}, DT_TO_NONE" if active == "x" else f"DT_TO_NONE, {to}"
        strides = f"1, {step}" if active == "x" else f"{step}, 1"
        table.append(f"{strides}, {sv}, {ways}" if active in connected else "")
    for place in range(4):
        ways = ", ".join("DT_TO_ASSIGN" if bit else "DT_TO_ADD" for bit in (place >> 1, place & 1))
        table.append(f"1, 1, 1, {ways}" if len(connected) == 2 else "")
    return table


def adjoint_loops(row: Row) -> str:
    """C of the adjoint loops of `row` and of their table; nothing where the general way is taken."""
    if not has_adjoint_loops(row):
        return ""
    comment = "; ".join(f"{OUTPUTS[row.arity][p]} = {getattr(row, p)}" for p in ORDERS[row.arity][0])
    variants = _variants(row)
    number = {variant: k for k, variant in enumerate(dict.fromkeys(filter(None, variants)))}
    functions = "".join(
        f"DT_ADJOINT_LOOP({row.name}_adjoint_{k}, {row.name}_adjoint_at, {variant})\n" for variant, k in number.items()
    )
    entries = ", ".join(f"{row.name}_adjoint_{number[variant]}" if variant else "NULL" for variant in variants)
    return (
        f"/* {row.name}: adjoints with {comment} */\n"
        f"DT_INLINE void {row.name}_adjoint_at({_INLINED})\n{{\n"
        + "".join(f"{line}\n" for line in _lines(row))
        + f"}}\n\n{functions}static const dt_adjoint_loop {row.name}_adjoints[] = {{\n    {entries}\n}};\n\n"
    )


PRELUDE = f"""
enum {{ DT_TO_NONE, DT_TO_ADD, DT_TO_ASSIGN }};

#define DT_ADD_BAR(way, bar, contribution) \\
    if ((way) == DT_TO_ASSIGN) bar = (contribution); \\
    else if ((way) == DT_TO_ADD) bar += (contribution)

#define DT_ADJOINT_LOOP(name, inlined, sx, sy, sv, to_x, to_y) \\
    static void name({_PARAMETERS.replace(chr(10), f" {chr(92)}{chr(10)}    ")}) \\
    {{ \\
        inlined(n, x, sx, y, sy, v, v_bar, sv, x_bar, to_x, y_bar, to_y); \\
    }}
"""
