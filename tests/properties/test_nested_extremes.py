"""Derivatives of derivatives far out, close to zero and at what is no number: those of the kernels, which
tests/ops/test_extremes.py holds against mpmath, or not a number where that is listed. Scalars and arrays, sweeps and
programs."""

import numpy as np
import pytest

from dualtape import grad, jacobian, record
from dualtape.core import kernels
from dualtape.ops.structure import Partial, classify
from dualtape.ops.table import OPCODES, ROWS

pytestmark = pytest.mark.skipif(not kernels.bind_scipy(), reason="SciPy is not installed")

SIZES = (1e-320, 1e-310, 1e-160, 1e-103, 1e-30, 1e-5, 0.3, 1e30, 1e103, 1e160, 1e308)
POINTS = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, *(sign * x for x in SIZES for sign in (1.0, -1.0))])
NORMAL = np.finfo(float).tiny
CLOSE = 1e-9
SLOPES = {slope for row in ROWS for slope in row.slopes}
ONE = [row for row in ROWS if row.arity == 1 and row.name not in SLOPES and not row.name.startswith("math_")]


def function(row):
    """The row as a function of active numbers."""
    return lambda *x: next(t for t in x if hasattr(t, "engine")).engine.elementwise(OPCODES[row.name], *x)


def differs(row, found, expected):
    """Where a derivative is another one. Neither need be finite where the other is not; one that has lost its digits
    may be no number; those of SciPy's values have no digits below the normal numbers."""
    least = NORMAL if row.home == "scipy.special" else 8 * 5e-324
    with np.errstate(all="ignore"):
        close = np.abs(found - expected) <= CLOSE * np.abs(expected) + least
        both = ~np.isfinite(found) & ~np.isfinite(expected)
    return ~(close | both | (np.isnan(expected) & (np.abs(found) < NORMAL)))


def each(derivative):
    return np.array([derivative(float(x)) for x in POINTS])


def summed(f):
    return lambda z: np.sum(f(z))


WAYS = {
    "scalars": lambda f: each(grad(grad(f))),
    "scalars, forward": lambda f: each(jacobian(grad(f), mode="forward")),
    "arrays": lambda f: grad(summed(grad(summed(f))))(POINTS),
    "arrays, forward": lambda f: np.diagonal(jacobian(grad(summed(f)), mode="forward")(POINTS)),
    "program": lambda f: record(summed(grad(summed(f))), POINTS).grad(POINTS),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("row", ONE, ids=lambda row: row.name)
def test_second_derivatives_by_nesting(row, way):
    if classify(row.d) in (Partial.ZERO, Partial.NO_RULE):
        return
    with np.errstate(all="ignore"):
        expected = kernels.evaluate(row.name, POINTS)["dxx"]
        found = WAYS[way](function(row))
    wrong = differs(row, found, expected)
    assert not wrong.any(), list(zip(POINTS[wrong], found[wrong], expected[wrong], strict=True))
