"""Python's own complex numbers: ``complex(x, y)`` of traced parts and the functions of `cmath`."""

import cmath

import numpy as np

from ..trace.functions import PASSIVE, foreign, has_parts, primal
from . import complex_formulas as formulas
from .complex_functions import with_value
from .complex_numbers import factors, made, number, of_python, or_zero, parts


@foreign("builtins.complex")
def as_complex(real=0.0, imag=None):
    """``real + 1j*imag``, where each may itself be complex."""
    if isinstance(real, str):
        raise TypeError("complex() can't take second arg if first is a string")
    (a, b), (c, d) = parts(number(real)), (None, None) if imag is None else parts(number(imag))
    re, im = formulas.minus((a, None), (d, None))[0], formulas.plus((b, None), (c, None))[0]
    return of_python(made(or_zero(re), or_zero(im)))


_FORMULAS = {
    "acos": formulas.arccos, "acosh": formulas.arccosh, "asin": formulas.arcsin, "asinh": formulas.arcsinh,
    "atan": formulas.arctan, "atanh": formulas.arctanh,
    **{name: getattr(formulas, name) for name in "cos cosh exp log10 sin sinh sqrt tan tanh".split()},
}  # fmt: skip


def _by_formula(name, formula):
    @foreign(f"cmath.{name}")
    def handler(z):
        z = number(z)
        with np.errstate(all="ignore"):
            derived = formula(factors(z))
        return of_python(with_value(f"cmath.{name}", [z], derived))


for _name, _formula in _FORMULAS.items():
    _by_formula(_name, _formula)


@foreign("cmath.log")
def log(z, base=None):
    xs = [number(z)] if base is None else [number(z), number(base)]
    with np.errstate(all="ignore"):
        derived = formulas.log(factors(xs[0]))
        if base is not None:
            derived = formulas.over(derived, formulas.log(factors(xs[1])))
    return of_python(with_value("cmath.log", xs, derived))


@foreign("cmath.phase")
def phase(z):
    re, im = parts(number(z))
    return of_python(np.arctan2(or_zero(im), or_zero(re)))


@foreign("cmath.polar")
def polar(z):
    return of_python(abs(number(z))), phase(z)


@foreign("cmath.rect")
def rect(r, phi):
    return of_python(with_value("cmath.rect", [r, phi], (r * np.cos(phi), r * np.sin(phi))))


def _passive(name):
    @foreign(f"cmath.{name}", kind=PASSIVE)
    def handler(*args, **kwargs):
        return getattr(cmath, name)(*map(_value, args), **{key: _value(x) for key, x in kwargs.items()})


def _value(x):
    return complex(primal(x)) if has_parts(x) else primal(x)


for _name in ("isfinite", "isinf", "isnan", "isclose"):
    _passive(_name)
