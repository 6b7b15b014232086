"""Discrete Fourier transforms along one axis, one `ArrayOp` row each; transforms along several axes are compositions,
as they are in NumPy. All are linear, and the matrix of a transform is symmetric, so that each is its own pullback but
for what was cut off or filled up with zeros.

`library` names the module that computes: "numpy.fft" or "scipy.fft". Called by handlers/fourier.py."""

from importlib import import_module

import numpy as np

from .array_ops import ArrayOp, linear_in_each
from .complexified import analytic


def _function(library, name):
    """A function of the library for plain numbers; of NumPy for those that record, which it dispatches."""
    return getattr(import_module(library), name)


def _transform(x, inverse, n, axis, norm, library="numpy.fft"):
    if type(x) is not np.ndarray:
        library = "numpy.fft"
    return _function(library, "ifft" if inverse else "fft")(x, n, axis, norm)


def resized(x, n, axis):
    """The first n entries along an axis, zeros after the last."""
    axis %= x.ndim
    missing = n - x.shape[axis]
    if missing <= 0:
        return x[(slice(None),) * axis + (slice(n),)]
    zeros = np.zeros((*x.shape[:axis], missing, *x.shape[axis + 1 :]))
    return np.concatenate([x, zeros], axis=axis)


def _transform_vjp(v_bar, xs, v, active, inverse, n, axis, norm, library="numpy.fft"):
    return (resized(_transform(v_bar, inverse, None, axis, norm, library), xs[0].shape[axis], axis),)


def _of_real(x, n, axis, norm, library="numpy.fft"):
    if type(x) is not np.ndarray:
        library = "numpy.fft"
    return _function(library, "rfft")(x, n, axis, norm)


def _of_real_vjp(v_bar, xs, v, active, n, axis, norm, library="numpy.fft"):
    """The first half of the whole transform."""
    length = xs[0].shape[axis]
    whole = resized(v_bar, length if n is None else n, axis)
    return (resized(_transform(whole, False, None, axis, norm, library), length, axis),)


def _to_real(z, n, axis, norm, library="numpy.fft"):
    if type(z) is not np.ndarray:
        library = "numpy.fft"
    return _function(library, "irfft")(z, n, axis, norm)


def _to_real_vjp(v_bar, xs, v, active, n, axis, norm, library="numpy.fft"):
    """Each entry but the first, and the last of an even transform, stands for its conjugate as well."""
    n = v_bar.shape[axis]
    half = resized(_transform(v_bar, True, None, axis, norm, library), n // 2 + 1, axis)
    counts = np.full(n // 2 + 1, 2.0)
    counts[0] = 1.0
    if n % 2 == 0:
        counts[-1] = 1.0
    counts = np.reshape(counts, (-1,) + (1,) * (half.ndim - 1 - axis % half.ndim))
    return (resized(half * counts, xs[0].shape[axis], axis),)


# ---- cosines and sines: of real numbers, SciPy only ----

_TRANSPOSED = {1: 1, 2: 3, 3: 2, 4: 4}


def _cosines(x, function, type, n, axis, norm):
    if hasattr(x, "engine"):
        return x.engine.array_op(COSINES, [x], {"function": function, "type": type, "n": n, "axis": axis, "norm": norm})
    return getattr(import_module("scipy.fft"), function)(x, type, n, axis, norm)


def _cosines_vjp(v_bar, xs, v, active, function, type, n, axis, norm):
    """The transposed matrix belongs to the inverse type, but for entries at the ends, which count half on one side if
    the matrix is not orthogonal."""
    length = v_bar.shape[axis]
    before, after = np.ones(length), np.ones(length)
    end = 0 if function == "dct" else -1
    if norm != "ortho" and type == 2:
        before[end] = 2.0
    elif norm != "ortho" and type == 3:
        after[end] = 0.5
    elif norm != "ortho" and type == 1 and function == "dct":
        after[1:-1], before[1:-1] = 2.0, 0.5
    shape = (-1,) + (1,) * (v_bar.ndim - 1 - axis % v_bar.ndim)
    x_bar = _cosines(v_bar * np.reshape(before, shape), function, _TRANSPOSED[type], None, axis, norm)
    return (resized(x_bar * np.reshape(after, shape), xs[0].shape[axis], axis),)


COSINES = ArrayOp("scipy.fft.dct", _cosines, linear_in_each(_cosines), _cosines_vjp)
FFT = analytic(ArrayOp("fft", _transform, linear_in_each(_transform), _transform_vjp))
RFFT = analytic(ArrayOp("rfft", _of_real, linear_in_each(_of_real), _of_real_vjp))
IRFFT = analytic(ArrayOp("irfft", _to_real, linear_in_each(_to_real), _to_real_vjp), is_real=True)

ROWS = (FFT, RFFT, IRFFT, COSINES)
