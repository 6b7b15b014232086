"""Every row against mpmath at interior points, and its values at kinks, domain ends and far out."""

from __future__ import annotations

import interior
import mpmath as mp
import numpy as np
import pytest
import row_oracles

from dualtape.core import kernels
from dualtape.ops.structure import Partial, classify
from dualtape.ops.table import OPCODES, ROW_OF, ROWS

EPS = 2.0**-52
LARGEST = np.finfo(np.float64).max

# Errors are measured in units of eps (|f| + sum |x df/dx|): what rounding the result and the operands once would do.
MPMATH_ULPS = 6.0
SCIPY_ULPS = 60.0  # where the value is SciPy's and no better than this itself, and its recurrences carry that on
CANCELLING_ULPS = 1000.0  # forms that lose up to three digits in part of their domain, see special.h
SCIPY_BOUND = {"poch", "jv", "jve", "yv", "yve", "i1e", "kve", "hyp0f1"}
SCIPY_BOUND |= {"_igam_fac", "gammaincc", "gammainccinv", "expn"}
CANCELLING = {"beta", "dawsn", "ive"}

ORDERS = {"v": (0, 0), "d": (1, 0), "dd": (2, 0)}
ORDERS |= {"dx": (1, 0), "dy": (0, 1), "dxx": (2, 0), "dxy": (1, 1), "dyy": (0, 2)}
OUTPUT = {"d": "dx", "dd": "dxx"}
SLOW_ORACLE = {"y1", "yn", "owens_t", "gammaincinv", "gammainccinv", "ellipeinc"}
BY_DECREE = {"stop_gradient", "valued"}  # their derivative is not the one of their value

pytestmark = pytest.mark.skipif(not kernels.bind_scipy(), reason="SciPy is not installed")


def _tolerance(name):
    return CANCELLING_ULPS if name in CANCELLING else SCIPY_ULPS if name in SCIPY_BOUND else MPMATH_ULPS


def points(row):
    return interior.points(row, 4 if row.name in SLOW_ORACLE else 8)


def _smooth(row):
    """Operands in which the row has derivatives."""
    return (True,) if row.arity == 1 else (row.dx is not None, row.dy is not None)


def worst_error(row, partial, at, values):
    """Largest error of `values`, in the units above."""
    worst = 0.0
    for point, value in zip(zip(*(x.tolist() for x in at), strict=True), values.tolist(), strict=True):
        orders = ORDERS[partial][: row.arity]
        exact = row_oracles.exact(row.name, point, orders)
        if abs(exact) > LARGEST and value == np.copysign(np.inf, float(mp.sign(exact))):
            continue
        scale = row_oracles.conditioned(row.name, point, orders, _smooth(row))
        error = abs(mp.mpf(value) - exact)
        if not error <= 1e-25:  # differences of 50 digits leave that much at an exact zero
            worst = max(worst, float(error / scale / EPS) if scale else np.inf)
    return worst


@pytest.mark.parametrize("row", [row for row in ROWS if row.name not in BY_DECREE], ids=lambda row: row.name)
def test_value_and_partials_match_mpmath(row):
    at = points(row)
    result = kernels.evaluate(row.name, *at)
    for partial in ("v", *row.partials):
        if classify(getattr(row, partial)) is not Partial.NO_RULE:
            assert worst_error(row, partial, at, result[OUTPUT.get(partial, partial)]) <= _tolerance(row.name), partial


def test_every_row_has_an_oracle_and_every_oracle_a_row():
    assert set(row_oracles.FUNCTIONS) == set(ROW_OF) == set(OPCODES)


def test_a_partial_without_a_rule_is_nan():
    for row in ROWS:
        result = kernels.evaluate(row.name, *interior.points(row, 3))
        for partial in row.partials:
            if getattr(row, partial) is None:
                assert np.isnan(result[partial]).all(), (row.name, partial)


inf, nan = np.inf, np.nan

# Row, operands, which are active, and what holds there. Structural zeros are -0.0; 0.0 is a computed zero.
KINKS = [
    ("absolute", (0.0,), 1, {"dx": 0.0}),
    ("absolute", (-0.0,), 1, {"dx": 0.0}),
    ("fabs", (0.0,), 1, {"dx": 0.0}),
    ("sign", (0.0,), 1, {"dx": -0.0, "dxx": -0.0}),
    ("maximum", (2.0, 2.0), 3, {"dx": 0.5, "dy": 0.5}),
    ("maximum", (2.0, 2.0), 1, {"dx": -0.0}),
    ("maximum", (2.0, 2.0), 2, {"dy": -0.0}),
    ("maximum", (3.0, 2.0), 3, {"dx": 1.0, "dy": -0.0}),
    ("maximum", (nan, 2.0), 3, {"dx": nan, "dy": nan}),
    ("minimum", (2.0, 2.0), 3, {"dx": 0.5, "dy": 0.5}),
    ("minimum", (2.0, 2.0), 1, {"dx": -0.0}),
    ("minimum", (3.0, 2.0), 3, {"dx": -0.0, "dy": 1.0}),
    ("fmax", (nan, 2.0), 3, {"v": 2.0, "dx": -0.0, "dy": 1.0}),
    ("fmin", (nan, 2.0), 3, {"v": 2.0, "dx": -0.0, "dy": 1.0}),
    ("fmin", (1.0, nan), 3, {"v": 1.0, "dx": 1.0, "dy": -0.0}),
    ("fmax", (nan, nan), 3, {"dx": nan, "dy": nan}),
    ("heaviside", (0.0, 0.5), 3, {"v": 0.5, "dx": -0.0, "dy": 1.0}),
    ("heaviside", (1.0, 0.5), 3, {"v": 1.0, "dx": -0.0, "dy": -0.0}),
    ("copysign", (0.0, -1.0), 3, {"dx": 0.0, "dy": -0.0}),
    ("copysign", (-2.0, -1.0), 3, {"v": -2.0, "dx": 1.0}),
    ("hypot", (0.0, 0.0), 3, {"v": 0.0, "dx": 0.0, "dy": 0.0, "dxx": nan, "dxy": nan, "dyy": nan}),
    ("hypot", (3.0, 0.0), 3, {"dx": 1.0, "dy": 0.0, "dxx": 0.0, "dyy": 1 / 3}),
    ("root", (0.0,), 1, {"v": 0.0, "dx": 0.0, "dxx": nan}),
    ("sqrt", (0.0,), 1, {"dx": inf, "dxx": -inf}),
    ("sqrt", (-0.0,), 1, {"dx": inf, "dxx": -inf}),
    ("cbrt", (0.0,), 1, {"dx": inf}),
    ("arctan2", (0.0, 0.0), 3, {"dx": nan, "dy": nan}),
    ("i0e", (0.0,), 1, {"v": 1.0, "dx": 0.0, "dxx": 1.5}),
    ("huber", (1.0, 1.0), 3, {"dx": 0.0, "dy": 1.0, "dyy": 1.0}),
    ("remainder", (-1.0, 3.0), 3, {"v": 2.0, "dx": 1.0, "dy": 1.0}),
    ("fmod", (-1.0, 3.0), 3, {"v": -1.0, "dx": 1.0, "dy": 0.0}),
    ("remainder", (6.0, 3.0), 3, {"v": 0.0, "dx": 1.0, "dy": -2.0}),
]

POWERS_AT_ZERO = [
    ((0.0, 0.0), 1, {"v": 1.0, "dx": 0.0, "dxx": 0.0}),
    ((0.0, 1.0), 1, {"v": 0.0, "dx": 1.0, "dxx": 0.0}),
    ((0.0, 2.0), 1, {"v": 0.0, "dx": 0.0, "dxx": 2.0}),
    ((0.0, 3.0), 1, {"v": 0.0, "dx": 0.0, "dxx": 0.0}),
    ((0.0, 0.5), 1, {"dx": inf, "dxx": -inf}),
    ((0.0, 2.0), 3, {"dy": 0.0, "dxy": 0.0, "dyy": 0.0}),
    ((-2.0, 0.0), 1, {"v": 1.0, "dx": 0.0, "dxx": 0.0}),
    ((-2.0, 3.0), 1, {"v": -8.0, "dx": 12.0, "dxx": -12.0}),
    ((-2.0, -1.0), 1, {"v": -0.5, "dx": -0.25, "dxx": -0.25}),
    ((-2.0, 2.0), 3, {"dx": -4.0, "dy": nan, "dxx": 2.0, "dxy": nan, "dyy": nan}),
    ((-2.0, 0.5), 1, {"v": nan, "dx": nan, "dxx": nan}),
    ((1e-200, 2.0), 1, {"v": 0.0, "dx": 2e-200, "dxx": 2.0}),
    ((1e200, 2.0), 1, {"v": inf, "dx": 2e200, "dxx": 2.0}),
]

ENDS = [
    ("log", (0.0,), {"dx": inf, "dxx": -inf}),
    ("log", (-1.0,), {"v": nan, "dx": nan, "dxx": nan}),
    ("log1p", (-1.0,), {"dx": inf, "dxx": -inf}),
    ("arcsin", (1.0,), {"dx": inf, "dxx": inf}),
    ("arccos", (-1.0,), {"dx": -inf, "dxx": inf}),
    ("arccosh", (1.0,), {"dx": inf, "dxx": -inf}),
    ("arccosh", (-2.0,), {"v": nan, "dx": nan, "dxx": nan}),
    ("arctanh", (1.0,), {"dx": inf, "dxx": inf}),
    ("arctanh", (2.0,), {"v": nan, "dx": nan, "dxx": nan}),
    ("arctan", (inf,), {"dx": 0.0, "dxx": 0.0}),
    ("arcsinh", (inf,), {"dx": 0.0, "dxx": 0.0}),
    ("tanh", (inf,), {"v": 1.0, "dx": 0.0, "dxx": 0.0}),
    ("exp", (-inf,), {"v": 0.0, "dx": 0.0, "dxx": 0.0}),
    ("logaddexp", (0.0, -inf), {"v": 0.0, "dx": 1.0, "dy": 0.0, "dxx": 0.0, "dxy": 0.0}),
    ("sinc", (0.0,), {"v": 1.0, "dx": 0.0, "dxx": -(np.pi**2) / 3}),
    ("exprel", (0.0,), {"v": 1.0, "dx": 0.5, "dxx": 1 / 3}),
    ("exprel", (710.0,), {"dx": inf}),
    ("expit", (-inf,), {"v": 0.0, "dx": 0.0, "dxx": 0.0}),
    ("logit", (0.0,), {"v": -inf, "dx": inf, "dxx": -inf}),
    ("logit", (1.5,), {"v": nan, "dx": nan, "dxx": nan}),
    ("xlogy", (0.0, 0.0), {"v": 0.0, "dx": -inf, "dy": 0.0, "dyy": 0.0}),
    ("xlogy", (0.0, 2.0), {"v": 0.0, "dy": 0.0, "dxy": 0.5, "dyy": 0.0}),
    ("xlog1py", (0.0, -1.0), {"v": 0.0, "dy": 0.0, "dyy": 0.0}),
    ("entr", (0.0,), {"v": 0.0, "dx": inf, "dxx": -inf}),
    ("rel_entr", (0.0, 1.0), {"v": 0.0, "dx": -inf, "dy": 0.0}),
    ("kl_div", (0.0, 1.0), {"v": 1.0, "dy": 1.0, "dyy": 0.0}),
    ("erf", (inf,), {"v": 1.0, "dx": 0.0, "dxx": 0.0}),
    ("erfinv", (1.0,), {"v": inf, "dx": inf, "dxx": inf}),
    ("erfcinv", (0.0,), {"v": inf, "dx": -inf, "dxx": inf}),
    ("ndtri", (0.0,), {"v": -inf, "dx": inf, "dxx": -inf}),
    ("log_ndtr", (inf,), {"v": 0.0, "dx": 0.0, "dxx": 0.0}),
    ("log_ndtr", (-inf,), {"v": -inf, "dx": inf, "dxx": -1.0}),
    ("rgamma", (0.0,), {"v": 0.0, "dx": 1.0, "dxx": 2 * np.euler_gamma}),
    ("rgamma", (-2.0,), {"v": 0.0, "dx": 2.0}),
    ("spence", (1.0,), {"v": 0.0, "dx": -1.0, "dxx": 0.5}),
    ("boxcox", (0.0, 2.0), {"v": -0.5, "dx": 0.0, "dy": 0.25, "dxx": 1.0, "dxy": 0.0, "dyy": -0.25}),
    ("boxcox", (np.e, 0.0), {"v": 1.0, "dx": 1 / np.e, "dy": 0.5, "dyy": 1 / 3}),
    ("inv_boxcox", (1.0, 0.0), {"v": np.e, "dx": np.e, "dy": -np.e / 2}),
    ("gammainc", (1.0, 0.0), {"v": 0.0, "dy": 1.0}),
    ("gammainc", (2.0, 0.0), {"v": 0.0, "dy": 0.0}),
    ("expn", (0.0, 2.0), {"dy": -0.75 * np.exp(-2.0)}),
    ("ellipk", (0.0,), {"dx": np.pi / 8, "dxx": 9 * np.pi / 64}),
    ("ellipe", (0.0,), {"dx": -np.pi / 8, "dxx": -3 * np.pi / 64}),
    ("j1", (0.0,), {"v": 0.0, "dx": 0.5, "dxx": 0.0}),
    ("jv", (0.0, 0.0), {"v": 1.0, "dy": 0.0, "dyy": -0.5}),
    ("wrightomega", (inf,), {"dx": 1.0, "dxx": 0.0}),
    ("wrightomega", (-inf,), {"dx": 0.0, "dxx": 0.0}),
]


def _agrees(result, expected):
    """Equal to the last bits, and -0.0 (structural) only where that is expected."""
    for partial, value in expected.items():
        (found,) = result[partial]
        assert found == pytest.approx(value, rel=4 * EPS, abs=0.0, nan_ok=True), partial
        if value == 0.0 and partial != "v":
            assert np.signbit(found) == np.signbit(value), f"{partial}: -0.0 is structural, 0.0 is computed"


@pytest.mark.parametrize(("name", "at", "active", "expected"), KINKS)
def test_kinks(name, at, active, expected):
    _agrees(kernels.evaluate(name, *([x] for x in at), active=active), expected)


@pytest.mark.parametrize("name", ["power", "float_power", "scalar_power"])
@pytest.mark.parametrize(("at", "active", "expected"), POWERS_AT_ZERO)
def test_powers_are_exact_at_zero_and_below(name, at, active, expected):
    _agrees(kernels.evaluate(name, *([x] for x in at), active=active), expected)


@pytest.mark.parametrize(("name", "at", "expected"), ENDS)
def test_domain_ends_and_removable_points(name, at, expected):
    _agrees(kernels.evaluate(name, *([x] for x in at)), expected)


FAR_OUT = [
    ("tanh", (20.0,)), ("tanh", (-300.0,)), ("tanh", (1e-9,)), ("expm1", (-40.0,)), ("arcsinh", (1e200,)),
    ("arctan", (1e140,)), ("arccosh", (1e100,)), ("arccosh", (1.0 + 2**-40,)), ("arctanh", (1.0 - 2**-40,)),
    ("hypot", (1e200, 3e200)), ("hypot", (1e-200, 3e-200)), ("arctan2", (3e160, 1e160)), ("arctan2", (1e-170, 2e-170)),
    ("logaddexp", (800.0, 100.0)), ("logaddexp", (-800.0, -801.0)), ("logaddexp2", (2000.0, 1999.0)),
    ("sinc", (1e-5,)), ("sinc", (0.4,)), ("sinc", (0.5,)), ("power", (1e-3, 90.0)), ("power", (1e3, -80.0)),
    ("expit", (-700.0,)), ("expit", (50.0,)), ("expit", (1e-8,)), ("log_expit", (300.0,)), ("logit", (1e-300,)),
    ("exprel", (1e-9,)), ("exprel", (-1.49,)), ("exprel", (1.51,)), ("exprel", (-600.0,)), ("cosm1", (1e-9,)),
    ("boxcox", (2.0, 1e-9)), ("boxcox", (1e-5, -0.3)), ("boxcox", (30.0, 4.0)), ("inv_boxcox", (0.9, 1e-9)),
    ("inv_boxcox", (2.0, 0.26)), ("inv_boxcox", (-0.9, 0.5)), ("spence", (1.0 + 2**-30,)), ("spence", (1.39,)),
    ("pseudo_huber", (2.0, 1e-4)), ("pseudo_huber", (1e-3, 1e9)), ("erfcx", (0.999,)), ("erfcx", (1.001,)),
    ("erfcx", (1e5,)), ("erfcinv", (1e-200,)), ("erfinv", (1.0 - 2**-50,)), ("ndtri", (1e-200,)), ("log_ndtr", (-1e4,)),
    ("log_ndtr", (-1.45,)), ("log_ndtr", (30.0,)), ("ndtri_exp", (-300.0,)), ("ndtri_exp", (-1e-9,)),
    ("dawsn", (30.0,)),
    ("rgamma", (-3.0 + 2**-30,)), ("rgamma", (30.0,)), ("beta", (1e-3, 2e-3)), ("betaln", (50.0, 1e-6)),
    ("betaln", (1e5, 3.0)), ("psi", (1e8,)), ("beta", (-0.5, 2.3)), ("beta", (3.1, -0.7)), ("poch", (-0.5, 2.0)),
    ("gamma", (-2.5,)), ("psi", (-2.5,)), ("ellipk", (1e-12,)), ("ellipk", (1.0 - 2**-40,)), ("ellipk", (-1e6,)),
    ("ellipkm1", (1e-30,)), ("ellipe", (1e-12,)), ("i0e", (1e4,)), ("i0e", (-1e4,)), ("i1e", (-30.0,)), ("k0e", (1e4,)),
    ("k1e", (30.0,)), ("ive", (2.5, 1e3)), ("kve", (2.5, 1e3)), ("wrightomega", (-200.0,)), ("wrightomega", (1e6,)),
]  # fmt: skip


@pytest.mark.parametrize(("name", "at"), FAR_OUT)
def test_digits_hold_far_out_and_near_cancellation(name, at):
    row, at = ROW_OF[name], [np.array([x]) for x in at]
    result, limit = kernels.evaluate(name, *at), max(SCIPY_ULPS, _tolerance(name))
    for partial in row.partials:
        if classify(getattr(row, partial)) is not Partial.NO_RULE:
            assert worst_error(row, partial, at, result[OUTPUT.get(partial, partial)]) <= limit, partial


def test_partials_of_a_value_that_is_not_a_number_are_never_finite():
    grid = np.array([-200.0, -7.0, -3.3, -2.0, -1.5, -1.0, -0.5, -0.0, 0.0, 1e-10, 0.5, 1.0, 1.5, 3.3, 20.5, 200.0])
    for row in ROWS:
        at = [grid] if row.arity == 1 else [axis.ravel() for axis in np.meshgrid(grid, grid)]
        if row.arity == 2 and row.tested_on[0].spread == "whole":  # SciPy warns about other orders
            at = [axis[np.rint(at[0]) == at[0]] for axis in at]
        result = kernels.evaluate(row.name, *at)
        for partial in row.partials:
            if classify(getattr(row, partial)) is Partial.GENERAL:
                finite = np.isnan(result["v"]) & np.isfinite(result[OUTPUT.get(partial, partial)])
                assert not finite.any(), (row.name, partial, [x[finite][0] for x in at])
