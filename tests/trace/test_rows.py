"""Every ArrayOp row: both directions of the rule agree with each other and with differences, and the rule can itself be
differentiated."""

import differences
import numpy as np
import pytest

from dualtape.ops import array_ops, matrix_ops
from dualtape.trace import functions

ADJOINT = 1e-12  # of <w, Jv> = <J'w, v>
_mask = np.array([[True, False, True, True], [False, True, True, False], [True, True, True, True]])


def _shapes(*shapes, **params):
    return shapes, params


# per row: operand shapes (or values) and parameters
SAMPLES = {
    "sum": [
        _shapes((3, 4)),
        _shapes((3, 4), axis=(0,), keepdims=True),
        _shapes((3, 4), axis=1, where=_mask, initial=2.0),
    ],
    "cumsum": [_shapes((3, 4), axis=0), _shapes((3, 4), axis=None)],
    "add.reduceat": [
        _shapes((5, 2), indices=np.array([0, 3, 1, 2]), axis=0),
        _shapes((2, 5), indices=np.array([1, 4]), axis=1),
    ],
    "add.at": [
        _shapes((4,), (3,), index=[0, 0, 2]),
        _shapes((3, 4), (4,), index=(np.array([0, 2]),)),
        _shapes((3,), (1,), index=_mask[:, 1]),
    ],
    "prod": [
        _shapes((3, 4)),
        _shapes((3, 4, 2), axis=(0, 2)),
        _shapes((3, 4), axis=1, where=_mask, keepdims=True, initial=3.0),
        _shapes(np.array([[1.0, 0.0, 3.0], [0.0, 2.0, 0.0]]), axis=1),
    ],
    "cumprod": [
        _shapes((3, 5), axis=1),
        _shapes((3, 2), axis=None),
        _shapes(np.array([1.0, 0.0, 2.0, 0.0, 3.0]), axis=0),
    ],
    "matmul": [
        _shapes(a, b)
        for a, b in (
            ((3,), (3,)),
            ((2, 3), (3,)),
            ((2,), (2, 3)),
            ((2, 3), (3, 2)),
            ((4, 1, 2, 3), (2, 3, 2)),
            ((3,), (2, 3, 4)),
            ((2, 3, 4), (4,)),
        )
    ],
    "dot": [_shapes((3,), (3,)), _shapes((2, 3), (3, 2)), _shapes((2, 3, 4), (2, 4, 3)), _shapes((2, 3, 4), (4,))],
    "inner": [_shapes((3,), (3,)), _shapes((2, 3), (4, 3)), _shapes((2, 2, 3), (3,))],
    "tensordot": [_shapes((2, 3, 4), (4, 2, 2), axes=((2, 0), (0, 1))), _shapes((2,), (3,), axes=((), ()))],
    "einsum": [
        _shapes((2, 3), (3, 2), subscripts="ij,jk->ki"),
        _shapes((3, 3), subscripts="ii"),
        _shapes((2, 2, 3), (3,), subscripts="iij,j->ij"),
        _shapes((3, 3, 3), subscripts="iii->i"),
        _shapes((2, 3), (2,), (4,), subscripts="ij,i,k->k"),
        _shapes((5, 1, 3), (2, 3), subscripts="...j,...j->..."),
    ],
    "vecdot": [_shapes((2, 3), (3,))],
    "matvec": [_shapes((4, 2, 3), (3,))],
    "vecmat": [_shapes((2,), (4, 2, 3))],
    "convolve": [_shapes((5,), (3,), mode=mode) for mode in ("full", "same", "valid")]
    + [_shapes((2,), (4,), mode="same")],
    "correlate": [_shapes((5,), (3,), mode=mode) for mode in ("full", "same", "valid")]
    + [_shapes((2,), (5,), mode="same")],
    "linalg.solve": [
        _shapes((3, 3), (3,)),
        _shapes((3, 3), (3, 2)),
        _shapes((2, 3, 3), (3,)),
        _shapes((2, 1, 3, 3), (4, 3, 2)),
    ],
    "linalg.inv": [_shapes((3, 3)), _shapes((2, 2, 2))],
    "linalg.det": [
        _shapes((3, 3)),
        _shapes((2, 3, 3)),
        _shapes((1, 1)),
        _shapes(np.array([[1.0, 2.0, 3.0], [2.0, 4.0, 6.0], [1.0, 0.0, 1.0]])),
        _shapes(np.outer([1.0, 2.0, 3.0, 1.0], [1.0, 0.0, 2.0, -1.0])),
        _shapes(np.zeros((2, 2))),
        _shapes(np.stack([np.eye(2), np.ones((2, 2))])),
    ],
    "linalg.slogdet": [_shapes((3, 3)), _shapes((2, 3, 3))],
    "linalg.cholesky": [_shapes((3, 3)), _shapes((2, 2, 2)), _shapes((3, 3), upper=True)],
}
ROWS = {row.name: row for row in (*array_ops.ROWS, *matrix_ops.ROWS) if row.primal is not None}
SAMPLED = [
    pytest.param(ROWS[name], *sample, id=f"{name}-{k}") for name in ROWS for k, sample in enumerate(SAMPLES[name])
]


def _drawn(row, operands, rng):
    xs = [rng.uniform(-1.0, 1.0, x) if isinstance(x, tuple) else x for x in operands]
    if row.name == "linalg.cholesky":
        xs = [x @ np.swapaxes(x, -1, -2) + 2.0 * np.eye(x.shape[-1]) for x in xs]
    return xs


def _directions(xs, rng):
    return [rng.standard_normal(x.shape) for x in xs]


def _inner(a, b):
    return sum(float(np.sum(x * y)) for x, y in zip(a, b, strict=True))


def test_every_row_is_sampled():
    assert set(SAMPLES) >= set(ROWS)


@pytest.mark.parametrize(("row", "operands", "params"), SAMPLED)
def test_pullback_is_the_transpose_of_the_pushforward(row, operands, params):
    rng = np.random.default_rng(1)
    xs = _drawn(row, operands, rng)
    v = row.primal(*xs, **params)
    x_dots, w = _directions(xs, rng), rng.standard_normal(np.shape(v))
    for chosen in {(True,) * len(xs), *(tuple(i == j for i in range(len(xs))) for j in range(len(xs)))}:
        v_dot = row.jvp([d if c else None for d, c in zip(x_dots, chosen, strict=True)], xs, v, **params)
        x_bars = row.vjp(w, xs, v, chosen, **params)
        assert [bar is None for bar in x_bars] == [not c for c in chosen]
        assert np.shape(v_dot) == np.shape(v)
        pairs = [(bar, d) for bar, d, c in zip(x_bars, x_dots, chosen, strict=True) if c]
        assert all(np.shape(bar) == np.shape(d) for bar, d in pairs)
        assert float(np.sum(w * v_dot)) == pytest.approx(_inner(*zip(*pairs, strict=True)), rel=ADJOINT, abs=ADJOINT)


@pytest.mark.parametrize(("row", "operands", "params"), SAMPLED)
def test_pushforward_is_the_derivative_of_the_primal(row, operands, params):
    rng = np.random.default_rng(2)
    xs = _drawn(row, operands, rng)
    x_dots = _directions(xs, rng)
    v_dot = row.jvp(x_dots, xs, row.primal(*xs, **params), **params)

    def along(t):
        return row.primal(*(x + t[0] * d for x, d in zip(xs, x_dots, strict=True)), **params)

    expected = differences.jacobian(along, np.zeros(1))[..., 0]
    np.testing.assert_allclose(v_dot, expected, rtol=differences.RICHARDSON, atol=differences.RICHARDSON)


@pytest.mark.parametrize(("row", "operands", "params"), SAMPLED)
def test_both_directions_of_a_rule_can_be_differentiated(row, operands, params, jacobian):
    """Second order, as the engines take it: the rule runs on active numbers."""
    rng = np.random.default_rng(3)
    xs = _drawn(row, operands, rng)
    x_dots, moves = _directions(xs, rng), _directions(xs, rng)
    w = rng.standard_normal(np.shape(row.primal(*xs, **params)))

    def rule(t):
        ys = [x + t[0] * d for x, d in zip(xs, moves, strict=True)]
        v = functions.apply(row, *ys, **params)
        pushed = row.jvp(x_dots, ys, v, **params)
        pulled = row.vjp(w, ys, v, (True,) * len(ys), **params)
        return np.concatenate([np.ravel(part) for part in (pushed, *pulled)])

    expected = differences.jacobian(rule, np.zeros(1))
    value, derivative = jacobian(rule, np.zeros(1))
    np.testing.assert_allclose(value, rule(np.zeros(1)), rtol=ADJOINT)
    np.testing.assert_allclose(derivative, expected, rtol=differences.RICHARDSON, atol=differences.RICHARDSON)
