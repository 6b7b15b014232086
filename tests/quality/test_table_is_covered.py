"""A row of the table without its page, its benchmark or its test is a failure, not a reminder."""

import ast
import importlib.util
import sys

import pytest
from source_tree import ROOT

from dualtape.handlers import inventory
from dualtape.ops.table import ROWS


def load(path, monkeypatch):
    """The module in a file outside of the package."""
    monkeypatch.syspath_prepend(str(path.parent))
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_row_is_on_the_page_of_operations(tmp_path, monkeypatch):
    load(ROOT / "docs" / "generate.py", monkeypatch).write(tmp_path)
    page = (tmp_path / "operations.md").read_text(encoding="utf-8")
    missing = [row.name for row in ROWS if f"`{row.name}`" not in page and row.name not in page]
    assert not missing


def test_every_name_of_numpy_is_on_its_page(tmp_path, monkeypatch):
    load(ROOT / "docs" / "generate.py", monkeypatch).write(tmp_path)
    page = (tmp_path / "numpy.md").read_text(encoding="utf-8")
    names = [name for name in inventory.kinds() if not inventory.is_method_of_ufunc(name)]
    assert not [name for name in names if f"`{name}`" not in page and f"`{name.rpartition('.')[2]}`" not in page]


def test_every_row_has_a_benchmark(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    cases = importlib.import_module("benchmarks.bench_ops").CASES
    assert set(cases) == {row.name for row in ROWS}


@pytest.mark.parametrize("folder", ["tests/ops", "tests/core", "tests/trace"])
def test_tests_walk_the_table(folder):
    """Kernels, numbers and handlers are each tested on all rows: their tests name the table, not the rows."""
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in (ROOT / folder).glob("*.py")]
    assert any(isinstance(node, ast.Name) and node.id == "ROWS" for tree in trees for node in ast.walk(tree))


def test_the_generated_pages_are_not_tracked():
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").split()
    assert "/docs/reference/operations.md" in ignored and "/docs/reference/generated/" in ignored


def test_benchmarks_import(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    for path in sorted((ROOT / "benchmarks" / "benchmarks").glob("bench_*.py")):
        module = importlib.import_module(f"benchmarks.{path.stem}")
        assert module.__doc__ and module in sys.modules.values()
