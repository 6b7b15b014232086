"""Second derivatives whose factors leave the range of floats: exact, infinite or not a number, but never a wrong
number. Every way to them is tried: lanes, sweeps, programs, nested gradients."""

import numpy as np
import pytest

from dualtape import grad, hessian, hvp, jacobian

LOGARITHMS = {
    "log1p(exp(x))": lambda x: np.log1p(np.exp(x)),
    "log(exp(x))": lambda x: np.log(np.exp(x)),
    "log2(exp(x))": lambda x: np.log2(np.exp(x)),
    "log10(exp(x))": lambda x: np.log10(np.exp(x)),
    "arcsinh(exp(x))": lambda x: np.arcsinh(np.exp(x)),
    "arccosh(exp(x))": lambda x: np.arccosh(np.exp(x)),
}
WAYS = {
    "forward": lambda f, x: hessian(f, mode="forward")(x),
    "reverse": lambda f, x: hessian(f, mode="reverse")(x),
    "hvp": lambda f, x: hvp(f, x, 1.0),
    "nested": lambda f, x: grad(grad(f))(x),
    "arrays": lambda f, x: hessian(lambda z: np.sum(f(z)), mode="reverse")(np.full(9, x))[0, 0],
    "array lanes": lambda f, x: hessian(lambda z: np.sum(f(z)), mode="forward")(np.full(9, x))[0, 0],
    "nested arrays": lambda f, x: jacobian(grad(lambda z: np.sum(f(z))))(np.full(9, x))[0, 0],
}
ROUNDING = 1e-12  # of 1 - 1


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", LOGARITHMS)
@pytest.mark.parametrize("x", [40.0, 350.0, 360.0, 372.0, 373.0, 500.0, 700.0])
def test_a_curvature_that_cancels_is_zero_or_not_a_number(name, way, x):
    found = WAYS[way](LOGARITHMS[name], x)
    assert abs(found) < ROUNDING or (np.isnan(found) and x > 352.0)


@pytest.mark.parametrize("way", ["forward", "reverse", "hvp"])
@pytest.mark.parametrize("x", [300.0, 472.0, 480.0, 700.0])
@pytest.mark.parametrize("root", [np.sqrt, lambda u: u**0.5, lambda u: np.power(u, 0.5)])
def test_roots_of_huge_numbers(root, way, x):
    found = WAYS[way](lambda t: root(np.exp(t)), x)
    assert np.isnan(found) or found == pytest.approx(0.25 * np.exp(0.5 * x), rel=1e-11)


@pytest.mark.parametrize("name", ["log", "log2", "log10", "log1p", "sqrt", "arcsinh"])
def test_second_derivatives_at_infinity_are_zero(name):
    assert hessian(getattr(np, name))(np.inf) == 0.0


FALLING = {
    "1/u": (lambda u: 1.0 / u, lambda t: np.exp(-t)),
    "reciprocal": (np.reciprocal, lambda t: np.exp(-t)),
    "u**-1": (lambda u: u**-1.0, lambda t: np.exp(-t)),
    "arctan": (np.arctan, lambda t: -np.exp(-t)),
    "cbrt": (np.cbrt, lambda t: np.exp(t / 3.0) / 9.0),
    "hypot": (lambda u: np.hypot(u, 2.0 * u), lambda t: 5.0**0.5 * np.exp(t)),
    "arctan2": (lambda u: np.arctan2(u, u * u), lambda t: np.exp(-t)),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", FALLING)
@pytest.mark.parametrize("t", [100.0, 200.0, 240.0, 300.0, 350.0])
def test_functions_of_a_huge_exponential_have_their_curvature_or_none(name, way, t):
    f, curvature = FALLING[name]
    with np.errstate(all="ignore"):
        found = WAYS[way](lambda t: f(np.exp(t)), t)
    assert np.isnan(found) or found == pytest.approx(curvature(t), rel=1e-11, abs=0.0)
    assert np.isfinite(found) or t > 100.0


POWERS = [lambda x, y: x**y, np.power, np.float_power]


@pytest.mark.parametrize("power", POWERS)
@pytest.mark.parametrize(("y", "expected"), [(1.0, -np.inf), (0.5, -np.inf), (2.0, 0.0), (3.0, 0.0)])
def test_mixed_derivative_of_a_power_at_zero(power, y, expected):
    """d2 x^y/dx dy = x^(y-1) (1 + y log(x))."""
    assert grad(grad(power, argnums=1), argnums=0)(0.0, y) == expected
    assert jacobian(lambda x: grad(power, argnums=1)(x, y), mode="forward")(0.0) == expected
    assert jacobian(lambda x: np.sum(grad(power, argnums=1)(x, y)), mode="reverse")(0.0) == expected


@pytest.mark.parametrize("power", POWERS)
def test_derivatives_of_a_power_at_zero_in_the_exponent(power):
    assert grad(grad(power, argnums=1), argnums=1)(0.0, 2.0) == 0.0
    assert not np.isfinite(grad(grad(grad(power, argnums=1), argnums=1), argnums=0)(0.0, 2.0))


def test_mixed_second_partials_of_one_active_operand_at_a_time():
    """Of a row that derivatives of derivatives leave to the kernel."""
    special = pytest.importorskip("scipy.special")
    expected = hessian(lambda z: special.pseudo_huber(z[0], z[1]))(np.array([1.0, 2.0]))[0, 1]
    for outer, inner in ((0, 1), (1, 0)):
        found = grad(grad(special.pseudo_huber, argnums=inner), argnums=outer)(1.0, 2.0)
        assert found == pytest.approx(expected, rel=1e-14)
