"""`scipy.linalg`: eigenvalues of symmetric matrices, singular values, orthogonal factors, least squares, norms. The
rules are those of `numpy.linalg`, at the vectors that SciPy's choice of LAPACK routine returns."""

import numpy as np

from ..ops import scipy_ops, singular_ops
from ..ops.complexified import adjoint
from ..ops.spectral_ops import from_triangle
from ..trace.functions import foreign, peeked, primal
from . import spectral
from .complex_numbers import number
from .either import apply, returned, square
from .scipy_linalg import choices, lower_triangle, scipy_linalg, transpose
from .spectral import guard_rank

# Eigenvalues.


@foreign("scipy.linalg.eigh")
def eigh(
    a,
    b=None,
    *,
    lower=True,
    eigvals_only=False,
    overwrite_a=False,
    overwrite_b=False,
    type=1,
    check_finite=True,
    subset_by_index=None,
    subset_by_value=None,
    driver=None,
):
    lower, options = bool(lower), {"lower": bool(lower), "driver": driver}
    pair = [(np.tril if lower else np.triu)(number(x)) for x in (a, b) if x is not None]
    if type != 1 and b is not None:
        return _eigh_of_product(pair, type, eigvals_only, subset_by_index, subset_by_value, options)
    row = scipy_ops.EIGH if b is None else scipy_ops.PENCIL
    if subset_by_index is subset_by_value is None:
        if not eigvals_only:
            return apply(row, *pair, **options)
        if b is None:
            return apply(scipy_ops.EIGVALSH, *pair, **options)
    kept = _subset(pair, lower, subset_by_index, subset_by_value)
    w, v = apply(row, *pair, lower=lower, driver=None)
    given = {"subset_by_index": subset_by_index, "subset_by_value": subset_by_value}
    options |= {key: tuple(x) for key, x in given.items() if x is not None}
    if eigvals_only:
        return returned("scipy.linalg.eigh", w[kept], pair, eigvals_only=True, **options)
    return returned("scipy.linalg.eigh", (w[kept], v[:, kept]), pair, (0, 1), (None, -2), **options)


def _eigh_of_product(pair, type, eigvals_only, subset_by_index, subset_by_value, options):
    """``a b v = w v`` (type 2) and ``b a v = w v`` (type 3), as LAPACK does it, with a factor of b on either side."""
    lower, (a, b) = options["lower"], pair
    whole = from_triangle(a, lower)
    factor = np.linalg.cholesky(b) if lower else adjoint(np.linalg.cholesky(adjoint(b)))
    if lower:
        c, back = np.matmul(adjoint(factor), np.matmul(whole, factor)), adjoint(factor)
    else:
        c, back = np.matmul(factor, np.matmul(whole, adjoint(factor))), factor
    w, y = np.linalg.eigh(c, "L" if lower else "U")
    kept = slice(None)
    if subset_by_index is not None:
        kept = slice(subset_by_index[0], subset_by_index[1] + 1)
    elif subset_by_value is not None:
        kept = np.flatnonzero((w > subset_by_value[0]) & (w <= subset_by_value[1]))
    given = {"subset_by_index": subset_by_index, "subset_by_value": subset_by_value}
    options = options | {"type": type} | {key: tuple(x) for key, x in given.items() if x is not None}
    if eigvals_only:
        return returned("scipy.linalg.eigh", w[kept], pair, eigvals_only=True, **options)
    v = np.linalg.solve(back, y[:, kept]) if type == 2 else np.matmul(adjoint(back), y[:, kept])
    return returned("scipy.linalg.eigh", (w[kept], v), pair, (0, 1), (None, -2), **options)


def _subset(pair, lower, by_index, by_value):
    """Which eigenvalues of all are asked for; by value, it is decided on values."""
    if by_index is not None:
        return slice(by_index[0], by_index[1] + 1)
    if by_value is None:
        return slice(None)
    w = scipy_linalg("eigvalsh")(*map(primal, pair), lower=lower)
    return np.flatnonzero((w > by_value[0]) & (w <= by_value[1]))


@foreign("scipy.linalg.eigvalsh")
def eigvalsh(a, b=None, **options):
    return eigh(a, b, eigvals_only=True, **options)


def _selected(w, select, select_range):
    """Which eigenvalues of all, and the options that ask for them; by value, it is decided on values."""
    kind = {"all": "a", 0: "a", "value": "v", 1: "v", "index": "i", 2: "i"}.get(select, select)
    if kind == "a" or select_range is None:
        return slice(None), {}
    low, high = select_range
    options = {"select": kind, "select_range": (low, high)}
    if kind == "i":
        return slice(int(low), int(high) + 1), options
    return np.flatnonzero((w > low) & (w <= high)), options


@foreign("scipy.linalg.eigh_tridiagonal")
def eigh_tridiagonal(
    d, e, eigvals_only=False, select="a", select_range=None, check_finite=True, tol=0.0, lapack_driver="auto"
):
    """By the dense matrix."""
    d, e = number(d), number(e)
    w, v = apply(scipy_ops.EIGH, np.diag(d) + np.diag(e, -1), lower=True, driver=None)
    return _some("scipy.linalg.eigh_tridiagonal", w, v, (d, e), eigvals_only, select, select_range,
                 lapack_driver=lapack_driver)  # fmt: skip


def _some(function, w, v, args, eigvals_only, select, select_range, **options):
    kept, selection = _selected(w, select, select_range)
    options |= selection
    if eigvals_only:
        return returned(function, w[kept], args, eigvals_only=True, **options)
    return returned(function, (w[kept], v[:, kept]), args, (0, 1), (None, -2), **options)


@foreign("scipy.linalg.eigvalsh_tridiagonal")
def eigvalsh_tridiagonal(d, e, select="a", select_range=None, check_finite=True, tol=0.0, lapack_driver="auto"):
    return eigh_tridiagonal(d, e, True, select, select_range, lapack_driver=lapack_driver)


@foreign("scipy.linalg.eig_banded")
def eig_banded(
    a_band,
    lower=False,
    eigvals_only=False,
    overwrite_a_band=False,
    select="a",
    select_range=None,
    max_ev=0,
    check_finite=True,
):
    """By the dense matrix."""
    ab = number(a_band)
    w, v = apply(scipy_ops.EIGH, lower_triangle(ab, lower)[0], lower=True, driver=None)
    return _some("scipy.linalg.eig_banded", w, v, (ab,), eigvals_only, select, select_range, lower=bool(lower))


@foreign("scipy.linalg.eigvals_banded")
def eigvals_banded(a_band, lower=False, overwrite_a_band=False, select="a", select_range=None, check_finite=True):
    return eig_banded(a_band, lower, True, select=select, select_range=select_range)


# Singular values.


@foreign("scipy.linalg.svd")
def svd(a, full_matrices=True, compute_uv=True, overwrite_a=False, check_finite=True, lapack_driver="gesdd"):
    a = number(a)
    if compute_uv:
        return apply(scipy_ops.SVD, a, full=bool(full_matrices), lapack_driver=lapack_driver)
    return returned("scipy.linalg.svd", np.linalg.svd(a, compute_uv=False), (a,), compute_uv=False)


@foreign("scipy.linalg.svdvals")
def svdvals(a, overwrite_a=False, check_finite=True):
    return svd(a, compute_uv=False)


@foreign("scipy.linalg.norm")
def norm(a, ord=None, axis=None, keepdims=False, check_finite=True):
    a = number(a)
    return returned("scipy.linalg.norm", np.linalg.norm(a, ord, axis, keepdims), (a,), ord=ord, axis=axis,
                    keepdims=bool(keepdims))  # fmt: skip


@foreign("scipy.linalg.orth")
def orth(A, rcond=None):
    A = number(A)
    rank = int(choices("orth", A, rcond=rcond))
    return apply(scipy_ops.SVD, A, full=False)[0][:, :rank]


@foreign("scipy.linalg.null_space")
def null_space(A, rcond=None, *, overwrite_a=False, check_finite=True, lapack_driver="gesdd"):
    """Two or more vectors turn into each other at will: they have derivative NaN, unless that does not count."""
    A = number(A)
    rank = int(choices("null_space", A, rcond=rcond))
    return adjoint(apply(scipy_ops.SVD, A, full=True, lapack_driver=lapack_driver)[2][rank:])


@foreign("scipy.linalg.subspace_angles")
def subspace_angles(A, B):
    A, B = number(A), number(B)
    left, right = orth(A), orth(B)
    left, right = (left, right) if np.shape(left)[1] >= np.shape(right)[1] else (right, left)
    inner = np.matmul(adjoint(left), right)
    cosines = np.clip(np.linalg.svd(inner, compute_uv=False), -1.0, 1.0)
    sines = np.flip(np.clip(np.linalg.svd(right - np.matmul(left, inner), compute_uv=False), -1.0, 1.0))
    model = np.flip(np.where(np.square(cosines) >= 0.5, np.arcsin(sines), np.arccos(cosines)))
    return returned("scipy.linalg.subspace_angles", model, (A, B))


# Orthogonal factors.


@foreign("scipy.linalg.qr")
def qr(a, overwrite_a=False, lwork=None, mode="full", pivoting=False, check_finite=True):
    a = number(a)
    permuted, order = a, ()
    if pivoting:
        places = choices("qr", a)
        permuted, order = np.take_along_axis(a, np.expand_dims(places, -2), axis=-1), (places,)
    m, n = np.shape(a)[-2:]
    if mode == "raw":
        h, tau = spectral.qr(permuted, "raw")
        models = transpose(h), tau, spectral.qr(permuted, "r")
        h, tau, R = returned("raw_qr", models, (a,), (0, 1, 2), pivoting=bool(pivoting))
        return ((h, tau), R, *order)
    Q, R = spectral.qr(permuted, "complete" if mode in ("full", "r") else "reduced")
    if mode == "r":
        return (returned("scipy.linalg.qr", (R,), (a,), (0,), mode="r", pivoting=bool(pivoting))[0], *order)
    Q, R = returned("scipy.linalg.qr", (Q, R), (a,), (0, 1), mode=mode, pivoting=bool(pivoting))
    return (Q, R, *order)


@foreign("scipy.linalg.rq")
def rq(a, overwrite_a=False, lwork=None, mode="full", check_finite=True):
    """As QR of the conjugate transpose with rows and columns in reverse order: LAPACK's reflections are the same."""
    a = number(a)
    b = adjoint(a[::-1, ::-1])
    Q, R = (adjoint(x)[::-1, ::-1] for x in spectral.qr(b, "reduced" if mode == "economic" else "complete"))
    if mode == "r":
        return returned("scipy.linalg.rq", (R, Q), (a,), (0, 1), (-2, -1))[0]
    return returned("scipy.linalg.rq", (R, Q), (a,), (0, 1), (-2, -1), mode=mode)


# Least squares.


def _cut(a, atol, rtol):
    """What SciPy's pinv cuts off, relative to the largest singular value."""
    rtol = max(np.shape(a)) * spectral.EPS if rtol is None and not atol else rtol or 0.0
    if not atol:
        return float(rtol)
    largest = np.linalg.norm(primal(a), 2)  # decided on its value
    return float(rtol + atol / largest) if largest else 1.0


@foreign("scipy.linalg.pinv")
def pinv(a, *, atol=None, rtol=None, return_rank=False, check_finite=True):
    a = number(a)
    cut = _cut(a, atol, rtol)
    guard_rank(a, cut)
    model = apply(singular_ops.PINV, a, rcond=cut)
    result = returned("scipy.linalg.pinv", model, (a,), atol=atol, rtol=rtol)
    return (result, int(np.linalg.matrix_rank(peeked(a), rtol=cut))) if return_rank else result


@foreign("scipy.linalg.pinvh")
def pinvh(a, atol=None, rtol=None, lower=True, return_rank=False, check_finite=True):
    a = number(a)
    whole = from_triangle(a, lower)
    cut = _cut(whole, atol, rtol)
    guard_rank(whole, cut)
    model = apply(singular_ops.PINV, whole, rcond=cut)
    result = returned("scipy.linalg.pinvh", model, (a,), atol=atol, rtol=rtol, lower=bool(lower))
    return (result, int(np.linalg.matrix_rank(peeked(whole), rtol=cut))) if return_rank else result


@foreign("scipy.linalg.lstsq")
def lstsq(a, b, cond=None, overwrite_a=False, overwrite_b=False, check_finite=True, lapack_driver=None):
    a, b = number(a), number(b)
    value = scipy_linalg("lstsq")(peeked(a), peeked(b), cond=cond, lapack_driver=lapack_driver)
    cut = spectral.EPS if cond is None else float(cond)
    guard_rank(a, cut)
    x = np.matmul(apply(singular_ops.PINV, a, rcond=cut), b)
    models, parts = [x], [0]
    if np.size(value[1]):
        models.append(np.sum(square(b - np.matmul(a, x)), axis=0))
        parts.append(1)
    if value[3] is not None:
        models.append(np.linalg.svd(a, compute_uv=False))
        parts.append(3)
    results = list(value)
    found = returned("scipy.linalg.lstsq", models, (a, b), tuple(parts), cond=cond, lapack_driver=lapack_driver)
    for part, result in zip(parts, found, strict=True):
        results[part] = result
    return tuple(results)
