"""`scipy.linalg`: eigenvalues of general matrices, one or two, Schur and Hessenberg forms, block factors of symmetric
matrices, and functions of a matrix by its eigenvalues. Values are SciPy's; the derivatives are those of compositions,
and of the rule of ops/schur_ops.py."""

import numpy as np

from ..errors import UnsupportedOperation
from ..ops import schur_ops
from ..ops.complexified import adjoint
from ..ops.spectral_ops import from_triangle
from ..trace.functions import foreign, is_complex, judged, peeked
from .complex_numbers import made, number
from .either import apply, returned, square
from .scipy_linalg import choices, scipy_linalg, symmetric, transpose


def _whole(z):
    """A number as a complex one."""
    return z if is_complex(z) else made(z, np.zeros(np.shape(z)))


# Eigenvalues.


@foreign("scipy.linalg.eig")
def eig(
    a,
    b=None,
    left=False,
    right=True,
    overwrite_a=False,
    overwrite_b=False,
    check_finite=True,
    homogeneous_eigvals=False,
):
    """Vectors of two matrices have length 1, and a phase that their largest component does not change."""
    if homogeneous_eigvals:
        raise UnsupportedOperation("scipy.linalg.eig with homogeneous_eigvals=True", "take the eigenvalues themselves")
    args = [number(x) for x in (a, b) if x is not None]
    single = args[0] if b is None else np.linalg.solve(args[1], args[0])
    w, v = np.linalg.eig(single)
    found = [v] if right else []
    if left:  # of the pencil, b^-H times those of the product
        dual = adjoint(np.linalg.inv(v))
        found.insert(0, _with_scale(dual if b is None else np.linalg.solve(adjoint(args[1]), dual)))
    options = {"left": bool(left), "right": bool(right)}
    parts = tuple(range(1 + len(found)))
    if not found:
        return returned("scipy.linalg.eig", _whole(w), args, **options)
    value = scipy_linalg("eig")(*map(peeked, args), **options)
    found = [_whole(x) if np.iscomplexobj(value[k]) else x for k, x in enumerate(found, 1)]
    return returned("scipy.linalg.eig", (_whole(w), *found), args, parts, (None, *(-2 for _ in found)), **options)


def _with_scale(vectors):
    """Columns of length 1, their largest component real."""
    vectors = vectors / np.sqrt(np.sum(square(vectors), axis=-2, keepdims=True))
    if not is_complex(vectors):
        return vectors
    which = np.argmax(square(vectors), axis=-2)[..., np.newaxis, :]
    largest = np.take_along_axis(vectors, which, axis=-2)
    return vectors * (np.conjugate(largest) / np.sqrt(square(largest)))


@foreign("scipy.linalg.eigvals")
def eigvals(a, b=None, overwrite_a=False, check_finite=True, homogeneous_eigvals=False):
    return eig(a, b, left=False, right=False, homogeneous_eigvals=homogeneous_eigvals)


# Forms.


@foreign("scipy.linalg.schur")
def schur(a, output="real", lwork=None, overwrite_a=False, sort=None, check_finite=True):
    """A 2 by 2 block of a real form has its derivative too: its diagonal elements stay equal."""
    if callable(sort):
        raise UnsupportedOperation("scipy.linalg.schur with a function as sort=", "use 'lhp', 'rhp', 'iuc' or 'ouc'")
    a = number(a)
    if output in ("complex", "c"):
        a = _whole(a)
    T, Z = apply(schur_ops.SCHUR, a, **({} if sort is None else {"sort": sort}))
    if sort is None:
        return T, Z
    return T, Z, scipy_linalg("schur")(peeked(a), sort=sort)[2]


@foreign("scipy.linalg.rsf2csf")
def rsf2csf(T, Z, check_finite=True):
    """By rotations in planes, as SciPy does it (Golub & Van Loan 2013, "Matrix Computations", section 7.4)."""
    T, Z = (np.copy(_whole(number(x))) for x in (T, Z))
    for m in range(np.shape(T)[-1] - 1, 0, -1):
        low, *ends = (judged(abs(T[i, j])) for i, j in ((m, m - 1), (m - 1, m - 1), (m, m)))
        if low > np.finfo(float).eps * sum(ends):
            first, second = np.linalg.eigvals(T[m - 1 : m + 1, m - 1 : m + 1])[0] - T[m, m], T[m, m - 1]
            length = np.sqrt(square(first) + square(second))
            c, s = first / length, second / length
            turn = np.stack([np.stack([np.conjugate(c), s]), np.stack([-s, c])])
            back = adjoint(turn)
            T[m - 1 : m + 1, m - 1 :] = turn @ T[m - 1 : m + 1, m - 1 :]
            T[: m + 1, m - 1 : m + 1] = T[: m + 1, m - 1 : m + 1] @ back
            Z[:, m - 1 : m + 1] = Z[:, m - 1 : m + 1] @ back
        T[m, m - 1] = 0.0
    return T, Z


@foreign("scipy.linalg.hessenberg")
def hessenberg(a, calc_q=False, overwrite_a=False, check_finite=True):
    """By Householder's reflections, each of which makes one column zero below the first subdiagonal."""
    a = number(a)
    h, n = a, np.shape(a)[-1]
    q = np.eye(n)
    for k in range(n - 1 if is_complex(a) else n - 2):
        column = h[k + 1 :, k]
        length = np.sqrt(np.sum(square(column)))
        beta = -np.copysign(length, judged(np.real(column[0])))
        v = column / (column[0] - beta) if n > k + 2 else np.ones(1) + 0.0 * column
        v = np.concatenate([np.zeros(k + 1), np.ones(1), v[1:]])
        reflection = np.eye(n) - ((beta - column[0]) / beta) * np.outer(v, np.conjugate(v) if is_complex(v) else v)
        h, q = adjoint(reflection) @ h @ reflection, q @ reflection
    h = np.triu(h, -1)
    q = _whole(q) if is_complex(a) else q
    if calc_q:
        return returned("hessenberg", (h, q), (a,), (0, 1), calc_q=True)
    return returned("hessenberg", h, (a,), calc_q=False)


@foreign("scipy.linalg.ldl")
def ldl(A, lower=True, hermitian=True, overwrite_a=False, check_finite=True):
    """By blocks of one or two rows, in the order that Bunch and Kaufman's pivots say, which is decided on values."""
    A, lower = number(A), bool(lower)
    options = {"lower": lower, "hermitian": bool(hermitian)}
    flip = adjoint if hermitian else transpose
    whole = from_triangle(A, lower) if hermitian else symmetric(A, lower)
    order, joined = choices("ldl", A, **options)
    n = order.size
    s, blocks = whole[order][:, order], _blocks(joined, n)
    low, middle = np.zeros((n, n)) + 0.0 * whole, np.zeros((n, n)) + 0.0 * whole
    for rows in blocks if lower else blocks[::-1]:
        rest = np.arange(rows[-1] + 1, n) if lower else np.arange(rows[0])
        block = s[np.ix_(rows, rows)]
        column = flip(np.linalg.solve(flip(block), flip(s[np.ix_(rest, rows)])))
        low[np.ix_(rows, rows)] = np.eye(len(rows))
        low[np.ix_(rest, rows)] = column
        middle[np.ix_(rows, rows)] = block
        s = s - np.pad(column @ block @ flip(column), [(rows[-1] + 1, 0) if lower else (0, n - rows[0])] * 2)
    lu, d = returned("ldl", (low[np.argsort(order)], middle), (A,), (0, 1), **options)
    return lu, d, order


def _blocks(joined, n):
    """Rows that stand alone, and pairs of them: row k is `joined` to the next one."""
    found, k = [], 0
    while k < n:
        found.append([k, k + 1] if joined[k] else [k])
        k += len(found[-1])
    return found


# Functions of a matrix.


@foreign("scipy.linalg.funm")
def funm(A, func, disp=None):
    """By eigenvalues and eigenvectors: a matrix without a basis of them, or with equal eigenvalues, has derivative NaN.
    The value agrees with SciPy's to rounding."""
    if disp is False:
        raise UnsupportedOperation("scipy.linalg.funm with disp=False", "leave disp= away")
    A = number(A)
    w, v = np.linalg.eig(_whole(A))
    found = (v * func(w)) @ np.linalg.inv(v)
    stays_real = not is_complex(A) and not np.iscomplexobj(scipy_linalg("funm")(peeked(A), _plain(func)))
    return np.real(found) if stays_real else found


def _plain(func):
    """The function on plain numbers."""
    return lambda z: peeked(func(z))


@foreign("scipy.linalg.fiedler_companion")
def fiedler_companion(a):
    a = number(a)
    value = scipy_linalg("fiedler_companion")(peeked(a))  # raises SciPy's error
    n = np.shape(a)[-1]
    if n <= 2:
        return np.reshape(-a[1:] / a[0], np.shape(value))
    scaled = a / a[0]
    places = scipy_linalg("fiedler_companion")(np.concatenate([[1.0], 2.0 + np.arange(n - 1.0)]))
    which = np.where(places < -1.5, -places - 1.0, 0.0).astype(int)
    return np.where(which > 0, -scaled[which], places)


@foreign("scipy.linalg.matrix_balance")
def matrix_balance(A, permute=True, scale=True, separate=False, overwrite_a=False):
    """What scales it are powers of 2, which are decided on values."""
    A = number(A)
    options = {"permute": bool(permute), "scale": bool(scale)}
    scaling, order = choices("matrix_balance", A, **options)
    factor = 2.0**scaling
    order = order.astype(int)
    balanced = A[order][:, order]
    factor_there = factor[order]
    balanced = balanced * factor_there / factor_there[:, None]
    if separate:
        return balanced, (factor, order)
    return balanced, np.diag(factor)[:, order]


@foreign("scipy.linalg.qr_multiply")
def qr_multiply(a, c, mode="right", pivoting=False, conjugate=False, overwrite_a=False, overwrite_c=False):
    """The product of c with the Q of `scipy.linalg.qr`, and R."""
    from .scipy_factors import qr

    a, c = number(a), number(c)
    Q, R, *order = qr(a, mode="economic", pivoting=pivoting)
    Q = np.conjugate(Q) if conjugate and is_complex(Q) else Q
    if mode == "right":
        product = np.matmul(c, Q)
    else:
        product = np.matmul(Q, c) if np.shape(c)[0] == np.shape(Q)[1] else np.matmul(qr(a, pivoting=pivoting)[0], c)
    options = {"mode": mode, "pivoting": bool(pivoting), "conjugate": bool(conjugate)}
    return (*returned("scipy.linalg.qr_multiply", (product, R), (a, c), (0, 1), **options), *order)


@foreign("scipy.linalg.cdf2rdf")
def cdf2rdf(w, v):
    """Pairs of complex eigenvalues as 2 by 2 blocks, their vectors as real and imaginary parts."""
    w, v = number(w), number(v)
    scipy_linalg("cdf2rdf")(peeked(w), peeked(v))  # raises SciPy's error
    re, im = np.real(w), (np.imag(w) if is_complex(w) else np.zeros(np.shape(w)))
    first = np.zeros(w.size, dtype=bool)
    k = 0
    while k < w.size:
        pair = np.imag(peeked(w))[k] != 0.0
        first[k] = pair
        k += 2 if pair else 1
    blocks = np.diag(re) + np.diag(np.where(first, im, 0.0)[:-1], 1) - np.diag(np.where(first, im, 0.0)[:-1], -1)
    imaginary = np.imag(v) if is_complex(v) else np.zeros(np.shape(v))
    return blocks, np.where(first, -imaginary, np.real(v))
