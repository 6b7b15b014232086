"""The incomplete beta functions in all three arguments, their inverses, and the distributions that are one of them."""

import numpy as np
import scipy.special as sc

from . import jets
from .jets import Jet
from .registry import STEP, define, define_by_slopes, define_inverse, define_ufunc, raised, special

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
    raised("_beta_shape", 0),
    raised("_beta_shape", 1),
    lambda a, b, x, v, i, j: density_derivative(a, b, x, i, j),
)
_SLOPES = in_a, in_b, density
for _name, _sign in (("betainc", 1.0), ("betaincc", -1.0), ("btdtr", 1.0)):
    define_by_slopes(getattr(sc, _name, None), _name, "a b x", _SLOPES, _sign)
for _name, _sign in (("betaincinv", 1.0), ("betainccinv", -1.0), ("btdtri", 1.0)):
    define_inverse(getattr(sc, _name, None), _name, "a b y", _SLOPES, 2, _sign)
define_inverse(sc.btdtria, "btdtria", "p b x", _SLOPES, 0, root_of=sc.betainc)
define_inverse(sc.btdtrib, "btdtrib", "a p x", _SLOPES, 1, root_of=sc.betainc)

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


_OF_F = f_in_n, f_in_d, f_density
define_by_slopes(sc.fdtr, "fdtr", "dfn dfd x", _OF_F)
define_by_slopes(sc.fdtrc, "fdtrc", "dfn dfd x", _OF_F, -1.0)
define_inverse(sc.fdtri, "fdtri", "dfn dfd p", _OF_F, 2)
define_inverse(sc.fdtridfd, "fdtridfd", "dfn p x", _OF_F, 1, root_of=sc.fdtr)

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


_OF_STUDENT = t_in_n, t_density
define_by_slopes(sc.stdtr, "stdtr", "df t", _OF_STUDENT)
define_inverse(sc.stdtrit, "stdtrit", "df p", _OF_STUDENT, 1)
define_inverse(sc.stdtridf, "stdtridf", "p t", _OF_STUDENT, 0, root_of=sc.stdtr)

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


def _at_most(k, n, p):
    """The probability of at most k successes among n, where k and n need not be whole."""
    return sc.betainc(n - k, k + 1.0, 1.0 - p)


_OF_BINOMIAL = (
    lambda k, n, p: in_b(n - k, k + 1.0, 1.0 - p) - in_a(n - k, k + 1.0, 1.0 - p),
    lambda k, n, p: in_a(n - k, k + 1.0, 1.0 - p),
    lambda k, n, p: -density(n - k, k + 1.0, 1.0 - p),
)
define_inverse(sc.bdtrik, "bdtrik", "y n p", _OF_BINOMIAL, 0, root_of=_at_most)
define_inverse(sc.bdtrin, "bdtrin", "k y p", _OF_BINOMIAL, 1, root_of=_at_most)
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


def _failures(k, n, p):
    """The probability of at most k failures before n successes, where k and n need not be whole."""
    return sc.betainc(n, k + 1.0, p)


_OF_NEGATIVE_BINOMIAL = (
    lambda k, n, p: in_b(n, k + 1.0, p),
    lambda k, n, p: in_a(n, k + 1.0, p),
    lambda k, n, p: density(n, k + 1.0, p),
)
define_inverse(sc.nbdtrik, "nbdtrik", "y n p", _OF_NEGATIVE_BINOMIAL, 0, root_of=_failures)
define_inverse(sc.nbdtrin, "nbdtrin", "k y p", _OF_NEGATIVE_BINOMIAL, 1, root_of=_failures)
