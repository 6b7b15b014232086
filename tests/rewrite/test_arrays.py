"""Captured arrays are buffers where a function writes: what it makes of them takes traced numbers, and what it writes
into them is there afterwards."""

import math

import numpy as np
import pytest
from judges import judge

import dualtape as dt

X = np.array([0.5, 1.2, -0.7])
MATRIX = np.array([[2.0, 1.0, 0.1], [0.3, 3.0, 0.2], [0.5, 0.1, 4.0]])
TIMES = np.linspace(0.0, 1.0, 3)
VECTORIZED = np.vectorize(lambda t, a: a * math.sin(t))


def made_of_a_captured_array(x):
    y = MATRIX * 2.0
    y[0, 1] = x[0]
    return y @ x


def made_by_a_function_of_one(x):
    y = np.sin(TIMES)
    y[1] = x[1]
    y += x
    return y * y


def in_place(x):
    y = TIMES * 1.0
    y += x
    y *= x
    return y


def copied(x, start=TIMES):
    y = start.copy()
    y[0] = x[0]
    y[1:] *= x[1:]
    return y * x


def filled_in_a_list(x):
    rows = [TIMES.copy(), MATRIX[0] * 1.0]
    for row in rows:
        row[1] = math.sin(x[0])
    return rows[0] * rows[1] * x


def solved_by_elimination(x):
    a = MATRIX.copy()
    b = x.copy()
    for i in range(3):
        for j in range(i + 1, 3):
            factor = a[j, i] / a[i, i]
            a[j, i:] -= factor * a[i, i:]
            b[j] -= factor * b[i]
    y = np.zeros(3)
    for i in reversed(range(3)):
        y[i] = (b[i] - a[i, i + 1 :] @ y[i + 1 :]) / a[i, i]
    return y * y


class Workspace:
    def __init__(self):
        self.buffer = np.zeros(3)

    def value(self, x):
        self.buffer[:] = x * x
        row = self.buffer[1:]
        row += x[0]
        return self.buffer * x


IDIOMS = {
    "made of a captured array": made_of_a_captured_array,
    "made by a function of one": made_by_a_function_of_one,
    "in place": in_place,
    "a copy of a default": copied,
    "in a list": filled_in_a_list,
    "elimination": solved_by_elimination,
    "an object's workspace": Workspace().value,
    "a vectorized function": lambda x: VECTORIZED(x, 2.0) * x,
}


@pytest.mark.parametrize("name", IDIOMS)
def test_idioms(name):
    before = MATRIX.copy(), TIMES.copy()
    judge(IDIOMS[name], X)
    np.testing.assert_array_equal(MATRIX, before[0])
    np.testing.assert_array_equal(TIMES, before[1])


def test_what_is_written_into_a_captured_array_is_there_afterwards():
    total, workspace = np.zeros(3), Workspace()

    def f(x):
        total[:] = x * 2.0
        return total * workspace.value(x)

    J = dt.jacobian(f)(X)
    np.testing.assert_array_equal(total, 2.0 * X)
    np.testing.assert_array_equal(workspace.buffer, X * X + [0.0, X[0], X[0]])
    assert type(workspace.buffer) is np.ndarray
    np.testing.assert_array_equal(dt.jacobian(f)(X), J)
    np.testing.assert_allclose(dt.jacobian(f)(2.0 * X), dt.jacobian(f, mode="forward")(2.0 * X), rtol=1e-13)


def test_a_captured_array_that_is_returned_keeps_its_derivative():
    buffer = np.zeros(3)

    def f(x):
        buffer[:] = np.sin(x)
        return buffer

    np.testing.assert_allclose(dt.jacobian(f)(X), np.diag(np.cos(X)), rtol=1e-15)
    np.testing.assert_array_equal(buffer, np.sin(X))


def test_a_function_that_fails_leaves_numbers_behind():
    buffer = np.zeros(3)

    def f(x):
        buffer[:] = x
        raise KeyError

    with pytest.raises(KeyError):
        dt.jacobian(f)(X)
    np.testing.assert_array_equal(buffer, X)


def test_two_views_of_one_captured_array():
    whole = np.zeros(3)
    part = whole[1:]

    def f(x):
        part[0] = x[0]
        whole[2] = x[1]
        return whole * x + np.sum(part)

    judge(f, X)


def test_an_array_given_as_a_further_argument():
    def f(x, start):
        y = start * 1.0
        y[0] = x[0]
        return np.sum(y * x)

    assert dt.grad(f)(X, np.ones(3)).tolist() == [2.0 * X[0], 1.0, 1.0]
    assert dt.jvp(f, (X, np.ones(3)), (np.ones(3), np.zeros(3)))[1] == pytest.approx(2.0 * X[0] + 2.0)


def test_functions_that_write_nothing_get_the_arrays_themselves():
    matrix = MATRIX.copy()  # that no other function writes to

    def f(x):
        assert type(matrix).__name__ == "ndarray" and matrix.__class__ is np.ndarray
        return matrix @ x

    np.testing.assert_array_equal(dt.jacobian(f)(X), MATRIX)


WORK = np.zeros(3)


def first(x):
    WORK[:] = x
    return WORK * x


def second(x):
    WORK[1:] = x[1:] ** 3
    return WORK[1:] * x[0]


def test_functions_that_share_a_workspace():
    one, two = dt.jacobian(first), dt.jacobian(second)
    for _ in range(3):
        np.testing.assert_array_equal(one(X), np.diag(2.0 * X))
        np.testing.assert_array_equal(WORK, X)
        np.testing.assert_allclose(two(X)[0], [X[1] ** 3, 3.0 * X[1] ** 2 * X[0], 0.0], rtol=1e-15)
        np.testing.assert_array_equal(WORK, [X[0], X[1] ** 3, X[2] ** 3])


def test_a_workspace_of_two_levels():
    """The outer function and the inner one write into the same array: the derivative is right, or there is an error;
    the numbers of the inner one are gone."""

    def f(x):
        WORK[:] = x
        inner = dt.grad(lambda y: np.sum(first(y)))(x)
        return inner * x

    try:
        found = dt.jacobian(f)(X)
    except dt.errors.DualtapeError:
        found = np.diag(4.0 * X)
    np.testing.assert_array_equal(found, np.diag(4.0 * X))
    assert np.isnan(WORK).all() or np.array_equal(WORK, X)
    WORK[:] = 0.0
