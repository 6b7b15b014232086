"""Elementwise functions of NumPy that are no rows of table.py because they need more than a formula of C, one `ArrayOp`
row each. Written as array_ops.py says; called by handlers/elementwise.py and handlers/ufuncs.py."""

import numpy as np

from .array_ops import ArrayOp, unbroadcast
from .complexified import is_plain

# ---- the modified Bessel function of order 0 ----

_MOST_NODES = 128  # exact to rounding up to the largest x whose value is a float, 713


def _n_nodes(x):
    """How many nodes make the error, about ``exp(-(4 n)^2/(2 x))``, less than rounding: 2.2 times the root of x."""
    if not is_plain(x):
        return _MOST_NODES  # a recorded rule may run at larger numbers
    largest = np.max(np.abs(x), initial=0.0)
    return int(3.0 * np.sqrt(largest)) + 8 if largest < 700.0 else _MOST_NODES


def _i0_slope(x):
    """``i0'(x) = mean over theta in (0, pi/2) of cos(theta) sinh(x cos(theta))``, by the midpoint rule, which converges
    faster than any power for a periodic function (Trefethen & Weideman 2014)."""
    n = _n_nodes(x)
    cosines = np.cos((np.arange(n) + 0.5) * (0.5 * np.pi / n))
    return np.matmul(np.sinh(np.expand_dims(x, -1) * cosines), cosines / n)


def _i0_jvp(x_dots, xs, v):
    return x_dots[0] * _i0_slope(xs[0])


def _i0_vjp(v_bar, xs, v, active):
    return (v_bar * _i0_slope(xs[0]),)


I0 = ArrayOp("i0", np.i0, _i0_jvp, _i0_vjp)

# ---- the next float ----


def _nextafter_jvp(x_dots, xs, v):
    """It moves with the number that it is next to."""
    shape = np.shape(v)
    return np.zeros(shape) if x_dots[0] is None else np.broadcast_to(x_dots[0], shape)


def _nextafter_vjp(v_bar, xs, v, active):
    return unbroadcast(v_bar, np.shape(xs[0])) if active[0] else None, np.zeros(np.shape(xs[1])) if active[1] else None


NEXTAFTER = ArrayOp("nextafter", np.nextafter, _nextafter_jvp, _nextafter_vjp)

ROWS = (I0, NEXTAFTER)
