"""Eigenvalues and eigenvectors: against mpmath, in NumPy's scale, and where eigenvalues are equal."""

import mpmath as mp
import numpy as np
import pytest

import dualtape

TO_ROUNDING = 1e-11  # relative
MATRICES = {
    "real": np.array([[4.0, 0.3, -1.0], [0.2, 7.0, 0.5], [0.1, -0.4, 1.0]]),
    "pair": np.array([[0.3, -2.0, 0.1], [2.0, 0.4, 0.2], [0.0, 0.3, 3.0]]),
}
SHIFT = np.array([[0.3, -0.2, 0.5], [0.1, 0.7, -0.4], [0.2, 0.6, -0.3]])


def _exact(a, w):
    """The first two derivatives of the eigenvalue w of ``a + t SHIFT``, from its characteristic polynomial."""
    with mp.workdps(60):

        def polynomial(t, z):
            return mp.det(mp.matrix(a.tolist()) + t * mp.matrix(SHIFT.tolist()) - z * mp.eye(3))

        start = mp.findroot(lambda z: polynomial(0, z), mp.mpc(w))
        root = lambda t: mp.findroot(lambda z: polynomial(t, z), start)
        return [complex(mp.diff(root, 0, order, h=mp.mpf(10) ** -15)) for order in (1, 2)]


@pytest.mark.parametrize("name", MATRICES)
@pytest.mark.parametrize("function", [np.linalg.eigvals, lambda a: np.linalg.eig(a)[0]])
def test_derivatives_of_eigenvalues_match_mpmath(name, function):
    a = MATRICES[name]
    f = lambda t: function(a + t * SHIFT)
    w, d = dualtape.value_and_jacobian(f)(0.0)
    dd = dualtape.hessian(f)(0.0)
    np.testing.assert_array_equal(w, function(a))
    for k in range(3):
        first, second = _exact(a, complex(w[k]))
        assert d[k] == pytest.approx(first, rel=TO_ROUNDING)
        assert dd[k] == pytest.approx(second, rel=1e3 * TO_ROUNDING)


@pytest.mark.parametrize("name", MATRICES)
@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_eigenvectors_keep_numpys_scale_and_their_equation(name, mode):
    a = MATRICES[name]
    (w, v), (w_dot, v_dot) = dualtape.value_and_jacobian(lambda t: tuple(np.linalg.eig(a + t * SHIFT)), mode=mode)(0.0)
    np.testing.assert_array_equal(v, np.linalg.eig(a)[1])
    residual = SHIFT @ v + a @ v_dot - v_dot * w - v * w_dot
    np.testing.assert_allclose(residual, 0.0, atol=1e-13)
    np.testing.assert_allclose(np.sum(np.real(np.conj(v) * v_dot), axis=0), 0.0, atol=1e-14)
    largest = np.argmax(np.abs(v), axis=0)
    np.testing.assert_array_equal(np.imag(v_dot[largest, range(3)]), 0.0)


def test_equal_eigenvalues_have_the_derivative_of_what_is_symmetric_in_them():
    a = np.diag([2.0, 2.0, 5.0])
    for mode in ("forward", "reverse"):
        with np.errstate(all="ignore"):
            J = dualtape.jacobian(np.linalg.eigvals, mode=mode)(a)
            total = dualtape.jacobian(lambda a: np.sum(np.linalg.eigvals(a) ** 2), mode=mode)(a)
        assert np.isnan(J[0, 0, 0]) and np.isnan(J[1, 1, 1])
        np.testing.assert_array_equal(J[2], np.diag([0.0, 0.0, 1.0]))
        if mode == "reverse":
            np.testing.assert_allclose(total, 2.0 * a.T)
        else:
            assert np.all(np.isnan(total) | (np.abs(total - 2.0 * a.T) < 1e-12))


def test_equal_eigenvalues_that_move_alike_have_a_derivative():
    d = dualtape.jacobian(lambda t: np.linalg.eigvals(t * np.eye(3)), mode="forward")(2.0)
    np.testing.assert_array_equal(d, np.ones(3))


def test_eigenvectors_of_equal_eigenvalues_have_none():
    a = np.diag([2.0, 2.0, 5.0])
    with np.errstate(all="ignore"):
        J = dualtape.jacobian(lambda a: np.linalg.eig(a)[1])(a)
    assert np.isnan(J[:, :2]).any(axis=(2, 3)).all()
