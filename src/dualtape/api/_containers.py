"""Nested containers: the numbers in them as a flat list, and a container of the same kind around other numbers.

Tuples, lists, dicts, NamedTuples and dataclasses nest to any depth; None is a container of nothing. What a number is,
is decided in `_numbers.py`; here everything that is no container is a leaf. One rule of NumPy is kept: *a list of
numbers is an array* (also a list of such lists, if they are of one length), so that ``grad(f)([1.0, 2.0])`` means what
it means in SciPy. A list of anything else, and every tuple, is a container.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from dualtape.api._complex import Complex, combined, halves, halves_of_vector
from dualtape.api._numbers import is_scalar, kind_name
from dualtape.errors import StructureError

_Rebuild = Callable[[list[Any]], Any]


class Structure:
    """The shape of a container: its kind, its keys and the structures of its children. A leaf has no kind.

    Attributes
    ----------
    kind : type or None
        Type of the container, None for a leaf.
    keys : tuple
        Where each child stands, as text for messages: ``[0]``, ``['w']``, ``.bias``.
    children : tuple of Structure
    rebuild : callable
        Makes a container of this kind around a list of new children.
    n_leaves : int
    """

    __slots__ = ("kind", "keys", "children", "rebuild", "n_leaves")

    def __init__(self, kind: type | None, keys: tuple[Any, ...], children: tuple[Structure, ...], rebuild: _Rebuild):
        self.kind = kind
        self.keys = keys
        self.children = children
        self.rebuild = rebuild
        self.n_leaves: int = 1 if kind is None else sum(child.n_leaves for child in children)

    def around(self, leaves: Iterator[Any]) -> Any:
        """Build a container of this structure around the next `n_leaves` of `leaves`."""
        if self.kind is None:
            return next(leaves)
        return self.rebuild([child.around(leaves) for child in self.children])

    def paths(self, root: str = "") -> Iterator[str]:
        """Name the place of every leaf: ``[0]['w'].bias``."""
        if self.kind is None:
            yield root
        for key, child in zip(self.keys, self.children, strict=True):
            yield from child.paths(root + key)

    def match(self, tree: Any, name: str) -> list[Any]:
        """Return what stands at the leaves of this structure in `tree`.

        Raises
        ------
        StructureError
            If `tree` has another structure. Says where they part.
        """
        leaves: list[Any] = []
        self._match(tree, name, leaves)
        return leaves

    def _match(self, tree: Any, where: str, leaves: list[Any]) -> None:
        if self.kind is None:
            leaves.append(tree)
            return
        if self.kind is Complex:
            leaves += halves_of_vector(tree)
            return
        parts = (list, _positions(len(tree)), tree, list) if type(tree) is list else _parts(tree)
        if parts is None:
            raise StructureError(f"{where} is {kind_name(type(tree))}, expected {kind_name(self.kind)} like its primal")
        _, keys, children, _ = parts
        if set(keys) != set(self.keys):
            raise StructureError(
                f"{where} has the entries {_join(keys)}, expected {_join(self.keys)} like its primal",
                "give one entry for each entry of the primal",
            )
        by_key = dict(zip(keys, children, strict=True))
        for key, child in zip(self.keys, self.children, strict=True):
            child._match(by_key[key], where + key, leaves)

    def __repr__(self) -> str:
        if self.kind is None:
            return "*"
        inner = ", ".join(f"{key}: {child!r}" for key, child in zip(self.keys, self.children, strict=True))
        return f"{self.kind.__name__}({inner})"


def flatten(tree: Any, splits_complex: bool = False) -> tuple[list[Any], Structure]:
    """Return the leaves of `tree`, in order, and its structure. `splits_complex`: a complex number is two leaves."""
    leaves: list[Any] = []
    return leaves, _flatten(tree, leaves, splits_complex)


def holds_complex(structure: Structure) -> bool:
    """Tell whether a number of a structure is complex."""
    return structure.kind is Complex or any(map(holds_complex, structure.children))


def tuple_structure(children: tuple[Structure, ...]) -> Structure:
    """The structure of a tuple of structures."""
    return Structure(tuple, _positions(len(children)), children, tuple)


def map_leaves(function: Callable[[Any], Any], tree: Any) -> Any:
    """Apply `function` to every leaf of `tree` and keep its structure."""
    leaves, structure = flatten(tree)
    return structure.around(map(function, leaves))


def _flatten(tree: Any, leaves: list[Any], splits_complex: bool) -> Structure:
    pair = halves(tree) if splits_complex else None
    if pair is not None:
        leaves += pair
        return _COMPLEX
    parts = _parts(tree)
    if parts is None:
        leaves.append(tree)
        return _LEAF
    kind, keys, children, rebuild = parts
    return Structure(kind, keys, tuple(_flatten(child, leaves, splits_complex) for child in children), rebuild)


def _parts(tree: Any) -> tuple[type, tuple[Any, ...], list[Any], _Rebuild] | None:
    """Kind, keys, children and constructor of a container; None for a leaf."""
    kind = type(tree)
    if kind in _LEAVES:
        return None
    if tree is None:
        return kind, (), [], lambda _: None
    if isinstance(tree, tuple):
        names = getattr(kind, "_fields", None)
        if names is not None:
            return kind, tuple(f".{name}" for name in names), list(tree), lambda children: kind(*children)
        return kind, _positions(len(tree)), list(tree), kind
    if isinstance(tree, list):
        if number_list_shape(tree) is not None:
            return None
        return kind, _positions(len(tree)), tree, kind
    if isinstance(tree, dict):
        return kind, tuple(f"[{key!r}]" for key in tree), list(tree.values()), _dict_rebuild(tree)
    if hasattr(kind, "__dataclass_fields__"):
        return _dataclass_parts(tree)
    return None


def _dict_rebuild(tree: dict[Any, Any]) -> _Rebuild:
    keys = list(tree)
    if type(tree) is dict:
        return lambda children: dict(zip(keys, children, strict=True))
    import copy

    empty = copy.copy(tree)  # keeps the factory of a defaultdict, and what else a subclass knows
    empty.clear()

    def rebuild(children: list[Any]) -> Any:
        new = copy.copy(empty)
        new.update(zip(keys, children, strict=True))
        return new

    return rebuild


def _dataclass_parts(tree: Any) -> tuple[type, tuple[Any, ...], list[Any], _Rebuild] | None:
    """Children are the fields that ``__init__`` takes, but for those marked ``field(metadata={"static": True})``."""
    import dataclasses

    if isinstance(tree, type):
        return None
    names = [field.name for field in dataclasses.fields(tree) if field.init and not field.metadata.get("static", False)]

    def rebuild(children: list[Any]) -> Any:
        return dataclasses.replace(tree, **dict(zip(names, children, strict=True)))

    return type(tree), tuple(f".{name}" for name in names), [getattr(tree, name) for name in names], rebuild


def number_list_shape(tree: Any) -> tuple[int, ...] | None:
    """Shape of a list of numbers, or of lists of them of one shape; None if it is no such list."""
    if type(tree) is not list:
        return () if is_scalar(tree) else None
    if not tree:
        return None
    inner = number_list_shape(tree[0])
    if inner is None or any(number_list_shape(entry) != inner for entry in tree[1:]):
        return None
    return (len(tree), *inner)


def _positions(n: int) -> tuple[str, ...]:
    return tuple(f"[{i}]" for i in range(n))


def _join(keys: tuple[Any, ...]) -> str:
    return "{" + ", ".join(keys) + "}"


_LEAVES = frozenset({np.ndarray, float, int, np.float64})  # the common ones: asked first


def _itself(children: list[Any]) -> Any:
    return children[0]


_LEAF = Structure(None, (), (), _itself)
_COMPLEX = Structure(Complex, (".real", ".imag"), (_LEAF, _LEAF), combined)
