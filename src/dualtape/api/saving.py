"""`Program.save`: from a program to the bytes of a file, which docs/reference/file-format.md describes.

Everything is written by name or as plain numbers: what a program computes, in which shapes, under which decisions. The
function itself is not. `load` is the way back."""

from __future__ import annotations

import os
import pickle
import secrets
import stat
from typing import Any, BinaryIO

import numpy as np

from dualtape.api import _format, _plain
from dualtape.api._complex import Complex
from dualtape.api._containers import Structure
from dualtape.api._paths import Contents, Trace
from dualtape.api._space import Space
from dualtape.core.archive import COMPARISONS, ELEMENTWISE, GUARD, LAYOUTS, OPERATIONS, take_apart
from dualtape.core.calls import Place
from dualtape.core.nodes import KINDS
from dualtape.errors import StructureError, UnsupportedOperation
from dualtape.trace.rows import gives

# Sections of one path, in order, with the type of their elements.
SECTIONS = {
    "instructions": "instruction",
    "nodes": "node",
    "views": "i8",
    "ids": "u4",
    "expected": "f8",
    "constants": "f8",
    "results": "i8",
    "decisions": "u4",
    "data": "bytes",
}

_ANY_SIZE = (1 << 63) - 1


def save(contents: Contents, file: str | os.PathLike[str] | BinaryIO) -> None:
    """Write a program; see `Program.save`."""
    content = dumps(contents)
    if not isinstance(file, (str, os.PathLike)):
        file.write(content)
    elif os.path.exists(file) and not os.path.isfile(file):  # a pipe, say
        with open(file, "wb") as opened:
            opened.write(content)
    else:
        _replace(os.path.realpath(file), content)


def pickled(contents: Contents, f: Any, kwargs: dict[str, Any], watch: Any, rewrites: bool) -> tuple[Any, ...]:
    """What ``__reduce__`` returns: the bytes of a file, f with its arguments if they can be pickled, a fingerprint of
    what f has captured, and whether its clone is recorded."""
    from dualtape.api.load import unpickled

    try:
        function = None if f is None else pickle.dumps((f, kwargs))
    except Exception:  # a lambda, say: any error that a foreign __reduce__ may raise
        function = None
    return unpickled, (dumps(contents), function, None if watch is None else watch.fingerprint(), rewrites)


def _replace(path: str, content: bytes) -> None:
    """Write a file as a whole or not at all: under another name in the same folder first."""
    folder, name = os.path.split(path)
    draft = os.path.join(folder, f".{name}.{secrets.token_hex(8)}")
    with open(draft, "xb") as file:
        try:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
            file.close()
            if os.path.exists(path):
                os.chmod(draft, stat.S_IMODE(os.stat(path).st_mode))
            os.replace(draft, path)
        except BaseException:
            file.close()
            os.unlink(draft)
            raise


def dumps(contents: Contents) -> bytes:
    """The bytes of a file."""
    parts = [_Part(trace) for trace in contents.traces]
    names = {
        "operations": sorted({name for part in parts for name in part.names["operations"]}),
        "kinds": list(KINDS.values()),
        "layouts": list(LAYOUTS.values()),
        "comparisons": list(COMPARISONS.values()),
    }
    header = {
        "name": contents.name,
        "options": {
            "on_guard": "rerecord" if contents.rerecords else "raise",
            "constants": "checked" if contents.is_checked else "frozen",
            "max_paths": contents.max_paths,
        },
        "n_arguments": contents.n_arguments,
        "inputs": describe_space(contents.inputs),
        "names": names,
        "paths": [part.header for part in parts],
    }
    sections = {}
    for k, part in enumerate(parts):
        arrays = part.translated(names)
        sections.update({f"{k}/{name}": (kind, arrays[name]) for name, kind in SECTIONS.items()})
    return _format.pack(header, sections)


class _Part:
    """One path: its part of the header, and its sections with numbers as this release counts."""

    def __init__(self, trace: Trace):
        tape = trace.path.tape
        self.arrays = take_apart(tape, trace.path.slots)
        writer = _plain.Writer()
        decisions: dict[tuple[str, str], int] = {}
        taken = [decisions.setdefault(trace.describe(k), len(decisions)) for k in range(len(trace.decisions))]
        self.header = {
            "n_slots": tape.n_slots,
            "outputs": describe_space(trace.outputs),
            "calls": [_describe_call(call, writer) for call in tape.calls],
            "decisions": [list(pair) for pair in decisions],
            "sealing": trace.report,
        }
        self.arrays["decisions"] = np.array(taken, dtype=np.uint32)
        self.arrays["data"] = np.frombuffer(b"".join(writer.pool), dtype=np.uint8)
        nodes, instructions = self.arrays["nodes"], self.arrays["instructions"]
        used = {*np.unique(instructions["op"]).tolist(), *np.unique(_operations_of(nodes)).tolist()}
        self.names = {"operations": {OPERATIONS[op] for op in used}}

    def translated(self, names: dict[str, list[str]]) -> dict[str, Any]:
        """The sections, with numbers that are places in `names`."""
        nodes, instructions = self.arrays["nodes"].copy(), self.arrays["instructions"].copy()
        is_guard = instructions["op"] == GUARD
        _translate(instructions, "active", COMPARISONS, names["comparisons"], is_guard)
        _translate(instructions, "op", OPERATIONS, names["operations"])
        _translate(nodes, "op", OPERATIONS, names["operations"], nodes["kind"] == ELEMENTWISE)
        _translate(nodes, "kind", KINDS, names["kinds"])
        for which in (0, 1):
            _translate(nodes["operand"][:, which], "layout", LAYOUTS, names["layouts"])
        return {**self.arrays, "nodes": nodes, "instructions": instructions}


def _operations_of(nodes: Any) -> Any:
    return nodes["op"][nodes["kind"] == ELEMENTWISE]


def _translate(records: Any, field: str, table: dict[int, str], names: list[str], where: Any = ...) -> None:
    """Replace this release's numbers by places in `names`."""
    places = np.zeros(max(table) + 1, dtype=np.uint32)
    for number, name in table.items():
        if name in names:
            places[number] = names.index(name)
    records[field][where] = places[records[field][where]]


def _describe_call(call: Any, writer: _plain.Writer) -> dict[str, Any]:
    try:
        described = {
            "row": call.row.name,
            "params": writer.write(call.params),
            "operands": [_describe_operand(x, writer) for x in call.operands],
            "results": [_describe_place(x) for x in call.results],
            "single": call.single,
        }
    except _plain.NotPlain as problem:
        raise UnsupportedOperation(
            f"{call.row.name} was recorded with a {problem}, which a file cannot hold",
            "pass it as numbers, text or arrays of numbers",
        ) from None
    shapes = [x.shape if type(x) is Place else np.shape(x) for x in call.operands]
    if not gives(call.row.name, shapes, dict(call.params), [x.shape for x in call.results], _ANY_SIZE):
        raise UnsupportedOperation(
            f"{call.row.name} was recorded with parameters that a file cannot hold: {call.params!r:.200}",
            "write it with other parameters",
        )
    return described


def _describe_operand(x: Any, writer: _plain.Writer) -> dict[str, Any]:
    return _describe_place(x) if type(x) is Place else {"value": writer.write(x)}


def _describe_place(x: Any) -> dict[str, Any]:
    strides = [stride // 8 for stride in x.strides]
    return {"slot": x.slot, "shape": list(x.shape), "strides": strides, "active": x.active}


def describe_space(space: Space) -> dict[str, Any]:
    """Shapes of the numbers, and how they nest."""
    shapes = [list(slot.shape) for slot in space.slots]
    return {"tree": _describe_tree(space.structure, space.name, _format.DEEPEST), "shapes": shapes}


def _describe_tree(structure: Structure, name: str, depth: int) -> Any:
    kind = structure.kind
    if not depth:
        raise StructureError(f"{name} nests deeper than the {_format.DEEPEST} levels that a file can hold")
    if kind is None:
        return "number"
    if kind is type(None):
        return None
    if kind is Complex:
        return "complex number"
    children = [_describe_tree(child, name, depth - 1) for child in structure.children]
    if kind is tuple or kind is list:
        return {kind.__name__: children}
    if kind is dict:
        keys = list(structure.rebuild(list(structure.children)))
        if all(type(key) in (str, int) for key in keys):
            return {"dict": [[key, child] for key, child in zip(keys, children, strict=True)]}
        raise StructureError(
            f"{name} has a dict with the keys {keys!r:.80}, of which a file can hold text and ints only",
            "use str or int keys in a program that is to be saved",
        )
    raise StructureError(
        f"{name} has a {kind.__name__}, whose class a file cannot name without running code when it is loaded",
        "use tuples, lists and dicts in a program that is to be saved",
    )
