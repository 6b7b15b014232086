"""Memory order. NumPy's sums and products depend on it to the last bit (a transposed matrix is not added up
in the order of its copy), and so does what shares memory: ``x.reshape(-1)`` is a view of an array in C order and a copy
of a transposed one. So a number that stands for an array, or is made on the model of one, must lie in memory as that
array does. record.py and forward.py arrange inputs before they hand the numbers to the user's function."""

import numpy as np
from numpy.lib.stride_tricks import as_strided

from .functions import is_active, move

# An array that is spread over more than this many times its size (a column of a large matrix) is taken as dense.
_MOST_GAPS = 8


def in_layout_of(number, x):
    """`number`, whose elements lie in C order, with the strides of the array `x` that it stands for."""
    if not isinstance(x, np.ndarray) or x.flags.c_contiguous or not x.size:
        return number
    reach = [(n - 1) * stride for n, stride in zip(x.shape, x.strides, strict=True)]
    below = -sum(step for step in reach if step < 0) // x.itemsize
    extent = below + sum(step for step in reach if step > 0) // x.itemsize + 1
    if extent > _MOST_GAPS * x.size or any(stride % x.itemsize for stride in x.strides):
        return number
    strides = tuple(stride // x.itemsize for stride in x.strides)
    if _overlap(x.shape, strides, below, extent):
        return number
    memory = np.positive(move([number], lambda ids: _spread(ids, strides, below, extent)))  # gaps are there to stay
    return move([memory], lambda ids: _strided(ids, x.shape, strides, below))


def lifted(engine, values):
    """``engine.lift(values)``, with the elements in memory as the dense array `values` has them."""
    if values.flags.c_contiguous:
        return engine.lift(values)
    axes = np.argsort([-abs(stride) for stride in values.strides], kind="stable")
    return move([engine.lift(values.transpose(axes))], lambda ids: ids.transpose(np.argsort(axes)))


def model_of(x):
    """An array without memory of its own, not to be read: only shape and strides count, which are those of `x`."""
    return as_strided(np.zeros(1), x.shape, x.strides) if is_active(x) and x.ndim else np.zeros(np.shape(x))


def has_order(x, order):
    """Tell whether the elements of `x` lie in memory in this order already."""
    if order not in ("C", "F"):
        return True
    flags = model_of(x).flags
    return flags.c_contiguous if order == "C" else flags.f_contiguous


def _strided(memory, shape, strides, below):
    return as_strided(memory[below:], shape, [step * memory.itemsize for step in strides])


def _spread(ids, strides, below, extent):
    """One-dimensional memory that holds `ids` at the places of the array; id 0 in the gaps."""
    memory = np.zeros(extent, dtype=ids.dtype)
    _strided(memory, ids.shape, strides, below)[...] = ids
    return memory


def _overlap(shape, strides, below, extent):
    """Tell whether two elements share a place, as those of a broadcast array do."""
    taken = np.zeros(extent, dtype=np.intp)
    _strided(taken, shape, strides, below)[...] = 1
    return taken.sum() != np.prod(shape, dtype=np.intp)
