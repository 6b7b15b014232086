"""The rows of matrix decompositions, and what each makes of operands of given shapes: see rows.py, which joins them."""

import numpy as np

from dualtape.ops import factor_ops, singular_ops, spectral_ops
from dualtape.trace.demands import is_number, require, square

ROWS = (*spectral_ops.ROWS, *singular_ops.ROWS, *factor_ops.ROWS)


class Several(tuple):
    """Shapes of several results."""


def _eigen(shapes, largest, lower):
    (shape,) = shapes
    require(type(lower) is bool)
    return Several([square(shape)[:-1], shape])


def _eigenvalues(shapes, largest, lower):
    return _eigen(shapes, largest, lower)[0]


def _conjugated(shapes, largest, lower):
    a, d = shapes
    require(type(lower) is bool and d == square(a)[:-1])
    return a


def _matrix(shapes):
    (shape,) = shapes
    require(len(shape) >= 2)
    return shape[:-2], *shape[-2:]


def _singular(shapes, largest, full):
    stack, m, n = _matrix(shapes)
    r = min(m, n)
    require(type(full) is bool)
    u, v = (m, n) if full else (r, r)
    return Several([(*stack, m, u), (*stack, r), (*stack, v, n)])


def _singular_values(shapes, largest):
    stack, m, n = _matrix(shapes)
    return (*stack, min(m, n))


def _recombined(shapes, largest):
    require(shapes[1] == _singular_values(shapes[:1], largest))
    return shapes[0]


def _pseudoinverse(shapes, largest, rcond):
    stack, m, n = _matrix(shapes)
    require(isinstance(rcond, np.ndarray) or is_number(rcond))
    require(np.broadcast_shapes(np.shape(rcond), stack) == stack)
    return (*stack, n, m)


def _qr(shapes, largest):
    stack, m, n = _matrix(shapes)
    return Several([(*stack, m, min(m, n)), (*stack, min(m, n), n)])


def _lu(shapes, largest):
    stack, m, n = _matrix(shapes)
    require(m >= n)
    return Several([(*stack, m, n), (*stack, n, n)])


# Functions that a program may run for their values, and what they may be told.
RETURNED = {
    "numpy.linalg.pinv": {"rcond", "hermitian"},
    "numpy.linalg.lstsq": {"rcond"},
    "numpy.linalg.qr": {"mode"},
}


def _returned(shapes, largest, function, models, kwargs, parts=None):
    require(set(kwargs) <= RETURNED[function] and type(models) is int and 0 < models < len(shapes))
    require(all(type(x) is str or is_number(x) or isinstance(x, np.ndarray) for x in kwargs.values()))
    if parts is None:
        require(models == 1)
        return shapes[0]
    require(type(parts) in (tuple, list) and len(parts) == models and all(type(k) is int for k in parts))
    return Several(shapes[:models])


RULES = {
    "linalg.eigh": _eigen,
    "linalg.eigvalsh": _eigenvalues,
    "conjugated": _conjugated,
    "linalg.svd": _singular,
    "linalg.svdvals": _singular_values,
    "recombined": _recombined,
    "linalg.pinv": _pseudoinverse,
    "linalg.qr": _qr,
    "lu": _lu,
    "as_returned": _returned,
}
