"""The incomplete gamma functions in their shape, their inverses, distributions that are one of them, zeta in s."""

import numpy as np
import scipy.special as sc

from . import jets
from .jets import Jet
from .registry import STEP, define, define_ufunc, special

# ---- P(a, x) in a ----


def shape_derivative(a, x, order):
    """d^k P(a, x)/da^k, k >= 1: the integral of t^(a-1) e^-t/gamma(a), differentiated in a, over (0, x) or, with the
    other sign, over (x, inf): on the side where log(t) - psi(a) does not change its sign, so that nothing cancels."""
    (a, x), shape = jets.columns(a, x)
    u, weights = jets.half_line()
    below = x < np.exp(sc.psi(a))
    parameter = Jet.variable(a, 0, (order,))
    with np.errstate(all="ignore"):
        # below: t = x exp(-w); above: t = x + w
        reach = np.where(x > a, np.maximum(1.0, x / np.maximum(x - a + 1.0, np.sqrt(x))), np.maximum(1.0, np.sqrt(a)))
        scale = np.where(below, 1.0 / np.minimum(a, np.maximum(a - x, np.sqrt(a))), reach)
        w = u * scale
        log_t = np.where(below, np.log(x) - w, np.log(x + w))
        t = np.where(below, x * np.exp(-w), x + w)
        log_weight = np.where(below, 0.0, -log_t)
        integrand = jets.exp(parameter * log_t + (log_weight - t) - jets.lgamma(parameter))
        found = np.sum(integrand.c[(order,)] * weights * scale, axis=-1, keepdims=True) * sc.gamma(order + 1.0)
        found = np.where(below, found, -found)
    ends = np.where((x == 0.0) | (x == np.inf), 0.0, np.nan)
    valid = (a > 0.0) & (x > 0.0) & (x < np.inf)
    return np.where(valid, found, np.where(a > 0.0, ends, np.nan)).reshape(shape)[()]


def bell(a, x, order):
    """The k-th derivative in a of x^a/gamma(a), divided by it: complete Bell polynomials of log(x) - psi(a),
    -psi'(a)..."""
    slopes = [np.log(x) - sc.psi(a)]
    for k in range(1, order):
        slopes.append((-1.0) ** k * sc.gamma(k + 1.0) * sc.zeta(k + 1.0, a))
    found = [1.0]
    for n in range(order):
        found.append(sum(sc.binom(n, j) * found[n - j] * slopes[j] for j in range(n + 1)))
    return found[order]


def density(a, x):
    """dP(a, x)/dx = x^(a-1) e^-x/gamma(a)."""
    return sc._ufuncs._igam_fac(a, x) / x


def shape_slope(a, x):
    """dP(a, x)/da."""
    return special("_gamma_shape", a, x, orders=(1,))


define(
    "_gamma_shape",
    "a x",
    shape_derivative,
    lambda a, x, v, order: special("_gamma_shape", a, x, orders=(order + 1,)),
    lambda a, x, v, order: density(a, x) * bell(a, x, order),
)
define_ufunc(
    sc._ufuncs._igam_fac,
    "_igam_fac",
    "a x",
    lambda a, x, v: v * (np.log(x) - sc.psi(a)),
    lambda a, x, v: v * (a - x) / x,
)
define_ufunc(sc.gammainc, "gammainc", "a x", lambda a, x, v: shape_slope(a, x), lambda a, x, v: density(a, x))
define_ufunc(sc.gammaincc, "gammaincc", "a x", lambda a, x, v: -shape_slope(a, x), lambda a, x, v: -density(a, x))
define_ufunc(
    sc.gammaincinv,
    "gammaincinv",
    "a y",
    lambda a, y, v: -shape_slope(a, v) / density(a, v),
    lambda a, y, v: 1.0 / density(a, v),
)
define_ufunc(
    sc.gammainccinv,
    "gammainccinv",
    "a y",
    lambda a, y, v: -shape_slope(a, v) / density(a, v),
    lambda a, y, v: -1.0 / density(a, v),
)

# ---- distributions: chi squared, gamma, Poisson ----

define_ufunc(
    sc.chdtr,
    "chdtr",
    "v x",
    lambda n, x, v: 0.5 * shape_slope(0.5 * n, 0.5 * x),
    lambda n, x, v: 0.5 * density(0.5 * n, 0.5 * x),
)
define_ufunc(
    sc.chdtrc,
    "chdtrc",
    "v x",
    lambda n, x, v: -0.5 * shape_slope(0.5 * n, 0.5 * x),
    lambda n, x, v: -0.5 * density(0.5 * n, 0.5 * x),
)
define_ufunc(
    sc.chdtri,
    "chdtri",
    "v p",
    lambda n, p, v: -shape_slope(0.5 * n, 0.5 * v) / density(0.5 * n, 0.5 * v),
    lambda n, p, v: -2.0 / density(0.5 * n, 0.5 * v),
)
define_ufunc(
    sc.chdtriv,
    "chdtriv",
    "p x",
    lambda p, x, v: 2.0 / shape_slope(0.5 * v, 0.5 * x),
    lambda p, x, v: -density(0.5 * v, 0.5 * x) / shape_slope(0.5 * v, 0.5 * x),
)
for _name, _sign in (("gdtr", 1.0), ("gdtrc", -1.0)):
    define_ufunc(
        getattr(sc, _name),
        _name,
        "a b x",
        lambda a, b, x, v, s=_sign: s * x * density(b, a * x),
        lambda a, b, x, v, s=_sign: s * shape_slope(b, a * x),
        lambda a, b, x, v, s=_sign: s * a * density(b, a * x),
    )
define_ufunc(
    sc.gdtria,
    "gdtria",
    "p b x",
    lambda p, b, x, v: 1.0 / (x * density(b, v * x)),
    lambda p, b, x, v: -shape_slope(b, v * x) / (x * density(b, v * x)),
    lambda p, b, x, v: -v / x,
)
define_ufunc(
    sc.gdtrib,
    "gdtrib",
    "a p x",
    lambda a, p, x, v: -x * density(v, a * x) / shape_slope(v, a * x),
    lambda a, p, x, v: 1.0 / shape_slope(v, a * x),
    lambda a, p, x, v: -a * density(v, a * x) / shape_slope(v, a * x),
)
define_ufunc(
    sc.gdtrix,
    "gdtrix",
    "a b p",
    lambda a, b, p, v: -v / a,
    lambda a, b, p, v: -shape_slope(b, a * v) / (a * density(b, a * v)),
    lambda a, b, p, v: 1.0 / (a * density(b, a * v)),
)
define_ufunc(sc.pdtr, "pdtr", "k m", STEP, lambda k, m, v: -density(np.floor(k) + 1.0, m))
define_ufunc(sc.pdtrc, "pdtrc", "k m", STEP, lambda k, m, v: density(np.floor(k) + 1.0, m))
define_ufunc(sc.pdtri, "pdtri", "k y", STEP, lambda k, y, v: -1.0 / density(np.floor(k) + 1.0, v))
define_ufunc(
    sc.pdtrik,
    "pdtrik",
    "p m",
    lambda p, m, v: -1.0 / shape_slope(v + 1.0, m),
    lambda p, m, v: -density(v + 1.0, m) / shape_slope(v + 1.0, m),
)

# ---- zeta in s ----


def _zeta_derivative(s, q, order):
    """d^k zeta(s, q)/ds^k for q > 0 by the sum of Euler and Maclaurin (DLMF 25.11.28 differentiated)."""
    (s, q), shape = jets.columns(s, q)
    n_direct = 24
    exponent = Jet.variable(s, 0, (order,))
    n = np.arange(n_direct)
    with np.errstate(all="ignore"):
        terms = jets.exp(-exponent * np.log(q + n))
        result, magnitude = terms.sum(), np.sum(np.abs(terms.c[(order,)]), axis=-1)
        a = (q + n_direct)[:, 0]
        exponent = Jet.variable(s[:, 0], 0, (order,))
        power = jets.exp(-exponent * np.log(a))
        result = result + power * a / (exponent - 1.0) + power * 0.5
        factor = exponent * power * (1.0 / a)
        for k, bernoulli in enumerate(BERNOULLI, start=1):
            result = result + factor * (bernoulli / sc.gamma(2.0 * k + 1.0))
            factor = factor * (exponent + (2.0 * k - 1.0)) * (exponent + 2.0 * k) * (1.0 / (a * a))
        found = result.derivative()
    largest = np.maximum(magnitude, np.abs(power.c[(order,)]) * a) * sc.gamma(order + 1.0)
    found = jets.trusted(found, largest, tolerance=1e-9)
    valid = (q[:, 0] > 0.0) & (s[:, 0] != 1.0) & (s[:, 0] > -12.0)
    return np.where(valid, found, np.nan).reshape(shape)[()]


BERNOULLI = (
    1.0 / 6.0, -1.0 / 30.0, 1.0 / 42.0, -1.0 / 30.0, 5.0 / 66.0, -691.0 / 2730.0, 7.0 / 6.0, -3617.0 / 510.0,
    43867.0 / 798.0, -174611.0 / 330.0, 854513.0 / 138.0, -236364091.0 / 2730.0,
)  # fmt: skip


def _zeta_q(s, q, v, order):
    """d/dq of d^k zeta/ds^k = d^k/ds^k of -s zeta(s + 1, q)."""
    lower = order * special("_zeta_s", s + 1.0, q, orders=(order - 1,)) if order else 0.0
    return -s * special("_zeta_s", s + 1.0, q, orders=(order,)) - lower


define(
    "_zeta_s",
    "s q",
    lambda s, q, order: _zeta_derivative(s, q, order) if order else sc.zeta(s, q),
    lambda s, q, v, order: special("_zeta_s", s, q, orders=(order + 1,)),
    _zeta_q,
)
define_ufunc(
    sc._ufuncs._zeta,
    "_zeta",
    "x q",
    lambda x, q, v: special("_zeta_s", x, q, orders=(1,)),
    lambda x, q, v: -x * special("_zeta_s", x + 1.0, q, orders=(0,)),
)
for _name in ("_riemann_zeta", "zetac"):
    define_ufunc(getattr(sc._ufuncs, _name, None), _name, "x", lambda x, v: special("_zeta_s", x, 1.0, orders=(1,)))
define_ufunc(
    sc.binom,
    "binom",
    "x y",
    lambda x, y, v: v * (sc.psi(x + 1.0) - sc.psi(x - y + 1.0)),
    lambda x, y, v: v * (sc.psi(x - y + 1.0) - sc.psi(y + 1.0)),
)
