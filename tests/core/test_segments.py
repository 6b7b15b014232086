"""The block engine: large arrays are left to segments and swept block by block. Values must be NumPy's bit for bit
whatever is fused, and tangents, adjoints and second-order adjoints must agree with each other and with the same program
on small arrays."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dualtape.core.oneshot import gradient
from dualtape.trace.record import record_flat

SIZES = (7, 255, 1024, 1025, 4095, 4096, 5000, 9973)
ROUNDING = 1e-9  # relative to the largest entry: sums over thousands of elements


def _softmax(x):
    e = np.exp(x - 0.5)
    return (e / e.sum() * x).sum()


def _stencil(x):
    y = np.sin(x) * x
    return ((y[1:] - y[:-1]) ** 2).sum() + y[3] * y[-1]


def _mean_of_scalar_mix(x):
    s = (x * x).mean()
    return s * np.sqrt(s) + (x * s).sum() / x.sum()


def _matrix(x):
    A = x[: x.size // 7 * 7].reshape(-1, 7)
    centred = A - A.mean(axis=0)
    return (centred * centred).sum(axis=1).sum() + (A.T * 2.0).sum() * 0.5


def _held_intermediate(x):
    t = np.exp(-x)
    total = (t * x).sum()
    return total + (t * t).sum() + (t[::2] * total).sum()


def _reversed(x):
    return (x[::-1] * np.tanh(x) - 3.0 / (1.0 + x)).sum()


PROGRAMS = (_softmax, _stencil, _mean_of_scalar_mix, _matrix, _held_intermediate, _reversed)


def point(n):
    return np.random.default_rng(n).uniform(0.2, 1.1, n)


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("f", PROGRAMS)
def test_value_is_numpys_bit_for_bit(f, n):
    x = point(n)
    assert gradient(f, x)[0] == f(x)
    assert record_flat(lambda a: [f(a)], [x]).value[0] == f(x)


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("f", PROGRAMS)
def test_fused_and_recorded_gradients_agree_with_tangents(f, n):
    x = point(n)
    recording = record_flat(lambda a: [f(a)], [x])
    g = gradient(f, x)[1]
    reverse = recording.vjp(np.ones((1, 1)))[:, 0]
    v = np.random.default_rng(1).standard_normal((n, 3))
    scale = np.abs(g).max()
    np.testing.assert_allclose(g, reverse, rtol=0, atol=ROUNDING * scale)
    np.testing.assert_allclose(recording.jvp(v)[0], v.T @ g, rtol=0, atol=ROUNDING * np.abs(g) @ np.abs(v).max(axis=1))


@pytest.mark.parametrize("n", (7, 1025, 5000))
@pytest.mark.parametrize("f", PROGRAMS)
def test_gradient_is_the_complex_step(f, n):
    x = point(n)
    g = gradient(f, x)[1]
    for j in (0, 3, n // 2, n - 1):
        z = x.astype(complex)
        z[j] += 1e-200j
        assert g[j] == pytest.approx(f(z).imag / 1e-200, rel=1e-11, abs=ROUNDING * np.abs(g).max())


@pytest.mark.parametrize("n", (7, 1025, 5000))
@pytest.mark.parametrize("f", PROGRAMS)
def test_second_order_is_the_difference_of_gradients(f, n):
    x = point(n)
    S = np.random.default_rng(2).standard_normal((n, 2))
    second = record_flat(lambda a: [f(a)], [x]).second(np.ones(1), S)
    h = 1e-5
    for k in range(2):
        v = S[:, k]
        steps = [gradient(f, x + s * h * v)[1] for s in (-2, -1, 1, 2)]
        difference = (steps[0] - 8 * steps[1] + 8 * steps[2] - steps[3]) / (12 * h)
        np.testing.assert_allclose(second[:, k], difference, rtol=0, atol=1e-6 * np.abs(difference).max())


@pytest.mark.parametrize("n", (7, 5000))
def test_many_lanes_equal_one_lane_at_a_time(n):
    x = point(n)
    recording = record_flat(lambda a: [np.sin(a[:6]) * a[1:7], _stencil(a), _softmax(a)], [x])
    W = np.random.default_rng(3).standard_normal((recording.m, 19))
    S = np.random.default_rng(4).standard_normal((n, 18))
    together = recording.vjp(W), recording.jvp(S), recording.second(W[:, 0], S)
    np.testing.assert_allclose(
        together[0], np.hstack([recording.vjp(W[:, [k]]) for k in range(19)]), rtol=1e-12, atol=1e-14
    )
    np.testing.assert_allclose(
        together[1], np.hstack([recording.jvp(S[:, [k]]) for k in range(18)]), rtol=1e-12, atol=1e-13
    )
    one_by_one = np.hstack([recording.second(W[:, 0], S[:, [k]]) for k in range(18)])
    np.testing.assert_allclose(together[2], one_by_one, rtol=1e-12, atol=1e-13)


OPERATIONS = (
    lambda a, b: a + b,
    lambda a, b: a * b - 0.5,
    lambda a, b: a / (1.5 + b * b),
    lambda a, b: np.exp(-a) * b,
    lambda a, b: np.sin(a) - b,
    lambda a, b: a.sum() * 1e-4 + b,
    lambda a, b: a - b.mean(),
    lambda a, b: np.maximum(a, b[::-1]),
    lambda a, b: a[::-1] + np.sqrt(b * b + 0.1),
)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, len(OPERATIONS) - 1), st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=12
    ),
    st.sampled_from([40, 4096, 5003]),
)
def test_random_programs(program, n):
    def f(x):
        values = [x]
        for operation, i, j in program:
            values.append(OPERATIONS[operation](values[i % len(values)], values[j % len(values)]))
        return (values[-1] * values[len(values) // 2]).sum()

    x = point(n)
    value, g = gradient(f, x)
    assert value == f(x)
    recording = record_flat(lambda a: [f(a)], [x])
    v = np.random.default_rng(5).standard_normal((n, 1))
    tolerance = ROUNDING * max(1.0, np.abs(g) @ np.abs(v[:, 0]))
    assert recording.jvp(v)[0, 0] == pytest.approx(g @ v[:, 0], abs=tolerance)
    if n == 40 and len(program) < 6:
        h = 1e-6
        assert (f(x + h * v[:, 0]) - f(x - h * v[:, 0])) / (2 * h) == pytest.approx(
            g @ v[:, 0], abs=1e-4 * (1 + np.abs(g).sum())
        )
