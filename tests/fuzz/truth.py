"""What independent arithmetic says of a program: value, slope and curvature along a line through the point.

Programs run on series (series.py), first over floats; over mpmath, at 40 digits, where floats cannot tell. Tolerances
are argued, not chosen: a second run, in which every product, sum and function value carries a relative error of
NOISE, tells by how much the program magnifies rounding (Vignes 1978, La Porte's method; Higham 2002, section 1.17).
"""

from typing import NamedTuple

import mpmath
import numpy as np

from . import rendering, series, series_library

DIGITS = 40
NOISE = series.NOISE
EPS = 2.0**-52
SAFETY = 1e4  # operations whose rounding adds up, times what the algorithms of both sides may differ
HOPELESS = 1e-3  # relative error of a derivative to be expected: nothing can be said of this point


class Line(NamedTuple):
    """``f(x + t v)``, to second order: arrays in the shape of f(x)."""

    value: np.ndarray
    slope: np.ndarray
    curvature: np.ndarray


def along(program, v, digits=None, noise=None):
    """The line through the program's point in direction v, in floats or with so many digits."""
    number = float if digits is None else mpmath.mpf
    f = rendering.namespace(program, **series_library.NAMES)["f"]
    point = np.empty_like(program.x, dtype=object)  # in its memory order
    point[...] = np.vectorize(lambda p, q: series.variable(0, number(p), number(q), 2), otypes=[object])(program.x, v)
    with mpmath.workdps(digits or 15), series.arithmetic(number, noise), np.errstate(all="ignore"):
        y = f(point if point.ndim else point[()])
        flat = np.ravel(np.asarray(y, dtype=object))
        parts = [[series.coefficient(number, 0, k) for number in flat] for k in range(3)]
        value, slope, half = (np.array([float(p) for p in part]).reshape(np.shape(y)) for part in parts)
    return Line(value, slope, 2.0 * half)


def exactly(program, v):
    """The line at 40 digits, and how large an absolute error rounding explains in each of its parts: infinite where
    nothing can be said."""
    exact = along(program, v, DIGITS)
    noisy = [along(program, v, DIGITS, np.random.default_rng(k)) for k in range(2)]
    tolerances = []
    for k, part in enumerate(exact):
        moved = max(np.abs(other[k] - part).max(initial=0.0) for other in noisy)
        tolerances.append(SAFETY * EPS * (moved / NOISE + np.abs(part).max(initial=0.0) / SAFETY * 16.0))
    if not tolerances[2] <= HOPELESS * max(1.0, np.abs(exact.curvature).max(initial=0.0)):
        tolerances = [np.inf] * 3
    return exact, tolerances
