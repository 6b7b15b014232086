"""Large arguments: no derivative overflows, or loses its digits, where the true one does neither."""

import mpmath
import numpy as np
import pytest
import ways
from clauses import Clause, computed, each, judge, judge_value

INF = np.inf
Z2 = np.zeros((2, 2))


def _logaddexp(x):
    return mpmath.log(mpmath.exp(x[0]) + mpmath.exp(x[1]))


def _softplus(x):
    return mpmath.log1p(mpmath.exp(x))


def _log_sum_exp(x):
    return mpmath.log(mpmath.fsum(mpmath.exp(y) for y in x))


def _shifted(x):
    """The log-sum-exp that people write."""
    top = np.max(x)
    return top + np.log(np.sum(np.exp(x - top)))


def _softmax(x):
    e = np.exp(x - np.max(x))
    return (e / np.sum(e))[0]


def _softmax_in_mpmath(x):
    return 1 / mpmath.fsum(mpmath.exp(y - x[0]) for y in x)


def _sigmoid(x):
    return 1.0 / (1.0 + np.exp(-x))


def _scipy(name):
    def f(x):
        return getattr(pytest.importorskip("scipy.special"), name)(x)

    return f


LARGE = [
    *(
        computed(f"logaddexp of {x}", lambda x: np.logaddexp(x[0], x[1]), _logaddexp, x)
        for x in ([700.0, 700.0], [1e5, 1e5 + 1], [-1e5, -1e5], [710.0, 0.0], [-800.0, 20.0])
    ),
    *(
        computed(f"logaddexp2 of {x}", lambda x: np.logaddexp2(x[0], x[1]),
                 lambda x: mpmath.log(mpmath.power(2, x[0]) + mpmath.power(2, x[1]), 2), x)
        for x in ([2000.0, 2000.0], [-3000.0, -2999.0])
    ),
    *(computed(f"tanh of {x}", np.tanh, mpmath.tanh, x) for x in (700.0, -700.0, 20.0, 355.0)),
    *(computed(f"log1p(exp) of {x}", lambda x: np.log1p(np.exp(x)), _softplus, x) for x in (-700.0, -40.0, 3.0)),
    *(computed(f"logaddexp(0, x) of {x}", lambda x: np.logaddexp(0.0, x), _softplus, x) for x in (-800.0, 800.0, 1e8)),
    *(computed(f"expit of {x}", _scipy("expit"), lambda x: 1 / (1 + mpmath.exp(-x)), x) for x in (-700.0, 40.0, 700.0)),
    *(
        computed(f"log_expit of {x}", _scipy("log_expit"), lambda x: -mpmath.log1p(mpmath.exp(-x)), x)
        for x in (-800.0, 40.0)
    ),
    computed("softmax at 700", _softmax, _softmax_in_mpmath, [700.0, 699.0, 650.0], 1e-12),
    computed("softmax at -700", _softmax, _softmax_in_mpmath, [-700.0, -701.0, -690.0], 1e-12),
    computed("log-sum-exp at 1e4", _shifted, _log_sum_exp, [1e4, 1e4 - 1.0, 9e3], 1e-12),
    computed("sigmoid of -120", _sigmoid, lambda x: 1 / (1 + mpmath.exp(-x)), -120.0, 1e-12),
    computed("sigmoid of 30", _sigmoid, lambda x: 1 / (1 + mpmath.exp(-x)), 30.0, 1e-12),
    computed("expm1 of tiny", np.expm1, mpmath.expm1, 1e-20),
    computed("log1p of tiny", np.log1p, mpmath.log1p, 1e-20),
    computed("arcsinh of large", np.arcsinh, mpmath.asinh, 1e100),
    computed("arctan of large", np.arctan, mpmath.atan, 1e200),
    computed("arctanh near 1", np.arctanh, mpmath.atanh, 1.0 - 1e-12, 1e-11),
    computed("arcsin near 1", np.arcsin, mpmath.asin, 1.0 - 1e-12, 1e-11),
    computed("hypot of large", lambda x: np.hypot(x[0], x[1]), lambda x: mpmath.hypot(*x), [3e200, 4e200]),
    computed("hypot of tiny", lambda x: np.hypot(x[0], x[1]), lambda x: mpmath.hypot(*x), [3e-200, 4e-200]),
    Clause("arctan2 of large", lambda x: np.arctan2(x[0], x[1]), [3e200, 4e200], [1.6e-201, -1.2e-201],
           np.full((2, 2), np.nan)),  # some 1e-401: arctan2(exp(t), exp(2 t)) needs its digits
    computed("arctan2 of tiny", lambda x: np.arctan2(x[0], x[1]), lambda x: mpmath.atan2(*x), [3e-150, 4e-150]),
    computed("cosh of large", np.cosh, mpmath.cosh, 700.0),
    computed("exp of large", np.exp, mpmath.exp, 709.0),
    computed("exp of small", np.exp, mpmath.exp, -740.0, 1e-2),
    computed("log of tiny", np.log, mpmath.log, 1e-300),
    computed("quotient of large", lambda x: x[0] / x[1], lambda x: x[0] / x[1], [1e300, 1e200]),
    computed("slogdet", lambda x: np.linalg.slogdet(np.diag(x))[1], lambda x: mpmath.fsum(map(mpmath.log, x)),
             [1e200, 1e150, 1e-300]),
]  # fmt: skip
ENDS = [
    Clause("logaddexp of -inf", lambda x: np.logaddexp(x[0], x[1]), [-INF, 0.0], [0, 1], Z2),
    Clause("logaddexp of inf", lambda x: np.logaddexp(x[0], x[1]), [INF, 0.0], [1, 0], Z2),
    Clause("tanh of inf", np.tanh, INF, 0, 0),
    Clause("exp of -inf", np.exp, -INF, 0, 0),
    Clause("arctan of inf", np.arctan, -INF, 0, 0, is_open=True),
    Clause("reciprocal of inf", lambda x: 1.0 / x, INF, 0, 0),
    Clause("maximum of infinities", lambda x: np.maximum(x[0], x[1]), [-INF, 1.0], [0, 1], Z2),
    Clause("sum with an infinity", lambda x: np.sum(x), [INF, 1.0], [1, 1], Z2),
    Clause("mean with a NaN elsewhere", lambda x: np.mean(x[1:] ** 2), [np.nan, 1.0], [0, 2], np.diag([0, 2])),
]
CLAUSES = LARGE + ENDS
first, second = each(CLAUSES)


@first
def test_first_order_of_large_arguments(clause, way):
    judge(clause, way, 1)


@second
def test_second_order_of_large_arguments(clause, way):
    judge(clause, way, 2)


@pytest.mark.parametrize("x", [30.0, 300.0])
@pytest.mark.parametrize("way", ways.SECOND)
def test_a_naive_softplus_cancels_to_rounding(x, way):
    """f'' is e**-x; what is left of 1 - 1 is no more than a few roundings of 1."""
    assert abs(ways.SECOND[way](lambda x: np.log1p(np.exp(x)), x) - np.exp(-x)) < 1e-15


@pytest.mark.parametrize("log", [np.log, np.log1p, np.log2, np.log10])
@pytest.mark.parametrize("way", ways.SECOND)
def test_a_logarithm_of_a_huge_exponential_is_not_finite_and_wrong(log, way):
    """f'' is 0, to all digits; as the sum of f' and a product that underflows it would be 1."""
    with np.errstate(all="ignore"):
        assert np.isnan(ways.SECOND[way](lambda x: log(np.exp(x)), 400.0))
    assert ways.FIRST["reverse"](lambda x: np.log(np.exp(x)), 400.0) == pytest.approx(1.0, rel=1e-13)


def test_values_of_large_arguments_are_numpys_bit_for_bit():
    for clause in CLAUSES:
        judge_value(clause)
