"""The real formulas of complex functions against mpmath: both partial derivatives and second ones, far out, near branch
points and on both sides of branch cuts."""

import mpmath as mp
import numpy as np
import pytest

import dualtape

TO_ROUNDING = 3e-13  # relative to the derivative, in float64
_RADII = (1e-5, 0.3, 1.0 - 1e-3, 1.7, 40.0)
_ANGLES = (0.1, 0.9, 1.5, 2.6, 3.1)
PLANE = [r * np.exp(1j * sign * angle) for r in _RADII for angle in _ANGLES for sign in (1.0, -1.0)]

ANALYTIC = {
    "exp": mp.exp, "exp2": lambda z: mp.mpf(2) ** z, "expm1": mp.expm1, "log": mp.log,
    "log2": lambda z: mp.log(z) / mp.log(2), "log10": mp.log10, "log1p": lambda z: mp.log(1 + z), "sqrt": mp.sqrt,
    "square": lambda z: z * z, "reciprocal": lambda z: 1 / z, "sin": mp.sin, "cos": mp.cos, "tan": mp.tan,
    "sinh": mp.sinh, "cosh": mp.cosh, "tanh": mp.tanh, "arcsin": mp.asin, "arccos": mp.acos, "arctan": mp.atan,
    "arcsinh": mp.asinh, "arccosh": mp.acosh, "arctanh": mp.atanh,
}  # fmt: skip


def _derivatives(function, points):
    """First and second complex derivatives along the real axis, and the first along the imaginary one."""
    a, b = np.real(points), np.imag(points)
    along = np.eye(len(points))

    def f(a, b):
        return function(a + 1j * b)

    d = np.diagonal(dualtape.jacobian(f, 0)(a, b))
    across = np.diagonal(dualtape.jacobian(f, 1)(a, b))
    dd = dualtape.jacobian(lambda t: dualtape.jvp(f, (t, b), (np.ones_like(a), np.zeros_like(b)))[1])(a)
    return d, across, np.sum(dd * along, axis=1)


def _exact(function, z, order):
    with mp.workdps(60):
        return complex(mp.diff(function, mp.mpc(z), order, h=mp.mpf(10) ** -18))


@pytest.mark.parametrize("name", ANALYTIC)
def test_derivatives_match_mpmath_in_the_whole_plane(name):
    d, across, dd = _derivatives(getattr(np, name), np.array(PLANE))
    for k, z in enumerate(PLANE):
        first, second = _exact(ANALYTIC[name], z, 1), _exact(ANALYTIC[name], z, 2)
        assert abs(d[k] - first) <= TO_ROUNDING * abs(first), z
        assert abs(across[k] - 1j * first) <= TO_ROUNDING * abs(first), z
        assert abs(dd[k] - second) <= 30.0 * TO_ROUNDING * max(abs(second), abs(first) / max(abs(z), 1.0)), z


@pytest.mark.parametrize(("name", "at"), [("sqrt", -2.0), ("log", -2.0), ("arcsin", 2.0), ("arccosh", -0.5)])
@pytest.mark.parametrize("side", [1.0, -1.0])
def test_a_branch_cut_is_continuous_from_the_side_of_its_signed_zero(name, at, side):
    found = dualtape.jacobian(lambda a: getattr(np, name)(_with_zero(a, side)))(np.array([at]))[0, 0]
    expected = _exact(ANALYTIC[name], complex(at, side * 1e-25), 1)
    assert abs(found - expected) <= TO_ROUNDING * abs(expected)


def _with_zero(a, side):
    """a with an imaginary part of +0.0 or -0.0."""
    z = a.astype(complex)
    return z if side > 0.0 else np.conj(z)


def test_a_large_argument_neither_overflows_nor_is_nan():
    t = np.array([400.0, -400.0, 800.0])
    np.testing.assert_array_equal(dualtape.jacobian(lambda x: np.tanh(x + 1j))(t), np.zeros((3, 3)))
    inverse = np.diagonal(dualtape.jacobian(lambda x: 1.0 / (x * (1.0 + 1j)))(np.array([1e150, 1e-150])))
    np.testing.assert_allclose(inverse, [-0.5e-300 + 0.5e-300j, -0.5e300 + 0.5e300j], rtol=TO_ROUNDING)
    log = np.diagonal(dualtape.jacobian(lambda x: np.log(x + 1j * x))(np.array([1e200, 1e-200])))
    np.testing.assert_allclose(log, [1e-200, 1e200], rtol=TO_ROUNDING)


def test_kinks_of_the_absolute_value():
    """|z| at 0: the derivative is 0, the second one is not a number."""
    x = np.array([0.0, 3.0])
    f = lambda x: np.abs(x + 1j * x)
    for mode in ("forward", "reverse"):
        np.testing.assert_array_equal(dualtape.jacobian(f, mode=mode)(x), [[0.0, 0.0], [0.0, np.sqrt(2.0)]])
        H = dualtape.hessian(f, mode=mode)(x)
        assert np.isnan(H[0, 0, 0])
        np.testing.assert_allclose(np.delete(H.ravel(), 0), 0.0, atol=1e-15)


def test_a_branch_that_was_not_taken_adds_nothing():
    """The infinite slope of sqrt at 0 stays where it is."""
    f = lambda x: np.where(x > 0.0, np.sqrt(x + 0j).real, 0.0)
    for mode in ("forward", "reverse"):
        np.testing.assert_array_equal(dualtape.jacobian(f, mode=mode)(np.array([0.0, 4.0])), [[0, 0], [0, 0.25]])


def test_a_power_of_zero_and_a_square_root_twice():
    x = np.array([0.0])
    assert dualtape.jacobian(lambda x: (x * 1j) ** 2)(x) == 0.0
    assert dualtape.jacobian(lambda x: (x * 1j) ** 1)(x) == 1j
    with np.errstate(all="ignore"):
        assert np.isnan(dualtape.jacobian(lambda x: np.sqrt(x * 1j) * np.sqrt(x * 1j))(x)).all()
