"""The formulas of the rule table as data: their grammar, and what each says about structure.

A formula is an expression with the same meaning in C and in Python: numbers with a point, `+ - * /`, unary minus,
parentheses, comparisons, calls, the named constants below, and the names a row gives it. The literal ``"0"`` is a
structural zero, None means that there is no closed form. Used by codegen.py, the tests, the docs and pattern detection.
"""

from __future__ import annotations

import ast
from enum import IntEnum

__all__ = ["CONSTANTS", "EXACT", "FormulaError", "Partial", "calls", "classify", "names", "parse", "visible_names"]

CONSTANTS = {
    "INF": "INFINITY",
    "PI": "3.141592653589793",
    "LN2": "0.6931471805599453",
    "LN10": "2.302585092994046",
    "DEGREE": "0.017453292519943295",  # pi/180
    "TWO_OVER_SQRT_PI": "1.1283791670955126",
    "HALF_SQRT_PI": "0.886226925452758",
    "SQRT_HALF": "0.7071067811865476",
    "ONE_OVER_SQRT_TWO_PI": "0.3989422804014327",
    "SQRT_TWO_OVER_PI": "0.7978845608028654",
    "SQRT_HALF_PI": "1.2533141373155003",
}

# C functions that IEEE 754 or C defines to the last bit, and those a row's primal takes from the C library.
EXACT = {"sqrt": 1, "fabs": 1, "copysign": 2, "rint": 1, "trunc": 1, "pow": 2}


class FormulaError(ValueError):
    """A formula of the rule table that breaks the grammar. Names the row, the formula and the rule it breaks."""


class Partial(IntEnum):
    """What a partial derivative is for every x and y: enum dt_partial of c/kernel.h."""

    ZERO = 0
    ONE = 1
    MINUS_ONE = 2
    IS_X = 3
    IS_Y = 4
    GENERAL = 5
    NO_RULE = 6


_STRUCTURAL = {
    None: Partial.NO_RULE,
    "0": Partial.ZERO,
    "1.0": Partial.ONE,
    "-1.0": Partial.MINUS_ONE,
    "x": Partial.IS_X,
    "y": Partial.IS_Y,
}

# What may stand in each formula. A partial may reuse those to its left, but only where both are computed: dy must not
# need dx, because x may be passive.
_VISIBLE = {
    1: {"v": "x", "d": "xv", "dd": ("x", "v", "d")},
    2: {
        "v": "xy",
        "dx": ("x", "y", "v", "both"),
        "dy": ("x", "y", "v", "both"),
        "dxx": ("x", "y", "v", "dx"),
        "dxy": ("x", "y", "v", "dx", "dy", "dxx"),
        "dyy": ("x", "y", "v", "dy"),
    },
}


def visible_names(arity: int, partial: str) -> frozenset[str]:
    """Names that the formula called `partial` of a row with `arity` operands may use, besides the constants."""
    return frozenset(_VISIBLE[arity][partial])


def classify(formula: str | None) -> Partial:
    """What `formula` says about structure, from its text alone."""
    return _STRUCTURAL.get(formula, Partial.GENERAL)


def parse(formula: str) -> ast.expr:
    """The expression tree of `formula`, checked against the grammar.

    Raises
    ------
    FormulaError
        Naming the first piece that the grammar does not have.
    """
    try:
        tree = ast.parse(formula, mode="eval").body
    except SyntaxError as error:
        raise FormulaError(f"formula {formula!r} is not an expression: {error.msg}") from None
    for node in ast.walk(tree):
        if not _is_grammatical(node):
            raise FormulaError(f"formula {formula!r} has {ast.unparse(node)!r}, which the grammar does not have")
    return tree


def _is_grammatical(node: ast.AST) -> bool:
    if isinstance(node, ast.Constant):
        return type(node.value) is float
    if isinstance(node, ast.BinOp):
        return isinstance(node.op, (ast.Add, ast.Sub, ast.Mult, ast.Div))
    if isinstance(node, ast.UnaryOp):
        return isinstance(node.op, ast.USub)
    if isinstance(node, ast.Compare):
        return len(node.ops) == 1 and isinstance(node.ops[0], (ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq))
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Name) and not node.keywords
    return isinstance(node, (ast.Name, ast.expr_context, ast.operator, ast.unaryop, ast.cmpop))


def calls(tree: ast.expr) -> dict[str, int]:
    """Functions called in `tree`, with their number of arguments."""
    return {node.func.id: len(node.args) for node in ast.walk(tree) if isinstance(node, ast.Call)}


def names(tree: ast.expr) -> set[str]:
    """Names used as values in `tree`, constants left out."""
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    return {
        node.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and id(node) not in called and node.id not in CONSTANTS
    }
