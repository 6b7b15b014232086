"""Native array operations: C runs them in a sweep. Values are NumPy's bit for bit; derivatives are those of the Python
rules, which the complex step carries to second order."""

import numpy as np
import pytest

import dualtape
from dualtape.core.calls import native_calls
from dualtape.ops import array_ops
from dualtape.trace.functions import apply
from dualtape.trace.record import record_flat

ROUNDING = 1e-12  # of sums of a few hundred products
STEP = 1e-30

PRODUCTS = {row.name: row for row in (array_ops.MATMUL, array_ops.DOT, array_ops.INNER)}
PRODUCTS |= {row.name: row for row in (array_ops.VECDOT, array_ops.MATVEC, array_ops.VECMAT) if row.primal is not None}

# row, shapes of the operands; "T" after a shape means a transposed view, "[]" every second element of the last axis
SHAPES = [
    ("matmul", (3, 3), (3,)),
    ("matmul", (3,), (3, 4)),
    ("matmul", (5,), (5,)),
    ("matmul", (1, 1), (1, 1)),
    ("matmul", (4, 1), (1, 5)),
    ("matmul", (1, 4), (4, 1)),
    ("matmul", (2, 3), (3, 4)),
    ("matmul", (17, 23), (23, 19)),
    ("matmul", (40, 50), (50,)),
    ("matmul", (50,), (50, 40)),
    ("matmul", (6, 2, 3), (3, 4)),
    ("matmul", (2, 3), (5, 3, 4)),
    ("matmul", (2, 1, 4, 3), (3, 3, 2)),
    ("matmul", (7, 4, 4), (4,)),
    ("matmul", (4,), (7, 4, 4)),
    ("matmul", (1, 40, 30), (6, 30, 20)),
    ("dot", (4,), (4,)),
    ("dot", (3, 4), (4,)),
    ("dot", (4,), (4, 3)),
    ("dot", (31, 12), (12, 17)),
    ("inner", (5,), (5,)),
    ("inner", (3, 4), (6, 4)),
    ("inner", (3, 4), (4,)),
    ("vecdot", (3, 5), (5,)),
    ("vecdot", (5,), (2, 3, 5)),
    ("matvec", (6, 3, 4), (4,)),
    ("matvec", (30, 40), (40,)),
    ("vecmat", (4,), (6, 4, 3)),
    ("vecmat", (2, 4), (4, 3)),
]
SHAPES = [case for case in SHAPES if case[0] in PRODUCTS]
SAME = {"C": lambda x: x, "transposed": lambda x: np.swapaxes(x, -1, -2).copy().swapaxes(-1, -2) if x.ndim > 1 else x}


def operands(case, layout="C", seed=0):
    rng = np.random.default_rng([seed, *map(ord, case[0])])
    return [SAME[layout](rng.normal(size=shape)) for shape in case[1:]]


def recorded(row, xs, active=(True, True), **params):
    """The operation on its operands as recorded, the inactive ones constant."""
    moving = [x for x, moves in zip(xs, active, strict=True) if moves]

    def f(*tracers):
        rest = iter(tracers)
        return [apply(row, *[next(rest) if moves else x for x, moves in zip(xs, active, strict=True)], **params)]

    recording = record_flat(f, moving)
    assert native_calls(recording.tape) == [True]
    return recording


def split(flat, xs, active):
    """Parts of (n, p) or (n,) numbers for each operand, None for the constant ones."""
    parts, start = [], 0
    for x, moves in zip(xs, active, strict=True):
        parts.append(flat[start : start + x.size].reshape(x.shape + flat.shape[1:]) if moves else None)
        start += x.size if moves else 0
    return parts


def joined(parts, p):
    return np.concatenate([np.reshape(part, (-1, p)) for part in parts if part is not None])


def jvp_of_rule(row, xs, S, active, **params):
    v = row.primal(*xs, **params)
    lanes = [row.jvp(tuple(split(s, xs, active)), tuple(xs), v, **params) for s in S.T]
    return np.stack([np.ravel(lane) for lane in lanes], axis=1)


def vjp_of_rule(row, xs, w, active, **params):
    v = row.primal(*xs, **params)
    return joined(row.vjp(np.reshape(w, np.shape(v))[()], tuple(xs), v, active, **params), 1)[:, 0]


def second_of_rule(row, xs, w, s, active, **params):
    """The rule pulled through the complex step."""
    moved = [x if part is None else x + 1j * STEP * part for x, part in zip(xs, split(s, xs, active), strict=True)]
    return np.imag(vjp_of_rule(row, moved, w, active, **params)) / STEP


def assert_close(found, expected):
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, rtol=0.0, atol=ROUNDING * (1.0 + np.max(np.abs(expected), initial=0.0)))


ACTIVE = [(True, True), (True, False), (False, True)]


@pytest.mark.parametrize("active", ACTIVE)
@pytest.mark.parametrize("layout", SAME)
@pytest.mark.parametrize("case", SHAPES, ids=str)
def test_derivatives_of_products_are_those_of_the_rules(case, layout, active, rng):
    row, xs = PRODUCTS[case[0]], operands(case, layout)
    recording = recorded(row, xs, active)
    for p in (1, 3):
        S, W = rng.normal(size=(recording.n, p)), rng.normal(size=(recording.m, p))
        assert_close(recording.jvp(S), jvp_of_rule(row, xs, S, active))
        assert_close(recording.vjp(W), np.stack([vjp_of_rule(row, xs, w, active) for w in W.T], axis=1))
        second = [second_of_rule(row, xs, W[:, 0], s, active) for s in S.T]
        assert_close(recording.second(W[:, 0], S), np.stack(second, axis=1))


@pytest.mark.parametrize("step", [1, 2, -1])
@pytest.mark.parametrize("case", SHAPES, ids=str)
def test_replayed_products_are_numpys_bit_for_bit(case, step):
    row = PRODUCTS[case[0]]

    def f(a, b):
        return row.primal(a[..., ::step], b[..., ::step])

    def point(seed):
        return [np.repeat(x, abs(step), axis=-1) for x in operands(case, seed=seed)]

    program = dualtape.record(f, *point(1))
    for seed in range(3):
        xs = point(seed)
        assert np.array_equal(program(*xs), f(*xs))


def test_a_transposed_factor_keeps_numpys_bits(rng):
    for f in (lambda x: x @ x.T, lambda x: x.T @ x, lambda x: np.dot(x, x.T), lambda x: np.inner(x, x)):
        x = rng.normal(size=(19, 31))
        program = dualtape.record(f, x)
        x = rng.normal(size=(19, 31))
        assert np.array_equal(program(x), f(x))


def test_a_factor_may_meet_itself(rng):
    x, S = rng.normal(size=(4, 4)), rng.normal(size=(16, 2))
    recording = record_flat(lambda a: [a @ a @ a[0]], [x])

    def f(x):
        return x @ x @ x[0]

    expected = np.stack([np.imag(f(x + 1j * STEP * s.reshape(4, 4))) / STEP for s in S.T], axis=1)
    assert_close(recording.jvp(S), expected)
    W = rng.normal(size=(4, 3))
    np.testing.assert_allclose(np.sum(recording.vjp(W)[:, :2] * S, axis=0), np.sum(W[:, :2] * expected, axis=0))
    H = recording.second(W[:, 0], np.eye(16))
    assert_close(H, H.T)


def test_lanes_without_connection_are_skipped(rng):
    """An infinite factor meets no zero of a lane that nothing was connected to."""
    a, b = np.full((3, 3), np.inf), rng.uniform(1.0, 2.0, size=(3, 2))
    with np.errstate(invalid="ignore"):  # BLAS fills its blocks up with zeros
        recording = recorded(array_ops.MATMUL, [a, b], (False, True))
    S, W = np.zeros((6, 2)), np.zeros((6, 3))
    S[:, 1], W[:, 2] = 1.0, 1.0
    assert np.array_equal(recording.jvp(S)[:, 0], np.zeros(6)) and np.all(np.isinf(recording.jvp(S)[:, 1]))
    assert np.array_equal(recording.vjp(W)[:, :2], np.zeros((6, 2))) and np.all(np.isinf(recording.vjp(W)[:, 2]))


@pytest.mark.parametrize("shapes", [((0, 3), (3,)), ((2, 0), (0, 3)), ((0, 2, 3), (3, 2))])
def test_empty_operands_are_left_to_numpy(shapes, rng):
    xs = [rng.normal(size=shape) for shape in shapes]
    program = dualtape.record(np.matmul, *xs)
    assert np.array_equal(program(*xs), np.matmul(*xs))


def test_strange_layouts_of_dot_are_left_to_numpy(rng):
    """np.dot copies what BLAS cannot read, so that its sums may differ from those of np.matmul."""
    x = rng.normal(size=(6, 10))
    program = dualtape.record(lambda x: np.dot(x[:, ::2], x[0, ::-2]), x)
    x = rng.normal(size=(6, 10))
    assert np.array_equal(program(x), np.dot(x[:, ::2], x[0, ::-2]))


def test_a_constant_factor_changed_later_does_not_count(rng):
    a = rng.normal(size=(3, 3))
    program = dualtape.record(lambda x: a @ x, np.ones(3), constants="frozen")
    expected = a @ np.ones(3)
    a[...] = 0.0
    assert np.array_equal(program(np.ones(3)), expected)
