"""Numbers with derivatives that know nothing of dualtape: truncated power series, over floats or over mpmath.

A Series holds Taylor coefficients in one variable; nested derivatives are series whose coefficients are series of an
outer level. Object arrays of them go through NumPy's own indexing, sums and products. Where a function has no
derivative, or a comparison is too close to call, Undecided is raised: there is no truth to compare with at that point.

Recurrences: Griewank & Walther (2008), table 13.1 and proposition 13.1.
"""

import cmath
import contextlib
import math

import mpmath

TOO_CLOSE = 1e-7  # relative: rounding may decide such a comparison either way
NEARLY_ZERO = 1e-20  # under a root: the variance of equal numbers, say
_kind = float  # of the numbers under all levels
_noise = None  # random generator: every result then carries a relative error
NOISE = 1e-12


@contextlib.contextmanager
def arithmetic(kind, generator=None):
    """Numbers of this kind inside; with a generator every result carries a relative error of up to NOISE."""
    global _kind, _noise
    before = _kind, _noise
    _kind, _noise = kind, generator
    try:
        yield
    finally:
        _kind, _noise = before


def _rounded(level, c):
    if _noise is not None:
        c = [p if isinstance(p, Series) else p * (1 + NOISE * _noise.uniform(-1.0, 1.0)) for p in c]
    return Series(level, c)


class Undecided(Exception):
    """No derivative here, or rounding decides which: a tie, a kink, a pole."""


class Series:
    """``c[0] + c[1] t + c[2] t**2 + ...``; coefficients are numbers or series of lower level."""

    __slots__ = ("c", "level")

    def __init__(self, level, c):
        self.level, self.c = level, c

    def __add__(self, other):
        if not isinstance(other, Series):
            return _rounded(self.level, [self.c[0] + other, *self.c[1:]]) if _is_number(other) else NotImplemented
        if self.level == other.level:
            return _rounded(self.level, [p + q for p, q in zip(self.c, other.c)])
        high, low = _by_level(self, other)
        return _rounded(high.level, [high.c[0] + low, *high.c[1:]])

    __radd__ = __add__

    def __neg__(self):
        return Series(self.level, [-p for p in self.c])

    def __pos__(self):
        return self

    def __sub__(self, other):
        return self + (-other)

    def __rsub__(self, other):
        return -self + other

    def __mul__(self, other):
        if not isinstance(other, Series):
            return _rounded(self.level, [p * other for p in self.c]) if _is_number(other) else NotImplemented
        if self.level != other.level:
            high, low = _by_level(self, other)
            return _rounded(high.level, [p * low for p in high.c])
        a, b = self.c, other.c
        return _rounded(self.level, [_sum(a[i] * b[k - i] for i in range(k + 1)) for k in range(len(a))])

    def __rmul__(self, other):
        return self * other

    def __truediv__(self, other):
        return self * (power(other, -1) if isinstance(other, Series) else 1 / _nonzero(other))

    def __rtruediv__(self, other):
        return power(self, -1) * other

    def __pow__(self, exponent):
        return power(self, exponent)

    def __rpow__(self, base):
        return power(base, self)

    def __mod__(self, other):
        return self - other * floor(self / other)

    def __rmod__(self, other):
        return other - self * floor(other / self)

    def __floordiv__(self, other):
        return floor(self / other)

    def __rfloordiv__(self, other):
        return floor(other / self)

    def __abs__(self):
        return absolute(self)

    def __lt__(self, other):
        return _difference(self, other) < 0

    def __le__(self, other):
        return _difference(self, other) <= 0

    def __gt__(self, other):
        return _difference(self, other) > 0

    def __ge__(self, other):
        return _difference(self, other) >= 0

    def __eq__(self, other):
        return _difference(self, other) == 0

    def __ne__(self, other):
        return _difference(self, other) != 0

    __hash__ = None

    def __bool__(self):
        return base(self) != 0

    def __repr__(self):
        return f"Series({self.level}, {self.c})"

    real = property(lambda self: _part(self, "real"))
    imag = property(lambda self: _part(self, "imag"))

    def conjugate(self):
        return self.real - 1j * self.imag if isinstance(base(self), complex | mpmath.mpc) else self


def _by_level(x, y):
    """The two in order: to the one of higher level the other is a constant."""
    return (x, y) if x.level > y.level else (y, x)


def _is_number(x):
    return not hasattr(x, "__len__") and (hasattr(x, "__float__") or hasattr(x, "__complex__"))


def _sum(terms):
    total = next(terms)
    for term in terms:
        total = total + term
    return total


def _nonzero(x):
    if x == 0:
        raise Undecided("division by zero")
    return x


def base(x):
    """The number under all levels."""
    while isinstance(x, Series):
        x = x.c[0]
    return x


def coefficient(x, level, k):
    """Coefficient k of x as a series of `level`."""
    if isinstance(x, Series) and x.level == level:
        return x.c[k]
    return x if k == 0 else 0.0


def variable(level, value, slope, order):
    """``value + slope t``."""
    return Series(level, [value, slope, *[0.0] * (order - 1)])


def constant(value):
    """A number that takes part in rounding, unlike a float: what a program's own constants are made into."""
    if not isinstance(value, complex | mpmath.mpc):
        value = _kind(value)
    return Series(0, [value, 0.0, 0.0])


def kind_of_complex(numerator, denominator):
    """exp(i pi numerator / denominator)"""
    if _kind is float:
        return cmath.exp(1j * math.pi * numerator / denominator)
    return mpmath.expjpi(_kind(numerator) / denominator)


def is_constant(x):
    return not isinstance(x, Series) or (is_constant(x.c[0]) and all(is_zero(c) for c in x.c[1:]))


def is_zero(x):
    return all(map(is_zero, x.c)) if isinstance(x, Series) else x == 0


def _difference(x, other):
    """The sign-bearing difference of two numbers, if it is far from zero or they are the same number."""
    p, q = base(x), base(other)
    gap = p - q
    if not abs(gap) > TOO_CLOSE * max(1, abs(p), abs(q)) and not (gap == 0 and is_zero(x - other)):
        raise Undecided("a comparison is too close to call")
    return gap


def _signed(x):
    """-1.0 or 1.0; constant zeros count as positive."""
    if base(x) == 0 and is_zero(x):
        return 1.0
    return 1.0 if _difference(x, 0.0) > 0 else -1.0


def _part(x, which):
    return Series(x.level, [_part(c, which) for c in x.c]) if isinstance(x, Series) else getattr(x, which)


def absolute(x):
    if isinstance(base(x), complex | mpmath.mpc):
        return compose("sqrt", x.real * x.real + x.imag * x.imag)
    return x * _signed(x) if isinstance(x, Series) else abs(x)


def sign(x):
    return 0.0 if is_zero(x) else _signed(x)


def floor(x, rounded=math.floor):
    """A step function: a plain number, away from its steps (half integers are steps of rint)."""
    b = base(x)
    for step in (0.0, 0.5):
        if abs(b - step - round(float(b - step))) < TOO_CLOSE and not is_constant(x):
            raise Undecided("a step")
    return float(rounded(b))


def power(x, exponent):
    """``x**exponent``: whole exponents by multiplication, others of positive numbers."""
    if not isinstance(exponent, Series) and float(exponent).is_integer():
        n = int(exponent)
        if n < 0:
            return compose("reciprocal", whole_power(x, -n)) if isinstance(x, Series) else 1 / _nonzero(x) ** -n
        return whole_power(x, n)
    if not base(x) > 0:
        raise Undecided("a power of a number that is not positive")
    return compose("exp", exponent * compose("log", x))


def whole_power(x, n):
    result = constant(1.0)
    for _ in range(n):
        result = x * result
    return result


def compose(name, x):
    """The function of one variable called `name`, of a number or a series."""
    return composed(lambda b, order: taylor(name, b, order), x)


def composed(coefficients, x):
    """A function of one variable with these Taylor coefficients at a point, up to an order."""
    b = base(x)
    if not isinstance(x, Series):
        return coefficients(b, 0)[0]
    order, y = 0, x
    while isinstance(y, Series):
        order, y = order + len(y.c) - 1, y.c[0]
    T = coefficients(b, order)
    h = x - b
    result = T[-1]
    for t in T[-2::-1]:
        result = h * result + t
    return result


def taylor(name, b, order):
    """Taylor coefficients 0 .. order of a function at the number b."""
    is_exact, is_complex = isinstance(b, mpmath.mpf | mpmath.mpc), isinstance(b, complex)
    m = mpmath.mp if is_exact else cmath if is_complex else math
    b = b if is_exact or is_complex else float(b)
    try:
        return _RULES[name](m, b, order) if name in _RULES else _by_mpmath(name, b, order)
    except (ValueError, ZeroDivisionError, OverflowError) as problem:
        raise Undecided(f"{name} at {b}: {problem}") from None


def _by_mpmath(name, b, order):
    if isinstance(b, float):
        with mpmath.workdps(25):
            return [float(mpmath.re(t)) for t in mpmath.taylor(getattr(mpmath, name), mpmath.mpf(b), order)]
    return mpmath.taylor(getattr(mpmath, name), b, order)


# Polynomials in one variable: lists of coefficients, all of one length.


def _times(p, q):
    return [sum(p[i] * q[k - i] for i in range(k + 1)) for k in range(len(p))]


def _raised(p, r):
    """p**r for p[0] > 0."""
    c = [p[0] ** r]
    for k in range(1, len(p)):
        c.append(sum((r * j - (k - j)) * p[j] * c[k - j] for j in range(1, k + 1)) / (k * p[0]))
    return c


def _exponential(m, p):
    c = [m.exp(p[0])]
    for k in range(1, len(p)):
        c.append(sum(j * p[j] * c[k - j] for j in range(1, k + 1)) / k)
    return c


def _integral(start, p):
    return [start, *(t / (k + 1) for k, t in enumerate(p[:-1]))]


def _line(b, order):
    return [b, 1, *[0] * (order - 1)][: order + 1]


def _quadratic(b, order, constant, factor):
    """``constant + factor (b + t)**2``"""
    return [constant + factor * b * b, 2 * factor * b, factor, *[0] * order][: order + 1]


def _cycle(values):
    def rule(m, b, order):
        d = values(m, b)
        return [d[k % len(d)] / math.factorial(k) for k in range(order + 1)]

    return rule


def _integrated(function, *derivative):
    """A function with derivative ``(constant + factor x**2)**r``."""
    constant, factor, r = derivative
    return lambda m, b, order: _integral(
        getattr(m, function)(b), _raised(_quadratic(b, order + 1, constant, factor), r)
    )[: order + 1]


def _riccati(function, factor):
    """y' = 1 + factor y**2."""

    def rule(m, b, order):
        y = [getattr(m, function)(b)]
        for k in range(order):
            y.append(((k == 0) + factor * sum(y[i] * y[k - i] for i in range(k + 1))) / (k + 1))
        return y

    return rule


def _raise(r):
    def rule(m, b, order):
        if isinstance(b, float | mpmath.mpf) and not b > NEARLY_ZERO:
            raise ValueError("not positive, or made of rounding")
        return _raised(_line(b, order), m.mpf(1) / 3 if r == "cbrt" and m is not math else 1 / 3 if r == "cbrt" else r)

    return rule


def _reciprocal(m, b, order):
    return [(-1) ** k / b ** (k + 1) for k in range(order + 1)]


def _error_function(m, b, order):
    slope = [2 / m.sqrt(m.pi) * t for t in _exponential(m, _quadratic(b, order + 1, 0, -1))]
    return _integral(m.erf(b), slope)[: order + 1]


def _gammaln(m, b, order):
    with mpmath.workdps(mpmath.mp.dps if m is mpmath.mp else 20):
        T = [mpmath.loggamma(b), *(mpmath.polygamma(k, b) / mpmath.factorial(k + 1) for k in range(order))]
    return T if m is mpmath.mp else [float(t) for t in T]


_MATH = {"arctan": "atan", "arcsin": "asin", "arctanh": "atanh", "arcsinh": "asinh", "arccosh": "acosh"}
_RULES = {
    "exp": _cycle(lambda m, b: [m.exp(b)]),
    "sin": _cycle(lambda m, b: [m.sin(b), m.cos(b), -m.sin(b), -m.cos(b)]),
    "cos": _cycle(lambda m, b: [m.cos(b), -m.sin(b), -m.cos(b), m.sin(b)]),
    "sinh": _cycle(lambda m, b: [m.sinh(b), m.cosh(b)]),
    "cosh": _cycle(lambda m, b: [m.cosh(b), m.sinh(b)]),
    "tan": _riccati("tan", 1),
    "tanh": _riccati("tanh", -1),
    "log": lambda m, b, order: _integral(m.log(b), _reciprocal(m, b, order)),
    "reciprocal": _reciprocal,
    "sqrt": _raise(0.5),
    "cbrt": _raise("cbrt"),
    "arctan": _integrated("atan", 1, 1, -1),
    "arctanh": _integrated("atanh", 1, -1, -1),
    "arcsin": _integrated("asin", 1, -1, -0.5),
    "arcsinh": _integrated("asinh", 1, 1, -0.5),
    "arccosh": _integrated("acosh", -1, 1, -0.5),
    "erf": _error_function,
    "gammaln": _gammaln,
}
