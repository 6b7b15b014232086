"""Functions that dualtape does not look into, constant but for their argument, one `ArrayOp` row each: a linear map
that comes with its transpose, and a table of values that comes with its own derivatives.

Rules are written as in array_ops.py. The parameter of a row is the function itself, so that a program which uses it
cannot be saved to a file. Called by rewrite/: matrices.py, interpolants.py, kernels.py."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from ..errors import UnsupportedOperation
from .array_ops import ArrayOp
from .complexified import analytic, applied


class LinearMap(NamedTuple):
    """A linear map of arrays.

    Attributes
    ----------
    forward, backward : callable
        Take an array, give the image under the map and under its transpose.
    is_complex : bool
        Images of real arrays are complex.
    """

    forward: Callable
    backward: Callable
    is_complex: bool = False

    @property
    def T(self):
        return LinearMap(self.backward, self.forward, self.is_complex)


def mapped(x, linear):
    """The image of `x` under a `LinearMap`: an operation on the tape where x is active. A complex map takes complex
    numbers."""
    return applied(LINEAR_MAP, x, linear=linear)


def _real(v, *xs):
    """A value of a row of real numbers, whose imaginary part would be lost."""
    if np.iscomplexobj(v) and not any(map(np.iscomplexobj, xs)):
        raise UnsupportedOperation(
            "a function of SciPy with complex values at traced real numbers",
            "apply it to complex numbers, x + 0j, or take real and imaginary part apart",
        )
    return v


def _linear_primal(x, linear):
    return _real(linear.forward(x), x)


def _linear_jvp(x_dots, xs, v, linear):
    return mapped(x_dots[0], linear)


def _linear_vjp(v_bar, xs, v, active, linear):
    return (mapped(v_bar, linear.T),)


LINEAR_MAP = ArrayOp("linear_map", _linear_primal, _linear_jvp, _linear_vjp)
analytic(LINEAR_MAP)


class Table(NamedTuple):
    """A function of points in `n` dimensions, (..., n), or of numbers, (...), where n is 0.

    Attributes
    ----------
    at : callable
        ``at(x, orders)``: the partial derivative of these orders, one for each dimension, at the points x; of shape
        ``points + values``.
    n : int
        Dimensions of a point.
    shape : tuple of int
        Of a value.
    is_complex : bool
        Values are complex: they are looked up part by part.
    """

    at: Callable
    n: int
    shape: tuple
    is_complex: bool = False

    def part(self, k):
        """The real part (k = 0) or the imaginary part of the values."""
        return Table(lambda x, orders: (np.real, np.imag)[k](self.at(x, orders)), self.n, self.shape)


def looked_up(x, table, orders):
    """Derivatives of a `Table` at points: an operation on the tape where x is active."""
    if hasattr(x, "engine"):
        return x.engine.array_op(TABLE, [x], {"table": table, "orders": orders})
    return table.at(x, orders)


def _partials(x, table, orders):
    """The derivatives by the coordinates of a point."""
    for k in range(max(table.n, 1)):
        yield k, looked_up(x, table, (*orders[:k], orders[k] + 1, *orders[k + 1 :]))


def _beside_values(x, table):
    """`x`, one entry for each point, with axes for the entries of a value."""
    return np.reshape(x, (*np.shape(x), *(1,) * len(table.shape))) if table.shape else x


def _table_primal(x, table, orders):
    return _real(table.at(x, orders))


def _table_jvp(x_dots, xs, v, table, orders):
    x_dot, v_dot = x_dots[0], None
    for k, partial in _partials(xs[0], table, orders):
        term = partial * _beside_values(x_dot[..., k] if table.n else x_dot, table)
        v_dot = term if v_dot is None else v_dot + term
    return v_dot


def _table_vjp(v_bar, xs, v, active, table, orders):
    axes = tuple(range(-len(table.shape), 0))
    parts = []
    for _, partial in _partials(xs[0], table, orders):
        product = partial * v_bar
        parts.append(np.sum(product, axis=axes) if axes else product)
    return (np.stack(parts, axis=-1) if table.n else parts[0],)


def _compiled_primal(model, *xs, function):
    return _real(function(*xs))


def _compiled_jvp(x_dots, xs, v, function):
    return x_dots[0]


def _compiled_vjp(v_bar, xs, v, active, function):
    return (v_bar, *(None for _ in xs[1:]))


TABLE = ArrayOp("table", _table_primal, _table_jvp, _table_vjp)
# What a compiled `function` gives for all operands but the first, with the derivative of the first, which is the same
# in other words.
COMPILED = ArrayOp("compiled", _compiled_primal, _compiled_jvp, _compiled_vjp, selects=True)
ROWS = (LINEAR_MAP, TABLE, COMPILED)
