"""Powers know their exponents: `x**0`, `x**2` and every integer power are exact at 0 and for negative x, whatever the
type of the exponent; `x**p` with a constant p never touches log(x). A power whose derivative is infinite says so."""

import numpy as np
import pytest
import ways
from clauses import Clause, computed, each, judge, judge_value

NAN, INF = np.nan, np.inf


def _falling(p, k):
    """p (p - 1) ... (p - k + 1)."""
    return float(np.prod([p - i for i in range(k)]))


def _derivative(x, p, k):
    """The k-th derivative of x**p for an integer p: 0 once the power has gone."""
    factor = _falling(p, k)
    return 0.0 if factor == 0.0 else factor * float(x) ** (p - k)


def _integer_powers():
    for p in (0, 1, 2, 3, 4, 7):
        for x in (0.0, -0.0, -2.0, 1.5):
            yield x, p
    for p in (-1, -2, -3):
        for x in (-2.0, 1.5):
            yield x, p


SPELLINGS = {
    "int": lambda p: lambda x: x**p,
    "float": lambda p: lambda x: x ** float(p),
    "np.int64": lambda p: lambda x: x ** np.int64(p),
    "np.float64": lambda p: lambda x: x ** np.float64(p),
    "power": lambda p: lambda x: np.power(x, p),
    "float_power": lambda p: lambda x: np.float_power(x, p),
    "array of exponents": lambda p: lambda x: np.sum(np.reshape(x, (1,)) ** np.array([float(p)])),
    "array": lambda p: lambda x: np.sum(np.stack([x, 1.0]) ** p),
    "built-in pow": lambda p: lambda x: pow(x, p),
}
CLAUSES = [
    Clause("x**0.5 at 0", lambda x: x**0.5, 0.0, INF, -INF),
    Clause("x**1.5 at 0", lambda x: x**1.5, 0.0, 0, INF),
    Clause("x**2.5 at 0", lambda x: x**2.5, 0.0, 0, 0),
    Clause("x**0.5 below 0", lambda x: np.power(x, 0.5), -1.0, NAN, NAN),
    Clause("x**-1 at 0", lambda x: x**-1.0, np.float64(0.0), -INF, INF),
    Clause("x**-2 at -0", lambda x: x**-2.0, np.float64(-0.0), INF, INF),
    Clause("0**x", lambda x: 0.0**x, 2.0, 0, 0),
    Clause("2**x", lambda x: 2.0**x, 3.0, 8 * np.log(2), 8 * np.log(2) ** 2),
    Clause("1**x", lambda x: 1.0**x, 3.0, 0, 0),
    Clause("exponents in an array", lambda x: np.sum(x ** np.array([0.0, 1.0, 2.0, 3.0])), [0.0, 0.0, 0.0, -2.0],
           [0, 1, 0, 12], np.diag([0, 0, 2, -12])),
    Clause("exponents as integers", lambda x: np.sum(x ** np.array([0, 1, 2, 3])), [0.0, 0.0, 0.0, -2.0],
           [0, 1, 0, 12], np.diag([0, 0, 2, -12])),
    Clause("both active, base 0", lambda x: np.power(x[0], x[1]), [0.0, 2.0], [0, 0]),
    Clause("square", np.square, 0.0, 0, 2),
    Clause("reciprocal below 0", np.reciprocal, -2.0, -0.25, -0.25),
    Clause("polynomial at 0", lambda x: 3.0 * x**3 - 2.0 * x**2 + x + 5.0 * x**0, 0.0, 1, -4),
    Clause("polyval at 0", lambda x: np.polyval([3.0, -2.0, 1.0, 5.0], x), 0.0, 1, -4),
    Clause("matrix power", lambda x: np.linalg.matrix_power(x, 3)[0, 0], [[0.0, 0.0], [0.0, 0.0]],
           np.zeros((2, 2)), np.zeros((2, 2, 2, 2))),
    computed("both active", lambda x: x[0] ** x[1], lambda x: x[0] ** x[1], [1.7, -2.3]),
    computed("tiny base", lambda x: x**3.7, lambda x: x ** 3.7, 1e-30),
    computed("x**x", lambda x: x**x, lambda x: x**x, 0.7),
]  # fmt: skip
first, second = each(CLAUSES)


def _spelled(spelling):
    """The clauses of all integer powers in one spelling."""
    for x, p in _integer_powers():
        yield Clause(f"{x}**{p}", SPELLINGS[spelling](p), x, _derivative(x, p, 1), _derivative(x, p, 2))


@pytest.mark.parametrize("way", ways.FIRST)
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_first_derivative_of_integer_powers(spelling, way):
    for clause in _spelled(spelling):
        judge(clause, way, 1)


@pytest.mark.parametrize("way", ways.SECOND)
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_second_derivative_of_integer_powers(spelling, way):
    for clause in _spelled(spelling):
        judge(clause, way, 2)


@first
def test_first_derivative_of_powers(clause, way):
    judge(clause, way, 1)


@second
def test_second_derivative_of_powers(clause, way):
    judge(clause, way, 2)


def test_values_of_powers_are_numpys_bit_for_bit():
    for clause in [*CLAUSES, *(clause for spelling in SPELLINGS for clause in _spelled(spelling))]:
        judge_value(clause)
