"""Functions on grids: ranges between active ends, differences, interpolation in a table."""

import numpy as np

from ..ops import grid_ops
from ..ops.order_ops import TAKEN
from ..trace.functions import apply, handles, operand, peeked
from .borrowed import borrows

borrows(np.linspace, np.logspace, np.geomspace, np.gradient, np.ediff1d, np.unwrap, np.ix_)


def _wrapped(x, xp, fp, period):
    """Points and table in one period, with a neighbour on both sides."""
    x, xp = x % period, xp % period
    fp, xp = apply(TAKEN, fp, xp, axis=0, function="argsort", options={}), np.sort(xp)
    xp = np.concatenate((xp[-1:] - period, xp, xp[0:1] + period))
    return x, xp, np.concatenate((fp[-1:], fp, fp[0:1]))


@handles(np.interp)
def interp(x, xp, fp, left=None, right=None, period=None):
    """Piecewise linear in `x` and `fp`. At a knot the derivative is that of the piece on its right, at the last one on
    its left; outside of the table `left` and `right` count."""
    x, xp, fp = operand(x), operand(xp), operand(fp)
    if period is not None:
        np.interp(
            0.0, np.zeros(np.shape(xp)), np.zeros(np.shape(fp)), period=peeked(period)
        )  # raises what NumPy raises
        x, xp, fp = _wrapped(x, xp, fp, np.abs(operand(period)))
        left = right = None
    result = apply(grid_ops.INTERP, x, xp, fp)
    for outside, value in ((x < xp[0], left), (x > xp[-1], right)):
        if value is not None:
            result = np.where(outside, value, result)
    return result
