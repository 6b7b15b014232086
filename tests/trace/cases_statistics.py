"""Cases of handlers/statistics.py and handlers/sets.py."""

import numpy as np
from case import A, B, C, Case

METHODS = (
    "inverted_cdf averaged_inverted_cdf closest_observation interpolated_inverted_cdf hazen weibull linear "
    "median_unbiased normal_unbiased lower higher midpoint nearest"
).split()
_mask = np.array([[True, False, True, True], [False, True, True, True]])
_counted = np.array([0, 2, 2, 1, 0])
_SAMPLE = np.array([0.11, 0.93, 0.52, 0.47, 0.78])
_TWICE = np.array([0.5, 0.2, 0.5, 0.9, 0.2])

QUANTILES = [
    *(
        Case(f"quantile {method}", lambda x, method=method: np.quantile(x, [0.1, 0.5, 0.77], method=method), ((5,),))
        for method in METHODS
    ),
    Case("quantile scalar", lambda x: np.quantile(x, 0.3), (B,)),
    Case(
        "quantile weights",
        lambda x: np.quantile(x, [0.2, 0.6], weights=[1.0, 2.0, 0.5], method="inverted_cdf"),
        (A,),
        looks=True,
    ),
    Case("quantile active q", lambda x, q: np.quantile(x, q), ((6,), np.array([0.13, 0.52])), looks=True),
    Case("percentile", lambda x: np.percentile(x, [[10, 50.0], [20, 100]], axis=1, keepdims=True), (B,)),
    Case("percentile axes", lambda x: np.percentile(x, 30, axis=(0, 2)), (C,)),
    Case("nanquantile", lambda x: np.nanquantile(np.where(_mask, x, np.nan), [0.3, 0.6], axis=1), ((2, 4),)),
    Case("nanpercentile", lambda x: np.nanpercentile(np.where(_mask, x, np.nan), 30), ((2, 4),)),
]

STATISTICS = [
    Case("cov", lambda x: np.cov(x), (B,)),
    Case("cov of two", lambda x, y: np.cov(x, y, ddof=0), ((4,), (4,))),
    Case("cov weights", lambda x, w: np.cov(x, aweights=w, fweights=[1, 2, 1]), (B, A), True),
    Case("cov columns", lambda x: np.cov(x, rowvar=False, bias=True), ((4, 2),)),
    Case("corrcoef", lambda x: np.corrcoef(x), ((2, 4),)),
    Case("bincount", lambda w: np.bincount(_counted, w, minlength=5), ((5,),)),
    Case("histogram weights", lambda w: np.histogram(_SAMPLE, 3, weights=w)[0], ((5,),)),
    Case("histogram edges", lambda x: np.histogram(x, 3)[1], (_SAMPLE,), looks=True),
    Case(
        "histogram density", lambda w: np.histogram(_SAMPLE, [0.0, 0.5, 1.0], weights=w, density=True)[0], ((5,),), True
    ),
    Case("histogram range", lambda w: np.histogram(_SAMPLE, 4, (0.2, 0.8), weights=w)[0], ((5,),)),
    Case("histogram2d", lambda w: np.histogram2d(_SAMPLE, _SAMPLE**2, 3, weights=w)[0], ((5,),)),
    Case(
        "histogramdd",
        lambda w: np.histogramdd(np.stack([_SAMPLE, _SAMPLE**2], 1), [2, 3], weights=w)[0],
        ((5,),),
    ),
    Case("histogram_bin_edges", lambda x: np.histogram_bin_edges(x, 4), (_SAMPLE,)),
    Case("histogram_bin_edges range", lambda x: np.histogram_bin_edges(x, 3, (x[0] - 2.0, x[1] + 2.0)), (_SAMPLE,)),
    Case("histogramdd edges", lambda x: np.histogramdd(np.stack([x, x**2], 1), 3)[1][1], (_SAMPLE,), looks=True),
    Case("count of bins", lambda x: x * np.digitize(x, [0.2, 0.5]) * np.histogram(x, 3)[0][0], (_SAMPLE,), looks=True),
]

SETS = [
    Case("unique", lambda x: np.unique(x), (_SAMPLE,)),
    Case(
        "unique counts", lambda x: np.unique(np.round(x * 2.0), return_counts=True)[1] * x[:3], (_SAMPLE,), looks=True
    ),
    Case("unique inverse", lambda x: np.unique(x, return_inverse=True)[1] * x, (_SAMPLE,), looks=True),
    Case("unique index", lambda x: x[np.unique(x, return_index=True)[1]] * np.unique(x), (_SAMPLE,), looks=True),
    Case("unique rows", lambda x: np.unique(x, axis=0), ((4, 2),), looks=True),
    Case(
        "unique columns",
        lambda x: np.unique(np.concatenate([x, x], axis=1), axis=1, return_counts=True)[0],
        ((2, 3),),
        looks=True,
    ),
    Case("unique_all", lambda x: np.unique_all(x).values * np.unique_all(x).counts, (_SAMPLE,), looks=True),
    Case("unique_values", lambda x: np.unique_values(x), (_SAMPLE,)),
    Case("unique_counts", lambda x: np.unique_counts(x).values, (_SAMPLE,)),
    Case("unique_inverse", lambda x: np.unique_inverse(x).values[np.unique_inverse(x)[1]], (_SAMPLE,), looks=True),
    Case("union1d", lambda x, y: np.union1d(x, y), (A, B)),
    Case("intersect1d", lambda x: np.intersect1d(x, x[1:3]), (_SAMPLE,), looks=True),
    Case("setdiff1d", lambda x: np.setdiff1d(x, x[1:3] + 0.0), (_SAMPLE,), looks=True),
    Case("setxor1d", lambda x: np.setxor1d(x, [0.5, 0.1]), (_SAMPLE,)),
]

PADS = [
    *(
        Case(f"pad {mode}", lambda x, mode=mode: np.pad(x, ((1, 2), (2, 1)), mode=mode), ((3, 4),))
        for mode in ("linear_ramp", "maximum", "mean", "median", "minimum")
    ),
    Case("pad odd", lambda x: np.pad(x, ((1, 2), (2, 5)), mode="reflect", reflect_type="odd"), ((3, 4),)),
    Case("pad symmetric odd", lambda x: np.pad(x, (2, 5), mode="symmetric", reflect_type="odd"), ((4,),)),
    Case("pad stat_length", lambda x: np.pad(x, 2, mode="mean", stat_length=2), ((3, 4),)),
    Case("pad end_values", lambda x: np.pad(x, 2, mode="linear_ramp", end_values=x[0] * x[1]), ((4,),)),
]

CASES = [*QUANTILES, *STATISTICS, *SETS, *PADS]
