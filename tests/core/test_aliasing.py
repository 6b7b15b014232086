"""Views and in-place writes of traced arrays against NumPy itself: values bit for bit, derivatives by complex step.

Random programs write into views of views; the same program runs on a float array, on a complex one (Squire & Trapp
1998) and traced."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dualtape.trace.forward import evaluate_forward
from dualtape.trace.record import record_flat

COMPLEX_STEP = 1e-13  # relative; the step is 1e-200, so only rounding is left

VIEWS = (
    lambda a: a[1:],
    lambda a: a[::-1],
    lambda a: a[::2],
    lambda a: a.T,
    lambda a: a[..., :2],
    lambda a: a[-1] if a.ndim > 1 else a,
    lambda a: a[:, None] if a.ndim == 1 else a[:, 0],
    lambda a: a.reshape(-1),
)


def _scale(a, b):
    a *= 1.5


def _add_first(a, b):
    a[...] = a + b.ravel()[0]


def _write_slice(a, b):
    a[:1] = b.ravel()[1] * 2.0


def _write_element(a, b):
    a[(0,) * a.ndim] = b.ravel()[2] ** 2


def _write_fancy(a, b):
    a[[0, -1]] = b.ravel()[3]


def _write_mask(a, b):
    a[a.real > 0.7] = b.ravel()[0] * 0.5


def _add_self(a, b):
    a += a[::-1]


def _constant(a, b):
    a[-1:] = 3.0


WRITES = (_scale, _add_first, _write_slice, _write_element, _write_fancy, _write_mask, _add_self, _constant)


def run(x, program):
    y = x.copy()
    parts = [y]
    for of, view, write, source in program:
        base = parts[of % len(parts)]
        part = VIEWS[view](base) if base.size else base
        parts.append(part)
        if part.size:
            WRITES[write](part, parts[source % len(parts)] if parts[source % len(parts)].size > 3 else y)
    return [y * y, parts[-1].sum() + y.sum()]


programs = st.lists(
    st.tuples(st.integers(0, 9), st.integers(0, len(VIEWS) - 1), st.integers(0, len(WRITES) - 1), st.integers(0, 9)),
    min_size=1,
    max_size=7,
)


@settings(max_examples=300, deadline=None)
@given(programs, st.sampled_from([(6,), (2, 3), (3, 2, 2), (1, 5)]))
def test_writes_through_views_follow_numpy(program, shape):
    x = np.linspace(0.3, 1.4, int(np.prod(shape))).reshape(shape)
    expected = run(x, program)
    recording = record_flat(lambda a: run(a, program), [x])
    for value, other in zip(recording.value, expected):
        np.testing.assert_array_equal(value, other)
    J = recording.vjp(np.eye(recording.m)).T
    for j in range(x.size):
        step = np.zeros(x.size, dtype=complex)
        step[j] = 1e-200j
        column = np.concatenate([np.ravel(out).imag for out in run(x + step.reshape(shape), program)]) / 1e-200
        np.testing.assert_allclose(J[:, j], column, rtol=COMPLEX_STEP, atol=COMPLEX_STEP)
    np.testing.assert_allclose(recording.jvp(np.eye(recording.n)), J, rtol=COMPLEX_STEP, atol=COMPLEX_STEP)


def test_writing_to_a_view_changes_the_array():
    def f(A):
        B = A.copy()
        row = B[1]
        row[:] = A[0] * 2.0
        return [B]

    J = record_flat(f, [np.ones((2, 2))]).vjp(np.eye(4)).T
    np.testing.assert_array_equal(J, [[1, 0, 0, 0], [0, 1, 0, 0], [2, 0, 0, 0], [0, 2, 0, 0]])


def test_the_users_array_is_never_written_to():
    x = np.ones(3)

    def f(a):
        a *= 2.0
        a[0] = 5.0
        return [a]

    J = record_flat(f, [x]).vjp(np.eye(3)).T
    np.testing.assert_array_equal(x, np.ones(3))
    np.testing.assert_array_equal(J, np.diag([0.0, 2.0, 2.0]))


def test_an_element_read_before_a_write_keeps_its_value():
    def f(a):
        y = a.copy()
        first = y[0]
        y[0] = y[1]
        return [first * y[0]]

    np.testing.assert_array_equal(record_flat(f, [np.array([2.0, 5.0])]).vjp(np.ones((1, 1))).ravel(), [5.0, 2.0])


def _with_a_diagonal_written_through(a):
    y = (a[:, None] * a).copy()
    diagonal = np.einsum("ii->i", y)
    diagonal *= 3.0
    turned = np.einsum("ij->ji", y)
    turned[0, 1] = diagonal[2]
    return [y, turned]


def _with_a_shape_set_in_place(a):
    y = a * 2.0
    alias = y[1:]
    y.shape = (3, -1)
    y[1] = y[0] ** 2
    with pytest.raises(AttributeError):
        y.T.shape = (6,)
    return [y @ y.T, alias]


@pytest.mark.parametrize("f", [_with_a_shape_set_in_place, _with_a_diagonal_written_through])
def test_what_is_another_view_in_numpy_is_one_here(f):
    x = np.linspace(0.3, 1.4, 6)
    recording = record_flat(f, [x])
    values, J, _ = evaluate_forward(f, [x], 2)
    for value, other, expected in zip(values, recording.value, f(x), strict=True):
        np.testing.assert_array_equal(value, expected)
        np.testing.assert_array_equal(other, expected)
    steps = [f(x + 1e-200j * e) for e in np.eye(6)]
    expected = np.stack([np.concatenate([part.imag.ravel() for part in step]) for step in steps], axis=-1) / 1e-200
    np.testing.assert_allclose(J, expected, rtol=COMPLEX_STEP)
    np.testing.assert_allclose(recording.jvp(np.eye(6)), expected, rtol=COMPLEX_STEP)


@pytest.mark.parametrize("index", [6, -7, (0, 0), "a", 1.5, [9], np.ones(3, bool)])
def test_index_errors_are_numpys_own(index):
    x = np.arange(6.0)
    with pytest.raises(Exception) as ours:
        record_flat(lambda a: [a[index]], [x])
    with pytest.raises(type(ours.value)):
        x[index]


@settings(max_examples=200, deadline=None)
@given(programs, st.sampled_from([(6,), (2, 3), (3, 2, 2), (1, 5)]))
def test_dual_numbers_write_as_the_tape_does(program, shape):
    x = np.linspace(0.3, 1.4, int(np.prod(shape))).reshape(shape)
    recording = record_flat(lambda a: run(a, program), [x])
    values, J, H = evaluate_forward(lambda a: run(a, program), [x], 2)
    for value, other in zip(values, recording.value, strict=True):
        np.testing.assert_array_equal(value, other)
    np.testing.assert_allclose(J, recording.jvp(np.eye(recording.n)), rtol=COMPLEX_STEP, atol=COMPLEX_STEP)
    w = np.linspace(-1.0, 1.0, recording.m)
    second = recording.second(w, np.eye(recording.n))
    np.testing.assert_allclose(np.tensordot(w, H, 1), second, rtol=COMPLEX_STEP, atol=10.0 * COMPLEX_STEP)
