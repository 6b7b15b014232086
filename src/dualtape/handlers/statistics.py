"""Quantiles, covariances and histograms. Quantiles and covariances are NumPy's own code; of a histogram the counts have
no derivative, sums of weights and edges that depend on the data have one."""

import numpy as np

from ..ops import grid_ops
from ..trace.functions import apply, handles, has_active, operand, primal
from .borrowed import borrows

borrows(np.percentile, np.quantile, np.nanpercentile, np.nanquantile, np.cov, np.corrcoef)
borrows(np.histogram, np.histogram2d, np.histogramdd, np.histogram_bin_edges)


@handles(np.bincount)
def bincount(x, /, weights=None, minlength=0):
    bins = primal(x)
    if not has_active(weights):
        return np.bincount(bins, primal(weights), minlength)
    np.bincount(bins, np.zeros(np.shape(weights)))  # raises what NumPy raises
    return apply(grid_ops.BINCOUNT, operand(weights), bins=np.asarray(bins), minlength=int(minlength))
