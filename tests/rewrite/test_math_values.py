"""The functions of Python's module math: the values that f itself would give, bit for bit, and derivatives of them."""

import io
import math

import numpy as np
import pytest

import dualtape

UNARY = {
    "acos": (-1, 1), "acosh": (1, 9), "asin": (-1, 1), "asinh": (-5, 5), "atan": (-5, 5), "atanh": (-1, 1),
    "cbrt": (-5, 5), "cos": (-9, 9), "cosh": (-5, 5), "degrees": (-9, 9), "erf": (-3, 3), "erfc": (-3, 6),
    "exp": (-20, 20), "exp2": (-9, 9), "expm1": (-5, 5), "fabs": (-1, 1), "gamma": (0.1, 9), "lgamma": (0.1, 9),
    "log": (0.01, 20), "log10": (0.01, 20), "log1p": (-0.9, 20), "log2": (0.01, 20), "radians": (-9, 9),
    "sin": (-9, 9), "sinh": (-5, 5), "sqrt": (0, 9), "tan": (-9, 9), "tanh": (-3, 3),
}  # fmt: skip
BINARY = ("atan2", "copysign", "fmod", "hypot", "log", "pow", "remainder")
OF_VECTORS = {
    "hypot": lambda x: math.hypot(*x),
    "fsum": lambda x: math.fsum(x),
    "dist": lambda x: math.dist(x, [0.5, -0.25, 2.0, 1.0]),
    "prod": lambda x: math.prod(x),
}
if hasattr(math, "sumprod"):
    OF_VECTORS["sumprod"] = lambda x: math.sumprod(x, x)
STEP, DIFFERENCES = 1e-5, 2e-7
NEEDS_SCIPY = {"gamma", "lgamma"}


def _points(low, high, rng):
    return rng.uniform(low, high, 60).tolist()


@pytest.mark.parametrize("name", UNARY)
@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_values_are_those_of_math_bit_for_bit(name, mode, rng):
    function = getattr(math, name, None)
    if function is None:
        pytest.skip("a newer Python has it")
    if name in NEEDS_SCIPY:
        pytest.importorskip("scipy")
    for x in _points(*UNARY[name], rng):
        value, slope = dualtape.value_and_jacobian(lambda t: function(t), mode=mode)(x)
        assert value == function(x)
        low, high = UNARY[name]
        if low + 0.1 < x < high - 0.1 and abs(math.cos(x)) > 0.2:
            difference = (function(x + STEP) - function(x - STEP)) / (2 * STEP)
            assert slope == pytest.approx(difference, rel=1e-6, abs=DIFFERENCES)


@pytest.mark.parametrize("name", BINARY)
def test_values_of_two_arguments_are_those_of_math_bit_for_bit(name, rng):
    function = getattr(math, name)
    for x, y in zip(_points(0.1, 9.0, rng), _points(1.1, 3.0, rng), strict=True):
        value, slopes = dualtape.value_and_grad(lambda s, t: function(s, t), argnums=(0, 1))(x, y)
        assert value == function(x, y)
        for k, slope in enumerate(slopes):
            there = [[z + (k == i) * h for i, z in enumerate((x, y))] for h in (STEP, -STEP)]
            difference = (function(*there[0]) - function(*there[1])) / (2 * STEP)
            is_jump = abs(difference) > 100.0 and name in ("fmod", "remainder")
            assert is_jump or slope == pytest.approx(difference, rel=1e-6, abs=DIFFERENCES)


@pytest.mark.parametrize("name", OF_VECTORS)
def test_values_of_vectors_are_those_of_math_bit_for_bit(name, rng):
    f = OF_VECTORS[name]
    for _ in range(40):
        x = rng.standard_normal(4) * 10.0 ** rng.integers(-3, 4, 4)
        value, slope = dualtape.value_and_grad(f)(x)
        assert value == f(x)
        program = dualtape.record(f, x)
        assert program(2.0 * x) == f(2.0 * x)
        np.testing.assert_allclose(program.grad(x), slope, rtol=1e-14)


def test_a_distance_of_zero_has_a_kink_with_derivative_zero():
    f = OF_VECTORS["hypot"]
    assert np.array_equal(dualtape.grad(f)(np.zeros(3)), np.zeros(3))
    assert np.isnan(dualtape.hessian(f)(np.zeros(3))).all()


def test_second_derivatives_of_vectors():
    x = np.array([1.0, -2.0, 2.0])
    expected = (np.eye(3) - np.outer(x, x) / 9.0) / 3.0
    for mode in ("forward", "reverse"):
        found = dualtape.hessian(lambda x: math.hypot(*x), mode=mode)(x)
        np.testing.assert_allclose(found, expected, rtol=1e-14, atol=1e-16)


SPECIAL = (0.0, -0.0, 1.0, -1.0, -3.0, 2.5, 5e-324, -1e-310, 1e308, math.inf, -math.inf, math.nan)
OF_ONE = [name for name in (*UNARY, "ceil", "floor", "trunc", "modf", "frexp") if hasattr(math, name)]


def _outcome(f, x):
    """What f gives, to the last bit and sign, or which error it raises."""
    try:
        return [repr(float(part)) for part in np.atleast_1d(f(x))]
    except Exception as error:
        return type(error).__name__


@pytest.mark.parametrize("name", OF_ONE)
def test_special_values_are_those_of_math(name):
    if name in NEEDS_SCIPY:
        pytest.importorskip("scipy")
    function = getattr(math, name)

    def f(x):
        return np.array(function(x)) * 1.0

    for x in SPECIAL:
        expected = _outcome(f, x)
        assert _outcome(lambda x: dualtape.value_and_jacobian(f, mode="forward")(x)[0], x) == expected, x
        assert _outcome(lambda x: dualtape.value_and_jacobian(f, mode="reverse")(x)[0], x) == expected, x
        assert _outcome(lambda x: dualtape.record(f, x)(x), x) == expected, x


@pytest.mark.parametrize("i", [3, -3, 1074, -1100, 2000, 10**20, -(10**20)])
def test_a_shift_is_that_of_math(i):
    def f(x):
        return math.ldexp(x, i)

    for x in SPECIAL:
        assert _outcome(lambda x: dualtape.value_and_grad(f)(x)[0], x) == _outcome(f, x), x
        assert _outcome(lambda x: dualtape.record(f, x)(x), x) == _outcome(f, x), x


def test_parts_of_a_number_replay_at_others():
    program = dualtape.record(lambda x: math.modf(x)[0] + math.frexp(x)[0], 2.5, on_guard="raise")
    assert program(3.25) == math.modf(3.25)[0] + math.frexp(3.25)[0]
    assert program.grad(3.25) == 1.25


def test_rounding_to_decimals_is_kept_in_a_file():
    program, file = dualtape.record(lambda x: round(x, 2) * x, 1.2345), io.BytesIO()
    program.save(file)
    file.seek(0)
    loaded = dualtape.load(file)
    for x in (1.2345, 2.675, -0.125):
        assert loaded(x) == program(x) == round(x, 2) * x
        assert loaded.grad(x) == round(x, 2)
