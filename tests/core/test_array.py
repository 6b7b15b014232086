"""Traced arrays are float64 ndarrays to look at: values bit for bit, NumPy's errors, and nothing escapes."""

import operator
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from dualtape.errors import DtypeError, LeakedTracerError, TraceEscapeError
from dualtape.trace.record import record_flat

BINARY = (operator.add, operator.sub, operator.mul, operator.truediv, operator.floordiv, operator.mod, operator.pow)
UNARY = (operator.neg, operator.pos, abs, np.sin, np.cos, np.exp, np.log, np.sqrt, np.tanh, np.cbrt, np.floor, np.sign)
elements = st.floats(-1e3, 1e3) | st.sampled_from([0.0, -0.0, np.inf, np.nan, 2.0, -1.0])
shapes = hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=3, max_side=4)


def traced(f, *inputs):
    return record_flat(lambda *xs: [f(*xs)], list(inputs)).value[0]


def assert_same_bits(a, b):
    a, b = np.asarray(a), np.asarray(b)
    assert a.shape == b.shape and a.dtype == b.dtype == np.float64
    np.testing.assert_array_equal(a, b)
    np.testing.assert_array_equal(np.signbit(a) & ~np.isnan(a), np.signbit(b) & ~np.isnan(b))


@settings(max_examples=200, deadline=None)
@given(st.data(), st.sampled_from(BINARY), st.booleans(), st.booleans())
def test_operators_are_numpys_bit_for_bit(data, operation, transposed, passive):
    shape_a, shape_b = data.draw(shapes).input_shapes
    a = data.draw(hnp.arrays(np.float64, shape_a[::-1] if transposed else shape_a, elements=elements))
    a = a.T if transposed else a
    b = data.draw(hnp.arrays(np.float64, shape_b, elements=elements))
    with np.errstate(all="ignore"):
        expected = operation(a, b)
    assert_same_bits(
        traced((lambda x: operation(x, b)) if passive else operation, *((a,) if passive else (a, b))), expected
    )
    assert_same_bits(traced(lambda y: operation(a, y), b), expected)


@settings(max_examples=100, deadline=None)
@given(
    hnp.arrays(np.float64, hnp.array_shapes(min_dims=0, max_dims=3, max_side=9), elements=elements),
    st.sampled_from(UNARY),
)
def test_functions_are_numpys_bit_for_bit(x, function):
    with np.errstate(all="ignore"):
        expected = function(x)
    assert_same_bits(traced(function, x), expected)


@pytest.mark.parametrize(
    "exponent", [0, 1, 2, 3, -1, -2, 0.5, 2.0, 1.5, -0.5, np.float64(2.0), np.array(2), np.array([2.0])]
)
def test_powers_are_numpys_bit_for_bit(exponent):
    x = np.random.default_rng(0).uniform(0.1, 3.0, 200)
    assert_same_bits(traced(lambda a: a**exponent, x), x**exponent)
    assert_same_bits(traced(lambda a: np.power(a, exponent), x), np.power(x, exponent))
    assert_same_bits(traced(lambda a: np.abs(exponent) ** a, x), np.abs(exponent) ** x)


@pytest.mark.parametrize("axis", [None, 0, 1, 2, -1, (0, 1), (0, 2), (1, 2), (0, 1, 2)])
@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize(
    "arrange",
    [lambda a: a, lambda a: a.T, lambda a: a[::2], lambda a: a[:, ::-1], lambda a: np.swapaxes(a, 0, 1) * 2.0],
)
def test_sums_are_numpys_bit_for_bit(axis, keepdims, arrange):
    x = np.random.default_rng(1).standard_normal((9, 17, 11))
    f = lambda a: arrange(a).sum(axis=axis, keepdims=keepdims)
    assert_same_bits(traced(f, x), f(x))


@pytest.mark.parametrize("n", [0, 1, 2, 7, 8, 9, 127, 128, 129, 1000, 4097, 12345])
def test_long_sums_are_numpys_bit_for_bit(n):
    x = np.random.default_rng(2).standard_normal(n)
    for f in (np.sum, lambda a: a[::-1].sum(), lambda a: a[::3].sum(), lambda a: (a * 1.5).sum()):
        assert_same_bits(traced(f, x), f(x))


@pytest.mark.parametrize(
    "f",
    [
        lambda x: x + np.ones(4),
        lambda x: x @ np.ones(4),
        lambda x: x.reshape(2, 2),
        lambda x: x.sum(axis=3),
        lambda x: len(x[0]),
        lambda x: bool(x),
        lambda x: x.__setitem__(slice(None), np.ones(4)),
        lambda x: x.__iadd__(np.ones((2, 3))),
    ],
)
def test_errors_are_numpys_own(f):
    x = np.arange(3.0)
    with pytest.raises(Exception) as expected:
        f(x.copy())
    with pytest.raises(type(expected.value)):
        traced(f, x)


@pytest.mark.parametrize(
    "escape",
    [
        lambda x: float(x[:1]),
        lambda x: complex(x),
        lambda x: np.asarray(x, dtype=float),
        lambda x: pickle.dumps(x),
        lambda x: np.zeros(3).__setitem__(slice(None), x),
        lambda x: np.array([x, x], dtype=np.float64),
        lambda x: memoryview(x),
        lambda x: np.fromiter(x, dtype=float),
        lambda x: x.tobytes(),
    ],
)
def test_nothing_escapes(escape):
    with pytest.raises(TypeError) as caught:
        record_flat(lambda x: [escape(x)], [np.array([0.5, 1.5, 2.5])])
    assert isinstance(caught.value, TraceEscapeError) or "memoryview" in str(caught.value)


@pytest.mark.parametrize("stranger", [np.array(["a"]), np.array([1j, 2j, 3j]), np.array([None, 1, 2])])
def test_strange_operands_are_refused_by_name(stranger):
    with pytest.raises(DtypeError):
        traced(lambda x: x * stranger, np.ones(3))


@pytest.mark.parametrize(
    "use",
    [
        lambda x: x + 1.0,
        np.sin,
        lambda x: x[0],
        lambda x: x[1:] * 2.0,
        lambda x: x.sum(),
        lambda x: x.__setitem__(0, 1.0),
        lambda x: np.concatenate([x, x]),
    ],
)
def test_a_leaked_array_is_refused(use):
    kept = []
    record_flat(lambda x: [kept.append(x * 2.0) or x], [np.ones(3)])
    with pytest.raises(LeakedTracerError):
        use(kept[0])


def test_arrays_of_traced_scalars_work_as_operands_and_results():
    def f(x):
        rotated = np.array([[np.cos(x[0]), -np.sin(x[0])], [np.sin(x[0]), np.cos(x[0])]])
        return [rotated @ x[1:], x[1:] * np.array([x[0], 2.0]), np.array([x[0], x[1] * x[2]])]

    x = np.array([0.3, 1.1, 0.7])
    recording = record_flat(f, [x])
    c, s = np.cos(0.3), np.sin(0.3)
    expected = [
        [-s * 1.1 - c * 0.7, c, -s],
        [c * 1.1 - s * 0.7, s, c],
        [1.1, 0.3, 0.0],
        [0.0, 0.0, 2.0],
        [1.0, 0.0, 0.0],
        [0.0, 0.7, 1.1],
    ]
    np.testing.assert_allclose(recording.vjp(np.eye(6)).T, expected, rtol=1e-14, atol=1e-15)


def test_a_buffer_refilled_inside_f_cannot_change_an_answer():
    def f(x):
        buffer, total = np.zeros(3), 0.0
        for k in range(3):
            buffer[:] = k
            total = total + (x * buffer).sum()
        return [total]

    np.testing.assert_array_equal(record_flat(f, [np.ones(3)]).vjp(np.ones((1, 1))).ravel(), [3.0, 3.0, 3.0])


def test_an_input_changed_before_the_sweep_cannot_change_an_answer():
    x = np.array([2.0, 3.0])
    recording = record_flat(lambda a: [(a * a).sum()], [x])
    x[:] = 100.0
    np.testing.assert_array_equal(recording.vjp(np.ones((1, 1))).ravel(), [4.0, 6.0])
