"""NumPy drops coefficients of a polynomial that are exactly 0. What depends on one of them is NaN along it: its
derivative, which is rarely 0, has no place in what is left."""

import numpy as np
import pytest

import dualtape

MODES = pytest.mark.parametrize("mode", ["forward", "reverse"])
X = np.array([0.0, 1.0])  # the leading coefficient, and the next
_P = np.polynomial


def _smallest(roots):
    return roots[np.argmin(np.abs(roots))].real


LOSES_FIRST = {  # coefficient: what is computed has a derivative along it that NumPy's code has dropped
    "poly1d": lambda x: np.poly1d([x[0], x[1], 3.0])(2.0),
    "poly1d derivative": lambda x: np.poly1d([x[0], x[1], 3.0]).deriv()(2.0),
    "poly1d product": lambda x: (np.poly1d([x[0], x[1], 3.0]) * np.poly1d([1.0, 2.0]))(2.0),
    "polymul": lambda x: np.polymul([x[0], x[1], 3.0], [1.0, 2.0])[-3],
    "roots": lambda x: _smallest(np.roots([x[0], x[1], 3.0])),
    "roots at zero": lambda x: _smallest(np.roots([2.0, x[1], x[0]])),
    "Polynomial product": lambda x: (_P.Polynomial([3.0, x[1], x[0]]) * _P.Polynomial([1.0, 1.0]))(2.0),
    "Polynomial sum": lambda x: (_P.Polynomial([3.0, x[1], x[0]]) + _P.Polynomial([1.0, 1.0]))(2.0),
    "Chebyshev product": lambda x: (_P.Chebyshev([3.0, x[1], x[0]]) * _P.Chebyshev([1.0, 1.0]))(2.0),
    "polyroots": lambda x: _smallest(_P.polynomial.polyroots([3.0, x[1], x[0]])),
    "complex": lambda x: np.abs(np.poly1d([x[0] * 1.0j, x[1], 3.0])(2.0)),
}
KEEPS_ALL = {  # and what NumPy's code evaluates as it is
    "poly1d": (lambda x: np.poly1d([x[1], x[0], 3.0])(2.0), [2.0, 4.0]),
    "polyval": (lambda x: np.polyval([x[0], x[1], 3.0], 2.0), [4.0, 2.0]),
    "Polynomial": (lambda x: _P.Polynomial([3.0, x[1], x[0]])(2.0), [4.0, 2.0]),
    "a constant": (lambda x: np.poly1d([x[0]])(2.0) + x[1], [1.0, 1.0]),
    "zeros of a constant": (lambda x: np.poly1d([0.0, x[1], 3.0])(2.0) + x[0], [1.0, 2.0]),
    "roots": (lambda x: np.roots([0.0, x[1], 3.0 + x[0]]).real.sum(), [-1.0, 3.0]),
}


@MODES
@pytest.mark.parametrize("f", LOSES_FIRST.values(), ids=LOSES_FIRST)
def test_the_derivative_along_a_dropped_coefficient_is_not_a_number(f, mode):
    g = dualtape.grad(f, mode=mode)(X)
    assert np.isnan(g[0]) and np.isfinite(g[1])
    nearby = dualtape.grad(f, mode=mode)(X + [1e-7, 0.0])
    assert np.isfinite(nearby).all() and nearby[0] != 0.0
    np.testing.assert_allclose(g[1], nearby[1], rtol=1e-5, atol=1e-6)


@MODES
@pytest.mark.parametrize(("f", "expected"), KEEPS_ALL.values(), ids=KEEPS_ALL)
def test_nothing_is_lost_where_nothing_is_dropped(f, expected, mode):
    np.testing.assert_allclose(dualtape.grad(f, mode=mode)(X), expected, rtol=1e-13)


@pytest.mark.parametrize("f", LOSES_FIRST.values(), ids=LOSES_FIRST)
def test_values_are_numpys_and_second_derivatives_are_not_a_number(f):
    assert dualtape.value_and_grad(f)(X)[0] == f(X)
    H = dualtape.hessian(f)(X)
    assert np.isnan(H[0]).all() or (np.isnan(H[0, 0]) and dualtape.hessian(f)(X + [1e-7, 0.0])[0, 1] == 0.0)
    assert np.isfinite(H[1, 1])


@pytest.mark.parametrize("f", LOSES_FIRST.values(), ids=LOSES_FIRST)
def test_a_program_that_dropped_one_is_recorded_anew_where_it_is_not_zero(f):
    P = dualtape.record(f, X)
    assert np.isnan(P.grad(X)[0])
    elsewhere = X + [0.01, 0.5]
    np.testing.assert_allclose(P.grad(elsewhere), dualtape.grad(f)(elsewhere), rtol=1e-12)
