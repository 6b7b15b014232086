"""Products of arrays: one ArrayOp row each where NumPy calls BLAS, else the composition that NumPy itself is."""

import numpy as np

from ..ops import array_ops
from ..ops.subscripts import from_lists, normal_form, unique
from ..trace.functions import apply, check_dtype, handles, move, operand, store
from ..trace.layout import has_order, in_order_of, model_of


@handles(np.dot)
def dot(a, b, out=None):
    a, b = operand(a), operand(b)
    if np.ndim(a) == 0 or np.ndim(b) == 0:
        return store(np.multiply(a, b), out)
    return store(apply(array_ops.DOT, a, b), out)


@handles(np.vdot)
def vdot(a, b):
    return dot(np.ravel(operand(a)), np.ravel(operand(b)))


@handles(np.inner)
def inner(a, b):
    a, b = operand(a), operand(b)
    if np.ndim(a) == 0 or np.ndim(b) == 0:
        return np.multiply(a, b)
    return apply(array_ops.INNER, a, b)


@handles(np.outer)
def outer(a, b, out=None):
    return store(np.ravel(operand(a))[:, np.newaxis] * np.ravel(operand(b))[np.newaxis, :], out)


@handles(np.linalg.outer)
def outer_of_vectors(x1, x2, /):
    if np.ndim(x1) != 1 or np.ndim(x2) != 1:
        raise ValueError(
            f"Input arrays must be one-dimensional, but they are x1.ndim={np.ndim(x1)} and x2.ndim={np.ndim(x2)}."
        )
    return outer(x1, x2)


@handles(np.linalg.matmul)
def matmul(x1, x2, /):
    return np.matmul(operand(x1), operand(x2))


@handles(np.linalg.vecdot)
def vecdot(x1, x2, /, *, axis=-1):
    return np.vecdot(operand(x1), operand(x2), axis=axis)


def _axis_pair(axes, a, b):
    """The contracted axes of both operands as tuples of non-negative numbers, from any form that `tensordot` takes."""
    try:
        axes_a, axes_b = axes
    except TypeError:
        axes_a, axes_b = range(-axes, 0), range(axes)
    axes_a = (axes_a,) if np.ndim(axes_a) == 0 else axes_a
    axes_b = (axes_b,) if np.ndim(axes_b) == 0 else axes_b
    return tuple(k % np.ndim(a) for k in axes_a), tuple(k % np.ndim(b) for k in axes_b)


@handles(np.tensordot)
def tensordot(a, b, axes=2):
    a, b = operand(a), operand(b)
    return np.expand_dims(apply(array_ops.TENSORDOT, a, b, axes=_axis_pair(axes, a, b)), ())  # never a scalar


@handles(np.linalg.tensordot)
def tensordot_of(x1, x2, /, *, axes=2):
    return tensordot(x1, x2, axes)


@handles(np.einsum)
def einsum(*operands, out=None, optimize=False, dtype=None, order="K", casting="safe"):
    check_dtype(dtype, "np.einsum")
    if isinstance(operands[0], str):
        subscripts, arrays = operands[0], operands[1:]
    else:
        subscripts, arrays = from_lists(operands)
    arrays = [operand(x) for x in arrays]
    if out is None and _only_views(subscripts, arrays):
        return move(arrays, lambda ids: np.einsum(subscripts, ids))
    options = {} if optimize is False else {"optimize": optimize}
    given = arrays
    if optimize is False:
        subscripts, arrays = _read_along(subscripts, arrays)
    else:
        arrays = read_by(subscripts, arrays)
    result = apply(array_ops.EINSUM, *arrays, subscripts=subscripts, **options)
    if order == "A":
        order = "F" if all(has_order(x, "F") for x in given) else "C"
    return store(result if order == "K" else in_order_of(result, np.empty(np.shape(result), order=order)), out)


def _only_views(subscripts, arrays):
    """Tell whether nothing is summed or multiplied: NumPy then gives a view that may be written through."""
    if len(arrays) != 1 or "," in subscripts:
        return False
    (letters,), output = normal_form(subscripts, [np.ndim(arrays[0])])
    return set(letters) == set(output) and len(set(output)) == len(output)


def read_by(subscripts, arrays):
    """The operands, with zeros that depend on nothing in the elements beside a diagonal that is read alone."""
    if not _reads_diagonals(subscripts, arrays):
        return arrays
    inputs, _ = normal_form(subscripts, [np.ndim(x) for x in arrays])
    return [
        np.where(_laid_out(array_ops.on_diagonal(letters, np.shape(x)), x), x, 0.0) if _repeats(letters) else x
        for letters, x in zip(inputs, arrays, strict=True)
    ]


def _laid_out(mask, x):
    """`mask` in the memory order of `x`, which so keeps it where it is chosen by the mask."""
    laid = np.empty_like(model_of(x), dtype=bool)
    laid[...] = mask
    return laid


def _read_along(subscripts, arrays):
    """Subscripts and operands with a view of each diagonal that is read, as NumPy reads it where it does not
    `optimize`."""
    if not _reads_diagonals(subscripts, arrays):
        return subscripts, arrays
    inputs, output = normal_form(subscripts, [np.ndim(x) for x in arrays])
    names = [unique(letters) for letters in inputs]
    views = [
        move([x], lambda ids, ways=f"{letters}->{name}": np.einsum(ways, ids)) if name != letters else x
        for letters, name, x in zip(inputs, names, arrays, strict=True)
    ]
    return f"{','.join(names)}->{output}", views


def _reads_diagonals(subscripts, arrays):
    terms = subscripts.partition("->")[0].split(",")
    return len(terms) == len(arrays) and any(_repeats(term) for term in terms)


def _repeats(letters):
    letters = letters.replace(".", "").replace(" ", "")
    return len(set(letters)) < len(letters)


@handles(np.kron)
def kron(a, b):
    return kron_of(operand(a), operand(b))


def kron_of(a, b):
    """np.kron of numbers of any kind."""
    if np.ndim(a) == 0 or np.ndim(b) == 0:
        return np.multiply(a, b)
    n = max(a.ndim, b.ndim)
    a_shape, b_shape = (1,) * (n - a.ndim) + a.shape, (1,) * (n - b.ndim) + b.shape
    rows = np.reshape(a, [size for k in a_shape for size in (k, 1)])
    columns = np.reshape(b, [size for k in b_shape for size in (1, k)])
    return np.reshape(rows * columns, [j * k for j, k in zip(a_shape, b_shape, strict=True)])


@handles(np.cross)
def cross(a, b, axisa=-1, axisb=-1, axisc=-1, axis=None):
    """``c_i = a_j b_k - a_k b_j``; a vector of two components has none along the third."""
    if axis is not None:
        axisa = axisb = axisc = axis
    a, b = np.moveaxis(operand(a), axisa, -1), np.moveaxis(operand(b), axisb, -1)
    if a.shape[-1] not in (2, 3) or b.shape[-1] not in (2, 3):
        raise ValueError("incompatible dimensions for cross product\n(dimension must be 2 or 3)")
    a0, a1, b0, b1 = a[..., 0], a[..., 1], b[..., 0], b[..., 1]
    last = a0 * b1 - a1 * b0
    if a.shape[-1] == b.shape[-1] == 2:
        return in_order_of(last, np.empty(np.shape(last)))
    if a.shape[-1] == 2:
        components = [a1 * b[..., 2], -(a0 * b[..., 2]), last]
    elif b.shape[-1] == 2:
        components = [-(a[..., 2] * b1), a[..., 2] * b0, last]
    else:
        a2, b2 = a[..., 2], b[..., 2]
        components = [a1 * b2 - a2 * b1, a2 * b0 - a0 * b2, last]
    stacked = np.stack(components, axis=-1)
    return np.moveaxis(in_order_of(stacked, np.empty(stacked.shape)), -1, axisc)  # NumPy fills an array in C order


@handles(np.linalg.cross)
def cross_of(x1, x2, /, *, axis=-1):
    if np.shape(x1)[axis] != 3 or np.shape(x2)[axis] != 3:
        raise ValueError("Both input arrays must be (arrays of) 3-dimensional vectors, but they are not.")
    return cross(x1, x2, axis=axis)


@handles(np.trace)
def trace(a, offset=0, axis1=0, axis2=1, dtype=None, out=None):
    return np.sum(np.diagonal(operand(a), offset, axis1, axis2), axis=-1, dtype=dtype, out=out)


@handles(np.linalg.trace)
def trace_of_matrices(x, /, *, offset=0, dtype=None):
    return trace(x, offset, -2, -1, dtype)


@handles(np.convolve)
def convolve(a, v, mode="full"):
    a, v = np.atleast_1d(operand(a)), np.atleast_1d(operand(v))
    return apply(array_ops.CONVOLVE, a, v, mode=mode)


@handles(np.correlate)
def correlate(a, v, mode="valid"):
    a, v = np.atleast_1d(operand(a)), np.atleast_1d(operand(v))
    return apply(array_ops.CORRELATE, a, v, mode=mode)
