"""Methods of ufuncs that have no derivative say what NumPy says, and what NumPy refuses is refused. Those that have one
are cases (cases_ufuncs.py)."""

import engines
import numpy as np
import pytest
from test_enumeration import outcome

import dualtape
from dualtape.handlers import inventory
from dualtape.trace import record
from dualtape.trace.functions import PASSIVE

X = np.array([[0.53, 1.71, 0.94], [0.72, 0.37, 1.23]])
CALLS = {
    "reduce": lambda ufunc, X: ufunc.reduce(X, axis=1),
    "accumulate": lambda ufunc, X: ufunc.accumulate(X, axis=1),
    "reduceat": lambda ufunc, X: ufunc.reduceat(X, [0, 2, 1], axis=1),
    "outer": lambda ufunc, X: ufunc.outer(X[0], X),
}


def _methods():
    """Derivative-free ufuncs with the methods that give something; those of steps are among them."""
    for name, kind in inventory.kinds().items():
        ufunc = inventory.value_of(name.rpartition(".")[0])
        if kind == PASSIVE and isinstance(ufunc, np.ufunc) and name.rpartition(".")[2] in CALLS:
            yield name


@pytest.mark.parametrize("name", list(_methods()))
def test_a_method_of_a_test_says_what_numpy_says(name):
    ufunc, method = inventory.value_of(name.rpartition(".")[0]), name.rpartition(".")[2]
    found = []

    def f(X):
        found.append(outcome(lambda x, X: CALLS[method](ufunc, X), X[0], X))
        return X

    engines.by_adjoints(f, X)
    engines.by_duals(f, X)
    record.record_program(lambda X: [f(X)], [X])
    expected = outcome(lambda x, X: CALLS[method](ufunc, X), X[0], X)
    assert all(answer == expected for answer in found), (found, expected)


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.subtract.reduce(x, axis=None),
        lambda x: np.divide.reduce(x, axis=(0, 1)),
        lambda x: np.divide.reduce(x, axis=1, where=[True, False, True]),
        lambda x: np.less(x, x, dtype=float),
        lambda x: np.less(x, x, signature="dd->d"),
        lambda x: np.exp.reduce(x),
        lambda x: np.divmod.reduce(x),
        lambda x: np.frexp.at(x, [0]),
        lambda x: np.multiply.reduce(x, axis=5),
        lambda x: np.power.reduceat(x, [0, 7]),
        lambda x: np.fmod.accumulate(x, axis=(0, 1)),
        lambda x: np.add(x, x, dtype=float, signature="dd->d"),
    ],
)
def test_numpys_own_errors_are_numpys(f):
    with pytest.raises(Exception) as of_numpy:
        f(X * 1.0)
    kind = next(cls for cls in type(of_numpy.value).__mro__ if cls.__module__ == "builtins")
    for engine in (engines.by_adjoints, engines.by_duals):
        with pytest.raises(kind):
            engine(f, X)


@pytest.mark.parametrize("name", ["add", "exp", "maximum", "floor", "divmod"])
def test_other_types_than_float64_are_refused_by_name(name):
    from dualtape.errors import DualtapeError

    ufunc = getattr(np, name)
    with pytest.raises(DualtapeError, match=f"np.{name} with dtype=float32"):
        engines.by_adjoints(lambda x: ufunc(*[x] * ufunc.nin, dtype=np.float32), X)


def _into(make, method, operand, *more):
    """What a method of a ufunc writes into an array that is given by its position."""

    def f(x):
        out = make(x)
        method(operand(x), 0, None, out, *more)
        return out * x

    return f


WRITTEN = {
    "reduce": _into(np.zeros_like, np.add.reduce, lambda x: np.outer(x, x)),
    "reduce of constants": _into(np.zeros_like, np.add.reduce, lambda x: np.ones((3, 2))),
    "maximum of constants": _into(np.zeros_like, np.maximum.reduce, lambda x: np.ones((3, 2))),
    "reduce into a buffer": _into(lambda x: np.zeros(2), np.add.reduce, lambda x: np.outer(x, x)),
    "reduce of a mask": _into(np.zeros_like, np.add.reduce, lambda x: np.outer(x, x) > 3.0),
    "reduce of a mask into a buffer": _into(lambda x: np.zeros(2), np.add.reduce, lambda x: np.outer(x, x) > 3.0),
    "all": _into(lambda x: np.zeros(2, bool), np.logical_and.reduce, lambda x: np.outer(x, x) > 3.0),
    "any": _into(lambda x: np.zeros(2, bool), np.logical_or.reduce, lambda x: np.outer(x, x) > 3.0),
    "accumulate": _into(lambda x: np.zeros((2, 2)), np.add.accumulate, lambda x: np.outer(x, x)),
}


@pytest.mark.parametrize("f", WRITTEN.values(), ids=WRITTEN)
def test_results_go_where_a_position_says(f):
    points = np.array([1.5, 2.5]), np.array([1.0, 2.0]), np.array([2.5, 0.5])
    P = dualtape.record(f, points[0])
    for x in points:
        expected = np.stack([(f(x + h) - f(x - h)) / 2e-6 for h in 1e-6 * np.eye(2)], axis=-1)
        for mode in ("forward", "reverse"):
            value, J = dualtape.value_and_jacobian(f, mode=mode)(x)
            np.testing.assert_array_equal(value, f(x))
            np.testing.assert_allclose(J, expected, rtol=1e-7, atol=1e-7)
        np.testing.assert_array_equal(P(x), f(x))
        np.testing.assert_allclose(P.jacobian(x), expected, rtol=1e-7, atol=1e-7)
