"""Programs that mix objects of SciPy, solvers, tables of pandas and NumPy."""

import numpy as np
import pytest
from judges import judge

pytest.importorskip("scipy", minversion="1.15")
from scipy import constants, integrate, interpolate, sparse
from scipy.interpolate import CubicSpline, PchipInterpolator
from scipy.sparse.linalg import spsolve

pandas = pytest.importorskip("pandas")

X = np.array([0.7, 1.3])
T = np.linspace(0.0, 3.0, 7)
TABLE = pandas.DataFrame({"t": T, "y": np.exp(-T)})


class Fit:
    """An object that keeps an interpolant."""

    def fit(self, levels):
        self.curve = PchipInterpolator(T, levels)
        return self

    def __call__(self, s):
        return self.curve(s)


def a_spline_drives_an_equation(x):
    drive = CubicSpline(T, x[0] * np.sin(T) + x[1])
    return integrate.solve_ivp(lambda t, y: -y + drive(t), (0.0, 2.0), [0.1], rtol=1e-6).y[0, -1]


def an_oscillator(x):
    found = integrate.solve_ivp(
        lambda t, y: [y[1], -x[0] * y[0]], [0.0, 1.0], [x[1], 0.0], method="DOP853", dense_output=True
    )
    return found.sol(np.array([0.3, 0.7]))[0] + found.y[1][-1]


def heat(x):
    n = 5
    u = np.zeros(n)
    A = sparse.diags([x[0] * np.ones(n - 1), -2.0 * x[0] * np.ones(n), x[1] * np.ones(n - 1)], [-1, 0, 1]).tocsr()
    for _ in range(4):
        u = u + 0.1 * (A @ u + np.arange(n))
        u[0] = 0.0
    return u


def a_median(x):
    grid = np.linspace(0.0, 1.0, 9)
    cumulated = integrate.cumulative_trapezoid(np.exp(-x[0] * grid) + x[1], grid, initial=0.0)
    return np.interp(0.5 * cumulated[-1], cumulated, grid)


def floats_of_a_spline(x):
    curve = CubicSpline(T, np.cos(T) * x[0])
    return sum(float(curve(t)) * w for t, w in zip((0.1, 0.5, 2.0), (1.0, 2.0, x[1]), strict=True))


def a_system_of_blocks(x):
    A = sparse.block_diag([sparse.diags(x), np.outer(x, x) + np.eye(2)]).tocsc()
    return spsolve(A, np.concatenate([x, x])) * A.trace()


def a_misfit(x):
    return x[0] * np.exp(-x[1] * TABLE["t"].to_numpy()) - TABLE["y"].values


def a_weighted_mean(x):
    weights = np.exp(-x[0] * TABLE["t"].to_numpy())
    return np.dot(weights, TABLE["y"]) / weights.sum() * TABLE["y"].mean() * x[1]


PROGRAMS = {
    "a spline drives an equation": a_spline_drives_an_equation,
    "an oscillator": an_oscillator,
    "heat": heat,
    "a median": a_median,
    "floats of a spline": floats_of_a_spline,
    "a system of blocks": a_system_of_blocks,
    "a misfit to a table of pandas": a_misfit,
    "a weighted mean of a table of pandas": a_weighted_mean,
    "a table of pandas": lambda x: interpolate.interp1d(TABLE["t"], TABLE["y"])(x),
    "an object with a fit": lambda x: Fit().fit(np.exp(-x[0] * T) + x[1])(np.array([0.5, 1.5])),
    "an integral of a spline": lambda x: integrate.quad_vec(
        lambda t: CubicSpline(T, x[0] * T * T)(t) * np.exp(-t), 0.0, x[1]
    )[0],
    "lists": lambda x: CubicSpline([0, 1, 2, 3], [x[0], x[1], x[0] * x[1], 1.0])(1.5),
    "a design matrix": lambda x: (
        interpolate.BSpline.design_matrix(np.array([0.5, 1.5]), np.r_[0, 0, 0, T, 3, 3, 3], 3) @ np.tile(x, 5)[:9]
    ),
    "constants": lambda x: constants.k * x / constants.electron_volt + constants.convert_temperature(x, "C", "K"),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs(name):
    judge(PROGRAMS[name], X, there=np.array([0.71, 1.29]), rounding=1e-13, spread=1e-10)
