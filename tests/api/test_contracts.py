"""Contracts of the drivers: decorators, argnums, aux, keywords, values first, fresh results, no trace of a failure."""

import functools
import gc
import inspect
import threading

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import dualtape
from dualtape.errors import OptionError, ShapeError, StructureError

X = np.array([0.5, -1.5, 2.0])
DRIVERS = ["grad", "value_and_grad", "jacobian", "value_and_jacobian", "hessian"]
ONE_POINT = ["derivatives", "hvp", "weighted_hessian", "jvp", "vjp", "linearize", "record", "check"]


def square(x, scale=1.0):
    """Sum of squares."""
    return scale * np.sum(x * x)


@pytest.mark.parametrize("name", DRIVERS)
def test_decorator_with_and_without_arguments(name):
    driver = getattr(dualtape, name)

    @driver
    def bare(x):
        return np.sum(x**3)

    @driver(mode="forward")
    def with_options(x):
        return np.sum(x**3)

    expected = driver(lambda x: np.sum(x**3))(X)
    for found in (bare(X), with_options(X)):
        pairs = zip(found, expected, strict=True) if isinstance(expected, tuple) else [(found, expected)]
        assert all(np.allclose(one, other, rtol=1e-14, atol=1e-14) for one, other in pairs)


@pytest.mark.parametrize("name", DRIVERS)
def test_derivative_has_the_metadata_of_the_function(name):
    derivative = getattr(dualtape, name)(square)
    assert derivative.__name__ == "square"
    assert derivative.__doc__ == "Sum of squares."
    assert derivative.__wrapped__ is square
    assert inspect.signature(derivative) == inspect.signature(square)


@pytest.mark.parametrize("name", [*DRIVERS, *ONE_POINT])
def test_what_is_no_function_is_refused(name):
    with pytest.raises(OptionError, match=f"{name} got an? (int|ndarray), expected a function"):
        getattr(dualtape, name)(1, X, X) if name in ONE_POINT else getattr(dualtape, name)(X)


@pytest.mark.parametrize("name", DRIVERS)
def test_unknown_mode_is_refused(name):
    with pytest.raises(OptionError, match="'auto', 'forward', 'reverse'"):
        getattr(dualtape, name)(square, mode="backward")


def test_keyword_arguments_pass_and_are_not_differentiated():
    assert_array_equal(dualtape.grad(square)(X, scale=3.0), 6.0 * X)
    assert_array_equal(dualtape.vjp(square, X, scale=3.0)[1](1.0), 6.0 * X)
    assert dualtape.jvp(square, X, X, scale=2.0)[1] == 4.0 * np.sum(X * X)
    assert_array_equal(dualtape.hvp(square, X, X, scale=2.0), 4.0 * X)
    with pytest.raises(OptionError, match="by position"):
        dualtape.jacobian(square)(x=X)


def test_argnums_choose_and_order_the_arguments():
    def f(x, y, z):
        return x * y * y * z

    assert dualtape.grad(f, 1)(2.0, 3.0, 5.0) == 60.0
    assert dualtape.grad(f, -1)(2.0, 3.0, 5.0) == 18.0
    assert dualtape.grad(f, (2, 0))(2.0, 3.0, 5.0) == (18.0, 45.0)
    H = dualtape.hessian(f, (0, 1))(2.0, 3.0, 5.0)
    assert H == ((0.0, 30.0), (30.0, 20.0))


@pytest.mark.parametrize("argnums", [3, (0, 0), (), "x", (0, 5), 1.5])
def test_argnums_that_make_no_sense_are_refused(argnums):
    with pytest.raises(OptionError, match="argnums"):
        dualtape.grad(square, argnums)(X)


def test_aux_comes_last_and_in_plain_numbers():
    def f(x):
        y = x * x
        return np.sum(y), {"y": y, "total": y[0] + 1.0, "step": 3, "list": [y[1], 2.0], "text": "a"}

    for result in (
        dualtape.grad(f, has_aux=True)(X),
        dualtape.jacobian(f, has_aux=True)(X),
        dualtape.jacobian(f, mode="forward", has_aux=True)(X),
        dualtape.hessian(f, has_aux=True)(X),
        dualtape.value_and_grad(f, has_aux=True)(X),
        dualtape.vjp(f, X, has_aux=True),
        dualtape.jvp(f, X, X, has_aux=True),
        dualtape.linearize(f, X, has_aux=True),
    ):
        aux = result[-1]
        assert type(aux["y"]) is np.ndarray
        assert type(aux["total"]) is float
        assert_array_equal(aux["y"], X * X)
        assert_array_equal(aux["list"], [2.25, 2.0])
        assert (aux["step"], aux["text"]) == (3, "a")


def test_aux_does_not_change_the_derivative():
    def f(x):
        return np.sum(x**3), (x**2, np.exp(x))

    assert_array_equal(dualtape.grad(f, has_aux=True)(X)[0], dualtape.grad(lambda x: np.sum(x**3))(X))
    value, pullback, _ = dualtape.vjp(f, X, has_aux=True)
    assert_array_equal(pullback(1.0), 3.0 * X**2)
    with pytest.raises(StructureError, match="expected a pair"):
        dualtape.grad(lambda x: np.sum(x), has_aux=True)(X)


def test_gradient_of_a_vector_tells_to_use_jacobian():
    with pytest.raises(ShapeError, match=r"shape \(3,\)[\s\S]*use jacobian"):
        dualtape.grad(lambda x: x * 2.0)(X)
    with pytest.raises(ShapeError, match="weighted_hessian"):
        dualtape.hvp(lambda x: x * 2.0, X, X)


def test_seeds_of_the_wrong_shape_are_refused():
    with pytest.raises(ShapeError, match=r"tangent has shape \(2,\), expected \(3,\)"):
        dualtape.jvp(square, X, X[:2])
    _, pullback = dualtape.vjp(lambda x: x * 2.0, X)
    with pytest.raises(ShapeError, match=r"cotangent has shape \(\), expected \(3,\)"):
        pullback(1.0)
    with pytest.raises(ShapeError, match="different leading batch axes"):
        dualtape.jvp(lambda x, y: x + y, (X, X), (np.ones((2, 3)), np.ones((4, 3))))
    with pytest.raises(ShapeError, match="leading axis"):
        dualtape.weighted_hessian(lambda x: x * x, X, np.ones((2, 3)))


def test_zeros_of_a_seed_are_structural():
    def f(x):
        return np.stack([np.sqrt(x[0]) + x[1], x[1]])

    x = np.array([0.0, 2.0])
    for mode in ("forward", "reverse"):
        assert_array_equal(dualtape.jvp(f, x, np.array([0.0, 1.0]), mode=mode)[1], [1.0, 1.0])
    assert_array_equal(dualtape.vjp(f, x)[1](np.array([0.0, 1.0])), [0.0, 1.0])


def test_container_for_a_bare_primal_is_refused():
    with pytest.raises(StructureError, match="tangent is a tuple, expected a number or an array"):
        dualtape.jvp(lambda x: x, X, (X,))


def test_input_that_f_writes_into_stays():
    def f(x):
        x[0] = 5.0 * x[1]
        x *= 2.0
        return np.sum(x)

    x = X.copy()
    for mode in ("forward", "reverse"):
        assert_array_equal(dualtape.jacobian(f, mode=mode)(x), [0.0, 12.0, 2.0])
    assert_array_equal(dualtape.grad(f)(x), [0.0, 12.0, 2.0])
    assert_array_equal(x, X)


@pytest.mark.parametrize("x", [0.0, -0.0, np.inf, np.nan, 1e-310, 1.7976931348623157e308])
def test_value_is_that_of_the_function_bit_for_bit(x):
    for driver in (dualtape.value_and_grad, dualtape.value_and_jacobian):
        value, _ = driver(lambda x: x * 1.0)(x)
        assert np.float64(value).tobytes() == np.float64(x).tobytes()


def test_order_is_one_or_two():
    assert dualtape.derivatives(lambda x: x**3, 2.0, 1) == (8.0, 12.0)
    for driver in (dualtape.derivatives, dualtape.check):
        with pytest.raises(OptionError, match="order is 3"):
            driver(square, X, 3)


def test_pullback_forgets_later_changes_of_the_input():
    x = X.copy()
    _, pullback = dualtape.vjp(lambda x: x * x, x)
    x[:] = 100.0
    assert_array_equal(pullback(np.ones(3)), 2.0 * X)


def test_results_share_no_memory():
    def f(x):
        return x, x

    (first, second), pullback = dualtape.vjp(f, X)
    assert not np.shares_memory(first, second)
    assert not np.shares_memory(first, X)
    once, again = pullback((X, X)), pullback((X, X))
    assert not np.shares_memory(once, again)
    constant = np.ones(3)
    value, _ = dualtape.value_and_jacobian(lambda x: constant)(X)
    assert not np.shares_memory(value, constant)


def test_failure_midway_leaves_no_trace():
    kept = []

    def fails(x):
        kept.append(x)
        raise KeyError("mine")

    for driver in (dualtape.grad, dualtape.jacobian, functools.partial(dualtape.jacobian, mode="forward")):
        with pytest.raises(KeyError, match="mine"):
            driver(fails)(X)
    assert_array_equal(dualtape.grad(square)(X), 2.0 * X)
    with pytest.raises(dualtape.errors.DualtapeError):
        kept[0] + 1.0
    with pytest.raises(dualtape.errors.DualtapeError):
        kept[1] + 1.0


def test_threads_do_not_disturb_each_other():
    results, errors = {}, []

    def work(k):
        try:
            x = X + k
            results[k] = [dualtape.jacobian(lambda x: np.sin(x) * x[0])(x) for _ in range(50)]
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    for k, found in results.items():
        for J in found:
            assert_array_equal(J, dualtape.jacobian(lambda x: np.sin(x) * x[0])(X + k))


def test_recordings_are_freed():
    class Marker:
        alive = 0

        def __init__(self):
            Marker.alive += 1

        def __del__(self):
            Marker.alive -= 1

    def f(x, marker):
        return np.sum(x * x)

    for _ in range(3):
        dualtape.jacobian(f)(X, Marker())
        dualtape.grad(f)(X, Marker())
    gc.collect()
    assert Marker.alive == 0
