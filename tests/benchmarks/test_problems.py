"""The closed forms that benchmarks are checked with are right: complex steps of the functions themselves say so."""

import numpy as np
import pytest

from benchmarks.problems import PROBLEMS, WrongAnswer, select, verify

STEP = 1e-30
SMALL = [f"{name} {min(problem.sizes)}" for name, problem in PROBLEMS.items()]


def complex_steps(f, x):
    """Derivatives of f in each input, one column per input."""
    columns = [np.imag(f(x + 1j * STEP * direction)) / STEP for direction in np.eye(x.size)]
    return np.stack(columns, axis=-1)


def to_complex(f):
    """f for complex input, also where it fills real arrays: ``zeros_like`` then gives complex ones."""
    return lambda x: f(np.asarray(x, dtype=complex))


@pytest.mark.parametrize("case", SMALL)
def test_first_derivatives_in_closed_form_are_those_of_the_function(case):
    problem, x = select(case)
    np.testing.assert_allclose(problem.first(x), complex_steps(to_complex(problem.f), x), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("case", [case for case in SMALL if not case.startswith("broyden")])
def test_second_derivatives_are_differences_of_the_first(case):
    problem, x = select(case)
    h = 1e-5
    differences = [(problem.first(x + h * e) - problem.first(x - h * e)) / (2 * h) for e in np.eye(x.size)]
    expected = np.stack(differences, axis=-1)
    np.testing.assert_allclose(problem.second(x), expected, atol=1e-7 * np.abs(expected).max())


@pytest.mark.parametrize("case", SMALL)
def test_points_are_the_same_every_time_and_keep_values_finite(case):
    problem, x = select(case)
    assert np.array_equal(x, select(case)[1])
    assert np.all(np.isfinite(problem.primal(x)()))


def test_problems_about_floats_run_on_floats():
    problem, x = select("loop 3")
    assert type(problem.primal(x)()) is float


@pytest.mark.parametrize("answer", [np.array([1.0, 2.0 + 1e-8]), np.array([1.0]), np.array([1.0, np.nan]), None])
def test_a_wrong_answer_is_refused(answer):
    with pytest.raises(WrongAnswer):
        verify(answer, np.array([1.0, 2.0]), "an answer")
