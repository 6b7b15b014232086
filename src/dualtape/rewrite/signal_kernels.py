"""The compiled loops under scipy.signal: recursive filters, convolution in two dimensions, and resampling by filters.
Filters are linear in the signal and in the initial state; the transpose of one runs it backwards in time. Coefficients
of a recursion that are traced are refused."""

from importlib import import_module

import numpy as np

from dualtape.errors import UnsupportedOperation
from dualtape.ops.constant_maps import LinearMap, mapped
from dualtape.rewrite.kernels import compiled, kernel, plain_numbers, real_numbers
from dualtape.trace.functions import has_active


def _compiled(module, name):
    return getattr(import_module(f"scipy.signal.{module}"), name)


def _plain(name, *coefficients):
    problem = f"scipy.signal.{name} has no derivative in these coefficients"
    return [
        plain_numbers(x, problem, "keep them plain numbers, or write the recursion as a loop") for x in coefficients
    ]


# ---- recursive filters ----


def _filter(b, a, axis):
    """The filter from rest, as a map of signals."""

    def forward(x):
        return _compiled("_sigtools", "_linear_filter")(b, a, np.asarray(x), axis)

    return LinearMap(forward, lambda v: np.flip(forward(np.flip(np.asarray(v), axis)), axis))


def _moved(x, axis):
    return np.moveaxis(x, axis, -1)


def _outgoing(b, a, x, y, zi):
    """The final state, from the last samples of the input and of the output: sums over j of b_(i+1+j) x_(n-1-j) minus
    a_(i+1+j) y_(n-1-j), and what is left of the initial state. Axes last."""
    order, n = np.shape(zi)[-1], np.shape(x)[-1]
    last = min(order, n)
    state = np.zeros((order, last)), np.zeros((order, last))
    for k in range(order):
        for j in range(min(last, order - k)):
            state[0][k, j], state[1][k, j] = b[k + 1 + j], a[k + 1 + j]
    recent = [np.flip(z[..., n - last :], -1) for z in (x, y)]
    found = np.matmul(recent[0], state[0].T) - np.matmul(recent[1], state[1].T)
    if n < order:
        found = found + np.concatenate([zi[..., n:], np.zeros((*np.shape(zi)[:-1], n))], axis=-1)
    return found


def _filtered(b, a, x, zi, axis):
    """The output and the final state of a filter that starts in a state."""
    length = max(len(a), len(b))
    b, a = (np.concatenate([c, np.zeros(length - len(c))]) / a[0] for c in (b, a))
    x, zi = _moved(x, axis), _moved(zi, axis)
    order, n = np.shape(zi)[-1], np.shape(x)[-1]
    zi = np.broadcast_to(zi, (*np.shape(x)[:-1], order))
    started = zi[..., :n] if n <= order else np.concatenate([zi, np.zeros((*np.shape(x)[:-1], n - order))], axis=-1)
    averaged = mapped(x, _filter(b, np.ones(1), -1))
    y = mapped(averaged + started, _filter(np.ones(1), a, -1))
    return np.moveaxis(y, -1, axis), np.moveaxis(_outgoing(b, a, x, y, zi), -1, axis)


@kernel("scipy.signal._sigtools._linear_filter")
def linear_filter(b, a, x, axis=-1, zi=None):
    b, a = _plain("lfilter", b, a)
    axis = int(axis)
    if zi is None:
        (x,) = real_numbers(x)
        return mapped(x, _filter(b, a, axis))
    x, zi = real_numbers(x, zi)

    def value(part):
        return lambda x, zi: _compiled("_sigtools", "_linear_filter")(b, a, x, axis, zi)[part]

    models = _filtered(b, a, x, zi, axis)
    return tuple(compiled(value(k), model, x, zi) for k, model in enumerate(models))


@kernel("scipy.signal._sosfilt._sosfilt")
def sosfilt(sos, x, zi):
    """In place: sections one after another, along the last axis of x; the state of each follows."""
    (sos,) = _plain("sosfilt", sos)
    signal, state = real_numbers(x, zi)

    def value(part):
        def run(signal, state):
            found = np.array(signal, order="C"), np.array(state, order="C")
            _compiled("_sosfilt", "_sosfilt")(sos, *found)
            return found[part]

        return run

    y, states = signal, []
    for k, section in enumerate(sos):
        y, after = _filtered(section[:3], section[3:], y, state[:, k], -1)
        states.append(after)
    models = y, np.stack(states, axis=1)
    x[...], zi[...] = (compiled(value(k), model, signal, state) for k, model in enumerate(models))


# ---- two dimensions ----

_FILLED, _WRAPPED, _REFLECTED = 0, 8, 4  # SciPy's numbers of the boundaries, and of what is kept below
_MODES = {0: "valid", 1: "same", 2: "full"}


@kernel("scipy.signal._sigtools._convolve2d")
def convolve2d(a, b, is_convolution, mode, boundary=0, fillvalue=0):
    a, b = real_numbers(a, b)

    def value(a, b):
        outside = np.float64(0.0) if has_active([fillvalue]) else fillvalue
        return _compiled("_sigtools", "_convolve2d")(a, b, is_convolution, mode, boundary, outside)

    if has_active([fillvalue]) or (boundary == _FILLED and np.any(np.asarray(fillvalue) != 0.0)):
        raise UnsupportedOperation("scipy.signal.convolve2d has no derivative with a fillvalue", "pad with np.pad")
    (m, n), (p, q) = np.shape(a), np.shape(b)
    extended = {_FILLED: "constant", _WRAPPED: "wrap", _REFLECTED: "symmetric"}[boundary]
    padded = np.pad(a, ((p - 1, p - 1), (q - 1, q - 1)), mode=extended)
    weights = np.flip(b) if is_convolution else b
    full = sum(weights[i, j] * padded[i : i + m + p - 1, j : j + n + q - 1] for i in range(p) for j in range(q))
    kept = _MODES[int(mode)]
    if kept == "same":
        top, left = ((p - 1) // 2, (q - 1) // 2) if is_convolution else (p // 2, q // 2)
        full = full[top : top + m, left : left + n]
    elif kept == "valid":
        full = full[p - 1 : m, q - 1 : n]
    return compiled(value, full, a, b)


# ---- resampling ----


@kernel("scipy.signal._upfirdn_apply._apply")
def upfirdn(x, h, out, up, down, axis, mode, cval):
    """y_m = sum of h_k x_i over k + up i = down m, zeros at both ends; in `out`."""
    (h,) = _plain("upfirdn", h)
    if mode != 0 or cval:
        raise UnsupportedOperation(
            "scipy.signal.upfirdn has no derivative with an extension of the signal", "leave mode= and cval= away"
        )
    (x,) = real_numbers(x)
    shape, n = np.shape(out), np.shape(x)[axis]

    def forward(x):
        found = np.zeros(shape)
        _compiled("_upfirdn_apply", "_apply")(np.ascontiguousarray(x), h, found, up, down, axis, mode, cval)
        return found

    taps = h.reshape(up, -1)[:, ::-1].T.ravel()

    def backward(v):
        v = np.moveaxis(np.asarray(v), axis, -1)
        spread = np.zeros((*v.shape[:-1], max((v.shape[-1] - 1) * down, (n - 1) * up) + len(taps)))
        spread[..., : (v.shape[-1] - 1) * down + 1 : down] = v
        found = np.stack([spread[..., i * up : i * up + len(taps)] @ taps for i in range(n)], axis=-1)
        return np.moveaxis(found, -1, axis)

    out[...] = mapped(x, LinearMap(forward, backward))
