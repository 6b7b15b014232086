"""The row of the Schur form, ``a = Z T Z^H`` with Z unitary and T upper triangular, or of real numbers with 2 by 2
blocks on its diagonal for pairs of complex eigenvalues.

With ``M = Z^H a_dot Z``, the form moves by ``Z_dot = Z W`` and ``T_dot = M + T W - W T``, W skew-Hermitian. What T_dot
has below its blocks is zero: an equation for what W has there, which is solved block by block from the lower left
corner (Bartels & Stewart 1972, "Solution of the matrix equation AX + XB = C"), and is an operation of its own. W
vanishes within blocks of one row: the phase of a complex vector does not turn. LAPACK makes the two diagonal elements
of a 2 by 2 block equal, which says how it turns.

Equal eigenvalues have no derivative: NaN, but where nothing tries to tell them apart. Called by
handlers/scipy_spectral.py."""

from importlib import import_module

import numpy as np

from .array_ops import ArrayOp, total
from .complexified import adjoint, analytic, applied, hermitian, is_complex
from .phases import judged


def _transposed(x):
    return np.swapaxes(x, -1, -2)


def _starts(T):
    """Where the blocks on the diagonal start, and the end of the last one."""
    n = T.shape[-1]
    joined = np.zeros(n, dtype=bool) if n < 2 or is_complex(T) else np.append(np.diagonal(judged(T), -1) != 0.0, False)
    starts = [k for k in range(n) if k == 0 or not bool(joined[k - 1])]
    return [*starts, n]


def _below(x, starts):
    """What stands below the blocks."""
    block = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
    return x * (block[:, np.newaxis] > block)


# x below the blocks with ``t x - x t = m`` below the blocks, for the block triangular t; for its transpose if told so.


def _commutator(t, m, starts, transpose):
    n_blocks = len(starts) - 1
    places = [slice(*starts[k : k + 2]) for k in range(n_blocks)]
    x = np.zeros(t.shape, dtype=np.result_type(t, m))
    a = t.T if transpose else t
    rising, falling = range(n_blocks), range(n_blocks - 1, -1, -1)
    for j in falling if transpose else rising:
        for i in rising if transpose else falling:
            if i > j:
                rows, columns = places[i], places[j]
                known = m[rows, columns] - a[rows] @ x[:, columns] + x[rows] @ a[:, columns]
                x[rows, columns] = _block(a[rows, rows], a[columns, columns], known)
    return x


def _block(p, q, known):
    """y of ``p y - y q = known``."""
    if not known.any():
        return known
    r, c = known.shape
    system = np.kron(p, np.eye(c)) - np.kron(np.eye(r), q.T)
    try:
        return np.linalg.solve(system, known.ravel()).reshape(r, c)
    except np.linalg.LinAlgError:
        return np.full(known.shape, np.nan)


def _commutator_jvp(x_dots, xs, v, starts, transpose):
    t_dot, m_dot = x_dots
    a_dot = None if t_dot is None else _transposed(t_dot) if transpose else t_dot
    pushed = None if a_dot is None else np.matmul(v, a_dot) - np.matmul(a_dot, v)
    moved = _below(total((m_dot, pushed)), starts)
    return applied(COMMUTATOR, xs[0], moved, starts=starts, transpose=transpose)


def _commutator_vjp(v_bar, xs, v, active, starts, transpose):
    m_bar = applied(COMMUTATOR, xs[0], _below(v_bar, starts), starts=starts, transpose=not transpose)
    vt = _transposed(v)
    a_bar = np.matmul(vt, m_bar) - np.matmul(m_bar, vt) if active[0] else None
    if a_bar is not None and transpose:
        a_bar = _transposed(a_bar)
    return a_bar, m_bar if active[1] else None


# The form.


def _schur(a, sort=None):
    return tuple(import_module("scipy.linalg").schur(a, output="real", sort=sort)[:2])


def _turns(T, starts):
    """For each 2 by 2 block, the matrix that turns it, and ``1/(2 (b + c))`` of its elements beside the diagonal."""
    n = T.shape[-1]
    for start, end in zip(starts, starts[1:], strict=False):
        if end - start == 2:
            turn, ends = np.zeros((n, n)), np.zeros((n, n))
            turn[start + 1, start], turn[start, start + 1] = 1.0, -1.0
            ends[start, start], ends[start + 1, start + 1] = 1.0, -1.0
            yield turn, ends, 0.5 / (T[start, start + 1] + T[start + 1, start])


def _upper(x, starts):
    return x - _below(x, starts)


def _commuted(T, W):
    return np.matmul(T, W) - np.matmul(W, T)


def _schur_jvp(x_dots, xs, v, sort=None):
    T, Z = v
    starts = _starts(T)
    M = np.matmul(adjoint(Z), np.matmul(x_dots[0], Z))
    x = applied(COMMUTATOR, T, -_below(M, starts), starts=starts, transpose=False)
    W = x - adjoint(x)
    T_dot = M + _commuted(T, W)
    for turn, ends, factor in _turns(T, starts):
        within = -factor * np.sum(ends * T_dot) * turn
        T_dot, W = T_dot + _commuted(T, within), W + within
    return _upper(T_dot, starts), np.matmul(Z, W)


def _schur_vjp(v_bar, xs, v, active, sort=None):
    (T, Z), (T_bar, Z_bar) = v, v_bar
    starts = _starts(T)
    T_bar, in_z = _upper(T_bar, starts), np.matmul(adjoint(Z), Z_bar)
    W_bar = _commuted(adjoint(T), T_bar) + in_z
    for turn, ends, factor in _turns(T, starts):
        T_bar = T_bar - factor * np.sum(turn * W_bar) * ends
    W_bar = _commuted(adjoint(T), T_bar) + in_z
    x_bar = _below(W_bar - adjoint(W_bar), starts)
    conjugate = np.conjugate(T) if is_complex(T) else T
    M_bar = T_bar - applied(COMMUTATOR, conjugate, x_bar, starts=starts, transpose=True)
    return (np.matmul(np.matmul(Z, M_bar), adjoint(Z)),)


COMMUTATOR = ArrayOp("commutator", _commutator, _commutator_jvp, _commutator_vjp)
SCHUR = ArrayOp("scipy.linalg.schur", _schur, _schur_jvp, _schur_vjp)

ROWS = (COMMUTATOR, SCHUR)
COMPLEX_ROWS = (analytic(COMMUTATOR), hermitian(SCHUR, False, False))
