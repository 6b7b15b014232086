"""Elementary functions of complex numbers in real formulas, ``f(a + i b) = u(a, b) + i v(a, b)``: what derivatives of
any order come from. The values are NumPy's (`complex_functions.with_value`), so a formula has to be accurate in its
derivatives only; it is written to be so in the whole plane, and on both sides of a branch cut.

A complex number is a pair of parts here; None stands for a part that is zero and depends on nothing. Called by
complex_functions.py.

Sources: W. Kahan, "Branch cuts for complex elementary functions, or much ado about nothing's sign bit", 1987, for the
inverse functions; `tanh` in terms of ``exp(-2|a|)``, so that nothing overflows."""

import numpy as np

from ..trace.cases import _where as where
from ..trace.functions import is_active, judged
from .complex_numbers import or_zero

_LN2, _LN10 = np.log(2.0), np.log(10.0)


# ---- arithmetic of pairs ----


def _product(a, b):
    return None if a is None or b is None else a * b


def _sum(a, b):
    if a is None or b is None:
        return b if a is None else a
    return a + b


def _negative(a):
    return None if a is None else -a


def plus(z, w):
    return _sum(z[0], w[0]), _sum(z[1], w[1])


def minus(z, w):
    return _sum(z[0], _negative(w[0])), _sum(z[1], _negative(w[1]))


def times(z, w):
    (a, b), (c, d) = z, w
    return _sum(_product(a, c), _negative(_product(b, d))), _sum(_product(a, d), _product(b, c))


def reciprocal(w):
    """``conj(w)/|w|^2``, which is homogeneous: w is divided by the size that it happens to have, so that the square
    neither overflows nor vanishes."""
    c, d = w
    if d is None:
        return 1.0 / c, None
    if c is None:
        return None, -1.0 / d
    size = np.maximum(np.abs(judged(c)), np.abs(judged(d)))
    c, d = c / size, d / size
    square = c * c + d * d
    return c / square / size, -d / square / size


def over(z, w):
    return times(z, reciprocal(w))


def scaled(z, factor):
    return _product(z[0], factor), _product(z[1], factor)


def _turned(z):
    """i z."""
    return _negative(z[1]), z[0]


def _turned_back(z):
    """-i z."""
    return z[1], _negative(z[0])


def _conjugate(z):
    return z[0], _negative(z[1])


def _full(z):
    return or_zero(z[0]), or_zero(z[1])


# ---- absolute value and angle ----


def absolute(z):
    """0 at 0, where the second derivative is NaN: `hypot` knows."""
    return np.hypot(*_full(z))


def sign(z):
    size, z = absolute(z), _full(z)
    return z[0] / size, z[1] / size


# ---- exponentials, logarithms, roots ----


def exp(z):
    a, b = _full(z)
    size = np.exp(a)
    return size * np.cos(b), size * np.sin(b)


def exp2(z):
    return exp(scaled(z, _LN2))


expm1 = exp  # but for a constant


def log(z):
    a, b = _full(z)
    return np.log(np.hypot(a, b)), np.arctan2(b, a)


def log2(z):
    return scaled(log(z), 1.0 / _LN2)


def log10(z):
    return scaled(log(z), 1.0 / _LN10)


def log1p(z):
    a, b = _full(z)
    return log((1.0 + a, b))


def sqrt(z):
    """The larger part first, without cancellation; the other one is b over twice that."""
    a, b = _full(z)
    left = judged(a) < 0.0
    side, upwards = where(left, -1.0, 1.0), np.copysign(1.0, judged(b))
    larger = np.sqrt(0.5 * (side * a) + 0.5 * np.hypot(a, b))
    smaller = 0.5 * b / larger
    return where(left, upwards * smaller, larger), where(left, upwards * larger, smaller)


def power(z, w):
    """A whole power, given as a plain number, is a product: exact at 0 and for every z. Else ``exp(w log z)``."""
    n = _whole(w)
    return exp(times(w, log(z))) if n is None else _whole_power(z, n)


def _whole(w):
    n, im = w
    if im is not None or n is None or is_active(n) or np.ndim(n) or not float(n).is_integer():
        return None
    return int(n)


def _whole_power(z, n):
    """By repeated squaring."""
    if n < 0:
        return reciprocal(_whole_power(z, -n))
    result = (1.0, None)
    while n:
        if n & 1:
            result = times(result, z)
        n >>= 1
        if n:
            z = times(z, z)
    return result


# ---- trigonometric and hyperbolic functions ----


def sin(z):
    a, b = _full(z)
    return np.sin(a) * np.cosh(b), np.cos(a) * np.sinh(b)


def cos(z):
    a, b = _full(z)
    return np.cos(a) * np.cosh(b), -(np.sin(a) * np.sinh(b))


def sinh(z):
    return _turned_back(sin(_turned(z)))


def cosh(z):
    return cos(_turned(z))


def tanh(z):
    """``(1 - e^2 + 2 i e sin 2b)/((1 - e)^2 + 4 e cos^2 b)`` with ``e = exp(-2a)``, for a > 0."""
    a, b = _full(z)
    side = where(judged(a) < 0.0, -1.0, 1.0)
    a, b = side * a, side * b
    e = np.exp(-2.0 * a)
    bottom = np.square(np.expm1(-2.0 * a)) + 4.0 * e * np.square(np.cos(b))
    return side * (-np.expm1(-4.0 * a) / bottom), side * (2.0 * e * np.sin(2.0 * b) / bottom)


def tan(z):
    return _turned_back(tanh(_turned(z)))


def _roots(z, w):
    """``sqrt(1 - z)`` and ``sqrt(1 + z)`` for w = 1, ``sqrt(z - 1)`` and ``sqrt(z + 1)`` for w = -1."""
    a, b = _full(z)
    return sqrt((w * (1.0 - a), -w * b)), sqrt((1.0 + a, b))


def arcsin(z):
    below, above = _roots(z, 1.0)
    return np.arctan2(or_zero(z[0]), times(below, above)[0]), np.arcsinh(times(_conjugate(below), above)[1])


def arccos(z):
    below, above = _roots(z, 1.0)
    return 2.0 * np.arctan2(below[0], above[0]), np.arcsinh(times(_conjugate(above), below)[1])


def arctan(z):
    return _turned_back(arctanh(_turned(z)))


def arcsinh(z):
    return _turned_back(arcsin(_turned(z)))


def arccosh(z):
    below, above = _roots(z, -1.0)
    return np.arcsinh(times(_conjugate(below), above)[0]), 2.0 * np.arctan2(below[1], above[0])


def arctanh(z):
    a, b = _full(z)
    ratio = 4.0 * a / (np.square(1.0 - a) + b * b)
    return 0.25 * np.log1p(ratio), 0.5 * np.arctan2(2.0 * b, (1.0 - a) * (1.0 + a) - b * b)


def square(z):
    return times(z, z)
