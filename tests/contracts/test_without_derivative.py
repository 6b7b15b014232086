"""Where a function has no derivative, no way of asking for one gives numbers throughout: neither a cotangent of zero
that meets an infinite partial, nor a rule's own NaN that is differentiated once more as if it were a constant."""

import numpy as np
import pytest
import ways
from scipy import linalg

import dualtape

I2 = np.eye(2)
TWOFOLD = np.diag([2.0, 2.0, 5.0])
SINGULAR = np.diag([1.0, 0.0])

NOWHERE = {
    "an eigenvector of equal eigenvalues": (lambda a: np.linalg.eigh(a)[1][0, 0], I2),
    "one of three": (lambda a: np.linalg.eigh(a)[1][0, 0], TWOFOLD),
    "all eigenvectors": (lambda a: np.linalg.eigh(a)[1].sum(), I2),
    "a left singular vector": (lambda a: np.linalg.svd(a)[0][0, 0], I2),
    "all left singular vectors": (lambda a: np.linalg.svd(a)[0].sum(), I2),
    "a right singular vector": (lambda a: np.linalg.svd(a)[2][1, 1], I2),
    "a vector that completes a basis": (lambda a: np.linalg.svd(a)[0][1, 1], np.eye(3)[:, :1]),
    "a general eigenvector": (lambda a: np.linalg.eig(a)[1][0, 0].real, I2),
    "a general eigenvalue": (lambda a: np.linalg.eig(a)[0][0].real, I2),
    "an eigenvalue of a defective matrix": (lambda a: np.linalg.eigvals(a)[0].real, np.array([[1.0, 1.0], [0.0, 1.0]])),
    "the logarithm of a determinant that is 0": (lambda a: np.linalg.slogdet(a)[1], SINGULAR),
    "R of dependent columns": (lambda a: np.linalg.qr(a)[1][1, 1], np.ones((2, 2))),
    "Q of a column of zeros": (lambda a: np.linalg.qr(a)[0][0, 0], np.array([[0.0, 1.0], [0.0, 1.0]])),
    "a fractional power of a singular matrix": (
        lambda a: linalg.fractional_matrix_power(a, 0.5).real.sum(),
        np.array([[1.0, 2.0], [2.0, 4.0]]),
    ),
    "arctan2 at the origin": (lambda x: np.arctan2(x[0], x[1]), np.zeros(2)),
    "a root times zero": (lambda x: np.sqrt(x[0]) * 0.0, np.zeros(2)),
    "a correlation with a constant": (lambda x: np.corrcoef(x, np.arange(3.0))[0, 1], np.ones(3)),
}


@pytest.mark.parametrize("way", ways.FIRST)
@pytest.mark.parametrize("name", NOWHERE)
def test_what_has_no_derivative_has_none_in_any_way(name, way):
    f, x = NOWHERE[name]
    with np.errstate(all="ignore"):
        assert np.isnan(ways.FIRST[way](f, x)).any()


@pytest.mark.parametrize("way", ways.SECOND)
@pytest.mark.parametrize("name", NOWHERE)
def test_nor_a_second_one(name, way):
    f, x = NOWHERE[name]
    with np.errstate(all="ignore"):
        assert np.isnan(ways.SECOND[way](f, x)).any()


def test_what_does_not_use_an_eigenspace_keeps_its_derivative():
    for way in ways.FIRST:
        assert np.isfinite(ways.FIRST[way](lambda a: np.linalg.eigh(a)[1][2, 2], TWOFOLD)).all(), way


def test_the_sum_of_general_eigenvalues_that_are_equal_is_the_trace():
    for way in ("reverse", "vjp", "program", "second-order adjoints"):
        np.testing.assert_allclose(ways.FIRST[way](lambda a: np.linalg.eig(a)[0].sum().real, TWOFOLD), np.eye(3))


@pytest.mark.filterwarnings("ignore")  # SciPy warns of singular matrices
@pytest.mark.parametrize("a", [np.array([[1.0, 2.0], [2.0, 4.0]]), np.zeros((2, 2))], ids=["singular", "zero"])
@pytest.mark.parametrize("mode", ["reverse", "forward"])
def test_functions_without_a_series_at_zero_have_none_at_singular_matrices(mode, a):
    for f in (linalg.logm, lambda a: linalg.fractional_matrix_power(a, 2.5)):
        assert np.isnan(dualtape.jacobian(f, mode=mode)(a)).all()
        assert np.isnan(dualtape.hessian(f, mode=mode)(a)).all()
