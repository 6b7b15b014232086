"""Parameters of array operations as JSON, and back: numbers, text, tuples, slices, arrays, nothing that could run.

None, bools, ints and text stand for themselves; everything else is an object with one name, which says what it is.
Numbers of arrays go to a pool of bytes beside the JSON."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dualtape.api._format import inconsistent

_KINDS = "biuf"  # of arrays and NumPy's scalars: bool, integers, floats
_TYPES = {"bool": bool, "int": int, "float": float}
_MAX_INT = 1 << 64
_MAX_DEPTH = 32


class NotPlain(Exception):
    """A parameter that is no plain data; its text says what it is."""


class Writer:
    """Encodes data; `pool` collects the bytes of arrays."""

    def __init__(self) -> None:
        self.pool: list[bytes] = []
        self._size = 0

    def write(self, x: Any, depth: int = _MAX_DEPTH) -> Any:
        """x as what json.dumps takes.

        Raises
        ------
        NotPlain
            Says what cannot be written.
        """
        kind: Any = type(x)
        if not depth:
            raise NotPlain(f"{kind.__name__} in {_MAX_DEPTH} others")
        if x is None or kind in (bool, str) or (kind is int and abs(x) < _MAX_INT):
            return x
        if kind is float:
            return {"float": x.hex()}
        if kind is tuple or kind is list:
            return {kind.__name__: [self.write(item, depth - 1) for item in x]}
        if kind is dict and all(type(key) is str for key in x):
            return {"dict": [[key, self.write(value, depth - 1)] for key, value in x.items()]}
        if kind is slice:
            return {"slice": [self.write(part, depth - 1) for part in (x.start, x.stop, x.step)]}
        if x is Ellipsis:
            return {"ellipsis": True}
        if kind is np.ndarray or isinstance(x, np.generic):
            return {"array" if kind is np.ndarray else "scalar": self._array(np.asarray(x))}
        if isinstance(x, np.dtype) and x.kind in _KINDS:
            return {"dtype": x.newbyteorder("<").str}
        if kind is type and x in _TYPES.values():
            return {"type": x.__name__}
        raise NotPlain(f"{kind.__name__} {x!r:.60}")

    def _array(self, array: Any) -> list[Any]:
        if array.dtype.kind not in _KINDS or array.dtype.itemsize > 8:
            raise NotPlain(f"array of {array.dtype}")
        content = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<")).tobytes()
        start = self._size
        self.pool.append(content)
        self._size += len(content)
        return [array.dtype.newbyteorder("<").str, list(array.shape), start]


class Reader:
    """Decodes data; `pool` is an array of bytes, `largest` the most elements of an array. Arrays follow each other in
    the pool, so that they take no more memory than the file does."""

    def __init__(self, pool: Any, largest: int):
        self._pool = pool
        self._largest = largest
        self._next = 0
        self._readers: dict[str, Callable[[Any, int], Any]] = {
            "float": self._float,
            "tuple": lambda x, depth: tuple(self._items(x, depth)),
            "list": self._items,
            "dict": self._dict,
            "slice": self._slice,
            "ellipsis": lambda x, depth: ...,
            "array": lambda x, depth: self._array(x),
            "scalar": lambda x, depth: self._array(x)[()],
            "dtype": lambda x, depth: _dtype(x),
            "type": lambda x, depth: _TYPES[x],
        }

    @property
    def n_left(self) -> int:
        """Bytes of the pool that no array was read from."""
        return len(self._pool) - self._next

    def read(self, x: Any, depth: int = _MAX_DEPTH) -> Any:
        """The inverse of `Writer.write`."""
        kind = type(x)
        if x is None or kind in (bool, str) or (kind is int and abs(x) < _MAX_INT):
            return x
        if depth and kind is dict and len(x) == 1:
            ((name, content),) = x.items()
            if name in self._readers:
                try:
                    return self._readers[name](content, depth - 1)
                except (TypeError, ValueError, KeyError, IndexError, OverflowError):
                    pass
        raise inconsistent(f"{x!r:.80} is no parameter")

    def _items(self, x: Any, depth: int) -> list[Any]:
        if type(x) is not list:
            raise TypeError
        return [self.read(item, depth) for item in x]

    def _dict(self, x: Any, depth: int) -> dict[str, Any]:
        found = {key: self.read(value, depth) for key, value in x}
        if len(found) < len(x) or any(type(key) is not str for key in found):
            raise TypeError
        return found

    def _slice(self, x: Any, depth: int) -> slice:
        start, stop, step = self._items(x, depth)
        return slice(start, stop, step)

    def _float(self, x: Any, depth: int) -> float:
        return float.fromhex(x)

    def _array(self, x: Any) -> Any:
        dtype, shape, start = _dtype(x[0]), x[1], x[2]
        size = 1
        if len(x) != 3 or type(shape) is not list or len(shape) > 32 or start != self._next:
            raise ValueError
        for length in shape:
            if type(length) is not int or not 0 <= length <= self._largest:
                raise ValueError
            size *= length
        if size * dtype.itemsize > len(self._pool) - start:
            raise ValueError
        self._next = start + size * dtype.itemsize
        content = self._pool[start : self._next].tobytes()
        if dtype.kind == "b" and content.strip(b"\0\1"):
            raise ValueError
        return np.frombuffer(content, dtype).astype(dtype.newbyteorder("=")).reshape(shape)


def _dtype(name: Any) -> np.dtype[Any]:
    if type(name) is not str or len(name) != 3 or name[0] not in "<|" or name[1] not in _KINDS:
        raise ValueError
    dtype = np.dtype(name)
    if dtype.itemsize > 8:
        raise ValueError
    return dtype
