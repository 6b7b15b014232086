"""Elliptic integrals and functions through Carlson's symmetric integrals, whose derivatives of any order are integrals
of one sign."""

import numpy as np
import scipy.special as sc

from .registry import define, define_ufunc, raised, special

# ---- Carlson's integrals ----


def _symmetric(x, y, z, p, i, j, k, m):
    """The integral over t > 0 of (t + x)^(-1/2 - i) (t + y)^(-1/2 - j) (t + z)^(-1/2 - k) (t + p)^(-m), by the
    trapezoidal rule in log(t), where the integrand is analytic in a strip of width 2 pi: the error at this step is
    below 1e-17."""
    arrays = np.broadcast_arrays(*(np.asarray(a, dtype=np.float64) for a in (x, y, z, p)))
    shape = arrays[0].shape
    x, y, z, p = (a.reshape(-1, 1) for a in arrays)
    step = 0.5
    used = [a for a, exponent in ((x, 1), (y, 1), (z, 1), (p, m)) if exponent]
    least = np.minimum.reduce([np.where(a > 0.0, a, np.inf) for a in used])
    largest = np.maximum.reduce(used)
    with np.errstate(all="ignore"):
        low, high = np.log(least), np.log(largest)
        n = int(np.nanmax(np.where(np.isfinite(high - low), high - low, 0.0), initial=0.0) / step) + 330
        s = low - 85.0 + step * np.arange(n)
        t = np.exp(s)
        logs = (0.5 + i) * np.log(t + x) + (0.5 + j) * np.log(t + y) + (0.5 + k) * np.log(t + z) + m * np.log(t + p)
        found = step * np.sum(np.exp(s - logs), axis=-1)
    zeros = [(x == 0.0, i), (y == 0.0, j), (z == 0.0, k), (p == 0.0, m - 0.5)]
    singular = sum(np.where(zero, 0.5 + power, 0.0) for zero, power in zeros)[:, 0] >= 1.0
    found = np.where(singular, np.inf, found)
    valid = (np.minimum.reduce([x, y, z]) >= 0.0) & (p >= 0.0)
    return np.where(valid[:, 0], found, np.nan).reshape(shape)[()]


def _in_operand(which):
    def partial(x, y, z, p, v, *orders):
        factor = -(orders[which] + (0.0 if which == 3 else 0.5))
        return factor * raised("_symmetric", which)(x, y, z, p, v, *orders)

    return partial


define("_symmetric", "x y z p", _symmetric, *(_in_operand(which) for which in range(4)))


def _integral(x, y, z, i, j, k):
    return special("_symmetric", x, y, z, 1.0, orders=(i, j, k, 0))


define_ufunc(
    getattr(sc, "elliprf", None),
    "elliprf",
    "x y z",
    lambda x, y, z, v: -0.25 * _integral(x, y, z, 1, 0, 0),
    lambda x, y, z, v: -0.25 * _integral(x, y, z, 0, 1, 0),
    lambda x, y, z, v: -0.25 * _integral(x, y, z, 0, 0, 1),
)
define_ufunc(
    getattr(sc, "elliprd", None),
    "elliprd",
    "x y z",
    lambda x, y, z, v: -0.75 * _integral(x, y, z, 1, 0, 1),
    lambda x, y, z, v: -0.75 * _integral(x, y, z, 0, 1, 1),
    lambda x, y, z, v: -2.25 * _integral(x, y, z, 0, 0, 2),
)


def _with_pole(x, y, z, p, i, j, k, m):
    return special("_symmetric", x, y, z, p, orders=(i, j, k, m))


define_ufunc(
    getattr(sc, "elliprj", None),
    "elliprj",
    "x y z p",
    lambda x, y, z, p, v: -0.75 * _with_pole(x, y, z, p, 1, 0, 0, 1),
    lambda x, y, z, p, v: -0.75 * _with_pole(x, y, z, p, 0, 1, 0, 1),
    lambda x, y, z, p, v: -0.75 * _with_pole(x, y, z, p, 0, 0, 1, 1),
    lambda x, y, z, p, v: -1.5 * _with_pole(x, y, z, p, 0, 0, 0, 2),
)
define_ufunc(  # R_C(x, y) = R_F(x, y, y)
    getattr(sc, "elliprc", None),
    "elliprc",
    "x y",
    lambda x, y, v: -0.25 * _integral(x, y, y, 1, 0, 0),
    lambda x, y, v: -0.5 * _integral(x, y, y, 0, 1, 0),
)


def _rg_slope(x, y, z):
    """dR_G/dx = 1/8 times the integral of t (t + x)^(-3/2) (t + y)^(-1/2) (t + z)^(-1/2) (DLMF 19.16.3, 19.18.1)."""
    return 0.125 * (_integral(x, y, z, 0, 0, 0) - x * _integral(x, y, z, 1, 0, 0))


define_ufunc(
    getattr(sc, "elliprg", None),
    "elliprg",
    "x y z",
    lambda x, y, z, v: _rg_slope(x, y, z),
    lambda x, y, z, v: _rg_slope(y, x, z),
    lambda x, y, z, v: _rg_slope(z, x, y),
)

# ---- Legendre's integrals in m: with s = sin(phi), c = cos(phi), D^2 = 1 - m s^2 (DLMF 19.25.5, 19.25.9) ----


def _reduced(phi):
    """phi minus the multiple of pi that leaves it in [-pi/2, pi/2], and that multiple."""
    turns = np.floor(phi / np.pi + 0.5)
    return phi - turns * np.pi, turns


def first_in_m(phi, m):
    """dF/dm = s^3/4 times the integral with weights (c^2)^(-1/2) (D^2)^(-3/2) 1^(-1/2)."""
    phi, turns = _reduced(phi)
    s, c = np.sin(phi), np.cos(phi)
    part = 0.25 * s * s * s * _integral(c * c, 1.0 - m * s * s, 1.0, 0, 1, 0)
    return part + 2.0 * turns * 0.25 * _integral(0.0, 1.0 - m, 1.0, 0, 1, 0)


def second_in_m(phi, m):
    """dE/dm = -s^3/4 times the integral with weights (c^2)^(-1/2) (D^2)^(-1/2) 1^(-3/2)."""
    phi, turns = _reduced(phi)
    s, c = np.sin(phi), np.cos(phi)
    part = -0.25 * s * s * s * _integral(c * c, 1.0 - m * s * s, 1.0, 0, 0, 1)
    return part - 2.0 * turns * 0.25 * _integral(0.0, 1.0 - m, 1.0, 0, 0, 1)


define_ufunc(
    sc.ellipkinc,
    "ellipkinc",
    "phi m",
    lambda phi, m, v: 1.0 / np.sqrt(1.0 - m * np.square(np.sin(phi))),
    lambda phi, m, v: first_in_m(phi, m),
)
define_ufunc(
    sc.ellipeinc,
    "ellipeinc",
    "phi m",
    lambda phi, m, v: np.sqrt(1.0 - m * np.square(np.sin(phi))),
    lambda phi, m, v: second_in_m(phi, m),
)

# ---- Jacobi's functions: u = F(phi, m), so that dphi/du = dn, dphi/dm = -dn dF/dm ----


def _amplitude_in_m(u, m):
    _, _, dn, phi = sc.ellipj(u, m)
    return -dn * first_in_m(phi, m)


def _dn_in_m(u, m, v):
    sn, cn, dn, _ = sc.ellipj(u, m)
    return -(sn * sn + 2.0 * m * sn * cn * _amplitude_in_m(u, m)) / (2.0 * dn)


define_ufunc(
    sc.ellipj,
    "ellipj",
    "u m",
    (
        lambda u, m, v: sc.ellipj(u, m)[1] * sc.ellipj(u, m)[2],
        lambda u, m, v: sc.ellipj(u, m)[1] * _amplitude_in_m(u, m),
    ),
    (
        lambda u, m, v: -sc.ellipj(u, m)[0] * sc.ellipj(u, m)[2],
        lambda u, m, v: -sc.ellipj(u, m)[0] * _amplitude_in_m(u, m),
    ),
    (lambda u, m, v: -m * sc.ellipj(u, m)[0] * sc.ellipj(u, m)[1], _dn_in_m),
    (lambda u, m, v: sc.ellipj(u, m)[2], lambda u, m, v: _amplitude_in_m(u, m)),
)


def _agm_slope(a, b, v):
    """1/M = (2/pi) R_F(0, a^2, b^2) for a, b > 0."""
    return v * v * a / np.pi * _integral(0.0, b * b, a * a, 0, 0, 1)


define_ufunc(sc.agm, "agm", "a b", lambda a, b, v: _agm_slope(a, b, v), lambda a, b, v: _agm_slope(b, a, v))
