"""Every case on every engine: the value is NumPy's bit for bit, the derivative that of differences."""

import warnings

import differences
import numpy as np
import pytest
from cases import CASES


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.label)
def test_value_is_numpys_and_derivative_is_that_of_differences(case, jacobian):
    points = case.points()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected_value = np.asarray(case.f(*(p.copy() if p.ndim else float(p) for p in points)), dtype=float)
        value, derivative = jacobian(case.f, *points)
        expected = differences.jacobian(case.f, *points)
    assert np.array_equal(value, expected_value, equal_nan=True)
    assert value.shape == expected_value.shape
    np.testing.assert_allclose(derivative, expected, rtol=differences.RICHARDSON, atol=differences.RICHARDSON)
