"""The functions of `math` with active numbers: what they give and raise is math's own, so that ``math.log(0)`` is an
error and ``math.exp(1000)`` one, too. Arguments are scalars, or arrays of one element, as ``float`` takes them."""

import math
from functools import reduce

import numpy as np

from ..errors import TraceEscapeError
from ..ops.table import OPCODES
from ..trace.functions import (
    PASSIVE,
    elementwise,
    foreign,
    is_active,
    peeked,
    primal,
)

_UFUNCS = {
    "acos": np.arccos,
    "acosh": np.arccosh,
    "asin": np.arcsin,
    "asinh": np.arcsinh,
    "atan": np.arctan,
    "atan2": np.arctan2,
    "atanh": np.arctanh,
    "cbrt": np.cbrt,
    "copysign": np.copysign,
    "cos": np.cos,
    "cosh": np.cosh,
    "degrees": np.degrees,
    "exp": np.exp,
    "exp2": np.exp2,
    "expm1": np.expm1,
    "fabs": np.fabs,
    "fmod": np.fmod,
    "log10": np.log10,
    "log1p": np.log1p,
    "log2": np.log2,
    "pow": np.power,
    "radians": np.radians,
    "sin": np.sin,
    "sinh": np.sinh,
    "sqrt": np.sqrt,
    "tan": np.tan,
    "tanh": np.tanh,
}
_ROWS = {"erf": "erf", "erfc": "erfc", "gamma": "gamma", "lgamma": "gammaln"}
_INTEGERS = ("comb", "factorial", "gcd", "isqrt", "lcm", "perm")
_DECISIONS = ("isclose", "isfinite", "isinf", "isnan")


def _scalar(x):
    """An argument as ``float`` would take it."""
    if is_active(x) and x.ndim:
        if x.size != 1:
            raise TypeError("only length-1 arrays can be converted to Python scalars")
        return x.reshape(1)[0]
    return x


def _checked(function, handler):
    """`handler` after math's own function has seen the values: what it raises is raised."""

    def checked(*args):
        args = [_scalar(x) for x in args]
        function(*map(peeked, args))
        return handler(*args)

    return checked


def _register():
    for name, ufunc in _UFUNCS.items():
        if hasattr(math, name):
            foreign(f"math.{name}")(_checked(getattr(math, name), ufunc))
    for name, row in _ROWS.items():
        opcode = OPCODES[row]
        foreign(f"math.{name}")(_checked(getattr(math, name), lambda x, _opcode=opcode: elementwise(_opcode, x)))
    for name in _INTEGERS:
        foreign(f"math.{name}", kind=PASSIVE)(_refusal(name))


def _refusal(name):
    def refuse(*args):
        raise TraceEscapeError(f"math.{name} takes integers, and a traced number is none", "pass int(x)")

    return refuse


_register()


def _logarithm(x, base=None):
    return np.log(x) if base is None else np.log(x) / np.log(base)


foreign("math.log")(_checked(math.log, _logarithm))
foreign("math.ldexp")(_checked(math.ldexp, lambda x, i: x * math.ldexp(1.0, i) if type(i) is int else np.ldexp(x, i)))


@foreign("math.remainder")
def remainder(x, y):
    x, y = _scalar(x), _scalar(y)
    math.remainder(peeked(x), peeked(y))
    return x - y * np.rint(x / y)


@foreign("math.modf")
def modf(x):
    whole = np.trunc(_scalar(x))
    return _scalar(x) - whole, whole


@foreign("math.frexp")
def frexp(x):
    exponent = math.frexp(primal(_scalar(x)))[1]
    return _scalar(x) * 2.0**-exponent, exponent


@foreign("math.hypot")
def hypot(*coordinates):
    coordinates = [np.abs(_scalar(x)) for x in coordinates]
    return reduce(np.hypot, coordinates) if len(coordinates) > 1 else (coordinates or [0.0])[0]


@foreign("math.dist")
def dist(p, q):
    p, q = list(p), list(q)
    if len(p) != len(q):
        raise ValueError("both points must have the same number of dimensions")
    return hypot(*(x - y for x, y in zip(p, q, strict=True)))


@foreign("math.fsum")
def fsum(seq):
    return sum(seq, 0.0)


@foreign("math.prod")
def prod(iterable, /, *, start=1):
    for x in iterable:
        start = start * x
    return start


@foreign("math.sumprod")
def sumprod(p, q, /):
    return sum(x * y for x, y in zip(p, q, strict=True))


@foreign("math.fma")
def fma(x, y, z, /):
    return _scalar(x) * _scalar(y) + _scalar(z)


@foreign("math.floor", kind=PASSIVE)
def floor(x):
    return math.floor(_scalar(x))


@foreign("math.ceil", kind=PASSIVE)
def ceil(x):
    return math.ceil(_scalar(x))


@foreign("math.trunc", kind=PASSIVE)
def trunc(x):
    return math.trunc(_scalar(x))


@foreign("math.nextafter")
def nextafter(x, y, **steps):
    there = math.nextafter(primal(_scalar(x)), primal(_scalar(y)), **steps)
    return _scalar(x) + (there - peeked(_scalar(x)))


@foreign("math.ulp", kind=PASSIVE)
def ulp(x):
    return math.ulp(primal(_scalar(x)))


def _decision(function):
    def decide(*args, **kwargs):
        return function(*(primal(_scalar(x)) for x in args), **{key: primal(x) for key, x in kwargs.items()})

    return decide


for _name in _DECISIONS:
    foreign(f"math.{_name}", kind=PASSIVE)(_decision(getattr(math, _name)))
