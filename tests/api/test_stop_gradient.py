"""`stop_gradient`: the value passes, no derivative of any order, mode or level does."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import dualtape

X = np.array([1.0, 2.0])
MODES = ["forward", "reverse"]


@pytest.mark.parametrize("mode", MODES)
def test_value_passes_and_derivative_does_not(mode):
    value, J = dualtape.value_and_jacobian(lambda x: x * dualtape.stop_gradient(x), mode=mode)(X)
    assert_array_equal(value, X * X)
    assert_array_equal(J, np.diag(X))
    assert dualtape.hessian(lambda x: dualtape.stop_gradient(x) ** 3, mode=mode)(2.0) == 0.0


def test_plain_values_come_back_as_they_are():
    array, tree = X, {"a": [1.0, "text"], "b": None}
    assert dualtape.stop_gradient(array) is array
    assert dualtape.stop_gradient(tree) == tree


@pytest.mark.parametrize("mode", MODES)
def test_containers_and_arrays_of_scalars(mode):
    def f(x):
        stopped = dualtape.stop_gradient({"a": x, "b": (x[0], [x[1], 3.0])})
        objects = dualtape.stop_gradient(np.array([x[0], x[1]]))
        return np.sum(x * stopped["a"]) + x[0] * stopped["b"][0] + x[1] * stopped["b"][1][0] + x[0] * objects[1]

    assert_array_equal(dualtape.grad(f, mode=mode)(X), X + X + np.array([X[1], 0.0]))


@pytest.mark.parametrize("mode", MODES)
def test_all_levels_are_stopped(mode):
    def outer(y):
        return dualtape.grad(lambda x: x * dualtape.stop_gradient(y) * y)(y)

    assert dualtape.grad(outer, mode=mode)(3.0) == 3.0
