"""Formulas of the table evaluated in Python, term by term: the second reading of "same meaning in C and in Python"."""

from __future__ import annotations

import ctypes
import ctypes.util
import math
from functools import partial

import numpy as np

from dualtape.core import kernels
from dualtape.ops.structure import CONSTANTS, calls, parse
from dualtape.ops.table import ROW_OF
from dualtape.ops.translation import OWN_LOOPS

_LIBM = ctypes.CDLL(ctypes.util.find_library("m"))
_LIBM.pow.restype, _LIBM.pow.argtypes = ctypes.c_double, [ctypes.c_double, ctypes.c_double]

EXACT = {"sqrt": lambda x: math.sqrt(x) if x >= 0.0 else math.nan, "fabs": math.fabs, "copysign": math.copysign}
EXACT.update(rint=lambda x: float(np.rint(x)), trunc=lambda x: float(np.trunc(x)), pow=_LIBM.pow)
NUMBERS = {name: math.inf if text == "INFINITY" else float(text) for name, text in CONSTANTS.items()}


def value(formula, known, own=()):
    """The formula's value; `known` gives the names it uses, `own` the functions for which kernels have a loop of their
    own."""
    functions = {name: _OWN[name] if name in own else _function(name) for name in calls(parse(formula))}
    with np.errstate(all="ignore"):
        scope = {name: np.float64(x) for name, x in known.items()}
        return float(eval(formula, {"__builtins__": {}}, {**NUMBERS, **functions, **scope}))


def _function(name):
    if name in EXACT:
        return EXACT[name]
    if name in ROW_OF and ROW_OF[name].home is not None:
        return lambda *operands: np.float64(kernels.evaluate_scalar(name, *operands)[0])
    return partial(kernels.special, name)


# c/sincos.h, which test_sincos.py compares with mpmath: the partials of two rows
_OWN = {
    "cos": lambda x: np.float64(kernels.evaluate("sin", [x], order=1)["dx"][0]),
    "sin": lambda x: -np.float64(kernels.evaluate("cos", [x], order=1)["dx"][0]),
}


def read(row, operands, order, active=3):
    """All partials of `row` up to `order` at one point, in Python: what the kernels store, structural ones left out."""
    known = dict(zip("xy", operands, strict=False), both=float(active == 3))
    known["v"] = value(row.v, known)
    own = OWN_LOOPS if row.arity == 1 else ()
    for name in row.partials:
        formula = getattr(row, name)
        if formula is not None:
            known[name] = 0.0 if formula == "0" else value(formula, known, own)
            if row.home == "scipy.special" and math.isnan(known["v"]):
                known[name] = math.nan
    return known
