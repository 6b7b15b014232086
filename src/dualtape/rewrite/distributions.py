"""Distributions of scipy.stats in a clone. Their methods are plain NumPy code around ufuncs of scipy.special: with
traced arguments they run as clones of SciPy's own, as if the distribution were an object of the user's."""

import sys

import numpy as np

from dualtape.errors import UnsupportedOperation
from dualtape.handlers.buffers import opened
from dualtape.rewrite.wrapping import Wrapper, active_array, bare, has_active_part
from dualtape.trace.functions import primal

METHODS = frozenset("pdf logpdf cdf logcdf sf logsf ppf isf pmf logpmf mean var std freeze __call__".split())
_OF_PARAMETERS = frozenset("mean var std freeze __call__".split())  # of parameters alone


# Parameters with a value at which SciPy goes over to the formula of a simpler distribution, which does not depend on
# them; the number is how near it the value may be.
_TURNING = {
    "genextreme": {"c": 0.0},
    "genpareto": {"c": 0.0},
    "kappa4": {"h": 0.0, "k": 0.0},
    "pearson3": {"skew": 1.6e-5},
    "skewnorm": {"a": 0.0},
}


class Distribution(Wrapper):
    """A distribution, or one whose parameters are given ("frozen")."""

    __slots__ = ()

    def _plainly(self, method, *args, **kwargs):
        real = self.__wrapped__
        given, by_name = getattr(real, "args", ()), getattr(real, "kwds", {})
        if not any(map(has_active_part, (*args, *kwargs.values(), *given, *by_name.values()))):
            return super()._plainly(method, *args, **kwargs)
        if hasattr(real, "dist"):
            return Distribution(_known(real.dist))._plainly(method, *args, *given, **kwargs, **by_name)
        if method not in METHODS:
            raise _without_rule(real, method)
        args, kwargs = bare(opened(args, [])), bare(opened(kwargs, []))
        if method in ("freeze", "__call__"):
            return GivenParameters(real, args, kwargs)
        if real.name in _TURNING:
            _require_other_formula(real, args if method in _OF_PARAMETERS else args[1:], kwargs)
        return getattr(_live(real), method)(*args, **kwargs)


def _without_rule(distribution, method):
    return UnsupportedOperation(
        f"scipy.stats.{distribution.name}.{method} has no derivative rule",
        f"these methods have: {', '.join(sorted(METHODS - {'__call__'}))}",
    )


class GivenParameters:
    """A distribution whose parameters hold traced numbers ("frozen").

    Attributes
    ----------
    dist : object
        The distribution of SciPy.
    args, kwds
        Its parameters, with which all its methods are called.
    """

    def __init__(self, dist, args, kwds):
        self.dist, self.args, self.kwds = dist, args, kwds

    def __getattr__(self, name):
        if name.startswith("_") or not hasattr(self.dist, name):
            raise AttributeError(f"a distribution with given parameters has no attribute {name!r}")
        if name not in METHODS:
            raise _without_rule(self.dist, name)
        return lambda *args, **kwargs: Distribution(self.dist)._plainly(name, *args, *self.args, **kwargs, **self.kwds)


def _require_other_formula(real, parameters, by_name):
    """Refuse the derivative in a parameter whose value is one where SciPy drops it."""
    names = real.shapes.replace(",", " ").split()
    given = dict(zip(names, parameters, strict=False)) | by_name
    for name, reach in _TURNING[real.name].items():
        if (
            name in given
            and has_active_part(given[name])
            and np.any(np.abs(primal(active_array(given[name]))) <= reach)
        ):
            raise UnsupportedOperation(
                f"scipy.stats.{real.name} has no derivative in {name} at {name} = 0, where SciPy computes without it",
                f"keep {name} away from 0, or a plain number",
            )


def _known(distribution):
    """The public distribution of which SciPy has made a copy for given parameters."""
    known = getattr(sys.modules["scipy.stats"], distribution.name, None)
    return known if type(known) is type(distribution) else distribution


def _live(real):
    """The distribution as it runs on active numbers. Public ones are kept."""
    from dualtape.rewrite.library import live_object

    if _known(real) is not real:
        return live_object(real)
    if real.name not in _public:
        _public[real.name] = live_object(real)
    return _public[real.name]


_public = {}  # name of a distribution -> the live one
