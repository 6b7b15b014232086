"""Rows of the matrix functions of `numpy.linalg`, for matrices in the last two axes. The rules follow Giles (2008),
"Collected matrix derivative results for forward and reverse mode algorithmic differentiation"; those of `cholesky`
Murray (2016), arXiv:1602.07527.

See `array_ops` for what a rule may use. Determinants stay exact where the matrix is singular, to any order: see
`cofactors`.
"""

import numpy as np

from .array_ops import ArrayOp, total, unbroadcast
from .complexified import adjoint, hermitian, is_complex

# A matrix whose condition number (1-norm) exceeds this gets its cofactors without inverting it as a whole.
_TRUSTED_CONDITION = 1e8


def _transposed(x):
    return np.swapaxes(x, -1, -2)


def _value(x):
    """The plain array behind `x`: choices of an algorithm are made on it, never results."""
    return getattr(x, "primal", x)


# Solve and inv.


def _solve_columns(a, b):
    """Solve for `b` that holds one vector per matrix, ``(..., n)``, whatever NumPy makes of that shape."""
    return np.linalg.solve(a, np.expand_dims(b, -1))[..., 0]


def _times_vector(a, x):
    return np.matmul(a, np.expand_dims(x, -1))[..., 0]


def _solve_jvp(x_dots, xs, v):
    """``a v = b``, so ``a v_dot = b_dot - a_dot v``."""
    a_dot, b_dot = x_dots
    is_vector = xs[1].ndim == 1
    if a_dot is not None:
        a_dot = -(_times_vector(a_dot, v) if is_vector else np.matmul(a_dot, v))
    solve = _solve_columns if is_vector else np.linalg.solve
    rhs = total((b_dot, a_dot))
    return solve(xs[0], np.broadcast_to(rhs, v.shape))


def _solve_vjp(v_bar, xs, v, active):
    """``b_bar = a^-T v_bar``, ``a_bar = -b_bar v^T``."""
    a, b = xs
    a_bar = None
    if b.ndim == 1:
        b_bar = _solve_columns(_transposed(a), v_bar)
        if active[0]:
            a_bar = -(np.expand_dims(b_bar, -1) * np.expand_dims(v, -2))
    else:
        b_bar = np.linalg.solve(_transposed(a), v_bar)
        if active[0]:
            a_bar = -np.matmul(b_bar, _transposed(v))
    return (
        unbroadcast(a_bar, a.shape) if active[0] else None,
        unbroadcast(b_bar, b.shape) if active[1] else None,
    )


def _inv_jvp(x_dots, xs, v):
    return -np.matmul(np.matmul(v, x_dots[0]), v)


def _inv_vjp(v_bar, xs, v, active):
    transposed = _transposed(v)
    return (-np.matmul(np.matmul(transposed, v_bar), transposed),)


# Determinants.


def cofactors(a):
    """The derivative of ``det(a)``: the matrix of cofactors, ``det(a) a^-T`` where `a` is invertible.

    A matrix that is not safely invertible is split by complete pivoting into a well-conditioned block and its small
    Schur complement S, the cofactors of which come without a division, so that they and all their derivatives are exact
    also where S = 0.
    """
    if a.ndim > 2:
        return np.stack([cofactors(matrix) for matrix in a]) if a.shape[0] else np.zeros(a.shape)
    if a.shape[0] == 0:
        return np.zeros(a.shape)
    if _is_trusted(_value(a)):
        return np.linalg.det(a) * _transposed(np.linalg.inv(a))
    return _cofactors_by_blocks(a)


def _is_trusted(a):
    try:
        inverse = np.linalg.inv(a)
    except np.linalg.LinAlgError:
        return False
    return not np.linalg.norm(a, 1) * np.linalg.norm(inverse, 1) > _TRUSTED_CONDITION


def _complete_pivoting(a):
    """Order of rows and columns that puts a well-conditioned block first, and the size of that block."""
    a, n = np.array(a), a.shape[0]
    rows, columns = np.arange(n), np.arange(n)
    largest = np.max(np.abs(a))
    for k in range(n):
        i, j = np.unravel_index(np.argmax(np.abs(a[k:, k:])), (n - k, n - k))
        if not np.abs(a[k + i, k + j]) > largest / _TRUSTED_CONDITION:
            return rows, columns, k
        a[[k, k + i]], rows[[k, k + i]] = a[[k + i, k]], rows[[k + i, k]]
        a[:, [k, k + j]], columns[[k, k + j]] = a[:, [k + j, k]], columns[[k + j, k]]
        a[k + 1 :, k:] -= np.outer(a[k + 1 :, k] / a[k, k], a[k, k:])
    return rows, columns, n


def _parity(order):
    """+1.0 or -1.0: the sign of a permutation."""
    return float(np.rint(np.linalg.det(np.eye(len(order))[order])))


def _cofactors_by_blocks(a):
    """Cofactors of ``[[p, q], [r, w]]`` with p invertible: ``adj = det(p) [[det(S) p^-1 + u adj(S) t, -u adj(S)],
    [-adj(S) t, adj(S)]]`` with ``u = p^-1 q``, ``t = r p^-1`` and the Schur complement ``S = w - r p^-1 q``."""
    rows, columns, k = _complete_pivoting(_value(a))
    b = a[rows][:, columns]
    if k == 0:
        adjugate = _adjugate(b)[1]
    else:
        inverse = np.linalg.inv(b[:k, :k])
        u, t = np.matmul(inverse, b[:k, k:]), np.matmul(b[k:, :k], inverse)
        det_s, adj_s = _adjugate(b[k:, k:] - np.matmul(b[k:, :k], u))
        u_adj = np.matmul(u, adj_s)
        top = np.concatenate([det_s * inverse + np.matmul(u_adj, t), -u_adj], axis=1)
        bottom = np.concatenate([-np.matmul(adj_s, t), adj_s], axis=1)
        adjugate = np.linalg.det(b[:k, :k]) * np.concatenate([top, bottom], axis=0)
    cofactor = _transposed(adjugate) * (_parity(rows) * _parity(columns))
    return cofactor[np.argsort(rows)][:, np.argsort(columns)]


def _adjugate(s):
    """Determinant and adjugate without division by an element, by Faddeev and LeVerrier (Householder 1964, section
    6.7); for small `s`."""
    k = s.shape[0]
    if k == 0:
        return 1.0, s
    eye = np.eye(k)
    m = eye
    for j in range(1, k + 1):
        adjugate = m
        product = np.matmul(s, m)
        c = -np.trace(product) / j
        m = product + c * eye
    return (-1.0) ** k * c, (-1.0) ** (k - 1) * adjugate


def _det_jvp(x_dots, xs, v):
    return np.sum(cofactors(xs[0]) * x_dots[0], axis=(-2, -1))


def _det_vjp(v_bar, xs, v, active):
    return (np.expand_dims(v_bar, (-2, -1)) * cofactors(xs[0]),)


def _logdet(a):
    return np.linalg.slogdet(a)[1]


def _inverse_or_nan(a):
    """A singular matrix has ``log|det| = -inf``, which NumPy returns and does not raise; so its derivative must not
    raise either."""
    try:
        return np.linalg.inv(a)
    except np.linalg.LinAlgError:
        return np.full(a.shape, np.nan)


def _logdet_jvp(x_dots, xs, v):
    return np.sum(_transposed(_inverse_or_nan(xs[0])) * x_dots[0], axis=(-2, -1))


def _logdet_vjp(v_bar, xs, v, active):
    return (np.expand_dims(v_bar, (-2, -1)) * _transposed(_inverse_or_nan(xs[0])),)


# Cholesky.


def lower_half(x):
    """The lower triangle with its diagonal halved, of which only the real part counts."""
    eye = np.eye(x.shape[-1])
    half = np.tril(x) * (1.0 - 0.5 * eye)
    return half - 1j * (np.imag(half) * eye) if is_complex(half) else half


def _cholesky(a, upper=False):
    return np.linalg.cholesky(a, upper=upper) if upper else np.linalg.cholesky(a)


def _cholesky_jvp(x_dots, xs, v, upper=False):
    """NumPy reads one triangle only, so the tangent of the other one does not count. ``l_dot = l half(l^-1 a_dot
    l^-T)``."""
    a_dot = adjoint(x_dots[0]) if upper else x_dots[0]
    factor = adjoint(v) if upper else v
    half = lower_half(a_dot)
    a_dot = half + adjoint(half)
    middle = np.linalg.solve(factor, adjoint(np.linalg.solve(factor, a_dot)))
    v_dot = np.matmul(factor, lower_half(middle))
    return adjoint(v_dot) if upper else v_dot


def cholesky_pulled(factor, l_bar):
    """``half(s + s^T)`` with ``s = l^-T half(l^T l_bar) l^-1`` for the lower factor l: an element below the diagonal
    stands for two of the symmetric matrix. What is above the diagonal counts in no operand, and not in the result."""
    if hasattr(factor, "engine") or hasattr(l_bar, "engine") or is_complex(factor):
        return _pulled_at_once(np.tril(factor), np.tril(l_bar))
    return _pulled_by_strips(factor, np.array(l_bar))


def _pulled_at_once(factor, l_bar):
    upper = adjoint(factor)
    half = lower_half(np.matmul(upper, l_bar))
    s = adjoint(np.linalg.solve(upper, adjoint(np.linalg.solve(upper, half))))
    return lower_half(s + adjoint(s))


_STRIP = 32  # columns: fewer make more calls, more make more work on the diagonal


def _pulled_by_strips(factor, a_bar):
    """The same with a third of the work, in the place of l_bar: strip by strip of columns from the last to the first
    (Murray 2016, section 4.2)."""
    n = factor.shape[-1]
    for first in reversed(range(0, n, _STRIP)):
        last = min(first + _STRIP, n)
        strip, before = (..., slice(first, last)), (..., slice(0, first))
        row, diagonal = factor[..., first:last, :first], np.tril(factor[..., first:last, first:last])
        below, of_below, of_diagonal = factor[..., last:, :], a_bar[..., last:, :], a_bar[..., first:last, first:last]
        inverse = np.linalg.inv(diagonal)
        of_below[strip] = of_strip = np.matmul(of_below[strip], inverse)
        of_below[before] -= np.matmul(of_strip, row)
        of_diagonal -= np.matmul(adjoint(of_strip), below[strip])
        middle = lower_half(np.matmul(adjoint(diagonal), np.tril(of_diagonal)))
        s = np.matmul(np.matmul(adjoint(inverse), middle), inverse)
        both = s + adjoint(s)
        of_diagonal[...] = lower_half(both)
        a_bar[..., first:last, :first] -= np.matmul(adjoint(of_strip), below[before]) + np.matmul(both, row)
    return a_bar


def _cholesky_vjp(v_bar, xs, v, active, upper=False):
    if upper:
        return (adjoint(np.tril(cholesky_pulled(adjoint(v), adjoint(v_bar)))),)
    return (np.tril(cholesky_pulled(v, v_bar)),)


SOLVE = ArrayOp("linalg.solve", np.linalg.solve, _solve_jvp, _solve_vjp)
INV = ArrayOp("linalg.inv", np.linalg.inv, _inv_jvp, _inv_vjp)
DET = ArrayOp("linalg.det", np.linalg.det, _det_jvp, _det_vjp)
LOGDET = ArrayOp("linalg.slogdet", _logdet, _logdet_jvp, _logdet_vjp)
CHOLESKY = ArrayOp("linalg.cholesky", _cholesky, _cholesky_jvp, _cholesky_vjp)

ROWS = (SOLVE, INV, DET, LOGDET, CHOLESKY)
COMPLEX_ROWS = (hermitian(CHOLESKY, False),)
