"""Third and fourth derivatives of every row of the table, by nesting gradients: against mpmath at 50 digits."""

import itertools
import sys
from pathlib import Path

import numpy as np
import pytest

from dualtape import grad
from dualtape.core import kernels
from dualtape.ops.table import OPCODES, ROWS

pytestmark = pytest.mark.skipif(not kernels.bind_scipy(), reason="SciPy is not installed")
sys.path.insert(0, str(Path(__file__).parents[1] / "ops"))

import interior  # noqa: E402
import row_oracles  # noqa: E402

ULPS = 2e3  # of |f| + sum |x df/dx|: formulas lose about a digit per order
CANCELLING_ULPS = 1e6  # where they lose more in part of the domain
CANCELLING = {"beta", "pseudo_huber"}
ORACLE = 1e-40  # absolute: mpmath's differences of a function that vanishes
SLOW_ORACLE = {
    "owens_t",
    "gammaincinv",
    "gammainccinv",
    "ellipeinc",
    "stdtr",
    "ndtri_exp",
    "y0",
    "yn",
    "k1e",
    "k0e",
    "kve",
}
NO_ORACLE = {"stop_gradient", "y1"}  # zero by decree; half a minute of mpmath for what yn tests as well


def differentiable(row):
    """Operands of a row that have a derivative."""
    return [k for k in range(row.arity) if getattr(row, row.partials[k]) is not None]


def cases(order):
    """Row, point and how often to differentiate in each operand; mixed derivatives to third order."""
    found = []
    for row in ROWS:
        if row.name in NO_ORACLE or (row.name in SLOW_ORACLE and order > 3):
            continue
        point = tuple(float(x[1]) for x in interior.points(row, 4))
        for operands in itertools.combinations_with_replacement(differentiable(row), order):
            orders = tuple(operands.count(k) for k in range(row.arity))
            if order > 3 and len(set(operands)) > 1:
                continue
            found.append(pytest.param(row, point, orders, id=f"{row.name}-{''.join(map(str, orders))}"))
    return found


def nested(row, point, orders):
    """The derivative by gradients inside gradients, innermost the last operand."""
    f = lambda *x: max((t for t in x if hasattr(t, "engine")), key=lambda t: t.level).engine.elementwise(
        OPCODES[row.name], *x
    )
    for k, order in enumerate(orders):
        for _ in range(order):
            f = grad(f, argnums=k)
    return f(*point)


def check(row, point, orders):
    expected = float(row_oracles.exact(row.name, point, orders))
    smooth = tuple(k in differentiable(row) for k in range(row.arity))
    scale = float(row_oracles.conditioned(row.name, point, orders, smooth))
    accuracy = ORACLE + (CANCELLING_ULPS if row.name in CANCELLING else ULPS) * np.finfo(float).eps * scale
    assert nested(row, point, orders) == pytest.approx(expected, rel=0.0, abs=accuracy)


@pytest.mark.parametrize(("row", "point", "orders"), cases(3))
def test_third_derivatives_of_every_row(row, point, orders):
    check(row, point, orders)


@pytest.mark.parametrize(("row", "point", "orders"), cases(4))
def test_fourth_derivatives_of_every_row(row, point, orders):
    check(row, point, orders)
