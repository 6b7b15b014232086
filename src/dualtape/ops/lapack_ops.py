"""Rows of the factors of `scipy.linalg` as LAPACK packs them, and of the systems that are solved with them: values are
SciPy's, derivatives those of the factors, at the factors that SciPy has returned.

A system with a factored matrix costs two substitutions, and so does its derivative: no rule here inverts anything. What
LAPACK does not read of a matrix gets a structural zero, so that nobody has to cut the matrix first (copying a triangle
takes as long as a substitution). See `array_ops` for what a rule may use. Called by handlers/scipy_linalg.py.
"""

from importlib import import_module

import numpy as np

from . import factor_ops, matrix_ops
from .array_ops import ArrayOp, total
from .complexified import applied, is_plain
from .factor_ops import transposed
from .phases import judged
from .scipy_ops import kept_where_read, of_rules, read, substituted


def _scipy(name):
    return getattr(import_module("scipy.linalg"), name)


def _solved(factor, b, lower, transpose=False, unit=False):
    """``factor^-1 b``, of one triangle of a matrix or of a stack of them; not a number where it is singular."""
    if factor.ndim == b.ndim == 2:
        if not unit and np.any(np.diagonal(judged(factor)) == 0.0):
            return b * np.nan
        return substituted(factor, b, lower, transpose, unit)
    half = np.tril(factor, -1 if unit else 0) if lower else np.triu(factor, 1 if unit else 0)
    half = half + np.eye(factor.shape[-1]) if unit else half
    inverse = factor_ops.inverse_or_nan(half)
    return np.matmul(transposed(inverse) if transpose else inverse, b)


def _times_unit(strict, x):
    """The triangle that has ones on its diagonal, times x."""
    return x + np.matmul(strict, x)


def _merged(mask, x, y):
    """x, which nobody else holds, where the mask says so, elsewhere y."""
    if not is_plain(x, y):
        return np.where(mask, x + 0.0, y)
    x += 0.0
    np.copyto(x, y, where=~mask)
    return x


def _as_columns(x):
    return np.expand_dims(x, -1) if x.ndim == 1 else x


# Cholesky.


def _cholesky(a, lower, clean):
    """What is not the factor is 0, or, unless `clean`, what stood there."""
    return _scipy("cholesky")(a, lower=lower) if clean else _scipy("cho_factor")(a, lower=lower)[0]


def _cholesky_jvp(x_dots, xs, v, lower, clean):
    """``l_dot = l half(l^-1 a_dot l^-T)``; an upper factor is the transposed one of the transposed matrix."""
    (a_dot,) = x_dots
    factor, moved = _lower_factor(v, lower), _lower_factor(a_dot, lower)
    moved = moved + transposed(np.tril(moved, -1))
    middle = _solved(factor, transposed(_solved(factor, moved, True)), True)
    v_dot = np.matmul(factor, matrix_ops.lower_half(middle))
    v_dot = v_dot if lower else transposed(v_dot)
    return v_dot if clean else _merged(read(v.shape[-1], lower), v_dot, a_dot)


def _cholesky_vjp(v_bar, xs, v, active, lower, clean):
    if lower:
        pulled = matrix_ops.cholesky_pulled(v, v_bar)
    else:
        pulled = transposed(matrix_ops.cholesky_pulled(transposed(v), transposed(v_bar)))
    return (kept_where_read(pulled, lower) if clean else _merged(read(v.shape[-1], lower), pulled, v_bar),)


def _cho_solve(c, b, lower, check_finite=True):
    return _scipy("cho_solve")((c, lower), b, check_finite=check_finite)


def _cho_solved(c, b, lower):
    """The same in a rule."""
    return applied(CHO_SOLVE_OF_RULES, c, b, lower=lower)


def _lower_factor(c, lower):
    return np.tril(c) if lower else transposed(np.triu(c))


def _cho_solve_jvp(x_dots, xs, v, lower):
    """``a v = b`` with ``a = l l^T``: ``a v_dot = b_dot - l_dot (l^T v) - l (l_dot^T v)``."""
    c_dot, b_dot = x_dots
    if c_dot is not None:
        factor, factor_dot = _lower_factor(xs[0], lower), _lower_factor(c_dot, lower)
        moved = np.matmul(factor_dot, np.matmul(transposed(factor), v))
        moved = moved + np.matmul(factor, np.matmul(transposed(factor_dot), v))
        b_dot = total((b_dot, -moved))
    return _cho_solved(xs[0], b_dot, lower)


def _cho_solve_vjp(v_bar, xs, v, active, lower):
    """``b_bar = a^-1 v_bar``, ``a_bar = -b_bar v^T``, ``l_bar = tril((a_bar + a_bar^T) l)``."""
    b_bar = _cho_solved(xs[0], v_bar, lower)
    if not active[0]:
        return None, b_bar
    factor = _lower_factor(xs[0], lower)
    left, right = _as_columns(b_bar), _as_columns(v)
    both = np.concatenate([left, right], axis=-1)
    other = np.concatenate([np.matmul(transposed(factor), right), np.matmul(transposed(factor), left)], axis=-1)
    factor_bar = np.matmul(-both, transposed(other))
    factor_bar = factor_bar if lower else transposed(factor_bar)
    return kept_where_read(factor_bar, lower), b_bar if active[1] else None


# L U with exchanged rows: `order` is the row of `a` that each row of L U is.


def _lu_factor(a, order):
    return _scipy("lu_factor")(a)[0]


def _rows(x, order):
    """x with its rows in this order, of one matrix, a vector, or a stack."""
    return x[order] if order.ndim == 1 else np.take_along_axis(x, np.expand_dims(order, -1), axis=-2)


def _unpacked(packed):
    """L without the ones on its diagonal, and U."""
    n = packed.shape[-1]
    return np.tril(packed, -1), np.triu(packed[..., :n, :])


def _lu_factor_jvp(x_dots, xs, v, order):
    """With ``m = l1^-1 a1_dot u^-1`` of the upper square: ``l1_dot = l1 lower(m)``, ``u_dot = upper(m) u``, ``l2_dot =
    (a2_dot - l2 u_dot) u^-1``."""
    low, u = _unpacked(v)
    n, a_dot = u.shape[-1], _rows(x_dots[0], order)
    top = low[..., :n, :]
    left = _solved(top, a_dot[..., :n, :], True, unit=True)
    m = transposed(_solved(u, transposed(left), False, transpose=True))
    u_dot = np.matmul(np.triu(m), u)
    top_dot = _times_unit(top, factor_ops.strictly_lower(m)) + u_dot
    if v.shape[-2] == n:
        return top_dot
    bottom = a_dot[..., n:, :] - np.matmul(low[..., n:, :], u_dot)
    return np.concatenate([top_dot, transposed(_solved(u, transposed(bottom), False, transpose=True))], axis=-2)


def _lu_factor_vjp(v_bar, xs, v, active, order):
    low, u = _unpacked(v)
    low_bar, u_bar = _unpacked(v_bar)
    n = u.shape[-1]
    top, bottom = low[..., :n, :], None
    if v.shape[-2] > n:
        bottom = transposed(_solved(u, transposed(low_bar[..., n:, :]), False))
        u_bar = u_bar - np.triu(np.matmul(transposed(low[..., n:, :]), bottom))
    m_bar = _times_unit(transposed(top), low_bar[..., :n, :])
    m_bar = _merged(read(n, True, unit=True), m_bar, np.matmul(u_bar, transposed(u)))
    a_bar = transposed(_solved(u, transposed(_solved(top, m_bar, True, transpose=True, unit=True)), False))
    if bottom is not None:
        a_bar = np.concatenate([a_bar, bottom], axis=-2)
    return (_rows(a_bar, np.argsort(order, axis=-1)),)


def _lu_solve(packed, b, piv, trans, check_finite=True):
    return _scipy("lu_solve")((packed, piv), b, trans=trans, check_finite=check_finite)


def _lu_solved(packed, b, piv, trans):
    """The same in a rule."""
    return applied(LU_SOLVE_OF_RULES, packed, b, piv=piv, trans=trans)


def _lu_solve_jvp(x_dots, xs, v, piv, trans):
    """``p^T l u v = b``, or ``u^T l^T p v = b`` with the matrix transposed."""
    packed_dot, b_dot = x_dots
    if packed_dot is not None:
        order = factor_ops.order_of(piv, xs[0].shape[-1])
        (low, u), (low_dot, u_dot) = _unpacked(xs[0]), _unpacked(packed_dot)
        if trans == 0:
            moved = np.matmul(low_dot, np.matmul(u, v)) + _times_unit(low, np.matmul(u_dot, v))
            moved = _rows(moved, np.argsort(order))
        else:
            low, u, low_dot, u_dot = map(transposed, (low, u, low_dot, u_dot))
            exchanged = _rows(v, order)
            moved = np.matmul(u_dot, _times_unit(low, exchanged)) + np.matmul(u, np.matmul(low_dot, exchanged))
        b_dot = total((b_dot, -moved))
    return _lu_solved(xs[0], b_dot, piv, trans)


def _lu_solve_vjp(v_bar, xs, v, active, piv, trans):
    """``a_bar = -b_bar v^T`` (``-v b_bar^T``, transposed) of ``a = p^T l u`` gives ``l_bar = lower(p a_bar u^T)`` and
    ``u_bar = upper(l^T p a_bar)``."""
    b_bar = _lu_solved(xs[0], v_bar, piv, 0 if trans else 1)
    if not active[0]:
        return None, b_bar
    left, right = (v, b_bar) if trans else (b_bar, v)
    low, u = _unpacked(xs[0])
    left = _as_columns(_rows(left, factor_ops.order_of(piv, xs[0].shape[-1])))
    right = _as_columns(right)
    low_bar = np.matmul(-left, transposed(np.matmul(u, right)))
    u_bar = np.matmul(_times_unit(transposed(low), -left), transposed(right))
    return _merged(read(u.shape[-1], True, unit=True), low_bar, u_bar), b_bar if active[1] else None


CHOLESKY = ArrayOp("scipy.linalg.cholesky", _cholesky, _cholesky_jvp, _cholesky_vjp, selects=True)
CHO_SOLVE = ArrayOp("scipy.linalg.cho_solve", _cho_solve, _cho_solve_jvp, _cho_solve_vjp, selects=True)
LU_FACTOR = ArrayOp("scipy.linalg.lu_factor", _lu_factor, _lu_factor_jvp, _lu_factor_vjp)
LU_SOLVE = ArrayOp("scipy.linalg.lu_solve", _lu_solve, _lu_solve_jvp, _lu_solve_vjp)
CHO_SOLVE_OF_RULES, LU_SOLVE_OF_RULES = of_rules(CHO_SOLVE), of_rules(LU_SOLVE)

ROWS = (CHOLESKY, CHO_SOLVE, CHO_SOLVE_OF_RULES, LU_FACTOR, LU_SOLVE, LU_SOLVE_OF_RULES)
