"""Traced scalars are np.float64 to look at: operators give its values bit for bit, comparisons its decisions, and
nothing escapes."""

import copy
import math
import operator
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dualtape.errors import LeakedTracerError, TraceEscapeError
from dualtape.trace.record import record_flat

BINARY = (operator.add, operator.sub, operator.mul, operator.truediv, operator.floordiv, operator.mod, operator.pow)
COMPARISONS = (operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne)
numbers = st.floats(-1e3, 1e3) | st.sampled_from(
    [0.0, -0.0, math.inf, -math.inf, math.nan, 1.0, 2.0, -3.0, 0.5, 1e-310, 1e300]
)


def traced(f, *inputs):
    return record_flat(lambda *xs: [f(*xs)], list(inputs)).value[0]


def same_bits(a, b):
    return np.float64(a).tobytes() == np.float64(b).tobytes() or (a != a and b != b)


@settings(max_examples=200, deadline=None)
@given(numbers, numbers, st.sampled_from(BINARY))
def test_operators_are_those_of_float64(x, y, operation):
    with np.errstate(all="ignore"):
        x, y = np.float64(x), np.float64(y)
        expected = operation(x, y)
    assert same_bits(traced(operation, x, y), expected)
    assert same_bits(traced(lambda a: operation(a, y), x), expected)
    assert same_bits(traced(lambda a: operation(x, a), y), expected)


@settings(max_examples=100, deadline=None)
@given(numbers, numbers, st.sampled_from(COMPARISONS))
def test_comparisons_are_those_of_the_values(x, y, comparison):
    expected = comparison(x, y)
    seen = []

    def f(a, b):
        seen.extend(
            [comparison(a, b), comparison(a, y), comparison(x, b), comparison(np.float64(x), b), bool(a) == bool(x)]
        )
        return [a]

    record_flat(f, [x, y])
    assert seen == [expected] * 4 + [True]


@pytest.mark.parametrize(
    "operation",
    [np.sin, np.exp, np.tanh, np.log1p, np.sqrt, np.arctan, np.cbrt, np.floor, abs, operator.neg, operator.pos],
)
def test_functions_are_numpys(operation):
    for x in (0.3, 0.0, 1.7, 5e-324):
        assert same_bits(traced(operation, x), operation(np.float64(x)))


def test_division_by_zero_is_infinite_as_in_numpy():
    recording = record_flat(lambda x: [1.0 / x], [np.float64(0.0)])
    assert recording.value == [math.inf]
    assert recording.vjp(np.ones((1, 1)))[0, 0] == -math.inf


@pytest.mark.parametrize(
    "escape",
    [
        float,
        complex,
        math.sin,
        pickle.dumps,
        lambda x: [1, 2][x],
        lambda x: np.array([x], dtype=float),
        lambda x: np.zeros(2).__setitem__(0, x),
    ],
)
def test_nothing_escapes(escape):
    with pytest.raises(TraceEscapeError) as caught:
        record_flat(lambda x: [escape(x)], [0.5])
    assert "test_scalar.py" in str(caught.value)
    assert caught.value.remedy


@pytest.mark.parametrize("use", [lambda x: x + 1.0, np.sin, lambda x: -x, lambda x: 2.0 * x, lambda x: x**2])
def test_a_leaked_scalar_is_refused(use):
    kept = []
    record_flat(lambda x: [kept.append(x * 2.0) or x], [1.0])
    with pytest.raises(LeakedTracerError):
        use(kept[0])


def test_whole_numbers_by_rounding_are_plain():
    seen = []
    record_flat(
        lambda x: [seen.extend([math.floor(x), math.ceil(x), math.trunc(x), round(x), round(x, 1)]) or x], [2.71]
    )
    assert seen == [2, 3, 2, 3, 2.7]


def test_looks_like_float64():
    def f(x):
        assert (x.shape, x.ndim, x.size, x.dtype) == ((), 0, 1, np.float64)
        assert x.T is x and x.real is x and x.imag == 0.0 and copy.copy(x) is x and copy.deepcopy(x) is x
        assert f"{x:.2f}" == "0.25" and str(x) == "0.25" and "0.25" in repr(x)
        with pytest.raises(TraceEscapeError, match="unhashable"):
            hash(x)
        return [x]

    record_flat(f, [0.25])


@given(st.floats(-5, 5), st.floats(0.1, 5))
@settings(max_examples=50, deadline=None)
def test_tangents_adjoints_and_complex_step_agree(x, y):
    def f(a, b):
        s = a
        for _ in range(5):
            s = s * b / (1.0 + b * b) + 0.3 * a - b / (2.0 + s * s)
        return s

    recording = record_flat(lambda a, b: [f(a, b)], [x, y])
    J = recording.vjp(np.ones((1, 1)))[:, 0]
    step = [f(x + 1e-200j, y).imag / 1e-200, f(x, y + 1e-200j).imag / 1e-200]
    np.testing.assert_allclose(J, step, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(recording.jvp(np.eye(2))[0], step, rtol=1e-12, atol=1e-14)
