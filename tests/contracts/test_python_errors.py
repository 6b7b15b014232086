"""What Python's floats refuse, they refuse under derivatives: 1.0/0.0 is a ZeroDivisionError that f may catch, where
np.float64 gives inf. In programs, too, which then run f again."""

import math
import statistics

import numpy as np
import pytest

import dualtape

X = np.array([0.4, -1.2, 900.0, 0.0])

REFUSED = {
    "division": lambda a, b, c, d: a / d,
    "of a number": lambda a, b, c, d: 1 / d,
    "floor division": lambda a, b, c, d: a // d,
    "remainder": lambda a, b, c, d: a % d,
    "divmod": lambda a, b, c, d: divmod(c, d)[0],
    "division in a sum": lambda a, b, c, d: sum([a, b / d]),
    "division at last": lambda a, b, c, d: min(1.0 / d, 5.0),
    "reciprocal": lambda a, b, c, d: d**-1,
    "power of zero": lambda a, b, c, d: d**b,
    "overflow": lambda a, b, c, d: c**c,
    "overflow of a number": lambda a, b, c, d: 10.0**c,
    "math.log": lambda a, b, c, d: math.log(d),
    "math.log of a negative number": lambda a, b, c, d: math.log(b),
    "math.log of base 1": lambda a, b, c, d: math.log(a, 1.0 + d),
    "math.sqrt": lambda a, b, c, d: math.sqrt(b),
    "math.exp": lambda a, b, c, d: math.exp(c),
    "math.sinh": lambda a, b, c, d: math.sinh(c),
    "math.pow": lambda a, b, c, d: math.pow(c, c),
    "math.fmod": lambda a, b, c, d: math.fmod(a, d),
    "math.acos": lambda a, b, c, d: math.acos(b),
    "math.atanh": lambda a, b, c, d: math.atanh(1.0 - d),
    "math.gamma": lambda a, b, c, d: math.gamma(d),
    "complex division": lambda a, b, c, d: (1.0 / complex(d, d)).real,
    "statistics": lambda a, b, c, d: statistics.harmonic_mean([a, b]),
}
ACCEPTED = {
    "division of floats to infinity": lambda a, b, c, d: min(c * 1e300 / 1e-300, 5.0) + a,
    "products": lambda a, b, c, d: min(c * 1e300 * 1e300, 5.0) + a,
    "a negative power": lambda a, b, c, d: abs(b**0.5) + a,
    "a negative power of powers": lambda a, b, c, d: ((b**1.5) * 1j).real,
}


def guarded(e):
    def f(x):
        try:
            return x * e(*x.tolist())
        except (ArithmeticError, ValueError, statistics.StatisticsError):
            return x * 7.0

    return f


def ways(f, x, others):
    yield "reverse", dualtape.value_and_jacobian(f, mode="reverse")(x)
    yield "forward", dualtape.value_and_jacobian(f, mode="forward")(x)
    for other in others:
        program = dualtape.record(f, other)
        yield f"recorded at {other}", (program(x), program.jacobian(x))


@pytest.mark.parametrize("name", REFUSED)
def test_f_catches_what_python_refuses(name):
    f = guarded(REFUSED[name])
    for way, (value, jacobian) in ways(f, X, (X, X + 0.25, np.abs(X) + 0.01)):
        np.testing.assert_array_equal(value, 7.0 * X, err_msg=way)
        np.testing.assert_array_equal(jacobian, 7.0 * np.eye(4), err_msg=way)


@pytest.mark.parametrize("name", ACCEPTED)
def test_what_python_accepts_is_accepted(name):
    f = guarded(ACCEPTED[name])
    expected = np.stack([(f(X + h) - f(X - h)) / 2e-6 for h in 1e-6 * np.eye(4)], axis=-1)
    for way, (value, jacobian) in ways(f, X, (X, X + 0.25, np.abs(X) + 0.01)):
        np.testing.assert_array_equal(value, f(X), err_msg=way)
        np.testing.assert_allclose(jacobian, expected, rtol=1e-6, atol=1e-4, err_msg=way)


@pytest.mark.parametrize("name", REFUSED)
def test_what_f_does_not_catch_is_raised(name):
    def f(x):
        return REFUSED[name](*x.tolist())

    with pytest.raises((ArithmeticError, ValueError, statistics.StatisticsError)) as theirs:
        f(X)
    elsewhere = np.array([0.4, 0.7, 1.3, 0.3])
    for differentiated in (dualtape.grad(f), dualtape.grad(f, mode="forward"), dualtape.record(f, elsewhere)):
        with pytest.raises(type(theirs.value)):
            differentiated(X)


def test_numpys_scalars_accept_it():
    def f(x):
        with np.errstate(all="ignore"):
            return np.minimum(x[0] / x[3], 5.0) + x[3] ** -1.0

    for _, (value, _) in ways(f, X, (X, X + 0.25)):
        assert value == np.inf


@pytest.mark.parametrize("other", [np.array([1.0, 2.0, 3.0, 4.0]), np.array([1.0, 2.0, 2.0, 4.0])])
def test_a_program_runs_f_again_where_an_operation_fails(other):
    def f(x):
        try:
            return np.linalg.inv(x.reshape(2, 2)).ravel()
        except np.linalg.LinAlgError:
            return 7.0 * x

    program, x = dualtape.record(f, other), np.array([1.0, 3.0, 1.0, 3.0])
    np.testing.assert_array_equal(program(x), 7.0 * x)
    np.testing.assert_array_equal(program.jacobian(x), 7.0 * np.eye(4))
    y = np.array([1.0, 3.0, 2.0, -3.0])
    np.testing.assert_array_equal(program(y), f(y))
    points = np.stack([other, x, y, np.zeros(4)])
    for threads in (1, 2):
        batch = program.batch(np.concatenate([points] * 3), threads=threads)
        np.testing.assert_array_equal(batch, np.stack([f(z) for z in points] * 3))
        J = program.batch(points, "jacobian", threads=threads)
        np.testing.assert_allclose(J, np.stack([dualtape.jacobian(f)(z) for z in points]), rtol=1e-14)
