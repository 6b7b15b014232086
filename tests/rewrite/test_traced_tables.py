"""Interpolants whose tables are traced: made in f of traced values, abscissas or coefficients; and objects made outside
of f in ways that reach SciPy's own Python code."""

import numpy as np
import pytest
from judges import judge

import dualtape as dt

pytest.importorskip("scipy", minversion="1.15")
si = pytest.importorskip("scipy.interpolate")
spsolve = pytest.importorskip("scipy.sparse.linalg").spsolve

T = np.linspace(0.0, 3.0, 9)
Y = np.sin(1.7 * T) + 0.3 * T + 0.2
X = np.array([0.31, 1.4, 2.77])
PAIRS = np.stack([X, X / 3.0], axis=-1)
BREAKS = np.array([0.0, 1.5, 3.0])
KNOTS = np.arange(-3.0, 8.0)
THERE = 0.001 * np.arange(9.0)  # where programs are replayed, from the point of recording

OF_VALUES = {
    "CubicSpline": lambda y: si.CubicSpline(T, y)(X),
    "CubicSpline, clamped": lambda y: si.CubicSpline(T, y, bc_type="clamped")(X),
    "CubicSpline, natural": lambda y: si.CubicSpline(T, y, bc_type="natural")(X),
    "CubicSpline, periodic": lambda y: si.CubicSpline(T, np.concatenate([y[:-1], y[:1]]), bc_type="periodic")(X),
    "CubicSpline, slope and curvature": lambda y: si.CubicSpline(T, y, bc_type=((1, y[0]), (2, y[1])))(X),
    "CubicSpline of vectors": lambda y: si.CubicSpline(T, np.stack([y, y * y], axis=1))(X),
    "CubicSpline along axis 1": lambda y: si.CubicSpline(T, np.stack([y, y * y]), axis=1)(X),
    "CubicSpline of three points": lambda y: si.CubicSpline(T[:3], y[:3])(X),
    "CubicSpline of two points": lambda y: si.CubicSpline(T[:2], y[:2])(X),
    "derivative": lambda y: si.CubicSpline(T, y).derivative()(X) + si.CubicSpline(T, y)(X, 2),
    "antiderivative": lambda y: si.CubicSpline(T, y).antiderivative(2)(X) + si.CubicSpline(T, y).antiderivative()(X),
    "integrate": lambda y: si.CubicSpline(T, y).integrate(y[0], y[1] + 1.0) * y,
    "outside": lambda y: si.CubicSpline(T, y)(X + 2.0, extrapolate=True),
    "PchipInterpolator": lambda y: si.PchipInterpolator(T, y)(X),
    "Akima1DInterpolator": lambda y: si.Akima1DInterpolator(T, y)(X),
    "CubicHermiteSpline": lambda y: si.CubicHermiteSpline(T, y, y * y)(X),
    "PPoly": lambda c: si.PPoly(np.reshape(c[:8], (4, 2)), BREAKS)(X),
    "BPoly": lambda c: si.BPoly(np.reshape(c[:8], (4, 2)), BREAKS)(X),
    "BPoly, derivative": lambda c: si.BPoly(np.reshape(c[:8], (4, 2)), BREAKS).derivative()(X),
    "BSpline": lambda c: si.BSpline(KNOTS, c[:7], 3)(X),
    "BSpline, derivatives": lambda c: si.BSpline(KNOTS, c[:7], 3)(X, 2) * si.BSpline(KNOTS, c[:7], 3).derivative()(X),
    "BSpline, integrate": lambda c: si.BSpline(KNOTS, c[:7], 3).integrate(0.1, c[0] + 2.0),
    "make_interp_spline": lambda y: si.make_interp_spline(T, y)(X),
    "make_interp_spline, linear": lambda y: si.make_interp_spline(T, y, k=1)(X),
    "make_interp_spline, order 5": lambda y: si.make_interp_spline(T, y, k=5)(X),
    "make_interp_spline, natural": lambda y: si.make_interp_spline(T, y, bc_type="natural")(X),
    "make_interp_spline, periodic": lambda y: si.make_interp_spline(
        T, np.concatenate([y[:-1], y[:1]]), bc_type="periodic"
    )(X),
    "interp1d": lambda y: si.interp1d(T, y)(X),
    "interp1d, cubic": lambda y: si.interp1d(T, y, kind="cubic")(X),
    "interp1d, quadratic": lambda y: si.interp1d(T, y, kind="quadratic")(X),
    "interp1d, nearest": lambda y: si.interp1d(T, y, kind="nearest")(X) * y[:3],
    "interp1d, previous": lambda y: si.interp1d(T, y, kind="previous")(X) * y[:3],
    "interp1d, filled": lambda y: si.interp1d(T, y, bounds_error=False, fill_value=(y[0], y[-1]))(X + 1.0),
    "interp1d, at its own values": lambda y: si.interp1d(T, y, fill_value="extrapolate")(y),
    "KroghInterpolator": lambda y: si.KroghInterpolator(T[::4], y[::4])(X),
    "KroghInterpolator, derivative": lambda y: si.KroghInterpolator(T[::4], y[::4]).derivative(X),
    "BarycentricInterpolator": lambda y: si.BarycentricInterpolator(T[::2], y[::2])(X),
    "lagrange": lambda y: si.lagrange(T[:4], y[:4])(X),
    "pchip_interpolate": lambda y: si.pchip_interpolate(T, y, X),
    "a grid": lambda y: si.RegularGridInterpolator((T, T[:4]), np.outer(y, y[:4]))(PAIRS),
    "a grid, nearest": lambda y: si.RegularGridInterpolator((T, T[:4]), np.outer(y, y[:4]), method="nearest")(PAIRS),
    "a grid of vectors": lambda y: si.RegularGridInterpolator((T, T[:4]), y[:, None, None] * np.ones((4, 2)))(PAIRS),
    "a grid, pchip": lambda y: si.RegularGridInterpolator((T, T[:4]), np.outer(y, y[:4]), method="pchip")(PAIRS),
    "interpn": lambda y: si.interpn((T, T[:4]), np.outer(y, y[:4]), PAIRS),
}
OF_ABSCISSAS = {
    "CubicSpline": lambda t: si.CubicSpline(t, Y)(X),
    "CubicSpline, at its own": lambda t: si.CubicSpline(t * 1.1, Y)(t[2:5] * 0.9),
    "PchipInterpolator": lambda t: si.PchipInterpolator(t, Y)(X),
    "BSpline": lambda t: si.BSpline(np.concatenate([[-0.3, -0.2, -0.1], t, [3.1, 3.2]]), np.arange(10.0), 3)(X),
    "make_interp_spline": lambda t: si.make_interp_spline(t, Y)(X),
    "make_interp_spline, natural": lambda t: si.make_interp_spline(t, Y, bc_type="natural")(X),
    "interp1d": lambda t: si.interp1d(t, Y)(X),
    "BarycentricInterpolator": lambda t: si.BarycentricInterpolator(t[::2], Y[::2], rng=0)(X),
    "a grid": lambda t: si.RegularGridInterpolator((t, T[:4]), np.outer(Y, Y[:4]))(PAIRS),
}


@pytest.mark.parametrize("name", OF_VALUES)
def test_traced_values(name):
    judge(OF_VALUES[name], Y, there=1.01 * Y + THERE)


@pytest.mark.parametrize("name", OF_ABSCISSAS)
def test_traced_abscissas(name):
    judge(OF_ABSCISSAS[name], T, there=1.01 * T + THERE)


@pytest.mark.parametrize("orders", [None, (1, 0)])
def test_a_traced_grid_of_splines(orders):
    def f(y):
        table = si.RegularGridInterpolator((T, T[:5]), np.outer(y, y[:5]), method="cubic", solver=spsolve)
        return table(PAIRS, nu=orders)

    judge(f, Y, there=1.01 * Y + THERE)


OBJECTS = {
    "along axis 1": si.CubicSpline(T, np.stack([Y, Y * Y]), axis=1),
    "periodic": si.CubicSpline(T, np.concatenate([Y[:-1], Y[:1]]), bc_type="periodic"),
    "periodic BSpline": si.BSpline(KNOTS, Y[:7], 3, extrapolate="periodic"),
    "interp1d along axis 1": si.interp1d(T, np.stack([Y, Y * Y]), axis=1),
}


@pytest.mark.parametrize("name", OBJECTS)
def test_objects_from_outside(name):
    judge(lambda y: OBJECTS[name](y), Y, there=1.01 * Y + THERE)


@pytest.mark.parametrize("name", ["periodic", "periodic BSpline"])
def test_integrals_between_traced_bounds(name):
    judge(lambda y: OBJECTS[name].integrate(y[0], y[1] + 5.0), Y)


def test_a_pchip_grid_from_outside():
    table = si.RegularGridInterpolator((T, T[:5]), np.outer(Y, Y[:5]), method="pchip")
    judge(lambda y: table(np.stack([0.7 * y + 0.1, 0.2 * y], axis=-1)), Y)


def test_an_object_of_a_traced_table_is_of_its_class():
    def f(y):
        table = si.CubicSpline(T, y)
        assert isinstance(table, si.CubicSpline) and isinstance(table, si.PPoly) and not isinstance(table, si.BSpline)
        assert isinstance(table.derivative(), si.PPoly) and table.axis == 0 and table.x.shape == (9,)
        return table(X)

    assert dt.jacobian(f)(Y).shape == (3, 9)


def test_nested_derivatives_of_a_traced_table():
    def slope(y):
        return dt.grad(lambda s: si.CubicSpline(T, y)(s))(0.7)

    by_values = dt.jacobian(slope)(Y)
    units = [si.CubicSpline(T, unit)(0.7, 1) for unit in np.eye(9)]
    np.testing.assert_allclose(by_values, units, rtol=1e-12, atol=1e-14)


def test_errors_of_a_traced_table_are_those_of_scipy():
    with pytest.raises(ValueError, match="strictly increasing"):
        dt.jacobian(lambda t: si.CubicSpline(t[::-1], Y)(X))(T)
    with pytest.raises(ValueError, match="interpolation range"):
        dt.jacobian(lambda y: si.interp1d(T, y)(5.0))(Y)
