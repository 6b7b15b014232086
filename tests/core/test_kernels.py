"""Kernels: NumPy's values bit for bit, the same numbers on every target, block by block and one by one."""

from __future__ import annotations

import math
import os
import subprocess
import sys

import numpy as np
import pytest

from dualtape.core import kernels
from dualtape.ops.table import OPCODES, ROWS

LENGTHS = (0, 1, 7, 8, 9, 1000, 2500)  # the last is more than two blocks
ODD = (np.nan, np.inf, -np.inf, 0.0, -0.0)
BINARY = [row for row in ROWS if row.arity == 2 and row.home == "numpy"]


def _of_math(row):
    """The function of Python's module math, NaN where it raises an error or overflows: that is left to no test here."""
    function = getattr(math, row.name.removeprefix("math_"), None)

    def value(*xs):
        try:
            return function(*xs)
        except (ValueError, OverflowError, TypeError):
            return float(kernels.evaluate(row.name, *([x] for x in xs), order=0)["v"][0])

    return value


WITHOUT_UFUNC = {"root": np.sqrt, "sinc": np.sinc, "stop_gradient": lambda x: x, "scalar_power": None, "log_d": None}
WITHOUT_UFUNC |= {slope: None for row in ROWS for slope in row.slopes if slope}
WITHOUT_UFUNC |= {"defined": lambda x, y: np.where(y == y, x, np.nan)}
WITHOUT_UFUNC |= {"valued": lambda x, y: x}
WITHOUT_UFUNC |= {
    "kept": lambda x, y: np.where(y != 0.0, x, -0.0),
    "dropped": lambda x, y: np.where(y != 0.0, -0.0, x),
}
TESTS = ("less", "less_equal", "greater", "greater_equal", "equal", "not_equal", "logical_and", "logical_or")
WITHOUT_UFUNC |= {name: lambda x, y, name=name: getattr(np, name)(x, y).astype(float) for name in TESTS}
WITHOUT_UFUNC |= {row.name: np.vectorize(_of_math(row), otypes=[float]) for row in ROWS if row.name.startswith("math_")}
SCIPY = pytest.mark.skipif(not kernels.bind_scipy(), reason="SciPy is not installed")


def _ufunc(row):
    """What a row's value must agree with, None where a test of its own says so."""
    if row.ufunc is None:
        return WITHOUT_UFUNC[row.name]
    import scipy.special
    from scipy.special import _ufuncs

    module = np if row.home == "numpy" else scipy.special
    return getattr(module, row.ufunc[1], None) or getattr(_ufuncs, row.ufunc[1])


def _operands(row, n, rng):
    """Random interior numbers, with NaN, infinities and zeros among them."""
    operands = []
    for domain in (row.tested_on,) if row.arity == 1 else row.tested_on:
        x = rng.uniform(domain.low, domain.high, n)
        if domain.spread == "whole":
            x = np.rint(x)
        elif n > len(ODD):
            x[rng.permutation(n)[: len(ODD)]] = ODD
        operands.append(x)
    return operands


def _same_bits(one, other):
    """Equal, telling -0.0 from 0.0; NaN is NaN."""
    nan = np.isnan(one) & np.isnan(other)
    return bool(np.all((one.view(np.int64) == other.view(np.int64)) | nan))


@pytest.fixture
def each_target():
    """Leaves the target as it was."""
    before = kernels.target()
    yield kernels.targets()
    kernels.use_target(before)


@SCIPY
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_values_are_those_of_the_ufunc_bit_for_bit(row, rng):
    function = _ufunc(row)
    for n in LENGTHS:
        operands = _operands(row, n, rng)
        if row.name == "ldexp":
            expected = np.ldexp(operands[0], operands[1].astype(int))
        elif function is None:
            continue
        else:
            expected = function(*operands)
        assert _same_bits(kernels.evaluate(row.name, *operands, order=0)["v"], expected), n


@pytest.mark.parametrize("name", [row.name for row in BINARY if row.name != "ldexp"])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_scalar_operand_is_broadcast_as_numpy_does_it(name, rng):
    x = rng.uniform(0.1, 6.0, 1500)
    for scalar in (2.0, 0.5, -1.0, 1.7):
        for operands in ((x, scalar), (scalar, x)):
            expected = getattr(np, name)(*operands)
            assert _same_bits(kernels.evaluate(name, *operands, order=0)["v"], expected), operands


@pytest.mark.parametrize("exponent", [2.0, 3.0, 0.5, -1.0, 1.7])
def test_powers_of_single_numbers_are_those_of_numpy_and_of_python(exponent, rng):
    for x in rng.uniform(0.1, 50.0, 500).tolist():
        assert kernels.evaluate_scalar("power", x, exponent)[0] == np.power(x, exponent)
        assert kernels.evaluate_scalar("scalar_power", x, exponent)[0] == x**exponent


@SCIPY
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_every_target_gives_the_same_bits(row, rng, each_target):
    for n in (9, 1100):
        operands, results = _operands(row, n, rng), []
        for target in each_target:
            kernels.use_target(target)
            results.append(kernels.evaluate(row.name, *operands))
        for result in results[1:]:
            assert all(_same_bits(result[partial], results[0][partial]) for partial in result)


@SCIPY
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_single_numbers_have_the_partials_of_blocks(row, rng):
    operands = _operands(row, 12, rng)
    for active in (1,) if row.arity == 1 else (1, 2, 3):
        blocks = kernels.evaluate(row.name, *operands, active=active)
        for k, point in enumerate(zip(*(x.tolist() for x in operands), strict=True)):
            y = point[1] if row.arity == 2 else 0.0
            single = kernels.evaluate_scalar(row.name, point[0], y, active)
            if single[0] != blocks["v"][k]:
                continue  # power at 2.0 and the like: NumPy's loop for a scalar exponent
            for partial, value in zip(("dx", "dy", "dxx", "dxy", "dyy"), single[1:], strict=True):
                assert _same_bits(np.array([value]), blocks[partial][k : k + 1]), (partial, point)


def test_opcodes_are_positions_in_the_table():
    assert [OPCODES[row.name] for row in ROWS] == list(range(len(ROWS)))
    assert kernels.opcode_of(np.abs) == kernels.opcode_of("absolute") == OPCODES["absolute"]
    assert kernels.opcode_of(np.nextafter) == -1
    assert kernels.opcode_of("no such function") == -1


@SCIPY
def test_ufuncs_of_scipy_are_found_by_identity():
    import scipy.special

    assert kernels.opcode_of(scipy.special.digamma) == OPCODES["psi"]
    assert kernels.opcode_of(scipy.special.expm1) == OPCODES["special_expm1"]
    assert kernels.opcode_of(np.expm1) == OPCODES["expm1"]


def test_importing_the_kernels_does_not_import_scipy():
    code = "import sys, dualtape.core.kernels; sys.exit('scipy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_without_scipy_its_rows_are_refused_and_the_others_work():
    code = (
        "import sys; sys.modules['scipy'] = sys.modules['scipy.special'] = None\n"
        "from dualtape.core import kernels\n"
        "assert kernels.evaluate('exp', [0.0])['dx'][0] == 1.0\n"
        "assert not kernels.bind_scipy()\n"
        "try: kernels.evaluate('erf', [0.0])\n"
        "except ImportError as error: assert 'scipy.special' in str(error)\n"
        "else: sys.exit(1)\n"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_environment_chooses_the_target():
    code = "from dualtape.core import kernels; print(kernels.target())"
    for target in kernels.targets():
        run = subprocess.run([sys.executable, "-c", code], env={**os.environ, "DUALTAPE_TARGET": target},
                             capture_output=True, text=True, check=True)  # fmt: skip
        assert run.stdout.strip() == target


def test_a_target_that_is_not_there_is_refused_by_name(each_target):
    with pytest.raises(ValueError, match="mmx"):
        kernels.use_target("mmx")


def test_operands_of_different_lengths_are_refused():
    with pytest.raises(ValueError, match="2 elements"):
        kernels.evaluate("add", [1.0, 2.0], [1.0, 2.0, 3.0])
