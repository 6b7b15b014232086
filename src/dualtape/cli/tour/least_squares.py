"""Nonlinear least squares by Levenberg-Marquardt and Gauss-Newton steps, on a Jacobian that the caller supplies.

Written for the tour, to show what exact derivatives are good for; it is not part of the public API. Far from the
solution the steps of Levenberg (1944) and Marquardt (1963) are scaled as in More (1978), section 6, and damped as in
Madsen, Nielsen & Tingleff (2004), equation 2.21. Close to it the sum of squares is flat to rounding and cannot judge
a step any more, so Gauss-Newton steps finish the work, judged by the relative offset of Bates & Watts (1981), here
without their degrees of freedom: the share of the residual that the tangent plane still explains, zero at the solution.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[np.float64]]
Linearised = Callable[[Array], tuple[Array, Array]]

_MAX_STEPS = 500
_NEAR = 1e-3  # relative offset from which Gauss-Newton takes over


@dataclass(frozen=True)
class Fit:
    """Where the iteration ended.

    Attributes
    ----------
    parameters, deviations : ndarray, shape (n,)
        Estimates, and their standard deviations ``s * sqrt(diag(inv(J'J)))``.
    sum_of_squares : float
        Of the residuals.
    steps : int
        Jacobians evaluated.
    offset : float
        Relative offset at the end; near rounding if it has converged.
    """

    parameters: Array
    deviations: Array
    sum_of_squares: float
    steps: int
    offset: float


def fit(residuals_and_jacobian: Linearised, start: Any) -> Fit:
    """Minimise the sum of squares of m residuals in n parameters.

    Parameters
    ----------
    residuals_and_jacobian : callable
        Maps parameters, shape (n,), to residuals, shape (m,), and their Jacobian, shape (m, n). May give NaN or inf:
        such a point is refused.
    start : array_like, shape (n,)
        Where to begin.

    Returns
    -------
    Fit
        The last point, converged or not: `Fit.offset` tells.
    """
    b = np.array(start, dtype=float)
    r, J = residuals_and_jacobian(b)
    b, r, J, steps = _levenberg_marquardt(residuals_and_jacobian, b, r, J)
    b, r, J, steps = _gauss_newton(residuals_and_jacobian, b, r, J, steps)
    m, n = J.shape
    inverse_factor = np.linalg.solve(np.linalg.qr(J, mode="r"), np.eye(n))  # inv(J'J) = inv(R) inv(R)'
    deviations = np.sqrt(r @ r / (m - n)) * np.linalg.norm(inverse_factor, axis=1)
    return Fit(b, deviations, float(r @ r), steps, relative_offset(r, J))


def relative_offset(r: Array, J: Array) -> float:
    """Length of the residual's projection on the tangent plane, relative to the residual. Bates & Watts (1981)."""
    Q, _ = np.linalg.qr(J)
    return float(np.linalg.norm(Q.T @ r) / np.linalg.norm(r))


def _levenberg_marquardt(
    residuals_and_jacobian: Linearised, b: Array, r: Array, J: Array
) -> tuple[Array, Array, Array, int]:
    scale = np.linalg.norm(J, axis=0)
    mu, growth = 1e-3, 2.0
    steps = 0
    while relative_offset(r, J) > _NEAR and steps < _MAX_STEPS:
        steps += 1
        scale = np.maximum(scale, np.linalg.norm(J, axis=0))  # More (1978): the scaling never shrinks
        step = _damped_step(r, J, np.sqrt(mu) * scale)
        r_new, J_new = residuals_and_jacobian(b + step)
        predicted = float(-step @ (J.T @ r) - 0.5 * np.sum((J @ step) ** 2))
        actual = float(0.5 * (r @ r - r_new @ r_new))
        if actual > 0 and np.all(np.isfinite(J_new)):  # a NaN compares false, so it is refused as well
            b, r, J = b + step, r_new, J_new
            mu *= max(1 / 3, 1 - (2 * actual / predicted - 1) ** 3)
            growth = 2.0
        else:
            mu *= growth
            growth *= 2.0
    return b, r, J, steps


def _damped_step(r: Array, J: Array, damping: Array) -> Array:
    """Solve ``min |J s + r|^2 + |damping * s|^2`` as one linear least-squares problem: no squared condition."""
    n = damping.size
    stacked, right_side = np.vstack([J, np.diag(damping)]), np.concatenate([-r, np.zeros(n)])
    return np.asarray(np.linalg.lstsq(stacked, right_side, rcond=None)[0])


def _gauss_newton(
    residuals_and_jacobian: Linearised, b: Array, r: Array, J: Array, steps: int
) -> tuple[Array, Array, Array, int]:
    offset = relative_offset(r, J)
    while steps < _MAX_STEPS:
        Q, R = np.linalg.qr(J)
        b_new = b - np.linalg.solve(R, Q.T @ r)
        r_new, J_new = residuals_and_jacobian(b_new)
        steps += 1
        offset_new = relative_offset(r_new, J_new) if np.all(np.isfinite(J_new)) else np.inf
        if not offset_new < offset:  # rounding is reached, or the step led away
            break
        b, r, J, offset = b_new, r_new, J_new, offset_new
    return b, r, J, steps
