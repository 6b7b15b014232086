"""An array that was an operand is as it was then: a buffer refilled inside f, an argument or a constant changed between
the recording and the pullback, changes no answer."""

import numpy as np
import pytest

import dualtape as dt

N_LARGE = 5000  # arrays of this size are computed late
SIZES = (3, N_LARGE)
sizes = pytest.mark.parametrize("n", SIZES)


def _x(n):
    return np.linspace(0.5, 2.0, n)


OPERATIONS = {
    "multiply": (lambda x, c: x * c, lambda x, c: c),
    "multiply on the left": (lambda x, c: c * x, lambda x, c: c),
    "divide": (lambda x, c: x / c, lambda x, c: 1.0 / c),
    "power": (lambda x, c: x**c, lambda x, c: c * x ** (c - 1.0)),
    "maximum": (lambda x, c: np.maximum(x, c), lambda x, c: 1.0 * (x > c)),
    "dot": (lambda x, c: np.dot(x, c) * np.ones(x.size) / x.size, None),
    "where": (lambda x, c: np.where(c > 1.2, x * c, x), lambda x, c: np.where(c > 1.2, c, 1.0)),
    "hypot": (lambda x, c: np.hypot(x, c), lambda x, c: x / np.hypot(x, c)),
    "take": (lambda x, c: x[np.argsort(-c)], None),
    "in place": (lambda x, c: np.multiply(x.copy(), c), lambda x, c: c),
}


@sizes
@pytest.mark.parametrize("name", OPERATIONS)
def test_constants_changed_before_the_pullback(name, n):
    f, slope = OPERATIONS[name]
    x, c = _x(n), _x(n)[::-1].copy()
    _, before = dt.vjp(lambda x: f(x, c), x)
    expected = before(np.ones(n))
    _, pullback = dt.vjp(lambda x: f(x, c), x)
    was = c.copy()
    c[:] = 7.0
    found = pullback(np.ones(n))
    np.testing.assert_array_equal(found, expected)
    if slope is not None:
        np.testing.assert_allclose(found, slope(x, was), rtol=1e-13)


@sizes
@pytest.mark.parametrize("driver", ["vjp", "linearize"])
def test_arguments_changed_before_the_pullback(driver, n):
    x = _x(n)
    value, linear = getattr(dt, driver)(lambda x: np.sin(x) * x, x)
    expected = np.cos(x) * x + np.sin(x)
    kept = value.copy()
    x[:] = 100.0
    np.testing.assert_allclose(linear(np.ones(n)), expected, rtol=1e-13)
    np.testing.assert_array_equal(value, kept)


@sizes
@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_a_buffer_refilled_inside_f(mode, n):
    if mode == "forward" and n == N_LARGE:
        n = 40

    def f(x):
        buffer, total = np.empty(n), 0.0
        for k in range(4):
            buffer[:] = k
            total = total + np.sum(x * buffer) + np.sum(buffer * np.maximum(x, buffer))
        return total

    x = _x(n)
    expected = sum(k + k * (x > k) for k in range(4))
    np.testing.assert_allclose(dt.jacobian(f, mode=mode)(x), expected, rtol=1e-13)


def test_matrices_changed_before_the_pullback():
    A, b = np.array([[2.0, 1.0], [1.0, 3.0]]), np.array([1.0, -1.0])
    x = np.array([1.0, 2.0])

    def f(x):
        return (
            A @ x + np.linalg.solve(A, x) + np.einsum("ij,j->i", A, x * b) + np.tensordot(A, x, 1) + np.outer(x, b)[0]
        )

    _, pullback = dt.vjp(f, x)
    expected = np.array([pullback(w) for w in np.eye(2)])
    truth = A + np.linalg.inv(A) + A * b + A + np.array([[1.0, 0.0], [-1.0, 0.0]])
    A[:], b[:] = 0.0, 9.0
    np.testing.assert_array_equal(np.array([pullback(w) for w in np.eye(2)]), expected)
    np.testing.assert_allclose(expected, truth, rtol=1e-13)


def test_indices_and_masks_changed_before_the_pullback():
    index, mask = np.array([2, 0, 0]), np.array([True, False, True])
    x = np.array([1.0, 2.0, 3.0])
    _, pullback = dt.vjp(lambda x: np.sum(x[index] ** 2) + np.sum(x[mask] ** 3) + np.sum(np.where(mask, x, 0.0)), x)
    index[:], mask[:] = 1, False
    np.testing.assert_array_equal(pullback(1.0), [2 * 2 * 1 + 3 + 1, 0, 2 * 3 + 27 + 1])


def test_a_program_sees_that_a_constant_has_changed():
    c = np.array([1.0, 2.0])
    program = dt.record(lambda x: np.sum(x * c), np.ones(2))
    c[:] = [5.0, 6.0]
    np.testing.assert_array_equal(program.grad(np.ones(2)), [5.0, 6.0])
    np.testing.assert_array_equal(dt.record(lambda x: x * c, np.ones(2), constants="frozen").vjp(np.ones(2), c), c * c)


def test_arguments_that_are_not_differentiated_are_kept_too():
    c = np.array([1.0, 2.0])
    _, pullback = dt.vjp(lambda x, scale: x * scale, np.ones(2), c)
    c[:] = 9.0
    np.testing.assert_array_equal(pullback(np.ones(2))[0], [1.0, 2.0])


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_f_may_write_into_its_argument_but_not_into_the_callers(mode):
    def f(x):
        x *= 2.0
        x[0] = x[1] * x[2]
        return np.sum(x)

    x = np.array([1.0, 2.0, 3.0])
    np.testing.assert_array_equal(dt.jacobian(f, mode=mode)(x), [0.0, 2.0 + 12.0, 2.0 + 8.0])
    np.testing.assert_array_equal(x, [1.0, 2.0, 3.0])


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize(
    ("write", "expected"),
    [
        (lambda y: y.__imul__(2.0), [2, 2, 2]),
        (lambda y: y[1:].__imul__(3.0), [1, 3, 3]),
        (lambda y: y[::-1].__setitem__(0, 0.0), [1, 1, 0]),
        (lambda y: y.reshape(1, 3)[0].__setitem__(slice(2), y[1:]), [0, 1, 2]),
        (lambda y: y[[0, 1]].__imul__(5.0), [1, 1, 1]),
        (lambda y: y.ravel().__setitem__(0, y[2]), [0, 1, 2]),
        (lambda y: y.T.__setitem__(1, 2.0 * y[0]), [3, 0, 1]),
    ],
)
def test_views_share_what_copies_do_not(write, expected, mode):
    def f(x):
        y = x * 1.0
        alias = y
        write(y)
        return np.sum(alias)

    np.testing.assert_array_equal(dt.jacobian(f, mode=mode)(np.array([1.0, 2.0, 3.0])), expected)
