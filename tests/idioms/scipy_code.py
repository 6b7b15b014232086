"""Functions as people write them: SciPy called directly."""

import numpy as np
import scipy.interpolate
import scipy.linalg
import scipy.sparse
import scipy.sparse.linalg
import scipy.special
from idiom import idiom
from scipy import linalg, special
from scipy.interpolate import CubicSpline, PchipInterpolator, RegularGridInterpolator, interp1d, make_interp_spline
from scipy.special import gammaln, logsumexp

VECTOR = np.array([0.7, 1.3, -0.4, 2.1])
POSITIVE = np.array([0.7, 1.3, 0.4, 2.1])
SQUARE = np.array([[2.0, 0.3, -0.1], [0.5, 1.5, 0.4], [-0.2, 0.7, 1.1]])
SPD = np.array([[2.0, 0.3, -0.1], [0.3, 1.5, 0.4], [-0.1, 0.4, 1.1]])
NODES = np.array([0.0, 0.5, 1.5, 2.5, 3.0])
TABLE = np.array([1.0, 0.2, 0.7, 1.9, 1.1])

LAPLACIAN = scipy.sparse.diags_array([[-1.0] * 3, [2.0] * 4, [-1.0] * 3], offsets=[-1, 0, 1]).tocsr()
OPERATOR = scipy.sparse.linalg.aslinearoperator(LAPLACIAN)
SPLINE = CubicSpline(NODES, TABLE)
PCHIP = PchipInterpolator(NODES, TABLE)
AKIMA = scipy.interpolate.Akima1DInterpolator(NODES, TABLE)
BSPLINE = make_interp_spline(NODES, TABLE, k=3)
LINEAR = interp1d(NODES, TABLE)
CUBIC = interp1d(NODES, TABLE, kind="cubic")
GRID = RegularGridInterpolator((NODES, NODES), np.outer(TABLE, TABLE))


@idiom(VECTOR)
def logsumexp_and_softmax(x):
    return logsumexp(x) * special.softmax(x) + scipy.special.log_softmax(x)


@idiom(np.array([700.0, 699.0, -800.0]))
def logsumexp_far_out(x):
    return logsumexp(x) + special.softmax(x)[0]


@idiom(POSITIVE)
def beta_binomial(x):
    return gammaln(x[0] + 3) - gammaln(x[0]) + special.betaln(x[1], x[2]) + special.digamma(x[3])


@idiom(POSITIVE)
def bessel_functions(x):
    return special.jv(1.5, x) * special.iv(0, x) + special.k0(x) * special.j1(x) + special.erfcx(x)


@idiom(POSITIVE)
def incomplete_functions(x):
    return special.gammainc(2.5, x) + special.betainc(1.5, 2.0, x / 3) + special.expi(x) + special.gammainc(x, 1.2)


@idiom(SQUARE)
def dense_solves(A):
    b = np.array([1.0, 2.0, 0.5])
    lu = linalg.lu_factor(A)
    return linalg.solve(A, b) + linalg.lu_solve(lu, b) + linalg.inv(A) @ b * linalg.det(A)


@idiom(SPD)
def cholesky_solves(S):
    c = linalg.cho_factor(S)
    L = linalg.cholesky(S, lower=True)
    return linalg.cho_solve(c, np.ones(3)) + linalg.solve_triangular(L, np.ones(3), lower=True)


@idiom(SQUARE)
def matrix_functions(A):
    return linalg.expm(0.3 * A) + linalg.sqrtm(A @ A.T + np.eye(3)) + linalg.logm(A @ A.T + np.eye(3))


@idiom(VECTOR)
def structured_matrices(x):
    return linalg.toeplitz(x) @ x + linalg.block_diag(x[:2], x[2:]).sum() + linalg.circulant(x) @ np.ones(4)


@idiom(VECTOR)
def banded_solve(x):
    ab = np.zeros((3, 4))
    ab[0, 1:] = -1.0
    ab[1] = 4.0 + x
    ab[2, :-1] = x[1:]
    return linalg.solve_banded((1, 1), ab, np.arange(4.0))


@idiom(VECTOR)
def sparse_matrix(u):
    return LAPLACIAN @ u + np.exp(u) + LAPLACIAN.T.dot(u**2)


@idiom(VECTOR)
def linear_operator(u):
    return OPERATOR @ u * OPERATOR.matvec(u**2)


@idiom(np.array([0.3, 1.1, 2.7]))
def splines(x):
    return SPLINE(x) * PCHIP(x) + AKIMA(x) + BSPLINE(x) + SPLINE(x, 1)


@idiom(np.array([0.3, 1.1, 2.7]))
def interp1d_tables(x):
    return LINEAR(x) * CUBIC(x)


@idiom(np.array([0.3, 1.1]))
def grid_interpolator(x):
    return GRID(x) + GRID((x[0], x[1]))


@idiom(np.array([0.3, 1.1, 2.7]))
def spline_made_inside(x):
    return CubicSpline([0.0, 1.0, 2.0, 3.0], [0.0, 1.0, 0.5, 2.0])(x)
