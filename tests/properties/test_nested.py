"""Derivatives of functions that take derivatives: every driver inside every other, judged by closed forms."""

import itertools

import numpy as np
import pytest

import dualtape as dt

EXACT = 1e-13  # relative; sums of a few products, each rounded once

MODES = ("reverse", "forward")
PAIRS = list(itertools.product(MODES, repeat=2))  # outer, inner


def slope(f, mode):
    """f' of a function of one number."""
    return dt.grad(f, mode=mode)


# ---- levels ----


@pytest.mark.parametrize("modes", PAIRS)
def test_perturbations_of_two_levels_are_not_confused(modes):
    """Siskind & Pearlmutter (2005): d/dx (x d/dy (x + y)) = 1."""
    outer, inner = modes
    assert slope(lambda x: x * slope(lambda y: x + y, inner)(1.0), outer)(2.0) == 1.0


@pytest.mark.parametrize("modes", list(itertools.product(MODES, repeat=3)))
def test_three_levels_with_captured_numbers(modes):
    """d/dz (x z^3 y) at z = y is 3 x y^3; d/dy (y^2 3 x y^3) at y = x is 15 x^5."""
    a, b, c = modes
    f = lambda x: slope(lambda y: y**2 * slope(lambda z: x * z**3 * y, c)(y), b)(x)
    assert f(2.0) == pytest.approx(15.0 * 2.0**5, rel=EXACT)
    assert slope(f, a)(2.0) == pytest.approx(75.0 * 2.0**4, rel=EXACT)


@pytest.mark.parametrize("modes", list(itertools.product(MODES, repeat=4)))
def test_fourth_derivative_by_four_first_ones(modes):
    f = lambda x: np.exp(2.0 * x) * np.sin(x)
    for mode in modes:
        f = slope(f, mode)
    x = 0.7  # (d/dx)^4 exp(2x) sin x = Im (2 + i)^4 exp((2 + i) x)
    assert f(x) == pytest.approx(((2 + 1j) ** 4 * np.exp((2 + 1j) * x)).imag, rel=EXACT)


@pytest.mark.parametrize("modes", PAIRS)
@pytest.mark.parametrize(
    "capture",
    [
        lambda x: x,
        lambda x: x[0] * np.ones(3) + x - x[0],
        lambda x: np.array([x[0], x[1], x[2]], dtype=object),
        lambda x: x[::-1][::-1],
        lambda x: np.reshape(x, (3, 1))[:, 0],
    ],
    ids=["array", "computed", "object array", "view", "reshaped"],
)
def test_captured_outer_numbers_of_every_form(capture, modes):
    """g(x) = d/dy sum(y^2 c(x)) at y = 3 is 6 sum(c) with c = x."""
    outer, inner = modes

    def g(x):
        c = capture(x)
        return np.sum(dt.grad(lambda y: np.sum(y**2 * c), mode=inner)(np.full(3, 3.0)) * x)

    x = np.array([1.0, 2.0, 4.0])
    np.testing.assert_allclose(dt.grad(g, mode=outer)(x), 12.0 * x, rtol=EXACT)


# ---- drivers ----


@pytest.fixture
def cubic(rng):
    """f(x) = sum_ijk T_ijk x_i x_j x_k / 6 with T symmetric: all derivatives are contractions of T."""
    T = rng.normal(size=(4, 4, 4))
    T = sum(np.transpose(T, order) for order in itertools.permutations(range(3)))
    return T, lambda x: np.sum(T * x[:, None, None] * x[None, :, None] * x) / 6.0


def _inner_gradients(f, v):
    """Gradient of f at x, by every driver."""
    return {
        "grad": dt.grad(f),
        "grad forward": dt.grad(f, mode="forward"),
        "jacobian": dt.jacobian(f),
        "vjp": lambda x: dt.vjp(f, x)[1](1.0),
        "value_and_grad": lambda x: dt.value_and_grad(f)(x)[1],
        "derivatives": lambda x: dt.derivatives(f, x, order=1)[1],
    }


def _inner_products(f, v):
    """H(x) v, by every driver."""
    return {
        "hvp": lambda x: dt.hvp(f, x, v),
        "jvp of grad": lambda x: dt.jvp(dt.grad(f), x, v)[1],
        "vjp of grad": lambda x: dt.vjp(dt.grad(f), x)[1](v),
        "hessian": lambda x: dt.hessian(f)(x) @ v,
        "hessian forward": lambda x: dt.hessian(f, mode="forward")(x) @ v,
        "weighted_hessian": lambda x: dt.weighted_hessian(f, x, 1.0) @ v,
        "grad of jvp": lambda x: dt.grad(lambda y: dt.jvp(f, y, v)[1])(x),
        "linearize": lambda x: dt.linearize(dt.grad(f), x)[1] @ v,
        "derivatives": lambda x: dt.derivatives(f, x)[2] @ v,
    }


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("driver", list(_inner_gradients(None, None)))
def test_jacobian_of_every_gradient_is_the_hessian(cubic, driver, mode, rng):
    T, f = cubic
    x = rng.normal(size=4)
    H = dt.jacobian(_inner_gradients(f, None)[driver], mode=mode)(x)
    np.testing.assert_allclose(H, T @ x, rtol=EXACT, atol=EXACT)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("driver", list(_inner_products(None, None)))
def test_jacobian_of_every_hessian_product_is_the_third_derivative(cubic, driver, mode, rng):
    T, f = cubic
    x, v = rng.normal(size=4), rng.normal(size=4)
    J = dt.jacobian(_inner_products(f, v)[driver], mode=mode)(x)
    np.testing.assert_allclose(J, T @ v, rtol=EXACT, atol=1e-12)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("driver", list(_inner_products(None, None)))
def test_seeds_may_be_outer_numbers(cubic, driver, mode, rng):
    T, f = cubic
    x, v = rng.normal(size=4), rng.normal(size=4)
    J = dt.jacobian(lambda v: _inner_products(f, v)[driver](x), mode=mode)(v)
    np.testing.assert_allclose(J, T @ x, rtol=EXACT, atol=1e-12)


@pytest.mark.parametrize("mode", MODES)
def test_hessian_of_a_function_that_takes_a_gradient(cubic, mode, rng):
    T, f = cubic
    x = rng.normal(size=4)
    H = dt.hessian(lambda x: np.sum(dt.grad(f)(x)), mode=mode)(x)
    np.testing.assert_allclose(H, T.sum(axis=0), rtol=EXACT, atol=1e-12)


# ---- programs ----


@pytest.mark.parametrize("modes", PAIRS)
def test_branches_inside_and_outside(modes):
    """The inner function chooses by its own number, the outer one by an inner derivative."""
    outer, inner = modes

    def f(x):
        d = slope(lambda y: y**3 * x if y > 1.0 else y * x, inner)(x)  # 3 x^3 above 1, x below
        return d * x if d > 5.0 else d

    assert slope(f, outer)(2.0) == pytest.approx(12.0 * 2.0**3, rel=EXACT)
    assert slope(f, outer)(1.1) == pytest.approx(9.0 * 1.1**2, rel=EXACT)
    assert slope(f, outer)(0.5) == 1.0


@pytest.mark.parametrize("modes", PAIRS)
def test_an_optimiser_inside(modes):
    """argmin_y (y - x^2)^2 by Newton's method, with two inner derivatives: y = x^2, so d(y^2)/dx = 4 x^3."""
    outer, inner = modes

    def f(x):
        y, objective = 0.0, lambda y: (y - x**2) ** 2
        for _ in range(3):
            y = y - slope(objective, inner)(y) / slope(slope(objective, inner), inner)(y)
        return y**2

    assert slope(f, outer)(1.5) == pytest.approx(4.0 * 1.5**3, rel=EXACT)


@pytest.mark.parametrize("modes", PAIRS)
def test_arrays_written_in_place_inside(modes):
    outer, inner = modes

    def f(x):
        def inside(y):
            z = np.zeros_like(y)
            z[1:] = y[:-1] ** 2 * x[1:]
            z[0] = x[0] * y[0]
            z[1] += z[0]
            return np.sum(z * z)

        return np.sum(dt.grad(inside, mode=inner)(x) ** 2)

    def by_hand(x):  # z0 = x0 y0, z1 = y0^2 x1 + x0 y0, z2 = y1^2 x2, at y = x
        z0, z1, z2 = x[0] ** 2, x[0] ** 2 * x[1] + x[0] ** 2, x[1] ** 2 * x[2]
        g0 = 2 * z0 * x[0] + 2 * z1 * (2 * x[0] * x[1] + x[0])
        g1 = 2 * z2 * 2 * x[1] * x[2]
        return g0 * g0 + g1 * g1

    x, h = np.array([0.7, 1.2, -0.4]), 1e-30
    expected = [by_hand(x + 1j * h * e).imag / h for e in np.eye(3)]
    np.testing.assert_allclose(dt.grad(f, mode=outer)(x), expected, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("modes", PAIRS)
def test_operations_with_array_rules_inside(modes, rng):
    """L(t) = sum of d/dy (b' (A + t y I)^-1 b) at y = 1 = -t b' (A + t I)^-2 b."""
    outer, inner = modes
    A = rng.normal(size=(3, 3))
    A = A @ A.T + np.eye(3)
    b = rng.normal(size=3)
    unit = np.eye(3)
    f = lambda t: slope(lambda y: b @ np.linalg.solve(A + t * y * unit, b), inner)(1.0)
    w, Q = np.linalg.eigh(A)
    c, t = Q.T @ b, 0.3
    expected = np.sum(-(c**2) / (w + t) ** 2 + 2 * t * c**2 / (w + t) ** 3)
    assert slope(f, outer)(t) == pytest.approx(expected, rel=1e-12)
