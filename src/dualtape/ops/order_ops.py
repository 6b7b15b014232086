"""Elements chosen by their order, one `ArrayOp` row each. The order is found anew at every point, so that a program
that is being recorded needs no guard for it. A tie follows NumPy's order, the derivative is that of the element chosen.

The rules are written as in array_ops.py. A derivative is taken where the operand has its order: that, too, is a row, so
that a derivative of a derivative needs no guard either. Called by trace/ordering.py; recordings that are not replayed
move elements instead."""

import numpy as np

from .array_ops import ArrayOp, axes_of, reduced_last


def _places(x, axis, function, options):
    """Where the elements are that argmax, argmin, argsort or argpartition chooses from the rows of `x`, whose axes to
    be put in order are one last axis."""
    found = getattr(np, function)(reduced_last(x, axis), axis=-1, **options)
    return found if function.endswith(("sort", "partition")) else np.expand_dims(found, -1)


def _taken(y, x, axis, function, options):
    """The elements of `y` from where `x` has its order."""
    rows = np.take_along_axis(reduced_last(y, axis), _places(x, axis, function, options), axis=-1)
    if not function.endswith(("sort", "partition")):
        return rows[..., 0]
    return rows if axis is None else np.moveaxis(rows, -1, axis)


def _put(v, x, axis, function, options):
    """The transpose of `_taken`: the elements of `v` to where they were taken from, zeros elsewhere."""
    shape, places = np.shape(x), _places(x, axis, function, options)
    axes = axes_of(axis, len(shape))
    kept = tuple(k for k in range(len(shape)) if k not in axes)
    if not function.endswith(("sort", "partition")):
        v = np.expand_dims(v, -1)
    elif axis is not None:
        v = np.moveaxis(v, axis, -1)
    y = np.zeros_like(v, shape=(*(shape[k] for k in kept), int(np.prod([shape[k] for k in axes]))))
    np.put_along_axis(y, places, v, axis=-1)
    return np.transpose(np.reshape(y, tuple(shape[k] for k in kept + axes)), tuple(np.argsort(kept + axes)))


def _is_replayed(*xs):
    return any(getattr(x, "is_guarded", False) for x in xs)


def _apply(row, y, x, params):
    """A row of two operands, as an operation of the innermost number that a program is being recorded for."""
    if not _is_replayed(y, x):
        return row.primal(y, x, **params)
    leader = max((z for z in (y, x) if hasattr(z, "engine")), key=lambda z: z.level)
    return leader.engine.array_op(row, [y, x], params)


def _linear(primal, transpose):
    """The rules of a row (y, x) that is linear in y and takes the order from x."""

    def jvp(x_dots, xs, v, **params):
        return None if x_dots[0] is None else _apply(primal(), x_dots[0], xs[1], params)

    def vjp(v_bar, xs, v, active, **params):
        return (_apply(transpose(), v_bar, xs[1], params) if active[0] else None, None)

    return jvp, vjp


TAKEN = ArrayOp("taken", _taken, *_linear(lambda: TAKEN, lambda: PUT))
PUT = ArrayOp("put", _put, *_linear(lambda: PUT, lambda: TAKEN))


def _ordered(x, axis, function, options):
    return _taken(x, x, axis, function, options)


def _ordered_jvp(x_dots, xs, v, **params):
    return _apply(TAKEN, x_dots[0], xs[0], params)


def _ordered_vjp(v_bar, xs, v, active, **params):
    return (_apply(PUT, v_bar, xs[0], params),)


# `function` is argmax, argmin, argsort or argpartition, `options` what it takes; axis is an int, None for all elements,
# or, of argmax and argmin, a tuple.
ORDERED = ArrayOp("ordered", _ordered, _ordered_jvp, _ordered_vjp)

ROWS = (ORDERED, TAKEN, PUT)
