"""The NIST problems: data as published, fits from the first start to the certified digits."""

import numpy as np
import pytest

from dualtape.cli.tour import nist

PROBLEMS = pytest.mark.parametrize("problem", [nist.RAT43, nist.THURBER], ids=lambda problem: problem.name)


@PROBLEMS
def test_the_data_give_the_certified_sum_of_squares(problem):
    residuals = problem.model(np.array(problem.parameters), problem.x) - problem.y
    np.testing.assert_allclose(residuals @ residuals, problem.sum_of_squares, rtol=1e-10)


@PROBLEMS
def test_the_fit_reaches_the_certified_values(problem):
    fit = nist.solve(problem)
    assert nist.digits(fit.parameters, problem.parameters).min() >= 10
    assert nist.digits(fit.deviations, problem.deviations).min() >= 10
    assert fit.offset < 1e-12


def test_digits_agreed():
    np.testing.assert_allclose(nist.digits([1.001, 2.0], [1.0, 2.0]), [3.0, 11.0], rtol=1e-12)
