"""What the handlers promise at kinks and removable points: ties, zeros, singular matrices, branches not taken."""

import engines
import numpy as np
import pytest

EXACT = 1e-13  # figures that are simple numbers


@pytest.fixture(params=sorted(set(engines.FIRST) - {"independent"}))
def jacobian(request):
    """The engines of dualtape: the independent numbers know differences only, and those are wrong at kinks."""
    return engines.FIRST[request.param]


def _first(jacobian, f, x, expected):
    np.testing.assert_allclose(jacobian(f, np.array(x, dtype=float))[1], expected, rtol=EXACT, atol=EXACT)


@pytest.mark.parametrize(
    ("f", "x", "expected"),
    [
        (lambda x: np.max(x), [1.0, 3.0, 3.0], [0, 1, 0]),
        (lambda x: np.min(x), [1.0, 1.0, 3.0], [1, 0, 0]),
        (lambda x: np.sort(x)[-1], [2.0, 1.0, 2.0], [0, 0, 1]),
        (lambda x: np.median(x), [2.0, 2.0, 2.0], [0, 1, 0]),
        (lambda x: np.clip(x, 0.0, 1.0).sum(), [0.0, 0.5, 1.0], [0, 1, 0]),
        (lambda x: np.maximum(x, 0.0).sum(), [0.0, -1.0, 1.0], [0, 0, 1]),
        (lambda x: np.maximum(x, np.zeros(3)).sum(), [0.0, -1.0, 1.0], [0, 0, 1]),
        (lambda x: np.maximum(x, np.zeros_like(x)).sum(), [0.0, -1.0, 1.0], [0, 0, 1]),
        (lambda x: np.maximum(x[:1], x[1:]).sum(), [2.0, 2.0], [0.5, 0.5]),
        (lambda x: np.abs(x).sum(), [0.0, -2.0], [0, -1]),
        (lambda x: np.linalg.norm(x), [0.0, 0.0], [0, 0]),
        (lambda x: np.linalg.norm(x, axis=0), [0.0, 0.0], [0, 0]),
        (lambda x: np.linalg.norm(x, 3), [0.0, 0.0], [0, 0]),
        (lambda x: np.std(x), [1.0, 1.0], [0, 0]),
        (lambda x: np.hypot(x[0], x[1]), [0.0, 0.0], [0, 0]),
        (lambda x: np.sinc(x).sum(), [0.0], [0]),
        (lambda x: np.linalg.det(np.reshape(x, (2, 2))), [1.0, 2.0, 2.0, 4.0], [4, -2, -2, 1]),
        (lambda x: np.linalg.det(np.reshape(x, (3, 3))), np.zeros(9), np.zeros(9)),
    ],
)
def test_first_derivative_at_a_kink(f, x, expected, jacobian):
    _first(jacobian, f, x, expected)


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.where(x > 0.0, np.sqrt(x), 0.0),
        lambda x: np.where(x > 0.0, np.log(x), x),
        lambda x: np.select([x > 0.0], [np.sqrt(x)], 1.0),
        lambda x: np.maximum(np.sqrt(np.abs(x)), 1.0),
        lambda x: np.piecewise(x, [x > 0.0, x <= 0.0], [np.sqrt, lambda z: 0.0 * z]),
        lambda x: np.nan_to_num(np.where(x > 0.0, np.sqrt(x), np.nan)),
        lambda x: np.nanmax(np.stack([np.log(x - 1.0), x])),
        lambda x: np.sum(1.0 / x, where=x > 0.0),
        lambda x: np.prod(1.0 / x, where=x > 0.0),
        lambda x: np.mean(np.concatenate([x + 1.0, 1.0 / x]), where=[True, False]),
        lambda x: np.einsum("ii", np.sqrt(np.stack([[x[0] + 1.0, x[0]], [x[0], x[0] + 2.0]]))),
        lambda x: np.linalg.cholesky(np.array([[x[0] + 4.0, np.sqrt(x[0])], [1.0, x[0] + 2.0]], like=x)),
    ],
)
def test_a_branch_not_taken_leaves_no_nan(f, jacobian):
    with np.errstate(all="ignore"):
        assert np.all(np.isfinite(jacobian(f, np.zeros(1))[1]))


def test_computed_zeros_are_not_structural(jacobian):
    """sqrt(x)*sqrt(x) at 0: 0 would be finite and wrong."""
    with np.errstate(all="ignore"):
        assert not np.any(jacobian(lambda x: np.sqrt(x) * np.sqrt(x), np.zeros(1))[1] == 0.0)


def _hessian(second, f, x):
    return second(f, np.ones(()), np.eye(x.size), x)


def _others(x, i, j):
    return np.prod(np.delete(x, [i, j])) if i != j else 0.0


@pytest.mark.parametrize("zeros", [[], [1], [0, 2], [0, 1, 3], [0, 1, 2, 3]])
@pytest.mark.parametrize(
    "f", [np.prod, lambda x: np.cumprod(x)[-1], np.multiply.reduce], ids=["prod", "cumprod", "reduce"]
)
def test_products_with_zeros_are_exact_to_second_order(f, zeros, second):
    x = np.array([2.0, -3.0, 0.5, 4.0])
    x[zeros] = 0.0
    expected = [[_others(x, i, j) for j in range(4)] for i in range(4)]
    np.testing.assert_allclose(_hessian(second, f, x), expected, rtol=EXACT, atol=EXACT)


def _minors(a):
    """Second derivatives of a 3 by 3 determinant: each is plus or minus one element."""
    hessian = np.zeros((3, 3, 3, 3))
    for i, j, k in ((0, 1, 2), (1, 2, 0), (2, 0, 1)):
        for m, n, p in ((0, 1, 2), (1, 2, 0), (2, 0, 1)):
            for (r, s), (t, u), sign in (((j, n), (k, p), 1.0), ((j, p), (k, n), -1.0)):
                hessian[r, s, t, u] += sign * a[i, m]
                hessian[t, u, r, s] += sign * a[i, m]
    return hessian.reshape(9, 9)


@pytest.mark.parametrize(
    "a",
    [
        np.array([[2.0, 1.0, 0.5], [1.0, 3.0, 0.2], [0.5, -0.2, 2.0]]),
        np.array([[1.0, 2.0, 3.0], [2.0, 4.0, 6.0], [1.0, 0.0, 1.0]]),
        np.outer([1.0, 2.0, 3.0], [1.0, 0.0, 2.0]),
        np.zeros((3, 3)),
        np.diag([1.0, 1e-9, 0.0]),
    ],
    ids=["regular", "rank two", "rank one", "zero", "nearly rank one"],
)
def test_determinants_are_exact_to_second_order(a, second):
    hessian = _hessian(second, lambda x: np.linalg.det(np.reshape(x, (3, 3))), a.ravel())
    np.testing.assert_allclose(hessian, _minors(a), rtol=1e-10, atol=1e-10)


def test_curvature_of_a_norm_at_zero_is_not_a_number(second):
    with np.errstate(all="ignore"):
        assert np.all(np.isnan(_hessian(second, np.linalg.norm, np.zeros(2))))


def test_an_extreme_of_nothing_is_its_initial_value(jacobian):
    value, derivative = jacobian(lambda x: np.max(x, where=[False, False], initial=-9.0) + 0.0 * x[0], np.zeros(2))
    assert value == -9.0 and not derivative.any()
    value, derivative = jacobian(lambda x: np.min(np.outer(x, x), 0, where=[[True], [False]], initial=9.0), np.ones(2))
    assert value.tolist() == [1.0, 1.0] and derivative.tolist() == [[2.0, 0.0], [1.0, 1.0]]
