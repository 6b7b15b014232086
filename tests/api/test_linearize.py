"""The Jacobian as a linear map: products from both sides, transposes, and SciPy's view of it."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import dualtape
from dualtape.errors import ShapeError

X = np.array([0.7, -1.2, 2.1])
J = np.array([[-1.2, 0.7, 0.0], [0.0, 0.0, 4.2]])


def f(x):
    return np.stack([x[0] * x[1], x[2] ** 2])


@pytest.fixture
def linear():
    return dualtape.linearize(f, X)[1]


def test_value_comes_with_the_map():
    value, linear = dualtape.linearize(f, X)
    assert_array_equal(value, f(X))
    assert linear.shape == (2, 3)
    assert linear.T.shape == (3, 2)
    assert_allclose(linear.matrix(), J)
    assert_allclose(linear.T.matrix(), J.T)
    assert_array_equal(linear.T.T.matrix(), linear.matrix())


def test_products_are_those_of_the_matrix(linear):
    v, w, V, W = X + 1.0, np.array([1.0, -2.0]), np.arange(12.0).reshape(3, 4), np.arange(8.0).reshape(2, 4)
    assert_allclose(linear @ v, J @ v)
    assert_allclose(linear @ V, J @ V)
    assert_allclose(linear.T @ w, J.T @ w)
    assert_allclose(linear.T @ W, J.T @ W)
    assert_allclose(w @ linear, w @ J)
    assert_allclose(W.T @ linear, W.T @ J)
    assert_allclose(v @ linear.T, v @ J.T)


def test_call_takes_a_leading_batch_axis(linear):
    V = np.arange(12.0).reshape(4, 3)
    assert_allclose(linear(V), V @ J.T)
    assert_allclose(linear.T(np.ones((5, 2))), np.ones((5, 2)) @ J)


def test_map_between_containers():
    _, linear = dualtape.linearize(lambda p: (p["a"] * p["b"], p["a"] ** 2), {"a": 2.0, "b": X})
    image = linear({"a": 1.0, "b": np.zeros(3)})
    assert_allclose(image[0], X)
    assert image[1] == 4.0
    assert_allclose((linear.T @ (np.zeros(3), 1.0))["a"], 4.0)
    assert repr(linear) == "Linearization({'a': (), 'b': (3,)} -> ((3,), ()))"
    assert repr(linear.T) == "Linearization.T(((3,), ()) -> {'a': (), 'b': (3,)})"


def test_wrong_shapes_are_refused(linear):
    with pytest.raises(ShapeError, match=r"tangent has shape \(2,\), expected \(3,\)"):
        linear @ np.ones(2)
    with pytest.raises(ShapeError, match=r"right operand of @ has shape \(2, 3\), expected \(3, p\)"):
        linear @ np.ones((2, 3))


def test_pullback_is_the_transpose_of_the_pushforward():
    _, pullback = dualtape.vjp(f, X)
    assert_allclose(pullback.T(X), J @ X)


def test_linear_operator_serves_scipy():
    sparse = pytest.importorskip("scipy.sparse.linalg")
    _, linear = dualtape.linearize(f, X)
    operator = linear.as_linear_operator()
    b = np.array([1.0, 2.0])
    assert operator.shape == (2, 3)
    assert_allclose(operator @ np.eye(3), J)
    assert_allclose(operator.T @ np.eye(2), J.T)
    assert_allclose(sparse.lsqr(operator, b, atol=1e-14, btol=1e-14)[0], np.linalg.pinv(J) @ b, rtol=1e-10)
