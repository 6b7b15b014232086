"""The version stands in one place, and everything that tells it reads it there."""

import importlib.metadata
import re

import pytest
from source_tree import PACKAGE, ROOT, tracked

import dualtape
from dualtape.version import __version__


def test_only_version_py_assigns_it():
    pattern = re.compile(rf"""(?:version|release)_*\s*=\s*["']{re.escape(__version__)}["']""", flags=re.IGNORECASE)
    texts = [path for path in tracked() if path.suffix in (".py", ".toml", ".cfg", ".json", ".in")]
    assigned = [path for path in texts if pattern.search(path.read_text(encoding="utf-8"))]
    assert assigned == [PACKAGE / "version.py"]
    assert "version = {" in (ROOT / "pyproject.toml").read_text(encoding="utf-8")


def test_the_package_tells_it():
    assert dualtape.__version__ == __version__


def test_the_installed_metadata_agrees():
    try:
        installed = importlib.metadata.version("dualtape")
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("dualtape runs from its sources")
    assert installed == __version__
