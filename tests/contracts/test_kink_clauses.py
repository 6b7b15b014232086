"""What a derivative is where there is none: one convention per kink, the same in every mode.

First order: `abs`, `sign` and ReLU give 0; `maximum(x, c)` at a tie follows the constant; a tie of two active operands
is shared in halves; `max`, `min` and `sort` follow NumPy's order; `norm`, `hypot`, `std` at 0 give 0. Second order:
piecewise linear gives 0; unbounded curvature gives NaN."""

import numpy as np
from clauses import Clause, each, judge, judge_value

import dualtape as dt

NAN, INF = np.nan, np.inf
Z2 = np.zeros((2, 2))
Z3 = np.zeros((3, 3))
N2 = np.full((2, 2), NAN)


def _relu_by_branch(x):
    return x if x > 0 else 0.0 * x


def _half_filled(x):
    y = np.ones_like(x)
    y[1] = x[0]
    return y


CLAUSES = [
    Clause("abs", abs, 0.0, 0, 0),
    Clause("abs of -0", abs, -0.0, 0, 0),
    Clause("np.abs", lambda x: np.abs(x).sum(), [0.0, -1.0, 1.0], [0, -1, 1], Z3),
    Clause("fabs", lambda x: np.fabs(x).sum(), [0.0, -1.0, 1.0], [0, -1, 1], Z3),
    Clause("sign", lambda x: np.sign(x).sum(), [0.0, -1.0, 1.0], [0, 0, 0], Z3),
    Clause("heaviside", lambda x: np.heaviside(x, 0.5).sum(), [0.0, -1.0, 1.0], [0, 0, 0], Z3),
    Clause("floor", lambda x: np.floor(x).sum(), [0.0, -1.0, 1.5], [0, 0, 0], Z3),
    Clause("round", lambda x: np.round(x).sum(), [0.5, -1.5, 2.0], [0, 0, 0], Z3),
    Clause("x minus its floor", lambda x: (x - np.floor(x)).sum(), [0.0, -1.0, 1.5], [1, 1, 1], Z3),
    Clause("remainder", lambda x: np.remainder(x, 1.0).sum(), [0.0, -1.0, 1.5], [1, 1, 1], Z3),
    Clause("relu", lambda x: np.maximum(x, 0).sum(), [0.0, -1.0, 1.0], [0, 0, 1], Z3),
    Clause("relu, constant first", lambda x: np.maximum(0.0, x).sum(), [0.0, -1.0, 1.0], [0, 0, 1], Z3),
    Clause("relu of an array of zeros", lambda x: np.maximum(x, np.zeros(3)).sum(), [0.0, -1.0, 1.0], [0, 0, 1], Z3),
    Clause("relu of zeros_like", lambda x: np.maximum(x, np.zeros_like(x)).sum(), [0.0, -1.0, 1.0], [0, 0, 1], Z3),
    Clause("relu of a scalar", lambda x: np.maximum(x, 0.0), 0.0, 0, 0),
    Clause("relu by a branch", _relu_by_branch, 0.0, 0, 0),
    Clause("relu by where", lambda x: np.where(x > 0, x, 0.0).sum(), [0.0, -1.0, 1.0], [0, 0, 1], Z3),
    Clause("relu squared", lambda x: (np.maximum(x, 0) ** 2).sum(), [0.0, -1.0, 1.0], [0, 0, 2], np.diag([0, 0, 2])),
    Clause("minimum with a constant", lambda x: np.minimum(x, 1.0).sum(), [1.0, 0.0, 2.0], [0, 1, 0], Z3),
    Clause("fmax with a constant", lambda x: np.fmax(x, 1.0).sum(), [1.0, 0.0, 2.0], [0, 0, 1], Z3),
    Clause("fmin with a constant", lambda x: np.fmin(x, 1.0).sum(), [1.0, 0.0, 2.0], [0, 1, 0], Z3),
    Clause("maximum of two", lambda x: np.maximum(x[0], x[1]), [1.0, 1.0], [0.5, 0.5], Z2),
    Clause("minimum of two", lambda x: np.minimum(x[:1], x[1:]).sum(), [1.0, 1.0], [0.5, 0.5], Z2),
    Clause("fmax of two", lambda x: np.fmax(x[0], x[1]), [1.0, 1.0], [0.5, 0.5], Z2),
    Clause("a tie with oneself", lambda x: np.maximum(x, x).sum(), [1.0, 2.0], [1, 1], Z2),
    Clause("a tie of squares", lambda x: np.maximum(x[0] ** 2, x[1] ** 2), [1.0, -1.0], [1, -1], np.diag([1, 1])),
    Clause("an element of ones_like", lambda x: np.minimum(x, np.ones_like(x)[0]).sum(), [1.0, 0.5], [0, 1], Z2),
    Clause("a floor", lambda x: np.maximum(x, np.floor(x)).sum(), [1.0, 2.5], [0, 1], Z2),
    Clause("the floor of a scalar", lambda x: np.maximum(np.floor(x), x), 2.0, 0, 0),
    Clause("the sign of another", lambda x: np.fmin(x[0], np.sign(x[1])), [1.0, 2.0], [0, 0], Z2),
    Clause("constants beside active elements", lambda x: np.fmax(_half_filled(x), x).sum(), [1.0, 1.0], [0.5, 0.5], Z2),
    Clause("constants of a concatenation", lambda x: np.maximum(x[:, np.newaxis], np.concatenate([x[:1], [1.0]])).sum(),
           [1.0, 1.0], [1.5, 0.5], Z2),
    Clause("a transposed constant", lambda x: np.minimum(x.T, np.round(x)).sum(), [[1.0, 0.75], [1.25, 3.0]],
           [[0, 1], [0, 0]]),
    Clause("stop_gradient", lambda x: np.maximum(x, dt.stop_gradient(x)).sum(), [1.0, 2.0], [0, 0], Z2),
    Clause("a zero that was computed", lambda x: np.maximum(x, 0 * x).sum(), [0.0, 1.0], [0.5, 1], Z2),
    Clause("a sum of steps", lambda x: np.maximum(x, np.sum(np.floor(x))).sum(), [1.0, 2.0], [0, 0], Z2),
    Clause("sums of an axis", lambda x: np.maximum(np.floor(x).sum(axis=0), x[0]).sum(), [[1.0, 2.0], [0.5, 3.0]], Z2),
    Clause("a matrix times steps", lambda x: np.maximum(x, np.eye(2) @ np.floor(x)).sum(), [1.0, 2.5], [0, 1], Z2),
    Clause("tie of infinities", lambda x: np.maximum(x[0], x[1]), [INF, INF], [0.5, 0.5], Z2),
    Clause("max", lambda x: np.max(x), [1.0, 3.0, 3.0], [0, 1, 0], Z3),
    Clause("min", lambda x: x.min(), [1.0, 1.0, 3.0], [1, 0, 0], Z3),
    Clause("max of an axis", lambda x: np.max(x, axis=0), [[1.0, 2.0], [1.0, 0.0]],
           [[[1, 0], [0, 0]], [[0, 1], [0, 0]]]),
    Clause("max reduced", lambda x: np.maximum.reduce(x), [1.0, 3.0, 3.0], [0, 1, 0], Z3),
    Clause("built-in max", lambda x: max(x[0], x[1], x[2]), [1.0, 3.0, 3.0], [0, 1, 0], Z3),
    Clause("sort", lambda x: np.sort(x), [2.0, 1.0, 2.0], [[0, 1, 0], [1, 0, 0], [0, 0, 1]], np.zeros((3, 3, 3))),
    Clause("median of equals", lambda x: np.median(x), [2.0, 2.0, 2.0], [0, 1, 0], Z3),
    Clause("ptp of equals", lambda x: np.ptp(x), [2.0, 2.0], [0, 0], Z2),
    Clause("clip", lambda x: np.clip(x, 0.0, 1.0).sum(), [0.0, 0.5, 1.0], [0, 1, 0], Z3),
    Clause("clip method", lambda x: x.clip(0.0, 1.0).sum(), [0.0, 0.5, 1.0], [0, 1, 0], Z3),
    Clause("norm", np.linalg.norm, [0.0, 0.0], [0, 0], N2),
    Clause("norm of a matrix", np.linalg.norm, [[0.0, 0.0], [0.0, 0.0]], Z2, np.full((2, 2, 2, 2), NAN)),
    Clause("norm of rows", lambda x: np.linalg.norm(x, axis=1).sum(), [[0.0, 0.0], [3.0, 4.0]], [[0, 0], [0.6, 0.8]]),
    Clause("1-norm", lambda x: np.linalg.norm(x, 1), [0.0, 2.0], [0, 1], Z2),
    Clause("inf-norm", lambda x: np.linalg.norm(x, np.inf), [2.0, -2.0], [1, 0], Z2),
    Clause("3-norm", lambda x: np.linalg.norm(x, 3), [0.0, 0.0], [0, 0]),
    Clause("norm of a difference", lambda x: np.linalg.norm(x[0] - x[1]), [[1.0, 2.0], [1.0, 2.0]], Z2),
    Clause("hypot", lambda x: np.hypot(x[0], x[1]), [0.0, 0.0], [0, 0], N2),
    Clause("hypot on an axis", lambda x: np.hypot(x[0], x[1]), [0.0, 2.0], [0, 1], [[0.5, 0], [0, 0]]),
    Clause("std", np.std, [1.0, 1.0], [0, 0], N2),
    Clause("std of rows", lambda x: np.std(x, axis=1).sum(), [[1.0, 1.0], [0.0, 2.0]], [[0, 0], [-0.5, 0.5]]),
    Clause("var", np.var, [1.0, 1.0], [0, 0], [[0.5, -0.5], [-0.5, 0.5]]),
    Clause("copysign", lambda x: np.copysign(x, -1.0).sum(), [0.0, 2.0], [0, -1], Z2),
    Clause("arctan2 on the cut", lambda x: np.arctan2(x[0], x[1]), [0.0, -1.0], [-1, 0], [[0, -1], [-1, 0]]),
    Clause("square root of a square", lambda x: np.sqrt(x * x), 0.0, NAN, NAN),
    Clause("cbrt", np.cbrt, 0.0, INF),
    Clause("arcsin at its end", np.arcsin, 1.0, INF, INF, is_open=True),
    Clause("arccosh at its end", np.arccosh, 1.0, INF, -INF, is_open=True),
    Clause("log at 0", np.log, 0.0, INF, -INF),
]  # fmt: skip
first, second = each(CLAUSES)


# What a choice has left out: in a program, which is replayed where it may be taken, such a number counts as active.
LEFT_OUT = [
    Clause("a branch", lambda x: np.maximum(x, np.where(x > 5.0, x, 1.0)).sum(), [1.0, 2.0, 0.5], [0, 1, 0]),
    Clause("an operand", lambda x: np.minimum(np.minimum(x, 3.0), x).sum(), [3.0, 2.0], [0, 1]),
]
IN_A_PROGRAM = {"a branch": [0.5, 1, 0], "an operand": [0.5, 1]}
left_out, _ = each(LEFT_OUT)


@left_out
def test_a_tie_with_what_a_choice_left_out_follows_it(clause, way):
    judge(clause._replace(J=IN_A_PROGRAM[clause.name]) if way.startswith("program") else clause, way, 1)


@first
def test_first_order_at_a_kink(clause, way):
    judge(clause, way, 1)


@second
def test_second_order_at_a_kink(clause, way):
    judge(clause, way, 2)


def test_values_at_a_kink_are_numpys_bit_for_bit():
    for clause in CLAUSES + LEFT_OUT:
        judge_value(clause)
