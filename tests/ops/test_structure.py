"""The grammar of formulas, and what a formula's text says about structure."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import interior
import numpy as np
import pytest

from dualtape.core import kernels
from dualtape.ops import codegen
from dualtape.ops.structure import FormulaError, Partial, calls, classify, names, parse
from dualtape.ops.table import ROW_OF, ROWS

SPECIAL = codegen.special_functions(Path(__file__).parents[2] / "src" / "dualtape" / "c" / "special.h")
OUTPUT = {"d": "dx", "dd": "dxx"}


@pytest.mark.parametrize(
    "formula",
    ["x**2.0", "2*x", "x if x > 0.0 else y", "x and y", "x.real", "x[0.0]", "f(x, k=y)", "'x'", "+x", "0.0 < x < 1.0",
     "x +", "x % y", "not x", "True", "lambda: x"],
)  # fmt: skip
def test_formulas_outside_the_grammar_are_refused(formula):
    with pytest.raises(FormulaError):
        parse(formula)


def test_a_formula_tells_its_names_and_calls():
    tree = parse("LN2*bell(exp2(-fabs(x - y)))")
    assert names(tree) == {"x", "y"}
    assert calls(tree) == {"bell": 1, "exp2": 1, "fabs": 1}


@pytest.mark.parametrize(
    ("row", "change", "complaint"),
    [
        ("tanh", {"d": "1.0 - w*w"}, "may not use"),
        ("tanh", {"d": "dd"}, "may not use"),
        ("divide", {"dy": "-v*dx"}, "may not use"),  # x may be passive, then dx is not there
        ("divide", {"dyy": "dx"}, "may not use"),
        ("tanh", {"d": "cosine(x)"}, "in neither special.h"),
        ("tanh", {"d": "cos(x, x)"}, "a function of 1"),
        ("tanh", {"d": "x > 0.0"}, "only an argument may be one"),
    ],
)
def test_rows_that_break_the_rules_are_named(row, change, complaint):
    with pytest.raises(FormulaError, match=complaint) as raised:
        codegen.check_row(replace(ROW_OF[row], **change), SPECIAL)
    assert row in str(raised.value)


def test_every_row_keeps_the_grammar():
    for row in ROWS:
        codegen.check_row(row, SPECIAL)


def test_only_the_literal_zero_is_structural():
    assert classify("0") is Partial.ZERO
    assert classify("0.0") is Partial.GENERAL
    assert classify(None) is Partial.NO_RULE
    assert classify("y") is Partial.IS_Y


def test_partials_are_minus_zero_exactly_where_nothing_is_connected():
    for row in ROWS:
        result = kernels.evaluate(row.name, *interior.points(row, 5))
        for partial in row.partials:
            kind, values = classify(getattr(row, partial)), result[OUTPUT.get(partial, partial)]
            structural = (values == 0.0) & np.signbit(values)
            if kind is Partial.ZERO:
                assert structural.all(), (row.name, partial)
            elif not row.selects:
                assert not structural.any(), (row.name, partial)


def test_what_a_passive_operand_would_need_is_not_connected():
    for row in ROWS:
        if row.arity == 2:
            x, y = interior.points(row, 5)
            for active, untouched in ((1, ("dy", "dxy", "dyy")), (2, ("dx", "dxx", "dxy"))):
                result = kernels.evaluate(row.name, x, y, active=active)
                assert all(np.signbit(result[partial]).all() for partial in untouched), row.name
                assert all((result[partial] == 0.0).all() for partial in untouched), row.name


def test_powers_with_a_passive_exponent_take_no_logarithm():
    assert "log" not in ROW_OF["power"].dx + ROW_OF["power"].dxx
