"""One clause of the contract as data, and how it is judged: in every way that `ways.py` knows, first order and second,
against a value that dualtape had no part in."""

from collections.abc import Callable
from typing import NamedTuple

import mpmath
import numpy as np
import pytest
import ways

import dualtape as dt

CLOSED_FORM = 1e-13  # relative, and to the largest entry: a handful of roundings
DIGITS = 700


class Clause(NamedTuple):
    """What is promised of f at x.

    Attributes
    ----------
    name : str
    f : callable
    x : float or array_like
    J, H : array_like
        True derivatives, or the convention; H is None where nothing is promised of the second order.
    rtol : float
    is_open : bool
        A derivative of a derivative, which differentiates the formula of the first, may be NaN at this point.
    """

    name: str
    f: Callable
    x: object
    J: object
    H: object = None
    rtol: float = CLOSED_FORM
    is_open: bool = False


def computed(name, f, in_mpmath, x, rtol=CLOSED_FORM):
    """A clause whose derivatives mpmath computes, from the function written once more with its numbers."""
    return Clause(name, f, x, *derivatives(in_mpmath, x), rtol)


def derivatives(f, x):
    """Jacobian and Hessian of a function of one number, or of a flat sequence of them, with one result: by differences
    in so many digits that 16 are left, also where the result is 1 less something tiny. Steps are relative."""
    flat = np.ravel(x).tolist()
    n, scales = len(flat), [abs(entry) or 1.0 for entry in flat]

    def moved(*steps):
        entries = [mpmath.mpf(x) + step * scale for x, step, scale in zip(flat, steps, scales, strict=True)]
        return f(entries[0]) if np.ndim(x) == 0 else f(entries)

    def partial(*places):
        factor = mpmath.fprod(mpmath.mpf(scales[place]) for place in places)
        counts = tuple(places.count(k) for k in range(n))
        return float(mpmath.diff(moved, (0,) * n, counts) / factor)

    with mpmath.workdps(DIGITS):
        J = [partial(i) for i in range(n)]
        H = [[partial(i, j) for i in range(n)] for j in range(n)]
    return (J[0], H[0][0]) if np.ndim(x) == 0 else (J, H)


def judge(clause, way, order):
    """Fail unless `way` gives what the clause promises."""
    x = clause.x if type(clause.x) in (float, int, np.float64) else np.array(clause.x, dtype=float)
    expected = np.array(clause.J if order == 1 else clause.H, dtype=float)
    with np.errstate(all="ignore"):
        found = (ways.FIRST if order == 1 else ways.SECOND)[way](clause.f, x)
    scale = np.max(np.abs(expected), initial=0.0, where=np.isfinite(expected))
    assert np.shape(found) == expected.shape
    if clause.is_open and way in ways.NESTED:
        expected = np.where(np.isnan(found), np.nan, expected)
    np.testing.assert_allclose(found, expected, rtol=clause.rtol, atol=clause.rtol * scale)


def judge_value(clause):
    """Fail unless drivers of both modes, and a program, have the value of f bit for bit."""
    x = clause.x if type(clause.x) in (float, int, np.float64) else np.array(clause.x, dtype=float)
    with np.errstate(all="ignore"):
        expected = clause.f(np.float64(x) if np.ndim(x) == 0 else x)
        for found in (
            dt.value_and_jacobian(clause.f, mode="reverse")(x)[0],
            dt.value_and_jacobian(clause.f, mode="forward")(x)[0],
            dt.record(clause.f, x)(x),
        ):
            assert np.array_equal(np.asarray(found).view(np.int64), np.asarray(expected, dtype=float).view(np.int64))


def each(clauses):
    """The decorators of a test with parameters `clause` and `way`, and of one for the second order."""
    assert len({clause.name for clause in clauses}) == len(clauses)
    first = [(clause, way) for clause in clauses for way in ways.FIRST]
    second = [(clause, way) for clause in clauses for way in ways.SECOND if clause.H is not None]

    def marked(pairs):
        return pytest.mark.parametrize(
            ("clause", "way"), pairs, ids=[f"{clause.name}-{way}".replace(" ", "_") for clause, way in pairs]
        )

    return marked(first), marked(second)
