"""Buffers against NumPy itself: the same programs of views and writes on an ndarray and on a buffer, values bit for
bit, derivatives by complex step (Squire & Trapp 1998), on both engines, first and second order.

Whatever a program writes may be active or not, so that a buffer becomes active at any point of it, through any view."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dualtape
from dualtape.core.buffer import buffered, closed_buffer
from dualtape.errors import TraceEscapeError
from dualtape.trace.forward import evaluate_forward
from dualtape.trace.record import record_flat

COMPLEX_STEP = 1e-13  # relative; the step is 1e-200, so only rounding is left
SHAPES = ((6,), (2, 3), (3, 2, 2), (1, 5), (4, 1))

VIEWS = (
    lambda a: a[1:],
    lambda a: a[::-1],
    lambda a: a[::2],
    lambda a: a.T,
    lambda a: a[..., :2],
    lambda a: a[-1] if a.ndim > 1 else a,
    lambda a: a[:, None] if a.ndim == 1 else a[:, 0],
    lambda a: a.reshape(-1),
    lambda a: np.swapaxes(a, 0, -1),
    lambda a: a.ravel(order="K"),
    lambda a: a.diagonal() if a.ndim == 2 else a[...],
    lambda a: np.expand_dims(a, 0),
    lambda a: a.copy(),
    lambda a: a * 1.5,
    lambda a: np.concatenate([a, a], axis=0),
    lambda a: np.broadcast_to(a, (2, *a.shape)),
    lambda a: a[np.arange(a.shape[0]) % 2 == 0],
    lambda a: a.squeeze(),
    lambda a: np.split(a, [1], axis=0)[-1],
)


def _fill_diagonal(a, b):
    if a.ndim > 1 and len(set(a.shape)) == 1 or a.ndim == 2:
        np.fill_diagonal(a, b)


def _put_along_axis(a, b):
    np.put_along_axis(a, np.zeros((1,) * a.ndim, dtype=int), b, axis=0)


def _copyto_where(a, b):
    np.copyto(a, b, where=np.arange(a.size).reshape(a.shape) % 2 == 0)


def _at(a, b):
    if a.flags.writeable:  # which this one function of NumPy does not ask
        np.add.at(a, [0, -1, 0], b)


def _multiply_at(a, b):
    if a.flags.writeable:
        np.multiply.at(a, [0, 0], b)


def _scale(a, b):
    a *= 1.5


def _subtract(a, b):
    a -= b


def _divide(a, b):
    a /= b + 2.0


def _add_self(a, b):
    a += a[::-1]


def _swap(a, b):
    a[[0, -1]] = a[[-1, 0]]


def _shift(a, b):
    a[1:] = a[:-1]


def _set(index):
    def write(a, b):
        a[index] = b

    return write


def _set_first(a, b):
    a[(0,) * a.ndim] = b


def _set_mask(a, b):
    a[np.arange(a.shape[0]) % 2 == 1] = b


def _set_where_large(a, b):
    a[a.real > 0.7] = b


def _set_flat(a, b):
    a.flat[1] = b


def _fill(a, b):
    a.fill(b)


def _out(a, b):
    np.multiply(a, b, out=a)


def _out_of_sum(a, b):
    if a.ndim > 1:
        np.sum(a * b, axis=0, out=a[0])


def _put(a, b):
    a.put([0, -1], [b, 2.0 * b])


def _place(a, b):
    np.place(a, np.arange(a.size).reshape(a.shape) % 3 == 0, [b, 0.5])


def _putmask(a, b):
    np.putmask(a, np.arange(a.size).reshape(a.shape) % 2 == 0, [b, 0.25])


WRITES = (
    _fill_diagonal, _put_along_axis, _copyto_where, _at, _multiply_at, _scale, _subtract, _divide, _add_self, _swap,
    _shift, _set(0), _set(-1), _set(Ellipsis), _set(slice(None, None, -2)), _set([0, -1]), _set_first, _set_mask,
    _set_where_large, _set_flat, _fill, _out, _out_of_sum, _put, _place, _putmask,
)  # fmt: skip
CONSTANTS = (3.0, 0.5, np.float64(-1.25), 2)


def run(x, program, shape, make):
    """What a program leaves in its arrays. A number is an element of x, or a constant."""
    parts = [make(np.linspace(0.3, 1.4, int(np.prod(shape))).reshape(shape))]
    for of, view, write, number in program:
        base = parts[of % len(parts)]
        part = VIEWS[view](base) if base.size and base.ndim else base
        parts.append(part)
        value = x[number % x.size] * 1.25 if number < 8 else CONSTANTS[number % len(CONSTANTS)]
        if part.size > 1 and part.ndim:
            try:
                WRITES[write](part, value)
            except ValueError as error:
                parts.append(make(np.array([float("read-only" in str(error))])))
    return [part * part for part in parts]


programs = st.lists(
    st.tuples(st.integers(0, 20), st.integers(0, len(VIEWS) - 1), st.integers(0, len(WRITES) - 1), st.integers(0, 15)),
    min_size=1,
    max_size=8,
)
X = np.array([0.7, -0.4, 1.9])


def _as_complex(a):
    return a.astype(complex)


@settings(max_examples=400, deadline=None)
@given(programs, st.sampled_from(SHAPES))
def test_programs_on_buffers_follow_numpy(program, shape):
    expected = run(X, program, shape, np.array)
    recording = record_flat(lambda x: run(x, program, shape, buffered), [X])
    values, J, H = evaluate_forward(lambda x: run(x, program, shape, buffered), [X], 2)
    for value, other, wanted in zip(recording.value, values, expected, strict=True):
        np.testing.assert_array_equal(value, wanted)
        np.testing.assert_array_equal(other, wanted)
    for j in range(X.size):
        step = np.zeros(X.size, dtype=complex)
        step[j] = 1e-200j
        parts = run(X + step, program, shape, _as_complex)
        column = np.concatenate([np.ravel(part).imag for part in parts]) / 1e-200
        np.testing.assert_allclose(J[:, j], column, rtol=COMPLEX_STEP, atol=COMPLEX_STEP)
    np.testing.assert_allclose(recording.jvp(np.eye(X.size)), J, rtol=COMPLEX_STEP, atol=COMPLEX_STEP)
    np.testing.assert_allclose(recording.vjp(np.eye(recording.m)).T, J, rtol=COMPLEX_STEP, atol=COMPLEX_STEP)
    w = np.linspace(-1.0, 1.0, recording.m)
    second = recording.second(w, np.eye(X.size))
    largest = 1.0 + np.abs(H).max(initial=0.0) * recording.m
    np.testing.assert_allclose(np.tensordot(w, H, 1), second, rtol=COMPLEX_STEP, atol=COMPLEX_STEP * largest)


# ---- single rules ----

MODES = ("forward", "reverse")


def both(f, x=X):
    """The Jacobian, on both engines and replayed."""
    x = np.asarray(x, dtype=float)
    results = [dualtape.jacobian(f, mode=mode, rewrite=False)(x) for mode in MODES]
    results.append(dualtape.record(f, x, rewrite=False).jacobian(x))
    for result in results[1:]:
        np.testing.assert_allclose(result, results[0], rtol=COMPLEX_STEP, atol=0.0)
    return results[0]


def test_a_row_written_through_changes_the_array():
    def f(x):
        A = buffered(np.zeros((2, 3)))
        row = A[1]
        row[:] = x * x
        return A

    np.testing.assert_array_equal(both(f)[1], np.diag(2.0 * X))
    np.testing.assert_array_equal(both(f)[0], np.zeros((3, 3)))


def test_the_other_name_of_an_array_sees_what_is_done_in_place():
    def f(x):
        y = buffered(np.ones(3))
        w = y
        w *= x
        w += 1.0
        return y

    np.testing.assert_array_equal(both(f), np.eye(3))


def test_a_constant_over_an_active_element_takes_its_derivative_away():
    def f(x):
        y = buffered(np.zeros(3))
        y[:] = x
        y[1] = 7.0
        return y

    np.testing.assert_array_equal(both(f), np.diag([1.0, 0.0, 1.0]))


def test_views_made_before_the_first_active_number_see_it():
    def f(x):
        y = buffered(np.zeros(6))
        even, matrix, turned = y[::2], y.reshape(2, 3), y[::-1]
        iterator = iter(y)
        next(iterator)
        turned[:3] = x
        return np.sum(even) + matrix[1, 2] * matrix[1, 1] + next(iterator)

    # y[5], y[4], y[3] = x; even sees y[4]
    np.testing.assert_allclose(both(f), [X[1], 1.0 + X[0], 0.0])


def test_plain_elements_are_those_of_numpy():
    y = buffered(np.arange(3.0))
    assert type(y[0]) is np.float64 and type(y[[0, 1]]) is type(y) and isinstance(y[1:], np.ndarray)
    assert type(y.sum()) is np.float64 and type(y > 1.0) is type(y.astype(int)) is type(y)
    assert type(buffered(np.arange(3))) is type(y) and type(buffered(np.array([None]))) is np.ndarray
    assert repr(y) == "array([0., 1., 2.])" and f"{y}" == "[0. 1. 2.]" and y.tolist() == [0.0, 1.0, 2.0]
    assert y.shape == (3,) and y.strides == (8,) and y.flags.c_contiguous and y.dtype == np.float64 and len(y) == 3
    assert 2.0 in y and 5.0 not in y and float(y[:1].sum()) == 0.0 and y.T is not None and y.itemsize == 8


@pytest.mark.parametrize("index", [6, -7, (0, 0), "a", 1.5, [9], np.ones(3, bool)])
@pytest.mark.parametrize("is_active", [False, True])
def test_index_errors_are_numpys_own(index, is_active):
    plain = np.arange(6.0)
    with pytest.raises(Exception) as wanted:
        plain[index]

    def f(x):
        y = buffered(np.arange(6.0))
        if is_active:
            y[0] = x[0]
        with pytest.raises(wanted.type):
            y[index]
        with pytest.raises(wanted.type):
            y[index] = x[0]
        return x[0]

    both(f)


@pytest.mark.parametrize(
    "broken",
    [
        lambda y, x: y.__setitem__(slice(None), x[:2]),
        lambda y, x: y.__iadd__(np.ones((3, 3)) * x[0]),
        lambda y, x: np.add(x[:2], 1.0, out=y),
        lambda y, x: np.copyto(y, x[:2]),
    ],
)
def test_shapes_that_do_not_fit_are_refused_as_numpy_does(broken):
    with pytest.raises(ValueError):
        broken(np.zeros(3), X)

    def f(x):
        with pytest.raises(ValueError):
            broken(buffered(np.zeros(3)), x)
        return x[0]

    both(f)


def _lock(y):
    y.flags.writeable = False
    return y


@pytest.mark.parametrize("fixed", [lambda y: np.broadcast_to(y, (2, 3)), lambda y: np.diagonal(np.outer(y, y)), _lock])
@pytest.mark.parametrize("is_active", [False, True])
def test_read_only_views_refuse_writing(fixed, is_active):
    def f(x):
        y = buffered(np.ones(3))
        if is_active:
            y[1] = x[1]
        view = fixed(y)
        for write in (lambda: view.__setitem__(0, x[0]), lambda: view.fill(x[0]), lambda: view.__imul__(x[0])):
            with pytest.raises(ValueError, match="read-only"):
                write()
        return np.sum(y)

    both(f)


@pytest.mark.parametrize("fixed", [lambda x: np.broadcast_to(x, (2, 3)), lambda x: np.diag(np.outer(x, x))])
def test_read_only_views_of_active_arrays_refuse_writing(fixed):
    def f(x):
        view = fixed(x)
        for write in (
            lambda: view.__setitem__(0, x[0]),
            lambda: view[..., 1:].__setitem__(0, 0.5),
            lambda: view.__imul__(x[0]),
        ):
            with pytest.raises(ValueError, match="read-only"):
                write()
        return x[0]

    both(f)


def test_float32_rounds_and_keeps_the_derivative():
    def f(x):
        y = buffered(np.zeros(3, dtype=np.float32))
        y[:2] = x[:2]
        y[2] = x[2] * x[2]
        y *= 3.0
        return y

    expected = np.zeros(3, dtype=np.float32)
    expected[:2] = X[:2]
    expected[2] = X[2] * X[2]
    expected *= 3.0
    np.testing.assert_array_equal(f(X), expected)
    for mode in MODES:
        np.testing.assert_array_equal(dualtape.value_and_jacobian(f, mode=mode, rewrite=False)(X)[0], expected)
    np.testing.assert_array_equal(both(f), np.diag([3.0, 3.0, 6.0 * X[2]]))
    np.testing.assert_array_equal(dualtape.record(f, X, rewrite=False)(1.1 * X), f(1.1 * X))


def test_whole_numbers_and_masks_change_by_steps():
    def f(x):
        whole, mask = np.zeros(3, dtype=int), np.zeros(3, dtype=bool)
        for i in range(3):
            whole[i] = x[i] * 10.0
            mask[i] = x[i] > 0.0
        other = np.zeros(4, dtype=np.int32)
        other[1:] = x * 10.0
        assert (other[1:] == whole).all()
        return x * whole * mask * np.asarray(x, dtype=bool)

    point = np.array([0.78, -0.42, 1.93])
    np.testing.assert_array_equal(both(f, point), np.diag([7.0, 0.0, 19.0]))
    P = dualtape.record(f, point, rewrite=False)
    np.testing.assert_array_equal(P(point + 0.2), f(point + 0.2))


def test_memory_that_was_handed_out_shows_no_numbers_of_the_past():
    def f(x):
        y = buffered(np.ones(3))
        before = np.asarray(y)
        assert before.base is not None and np.shares_memory(before, y.plain)
        y[0] = x[0]
        assert np.isnan(before).all()
        return y

    both(f)


def test_plain_buffers_go_to_compiled_code_without_a_copy():
    y = buffered(np.arange(4.0))
    view = memoryview(y)
    view[1] = 9.0
    assert y[1] == 9.0 and np.asarray(y).flags.writeable and y.__array_interface__["shape"] == (4,)
    np.asarray(y)[0] = 5.0
    assert y[0] == 5.0


def test_an_active_buffer_does_not_become_plain():
    def f(x):
        y = buffered(np.ones(3))
        y[0] = x[0]
        for escape in (
            lambda: np.asarray(y, dtype=float),
            lambda: float(y[:1]),
            lambda: y.tobytes(),
            lambda: np.zeros(3).__setitem__(slice(None), y),
            lambda: np.add(y, 1.0, out=np.zeros(3)),
        ):
            with pytest.raises(TraceEscapeError):
                escape()
        with pytest.raises(BufferError):
            memoryview(y)
        return y

    both(f)


def test_a_closed_buffer_refuses_active_numbers_by_name():
    data = np.ones(3)

    def f(x):
        y = closed_buffer(data, "outlives the function", "make a copy: y = y.copy()")
        assert y[1:].sum() == 2.0
        for write in (lambda: y[1:].__setitem__(0, x[0]), lambda: y.__iadd__(x), lambda: np.copyto(y, x)):
            with pytest.raises(TraceEscapeError, match="outlives the function"):
                write()
        z = y.copy()
        z[1:] = x[:2]
        return z

    np.testing.assert_array_equal(both(f), np.eye(3, k=-1))
    np.testing.assert_array_equal(data, np.ones(3))


def test_a_number_of_an_inner_derivative_lifts_the_buffer_again():
    def f(x):
        y = buffered(np.ones(3))
        y[0] = x[0] * x[1]

        def g(z):
            w = y.copy()
            w[1] = z * x[2]
            y[2] = z * z  # an array of the derivative around
            return w[0] * w[1] * y[2]

        return dualtape.grad(g, rewrite=False)(x[2])

    def by_hand(x):
        return dualtape.grad(lambda z: x[0] * x[1] * z * x[2] * z * z)(x[2])

    def written_out(x):
        return 3.0 * x[0] * x[1] * x[2] ** 3

    for mode in MODES:
        found = dualtape.grad(f, mode=mode, rewrite=False)(X)
        np.testing.assert_allclose(found, dualtape.grad(written_out)(X), rtol=1e-14)
        np.testing.assert_allclose(found, dualtape.grad(by_hand)(X), rtol=1e-14)


def test_the_masks_of_a_program_choose_in_a_plain_buffer():
    def f(x):
        y = buffered(np.full(3, 0.25))
        y[x > 0.0] = 2.0
        z = buffered(np.zeros(3))
        np.copyto(z, 3.0, where=x > 1.0)
        return x * y + z

    P = dualtape.record(f, X, rewrite=False)
    for point in (X, -X, X * 2.0):
        np.testing.assert_array_equal(P(point), f(point))
        np.testing.assert_array_equal(P.jacobian(point), dualtape.jacobian(f, rewrite=False)(point))


def test_a_buffer_filled_by_a_loop_takes_few_operations():
    """No copy of the whole array for each element."""

    def f(x):
        y = buffered(np.zeros(300))
        y[0] = x[0]
        for i in range(1, 300):
            y[i] = y[i - 1] * 0.5 + x[0]
        return y[-1]

    recording = record_flat(lambda x: [f(x)], [X])
    assert recording.tape.n_slots < 5 * 300
