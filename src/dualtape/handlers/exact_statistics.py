"""The functions of `statistics` that compute in fractions: exact sums, rounded once. Here the derivative is that of the
formula in floats, and the value what `statistics` gives, whose last bit the formula may miss. The functions of that
module that compute in floats run as clones: see rewrite/proxies.py."""

import math
import statistics

import numpy as np

from ..core.kinds import as_float64, is_float
from ..trace.functions import foreign, has_active, operand, peeked
from .math_functions import fsum


def _exact(name, formula):
    function = getattr(statistics, name)

    @foreign(f"statistics.{name}")
    def handler(data, *more, **named):
        data = list(data)
        value = function(list(map(_of_its_kind, data)), *map(peeked, more), **{k: peeked(x) for k, x in named.items()})
        estimate = formula(data, *more, **named)
        result = estimate + (value - peeked(estimate))  # exact, as they are neighbours (Sterbenz 1974)
        return result.of_kind(is_float(value))


def _of_its_kind(x):
    """The value of one of the data: the kind of the result follows theirs."""
    return peeked(x) if is_float(x) else np.float64(peeked(x))


def _mean(data):
    return fsum(data) / len(data) if has_active(data) else math.fsum(data) / len(data)


def _squares(data, center):
    """The sum of the squared deviations."""
    deviations = operand(data) - (_mean(data) if center is None else center)
    return fsum(deviations * deviations)


def _variance(data, xbar=None):
    return _squares(data, xbar) / (len(data) - 1)


def _pvariance(data, mu=None):
    return _squares(data, mu) / len(data)


def _root(variance):
    return lambda data, center=None, **named: variance(data, center, **named) ** 0.5


def _harmonic_mean(data, weights=None):
    weights = [1.0] * len(data) if weights is None else list(weights)
    data = [as_float64(x) for x in data]
    all(x >= 0.0 for x in data)  # decided: others are refused
    return sum(weights) / sum(w / x for w, x in zip(weights, data, strict=True))


_exact("mean", _mean)
_exact("variance", _variance)
_exact("pvariance", _pvariance)
_exact("stdev", _root(_variance))
_exact("pstdev", _root(_pvariance))
_exact("harmonic_mean", _harmonic_mean)
