"""`scipy.spatial.distance`: distances of all pairs of points, which SciPy computes in compiled code. The value is
SciPy's; the derivative is that of the formula."""

import sys

import numpy as np

from ..errors import UnsupportedOperation
from ..trace.functions import foreign, has_active, is_active, move, operand, peeked, primal
from .either import returned

_HOME = "scipy.spatial.distance"
_ALIASES = {
    "euclid": "euclidean", "eu": "euclidean", "e": "euclidean", "sqeuclid": "sqeuclidean", "sqe": "sqeuclidean",
    "cblock": "cityblock", "cb": "cityblock", "c": "cityblock", "cheby": "chebyshev", "ch": "chebyshev",
    "cos": "cosine", "mi": "minkowski", "m": "minkowski", "pnorm": "minkowski", "co": "correlation",
}  # fmt: skip


def _of_scipy(name):
    return getattr(sys.modules[_HOME], name)


def _centred(x):
    return x - np.mean(x, axis=-1, keepdims=True)


def _cosine(u, v):
    return 1.0 - np.sum(u * v, axis=-1) / (np.linalg.norm(u, axis=-1) * np.linalg.norm(v, axis=-1))


def _weighted(power):
    """A Minkowski distance; `norm` is 0 at 0, with derivative 0."""

    def distance(u, v, p=power, w=None):
        d = u - v if w is None else (u - v) * np.asarray(w) ** (0.0 if np.isinf(p) else 1.0 / p)
        return np.linalg.norm(d, p, axis=-1)

    return distance


def _squared(u, v, w=None):
    return np.sum(np.square(u - v) if w is None else np.square(u - v) * w, axis=-1)


_FORMULAS = {
    "euclidean": _weighted(2.0),
    "sqeuclidean": _squared,
    "cityblock": _weighted(1.0),
    "chebyshev": _weighted(np.inf),
    "minkowski": lambda u, v, p=2.0, w=None: _weighted(2.0)(u, v, p, w),
    "cosine": _cosine,
    "correlation": lambda u, v: _cosine(_centred(u), _centred(v)),
    "canberra": lambda u, v: np.sum(_ratio(np.abs(u - v), np.abs(u) + np.abs(v)), axis=-1),
    "braycurtis": lambda u, v: np.sum(np.abs(u - v), axis=-1) / np.sum(np.abs(u + v), axis=-1),
    "seuclidean": lambda u, v, V: np.linalg.norm((u - v) / np.sqrt(V), axis=-1),
    "mahalanobis": lambda u, v, VI: np.sqrt(np.sum(np.matmul(u - v, VI) * (u - v), axis=-1)),
}
_NEEDED = {"seuclidean": "V", "mahalanobis": "VI"}


def _ratio(a, b):
    """0/0 is 0."""
    nothing = b == 0.0
    return np.where(nothing, 0.0, a) / np.where(nothing, 1.0, b)


def _formula(name, metric, options):
    metric = _ALIASES.get(metric, metric) if isinstance(metric, str) else metric
    if not isinstance(metric, str) or metric not in _FORMULAS:
        raise UnsupportedOperation(
            f"{_HOME}.{name} with metric={metric!r} has no derivative rule", f"use one of {', '.join(_FORMULAS)}"
        )
    if has_active(list(options.values())):
        raise UnsupportedOperation(
            f"{_HOME}.{name} has no derivative in the options of the metric", "keep them plain numbers"
        )
    if metric in _NEEDED and options.get(_NEEDED[metric]) is None:
        raise UnsupportedOperation(
            f"{_HOME}.{name} with metric={metric!r} and variances of the traced points has no derivative rule",
            f"give {_NEEDED[metric]}=",
        )
    given = {key: x for key, x in options.items() if x is not None}
    if "w" in given and metric not in ("euclidean", "sqeuclidean", "cityblock", "chebyshev", "minkowski"):
        raise UnsupportedOperation(f"{_HOME}.{name} with w= and metric={metric!r}", "leave w= away")
    return metric, given, _FORMULAS[metric]


def _plain(options):
    return {key: np.asarray(x, dtype=float) if np.ndim(x) else float(x) for key, x in primal(options).items()}


@foreign(f"{_HOME}.cdist")
def cdist(XA, XB, metric="euclidean", *, out=None, **kwargs):
    metric, options, formula = _formula("cdist", metric, kwargs)
    a, b, options = operand(XA), operand(XB), _plain(options)
    _of_scipy("cdist")(peeked(a), peeked(b), metric, **options)  # what it raises is raised
    _require_nowhere(out)
    model = formula(a[:, None, :], b[None, :, :], **options)
    return returned(f"{_HOME}.cdist", model, (a, b), metric=metric, **options)


@foreign(f"{_HOME}.pdist")
def pdist(X, metric="euclidean", *, out=None, **kwargs):
    metric, options, formula = _formula("pdist", metric, kwargs)
    x, options = operand(X), _plain(options)
    _of_scipy("pdist")(peeked(x), metric, **options)  # what it raises is raised
    _require_nowhere(out)
    first, second = np.triu_indices(np.shape(x)[0], 1)
    return returned(f"{_HOME}.pdist", formula(x[first], x[second], **options), (x,), metric=metric, **options)


def _require_nowhere(out):
    if out is not None:
        raise UnsupportedOperation(f"{_HOME} with out= and traced points", "use the result")


@foreign(f"{_HOME}.squareform")
def squareform(X, force="no", checks=True):
    x = operand(X)
    _of_scipy("squareform")(np.array(primal(x) if checks and np.ndim(x) == 2 else peeked(x)), force, checks)

    def place(ids):
        return _of_scipy("squareform")(np.array(ids, dtype=float), force, False).astype(ids.dtype)

    return move([x], place) if is_active(x) else _of_scipy("squareform")(x, force, checks)
