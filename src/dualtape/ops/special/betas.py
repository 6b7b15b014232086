"""The incomplete beta functions in all three arguments, their inverses, and the distributions that are one of them."""

import numpy as np
import scipy.special as sc

from . import jets
from .jets import Jet
from .registry import STEP, define, define_ufunc, special

# ---- I_x(a, b) in a and b ----


def shape_derivative(a, b, x, i, j):
    """d^(i+j) I_x(a, b)/da^i db^j, i + j >= 1: the integral of the density, differentiated, from the nearer end: over
    (0, x) or, with the other sign, over (x, 1)."""
    (a, b, x), shape = jets.columns(a, b, x)
    with np.errstate(all="ignore"):
        if i and not j:
            split = np.exp(sc.psi(a) - sc.psi(a + b))
        elif j and not i:
            split = -np.expm1(sc.psi(b) - sc.psi(a + b))
        else:
            split = a / (a + b)
        found = np.where(x <= split, _lower(a, b, x, 1.0 - x, i, j), -_lower(b, a, 1.0 - x, x, j, i))
    valid = (a > 0.0) & (b > 0.0) & (x >= 0.0) & (x <= 1.0)
    return np.where(valid, np.where((x == 0.0) | (x == 1.0), 0.0, found), np.nan).reshape(shape)[()]


def _lower(a, b, x, rest, i, j):
    """The integral over (0, x), rest = 1 - x, with t = x exp(-w)."""
    u, weights = jets.half_line()
    slope = a - (b - 1.0) * x / rest
    bend = np.sqrt(x * (1.0 + b)) / rest
    scale = 1.0 / np.minimum(a, np.maximum(slope, 0.0) + bend)
    w = u * scale
    first, second = Jet.variable(a, 0, (i, j)), Jet.variable(b, 1, (i, j))
    log_rest = np.log(rest - x * np.expm1(-w))
    norm = jets.lgamma(first) + jets.lgamma(second) - jets.lgamma(first + second)
    integrand = jets.exp(first * (np.log(x) - w) + (second - 1.0) * log_rest - norm)
    factor = sc.gamma(i + 1.0) * sc.gamma(j + 1.0)
    return np.sum(integrand.c[(i, j)] * weights * scale, axis=-1, keepdims=True) * factor


def density(a, b, x):
    """dI_x(a, b)/dx = x^(a-1) (1-x)^(b-1)/B(a, b)."""
    return np.exp(sc.xlogy(a - 1.0, x) + sc.xlog1py(b - 1.0, -x) - sc.betaln(a, b))


def _log_slopes(a, x, a_and_b, order):
    """Derivatives of a log(x) - log B(a, b) in a."""
    slopes = [np.log(x) - sc.psi(a) + sc.psi(a_and_b)]
    for k in range(1, order):
        slopes.append((-1.0) ** k * sc.gamma(k + 1.0) * (sc.zeta(k + 1.0, a) - sc.zeta(k + 1.0, a_and_b)))
    return slopes


def density_derivative(a, b, x, i, j):
    """d^(i+j) density/da^i db^j."""
    together = a + b
    in_a, in_b = _log_slopes(a, x, together, i), _log_slopes(b, 1.0 - x, together, j)

    def slope(p, q):
        if q == 0:
            return in_a[p - 1]
        if p == 0:
            return in_b[q - 1]
        n = p + q
        return (-1.0) ** n * sc.gamma(float(n)) * sc.zeta(float(n), together)

    found = {(0, 0): density(a, b, x)}
    for p in range(i + 1):
        for q in range(j + 1):
            if p:
                found[p, q] = sum(
                    sc.binom(p - 1, r) * sc.binom(q, s) * slope(r + 1, s) * found[p - 1 - r, q - s]
                    for r in range(p)
                    for s in range(q + 1)
                )
            elif q:
                found[p, q] = sum(sc.binom(q - 1, s) * slope(0, s + 1) * found[0, q - 1 - s] for s in range(q))
    return found[i, j]


def in_a(a, b, x):
    """dI_x(a, b)/da."""
    return special("_beta_shape", a, b, x, orders=(1, 0))


def in_b(a, b, x):
    """dI_x(a, b)/db."""
    return special("_beta_shape", a, b, x, orders=(0, 1))


define(
    "_beta_shape",
    "a b x",
    shape_derivative,
    lambda a, b, x, v, i, j: special("_beta_shape", a, b, x, orders=(i + 1, j)),
    lambda a, b, x, v, i, j: special("_beta_shape", a, b, x, orders=(i, j + 1)),
    lambda a, b, x, v, i, j: density_derivative(a, b, x, i, j),
)
define_ufunc(
    sc.betainc,
    "betainc",
    "a b x",
    lambda a, b, x, v: in_a(a, b, x),
    lambda a, b, x, v: in_b(a, b, x),
    lambda a, b, x, v: density(a, b, x),
)
define_ufunc(
    getattr(sc, "betaincc", None),
    "betaincc",
    "a b x",
    lambda a, b, x, v: -in_a(a, b, x),
    lambda a, b, x, v: -in_b(a, b, x),
    lambda a, b, x, v: -density(a, b, x),
)
for _name, _sign in (("betaincinv", 1.0), ("betainccinv", -1.0), ("btdtri", 1.0)):
    define_ufunc(
        getattr(sc, _name, None),
        _name,
        "a b y",
        lambda a, b, y, v: -in_a(a, b, v) / density(a, b, v),
        lambda a, b, y, v: -in_b(a, b, v) / density(a, b, v),
        lambda a, b, y, v, s=_sign: s / density(a, b, v),
    )
define_ufunc(
    getattr(sc, "btdtr", None),
    "btdtr",
    "a b x",
    lambda a, b, x, v: in_a(a, b, x),
    lambda a, b, x, v: in_b(a, b, x),
    lambda a, b, x, v: density(a, b, x),
)
define_ufunc(
    sc.btdtria,
    "btdtria",
    "p b x",
    lambda p, b, x, v: 1.0 / in_a(v, b, x),
    lambda p, b, x, v: -in_b(v, b, x) / in_a(v, b, x),
    lambda p, b, x, v: -density(v, b, x) / in_a(v, b, x),
)
define_ufunc(
    sc.btdtrib,
    "btdtrib",
    "a p x",
    lambda a, p, x, v: -in_a(a, v, x) / in_b(a, v, x),
    lambda a, p, x, v: 1.0 / in_b(a, v, x),
    lambda a, p, x, v: -density(a, v, x) / in_b(a, v, x),
)

# ---- F distribution: I_u(n/2, d/2) with u = n x/(n x + d) ----


def _of_f(n, d, x):
    return n * x / (n * x + d)


def f_in_n(n, d, x):
    u = _of_f(n, d, x)
    return 0.5 * in_a(0.5 * n, 0.5 * d, u) + density(0.5 * n, 0.5 * d, u) * d * x / np.square(n * x + d)


def f_in_d(n, d, x):
    u = _of_f(n, d, x)
    return 0.5 * in_b(0.5 * n, 0.5 * d, u) - density(0.5 * n, 0.5 * d, u) * n * x / np.square(n * x + d)


def f_density(n, d, x):
    return density(0.5 * n, 0.5 * d, _of_f(n, d, x)) * n * d / np.square(n * x + d)


for _name, _sign in (("fdtr", 1.0), ("fdtrc", -1.0)):
    define_ufunc(
        getattr(sc, _name),
        _name,
        "dfn dfd x",
        lambda n, d, x, v, s=_sign: s * f_in_n(n, d, x),
        lambda n, d, x, v, s=_sign: s * f_in_d(n, d, x),
        lambda n, d, x, v, s=_sign: s * f_density(n, d, x),
    )
define_ufunc(
    sc.fdtri,
    "fdtri",
    "dfn dfd p",
    lambda n, d, p, v: -f_in_n(n, d, v) / f_density(n, d, v),
    lambda n, d, p, v: -f_in_d(n, d, v) / f_density(n, d, v),
    lambda n, d, p, v: 1.0 / f_density(n, d, v),
)
define_ufunc(
    sc.fdtridfd,
    "fdtridfd",
    "dfn p x",
    lambda n, p, x, v: -f_in_n(n, v, x) / f_in_d(n, v, x),
    lambda n, p, x, v: 1.0 / f_in_d(n, v, x),
    lambda n, p, x, v: -f_density(n, v, x) / f_in_d(n, v, x),
)

# ---- Student's distribution: F(t) = 1/2 + sign(t)/2 I_u(1/2, n/2), u = t^2/(n + t^2) ----


def t_density(n, t):
    return np.exp(-0.5 * (n + 1.0) * np.log1p(t * t / n) - sc.betaln(0.5 * n, 0.5)) / np.sqrt(n)


def _t_in_n(n, t):
    """dF/dn, by the tail beyond |t|: I_w(n/2, 1/2)/2, w = n/(n + t^2)."""
    s = np.square(t)
    w = n / (n + s)
    inner = s / (n + s)
    by_shape = np.where(
        s > n,
        -0.25 * np.sign(t) * shape_derivative(0.5 * n, 0.5, w, 1, 0),
        0.25 * np.sign(t) * shape_derivative(0.5, 0.5 * n, inner, 0, 1),
    )
    found = by_shape - 0.5 * t * t_density(n, t) / n
    return np.where(t == 0.0, 0.0, found)


def _t_density_in_n(n, t):
    s = np.square(t) / n
    return (
        t_density(n, t)
        * 0.5
        * (sc.psi(0.5 * n + 0.5) - sc.psi(0.5 * n) - 1.0 / n - np.log1p(s) + (n + 1.0) * s / (n * (1.0 + s)))
    )


def _t_twice_in_n(n, t):
    """d2F/dn2, by the integral of the density's second derivative over (0, t)."""
    (n, t), shape = jets.columns(n, t)
    x, w = jets.interval(200)
    s = np.square(t * x) / n
    a, b = 0.5 * n + 0.5, 0.5 * n
    first = 0.5 * (sc.psi(a) - sc.psi(b) - 1.0 / n - np.log1p(s) + (n + 1.0) * s / (n * (1.0 + s)))
    p = s / (n * (1.0 + s))
    second = 0.25 * (sc.zeta(2.0, a) - sc.zeta(2.0, b)) + 0.5 / n**2 + p - 0.5 * (n + 1.0) * p * (2.0 / n - p)
    found = np.sum(w * t_density(n, t * x) * (first**2 + second), axis=-1, keepdims=True) * t
    return np.where(np.abs(t) < 30.0 * np.sqrt(n), found, np.nan).reshape(shape)[()]


define(
    "_student_shape",
    "df t",
    _t_in_n,
    lambda n, t, v: special("_student_bend", n, t),
    lambda n, t, v: _t_density_in_n(n, t),
)
define(
    "_student_bend",
    "df t",
    _t_twice_in_n,
    "the third derivative in df has no rule",
    "the third derivative in df and t has no rule",
)


def t_in_n(n, t):
    return special("_student_shape", n, t)


define_ufunc(sc.stdtr, "stdtr", "df t", lambda n, t, v: t_in_n(n, t), lambda n, t, v: t_density(n, t))
define_ufunc(
    sc.stdtrit,
    "stdtrit",
    "df p",
    lambda n, p, v: -t_in_n(n, v) / t_density(n, v),
    lambda n, p, v: 1.0 / t_density(n, v),
)
define_ufunc(
    sc.stdtridf,
    "stdtridf",
    "p t",
    lambda p, t, v: 1.0 / t_in_n(v, t),
    lambda p, t, v: -t_density(v, t) / t_in_n(v, t),
)

# ---- binomial and negative binomial ----

for _name, _sign in (("bdtr", -1.0), ("bdtrc", 1.0)):
    define_ufunc(
        getattr(sc, _name),
        _name,
        "k n p",
        STEP,
        STEP,
        lambda k, n, p, v, s=_sign: s * density(np.floor(k) + 1.0, n - np.floor(k), p),
    )
define_ufunc(
    sc.bdtri, "bdtri", "k n y", STEP, STEP, lambda k, n, y, v: -1.0 / density(np.floor(k) + 1.0, n - np.floor(k), v)
)
define_ufunc(  # v solves I_(1-p)(n - v, v + 1) = y
    sc.bdtrik,
    "bdtrik",
    "y n p",
    lambda y, n, p, v: 1.0 / _b_in_k(v, n, p),
    lambda y, n, p, v: -in_a(n - v, v + 1.0, 1.0 - p) / _b_in_k(v, n, p),
    lambda y, n, p, v: density(n - v, v + 1.0, 1.0 - p) / _b_in_k(v, n, p),
)
define_ufunc(
    sc.bdtrin,
    "bdtrin",
    "k y p",
    lambda k, y, p, v: -_b_in_k(k, v, p) / in_a(v - k, k + 1.0, 1.0 - p),
    lambda k, y, p, v: 1.0 / in_a(v - k, k + 1.0, 1.0 - p),
    lambda k, y, p, v: density(v - k, k + 1.0, 1.0 - p) / in_a(v - k, k + 1.0, 1.0 - p),
)


def _b_in_k(k, n, p):
    """d/dk I_(1-p)(n - k, k + 1)."""
    return in_b(n - k, k + 1.0, 1.0 - p) - in_a(n - k, k + 1.0, 1.0 - p)


for _name, _sign in (("nbdtr", 1.0), ("nbdtrc", -1.0)):
    define_ufunc(
        getattr(sc, _name),
        _name,
        "k n p",
        STEP,
        STEP,
        lambda k, n, p, v, s=_sign: s * density(np.trunc(n), np.trunc(k) + 1.0, p),
    )
define_ufunc(
    sc.nbdtri, "nbdtri", "k n y", STEP, STEP, lambda k, n, y, v: 1.0 / density(np.trunc(n), np.trunc(k) + 1.0, v)
)
define_ufunc(  # v solves I_p(n, v + 1) = y
    sc.nbdtrik,
    "nbdtrik",
    "y n p",
    lambda y, n, p, v: 1.0 / in_b(n, v + 1.0, p),
    lambda y, n, p, v: -in_a(n, v + 1.0, p) / in_b(n, v + 1.0, p),
    lambda y, n, p, v: -density(n, v + 1.0, p) / in_b(n, v + 1.0, p),
)
define_ufunc(
    sc.nbdtrin,
    "nbdtrin",
    "k y p",
    lambda k, y, p, v: -in_b(v, k + 1.0, p) / in_a(v, k + 1.0, p),
    lambda k, y, p, v: 1.0 / in_a(v, k + 1.0, p),
    lambda k, y, p, v: -density(v, k + 1.0, p) / in_a(v, k + 1.0, p),
)
