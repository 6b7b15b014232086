"""The public names: all there, each at home where type checkers think it is, and cheap to import."""

import ast
import subprocess
import sys
from pathlib import Path

import dualtape

PROMISED = [
    "grad",
    "value_and_grad",
    "jacobian",
    "value_and_jacobian",
    "hessian",
    "derivatives",
    "jvp",
    "vjp",
    "hvp",
    "weighted_hessian",
    "linearize",
    "record",
    "load",
    "differentiable",
    "check",
    "stop_gradient",
    "supported",
    "Dual",
    "HyperDual",
    "errors",
]


def test_every_promised_name_is_public():
    assert set(PROMISED) <= set(dualtape.__all__)
    for name in dualtape.__all__:
        assert getattr(dualtape, name) is not None
    assert set(dualtape.__all__) <= set(dir(dualtape))


def test_type_checkers_see_the_same_homes():
    tree = ast.parse(Path(dualtape.__file__).read_text())
    (block,) = [node for node in tree.body if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"]
    imports = {alias.name: node.module for node in block.body for alias in node.names}
    assert imports == dualtape._HOMES


def test_unknown_name_is_an_attribute_error():
    assert not hasattr(dualtape, "gradient")


def test_import_loads_no_driver():
    code = "import sys, dualtape; print([m for m in sys.modules if m.startswith('dualtape.')])"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "dualtape.api" not in loaded
    assert "dualtape.core" not in loaded
