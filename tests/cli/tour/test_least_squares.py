"""The tour's solver on problems whose solution is known without it."""

import numpy as np

from dualtape.cli.tour import least_squares


def test_a_linear_problem_agrees_with_lstsq():
    A = np.array([[1.0, 2.0], [3.0, -1.0], [0.5, 4.0], [2.0, 2.0]])
    y = np.array([1.0, 2.0, 3.0, 4.5])
    fit = least_squares.fit(lambda b: (A @ b - y, A), [10.0, -10.0])
    solution, (rss,), _, _ = np.linalg.lstsq(A, y)
    covariance = rss / 2 * np.linalg.inv(A.T @ A)
    np.testing.assert_allclose(fit.parameters, solution, rtol=1e-13)
    np.testing.assert_allclose(fit.deviations, np.sqrt(np.diag(covariance)), rtol=1e-13)
    np.testing.assert_allclose(fit.sum_of_squares, rss, rtol=1e-13)


def test_a_trial_point_outside_the_domain_is_refused():
    x = np.linspace(1.0, 5.0, 9)
    y = 2.0 * np.log(0.5 * x) + 0.01 * np.sin(40 * x)

    def residuals_and_jacobian(b):
        with np.errstate(invalid="ignore", divide="ignore"):
            return b[0] * np.log(b[1] * x) - y, np.stack([np.log(b[1] * x), b[0] / b[1] + 0 * x], axis=1)

    fit = least_squares.fit(residuals_and_jacobian, [0.1, 30.0])
    np.testing.assert_allclose(fit.parameters, [2.0, 0.5], rtol=0.05)
    assert fit.offset < 1e-12
