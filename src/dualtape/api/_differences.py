"""Derivatives by differences, for judging the exact ones: central differences extrapolated to step zero, and complex
steps.

Nothing here knows how dualtape differentiates; it only calls a function of a flat vector. `check.py` compares.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

_STEPS = 2.0 ** -np.arange(3.0, 26.0, 2.0)  # relative to the entry: 1/8, 1/32, ... 6e-8
_EPS = float(np.finfo(np.float64).eps)
_COMPLEX_STEP = 1e-100

Vector = np.ndarray[Any, np.dtype[np.float64]]
Function = Callable[[Any], Any]


class Estimate(NamedTuple):
    """A column of a Jacobian by differences.

    Attributes
    ----------
    value, error : ndarray, shape (m,)
        The derivative and how far off it may be; NaN and inf where no step gave one.
    left, right, slope_error : ndarray, shape (m,)
        One-sided derivatives, which differ at a kink, and how far off either may be.
    """

    value: Vector
    error: Vector
    left: Vector
    right: Vector
    slope_error: Vector


def column(f: Function, x: Vector, j: int) -> Estimate:
    """Differentiate f by entry j of x.

    Notes
    -----
    Neville's extrapolation of central differences in h**2, the best entry of the tableau chosen by its own error
    (Ridders 1982), with a floor for the rounding of f. Where f takes complex numbers and the complex step agrees with
    that, the complex step is the better value (Squire & Trapp 1998).
    """
    steps = _STEPS * max(abs(x[j]), 1.0)
    middle = _moved(f, x, j, 0.0)
    above = np.array([_moved(f, x, j, h, middle.shape) for h in steps])
    below = np.array([_moved(f, x, j, -h, middle.shape) for h in steps])
    h = steps[:, None]
    with np.errstate(all="ignore"):
        rounding = _EPS * np.maximum(np.abs(above), np.abs(below)) / h
        value, error = _extrapolate((above - below) / (2.0 * h), rounding, 16.0)
        right, right_error = _extrapolate((above - middle) / h, rounding, 4.0)
        left, left_error = _extrapolate((middle - below) / h, rounding, 4.0)
        exact = _complex_step(f, x, j)
        if exact is not None:
            trusted = np.abs(exact - value) <= 10.0 * error
            value = np.where(trusted, exact, value)
            error = np.where(trusted, np.minimum(error, 100.0 * _EPS * np.abs(exact)), error)
    return Estimate(value, error, left, right, np.maximum(left_error, right_error))


def _moved(f: Function, x: Vector, j: int, h: float, shape: tuple[int, ...] | None = None) -> Vector:
    """f at x + h e_j; NaN where f cannot be evaluated there."""
    moved = x.copy()
    moved[j] += h
    try:
        with np.errstate(all="ignore"):
            result = np.asarray(f(moved))
    except (ArithmeticError, ValueError):  # outside the domain, as math.log(-1.0) tells it
        return np.full(np.shape(f(x)), np.nan)
    if shape is not None and result.shape != shape:  # complex there, so that it has two parts
        return np.full(shape, np.nan)
    # outside the domain, as (-1.0) ** 0.5 tells it
    return np.full(result.shape, np.nan) if result.dtype.kind == "c" else result.astype(np.float64, copy=False)


def _extrapolate(differences: Vector, rounding: Vector, ratio: float) -> tuple[Vector, Vector]:
    """Extrapolate difference quotients, rows of falling step, to step zero.

    Parameters
    ----------
    differences, rounding : ndarray, shape (steps, m)
        Quotients, and what rounding alone may have put into them.
    ratio : float
        By which factor the leading error term falls from row to row.

    Returns
    -------
    value, error : ndarray, shape (m,)
    """
    m = differences.shape[1]
    value, error = np.full(m, np.nan), np.full(m, np.inf)
    previous: list[Vector] = []
    for row, noise in zip(differences, rounding, strict=True):
        current = [row]
        for k, before in enumerate(previous):
            power = ratio ** (k + 1)
            current.append((power * current[k] - before) / (power - 1.0))
            distance = np.maximum(np.abs(current[k + 1] - current[k]), np.abs(current[k + 1] - before)) + 2.0 * noise
            better = distance < error  # False for NaN
            value = np.where(better, current[k + 1], value)
            error = np.where(better, distance, error)
        previous = current
    return value, error


def _complex_step(f: Function, x: Vector, j: int) -> Vector | None:
    moved = x.astype(np.complex128)
    moved[j] += 1j * _COMPLEX_STEP
    try:
        with np.errstate(all="ignore"):
            result = np.asarray(f(moved))
    except Exception:  # whatever f says to complex numbers: then there is no second opinion
        return None
    return result.imag / _COMPLEX_STEP if result.dtype == np.complex128 else None
