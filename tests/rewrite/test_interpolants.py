"""Interpolants with constant tables at traced points, to second order and beyond."""

import numpy as np
import pytest
from judges import judge

import dualtape as dt

si = pytest.importorskip("scipy.interpolate")

T = np.linspace(0.0, 3.0, 9)
Y = np.sin(1.7 * T) + 0.3 * T
TWO = np.stack([Y, np.cos(T)], axis=1)
X = np.array([0.31, 1.4, 2.77])
GRID = (np.linspace(0.0, 3.0, 8), np.linspace(-1.0, 1.0, 7))
VALUES = np.sin(GRID[0])[:, None] * np.exp(GRID[1])[None, :]

OF_ONE_VARIABLE = {
    "CubicSpline": si.CubicSpline(T, Y),
    "CubicSpline, periodic": si.CubicSpline(T, np.r_[Y[:-1], Y[0]], bc_type="periodic"),
    "CubicSpline of vectors": si.CubicSpline(T, TWO),
    "PchipInterpolator": si.PchipInterpolator(T, Y),
    "Akima1DInterpolator": si.Akima1DInterpolator(T, Y),
    "CubicHermiteSpline": si.CubicHermiteSpline(T, Y, np.cos(T)),
    "make_interp_spline": si.make_interp_spline(T, Y, k=5),
    "BSpline": si.BSpline(np.arange(-3.0, 8.0), np.arange(7.0) ** 2 % 5, 3),
    "PPoly": si.PPoly(np.array([[1.0, -2.0], [0.5, 1.0], [2.0, 0.3]]), np.array([0.0, 1.5, 3.0])),
    "BPoly": si.BPoly(np.array([[1.0, -2.0], [0.5, 1.0], [2.0, 0.3]]), np.array([0.0, 1.5, 3.0])),
    "KroghInterpolator": si.KroghInterpolator(T[::2], Y[::2]),
    "BarycentricInterpolator": si.BarycentricInterpolator(T[::2], Y[::2]),
    "UnivariateSpline": si.UnivariateSpline(T, Y, s=0.01),
    "InterpolatedUnivariateSpline": si.InterpolatedUnivariateSpline(T, Y, k=4),
    "interp1d": si.interp1d(T, Y),
    "interp1d, cubic": si.interp1d(T, Y, kind="cubic"),
    "interp1d, quadratic": si.interp1d(T, Y, kind="quadratic"),
    "interp1d, order 3": si.interp1d(T, Y, kind=3),
    "interp1d, extrapolated": si.interp1d(T, Y, fill_value="extrapolate"),
    "interp1d of vectors": si.interp1d(T, TWO, axis=0),
}


@pytest.mark.parametrize("name", OF_ONE_VARIABLE)
def test_at_points(name):
    table = OF_ONE_VARIABLE[name]
    judge(lambda x: table(x * x / 3.0), X)
    judge(lambda x: table(np.sin(x)) * x, 0.8)


@pytest.mark.parametrize("name", ["CubicSpline", "BSpline", "KroghInterpolator", "UnivariateSpline"])
def test_third_derivatives(name):
    table = OF_ONE_VARIABLE[name]
    third = dt.grad(dt.grad(dt.grad(lambda x: table(x))))(1.4)
    expected = table.derivative(1.4, 3) if name == "KroghInterpolator" else table(1.4, nu=3)
    assert third == pytest.approx(float(expected), rel=1e-12)


FORMS = {
    "nu": lambda x: OF_ONE_VARIABLE["CubicSpline"](x, 1),
    "derivative": lambda x: OF_ONE_VARIABLE["CubicSpline"].derivative()(x),
    "antiderivative": lambda x: OF_ONE_VARIABLE["PchipInterpolator"].antiderivative()(x),
    "integrate": lambda x: OF_ONE_VARIABLE["CubicSpline"].integrate(x[0], x[1]) * x,
    "made in f": lambda x: si.CubicSpline(T, Y)(x) + si.make_interp_spline(T, Y)(x),
    "outside": lambda x: OF_ONE_VARIABLE["CubicSpline"](x + 3.0),
    "of a list": lambda x: OF_ONE_VARIABLE["CubicSpline"]([x[0], x[1] * x[0]]),
}


@pytest.mark.parametrize("name", FORMS)
def test_forms(name):
    judge(FORMS[name], X)


@pytest.mark.parametrize("method", ["linear", "slinear", "cubic", "quintic"])
def test_grids(method):
    table = si.RegularGridInterpolator(GRID, VALUES, method=method)
    judge(lambda x: table(np.stack([x, np.sin(x) / 2.0], axis=-1)), X)
    judge(lambda x: table((x[0], x[1] - 1.0)) * x[2], X)


@pytest.mark.parametrize("order", [1, 2])
def test_steps_have_zero_derivatives(order):
    grid = si.RegularGridInterpolator(GRID, VALUES, method="nearest")
    derivative = {1: dt.jacobian, 2: dt.hessian}[order]
    for kind in ("nearest", "previous", "next", "zero"):
        table = si.interp1d(T, Y, kind=kind)
        assert not np.any(derivative(lambda x, table=table: table(x))(X))
    assert not np.any(derivative(lambda x: grid(np.stack([x, x / 4.0], axis=-1)))(X))


def test_surfaces():
    table = si.RectBivariateSpline(*GRID, VALUES)
    judge(lambda x: table.ev(x, np.sin(x) / 2.0), X)
    judge(lambda x: table(x, x / 4.0), X)


def test_outside_of_a_filled_table_the_derivative_is_zero():
    table = si.interp1d(T, Y, bounds_error=False, fill_value=7.0)
    assert dt.derivatives(lambda x: table(x), 5.0) == (7.0, 0.0, 0.0)
    grid = si.RegularGridInterpolator(GRID, VALUES, bounds_error=False, fill_value=7.0)
    np.testing.assert_array_equal(dt.jacobian(lambda x: grid(x))(np.array([[5.0, 0.0]])), np.zeros((1, 1, 2)))


def test_errors_are_those_of_scipy():
    table = si.interp1d(T, Y)
    with pytest.raises(ValueError, match="interpolation range"):
        dt.grad(lambda x: table(x))(5.0)


def test_points_of_the_wrong_dimension_are_scipys_error():
    f = si.RegularGridInterpolator((np.arange(3.0), np.arange(3.0)), np.eye(3))
    with pytest.raises(ValueError, match="dimension 3 but this RegularGridInterpolator has dimension 2"):
        dt.grad(lambda x: f(x)[0])(np.ones(3))


WAVE = np.exp(1j * np.arange(5.0))
COMPLEX_TABLES = {
    "interp1d": lambda: si.interp1d(np.arange(5.0), WAVE),
    "interp1d, cubic": lambda: si.interp1d(np.arange(5.0), WAVE, kind="cubic"),
    "CubicSpline": lambda: si.CubicSpline(np.arange(5.0), WAVE),
    "KroghInterpolator": lambda: si.KroghInterpolator(np.arange(5.0), WAVE),
    "RegularGridInterpolator": lambda: si.RegularGridInterpolator((np.arange(5.0),), WAVE, method="cubic"),
    "of rows": lambda: si.interp1d(np.arange(5.0), np.outer(WAVE, [1.0, 2j]), axis=0),
}


@pytest.mark.parametrize("name", COMPLEX_TABLES)
def test_complex_tables_keep_both_parts(name):
    table = COMPLEX_TABLES[name]()

    def f(x):
        found = table(x[:, None] if name.startswith("Regular") else x)
        return np.stack([np.real(found), np.imag(found)])

    judge(f, np.array([0.3, 1.7, 2.4]))


def test_scattered_complex_values_keep_both_parts():
    points = np.random.default_rng(0).uniform(0.0, 2.0, (9, 2))
    table = si.LinearNDInterpolator(points, points @ [1.0, 2j] + points[:, 0] ** 2)

    def f(x):
        found = table(x[0], x[1])
        return np.stack([np.real(found), np.imag(found)])

    judge(f, np.array([0.9, 1.1]))
