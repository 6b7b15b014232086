"""Every example in a docstring gives what it shows."""

import doctest
import importlib
import pkgutil

import numpy as np
import pytest

import dualtape

FLAGS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
MODULES = sorted(
    module.name
    for module in pkgutil.walk_packages(dualtape.__path__, "dualtape.")
    if not module.name.endswith("__main__")
)


@pytest.mark.parametrize("module", MODULES)
def test_examples(module):
    with np.printoptions(precision=8):
        failed, _ = doctest.testmod(importlib.import_module(module), optionflags=FLAGS)
    assert failed == 0
