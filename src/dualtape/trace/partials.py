"""The formulas of the rule table, evaluated on numbers that record or carry derivatives themselves.

The kernels are the same formulas in C, for plain floats. Here a formula is compiled to Python once, and its calls become NumPy's (or
SciPy's) functions, which dispatch on active numbers; what c/special.h does by cases is written in `trace/cases.py` for active numbers.
Called by resweep.py."""

import ast
import functools
import importlib

import numpy as np

from dualtape.ops import structure
from dualtape.trace import cases

_EXACT = {"sqrt": np.sqrt, "copysign": np.copysign, "rint": np.rint, "pow": np.power}


@functools.cache
def _function(name):
    """What a call in a formula means on active numbers."""
    if name in _EXACT:
        return _EXACT[name]
    if hasattr(cases, name):
        return getattr(cases, name)
    if hasattr(np, name):
        return getattr(np, name)
    return getattr(importlib.import_module("scipy.special"), name)


@functools.cache
def _compiled(formula):
    code = compile(ast.Expression(structure.parse(formula)), f"<{formula}>", "eval")
    constants = {name: float(value) for name, value in structure.CONSTANTS.items()}
    functions = {name: _function(name) for name in structure.calls(structure.parse(formula))}
    return code, {**constants, **functions, "__builtins__": {}}


def evaluate(formula, **names):
    """The value of a formula; `names` are x, y, v, both and the partials that it may use."""
    code, scope = _compiled(formula)
    return eval(code, scope, names)


def first(row, which, x, y, v, both):
    """First partial of a row in operand `which` (0 or 1), None if it is structurally zero."""
    formula = getattr(row, ("d", "dx", "dy")[row.arity - 1 + which])
    if formula == "0":
        return None
    return evaluate(formula, x=x, y=y, v=v, both=1.0 if both else 0.0)
