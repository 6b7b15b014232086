"""Truncated Taylor polynomials in parameters, for kernels that are series or integrals: what a term is in the
parameters is written once, its derivatives of any order follow. On plain arrays only; the coefficients broadcast.

Also the Taylor series of log gamma and of its reciprocal, and the quadrature that the integrals share.
"""

from functools import cache
from itertools import product
from math import factorial, prod

import numpy as np
import scipy.special as sc


@cache
def _indices(orders):
    """All multi-indices up to `orders`, lowest first."""
    return tuple(product(*(range(n + 1) for n in orders)))


@cache
def _splits(orders):
    """For each multi-index i the pairs (j, i - j)."""
    return tuple(
        (i, tuple((j, tuple(a - b for a, b in zip(i, j, strict=True))) for j in product(*(range(n + 1) for n in i))))
        for i in _indices(orders)
    )


class Jet:
    """A polynomial in small changes of parameters: `c` maps multi-indices up to `orders` to arrays."""

    __slots__ = ("c", "orders")
    __array_ufunc__ = None  # an array and a jet are a jet

    def __init__(self, c, orders):
        self.c, self.orders = c, orders

    @classmethod
    def constant(cls, value, orders):
        return cls({i: value if not any(i) else 0.0 for i in _indices(orders)}, orders)

    @classmethod
    def variable(cls, value, k, orders):
        """Parameter k: `value` plus its change."""
        jet = cls.constant(value, orders)
        if orders[k]:
            jet.c[tuple(int(j == k) for j in range(len(orders)))] = 1.0
        return jet

    def derivative(self):
        """The derivative of the highest orders."""
        return self.c[self.orders] * float(prod(map(factorial, self.orders)))

    @property
    def value(self):
        return self.c[(0,) * len(self.orders)]

    def __add__(self, other):
        if not isinstance(other, Jet):
            zero = (0,) * len(self.orders)
            return Jet({**self.c, zero: self.c[zero] + other}, self.orders)
        return Jet({i: self.c[i] + other.c[i] for i in self.c}, self.orders)

    __radd__ = __add__

    def __neg__(self):
        return Jet({i: -a for i, a in self.c.items()}, self.orders)

    def __sub__(self, other):
        return self + -other

    def __rsub__(self, other):
        return -self + other

    def __mul__(self, other):
        if not isinstance(other, Jet):
            return Jet({i: a * other for i, a in self.c.items()}, self.orders)
        return Jet({i: sum(self.c[j] * other.c[k] for j, k in pairs) for i, pairs in _splits(self.orders)}, self.orders)

    __rmul__ = __mul__

    def __truediv__(self, other):
        if not isinstance(other, Jet):
            return self * (1.0 / other)
        quotient, first = {}, other.value
        for i, pairs in _splits(self.orders):
            rest = sum(quotient[k] * other.c[j] for j, k in pairs if any(j))
            quotient[i] = (self.c[i] - rest) / first
        return Jet(quotient, self.orders)

    def sum(self):
        """Over the last axis."""
        return Jet({i: np.sum(a, axis=-1) if np.ndim(a) else a for i, a in self.c.items()}, self.orders)


def exp(x):
    found = {}
    for i, pairs in _splits(x.orders):
        axis = next((k for k, n in enumerate(i) if n), None)
        if axis is None:
            found[i] = np.exp(x.c[i])
        else:
            found[i] = sum(j[axis] * x.c[j] * found[k] for j, k in pairs if j[axis]) / i[axis]
    return Jet(found, x.orders)


def composed(coefficients, x):
    """Sum of coefficients[k] (x - x.value)^k."""
    change = x - x.value
    result = Jet.constant(coefficients[-1], x.orders)
    for c in coefficients[-2::-1]:
        result = result * change + c
    return result


def log(x):
    n = sum(x.orders)
    return composed([np.log(x.value), *(-((-1.0 / x.value) ** k) / k for k in range(1, n + 1))], x)


def lgamma(x):
    """log |gamma(x)| at x > 0: psi and its derivatives (DLMF 5.15.1)."""
    a, n = x.value, sum(x.orders)
    return composed([sc.gammaln(a), sc.psi(a), *((-1.0) ** k * sc.zeta(float(k), a) / k for k in range(2, n + 1))], x)


def rgamma(x):
    """1/gamma(x), for every real x: by reflection where x < 1/2."""
    a = x.value
    right = a >= 0.5
    direct = exp(-lgamma(where(right, x, 1.0)))
    mirrored = exp(lgamma(where(right, 1.0, 1.0 - x)))
    left = mirrored * sin_pi(where(right, 0.0, x)) * (1.0 / np.pi)
    return Jet({i: np.where(right, direct.c[i], left.c[i]) for i in direct.c}, x.orders)


def sin_pi(x):
    """sin(pi x)."""
    a, n = x.value, sum(x.orders)
    r = a - 2.0 * np.rint(0.5 * a)
    values = [np.sin(np.pi * np.where(np.abs(r) > 0.5, np.sign(r) - r, r)), np.sin(np.pi * (0.5 - np.abs(r)))]
    cycle = (values[0], values[1], -values[0], -values[1])
    return composed([cycle[k % 4] * np.pi**k / factorial(k) for k in range(n + 1)], x)


def where(condition, x, otherwise):
    """np.where for jets and numbers, at least one of them a jet."""
    orders = (x if isinstance(x, Jet) else otherwise).orders
    x, otherwise = (a if isinstance(a, Jet) else Jet.constant(a, orders) for a in (x, otherwise))
    return Jet({i: np.where(condition, a, otherwise.c[i]) for i, a in x.c.items()}, orders)


def trusted(value, magnitude, scale=0.0, tolerance=1e-10):
    """`value`, NaN where rounding of terms of that magnitude leaves fewer digits than `tolerance`, relative to the
    value and to `scale`."""
    lost = 2.0**-52 * magnitude > tolerance * (np.abs(value) + scale)
    return np.where(lost, np.nan, value)


# ---- quadrature ----


@cache
def half_line():
    """Nodes u and weights for integrals over u > 0 of what decays like exp(-u): u = exp(s - exp(-s)) and the
    trapezoidal rule in s (Takahasi and Mori 1974, doi:10.2977/prims/1195192451)."""
    s = np.arange(-4.0, 5.2, 0.04)
    u = np.exp(s - np.exp(-s))
    return u, 0.04 * u * (1.0 + np.exp(-s))


@cache
def interval(n):
    """Nodes and weights of Gauss and Legendre on (0, 1)."""
    x, w = np.polynomial.legendre.leggauss(n)
    return 0.5 * (1.0 + x), 0.5 * w


def columns(*xs):
    """Operands as one flat column each, and the shape of the result."""
    arrays = np.broadcast_arrays(*(np.asarray(x, dtype=np.float64) for x in xs))
    return [a.reshape(-1, 1) for a in arrays], arrays[0].shape
