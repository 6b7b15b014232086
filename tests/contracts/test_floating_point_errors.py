"""``np.errstate`` and ``np.seterr`` inside of f: where NumPy raises a FloatingPointError or calls back, f sees it."""

import numpy as np
import pytest

import dualtape

X = np.array([0.4, -1.2, 0.9, 0.0])
FINE = np.array([0.4, 1.2, 0.9, 2.0])

FAILING = {
    "log": np.log,
    "sqrt": np.sqrt,
    "division": lambda x: 1.0 / x,
    "overflow": lambda x: np.exp(x * 2000.0),
    "underflow": lambda x: np.exp(-np.abs(x) * 2000.0),
    "power": lambda x: x**-0.5,
    "remainder": lambda x: x % x[3],
    "scalar log": lambda x: x * np.log(x[3]),
    "scalar division": lambda x: x * (1.0 / x[3]),
    "scalar products": lambda x: x * (x[0] * 1e200 * 1e200 * x[0]),
    "sum": lambda x: np.sum(x * 1e308 * 10.0) * x,
    "prod": lambda x: np.prod((x + 3.0) * 1e200) * x,
    "matmul": lambda x: ((x * 1e300).reshape(2, 2) @ (x * 1e300).reshape(2, 2)).ravel(),
    "mean of nothing": lambda x: np.mean(x[:0]) * x,
    "arccos": lambda x: np.arccos(x * 2.0),
    "sine of infinity": lambda x: np.sin(x * np.inf),
    "ldexp": lambda x: np.ldexp(x, 2000),
}
FITTING = {
    "sin": np.sin,
    "quotients": lambda x: x / (2.0 + x),
    "where": lambda x: np.where(x > 0.5, np.exp(x), x),
    "powers": lambda x: x**2,
    "floats": lambda x: x * (x[0].item() * 1e300 * 1e300) ** -1.0,  # Python's own, which NumPy has no say in
}


def caught(expression):
    def f(x):
        try:
            with np.errstate(all="raise"):
                return expression(x)
        except FloatingPointError:
            return x * 7.0

    return f


def called(expression):
    def f(x):
        errors = []
        with np.errstate(all="call", call=lambda kind, flag: errors.append(kind)):
            y = expression(x)
        return x * 7.0 if errors else y

    return f


def decorated(expression):
    def f(x):
        @np.errstate(all="raise")
        def inner(x):
            return expression(x)

        try:
            return inner(x)
        except FloatingPointError:
            return x * 7.0

    return f


def set_and_reset(expression):
    def f(x):
        old = np.seterr(all="raise")
        try:
            return expression(x)
        except FloatingPointError:
            return x * 7.0
        finally:
            np.seterr(**old)

    return f


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("kind", [caught, called, decorated, set_and_reset])
@pytest.mark.parametrize("name", [*FAILING, *FITTING])
def test_f_hears_of_the_errors_that_numpy_has(name, kind):
    f = kind((FAILING | FITTING)[name])
    for x in (X, FINE):
        expected = f(x)
        if name in FAILING and x is X and kind is not called:
            np.testing.assert_array_equal(expected, 7.0 * x)
        for mode in ("reverse", "forward"):
            np.testing.assert_array_equal(dualtape.value_and_jacobian(f, mode=mode)(x)[0], expected)
        for point in (X, FINE):
            np.testing.assert_array_equal(dualtape.record(f, point)(x), expected)


@pytest.mark.parametrize("name", FAILING)
def test_derivatives_are_those_of_what_f_then_does(name):
    for mode in ("reverse", "forward"):
        jacobian = dualtape.jacobian(caught(FAILING[name]), mode=mode)(X)
        np.testing.assert_array_equal(jacobian, 7.0 * np.eye(4))


def test_nobody_listens_afterwards():
    def f(x):
        with np.errstate(all="raise"):
            return np.sqrt(x)

    with pytest.raises(FloatingPointError):
        dualtape.jacobian(f)(X)
    value, jacobian = dualtape.value_and_jacobian(lambda x: np.sqrt(x))(X)
    np.testing.assert_array_equal(np.isnan(value), X < 0.0)
    assert jacobian[3, 3] == np.inf


def test_numpys_own_class_is_the_base():
    assert dualtape.grad(lambda x: x * isinstance(np.errstate(), np.errstate))(2.0) == 1.0
