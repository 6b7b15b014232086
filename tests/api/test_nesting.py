"""Derivatives of functions that take derivatives: any depth, either mode, and no perturbation is confused."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

import dualtape

X = np.array([0.7, -1.2, 2.1])
MODES = ["forward", "reverse"]


def cubic(x):
    return np.sum(x * x * x) + x[0] * x[1] * x[2]


@pytest.mark.parametrize("outer", MODES)
@pytest.mark.parametrize("inner", MODES)
def test_jacobian_of_the_gradient_is_the_hessian(outer, inner):
    nested = dualtape.jacobian(dualtape.grad(cubic, mode=inner), mode=outer)(X)
    assert_allclose(nested, dualtape.hessian(cubic)(X), rtol=1e-13)


@pytest.mark.parametrize("outer", MODES)
@pytest.mark.parametrize("inner", MODES)
def test_perturbations_are_not_confused(outer, inner):
    def f(x):
        return x * dualtape.grad(lambda y: x + y, mode=inner)(1.0)

    assert dualtape.grad(f, mode=outer)(1.0) == 1.0


def test_derivatives_of_any_order():
    f, expected = (lambda x: x**5), 2.0**5
    for order in range(1, 6):
        f = dualtape.grad(f)
        expected *= (6 - order) / 2.0
        assert_allclose(f(2.0), expected, rtol=1e-14)


def test_jacobian_of_the_hessian_is_the_third_derivative():
    third = dualtape.jacobian(dualtape.hessian(cubic))(X)
    expected = np.zeros((3, 3, 3))
    for i, j, k in np.ndindex(3, 3, 3):
        expected[i, j, k] = 6.0 if i == j == k else float(len({i, j, k}) == 3)
    assert_allclose(third, expected, atol=1e-13)


@pytest.mark.parametrize("mode", MODES)
def test_drivers_inside_a_function_that_is_differentiated(mode):
    def through(driver):
        return dualtape.jacobian(driver, mode=mode)(X)

    H = dualtape.hessian(cubic)(X)
    v = np.array([1.0, -2.0, 0.5])
    assert_allclose(through(lambda x: dualtape.jvp(cubic, x, v)[1]), H @ v, rtol=1e-12)
    assert_allclose(through(lambda x: dualtape.vjp(cubic, x)[1](2.0)), 2.0 * H, rtol=1e-12)
    assert_allclose(through(lambda x: dualtape.value_and_grad(cubic)(x)[0]), dualtape.grad(cubic)(X), rtol=1e-12)
    assert_allclose(through(lambda x: dualtape.hvp(lambda x: np.sum(x**4), x, v)), np.diag(24.0 * X * v), rtol=1e-12)
    assert_allclose(through(lambda x: dualtape.derivatives(cubic, x)[1]), H, rtol=1e-12)


@pytest.mark.parametrize("mode", MODES)
def test_seed_may_be_active(mode):
    def pushed(v):
        return dualtape.jvp(np.sin, X, v)[1]

    def pulled(w):
        return dualtape.vjp(np.sin, X)[1](w)

    for linear in (pushed, pulled):
        assert_allclose(dualtape.jacobian(linear, mode=mode)(X), np.diag(np.cos(X)), rtol=1e-14)


@pytest.mark.parametrize("mode", MODES)
def test_containers_pass_through_levels(mode):
    def inner(p):
        return {"y": p["w"] ** 2 * p["s"]}

    def outer(s):
        return dualtape.jacobian(inner)({"w": X, "s": s})["y"]["w"]

    assert_allclose(dualtape.jacobian(outer, mode=mode)(1.5), np.diag(2.0 * X), rtol=1e-14)


@pytest.mark.parametrize("mode", MODES)
def test_aux_of_an_inner_derivative_keeps_the_outer_one(mode):
    def outer(x):
        gradient, aux = dualtape.grad(lambda y: (y * y * x, y * x), has_aux=True)(x)
        return aux

    assert dualtape.grad(outer, mode=mode)(3.0) == 6.0


@pytest.mark.parametrize("mode", MODES)
def test_optimiser_inside_is_differentiated(mode):
    def solve(a):
        x = 1.0
        for _ in range(8):
            value, slope = dualtape.value_and_grad(lambda x: x**3 / 3.0 - a * x)(x)
            x = x - slope / dualtape.grad(dualtape.grad(lambda x: x**3 / 3.0 - a * x))(x)
        return x

    assert_allclose(dualtape.grad(solve, mode=mode)(2.0), 0.5 / np.sqrt(2.0), rtol=1e-12)
