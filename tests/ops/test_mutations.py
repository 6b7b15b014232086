"""The oracle test can tell: a formula that is slightly wrong is found out at the same points, by the same tolerance."""

from __future__ import annotations

import ast

import formulas
import mpmath as mp
import pytest
import row_oracles
import test_table

from dualtape.core import kernels
from dualtape.ops.structure import Partial, classify, parse
from dualtape.ops.table import ROWS

pytestmark = pytest.mark.skipif(not kernels.bind_scipy(), reason="SciPy is not installed")

# Mutants that are no different in the interior: signs are their own inverse, a step is flat.
EQUIVALENT = {"sgn(x) / copysign(1.0, y)", "-(at_zero(x))", "-(dropped(1.0, y))"}

# Arguments of functions of special.h that count at ends, kinks or outside the interior only; test_table.py has those.
GUARDS = {("power_dy", 0), ("gamma_density", 0), ("logistic", 0)}
GUARDS |= {(gap, k) for gap in ("psi_gap", "zeta_gap", "beta_cross", "poch_bend") for k in range(2, 6)}


def mutants(formula):
    """Formulas near `formula`: negated, a sum for a difference, a quotient for a product."""
    yield f"-({formula})"
    tree = parse(formula)
    guarded = {
        id(inner)
        for call in ast.walk(tree)
        if isinstance(call, ast.Call)
        for k, argument in enumerate(call.args)
        if (call.func.id, k) in GUARDS
        for inner in ast.walk(argument)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.BinOp) and id(node) not in guarded:
            original = node.op
            node.op = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult}[type(original)]()
            yield ast.unparse(tree)
            node.op = original


def is_found_out(row, partial, mutant, at):
    """Whether some point shows that `mutant` is not `partial` of `row`."""
    orders = test_table.ORDERS[partial][: row.arity]
    for operands in zip(*(x.tolist() for x in at), strict=True):
        known = formulas.read(row, operands, 2)
        value = formulas.value(mutant, known)
        scale = row_oracles.conditioned(row.name, operands, orders, test_table._smooth(row))
        error = abs(mp.mpf(value) - row_oracles.exact(row.name, operands, orders))
        if not error <= test_table._tolerance(row.name) * test_table.EPS * scale:
            return True
    return False


@pytest.mark.parametrize("row", [row for row in ROWS if row.name not in test_table.BY_DECREE], ids=lambda row: row.name)
def test_wrong_formulas_are_found_out(row):
    at = test_table.points(row)
    for partial in row.partials:
        formula = getattr(row, partial)
        if classify(formula) in (Partial.ZERO, Partial.NO_RULE):
            continue
        for mutant in mutants(formula):
            assert is_found_out(row, partial, mutant, at) or mutant in EQUIVALENT, (partial, mutant)
