"""What the functions that make arrays stand for in a clone: NumPy's values, shapes and errors, with derivatives."""

from types import SimpleNamespace

import numpy
import numpy as np
import pytest

import dualtape
from dualtape.core.buffer import Buffer
from dualtape.handlers.making import CREATORS_IN_CLONE, JOINING_IN_CLONE

DIFFERENCES = 1e-7
X = np.array([0.3, 1.2, 0.7])

ours = SimpleNamespace(
    **{function.__name__: replacement for function, replacement in CREATORS_IN_CLONE.items()},
    **JOINING_IN_CLONE,
)

MADE = {
    "matrix of scalars": lambda np, x: np.array([[x[0], 1.0], [0.0, x[1]]]),
    "rows": lambda np, x: np.array([x, np.array([1.0, 2.0, 3.0]), x * 2]),
    "ints and bools among them": lambda np, x: np.array([x[0], 2, True]),
    "nested": lambda np, x: np.array([[x[:1]], [[3.0]]]),
    "scalar": lambda np, x: np.array(x[0]),
    "ndmin": lambda np, x: np.array(x, ndmin=2),
    "ndmin of a scalar": lambda np, x: np.array(x[1], ndmin=2),
    "dtype float": lambda np, x: np.array((x[0], (x[1])), dtype=float),
    "rows of zeros": lambda np, x: np.array([np.zeros(3), x]),
    "rows of one": lambda np, x: np.array([np.array([1.0]), x[0:1]]),
    "asarray": lambda np, x: np.asarray([x[0] * x[1], 2.0]),
    "asanyarray": lambda np, x: np.asanyarray((x[0], x[2])),
    "ascontiguousarray": lambda np, x: np.ascontiguousarray([x[0], x[1]]),
    "ascontiguousarray of a scalar": lambda np, x: np.ascontiguousarray(x[0]),
    "full": lambda np, x: np.full((2, 2), x[0]),
    "full of rows": lambda np, x: np.full((2, 3), x),
    "full of a list": lambda np, x: np.full((2, 2), [x[0], 1.0]),
    "arange from": lambda np, x: np.arange(x[0], x[0] + 3.0),
    "arange to": lambda np, x: np.arange(x[1]),
    "arange by": lambda np, x: np.arange(0.0, 4.1 * x[1], x[0]),
    "arange of a count": lambda np, x: x[np.arange((x > 0.5).sum())],
    "r_": lambda np, x: np.r_[x[0], x, 1.0, np.zeros(2)],
    "r_ of rows": lambda np, x: np.r_["0,2", x, x],
    "r_ with a slice": lambda np, x: np.r_[0:3, x],
    "c_": lambda np, x: np.c_[x, x * x],
    "fromiter": lambda np, x: np.fromiter((v * v for v in x), dtype=float),
    "fromiter, some": lambda np, x: np.fromiter((v * v for v in x), float, count=2),
    "fromfunction": lambda np, x: np.fromfunction(lambda i, j: i * x[0] + j * x[1], (3, 2)),
    "zeros": lambda np, x: np.zeros((2, 3)) + x,
    "copy of a list": lambda np, x: np.copy([x[0], 2.0]),
}


def test_arange_between_active_ends_decides_on_their_number_alone():
    program = dualtape.record(lambda x: np.sum(ours.arange(x, 2.05, 0.25) ** 2), 0.37, on_guard="raise")
    assert program(0.39) == np.sum(np.arange(0.39, 2.05, 0.25) ** 2)
    with pytest.raises(dualtape.errors.GuardError):
        program(0.12)


def differences(f, x, step=1e-6):
    return np.stack([(f(x + h) - f(x - h)) / (2.0 * step) for h in step * np.eye(x.size)], axis=-1)


@pytest.mark.parametrize("label", MADE)
def test_arrays_are_made_as_numpy_does(label):
    f = MADE[label]
    expected = f(np, X)
    J = differences(lambda x: f(np, x), X)
    for derive in (
        lambda f: dualtape.value_and_jacobian(f, mode="forward")(X),
        lambda f: dualtape.value_and_jacobian(f, mode="reverse")(X),
        lambda f: (dualtape.record(f, X)(X), dualtape.record(f, X).jacobian(X)),
    ):
        value, found = derive(lambda x: f(ours, x))
        np.testing.assert_array_equal(value, expected, strict=True)
        np.testing.assert_allclose(found, J, rtol=DIFFERENCES, atol=DIFFERENCES)


@pytest.mark.parametrize(
    "broken", [lambda np, x: np.array([x, x[:2]]), lambda np, x: np.array([[x[0]], [x[1], x[2]]]),
               lambda np, x: np.fromiter(iter(x), float, count=9)],
)  # fmt: skip
def test_what_numpy_refuses_is_refused_in_its_words(broken):
    with pytest.raises(ValueError) as wanted:
        broken(np, X)
    with pytest.raises(ValueError, match="inhomogeneous|too short") as found:
        dualtape.jacobian(lambda x: broken(ours, x))(X)
    assert type(found.value) is type(wanted.value)


@pytest.mark.parametrize("dtype", [int, np.int32, bool, "u1"])
def test_arrays_of_whole_numbers_change_by_steps(dtype):
    x = np.array([3.7, 0.0, 2.2])

    def f(x, np=ours):
        return x * np.array([x[0], 1.0, x[2]], dtype=dtype) + np.asarray(x, dtype=dtype)

    np.testing.assert_array_equal(dualtape.value_and_jacobian(f)(x)[0], f(x, np))
    for mode in ("forward", "reverse"):
        np.testing.assert_array_equal(dualtape.jacobian(f, mode=mode)(x), np.diag(_steps(x, dtype)))
    P = dualtape.record(f, x)
    np.testing.assert_array_equal(P(x + 1.0), f(x + 1.0, np))


def _steps(x, dtype):
    return np.array([x[0], 1.0, x[2]], dtype=dtype).astype(float)


@pytest.mark.parametrize("function", CREATORS_IN_CLONE, ids=lambda function: function.__name__)
def test_plain_arrays_are_those_of_numpy_in_buffers(function):
    arguments = {
        "fromiter": ([1.0, 2.0], float), "frombuffer": (bytes(16),), "full": (3, 2.5), "arange": (3.0,),
        "fromfunction": (lambda i: i * 2.0, (3,)), "array": ([1.0, 2.0],), "tri": (2,), "indices": ((2, 2), float),
        "kaiser": (3, 2.0), "full_like": ([1.0, 2.0], 2.5),
    }  # fmt: skip
    if function.__name__ in ("fromstring", "fromfile", "loadtxt", "genfromtxt"):
        pytest.skip("reads text")
    if function is np.empty:
        return
    args = arguments.get(function.__name__, ([1.0, 2.0],) if "array" in function.__name__ else (3,))
    args = ([1.0, 2.0],) if function is np.copy else args
    wanted, found = function(*args), CREATORS_IN_CLONE[function](*args)
    assert type(found) is Buffer and isinstance(found, np.ndarray)
    np.testing.assert_array_equal(found, wanted, strict=True)


def test_aliasing_of_asarray_and_array_is_numpys():
    y = ours.zeros(3)
    assert ours.asarray(y) is y and ours.asanyarray(y) is y and np.shares_memory(ours.array(y, copy=None), y)
    assert not np.shares_memory(ours.array(y), y) and not np.shares_memory(np.copy(y), y)
    given = np.ones(3)
    assert ours.asarray(given) is given  # the array of somebody else stays what it is
    assert type(ours.array(given)) is Buffer

    def f(x):
        w = ours.asarray(x)
        w[0] = 2.0 * w[1]
        v = ours.array(x)
        v[1] = 0.0
        return x

    np.testing.assert_array_equal(dualtape.jacobian(f)(X), [[0.0, 2.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])


def test_arrays_of_objects_hold_the_scalars():
    def f(x):
        return np.sum(ours.array([x[0], 2.0], dtype=object) * ours.array([x[1], x[2]], dtype=object))

    np.testing.assert_allclose(dualtape.grad(f)(X), [X[1], X[0], 2.0])


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("make", [lambda np, x: np.outer(x, x) * 1.0, lambda np, x: np.zeros((3, 3)) + x])
@pytest.mark.parametrize("name", ["asfortranarray", "ascontiguousarray", "asarray", "array"])
def test_a_copy_in_another_order_is_one(mode, make, name):
    def f(x, np=ours):
        A = np.array(make(numpy, x))
        B = getattr(np, name)(A)
        C = getattr(np, name)(A.T)
        B[0, 1] = 5.0
        C[2, 0] = 7.0
        return A

    value, _ = dualtape.value_and_jacobian(f, mode=mode, rewrite=False)(X)
    np.testing.assert_array_equal(value, f(X, np))
