"""Scalars of Python and of NumPy: comparisons of floats are bool, and 1 + 1 is 2; those of np.float64 are np.bool_, and
True + True is True. Code that computes with tests gets the value that it has without us, in every mode."""

import cmath
import io
import math
import statistics

import numpy as np
import pytest

import dualtape

PLACES = {
    "float": (0.875, 1.25),
    "np.float64": (np.float64(0.875), np.float64(1.25)),
    "array of shape ()": (np.array(0.875), np.array(1.25)),
    "array": (np.array([0.875, 0.5]), np.array([1.25, 2.0])),
}


def first(x):
    """A scalar: x itself, or an element of it."""
    return x[0] if np.ndim(x) else x[()] if isinstance(x, np.ndarray) else x


def both(x, y):
    """2 of floats, 1 of np.float64."""
    return (x > 0) + (y > 0)


FUNCTIONS = {
    "the argument": lambda x: x * both(first(x), first(x)),
    "products": lambda x: x * both(first(x) * 2, 3.0 * first(x)),
    "with a constant of NumPy": lambda x: x * both(first(x) * np.float64(2), first(x) + np.int64(1)),
    "one of each": lambda x: x * both(first(x) * 2, np.float64(first(x))),
    "signs": lambda x: x * both(2.0 - (-first(x)), abs(first(x))),
    "powers": lambda x: x * both(first(x) ** 2, 2 ** first(x)),
    "ufuncs": lambda x: x * both(np.sin(first(x)), np.add(first(x), 1.0)),
    "math": lambda x: x * both(math.sin(first(x)), math.hypot(first(x), 1.0)),
    "modf": lambda x: x * both(math.modf(first(x) + 3.0)[1], math.fsum([first(x), 2.0])),
    "prod": lambda x: x * both(math.prod([first(x), 2.0]), 1.0),
    "float()": lambda x: x * both(float(first(x)), float(first(x) * 2)),
    "np.float64()": lambda x: x * both(np.float64(first(x)), np.float64(first(x) * 2)),
    "item": lambda x: x * both(np.reshape(x, -1)[0].item(), np.reshape(x, -1).item(0)),
    "tolist": lambda x: x * both(*(2 * np.reshape(x, -1)[:1].tolist())),
    "elements": lambda x: x * both(*(2 * list(np.reshape(x, -1)[:1]))),
    "sum": lambda x: x * both(sum([first(x), first(x)]), np.sum(x)),
    "against a constant": lambda x: x * ((first(x) > np.float64(0.0)) + (first(x) > 0)),
    "against ints": lambda x: x * ((first(x) >= 0) + (0 < first(x)) + (first(x) != 10**20)),
    "negated": lambda x: x * (not (first(x) > 0)) + x,
    "type": lambda x: x * (2.0 if type(first(x)) is float else 3.0),
    "isinstance": lambda x: x * (2.0 if isinstance(first(x), np.float64) else 3.0),
    "derivatives": lambda x: x * both(*[dualtape.grad(lambda y: y * y * y)(first(x))] * 2),
    "complex": lambda x: x * both((complex(first(x), 2.0) * 1j).imag, abs(complex(1.0, first(x)) + 2)),
    "complex numbers of NumPy": lambda x: x * both((np.exp(1j * x + 1.0) * 2).imag.sum(), abs(np.exp(1j * first(x)))),
    "cmath": lambda x: x * both(cmath.exp(1j * first(x)).imag, cmath.phase(complex(2.0, first(x)))),
    "a product with 1j": lambda x: x * both((1j * first(x)).imag, (first(x) + 2j).real),
    "np.dot": lambda x: x * both(np.dot(first(x), 2.0), np.inner(2.0, first(x))),
    "statistics": lambda x: x * both(statistics.mean([first(x), 2.0]), statistics.stdev([first(x), 2.0])),
    "round": lambda x: x * round(first(x) + 0.24, 2),
}


def ways(f, x, y):
    """Values of f at x, each found on the way to a derivative: recorded there, and recorded at y."""
    yield dualtape.value_and_jacobian(f, mode="reverse")(x)[0]
    yield dualtape.value_and_jacobian(f, mode="forward")(x)[0]
    yield dualtape.record(f, x)(x)
    yield dualtape.record(f, y)(x)
    yield dualtape.jvp(lambda t: dualtape.value_and_jacobian(f)(t)[0], x, np.ones_like(x))[0]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_test_of_a_scalar_is_what_it_is_in_numpy(name, place):
    f, (x, y) = FUNCTIONS[name], PLACES[place]
    for value in ways(f, x, y):
        np.testing.assert_array_equal(value, f(x))


POWERS = {
    "-1.5": lambda w: w**-1.5, "2.5": lambda w: w**2.5, "7": lambda w: w**7, "w": lambda w: w**w, "i": lambda w: w**1j,
    "of 2": lambda w: 2**w, "of a float": lambda w: abs(w) ** w, "quotients": lambda w: (3.0 / w + w / (1 + 2j)) * w,
}  # fmt: skip


@pytest.mark.parametrize("kind", [complex, np.complex128])
@pytest.mark.parametrize("name", POWERS)
def test_powers_of_pythons_complex_numbers_are_not_those_of_numpy(name, kind):
    def f(x):
        w = complex(x[0], x[1])
        z = POWERS[name](w if kind is complex else w * np.complex128(1.0))
        return np.array([z.real, z.imag])

    for x in (np.array([0.4, -1.2]), np.array([-0.7, 0.3]), np.array([1.5, 2.25])):
        for value in ways(f, x, x + 0.5):
            np.testing.assert_array_equal(value, f(x))
        file = io.BytesIO()
        dualtape.record(f, x).save(file)
        np.testing.assert_array_equal(dualtape.load(io.BytesIO(file.getvalue()))(x), f(x))
    x, h = np.array([0.4, -1.2]), 1e-6
    expected = np.stack([(f(x + d) - f(x - d)) / (2.0 * h) for d in h * np.eye(2)], axis=-1)
    np.testing.assert_allclose(dualtape.jacobian(f)(x), expected, rtol=1e-7, atol=1e-8)


def test_a_program_tells_floats_from_numpys():
    program = dualtape.record(lambda x: x * ((x > 0) + (x > -1)), 2.0)
    assert program(3.0) == 6.0
    assert program(np.float64(3.0)) == 3.0
    assert program.grad(3.0) == 2.0
    assert program.grad(np.float64(3.0)) == 1.0


@pytest.mark.parametrize("digits", [0, 1, 2, 5, -1])
@pytest.mark.parametrize("x", [1.115, 2.675, 0.285, 1.005, 5.015, 123.456])
def test_round_of_a_float_is_pythons(x, digits):
    for kind in (float, np.float64):
        for value in ways(lambda t: t * round(t, digits), kind(x), kind(x + 0.37)):
            assert value == kind(x) * round(kind(x), digits)


def test_numbers_made_by_hand_are_of_the_kind_of_their_value():
    assert (dualtape.Dual(2.0, 1.0) > 1) is True
    assert isinstance(dualtape.Dual(np.float64(2.0), 1.0) > 1, np.bool_)
