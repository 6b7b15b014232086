"""What `math`, `special` and the built-ins mean to a random program whose numbers are series; see series_numpy.py."""

import math as _math
import types

import mpmath
import numpy as np

from . import series, series_numpy
from .series import Series
from .series_numpy import lifted


def by_mpmath(function):
    """A function of mpmath as one of series: its Taylor coefficients are mpmath's own."""

    def of_number(x):
        digits = max(25, mpmath.mp.dps)

        def taylor(b, order):
            with mpmath.workdps(digits):
                T = mpmath.taylor(function, mpmath.mpf(b), order)
            return [mpmath.re(t) for t in T] if isinstance(b, mpmath.mpf) else [float(mpmath.re(t)) for t in T]

        return series.composed(taylor, x)

    return lifted(of_number)


expit = lambda x: 1.0 / (1.0 + series_numpy.exp(-x))

special = types.SimpleNamespace(
    erf=lifted(lambda x: series.compose("erf", x)),
    erfc=lambda x: 1.0 - special.erf(x),
    gammaln=lifted(lambda x: series.compose("gammaln", x)),
    psi=by_mpmath(mpmath.digamma),
    expit=expit,
    log_expit=lambda x: series_numpy.log(expit(x)),
    entr=lambda x: -x * series_numpy.log(x),
    exprel=by_mpmath(lambda x: mpmath.expm1(x) / x if x else mpmath.mpf(1)),
    xlog1py=lambda x, y: x * series_numpy.log1p(y),
    j0=by_mpmath(mpmath.j0),
    j1=by_mpmath(mpmath.j1),
    i0=by_mpmath(lambda x: mpmath.besseli(0, x)),
    i1=by_mpmath(lambda x: mpmath.besseli(1, x)),
    ellipk=by_mpmath(mpmath.ellipk),
    ellipe=by_mpmath(mpmath.ellipe),
    dawsn=by_mpmath(lambda x: mpmath.sqrt(mpmath.pi) / 2 * mpmath.exp(-x * x) * mpmath.erfi(x)),
    sici=lambda x: (by_mpmath(mpmath.si)(x), by_mpmath(mpmath.ci)(x)),
)

math = types.SimpleNamespace(
    **{
        name: getattr(series_numpy, name)
        for name in "sin cos tanh exp sqrt log log1p expm1 hypot fmod copysign".split()
    },
    atan=series_numpy.arctan,
    asinh=series_numpy.arcsinh,
    atan2=series_numpy.arctan2,
    pow=series_numpy.power,
    erf=special.erf,
    lgamma=special.gammaln,
    fsum=lambda numbers: sum(numbers),
    prod=lambda numbers: _math.prod(numbers),
)


def _exponential(A):
    """By scaling and squaring of the Taylor series."""
    term, total = series_numpy.eye(len(A)), series_numpy.eye(len(A))
    for k in range(1, 26):
        term = term @ A / (16.0 * k)
        total = total + term
    for _ in range(4):
        total = total @ total
    return total


def logsumexp(a, b=1.0):
    return series_numpy.log(np.sum(b * series_numpy.exp(a)))


special.logsumexp = logsumexp
special.log_softmax = lambda a: a - logsumexp(a)
special.softmax = lambda a: series_numpy.exp(a - logsumexp(a))

_linalg = series_numpy.linalg
scipy = types.SimpleNamespace(
    linalg=types.SimpleNamespace(
        solve=_linalg.solve,
        inv=_linalg.inv,
        cholesky=lambda A, lower=False: _linalg.cholesky(A) if lower else _linalg.cholesky(A).T,
        lu_factor=lambda A: A,
        lu_solve=_linalg.solve,
        cho_factor=lambda A: A,
        cho_solve=_linalg.solve,
        solve_triangular=lambda A, b, lower: _linalg.solve(np.tril(A) if lower else np.triu(A), b),
        expm=_exponential,
    )
)


cmath = types.SimpleNamespace(exp=series_numpy.exp, phase=series_numpy.angle)


class _Float(type):
    def __instancecheck__(cls, x):
        return isinstance(x, Series | float)


class Float(metaclass=_Float):
    """What `float` is: it leaves series as they are."""

    def __new__(cls, x):
        x = x.item() if isinstance(x, np.ndarray) else x
        return x if isinstance(x, Series) else float(x)


NAMES = {
    "np": series_numpy,
    "dualtape": series_numpy.dualtape,
    "math": math,
    "cmath": cmath,
    "complex": lambda re, im: re + 1j * im,
    "special": special,
    "scipy": scipy,
    "float": Float,
}
