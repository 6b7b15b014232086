"""Integrals whose integrand is the derivative, the Faddeeva and Voigt functions, and what is a formula of functions
that have rules."""

import numpy as np
import scipy.special as sc

from . import jets
from .registry import STEP, define, define_by_slopes, define_inverse, define_ufunc, raised, special


def _sinc(x):
    """sin(x)/x."""
    return np.sinc(x / np.pi)


def _sinhc(x):
    """sinh(x)/x."""
    return 0.5 * (sc.exprel(x) + sc.exprel(-x))


define_ufunc(sc.sici, "sici", "x", (lambda x, v: _sinc(x),), (lambda x, v: np.cos(x) / x,))
define_ufunc(sc.shichi, "shichi", "x", (lambda x, v: _sinhc(x),), (lambda x, v: np.cosh(x) / x,))
FRESNEL = (lambda z, v: np.sin(0.5 * np.pi * z * z),), (lambda z, v: np.cos(0.5 * np.pi * z * z),)
define_ufunc(sc.fresnel, "fresnel", "z", *FRESNEL)

# ---- E_n(x), n a whole number ----

define_ufunc(
    sc.expn,
    "expn",
    "n x",
    STEP,
    lambda n, x, v: np.where(n >= 1.0, -sc.expn(np.maximum(n - 1.0, 0.0), x), -(np.exp(-x) + v) / x),
)

# ---- w(z) = exp(-z^2) erfc(-i z) and the Voigt profile ----


def _faddeeva(u, y, order, part):
    """Real (part 0) or imaginary part of the n-th derivative of w at u + iy: by w' = -2 z w + 2i/sqrt(pi), or far out
    by its asymptotic series i/sqrt(pi) sum of (1/2)_k z^(-2k-1) (DLMF 7.12.1), where the former cancels."""
    z = np.asarray(u) + 1j * np.asarray(y)
    with np.errstate(all="ignore"):
        far = np.abs(z) > 7.0
        near = np.where(far, 1.0, z)
        derivatives = [sc.wofz(near)]
        derivatives.append(-2.0 * near * derivatives[0] + 2j / np.sqrt(np.pi))
        for n in range(2, order + 1):
            derivatives.append(-2.0 * near * derivatives[n - 1] - 2.0 * (n - 1) * derivatives[n - 2])
        out = np.where(far, z, 10.0)
        total, term = 0.0, 1j / np.sqrt(np.pi) / out
        for k in range(30):
            power = -(2 * k + 1)
            factor = np.prod([float(power - m) for m in range(order)])
            total = total + factor * term
            term = term * (k + 0.5) / (out * out)
        found = np.where(far, total / out**order, derivatives[order])
    found = np.where((np.asarray(y) >= 0.0), found, np.nan)
    return (found.imag if part else found.real)[()]


define(
    "_faddeeva",
    "u y",
    _faddeeva,
    raised("_faddeeva"),
    lambda u, y, v, order, part: (1.0 if part else -1.0) * special("_faddeeva", u, y, orders=(order + 1, 1 - part)),
)


def _voigt(x, sigma, gamma, order, part):
    scale = np.sqrt(2.0) * sigma
    return special("_faddeeva", x / scale, gamma / scale, orders=(order, part))


def _voigt_in_sigma(x, sigma, gamma, v):
    """V = Re w(u + iy)/(sigma sqrt(2 pi)), u and y proportional to 1/sigma."""
    scale = np.sqrt(2.0) * sigma
    moved = x / scale * _voigt(x, sigma, gamma, 1, 0) - gamma / scale * _voigt(x, sigma, gamma, 1, 1)
    return -(v + moved / (np.sqrt(2.0 * np.pi) * sigma)) / sigma


define_ufunc(
    getattr(sc, "voigt_profile", None),
    "voigt_profile",
    "x sigma gamma",
    lambda x, s, g, v: _voigt(x, s, g, 1, 0) / (2.0 * np.sqrt(np.pi) * s * s),
    _voigt_in_sigma,
    lambda x, s, g, v: -_voigt(x, s, g, 1, 1) / (2.0 * np.sqrt(np.pi) * s * s),
)

# ---- formulas ----

_DEGREE = np.pi / 180.0
define_ufunc(
    sc.radian,
    "radian",
    "d m s",
    lambda d, m, s, v: _DEGREE,
    lambda d, m, s, v: _DEGREE / 60.0,
    lambda d, m, s, v: _DEGREE / 3600.0,
)
define_ufunc(
    sc.nrdtrimn,
    "nrdtrimn",
    "p std x",
    lambda p, std, x, v: -std * np.sqrt(2.0 * np.pi) * np.exp(0.5 * np.square(sc.ndtri(p))),
    lambda p, std, x, v: -sc.ndtri(p),
    lambda p, std, x, v: 1.0,
)
define_ufunc(
    sc.nrdtrisd,
    "nrdtrisd",
    "mn p x",
    lambda mean, p, x, v: -1.0 / sc.ndtri(p),
    lambda mean, p, x, v: (
        -(x - mean) / np.square(sc.ndtri(p)) * np.sqrt(2.0 * np.pi) * np.exp(0.5 * np.square(sc.ndtri(p)))
    ),
    lambda mean, p, x, v: 1.0 / sc.ndtri(p),
)


# Tukey's lambda distribution: x = Q(v) = boxcox(v, lam) - boxcox(1 - v, lam).


def _tukey_slope(v, lam):
    return np.power(v, lam - 1.0) + np.power(1.0 - v, lam - 1.0)


def _boxcox_in_power(x, lam):
    """d boxcox(x, lam)/dlam = log(x)^2 times the derivative of (exp(t) - 1)/t at t = lam log(x)."""
    log_x = np.log(x)
    return np.square(log_x) * _exprel_slope(lam * log_x)


def _exprel_slope(t):
    near = np.abs(t) < 0.5
    small, large = np.where(near, t, 0.0), np.where(near, 1.0, t)
    total = 0.0
    for k in range(16, 0, -1):
        total = (total + 1.0 / (k + 2.0)) * small / k
    return np.where(near, total + 0.5, (np.exp(large) - sc.exprel(large)) / large)


define_ufunc(
    sc.tklmbda,
    "tklmbda",
    "x lmbda",
    lambda x, lam, v: 1.0 / _tukey_slope(v, lam),
    lambda x, lam, v: -(_boxcox_in_power(v, lam) - _boxcox_in_power(1.0 - v, lam)) / _tukey_slope(v, lam),
)


# ---- Kolmogorov's and Smirnov's distributions ----


def _kolmogorov(x, order):
    """Derivatives of 2 sum of (-1)^(k-1) exp(-2 k^2 x^2); for small x of its theta transform."""
    (x,), shape = jets.columns(x)
    k = np.arange(1, 40)
    t = jets.Jet.variable(x, 0, (order,))
    with np.errstate(all="ignore"):
        squares = t * t
        large = jets.exp(squares * (-2.0 * k * k)) * (2.0 * (-1.0) ** (k - 1))
        odd = 2.0 * k - 1.0
        small = jets.exp(jets.Jet.constant(1.0, (order,)) / squares * (-((odd * np.pi) ** 2) / 8.0))
        small = small / t * -np.sqrt(2.0 * np.pi)
        found = np.where(x[:, 0] > 0.9, large.sum().derivative(), small.sum().derivative())
    flat = (x[:, 0] < 0.02) | (x[:, 0] > 30.0)
    return np.where(flat, 0.0 * x[:, 0], found).reshape(shape)[()]


define("_kolmogorov", "y", _kolmogorov, raised("_kolmogorov"))
_OF_KOLMOGOROV = (lambda y: special("_kolmogorov", y, orders=(1,)),)
define_by_slopes(sc.kolmogorov, "kolmogorov", "y", _OF_KOLMOGOROV)
define_inverse(sc.kolmogi, "kolmogi", "p", _OF_KOLMOGOROV, 0)


def _smirnov(n, d, order):
    """Derivatives in d of d sum over j <= n(1 - d) of C(n, j) (d + j/n)^(j-1) (1 - d - j/n)^(n-j)."""
    (n, d), shape = jets.columns(n, d)
    count = np.where(n < 3000.0, np.floor(n), np.nan)
    j = np.arange(0.0, np.max(np.where(np.isfinite(count), count, 0.0), initial=0.0) + 1.0)
    t = jets.Jet.variable(d, 0, (order,))
    with np.errstate(all="ignore"):
        inside = (j / count + d < 1.0) & (j <= count)
        low, high = np.where(inside, d + j / count, 0.5), np.where(inside, 1.0 - d - j / count, 0.5)
        choose = sc.gammaln(count + 1.0) - sc.gammaln(j + 1.0) - sc.gammaln(np.maximum(count - j, 0.0) + 1.0)
        first = jets.log(t - d + low) * (j - 1.0)
        second = jets.log(high - (t - d)) * (count - j)
        term = jets.exp(first + second + choose) * np.where(inside, 1.0, 0.0)
        found = (t * jets.Jet({i: np.sum(c, axis=-1, keepdims=True) for i, c in term.c.items()}, t.orders)).derivative()
    valid = (d > 0.0) & (d < 1.0) & (n >= 1.0) & (n < 3000.0)
    return np.where(valid, found, np.where((d == 0.0) & (order == 1), -1.0, np.nan)).reshape(shape)[()]


define("_smirnov", "n d", _smirnov, STEP, raised("_smirnov"))
define_ufunc(sc.smirnov, "smirnov", "n d", STEP, lambda n, d, v: special("_smirnov", n, d, orders=(1,)))
define_ufunc(sc.smirnovi, "smirnovi", "n p", STEP, lambda n, p, v: 1.0 / special("_smirnov", n, v, orders=(1,)))
