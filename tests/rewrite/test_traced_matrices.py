"""Sparse matrices of SciPy with traced entries, and functions of scipy.sparse.linalg with traced vectors."""

import numpy as np
import pytest
from judges import judge

import dualtape as dt

sparse = pytest.importorskip("scipy.sparse")
linalg = pytest.importorskip("scipy.sparse.linalg")

X = np.array([0.5, 1.2, -0.7, 0.9])
THERE = 1.01 * X + 0.001 * np.arange(4.0)
DENSE = np.array([[2.0, -1.0, 0.0, 0.5], [-1.0, 3.0, 0.0, 0.0], [0.0, 0.25, 1.5, 0.0], [0.0, 0.0, -0.5, 2.0]])
A = sparse.csr_matrix(DENSE)
AA = sparse.csr_array(DENSE)
RING = (np.arange(4), np.array([1, 2, 3, 0]))
TWICE = (np.tile(RING[0], 2), np.tile(RING[1], 2))
FORMATS = [
    f"{name}_{kind}" for name in ("csr", "csc", "coo", "dia", "bsr", "lil", "dok") for kind in ("matrix", "array")
]
MAKERS = [name for name in FORMATS if name[:3] not in ("lil", "dok", "dia", "bsr")]


def ring(x, kind="csr_array"):
    return getattr(sparse, kind)((x, RING), shape=(4, 4))


PROGRAMS = {
    "indices and indptr": lambda x: sparse.csr_array((x, [1, 2, 3, 0], [0, 1, 2, 3, 4]), shape=(4, 4)).toarray(),
    "entries that meet": lambda x: sparse.coo_array((np.concatenate([x, x * x]), TWICE), shape=(4, 4)).tocsr() @ x,
    "a dense array": lambda x: sparse.csr_array(np.outer(x, x)) @ x,
    "diagonals": lambda x: sparse.dia_array((np.stack([x, x * x]), [0, 1]), shape=(4, 4)) @ x,
    "diags": lambda x: sparse.diags(x) @ x,
    "diags_array": lambda x: sparse.diags_array(x).toarray(),
    "three diags": lambda x: sparse.diags([x[1:], x, x[:-1]], [-1, 0, 1]) @ x,
    "diags of numbers": lambda x: sparse.diags([1, x[0], -2.0], [-1, 0, 1], shape=(4, 4)) @ x,
    "spdiags": lambda x: sparse.spdiags(np.stack([x, x]), [0, -1], 4, 4) @ x,
    "a scaled matrix": lambda x: (A * x[0]) @ x + (x[1] * AA) @ x + (AA / x[0]) @ x,
    "multiply": lambda x: A.multiply(x) @ np.ones(4) + AA.multiply(ring(x)) @ x,
    "* of arrays": lambda x: (AA * np.outer(x, x)) @ x,
    "a sum": lambda x: (A + sparse.diags(x)) @ x - (sparse.diags(x) - A) @ x,
    "a sum with an array": lambda x: AA + np.outer(x, x),
    "a product": lambda x: (A @ sparse.diags(x) @ A.T) @ x,
    "a product of traced ones": lambda x: (ring(x) @ ring(x * x)).toarray(),
    "columns": lambda x: ring(x) @ np.stack([x, x * x], axis=1),
    "from the left": lambda x: (x * x) @ ring(x),
    "T": lambda x: ring(x).T @ x + ring(x).dot(x),
    "rows": lambda x: (A + sparse.diags(x))[1:3] @ x,
    "an entry": lambda x: (A + sparse.diags(x)).tocsr()[1, 1] * x,
    "diagonal": lambda x: (AA + sparse.diags_array(x)).diagonal() * x,
    "sum": lambda x: ring(x).sum() + ring(x).sum(axis=0) * ring(x * x).mean(),
    "data": lambda x: (AA * x[0]).data,
    "power": lambda x: ring(x).power(2) @ x - (-ring(x)) @ x,
    "kron": lambda x: sparse.kron(sparse.diags(x), sparse.eye(2)) @ np.arange(8.0),
    "bmat": lambda x: sparse.bmat([[sparse.diags(x), None], [None, A]]).tocsr() @ np.concatenate([x, x]),
    "hstack": lambda x: sparse.hstack([A, sparse.diags(x)]) @ np.concatenate([x, x]),
    "norm": lambda x: linalg.norm(ring(x)) * x,
    "spsolve": lambda x: linalg.spsolve(sparse.diags([x[1:], x + 3.0, x[:-1]], [-1, 0, 1], format="csc"), x),
    "spsolve of columns": lambda x: linalg.spsolve(
        (A + sparse.diags(x * x)).tocsc(), np.stack([x, x * x, np.ones(4)], axis=1)
    ),
    "splu": lambda x: linalg.splu((A + sparse.diags(x * x)).tocsc()).solve(x),
    "factorized": lambda x: linalg.factorized((A + sparse.diags(x * x)).tocsc())(np.ones(4)),
    "expm_multiply": lambda x: linalg.expm_multiply(A, x * x),
    "expm_multiply of columns": lambda x: linalg.expm_multiply(0.5 * A, np.stack([x, x * x], axis=1)),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs(name):
    judge(PROGRAMS[name], X, there=THERE, rounding=1e-15, spread=1e-15)


@pytest.mark.parametrize("name", MAKERS)
def test_entries_and_places(name):
    judge(lambda x: ring(x, name) @ (x * x), X, there=THERE, rounding=1e-15)


@pytest.mark.parametrize("name", FORMATS)
def test_constant_matrices_of_all_formats(name):
    matrix = getattr(sparse, name)(DENSE)
    judge(lambda x: matrix @ (x * x) + x @ matrix + matrix.T.dot(x), X, rounding=1e-15)
    judge(lambda x: matrix @ np.outer(x, x) @ matrix, X, rounding=1e-15)


@pytest.mark.parametrize("name", FORMATS)
def test_formats_of_a_traced_matrix(name):
    def f(x):
        found = (AA + sparse.diags_array(x)).asformat(name[:3])
        assert found.format == name[:3] and found.shape == (4, 4) and sparse.issparse(found)
        return found @ x

    judge(f, X, rounding=1e-15)


def test_entries_that_are_zero_keep_their_derivative():
    at = np.array([0.0, 1.0, -3.0, 0.0])
    ones = np.ones(4)
    np.testing.assert_array_equal(dt.jacobian(lambda x: sparse.diags(x).tocsr() @ ones)(at), np.eye(4))
    np.testing.assert_array_equal(dt.jacobian(lambda x: (A + sparse.diags(x)) @ ones)(at), np.eye(4))
    slopes = dt.jacobian(lambda x: sparse.csr_array(np.outer(x, ones)) @ ones)(at)
    np.testing.assert_array_equal(slopes, 4.0 * np.eye(4))


def test_a_diffusion_problem_as_with_dense_arrays():
    n = 60

    def middle(k):
        system = sparse.diags([-k[1:-1], k[:-1] + k[1:], -k[1:-1]], [-1, 0, 1], format="csc")
        return linalg.spsolve(system, np.full(n, 1.0 / n))[n // 2]

    def dense(k):
        system = np.diag(k[:-1] + k[1:]) - np.diag(k[1:-1], 1) - np.diag(k[1:-1], -1)
        return np.linalg.solve(system, np.full(n, 1.0 / n))[n // 2]

    k = 1.0 + 0.5 * np.sin(np.arange(n + 1.0))
    np.testing.assert_allclose(dt.grad(middle)(k), dt.grad(dense)(k), rtol=1e-9)
    np.testing.assert_allclose(dt.hessian(middle)(k), dt.hessian(dense)(k), rtol=1e-8, atol=1e-8)


REFUSED = {
    "max": lambda x: ring(x).max(),
    "setitem": lambda x: sparse.lil_array((4, 4)).__setitem__((0, 1), x[0]),
    "argmax": lambda x: ring(x).argmax(axis=0),
    "expm": lambda x: linalg.expm(ring(x).tocsc()).toarray(),
    "eigsh": lambda x: linalg.eigsh(ring(x), k=1),
    "cg": lambda x: linalg.cg(A, x)[0],
    "gmres": lambda x: linalg.gmres(A, x)[0],
    "lsqr": lambda x: linalg.lsqr(A, x)[0],
    "csr_matrix": lambda x: linalg.cg(ring(x), np.ones(4)),
    "aslinearoperator": lambda x: linalg.aslinearoperator(ring(x)) @ np.ones(4),
    "expm_multiply": lambda x: linalg.expm_multiply(ring(x), np.ones(4)),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_known_is_refused(name):
    with pytest.raises((dt.errors.UnsupportedOperation, dt.errors.TraceEscapeError)) as caught:
        dt.jacobian(REFUSED[name])(X)
    assert caught.value.remedy and "test_traced_matrices.py" in caught.value.where
