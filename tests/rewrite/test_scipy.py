"""Functions of SciPy, wherever they were imported from: handlers, clones, or errors that name them."""

import numpy as np
import pytest
from judges import judge

import dualtape as dt

scipy = pytest.importorskip("scipy")
integrate = pytest.importorskip("scipy.integrate")
optimize = pytest.importorskip("scipy.optimize")
distance = pytest.importorskip("scipy.spatial.distance")
linalg = pytest.importorskip("scipy.linalg")
signal = pytest.importorskip("scipy.signal")
stats = pytest.importorskip("scipy.stats")

X = np.array([0.5, 1.2, -0.7, 0.9, 0.3])
OTHER = np.array([1.0, 0.3, 0.5, 2.0, -0.4])
TIMES = np.linspace(0.0, 1.0, 5)

IDIOMS = {
    "solve": lambda x: linalg.solve(np.diag(x * x) + 1.0, x),
    "cho_solve": lambda x: linalg.cho_solve(linalg.cho_factor(np.diag(x * x) + np.eye(5)), x),
    "an import in the function": lambda x: __import__("scipy.linalg").linalg.expm(np.diag(x)) @ x,
    "trapezoid": lambda x: integrate.trapezoid(x * x, TIMES),
    "simpson": lambda x: integrate.simpson(x * x, x=TIMES),
    "cumulative_trapezoid": lambda x: integrate.cumulative_trapezoid(x * x, TIMES, initial=0),
    "cumulative_simpson": lambda x: integrate.cumulative_simpson(x * x, x=TIMES),
    "romb": lambda x: integrate.romb(x * x, dx=0.25),
    "fixed_quad": lambda x: integrate.fixed_quad(lambda t: np.sin(t * x[0]), x[1], x[3], n=4)[0],
    "rosen": optimize.rosen,
    "rosen inside": lambda x: optimize.rosen(np.sin(x)),
    "rosen_der": optimize.rosen_der,
}
DISTANCES = ("sqeuclidean", "cosine", "correlation", "cityblock", "chebyshev", "canberra", "braycurtis")


@pytest.mark.parametrize("name", IDIOMS)
def test_idioms(name):
    judge(IDIOMS[name], X)


@pytest.mark.parametrize("name", DISTANCES)
def test_distances(name):
    function = getattr(distance, name)
    judge(lambda x: function(x, OTHER), X)


def test_functions_without_a_rule_are_refused_by_name():
    for name, f in {
        "scipy.signal.find_peaks": lambda x: signal.find_peaks(x)[0] * x,
        "scipy.spatial.distance.directed_hausdorff": lambda x: distance.directed_hausdorff([x], [x])[0],
        "norm.expect": lambda x: stats.norm.expect(loc=x[0]),
        "norm.interval": lambda x: stats.norm(0.0, x[0]).interval(0.5)[0],
    }.items():
        with pytest.raises(dt.errors.UnsupportedOperation, match=name):
            dt.jacobian(f)(X)


def test_plain_arguments_reach_the_real_function():
    def f(x):
        weights = linalg.solve(np.eye(5), np.ones(5))
        weights[0] = x[0]  # what SciPy makes takes traced numbers, too
        assert stats.norm.pdf(0.0) == 1.0 / np.sqrt(2.0 * np.pi)
        return weights * x + optimize.brentq(lambda t: t - 1.0, 0.0, 3.0)

    judge(f, X)
