"""Private ufuncs of scipy.special, by which scipy.stats computes densities, distribution functions and quantiles."""

import numpy as np
import scipy.special as sc

from .betas import density, in_a, in_b
from .registry import STEP, define_inverse, define_ufunc

_ufuncs = sc._ufuncs


def _ufunc(name):
    return getattr(_ufuncs, name, None)


define_ufunc(
    _ufunc("_beta_pdf"),
    "_beta_pdf",
    "x a b",
    lambda x, a, b, v: v * ((a - 1.0) / x - (b - 1.0) / (1.0 - x)),
    lambda x, a, b, v: v * (np.log(x) - sc.psi(a) + sc.psi(a + b)),
    lambda x, a, b, v: v * (np.log1p(-x) - sc.psi(b) + sc.psi(a + b)),
)
define_inverse(
    _ufunc("_beta_ppf"),
    "_beta_ppf",
    "p a b",
    (lambda x, a, b: density(a, b, x), lambda x, a, b: in_a(a, b, x), lambda x, a, b: in_b(a, b, x)),
    0,
)


def _binomial(k, n, p):
    """The probability of k, 0 outside of 0...n."""
    inside = (k >= 0.0) & (k <= n)
    at = np.where(inside, k, 0.0)
    return np.where(inside, sc.binom(n, at) * np.power(p, at) * np.power(1.0 - p, n - at), 0.0)


define_ufunc(
    _ufunc("_binom_pmf"),
    "_binom_pmf",
    "k n p",
    STEP,
    STEP,
    lambda k, n, p, v: n * (_binomial(k - 1.0, n - 1.0, p) - _binomial(k, n - 1.0, p)),
)
for _name, _sign in (("_binom_cdf", -1.0), ("_binom_sf", 1.0)):
    define_ufunc(
        _ufunc(_name),
        _name,
        "k n p",
        STEP,
        STEP,
        lambda k, n, p, v, s=_sign: s * n * _binomial(np.floor(k), n - 1.0, p),
    )
define_ufunc(
    _ufunc("_nbinom_pmf"),
    "_nbinom_pmf",
    "k r p",
    STEP,
    lambda k, r, p, v: v * (sc.psi(k + r) - sc.psi(r) + np.log(p)),
    lambda k, r, p, v: v * (r / p - k / (1.0 - p)),
)
for _name, _sign in (("_nbinom_cdf", 1.0), ("_nbinom_sf", -1.0)):
    define_ufunc(
        _ufunc(_name),
        _name,
        "k r p",
        STEP,
        lambda k, r, p, v, s=_sign: s * in_a(r, np.floor(k) + 1.0, p),
        lambda k, r, p, v, s=_sign: s * density(r, np.floor(k) + 1.0, p),
    )


def _tangent(p, sign):
    """The quantile of the standard Cauchy distribution, and its derivative."""
    t = sign / np.tan(np.pi * p)
    return t, -sign * np.pi / np.square(np.sin(np.pi * p))


for _name, _sign in (("_cauchy_ppf", -1.0), ("_cauchy_isf", 1.0)):
    define_ufunc(
        _ufunc(_name),
        _name,
        "p loc scale",
        lambda p, loc, scale, v, s=_sign: scale * _tangent(p, s)[1],
        lambda p, loc, scale, v: np.ones(np.shape(v)),
        lambda p, loc, scale, v, s=_sign: _tangent(p, s)[0],
    )


def _skew_in_x(z, a):
    return 2.0 * np.exp(-0.5 * z * z) / np.sqrt(2.0 * np.pi) * sc.ndtr(a * z)


def _skew_in_shape(z, a):
    return -np.exp(-0.5 * z * z * (1.0 + a * a)) / (np.pi * (1.0 + a * a))


define_ufunc(
    _ufunc("_skewnorm_cdf"),
    "_skewnorm_cdf",
    "x loc scale a",
    lambda x, loc, s, a, v: _skew_in_x((x - loc) / s, a) / s,
    lambda x, loc, s, a, v: -_skew_in_x((x - loc) / s, a) / s,
    lambda x, loc, s, a, v: -(x - loc) / (s * s) * _skew_in_x((x - loc) / s, a),
    lambda x, loc, s, a, v: _skew_in_shape((x - loc) / s, a),
)
for _name, _sign in (("_skewnorm_ppf", 1.0), ("_skewnorm_isf", -1.0)):
    define_ufunc(
        _ufunc(_name),
        _name,
        "p loc scale a",
        lambda p, loc, s, a, v, side=_sign: side * s / _skew_in_x((v - loc) / s, a),
        lambda p, loc, s, a, v: np.ones(np.shape(v)),
        lambda p, loc, s, a, v: (v - loc) / s,
        lambda p, loc, s, a, v: -s * _skew_in_shape((v - loc) / s, a) / _skew_in_x((v - loc) / s, a),
    )
