"""`dualtape.load`: from the bytes of a file to a program. Nothing in the file is run or imported, and everything is
checked before it is used."""

from __future__ import annotations

import os
import pickle
from typing import Any, BinaryIO

import numpy as np

from dualtape.api import _format, _plain
from dualtape.api._containers import flatten
from dualtape.api._format import Refusal, inconsistent
from dualtape.api._paths import Contents, Trace
from dualtape.api._space import Space
from dualtape.api.program import Program
from dualtape.api.saving import SECTIONS
from dualtape.core.archive import COMPARISONS, ELEMENTWISE, GUARD, LAYOUTS, OPERATIONS, restore
from dualtape.core.calls import ArrayCall, Place
from dualtape.core.nodes import KINDS
from dualtape.core.path import Path, trail_of
from dualtape.core.seal import Report
from dualtape.core.validate import TooLarge, UnsoundTape
from dualtape.errors import FileFormatError
from dualtape.trace.rows import gives, rows
from dualtape.version import __version__

_AT_LEAST = 1 << 28  # bytes of numbers that any file may ask for ...
_PER_BYTE = 256  # ... or for each of its own bytes, if that is more
_MOST_AXES = 24


def load(file: str | os.PathLike[str] | BinaryIO, *, max_bytes: int | None = None) -> Program:
    """Load a program that `Program.save` has written.

    Parameters
    ----------
    file : path or binary file object
        A file object is read from where it stands to the end of the program.
    max_bytes : int, optional
        The most memory that the numbers of one replay may take; by default 256 MiB, or 256 times the size of the file
        if that is more. A file that asks for more is refused.

    Returns
    -------
    P : Program
        Replays as the program that was saved. It has no function: where no recorded path fits, it raises `GuardError`.

    Raises
    ------
    FileFormatError
        If the file is no program, is truncated, damaged or inconsistent, or of a later release.

    Notes
    -----
    Loading runs no code of the file and imports nothing by a name in it; every index, shape and parameter is checked
    first. So a file from a stranger cannot do more than compute another function than they say, and take its time.

    Examples
    --------
    >>> import io
    >>> import dualtape
    >>> file = io.BytesIO()
    >>> dualtape.record(lambda x: x * x, 1.0).save(file)
    >>> _ = file.seek(0)
    >>> dualtape.load(file).grad(3.0)
    6.0
    """
    name = file if isinstance(file, (str, os.PathLike)) else f"the file {getattr(file, 'name', '')!s}".rstrip()
    try:
        if isinstance(file, (str, os.PathLike)):
            with open(file, "rb") as opened:
                content = opened.read()
        else:
            content = _format.read(file)
        return Program.of_contents(loads(content, max_bytes))
    except Refusal as refusal:
        raise FileFormatError(f"{name!s} {refusal.problem}", refusal.remedy) from None


def unpickled(content: bytes, function: bytes | None, captured: bytes | None, rewrites: bool = True) -> Program:
    """A program from a pickle. Where its function cannot be had, or would compute with other numbers, it is as one from
    a file."""
    try:
        contents = loads(content, 1 << 62)
    except Refusal as refusal:
        raise FileFormatError(f"a pickled program {refusal.problem}", refusal.remedy) from None
    try:
        f, kwargs = (None, {}) if function is None else pickle.loads(function)
    except Exception:  # its module is not here, say
        f, kwargs = None, {}
    program = Program.of_contents(contents, f, kwargs, rewrites)
    if f is not None and contents.is_checked and program.fingerprint() != captured:
        return Program.of_contents(contents)
    return program


def loads(content: bytes, max_bytes: int | None = None) -> Contents:
    """The program in these bytes.

    Raises
    ------
    Refusal
    """
    header, sections = _format.unpack(content)
    limit = max(_AT_LEAST, _PER_BYTE * len(content)) if max_bytes is None else max_bytes
    try:
        return _Loading(header, sections, limit).contents()
    except TooLarge as problem:
        raise Refusal(
            f"has {problem}, but numbers may take {limit / 2**20:.0f} MiB",
            "pass a larger max_bytes to dualtape.load if you trust the file",
        ) from None
    except UnsoundTape as problem:
        raise inconsistent(str(problem)) from None
    except ImportError as problem:
        raise Refusal(f"cannot run here: {problem}", "install SciPy") from None


def expect(kind: type, value: Any, what: str) -> Any:
    """A value of exactly this type."""
    if type(value) is not kind:
        raise inconsistent(f"{what} is {value!r:.60}, expected {kind.__name__}")
    return value


def field(owner: Any, name: str, kind: type) -> Any:
    """An entry of a JSON object."""
    if type(owner) is not dict or name not in owner:
        raise inconsistent(f"the header does not tell {name!r}")
    return expect(kind, owner[name], name)


def size_in(value: Any, largest: int, what: str) -> int:
    """An int from 0 to `largest`."""
    if type(value) is not int or not 0 <= value <= largest:
        raise inconsistent(f"{what} is {value!r:.60}, expected 0 to {largest}")
    return value


def _one_of(value: Any, choices: tuple[str, str]) -> bool:
    """Is it the second one?"""
    if value not in choices:
        raise inconsistent(f"an option is {value!r:.40}, expected one of {choices}")
    return bool(value == choices[1])


class _Loading:
    """One file while it is read."""

    def __init__(self, header: dict[str, Any], sections: dict[str, Any], limit: int):
        self.header = header
        self.sections = sections
        self.largest = limit // 8
        self.rows = rows()
        self.names = self._read_names()

    def contents(self) -> Contents:
        header = self.header
        n_arguments = size_in(field(header, "n_arguments", int) - 1, 1 << 16, "n_arguments - 1") + 1
        name = "argument 0" if n_arguments == 1 else f"arguments {tuple(range(n_arguments))}"
        inputs = self._space(field(header, "inputs", dict), name)
        if n_arguments != 1 and (inputs.structure.kind is not tuple or len(inputs.structure.children) != n_arguments):
            raise inconsistent(f"its inputs are no tuple of {n_arguments} arguments")
        paths = field(header, "paths", list)
        slots = sum(size_in(field(path, "n_slots", int), 0xFFFFFFFF, "n_slots") for path in paths)
        if slots > self.largest:
            raise TooLarge(f"{slots} slots")
        expected = [[f"{k}/{name}", kind] for k in range(len(paths)) for name, kind in SECTIONS.items()]
        if [entry[:2] for entry in header["sections"]] != expected or not paths:
            raise inconsistent(f"its sections are not the {len(SECTIONS)} of each of {len(paths)} paths")
        traces = [self._trace(k, path, inputs) for k, path in enumerate(paths)]
        options = field(header, "options", dict)
        rerecords = _one_of(options.get("on_guard"), ("raise", "rerecord"))
        is_checked = _one_of(options.get("constants"), ("frozen", "checked"))
        max_paths = max(1, len(traces), size_in(options.get("max_paths"), 1 << 31, "max_paths"))
        return Contents(field(header, "name", str), inputs, n_arguments, traces, rerecords, is_checked, max_paths)

    # ---- names to numbers ----

    def _read_names(self) -> dict[str, Any]:
        """For each table of names, this release's number of every entry."""
        tables = field(self.header, "names", dict)
        known = {"operations": OPERATIONS, "kinds": KINDS, "layouts": LAYOUTS, "comparisons": COMPARISONS}
        return {what: self._numbers(field(tables, what, list), what, table) for what, table in known.items()}

    def _numbers(self, names: list[Any], what: str, table: dict[int, str]) -> Any:
        numbers = {name: number for number, name in table.items()}
        for name in names:
            if expect(str, name, what) not in numbers:
                raise self._unknown(what, name)
        return np.array([numbers[name] for name in names], dtype=np.uint32)

    def _unknown(self, what: str, name: str) -> Refusal:
        writer = self.header.get("dualtape")
        return Refusal(
            f"is written by dualtape {writer!s:.40} and uses {name!r:.60} ({what}), which this dualtape {__version__} "
            "does not know",
            "load it with the release that wrote it or a later one",
        )

    def _translate(self, records: Any, field: str, what: str, where: Any = ...) -> None:
        table, values = self.names[what], records[field][where]
        if values.size and (not table.size or values.max() >= table.size):
            raise inconsistent(f"{field} {values.max()} is not among its {table.size} {what}")
        if values.size:
            records[field][where] = table[values]

    # ---- shapes and containers ----

    def _space(self, described: dict[str, Any], name: str) -> Space:
        structure = flatten(self._tree(described.get("tree"), _format.DEEPEST), splits_complex=True)[1]
        shapes = [self._shape(shape) for shape in field(described, "shapes", list)]
        space = Space(structure, shapes, name)
        if len(shapes) != structure.n_leaves or space.size > self.largest:
            raise inconsistent(f"{len(shapes)} shapes for the {structure.n_leaves} numbers in {name}")
        return space

    def _tree(self, described: Any, depth: int) -> Any:
        """A container with something that is no number and no container at its leaves."""
        if described == "number":
            return _LEAF
        if described == "complex number":
            return 0j
        if described is None:
            return None
        if depth and type(described) is dict and len(described) == 1:
            ((kind, children),) = described.items()
            if kind in ("tuple", "list") and type(children) is list:
                found = [self._tree(child, depth - 1) for child in children]
                return tuple(found) if kind == "tuple" else found
            if kind == "dict" and type(children) is list:
                return self._dict(children, depth - 1)
        raise inconsistent(f"{described!r:.60} is no container")

    def _dict(self, children: list[Any], depth: int) -> dict[Any, Any]:
        found = {}
        for entry in children:
            if type(entry) is not list or len(entry) != 2 or type(entry[0]) not in (str, int) or entry[0] in found:
                raise inconsistent(f"{entry!r:.60} is no entry of a dict")
            found[entry[0]] = self._tree(entry[1], depth)
        return found

    def _shape(self, described: Any) -> tuple[int, ...]:
        """Lengths whose product cannot get out of hand."""
        if type(described) is not list or len(described) > _MOST_AXES:
            raise inconsistent(f"{described!r:.60} is no shape")
        size = 1
        for length in described:
            size *= max(1, size_in(length, 1 << 62, "a length"))
            if size > self.largest:
                raise TooLarge(f"an array of shape {tuple(described)}")
        return tuple(described)

    # ---- one path ----

    def _trace(self, k: int, path: Any, inputs: Space) -> Trace:
        arrays = {name: self.sections[f"{k}/{name}"] for name in SECTIONS}
        instructions, nodes = arrays["instructions"].copy(), arrays["nodes"].copy()
        if nodes["unused"].any() or nodes["operand"]["unused"].any():
            raise inconsistent("unused bytes of its nodes are not zero")
        self._translate(instructions, "op", "operations")
        self._translate(instructions, "active", "comparisons", instructions["op"] == GUARD)
        self._translate(nodes, "kind", "kinds")
        self._translate(nodes, "op", "operations", nodes["kind"] == ELEMENTWISE)
        for which in (0, 1):
            self._translate(nodes["operand"][:, which], "layout", "layouts")
        outputs = self._space(field(path, "outputs", dict), "the result")
        results = arrays["results"]
        if results.size != outputs.size:
            raise inconsistent(f"{results.size} results, its outputs have {outputs.size} numbers")
        reader = _plain.Reader(arrays["data"], self.largest)
        calls = [self._call(call, reader) for call in field(path, "calls", list)]
        if reader.n_left:
            raise inconsistent(f"{reader.n_left} bytes of data belong to no parameter")
        decisions = self._decisions(field(path, "decisions", list), arrays["decisions"])
        tape = restore(
            {**arrays, "instructions": instructions, "nodes": nodes},
            field(path, "n_slots", int), inputs.size, calls, decisions, self.largest,
        )  # fmt: skip
        sealing = field(path, "sealing", dict)
        report = {what: size_in(sealing.get(what, 0), 1 << 62, what) for what in Report().as_dict()}
        return Trace(Path(tape, results), outputs, trail_of(tape), decisions, report)

    def _decisions(self, described: list[Any], taken: Any) -> list[tuple[str, str]]:
        pairs = []
        for pair in described:
            if type(pair) is not list or [type(text) for text in pair] != [str, str]:
                raise inconsistent(f"{pair!r:.60} is no decision")
            pairs.append((pair[0], pair[1]))
        if taken.size and taken.max() >= len(pairs):
            raise inconsistent(f"decision {taken.max()} of {len(pairs)}")
        return [pairs[which] for which in taken.tolist()]

    def _call(self, described: Any, reader: _plain.Reader) -> ArrayCall:
        name = field(described, "row", str)
        if name not in self.rows:
            raise self._unknown("array operations", name)
        params = expect(dict, reader.read(described.get("params")), "the parameters of a call")
        operands = [self._operand(x, reader) for x in field(described, "operands", list)]
        results = [self._place(x) for x in field(described, "results", list)]
        is_single = field(described, "single", bool)
        shapes = [x.shape if type(x) is Place else np.shape(x) for x in operands]
        if not gives(name, shapes, dict(params), [x.shape for x in results], self.largest, is_single):
            raise inconsistent(f"{name} of {shapes} with {params!r:.200} does not give what it says")
        return ArrayCall(self.rows[name], params, operands, results, is_single)

    def _operand(self, described: Any, reader: _plain.Reader) -> Any:
        if type(described) is not dict or "value" not in described:
            return self._place(described)
        value = reader.read(described["value"])
        if not isinstance(value, (int, float, np.ndarray, np.number)):
            raise inconsistent(f"{value!r:.60} is no operand")
        return value

    def _place(self, described: Any) -> Place:
        shape = self._shape(field(described, "shape", list))
        strides = field(described, "strides", list)
        if len(strides) != len(shape) or any(type(n) is not int or abs(n) > self.largest for n in strides):
            raise inconsistent(f"{strides!r:.60} are no strides of shape {shape}")
        slot = size_in(field(described, "slot", int), self.largest, "a slot")
        return Place(slot, shape, tuple(8 * n for n in strides), field(described, "active", bool))


class _Leaf:
    """Stands for a number while containers are put together."""


_LEAF = _Leaf()
