"""Digits of what no formula gives: derivatives in orders and parameters against mpmath at 50 digits, at ordinary
points, close to ends of the domain and far out. Where no digits are left the derivative is not a number."""

import sys
from pathlib import Path

import mpmath as mp
import numpy as np
import pytest

pytest.importorskip("scipy.special")
sys.path.insert(0, str(Path(__file__).parents[1] / "ops"))

import row_oracles  # noqa: F401  (sets the precision)

from dualtape.ops.special.registry import special

DIGITS = 1e-10  # relative to the derivative and to the function
MANY_DIGITS = 1e-12


def _beta(a, b, x):
    return mp.betainc(a, b, 0, x, regularized=True)


def _carlson(x, y, z, p):
    """The integral of (t + x)^(-1/2) (t + y)^(-1/2) (t + z)^(-1/2) (t + p)^(-1): 2/3 R_J."""
    return 2 * mp.elliprj(x, y, z, p) / 3


# function, orders asked for, the function in mpmath, which operands are differentiated how often, points
KERNELS = [
    ("_gamma_shape", (1,), lambda a, x: mp.gammainc(a, 0, x, regularized=True), (1, 0),
     [(1e-3, 0.03), (0.7, 1e-6), (0.7, 2.0), (3.3, 0.1), (3.3, 3.0), (3.3, 12.0), (20.0, 16.0), (300.0, 290.0)]),
    ("_gamma_shape", (2,), lambda a, x: mp.gammainc(a, 0, x, regularized=True), (2, 0),
     [(0.1, 0.3), (0.7, 2.0), (3.3, 0.1), (20.0, 16.0)]),
    ("_beta_shape", (1, 0), _beta, (1, 0, 0),
     [(0.05, 0.02, 0.3), (0.7, 4.5, 1e-8), (3.3, 4.5, 0.9), (50.0, 80.0, 0.3), (0.7, 0.02, 0.999)]),
    ("_beta_shape", (0, 1), _beta, (0, 1, 0),
     [(0.05, 0.02, 0.3), (0.7, 4.5, 0.5), (3.3, 4.5, 0.9), (50.0, 80.0, 0.3), (0.7, 0.02, 0.999)]),
    ("_beta_shape", (1, 1), _beta, (1, 1, 0), [(0.7, 4.5, 0.3), (3.3, 4.5, 0.6)]),
    ("_zeta_s", (1,), mp.zeta, (1, 0), [(1.1, 1.0), (3.0, 0.2), (8.0, 30.0), (-1.5, 1.0), (0.5, 2.5)]),
    ("_zeta_s", (2,), mp.zeta, (2, 0), [(1.1, 1.0), (3.0, 0.2), (8.0, 30.0)]),
    ("_j", (1,), mp.besselj, (1, 0),
     [(0.5, 1e-3), (0.0, 2.0), (1.7, 0.3), (2.3, 9.0), (10.5, 3.0), (20.0, 19.0), (-0.7, 2.0), (1.5, 200.0)]),
    ("_j", (2,), mp.besselj, (2, 0), [(0.5, 0.3), (2.3, 9.0), (1.5, 60.0)]),
    ("_y", (1,), mp.bessely, (1, 0), [(0.5, 0.01), (1.7, 0.3), (2.3, 9.0), (10.5, 6.0), (1.5, 200.0)]),
    ("_i_scaled", (1,), lambda v, x: mp.exp(-x) * mp.besseli(v, x), (1, 0),
     [(0.5, 1e-3), (0.0, 2.0), (1.7, 0.3), (2.3, 9.0), (10.5, 40.0), (1.5, 200.0)]),
    ("_k_scaled", (1,), lambda v, x: mp.exp(x) * mp.besselk(v, x), (1, 0),
     [(0.5, 1e-3), (1.7, 0.3), (2.3, 9.0), (10.5, 40.0), (1.5, 200.0)]),
    ("_k_scaled", (2,), lambda v, x: mp.exp(x) * mp.besselk(v, x), (2, 0), [(0.0, 0.3), (2.3, 9.0)]),
    ("_struve", (1,), mp.struveh, (1, 0), [(0.5, 0.1), (1.7, 3.0), (2.3, 9.0)]),
    ("_modstruve", (1,), mp.struvel, (1, 0), [(0.5, 0.1), (1.7, 3.0), (2.3, 30.0)]),
    ("_hyp0f1", (1,), mp.hyp0f1, (1, 0), [(0.7, 2.0), (3.0, -4.0), (1.3, 300.0)]),
    ("_hyp1f1", (1, 0), mp.hyp1f1, (1, 0, 0), [(0.7, 1.4, 2.0), (2.5, 0.8, -30.0), (1.3, 2.2, 100.0)]),
    ("_hyp1f1", (0, 1), mp.hyp1f1, (0, 1, 0), [(0.7, 1.4, 2.0), (2.5, 0.8, -30.0), (1.3, 2.2, 100.0)]),
    ("_hyperu", (1, 0), mp.hyperu, (1, 0, 0), [(0.7, 1.4, 2.0), (2.5, 0.8, 0.01), (0.3, 2.2, 50.0), (-0.4, 0.3, 2.0)]),
    ("_hyperu", (0, 1), mp.hyperu, (0, 1, 0), [(0.7, 1.4, 2.0), (2.5, 0.8, 0.01), (0.3, 2.2, 50.0), (-0.4, 0.3, 2.0)]),
    ("_hyp2f1", (1, 0, 0), mp.hyp2f1, (1, 0, 0, 0),
     [(0.7, 1.1, 2.1, 0.3), (0.7, 1.1, 2.1, 0.95), (1.2, 0.4, 1.9, -20.0)]),
    ("_hyp2f1", (0, 1, 0), mp.hyp2f1, (0, 1, 0, 0), [(0.7, 1.1, 2.1, 0.3), (1.2, 0.4, 1.9, -20.0)]),
    ("_hyp2f1", (0, 0, 1), mp.hyp2f1, (0, 0, 1, 0), [(0.7, 1.1, 2.1, 0.3), (1.2, 0.4, 1.9, -20.0)]),
    ("_symmetric", (1, 0, 0, 1), _carlson, (1, 0, 0, 0),
     [(0.3, 1.1, 2.0, 0.7), (1e-6, 1.0, 1e6, 3.0), (1.0, 1.0, 1.0, 1.0)]),
]  # fmt: skip


def _cases():
    for name, orders, f, times, points in KERNELS:
        for point in points:
            yield pytest.param(name, orders, f, times, point, id=f"{name}{orders}{point}")


@pytest.mark.parametrize(("name", "orders", "f", "times", "point"), list(_cases()))
def test_kernels_match_mpmath(name, orders, f, times, point):
    exact = [mp.mpf(x) for x in point]
    if name == "_symmetric":
        expected, scale = -2 * mp.diff(f, exact, times), 0
    else:
        expected, scale = mp.diff(f, exact, times), abs(f(*exact))
    found = special(name, *point, orders=orders)
    tolerance = DIGITS * float(abs(expected) + scale)
    assert float(abs(mp.re(expected) - mp.mpf(float(found)))) <= tolerance


@pytest.mark.parametrize(
    ("name", "orders", "point"),
    [
        ("_gamma_shape", (1,), (-0.5, 1.0)),
        ("_gamma_shape", (1,), (0.5, -1.0)),
        ("_beta_shape", (1, 0), (0.5, 0.5, 1.5)),
        ("_j", (1,), (0.5, -2.0)),
        ("_j", (1,), (5000.0, 4000.0)),
        ("_hyp2f1", (1, 0, 0), (0.5, 0.5, 1.0, 0.9999)),
        ("_hyp1f1", (1, 0), (40.0, 0.3, 3000.0)),
        ("_struve", (1,), (0.5, 90.0)),
        ("_zeta_s", (1,), (1.0, 2.0)),
        ("_hyp0f1", (1,), (0.7, -1e5)),
    ],
)
def test_where_no_digits_are_left_there_is_no_number(name, orders, point):
    assert not np.isfinite(special(name, *point, orders=orders))


def test_scaled_airy_functions_keep_their_digits_far_out():
    import scipy.special as sc

    from dualtape import jacobian

    for z in (0.5, 9.0, 11.0, 400.0):
        oracles = (
            lambda t: mp.airyai(t) * mp.exp(mp.mpf(2) / 3 * t**1.5),
            lambda t: mp.airyai(t, derivative=1) * mp.exp(mp.mpf(2) / 3 * t**1.5),
            lambda t: mp.airybi(t) * mp.exp(-mp.mpf(2) / 3 * t**1.5),
            lambda t: mp.airybi(t, derivative=1) * mp.exp(-mp.mpf(2) / 3 * t**1.5),
        )
        for k, oracle in enumerate(oracles):
            expected = float(mp.diff(oracle, mp.mpf(z)))
            assert jacobian(lambda t: sc.airye(t)[k])(z) == pytest.approx(expected, rel=MANY_DIGITS)
