"""Programs of gradients of matrix functions: the rule itself is recorded, its decisions are guarded, and a replay is
right elsewhere, at matrices without a derivative too."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

pytest.importorskip("scipy")

import scipy.linalg
from scipy.special import logsumexp

import dualtape

linalg = np.linalg
A = np.random.default_rng(0).standard_normal((3, 3)) + np.diag([1.0, 2.0, 4.0])
POINTS = [A, A + 0.1, 2.0 * A.T, np.eye(3), np.diag([1.0, 1.0, 2.0]), np.diag([3.0, 0.0, 0.0])]
TO_ROUNDING = 1e-9

FUNCTIONS = {
    "eigenvectors": lambda a: linalg.eigh(a)[1][0, 2] * linalg.eigh(a)[0][1],
    "eigenvalues": lambda a: linalg.eigvalsh(a)[1] * linalg.eigvalsh(a).sum(),
    "singular vectors": lambda a: linalg.svd(a)[0][0, 1] * linalg.svd(a)[2][1, 0],
    "singular values": lambda a: linalg.svd(a, compute_uv=False)[0],
    "nuclear norm": lambda a: linalg.norm(a, "nuc"),
    "condition": lambda a: linalg.cond(a),
    "pseudoinverse": lambda a: linalg.pinv(a)[0, 1],
    "least squares": lambda a: linalg.lstsq(a, np.ones(3), rcond=1e-9)[0][0],
    "orthogonal factor": lambda a: linalg.qr(a)[0][0, 1],
    "all of it": lambda a: linalg.qr(a[:, :1], "complete")[0][1, 2],
    "exponential": lambda a: scipy.linalg.expm(0.1 * a)[0, 1],
    "root": lambda a: scipy.linalg.sqrtm(a @ a.T + np.eye(3))[0, 1],
    "polar factor": lambda a: scipy.linalg.polar(a + 5.0 * np.eye(3))[0][0, 1],
    "triangles": lambda a: scipy.linalg.lu_solve(scipy.linalg.lu_factor(a + 9.0 * np.eye(3)), np.ones(3))[0],
    "band": lambda a: scipy.linalg.solve_banded((1, 1), a + np.array([[0.0], [9.0], [0.0]]), np.ones(3))[1],
    "exponentials": lambda a: logsumexp(a, b=[1.0, 2.0, 0.5]),
}


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.filterwarnings("ignore")
def test_a_program_of_a_gradient_is_right_elsewhere(name):
    gradient = dualtape.grad(FUNCTIONS[name])
    P = dualtape.record(lambda a: gradient(a), A)
    for point in POINTS:
        assert_allclose(P(point), gradient(point), rtol=TO_ROUNDING, atol=1e-12)
    assert_allclose(P.jacobian(A), dualtape.hessian(FUNCTIONS[name])(A), rtol=TO_ROUNDING, atol=TO_ROUNDING)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_third_derivatives_are_those_of_differences_of_the_second(name):
    f, direction = FUNCTIONS[name], np.array([[0.3, -0.2, 0.5], [0.1, 0.6, -0.4], [0.2, 0.7, -0.1]])

    def twice(a):
        return np.sum(dualtape.hessian(f)(a) * direction[:, :, None, None] * direction)

    found = np.sum(dualtape.grad(twice)(A) * direction)
    h = 1e-3
    near, far = (twice(A + k * h * direction) - twice(A - k * h * direction) for k in (1.0, 2.0))
    assert found == pytest.approx((8.0 * near - far) / (12.0 * h), rel=1e-6, abs=1e-8)
