"""Sums of Python's module math, which rounds once, and its round(): one `ArrayOp` row each. Rules as in array_ops.py.
Called by handlers/math_functions.py."""

import math

import numpy as np

from .array_ops import ArrayOp, linear_in_each, no_jvp, no_vjp


def _slopes(x, v):
    """x/v; 0 at the origin, where second derivatives are not numbers."""
    zero = v == 0.0
    return np.where(zero, np.sqrt(np.sum(x * x)), x / np.where(zero, 1.0, v))


def _hypot_jvp(x_dots, xs, v):
    return np.sum(_slopes(xs[0], v) * x_dots[0])


def _hypot_vjp(v_bar, xs, v, active):
    return (v_bar * _slopes(xs[0], v),)


def _sum_jvp(x_dots, xs, v):
    return np.sum(x_dots[0])


def _sum_vjp(v_bar, xs, v, active):
    return (v_bar * np.ones(np.shape(xs[0])),)


def _product_vjp(v_bar, xs, v, active):
    return v_bar * xs[1] if active[0] else None, v_bar * xs[0] if active[1] else None


HYPOT = ArrayOp("math.hypot", lambda x: math.hypot(*x.tolist()), _hypot_jvp, _hypot_vjp)
FSUM = ArrayOp("math.fsum", lambda x: math.fsum(x.tolist()), _sum_jvp, _sum_vjp)
SUMPROD = ArrayOp(  # since Python 3.12
    "math.sumprod", lambda p, q: math.sumprod(p.tolist(), q.tolist()), linear_in_each(np.dot), _product_vjp
)
ROUND = ArrayOp("round", lambda x, digits: round(float(x), digits), no_jvp, no_vjp)

ROWS = (HYPOT, FSUM, SUMPROD, ROUND)
