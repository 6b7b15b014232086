"""Constant sparse matrices, linear operators and interpolants of SciPy at traced points."""

import math

import numpy as np
import pytest
from judges import judge

import dualtape as dt

sparse = pytest.importorskip("scipy.sparse")
linalg = pytest.importorskip("scipy.sparse.linalg")

X = np.array([0.5, 1.2, -0.7, 0.9])
DENSE = np.array([[2.0, -1.0, 0.0, 0.5], [-1.0, 3.0, 0.0, 0.0], [0.0, 0.25, 1.5, 0.0], [0.0, 0.0, -0.5, 2.0]])
FORMATS = {
    name: getattr(sparse, name)(DENSE)
    for name in ("csr_matrix", "csc_matrix", "coo_matrix", "csr_array", "csc_array", "dia_matrix", "lil_matrix")
}
A = FORMATS["csr_matrix"]
OPERATOR = linalg.LinearOperator((4, 4), matvec=lambda x: DENSE @ x, rmatvec=lambda w: DENSE.T @ w)
FACTORS = linalg.splu(FORMATS["csc_matrix"])


class Stencil(linalg.LinearOperator):
    """A second difference, written as SciPy's documentation does."""

    def __init__(self, n):
        super().__init__(np.float64, (n, n))

    def _matvec(self, x):
        return DENSE @ x

    def _rmatvec(self, x):
        return DENSE.T @ x


class Model:
    def __init__(self):
        self.A = A

    def residual(self, x):
        return self.A @ np.sin(x) - self.A.T.dot(x * x)


PRODUCTS = {
    "A @ x": lambda x: A @ (x * x),
    "A.dot": lambda x: A.dot(np.sin(x)),
    "A * x": lambda x: A * (x * x),
    "x @ A": lambda x: (x * x) @ A,
    "A.T": lambda x: A.T @ (x * x),
    "A.T.T": lambda x: A.T.T @ (x * x),
    "a product of matrices": lambda x: (A @ A) @ np.exp(x),
    "A of columns": lambda x: A @ np.stack([x, x * x], axis=1),
    "a scaled matrix": lambda x: (2.0 * A + sparse.identity(4)) @ np.sin(x),
    "a matrix made in f": lambda x: sparse.diags([1.0, 2.0, 3.0, 4.0]) @ (x * x),
    "x @ A @ x": lambda x: x @ (A @ x),
    "a slice of A": lambda x: A[1:3] @ (x * x),
    "toarray": lambda x: A.toarray() @ (x * x),
    "an operator": lambda x: OPERATOR @ np.exp(x),
    "matvec": lambda x: OPERATOR.matvec(np.sin(x)) * OPERATOR.rmatvec(x),
    "a derived operator": lambda x: Stencil(4) @ (x * x),
    "an operator's T": lambda x: OPERATOR.T @ (x * x),
    "aslinearoperator": lambda x: linalg.aslinearoperator(A) @ (x * x),
    "splu": lambda x: FACTORS.solve(x * x),
    "splu, transposed": lambda x: FACTORS.solve(x * x, "T"),
    "spsolve": lambda x: linalg.spsolve(A.tocsc(), x * x),
    "factorized": lambda x: linalg.factorized(A.tocsc())(x * x),
    "an attribute": Model().residual,
    "a buffer": lambda x: A @ _filled(x),
}


def _filled(x):
    y = np.zeros(4)
    for i in range(4):
        y[i] = math.sin(x[i])
    return y


@pytest.mark.parametrize("name", PRODUCTS)
def test_products(name):
    judge(PRODUCTS[name], X, rounding=1e-15)


@pytest.mark.parametrize("name", FORMATS)
def test_formats(name):
    matrix = FORMATS[name]
    judge(lambda x: matrix @ np.sin(x), X)


def test_a_matrix_that_is_changed_later_changes_no_derivative():
    matrix = sparse.csr_matrix(DENSE)
    _, pullback = dt.vjp(lambda x: matrix @ x, X)
    matrix.data[:] = 0.0
    np.testing.assert_array_equal(pullback(np.ones(4)), DENSE.sum(axis=0))
    program = dt.record(lambda x: matrix @ x, X)
    matrix.data[:] = 1.0
    np.testing.assert_array_equal(program.jacobian(X), DENSE != 0.0)


def test_the_matrix_looks_like_itself():
    def f(x):
        assert sparse.issparse(A) and isinstance(A, sparse.csr_matrix) and A.shape == (4, 4) and A.nnz == 9
        assert isinstance(OPERATOR, linalg.LinearOperator)
        return A @ x

    np.testing.assert_array_equal(dt.jacobian(f)(X), DENSE)


COMPLEX = sparse.csr_array(DENSE * (1.0 + 0.5j) + 0.25j * np.eye(4))
WAVE = np.exp(1j * np.arange(4.0))
OF_COMPLEX_NUMBERS = {
    "A @ z": lambda x: A @ (x * WAVE),
    "z @ A": lambda x: (x * WAVE) @ A,
    "A.dot of a list": lambda x: A.dot([1j * x[0], x[1], 2.0, x[2]]),
    "a complex A @ x": lambda x: COMPLEX @ (x * x),
    "a complex A @ z": lambda x: COMPLEX @ (x * x * WAVE),
    "a complex A.T @ x": lambda x: COMPLEX.T @ (x * x),
    "x @ a complex A": lambda x: (x * x) @ COMPLEX,
    "columns": lambda x: COMPLEX @ np.stack([x, x * x], axis=1),
    "an operator": lambda x: OPERATOR @ (x * WAVE),
    "a complex operator": lambda x: linalg.aslinearoperator(COMPLEX) @ (x * x),
    "its adjoint": lambda x: linalg.aslinearoperator(COMPLEX).H @ (x * x),
    "rmatvec": lambda x: linalg.aslinearoperator(COMPLEX).rmatvec(x * WAVE),
    "splu": lambda x: linalg.splu(COMPLEX.tocsc()).solve(x * x),
    "splu, transposed": lambda x: linalg.splu(COMPLEX.tocsc()).solve(x * WAVE, "T"),
    "splu, adjoint": lambda x: linalg.splu(COMPLEX.tocsc()).solve(x * WAVE, "H"),
    "spsolve": lambda x: linalg.spsolve(COMPLEX.tocsc(), x * x),
    "spsolve of z": lambda x: linalg.spsolve(A.tocsc(), x * WAVE),
    "expm_multiply": lambda x: linalg.expm_multiply(COMPLEX, x * x),
}


@pytest.mark.parametrize("name", OF_COMPLEX_NUMBERS)
def test_complex_matrices_and_vectors_keep_both_parts(name):
    def f(x):
        found = OF_COMPLEX_NUMBERS[name](x)
        return np.stack([np.real(found), np.imag(found)])

    judge(f, X, rounding=1e-14)


@pytest.mark.parametrize(
    "f",
    [
        lambda x: (COMPLEX * x[0]).toarray(),
        lambda x: (COMPLEX + sparse.diags_array(x)).toarray(),
        lambda x: linalg.LinearOperator((4, 4), matvec=lambda v: 1j * v, dtype=float) @ x,
        lambda x: sparse.csr_array((1j * x, (np.arange(4), np.arange(4)))).toarray(),
    ],
)
def test_a_complex_part_that_would_be_lost_is_refused(f):
    with pytest.raises(dt.errors.DualtapeError, match="complex"):
        dt.jacobian(lambda x: np.real(f(x)))(X)
