"""Rows of the singular value decomposition, ``a = U diag(s) V^T``, and of the pseudoinverse. The rules are those of
Giles (2008), section 3.2, with the rotations K of U and L of V taken as K + L, which gaps of singular values divide,
and K - L, which their sums divide (Papadopoulo & Lourakis 2000, "Estimating the Jacobian of the singular value
decomposition", solve for each pair). Of complex matrices, read ``V^H`` for ``V^T``; what K - L does on the diagonal
turns phases (Wan & Zhang 2019, arXiv:1909.02659), and phases.py fixes the rest of them. So the polar factor ``U V^T``
is smooth where singular values are repeated.

Rotations that are not determined are treated as in `spectral_ops`. A singular value that is 0 is at a kink, and has
derivative 0 as `abs` has. Called by handlers/spectral.py and by other rules.
"""

import numpy as np

from .array_ops import ArrayOp
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
from .phases import judged, torque, turned, turning, turning_bar
from .spectral_ops import (
    ROUNDING,
    along_axes,
    diagonal_matrix,
    diagonal_of,
    harmless_rotations,
    in_pairs,
    inverse_gaps,
    is_unmoved,
    nan_where,
    on_columns,
    on_rows,
)

_NEGLIGIBLE = 1e-10  # of the smallest singular value that is inverted: what is cut off does not change the derivative


class _Divisors:
    """What the rotations of U and V are divided by: 0 in place of what would divide by rounding, and where that is.

    Attributes
    ----------
    gap, same : ``1/(s_j - s_i)``, and where two singular values are the same
    sum, both_zero : ``1/(s_i + s_j)``, and where both are zero
    inverse, zero : ``1/s_i``, and where it is zero
    """

    def __init__(self, s, a):
        rounding = max(a.shape[-2:]) * ROUNDING * np.max(s, axis=-1, keepdims=True, initial=0.0)
        rows, columns = np.expand_dims(s, -1), np.expand_dims(s, -2)
        self.gap, self.same = inverse_gaps(columns - rows, np.expand_dims(rounding, -1))
        sums, self.zero = rows + columns, s <= rounding
        self.both_zero = in_pairs(self.zero)
        if not is_complex(a):  # a real singular vector does not turn into itself
            self.both_zero = self.both_zero & ~np.eye(s.shape[-1], dtype=bool)
        self.sum = np.where(in_pairs(self.zero), 0.0, 1.0 / np.where(in_pairs(self.zero), 1.0, sums))
        self.inverse = np.where(self.zero, 0.0, 1.0 / np.where(self.zero, 1.0, s))
        self.is_regular = not (np.any(self.same) or np.any(self.zero))


def _sign(s):
    return np.where(s > 0.0, 1.0, np.where(s == 0.0, 0.0, np.nan))


# The decomposition, with min(m, n) singular vectors on either side, or with a basis of all (`full`).


def _svd(a, full):
    return tuple(np.linalg.svd(a, full_matrices=full))


def _thin(v):
    """The singular vectors that have a singular value, and the others, of U and of V."""
    U, s, Vh = v
    r, V = s.shape[-1], adjoint(Vh)
    return U[..., :r], s, V[..., :r], U[..., r:], V[..., r:]


def _thin_bar(v_bar):
    """`_thin` of cotangents. Where nothing depends on a number, that is still to be seen."""
    U_bar, s_bar, Vh_bar = v_bar
    r, V_bar = s_bar.shape[-1], adjoint(Vh_bar)
    if is_complex(Vh_bar):
        V_bar = np.where(np.swapaxes(is_unmoved(Vh_bar), -1, -2), complex(-0.0, -0.0), V_bar)
    return U_bar[..., :r], s_bar, V_bar[..., :r], U_bar[..., r:], V_bar[..., r:]


def _svd_jvp(x_dots, xs, v, full):
    U, s, V, more_u, more_v = _thin(v)
    U_dot, s_dot, V_dot = _with_phases(*_thin_svd_jvp(x_dots[0], U, s, V), U, V)
    U_dot, V_dot = _and_more_dots(U_dot, U, more_u), _and_more_dots(V_dot, V, more_v)
    return U_dot, s_dot, adjoint(V_dot)


def _and_more_dots(U_dot, U, more):
    """Vectors that complete U stay orthogonal to it. How two or more of them turn into each other is not determined."""
    if not more.shape[-1]:
        return U_dot
    more_dot = -np.matmul(U, np.matmul(adjoint(U_dot), more))
    return np.concatenate([U_dot, more_dot if _is_determined(more) else more_dot + np.nan], axis=-1)


def _is_determined(more):
    """A single real vector is; a complex one has a phase of its own."""
    return more.shape[-1] == 1 and not is_complex(more)


def _svd_vjp(v_bar, xs, v, active, full):
    U, s, V, more_u, more_v = _thin(v)
    U_bar, s_bar, V_bar, more_u_bar, more_v_bar = _thin_bar(v_bar)
    U_bar = _and_more_bars(U_bar, U, more_u, more_u_bar)
    V_bar = _and_more_bars(V_bar, V, more_v, more_v_bar)
    U_bar, V_bar = _with_phases_bar(U_bar, V_bar, U, V)
    return (_thin_svd_vjp(U_bar, s_bar, V_bar, xs[0], U, s, V),)


def _and_more_bars(U_bar, U, more, more_bar):
    """The transpose of `_and_more_dots`; a rotation of the completing vectors into each other must not count."""
    if not more.shape[-1] or np.all(is_unmoved(more_bar)):
        return U_bar
    U_bar = U_bar - np.matmul(more, np.matmul(adjoint(more_bar), U))
    if _is_determined(more):
        return U_bar
    within = np.matmul(adjoint(more), more_bar)
    turns = ~np.all(vanishes_in(within - adjoint(within), more_bar), axis=(-2, -1), keepdims=True)
    lone = np.all(is_unmoved(more_bar), axis=-2) | along_axes(more)  # see harmless_rotations
    turns = turns | np.any(lone, axis=-1)[..., np.newaxis, np.newaxis]
    return U_bar + nan_where(turns)


def _with_phases(U_dot, s_dot, V_dot, U, V):
    """The pairs of vectors turn together: see phases.py."""
    if not is_complex(U):
        return U_dot, s_dot, V_dot
    fixed_dot, fixed = (V_dot, V) if U.shape[-2] >= V.shape[-2] else (U_dot, U)
    speed = turning(fixed_dot, fixed)
    return U_dot + turned(U, speed), s_dot, V_dot + turned(V, speed)


def _with_phases_bar(U_bar, V_bar, U, V):
    if not is_complex(U) or (np.all(is_unmoved(U_bar)) and np.all(is_unmoved(V_bar))):
        return U_bar, V_bar
    t = torque(U_bar, U) + torque(V_bar, V)
    if U.shape[-2] >= V.shape[-2]:
        return U_bar, V_bar + turning_bar(t, V)
    return U_bar + turning_bar(t, U), V_bar


def _thin_svd_jvp(a_dot, U, s, V):
    Ut = adjoint(U)
    over = _Divisors(s, a_dot)
    on_u, on_v = np.matmul(a_dot, V), np.matmul(adjoint(a_dot), U)
    p = np.matmul(Ut, on_u)
    both, opposite = (p + adjoint(p)) * over.gap, (p - adjoint(p)) * over.sum
    rest_u, rest_v = on_u - np.matmul(U, p), on_v - np.matmul(V, adjoint(p))
    if not over.is_regular:
        both = both + nan_where(over.same & is_moved(p + adjoint(p)))
        opposite = opposite + nan_where(over.both_zero & is_moved(p - adjoint(p)))
        rest_u = rest_u + nan_where(np.expand_dims(over.zero, -2) & ~vanishes_in(rest_u, on_u))
        rest_v = rest_v + nan_where(np.expand_dims(over.zero, -2) & ~vanishes_in(rest_v, on_v))
    U_dot = np.matmul(U, 0.5 * (both + opposite)) + on_columns(rest_u, over.inverse)
    V_dot = np.matmul(V, 0.5 * (both - opposite)) + on_columns(rest_v, over.inverse)
    return U_dot, real_part(diagonal_of(p)) * _sign(s), V_dot


def vanishes_in(part, whole):
    """Where `part` is zero but for rounding in what it was cut from."""
    return np.abs(part) <= 1e-13 * np.max(np.abs(whole), axis=(-2, -1), keepdims=True, initial=0.0)


def _thin_svd_vjp(U_bar, s_bar, V_bar, a, U, s, V):
    Vh = adjoint(V)
    a_bar = recombined(a, s_bar * _sign(s), U, Vh)
    no_u, no_v = is_unmoved(U_bar), is_unmoved(V_bar)
    if np.all(no_u) and np.all(no_v):
        return a_bar
    over = _Divisors(s, a)
    in_u, in_v = np.matmul(adjoint(U), U_bar), np.matmul(adjoint(V), V_bar)
    skew_u, skew_v = 0.5 * (in_u - adjoint(in_u)), 0.5 * (in_v - adjoint(in_v))
    both, opposite = (skew_u + skew_v) * over.gap, (skew_u - skew_v) * over.sum
    rest_u, rest_v = U_bar - np.matmul(U, in_u), V_bar - np.matmul(V, in_v)
    if not over.is_regular:
        no_s, scale = is_unmoved(s_bar), np.abs(in_u) + np.abs(in_v)
        no_columns_u, no_columns_v = np.all(no_u, axis=-2), np.all(no_v, axis=-2)
        no_columns = no_columns_u & no_columns_v
        is_special = (along_axes(U) & no_columns_v) | (along_axes(V) & no_columns_u)
        turns = harmless_rotations(skew_u + skew_v, scale, no_columns, no_s, is_special)
        both = both + nan_where(over.same & ~turns)
        turns = harmless_rotations(skew_u - skew_v, scale, no_columns, no_s, is_special)
        opposite = opposite + nan_where(over.both_zero & ~turns)
        rest_u = _determined(rest_u, U_bar, over.zero, no_columns_u, no_s)
        rest_v = _determined(rest_v, V_bar, over.zero, no_columns_v, no_s)
    a_bar = a_bar + np.matmul(np.matmul(U, both + opposite) + on_columns(rest_u, over.inverse), Vh)
    return a_bar + np.matmul(U, adjoint(on_columns(rest_v, over.inverse)))


def _determined(rest, bar, zero, no_columns, no_values):
    """The part of a cotangent that turns singular vectors out of their space; what belongs to a singular value zero has
    no derivative unless it vanishes."""
    is_harmless = np.expand_dims(no_columns, -2) | (np.expand_dims(no_values, -2) & vanishes_in(rest, bar))
    return rest + nan_where(np.expand_dims(zero, -2) & ~is_harmless)


# Singular values alone.


def _svdvals(a):
    return np.linalg.svd(a, compute_uv=False)


def _svdvals_jvp(x_dots, xs, v):
    U, s, Vh = np.linalg.svd(xs[0], full_matrices=False)
    return np.sum(product_with_conjugate(U, np.matmul(x_dots[0], adjoint(Vh))), axis=-2) * _sign(s)


def _svdvals_vjp(v_bar, xs, v, active):
    if not is_plain(xs[0], v_bar):
        return (recombined(xs[0], v_bar * _sign(v), None, None),)
    U, s, Vh = np.linalg.svd(xs[0], full_matrices=False)
    return (recombined(xs[0], v_bar * _sign(s), U, Vh),)


def recombined(a, d, U, Vh):
    """``U diag(d) V^T``; where it is to be differentiated again, as an operation of its own on a and d: it has a
    derivative where U and V have none."""
    return np.matmul(on_columns(U, d), Vh) if is_plain(a, d, U) else applied(RECOMBINED, a, d)


def _recombined(a, d):
    U, _, Vh = np.linalg.svd(a, full_matrices=False)
    return np.matmul(on_columns(U, d), Vh)


def _quotients(d, over, is_constant):
    """``(d_j - d_i)/(s_j - s_i)`` and ``(d_i + d_j)/(s_i + s_j)``, and where each of them is not known."""
    rows, columns = np.expand_dims(d, -1), np.expand_dims(d, -2)
    largest = 1e-10 * np.expand_dims(np.max(np.abs(d), axis=-1, keepdims=True, initial=0.0), -1)
    of_gaps, of_sums = (columns - rows) * over.gap, (rows + columns) * over.sum
    unknown_gap = over.same & ~(is_constant & (np.abs(columns - rows) <= largest))
    unknown_sum = over.both_zero & ~(is_constant & (np.abs(columns + rows) <= largest))
    return of_gaps, of_sums, unknown_gap, unknown_sum


def _of_pairs(p, d, over, is_constant):
    """The change of ``U diag(d) V^T`` between singular vectors, in their basis, for ``p = U^T a_dot V``; a map that is
    its own transpose."""
    of_gaps, of_sums, unknown_gap, unknown_sum = _quotients(d, over, is_constant)
    even, odd = p + adjoint(p), p - adjoint(p)
    middle = 0.5 * (of_gaps * even + of_sums * odd)
    if not over.is_regular:
        middle = middle + nan_where((unknown_gap & is_moved(even)) | (unknown_sum & is_moved(odd)))
    return middle


def _recombined_jvp(x_dots, xs, v):
    (a, d), (a_dot, d_dot) = xs, x_dots
    U, s, Vh = np.linalg.svd(a, full_matrices=False)
    if a_dot is None:
        return np.matmul(on_columns(U, d_dot), Vh)
    middle, outside = _moved(a_dot, d, U, s, Vh, d_dot is None)
    if d_dot is not None:
        middle = middle + diagonal_matrix(d_dot)
    return np.matmul(np.matmul(U, middle), Vh) + outside


def _moved(a_dot, d, U, s, Vh, is_constant):
    """What a tangent of a makes of ``U diag(d) V^T``: between singular vectors, and out of their spaces. As a map of
    `a_dot` it is its own transpose."""
    over, V = _Divisors(s, a_dot), adjoint(Vh)
    on_u, on_v = np.matmul(a_dot, V), np.matmul(adjoint(a_dot), U)
    p = np.matmul(adjoint(U), on_u)
    rest_u, rest_v = on_u - np.matmul(U, p), on_v - np.matmul(V, adjoint(p))
    if not over.is_regular:
        unknown = over.zero & ~(is_constant & (d == 0.0))
        rest_u = rest_u + nan_where(np.expand_dims(unknown, -2) & ~vanishes_in(rest_u, on_u))
        rest_v = rest_v + nan_where(np.expand_dims(unknown, -2) & ~vanishes_in(rest_v, on_v))
    ratio = d * over.inverse
    outside = np.matmul(on_columns(rest_u, ratio), Vh) + np.matmul(U, adjoint(on_columns(rest_v, ratio)))
    return _of_pairs(p, d, over, is_constant), outside


def _recombined_vjp(v_bar, xs, v, active):
    a, d = xs
    U, s, Vh = np.linalg.svd(a, full_matrices=False)
    a_bar = None
    if active[0]:
        middle, outside = _moved(v_bar, d, U, s, Vh, not active[1])
        a_bar = np.matmul(np.matmul(U, middle), Vh) + outside
    return a_bar, np.sum(product_with_conjugate(U, np.matmul(v_bar, adjoint(Vh))), axis=-2) if active[1] else None


# The pseudoinverse.


def _pinv(a, rcond):
    return np.linalg.pinv(a, rcond)


def _pinv_jvp(x_dots, xs, v, rcond):
    """Golub & Pereyra (1973), "The differentiation of pseudo-inverses and nonlinear least squares problems", (4.12):
    ``-p a_dot p + p p^T a_dot^T (1 - a p) + (1 - p a) a_dot^T p^T p``."""
    (a,), (a_dot,) = xs, x_dots
    dropped = _dropped(a, v, rcond)
    if dropped is not None:
        return _truncated(a_dot, *dropped)
    p, pt, a_dot_t = v, adjoint(v), adjoint(a_dot)
    left = np.matmul(np.matmul(p, pt), a_dot_t)
    right = np.matmul(a_dot_t, np.matmul(pt, p))
    inner = np.matmul(np.matmul(p, a_dot), p)
    return left - np.matmul(np.matmul(left, a), p) + right - np.matmul(p, np.matmul(a, right)) - inner


def _pinv_vjp(v_bar, xs, v, active, rcond):
    """The transpose, term by term."""
    (a,) = xs
    dropped = _dropped(a, v, rcond)
    if dropped is not None:
        return (adjoint(_truncated(adjoint(v_bar), *dropped)),)  # a map of a_dot^T that is its own transpose
    pt, bar_t = adjoint(v), adjoint(v_bar)
    right = np.matmul(bar_t, np.matmul(v, pt))
    left = np.matmul(np.matmul(pt, v), bar_t)
    at = adjoint(a)
    right = right - np.matmul(np.matmul(pt, at), right)
    left = left - np.matmul(np.matmul(left, at), pt)
    return (left + right - np.matmul(np.matmul(pt, v_bar), pt),)


def _dropped(a, p, rcond):
    """The decomposition of a matrix of which `pinv` cuts off more than rounding, None of any other."""
    if min(a.shape[-2:]) == 0:
        return None
    s = np.linalg.svd(judged(a), compute_uv=False)
    is_kept = s > np.expand_dims(np.asarray(rcond), -1) * np.max(s, axis=-1, keepdims=True)
    least = np.min(np.where(is_kept, s, np.inf), axis=-1, keepdims=True)
    if not np.any(~is_kept & (s > _NEGLIGIBLE * least)):
        return None
    return (*np.linalg.svd(a, full_matrices=False), is_kept)


def _truncated(a_dot, U, s, Vh, is_kept):
    """The derivative of ``V diag(d) U^T`` with ``d = 1/s``, 0 where dropped. In the basis of the singular vectors it is
    ``-p_ij/(s_i s_j)`` between kept ones and ``(s_k p_ji + s_l p_ij)/(s_k (s_k^2 - s_l^2))`` between kept k and dropped
    l."""
    V = adjoint(Vh)
    d = np.where(is_kept, 1.0 / np.where(is_kept, s, 1.0), 0.0)
    on_u, on_v = np.matmul(a_dot, V), np.matmul(adjoint(a_dot), U)
    p = np.matmul(adjoint(U), on_u)
    rows, columns, kept = np.expand_dims(s, -1), np.expand_dims(s, -2), np.expand_dims(is_kept, -1)
    mixed = kept != np.expand_dims(is_kept, -2)
    squares = np.where(mixed, np.abs(rows * rows - columns * columns), 1.0)
    factor = np.where(mixed, (np.expand_dims(d, -1) + np.expand_dims(d, -2)) / squares, 0.0)
    crossed = factor * (np.where(kept, rows, columns) * adjoint(p) + np.where(kept, columns, rows) * p)
    middle = crossed - on_rows(d, on_columns(p, d))
    rest_u, rest_v = on_u - np.matmul(U, p), on_v - np.matmul(V, adjoint(p))
    outside = np.matmul(V, adjoint(on_columns(rest_u, d * d))) + np.matmul(on_columns(rest_v, d * d), adjoint(U))
    return np.matmul(np.matmul(V, middle), adjoint(U)) + outside


SVD = ArrayOp("linalg.svd", _svd, _svd_jvp, _svd_vjp)
SVDVALS = ArrayOp("linalg.svdvals", _svdvals, _svdvals_jvp, _svdvals_vjp)
RECOMBINED = ArrayOp("recombined", _recombined, _recombined_jvp, _recombined_vjp)
PINV = ArrayOp("linalg.pinv", _pinv, _pinv_jvp, _pinv_vjp)

ROWS = (SVD, SVDVALS, RECOMBINED, PINV)
COMPLEX_ROWS = (
    hermitian(SVD, False, True, False),
    hermitian(SVDVALS, True),
    hermitian(RECOMBINED, False),
    hermitian(PINV, False),
)
