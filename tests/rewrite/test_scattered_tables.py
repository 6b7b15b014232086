"""Interpolants of scattered points and of FITPACK, at traced points and with traced values."""

import subprocess
import sys

import numpy as np
import pytest
from judges import judge

import dualtape as dt

pytest.importorskip("scipy", minversion="1.15")
si = pytest.importorskip("scipy.interpolate")

T = np.linspace(0.0, 3.0, 9)
Y = np.sin(1.7 * T) + 0.3 * T + 0.2
X = np.array([0.31, 1.4, 2.77])
POINTS = np.random.default_rng(0).random((20, 2))
VALUES = np.sin(3.0 * POINTS[:, 0]) * POINTS[:, 1]
INSIDE = np.array([[0.42, 0.47], [0.55, 0.36]])
TCK = si.splrep(T, Y)
CURVE = si.splprep([np.cos(T), np.sin(T)], s=0)[0]
SMOOTH = si.UnivariateSpline(T, Y, s=0.01)
PLANES = {
    "values": si.LinearNDInterpolator(POINTS, VALUES),
    "vectors": si.LinearNDInterpolator(POINTS, np.stack([VALUES, VALUES**2], axis=1)),
    "rescaled": si.LinearNDInterpolator(POINTS * [1.0, 50.0], VALUES, rescale=True),
}
RADIAL = {kernel: si.RBFInterpolator(POINTS, VALUES, kernel=kernel, epsilon=2.0) for kernel in ("gaussian", "cubic")}


def with_values(x):
    return np.concatenate([x, Y[3:]])


PROGRAMS = {
    "splev": lambda x: si.splev(x, TCK) * si.splev(x[0], TCK),
    "splev of a derivative": lambda x: si.splev(x, TCK, der=1) + si.splev(x + 3.0, TCK, ext=1),
    "splev of a curve": lambda x: si.splev(x[0] / 4.0, CURVE)[1] * x,
    "splev of coefficients": lambda x: si.splev(X, (TCK[0], np.concatenate([x, TCK[1][3:]]), 3)),
    "splev at the ends": lambda x: si.splev(x + 2.0, TCK, ext=3) * x,
    "splint": lambda x: si.splint(0.1, x[2], TCK) * x + si.splint(x[0], 9.0, TCK),
    "spalde": lambda x: si.spalde(x[1], TCK) * x[0],
    "splrep": lambda x: si.splev(X, si.splrep(T, with_values(x))),
    "splrep of abscissas": lambda x: si.splev(X, si.splrep(np.concatenate([x / 10.0, T[3:]]), Y)),
    "InterpolatedUnivariateSpline": lambda x: si.InterpolatedUnivariateSpline(T, with_values(x), k=4)(X),
    "UnivariateSpline": lambda x: si.UnivariateSpline(T, with_values(x), s=0).integral(0.0, 2.0) * x,
    "integral of a smoothing spline": lambda x: SMOOTH.integral(x[0], x[2]) * SMOOTH.derivatives(x[1])[1],
    "RBFInterpolator": lambda x: RADIAL["gaussian"](INSIDE * x[0]) * RADIAL["cubic"](INSIDE * x[1])[0],
    "RBFInterpolator of values": lambda x: si.RBFInterpolator(POINTS, VALUES * x[0] + x[1])(INSIDE),
    "RBFInterpolator of points": lambda x: si.RBFInterpolator(POINTS * x[0], VALUES, kernel="quintic")(INSIDE),
    "AAA": lambda x: si.AAA(T, np.exp(T))(x),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs(name):
    judge(PROGRAMS[name], X, there=np.array([0.32, 1.41, 2.75]), rounding=1e-13, spread=1e-11)


@pytest.mark.parametrize("name", PLANES)
def test_planes(name):
    scale = [1.0, 50.0] if name == "rescaled" else [1.0, 1.0]
    judge(lambda x: PLANES[name](INSIDE * scale * x[0]), X[:1] + 0.7, there=X[:1] + 0.705, rounding=1e-14)


def test_griddata():
    judge(lambda x: si.griddata(POINTS, VALUES, INSIDE * x), 1.01, there=1.012, rounding=1e-14)
    judge(lambda x: si.griddata(T, Y, x, method="cubic"), X, there=1.01 * X, rounding=1e-14)


def test_nearest_values_are_steps():
    nearest = si.NearestNDInterpolator(POINTS, VALUES)
    assert not np.any(dt.jacobian(lambda x: nearest(x))(INSIDE))
    assert not np.any(dt.hessian(lambda x: nearest(x[0], x[1]))(np.array([0.4, 0.5])))


def test_outside_of_all_simplices():
    filled = si.LinearNDInterpolator(POINTS, VALUES, fill_value=7.0)
    np.testing.assert_array_equal(dt.jacobian(lambda x: filled(x))(np.array([[5.0, 5.0]])), np.zeros((1, 1, 2)))
    assert np.all(np.isnan(dt.jacobian(lambda x: PLANES["values"](x))(np.array([[5.0, 5.0]]))))


REFUSED = {
    "UnivariateSpline": lambda x: si.UnivariateSpline(T, with_values(x))(1.0),
    "splrep": lambda x: si.splev(1.0, si.splrep(T, with_values(x), s=0.1)),
    "CloughTocher2DInterpolator": lambda x: si.CloughTocher2DInterpolator(POINTS, VALUES)(INSIDE * x[0]),
    "make_lsq_spline": lambda x: si.make_lsq_spline(T, with_values(x), [0, 0, 0, 0, 1.5, 3, 3, 3, 3])(0.5),
    "make_smoothing_spline": lambda x: si.make_smoothing_spline(T, with_values(x), lam=0.1)(0.5),
    "RectBivariateSpline": lambda x: si.RectBivariateSpline(T, T, np.outer(Y, with_values(x))).ev(0.5, 0.5),
    "LinearNDInterpolator": lambda x: si.LinearNDInterpolator(POINTS, VALUES * x[0])(INSIDE),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_known_is_refused_by_name(name):
    with pytest.raises(dt.errors.UnsupportedOperation, match=name) as caught:
        dt.jacobian(REFUSED[name])(X)
    assert caught.value.remedy and "test_scattered_tables.py" in caught.value.where


def test_what_scipys_own_code_imports_is_known_by_its_public_name():
    """griddata of points on a line imports interp1d from a private module, here before anybody else has."""
    program = """
import numpy as np
import scipy.interpolate as si
import dualtape
t = np.arange(4.0)
dualtape.grad(lambda x: si.griddata(t, t * t, np.stack([x]))[0])(1.5)
print(dualtape.grad(lambda x: si.interp1d(t, x * t)(1.5))(2.0))
"""
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert result.stdout.strip() == "1.5", result.stderr
