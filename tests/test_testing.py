"""The assertions that users may use: right derivatives pass, wrong ones are named."""

import numpy as np
import pytest

import dualtape
from dualtape.errors import DerivativeMismatch
from dualtape.testing import assert_adjoint, assert_derivatives_match, assert_jacobian_matches

X = np.array([0.7, 1.2])


def test_derivatives_match():
    assert assert_derivatives_match(lambda x, y: np.sin(x) * y, (X, 2.0)).n_entries == 2 * (6 + 18)
    with pytest.raises(DerivativeMismatch, match="differences give"):
        assert_derivatives_match(lambda x: x * dualtape.stop_gradient(x), 1.5)
    with pytest.raises(DerivativeMismatch, match="kink"):
        assert_derivatives_match(np.abs, 0.0, order=1)
    with pytest.raises(DerivativeMismatch, match="not resolved"):
        assert_derivatives_match(np.sqrt, 0.0, order=1)


def test_jacobian_matches_a_hand_written_one():
    assert_jacobian_matches(lambda x: np.sum(x**3), lambda x: 3.0 * x**2, X)
    assert_jacobian_matches(lambda p: p["a"] ** 2, lambda p: {"a": 2.0 * p["a"]}, {"a": 3.0})
    with pytest.raises(DerivativeMismatch, match=r"derivative\[1\] is 2.4, expected 4.32"):
        assert_jacobian_matches(lambda x: np.sum(x**3), lambda x: np.array([3.0 * x[0] ** 2, 2.0 * x[1]]), X)
    with pytest.raises(DerivativeMismatch, match=r"has shape \(\), expected \(2,\)"):
        assert_jacobian_matches(lambda x: np.sum(x**3), lambda x: 1.0, X)
    with pytest.raises(DerivativeMismatch, match="derivative is nan"):
        assert_jacobian_matches(lambda x: x**3, lambda x: np.nan, 1.0)


def test_pushforward_and_pullback_are_transposes():
    assert_adjoint(lambda x, y: {"a": np.outer(x, y), "b": x[0] * y}, X, 2.0 * X)
