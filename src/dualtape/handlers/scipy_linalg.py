"""`scipy.linalg`: systems of equations, factors that solve them, and matrix equations. Values are SciPy's, derivatives
those of a composition or of a rule in `ops.scipy_ops`. SciPy is imported when one of these runs.

Options that do not change the result (`overwrite_a`, `check_finite`) are handed on. A decision of LAPACK (a pivot, a
rank) is guarded in a program that is being recorded."""

from importlib import import_module

import numpy as np

from dualtape.core.guards import guard

from ..errors import UnsupportedOperation
from ..ops import factor_ops, lapack_ops, scipy_ops
from ..ops.complexified import adjoint
from ..ops.spectral_ops import from_triangle
from ..trace.functions import foreign, is_complex, is_guarded, peeked, primal
from .complex_numbers import number
from .either import apply, returned


def scipy_linalg(name):
    return getattr(import_module("scipy.linalg"), name)


def transpose(x):
    return np.swapaxes(x, -1, -2)


def symmetric(a, lower):
    """The matrix of which LAPACK reads one triangle."""
    half = np.tril(a) if lower else np.triu(a)
    return half + transpose(np.tril(a, -1) if lower else np.triu(a, 1))


def _conjugate(x):
    return np.conjugate(x) if is_complex(x) else x


def choices(name, *args, **options):
    """Whole numbers that LAPACK decides on, as plain ones."""
    found = factor_ops.chosen(*map(peeked, args), function=name, options=options)
    active = [number(x) for x in args]
    if any(map(is_guarded, active)):
        guard(apply(factor_ops.CHOSEN, *active, function=name, options=options), name)
    return found.astype(np.intp)


# Systems of equations.

_AS = {
    "sym": "symmetric", "symmetric": "symmetric", "her": "hermitian", "hermitian": "hermitian",
    "pos": "hermitian", "positive definite": "hermitian",
    "diagonal": "diagonal", "tridiagonal": "tridiagonal",
    "upper triangular": "upper", "lower triangular": "lower",
}  # fmt: skip


def _as_assumed(a, assume_a, lower):
    """The matrix that is solved with: what is assumed is not read."""
    kind = _AS.get(assume_a)
    if kind == "symmetric":
        return symmetric(a, lower)
    if kind == "hermitian":
        return from_triangle(a, lower)
    if kind in ("upper", "lower"):
        return (np.triu if kind == "upper" else np.tril)(a)
    if kind in ("diagonal", "tridiagonal"):
        width = 0 if kind == "diagonal" else 1
        return np.triu(np.tril(a, width), -width)
    return a


@foreign("scipy.linalg.solve")
def solve(a, b, lower=False, overwrite_a=False, overwrite_b=False, check_finite=True, assume_a=None, transposed=False):
    a, b = number(a), number(b)
    effective = _as_assumed(a, assume_a, lower)
    model = np.linalg.solve(transpose(effective) if transposed else effective, b)
    options = {} if assume_a is None else {"assume_a": assume_a}  # None is newer than the parameter
    return returned("scipy.linalg.solve", model, (a, b), lower=bool(lower), transposed=bool(transposed), **options)


@foreign("scipy.linalg.solve_triangular")
def solve_triangular(a, b, trans=0, lower=False, unit_diagonal=False, overwrite_b=False, check_finite=True):
    a, b, is_transposed = number(a), number(b), trans not in (0, "N")
    if is_complex(a) and trans in (2, "C"):
        model = _solved(np.conjugate(_triangle(a, lower, unit_diagonal)), b, lower, is_transposed=True)
        options = {"trans": trans, "lower": bool(lower), "unit_diagonal": bool(unit_diagonal)}
        return returned("scipy.linalg.solve_triangular", model, (a, b), **options)
    if np.ndim(a) == 2:
        unit = bool(unit_diagonal)
        return apply(scipy_ops.TRIANGULAR, a, b, lower=bool(lower), transpose=is_transposed, unit=unit)
    half = _triangle(a, lower, unit_diagonal)  # nothing comes back to what is not read
    options = {"trans": trans, "lower": bool(lower), "unit_diagonal": bool(unit_diagonal)}
    model = np.linalg.solve(transpose(half) if is_transposed else half, b)
    return returned("scipy.linalg.solve_triangular", model, (a, b), **options)


def _solved(half, b, lower, is_transposed=False):
    """``half^-1 b`` of one triangle, or of a stack of them."""
    if np.ndim(half) == 2:
        return apply(scipy_ops.TRIANGULAR, half, b, lower=bool(lower), transpose=is_transposed, unit=False)
    return np.linalg.solve(transpose(half) if is_transposed else half, b)


def _triangle(a, lower, unit_diagonal=False):
    offset = 1 if unit_diagonal else 0
    half = np.tril(a, -offset) if lower else np.triu(a, offset)
    return half + np.eye(np.shape(a)[-1]) if unit_diagonal else half


@foreign("scipy.linalg.inv")
def inv(a, overwrite_a=False, check_finite=True, *, assume_a=None, lower=False):
    a = number(a)
    options = {} if assume_a is None and not lower else {"assume_a": assume_a, "lower": bool(lower)}
    return returned("scipy.linalg.inv", np.linalg.inv(_as_assumed(a, assume_a, lower)), (a,), **options)


@foreign("scipy.linalg.det")
def det(a, overwrite_a=False, check_finite=True):
    a = number(a)
    return returned("scipy.linalg.det", np.linalg.det(a), (a,))


# Triangular factors.


@foreign("scipy.linalg.cholesky")
def cholesky(a, lower=False, overwrite_a=False, check_finite=True):
    a = number(a)
    if not is_complex(a):
        return apply(lapack_ops.CHOLESKY, a, lower=bool(lower), clean=True)
    return returned("scipy.linalg.cholesky", _factor(a, lower), (a,), lower=bool(lower))


def _factor(a, lower):
    return np.linalg.cholesky(a) if lower else adjoint(np.linalg.cholesky(adjoint(a)))


@foreign("scipy.linalg.cho_factor")
def cho_factor(a, lower=False, overwrite_a=False, check_finite=True):
    """The triangle that is not the factor holds what stood there."""
    a = number(a)
    if not is_complex(a):
        return apply(lapack_ops.CHOLESKY, a, lower=bool(lower), clean=False), bool(lower)
    model = _factor(a, lower) + (np.triu(a, 1) if lower else np.tril(a, -1))
    return returned("cho_factor", model, (a,), lower=bool(lower)), bool(lower)


@foreign("scipy.linalg.cho_solve")
def cho_solve(c_and_lower, b, overwrite_b=False, check_finite=True):
    (c, lower), b = c_and_lower, number(b)
    c = number(c)
    if np.ndim(c) == 2 and np.ndim(b) <= 2 and not is_complex(c) and not is_complex(b):
        return apply(lapack_ops.CHO_SOLVE, c, b, lower=bool(lower))
    half = _triangle(c, lower)
    first, second = (half, _conjugate(half)) if lower else (_conjugate(half), half)
    model = _solved(second, _solved(first, b, lower, is_transposed=not lower), lower, is_transposed=bool(lower))
    return returned("cho_solve", model, (c, b), lower=bool(lower))


@foreign("scipy.linalg.lu")
def lu(a, permute_l=False, overwrite_a=False, check_finite=True, p_indices=False):
    a = number(a)
    places = choices("lu", a)
    low, upper = _packed_lu(a, places) or _lu(np.take_along_axis(a, places[..., None], axis=-2))
    order = np.argsort(places, axis=-1)  # row i of a is row order[i] of L U
    if permute_l:
        low = np.take_along_axis(low, order[..., None], axis=-2)
        return returned("scipy.linalg.lu", (low, upper), (a,), (0, 1), permute_l=True)
    low, upper = returned("scipy.linalg.lu", (low, upper), (a,), (1, 2), p_indices=True)
    if p_indices:
        return order, low, upper
    return np.eye(order.shape[-1])[order], low, upper


def _packed_lu(a, places):
    """L and U as LAPACK packs them, None where it would exchange other rows."""
    m, n = np.shape(a)[-2:]
    if m < n or np.ndim(a) != 2 or is_complex(a):
        return None
    order = factor_ops.order_of(choices("lu_factor", a), m)
    if not np.array_equal(order, places):
        return None
    packed = apply(lapack_ops.LU_FACTOR, a, order=order)
    return np.tril(packed, -1) + np.eye(m, n), np.triu(packed[:n])


def _lu(a):
    """L and U of a matrix whose rows need no exchange."""
    m, n = np.shape(a)[-2:]
    low, upper = apply(factor_ops.LU, a[..., : min(m, n)])
    if n <= m:
        return low, upper
    return low, np.concatenate([upper, np.linalg.solve(low, a[..., m:])], axis=-1)


@foreign("scipy.linalg.lu_factor")
def lu_factor(a, overwrite_a=False, check_finite=True):
    a = number(a)
    exchanges = choices("lu_factor", a)
    order = factor_ops.order_of(exchanges, np.shape(a)[-2])
    m, n = np.shape(a)[-2:]
    if m >= n and not is_complex(a):
        return apply(lapack_ops.LU_FACTOR, a, order=order), exchanges
    low, upper = _lu(np.take_along_axis(a, order[..., None], axis=-2))
    stack = [(0, 0)] * (np.ndim(a) - 2)
    model = np.pad(np.tril(low, -1), [*stack, (0, 0), (0, n - min(m, n))])
    model = model + np.pad(upper, [*stack, (0, m - min(m, n)), (0, 0)])
    return returned("lu_factor", model, (a,)), exchanges


@foreign("scipy.linalg.lu_solve")
def lu_solve(lu_and_piv, b, trans=0, overwrite_b=False, check_finite=True):
    (factors, exchanges), b = lu_and_piv, number(b)
    factors, exchanges = number(factors), np.asarray(primal(exchanges))
    if np.ndim(factors) == 2 and np.ndim(b) <= 2 and not is_complex(factors) and not is_complex(b):
        return apply(lapack_ops.LU_SOLVE, factors, b, piv=exchanges, trans=int(trans))
    low, upper = _triangle(factors, True, unit_diagonal=True), np.triu(factors)
    order = factor_ops.order_of(exchanges, np.shape(factors)[-2])
    if order.ndim != 1:
        raise UnsupportedOperation("scipy.linalg.lu_solve of a stack of matrices", "call it for each of them")
    if trans == 0:
        model = _solved(upper, _solved(low, b[..., order] if np.ndim(b) == 1 else b[..., order, :], True), False)
    else:
        low, upper = (_conjugate(low), _conjugate(upper)) if trans == 2 else (low, upper)
        model = _solved(low, _solved(upper, b, False, True), True, True)
        back = np.argsort(order)
        model = model[..., back] if np.ndim(b) == 1 else model[..., back, :]
    return returned("lu_solve", model, (factors, b), piv=exchanges, trans=trans)


# Bands.


@foreign("scipy.linalg.solve_banded")
def solve_banded(l_and_u, ab, b, overwrite_ab=False, overwrite_b=False, check_finite=True):
    lower, upper = map(int, l_and_u)
    return apply(scipy_ops.BANDED, number(ab), number(b), lower=lower, upper=upper)


@foreign("scipy.linalg.solveh_banded")
def solveh_banded(ab, b, overwrite_ab=False, overwrite_b=False, lower=False, check_finite=True):
    ab, b = number(ab), number(b)
    width = np.shape(ab)[0] - 1
    model = apply(scipy_ops.BANDED, _full_band(ab, lower), b, lower=width, upper=width)
    return returned("scipy.linalg.solveh_banded", model, (ab, b), lower=bool(lower))


def _full_band(ab, lower):
    """All diagonals of the symmetric or Hermitian matrix of which `ab` holds those of one triangle."""
    width = np.shape(ab)[0] - 1
    if is_complex(ab):  # LAPACK takes the main diagonal for real
        main = np.arange(width + 1)[:, None] == (0 if lower else width)
        ab = np.where(main, np.real(ab), ab)
    if lower:
        other = _conjugate(scipy_ops.transposed_band(ab, width, 0))
        return np.concatenate([other[:-1], ab])
    return np.concatenate([ab, _conjugate(scipy_ops.transposed_band(ab, 0, width))[1:]])


def lower_triangle(ab, lower):
    """The lower triangle of the symmetric or Hermitian matrix that `ab` holds, and the places of its band: diagonals
    and columns."""
    width, n = np.shape(ab)[0] - 1, np.shape(ab)[1]
    k, j = np.nonzero(np.arange(width + 1)[:, None] + np.arange(n) < n)
    below = ab if lower else _conjugate(scipy_ops.transposed_band(ab, 0, width))
    dense = np.zeros_like(below, shape=(n, n))
    dense[j + k, j] = below[k, j]
    return dense, k, j


@foreign("scipy.linalg.cholesky_banded")
def cholesky_banded(ab, overwrite_ab=False, lower=False, check_finite=True):
    """By the dense factor, from which the band is taken."""
    ab = number(ab)
    width, n = np.shape(ab)[0] - 1, np.shape(ab)[1]
    dense, k, j = lower_triangle(ab, lower)
    factor = np.linalg.cholesky(dense)
    band = np.zeros_like(ab)
    band[k, j] = factor[j + k, j]
    if lower:
        rest = np.ones((width + 1, n), dtype=bool)
        rest[k, j] = False
        model = np.where(rest, ab, band)
    else:
        model = _conjugate(scipy_ops.transposed_band(band, width, 0))
        filled = np.arange(width + 1)[:, None] + np.arange(n) >= width
        model = np.where(filled, model, ab)
    return returned("scipy.linalg.cholesky_banded", model, (ab,), lower=bool(lower))


@foreign("scipy.linalg.cho_solve_banded")
def cho_solve_banded(cb_and_lower, b, overwrite_b=False, check_finite=True):
    (cb, lower), b = cb_and_lower, number(b)
    cb = number(cb)
    width = np.shape(cb)[0] - 1
    if lower:
        down, up = cb, _conjugate(scipy_ops.transposed_band(cb, width, 0))
    else:
        down, up = _conjugate(scipy_ops.transposed_band(cb, 0, width)), cb
    model = apply(scipy_ops.BANDED, down, b, lower=width, upper=0)
    model = apply(scipy_ops.BANDED, up, model, lower=0, upper=width)
    return returned("cho_solve_banded", model, (cb, b), lower=bool(lower))


# Matrix equations.


@foreign("scipy.linalg.solve_sylvester")
def solve_sylvester(a, b, q):
    return apply(scipy_ops.SYLVESTER, number(a), number(b), number(q))


@foreign("scipy.linalg.solve_continuous_lyapunov", "scipy.linalg.solve_lyapunov")
def solve_continuous_lyapunov(a, q):
    a, q = number(a), number(q)
    model = apply(scipy_ops.SYLVESTER, a, adjoint(a), q)
    return returned("scipy.linalg.solve_continuous_lyapunov", model, (a, q))


@foreign("scipy.linalg.solve_discrete_lyapunov")
def solve_discrete_lyapunov(a, q, method=None):
    """x of ``a x a^H - x + q = 0``, as a linear system of n^2 unknowns where n is small, which SciPy does too."""
    a, q = number(a), number(q)
    n = np.shape(a)[0]
    system = np.eye(n * n) - np.kron(a, _conjugate(a))
    model = np.reshape(np.linalg.solve(system, np.ravel(q)), (n, n))
    return returned("scipy.linalg.solve_discrete_lyapunov", model, (a, q), method=method)


def _without_cross_term(a, b, q, r, e, s):
    """The equation without s=: with the feedback ``r^-1 s^H`` taken out (Arnold & Laub 1984, "Generalized eigenproblem
    algorithms and software for algebraic Riccati equations")."""
    if s is not None:
        feedback = np.linalg.solve(r, adjoint(s))
        a, q = a - np.matmul(b, feedback), q - np.matmul(s, feedback)
        q = 0.5 * (q + adjoint(q))
    return a, q


@foreign("scipy.linalg.solve_continuous_are")
def solve_continuous_are(a, b, q, r, e=None, s=None, balanced=True):
    """With e and s, ``e^H x a + a^H x e - (e^H x b + s) r^-1 (b^H x e + s^H) + q = 0``: that without them, of
    ``(a - b r^-1 s^H) e^-1``, b and ``e^-H (q - s r^-1 s^H) e^-1``."""
    given = tuple(number(x) for x in (a, b, q, r, e, s) if x is not None)
    (a, b, q, r), e, s = given[:4], *(None if x is None else number(x) for x in (e, s))
    a, q = _without_cross_term(a, b, q, r, e, s)
    if e is not None:
        a = adjoint(np.linalg.solve(adjoint(e), adjoint(a)))
        q = np.linalg.solve(adjoint(e), adjoint(np.linalg.solve(adjoint(e), q)))
    g = np.matmul(b, np.linalg.solve(r, adjoint(b)))
    model = apply(scipy_ops.CONTINUOUS_ARE, a, g, q, b, q, r, balanced=bool(balanced))
    if len(given) == 4:
        return model
    terms = tuple(name for name, x in (("e", e), ("s", s)) if x is not None)
    return returned("solve_continuous_are", model, given, terms=terms, balanced=bool(balanced))


@foreign("scipy.linalg.solve_discrete_are")
def solve_discrete_are(a, b, q, r, e=None, s=None, balanced=True):
    """With e and s, ``a^H x a - e^H x e - (a^H x b + s) (r + b^H x b)^-1 (b^H x a + s^H) + q = 0``: that without them,
    of ``e^-1 (a - b r^-1 s^H)`` and ``e^-1 b``, for ``e^H x e``."""
    given = tuple(number(x) for x in (a, b, q, r, e, s) if x is not None)
    (a, b, q, r), e, s = given[:4], *(None if x is None else number(x) for x in (e, s))
    a, q = _without_cross_term(a, b, q, r, e, s)
    if e is not None:
        a, b = np.linalg.solve(e, a), np.linalg.solve(e, b)
    model = apply(scipy_ops.DISCRETE_ARE, a, b, q, r, balanced=bool(balanced))
    if len(given) == 4:
        return model
    if e is not None:
        model = np.linalg.solve(adjoint(e), adjoint(np.linalg.solve(adjoint(e), model)))
    terms = tuple(name for name, x in (("e", e), ("s", s)) if x is not None)
    return returned("solve_discrete_are", model, given, terms=terms, balanced=bool(balanced))
