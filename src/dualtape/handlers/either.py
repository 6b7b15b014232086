"""What handlers of functions of real and of complex numbers alike are written with: linear algebra, most of all. A row
is the one of real numbers; where an operand is complex, its counterpart (ops/complexified.py) runs."""

import numpy as np

from ..ops import factor_ops
from ..ops.complexified import COUNTERPART
from ..ops.constant_maps import mapped
from ..trace import functions
from .complex_functions import operands_of
from .complex_numbers import handles_complex, made, number


def handles(*functions_of_numpy):
    """Register the decorated function as the handler for real and for complex numbers."""

    def register(handler):
        handles_complex(*functions_of_numpy)(handler)
        return functions.handles(*functions_of_numpy)(handler)

    return register


def apply(row, *operands, **params):
    """One row on real or complex numbers of any level; see functions.apply."""
    xs = [number(x) for x in operands]
    if not any(map(functions.is_complex, xs)):
        return functions.apply(row, *xs, **params)
    kinds, operands = operands_of(xs)
    if functions.leader(operands) is None:
        return row.primal(*xs, **params)
    counterpart = COUNTERPART[row]
    found = functions.apply(counterpart.row, *operands, kinds=kinds, **params)
    is_real = counterpart.real_results(kinds, params)
    several = isinstance(found, (tuple, list))
    pairs = zip(found if several else (found,), is_real, strict=True)
    results = tuple(x if real else made(x[0], x[1]) for x, real in pairs)
    return results if several else results[0]


def returned(function, models, args, parts=None, turned=(), **kwargs):
    """What `function` returns for `args`, with the derivatives of `models`, which compute the same; see AS_RETURNED."""
    models = [models] if parts is None else list(models)
    if not any(functions.CARRIERS[type(model)] for model in models):
        models[0] = number(models[0])
    params = {"function": function, "models": len(models), "kwargs": kwargs, "parts": parts, "turned": turned}
    return apply(factor_ops.AS_RETURNED, *models, *args, **params)


def image(x, linear):
    """The image of a real or complex number under a `LinearMap`."""
    x = number(x)
    return mapped(made(x, np.zeros(np.shape(x))) if linear.is_complex and not functions.is_complex(x) else x, linear)


def square(z):
    """``|z|^2``."""
    if not functions.is_complex(z):
        return z * z
    return z.real * z.real + z.imag * z.imag
