"""`numpy.linalg`: eigenvalues of symmetric matrices, singular values, orthogonal factors, least squares, and what is
composed of them. The rules are in `ops.spectral_ops`, `ops.singular_ops` and `ops.factor_ops`."""

import operator

import numpy as np

from ..ops import factor_ops, singular_ops, spectral_ops
from ..ops.complexified import adjoint
from ..trace.decisions import decided
from ..trace.functions import is_complex, is_guarded, peeked, primal
from .complex_numbers import number
from .either import apply, handles, returned, square

_EigenResult = type(np.linalg.eigh(np.eye(1)))
_SingularResult = type(np.linalg.svd(np.eye(1)))
_QRResult = type(np.linalg.qr(np.eye(1)))
EPS = float(np.finfo(np.float64).eps)


def matrices(a, function, *args, is_square=False):
    """`a` as a stack of matrices, or NumPy's own error."""
    a = number(a)
    shape = np.shape(a)
    if len(shape) < 2 or (is_square and shape[-1] != shape[-2]):
        function(peeked(a), *args)
    return a


def triangle(a, uplo):
    """The triangle that LAPACK reads, and whether it is the lower one: nothing comes back to the other."""
    lower = uplo.upper() == "L"
    return (np.tril if lower else np.triu)(a), lower


# Eigenvalues.


def _uplo(UPLO):
    if UPLO.upper() not in ("L", "U"):
        raise ValueError("UPLO argument must be 'L' or 'U'")
    return UPLO.upper()


@handles(np.linalg.eigh)
def eigh(a, UPLO="L"):
    """Vectors of eigenvalues that cannot be told apart have derivative NaN."""
    uplo = _uplo(UPLO)
    a, lower = triangle(matrices(a, np.linalg.eigh, uplo, is_square=True), uplo)
    return _EigenResult(*apply(spectral_ops.EIGH, a, lower=lower))


@handles(np.linalg.eigvalsh)
def eigvalsh(a, UPLO="L"):
    uplo = _uplo(UPLO)
    a, lower = triangle(matrices(a, np.linalg.eigvalsh, uplo, is_square=True), uplo)
    return apply(spectral_ops.EIGVALSH, a, lower=lower)


# Singular values.


@handles(np.linalg.svd)
def svd(a, full_matrices=True, compute_uv=True, hermitian=False):
    """Vectors of singular values that cannot be told apart, or that are 0, have derivative NaN."""
    a = matrices(a, np.linalg.svd)
    if hermitian:
        return _svd_of_symmetric(a, compute_uv)
    if compute_uv:
        return _SingularResult(*apply(singular_ops.SVD, a, full=bool(full_matrices)))
    return apply(singular_ops.SVDVALS, a)


def _svd_of_symmetric(a, compute_uv):
    """As NumPy does it: singular values are the absolute eigenvalues, in descending order."""
    if not compute_uv:
        return np.flip(np.sort(np.abs(eigvalsh(a)), axis=-1), axis=-1)
    w, u = eigh(a)
    s = np.abs(w)
    order = np.argsort(s)[..., ::-1]
    sign = np.take_along_axis(np.sign(w), order, axis=-1)
    s, u = np.take_along_axis(s, order, axis=-1), np.take_along_axis(u, order[..., None, :], axis=-1)
    return _SingularResult(u, s, adjoint(u * sign[..., None, :]))


@handles(np.linalg.svdvals)
def svdvals(x, /):
    return svd(x, compute_uv=False)


@handles(np.linalg.cond)
def cond(x, p=None):
    """Infinite for a singular matrix, with derivative NaN."""
    x = number(x)
    if np.ndim(x) < 2 or 0 in np.shape(x):
        return np.linalg.cond(peeked(x), p)  # raises NumPy's error
    with np.errstate(all="ignore"):
        if p is None or p in (2, -2):
            s = svd(x, compute_uv=False)
            result = s[..., -1] / s[..., 0] if p == -2 else s[..., 0] / s[..., -1]
        else:
            inverse = _inverse_or_nan(matrices(x, np.linalg.cond, p, is_square=True))
            result = np.linalg.norm(x, p, axis=(-2, -1)) * np.linalg.norm(inverse, p, axis=(-2, -1))
        size = np.sum(square(x), axis=(-2, -1))
        lost = np.isnan(result) & ~np.isnan(size)
        if not np.any(lost):
            return result
        infinite = -np.log(0.0 * size)  # its slope is not a number
        return np.where(lost, infinite, result) if np.ndim(result) else infinite


def _inverse_or_nan(x):
    """One matrix that is singular must not hide the others from the caller."""
    try:
        return np.linalg.inv(x)
    except np.linalg.LinAlgError:
        if np.ndim(x) == 2:
            return np.zeros(np.shape(x)) + np.nan * np.sum(x)
        return np.stack([_inverse_or_nan(matrix) for matrix in x])


# The pseudoinverse, least squares.


def guard_rank(a, rtol):
    """What is cut off is decided on values: a replay must cut off as much."""
    if is_guarded(a):
        decided(np.linalg.matrix_rank, (a,), {"rtol": rtol})


@handles(np.linalg.pinv)
def pinv(a, rcond=None, hermitian=False, *, rtol=np._NoValue):
    """The derivative with the number of singular values that are cut off unchanged."""
    a = matrices(a, np.linalg.pinv)
    if rcond is not None and rtol is not np._NoValue:
        raise ValueError("`rtol` and `rcond` can't be both set.")
    if rcond is None:
        rcond = 1e-15 if rtol is np._NoValue else rtol
    rcond = max(np.shape(a)[-2:]) * EPS if rcond is None else primal(rcond)
    if 0 in np.shape(a):
        return np.swapaxes(a, -1, -2)  # NumPy does not conjugate nothing
    guard_rank(a, rcond)
    if hermitian:
        lower = np.tril(a)
        model = apply(singular_ops.PINV, spectral_ops.from_triangle(lower, True), rcond=rcond)
        return returned("numpy.linalg.pinv", model, (lower,), rcond=rcond, hermitian=True)
    return apply(singular_ops.PINV, a, rcond=rcond)


@handles(np.linalg.lstsq)
def lstsq(a, b, rcond=None):
    """``pinv(a) b``, with the rank that NumPy finds."""
    a, b = number(a), number(b)
    rcond = None if rcond is None else float(primal(rcond))
    value = np.linalg.lstsq(peeked(a), peeked(b), rcond)
    limit = EPS * (max(np.shape(a)) if rcond is None else 1)
    limit = limit if rcond is None or rcond == -1 else rcond
    if 0 in np.shape(a) or 0 in np.shape(b):
        return value
    guard_rank(a, limit)
    x = np.matmul(np.linalg.pinv(a, limit), b)
    residuals = np.reshape(np.sum(square(b - np.matmul(a, x)), axis=0), (-1,)) if value[1].size else value[1]
    x, residuals, s = returned(
        "numpy.linalg.lstsq", (x, residuals, np.linalg.svd(a, compute_uv=False)), (a, b), (0, 1, 3), rcond=rcond
    )
    return x, residuals, value[2], s


# Orthogonal factors.


@handles(np.linalg.qr)
def qr(a, mode="reduced"):
    """A matrix whose first min(m, n) columns depend on each other has derivative NaN."""
    if mode not in ("reduced", "complete", "r", "raw"):
        np.linalg.qr(np.eye(1), mode)  # NumPy's warning or error
        mode = {"f": "reduced", "full": "reduced"}.get(mode, "economic")
    a = matrices(a, np.linalg.qr)
    m, n = np.shape(a)[-2:]
    if mode in ("raw", "economic"):
        return _raw_qr(a, mode)
    Q, R = apply(factor_ops.QR, a)
    if mode == "r":
        return R
    if mode == "complete" and m > n:
        Q, R = returned("numpy.linalg.qr", _completed(Q, R), (a,), (0, 1), mode=mode)
    return _QRResult(Q, R)


def _reflectors(Q):
    """The Householder vectors V and the triangle W with ``Q = 1 + V W V1^-H V^H``, from the first columns of Q:
    ``Q - 1 = V W`` (Ballard et al. 2014, "Reconstructing Householder vectors from tall-skinny QR")."""
    return apply(factor_ops.LU, Q - np.eye(*np.shape(Q)[-2:]))


def _completed(Q, R):
    m, n = np.shape(Q)[-2:]
    V, W = _reflectors(Q)
    inner = adjoint(np.linalg.solve(V[..., :n, :], adjoint(W)))
    more = np.matmul(np.matmul(V, inner), adjoint(V[..., n:, :])) + np.eye(m)[:, n:]
    below = np.zeros((*np.shape(R)[:-2], m - n, n))
    return np.concatenate([Q, more], axis=-1), np.concatenate([R, below], axis=-2)


def _raw_qr(a, mode):
    """R with the Householder vectors below its diagonal, and their factors. The last reflection of a square real matrix
    is none; that of a complex one turns a phase."""
    m, n = np.shape(a)[-2:]
    k = min(m, n) if is_complex(a) else min(m - 1, n)
    Q, R = apply(factor_ops.QR, a)
    V, W = _reflectors(Q[..., :k])
    below = np.tril(V, -1)
    tau = -np.diagonal(W, axis1=-2, axis2=-1)
    size = [(0, 0)] * (np.ndim(a) - 2)
    h = np.pad(below, [*size, (0, 0), (0, n - k)]) + np.pad(R, [*size, (0, m - min(m, n)), (0, 0)])
    tau = np.pad(tau, [*size, (0, min(m, n) - k)])
    h, tau = returned("numpy.linalg.qr", (np.swapaxes(h, -1, -2), tau), (a,), (0, 1), mode="raw")
    return (h, tau) if mode == "raw" else np.swapaxes(h, -1, -2)


# Tensors.


@handles(np.linalg.tensorsolve)
def tensorsolve(a, b, axes=None):
    a, b = number(a), number(b)
    if axes is not None:
        axes = [k % np.ndim(a) for k in axes]
        rest = [k for k in range(np.ndim(a)) if k not in axes]
        a = np.transpose(a, rest + axes)
    shape = np.shape(a)[np.ndim(b) :] if np.ndim(a) > np.ndim(b) else ()
    size = int(np.prod(shape))
    if np.size(a) != size**2:
        np.linalg.tensorsolve(peeked(a), peeked(b))  # raises NumPy's error
    return np.reshape(np.linalg.solve(np.reshape(a, (size, size)), np.ravel(b)), shape)


@handles(np.linalg.tensorinv)
def tensorinv(a, ind=2):
    a, ind = number(a), operator.index(ind)
    if ind <= 0:
        raise ValueError("Invalid ind argument.")
    shape = np.shape(a)
    size = int(np.prod(shape[ind:]))
    return np.reshape(np.linalg.inv(np.reshape(a, (size, -1))), shape[ind:] + shape[:ind])
