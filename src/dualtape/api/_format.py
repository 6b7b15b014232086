"""The container of a file of a program: prologue, JSON header, binary sections. docs/reference/file-format.md says the
same for people.

What the header says about a program is written by `saving` and read by `load`; here it is any JSON object. Reading
runs nothing, and takes memory proportional to the file."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Iterable
from typing import Any, BinaryIO

import numpy as np

from dualtape.core.archive import INSTRUCTION, NODE
from dualtape.version import __version__

MAGIC = b"\x89DTAPE\r\n"  # not text, and changed by whatever changes the ends of lines
VERSION = (1, 0)  # a reader takes files of its own first number and at most its own second one

# magic, version, checksum of all bytes from 16 on, length of the file, length of the header
_PROLOGUE = struct.Struct("<8sHHIQQ")
_CHECKED_FROM = 16
_ALIGNMENT = 8
_CHUNK = 1 << 24
_WRITER_WITHIN = 64  # bytes of the header, in every version
DEEPEST = 64  # levels of containers

# How the header writes the type of a section's elements.
DTYPES = {
    "instruction": INSTRUCTION,
    "node": NODE,
    "i8": np.dtype("<i8"),
    "u4": np.dtype("<u4"),
    "f8": np.dtype("<f8"),
    "bytes": np.dtype("u1"),
}


class Refusal(Exception):
    """Why a file cannot be read: `load` adds which file it is."""

    def __init__(self, problem: str, remedy: str = "save the program again with dualtape.record(...).save(...)"):
        super().__init__(problem, remedy)
        self.problem = problem
        self.remedy = remedy


def inconsistent(what: str) -> Refusal:
    """The refusal of a file that is undamaged and cannot be right."""
    return Refusal(f"is inconsistent: {what}", "no dualtape writes such a file: do not trust where it is from")


# ---- out ----


def pack(header: dict[str, Any], sections: dict[str, tuple[str, Any]]) -> bytes:
    """The bytes of a file.

    Parameters
    ----------
    header : dict
        Plain data. ``dualtape`` and ``sections`` are added.
    sections : dict
        Name to (key of `DTYPES`, array), in the order in which they are written.
    """
    arrays = {name: np.ascontiguousarray(array, dtype=DTYPES[kind]) for name, (kind, array) in sections.items()}
    table = [[name, kind, arrays[name].size] for name, (kind, _) in sections.items()]
    text = json.dumps({"dualtape": __version__, **header, "sections": table}, allow_nan=False, separators=(",", ":"))
    encoded = text.encode("ascii")
    encoded += b" " * (-len(encoded) % _ALIGNMENT)
    body = [encoded]
    for array in arrays.values():
        body += [array.tobytes(), b"\0" * (-array.nbytes % _ALIGNMENT)]
    total = _PROLOGUE.size + sum(map(len, body))
    start = _PROLOGUE.pack(MAGIC, *VERSION, 0, total, len(encoded))
    checksum = _checksum([start[_CHECKED_FROM:], *body])
    return b"".join([_PROLOGUE.pack(MAGIC, *VERSION, checksum, total, len(encoded)), *body])


def _checksum(parts: Iterable[bytes | memoryview]) -> int:
    checksum = 0
    for part in parts:
        checksum = zlib.crc32(part, checksum)
    return checksum


# ---- in ----


def read(file: BinaryIO) -> bytes:
    """The bytes of one program from an open file, which is left right behind them."""
    start = _read_all(file, _PROLOGUE.size)
    if not isinstance(start, bytes):
        raise Refusal("was opened as text", "open it with mode 'rb'")
    if start[len(MAGIC) : len(MAGIC) + 4] != struct.pack("<HH", *VERSION):
        start += _read_all(file, _WRITER_WITHIN)  # a message may name the release that wrote it
    total = _check_prologue(start)[0]
    return start + _read_all(file, total - len(start))


def _read_all(file: BinaryIO, n: int) -> bytes:
    """At most n bytes; less at the end of the file, whatever n is."""
    parts = []
    while n > 0:
        part = file.read(min(n, _CHUNK))
        if not part:
            break
        parts.append(part)
        n -= len(part)
    return b"".join(parts) if all(isinstance(part, bytes) for part in parts) else parts[0]


def _check_prologue(content: bytes) -> tuple[int, int, int]:
    """Length of the file, length of the header, checksum."""
    if content[: len(MAGIC)] != MAGIC[: len(content)] or not content:
        raise Refusal("is not a dualtape file", "load what Program.save has written")
    if len(content) < _PROLOGUE.size:
        raise Refusal(f"is truncated: it has {len(content)} bytes, the shortest file has more than {_PROLOGUE.size}")
    _, major, minor, checksum, total, n_header = _PROLOGUE.unpack_from(content)
    if major != VERSION[0] or minor > VERSION[1]:
        raise Refusal(
            f"is written in file format {major}.{minor}{_writer(content)}; this dualtape {__version__} reads format "
            f"{VERSION[0]}.0 to {VERSION[0]}.{VERSION[1]}",
            "load it with the release that wrote it or a later one",
        )
    if total < _PROLOGUE.size or n_header > total - _PROLOGUE.size or n_header % _ALIGNMENT:
        raise Refusal("is damaged: its prologue tells impossible lengths")
    return total, n_header, checksum


def _writer(content: bytes) -> str:
    """`` by dualtape 2.0``, if the header of another version says so where ours does."""
    start = content[_PROLOGUE.size : _PROLOGUE.size + _WRITER_WITHIN].partition(b'{"dualtape":"')
    version = start[2].partition(b'"')
    return f" by dualtape {version[0].decode('ascii', 'replace')}" if version[1] else ""


def unpack(content: bytes) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and sections, the latter as arrays in this machine's byte order, not writeable.

    Raises
    ------
    Refusal
        If the bytes are not one whole, undamaged file.
    """
    total, n_header, checksum = _check_prologue(content)
    if len(content) != total:
        if len(content) < total:
            raise Refusal(f"is truncated at byte {len(content)} of {total}", "copy or save it again")
        raise Refusal(f"has {len(content) - total} bytes after its end", "copy or save it again")
    view = memoryview(content)
    if _checksum([view[_CHECKED_FROM:]]) != checksum:
        raise Refusal("is damaged: its checksum does not fit", "copy or save it again")
    header = read_json(bytes(view[_PROLOGUE.size : _PROLOGUE.size + n_header]))
    if type(header) is not dict:
        raise inconsistent("its header is no JSON object")
    return header, _sections(header, view[_PROLOGUE.size + n_header :])


def read_json(text: bytes) -> Any:
    """Strict JSON: no NaN, no name twice in an object, no lone surrogates, no deep nests."""
    try:
        return json.loads(text.decode("ascii"), object_pairs_hook=_unique, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise inconsistent(f"its header is no JSON that we read ({error})") from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name occurs twice in an object")
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _sections(header: dict[str, Any], rest: memoryview) -> dict[str, Any]:
    """The arrays that the table in the header tells, which fill the file to its end."""
    table = header.get("sections")
    found: dict[str, Any] = {}
    start = 0
    if type(table) is not list:
        raise inconsistent("its header has no table of sections")
    for entry in table:
        if type(entry) is not list or [type(part) for part in entry] != [str, str, int] or entry[0] in found:
            raise inconsistent(f"{entry!r:.80} is no section")
        name, kind, size = entry
        if kind not in DTYPES or not 0 <= size <= len(rest):
            raise inconsistent(f"section {name!r:.40} has {size} elements of type {kind!r:.40}")
        dtype = DTYPES[kind]
        end = start + size * dtype.itemsize
        padded = end + -end % _ALIGNMENT
        if padded > len(rest) or any(rest[end:padded]):
            raise inconsistent(f"section {name!r:.40} reaches beyond the end of the file")
        found[name] = np.frombuffer(rest, dtype, size, start).astype(dtype.newbyteorder("="), copy=False)
        start = padded
    if start != len(rest):
        raise inconsistent(f"{len(rest) - start} bytes belong to no section")
    return found
