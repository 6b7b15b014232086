"""Decisions in programs: a guard holds where f goes the same way, and fails where it goes another one."""

import math
import warnings

import numpy as np
import pytest
from cases import CASES
from replays import agrees, program, replays

import dualtape

A, B, C = np.array([1.0, 3.0, 2.0]), np.array([1.5, 5.0, -2.0]), np.array([7.0, 5.0, 2.0])


@pytest.mark.parametrize(
    "f, recorded, same, other",
    [
        (lambda x: x * 2.0 if x > 1.0 else x * 3.0, 2.0, 3.0, 0.0),
        (lambda x: x * 2.0 if x >= 2 else x * 3.0, 2.0, 3.0, 1.0),
        (lambda x: x * 2.0 if 1.0 < x else x * 3.0, 2.0, 3.0, np.nan),
        (lambda x: x * 2.0 if x == 2.0 else x * 3.0, 2.0, 2.0, 1.0),
        (lambda x: x * 2.0 if x != 2.0 else x * 3.0, 3.0, 4.0, 2.0),
        (lambda x: x * 2.0 if x else x + 1.0, 3.0, 4.0, 0.0),
        (lambda x: x * math.floor(x), 2.25, 2.75, 3.25),
        (lambda x: x * math.ceil(x), 2.25, 2.75, 3.25),
        (lambda x: x * math.trunc(x), -0.25, 0.25, 1.25),
        (lambda x: x * int(x), -2.25, -2.75, -3.25),
        (lambda x: x * np.arange(5.0)[int(x)], 2.25, 2.75, 3.25),
        (lambda x: x * round(x), 2.75, 3.25, 3.75),
        (lambda x: x * x.primal, 2.0, 2.0, 2.5),
        (lambda x: max(x, 2.0) * x, 3.0, 4.0, 1.0),
        (lambda x: sorted([x, 3.0, x * x])[1] * x, 2.0, 2.25, 0.5),
        (lambda x: x if np.isnan(x) else x * x, 2.0, 3.0, np.nan),
        (lambda x: x * 2.0 if np.less(x, 3.0) else x, 2.0, 1.0, 3.0),
        (lambda x: x * 2.0 if x < np.float64(3.0) else x, 2.0, 1.0, 3.0),
        (lambda x: x * [4.0, 5.0, 6.0][np.searchsorted([1.0, 2.0], x)], 1.5, 1.75, 2.5),
    ],
)
def test_a_decision_on_a_number_is_guarded(f, recorded, same, other):
    assert replays(f, [recorded], [same], [other]) == [True, False]


@pytest.mark.parametrize(
    "f, same, other",
    [
        (lambda x: x[np.argmax(x)] ** 2, B, C),
        (lambda x: x[np.argsort(x)] * np.arange(3.0), A + 1.0, C),
        (lambda x: x * 2.0 if np.all(np.isfinite(x)) else np.zeros_like(x), B, A * np.inf),
        (lambda x: x * 2.0 if x.sum() > 4.0 else x, C, A * 0.5),
        (lambda x: x[x > 2.5] * 2.0, B * np.array([1.0, 1.0, -1.0]), C),
        (lambda x: x[np.nonzero(x > 2.5)], B, C),
        (lambda x: x * 2.0 if np.allclose(x, A, atol=1.0) else x, A + 0.5, C),
        (lambda x: np.where(np.digitize(x, [1.25, 2.5]) == 2, x, -x), A * 1.01, B),
        (lambda x: x * x.primal[0], A, B),
        (lambda x: x.T * np.float64(x[1:].primal.sum()), A, B),
        (lambda x: x * 2.0 if x[:1] else x, B, A * 0.0),
    ],
)
def test_a_decision_on_an_array_is_guarded(f, same, other):
    assert replays(f, [A], [same], [other]) == [True, False]


@pytest.mark.parametrize("text", [repr, str, np.array2string, lambda x: f"{x[0]:.3f}", lambda x: repr(x[0])])
def test_a_decision_on_a_text_is_guarded(text):
    assert replays(lambda x: x * 2.0 if "7" in text(x) else x, [A], [A], [C]) == [True, False]


def test_an_iteration_is_replayed_while_its_length_is_the_same():
    def newton(x):
        y = x
        while abs(y * y - x) > 1e-9:
            y = 0.5 * (y + x / y)
        return y

    assert replays(newton, [2.0], [2.0625], [30.0]) == [True, False]


def test_an_operation_that_fails_decides_by_its_values():
    def f(a):
        try:
            return np.linalg.cholesky(a).sum()
        except np.linalg.LinAlgError:
            return np.linalg.cholesky(a + 10.0 * np.eye(2)).sum()

    assert replays(f, [-np.eye(2)], [-np.eye(2)], [-2.0 * np.eye(2)], [5.0 * np.eye(2)]) == [True, False, False]


def test_decisions_of_an_inner_derivative_on_outer_values_are_guarded():
    def f(x):
        g = dualtape.grad(lambda y: y * y * x if y > x else y * x)
        return g(3.0) + g(x * 2.0)

    assert replays(f, [2.0], [2.5], [4.0], [-1.0]) == [True, False, False]


def test_slopes_that_an_inner_derivative_decides_on_are_guarded():
    def f(x):
        g = dualtape.grad(lambda y: abs(y * x) + np.maximum(y, x) + abs(y))
        return g(1.0) + g(x)

    assert replays(f, [2.0], [2.5], [0.5], [-1.0]) == [True, False, False]


def test_slopes_of_arrays_that_an_inner_derivative_decides_on_are_found_anew():
    def f(x):
        g = dualtape.grad(lambda y: (abs(y * x) + np.maximum(y, x)).sum())
        return g(np.array([1.0, 2.0, 3.0])).sum() + g(x).sum()

    x = np.array([1.5, 2.5, -4.0])
    assert replays(f, [x], [x + 0.25], [-x], [np.array([1.0, 2.0, 2.0])]) == [True] * 3


def test_orders_and_choices_of_an_inner_derivative_are_found_anew():
    def f(x):
        J = dualtape.jacobian(lambda y: np.sort(y * x) + np.where(y > x, y * y * x, y) + np.max(y * y))(x[::-1])
        H = dualtape.hessian(lambda y: np.sum(np.maximum(y, x) ** 3) + np.median(y * x) ** 2)(x * 0.5)
        return J @ x + H @ x

    x = np.array([1.5, 2.5, -4.0])
    assert replays(f, [x], [x + 0.25], [-x], [x[::-1]]) == [True] * 3
    assert program(f, x)[1] == []


# What looks at its argument with good reason; all other functions replay anywhere.
LOOKS = {"where of scalars", "argsort", "argmax", "slogdet sign", "frexp", "piecewise", "piecewise else"}
LOOKS |= {"count_nonzero"}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.label)
def test_no_replay_of_a_case_is_stale(case):
    at = case.points()
    rng = np.random.default_rng(2)
    low, high = (0.4, 1.6) if case.positive else (-1.0, 1.0)
    elsewhere = [1.03 * x for x in at], [rng.permuted(x) for x in at], [rng.uniform(low, high, x.shape) for x in at]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path, _ = program(case.f, *at)
        assert agrees(path, case.f, *at)
        for point in elsewhere:
            try:
                served = agrees(path, case.f, *point)
            except np.linalg.LinAlgError as error:
                with pytest.raises(np.linalg.LinAlgError) as numpys:
                    case.f(*point)
                assert str(error).startswith(str(numpys.value))
            else:
                assert served or case.looks or case.label in LOOKS
