"""Eigenvalues and eigenvectors of general matrices, one `ArrayOp` row each, written for complex numbers: see
`complexified.analytic`.

With ``U^-1 a U = diag(w)`` and ``P = U^-1 a_dot U``: ``w_dot = diag(P)`` and ``U_dot = U (F * P) + U diag(c)``, where
``F_ij = 1/(w_j - w_i)`` off the diagonal and c is what the scale of each eigenvector makes of it (Giles 2008, section
3.1; Boeddeker et al. 2017, arXiv:1701.00392). Eigenvectors of length 1 are no analytic function of the matrix, those
with one component 1 are: they are what the row computes, and the handler gives them NumPy's scale.

Equal eigenvalues have no derivative one by one: it is NaN, but where all of them move alike, or where what depends on
them is symmetric in them. Their eigenvectors have none."""

import numpy as np

from .array_ops import ArrayOp
from .complexified import analytic

_COMPUTED = complex(0.0, 0.0)  # added to what is computed: a zero in it is none that says "not connected"
_ALIKE = 1e-12  # relative: what moves together to rounding


def _plain(x):
    """The value behind `x`: choices of an algorithm are made on it, never results."""
    return getattr(x, "primal", x)


def _transposed(x):
    return np.swapaxes(x, -1, -2)


def _columns(x):
    """One entry for each column of a matrix."""
    return np.expand_dims(x, -2)


def _equal(w):
    """Which eigenvalues are equal, but for each to itself; None if none are."""
    w = _plain(w)
    found = (np.expand_dims(w, -1) == np.expand_dims(w, -2)) & ~np.eye(w.shape[-1], dtype=bool)
    return found if found.any() else None


def _spoiled(x, mask):
    """`x` with NaN where the mask says so."""
    return x if mask is None else x + np.where(mask, np.nan, 0.0)


# ---- eigenvalues ----


def _values_dot(p, w):
    """``diag(P)``. Equal eigenvalues move alike if their block of P is a multiple of the identity."""
    w_dot = np.diagonal(p, axis1=-2, axis2=-1)
    equal = _equal(w)
    if equal is None:
        return w_dot
    plain, largest = _plain(p), np.max(np.abs(_plain(p)), axis=(-2, -1), keepdims=True)
    diagonal = np.diagonal(plain, axis1=-2, axis2=-1)
    apart = np.abs(np.expand_dims(diagonal, -1) - np.expand_dims(diagonal, -2)) > _ALIKE * largest
    apart |= np.maximum(np.abs(plain), np.abs(_transposed(plain))) > _ALIKE * largest
    return _spoiled(w_dot, np.any(equal & apart, axis=-1))


def _values_bar(w_bar, w):
    """The cotangent of ``diag(P)``, equal for equal eigenvalues."""
    equal = _equal(w)
    if equal is None:
        return w_bar
    plain = _plain(w_bar)
    apart = np.abs(np.expand_dims(plain, -1) - np.expand_dims(plain, -2))
    return _spoiled(w_bar, np.any(equal & (apart > _ALIKE * np.max(np.abs(plain))), axis=-1))


def _vectors_of(a, w):
    """Eigenvectors in the order of the eigenvalues `w`, which NumPy has computed without them."""
    found, vectors = np.linalg.eig(a)
    distance = np.abs(np.expand_dims(_plain(w), -1) - np.expand_dims(_plain(found), -2))
    order = np.empty(distance.shape[:-1], dtype=np.intp)
    for index in np.ndindex(distance.shape[:-2]):
        left = distance[index].copy()
        for i in np.argsort(left.min(axis=-1)):
            order[(*index, i)] = j = np.argmin(left[i])
            left[:, j] = np.inf
    return np.take_along_axis(vectors, _columns(order), axis=-1)


def _eigvals(a):
    return np.linalg.eigvals(a) + 0j


def _eigvals_jvp(x_dots, xs, v):
    vectors = _vectors_of(xs[0], v)
    return _values_dot(np.linalg.solve(vectors, np.matmul(x_dots[0], vectors)), v)


def _eigvals_vjp(v_bar, xs, v, active):
    vectors = _vectors_of(xs[0], v)
    p_bar = np.expand_dims(_values_bar(v_bar, v), -1) * _transposed(vectors)
    return (np.linalg.solve(_transposed(vectors), p_bar),)


# ---- eigenvectors ----


def _scaled_by(vectors):
    """The component of each eigenvector that NumPy, as LAPACK does, makes real: the largest."""
    size = np.abs(vectors)
    size[np.imag(vectors) != 0.0] -= 2.0  # after all others: the norm is 1
    return np.argmax(size, axis=-2)


def _eig(a):
    """Columns: the eigenvalues; which component of each eigenvector is 1, counted from 1, and the sign that it has in
    NumPy's; the eigenvectors."""
    w, vectors = np.linalg.eig(a)
    which = _scaled_by(vectors)
    scale = np.take_along_axis(vectors, _columns(which), axis=-2)
    tag = (which + 1) * np.where(np.real(scale[..., 0, :]) < 0.0, -1.0, 1.0)
    return np.concatenate([np.stack([w, tag], axis=-1), vectors / scale], axis=-1) + 0j


def _parts(v):
    """Eigenvalues, eigenvectors, and which component of these is 1."""
    which = np.abs(_plain(v[..., 1]).real).astype(np.intp) - 1
    return v[..., 0], v[..., 2:], which


def _gaps(w):
    """``F_ij = 1/(w_j - w_i)``, zero on the diagonal; NaN for equal eigenvalues."""
    gap = np.expand_dims(w, -2) - np.expand_dims(w, -1)
    none = _plain(gap) == 0.0
    nothing = np.where(np.eye(none.shape[-1], dtype=bool), 0.0, np.nan)
    return np.where(none, nothing, 1.0 / np.where(none, 1.0, gap))


def _eig_jvp(x_dots, xs, v):
    w, vectors, which = _parts(v)
    p = np.linalg.solve(vectors, np.matmul(x_dots[0], vectors))
    moved = np.matmul(vectors, _gaps(w) * p)
    moved = moved - vectors * np.take_along_axis(moved, _columns(which), axis=-2)
    w_dot = _values_dot(p, w)
    return np.concatenate([np.stack([w_dot, np.zeros(w.shape)], axis=-1), moved], axis=-1) + _COMPUTED


def _eig_vjp(v_bar, xs, v, active):
    w, vectors, which = _parts(v)
    w_bar, u_bar = v_bar[..., 0], v_bar[..., 2:]
    transposed = _transposed(vectors)
    along = np.sum(vectors * u_bar, axis=-2, keepdims=True)
    fixed = _transposed(np.take_along_axis(vectors, np.expand_dims(which, -1), axis=-2))
    g_bar = np.matmul(transposed, u_bar) - fixed * along
    unused = np.all(_is_unused(_plain(u_bar)), axis=-2, keepdims=True)  # nothing comes back
    p_bar = np.where(unused, 0.0, _gaps(w) * g_bar)
    p_bar = p_bar + np.expand_dims(_values_bar(w_bar, w), -1) * np.eye(w.shape[-1])
    return (np.linalg.solve(transposed, np.matmul(p_bar, transposed)) + _COMPUTED,)


def _is_unused(bar):
    """Where nothing depends on a number: its cotangent is structurally zero. `analytic` has conjugated it."""
    return (np.real(bar) == 0.0) & np.signbit(np.real(bar)) & (np.imag(bar) == 0.0)


EIGVALS = analytic(ArrayOp("linalg.eigvals", _eigvals, _eigvals_jvp, _eigvals_vjp))
EIG = analytic(ArrayOp("linalg.eig", _eig, _eig_jvp, _eig_vjp, selects=True))  # tells what is not used

ROWS = (EIGVALS, EIG)
