"""Functions of Python's module math that are neither the C library's nor NumPy's to the last bit: their values are
math's, element by element."""

import math

import numpy as np

from .registry import define


def _each(name):
    return np.vectorize(getattr(math, name), otypes=[float])


def _psi(x):
    import scipy.special

    return scipy.special.psi(x)


def _gamma_slope(x, v):
    return v * _psi(x)


define("math_gamma", "x", _each("gamma"), _gamma_slope)
define("math_lgamma", "x", _each("lgamma"), lambda x, v: _psi(x))
define("math_remainder", "x y", _each("remainder"), lambda x, y, v: 1.0, lambda x, y, v: -np.rint((x - v) / y))
if hasattr(math, "fma"):
    define("math_fma", "x y z", _each("fma"), lambda x, y, z, v: y, lambda x, y, z, v: x, lambda x, y, z, v: 1.0)
