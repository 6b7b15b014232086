"""`numpy.linalg`: what has a rule in `ops.matrix_ops`, and norms and powers, which are compositions in NumPy's own
order."""

import operator

import numpy as np

from ..ops import matrix_ops
from ..trace.functions import apply, handles, is_active, is_guarded, operand, peeked, primal, store, unboxed
from . import either, masks
from .complex_numbers import number
from .products import dot
from .reductions import root


@handles(np.linalg.solve)
def solve(a, b):
    return apply(matrix_ops.SOLVE, a, b)


@handles(np.linalg.inv)
def inv(a):
    return apply(matrix_ops.INV, a)


@handles(np.linalg.det)
def det(a):
    return apply(matrix_ops.DET, a)


@handles(np.linalg.slogdet)
def slogdet(a):
    """The sign is piecewise constant; it comes as a plain number."""
    a = operand(a)
    result = np.linalg.slogdet(peeked(a))
    sign = masks.constant_of(np.linalg.slogdet, a, 0) if is_guarded(a) else result[0]
    return type(result)(sign, apply(matrix_ops.LOGDET, a))


@either.handles(np.linalg.cholesky)
def cholesky(a, /, *, upper=False):
    """NumPy reads one triangle; the other one is cut off, so that nothing comes back to it."""
    if upper:
        return either.apply(matrix_ops.CHOLESKY, np.triu(number(a)), upper=True)
    return either.apply(matrix_ops.CHOLESKY, np.tril(number(a)))


@handles(np.linalg.matrix_power)
def matrix_power(a, n):
    """By repeated squaring, least significant bit first."""
    a, n = operand(a), operator.index(n)
    if np.ndim(a) < 2 or a.shape[-1] != a.shape[-2]:
        return np.linalg.matrix_power(primal(a), n)  # raises NumPy's error
    if n == 0:
        return np.broadcast_to(np.eye(a.shape[-1]), a.shape).copy()
    if n < 0:
        a, n = np.linalg.inv(a), -n
    if n == 3:
        return np.matmul(np.matmul(a, a), a)
    square, result = a, None
    while True:
        n, bit = divmod(n, 2)
        if bit:
            result = square if result is None else np.matmul(result, square)
        if not n:
            return result
        square = np.matmul(square, square)


@handles(np.linalg.multi_dot)
def multi_dot(arrays, *, out=None):
    """In the order of fewest multiplications, as NumPy chooses it (Cormen et al., "Introduction to Algorithms", section
    15.2)."""
    arrays = [operand(x) for x in arrays]
    if len(arrays) < 2:
        raise ValueError("Expecting at least two arrays.")
    if len(arrays) == 2:
        return np.dot(*arrays, out=out)
    first, last = arrays[0].ndim, arrays[-1].ndim
    arrays[0] = np.atleast_2d(arrays[0])
    arrays[-1] = np.expand_dims(arrays[-1], 1) if last == 1 else arrays[-1]
    sizes = [x.shape[0] for x in arrays] + [arrays[-1].shape[1]]
    result = _chain(arrays, _best_splits(sizes), 0, len(arrays) - 1)
    if first == 1 and last == 1:
        result = result[0, 0]
    elif first == 1 or last == 1:
        result = np.ravel(result)
    return store(result, out)


def _best_splits(sizes):
    """Where to split the product of factors i .. j, the factor k having shape ``sizes[k:k + 2]``."""
    n = len(sizes) - 1
    cost = {(i, i): 0.0 for i in range(n)}
    split = {}
    for length in range(1, n):
        for i in range(n - length):
            j = i + length
            costs = [cost[i, k] + cost[k + 1, j] + sizes[i] * sizes[k + 1] * sizes[j + 1] for k in range(i, j)]
            split[i, j] = i + int(np.argmin(costs))
            cost[i, j] = min(costs)
    return split


def _chain(arrays, split, i, j):
    if i == j:
        return arrays[i]
    k = split[i, j]
    return np.dot(_chain(arrays, split, i, k), _chain(arrays, split, k + 1, j))


# Norms.


@handles(np.linalg.norm)
def norm(x, ord=None, axis=None, keepdims=False):
    """Euclidean norms at 0 have derivative 0."""
    x, ord = operand(x), np.asarray(primal(ord))[()] if hasattr(ord, "ndim") else ord
    if axis is None and (ord is None or (ord in ("f", "fro") and np.ndim(x) == 2) or (ord == 2 and np.ndim(x) == 1)):
        flat = x if np.ndim(x) == 1 else np.ravel(x, order="K")  # NumPy sums in memory order
        result = root(dot(flat, flat))
        return np.reshape(result, np.ndim(x) * [1]) if keepdims else result
    axis = tuple(range(np.ndim(x))) if axis is None else axis
    axis = axis if isinstance(axis, tuple) else (int(axis),)
    if len(axis) == 1:
        return _norm_of_vectors(x, ord, axis[0], keepdims)
    if len(axis) == 2:
        return _norm_of_matrices(
            x, ord, *(np.lib.array_utils.normalize_axis_index(k, np.ndim(x)) for k in axis), keepdims
        )
    raise ValueError("Improper number of dimensions to norm.")


def _norm_of_vectors(x, ord, axis, keepdims):
    if ord is None or ord == 2:
        return root(np.sum(x * x, axis=axis, keepdims=keepdims))
    if isinstance(ord, str):
        raise ValueError(f"Invalid norm order '{ord}' for vectors")
    if ord == 0:
        return np.sum(np.not_equal(x, 0.0).astype(np.float64), axis=axis, keepdims=keepdims)
    size = np.abs(x)
    if ord == np.inf:
        return np.max(size, axis=axis, keepdims=keepdims)
    if ord == -np.inf:
        return np.min(size, axis=axis, keepdims=keepdims)
    if ord == 1:
        return np.sum(size, axis=axis, keepdims=keepdims)
    total = np.sum(size**ord, axis=axis, keepdims=keepdims)
    return _power_of_norm(total, np.reciprocal(ord, dtype=np.float64))


def _power_of_norm(total, exponent):
    """``total ** exponent``, with derivative 0 at 0 as every norm has."""
    zero = total == 0.0
    if is_active(total) and (masks.is_mask(zero) or np.any(zero)):
        safe = np.where(zero, 1.0, total)
        return np.where(zero, 0.0, safe**exponent)
    return total**exponent


def _norm_of_matrices(x, ord, row, column, keepdims):
    if row == column:
        raise ValueError("Duplicate axes given.")
    if ord in (2, -2, "nuc"):
        return _norm_of_singular_values(x, ord, row, column, keepdims)
    if ord in (None, "fro", "f"):
        return root(np.sum(x * x, axis=(row, column), keepdims=keepdims))
    if ord not in (1, -1, np.inf, -np.inf):
        raise ValueError("Invalid norm order for matrices.")
    summed, compared = (row, column) if abs(ord) == 1 else (column, row)
    choose = np.max if ord > 0 else np.min
    sums = np.sum(np.abs(x), axis=summed, keepdims=True)
    result = choose(sums, axis=compared, keepdims=True)
    return result if keepdims else unboxed(np.squeeze(result, (row, column)))


def _norm_of_singular_values(x, ord, row, column, keepdims):
    s = np.linalg.svd(np.moveaxis(x, (row, column), (-2, -1)), compute_uv=False)
    options = {} if ord == -2 else {"initial": 0.0}
    result = {-2: np.min, 2: np.max, "nuc": np.sum}[ord](s, axis=-1, **options)
    return np.expand_dims(result, tuple(sorted((row, column)))) if keepdims else result


@handles(np.linalg.vector_norm)
def vector_norm(x, /, *, axis=None, keepdims=False, ord=2):
    x = operand(x)
    shape = np.shape(x)
    axes = range(len(shape)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    axes = tuple(k % len(shape) for k in axes)
    if axis is None:
        result = norm(np.ravel(x), ord, 0)
    elif isinstance(axis, tuple):
        rest = tuple(k for k in range(len(shape)) if k not in axes)
        result = norm(np.reshape(np.transpose(x, axes + rest), (-1, *(shape[k] for k in rest))), ord, 0)
    else:
        result = norm(x, ord, axis)
    return np.reshape(result, [1 if k in axes else size for k, size in enumerate(shape)]) if keepdims else result


@handles(np.linalg.matrix_norm)
def matrix_norm(x, /, *, keepdims=False, ord="fro"):
    return norm(x, ord, (-2, -1), keepdims)
