"""`Program.batch` against the program point by point: lanes, array programs, paths, threads, structures."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import dualtape
from dualtape.errors import OptionError, ShapeError

RNG = np.random.default_rng(5)
POINTS = RNG.normal(size=(301, 3))
POINTS[7] = np.nan
POINTS[8] = 0.0


def scalars(x):
    a, b, c = x
    for _ in range(5):
        a, b, c = a * b - c, b / (1.0 + c * c), np.sin(a) + c * a**2
    return a * b * c


def several(x):
    return np.stack([x[0] * x[1], np.exp(x[2]) - x[0], x[1]])


def arrays(x):
    return np.sum(np.tanh(x) * x[::-1]) + np.prod(x)


def solved(x):
    return np.linalg.solve(np.outer(x, x) + 3.0 * np.eye(3), np.cos(x))


FUNCTIONS = {"scalars": scalars, "several": several, "arrays": arrays, "solved": solved}


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("name", FUNCTIONS)
class TestEveryPoint:
    @pytest.fixture(autouse=True)
    def quiet(self):
        with np.errstate(all="ignore"):
            yield

    @pytest.fixture
    def P(self, name):
        return dualtape.record(FUNCTIONS[name], POINTS[0])

    def points(self, name):
        return np.delete(POINTS, [7], axis=0) if name == "solved" else POINTS

    def test_value(self, P, name, threads):
        X = self.points(name)
        assert_array_equal(P.batch(X, threads=threads), np.stack([P(x) for x in X]))

    def test_jacobian(self, P, name, threads):
        X = self.points(name)
        expected = np.stack([P.jacobian(x, mode="reverse") for x in X])
        assert_allclose(P.batch(X, "jacobian", threads=threads), expected, rtol=1e-13, atol=1e-15)

    def test_hessian(self, P, name, threads):
        X = self.points(name)[:20]
        assert_array_equal(P.batch(X, "hessian", threads=threads), np.stack([P.hessian(x) for x in X]))

    def test_gradient(self, P, name, threads):
        if np.ndim(FUNCTIONS[name](POINTS[0])):
            with pytest.raises(ShapeError, match="one scalar result"):
                P.batch(POINTS[:5], "grad", threads=threads)
            return
        value, g = P.batch(POINTS, "value_and_grad", threads=threads)
        assert_array_equal(value, P.batch(POINTS))
        assert_array_equal(g, P.batch(POINTS, "grad"))
        assert_allclose(g, np.stack([P.grad(x) for x in POINTS]), rtol=1e-13, atol=1e-300)


@pytest.mark.parametrize("k", [0, 1, 7, 8, 9, 127, 128, 129])
def test_any_number_of_points(k):
    P = dualtape.record(scalars, POINTS[0])
    X = RNG.normal(size=(k, 3))
    assert_array_equal(P.batch(X), np.array([P(x) for x in X]))
    assert P.batch(X, "grad").shape == (k, 3)
    assert P.batch(X, "hessian").shape == (k, 3, 3)
    assert P.batch(X, "jacobian").shape == (k, 3)


def test_several_arguments_and_containers():
    P = dualtape.record(lambda a, p: {"s": a * p["w"], "t": np.sum(p["w"])}, 2.0, {"w": POINTS[0]})
    a, w = RNG.normal(size=4), RNG.normal(size=(4, 3))
    value = P.batch((a, {"w": w}))
    assert_array_equal(value["s"], a[:, None] * w)
    J = P.batch((a, {"w": w}), "jacobian")
    assert_array_equal(J["s"][0], w)
    assert J["t"][1]["w"].shape == (4, 3)
    assert P.batch((a, {"w": w}), "hessian")["s"][0][1]["w"].shape == (4, 3, 3)


def test_results_that_do_not_depend_on_the_point():
    P = dualtape.record(lambda x: np.stack([x[0], x[0], x[1] * 0.0 + 2.0]), POINTS[0])
    X = np.delete(POINTS, 7, axis=0)
    assert_array_equal(P.batch(X, "jacobian")[:, 1], np.broadcast_to([1.0, 0.0, 0.0], (300, 3)))


def test_array_operations_that_nothing_reads():
    """Sealing drops them; their views are still in the program."""

    def f(x):
        np.copysign(x, x[::-1])
        return 3.0

    assert_array_equal(dualtape.record(f, np.ones(4)).batch(np.ones((3, 4))), [3.0, 3.0, 3.0])


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.cumprod(np.pad(x, (1, 0)) + 1.0),
        lambda x: np.cumsum(np.pad(x, (1, 0))),
        lambda x: np.cumsum(np.concatenate([x, [2.0]])),
        lambda x: np.concatenate([np.cumsum(np.pad(x, (1, 0)))[:0], np.sin(x[:0]), x[:2]]),
    ],
)
def test_arrays_that_reach_across_the_inputs(f):
    """Sealing makes one range of the structural zero, the inputs and constants."""
    P = dualtape.record(f, POINTS[0])
    assert_array_equal(P.batch(POINTS[:7]), [f(x) for x in POINTS[:7]])


def test_bad_requests_are_refused():
    P = dualtape.record(scalars, POINTS[0])
    with pytest.raises(OptionError, match="'value', 'grad'"):
        P.batch(POINTS, "gradient")
    with pytest.raises(OptionError, match="threads"):
        P.batch(POINTS, threads=0)
    with pytest.raises(ShapeError, match="leading axis"):
        P.batch(POINTS[0])
    with pytest.raises(ShapeError):
        P.batch(POINTS.T)
