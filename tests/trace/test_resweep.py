"""The recorded sweeps of an inner tape: every kind of node, structural zeros, and what is left unrecorded."""

import numpy as np
import pytest

import dualtape as dt
from dualtape.ops.table import OPCODES, ROWS
from dualtape.trace.record import record_flat

ROUNDING = 1e-12
MODES = ("reverse", "forward")


def derivative_of(g, x, mode):
    """Jacobian of g at x, where g takes derivatives."""
    return dt.jacobian(g, mode=mode)(x)


def complex_step(g, x):
    """The same for a g written out by hand, analytic."""
    return np.stack([g(x + 1e-30j * unit).imag / 1e-30 for unit in np.eye(x.size)], axis=-1)


# ---- nodes: an inner gradient whose tape holds one, differentiated by outer level; by hand the inner gradient ----

NODES = {
    "elementwise": (lambda y, x: np.sum(y * y * x), lambda y, x: 2 * y * x),
    "scalar operand": (lambda y, x: np.sum(np.sum(y) * x * y), lambda y, x: np.sum(x * y) + np.sum(y) * x),
    "division": (lambda y, x: np.sum(x / y), lambda y, x: -x / y**2),
    "gather with repetition": (lambda y, x: np.sum((y[[0, 0, 2, 1]] * x[[1, 2, 0, 0]]) ** 2), None),
    "broadcast rows": (lambda y, x: np.sum((np.ones((4, 1)) * y + x) ** 3), lambda y, x: 12 * (y + x) ** 2),
    "broadcast columns": (lambda y, x: np.sum((y[:, None] * x) ** 2), lambda y, x: 2 * y * np.sum(x * x)),
    "sum over axes": (
        lambda y, x: np.sum(np.sum(y[:, None] * x, axis=0) ** 2),
        lambda y, x: 2 * np.sum(y) * np.sum(x * x) * np.ones(3),
    ),
    "array operation": (lambda y, x: np.sum(np.cumsum(y * x) ** 2), None),
    "matrix product": (lambda y, x: (np.outer(x, x) @ y) @ y, lambda y, x: 2 * x * (x @ y)),
}
BY_HAND = {
    "gather with repetition": lambda y, x: np.array(
        [2 * y[0] * (x[1] ** 2 + x[2] ** 2), 2 * y[1] * x[0] ** 2, 2 * y[2] * x[0] ** 2]
    ),
    "array operation": lambda y, x: np.array([2 * np.sum(np.cumsum(y * x)[k:]) * x[k] for k in range(3)]),
}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("inner", MODES)
@pytest.mark.parametrize("name", list(NODES))
def test_every_kind_of_node(name, inner, mode):
    f, by_hand = NODES[name]
    by_hand = by_hand or BY_HAND[name]
    x = np.array([0.7, -1.2, 2.1])

    def g(x):
        return dt.grad(lambda y: f(y, x), mode=inner)(x)

    np.testing.assert_allclose(
        derivative_of(g, x, mode), complex_step(lambda z: by_hand(z, z), x), rtol=ROUNDING, atol=1e-12
    )


@pytest.mark.parametrize("mode", MODES)
def test_large_arrays_whose_results_were_never_stored(mode):
    """5000 elements are computed block by block and kept nowhere; the outer level computes them again."""
    scale = np.linspace(0.1, 1.0, 5000)

    def g(t):
        return np.sum(dt.grad(lambda y: np.sum(np.exp(y * scale * t) * y))(scale))

    t = 0.8  # d/dy: exp(u)(1 + u), u = y s t; d/dt of that at y = s: s^2 exp(u) (2 + u)
    u = scale * scale * t
    expected = np.sum(scale**2 * np.exp(u) * (2 + u))
    assert dt.grad(g, mode=mode)(t) == pytest.approx(expected, rel=ROUNDING)


# ---- structural zeros at two levels ----


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("inner", MODES)
def test_a_branch_not_taken_is_not_connected_at_any_level(inner, mode):
    def f(y):
        return np.sum(np.where(y > 0.0, np.sqrt(y) * y**2, 3.0 * y**3))

    x = np.array([0.0, 1.0, -2.0])
    H = derivative_of(dt.grad(f, mode=inner), x, mode)
    np.testing.assert_allclose(H, np.diag([0.0, 3.75, -36.0]), rtol=ROUNDING)


@pytest.mark.parametrize("mode", MODES)
def test_a_selection_between_two_levels(mode):
    """d/dy max(y, x) y at y = x + 1, and below: y leads or x does."""
    g = lambda x: dt.grad(lambda y: np.maximum(y, x) * y)(1.0)
    assert dt.grad(g, mode=mode)(0.5) == 0.0
    assert dt.grad(g, mode=mode)(1.5) == 1.0


def test_a_seed_of_zero_meets_no_infinite_partial():
    """The direction does not move y[0], whose square root has an infinite slope at 0."""
    v = np.array([0.0, 1.0])
    g = lambda x: dt.jvp(lambda y: np.sum(np.sqrt(y) * x), np.array([0.0, 4.0]), v)[1]
    assert dt.grad(g)(2.0) == 0.25


# ---- what is recorded ----


def test_what_does_not_depend_on_the_outer_level_stays_plain():
    """The inner gradient of y^3 at 2 is a number; nothing of it lands on the outer tape."""

    def f(x):
        slope = dt.grad(lambda y: y**3)(2.0)
        assert type(slope) is float
        return x * slope

    assert dt.grad(f)(5.0) == 12.0


def test_values_of_nested_recordings_are_those_of_numpy(rng):
    """Bit for bit, although the outer level computes them anew."""
    x = rng.normal(size=7)
    f = lambda y: np.sum(np.exp(np.sin(y) * y[::-1]) / (1.0 + y * y))
    seen = []

    def g(x):
        value, slope = dt.value_and_grad(f)(x)
        seen.append(value.primal)
        return np.sum(slope)

    dt.grad(g)(x)
    assert seen == [f(x)]


def test_a_pullback_may_be_used_at_an_inner_level(rng):
    """`pullback` belongs to the plain recording outside; its weights are traced."""
    x = rng.normal(size=3)
    _, pullback = dt.vjp(lambda y: y**3, x)
    np.testing.assert_allclose(dt.jacobian(pullback)(np.ones(3)), np.diag(3 * x**2), rtol=ROUNDING)


def test_seeds_of_an_inner_level_on_a_recording_of_an_outer_one():
    """A pullback made at the level of x, swept with weights of a level inside it."""

    def g(x):
        _, pullback = dt.vjp(lambda y: y**2 * x, x)
        return dt.grad(lambda w: pullback(w) * w)(x)  # d/dw (2 x^2 w^2) = 4 x^2 w = 4 x^3

    assert dt.grad(g)(1.5) == pytest.approx(12.0 * 1.5**2, rel=ROUNDING)


def test_recordings_nest_in_flat_form():
    def inner(x):
        recording = record_flat(lambda y: [y * y * x], [np.array([1.0, 2.0])])
        assert recording.nested
        return [recording.vjp(np.ones((2, 1)))[:, 0]]

    J = record_flat(inner, [3.0]).jvp(np.ones((1, 1)))
    np.testing.assert_array_equal(J, [[2.0], [4.0]])


@pytest.mark.parametrize("name", list(NODES))
def test_hyper_dual_numbers_around_every_kind_of_node(name):
    """One forward evaluation of second order around an inner gradient, against two nested reverse sweeps."""
    f, _ = NODES[name]
    g = lambda x: np.sum(dt.grad(lambda y: f(y, x))(x) ** 2)
    x = np.array([0.7, -1.2, 2.1])
    np.testing.assert_allclose(
        dt.hessian(g, mode="forward")(x), dt.jacobian(dt.grad(g))(x), rtol=ROUNDING, atol=ROUNDING
    )


def test_a_computed_zero_is_not_a_structural_one():
    """2 y (x - 1) has slope 0 at x = 1, computed; sqrt of it has none: not a number, at every level alike."""
    g = lambda x: np.sqrt(dt.grad(lambda y: y * y * (x - 1.0) ** 2)(1.0))
    assert np.isnan(dt.grad(g)(1.0))
    assert np.isnan(dt.grad(g, mode="forward")(1.0))


SLOPED = [row for row in ROWS if any(row.slopes) and row.name != "float_power"]


@pytest.mark.parametrize("row", SLOPED, ids=lambda row: row.name)
@pytest.mark.parametrize("kind", [float, lambda x: np.array([x, 0.8 * x])], ids=["scalar", "array"])
def test_hyper_dual_numbers_around_first_partials_that_are_rows(row, kind):
    x, constant = kind(0.4), kind(0.7)

    def f(t):
        operands = (t,) if row.arity == 1 else (t, constant)
        return np.sum(t.engine.elementwise(OPCODES[row.name], *operands))

    gradient = dt.grad(f)
    np.testing.assert_allclose(
        dt.hessian(gradient, mode="forward")(x), dt.hessian(gradient, mode="reverse")(x), rtol=1e-9, atol=1e-12
    )
