"""What c/special.h does by cases, for active numbers: functions that first partials of the rule table call, written so
that the result can itself be differentiated, to any depth. Choices are made on primals; a choice not taken contributes
nothing. Called by partials.py, which does without the longer series of c/special.h.

A function here has its namesake's value, and the derivative of the smooth function that the case stands for: `fabs`,
which partials use for stability only, therefore takes the right-hand branch at 0."""

import numpy as np

from .functions import is_active, primal

_PI = np.pi
_LOWEST = -np.finfo(np.float64).max


def _where(condition, taken, otherwise):
    """np.where, which for scalars gives a scalar."""
    if np.ndim(condition) == 0:
        return taken if condition else otherwise
    return np.where(condition, taken, otherwise)


def within(inside, value):
    return _where(inside, value, np.nan)


def sgn(x):
    return np.sign(primal(x))


def fabs(x):
    return x * _where(primal(x) < 0.0, -1.0, 1.0)


def leads(x, y, both):
    x, y = primal(x), primal(y)
    tied = 0.5 if both else -0.0
    return _where(x > y, 1.0, _where(x < y, -0.0, _where(x == y, tied, np.nan)))


def leads_nan(x, y, both):
    p, q = primal(x), primal(y)
    no_x, no_y = np.isnan(p), np.isnan(q)
    return _where(no_y & ~no_x, 1.0, _where(no_x & ~no_y, -0.0, leads(p, q, both)))


def at_zero(x):
    x = primal(x)
    return _where(x == 0.0, 1.0, _where(np.isnan(x), np.nan, -0.0))


def _quotient_of_root(x, v):
    """``x/v`` for a distance v; at v = 0 it is 0 with unbounded slope, so that the second order is not a number."""
    zero = primal(v) == 0.0
    return _where(zero, np.sqrt(v), x / _where(zero, 1.0, v))


def root_d(v):
    return _quotient_of_root(0.5, v)


def hypot_d(x, v):
    return _quotient_of_root(x, v)


def over_square(p, x, y):
    scale = np.maximum(np.abs(primal(x)), np.abs(primal(y)))
    return p / scale / (np.square(x / scale) + np.square(y / scale)) / scale


def hypot1(x):
    return np.hypot(1.0, x)


def logistic(t, e):
    """``1/(1 + exp(-t))``. `e` is exp(-|t|), but its slope at t = 0 is that of a kink: it is computed anew."""
    positive = primal(t) >= 0.0
    e = np.exp(t * _where(positive, -1.0, 1.0))
    return _where(positive, 1.0, e) / (1.0 + e)


def bell(e):
    return e / np.square(1.0 + e)


def power_dx(x, y, v):
    """``y x^(y-1)``; a passive exponent 0 gives exactly 0 also at x = 0."""
    if is_active(y):
        return y * np.power(x, y - 1.0)
    zero = np.equal(y, 0.0)
    if not np.any(zero):
        return y * np.power(x, y - 1.0)
    return _where(zero, 0.0, y * np.power(x, _where(zero, 1.0, y) - 1.0))


def power_dy(x, v, log_x):
    """``v log(x)``. Where v = 0 the value is 0, its slope that of v times -inf (-1e308, so that 0 stays 0)."""
    zero = (primal(v) == 0.0) & (primal(x) >= 0.0)
    return _where(zero, v * _LOWEST, v * log_x) if np.any(zero) else v * log_x


def shifted(x, n):
    return x * np.exp2(primal(n))


def ratio(p, q):
    q_is_zero = primal(q) == 0.0
    return _where(q_is_zero & (primal(p) == 0.0), 0.0, p / q)


def fade(x, d):
    return _where(primal(d) == 0.0, 0.0, x * d)


def sinc_d(x, v, cos_t):
    """``(cos(t) - v)/x`` with ``t = pi x``; near 0 the Taylor series, whose derivatives are exact as well."""
    t = _PI * x
    near = np.abs(primal(t)) < 1.5
    s, total = np.square(t), 0.0
    for k in range(13, 0, -1):
        total = 1.0 - total * s * ((k + 1.0) / (k * (2.0 * k + 2.0) * (2.0 * k + 3.0)))
    series = -_PI * t * total / 3.0
    return _where(near, series, (cos_t - v) / _where(near, 1.0, x))
