"""Operations on complex numbers, one `ArrayOp` row each. To the engines a complex operand is two real ones, its real
and its imaginary part, and a complex result is one real array whose first axis holds the two.

*Design.* (a) The value of what NumPy computes of complex numbers is NumPy's own, bit for bit: the row `VALUE`,
without a derivative. The derivative is that of a real formula for the same thing (handlers/complex_formulas.py); the
row `valued` of the rule table joins the two. So sweeps of elementwise functions run in the compiled kernels, and a
branch that was not taken adds nothing. (b) Where there is no such formula (linear algebra, products), a rule of
`array_ops` or `matrix_ops` serves: it is written in NumPy language for a function that is analytic, so that it holds
for complex numbers as it stands: see complexified.py.

The parameter `kinds` has a letter for each operand, "c" for a complex one and "r" for a real one. Called by
handlers/complex_*.py and fourier.py."""

import cmath
import operator
from dataclasses import replace
from importlib import import_module

import numpy as np

from . import array_ops, matrix_ops
from .array_ops import ArrayOp, no_jvp, no_vjp
from .complexified import analytic, numbers_behind, parts_of
from .decisions import filled

# ---- values ----


_HOMES = {"operator": operator, "cmath": cmath}


def _of_pythons(function):
    """The function of numbers that are Python's: their powers differ from those of NumPy's scalars."""
    return lambda *zs: function(*(z.item() for z in zs))


def _function_of(name):
    home, *path = name.split(".")
    if home == "python":
        return _of_pythons(getattr(operator, path[-1]))
    if home == "scipy":
        return getattr(import_module("scipy.fft"), path[-1])
    found = _HOMES.get(home) or getattr(np, home)
    for part in path:
        found = getattr(found, part)
    return found


def _value(*xs, function, kinds, args, kwargs, part=None):
    zs = iter([z[()] for z in map(np.asarray, numbers_behind(xs, kinds))])
    found = _function_of(function)(*filled(args, zs), **filled(kwargs, zs))
    found = found if part is None else found[part]
    return parts_of(found) if np.iscomplexobj(found) else found


# What a function of NumPy, given by name, makes of complex and real numbers, or one part of that; "operator.mul" is
# the * of arrays and of NumPy's scalars, "python.mul" that of Python's complex numbers, "cmath.exp" another function
# than "exp".
VALUE = ArrayOp("complex value", _value, no_jvp, no_vjp)


def _logarithm_of_det(a):
    """``log(det(a))``, the imaginary part being the angle of what NumPy calls the sign."""
    sign, size = np.linalg.slogdet(a)
    return size + 1j * np.angle(sign)


PROD, CUMPROD, EINSUM = map(analytic, (array_ops.PROD, array_ops.CUMPROD, array_ops.EINSUM))
SOLVE, INV, DET = map(analytic, (matrix_ops.SOLVE, matrix_ops.INV, matrix_ops.DET))
LOGDET = analytic(replace(matrix_ops.LOGDET, primal=_logarithm_of_det))

ROWS = (VALUE, PROD, CUMPROD, EINSUM, SOLVE, INV, DET, LOGDET)
