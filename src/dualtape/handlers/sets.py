"""Sets of numbers: the values follow the elements that they are, indices and counts have no derivative. NumPy's own
code runs but for sets of rows, which it compares as bytes."""

import numpy as np

from ..trace.functions import handles, operand, primal
from ..trace.layout import in_order_of
from .borrowed import borrows, translated

borrows(np.unique_all, np.unique_values, np.unique_counts, np.unique_inverse)
borrows(np.union1d, np.intersect1d, np.setdiff1d, np.setxor1d)

_unique_elements = translated(np.unique)


@handles(np.unique)
def unique(ar, return_index=False, return_inverse=False, return_counts=False, axis=None, **options):
    ar = operand(ar)
    if axis is None or np.ndim(ar) < 2:
        return _unique_elements(ar, return_index, return_inverse, return_counts, axis, **options)
    values, index, inverse, counts = _unique_rows(ar, axis % np.ndim(ar), options.get("equal_nan", True))
    wanted = ((index, return_index), (inverse, return_inverse), (counts, return_counts))
    found = (values, *(part for part, is_wanted in wanted if is_wanted))
    return found if len(found) > 1 else values


def _unique_rows(ar, axis, equal_nan):
    """What np.unique says of the parts of `ar` along `axis`: the first of equal ones stands for them."""
    n = ar.shape[axis]
    rows = np.reshape(np.moveaxis(ar, axis, 0), (n, -1))
    order = np.lexsort(rows.T[::-1]) if rows.shape[1] else np.arange(n)
    ordered = rows[order]
    differs = np.asarray(primal(ordered[1:] != ordered[:-1]))
    if equal_nan and rows.shape[1] == 1:
        differs &= ~np.asarray(primal(np.isnan(ordered[1:]) & np.isnan(ordered[:-1])))
    is_first = np.concatenate([np.ones(min(n, 1), dtype=bool), differs.any(axis=1)])
    index, counts = order[is_first], np.diff(np.append(np.flatnonzero(is_first), n))
    inverse = np.empty(n, dtype=np.intp)
    inverse[order] = np.cumsum(is_first) - 1
    inverse = np.reshape(inverse, [n if k == axis else 1 for k in range(ar.ndim)])
    model = np.moveaxis(np.empty((len(index), *np.delete(ar.shape, axis))), 0, axis)  # NumPy has the rows side by side
    return in_order_of(np.take(ar, index, axis=axis), model), index, inverse, counts
