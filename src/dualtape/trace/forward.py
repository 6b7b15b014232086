"""One forward evaluation: f run on dual or hyper-dual numbers gives values, Jacobian and Hessian tensor in one go,
without a recording and with memory that does not grow with the run. Called by api/; the numbers are core/dual*.pyx.

*Design.* The lanes of one run are limited: beyond some number, the records leave the fast cache and the cost per lane
grows again. So f runs once per chunk of lanes, or, for second order, once per pair of chunks; a pair of equal chunks
takes the symmetric form, which does half the work.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from dualtape.core.dual_parts import harvest, seed, seed_directions
from dualtape.core.level import end_evaluation, next_level, tracing
from dualtape.trace.layout import in_layout_of

# Lanes of one run. Measured on loops of scalars and on small arrays: first order gains up to some 256 lanes; in second
# order one run of up to a hundred lanes beats several, but for more lanes pairs of 32 are best.
LANES_FIRST = 256
LANES_SECOND_ALONE = 100
LANES_SECOND = 32
MAX_BYTES = 1 << 25  # of the records of all inputs together

Chunk = tuple[int, int]  # first and last (exclusive) input element that the lanes move


def evaluate_forward(
    f: Callable[..., Sequence[Any]], inputs: Sequence[Any], order: int = 1
) -> tuple[list[Any], np.ndarray, np.ndarray | None]:
    """Evaluate f and its derivatives at `inputs`.

    Parameters
    ----------
    f : callable
        Takes as many numbers or arrays as there are `inputs`, returns a list of outputs: floats, arrays, object arrays.
        Called once for up to some hundred input elements, more often for more.
    inputs : sequence of float or ndarray
        Point of differentiation; n elements in all.
    order : 1 or 2
        Highest derivative.

    Returns
    -------
    values : list
        The outputs without their derivatives; m elements in all.
    J : ndarray, shape (m, n)
        First derivatives. An output that does not depend on an input has exact zeros.
    H : ndarray, shape (m, n, n), or None
        Second derivatives, exactly symmetric; only with `order` 2.

    Raises
    ------
    PerturbationError
        If f meets a number of another derivative in progress: this engine does not nest.
    """
    n = sum(np.size(x) for x in inputs)
    values, J, H = None, None, None
    for rows, columns in _chunk_pairs(n, order):
        numbers = seed(list(inputs), order, next_level(), rows, columns, with_others=rows != (0, n))
        with _running(numbers):
            outputs = list(f(*map(in_layout_of, numbers, inputs)))
            if J is None:
                m = sum(map(_size, outputs))
                J = np.empty((m, n))
                H = np.empty((m, n, n)) if order == 2 else None
            values = _collect(numbers, outputs, J, H, rows, columns)
    if J is None:
        values = list(f(*inputs))
        m = sum(map(_size, values))
        return values, np.zeros((m, 0)), np.zeros((m, 0, 0)) if order == 2 else None
    return values, J, H


def push_forward(f: Callable[..., Sequence[Any]], inputs: Sequence[Any], S: np.ndarray) -> tuple[list[Any], np.ndarray]:
    """Evaluate f and its derivatives along given directions.

    Parameters
    ----------
    f, inputs
        As for `evaluate_forward`; f is called once for up to `LANES_FIRST` directions.
    S : ndarray, shape (n, p)
        Directions, p > 0. A component of -0.0 does not move.

    Returns
    -------
    values : list
    V : ndarray, shape (m, p)
        ``J S``.

    Raises
    ------
    PerturbationError
        As for `evaluate_forward`.
    """
    V = None
    for start in range(0, S.shape[1], LANES_FIRST):
        lanes = (start, min(start + LANES_FIRST, S.shape[1]))
        numbers = seed_directions(list(inputs), next_level(), S[:, slice(*lanes)])
        with _running(numbers):
            outputs = list(f(*map(in_layout_of, numbers, inputs)))
            if V is None:
                V = np.empty((sum(map(_size, outputs)), S.shape[1]))
            values = _collect(numbers, outputs, V, None, lanes, (0, 0))
    return values, V


@contextmanager
def _running(numbers: list[Any]) -> Iterator[None]:
    """While f runs on these numbers, and their derivatives are read; afterwards nobody can compute with them."""
    try:
        with tracing():
            yield
    finally:
        end_evaluation(numbers[0].level)


def _chunk_pairs(n: int, order: int) -> Iterator[tuple[Chunk, Chunk]]:
    """Chunks for the lanes of e1 and of e2, of much the same size."""
    if order == 1:
        most = min(LANES_FIRST, MAX_BYTES // (8 * max(n, 1)))
    else:
        most = LANES_SECOND_ALONE if n <= LANES_SECOND_ALONE else LANES_SECOND
        most = min(most, int((MAX_BYTES / (8 * max(n, 1))) ** 0.5))
    count = -(-n // max(most, 1))
    chunks = [(n * k // count, n * (k + 1) // count) for k in range(count)]
    for i, rows in enumerate(chunks):
        yield rows, rows
        if order == 2:
            for columns in chunks[:i]:
                yield rows, columns


def _size(output: Any) -> int:
    return output.size if hasattr(output, "size") else 1


def _collect(
    numbers: list[Any],
    outputs: list[Any],
    J: np.ndarray,
    H: np.ndarray | None,
    rows: Chunk,
    columns: Chunk,
) -> list[Any]:
    """Write the derivatives of one run into J and H; return the values."""
    values, start = [], 0
    for output in outputs:
        stop = start + _size(output)
        block = None if H is None else H[start:stop, slice(*rows), slice(*columns)]
        values.append(harvest(numbers[0], output, J[start:stop, slice(*rows)], block))
        if block is not None and rows != columns:
            H[start:stop, slice(*columns), slice(*rows)] = np.swapaxes(block, 1, 2)
        start = stop
    return values
