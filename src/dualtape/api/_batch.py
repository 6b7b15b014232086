"""`Program.batch`: many points at once, in lanes and in threads.

Points are taken to the path that the program took last; those for which it does not hold go on to the next path, or
have theirs recorded, until all are served. A thread takes a run of points; the loop over them is compiled and holds no
GIL.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from dualtape.api import _numbers
from dualtape.api._paths import Trace
from dualtape.api._space import Slot, Space
from dualtape.core.batch import Results, replay_points
from dualtape.core.replay import FAILURES
from dualtape.errors import ShapeError

WHAT = ("value", "grad", "value_and_grad", "jacobian", "hessian")


def replay_all(X: Any, what: str, threads: int, find: Callable[[Any], Trace], first: Trace) -> tuple[Any, Any, Space]:
    """Values (k, m) and Jacobians (k, m, n) at the points X (k, n), None for what was not asked, and their space.

    Parameters
    ----------
    find : callable
        The path that serves one point (n,), recorded if need be.
    first : Trace
        The path to begin with.
    """
    with_values, with_rows = what not in ("grad", "jacobian"), what != "value"
    left = np.arange(len(X))
    trace, outputs = first, None
    values: Any = None
    rows: Any = None
    while True:
        V, J, failed = _in_threads(trace.path, X[left], with_values, with_rows, threads)
        served, here = left[failed < 0], failed < 0
        if served.size or not len(X):
            outputs = _same(outputs, trace.outputs)
        if served.size == len(X):
            return V, J, trace.outputs
        if values is None and rows is None:
            values, rows = V, J
        if with_values and served.size:
            values[served] = V[here]
        if with_rows and served.size:
            rows[served] = J[here]
        left = left[~here]
        if not left.size:
            assert outputs is not None
            return values, rows, outputs
        trace = find(X[left[0]])


def _same(space: Space | None, other: Space) -> Space:
    """Refuse results that cannot be stacked."""
    if space is not None and space.describe() != other.describe():
        raise ShapeError(
            f"the result has shape {space.describe()} at some points and {other.describe()} at others",
            "give batch points at which f returns arrays of one shape",
        )
    return other


def _in_threads(path: Any, X: Any, with_values: bool, with_rows: bool, threads: int) -> tuple[Any, Any, Any]:
    k = len(X)
    found = Results.room(path, k, with_values, with_rows)
    if threads == 1 or k < 2 * threads:
        _replay_points(path, X, found)
    else:
        bounds = [k * turn // threads for turn in range(threads + 1)]
        with ThreadPoolExecutor(threads) as pool:
            runs = [
                pool.submit(_replay_points, path, X[start:stop], found.part(start, stop))
                for start, stop in itertools.pairwise(bounds)
            ]
        for run in runs:
            run.result()
    return found.values, found.rows, found.failed


def _replay_points(path: Any, X: Any, found: Results) -> None:
    """The points at which an operation fails are those of another path, which is to be found: f may catch the error."""
    try:
        replay_points(path, X, found)
    except FAILURES:
        k = len(X)
        if k == 1:
            found.failed[0] = 0
            return
        for start, stop in ((0, k // 2), (k // 2, k)):
            _replay_points(path, X[start:stop], found.part(start, stop))


def hessians_at(
    X: Any, hessian_at: Callable[[Any], tuple[Any, Space]], outputs: Space, threads: int
) -> tuple[Any, Space]:
    """Hessian tensors (k, m, n, n) at the points X (k, n), one by one: a Hessian has lanes of its own."""
    if not len(X):
        return np.zeros((0, outputs.size, X.shape[1], X.shape[1])), outputs
    if threads == 1:
        found = [hessian_at(x) for x in X]
    else:
        with ThreadPoolExecutor(threads) as pool:
            found = list(pool.map(hessian_at, X))
    space = None
    for _, outputs_there in found:
        space = _same(space, outputs_there)
    return np.stack([H for H, _ in found]), outputs if space is None else space


# ---- results: one leading axis on every leaf ----


def stack_values(V: Any, space: Space) -> Any:
    """Hand back vectors (k, size) of a space."""
    return space.fill(lambda slot: _block(V[:, slot.rows], slot.shape))


def stack_jacobians(J: Any, outputs: Space, inputs: Space) -> Any:
    """Hand back Jacobians (k, m, n): structure of out, in."""
    return outputs.fill(lambda out: inputs.fill(lambda x: _block(J[:, out.rows, x.rows], (*out.shape, *x.shape))))


def stack_hessians(H: Any, outputs: Space, inputs: Space) -> Any:
    """Hand back Hessian tensors (k, m, n, n): structure of out, in, in."""

    def rows(out: Slot, x: Slot) -> Any:
        return inputs.fill(lambda y: _block(H[:, out.rows, x.rows, y.rows], (*out.shape, *x.shape, *y.shape)))

    return outputs.fill(lambda out: inputs.fill(lambda x: rows(out, x)))


def _block(numbers: Any, shape: tuple[int, ...]) -> Any:
    return _numbers.hand_back(numbers, (len(numbers), *shape), np.dtype(np.float64))
