"""Matrices at which a decomposition has no derivative: repeated eigenvalues, singular values that are zero, columns
that depend on each other. What has a limit gives it; what has none is not a number; nothing is finite and wrong."""

import engines
import numpy as np
import pytest

import dualtape

ROUNDING = 1e-9
I3 = np.eye(3)
_Q = np.linalg.qr(np.random.default_rng(1).standard_normal((4, 4)))[0]
THREEFOLD = _Q @ np.diag([1.0, 1.0, 1.0, 3.0]) @ _Q.T  # eigenvalues 1, 1, 1, 3
RANK_TWO = _Q[:, :2] @ np.diag([2.0, 5.0]) @ _Q[:, :2].T
POINTS = {"one": I3, "threefold": THREEFOLD, "rank two": RANK_TWO}


def lower_gradient(full):
    """The gradient in the triangle that is read, of a symmetric one in all elements."""
    return np.tril(full) * (2.0 - np.eye(len(full)))


def _all_directions(n):
    """Symmetric directions that the elements of the lower triangle stand for; those above it stand for nothing."""
    for i, j in np.ndindex(n, n):
        e = np.zeros((n, n))
        if i >= j:
            e[i, j] = e[j, i] = 1.0
        yield e


def truth_along(derivative, n):
    return np.stack([derivative(e) for e in _all_directions(n)], axis=-1)


def assert_nan_or(found, truth):
    np.testing.assert_allclose(np.where(np.isnan(found), truth, found), truth, rtol=ROUNDING, atol=ROUNDING)


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("values", [np.linalg.eigvalsh, lambda a: np.linalg.eigh(a)[0]], ids=["eigvalsh", "eigh"])
def test_symmetric_functions_of_repeated_eigenvalues_have_their_gradient(jacobian, values, point):
    a = POINTS[point]
    for g, slope in ((np.sum, lambda a: np.eye(len(a))), (lambda w: np.sum(w**3), lambda a: 3.0 * a @ a)):
        _, found = jacobian(lambda a, g=g: g(values(a)), a)
        np.testing.assert_allclose(found.reshape(a.shape), lower_gradient(slope(a)), rtol=ROUNDING, atol=ROUNDING)


def test_a_repeated_eigenvalue_follows_the_vector_that_lapack_returns(jacobian):
    _, found = jacobian(lambda a: np.linalg.eigh(a)[0], THREEFOLD)
    v = np.linalg.eigh(THREEFOLD)[1]
    expected = [lower_gradient(np.outer(v[:, k], v[:, k])) for k in range(4)]
    np.testing.assert_allclose(found.reshape(4, 4, 4), expected, rtol=ROUNDING, atol=ROUNDING)


def test_the_triangle_that_is_not_read_has_derivative_zero(jacobian):
    a = np.random.default_rng(2).standard_normal((3, 3))
    for uplo, unread in (("L", np.triu_indices(3, 1)), ("U", np.tril_indices(3, -1))):
        _, found = jacobian(lambda a, uplo=uplo: np.linalg.eigh(a, uplo)[1] @ np.linalg.eigvalsh(a, uplo), a)
        assert np.all(found.reshape(3, 3, 3)[(slice(None), *unread)] == 0.0)


def test_vectors_of_repeated_eigenvalues_have_no_derivative(jacobian):
    _, found = jacobian(lambda a: np.linalg.eigh(a)[1][:, :2] @ np.array([1.0, 2.0]), THREEFOLD)
    assert np.isnan(found).any(axis=1).all()
    _, single = jacobian(lambda a: np.linalg.eigh(a)[1][:, 3], THREEFOLD)
    assert np.isfinite(single).all()


PENCIL = _Q[:3, :3].T @ _Q[:3, :3] + I3


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_repeated_eigenvalues_of_a_pencil(mode):
    linalg = pytest.importorskip("scipy.linalg")
    total = dualtape.grad(lambda a: np.sum(linalg.eigh(a, PENCIL)[0]), mode=mode)(2.0 * PENCIL)
    np.testing.assert_allclose(total, lower_gradient(np.linalg.inv(PENCIL)), rtol=ROUNDING, atol=ROUNDING)
    vector = dualtape.jacobian(lambda a: linalg.eigh(a, PENCIL)[1][:, 0], mode=mode)(2.0 * PENCIL)
    assert np.isnan(vector).any(axis=(1, 2)).all()


SPECTRAL = {  # functions of a through its decomposition, and the derivative of what they are
    "square": (lambda w, v: (v * w**2) @ v.T, lambda a: lambda e: a @ e + e @ a),
    "itself": (lambda w, v: v @ np.diag(w) @ v.T, lambda a: lambda e: e),
    "less one": (lambda w, v: (v * (w - 1.0)) @ v.T, lambda a: lambda e: e),
    "one": (lambda w, v: v @ v.T, lambda a: lambda e: 0.0 * e),
    "trace of cube": (lambda w, v: np.trace((v * w**3) @ v.T), lambda a: lambda e: 3.0 * np.trace(a @ a @ e)),
}


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("name", SPECTRAL)
def test_a_function_of_the_matrix_is_right_or_not_a_number(jacobian, name, point):
    f, derivative = SPECTRAL[name]
    a = POINTS[point]
    with np.errstate(all="ignore"):
        _, found = jacobian(lambda a: f(*np.linalg.eigh(a)), a)
    truth = truth_along(derivative(a), len(a))
    assert_nan_or(found, truth)


PROJECTORS = {
    "a slice": lambda a: np.linalg.eigh(a)[1][:, 3:] @ np.linalg.eigh(a)[1][:, 3:].T,
    "weights": lambda a: (lambda v: (v * np.array([0.0, 0.0, 0.0, 1.0])) @ v.T)(np.linalg.eigh(a)[1]),
    "the rest": lambda a: np.eye(4) - (lambda v: v[:, :3] @ v[:, :3].T)(np.linalg.eigh(a)[1]),
    "singular vectors": lambda a: (lambda u: u[:, :1] @ u[:, :1].T)(
        np.linalg.svd(a + np.triu(a.T, 1) - np.triu(a, 1))[0]
    ),
}


@pytest.mark.parametrize("name", PROJECTORS)
def test_a_projector_on_an_eigenspace_has_the_limit(jacobian, name):
    """Reverse mode sees that nothing depends on the basis; forward mode does if the basis is not used."""
    inside = np.outer(_Q[:, 3], _Q[:, 3])
    outside = np.eye(4) - inside
    truth = truth_along(lambda e: (inside @ e @ outside + outside @ e @ inside) / 2.0, 4)
    value, found = jacobian(PROJECTORS[name], THREEFOLD)
    assert_nan_or(found, truth)
    if jacobian is engines.by_adjoints or name in ("a slice", "singular vectors"):
        np.testing.assert_allclose(found, truth, rtol=ROUNDING, atol=ROUNDING)


@pytest.mark.parametrize("a", [I3, THREEFOLD, 2.0 * _Q], ids=["one", "threefold", "orthogonal"])
def test_the_polar_factor_by_singular_vectors_has_the_limit(a):
    """``u_dot = u w`` with ``w p + p w = u^T a_dot - a_dot^T u``; p has those eigenvectors, or all."""

    def polar(a):
        u, _, vh = np.linalg.svd(a)
        return u @ vh

    u = polar(a)
    s, v = np.linalg.eigh(u.T @ a)

    def derivative(e):
        skew = v.T @ (u.T @ e - e.T @ u) @ v
        return u @ v @ (skew / (s[:, None] + s)) @ v.T

    n = len(a)
    truth = np.stack([derivative(e) for e in np.eye(n * n).reshape(-1, n, n)], axis=-1)
    _, found = engines.by_adjoints(polar, a)
    np.testing.assert_allclose(found, truth, rtol=ROUNDING, atol=ROUNDING)
    for engine in (engines.by_tangents, engines.by_duals):
        assert_nan_or(engine(polar, a)[1], truth)


def test_norms_by_singular_values_at_repeated_ones_and_at_zero(jacobian):
    for a in (I3, 2.0 * _Q):
        _, found = jacobian(lambda a: np.linalg.norm(a, "nuc"), a)
        np.testing.assert_allclose(found.reshape(a.shape), a / np.linalg.norm(a, 2), rtol=ROUNDING, atol=ROUNDING)
    for ord in (2, -2, "nuc"):
        _, found = jacobian(lambda a, ord=ord: np.linalg.norm(a, ord), np.zeros((2, 3)))
        assert np.all(found == 0.0)  # as that of every norm at 0


def test_vectors_of_a_singular_value_that_is_zero_have_no_derivative(jacobian):
    _, found = jacobian(lambda a: np.linalg.svd(a)[0][:, 2:].sum(axis=1), np.diag([2.0, 1.0, 0.0, 0.0])[:, :3])
    assert np.isnan(found).any()
    _, found = jacobian(lambda a: np.linalg.svd(a)[0][:, 0], np.diag([2.0, 1.0, 0.0, 0.0])[:, :3])
    assert np.isfinite(found).all()


def test_a_basis_of_the_rest_counts_as_a_space(jacobian):
    """The last columns of a full U are any basis; the projector on them is that on what the first ones leave."""
    a = np.random.default_rng(5).standard_normal((4, 2))

    def rest(a):
        more = np.linalg.svd(a)[0][:, 2:]
        return more @ more.T

    _, expected = jacobian(lambda a: np.eye(4) - a @ np.linalg.pinv(a), a)
    _, found = jacobian(rest, a)
    assert_nan_or(found, expected)
    assert jacobian is not engines.by_adjoints or np.isfinite(found).all()


def test_columns_that_depend_on_each_other_have_no_orthogonal_factor(jacobian):
    a = np.array([[1.0, 2.0, 1.0], [1.0, 2.0, 0.0], [1.0, 2.0, 3.0], [1.0, 2.0, 4.0]])
    _, q = jacobian(lambda a: np.linalg.qr(a)[0], a)
    assert np.isfinite(q[:, 0]).all()
    assert np.isnan(q[:, 1:]).any(axis=(0, 2)).all()
    _, r = jacobian(lambda a: np.linalg.qr(a)[1][0], a)
    expected = jacobian(lambda a: a[:, 0] @ a / -np.sqrt(np.sum(a[:, 0] ** 2)), a)[1]
    np.testing.assert_allclose(r, expected, rtol=ROUNDING, atol=ROUNDING)


def test_scaled_columns_are_not_taken_for_dependent_ones(jacobian):
    a = np.array([[1.0, 2e-25], [0.5, -1e-25], [0.1, 1e-25]])
    _, found = jacobian(lambda a: np.linalg.qr(a)[0], a)
    assert np.isfinite(found).all()


ENGINES = pytest.mark.parametrize("jacobian", [engines.by_adjoints, engines.by_tangents, engines.by_duals])


@ENGINES
def test_the_condition_of_a_singular_matrix_is_infinite_and_has_no_derivative(jacobian):
    with np.errstate(all="ignore"):
        for a, p in ((np.zeros((2, 2)), 2), (np.ones((2, 2)), 1)):
            value, found = jacobian(lambda a, p=p: np.linalg.cond(a, p), a)
            assert value == np.inf
            assert np.isnan(found).all()


@ENGINES
def test_one_singular_matrix_of_a_stack_leaves_the_others_alone(jacobian):
    stack = np.stack([np.ones((2, 2)), np.array([[2.0, 1.0], [0.0, 1.0]])])
    with np.errstate(all="ignore"):
        _, found = jacobian(lambda a: np.linalg.cond(a, 1), stack)
        _, alone = jacobian(lambda a: np.linalg.cond(a, 1), stack[1])
    assert np.isnan(found[0, :4]).all()
    np.testing.assert_array_equal(found[1], np.concatenate([np.zeros(4), alone]))


# Second order.


def test_the_sum_of_all_eigenvalues_has_no_curvature(second):
    for values in (np.linalg.eigvalsh, lambda a: np.linalg.eigh(a)[0]):
        found = second(lambda a: np.sum(values(a)), np.ones(1), np.eye(9), I3)
        assert_nan_or(found, np.zeros((9, 9)))
        if second is not engines.second_by_hyperduals:
            assert np.all(found == 0.0)


@pytest.mark.parametrize("point", [I3, THREEFOLD], ids=["one", "threefold"])
def test_the_curvature_of_symmetric_functions_is_right_or_not_a_number(second, point):
    n = len(point)
    symmetric = np.stack([e.ravel() for e in _all_directions(n)])
    expected = 2.0 * symmetric @ symmetric.T
    found = second(lambda a: np.sum(np.linalg.eigvalsh(a) ** 2), np.ones(1), np.eye(n * n), point)
    assert_nan_or(found, expected)


@pytest.mark.parametrize("inner", ["forward", "reverse"])
@pytest.mark.parametrize("outer", ["forward", "reverse"])
def test_one_of_two_equal_eigenvalues_has_no_curvature_where_they_part(inner, outer):
    def smallest(x):
        return np.linalg.eigvalsh(np.array([[x[0], x[1]], [x[1], x[2]]]))[0]

    x = np.array([1.0, 0.0, 1.0])
    H = dualtape.jacobian(dualtape.grad(smallest, mode=inner), mode=outer)(x)
    assert np.isnan(H[:, 1]).any() and np.isnan(H[0, 1]), "the vectors turn by any angle along x[1]"
    assert np.isnan(dualtape.hessian(smallest, mode=inner)(x)[1, 1])


def test_the_nuclear_norm_has_its_curvature_where_all_singular_values_are_one(second):
    skew = np.stack([(e - e.T).ravel() for e in np.eye(9).reshape(-1, 3, 3)])
    found = second(lambda a: np.linalg.norm(a, "nuc"), np.ones(1), np.eye(9), I3)
    assert_nan_or(found, skew @ skew.T / 4.0)
    if second is not engines.second_by_hyperduals:
        assert np.isfinite(found).all()
