"""Interpolation in a table, and sums into bins, as `ArrayOp` rows. In which interval a point lies is found anew at
every point, so that a program that is being recorded needs no guard for it. Written as array_ops.py says; called by
handlers/grids.py and handlers/statistics.py."""

import numpy as np

from .array_ops import ArrayOp, total


def _located(x, xp, fp):
    """The knots j and k between which each point lies, where it lies between them (0 to 1), and the slope there.

    A knot belongs to the interval on its right, the last one to the interval on its left. A point outside of the table
    lies at the nearest end, where the slope is 0.
    """
    last = xp.shape[0] - 1
    j = np.clip(np.searchsorted(xp, x, side="right") - 1, 0, max(last - 1, 0))
    k = np.minimum(j + 1, last)
    inside = (x >= xp[0]) & (x <= xp[-1]) if last else np.zeros(np.shape(x), dtype=bool)
    width = np.where(inside, xp[k] - xp[j], 1.0)
    beyond = np.where(x > xp[-1], 1.0, np.where(np.isnan(x), np.nan, 0.0))
    t = np.where(inside, (x - xp[j]) / width, beyond)
    return j, k, t, np.where(inside, (fp[k] - fp[j]) / width, 0.0 * beyond)


def _interp_jvp(x_dots, xs, v):
    j, k, t, slope = _located(*xs)
    x_dot, xp_dot, fp_dot = x_dots
    return total([
        None if x_dot is None else slope * x_dot,
        None if xp_dot is None else -slope * ((1.0 - t) * xp_dot[j] + t * xp_dot[k]),
        None if fp_dot is None else (1.0 - t) * fp_dot[j] + t * fp_dot[k],
    ])  # fmt: skip


def _interp_vjp(v_bar, xs, v, active):
    j, k, t, slope = _located(*xs)

    def shared(weight):
        """`weight` handed out to the knots on both sides."""
        before, after = (1.0 - t) * weight, t * weight
        bar = np.zeros_like(before, shape=np.shape(xs[1]))
        np.add.at(bar, j, before)
        np.add.at(bar, k, after)
        return bar

    return (
        slope * v_bar if active[0] else None,
        shared(-slope * v_bar) if active[1] else None,
        shared(v_bar) if active[2] else None,
    )


INTERP = ArrayOp("interp", np.interp, _interp_jvp, _interp_vjp)


def _bincount(weights, bins, minlength=0):
    return np.bincount(bins, weights, minlength)


def _bincount_jvp(x_dots, xs, v, bins, minlength=0):
    v_dot = np.zeros_like(x_dots[0], shape=np.shape(v))
    np.add.at(v_dot, bins, x_dots[0])
    return v_dot


def _bincount_vjp(v_bar, xs, v, active, bins, minlength=0):
    return (v_bar[bins],)


BINCOUNT = ArrayOp("bincount", _bincount, _bincount_jvp, _bincount_vjp)

ROWS = (INTERP, BINCOUNT)
