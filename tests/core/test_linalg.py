"""Native array operations: C runs them in a sweep. Values are NumPy's bit for bit; derivatives are those of the Python
rules, which the complex step carries to second order."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import dualtape
from dualtape.core.calls import native_calls
from dualtape.ops import array_ops, matrix_ops
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
    """The rule pulled through the complex step, or through differences where it conjugates."""

    def pulled(h):
        moved = [x if part is None else x + h * part for x, part in zip(xs, split(s, xs, active), strict=True)]
        return vjp_of_rule(row, moved, w, active, **params)

    if row.name == "linalg.cholesky":
        return (pulled(1e-5) - pulled(-1e-5)) / 2e-5
    return np.imag(pulled(1j * STEP)) / STEP


def assert_close(found, expected, tolerance=ROUNDING):
    assert found.shape == expected.shape
    largest = np.max(np.abs(expected), initial=1.0)
    np.testing.assert_allclose(found, expected, rtol=0.0, atol=tolerance * largest)


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


@pytest.mark.parametrize("case", SHAPES, ids=str)
def test_products_recorded_in_the_short_way_are_those_of_numpy(case, rng):
    """Small matrices and vectors of one tape do not meet the handlers."""
    a, b = operands(case)
    for f, x in ((lambda x: x @ b, a), (lambda x: a @ x, b), (lambda x: x.T @ x, b)):
        try:
            expected = f(x)
        except ValueError:
            with pytest.raises(ValueError, match="matmul|broadcast"):
                record_flat(lambda x, f=f: [f(x)], [x])
        else:
            recording = record_flat(lambda x, f=f: [f(x)], [x])
            assert np.array_equal(recording.value[0], expected)
            v, w = rng.normal(size=(x.size, 1)), rng.normal(size=(np.size(expected), 1))
            np.testing.assert_allclose(np.sum(w * recording.jvp(v)), np.sum(recording.vjp(w) * v), rtol=1e-9)


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


TENSORDOT = [
    ((3, 4), (4, 5), ((1,), (0,))),
    ((2, 3, 4, 5), (4, 5, 6), ((2, 3), (0, 1))),
    ((4, 3), (4, 5, 2), ((0,), (0,))),
    ((2, 3, 4), (6, 4), ((2,), (1,))),
    ((3, 2, 4), (5, 4, 3), ((0, 2), (2, 1))),
]


@pytest.mark.parametrize("case", TENSORDOT, ids=str)
def test_tensordot_is_one_product_where_nothing_is_copied(case, rng):
    *shapes, axes = case
    is_native = axes != ((0, 2), (2, 1))

    def f(a, b):
        return np.tensordot(a, b, axes)

    xs = [rng.normal(size=shape) for shape in shapes]
    recording = record_flat(lambda *tracers: [f(*tracers)], xs)
    assert native_calls(recording.tape) == [is_native]
    active, W = (True, True), rng.normal(size=(recording.m, 2))
    pulled = [vjp_of_rule(array_ops.TENSORDOT, xs, w, active, axes=axes) for w in W.T]
    assert_close(recording.vjp(W), np.stack(pulled, axis=1))
    S = rng.normal(size=(recording.n, 2))
    assert_close(recording.jvp(S), jvp_of_rule(array_ops.TENSORDOT, xs, S, active, axes=axes))
    program = dualtape.record(f, *xs)
    xs = [rng.normal(size=shape) for shape in shapes]
    assert np.array_equal(program(*xs), f(*xs))


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


# Functions of matrices.

FUNCTIONS = [
    (matrix_ops.SOLVE, (3, 3), (3,)),
    (matrix_ops.SOLVE, (1, 1), (1,)),
    (matrix_ops.SOLVE, (4, 4), (4, 2)),
    (matrix_ops.SOLVE, (5, 3, 3), (3, 2)),
    (matrix_ops.SOLVE, (3, 3), (2, 5, 3, 1)),
    (matrix_ops.SOLVE, (20, 20), (20,)),
    (matrix_ops.INV, (1, 1)),
    (matrix_ops.INV, (4, 4)),
    (matrix_ops.INV, (2, 3, 3, 3)),
    (matrix_ops.INV, (20, 20)),
    (matrix_ops.DET, (1, 1)),
    (matrix_ops.DET, (3, 3)),
    (matrix_ops.DET, (2, 4, 4)),
    (matrix_ops.LOGDET, (4, 4)),
    (matrix_ops.LOGDET, (3, 2, 2)),
    (matrix_ops.CHOLESKY, (1, 1)),
    (matrix_ops.CHOLESKY, (4, 4)),
    (matrix_ops.CHOLESKY, (2, 3, 3)),
    (matrix_ops.CHOLESKY, (70, 70)),
]
NUMPY = {"linalg.slogdet": lambda a: np.linalg.slogdet(a)[1]}
BAD = {"linalg.solve": np.ones((3, 3)), "linalg.inv": np.ones((3, 3)), "linalg.cholesky": -np.eye(3)}


def factors(case, layout="C", seed=0):
    """Well-conditioned operands; that of `cholesky` is positive definite."""
    row, shape, *rest = case
    rng = np.random.default_rng([seed, *map(ord, row.name)])
    a = rng.normal(size=shape) / shape[-1] + np.eye(shape[-1])
    if row.name == "linalg.cholesky":
        a = a @ np.swapaxes(a, -1, -2) + np.eye(shape[-1])
    return [SAME[layout](x) for x in (a, *[rng.normal(size=shape) for shape in rest])]


@pytest.mark.parametrize("p", [1, 3])
@pytest.mark.parametrize("layout", SAME)
@pytest.mark.parametrize("case", FUNCTIONS, ids=str)
def test_derivatives_of_functions_are_those_of_the_rules(case, layout, p, rng):
    row, xs = case[0], factors(case, layout)
    for active in ACTIVE if len(xs) == 2 else [(True,)]:
        for params in [{}, {"upper": True}] if row is matrix_ops.CHOLESKY else [{}]:
            recording = recorded(row, xs, active, **params)
            S, W = rng.normal(size=(recording.n, p)), rng.normal(size=(recording.m, p))
            assert_close(recording.jvp(S), jvp_of_rule(row, xs, S, active, **params))
            pulled = [vjp_of_rule(row, xs, w, active, **params) for w in W.T]
            assert_close(recording.vjp(W), np.stack(pulled, axis=1))
            second = np.stack([second_of_rule(row, xs, W[:, 0], s, active, **params) for s in S.T], axis=1)
            assert_close(recording.second(W[:, 0], S), second, 1e-8 if row is matrix_ops.CHOLESKY else 1e-11)


@pytest.mark.parametrize("case", FUNCTIONS, ids=str)
def test_lanes_that_do_not_move_stay_zero(case, rng):
    row, xs = case[0], factors(case)
    recording = recorded(row, xs, (True,) * len(xs))
    S, w = rng.normal(size=(recording.n, 4)), rng.normal(size=recording.m)
    S[:, 1] = 0.0
    S[xs[0].size :, 2] = S[: xs[0].size, 3] = 0.0
    for sweep in (recording.jvp, lambda S: recording.second(w, S)):
        found = sweep(S)
        for k in range(4):
            assert_close(found[:, k : k + 1], sweep(S[:, k : k + 1]))
        assert np.all(found[:, 1] == 0.0)


@pytest.mark.parametrize("layout", SAME)
@pytest.mark.parametrize("case", FUNCTIONS, ids=str)
def test_replayed_functions_are_numpys_bit_for_bit(case, layout):
    f = NUMPY.get(case[0].name, case[0].primal)
    program = dualtape.record(f, *factors(case, layout, 1))
    for seed in range(3):
        xs = factors(case, layout, seed)
        assert np.array_equal(program(*xs), f(*xs))


@pytest.mark.parametrize("name", BAD)
def test_a_replay_at_a_bad_matrix_says_so(name):
    f = getattr(np.linalg, name.removeprefix("linalg."))
    extra = (np.ones(3),) if name == "linalg.solve" else ()
    program = dualtape.record(lambda a: f(a, *extra).sum(), np.eye(3))
    for call in (program, program.grad, program.hessian):
        with pytest.raises(np.linalg.LinAlgError):  # of f, which runs again
            call(BAD[name])
    strict = dualtape.record(lambda a: f(a, *extra).sum(), np.eye(3), on_guard="raise")
    for call in (strict, strict.grad, strict.hessian):
        with pytest.raises(np.linalg.LinAlgError, match=name):
            call(BAD[name])
    assert program(np.eye(3)) == f(np.eye(3), *extra).sum()
    with pytest.raises(np.linalg.LinAlgError):
        dualtape.record(lambda a: f(a[1], *extra), np.stack([np.eye(3)] * 2))(np.stack([np.eye(3), BAD[name]]))


@pytest.mark.parametrize("a", [np.ones((3, 3)), np.diag([1.0, 0.0, 2.0]), np.diag([1.0, 1e-12, 1.0])], ids=str)
def test_determinants_stay_exact_where_a_matrix_is_nearly_singular(a):
    program = dualtape.record(np.linalg.det, np.eye(3))
    assert np.array_equal(program.grad(a), dualtape.grad(np.linalg.det)(a))
    np.testing.assert_allclose(program.grad(a), matrix_ops.cofactors(a), rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(program.hessian(a), dualtape.hessian(np.linalg.det)(a), rtol=1e-12, atol=1e-14)


def test_one_singular_matrix_of_a_stack_leaves_the_whole_stack_to_the_rule(rng):
    stack = rng.normal(size=(3, 2, 2))
    stack[1] = 1.0
    program = dualtape.record(lambda a: np.linalg.det(a).sum(), rng.normal(size=(3, 2, 2)))
    np.testing.assert_allclose(program.grad(stack), matrix_ops.cofactors(stack), rtol=1e-12, atol=1e-14)


def test_threads_replay_a_solution_at_once(rng):
    a = rng.normal(size=(30, 30)) + 10.0 * np.eye(30)
    b = rng.normal(size=(40, 30))
    program = dualtape.record(lambda b: (np.linalg.solve(a, b) ** 2).sum(), b[0])
    expected = [program.grad(x) for x in b]
    with ThreadPoolExecutor(4) as pool:
        for found, x_bar in zip(pool.map(program.grad, b), expected, strict=True):
            assert np.array_equal(found, x_bar)
