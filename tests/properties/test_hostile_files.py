"""Files that no dualtape writes are refused by name, or replay: no crash, no memory out of proportion.

``DUALTAPE_FUZZ=20000`` makes a night's work of it."""

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hostile_files import programs, sealed, use

import dualtape
from dualtape.api import _format
from dualtape.errors import FileFormatError

COUNT = int(os.environ.get("DUALTAPE_FUZZ", "400"))
PROGRAM = Path(__file__).with_name("hostile_files.py")
MOST_MEMORY = 1 << 20  # KiB, for numbers of 4 MiB in arrays, lanes and calls


@pytest.fixture(scope="module")
def files():
    return programs()


def test_the_files_themselves_are_let_through(files):
    for content in files.values():
        assert use(content)


@pytest.mark.parametrize("seed", [1, 2])
def test_changed_files_are_refused_or_replay(seed):
    """In a process of its own: a crash fails the test, not the run."""
    done = subprocess.run(
        [sys.executable, str(PROGRAM), str(seed), str(COUNT // 2)], capture_output=True, text=True, errors="replace"
    )
    assert done.returncode == 0, f"the last change: {done.stderr[-3000:]}"
    through, memory = map(int, done.stdout.split())
    assert 0 < through < COUNT // 2
    assert memory < MOST_MEMORY


def test_every_truncation_is_refused(files):
    content = files["gathered"]
    for length in [*range(80), *range(80, len(content), 7), len(content) - 1]:
        with pytest.raises(FileFormatError, match="not a dualtape file|truncated"):
            dualtape.load(io.BytesIO(content[:length]))


def test_every_truncation_that_claims_to_be_whole_is_refused(files):
    content = files["decisions"]
    for length in range(40, len(content), 13):
        shortened = bytearray(content[:length])
        shortened[16:24] = length.to_bytes(8, "little")
        with pytest.raises(FileFormatError):
            dualtape.load(io.BytesIO(sealed(shortened)))


def test_lengths_beyond_reason_are_refused_without_memory_for_them(files):
    content = bytearray(files["elementwise"])
    for length in (2**31, 2**62, 2**64 - 1):
        content[16:24] = length.to_bytes(8, "little")
        with pytest.raises(FileFormatError, match="truncated"):
            dualtape.load(io.BytesIO(sealed(content)))


@pytest.mark.parametrize(
    "text",
    [
        b"[" * 100000,
        b'{"a":1,"a":2}',
        b'{"a":NaN}',
        b'{"a":-Infinity}',
        b'{"a":"\xff"}',
        b"[]",
        b"null",
        b"",
        b'{"a":1} x',
    ],
)
def test_headers_that_are_no_strict_json_are_refused(files, text):
    content = files["elementwise"]
    padded = text + b" " * (-len(text) % 8)
    changed = content[:16] + (32 + len(padded)).to_bytes(8, "little") + len(padded).to_bytes(8, "little") + padded
    with pytest.raises(FileFormatError, match="header"):
        dualtape.load(io.BytesIO(sealed(changed)))


def spoiled(content, change):
    """A file with something else in its header."""
    header, sections = _format.unpack(content)
    kinds = {name: kind for name, kind, _ in header.pop("sections")}
    change(header)
    return _format.pack(header, {name: (kinds[name], array) for name, array in sections.items()})


@pytest.mark.parametrize(
    "function", ["load", "fromfile", "savetxt", "f2py.run_main", "memmap", "testing.run_module_suite"]
)
def test_no_function_is_called_by_a_name_in_the_file(files, function):
    def change(header):
        (call,) = [call for call in header["paths"][0]["calls"] if call["row"] == "step" or call["row"] == "ordered"][
            :1
        ]
        params = dict(call["params"]["dict"])
        call["params"]["dict"] = [[name, function if name == "function" else x] for name, x in params.items()]

    with pytest.raises(FileFormatError, match="does not give what it says"):
        dualtape.load(io.BytesIO(spoiled(files["decisions"], change)))
