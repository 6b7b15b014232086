"""Writes reference/operations.md, reference/kinks.md and reference/numpy.md from the rule table and the handlers:
nothing there is typed twice."""

import math

from dualtape.core.kernels import evaluate
from dualtape.handlers import inventory, special_functions
from dualtape.ops.table import ROWS
from dualtape.trace.functions import foreign_kinds

OPERATIONS = """# Operations

Every elementwise function that dualtape differentiates, with the formulas that all modes share. In them x and y are the
operands, v is the result, and a derivative may use those before it. A derivative of 0 is *structural*: nothing passes
through it. Functions in the formulas that NumPy does not have are in `c/special.h`. This page is written from
`ops/table.py`.

## One operand

| function | v | d = f'(x) | dd = f''(x) | tested on |
|---|---|---|---|---|
{unary}

## Two operands

| function | v | dx | dy | dxx | dxy | dyy |
|---|---|---|---|---|---|---|
{binary}
"""

KINKS = """# Kinks and ends of domains

What the derivatives are where a function has a kink, a pole or an end of its domain, as the kernels compute them. "-"
means that the operand is not connected there: nothing passes through, not even an infinite factor. NaN is the answer
where no number is right. Why each of them is what it is: [](../explanation/kinks.md). This page is written by
evaluating the rows at these points.

## One operand

| function | x | v | d | dd |
|---|---|---|---|---|
{unary}

## Two operands

| function | x | y | v | dx | dy |
|---|---|---|---|---|---|
{binary}
"""

NUMPY = """# What of NumPy is differentiated

Every public name of NumPy {version}, in one of three classes. `dualtape.supported(name)` tells it of one name. This
page is written from the registry of handlers, which the tests walk: each name here is tested for what this page says of
it. Ufuncs have the class of their row with all their methods, `reduce`, `accumulate`, `reduceat`, `outer` and `at`, and
with `out=`, `where=`, `axis=` and the other options; a `dtype=` other than float64 is refused by name.

## Differentiated

First and second derivatives, forward and reverse, recorded and replayed.

{differentiated}

## Derivative-free

What does not change with the numbers but by steps: tests, places, counts, shapes, text. They say what NumPy says; in a
program that is recorded, a replay checks that they would say the same.

{passive}

## Used as they are

Names that no number under differentiation reaches.

{plain}

## Refused

By an error that names the line and the remedy.

| name | reason | remedy |
|---|---|---|
{refused}
"""

SPECIAL = """# scipy.special

Every ufunc of scipy.special (version {version}) and what is known about each of its operands. "1, 2" are the first and
the second derivative. An operand that *counts* (a degree, a number of trials) is cut off by SciPy, so that its
derivative is zero. What is refused raises `UnsupportedOperation` with the name of the function and the operand. An
operand under *complex* may be a complex number that was computed from real inputs, by SciPy's own complex loop; an
order or a parameter beside a complex argument has no derivative and is refused, and where SciPy has no complex loop its
`TypeError` is raised.

Where a derivative in an order or a parameter has no closed form it is computed by a series or by quadrature, to about
ten digits or better; where no digits are left, for arguments far out, it is NaN and never a wrong number. This page is
written from the tables that the tests walk.

| function | 1, 2 in | complex | counts | refused |
|---|---|---|---|---|
{rows}

## Functions that are not ufuncs

**Differentiated**: {differentiated}.

**Derivative-free**, since their arguments are whole numbers: {counting}.

| refused | reason | remedy |
|---|---|---|
{refused}
"""

UNARY_POINTS = (
    ("absolute", (0.0,)), ("sign", (0.0,)), ("floor", (1.0,)), ("sqrt", (0.0, -1.0)), ("root", (0.0,)),
    ("cbrt", (0.0,)),
    ("log", (0.0, -1.0)), ("log1p", (-1.0,)), ("reciprocal", (0.0,)), ("arcsin", (1.0, -1.0)), ("arccos", (1.0,)),
    ("arccosh", (1.0,)), ("arctanh", (1.0, 2.0)), ("sinc", (0.0,)), ("tanh", (math.inf,)),
    ("exp", (math.inf, -math.inf)),
)  # fmt: skip
BINARY_POINTS = (
    ("maximum", ((1.0, 1.0), (2.0, 1.0))), ("minimum", ((1.0, 1.0),)), ("hypot", ((0.0, 0.0),)),
    ("arctan2", ((0.0, 0.0),)),
    ("power", ((0.0, 0.0), (0.0, 1.0), (0.0, 2.0), (0.0, 0.5), (-2.0, 3.0), (-2.0, 0.5))), ("divide", ((1.0, 0.0),)),
    ("remainder", ((4.0, 2.0),)), ("copysign", ((0.0, 1.0),)), ("heaviside", ((0.0, 0.5), (1.0, 0.5))),
)  # fmt: skip


def _code(formula):
    return "no rule" if formula is None else f"`{formula}`"


def _line(*cells):
    return "| " + " | ".join(cells) + " |"


def _name(row):
    return f"`{row.home}.{row.attribute or row.name}`" if row.home else f"`{row.name}`"


def _number(value):
    value = float(value)
    return "-" if value == 0.0 and math.copysign(1.0, value) < 0 else f"{value:g}"


def operations():
    unary = [
        _line(_name(row), _code(row.v), _code(row.d), _code(row.dd), f"({row.tested_on.low:g}, {row.tested_on.high:g})")
        for row in ROWS
        if row.arity == 1
    ]
    binary = [
        _line(_name(row), *(_code(getattr(row, part)) for part in ("v", *row.partials)))
        for row in ROWS
        if row.arity == 2
    ]
    return OPERATIONS.format(unary="\n".join(unary), binary="\n".join(binary))


def kinks():
    unary, binary = [], []
    for name, points in UNARY_POINTS:
        for x in points:
            found = evaluate(name, [x])
            v, d, dd = (found[part][0] for part in ("v", "dx", "dxx"))
            unary.append(_line(f"`{name}`", f"{x:g}", f"{v:g}", _number(d), _number(dd)))
    for name, pairs in BINARY_POINTS:
        for x, y in pairs:
            found = evaluate(name, [x], [y])
            v, dx, dy = (found[part][0] for part in ("v", "dx", "dy"))
            binary.append(_line(f"`{name}`", f"{x:g}", f"{y:g}", f"{v:g}", _number(dx), _number(dy)))
    return KINKS.format(unary="\n".join(unary), binary="\n".join(binary))


def numpy_names():
    """The names of NumPy by class; methods of ufuncs go with their ufunc."""
    kinds = inventory.kinds()
    names = [name for name in kinds if name.count(".") == 1 or not inventory.is_method_of_ufunc(name)]

    def of(kind):
        found = {}
        for name in names:
            if kinds[name] == kind and name not in inventory.PLAIN_NAMES:
                found.setdefault(name.rpartition(".")[0], []).append(f"`{name.rpartition('.')[2]}`")
        return "\n\n".join(f"**{home}**: {' '.join(sorted(found[home]))}" for home in found)

    refused = [_line(f"`{name}`", *inventory.refusal(name)) for name in names if kinds[name] == inventory.REFUSED]
    plain = [f"**{what}**: {' '.join(f'`{name}`' for name in text.split())}" for what, text in inventory.PLAIN.items()]
    return NUMPY.format(
        version=".".join(inventory.np.__version__.split(".")[:2]),
        differentiated=of(inventory.DIFFERENTIATED),
        passive=of(inventory.PASSIVE),
        plain="\n\n".join(plain),
        refused="\n".join(refused),
    )


def special():
    import scipy

    rows = []
    for name, operands in special_functions.inventory().items():
        full = [x for x, text in operands.items() if text == special_functions.IN_BOTH_ORDERS]
        counts = [x for x, text in operands.items() if text == special_functions.COUNTS]
        refused = [f"{x}: {text}" for x, text in operands.items() if x not in (*full, *counts)]
        may_be = special_functions.complex_operands_of(getattr(scipy.special, name).__name__)
        rows.append(_line(f"`{name}`", *map(", ".join, (full, may_be, counts)), "; ".join(refused)))
    kinds = {name: kind for name, kind in foreign_kinds().items() if name.startswith("scipy.special.")}

    def of(kind):
        return ", ".join(f"`{name.rpartition('.')[2]}`" for name in sorted(kinds) if kinds[name] == kind)

    refused = [
        _line(f"`{name.rpartition('.')[2]}`", *inventory.refusal(name))
        for name in sorted(kinds)
        if kinds[name] == inventory.REFUSED
    ]
    return SPECIAL.format(
        version=scipy.__version__,
        rows="\n".join(rows),
        differentiated=of(inventory.DIFFERENTIATED),
        counting=of(inventory.PASSIVE),
        refused="\n".join(refused),
    )


def write(folder):
    folder.mkdir(exist_ok=True)
    pages = (
        ("operations.md", operations()),
        ("kinks.md", kinks()),
        ("numpy.md", numpy_names()),
        ("scipy-special.md", special()),
    )
    for name, text in pages:
        path = folder / name
        if not path.exists() or path.read_text() != text:
            path.write_text(text)
