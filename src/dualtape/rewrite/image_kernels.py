"""The compiled loops under scipy.ndimage that weigh a neighbourhood: correlations, which are linear in the image, and
the extremes and ranks, which choose an element of it. Weights are plain numbers."""

from importlib import import_module

import numpy as np

from dualtape.errors import UnsupportedOperation
from dualtape.ops.constant_maps import LinearMap, mapped
from dualtape.rewrite.kernels import compiled, kernel, plain_numbers, real_numbers
from dualtape.trace.functions import has_active, move, peeked

_PADDED = {0: "edge", 1: "wrap", 2: "symmetric", 3: "reflect", 5: "wrap"}  # by SciPy's numbers of the modes
_CONSTANT = (4, 6)


def _image(name):
    return getattr(import_module("scipy.ndimage._nd_image"), name)


def _places(n, size, origin, mode):
    """Which element each place of a padded axis holds, -1 outside: out_i is weighed over places i ... i + size - 1."""
    before = size // 2 + origin
    width = before, size - 1 - before
    places = np.arange(n)
    if mode in _CONSTANT:
        return np.pad(places, width, constant_values=-1)
    return np.pad(places, width, mode=_PADDED[mode])


def _padded_places(shape, sizes, origins, mode):
    """The same for all axes, as flat indices."""
    found = np.zeros((1,) * len(shape), dtype=np.int64)
    outside = np.zeros((1,) * len(shape), dtype=bool)
    for axis, (n, size, origin) in enumerate(zip(shape, sizes, origins, strict=True)):
        column = np.reshape(_places(n, size, origin, mode), (-1,) + (1,) * (len(shape) - 1 - axis))
        found, outside = found * n + column, outside | (column < 0)
    return np.where(outside, -1, found)


def _windows(shape, weights):
    """The slices of a padded image that a weight multiplies, for each that is not 0."""
    for offset in np.argwhere(weights):
        yield tuple(slice(k, k + n) for k, n in zip(offset, shape, strict=True)), weights[tuple(offset)]


def _transposed(v, weights, origins, mode):
    """Each weight sends its share back to the place that it had come from."""
    places = _padded_places(v.shape, weights.shape, origins, mode)
    padded = np.zeros(places.shape)
    for window, weight in _windows(v.shape, weights):
        padded[window] += weight * v
    inside = places >= 0
    return np.bincount(places[inside], padded[inside], minlength=v.size).reshape(v.shape)


def _correlated(x, output, run, weights, origins, mode, cval):
    """`run` writes into its second argument what it makes of its first one and of what is outside."""
    if has_active([cval]):
        raise UnsupportedOperation("scipy.ndimage with a traced cval has no derivative in it", "pad with np.pad")
    (x,) = real_numbers(x)

    def forward(x, outside=0.0):
        found = np.zeros(x.shape)
        run(np.asarray(x), found, outside)
        return found

    found = mapped(x, LinearMap(forward, lambda v: _transposed(np.asarray(v), weights, origins, mode)))
    output[...] = compiled(lambda x: forward(x, cval), found, x) if mode in _CONSTANT and cval else found


def _along(axis, ndim, weights, origin):
    """Weights and origins along one axis."""
    shape = [1] * ndim
    shape[axis] = -1
    origins = [0] * ndim
    origins[axis] = int(origin)
    return np.reshape(weights, shape), origins


def _plain(weights):
    problem = "scipy.ndimage has no derivative in the weights of a filter"
    return plain_numbers(weights, problem, "use scipy.signal.convolve, or np.convolve")


@kernel("scipy.ndimage._nd_image.correlate1d")
def correlate1d(x, weights, axis, output, mode, cval, origin):
    weights = _plain(weights)
    spread, origins = _along(axis, np.ndim(x), weights, origin)

    def run(x, found, outside):
        _image("correlate1d")(x, weights, axis, found, mode, outside, origin)

    _correlated(x, output, run, spread, origins, mode, cval)


@kernel("scipy.ndimage._nd_image.uniform_filter1d")
def uniform_filter1d(x, size, axis, output, mode, cval, origin):
    spread, origins = _along(axis, np.ndim(x), np.full(size, 1.0 / size), origin)

    def run(x, found, outside):
        _image("uniform_filter1d")(x, size, axis, found, mode, outside, origin)

    _correlated(x, output, run, spread, origins, mode, cval)


@kernel("scipy.ndimage._nd_image.correlate")
def correlate(x, weights, output, mode, cval, origins):
    weights = _plain(weights)

    def run(x, found, outside):
        _image("correlate")(x, weights, found, mode, outside, origins)

    _correlated(x, output, run, weights, list(origins), mode, cval)


# ---- what chooses an element ----


def _neighbours(x, footprint, origins, mode, cval):
    """The elements of each neighbourhood along a first axis."""
    places = _padded_places(np.shape(x), footprint.shape, origins, mode)

    def gather(ids, outside):
        padded = np.where(places >= 0, ids.ravel()[places], outside)
        return np.stack([padded[window] for window, _ in _windows(ids.shape, footprint)])

    return move([x, np.asarray(cval, dtype=np.float64)[()]], gather)


@kernel("scipy.ndimage._nd_image.min_or_max_filter1d")
def min_or_max_filter1d(x, size, axis, output, mode, cval, origin, minimum):
    (x,) = real_numbers(x)
    footprint, origins = _along(axis, np.ndim(x), np.ones(size), origin)
    output[...] = (np.min if minimum else np.max)(_neighbours(x, footprint, origins, mode, cval), axis=0)


@kernel("scipy.ndimage._nd_image.min_or_max_filter")
def min_or_max_filter(x, footprint, structure, output, mode, cval, origins, minimum):
    if structure is not None:
        raise UnsupportedOperation("scipy.ndimage has no derivative with structure=", "leave structure= away")
    (x,) = real_numbers(x)
    found = _neighbours(x, np.asarray(peeked(footprint), dtype=np.float64), list(origins), mode, cval)
    output[...] = (np.min if minimum else np.max)(found, axis=0)


@kernel("scipy.ndimage._nd_image.rank_filter")
def rank_filter(x, rank, footprint, output, mode, cval, origins):
    (x,) = real_numbers(x)
    found = _neighbours(x, np.asarray(peeked(footprint), dtype=np.float64), list(origins), mode, cval)
    output[...] = np.sort(found, axis=0)[rank]


@kernel("scipy.ndimage._rank_filter_1d.rank_filter")
def rank_filter_1d(x, rank, size, output, mode, cval, origin):
    (x,) = real_numbers(x)
    output[...] = np.sort(_neighbours(x, np.ones(int(size)), [int(origin)], mode, cval), axis=0)[rank]
