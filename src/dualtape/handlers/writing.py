"""NumPy functions that write into their first argument. All of them are an indexed assignment, which the array types
know; the target must be active, because a plain array cannot hold a derivative."""

import numpy as np

from ..errors import TraceEscapeError
from ..trace.functions import handles, has_active, is_active, operand, primal
from . import masks


def _target(array, name):
    if not is_active(array) and not masks.is_mask(array):
        raise TraceEscapeError(
            f"{name} would write a traced number into a plain array",
            "make the array from a traced one: np.zeros_like(x), np.zeros(shape, like=x)",
        )
    return array


@handles(np.copyto)
def copyto(dst, src, casting="same_kind", where=True):
    if masks.is_mask(dst):
        dst[...] = src if where is True else np.where(where, src, dst)
        return
    if not is_active(dst) and not has_active(src):
        np.copyto(dst, primal(src), casting, primal(where))
        return
    _target(dst, "np.copyto")
    if where is True:
        dst[...] = operand(src)
        return
    where = masks.condition(where)
    if masks.is_mask(where):
        dst[...] = np.where(where, operand(src), dst)
        return
    mask = np.broadcast_to(where, dst.shape)
    dst[mask] = np.broadcast_to(operand(src), dst.shape)[mask]


def _cycled(values, count):
    """The first `count` of `values`, over and over, as `put` and `place` take them."""
    return np.resize(np.ravel(operand(values)), count)


@handles(np.put)
def put(a, ind, v, mode="raise"):
    _target(a, "np.put")
    ind = np.ravel(primal(ind))
    if ind.size and np.size(v):
        if mode == "raise":
            ind = np.where(ind < 0, ind + a.size, ind)
            mode_index = np.unravel_index(ind, a.shape)
        else:
            mode_index = np.unravel_index(np.ravel_multi_index((ind,), (a.size,), mode=mode), a.shape)
        a[mode_index] = _cycled(v, ind.size)


@handles(np.place)
def place(arr, mask, vals):
    if masks.is_mask(mask) and np.size(vals) == 1:
        _target(arr, "np.place")[...] = np.where(np.reshape(mask, arr.shape), np.ravel(operand(vals))[0], arr)
        return
    mask = np.asarray(primal(mask), dtype=bool).reshape(arr.shape)
    if mask.any():
        _target(arr, "np.place")[mask] = _cycled(vals, int(mask.sum()))


@handles(np.putmask)
def putmask(a, mask, values):
    """Unlike `place`, element k takes ``values[k % size]``."""
    if masks.is_mask(mask):
        taken = np.reshape(_cycled(values, a.size), a.shape)
        _target(a, "np.putmask")[...] = np.where(np.reshape(mask, a.shape), taken, a)
        return
    mask = np.asarray(primal(mask), dtype=bool).reshape(a.shape)
    _target(a, "np.putmask")[mask] = np.reshape(_cycled(values, a.size), a.shape)[mask]


@handles(np.put_along_axis)
def put_along_axis(arr, indices, values, axis):
    _target(arr, "np.put_along_axis")
    places = np.take_along_axis(np.arange(arr.size).reshape(arr.shape), indices, axis)
    index = np.unravel_index(places, arr.shape)
    if axis is None:
        arr[index] = np.broadcast_to(operand(values), places.shape)
    else:
        arr[index] = operand(values)


@handles(np.fill_diagonal)
def fill_diagonal(a, val, wrap=False):
    _target(a, "np.fill_diagonal")
    places = np.zeros(a.shape, dtype=bool)
    np.fill_diagonal(places, True, wrap=wrap)
    index = np.nonzero(places)
    a[index] = _cycled(val, index[0].size)
