"""Derivatives along given directions on dual numbers: J S, in chunks of lanes, with components that do not move."""

import numpy as np
from numpy.testing import assert_allclose, assert_array_equal

from dualtape.trace.forward import LANES_FIRST, evaluate_forward, push_forward

X = np.linspace(0.5, 1.5, 6)


def f(x, t):
    return [np.outer(x, np.sin(x)) * t, t * x[0], 3.0]


def test_product_with_the_jacobian():
    rng = np.random.default_rng(3)
    values, J, _ = evaluate_forward(f, [X, 0.7])
    for p in (1, 5, LANES_FIRST, LANES_FIRST + 3):
        S = rng.normal(size=(7, p))
        same, V = push_forward(f, [X, 0.7], S)
        assert_allclose(V, J @ S, rtol=1e-13, atol=1e-13)
        for one, other in zip(same, values, strict=True):
            assert_array_equal(one, other)


def test_component_of_negative_zero_does_not_move():
    S = np.array([[-0.0], [1.0]])
    _, V = push_forward(lambda x: [np.sqrt(x[0]) + x[1]], [np.array([0.0, 2.0])], S)
    assert_array_equal(V, [[1.0]])


def test_tie_with_an_input_that_does_not_move_is_shared():
    S = np.array([[1.0], [-0.0]])
    _, V = push_forward(lambda x: [np.maximum(x[0], x[1])], [np.array([2.0, 2.0])], S)
    assert_array_equal(V, [[0.5]])
