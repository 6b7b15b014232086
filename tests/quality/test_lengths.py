"""Lengths: 600 lines a file, 50 lines a function without its docstring, 120 columns."""

import pytest
from source_tree import functions, name, sources

FILE, FUNCTION, COLUMNS = 600, 50, 120
WRITTEN = sources(".py", ".pyi", ".pyx", ".pxd", ".c", ".h", under=("src", "tests", "benchmarks", "docs"))
WITH_FUNCTIONS = [path for path in WRITTEN if path.suffix in (".py", ".pyx", ".c", ".h")]


@pytest.mark.parametrize("path", WRITTEN, ids=name)
def test_a_file_is_short(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= FILE


@pytest.mark.parametrize("path", WRITTEN, ids=name)
def test_lines_fit(path):
    lines = enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
    long = [f"{name(path)}:{number}: {len(line)} columns" for number, line in lines if len(line) > COLUMNS]
    assert not long, "\n".join(long)


@pytest.mark.parametrize("path", WITH_FUNCTIONS, ids=name)
def test_a_function_is_short(path):
    long = [f for f in functions(path) if f.n_lines > FUNCTION]
    assert not long, "\n".join(f"{name(f.path)}:{f.line}: {f.name} has {f.n_lines} lines" for f in long)
