"""Rows whose values are those of `scipy.linalg`, which is imported when one of them runs: matrix functions, matrix
equations, banded systems, and decompositions in SciPy's choice of LAPACK routines.

See `array_ops` for what a rule may use. Called by handlers/scipy_linalg.py and its neighbours.
"""

from dataclasses import replace
from functools import partial
from importlib import import_module

import numpy as np

from . import singular_ops, spectral_ops
from .array_ops import ArrayOp, total
from .complexified import adjoint, analytic, applied, hermitian, is_complex, is_moved, is_plain, real_part
from .factor_ops import transposed
from .phases import judged, phased, phased_bar, torque, turned, turning, turning_bar
from .spectral_ops import (
    ROUNDING,
    along_axes,
    columns_unmoved,
    diagonal_matrix,
    diagonal_of,
    from_triangle,
    gaps,
    harmless_rotations,
    is_unmoved,
    nan_where,
    to_triangle,
)


def _scipy(name):
    return getattr(import_module("scipy.linalg"), name)


def of_rules(row):
    """The row that rules use in place of `row`. A derivative need not be finite, and nobody asked to check that."""
    return replace(row, name=f"{row.name} of rules", primal=partial(row.primal, check_finite=False))


# Functions of a matrix.


def _function(a, function, check_finite=True, **options):
    if not (check_finite or np.isfinite(a).all()):
        return np.full_like(a, np.nan)  # the iterations of some do not end
    return _scipy(function)(a, **options)


def _frechet(a, direction, function, **options):
    """The derivative of a function of a matrix in a direction: the upper right block of ``f([[a, e], [0, a]])``
    (Mathias 1996, "A chain rule for matrix functions and applications")."""
    if function == "expm" and is_plain(a, direction) and a.ndim == 2 and np.isfinite(direction).all():
        return _scipy("expm_frechet")(a, direction, compute_expm=False)
    n = a.shape[-1]
    top = np.concatenate([a, direction], axis=-1)
    bottom = np.concatenate([np.zeros(a.shape), a], axis=-1)
    block = np.concatenate([top, bottom], axis=-2)
    return applied(FUNCTION_OF_RULES, block, function=function, **options)[..., :n, n:]


def _function_jvp(x_dots, xs, v, **params):
    return _frechet(xs[0], x_dots[0], **params) + _where_without(xs[0], **params)


def _function_vjp(v_bar, xs, v, active, **params):
    """The map of directions has its adjoint at the transposed matrix."""
    return (_frechet(transposed(xs[0]), v_bar, **params) + _where_without(xs[0], **params),)


def _where_without(a, function, **options):
    """Not a number where a matrix is singular to rounding and the function has no power series at 0: what SciPy gives
    for blocks of such a matrix is no derivative, not even that of ``a**2.5``, which exists."""
    return _where_singular(a) if function in ("logm", "fractional_matrix_power") else 0.0


# Matrix equations.


def _sylvester(a, b, q, check_finite=True):
    """Where some of them are complex and others real, SciPy's answer may solve nothing."""
    if not (check_finite or all(np.isfinite(part).all() for part in (a, b, q))):
        return np.full_like(q, np.nan)
    x = _scipy("solve_sylvester")(a, b, q)
    kinds = {is_complex(part) for part in (a, b, q)}
    if len(kinds) == 1 or np.allclose(np.matmul(a, x) + np.matmul(x, b), q):
        return x
    return _scipy("solve_sylvester")(*(part + 0j for part in (a, b, q)))


def sylvester(a, b, q):
    """x of ``a x + x b = q``, as an operation inside a rule; not a number where there is no single one."""
    try:
        return applied(SYLVESTER_OF_RULES, a, b, q)
    except np.linalg.LinAlgError:
        return q * np.nan


def _sylvester_jvp(x_dots, xs, v):
    a, b, _ = xs
    a_dot, b_dot, q_dot = x_dots
    moved = total(
        (
            q_dot,
            None if a_dot is None else -np.matmul(a_dot, v),
            None if b_dot is None else -np.matmul(v, b_dot),
        )
    )
    return sylvester(a, b, moved)


def _sylvester_vjp(v_bar, xs, v, active):
    a, b, _ = xs
    q_bar = sylvester(transposed(a), transposed(b), v_bar)
    return (
        -np.matmul(q_bar, transposed(v)) if active[0] else None,
        -np.matmul(transposed(v), q_bar) if active[1] else None,
        q_bar if active[2] else None,
    )


def _square_root(a):
    return _scipy("sqrtm")(a)


def _square_root_jvp(x_dots, xs, v):
    """``v v_dot + v_dot v = a_dot``."""
    return sylvester(v, v, x_dots[0]) + _where_singular(v)


def _square_root_vjp(v_bar, xs, v, active):
    return (sylvester(transposed(v), transposed(v), v_bar) + _where_singular(v),)


def _polar(a):
    """The orthogonal factor."""
    return _scipy("polar")(a)[0]


def _tall(polar_rule):
    """A wide matrix has the transposed factor of its transpose."""

    def rule(x, a, u):
        if a.shape[-2] >= a.shape[-1]:
            return polar_rule(x, a, u)
        return adjoint(polar_rule(adjoint(x), adjoint(a), adjoint(u)))

    return rule


def _outside(x, p, u):
    """``(1 - u u^T) x p^-1``."""
    try:
        return adjoint(np.linalg.solve(p, adjoint(x - np.matmul(u, np.matmul(adjoint(u), x)))))
    except np.linalg.LinAlgError:
        return x * np.nan


def _where_singular(p):
    """Not a number where p is singular to rounding, or not finite: a polar factor is any of many there, a square root
    not smooth."""
    try:
        s = np.linalg.svd(judged(p), compute_uv=False)
    except np.linalg.LinAlgError:
        return np.nan
    return nan_where(np.min(s, initial=np.inf) <= s.shape[-1] * ROUNDING * np.max(s, initial=0.0))


@_tall
def _polar_pushed(a_dot, a, u):
    """``a = u p``: ``u_dot = u w + (1 - u u^T) a_dot p^-1`` with ``w p + p w = u^T a_dot - a_dot^T u``."""
    p, moved = np.matmul(adjoint(u), a), np.matmul(adjoint(u), a_dot)
    return np.matmul(u, sylvester(p, p, moved - adjoint(moved))) + _outside(a_dot, p, u) + _where_singular(p)


@_tall
def _polar_pulled(u_bar, a, u):
    p, moved = np.matmul(adjoint(u), a), np.matmul(adjoint(u), u_bar)
    return np.matmul(u, sylvester(p, p, moved - adjoint(moved))) + _outside(u_bar, p, u) + _where_singular(p)


def _polar_jvp(x_dots, xs, v):
    return _polar_pushed(x_dots[0], xs[0], v)


def _polar_vjp(v_bar, xs, v, active):
    return (_polar_pulled(v_bar, xs[0], v),)


def _continuous_are(a, g, q, *given, **options):
    return _scipy("solve_continuous_are")(a, *given, **options)


def _continuous_are_jvp(x_dots, xs, v, **options):
    """``a^T v + v a - v g v + q = 0``: a Lyapunov equation with the closed loop ``a - g v``."""
    a_dot, g_dot, q_dot = x_dots[:3]
    loop = xs[0] - np.matmul(xs[1], v)
    pushed = None if a_dot is None else np.matmul(v, a_dot)
    moved = total(
        (
            q_dot,
            None if pushed is None else pushed + adjoint(pushed),
            None if g_dot is None else -np.matmul(np.matmul(v, g_dot), v),
        )
    )
    return sylvester(adjoint(loop), loop, -moved)


def _continuous_are_vjp(v_bar, xs, v, active, **options):
    loop = xs[0] - np.matmul(xs[1], v)
    q_bar = sylvester(loop, adjoint(loop), -v_bar)
    return (
        np.matmul(v, q_bar + adjoint(q_bar)) if active[0] else None,
        -np.matmul(np.matmul(v, q_bar), v) if active[1] else None,
        q_bar if active[2] else None,
        *(None for _ in xs[3:]),
    )


def _discrete_are(a, b, q, r, **options):
    return _scipy("solve_discrete_are")(a, b, q, r, **options)


def _stein(a, q):
    """x of ``x - a x a^T = q``, as a linear system of n^2 unknowns; ``a^H`` if it is complex."""
    n = a.shape[0]
    system = np.eye(n * n) - np.kron(a, np.conjugate(a) if is_complex(a) else a)
    return np.reshape(np.linalg.solve(system, np.reshape(q, (n * n,))), (n, n))


def _closed_loop(xs, v):
    """The feedback k and the closed loop ``a - b k``."""
    a, b, _, r = xs
    weighed = np.matmul(adjoint(b), v)
    k = np.linalg.solve(r + np.matmul(weighed, b), np.matmul(weighed, a))
    return k, a - np.matmul(b, k)


def _discrete_are_jvp(x_dots, xs, v, **options):
    """``v = a^T v a - k^T (r + b^T v b) k + q``: ``v_dot - c^T v_dot c`` with the closed loop c is ``q_dot + k^T r_dot
    k`` and what the tangent of ``a - b k`` at constant k gives."""
    k, loop = _closed_loop(xs, v)
    a_dot, b_dot, q_dot, r_dot = x_dots
    turned = total((a_dot, None if b_dot is None else -np.matmul(b_dot, k)))
    pushed = None if turned is None else np.matmul(np.matmul(adjoint(loop), v), turned)
    moved = total(
        (
            q_dot,
            None if pushed is None else pushed + adjoint(pushed),
            None if r_dot is None else np.matmul(np.matmul(adjoint(k), r_dot), k),
        )
    )
    return _stein(adjoint(loop), moved)


def _discrete_are_vjp(v_bar, xs, v, active, **options):
    k, loop = _closed_loop(xs, v)
    q_bar = _stein(loop, v_bar)
    turned = np.matmul(np.matmul(v, loop), q_bar + adjoint(q_bar))
    return (
        turned if active[0] else None,
        -np.matmul(turned, adjoint(k)) if active[1] else None,
        q_bar if active[2] else None,
        np.matmul(np.matmul(k, q_bar), adjoint(k)) if active[3] else None,
    )


# Triangular systems, of one matrix.


def _triangular(a, b, lower, transpose, unit, check_finite=True):
    options = {"trans": int(transpose), "lower": lower, "unit_diagonal": unit, "check_finite": check_finite}
    return _scipy("solve_triangular")(a, b, **options)


def read(n, lower, unit=False):
    """Which elements of a triangular matrix are read."""
    below = np.tri(n, k=-1 if unit else 0, dtype=bool)
    return below if lower else below.T


UNREAD = -0.0  # a structural zero, in the rows that select


def kept_where_read(x, lower, unit=False):
    """x, which nobody else holds, where it is read, as computed numbers."""
    is_read = read(x.shape[-1], lower, unit)
    if not is_plain(x):
        return np.where(is_read, x + 0.0, UNREAD)
    x += 0.0
    np.copyto(x, UNREAD, where=~is_read)
    return x


def _triangular_jvp(x_dots, xs, v, lower, transpose, unit):
    a_dot, b_dot = x_dots
    if a_dot is not None:
        a_dot = np.where(read(a_dot.shape[-1], lower, unit), a_dot + 0.0, UNREAD)
        pushed = np.matmul(transposed(a_dot) if transpose else a_dot, v)
        b_dot = -pushed if b_dot is None else b_dot - pushed
    return substituted(xs[0], b_dot, lower, transpose, unit)


def _triangular_vjp(v_bar, xs, v, active, lower, transpose, unit):
    b_bar = substituted(xs[0], v_bar, lower, not transpose, unit)
    if not active[0]:
        return None, b_bar
    left, right = _as_columns(b_bar), _as_columns(v)
    left, right = (right, left) if transpose else (left, right)
    a_bar = kept_where_read(np.matmul(-left, transposed(right)), lower, unit)
    return a_bar, b_bar if active[1] else None


def substituted(a, b, lower, transpose, unit):
    """The same in a rule."""
    return applied(TRIANGULAR_OF_RULES, a, b, lower=lower, transpose=transpose, unit=unit)


# Banded systems.


def _banded(ab, b, lower, upper, check_finite=True):
    return _scipy("solve_banded")((lower, upper), ab, b, check_finite=check_finite)


def _diagonals(ab, lower, upper):
    """Of each diagonal: its row in `ab`, and the rows and columns of the matrix that it is in."""
    n = ab.shape[-1]
    for k in range(-upper, lower + 1):  # row - column
        if abs(k) < n:
            yield upper + k, slice(max(k, 0), n + min(k, 0)), slice(max(-k, 0), n - max(k, 0))


def banded_product(ab, x, lower, upper):
    """The banded matrix times x of shape (n, k)."""
    n, result = ab.shape[-1], 0.0
    for k, rows, columns in _diagonals(ab, lower, upper):
        part = np.expand_dims(ab[k, columns], -1) * x[columns]
        result = result + np.pad(part, ((rows.start, n - rows.stop), (0, 0)))
    return result


def transposed_band(ab, lower, upper):
    """The band of the transposed matrix, which has `upper` diagonals below and `lower` above."""
    n, rows = ab.shape[-1], []
    for k in range(lower + upper + 1):
        shift = upper - k  # column - row of what stands here
        cut = min(abs(shift), n)
        row = ab[k, cut:] if shift > 0 else ab[k, : n - cut]
        rows.append(np.pad(row, (0, cut) if shift > 0 else (cut, 0)))
    return np.stack(rows[::-1])


def _as_columns(x):
    return np.expand_dims(x, -1) if x.ndim == 1 else x


def _banded_jvp(x_dots, xs, v, lower, upper):
    ab, _ = xs
    ab_dot, b_dot = x_dots
    if ab_dot is not None:
        pushed = np.reshape(banded_product(ab_dot, _as_columns(v), lower, upper), v.shape)
        b_dot = -pushed if b_dot is None else b_dot - pushed
    return applied(BANDED_OF_RULES, ab, b_dot, lower=lower, upper=upper)


def _banded_vjp(v_bar, xs, v, active, lower, upper):
    ab, _ = xs
    b_bar = applied(BANDED_OF_RULES, transposed_band(ab, lower, upper), v_bar, lower=upper, upper=lower)
    ab_bar = None
    if active[0]:
        n, rows_bar = ab.shape[-1], []
        left, right = _as_columns(b_bar), _as_columns(v)
        places = {k: (rows, columns) for k, rows, columns in _diagonals(ab, lower, upper)}
        for k in range(lower + upper + 1):
            rows, columns = places.get(k, (slice(0, 0), slice(0, 0)))
            part = -np.sum(left[rows] * right[columns], axis=-1)
            rows_bar.append(np.pad(part, (columns.start, n - columns.stop)))
        ab_bar = np.stack(rows_bar)
    return ab_bar, b_bar if active[1] else None


# Decompositions by routines that NumPy does not call.


def _eigh(a, lower, driver=None):
    return tuple(_scipy("eigh")(a, lower=lower, driver=driver))


def _eigh_jvp(x_dots, xs, v, lower, driver=None):
    return spectral_ops.EIGH.jvp(x_dots, xs, v, lower)


def _eigh_vjp(v_bar, xs, v, active, lower, driver=None):
    return spectral_ops.EIGH.vjp(v_bar, xs, v, active, lower)


def _eigvalsh(a, lower, driver=None):
    return _scipy("eigvalsh")(a, lower=lower, driver=driver)


def _eigvalsh_jvp(x_dots, xs, v, lower, driver=None):
    return spectral_ops.EIGVALSH.jvp(x_dots, xs, v, lower)


def _eigvalsh_vjp(v_bar, xs, v, active, lower, driver=None):
    return spectral_ops.EIGVALSH.vjp(v_bar, xs, v, active, lower)


def _pencil(a, b, lower, driver=None):
    return tuple(_scipy("eigh")(a, b, lower=lower, driver=driver))


def _means(w):
    return 0.5 * (np.expand_dims(w, -2) + np.expand_dims(w, -1))


def _pencil_jvp(x_dots, xs, v, lower, driver=None):
    """Of ``a V = b V diag(w)``, ``V^T b V = 1``: with ``m = V^T a_dot V``, ``n = V^T b_dot V`` and the means c of two
    eigenvalues, ``w_dot = diag(m - c * n)`` and ``V_dot = V (f * (m - c * n) - n/2)``, ``f_ij = 1/(w_j - w_i)``."""
    w, V = v
    dots = [None if dot is None else from_triangle(dot, lower) for dot in x_dots]
    m, n = (0.0 if dot is None else np.matmul(adjoint(V), np.matmul(dot, V)) for dot in dots)
    m = m - _means(w) * n
    f, same = gaps(w)
    x = f * m - 0.5 * n
    if np.any(same):
        x = x + nan_where(same & is_moved(m))
    V_dot = np.matmul(V, x)
    if not is_complex(V) or not lower:
        V_dot = phased(V_dot, V, last=True)
    else:
        b = from_triangle(xs[1], lower)[:1]
        moved = total((np.matmul(b, V_dot), None if dots[1] is None else np.matmul(dots[1][:1], V)))
        V_dot = V_dot + turned(V, turning(moved, np.matmul(b, V)))
    return real_part(diagonal_of(m)), V_dot


def _pencil_phases_bar(V_bar, V, b, lower):
    """Cotangents of V and b: LAPACK goes back to one matrix by the Cholesky factor of b, so that it is ``(b V)[0]``
    that is real where it reads the lower triangle."""
    if not is_complex(V) or not lower or np.all(is_unmoved(V_bar)):
        return phased_bar(V_bar, V, last=True), 0.0
    first = from_triangle(b, lower)[:1]
    row_bar = turning_bar(torque(V_bar, V), np.matmul(first, V))
    b_bar = np.pad(np.matmul(row_bar, adjoint(V)), ((0, V.shape[-2] - 1), (0, 0)))
    return V_bar + np.matmul(adjoint(first), row_bar), 0.5 * (b_bar + adjoint(b_bar))


def _pencil_vjp(v_bar, xs, v, active, lower, driver=None):
    (w, V), (w_bar, V_bar) = v, v_bar
    unmoved = columns_unmoved(V_bar)
    V_bar, b_bar = _pencil_phases_bar(V_bar, V, xs[1], lower)
    product = np.matmul(adjoint(V), V_bar)
    skew = 0.5 * (product - adjoint(product))
    f, same = gaps(w)
    m_bar = f * skew + diagonal_matrix(w_bar)
    if np.any(same):
        m_bar = m_bar + nan_where(same & ~harmless_rotations(skew, product, unmoved, is_unmoved(w_bar), along_axes(V)))
    n_bar = -_means(w) * m_bar - 0.25 * (product + adjoint(product))
    return tuple(
        to_triangle(np.matmul(np.matmul(V, bar), adjoint(V)) + more, lower) if wanted else None
        for bar, more, wanted in zip((m_bar, n_bar), (0.0, b_bar), active, strict=True)
    )


def _svd(a, full, lapack_driver="gesdd"):
    return tuple(_scipy("svd")(a, full_matrices=full, lapack_driver=lapack_driver))


def _svd_jvp(x_dots, xs, v, full, lapack_driver="gesdd"):
    return singular_ops.SVD.jvp(x_dots, xs, v, full)


def _svd_vjp(v_bar, xs, v, active, full, lapack_driver="gesdd"):
    return singular_ops.SVD.vjp(v_bar, xs, v, active, full)


FUNCTION = ArrayOp("scipy.linalg.function", _function, _function_jvp, _function_vjp)
SQUARE_ROOT = ArrayOp("scipy.linalg.sqrtm", _square_root, _square_root_jvp, _square_root_vjp)
POLAR = ArrayOp("scipy.linalg.polar", _polar, _polar_jvp, _polar_vjp)
SYLVESTER = ArrayOp("scipy.linalg.solve_sylvester", _sylvester, _sylvester_jvp, _sylvester_vjp)
# a, g = b r^-1 b^T and q, which have the derivative; b, q and r, which have the value
CONTINUOUS_ARE = ArrayOp("scipy.linalg.solve_continuous_are", _continuous_are, _continuous_are_jvp, _continuous_are_vjp)
DISCRETE_ARE = ArrayOp("scipy.linalg.solve_discrete_are", _discrete_are, _discrete_are_jvp, _discrete_are_vjp)
TRIANGULAR = ArrayOp("scipy.linalg.solve_triangular", _triangular, _triangular_jvp, _triangular_vjp, selects=True)
BANDED = ArrayOp("scipy.linalg.solve_banded", _banded, _banded_jvp, _banded_vjp)
FUNCTION_OF_RULES, SYLVESTER_OF_RULES, TRIANGULAR_OF_RULES, BANDED_OF_RULES = OF_RULES = tuple(
    map(of_rules, (FUNCTION, SYLVESTER, TRIANGULAR, BANDED))
)
EIGH = ArrayOp("scipy.linalg.eigh", _eigh, _eigh_jvp, _eigh_vjp)
EIGVALSH = ArrayOp("scipy.linalg.eigvalsh", _eigvalsh, _eigvalsh_jvp, _eigvalsh_vjp)
PENCIL = ArrayOp("scipy.linalg.eigh of two", _pencil, _pencil_jvp, _pencil_vjp)
SVD = ArrayOp("scipy.linalg.svd", _svd, _svd_jvp, _svd_vjp)

ROWS = (
    FUNCTION,
    SQUARE_ROOT,
    POLAR,
    SYLVESTER,
    CONTINUOUS_ARE,
    DISCRETE_ARE,
    TRIANGULAR,
    BANDED,
    EIGH,
    EIGVALSH,
    PENCIL,
    SVD,
    *OF_RULES,
)
COMPLEX_ROWS = (
    *map(analytic, (FUNCTION, SQUARE_ROOT, SYLVESTER, TRIANGULAR, BANDED, *OF_RULES)),
    *(hermitian(row, False) for row in (POLAR, CONTINUOUS_ARE, DISCRETE_ARE)),
    *(hermitian(row, True, False) for row in (EIGH, PENCIL)),
    hermitian(EIGVALSH, True),
    hermitian(SVD, False, True, False),
)
