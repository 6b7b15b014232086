"""Airy's functions: y'' = x y; the scaled ones far out through Bessel functions of order 1/3 and 2/3."""

import numpy as np
import scipy.special as sc

from . import jets
from .registry import define, define_ufunc, special

PARTIALS = (
    (lambda z, v: sc.airy(z)[1],),
    (lambda z, v: z * sc.airy(z)[0],),
    (lambda z, v: sc.airy(z)[3],),
    (lambda z, v: z * sc.airy(z)[2],),
)
define_ufunc(sc.airy, "airy", "z", *PARTIALS)

# Scaled, with zeta = 2/3 z^(3/2) (DLMF 9.6.1-9.6.9), far out: the difference of two numbers that agree in their first
# digits is the integral of a difference that has one sign.
#     eAi' + sqrt(z) eAi = -z/(pi sqrt(3)) (K_(2/3) - K_(1/3)), K_nu = int exp(-zeta (cosh t - 1)) cosh(nu t) dt
#     eBi' - sqrt(z) eBi = 2 z/sqrt(3) (I_(2/3) - I_(1/3)), I_nu = 1/pi int exp(-zeta (1 - cos t)) cos(nu t) dt
# but for what is smaller by exp(-2 zeta).

_FAR = 10.0


def _gap(zeta, order, growing):
    """d^k/dzeta^k of these integrals' differences, without the sign (-1)^k."""
    (zeta,), shape = jets.columns(zeta)
    if growing:
        t, w = jets.interval(120)
        reach = np.minimum(np.pi, 9.5 / np.sqrt(zeta))
        t = reach * t
        c, wave = 2.0 * np.square(np.sin(0.5 * t)), -np.sin(t / 2.0) * np.sin(t / 6.0) / np.pi
    else:
        t, w = jets.interval(120)
        reach = np.arccosh(1.0 + 45.0 / zeta)
        t = reach * t
        c, wave = 2.0 * np.square(np.sinh(0.5 * t)), np.sinh(t / 2.0) * np.sinh(t / 6.0)
    return np.sum(2.0 * w * reach * np.exp(-zeta * c) * c**order * wave, axis=-1).reshape(shape)[()]


define(
    "_airy_gap",
    "zeta",
    lambda zeta, order, growing: _gap(zeta, order, growing),
    lambda zeta, v, order, growing: -special("_airy_gap", zeta, orders=(order + 1, growing)),
)


def _differs(z, growing):
    """z/sqrt(3) times the difference, where z is far out."""
    zeta = z * np.sqrt(z) / 1.5
    return z / np.sqrt(3.0) * special("_airy_gap", zeta, orders=(0, growing))


def _chosen(z, far, near):
    """By whether z is far out; each side sees numbers that it takes."""
    is_far = z > _FAR
    return np.where(is_far, far(np.where(is_far, z, _FAR)), near(np.where(is_far, 1.0, z)))


def _positive_root(z):
    return np.sqrt(np.maximum(z, 0.0))


_AI = (
    lambda z, v: _chosen(z, lambda z: -_differs(z, 0) / np.pi, lambda z: sc.airye(z)[1] + np.sqrt(z) * sc.airye(z)[0]),
    lambda z, v: _chosen(
        z, lambda z: -np.sqrt(z) * _differs(z, 0) / np.pi, lambda z: z * sc.airye(z)[0] + np.sqrt(z) * sc.airye(z)[1]
    ),
    lambda z, v: _chosen(
        z, lambda z: 2.0 * _differs(z, 1), lambda z: sc.airye(z)[3] - _positive_root(z) * sc.airye(z)[2]
    ),
    lambda z, v: _chosen(
        z,
        lambda z: -2.0 * np.sqrt(z) * _differs(z, 1),
        lambda z: z * sc.airye(z)[2] - _positive_root(z) * sc.airye(z)[3],
    ),
)
define_ufunc(sc.airye, "airye", "z", *((partial,) for partial in _AI))
define_ufunc(
    sc.itairy,
    "itairy",
    "x",
    (lambda x, v: sc.airy(x)[0],),
    (lambda x, v: sc.airy(x)[2],),
    (lambda x, v: sc.airy(-x)[0],),
    (lambda x, v: sc.airy(-x)[2],),
)
