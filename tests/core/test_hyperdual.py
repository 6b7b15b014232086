"""Hyper-dual numbers: second derivatives against mpmath, the packed symmetric form against the general one, every row
of the table."""

import copy
import pickle
import warnings

import numpy as np
import pytest
from forward_expressions import EXPRESSIONS, exact
from hypothesis import given, settings
from hypothesis import strategies as st

from dualtape.core import kernels
from dualtape.core.dual import Dual, HyperDual
from dualtape.core.dual_parts import harvest, seed
from dualtape.core.level import next_level
from dualtape.errors import PerturbationError, ShapeError, UnsupportedOperation
from dualtape.ops.table import OPCODES, ROWS

MPMATH = 1e-12  # relative, against 40 digits
ROUNDING = 1e-13  # relative, two orders of the same sums
POINTS = [(0.7, 1.9), (2.3, 0.4)]
UNARY, BINARY = ([row for row in ROWS if row.arity == arity] for arity in (1, 2))


def independent(x, y):
    """Two hyper-dual numbers whose lanes are both variables, in the general form."""
    return HyperDual(x, [1.0, 0.0], [1.0, 0.0]), HyperDual(y, [0.0, 1.0], [0.0, 1.0])


def parts(number):
    """x1 and x12 of a number of an evaluation, as `evaluate_forward` reads them."""
    p = number.x1.shape[-1]
    first, second = np.empty((number.size, p)), np.empty((number.size, p, p))
    harvest(number, number, first, second)
    return first, second


@pytest.mark.parametrize("name", EXPRESSIONS)
@pytest.mark.parametrize("point", POINTS)
def test_derivatives_agree_with_mpmath(name, point):
    v = EXPRESSIONS[name](np, *independent(*point))
    value, gradient, hessian = exact(name, *point)
    assert v.x == pytest.approx(value, rel=MPMATH)
    np.testing.assert_allclose(v.x1, gradient, rtol=MPMATH, atol=1e-13)
    np.testing.assert_array_equal(v.x1, v.x2)
    np.testing.assert_allclose(v.x12, hessian, rtol=MPMATH, atol=1e-12)


@pytest.mark.parametrize("name", EXPRESSIONS)
@pytest.mark.parametrize("n", [2, 3, 4, 5, 9, 33])
def test_symmetric_form_agrees_with_general(name, n, rng):
    x1, y1 = rng.normal(size=(2, n))
    general = EXPRESSIONS[name](np, HyperDual(0.7, x1, x1), HyperDual(1.9, y1, y1))
    u = seed([np.zeros(n)], 2, 1, (0, n), (0, n))[0]
    x, y = (np.sum(np.array([u[k] * seeds[k] for k in range(n)])) + value for value, seeds in ((0.7, x1), (1.9, y1)))
    symmetric = EXPRESSIONS[name](np, x, y)
    first, second = parts(symmetric)
    np.testing.assert_allclose(first[0], general.x1, rtol=1e-11, atol=1e-12)
    np.testing.assert_allclose(second[0], general.x12, rtol=1e-11, atol=1e-11)
    assert np.array_equal(second[0], second[0].T)


@pytest.mark.parametrize("p, q", [(1, 1), (1, 3), (3, 1), (2, 2), (4, 7), (5, 2)])
def test_lanes_are_independent(p, q, rng):
    x1, y1 = rng.normal(size=(2, p))
    x2, y2 = rng.normal(size=(2, q))
    x12, y12 = rng.normal(size=(2, p, q))
    for f in EXPRESSIONS.values():
        v = f(np, HyperDual(0.7, x1, x2, x12), HyperDual(1.9, y1, y2, y12))
        for i in range(p):
            for j in range(q):
                one = f(np, HyperDual(0.7, x1[i], x2[j], x12[i, j]), HyperDual(1.9, y1[i], y2[j], y12[i, j]))
                assert (one.x1, one.x2) == (v.x1[i], v.x2[j])
                assert one.x12 == pytest.approx(v.x12[i, j], rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_arrays_agree_with_scalars(name, rng):
    x, y, x1, y1 = rng.uniform(0.5, 2.0, 7), rng.uniform(0.5, 2.0, 7), rng.normal(size=(7, 3)), rng.normal(size=(7, 3))
    v = EXPRESSIONS[name](np, HyperDual(x, x1, x1), HyperDual(y, y1, y1))
    for i in range(7):
        scalar = EXPRESSIONS[name](np, HyperDual(x[i], x1[i], x1[i]), HyperDual(y[i], y1[i], y1[i]))
        np.testing.assert_allclose(v[i].x12, scalar.x12, rtol=ROUNDING, atol=1e-13)


def _interior(domain, rng, n):
    return domain.low + (domain.high - domain.low) * rng.uniform(0.2, 0.7, n)


@pytest.mark.parametrize("row", UNARY, ids=lambda row: row.name)
def test_unary_rows_follow_the_chain_rule(row, rng):
    x, x1, x2 = _interior(row.tested_on, rng, 5), rng.normal(size=(5, 3)), rng.normal(size=(5, 2))
    x12 = rng.normal(size=(5, 3, 2))
    number = HyperDual(x, x1, x2, x12)
    v = number.engine.elementwise(OPCODES[row.name], number)
    rule = kernels.evaluate(row.name, x)
    d, dd = rule["dx"][:, None], rule["dxx"][:, None, None]
    assert v.x.tobytes() == rule["v"].tobytes()
    np.testing.assert_array_equal(v.x1, d * x1 + 0.0)
    second = d[..., None] * x12 + dd * x1[:, :, None] * x2[:, None, :]
    np.testing.assert_allclose(v.x12, second, rtol=ROUNDING, atol=1e-14)


@pytest.mark.parametrize("active", ["both", "x", "y"])
@pytest.mark.parametrize("row", [row for row in BINARY if row.name != "scalar_power"], ids=lambda row: row.name)
def test_binary_rows_follow_the_chain_rule(row, active, rng):
    x, y = (_interior(domain, rng, 5) for domain in row.tested_on)
    x, y = (np.rint(x), y) if row.name in ("expn", "yn", "kn") else (x, np.rint(y)) if row.name == "ldexp" else (x, y)
    x1, y1, x2, y2 = rng.normal(size=(4, 5, 3))
    x12, y12 = rng.normal(size=(2, 5, 3, 3))
    a = HyperDual(x, x1, x2, x12) if active != "y" else x
    b = HyperDual(y, y1, y2, y12) if active != "x" else y
    leader = a if active != "y" else b
    needed = {"both": ("dx", "dy", "dxx", "dxy", "dyy"), "x": ("dx", "dxx"), "y": ("dy", "dyy")}[active]
    if any(getattr(row, partial) is None for partial in needed):
        with pytest.raises(UnsupportedOperation, match=row.name):
            leader.engine.elementwise(OPCODES[row.name], a, b)
        return
    v = leader.engine.elementwise(OPCODES[row.name], a, b)
    rule = kernels.evaluate(row.name, x, y, active={"x": 1, "y": 2, "both": 3}[active])
    d = {partial: rule[partial][:, None] + 0.0 if partial in needed else 0.0 for partial in row.partials}
    outer = lambda s, t: s[:, :, None] * t[:, None, :]
    first = d["dx"] * x1 + d["dy"] * y1
    second = d["dx"][..., None] * x12 if "dx" in needed else 0.0
    second = second + (d["dy"][..., None] * y12 if "dy" in needed else 0.0)
    for partial, products in (("dxx", outer(x1, x2)), ("dxy", outer(x1, y2) + outer(y1, x2)), ("dyy", outer(y1, y2))):
        second = second + (d[partial][..., None] * products if partial in needed else 0.0)
    assert v.x.tobytes() == rule["v"].tobytes()
    np.testing.assert_allclose(v.x1, first, rtol=ROUNDING, atol=1e-14)
    np.testing.assert_allclose(v.x12, second, rtol=1e-12, atol=1e-13)


def test_power_of_scalars_is_that_of_floats():
    x, y = independent(0.7, 1.9)
    v = x**y
    rule = kernels.evaluate_scalar("scalar_power", 0.7, 1.9)
    assert v.x == np.float64(0.7) ** 1.9 and v.x1.tolist() == list(rule[1:3])
    assert v.x12.tolist() == [[rule[3], rule[4]], [rule[4], rule[5]]]


def test_warning_of_a_ufunc_turned_into_an_error_is_raised():
    scipy_special = pytest.importorskip("scipy.special")
    with pytest.warns(RuntimeWarning, match="truncated"):
        scipy_special.yn(1.5, HyperDual(np.ones(2), np.ones(2), np.ones(2)))
    with warnings.catch_warnings(action="error"), pytest.raises(RuntimeWarning, match="truncated"):
        scipy_special.yn(1.5, HyperDual(np.ones(2), np.ones(2), np.ones(2)))


@pytest.mark.parametrize("target", kernels.targets())
@pytest.mark.parametrize("n", [1, 2, 3, 10, 17])
def test_targets_agree_bit_for_bit(target, n, rng):
    chosen = kernels.target()
    x1, y1 = rng.normal(size=(2, n))
    x1[::3] = 0.0

    def run():
        x, y = HyperDual(0.7, x1, x1), HyperDual(1.9, y1, y1)
        return [part.tobytes() for f in EXPRESSIONS.values() for part in (f(np, x, y).x1, f(np, x, y).x12)]

    try:
        kernels.use_target("baseline")
        expected = run()
        kernels.use_target(target)
        assert run() == expected
    finally:
        kernels.use_target(chosen)


class TestStructuralZeros:
    def test_infinite_slope_is_not_multiplied_by_an_absent_curvature(self):
        v = np.sqrt(HyperDual(0.0, 1.0, 1.0))
        assert (v.x1, v.x12) == (np.inf, -np.inf)

    def test_unconnected_lanes_stay_zero(self):
        v = np.sqrt(HyperDual(0.0, [1.0, 0.0], [1.0, 0.0]))
        assert v.x1.tolist() == [np.inf, 0.0] and v.x12.tolist() == [[-np.inf, 0.0], [0.0, 0.0]]
        product = v * HyperDual(2.0, [0.0, 1.0], [0.0, 1.0])
        assert product.x12.tolist() == [[-np.inf, np.inf], [np.inf, 0.0]]

    def test_branch_not_taken_adds_nothing(self):
        x = HyperDual(np.array([0.0, 4.0]), np.ones(2), np.ones(2))
        v = np.where(x > 0.0, np.sqrt(x), 0.0)
        assert v.x1.tolist() == [0.0, 0.25] and v.x12.tolist() == [0.0, -0.03125]

    def test_computed_zero_times_infinity_stays_nan(self):
        x = HyperDual(0.0, 1.0, 1.0)
        assert np.isnan((np.sqrt(x) * np.sqrt(x)).x1) and np.isnan(np.sqrt(x * x).x12)


STEPS = {
    "add": lambda a, b: a + b,
    "subtract": lambda a, b: a - b * 0.5,
    "multiply": lambda a, b: a * b,
    "divide": lambda a, b: a / (b * b + 1.0),
    "sin": lambda a, b: np.sin(a),
    "square": lambda a, b: a * a,
    "scale": lambda a, b: a * 0.5 - 1.0,
}


def _run(program, a, b):
    for step in program:
        a, b = b, STEPS[step](a, b)
    return b * a


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(list(STEPS)), min_size=1, max_size=12), st.integers(1, 6))
def test_random_programs_agree_with_differences_of_complex_steps(program, p):
    a1, b1 = np.random.default_rng(len(program) * 7 + p).normal(size=(2, p))
    i, j = 0, p - 1

    def slope(t):  # along lane i, at a point moved along lane j; Squire & Trapp (1998)
        h = 1e-100
        return _run(program, 0.6 + 1j * h * a1[i] + t * a1[j], 1.3 + 1j * h * b1[i] + t * b1[j]).imag / h

    h = 1e-3
    expected = (8.0 * (slope(h) - slope(-h)) - (slope(2 * h) - slope(-2 * h))) / (12.0 * h)
    x12 = _run(program, HyperDual(0.6, a1, a1), HyperDual(1.3, b1, b1)).x12
    assert x12[i, j] == pytest.approx(expected, rel=1e-5, abs=1e-5 * max(1.0, np.abs(x12).max()))


class TestMeeting:
    def test_parts_must_match(self):
        with pytest.raises(ShapeError, match=r"x12 has shape \(3,\), expected \(2, 3\)"):
            HyperDual(1.0, [1.0, 2.0], [1.0, 2.0, 3.0], [1.0, 2.0, 3.0])

    def test_dual_and_hyperdual_do_not_mix(self):
        with pytest.raises(PerturbationError, match="HyperDual"):
            HyperDual(1.0, 1.0, 1.0) * Dual(1.0, 1.0)

    def test_levels_do_not_mix(self):
        inner, outer = seed([1.0], 1, 5, (0, 1), (0, 1))[0], seed([1.0], 1, 4, (0, 1), (0, 1))[0]
        with pytest.raises(PerturbationError, match="levels 5 and 4"):
            inner * outer
        with pytest.raises(PerturbationError, match="carries derivatives"):
            Dual(inner, 1.0)


NUMBERS = [
    HyperDual(1.5, 1.0, 2.0, 3.0),
    HyperDual(1.5, [1.0, 0.0], [1.0, 2.0, 3.0]),
    HyperDual(np.ones(2), np.ones((2, 3)), np.ones(2)),
]


@pytest.mark.parametrize("x", [*NUMBERS, None], ids=repr)
def test_pickles_and_copies_keep_everything(x):
    if x is None:  # a number of an evaluation that is running
        (x,) = seed([np.ones(3)], 2, next_level(), (0, 3), (0, 3))
    for other in (pickle.loads(pickle.dumps(x)), copy.copy(x), copy.deepcopy(x)):
        assert type(other) is type(x) and other.level == x.level
        assert np.array_equal((other * x).x12, (x * x).x12)


@pytest.mark.parametrize("x", NUMBERS, ids=repr)
def test_repr_is_the_constructor_call(x):
    again = eval(repr(x), {"HyperDual": HyperDual})
    assert np.array_equal(again.x1, x.x1) and np.array_equal(again.x12, x.x12) and again.shape == x.shape


def test_repr_inside_an_evaluation_tells_value_and_cost():
    level = next_level()
    (x,) = seed([np.array([1.0, 2.0])], 2, level, (0, 2), (0, 2))
    assert repr(x[0]) == f"HyperDual(1.0, 2 x 2 lanes, level {level})" and str(x[0]) == "1.0"
