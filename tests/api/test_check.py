"""`check` and its differences: wrong derivatives are found, right ones pass, kinks and blind spots are named."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

import dualtape
from dualtape.api import _differences, _operations
from dualtape.errors import DerivativeMismatch, PerturbationError

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


# ---- which operation it was ----


def stopped(x):
    y = np.sin(x) * x
    z = dualtape.stop_gradient(y * 2.0)
    return np.sum(y * z)


def by_text(x):
    return np.sum(x * x) * float(f"+{x[0]}")


def test_the_operation_that_differs_is_named():
    with pytest.raises(
        DerivativeMismatch, match=r"stop_gradient, whose first derivative .* is 0 where differ"
    ) as caught:
        dualtape.check(stopped, X, order=1)
    assert f"{__file__}:{stopped.__code__.co_firstlineno + 2}" in caught.value.report.suspect
    assert "suspect: np.stop_gradient" in repr(caught.value.report)
    assert not caught.value.report


def test_where_no_operation_differs_that_is_said():
    with pytest.raises(DerivativeMismatch, match="every operation of f agrees with differences of its own") as caught:
        dualtape.check(by_text, X, order=1)
    assert caught.value.report.suspect is None


@pytest.mark.parametrize(
    ("part", "wrong", "said"),
    [
        ("jvp", lambda x_dots, xs, v, **params: 1.5 * v, "first derivative"),
        ("vjp", lambda v_bar, xs, v, active, **params: (1.5 * v_bar * v / xs[0],), "pulls it back"),
    ],
)
def test_an_array_operation_with_a_wrong_rule_is_named(part, wrong, said):
    from dualtape.ops.array_ops import PROD

    right = getattr(PROD, part)
    object.__setattr__(PROD, part, wrong)
    try:
        with pytest.raises(DerivativeMismatch, match=rf"np\.prod, .*{said}") as caught:
            dualtape.check(lambda x: np.exp(np.prod(np.sin(x))), X, order=1)
    finally:
        object.__setattr__(PROD, part, right)
    assert __file__ in caught.value.report.suspect
    assert dualtape.check(lambda x: np.exp(np.prod(np.sin(x))), X)


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.linalg.solve(np.outer(x, x) + np.eye(2), x),
        lambda x: np.sort(x) * np.max(x) + np.where(x > 1.0, x, x * x),
        lambda x: np.cumprod(x) + np.linalg.det(np.outer(x, x) + np.eye(2)) + np.linalg.norm(x),
        lambda x: np.tanh(x) @ x + np.interp(x, [0.0, 1.0, 2.0], [1.0, 3.0, 2.0]) + x[0] ** x[1] + np.hypot(x[0], 2.0),
        lambda x: np.abs(np.exp(1j * x) * (x + 2j)) + np.fft.fft(x).real,
    ],
)
def test_right_operations_are_not_suspected(f):
    from dualtape.api._call import Call
    from dualtape.api._operations import Operations

    operations = Operations(Call(f, (X,), {}, 0))
    assert len(operations._collector.seen) > 2
    assert operations.suspect(2) is None
    assert not operations.kinks


def test_an_operation_that_cannot_be_judged_by_itself_is_passed_over(monkeypatch):
    def meets_a_number_of_another_level(*args):
        raise PerturbationError("numbers of two levels met")

    monkeypatch.setattr(_operations, "_judge", meets_a_number_of_another_level)
    with pytest.raises(DerivativeMismatch, match="every operation of f agrees"):
        dualtape.check(lambda x: np.sin(x) * dualtape.stop_gradient(x), X, order=1)


def test_operations_at_a_kink_are_named():
    report = dualtape.check(lambda x: np.sum(np.abs(x)) + np.maximum(x[1], 0.0), np.array([1.0, 0.0]), order=1)
    assert report
    assert [text.split(",")[0] for text in report.at_kinks] == [
        "np.absolute is at a kink: operand 0.0",
        "np.maximum is at a kink: operands 0.0 and 0.0",
    ]
    assert all(__file__ in text for text in report.at_kinks)
    assert "x is at a kink: np.absolute" in repr(report)
