"""Shapes: the Jacobian has `out.shape + in.shape`, the Hessian `out.shape + in.shape + in.shape` and is exactly
symmetric; NumPy's broadcasting is pulled back to where an operand came from; duplicates add up."""

import numpy as np
import pytest
import ways
from clauses import Clause, each, judge

import dualtape as dt

A = np.array([[1.0, -2.0, 0.5], [3.0, 0.25, -1.0]])
I3, I6 = np.eye(3), np.eye(6).reshape(2, 3, 2, 3)
V = np.array([1.0, 2.0, 3.0])


def _at(x):
    y = np.zeros_like(x)
    np.add.at(y, [0, 0, 2], x * x)
    return y


def _last_wins(x):
    y = x * 1.0
    y[[0, 0, 1]] = x * x
    return y


def _added_once(x):
    y = x * 1.0
    y[[0, 0]] += x[2]
    return y


CLAUSES = [
    Clause("column against row", lambda x: (x[:, None] * x).sum(axis=0), V, np.diag([6.0] * 3) + V[:, None]),
    Clause("(n, 1) minus (n,) is (n, n)", lambda x: (x.reshape(3, 1) - x).sum(axis=1), V, 3.0 * I3 - 1.0),
    Clause("mean of (n, 1) minus (n,) squared", lambda x: np.mean((x.reshape(3, 1) - V) ** 2), V,
           2.0 / 9.0 * (3.0 * V - V.sum()), np.diag([2.0 / 3.0] * 3)),
    Clause("a row spread over a matrix", lambda x: A * x, V, np.einsum("ij,jk->ijk", A, I3)),
    Clause("a scalar spread over a matrix", lambda x: A * x, 2.0, A, np.zeros((2, 3))),
    Clause("a scalar element spread", lambda x: (A * x[1]).sum(), V, [0, A.sum(), 0], np.zeros((3, 3))),
    Clause("an axis of length 1", lambda x: (x.reshape(1, 3) * A.T.reshape(3, 2, 1)).sum(), V, [A.sum()] * 3),
    Clause("broadcast_to", lambda x: np.broadcast_to(x, (4, 3)).sum(axis=0) ** 2, V, np.diag(32.0 * V)),
    Clause("duplicate indices", lambda x: (x[[0, 0, 2]] ** 2).sum(), V, [4, 0, 6], np.diag([4.0, 0, 2])),
    Clause("duplicate pairs", lambda x: x[[0, 0, 1], [1, 1, 2]].sum(), A, [[0, 2, 0], [0, 0, 1]]),
    Clause("take twice", lambda x: np.take(x, [1, 1]).sum(), V, [0, 2, 0], np.zeros((3, 3))),
    Clause("repeat", lambda x: (np.repeat(x, 2) ** 2).sum(), V, 4.0 * V, 4.0 * I3),
    Clause("tile", lambda x: (np.tile(x, (2, 2)) ** 2).sum(), V, 8.0 * V, 8.0 * I3),
    Clause("add.at", _at, V, [[2, 4, 0], [0, 0, 0], [0, 0, 6]]),
    Clause("the last of duplicates wins", _last_wins, V, [[0, 4, 0], [0, 0, 6], [0, 0, 1]]),
    Clause("duplicates add once", _added_once, V, [[1, 0, 1], [0, 1, 0], [0, 0, 1]]),
    Clause("negative strides", lambda x: (x[::-1] * x).sum(), V, 2.0 * V[::-1], 2.0 * np.eye(3)[::-1]),
    Clause("transposed", lambda x: x.T, A, np.einsum("ijkl->jikl", I6)),
    Clause("0-d array", lambda x: np.reshape(x, ()) ** 2, [3.0], [6.0], [[2.0]]),
    Clause("array of one", lambda x: np.reshape(x, (1,)) ** 2, 3.0, [6.0], [2.0]),
    Clause("outer", lambda x: np.outer(x, x), V, np.einsum("ik,j->ijk", I3, V) + np.einsum("jk,i->ijk", I3, V),
           np.einsum("ik,jl->ijkl", I3, I3) + np.einsum("il,jk->ijkl", I3, I3)),
    Clause("a matrix times itself", lambda x: x @ x.T, A,
           np.einsum("ia,bj->ijab", np.eye(2), A.T) .transpose(0, 1, 2, 3) + np.einsum("ib,ja->ijab", A, np.eye(2))),
]  # fmt: skip
first, second = each(CLAUSES)


@first
def test_jacobians_have_the_shape_of_out_and_in(clause, way):
    judge(clause, way, 1)


@second
def test_hessians_have_the_shape_of_out_in_and_in(clause, way):
    judge(clause, way, 2)


@pytest.mark.parametrize("way", sorted(set(ways.SECOND) - ways.NESTED - {"hvp", "program hvp"}))
def test_hessians_are_exactly_symmetric(way, rng):
    def f(x):
        y = np.sin(np.outer(x, x)) @ np.exp(x)
        return np.stack([np.prod(x) * y[0], np.linalg.norm(y), np.sum(y / (1.0 + x * x))])

    H = ways.SECOND[way](f, rng.normal(size=7))
    np.testing.assert_array_equal(H, np.swapaxes(H, 1, 2))


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_errors_of_shapes_are_numpys_own(mode):
    for f in (
        lambda x: x + np.ones(2),
        lambda x: x @ np.ones(2),
        lambda x: x.reshape(2, 2),
        lambda x: x[5],
        lambda x: x[[0, 7]],
        lambda x: np.concatenate([x, np.ones((2, 2))]),
    ):
        with pytest.raises(Exception) as expected:
            f(V)
        with pytest.raises(type(expected.value)):
            dt.jacobian(f, mode=mode)(V)
