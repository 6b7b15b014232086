"""Functions of `scipy.linalg` whose values agree with SciPy's to rounding, or where SciPy's own are wrong."""

import engines
import numpy as np
import pytest

pytest.importorskip("scipy")

import differences
import scipy.linalg
from cases_complex_linalg import both_parts, regular
from cases_scipy import linalg

_A = np.random.default_rng(5).uniform(-1.0, 1.0, (3, 3))
ENGINES = pytest.mark.parametrize("engine", [engines.by_adjoints, engines.by_tangents, engines.by_duals])
CLOSE = 1e-7


def _apart(a):
    return a + np.diag([1.0, 4.0, 9.0])


@ENGINES
@pytest.mark.parametrize(
    "f",
    [
        lambda a: linalg.funm(_apart(a), np.exp),
        lambda a: both_parts(linalg.funm(0.2 * regular(a), lambda w: np.sin(w) + w**2)),
    ],
)
def test_a_function_of_a_matrix_by_its_eigenvalues(f, engine):
    value, J = engine(f, _A)
    np.testing.assert_allclose(value, f(_A), rtol=1e-12)
    np.testing.assert_allclose(J, differences.jacobian(f, _A), rtol=CLOSE, atol=CLOSE * np.max(np.abs(J)))


@ENGINES
def test_a_mixture_of_real_and_complex_matrices_in_sylvesters_equation_is_solved(engine):
    """SciPy's answer solves nothing where the real matrix has complex eigenvalues."""
    turning = np.array([[1.0, 2.0], [-2.0, 1.0]])

    def f(a):
        return both_parts(linalg.solve_sylvester(regular(a), turning, regular(a)[:, :2]))

    def solved(a):
        return both_parts(scipy.linalg.solve_sylvester(regular(a), turning + 0j, regular(a)[:, :2]))

    value, J = engine(f, _A)
    np.testing.assert_allclose(value, solved(_A), rtol=1e-12)
    np.testing.assert_allclose(J, differences.jacobian(solved, _A), rtol=CLOSE, atol=CLOSE)


@ENGINES
@pytest.mark.filterwarnings("ignore")
def test_singular_points_of_matrix_equations_are_not_a_number(engine):
    """A square root of a singular matrix, a polar factor at rank one, an equation without a single solution."""
    singular = np.diag([0.0, 1.0, 4.0])
    for f, x in (
        (lambda a: linalg.sqrtm(a), singular),
        (lambda a: linalg.polar(a)[0], np.outer([1.0, 2.0], [1.0, 3.0])),
    ):
        assert np.isnan(engine(f, x)[1]).any()


@pytest.mark.parametrize(
    "f", [lambda a: np.sum(linalg.sqrtm(a)), lambda a: np.sum(linalg.polar(a)[0] @ np.diag([1.0, 2.0, 3.0]))]
)
@pytest.mark.filterwarnings("ignore")
def test_a_program_recorded_at_a_regular_matrix_is_replayed_at_a_singular_one(f):
    """The derivative there is not a number, and the program is fit for regular ones afterwards."""
    from dualtape.trace import functions, record

    regular_point, singular = np.diag([1.0, 2.0, 5.0]) + 0.1 * _A, np.diag([0.0, 1.0, 4.0])
    with np.errstate(all="ignore"):
        recording = record.record_flat(lambda a: [functions.operand(f(a))], [regular_point])
        expected = engines.by_adjoints(f, regular_point)[1].ravel()
    np.testing.assert_allclose(recording.vjp(np.ones((1, 1)))[:, 0], expected)
    assert not np.isfinite(engines.by_adjoints(f, singular)[1]).all()
    np.testing.assert_allclose(recording.vjp(np.ones((1, 1)))[:, 0], expected)
