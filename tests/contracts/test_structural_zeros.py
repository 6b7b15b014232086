"""What is not connected contributes nothing, and what was computed is not thrown away.

A branch that is not taken (`where`, `select`, masks, `maximum`, an index that leaves an element out) has a derivative
of exactly 0, whatever is infinite inside it. A zero that was computed is no such thing: `sqrt(x)*sqrt(x)` at 0 is NaN,
for 0 would be finite and wrong."""

import numpy as np
from clauses import Clause, each, judge

import dualtape as dt

NAN, INF = np.nan, np.inf


def _written(x):
    y = np.zeros_like(x)
    y[x > 0.0] = np.sqrt(x)[x > 0.0]
    return y


def _overwritten(x):
    y = np.sqrt(x)
    y[0] = 1.0
    return np.sum(y)


def _stored(x):
    y = np.sqrt(x)
    y[x <= 0.0] = 0.0
    return np.sum(y)


def _put(x):
    y = np.log(x)
    np.putmask(y, x <= 0.0, 0.0)
    return np.sum(y)


CLAUSES = [
    Clause("where sqrt", lambda x: np.where(x > 0, np.sqrt(x), 0.0), 0.0, 0.0, 0.0),
    Clause("where log", lambda x: np.where(x > 0, np.log(x), x).sum(), [0.0, 2.0], [1, 0.5], np.diag([0, -0.25])),
    Clause("where of an array", lambda x: np.where(x > 0, np.sqrt(x), 0.0), [0.0, 4.0], np.diag([0, 0.25])),
    Clause("where x log x", lambda x: np.where(x > 0, x * np.log(x), 0.0).sum(), [0.0, 1.0], [0, 1], np.diag([0, 1])),
    Clause("where a quotient", lambda x: np.where(x != 0, 1 / x, 0.0).sum(), [0.0, 1.0], [0, -1], np.diag([0, 2])),
    Clause("where a norm", lambda x: np.where(x[0] > 0, np.linalg.norm(x), 0.0), [0.0, 0.0], [0, 0], np.zeros((2, 2))),
    Clause("where in where", lambda x: np.where(x > 0, np.where(x > 1, np.sqrt(x - 1), x), 0.0).sum(),
           [1.0, 0.0, 2.0], [1, 0, 0.5], np.diag([0, 0, -0.25])),
    Clause("where arcsin", lambda x: np.where(np.abs(x) < 1, np.arcsin(x), 1.0).sum(), [1.0, -1.0], [0, 0],
           np.zeros((2, 2))),
    Clause("select", lambda x: np.select([x > 0, x < 0], [np.sqrt(x), np.log(-x)], 0.0).sum(), [0.0, 1.0, -1.0],
           [0, 0.5, -1], np.diag([0, -0.25, -1])),
    Clause("choose", lambda x: np.choose([0, 1], [np.sqrt(x), x * x]).sum(), [4.0, 0.0], [0.25, 0],
           np.diag([-1 / 32, 2])),
    Clause("piecewise", lambda x: np.piecewise(x, [x > 0.0], [np.sqrt, lambda z: 0.0 * z]).sum(), [0.0, 4.0], [0, 0.25],
           np.diag([0, -1 / 32])),
    Clause("a Boolean mask reads", lambda x: np.sum(np.sqrt(x)[x > 0]), [0.0, 4.0], [0, 0.25], np.diag([0, -1 / 32])),
    Clause("a Boolean mask writes", lambda x: np.sum(_written(x)), [0.0, 4.0], [0, 0.25], np.diag([0, -1 / 32])),
    Clause("an index leaves out", lambda x: np.sqrt(x)[1], [0.0, 4.0], [0, 0.25], np.diag([0, -1 / 32])),
    Clause("a slice leaves out", lambda x: np.sum(np.sqrt(x)[1:]), [0.0, 4.0], [0, 0.25], np.diag([0, -1 / 32])),
    Clause("take leaves out", lambda x: np.sum(np.take(np.sqrt(x), [1, 1])), [0.0, 4.0], [0, 0.5],
           np.diag([0, -1 / 16])),
    Clause("an element is overwritten", _overwritten, [0.0, 4.0], [0, 0.25], np.diag([0, -1 / 32])),
    Clause("a mask is overwritten", _stored, [0.0, 4.0], [0, 0.25], np.diag([0, -1 / 32])),
    Clause("putmask", _put, [0.0, 4.0], [0, 0.25], np.diag([0, -1 / 16])),
    Clause("maximum", lambda x: np.maximum(np.sqrt(x), 2.0).sum(), [0.0, 1.0, 9.0], [0, 0, 1 / 6],
           np.diag([0, 0, -1 / 108])),
    Clause("minimum", lambda x: np.minimum(1.0 / x, 2.0).sum(), [0.0, 0.25, 1.0], [0, 0, -1], np.diag([0, 0, 2])),
    Clause("fmax", lambda x: np.fmax(np.log(x), 0.0).sum(), [0.0, 0.5, 2.0], [0, 0, 0.5], np.diag([0, 0, -0.25])),
    Clause("clip", lambda x: np.clip(np.log(x), -1.0, 1.0).sum(), [0.0, 1.0], [0, 1], np.diag([0, -1])),
    Clause("max", lambda x: np.max(np.sqrt(x)), [0.0, 4.0], [0, 0.25], np.diag([0, -1 / 32])),
    Clause("min", lambda x: np.min(1.0 / x), [0.0, 1.0], [0, -1], np.diag([0, 2])),
    Clause("sort", lambda x: np.sort(np.sqrt(x))[1], [4.0, 0.0], [0.25, 0], np.diag([-1 / 32, 0])),
    Clause("median", lambda x: np.median(np.sqrt(x)), [0.0, 1.0, 9.0], [0, 0.5, 0], np.diag([0, -0.25, 0])),
    Clause("sum where", lambda x: np.sum(1.0 / x, where=x > 0.0), [0.0, 1.0], [0, -1], np.diag([0, 2])),
    Clause("mean where", lambda x: np.mean(np.log(x), where=[False, True]), [0.0, 2.0], [0, 0.5], np.diag([0, -0.25])),
    Clause("prod where", lambda x: np.prod(1.0 / x, where=x > 0.0), [0.0, 1.0], [0, -1], np.diag([0, 2])),
    Clause("nansum", lambda x: np.nansum(np.where(x > 0, np.log(x), NAN)), [0.0, 2.0], [0, 0.5], np.diag([0, -0.25])),
    Clause("nanmax", lambda x: np.nanmax(np.log(x - 1.0)), [1.0, 2.0, 0.0], [0, 1, 0], np.diag([0, -1, 0])),
    Clause("nan_to_num", lambda x: np.nan_to_num(np.where(x > 0, np.sqrt(x), NAN)).sum(), [0.0, 4.0], [0, 0.25],
           np.diag([0, -1 / 32])),
    Clause("copysign of a root", lambda x: np.copysign(1.0, np.sqrt(x)).sum(), [0.0, 4.0], [0, 0], np.zeros((2, 2))),
    Clause("heaviside", lambda x: (np.heaviside(x, 0.5) * 2.0).sum(), [0.0, 4.0], [0, 0], np.zeros((2, 2))),
    Clause("diagonal", lambda x: np.trace(np.sqrt(np.outer(x, [1.0, 1.0]) + np.diag([1.0, 0.0]))), [0.0, 4.0],
           [0.5, 0.25], np.diag([-0.25, -1 / 32])),
    Clause("triu", lambda x: np.sum(np.triu(np.sqrt(np.stack([x, x])))[1]), [0.0, 4.0], [0, 0.25],
           np.diag([0, -1 / 32])),
    Clause("sqrt times sqrt", lambda x: np.sqrt(x) * np.sqrt(x), 0.0, NAN, NAN),
    Clause("sqrt times a computed zero", lambda x: np.sqrt(x) * (x - x), 0.0, NAN, NAN),
    Clause("a coefficient that is zero", lambda x: np.array([[1.0, 0.0], [0.0, 2.0]]) @ np.sqrt(x), [4.0, 0.0],
           [[0.25, NAN], [0, INF]]),
    Clause("sqrt squared", lambda x: np.sqrt(x) ** 2, 0.0, NAN, NAN),
    Clause("sqrt", np.sqrt, 0.0, INF, -INF),
    Clause("log of a square", lambda x: np.log(x * x), 0.0, NAN, NAN),
    Clause("an output that does not depend", lambda x: np.stack([x[0] * 0.0 + 3.0, x[1] ** 0]), [NAN, INF],
           [[0, 0], [0, 0]], np.zeros((2, 2, 2))),
]  # fmt: skip
first, second = each(CLAUSES)


@first
def test_first_order_of_what_is_not_connected(clause, way):
    judge(clause, way, 1)


@second
def test_second_order_of_what_is_not_connected(clause, way):
    judge(clause, way, 2)


def test_an_output_that_does_not_depend_on_the_input_has_exact_zeros():
    for mode in ("forward", "reverse"):
        J = dt.jacobian(lambda x: np.stack([x[0], np.sqrt(3.0) * np.ones(2)[1]]), mode=mode)(np.array([NAN, INF]))
        assert J[1].tolist() == [0.0, 0.0]
        assert not np.signbit(J[1]).any()
