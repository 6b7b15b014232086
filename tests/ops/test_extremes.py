"""Partials far out and close to zero, where squares and reciprocals leave the range of floats: what a row gives is the
true partial, rounded into the doubles; NaN at most where that is smaller than any normal number, its digits lost."""

import mpmath as mp
import numpy as np
import pytest
import row_oracles

from dualtape.core import kernels
from dualtape.ops.structure import Partial, classify
from dualtape.ops.table import ROWS

POINTS = [sign * x for x in (1e-320, 1e-310, 1e-160, 1e-30, 1e30, 1e100, 1e160, 1e308) for sign in (1.0, -1.0)]
STEPS = {"sign", "floor", "ceil", "trunc", "rint", "stop_gradient"}  # at 1e30 every number is one
TURNS = ["sindg", "cosdg", "tandg", "cotdg"]
UNARY = [row for row in ROWS if row.arity == 1 and row.name not in STEPS and (row.home == "numpy" or row.name in TURNS)]
DIGITS = 1200  # of the oracle: x^2 of the least of these points, relative to 1, is 1e-640
LARGEST, LEAST, NORMAL = mp.mpf(np.finfo(float).max), mp.mpf(2) ** -1074, mp.mpf(2) ** -1022
ULPS = 2.0**-46

pytestmark = pytest.mark.skipif(not kernels.bind_scipy(), reason="SciPy is not installed")


def is_true(found, exact):
    """Is a double the number, to rounding, or infinite as it is?"""
    size = abs(exact)
    if np.isnan(found):
        return size < NORMAL or size > LARGEST
    if np.isinf(found):
        return size > LARGEST * (1 - ULPS) and (found > 0) == (exact > 0)
    return abs(mp.mpf(found) - exact) <= 8 * LEAST + size * ULPS


@pytest.mark.parametrize("row", UNARY, ids=lambda row: row.name)
def test_partials_of_tiny_and_huge_numbers_are_true(row):
    with np.errstate(all="ignore"):
        found = kernels.evaluate(row.name, np.array(POINTS))
    for k, x in enumerate(POINTS):
        if not np.isfinite(found["v"][k]):
            continue
        for partial, order, output in (("d", 1, "dx"), ("dd", 2, "dxx")):
            if classify(getattr(row, partial)) is not Partial.ZERO:
                with mp.workdps(DIGITS):
                    exact = row_oracles.exact.__wrapped__(row.name, (x,), (order,))
                assert is_true(found[output][k], exact), (partial, x, found[output][k], mp.nstr(exact, 8))


# Row, operands, partial.
TWO = [
    ("power", (1e-320, 1e-320), "dx"),
    ("power", (1e-320, 1e-30), "dx"),
    ("power", (3.0, 1e-320), "dxy"),
    ("hypot", (1e-320, 1e-320), "dx"),
    ("hypot", (-1e-320, 1e-320), "dx"),
    ("hypot", (1e-320, 1e-160), "dyy"),
    ("hypot", (3e200, 4e200), "dyy"),
]


@pytest.mark.parametrize(("name", "point", "partial"), TWO)
def test_partials_in_two_operands_of_tiny_numbers_are_true(name, point, partial):
    orders = {"dx": (1, 0), "dyy": (0, 2), "dxy": (1, 1)}[partial]
    with mp.workdps(DIGITS):
        exact = row_oracles.exact.__wrapped__(name, point, orders)
    found = kernels.evaluate(name, *[np.array([x]) for x in point])[partial][0]
    assert is_true(found, exact), (found, mp.nstr(exact, 8))


LOST = [("reciprocal", (1e104,)), ("divide", (1.0, 1e104)), ("power", (1e104, -1.0))]


@pytest.mark.parametrize(("name", "points"), LOST)
def test_a_second_partial_that_has_lost_its_digits_is_not_a_number(name, points):
    """1/exp(t) at 240 is the difference of two numbers of which one cannot be held; as the other alone it would have
    the wrong sign."""
    result = kernels.evaluate(name, *[np.array([x]) for x in points])
    assert np.isnan(result["dyy" if name == "divide" else "dxx"][0])
