"""Phases of complex vectors that a decomposition does not determine: what LAPACK fixes has its derivative, what nothing
fixes is not a number, and what does not depend on phases is exact."""

import differences
import engines
import numpy as np
import pytest
from cases_complex_linalg import both_parts, hermitian, regular

CLOSE = 1e-6
_A = np.random.default_rng(3).standard_normal((3, 3))


def _derivative(f, a):
    return differences.jacobian(lambda x: f(np.reshape(x, a.shape)), np.ravel(a), h=1e-3)


def test_a_projector_on_the_rest_of_the_space_is_exact_where_its_vector_has_a_free_phase():
    """Reverse mode sees that nothing depends on the phase; forward mode cannot know."""

    def projector(a):
        rest = np.linalg.svd(regular(a)[:, :2])[0][:, 2:]
        return both_parts(rest @ np.conj(rest).T)

    np.testing.assert_allclose(
        engines.by_adjoints(projector, _A)[1].reshape(9, 9),
        _derivative(projector, _A).reshape(9, 9),
        rtol=CLOSE,
        atol=CLOSE,
    )
    assert np.isnan(engines.by_duals(projector, _A)[1]).any()


def test_the_phase_of_a_vector_that_completes_a_basis_has_no_derivative():
    _, J = engines.by_adjoints(lambda a: both_parts(np.linalg.svd(regular(a)[:, :2])[0][:, 2]), _A)
    assert np.isnan(J).any(axis=-1).all()


@pytest.mark.parametrize("engine", [engines.by_adjoints, engines.by_tangents, engines.by_duals])
def test_a_projector_is_exact_where_the_component_that_lapack_makes_real_is_zero(engine):
    """Of a diagonal matrix: the phase of every vector but one jumps."""
    base = np.diag([1.0, 2.0, 4.0])

    def projector(a):
        _, v = np.linalg.eigh(base + hermitian(a) - hermitian(0.0 * a))
        return both_parts(np.outer(v[:, 1], np.conj(v[:, 1])))

    origin = np.zeros((3, 3))
    np.testing.assert_allclose(
        engine(projector, origin)[1].reshape(9, 9), _derivative(projector, origin).reshape(9, 9), rtol=CLOSE, atol=CLOSE
    )


@pytest.mark.parametrize("engine", [engines.by_adjoints, engines.by_tangents, engines.by_duals])
def test_vectors_of_a_matrix_in_blocks_follow_the_block(engine):
    """Within the blocks the first component that is there stays real."""

    def vectors(a):
        z = np.zeros((3, 3)) * (a[0] + 0j)
        z[0, 0] = 9.0 + a[0]
        z[1:, 1:] = hermitian(np.reshape(a[1:5], (2, 2)))
        return both_parts(np.linalg.eigh(z)[1])

    x = np.array([0.3, -0.2, 0.5, 0.7, 0.1])
    np.testing.assert_allclose(engine(vectors, x)[1], differences.jacobian(vectors, x, h=1e-3), rtol=CLOSE, atol=CLOSE)


@pytest.mark.parametrize("engine", [engines.by_adjoints, engines.by_duals])
def test_sums_over_equal_eigenvalues_and_singular_values_keep_their_derivative(engine):
    """exp and the norms of a multiple of a unitary matrix; its single vectors have none."""
    q = np.linalg.qr(regular(_A))[0]

    def of(a):
        z = q * 2.0 + 1j * a
        h = z + np.conj(z).T
        w, v = np.linalg.eigh(h @ np.conj(h).T + 0.0 * h)
        u, s, vh = np.linalg.svd(z)
        return np.stack([np.sum(np.linalg.svd(z, compute_uv=False) ** 3), np.real(np.trace(u @ vh)), np.sum(s)])

    J = engine(of, np.zeros((3, 3)))[1]
    assert np.isfinite(J[0]).all()
    expected = _derivative(lambda a: of(a), np.zeros((3, 3)))
    np.testing.assert_allclose(J[[0, 2]], np.reshape(expected, (3, 9))[[0, 2]], rtol=CLOSE, atol=CLOSE)
    _, lost = engine(lambda a: both_parts(np.linalg.svd(q * 2.0 + 1j * a)[0]), np.zeros((3, 3)))
    assert np.isnan(lost).any()
