"""Rows of the symmetric eigenvalue problem, ``a = V diag(w) V^T``. The rules follow Giles (2008), "Collected matrix
derivative results for forward and reverse mode algorithmic differentiation", section 3.1. They hold for Hermitian
matrices, with ``V^H`` for ``V^T``: see complexified.py, and phases.py for the phases of eigenvectors.

LAPACK reads one triangle, so a rule takes and gives tangents of that triangle only; handlers cut the other one off.

*Eigenvalues that cannot be told apart.* The rule of V divides by gaps. Where a gap is rounding (`gaps`), the basis of
that eigenspace is arbitrary and a rotation inside it has no derivative. Such a rotation contributes nothing if the
cotangent says that nothing depends on it, and NaN in any other case: see `harmless_rotations`. What no gap divides,
single eigenvalues and the sums of all, keeps its first derivative: that of a repeated eigenvalue is ``v^T a_dot v``
with the v that LAPACK returns.

See `array_ops` for what a rule may use. Called by handlers/spectral.py and by other rules.
"""

import numpy as np

from .array_ops import ArrayOp, unconnected
from .complexified import (
    adjoint,
    applied,
    hermitian,
    is_complex,
    is_moved,
    is_plain,
    product_with_conjugate,
    real_part,
)
from .phases import phased, phased_bar

ROUNDING = 8.0 * np.finfo(np.float64).eps  # of an eigenvalue, relative to the largest one, per row of the matrix
_VANISHES = 1e-10  # relative: what is left of a cotangent that does not depend on a rotation


def on_rows(d, x):
    """``diag(d) x``."""
    return np.expand_dims(d, -1) * x


def on_columns(x, d):
    """``x diag(d)``."""
    return x * np.expand_dims(d, -2)


def diagonal_matrix(d):
    return np.expand_dims(d, -1) * np.eye(d.shape[-1])


def diagonal_of(x):
    return np.diagonal(x, axis1=-2, axis2=-1)


def with_real_diagonal(x):
    """What LAPACK reads on the diagonal of a Hermitian matrix."""
    return x - 1j * (np.imag(x) * np.eye(x.shape[-1])) if is_complex(x) else x


def from_triangle(x, lower):
    """The symmetric or Hermitian matrix of which `x` holds one triangle."""
    half = with_real_diagonal(np.tril(x) if lower else np.triu(x))
    return half + adjoint(half) * (1.0 - np.eye(x.shape[-1]))


def to_triangle(x, lower):
    """The transpose of `from_triangle` of a symmetric matrix: an element beside the diagonal stands for two."""
    half = with_real_diagonal(np.tril(x) if lower else np.triu(x))
    return half * (2.0 - np.eye(x.shape[-1]))


# Gaps.


def gaps(w):
    """``1/(w_j - w_i)``, 0 where the gap is rounding, and where that is so beside the diagonal."""
    n = w.shape[-1]
    gap = np.expand_dims(w, -2) - np.expand_dims(w, -1)
    largest = np.max(np.abs(w), axis=-1, keepdims=True, initial=0.0)
    return inverse_gaps(gap, n * ROUNDING * np.expand_dims(largest, -1))


def inverse_gaps(gap, rounding):
    same = np.abs(gap) <= rounding
    return np.where(same, 0.0, 1.0 / np.where(same, 1.0, gap)), same & ~np.eye(gap.shape[-1], dtype=bool)


def nan_where(condition):
    return np.where(condition, np.nan, 0.0)


def is_unmoved(x):
    """Where a cotangent or tangent is structurally zero: nothing depends on that number, or it does not move."""
    if is_complex(x):
        return is_unmoved(np.real(x)) & is_unmoved(np.imag(x))
    return unconnected(x)


def columns_unmoved(x):
    return np.all(is_unmoved(x), axis=-2)


def in_pairs(mask):
    """Of pairs (i, j): true of both."""
    return np.expand_dims(mask, -1) & np.expand_dims(mask, -2)


def harmless_rotations(skew, scale, no_vectors, no_values, is_special):
    """Pairs whose rotation into each other contributes nothing although no gap tells them apart.

    Either nothing depends on the vectors of the pair, or the cotangent of their rotation vanishes. The latter settles
    it only for what uses both vectors, as a projector does, and none of their eigenvalues: in ``V diag(g(w)) V^T`` the
    cotangent vanishes with the gap and their quotient has the limit g', which is not to be seen from here. And only if
    the vectors are not `is_special`: the cosine of an angle is stationary where the basis lies along the axes.
    """
    small = np.abs(skew) <= _VANISHES * np.max(np.abs(scale), axis=(-2, -1), keepdims=True, initial=0.0)
    return in_pairs(no_vectors) | (small & in_pairs(no_values & ~no_vectors & ~is_special))


def along_axes(V):
    """Which columns have one element that is not 0, or rounding."""
    return np.sum(np.abs(V) > ROUNDING, axis=-2) == 1


# Eigenvalues and eigenvectors.


def _letter(lower):
    return "L" if lower else "U"


def _eigh(a, lower):
    return tuple(np.linalg.eigh(a, _letter(lower)))


def _eigh_jvp(x_dots, xs, v, lower):
    """``w_dot = diag(m)``, ``V_dot = V (f * m)`` with ``m = V^T a_dot V``, ``f_ij = 1/(w_j - w_i)``."""
    w, V = v
    m = np.matmul(adjoint(V), np.matmul(from_triangle(x_dots[0], lower), V))
    f, same = gaps(w)
    rotation = f * m
    if np.any(same):
        rotation = rotation + nan_where(same & is_moved(m))
    return real_part(diagonal_of(m)), phased(np.matmul(V, rotation), V, last=not lower)


def _eigh_vjp(v_bar, xs, v, active, lower):
    """``a_bar = V (diag(w_bar) + f * skew(V^T V_bar)) V^T``."""
    w, V = v
    w_bar, V_bar = v_bar
    a_bar = conjugated(xs[0], w_bar, V, lower)
    unmoved = columns_unmoved(V_bar)
    if not np.all(unmoved):
        V_bar = phased_bar(V_bar, V, last=not lower)
        product = np.matmul(adjoint(V), V_bar)
        skew = 0.5 * (product - adjoint(product))
        f, same = gaps(w)
        rotation = f * skew
        if np.any(same):
            harmless = harmless_rotations(skew, product, unmoved, is_unmoved(w_bar), along_axes(V))
            rotation = rotation + nan_where(same & ~harmless)
        a_bar = a_bar + np.matmul(np.matmul(V, rotation), adjoint(V))
    return (to_triangle(a_bar, lower),)


def _eigvalsh(a, lower):
    return np.linalg.eigvalsh(a, _letter(lower))


def _eigvalsh_jvp(x_dots, xs, v, lower):
    """``w_dot_i = v_i^T a_dot v_i``."""
    _, V = np.linalg.eigh(xs[0], _letter(lower))
    return np.sum(product_with_conjugate(V, np.matmul(from_triangle(x_dots[0], lower), V)), axis=-2)


def _eigvalsh_vjp(v_bar, xs, v, active, lower):
    V = np.linalg.eigh(xs[0], _letter(lower))[1] if is_plain(xs[0], v_bar) else None
    return (to_triangle(conjugated(xs[0], v_bar, V, lower), lower),)


# Spectral sums.


def conjugated(a, d, V, lower):
    """``V diag(d) V^T``; where it is to be differentiated again, as an operation of its own on a and d: it has a
    derivative where V has none."""
    return np.matmul(on_columns(V, d), adjoint(V)) if is_plain(a, d, V) else applied(CONJUGATED, a, d, lower=lower)


def _conjugated(a, d, lower):
    _, V = np.linalg.eigh(a, _letter(lower))
    return np.matmul(on_columns(V, d), adjoint(V))


def _quotients(d, w, is_constant):
    """``(d_j - d_i)/(w_j - w_i)``; where it is not known: where the gap is rounding, unless d has no gap either and
    does not change (`is_constant`); and where it is infinite, for d has a gap."""
    f, same = gaps(w)
    difference = np.expand_dims(d, -2) - np.expand_dims(d, -1)
    rounding = _VANISHES * np.expand_dims(np.max(np.abs(d), axis=-1, keepdims=True, initial=0.0), -1)
    is_gap = np.abs(difference) > rounding
    return difference * f, same & (is_gap | (not is_constant)), same & is_gap


def _conjugated_jvp(x_dots, xs, v, lower):
    """``V (diag(d_dot) + c * (V^T a_dot V)) V^T`` with the quotients c of the differences of d and w."""
    a, d = xs
    a_dot, d_dot = x_dots
    w, V = np.linalg.eigh(a, _letter(lower))
    middle = 0.0
    if a_dot is not None:
        m = np.matmul(adjoint(V), np.matmul(from_triangle(a_dot, lower), V))
        c, unknown, _ = _quotients(d, w, d_dot is None)
        middle = c * m + (nan_where(unknown & is_moved(m)) if np.any(unknown) else 0.0)  # others do not turn
    if d_dot is not None:
        middle = middle + diagonal_matrix(d_dot)
    return np.matmul(np.matmul(V, middle), adjoint(V))


def _conjugated_vjp(v_bar, xs, v, active, lower):
    a, d = xs
    w, V = np.linalg.eigh(a, _letter(lower))
    m = np.matmul(adjoint(V), np.matmul(0.5 * (v_bar + adjoint(v_bar)), V))
    a_bar = None
    if active[0]:
        c, unknown, infinite = _quotients(d, w, not active[1])
        middle = c * m + (nan_where(infinite | (unknown & is_moved(m))) if np.any(unknown) else 0.0)
        a_bar = to_triangle(np.matmul(np.matmul(V, middle), adjoint(V)), lower)
    return a_bar, real_part(diagonal_of(m)) if active[1] else None


EIGH = ArrayOp("linalg.eigh", _eigh, _eigh_jvp, _eigh_vjp)
EIGVALSH = ArrayOp("linalg.eigvalsh", _eigvalsh, _eigvalsh_jvp, _eigvalsh_vjp)
CONJUGATED = ArrayOp("conjugated", _conjugated, _conjugated_jvp, _conjugated_vjp)

ROWS = (EIGH, EIGVALSH, CONJUGATED)
COMPLEX_ROWS = (hermitian(EIGH, True, False), hermitian(EIGVALSH, True), hermitian(CONJUGATED, False))
