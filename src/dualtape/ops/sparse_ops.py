"""Sums over the stored entries of a sparse matrix, and the solution of a sparse system, whose places are constant.

Rules are written as in array_ops.py. Called by rewrite/traced_matrices.py and handlers/scipy_sparse.py."""

from importlib import import_module

import numpy as np

from .array_ops import ArrayOp, total
from .constant_maps import LinearMap, mapped


def scattered(terms, places, size):
    """The sums of the terms that fall on each of `size` places, in the order of the terms."""

    def scatter(x):
        found = np.zeros((size, *np.shape(x)[1:]))
        np.add.at(found, places, x)
        return found

    return mapped(terms, LinearMap(scatter, lambda w: np.asarray(w)[places]))


def solved(entries, b, rows, columns):
    """x of ``A x = b`` where A has `entries` at the given places."""
    found = [x for x in (entries, b) if hasattr(x, "engine")]
    if not found:
        return _solution(entries, b, rows, columns)
    first = max(found, key=lambda x: x.level)
    return first.engine.array_op(SOLVED, [entries, b], {"rows": rows, "columns": columns})


def _solution(entries, b, rows, columns):
    sparse, linalg = import_module("scipy.sparse"), import_module("scipy.sparse.linalg")
    n = np.shape(b)[0]
    return linalg.spsolve(sparse.csc_array((np.asarray(entries), (rows, columns)), shape=(n, n)), np.array(b))


def _terms(entries, x, columns):
    return (entries if np.ndim(x) == 1 else np.expand_dims(entries, -1)) * x[columns]


def _solved_jvp(x_dots, xs, v, rows, columns):
    """``A v_dot = b_dot - A_dot v``."""
    entries_dot, b_dot = x_dots
    moved = None if entries_dot is None else -scattered(_terms(entries_dot, v, columns), rows, np.shape(v)[0])
    return solved(xs[0], total((b_dot, moved)), rows, columns)


def _solved_vjp(v_bar, xs, v, active, rows, columns):
    b_bar = solved(xs[0], v_bar, columns, rows)
    if not active[0]:
        return None, b_bar
    entries_bar = -b_bar[rows] * v[columns]
    return np.sum(entries_bar, axis=-1) if np.ndim(v) == 2 else entries_bar, b_bar if active[1] else None


SOLVED = ArrayOp("scipy.sparse.linalg.spsolve", _solution, _solved_jvp, _solved_vjp)
ROWS = (SOLVED,)
