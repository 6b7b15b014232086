"""Noncentral distributions: densities are products with 0F1 and 1F1, and so is the derivative in the noncentrality; the
derivative in degrees of freedom is a Poisson sum of those of the central distribution."""

import numpy as np
import scipy.special as sc

from . import betas, gammas, jets
from .registry import define, define_by_slopes, define_inverse, raised, special

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

    def in_nc(*args):
        xs, v, orders = args[: n_shapes + 2], args[n_shapes + 2], args[n_shapes + 3 :]
        return 0.5 * (special(name, xs[0] + 1.0, *xs[1:], orders=orders) - v)

    def in_last(*args):
        xs, orders = args[: n_shapes + 2], args[n_shapes + 3 :]
        return special(name + "_slope", *xs, orders=orders)

    in_shapes = (raised(name, k) for k in range(n_shapes))
    define(name, arguments, mixed(value), *in_shapes, in_nc, in_last)
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


_OF_CHI = chi_density, _chi_in_df, lambda x, k, nc: -chi_density(x, k + 2.0, nc)
define_by_slopes(sc.chndtr, "chndtr", "x df nc", _OF_CHI)
define_inverse(sc.chndtrix, "chndtrix", "p df nc", _OF_CHI, 0, root_of=sc.chndtr)
define_inverse(sc.chndtridf, "chndtridf", "x p nc", _OF_CHI, 1, root_of=sc.chndtr)
define_inverse(sc.chndtrinc, "chndtrinc", "x df p", _OF_CHI, 2, root_of=sc.chndtr)

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


_OF_F = f_in_n, f_in_d, _f_in_nc, f_density
define_by_slopes(sc.ncfdtr, "ncfdtr", "dfn dfd nc f", _OF_F)
define_inverse(sc.ncfdtri, "ncfdtri", "dfn dfd nc p", _OF_F, 3, root_of=sc.ncfdtr)
define_inverse(sc.ncfdtridfd, "ncfdtridfd", "dfn p nc f", _OF_F, 1, root_of=sc.ncfdtr)
define_inverse(sc.ncfdtridfn, "ncfdtridfn", "p dfd nc f", _OF_F, 0, root_of=sc.ncfdtr)
define_inverse(sc.ncfdtrinc, "ncfdtrinc", "dfn dfd p f", _OF_F, 2, root_of=sc.ncfdtr)

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
_OF_STUDENT = (
    lambda df, nc, t: student(df, nc, t, -1, 1),
    lambda df, nc, t: -student(df, nc, t, 0),
    lambda df, nc, t: student(df, nc, t, 1),
)
define_by_slopes(sc.nctdtr, "nctdtr", "df nc t", _OF_STUDENT)
define_inverse(sc.nctdtrit, "nctdtrit", "df nc p", _OF_STUDENT, 2, root_of=sc.nctdtr)
define_inverse(sc.nctdtridf, "nctdtridf", "p nc t", _OF_STUDENT, 0, root_of=sc.nctdtr)
define_inverse(sc.nctdtrinc, "nctdtrinc", "df p t", _OF_STUDENT, 1, root_of=sc.nctdtr)
