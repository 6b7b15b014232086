"""In-place code as people write it, through the clone: NumPy runs the same function, values bit for bit, derivatives
against complex step or differences."""

import dataclasses
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dualtape
from dualtape.errors import TraceEscapeError

sys.path.insert(0, str(Path(__file__).parents[1] / "core"))

import test_buffer

COMPLEX_STEP = 1e-13
DIFFERENCES = 1e-7
X = np.array([0.7, -0.4, 1.9])
A0 = np.array([[2.0, 0.5, 0.0], [0.5, 3.0, 1.0], [0.0, 1.0, 4.0]])
GRID = np.linspace(0.0, 1.0, 5)
WORK = np.zeros(3)


@settings(max_examples=150, deadline=None)
@given(test_buffer.programs, st.sampled_from(test_buffer.SHAPES))
def test_programs_in_clones_follow_numpy(program, shape):
    def f(x):
        return np.concatenate([np.ravel(part) for part in test_buffer.run(x, program, shape, np.array)])

    expected = f(X)
    value, J = dualtape.value_and_jacobian(f, mode="reverse")(X)
    np.testing.assert_array_equal(value, expected)
    other, found = dualtape.value_and_jacobian(f, mode="forward")(X)
    np.testing.assert_array_equal(other, expected)
    np.testing.assert_allclose(found, J, rtol=COMPLEX_STEP, atol=COMPLEX_STEP * (1.0 + np.abs(J).max()))


def filled_by_a_loop(x):
    y = np.zeros(4)
    y[0] = 1.0
    for i in range(3):
        y[i + 1] = y[i] * x[i]
    return y


def finite_elements(x):
    n = 4
    K = np.zeros((n + 1, n + 1))
    element = np.array([[1.0, -1.0], [-1.0, 1.0]])
    for k in range(n):
        K[k : k + 2, k : k + 2] += (x[0] ** 2 + k * x[2]) * element
    K[0, :] = 0.0
    K[0, 0] = 1.0
    load = np.full(n + 1, x[1])
    load[0] = 0.0
    return np.linalg.solve(K, load)


def copied_from_a_global(x):
    A = A0.copy()
    A[0, 1] = A[1, 0] = x[0]
    A[2] *= x[1]
    return np.linalg.inv(A)


def operator_of_a_global(x):
    y = GRID * 2.0
    y[1:3] = x[:2]
    z = GRID[1:] + 1.0
    z[-1] += x[2]
    return np.append(y, z)


def runge_kutta(x):
    def rate(u):
        du = np.empty_like(u)
        du[0] = u[1]
        du[1] = -x[0] * u[0] - x[1] * u[1] ** 3
        return du

    u, history = np.array([1.0, x[2]]), np.zeros((6, 2))
    for k in range(6):
        history[k] = u
        k1 = rate(u)
        k2 = rate(u + 0.05 * k1)
        u = u + 0.1 * k2
    return history


def gauss_seidel(x):
    u = np.zeros(5)
    u[-1] = x[0]
    for _ in range(4):
        for i in range(1, 4):
            u[i] = 0.5 * (u[i - 1] + u[i + 1] + x[1] * u[i] ** 2 + x[2])
    return u


def by_masks(x):
    y = np.ones(3)
    y[x > 0.0] = x[x > 0.0] ** 2
    y[x < 0.0] *= -1.0
    np.clip(y, 0.5, 2.0, out=y)
    return y


def accumulated(x):
    counts = np.zeros(3)
    np.add.at(counts, [0, 2, 2, 1], np.r_[x, x[0] * x[1]])
    total = np.zeros(())
    for v in counts:
        total += v * v
    return np.hstack([counts, total])


def in_place_operators(x):
    y = np.ones((2, 3))
    w = y[0]
    w += x
    w *= 2.0
    w -= x[0]
    w /= x[2]
    w **= 2
    y[1] -= w
    y @= np.diag(x)
    return y


def lists_and_stacks(x):
    rows = [np.zeros(2) for _ in range(3)]
    for k, row in enumerate(rows):
        row[k % 2] = x[k] ** 2
    return np.array(rows)


def iterated(x):
    table = np.zeros((3, 2))
    for row, value in zip(table, x):
        row[:] = value, value * value
    for i, v in enumerate(table.flat):
        table.flat[i] = 2.0 * v
    return table


def from_python(x):
    return np.array([v * 2.0 for v in x.tolist()] + [x[0].item(), x.item(1), np.float64(x[2])])


FUNCTIONS = [
    filled_by_a_loop, finite_elements, copied_from_a_global, operator_of_a_global, runge_kutta, gauss_seidel, by_masks,
    accumulated, in_place_operators, lists_and_stacks, iterated, from_python,
]  # fmt: skip


def _differences(f, x, step=1e-6):
    return np.stack([(f(x + h) - f(x - h)) / (2.0 * step) for h in step * np.eye(x.size)], axis=-1)


@pytest.mark.parametrize("f", FUNCTIONS, ids=lambda f: f.__name__)
def test_functions_that_write_are_differentiated(f):
    expected, J = f(X), _differences(f, X)
    P = dualtape.record(f, X)
    for value, found in (
        dualtape.value_and_jacobian(f, mode="forward")(X),
        dualtape.value_and_jacobian(f, mode="reverse")(X),
        (P(X), P.jacobian(X)),
    ):
        np.testing.assert_array_equal(value, expected)
        np.testing.assert_allclose(found, J, rtol=DIFFERENCES, atol=10.0 * DIFFERENCES)
    moved = X * 1.01
    np.testing.assert_array_equal(P(moved), f(moved))
    second = dualtape.jacobian(dualtape.jacobian(f))(X)
    np.testing.assert_allclose(dualtape.hessian(f)(X), second, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(second, _differences(dualtape.jacobian(f), X), rtol=1e-5, atol=1e-5)


def test_arrays_of_the_world_outside_have_the_values_written_to_them():
    def f(x):
        WORK[:] = x
        return (WORK * x).sum()

    np.testing.assert_array_equal(dualtape.grad(f)(X), 2.0 * X)
    np.testing.assert_array_equal(WORK, X)
    WORK[:] = 0.0


def test_arguments_are_copied_before_they_take_derivatives():
    def f(x, A):
        B = A.copy()
        B[0] = x
        A[2, 2] += 1.0  # a plain write goes through, as NumPy's does
        return np.sum(B @ x)

    A = np.eye(3)
    np.testing.assert_allclose(dualtape.grad(f)(X, A), 2.0 * X + [0.0, 1.0, 1.0])
    assert A[2, 2] == 2.0 and type(A) is np.ndarray


def test_without_the_clone_a_plain_array_refuses_by_name():
    def f(x):
        y = np.zeros(3)
        y[0] = x[0]
        return y

    with pytest.raises(TraceEscapeError, match=r"y\[0\] = x\[0\]"):
        dualtape.jacobian(f, rewrite=False)(X)


def test_what_leaves_the_function_is_an_array_of_numpy():
    def f(x):
        y = np.zeros(2)
        return x @ x, {"plain": y, "active": np.array([x[0], 1.0])}

    _, _, aux = dualtape.value_and_grad(f, has_aux=True)(X)
    assert type(aux["plain"]) is np.ndarray and type(aux["active"]) is np.ndarray
    assert type(dualtape.value_and_jacobian(lambda x: np.zeros(2))(X)[0]) is np.ndarray


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("make", [lambda x: x * 1.0, lambda x: np.array(x), lambda x: np.concatenate([x, x])[:3]])
def test_an_inner_derivative_does_not_see_what_is_written_after_it_has_read(mode, make):
    """The array of the derivative around is captured as it was."""

    def f(x):
        y = make(x)

        def g(z):
            total = z * y[0] + np.sum(y * z)
            y[0] = 7.0 * x[1]
            return total

        return dualtape.grad(g)(x[2])

    value, gradient = dualtape.value_and_grad(f, mode=mode)(X)
    np.testing.assert_allclose(value, X[0] + X.sum())
    np.testing.assert_allclose(gradient, [2.0, 1.0, 1.0])


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("driver", [dualtape.grad, lambda g: lambda y: dualtape.vjp(g, y)[1](1.0)])
def test_the_point_of_an_inner_derivative_is_taken_as_it_was(mode, driver):
    def f(x):
        y = x * 1.0

        def g(z):
            total = np.sum(z**3)
            y[0] = 7.0 * x[1]
            return total

        found = driver(g)(y)
        y[1] = 0.0
        return np.sum(found if not isinstance(found, tuple) else found[0])

    value, gradient = dualtape.value_and_grad(f, mode=mode)(X)
    np.testing.assert_allclose(value, 3.0 * np.sum(X**2))
    np.testing.assert_allclose(gradient, 6.0 * X)


def test_functions_that_read_and_functions_that_write_share_a_global():
    def reads(x):
        return np.sum(A0 @ x)

    for _ in range(2):
        np.testing.assert_allclose(dualtape.grad(reads)(X), A0.sum(axis=0))
        np.testing.assert_allclose(
            dualtape.jacobian(copied_from_a_global)(X), _differences(copied_from_a_global, X), rtol=1e-6, atol=1e-6
        )


def complex_parts(x):
    y = np.zeros((2, 3), dtype=complex)
    row = y[1]
    row[:] = np.exp(1j * x)
    y[0] = y[1].conj()
    row.imag *= 2.0
    y.real[0] += x
    y *= 1.0 + 1.0j
    return np.hstack([y.real.ravel(), y.imag.ravel(), np.abs(y[1])])


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_complex_arrays_take_traced_numbers(mode):
    value, J = dualtape.value_and_jacobian(complex_parts, mode=mode)(X)
    np.testing.assert_allclose(value, complex_parts(X), rtol=1e-15)
    np.testing.assert_allclose(J, _differences(complex_parts, X), rtol=DIFFERENCES, atol=10.0 * DIFFERENCES)


@dataclasses.dataclass
class Workspace:
    work: np.ndarray
    made: np.ndarray | None = None

    def squares(self, x):
        self.work *= 0.0
        self.work += x**2
        self.made = np.ones(3)
        return self.work * x

    def itself(self, x):
        self.squares(x)
        return self


def test_attributes_that_are_written_in_place_stay_arrays():
    space = Workspace(np.zeros(3))
    work = space.work
    for mode in ("forward", "reverse", "forward"):
        np.testing.assert_allclose(dualtape.jacobian(space.squares, mode=mode)(X), np.diag(3 * X**2), rtol=1e-15)
        assert space.work is work and type(space.made) is np.ndarray
        np.testing.assert_array_equal(work, X**2)


def test_an_object_that_is_returned_keeps_its_derivatives():
    space = Workspace(np.zeros(3))
    derivative = dualtape.jacobian(space.itself)(X)
    np.testing.assert_allclose(derivative.work, np.diag(2 * X), rtol=1e-15)
    assert type(space.work) is np.ndarray
