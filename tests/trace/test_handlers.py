"""Every case on every engine: the value is NumPy's bit for bit, the derivative that of differences."""

import warnings

import differences
import engines
import numpy as np
import pytest
from cases import CASES
from last_bits import are_numpys


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.label)
def test_value_is_numpys_and_derivative_is_that_of_differences(case, jacobian):
    points = case.points()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected_value = np.asarray(case.f(*(p.copy() if p.ndim else float(p) for p in points)), dtype=float)
        value, derivative = jacobian(case.f, *points)
        expected = differences.jacobian(case.f, *points)
    assert are_numpys(value, expected_value)
    assert value.shape == expected_value.shape
    np.testing.assert_allclose(derivative, expected, rtol=differences.RICHARDSON, atol=differences.RICHARDSON)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.label)
def test_second_derivative_is_that_of_differences_of_the_first(case, second):
    points = case.points()
    rng = np.random.default_rng(4)
    n = sum(np.size(p) for p in points)
    w, direction = rng.standard_normal(np.shape(case.f(*points))), rng.standard_normal(n)
    parts = np.split(direction, np.cumsum([np.size(p) for p in points])[:-1])

    def pulled_back(t):
        moved = [p + t[0] * part.reshape(np.shape(p)) for p, part in zip(points, parts, strict=True)]
        return np.tensordot(w, engines.by_adjoints(case.f, *moved)[1], np.ndim(w))

    expected = differences.jacobian(pulled_back, np.zeros(1))
    np.testing.assert_allclose(
        second(case.f, w, direction[:, None], *points), expected, rtol=differences.RICHARDSON, atol=1e-6
    )
