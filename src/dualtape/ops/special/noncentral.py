"""Noncentral distributions: densities are products with 0F1 and 1F1, and so is the derivative in the noncentrality; the
derivative in degrees of freedom is a Poisson sum of those of the central distribution."""

import numpy as np
import scipy.special as sc

from . import betas, gammas, jets
from .registry import ROOTS, define, define_ufunc, special

_THIRD = "derivatives of third order in degrees of freedom have no rule"


def _poisson_sum(nc, term):
    """Sum over j of exp(-nc/2) (nc/2)^j/j! term(j), j on the last axis; NaN where there are too many terms."""
    largest = 0.5 * float(np.max(np.where(np.isfinite(nc), nc, 0.0), initial=0.0))
    if largest > 2000.0:
        return np.full(nc.shape[:1], np.nan)
    j = np.arange(0.0, largest + 12.0 * np.sqrt(largest) + 40.0)
    weights = np.exp(sc.xlogy(j, 0.5 * nc) - 0.5 * nc - sc.gammaln(j + 1.0))
    return np.sum(weights * term(j), axis=-1)


def _define_mixture(name, arguments, value, slope):
    """Derivatives of order `orders` in the leading operands (the shapes) of a Poisson mixture in its last but one
    operand (the noncentrality), at its last. `value` and `slope`, the derivative in the last operand, take a shape
    raised by j. The derivative in the noncentrality is a difference of mixtures."""
    n_shapes = len(arguments.split()) - 2

    def mixed(f):
        def kernel(*xs):
            xs, orders = xs[: n_shapes + 2], xs[n_shapes + 2 :]
            columns, shape = jets.columns(*xs)
            *shapes, nc, x = columns
            return _poisson_sum(nc, lambda j: f(shapes[0] + j, *shapes[1:], x, *orders)).reshape(shape)[()]

        return kernel

    def in_shape(k):
        def partial(*args):
            xs, orders = args[: n_shapes + 2], args[n_shapes + 3 :]
            return special(name, *xs, orders=tuple(n + (i == k) for i, n in enumerate(orders)))

        return partial

    def in_nc(*args):
        xs, v, orders = args[: n_shapes + 2], args[n_shapes + 2], args[n_shapes + 3 :]
        return 0.5 * (special(name, xs[0] + 1.0, *xs[1:], orders=orders) - v)

    def in_last(*args):
        xs, orders = args[: n_shapes + 2], args[n_shapes + 3 :]
        return special(name + "_slope", *xs, orders=orders)

    define(name, arguments, mixed(value), *map(in_shape, range(n_shapes)), in_nc, in_last)
    define(name + "_slope", arguments, mixed(slope), *(_THIRD,) * (n_shapes + 2))


# ---- chi squared: F(x; k, nc) ----


def chi_density(x, k, nc):
    """exp(-(x + nc)/2) (x/2)^(k/2 - 1)/(2 gamma(k/2)) 0F1(k/2; nc x/4)."""
    half = 0.5 * k
    scaled = 0.5 * np.exp(-0.5 * (x + nc) + sc.xlogy(half - 1.0, 0.5 * x) - sc.gammaln(half))
    return scaled * sc.hyp0f1(half, 0.25 * nc * x)


_define_mixture(
    "_chi_mixture",
    "a nc x",
    lambda a, x, i: gammas.shape_derivative(a, x, i),
    lambda a, x, i: gammas.density(a, x) * gammas.bell(a, x, i),
)


def _chi_in_df(x, k, nc):
    return 0.5 * special("_chi_mixture", 0.5 * k, nc, 0.5 * x, orders=(1,))


define_ufunc(
    sc.chndtr,
    "chndtr",
    "x df nc",
    lambda x, k, nc, v: chi_density(x, k, nc),
    lambda x, k, nc, v: _chi_in_df(x, k, nc),
    lambda x, k, nc, v: -chi_density(x, k + 2.0, nc),
)
define_ufunc(
    sc.chndtrix,
    "chndtrix",
    "p df nc",
    lambda p, k, nc, v: 1.0 / chi_density(v, k, nc),
    lambda p, k, nc, v: -_chi_in_df(v, k, nc) / chi_density(v, k, nc),
    lambda p, k, nc, v: chi_density(v, k + 2.0, nc) / chi_density(v, k, nc),
)
define_ufunc(
    sc.chndtridf,
    "chndtridf",
    "x p nc",
    lambda x, p, nc, v: -chi_density(x, v, nc) / _chi_in_df(x, v, nc),
    lambda x, p, nc, v: 1.0 / _chi_in_df(x, v, nc),
    lambda x, p, nc, v: chi_density(x, v + 2.0, nc) / _chi_in_df(x, v, nc),
)
define_ufunc(
    sc.chndtrinc,
    "chndtrinc",
    "x df p",
    lambda x, k, p, v: chi_density(x, k, v) / chi_density(x, k + 2.0, v),
    lambda x, k, p, v: _chi_in_df(x, k, v) / chi_density(x, k + 2.0, v),
    lambda x, k, p, v: -1.0 / chi_density(x, k + 2.0, v),
)

# ---- F: sum of Poisson weights times I_y(a + j, b), y = n f/(n f + d), a = n/2, b = d/2 ----


def f_density(n, d, nc, f):
    y, a, b = n * f / (n * f + d), 0.5 * n, 0.5 * d
    log_beta = sc.xlogy(a - 1.0, y) + sc.xlog1py(b - 1.0, -y) - sc.betaln(a, b)
    return np.exp(log_beta - 0.5 * nc) * sc.hyp1f1(a + b, a, 0.5 * nc * y) * n * d / np.square(n * f + d)


def _f_in_nc(n, d, nc, f):
    """-1/2 sum of weights times y^(a+j) (1-y)^b/((a + j) B(a + j, b))."""
    y, a, b = n * f / (n * f + d), 0.5 * n, 0.5 * d
    log_beta = sc.xlogy(a, y) + sc.xlog1py(b, -y) - sc.betaln(a, b)
    return -0.5 * np.exp(log_beta - 0.5 * nc) * sc.hyp1f1(a + b, a + 1.0, 0.5 * nc * y) / a


_define_mixture(
    "_f_mixture",
    "a b nc y",
    lambda a, b, y, i, j: betas.shape_derivative(a, b, y, i, j),
    lambda a, b, y, i, j: betas.density_derivative(a, b, y, i, j),
)


def _f_shape(n, d, nc, f, i, j):
    return 0.5 * special("_f_mixture", 0.5 * n, 0.5 * d, nc, n * f / (n * f + d), orders=(i, j))


def f_in_n(n, d, nc, f):
    return _f_shape(n, d, nc, f, 1, 0) + f_density(n, d, nc, f) * f / n


def f_in_d(n, d, nc, f):
    return _f_shape(n, d, nc, f, 0, 1) - f_density(n, d, nc, f) * f / d


define_ufunc(
    sc.ncfdtr,
    "ncfdtr",
    "dfn dfd nc f",
    lambda n, d, nc, f, v: f_in_n(n, d, nc, f),
    lambda n, d, nc, f, v: f_in_d(n, d, nc, f),
    lambda n, d, nc, f, v: _f_in_nc(n, d, nc, f),
    lambda n, d, nc, f, v: f_density(n, d, nc, f),
)
define_ufunc(
    sc.ncfdtri,
    "ncfdtri",
    "dfn dfd nc p",
    lambda n, d, nc, p, v: -f_in_n(n, d, nc, v) / f_density(n, d, nc, v),
    lambda n, d, nc, p, v: -f_in_d(n, d, nc, v) / f_density(n, d, nc, v),
    lambda n, d, nc, p, v: -_f_in_nc(n, d, nc, v) / f_density(n, d, nc, v),
    lambda n, d, nc, p, v: 1.0 / f_density(n, d, nc, v),
)
define_ufunc(
    sc.ncfdtridfd,
    "ncfdtridfd",
    "dfn p nc f",
    lambda n, p, nc, f, v: -f_in_n(n, v, nc, f) / f_in_d(n, v, nc, f),
    lambda n, p, nc, f, v: 1.0 / f_in_d(n, v, nc, f),
    lambda n, p, nc, f, v: -_f_in_nc(n, v, nc, f) / f_in_d(n, v, nc, f),
    lambda n, p, nc, f, v: -f_density(n, v, nc, f) / f_in_d(n, v, nc, f),
)
define_ufunc(
    sc.ncfdtridfn,
    "ncfdtridfn",
    "p dfd nc f",
    lambda p, d, nc, f, v: 1.0 / f_in_n(v, d, nc, f),
    lambda p, d, nc, f, v: -f_in_d(v, d, nc, f) / f_in_n(v, d, nc, f),
    lambda p, d, nc, f, v: -_f_in_nc(v, d, nc, f) / f_in_n(v, d, nc, f),
    lambda p, d, nc, f, v: -f_density(v, d, nc, f) / f_in_n(v, d, nc, f),
)
define_ufunc(
    sc.ncfdtrinc,
    "ncfdtrinc",
    "dfn dfd p f",
    lambda n, d, p, f, v: -f_in_n(n, d, v, f) / _f_in_nc(n, d, v, f),
    lambda n, d, p, f, v: -f_in_d(n, d, v, f) / _f_in_nc(n, d, v, f),
    lambda n, d, p, f, v: 1.0 / _f_in_nc(n, d, v, f),
    lambda n, d, p, f, v: -f_density(n, d, v, f) / _f_in_nc(n, d, v, f),
)

# ---- Student's: F(t) = E[Phi(t s - nc)], s^2 chi squared over df. With phi = Phi': moments E[s^m phi(t s - nc)] ----


def _moment(df, nc, t, m, order):
    """The k-th derivative in df of E[s^m phi(t s - nc)], by the trapezoidal rule in log(s); m = -1 stands for
    E[Phi(t s - nc)] itself, k >= 1, from the side on which Phi is small."""
    (df, nc, t), shape = jets.columns(df, nc, t)
    n = 1200
    with np.errstate(all="ignore"):
        low, high = (
            -45.0 / df - 1.0,
            0.5 * np.log(1.0 + 60.0 / df + 12.0 / np.sqrt(df) + (nc / np.maximum(df, 1.0)) ** 2),
        )
        low = np.maximum(low, -14.0 / np.sqrt(df) - 40.0 / df - 0.2)
        reach = high + 0.5 - low
        r = low + reach * (np.arange(n) + 0.5) / n
        s = np.exp(r)
        k = jets.Jet.variable(df, 0, (order,))
        half = k * 0.5
        log_density = jets.log(half) * half - jets.lgamma(half) + half * (2.0 * r - s * s) + np.log(2.0)
        density = jets.exp(log_density).c[(order,)] * sc.gamma(order + 1.0)
        z = t * s - nc
        if m < 0:
            wave = np.where(z > 0.0, -sc.ndtr(-z), sc.ndtr(z)) if order == 0 else _balanced(z, t - nc)
        else:
            wave = s**m * np.exp(-0.5 * z * z) / np.sqrt(2.0 * np.pi)
        found = np.sum(density * wave * reach / n, axis=-1)
    return np.where((df[:, 0] > 0.0), found, np.nan).reshape(shape)[()]


def _balanced(z, centre):
    """Phi(z) less a constant, which a derivative in df does not see: so that it is small where the density is large."""
    return np.where(centre > 0.0, sc.ndtr(-centre) - sc.ndtr(-z), sc.ndtr(z) - sc.ndtr(centre))


def student(df, nc, t, m, order=0):
    return special("_student_moment", df, nc, t, orders=(m, order))


def _moment_in_nc(df, nc, t, v, m, order):
    if m < 0:
        return -student(df, nc, t, 0, order)
    return t * student(df, nc, t, m + 1, order) - nc * student(df, nc, t, m, order)


def _moment_in_t(df, nc, t, v, m, order):
    if m < 0:
        return student(df, nc, t, 1, order)
    return nc * student(df, nc, t, m + 1, order) - t * student(df, nc, t, m + 2, order)


define(
    "_student_moment",
    "df nc t",
    _moment,
    lambda df, nc, t, v, m, order: student(df, nc, t, m, order + 1),
    _moment_in_nc,
    _moment_in_t,
)
define_ufunc(
    sc.nctdtr,
    "nctdtr",
    "df nc t",
    lambda df, nc, t, v: student(df, nc, t, -1, 1),
    lambda df, nc, t, v: -student(df, nc, t, 0),
    lambda df, nc, t, v: student(df, nc, t, 1),
)
define_ufunc(
    sc.nctdtrit,
    "nctdtrit",
    "df nc p",
    lambda df, nc, p, v: -student(df, nc, v, -1, 1) / student(df, nc, v, 1),
    lambda df, nc, p, v: student(df, nc, v, 0) / student(df, nc, v, 1),
    lambda df, nc, p, v: 1.0 / student(df, nc, v, 1),
)
define_ufunc(
    sc.nctdtridf,
    "nctdtridf",
    "p nc t",
    lambda p, nc, t, v: 1.0 / student(v, nc, t, -1, 1),
    lambda p, nc, t, v: student(v, nc, t, 0) / student(v, nc, t, -1, 1),
    lambda p, nc, t, v: -student(v, nc, t, 1) / student(v, nc, t, -1, 1),
)
define_ufunc(
    sc.nctdtrinc,
    "nctdtrinc",
    "df p t",
    lambda df, p, t, v: student(df, v, t, -1, 1) / student(df, v, t, 0),
    lambda df, p, t, v: -1.0 / student(df, v, t, 0),
    lambda df, p, t, v: student(df, v, t, 1) / student(df, v, t, 0),
)

# ---- which function each inverse solves for, and with which operand as its value ----

_BETA = sc.betainc
ROOTS |= {
    "chdtriv": (sc.chdtr, 0),
    "gdtria": (sc.gdtr, 0),
    "gdtrib": (sc.gdtr, 1),
    "gdtrix": (sc.gdtr, 2),
    "pdtrik": (lambda k, m: sc.gammaincc(k + 1.0, m), 0),
    "btdtria": (_BETA, 0),
    "btdtrib": (_BETA, 1),
    "fdtridfd": (sc.fdtr, 1),
    "stdtridf": (sc.stdtr, 0),
    "bdtrik": (lambda k, n, p: _BETA(n - k, k + 1.0, 1.0 - p), 0),
    "bdtrin": (lambda k, n, p: _BETA(n - k, k + 1.0, 1.0 - p), 1),
    "nbdtrik": (lambda k, n, p: _BETA(n, k + 1.0, p), 0),
    "nbdtrin": (lambda k, n, p: _BETA(n, k + 1.0, p), 1),
    "chndtrix": (sc.chndtr, 0),
    "chndtridf": (sc.chndtr, 1),
    "chndtrinc": (sc.chndtr, 2),
    "ncfdtri": (sc.ncfdtr, 3),
    "ncfdtridfd": (sc.ncfdtr, 1),
    "ncfdtridfn": (sc.ncfdtr, 0),
    "ncfdtrinc": (sc.ncfdtr, 2),
    "nctdtrit": (sc.nctdtr, 2),
    "nctdtridf": (sc.nctdtr, 0),
    "nctdtrinc": (sc.nctdtr, 1),
}
