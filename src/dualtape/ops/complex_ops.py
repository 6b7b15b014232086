"""Operations on complex numbers, one `ArrayOp` row each. To the engines a complex operand is two real ones, its real
and its imaginary part, and a complex result is one real array whose first axis holds the two.

*Design.* (a) The value of what NumPy computes of complex numbers is NumPy's own, bit for bit: the row `VALUE`,
without a derivative. The derivative is that of a real formula for the same thing (handlers/complex_formulas.py); the
row `valued` of the rule table joins the two. So sweeps of elementwise functions run in the compiled kernels, and a
branch that was not taken adds nothing. (b) Where there is no such formula (linear algebra, products), a rule of
`array_ops` or `matrix_ops` serves: it is written in NumPy language for a function that is analytic, so that it holds
for complex numbers as it stands. The adjoint of multiplication by c being multiplication by conj(c), the pullback is
the rule between two conjugations: see `complexified`.

The parameter `kinds` has a letter for each operand, "c" for a complex one and "r" for a real one. Called by
handlers/complex_*.py and fourier.py."""

import cmath
import operator
from dataclasses import replace
from importlib import import_module

import numpy as np

from . import array_ops, matrix_ops
from .array_ops import ArrayOp
from .decisions import filled


def joined(re, im):
    """The complex number with these parts, plain or active: in memory as its real part is."""
    if type(re) is np.ndarray and type(im) is np.ndarray:
        z = np.empty_like(re, dtype=np.complex128)
        z.real, z.imag = re, im
        return z
    z = np.stack([re, im], axis=-1).view(np.complex128)[..., 0]
    return z if z.ndim or type(z) is not np.ndarray else z[()]


def parts_of(z):
    """The parts of a complex number along a first axis."""
    return np.stack([np.real(z), np.imag(z)])


def _numbers(xs, kinds):
    """The operands behind the parts."""
    xs = iter(xs)
    return tuple(joined(next(xs), next(xs)) if kind == "c" else next(xs) for kind in kinds)


def _moved(x_dots, xs, kinds):
    """Tangents of the operands; a part that does not move is a zero beside one that does."""
    found, at = [], 0
    for kind in kinds:
        n = 2 if kind == "c" else 1
        dots = x_dots[at : at + n]
        if all(dot is None for dot in dots):
            found.append(None)
        else:
            dots = [np.zeros(np.shape(x)) if d is None else d for d, x in zip(dots, xs[at : at + n], strict=True)]
            found.append(joined(*dots) if n == 2 else dots[0])
        at += n
    return tuple(found)


def _active_operands(active, kinds):
    """Which operands have an active part."""
    flags = iter(active)
    return tuple(next(flags) | (kind == "c" and next(flags)) for kind in kinds)


def complexified(row, is_real=False):
    """The row of complex numbers whose rules those of `row` are, when read as complex ones. `is_real`: its result is
    real, the real part of an analytic function."""

    def result(v):
        return v if is_real else joined(v[0], v[1])

    def answer(z):
        return z if is_real else parts_of(z)

    def primal(*xs, kinds, **params):
        return answer(row.primal(*_numbers(xs, kinds), **params))

    def jvp(x_dots, xs, v, kinds, **params):
        return answer(row.jvp(_moved(x_dots, xs, kinds), _numbers(xs, kinds), result(v), **params))

    def vjp(v_bar, xs, v, active, kinds, **params):
        zs, wanted = _numbers(xs, kinds), _active_operands(active, kinds)
        z_bars = row.vjp(np.conj(result(v_bar)), zs, result(v), wanted, **params)
        found = []
        for kind, z_bar in zip(kinds, z_bars, strict=True):
            if kind == "r":
                found.append(None if z_bar is None else np.real(z_bar))
            else:
                found += (None, None) if z_bar is None else (np.real(z_bar), -np.imag(z_bar))
        return tuple(x_bar if is_wanted else None for x_bar, is_wanted in zip(found, active, strict=True))

    return ArrayOp(f"complex {row.name}", primal, jvp, vjp)


# ---- values ----


_HOMES = {"operator": operator, "cmath": cmath}


def _function_of(name):
    home, *path = name.split(".")
    if home == "scipy":
        return getattr(import_module("scipy.fft"), path[-1])
    found = _HOMES.get(home) or getattr(np, home)
    for part in path:
        found = getattr(found, part)
    return found


def _value(*xs, function, kinds, args, kwargs, part=None):
    zs = iter([z[()] for z in map(np.asarray, _numbers(xs, kinds))])
    found = _function_of(function)(*filled(args, zs), **filled(kwargs, zs))
    found = found if part is None else found[part]
    return parts_of(found) if np.iscomplexobj(found) else found


def _no_jvp(x_dots, xs, v, **params):
    return None


def _no_vjp(v_bar, xs, v, active, **params):
    return (None,) * len(xs)


# What a function of NumPy, given by name, makes of complex and real numbers, or one part of that; "operator.mul" is
# Python's *, "cmath.exp" another function than "exp".
VALUE = ArrayOp("complex value", _value, _no_jvp, _no_vjp)


def _logarithm_of_det(a):
    """``log(det(a))``, the imaginary part being the angle of what NumPy calls the sign."""
    sign, size = np.linalg.slogdet(a)
    return size + 1j * np.angle(sign)


PROD, CUMPROD, EINSUM = map(complexified, (array_ops.PROD, array_ops.CUMPROD, array_ops.EINSUM))
SOLVE, INV, DET = map(complexified, (matrix_ops.SOLVE, matrix_ops.INV, matrix_ops.DET))
LOGDET = complexified(replace(matrix_ops.LOGDET, primal=_logarithm_of_det))

ROWS = (VALUE, PROD, CUMPROD, EINSUM, SOLVE, INV, DET, LOGDET)
