"""Layers: a file uses its own layer and those above it in this list, never those below."""

import ast
import re
import sys

import pytest
from source_tree import PACKAGE, name, sources

LAYERS = ("ops", "c", "core", "trace", "handlers", "rewrite", "api", "cli")
USED_BY_ALL = {"errors", "version"}  # and use none of ours
LEAVES = {"testing", "plot", "__main__"}
BUILD = (
    "table",
    "structure",
    "translation",
    "scalar_codegen",
    "codegen",
)  # setup.py imports them before anything is built

# NumPy's protocols call the compiled numbers, and these hand on to the handlers. Each of these modules is imported at
# the first such call, inside a function: core alone works without them.
HANDED_ON = {
    "dualtape.trace.functions",
    *(
        f"dualtape.handlers.{stem}"
        for stem in ("buffers", "complex_numbers", "floating_point", "masks", "math_functions", "methods", "ufuncs")
    ),
}
HANDS_ON = {PACKAGE / "trace" / "functions.py"}


def layer(module):
    """Position of ``dualtape.core.tape`` in the list; the public names count as the api, leaves come last."""
    part = module.split(".")[1] if "." in module else "api"
    if part in USED_BY_ALL:
        return -1
    return LAYERS.index(part) if part in LAYERS else len(LAYERS)


def module_of(path):
    return ".".join(["dualtape", *path.relative_to(PACKAGE).with_suffix("").parts]).removesuffix(".__init__")


def imports(path):
    """Absolute names of the modules that a file imports anywhere in it, for type checkers only included."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        pattern = r"^\s*(?:from\s+([\w.]+)\s+c?import\s+(\w+)|c?import\s+([\w.]+))"
        return [_module(*found) for found in re.findall(pattern, text, flags=re.MULTILINE)]
    found = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            package = module_of(path).split(".")[: -node.level] if node.level else []
            source = ".".join([*package, *filter(None, [node.module])])
            found += [_module(source, alias.name) for alias in node.names]
    return found


def _module(source, imported, whole=""):
    """``from source import imported`` may mean a module of the package `source`, or a name in the module `source`."""
    file = PACKAGE.parent.joinpath(*f"{source}.{imported}".split("."))
    is_module = file.is_dir() or any(file.with_suffix(suffix).exists() for suffix in (".py", ".pyx", ".pxd"))
    return whole or (f"{source}.{imported}" if is_module else source)


def ours(path):
    return [module for module in imports(path) if module.split(".")[0] == "dualtape"]


@pytest.mark.parametrize("path", sources(".py", ".pyx", ".pxd"), ids=name)
def test_a_file_uses_nothing_below_its_layer(path):
    own = layer(module_of(path))
    below = {module for module in ours(path) if layer(module) > own}
    if path.suffix == ".pyx" or path in HANDS_ON:
        below -= HANDED_ON
    assert not below, f"{name(path)} is in layer {own} and imports {sorted(below)}"


@pytest.mark.parametrize("path", sources(".pyx"), ids=name)
def test_handlers_are_imported_at_the_first_call(path):
    module_level = r"^(?:from|import|cimport) +(dualtape\.(?:trace|handlers)[\w.]*)"
    assert not re.findall(module_level, path.read_text(encoding="utf-8"), flags=re.MULTILINE)


@pytest.mark.parametrize("path", sources(".py", ".pyx"), ids=name)
def test_nobody_imports_the_leaves(path):
    assert not [module for module in ours(path) if "." in module and module.split(".")[1] in LEAVES]


@pytest.mark.parametrize("path", [PACKAGE / "ops" / f"{stem}.py" for stem in BUILD], ids=name)
def test_what_setup_imports_needs_only_the_standard_library(path):
    foreign = {module.split(".")[0] for module in imports(path)} - set(sys.stdlib_module_names) - {"dualtape"}
    assert not foreign, f"{name(path)} imports {foreign}"


@pytest.mark.parametrize("path", sources(".c", ".h"), ids=name)
def test_c_knows_nothing_of_python(path):
    included = re.findall(r'#include ["<]([^">]+)', path.read_text(encoding="utf-8"))
    assert not [header for header in included if header.startswith(("Python", "numpy/", "cpython/"))]
