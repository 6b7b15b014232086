"""The formulas of the rule table on active numbers: every row, nested, has its kernel's second partials."""

import sys
from pathlib import Path

import numpy as np
import pytest

from dualtape.core import kernels
from dualtape.ops import structure
from dualtape.ops.table import OPCODES, ROWS, Unary
from dualtape.trace import partials, record

sys.path.insert(0, str(Path(__file__).parents[1] / "ops"))

import interior

FORMULAS = 1e-9  # two forms of one derivative, in float64


def _interior(domain, n, seed):
    rng = np.random.default_rng(seed)
    low, high = domain.low, domain.high
    return rng.uniform(low + 0.05 * min(high - low, 1.0), min(high, low + 6.0) - 0.05 * min(high - low, 1.0), n)


def _partials(row):
    return [getattr(row, partial) for partial in row.partials]


def _nested_second(row, *xs):
    """Second partials d2/dx_i dx_j by a reverse sweep recorded on an outer tape, shape (n, arity, arity)."""

    def gradient(*outer):
        inner = record.record_flat(lambda *t: [t[0].engine.elementwise(OPCODES[row.name], *t)], list(outer))
        return [inner.vjp(np.ones((1, 1)))]

    return np.stack(
        [record.record_flat(gradient, list(map(float, point))).jvp(np.eye(len(xs))) for point in zip(*xs, strict=True)]
    )


@pytest.mark.parametrize("row", [row for row in ROWS if None not in _partials(row)], ids=lambda row: row.name)
def test_nested_partials_are_those_of_the_kernel(row):
    domains = (row.tested_on,) if isinstance(row, Unary) else row.tested_on
    xs = [_interior(domain, 12, seed) for seed, domain in enumerate(domains)]
    expected = kernels.evaluate(row.name, *xs)
    nested = _nested_second(row, *xs)
    for i, j, partial in ((0, 0, "dxx"), (0, 1, "dxy"), (1, 0, "dxy"), (1, 1, "dyy"))[: 1 if len(xs) == 1 else 4]:
        np.testing.assert_allclose(nested[:, i, j], expected[partial], rtol=FORMULAS, atol=FORMULAS, err_msg=partial)


@pytest.mark.parametrize("row", [row for row in ROWS if row.arity == 2 and row.dx is None], ids=lambda row: row.name)
def test_nested_partials_in_the_second_operand_alone(row):
    x, y = (_interior(domain, 6, seed) for seed, domain in enumerate(row.tested_on))
    x = np.ceil(x)
    expected = kernels.evaluate(row.name, x, y, active=2)["dyy"]
    opcode = OPCODES[row.name]

    def gradient(outer):
        inner = record.record_flat(lambda t: [t.engine.elementwise(opcode, x, t)], [outer])
        return [inner.vjp(np.ones((x.size, 1)))]

    nested = record.record_flat(gradient, [y]).jvp(np.ones((y.size, 1)))[:, 0]
    np.testing.assert_allclose(nested, expected, rtol=FORMULAS, atol=FORMULAS)


@pytest.mark.parametrize(
    ("name", "point", "expected"),
    [
        ("tanh", [0.0], [[0.0]]),
        ("logaddexp", [1.0, 1.0], [[0.25, -0.25], [-0.25, 0.25]]),
        ("sinc", [0.0], [[-(np.pi**2) / 3.0]]),
        ("absolute", [0.0], [[0.0]]),
        ("maximum", [1.0, 1.0], [[0.0, 0.0], [0.0, 0.0]]),
        ("root", [0.0], [[np.nan]]),
        ("hypot", [0.0, 0.0], [[np.nan, np.nan], [np.nan, np.nan]]),
    ],
)
def test_nested_partials_at_kinks_and_removable_points(name, point, expected):
    row = ROWS[OPCODES[name]]
    np.testing.assert_allclose(_nested_second(row, *([x] for x in point))[0], expected, rtol=FORMULAS, atol=FORMULAS)


@pytest.mark.parametrize("exponent", [0.0, 1.0, 2.0, 3.0])
@pytest.mark.parametrize("x", [0.0, -1.5])
def test_whole_powers_are_exact_at_zero_and_for_negative_numbers(exponent, x):
    def gradient(outer):
        return [record.record_flat(lambda t: [np.power(t, exponent)], [outer]).vjp(np.ones((1, 1)))]

    nested = record.record_flat(gradient, [x])
    assert nested.value[0] == (exponent * x ** (exponent - 1.0) if exponent else 0.0)
    assert nested.jvp(np.ones((1, 1))) == (
        exponent * (exponent - 1.0) * x ** (exponent - 2.0) if exponent > 1.0 else 0.0
    )


def _first_partials():
    return [
        pytest.param(row, which, id=f"{row.name}-{partial}")
        for row in ROWS
        for which, partial in enumerate(row.partials[: row.arity])
        if getattr(row, partial) not in (None, "0")
    ]


@pytest.mark.parametrize(("row", "which"), _first_partials())
def test_every_first_partial_can_be_differentiated_again_and_again(row, which):
    """Its formula is known to numbers that record, or else those of its own partials are: what c/special.h does by
    cases and a formula calls has a counterpart in cases.py."""
    formula = getattr(row, row.partials[which])
    seconds = (("dd",),) if row.arity == 1 else (("dxx", "dxy"), ("dxy", "dyy"))
    following = [getattr(row, name) for name in seconds[which]]
    unknown = {call for text in following if text not in (None, "0") for call in unwritten(text)}
    assert not unwritten(formula) or not unknown, f"cases.py has none of {unwritten(formula)}, nor {unknown}"


def unwritten(formula):
    """Functions that a formula calls and that numbers which record do not have."""
    return {name for name in structure.calls(structure.parse(formula)) if partials._function(name) is None}


@pytest.mark.parametrize(("row", "which"), _first_partials())
def test_formulas_have_the_values_of_the_kernels(row, which):
    """On numbers that record, the first partial is the kernel's."""
    points = [np.asarray(x) for x in interior.points(row, 8)]
    wanted = ("dx", "dy")[which]
    expected = kernels.evaluate(row.name, *points, order=1)[wanted]
    v = kernels.evaluate(row.name, *points, order=0)["v"]

    active = [k for k in range(row.arity) if getattr(row, row.partials[k]) is not None]

    def partial(*numbers):
        xs = list(points)
        for k, number in zip(active, numbers, strict=True):
            xs[k] = number
        return [partials.first(row, which, xs[0], xs[-1], v, row.arity == 2)]

    found = record.record_flat(partial, [points[k] for k in active]).value[0]
    np.testing.assert_allclose(found, expected, rtol=FORMULAS, atol=1e-300)
