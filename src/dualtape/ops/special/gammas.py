"""The incomplete gamma functions in their shape, their inverses, distributions that are one of them, zeta in s."""

import numpy as np
import scipy.special as sc

from . import jets
from .jets import Jet
from .registry import ROOTS, STEP, define, define_by_slopes, define_inverse, define_ufunc, raised, special

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
    raised("_gamma_shape"),
    lambda a, x, v, order: density(a, x) * bell(a, x, order),
)
define_ufunc(
    sc._ufuncs._igam_fac,
    "_igam_fac",
    "a x",
    lambda a, x, v: v * (np.log(x) - sc.psi(a)),
    lambda a, x, v: v * (a - x) / x,
)
_SLOPES = shape_slope, density
define_by_slopes(sc.gammainc, "gammainc", "a x", _SLOPES)
define_by_slopes(sc.gammaincc, "gammaincc", "a x", _SLOPES, -1.0)
define_inverse(sc.gammaincinv, "gammaincinv", "a y", _SLOPES, 1)
define_inverse(sc.gammainccinv, "gammainccinv", "a y", _SLOPES, 1, -1.0)

# ---- distributions: chi squared, gamma, Poisson ----

_OF_CHI = (
    lambda n, x: 0.5 * shape_slope(0.5 * n, 0.5 * x),
    lambda n, x: 0.5 * density(0.5 * n, 0.5 * x),
)
define_by_slopes(sc.chdtr, "chdtr", "v x", _OF_CHI)
define_by_slopes(sc.chdtrc, "chdtrc", "v x", _OF_CHI, -1.0)
define_inverse(sc.chdtri, "chdtri", "v p", _OF_CHI, 1, -1.0)
define_inverse(sc.chdtriv, "chdtriv", "p x", _OF_CHI, 0, root_of=sc.chdtr)

_OF_GAMMA = (
    lambda a, b, x: x * density(b, a * x),
    lambda a, b, x: shape_slope(b, a * x),
    lambda a, b, x: a * density(b, a * x),
)
define_by_slopes(sc.gdtr, "gdtr", "a b x", _OF_GAMMA)
define_by_slopes(sc.gdtrc, "gdtrc", "a b x", _OF_GAMMA, -1.0)
define_inverse(sc.gdtrib, "gdtrib", "a p x", _OF_GAMMA, 1, root_of=sc.gdtr)
define_ufunc(  # a and x enter as a product, so that one moves as the other does, also where both slopes vanish
    sc.gdtria,
    "gdtria",
    "p b x",
    lambda p, b, x, v: 1.0 / (x * density(b, v * x)),
    lambda p, b, x, v: -shape_slope(b, v * x) / (x * density(b, v * x)),
    lambda p, b, x, v: -v / x,
)
define_ufunc(
    sc.gdtrix,
    "gdtrix",
    "a b p",
    lambda a, b, p, v: -v / a,
    lambda a, b, p, v: -shape_slope(b, a * v) / (a * density(b, a * v)),
    lambda a, b, p, v: 1.0 / (a * density(b, a * v)),
)
ROOTS |= {"gdtria": (sc.gdtr, 0), "gdtrix": (sc.gdtr, 2)}
define_ufunc(sc.pdtr, "pdtr", "k m", STEP, lambda k, m, v: -density(np.floor(k) + 1.0, m))
define_ufunc(sc.pdtrc, "pdtrc", "k m", STEP, lambda k, m, v: density(np.floor(k) + 1.0, m))
define_ufunc(sc.pdtri, "pdtri", "k y", STEP, lambda k, y, v: -1.0 / density(np.floor(k) + 1.0, v))
define_inverse(
    sc.pdtrik,
    "pdtrik",
    "p m",
    (lambda k, m: shape_slope(k + 1.0, m), lambda k, m: density(k + 1.0, m)),
    0,
    -1.0,
    root_of=lambda k, m: sc.gammaincc(k + 1.0, m),
)

# ---- zeta in s ----


def zeta_sum(s, q, order, n_direct):
    """d^k zeta(s, q)/ds^k by the sum of Euler and Maclaurin (DLMF 25.11.28 differentiated) after `n_direct` terms, for
    columns of real or complex s and of q; and the magnitude of what was summed."""
    n = np.arange(n_direct)
    exponent = Jet.variable(s, 0, (order,))
    terms = jets.exp(-exponent * np.log(q + n))
    found, magnitude = terms.sum(), np.sum(np.abs(terms.c[(order,)]), axis=-1)
    a = q[:, 0] + n_direct
    exponent = Jet.variable(s[:, 0], 0, (order,))
    power = jets.exp(-exponent * np.log(a))
    found = found + power * a / (exponent - 1.0) + power * 0.5
    factor = exponent * power * (1.0 / a)
    for k, bernoulli in enumerate(BERNOULLI, start=1):
        found = found + factor * (bernoulli / sc.gamma(2.0 * k + 1.0))
        factor = factor * (exponent + (2.0 * k - 1.0)) * (exponent + 2.0 * k) * (1.0 / (a * a))
    return found.derivative(), np.maximum(magnitude, np.abs(power.c[(order,)]) * a) * sc.gamma(order + 1.0)


def _zeta_derivative(s, q, order):
    (s, q), shape = jets.columns(s, q)
    with np.errstate(all="ignore"):
        found, magnitude = zeta_sum(s, q, order, 24)
    found = jets.trusted(found, magnitude, tolerance=1e-9)
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
    raised("_zeta_s"),
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
