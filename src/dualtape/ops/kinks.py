"""Where the functions of the table, and the array operations, have no derivative: at their kinks, jumps and ends.

A row has a test here if a derivative of it is a convention somewhere (docs/reference/kinks.md). The test tells, element
by element, whether the operands are there. What is differentiable but infinite, as log at 0, is none. Called by
trace/inspection.py for ``nonsmooth="raise"``."""

import numpy as np

from .array_ops import reduced_last
from .decisions import ask


def _is_zero(x, y):
    return x == 0.0


def _is_one(x, y):
    return np.abs(x) == 1.0


def _is_whole(x, y):
    return x == np.floor(x)


def _is_other_whole(x, y):
    """A whole number other than 0, where trunc is 0 on both sides."""
    return (x == np.floor(x)) & (x != 0.0)


def _is_half(x, y):
    return x - np.floor(x) == 0.5


def is_tie(x, y):
    """The one test that an operand passes with itself, where there is no kink."""
    return x == y


def _is_multiple(x, y):
    return np.fmod(x, y) == 0.0


def _is_other_multiple(x, y):
    return (np.fmod(x, y) == 0.0) & (x != 0.0)


def _is_origin(x, y):
    return (x == 0.0) & (y == 0.0)


def _is_on_cut(x, y):
    """arctan2 jumps from -pi to pi on the negative half of its second axis."""
    return (x == 0.0) & (y <= 0.0)


def _is_zero_of_a_power(x, y):
    """Whole positive powers are smooth."""
    return (x == 0.0) & ((y != np.floor(y)) | (y < 0.0))


def _is_border(x, y):
    return np.abs(y) == x


KINKS = {
    "absolute": _is_zero,
    "fabs": _is_zero,
    "sign": _is_zero,
    "heaviside": _is_zero,
    "copysign": _is_zero,
    "sqrt": _is_zero,
    "root": _is_zero,
    "cbrt": _is_zero,
    "special_cbrt": _is_zero,
    "i0e": _is_zero,
    "i1e": _is_zero,
    "arcsin": _is_one,
    "arccos": _is_one,
    "arccosh": _is_one,
    "floor": _is_whole,
    "ceil": _is_whole,
    "trunc": _is_other_whole,
    "rint": _is_half,
    "round": _is_half,
    "maximum": is_tie,
    "minimum": is_tie,
    "fmax": is_tie,
    "fmin": is_tie,
    "less": is_tie,
    "less_equal": is_tie,
    "greater": is_tie,
    "greater_equal": is_tie,
    "equal": is_tie,
    "not_equal": is_tie,
    "floor_divide": _is_multiple,
    "remainder": _is_multiple,
    "fmod": _is_other_multiple,
    "hypot": _is_origin,
    "arctan2": _is_on_cut,
    "power": _is_zero_of_a_power,
    "float_power": _is_zero_of_a_power,
    "scalar_power": _is_zero_of_a_power,
    "huber": _is_border,
}

# What is left of a kink while the first operand does not depend on the input: a cut is smooth along itself.
CUTS = {"arctan2": _is_origin}


_ROUNDING = 1e-14  # relative: values that are closer are taken for equal


# Array operations: a test of the operands, the parameters and the results.


def _is_tied(xs, results, axis, function, options):
    """An element chosen by its order equals another one of its row."""
    ordered = np.sort(reduced_last(xs[0], axis), axis=-1)
    same = ordered[..., 1:] == ordered[..., :-1]
    if function == "argmax":
        same = same[..., -1:]
    elif function == "argmin":
        same = same[..., :1]
    return same.any()


def _is_on_a_step(xs, results, function, args, kwargs, part=None):
    """A piecewise constant function has other values on either side."""
    below, above = (ask(function, args, kwargs, [np.nextafter(x, side) for x in xs]) for side in (-np.inf, np.inf))
    if part is not None:
        below, above = below[part], above[part]
    return ~((below == above) | (np.isnan(below) & np.isnan(above)))


def _is_at_a_knot(xs, results):
    """Between two pieces of a table."""
    x, knots = xs[0], np.asarray(xs[1])
    return np.isin(x, knots)


def _repeat(values):
    """Equal to rounding."""
    ordered = np.sort(values, axis=-1)
    gap = ordered[..., 1:] - ordered[..., :-1]
    return gap <= _ROUNDING * np.max(np.abs(ordered), axis=-1, keepdims=True, initial=0.0)


def _has_repeated_eigenvalues(xs, results, **params):
    return _repeat(results[0])


def _has_repeated_singular_values(xs, results, **params):
    """Or one that is zero: its absolute value is what there is."""
    s = next(part for part in results if np.ndim(part) == np.ndim(xs[0]) - 1)
    return np.append(_repeat(s), s <= _ROUNDING * np.max(s, axis=-1, keepdims=True, initial=0.0))


ARRAY_KINKS = {
    "ordered": _is_tied,
    "step": _is_on_a_step,
    "interp": _is_at_a_knot,
    "linalg.eigh": _has_repeated_eigenvalues,
    "linalg.eigvalsh": _has_repeated_eigenvalues,
    "scipy.linalg.eigh": _has_repeated_eigenvalues,
    "scipy.linalg.eigvalsh": _has_repeated_eigenvalues,
    "linalg.svd": _has_repeated_singular_values,
    "linalg.svdvals": _has_repeated_singular_values,
    "scipy.linalg.svd": _has_repeated_singular_values,
}
