"""The functions of `math` with active numbers: what they give and raise is math's own, so that ``math.log(0)`` is an
error and ``math.exp(1000)`` one, too. Arguments are scalars, or arrays of one element, as ``float`` takes them."""

import functools
import math
from functools import partial

import numpy as np

from ..core.kinds import as_float
from ..core.python_errors import ENDLESS, guard_finite, guard_refused
from ..errors import TraceEscapeError
from ..ops import math_ops
from ..ops.special.registry import special
from ..ops.table import OPCODES
from ..trace.functions import (
    PASSIVE,
    apply,
    elementwise,
    foreign,
    is_active,
    operand,
    peeked,
    primal,
)

_ROWS = (
    "acos acosh asin asinh atan atan2 atanh cbrt cos cosh erf erfc exp exp2 expm1 log10 log1p log2 sin sinh tan tanh"
).split()
_UFUNCS = {"copysign": np.copysign, "degrees": np.degrees, "fabs": np.fabs, "fmod": np.fmod, "radians": np.radians}
_UFUNCS["sqrt"] = np.sqrt
_INTEGERS = ("comb", "factorial", "gcd", "isqrt", "lcm", "perm")
_DECISIONS = ("isclose", "isfinite", "isinf", "isnan")


def _scalar(x):
    """An argument as ``float`` would take it."""
    if is_active(x) and x.ndim:
        if x.size != 1:
            raise TypeError("only length-1 arrays can be converted to Python scalars")
        return x.reshape(1)[0]
    return x


def _gives_float(handler):
    """`handler`, whose results are floats of Python's as those of math are."""

    @functools.wraps(handler)
    def as_floats(*args, **options):
        result = handler(*args, **options)
        return tuple(map(as_float, result)) if type(result) is tuple else as_float(result)

    return as_floats


def _checked(function, handler):
    """`handler` after math's own function has seen the values: what it raises is raised."""

    def checked(*args):
        args = [_scalar(x) for x in args]
        try:
            function(*map(peeked, args))
        except (ValueError, ArithmeticError):
            guard_refused(args)
            raise
        result = as_float(handler(*args))
        if function.__name__ not in ENDLESS:
            guard_finite(result, function.__name__ if len(args) == 1 else "")
        return result

    return checked


def _row(name):
    """A row of the rule table whose values are the C library's, as math's are."""
    return partial(elementwise, OPCODES[name])


def _register():
    for name, ufunc in _UFUNCS.items():
        if hasattr(math, name):
            foreign(f"math.{name}")(_checked(getattr(math, name), ufunc))
    for name in _ROWS:
        if hasattr(math, name):
            foreign(f"math.{name}")(_checked(getattr(math, name), _row(f"math_{name}")))
    foreign("math.pow")(_checked(math.pow, _row("scalar_power")))
    for name in _INTEGERS:
        foreign(f"math.{name}", kind=PASSIVE)(_refusal(name))


def _refusal(name):
    def refuse(*args):
        raise TraceEscapeError(f"math.{name} takes integers, and a traced number is none", "pass int(x)")

    return refuse


_register()


def _logarithm(x, base=None):
    log = _row("math_log")
    if base is None:
        return log(x)
    return (log(x) if is_active(x) else math.log(x)) / (log(base) if is_active(base) else math.log(base))


foreign("math.log")(_checked(math.log, _logarithm))
foreign("math.ldexp")(_checked(math.ldexp, lambda x, i: _row("ldexp")(x, float(i) if type(i) is int else i)))


def _own(name):
    """A function whose values only math itself has."""
    return partial(special, f"math_{name}")


for _name in ("gamma", "lgamma", "remainder", "fma"):
    if hasattr(math, _name):
        foreign(f"math.{_name}")(_checked(getattr(math, _name), _own(_name)))


@foreign("math.modf")
@_gives_float
def modf(x):
    return np.modf(_scalar(x))


@foreign("math.frexp")
@_gives_float
def frexp(x):
    mantissa, exponent = np.frexp(_scalar(x))
    return mantissa, int(exponent)


def _vector(numbers):
    return np.stack([operand(_scalar(x)) for x in numbers])


@foreign("math.hypot")
@_gives_float
def hypot(*coordinates):
    math.hypot(*map(peeked, map(_scalar, coordinates)))
    return apply(math_ops.HYPOT, _vector(coordinates))


@foreign("math.dist")
@_gives_float
def dist(p, q):
    p, q = list(p), list(q)
    if len(p) != len(q):
        raise ValueError("both points must have the same number of dimensions")
    return hypot(*(x - y for x, y in zip(p, q, strict=True)))


@foreign("math.fsum")
@_gives_float
def fsum(seq):
    seq = list(seq)
    math.fsum(map(peeked, map(_scalar, seq)))
    return apply(math_ops.FSUM, _vector(seq))


@foreign("math.prod")
def prod(iterable, /, *, start=1):
    for x in iterable:
        start = start * x
    return start


@foreign("math.sumprod")
@_gives_float
def sumprod(p, q, /):
    p, q = list(p), list(q)
    math.sumprod([peeked(_scalar(x)) for x in p], [peeked(_scalar(x)) for x in q])
    return apply(math_ops.SUMPROD, _vector(p), _vector(q))


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
@_gives_float
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


@_gives_float
def rounded(x, digits):
    """``round(x, digits)`` of a float of Python's: to the nearest decimal number, where np.round divides a rounded
    product."""
    return apply(math_ops.ROUND, x, digits=digits)


for _name in _DECISIONS:
    foreign(f"math.{_name}", kind=PASSIVE)(_decision(getattr(math, _name)))
