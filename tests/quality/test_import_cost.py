"""What `import dualtape` and a first gradient bring in: counted, because times on a shared machine prove little."""

import subprocess
import sys

FIRST_GRADIENT = """
import numpy as np
import dualtape
dualtape.grad(lambda x: np.sum(np.sin(x) * x))(np.ones(3))
"""
HEAVY = """scipy matplotlib asyncio inspect typing_extensions sympy pytest Cython unittest secrets random
    _hashlib""".split()


def modules_after(code):
    """Names in sys.modules after `code`, run in an interpreter of its own."""
    program = f"{code}\nimport sys\nprint(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(run.stdout.split())


def heavy(modules):
    return sorted(module for module in modules if module.split(".")[0] in HEAVY)


def test_import_adds_a_handful_of_modules_to_numpy():
    added = modules_after("import numpy, dualtape") - modules_after("import numpy")
    assert len(added) <= 5, sorted(added)


def test_import_brings_nothing_heavy_beyond_numpy():
    assert not heavy(modules_after("import numpy, dualtape") - modules_after("import numpy"))


def test_a_gradient_brings_nothing_heavy_beyond_numpy():
    assert not heavy(modules_after(FIRST_GRADIENT) - modules_after("import numpy"))


def test_a_gradient_does_not_load_the_random_numbers_of_numpy():
    added = modules_after(FIRST_GRADIENT) - modules_after("import numpy")
    assert not [module for module in added if module.startswith("numpy.random")]
