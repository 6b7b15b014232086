"""Hypergeometric functions: in the argument by contiguous functions, in the parameters by their power series, term by
term, where these converge and keep their digits; elsewhere the derivative is not a number."""

import numpy as np
import scipy.special as sc

from . import jets
from .jets import Jet
from .registry import define_ufunc, define_with_parameters, special

_TERMS = 3000
_TRUST = 1e-9


def _series(upper, lower, x, orders):
    """Sum of (upper)_k/(lower)_k x^k/k!, where `upper` and `lower` are jets: its derivative, and the terms'
    magnitude."""
    total = Jet.constant(np.ones_like(x), orders)
    term, magnitude = total, np.abs(total.c[orders])
    largest = np.abs(x)
    with np.errstate(all="ignore"):
        for k in range(_TERMS):
            factor = x / (k + 1.0)
            for a in upper:
                term = term * (a + float(k))
            for b in lower:
                term = term / (b + float(k))
            term = term * factor
            total = total + term
            size = np.abs(term.c[orders])
            magnitude = magnitude + size
            if k > 40 and not np.any(size > 1e-17 * magnitude):
                break
        else:
            magnitude = np.where(size > 1e-15 * magnitude, np.inf, magnitude)
    count = float(np.prod([sc.gamma(n + 1.0) for n in orders]))
    return total, magnitude * count, largest


def _kept(total, magnitude, scale):
    return jets.trusted(total.derivative(), magnitude, scale, _TRUST)


# ---- 0F1 ----


def _hyp0f1(v, x, i):
    (v, x), shape = jets.columns(v, x)
    orders = (i,)
    total, magnitude, _ = _series([], [Jet.variable(v, 0, orders)], x, orders)
    return _kept(total, magnitude, np.abs(sc.hyp0f1(v, x))).reshape(shape)[()]


def _shifted_0f1(v, z, i):
    """d^i/dv^i of 0F1(v + 1; z)/v."""
    found = 0.0
    for j in range(i + 1):
        part = special("_hyp0f1", v + 1.0, z, orders=(j,))
        found = found + sc.binom(i, j) * part * (-1.0) ** (i - j) * sc.gamma(i - j + 1.0) / v ** (i - j + 1)
    return found


define_with_parameters(
    sc.hyp0f1,
    "hyp0f1",
    "v z",
    _hyp0f1,
    lambda v, z, value: sc.hyp0f1(v + 1.0, z) / v,
    lambda v, z, value, i: _shifted_0f1(v, z, i),
)

# ---- 1F1 ----


def _hyp1f1(a, b, x, i, j):
    """The series; for x < 0 that of exp(x) 1F1(b - a; b; -x) (DLMF 13.2.39)."""
    (a, b, x), shape = jets.columns(a, b, x)
    orders = (i, j)
    first, second = Jet.variable(a, 0, orders), Jet.variable(b, 1, orders)
    negative = x < 0.0
    upper = jets.where(negative, second - first, first)
    total, magnitude, _ = _series([upper], [second], np.abs(x), orders)
    factor = np.exp(np.where(negative, x, 0.0))
    scale = np.abs(sc.hyp1f1(a, b, x))
    return _kept(total * factor, magnitude * factor, scale).reshape(shape)[()]


def _hyp1f1_in_x(a, b, x, v, i, j):
    """d^(i+j) of a/b 1F1(a + 1; b + 1; x)."""
    found = 0.0
    for p in range(min(i, 1) + 1):
        for q in range(j + 1):
            in_a = a if p == 0 else float(i)
            in_b = (-1.0) ** q * sc.gamma(q + 1.0) / b ** (q + 1) * sc.binom(j, q)
            rest = special("_hyp1f1", a + 1.0, b + 1.0, x, orders=(i - p, j - q))
            found = found + in_a * in_b * rest
    return found


define_with_parameters(
    sc.hyp1f1,
    "hyp1f1",
    "a b x",
    _hyp1f1,
    lambda a, b, x, v: a / b * sc.hyp1f1(a + 1.0, b + 1.0, x),
    _hyp1f1_in_x,
)

# ---- U: the integral of exp(-x t) t^(a-1) (1 + t)^(b-a-1) over t > 0, divided by gamma(a) (DLMF 13.4.4) ----


def _hyperu(a, b, x, i, j):
    """For a <= 0 by x^(1-b) U(a - b + 1, 2 - b, x) (DLMF 13.2.40), if that has a positive first parameter."""
    (a, b, x), shape = jets.columns(a, b, x)
    orders = (i, j)
    first, second = Jet.variable(a, 0, orders), Jet.variable(b, 1, orders)
    flipped = (a <= 0.0) & (a - b + 1.0 > 0.0)
    shape_a = jets.where(flipped, first - second + 1.0, first)
    shape_b = jets.where(flipped, 2.0 - second, second)
    with np.errstate(all="ignore"):
        # t = exp(s): the integrand falls off on both sides, so that the trapezoidal rule is right to all digits
        low = -80.0 / np.maximum(shape_a.value, 1e-3)
        high = np.log(750.0 / x + 1.0) + 1.0
        n = 1500
        s = low + (high - low) * np.arange(n) / n
        t = np.exp(s)
        log_t, log_1 = s, np.log1p(t)
        integrand = jets.exp(shape_a * log_t + (shape_b - shape_a - 1.0) * log_1 - x * t)
        found = Jet({k: np.sum(c, axis=-1, keepdims=True) * (high - low) / n for k, c in integrand.c.items()}, orders)
        found = found * jets.exp(-jets.lgamma(shape_a))
        power = jets.exp((1.0 - second) * np.log(x))
        found = jets.where(flipped, power * found, found)
    valid = (x > 0.0) & (shape_a.value > 1e-2) & (high - low < 3000.0)
    return np.where(valid, found.derivative(), np.nan).reshape(shape)[()]


def _hyperu_in_x(a, b, x, v, i, j):
    """d^(i+j) of -a U(a + 1, b + 1, x)."""
    found = -a * special("_hyperu", a + 1.0, b + 1.0, x, orders=(i, j))
    return found - float(i) * special("_hyperu", a + 1.0, b + 1.0, x, orders=(i - 1, j)) if i else found


define_with_parameters(
    sc.hyperu,
    "hyperu",
    "a b x",
    _hyperu,
    lambda a, b, x, v: -a * sc.hyperu(a + 1.0, b + 1.0, x),
    _hyperu_in_x,
)

# ---- 2F1 ----


def _hyp2f1(a, b, c, x, i, j, k):
    """The series; for x < 0 that of (1 - x)^-a 2F1(a, c - b; c; x/(x - 1)) (DLMF 15.8.1)."""
    (a, b, c, x), shape = jets.columns(a, b, c, x)
    orders = (i, j, k)
    first, second, third = (Jet.variable(value, n, orders) for n, value in enumerate((a, b, c)))
    negative = x < 0.0
    upper = jets.where(negative, third - second, second)
    z = np.where(negative, x / (x - 1.0), x)
    z = np.where(np.abs(z) < 0.995, z, np.nan)
    total, magnitude, _ = _series([first, upper], [third], z, orders)
    power = jets.exp(-first * np.where(negative, np.log1p(-x), 0.0))
    total = total * power
    magnitude = magnitude * power.value * (1.0 + np.abs(np.log1p(-np.minimum(x, 0.0)))) ** i
    return _kept(total, magnitude, np.abs(sc.hyp2f1(a, b, c, x))).reshape(shape)[()]


def _hyp2f1_in_x(a, b, c, x, v, i, j, k):
    """d^(i+j+k) of a b/c 2F1(a + 1, b + 1; c + 1; x)."""
    found = 0.0
    for p in range(min(i, 1) + 1):
        for q in range(min(j, 1) + 1):
            for r in range(k + 1):
                factor = (float(i) if p else a) * (float(j) if q else b)
                factor = factor * ((-1.0) ** r * sc.gamma(r + 1.0) * sc.binom(k, r)) / c ** (r + 1)
                rest = special("_hyp2f1", a + 1.0, b + 1.0, c + 1.0, x, orders=(i - p, j - q, k - r))
                found = found + factor * rest
    return found


define_with_parameters(
    sc.hyp2f1,
    "hyp2f1",
    "a b c z",
    _hyp2f1,
    lambda a, b, c, x, v: a * b / c * sc.hyp2f1(a + 1.0, b + 1.0, c + 1.0, x),
    _hyp2f1_in_x,
)

# ---- Wright's Bessel function: sum of x^k/(k! gamma(a k + b)) ----


def _wright_bessel(a, b, x, i, j):
    (a, b, x), shape = jets.columns(a, b, x)
    orders = (i, j)
    first, second = Jet.variable(a, 0, orders), Jet.variable(b, 1, orders)
    total, magnitude = Jet.constant(0.0 * x, orders), 0.0
    with np.errstate(all="ignore"):
        for k in range(400):
            coefficient = np.exp(sc.xlogy(float(k), x) - sc.gammaln(k + 1.0))
            term = jets.rgamma(first * float(k) + second) * coefficient
            total = total + term
            size = np.abs(term.c[orders])
            magnitude = magnitude + size
            if k > 20 and not np.any(size > 1e-18 * magnitude):
                break
        else:
            magnitude = np.where(size > 1e-16 * magnitude, np.inf, magnitude)
    count = sc.gamma(i + 1.0) * sc.gamma(j + 1.0)
    scale = np.abs(sc.wright_bessel(a, b, x))
    return jets.trusted(total.derivative(), magnitude * count, scale, _TRUST).reshape(shape)[()]


def _wright_bessel_in_x(a, b, x, v, i, j):
    """d^(i+j) of f(a, a + b, x): a change of a is one of b, too."""
    return sum(sc.binom(i, p) * special("_wright_bessel", a, a + b, x, orders=(i - p, j + p)) for p in range(i + 1))


define_with_parameters(
    getattr(sc, "wright_bessel", None),
    "wright_bessel",
    "a b x",
    _wright_bessel,
    lambda a, b, x, v: sc.wright_bessel(a, a + b, x),
    _wright_bessel_in_x,
)
define_ufunc(
    getattr(sc, "log_wright_bessel", None),
    "log_wright_bessel",
    "a b x",
    lambda a, b, x, v: special("_wright_bessel", a, b, x, orders=(1, 0)) / sc.wright_bessel(a, b, x),
    lambda a, b, x, v: special("_wright_bessel", a, b, x, orders=(0, 1)) / sc.wright_bessel(a, b, x),
    lambda a, b, x, v: np.exp(sc.log_wright_bessel(a, a + b, x) - v),
)
