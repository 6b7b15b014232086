"""Where a formula has 0/0 and the function has none: `sinc(0)`, products with zeros, determinants of singular matrices
and the like give the limit, to the order asked."""

import mpmath
import numpy as np
import pytest
from clauses import Clause, computed, derivatives, each, judge

import dualtape as dt


def _sinc(x):
    return mpmath.sincpi(x)


def _product(x):
    return mpmath.fprod(x)


def _leibniz(n):
    """The determinant as its sum over permutations: mpmath's own pivots, and fails on a singular matrix."""
    from itertools import permutations

    def det(x):
        total = mpmath.mpf(0)
        for order in permutations(range(n)):
            sign = (-1) ** sum(order[i] > order[j] for i in range(n) for j in range(i + 1, n))
            total += sign * mpmath.fprod(x[i * n + order[i]] for i in range(n))
        return total

    return det


def _of_matrix(n, f=np.linalg.det):
    return lambda x: f(np.reshape(x, (n, n)))


def _special(name, *before):
    """A function of scipy.special."""

    def f(x):
        special = pytest.importorskip("scipy.special")
        return getattr(special, name)(*before, x)

    return f


RANK_ONE = np.outer([1.0, 2.0, 3.0], [1.0, 0.0, 2.0]).ravel()
RANK_TWO = [1.0, 2.0, 3.0, 2.0, 4.0, 6.0, 1.0, 0.0, 1.0]
CLAUSES = [
    computed("sinc", np.sinc, _sinc, 0.0),
    *(computed(f"sinc of {x}", np.sinc, _sinc, x, 1e-11) for x in (1e-300, 1e-12, 1e-5, -1e-3, 0.05, 1.0, -3.0)),
    *(
        computed(f"prod of {x}", np.prod, _product, x)
        for x in ([0.0, 2.0, 3.0], [0.0, 0.0, 3.0], [0.0, 0.0, 0.0], [-1.0, 0.0, 2.0, 0.0])
    ),
    computed("cumprod", lambda x: np.cumprod(x)[-1], _product, [0.0, 2.0, 0.0]),
    computed("multiply.reduce", np.multiply.reduce, _product, [0.0, 2.0, 3.0]),
    computed("prod of a product", lambda x: np.prod(x * x), lambda x: _product(x) ** 2, [0.0, 2.0, 0.0]),
    computed("det of rank 1", _of_matrix(2), _leibniz(2), [1.0, 2.0, 2.0, 4.0]),
    computed("det of rank 0", _of_matrix(2), _leibniz(2), [0.0, 0.0, 0.0, 0.0]),
    computed("det of rank 2 of 3", _of_matrix(3), _leibniz(3), RANK_TWO, 1e-11),
    computed("det of rank 1 of 3", _of_matrix(3), _leibniz(3), RANK_ONE, 1e-11),
    computed("det of a regular one", _of_matrix(3), _leibniz(3), [2.0, 1.0, 0.5, 1.0, 3.0, 0.2, 0.5, -0.2, 2.0], 1e-11),
    computed("expm1 of nothing over 1", lambda x: np.expm1(x), mpmath.expm1, 0.0),
    computed("log1p", np.log1p, mpmath.log1p, 0.0),
    Clause("exprel", _special("exprel"), 0.0, 0.5, 1 / 3),
    Clause("xlogy of 0", _special("xlogy", 0.0), 2.0, 0, 0),
    Clause("entropy of a sure event", _special("entr"), 1.0, -1, -1),
    Clause("empty product", lambda x: np.prod(x[:0]) + x[0], [2.0], [1], [[0]]),
    Clause("empty sum", lambda x: np.sum(x[:0]) + x[0] ** 2, [2.0], [4], [[2]]),
    Clause("inverse of the identity", lambda x: np.linalg.inv(np.reshape(x, (2, 2)))[0, 0], [1.0, 0.0, 0.0, 1.0],
           [-1, 0, 0, 0]),
    Clause("trace", lambda x: np.trace(np.reshape(x, (2, 2))), [0.0, 0.0, 0.0, 0.0], [1, 0, 0, 1], np.zeros((4, 4))),
]  # fmt: skip
first, second = each(CLAUSES)


@first
def test_first_order_is_the_limit(clause, way):
    judge(clause, way, 1)


@second
def test_second_order_is_the_limit(clause, way):
    judge(clause, way, 2)


def test_the_oracle_knows_a_limit():
    """mpmath's differences at a removable point, against the series."""
    assert derivatives(mpmath.sincpi, 0.0) == pytest.approx((0.0, -(np.pi**2) / 3), abs=1e-20)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_symmetric_functions_of_repeated_eigenvalues_have_their_limit(mode):
    """The sum of all eigenvalues is the trace, the sum of their squares that of A'A, also where two of them meet."""
    A = np.diag([2.0, 2.0, 5.0])
    g = dt.grad(lambda a: np.sum(np.linalg.eigvalsh(a) ** 2), mode=mode)(A)
    np.testing.assert_allclose(g, 2.0 * A, rtol=1e-12, atol=1e-12)
