"""Nested results -> labelled leaves, labelled entries, and the dense matrices that a table shows.

What a container is, the API says (`dualtape.api._containers`). The derivative of a result has the result's structure
outside and that of the arguments inside (twice for a Hessian), with leaves of shape ``out.shape + in.shape``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from dualtape.api._containers import flatten
from dualtape.cli.failures import CommandError

Array = np.ndarray[Any, np.dtype[np.float64]]
Leaves = list[tuple[str, Array]]


def leaves(tree: Any, label: str) -> Leaves:
    """Return the (label, float64 array) pairs of a nested value, in order.

    Raises
    ------
    CommandError
        If a leaf is not real numbers.
    """
    nodes, structure = flatten(tree)
    return [(path, _real(node, path)) for path, node in zip(structure.paths(label), nodes, strict=True)]


def _real(node: Any, label: str) -> Array:
    array = np.asarray(node)
    if array.dtype.kind == "O" and array.size and all(isinstance(entry, (int, float)) for entry in array.flat):
        array = array.astype(np.float64)
    if array.dtype.kind not in "fiu":
        kind = f"of type {type(node).__name__}" if array.dtype.kind == "O" else array.dtype
        raise CommandError(f"{label} is {kind}, expected real numbers, or containers of them")
    return array.astype(np.float64)


def fill(tree: Any, parts: Iterable[Any]) -> Any:
    """Return a container of the structure of `tree` around new leaves."""
    _, structure = flatten(tree)
    return structure.around(iter(parts))


def entries(labelled: Leaves) -> list[str]:
    """Return one label for each entry of labelled leaves: ``x[0, 1]``, or the leaf's own for a scalar."""
    found = []
    for label, array in labelled:
        found += [f"{label}[{', '.join(map(str, k))}]" if k else label for k in np.ndindex(array.shape)]
    return found


def flat(tree: Any) -> Array:
    """Return all entries of a nested value as one vector."""
    return np.concatenate([np.zeros(0)] + [array.ravel() for _, array in leaves(tree, "")])


def at_leaves(derivative: Any, tree: Any) -> list[Any]:
    """Return what stands in `derivative` where `tree` has its leaves."""
    _, structure = flatten(tree)
    return structure.match(derivative, "the derivative")


def dense(derivative: Any, value: Any, arguments: tuple[Any, ...], order: int = 1) -> Array:
    """Flatten the derivative of `value` by `arguments` to a matrix (m, n), or for order 2 to a tensor (m, n, n)."""
    inputs, _ = flatten(arguments)
    outputs, _ = flatten(value)
    n = sum(np.size(x) for x in inputs)
    result = [np.zeros((0,) + (n,) * order)]
    for out, block in zip(outputs, at_leaves(derivative, value), strict=True):
        if order == 1:
            result.append(_row(block, arguments, (np.size(out),)))
        else:
            rows = at_leaves(block, arguments)
            parts = [_row(row, arguments, (np.size(out), np.size(x))) for row, x in zip(rows, inputs, strict=True)]
            result.append(np.concatenate(parts, axis=1))
    return np.concatenate(result)


def _row(block: Any, arguments: tuple[Any, ...], shape: tuple[int, ...]) -> Array:
    inputs, _ = flatten(arguments)
    pairs = zip(at_leaves(block, arguments), inputs, strict=True)
    parts = [np.reshape(np.asarray(d, dtype=np.float64), (*shape, np.size(x))) for d, x in pairs]
    return np.concatenate(parts, axis=-1)
