"""The numbers of a nested container seen as one vector, and the way back.

The sweeps know flat columns: ``(n, p)`` tangents, ``(m, p)`` cotangents, ``(m, n)`` Jacobians, ``(m, n, n)`` Hessian
tensors. Users know scalars, arrays and containers of them. A `Space` is one side of that, inputs or outputs, and all
conversion between the two is here. Blocks of active numbers of an outer level pass through the same code: only NumPy
functions, indexing and ``reshape`` touch them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dualtape.api import _containers, _numbers
from dualtape.api._complex import Shape
from dualtape.errors import ShapeError, StructureError
from dualtape.trace.functions import is_active

_Block = Callable[["Slot"], Any]


class Slot:
    """One leaf of a space: its shape, and where its entries stand in the flat vector."""

    __slots__ = ("shape", "rows")

    def __init__(self, shape: tuple[int, ...], start: int):
        size = 1
        for length in shape:
            size *= length
        self.shape = shape
        self.rows = slice(start, start + size)


class Space:
    """A vector space of nested containers of numbers.

    Attributes
    ----------
    structure : Structure
        How the leaves nest.
    slots : tuple of Slot
        One for each leaf.
    size : int
        Number of scalar entries, n or m.
    name : str
        What to call it in a message: "argument 0", "the result".
    """

    __slots__ = ("structure", "slots", "size", "name")

    def __init__(self, structure: _containers.Structure, shapes: list[tuple[int, ...]], name: str):
        self.structure = structure
        self.name = name
        slots, start = [], 0
        for shape in shapes:
            slots.append(Slot(shape, start))
            start = slots[-1].rows.stop
        self.slots = tuple(slots)
        self.size = start

    @property
    def is_scalar(self) -> bool:
        """True for one bare number."""
        return self.structure.kind is None and self.slots[0].shape == ()

    def describe(self) -> str:
        """Shape, for messages and reprs: ``(3,)`` or ``dict([...]: (3,), ...)``."""
        return str(self.fill(lambda slot: Shape(slot.shape)))

    def fill(self, block: _Block) -> Any:
        """Build a container of this space's structure around ``block(slot)`` for each leaf."""
        return self.structure.around(map(block, self.slots))

    def entry_names(self, root: str) -> list[str]:
        """Name every scalar entry: ``x['w'][2, 1]`` for the root ``x``."""
        paths = self.structure.paths(root)
        return [
            path + (f"[{', '.join(map(str, index))}]" if index else "")
            for path, slot in zip(paths, self.slots, strict=True)
            for index in np.ndindex(slot.shape)
        ]

    def pack(self, tree: Any, name: str) -> tuple[Any, int | None]:
        """Read vectors of this space as columns.

        Parameters
        ----------
        tree : nested container of numbers
            One vector (every leaf of its slot's shape) or p of them (every leaf with a leading axis of length p).
        name : str
            What to call it in a message.

        Returns
        -------
        columns : ndarray or active array, shape (size, p)
        batch : int or None
            p; None (and p = 1) if there was no leading axis.

        Raises
        ------
        StructureError, ShapeError, DtypeError
            If `tree` does not fit this space. Names the entry.
        """
        leaves = self.structure.match(tree, name)
        paths = self.structure.paths(name)
        read = [
            (path, _read_vector(leaf, path), slot) for path, leaf, slot in zip(paths, leaves, self.slots, strict=True)
        ]
        batches = {_batch_length(path, leaf, slot.shape, self.name) for path, leaf, slot in read}
        if len(batches) > 1:
            lengths = ", ".join(
                "none" if b is None else str(b) for b in sorted(batches, key=lambda b: -1 if b is None else b)
            )
            raise ShapeError(
                f"the entries of {name} have different leading batch axes: {lengths}", "give every entry the same one"
            )
        batch = batches.pop() if batches else None
        p = 1 if batch is None else batch
        blocks = [np.transpose(np.reshape(leaf, (p, slot.rows.stop - slot.rows.start))) for _, leaf, slot in read]
        if not blocks:
            return np.zeros((0, p)), batch
        return blocks[0] if len(blocks) == 1 else np.concatenate(blocks, axis=0), batch

    def unpack(self, columns: Any, batch: int | None, dtype: np.dtype[Any]) -> Any:
        """Hand back columns, shape (size, p), as vectors of this space: the inverse of `pack`."""

        def block(slot: Slot) -> Any:
            if batch is None:
                return _numbers.hand_back(columns[slot.rows, 0], slot.shape, dtype)
            return _numbers.hand_back(np.transpose(columns[slot.rows]), (batch, *slot.shape), dtype)

        return self.fill(block)


def _read_vector(leaf: Any, path: str) -> Any:
    """Read an entry of a vector whose primal is a number or an array."""
    if isinstance(leaf, (tuple, dict)):
        raise StructureError(f"{path} is a {type(leaf).__name__}, expected a number or an array like its primal")
    return _numbers.read(leaf, path)[0]


def _batch_length(path: str, leaf: Any, shape: tuple[int, ...], like: str) -> int | None:
    given = np.shape(leaf) if not is_active(leaf) else leaf.shape
    if given == shape:
        return None
    if len(given) == len(shape) + 1 and given[1:] == shape:
        return int(given[0])
    batched = f"({', '.join(['p', *map(str, shape)])}{',' if not shape else ''})"
    raise ShapeError(f"{path} has shape {given}, expected {shape} to match {like}, or {batched} for p at once")


def join_jacobian(J: Any, outputs: Space, inputs: Space, dtype: np.dtype[Any]) -> Any:
    """Hand back a Jacobian (m, n): out-structure of in-structure, each block of shape ``out.shape + in.shape``."""

    def row(out: Slot) -> Any:
        return inputs.fill(lambda x: _numbers.hand_back(J[out.rows, x.rows], out.shape + x.shape, dtype))

    return outputs.fill(row)


def join_hessian(H: Any, outputs: Space, inputs: Space, dtype: np.dtype[Any]) -> Any:
    """Hand back a Hessian tensor (m, n, n): structure of out, in, in; blocks of ``out.shape + in.shape + in.shape``."""
    return outputs.fill(lambda out: _join_square(H[out.rows], out.shape, inputs, dtype))


def join_weighted_hessian(H: Any, inputs: Space, dtype: np.dtype[Any]) -> Any:
    """Hand back one Hessian matrix (n, n): structure of in, in."""
    return _join_square(H[None], (), inputs, dtype)


def _join_square(H: Any, lead: tuple[int, ...], inputs: Space, dtype: np.dtype[Any]) -> Any:
    def row(x: Slot) -> Any:
        return inputs.fill(lambda y: _numbers.hand_back(H[:, x.rows, y.rows], lead + x.shape + y.shape, dtype))

    return inputs.fill(row)


def basis(size: int, start: int, stop: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Columns `start` to `stop` of the identity; off the diagonal the structural zero -0.0, "not connected"."""
    columns = np.full((size, stop - start), -0.0)
    columns[start:stop].reshape(-1)[:: stop - start + 1] = 1.0
    return columns


def space_of(tree_structure: _containers.Structure, numbers: list[Any], name: str) -> Space:
    """The space that a list of numbers, nested as `tree_structure`, lies in."""
    return Space(tree_structure, [number_shape(x) for x in numbers], name)


def number_shape(x: Any) -> tuple[int, ...]:
    """Shape of a float, an ndarray or an active number."""
    return () if isinstance(x, float) else tuple(x.shape)
