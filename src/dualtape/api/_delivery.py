"""Results into the caller's own arrays: what ``out=`` means, for programs of every structure."""

from __future__ import annotations

from typing import Any

import numpy as np

from dualtape.api._containers import flatten
from dualtape.errors import DtypeError, ShapeError


def deliver(result: Any, out: Any) -> Any:
    """Write a result into `out` and return that; return the result itself if there is no `out`.

    Parameters
    ----------
    result : number, ndarray, or nested container of them
    out : None, ndarray, or nested container of ndarrays like the result
        An array of shape () takes a number. Nothing is written unless everything fits.

    Raises
    ------
    StructureError, ShapeError, DtypeError
        If `out` does not fit the result. Names the entry.
    """
    if out is None:
        return result
    leaves, structure = flatten(result)
    targets = structure.match(out, "out")
    for leaf, target, name in zip(leaves, targets, structure.paths("out"), strict=True):
        _check(np.asarray(leaf), target, name)
    for leaf, target in zip(leaves, targets, strict=True):
        target[...] = leaf
    return out


def _check(leaf: Any, target: Any, name: str) -> None:
    if type(target) is not np.ndarray:
        raise DtypeError(f"{name} is a {type(target).__name__}, expected an ndarray to write into")
    if target.dtype != leaf.dtype:
        raise DtypeError(f"{name} is an array of {target.dtype}, the result is {leaf.dtype}", "make it of that type")
    if target.shape != leaf.shape:
        raise ShapeError(f"{name} has shape {target.shape}, the result has {leaf.shape}")
    if not target.flags.writeable:
        raise DtypeError(f"{name} is read-only", "pass an array that can be written to")
