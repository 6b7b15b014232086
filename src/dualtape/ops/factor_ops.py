"""Rows of the QR decomposition and of what follows from it, and `AS_RETURNED`, which gives a composition the values
that a library function returns.

The rules of QR follow Walter & Lehmann (2018), "Algorithmic differentiation of linear algebra functions with
application in optimum experimental design", and Roberts & Roberts (2020), arXiv:2009.10071, for wide matrices. A
column that depends on those before it gives a column of Q that is made of rounding: from there on derivatives are
NaN. Called by handlers/spectral.py.
"""

from importlib import import_module

import numpy as np

from .array_ops import ArrayOp, no_jvp, no_vjp
from .complexified import adjoint, analytic, hermitian, is_complex, is_moved, product_with_conjugate
from .phases import judged
from .spectral_ops import ROUNDING, nan_where


def inverse_or_nan(u):
    """The inverse of a triangle. One that is singular has been returned, not refused: so its derivative must not raise
    either."""
    zero = np.diagonal(u, axis1=-2, axis2=-1) == 0.0
    if not np.any(zero):
        return np.linalg.inv(u)
    safe = np.where(np.expand_dims(zero, -1) & np.eye(u.shape[-1], dtype=bool), 1.0, u)
    return np.linalg.inv(safe) + nan_where(np.expand_dims(np.any(zero, axis=-1, keepdims=True), -1))


def transposed(x):
    return np.swapaxes(x, -1, -2)


def strictly_lower(x):
    return np.tril(x, -1)


def skew(x):
    """The skew Hermitian matrix with the strictly lower triangle of x, and the imaginary part of its diagonal: R has a
    real one."""
    low = strictly_lower(x)
    whole = low - adjoint(low)
    return whole + 1j * (np.imag(x) * np.eye(x.shape[-1])) if is_complex(x) else whole


def skew_bar(x):
    """The transpose of `skew`."""
    low = strictly_lower(x - adjoint(x))
    return low + 1j * (np.imag(x) * np.eye(x.shape[-1])) if is_complex(x) else low


# Q of min(m, n) columns, and R.


def _qr(a):
    return tuple(np.linalg.qr(a))


def _regular(R):
    """R with ones for the diagonal elements that are rounding, and the columns of Q and rows of R from the first of
    them on: these have been made of rounding."""
    d = np.abs(np.diagonal(R, axis1=-2, axis2=-1))
    length = np.sqrt(np.sum(product_with_conjugate(R, R), axis=-2))
    is_rounding = d <= R.shape[-1] * ROUNDING * length
    lost = np.cumsum(np.where(is_rounding, 1.0, 0.0), axis=-1) > 0.0
    return np.where(np.expand_dims(is_rounding, -1) & np.eye(R.shape[-1], dtype=bool), 1.0, R), lost


def _tall_jvp(a_dot, Q, R):
    """``Q_dot = Q w + (1 - Q Q^T) a_dot R^-1``, ``R_dot = Q^T a_dot - w R`` with the skew w that has the strictly lower
    triangle of ``Q^T a_dot R^-1``."""
    regular, lost = _regular(R)
    in_q = np.matmul(adjoint(Q), a_dot)
    w = skew(np.matmul(in_q, np.linalg.inv(regular)))
    rest = np.matmul(a_dot - np.matmul(Q, in_q), np.linalg.inv(regular))
    Q_dot, R_dot = np.matmul(Q, w) + rest, np.triu(in_q - np.matmul(w, R))
    if np.any(lost):
        return Q_dot + nan_where(np.expand_dims(lost, -2)), R_dot + nan_where(np.expand_dims(lost, -1))
    return Q_dot, R_dot


def _tall_vjp(Q_bar, R_bar, Q, R):
    """``Q R_bar + (Q low_bar + (1 - Q Q^T) Q_bar) R^-T``, with the strictly lower triangle of ``w_bar - w_bar^T``,
    ``w_bar = Q^T Q_bar - R_bar R^T``; of complex matrices, with its imaginary diagonal."""
    regular, lost = _regular(R)
    R_bar = np.triu(R_bar)
    in_q = np.matmul(adjoint(Q), Q_bar)
    w_bar = in_q - np.matmul(R_bar, adjoint(R))
    turned = skew_bar(w_bar) - in_q
    a_bar = np.matmul(Q, R_bar) + np.matmul(np.matmul(Q, turned) + Q_bar, adjoint(np.linalg.inv(regular)))
    if np.any(lost):
        on_q, on_r = np.expand_dims(lost, -2) & is_moved(Q_bar), np.expand_dims(lost, -1) & is_moved(R_bar)
        counts = np.any(on_q, axis=(-2, -1), keepdims=True) | np.any(on_r, axis=(-2, -1), keepdims=True)
        return a_bar + nan_where(counts)
    return a_bar


def _qr_jvp(x_dots, xs, v):
    """A wide matrix ``[x, y]`` has ``R = [u, Q^T y]`` with ``x = Q u``."""
    (a,), (a_dot,), (Q, R) = xs, x_dots, v
    m, n = a.shape[-2:]
    if m >= n:
        return _tall_jvp(a_dot, Q, R)
    Q_dot, u_dot = _tall_jvp(a_dot[..., :m], Q, R[..., :m])
    y_dot = np.matmul(adjoint(Q_dot), a[..., m:]) + np.matmul(adjoint(Q), a_dot[..., m:])
    return Q_dot, np.concatenate([u_dot, y_dot], axis=-1)


def _qr_vjp(v_bar, xs, v, active):
    (a,), (Q, R), (Q_bar, R_bar) = xs, v, v_bar
    m, n = a.shape[-2:]
    if m >= n:
        return (_tall_vjp(Q_bar, R_bar, Q, R),)
    of_y = R_bar[..., m:]
    Q_bar = Q_bar + np.matmul(a[..., m:], adjoint(of_y))
    x_bar = _tall_vjp(Q_bar, R_bar[..., :m], Q, R[..., :m])
    return (np.concatenate([x_bar, np.matmul(Q, of_y)], axis=-1),)


# L U without pivoting, of a matrix with at least as many rows as columns.


_STRIP = 32  # columns that are eliminated one by one, before one product takes them from all others


def _lu(a):
    a = np.array(a)
    n = a.shape[-1]
    for first in range(0, n, _STRIP):
        last = min(first + _STRIP, n)
        for k in range(first, last):
            a[..., k + 1 :, k] /= a[..., k, None, k]
            a[..., k + 1 :, k + 1 : last] -= a[..., k + 1 :, k, None] * a[..., k, None, k + 1 : last]
        strip = np.tril(a[..., first:last, first:last], -1) + np.eye(last - first)
        a[..., first:last, last:] = np.linalg.solve(strip, a[..., first:last, last:])
        a[..., last:, last:] -= np.matmul(a[..., last:, first:last], a[..., first:last, last:])
    low = np.tril(a, -1)
    low[..., range(n), range(n)] = 1.0
    return low, np.triu(a[..., :n, :])


def _lu_jvp(x_dots, xs, v):
    """With ``m = l1^-1 a1_dot u^-1`` of the upper square: ``l1_dot = l1 lower(m)``, ``u_dot = upper(m) u``,
    ``l2_dot = (a2_dot - l2 u_dot) u^-1``."""
    (a_dot,), (low, u) = x_dots, v
    n = u.shape[-1]
    top, inverse = low[..., :n, :], inverse_or_nan(u)
    m = np.matmul(np.linalg.solve(top, a_dot[..., :n, :]), inverse)
    u_dot = np.matmul(np.triu(m), u)
    bottom = np.matmul(a_dot[..., n:, :] - np.matmul(low[..., n:, :], u_dot), inverse)
    return np.concatenate([np.matmul(top, strictly_lower(m)), bottom], axis=-2), u_dot


def _lu_vjp(v_bar, xs, v, active):
    (low_bar, u_bar), (low, u) = v_bar, v
    n = u.shape[-1]
    top, top_bar, inverse = low[..., :n, :], low_bar[..., :n, :], transposed(inverse_or_nan(u))
    bottom = np.matmul(low_bar[..., n:, :], inverse)
    u_bar = u_bar - np.matmul(transposed(low[..., n:, :]), bottom)
    m_bar = strictly_lower(np.matmul(transposed(top), top_bar)) + np.triu(np.matmul(u_bar, transposed(u)))
    a_bar = np.matmul(np.linalg.solve(transposed(top), m_bar), inverse)
    return (np.concatenate([a_bar, bottom], axis=-2),)


# Values of a library, derivatives of a composition.


def order_of(exchanges, m):
    """The order of m rows that LAPACK's exchanges make: row i and row ``exchanges[i]``, one after another."""
    order = np.broadcast_to(np.arange(m), (*exchanges.shape[:-1], m)).copy()
    for row, other in zip(order.reshape(-1, m), exchanges.reshape(-1, exchanges.shape[-1]), strict=True):
        rows = row.tolist()
        for i, j in enumerate(other.tolist()):
            rows[i], rows[j] = rows[j], rows[i]
        row[:] = rows
    return order


def _scipy(name):
    return getattr(import_module("scipy.linalg"), name)


def _logsumexp(a, b=None, **options):
    return import_module("scipy.special").logsumexp(a, b=b, **options)


def _inverse_order(order):
    return np.argsort(order, axis=-1)


def _pivots(d, order):
    """The order of the rows, and which of them are in one block with the next one."""
    joined = (np.diagonal(d, -1) != 0.0) | (np.diagonal(d, 1) != 0.0)
    return np.stack([order, np.append(joined, False)])


def _balance(scaling, order):
    return np.stack([np.log2(np.abs(scaling)), order])


def _raw_qr(raw, R):
    return (*raw, R)


def _riccati(name, a, b, q, r, *more, terms, balanced):
    """`terms` says which of e and s the last ones are. SciPy's balancing goes wrong with some e: then without it."""
    given = dict(zip(terms, more, strict=True))
    x = _scipy(name)(a, b, q, r, balanced=balanced, **given)
    if balanced and "e" in given and _is_no_solution(x, name, a, b, q, r, **given):
        return _scipy(name)(a, b, q, r, balanced=False, **given)
    return x


def _is_no_solution(x, name, a, b, q, r, e, s=0.0):
    """Does it leave more than a millionth of the largest term?"""
    at, bt, et = a.conj().T, b.conj().T, e.conj().T
    if name == "solve_continuous_are":
        linear, cross, weight = et @ x @ a + at @ x @ e, et @ x @ b + s, r
    else:
        linear, cross, weight = at @ x @ a - et @ x @ e, at @ x @ b + s, r + bt @ x @ b
    terms = linear, cross @ np.linalg.solve(weight, cross.conj().T), q
    left = np.max(np.abs(terms[0] - terms[1] + terms[2]))
    return not left <= 1e-6 * max(np.max(np.abs(term)) for term in terms)


def _rank(a, rcond):
    """As SciPy's orth and null_space find it."""
    s = _scipy("svdvals")(a)
    limit = np.finfo(np.float64).eps * max(a.shape) if rcond is None else rcond
    return np.sum(s > np.max(s, initial=0.0) * limit)


# Functions that take or give more than arrays of real numbers, in terms of these.
_ADAPTED = {
    "cho_factor": lambda a, lower: _scipy("cho_factor")(a, lower=lower)[0],
    "cho_solve": lambda c, b, lower: _scipy("cho_solve")((c, lower), b),
    "cho_solve_banded": lambda c, b, lower: _scipy("cho_solve_banded")((c, lower), b),
    "logsumexp": _logsumexp,
    "hessenberg": lambda a, calc_q: _scipy("hessenberg")(a, calc_q),
    "ldl": lambda a, lower, hermitian: _scipy("ldl")(a, lower, hermitian)[:2],
    "lu_factor": lambda a: _scipy("lu_factor")(a)[0],
    "matmul_toeplitz": lambda c, r, x: _scipy("matmul_toeplitz")((c, r), x),
    "raw_qr": lambda a, pivoting: _raw_qr(*_scipy("qr")(a, mode="raw", pivoting=pivoting)[:2]),
    "solve_continuous_are": lambda *xs, **options: _riccati("solve_continuous_are", *xs, **options),
    "solve_discrete_are": lambda *xs, **options: _riccati("solve_discrete_are", *xs, **options),
    "solve_toeplitz": lambda c, r, b: _scipy("solve_toeplitz")((c, r), b),
    "lu_solve": lambda lu, b, piv, trans: _scipy("lu_solve")((lu, piv), b, trans=trans),
}
_ADAPTED |= {
    f"roots_{name}": lambda *parameters, n, _name=name: getattr(import_module("scipy.special"), f"roots_{_name}")(
        n, *parameters, mu=True
    )
    for name in ("jacobi", "genlaguerre", "gegenbauer", "sh_jacobi")
}
_CHOICES = {
    "lu": lambda a: _inverse_order(_scipy("lu")(a, p_indices=True)[0]),
    "lu_factor": lambda a: _scipy("lu_factor")(a)[1],
    "qr": lambda a: _scipy("qr")(a, mode="r", pivoting=True)[1],
    "ldl": lambda a, lower, hermitian: _pivots(*_scipy("ldl")(a, lower, hermitian)[1:]),
    "matrix_balance": lambda a, permute, scale: _balance(*_scipy("matrix_balance")(a, permute, scale, True)[1]),
    "orth": _rank,
    "null_space": _rank,
}


def _function_of(name):
    if name in _ADAPTED:
        return _ADAPTED[name]
    module, _, function = name.rpartition(".")
    return getattr(import_module(module), function)


def _as_returned(*xs, function, models, kwargs, parts=None, turned=()):
    result = _function_of(function)(*xs[models:], **kwargs)
    if parts is None:
        return _in_double(result)
    return tuple(_in_double(result[part]) for part in parts)


def _in_double(x):
    x = np.asarray(x)
    return x.astype(np.complex128 if x.dtype.kind == "c" else np.float64, copy=False)[()]


def _real_models(kinds, models, **params):
    """A result is what its model is."""
    return [kind == "r" for kind in kinds[:models]]


_SAME_PHASE = 1e-8


def _turn(dots, xs, v, turned, back=False):
    """Each vector of a model may have the other sign, or another phase."""
    return tuple(
        dot if axis is None or dot is None else dot * _phase(judged(x), judged(part), axis, back)
        for dot, x, part, axis in zip(dots, xs, v, turned or (None,) * len(dots), strict=True)
    )


def _phase(x, part, axis, back):
    """The sign, or the phase, by which a vector differs from that of the model."""
    along = np.sum(product_with_conjugate(x, part), axis, keepdims=True)
    if not is_complex(part):
        return np.sign(along)
    across = np.sum(np.real(x) * np.imag(part) - np.imag(x) * np.real(part), axis, keepdims=True)
    length = np.hypot(along, across)
    if not np.any(np.abs(across) > _SAME_PHASE * length):
        return np.sign(along)
    return (along - 1j * across if back else along + 1j * across) / np.where(length == 0.0, 1.0, length)


def _as_returned_jvp(x_dots, xs, v, models, parts=None, turned=(), **params):
    return x_dots[0] if parts is None else _turn(x_dots[:models], xs[:models], v, turned)


def _as_returned_vjp(v_bar, xs, v, active, models, parts=None, turned=(), **params):
    bars = (v_bar,) if parts is None else _turn(v_bar, xs[:models], v, turned, back=True)
    return (*bars, *(None for _ in xs[models:]))


def chosen(*xs, function, options):
    """Whole numbers that a function of SciPy decides on, a pivot order or a rank."""
    return np.asarray(_CHOICES[function](*xs, **options), dtype=np.float64)


QR = ArrayOp("linalg.qr", _qr, _qr_jvp, _qr_vjp)
LU = ArrayOp("lu", _lu, _lu_jvp, _lu_vjp)

# The first `models` operands are what the function computes, written as a composition of other operations; the rest are
# its arguments. `parts` are those results that the models stand for, None if there is one; `turned` is, for each part,
# the axis along which vectors lie whose sign is arbitrary.
AS_RETURNED = ArrayOp("as_returned", _as_returned, _as_returned_jvp, _as_returned_vjp, selects=True)
CHOSEN = ArrayOp("chosen", chosen, no_jvp, no_vjp)

ROWS = (QR, LU, AS_RETURNED, CHOSEN)
COMPLEX_ROWS = (
    hermitian(QR, False, False),
    analytic(LU, 2),
    hermitian(AS_RETURNED, _real_models),
    hermitian(CHOSEN, True),
)
