"""Memory order. NumPy's sums and products depend on it to the last bit (a transposed matrix is not added up
in the order of its copy), and so does what shares memory: ``x.reshape(-1)`` is a view of an array in C order and a copy
of a transposed one. So a number that stands for an array, or is made on the model of one, must lie in memory as that
array does. record.py and forward.py arrange inputs before they hand the numbers to the user's function."""

import numpy as np
from numpy.lib.stride_tricks import as_strided

from ..core.kinds import is_float
from .functions import has_parts, move

# As in core/layout.pxd: an array that is spread over more than this many times its size (a column of a large matrix)
# is pushed together.
MOST_GAPS = 8


def in_layout_of(number, x):
    """`number`, whose elements lie in C order, with the strides of the array `x` that it stands for, or with smaller
    ones that have gaps at the same axes; a scalar is of the kind of `x`."""
    if number.shape == ():
        return number.of_kind(is_float(x)) if hasattr(number, "of_kind") else number  # no array of shape ()
    if not isinstance(x, np.ndarray) or x.flags.c_contiguous or not x.size:
        return number
    strides = tuple(stride // x.itemsize for stride in x.strides)
    below, extent = _reach(x.shape, strides)
    if (
        extent > MOST_GAPS * x.size
        or any(stride % x.itemsize for stride in x.strides)
        or _overlap(x.shape, strides, below, extent)
    ):
        strides = _closer(x)
        below, extent = _reach(x.shape, strides)
    memory = np.positive(move([number], lambda ids: _spread(ids, strides, below, extent)))  # gaps are there to stay
    return move([memory], lambda ids: _strided(ids, x.shape, strides, below))


def layout_of(x):
    """How the elements of an array lie in memory, as far as that decides what shares memory: strides, without the size
    of gaps. None if they lie in C order. A float of Python's has none either, an np.float64 no strides: ()."""
    if not np.ndim(x):
        return None if is_float(x) else ()
    has_one = isinstance(x, np.ndarray) and x.ndim > 1 and x.size and not x.flags.c_contiguous
    return _closer(x) if has_one else None


def laid_out(x, layout):
    """The array `x`, in C order, or a copy of it that has this layout; a number for shape ()."""
    if not x.shape:
        return float(x) if layout is None else np.float64(x)
    if layout is None:
        return x
    below, extent = _reach(x.shape, layout)
    copied = _strided(np.zeros(extent), x.shape, layout, below)
    copied[...] = x
    return copied


def model_of(x):
    """An array without memory of its own, not to be read: only shape and strides count, which are those of `x`."""
    has_strides = np.ndim(x) and hasattr(x, "strides")
    return as_strided(np.zeros(1), x.shape, x.strides) if has_strides else np.zeros(np.shape(x))


def in_order_of(x, model):
    """The array `x` with its elements in the memory order of the plain array `model`, which has its shape: `model` is
    what NumPy makes where `x` was put together otherwise."""
    if has_parts(x):
        return type(x)(*(in_order_of(part, model) for part in x.complex_parts))
    if np.ndim(x) < 2 or _axes(x) == _axes(model):
        return x
    return move([x], lambda ids: _arranged(ids, model))


def _axes(x):
    """Axes of more than one element from the outermost in memory to the innermost."""
    steps = [abs(step) if n > 1 else 0 for n, step in zip(x.shape, x.strides, strict=True)]
    return [axis for axis in sorted(range(len(steps)), key=lambda axis: -steps[axis]) if x.shape[axis] > 1]


def _arranged(ids, model):
    arranged = np.empty_like(model, dtype=ids.dtype)
    arranged[...] = ids
    return arranged


def fortran_or_c(x):
    """The order that several functions of NumPy give their results: that of the memory of `x` if it is one of both."""
    return "F" if model_of(x).flags.fnc else "C"


def has_order(x, order):
    """Tell whether the elements of `x` lie in memory in this order already."""
    if order not in ("C", "F"):
        return True
    flags = model_of(x).flags
    return flags.c_contiguous if order == "C" else flags.f_contiguous


def _reach(shape, strides):
    """How many elements of memory lie below the first one of an array, and how many it spans in all."""
    reach = [(n - 1) * stride for n, stride in zip(shape, strides, strict=True)]
    below = -sum(step for step in reach if step < 0)
    return below, below + sum(step for step in reach if step > 0) + 1


def _closer(x):
    """Strides for the elements of `x`, each at a place of its own: axes in the same order and direction, and two of
    them run on into each other, without a gap, where those of `x` do."""
    closer = [0] * x.ndim
    dense, place = x.itemsize, 1  # the stride that continues the axes inside: in bytes of x, in elements here
    for axis in sorted(range(x.ndim), key=lambda axis: (abs(x.strides[axis]), -axis)):
        n, stride = x.shape[axis], x.strides[axis]
        if n > 1 and abs(stride) != dense:
            place += 1
        closer[axis] = -place if stride < 0 else place
        if n > 1:
            dense, place = abs(stride) * n, place * n
    return tuple(closer)


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
