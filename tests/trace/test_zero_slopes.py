"""A slope of the inner derivative that is zero at the point and moves with the outer variable: ``-sin(x)`` at 0, which
is -0.0. It was computed, so that nothing is lost in what follows it, whatever the function of ``cos(x)`` is."""

import itertools

import numpy as np
import pytest
import scipy.linalg
from scipy import special

import dualtape

OF_COSINES = {
    "sici": lambda c: special.sici(c)[0],
    "shichi": lambda c: special.shichi(c)[1],
    "airy": lambda c: special.airy(c)[3],
    "ellipj": lambda c: special.ellipj(c, 0.3)[0],
    "fresnel": lambda c: special.fresnel(c)[0],
    "gammainc": lambda c: special.gammainc(c, 0.7),
    "betainc": lambda c: special.betainc(c, 2.0, 0.3),
    "jv in its order": lambda c: special.jv(c, 0.7),
    "hyp1f1": lambda c: special.hyp1f1(c, 1.5, 0.4),
    "lambertw": lambda c: special.lambertw(c + 1j).real,
    "matmul": lambda c: np.array([[2.0, 1.0], [0.5, 3.0]]) @ c * c,
    "solve": lambda c: np.linalg.solve(np.eye(2) + np.outer(c, c), c),
    "triangular": lambda c: scipy.linalg.solve_triangular(np.diag(c) + np.eye(2), c, lower=True),
    "cholesky": lambda c: scipy.linalg.cholesky(np.eye(2) + np.outer(c, c)),
    "cho_solve": lambda c: scipy.linalg.cho_solve(scipy.linalg.cho_factor(np.eye(2) + np.outer(c, c)), c),
    "eig": lambda c: np.linalg.eig(np.array([[1.0, 0.5], [0.2, 3.0]]) * c)[0].real,
    "eigh": lambda c: np.linalg.eigh(np.diag(c * np.array([1.0, 2.0])) + 0.1)[1],
    "svd": lambda c: np.linalg.svd(np.diag(c * np.array([1.0, 2.0])) + 0.1)[1],
    "sort": lambda c: np.sort(c * np.array([2.0, 1.0])) ** 2,
    "cumprod": np.cumprod,
    "fft": lambda c: np.abs(np.fft.fft(c * np.array([2.0, 1.0]))),
    "hypot": lambda c: np.hypot(c, 2.0 * c),
}


@pytest.mark.parametrize("name", OF_COSINES)
def test_nothing_is_lost_where_the_inner_slope_is_a_computed_zero(name):
    x, f = np.array([0.0, -0.0]), lambda x: OF_COSINES[name](np.cos(x))
    near = dualtape.hessian(f)(np.array([1e-7, -1e-7]))
    for inner, outer in itertools.product(("forward", "reverse"), repeat=2):
        derivative = dualtape.jacobian(f, mode=inner)
        np.testing.assert_allclose(dualtape.jacobian(derivative, mode=outer)(x), near, rtol=1e-5, atol=1e-5)
        program = dualtape.record(derivative, x + 0.5)
        np.testing.assert_allclose(program.jacobian(x), near, rtol=1e-5, atol=1e-5)
