"""`check` and its differences: wrong derivatives are found, right ones pass, kinks and blind spots are named."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

import dualtape
from dualtape.api import _differences
from dualtape.errors import DerivativeMismatch

X = np.array([0.7, 1.2])


@pytest.mark.parametrize(
    ("f", "slope"),
    [
        (np.exp, np.exp),
        (lambda x: 1e6 * np.sin(x), lambda x: 1e6 * np.cos(x)),
        (lambda x: x**3 + 1e-3 * x, lambda x: 3 * x**2 + 1e-3),
        (lambda x: np.abs(x) * x, lambda x: 2 * np.abs(x)),
        (np.log, lambda x: 1 / x),
    ],
)
@pytest.mark.parametrize("x", [1e-3, 0.3, 2.0, 40.0])
def test_differences_are_as_good_as_they_say(f, slope, x):
    estimate = _differences.column(lambda x: np.array([f(x[0])]), np.array([x]), 0)
    assert abs(estimate.value[0] - slope(x)) <= 10.0 * estimate.error[0] + 1e-15 * abs(slope(x))
    assert estimate.error[0] <= 1e-6 * max(abs(slope(x)), 1.0)


def test_complex_step_is_taken_where_it_agrees():
    estimate = _differences.column(lambda x: np.sin(x), np.array([0.3]), 0)
    assert_allclose(estimate.value, np.cos(0.3), rtol=1e-15)
    crossed = _differences.column(lambda x: np.real(x) ** 2, np.array([0.3]), 0)
    assert_allclose(crossed.value, 0.6, rtol=1e-9)


def test_right_derivatives_pass():
    report = dualtape.check(lambda p, t: {"a": np.sin(p["x"]) * t, "b": t**2}, ({"x": X}, 1.5))
    assert report
    assert report.n_entries == 2 * (9 + 27)
    assert set(report.worst) == {1, 2}
    assert not report.kinks
    assert not report.unresolved
    assert "agree" in repr(report)


def wrong_jacobian(x):
    return x * x + np.stack([x[0], dualtape.stop_gradient(2.0 * x[1])])


def wrong_hessian(x):
    slope = dualtape.stop_gradient(2.0 * x)
    return dualtape.stop_gradient(x * x) + slope * (x - dualtape.stop_gradient(x))


def test_wrong_derivative_is_named():
    with pytest.raises(DerivativeMismatch, match=r"d f\[1\] / d x\[1\] = 2.4 .*differences give 4.4") as caught:
        dualtape.check(wrong_jacobian, X, order=1)
    assert "wrong_jacobian" in str(caught.value)


def test_wrong_second_derivative_is_found():
    assert dualtape.check(wrong_hessian, 1.5, order=1)
    with pytest.raises(DerivativeMismatch):
        dualtape.check(lambda x: wrong_hessian(x) + x**3, 1.5)


def test_kinks_are_named_and_pass():
    report = dualtape.check(np.abs, 0.0, order=1)
    assert report
    assert len(report.kinks) == 2
    assert "-1 from the left and 1 from the right" in report.kinks[0]


def test_what_differences_cannot_see_is_named():
    report = dualtape.check(np.sqrt, 0.0, order=1)
    assert report.unresolved


def test_points_at_the_end_of_the_domain_are_judged():
    assert dualtape.check(lambda x: np.log(x), 1e-4)
    assert dualtape.check(lambda x: x**1.5, 0.01)
