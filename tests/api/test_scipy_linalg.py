"""Code that calls `scipy.linalg` and `scipy.special` by whatever name: the drivers differentiate it as it stands."""

import numpy as np
import pytest

pytest.importorskip("scipy")

import scipy.linalg
import scipy.linalg as sla
from scipy.linalg import cho_factor, cho_solve, expm
from scipy.special import log_softmax, logsumexp, softmax

import dualtape
from dualtape import errors

DIFFERENCES = 2e-8
A = np.array([[4.0, 1.0, 0.2], [1.0, 3.0, 0.5], [0.2, 0.5, 2.0]])
B = np.array([1.0, -2.0, 0.5])

IDIOMS = {
    "imported function": lambda a: cho_solve(cho_factor(a), B).sum(),
    "module under a name": lambda a: sla.solve(a, B, assume_a="pos")[0],
    "module in full": lambda a: scipy.linalg.lu_solve(scipy.linalg.lu_factor(a), B)[1],
    "by keyword": lambda a: sla.solve_triangular(a=a, b=B, lower=True, overwrite_b=False, check_finite=False).sum(),
    "function of a matrix": lambda a: expm(-0.1 * a)[0, 1] + sla.logm(a)[0, 1] + sla.sqrtm(a)[1, 2],
    "Gaussian likelihood": lambda a: -0.5 * B @ sla.solve(a, B) - np.sum(np.log(np.diag(sla.cholesky(a, lower=True)))),
    "structure": lambda a: np.linalg.det(sla.toeplitz(a[0], a[1])) + sla.block_diag(a[:1], a[1:]).sum(),
    "eigenvalues": lambda a: sla.eigh(a)[0][0] * sla.eigvalsh(a)[2] + sla.svdvals(a)[1],
    "exponentials": lambda a: logsumexp(a, axis=0)[1] + softmax(a)[0, 1] + log_softmax(a, axis=1)[2, 0],
}


def _differences(f, a, h=1e-5):
    g = np.zeros(a.shape)
    for index in np.ndindex(a.shape):
        step = np.zeros(a.shape)
        step[index] = h
        near, far = (f(a + k * step) - f(a - k * step) for k in (1.0, 2.0))
        g[index] = (8.0 * near - far) / (12.0 * h)
    return g


@pytest.mark.parametrize("idiom", IDIOMS)
def test_the_gradient_is_that_of_differences(idiom):
    f = IDIOMS[idiom]
    value, g = dualtape.value_and_grad(f)(A)
    assert value == f(A)
    np.testing.assert_allclose(g, _differences(f, A), rtol=DIFFERENCES, atol=DIFFERENCES)
    np.testing.assert_allclose(dualtape.jacobian(f, mode="forward")(A), g, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("idiom", IDIOMS)
def test_the_hessian_is_that_of_differences_of_the_gradient(idiom):
    f, direction = IDIOMS[idiom], np.array([[0.3, -1.0, 0.2], [0.5, 0.1, 0.7], [-0.4, 0.6, 0.9]])
    found = dualtape.hvp(f, A, direction)
    g, h = dualtape.grad(f), 1e-4
    near, far = (g(A + k * h * direction) - g(A - k * h * direction) for k in (1.0, 2.0))
    np.testing.assert_allclose(found, (8.0 * near - far) / (12.0 * h), rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("idiom", IDIOMS)
def test_a_program_of_it_is_exact_elsewhere(idiom):
    f = IDIOMS[idiom]
    P = dualtape.record(f, A)
    for shift in (0.0, 0.1, 1.5):
        point = A + shift * np.diag([1.0, 0.5, 2.0])
        assert P(point) == f(point)
        np.testing.assert_allclose(P.grad(point), dualtape.grad(f)(point), rtol=1e-12, atol=1e-14)


def test_what_has_no_rule_is_refused_by_name():
    with pytest.raises(errors.UnsupportedOperation, match=r"scipy\.linalg\.qz"):
        dualtape.grad(lambda a: sla.qz(a, a)[0][0, 0])(A)


def test_the_errors_are_those_of_scipy():
    with pytest.raises(np.linalg.LinAlgError):
        dualtape.grad(lambda a: sla.cholesky(a - 9.0 * np.eye(3))[0, 0])(A)
    with pytest.raises(ValueError, match="infs or NaNs"):
        dualtape.grad(lambda a: sla.inv(a * np.inf)[0, 0])(A)


@pytest.mark.parametrize("large", [700.0, 1e4, -1e4, 1e300])
def test_exponentials_do_not_overflow(large):
    x = np.array([large, large - 1.0, -np.inf])
    w = np.exp([0.0, -1.0, -np.inf])
    w /= w.sum() if large < 1e100 else 2.0 * w[0]
    w = np.array([0.5, 0.5, 0.0]) if large > 1e100 else w
    np.testing.assert_allclose(dualtape.grad(logsumexp)(x), w, rtol=1e-12)
    np.testing.assert_allclose(dualtape.jacobian(softmax)(x), np.diag(w) - np.outer(w, w), rtol=1e-12)
    np.testing.assert_allclose(dualtape.hessian(logsumexp)(x), np.diag(w) - np.outer(w, w), rtol=1e-12)
    found = dualtape.jacobian(lambda z: log_softmax(z)[:2])(x)
    np.testing.assert_allclose(found, np.eye(3)[:2] - w, rtol=1e-12, atol=1e-15)


def test_a_banded_system_stays_banded():
    """A thousand unknowns, the matrix of which nobody makes."""
    n, b = 1000, np.linspace(0.0, 1.0, 1000)

    def f(x):
        return np.sum(scipy.linalg.solve_banded((1, 1), np.stack([-0.5 * x, 2.0 + x, -0.5 * x]), b) ** 2)

    x = np.linspace(0.1, 0.9, n)
    direction = np.cos(np.arange(n))
    h = 1e-4
    near, far = (f(x + k * h * direction) - f(x - k * h * direction) for k in (1.0, 2.0))
    assert dualtape.grad(f)(x) @ direction == pytest.approx((8.0 * near - far) / (12.0 * h), rel=1e-8)
