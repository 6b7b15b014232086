"""Every ufunc of scipy.special: differentiated in each real operand, or refused by name and operand. Values are SciPy's
bit for bit, derivatives those of differences of SciPy's own values; test_special_digits.py has the digits."""

import io
import warnings

import differences
import engines
import numpy as np
import pytest

special = pytest.importorskip("scipy.special")

from special_points import POINTS  # noqa: E402

import dualtape  # noqa: E402
from dualtape.core import kernels  # noqa: E402
from dualtape.errors import UnsupportedOperation  # noqa: E402
from dualtape.handlers import special_functions, ufuncs  # noqa: E402
from dualtape.ops.special import registry  # noqa: E402

kernels.bind_scipy()
ufuncs._register_later_homes()

# SciPy's values are that far from smooth: approximations of a few digits, roots by iteration.
ROUGH = {"itairy": 1e-5, "ncfdtridfd": 1e-3, "ncfdtridfn": 1e-3, "ncfdtrinc": 2e-3, "ncfdtri": 1e-5, "bdtrin": 1e-6}
SMOOTH = 2e-7
BETWEEN_ENGINES = 1e-9
COMPLEX = {"hankel1", "hankel1e", "hankel2", "hankel2e", "kelvin", "modfresnelm", "modfresnelp", "wofz"}
NAMES = sorted(name for name in dir(special) if isinstance(getattr(special, name), np.ufunc))


def function_of(name):
    """The ufunc as a function of its active operands, its results stacked; and these operands."""
    ufunc, arguments = getattr(special, name), POINTS[name]

    def f(*xs):
        active = iter(xs)
        found = ufunc(*(next(active) if isinstance(a, list) else a for a in arguments))
        return np.stack(list(found)) if isinstance(found, tuple) else found

    return f, [np.array(a) for a in arguments if isinstance(a, list)]


def assert_close(found, expected, tolerance):
    """Relative to each number, and to a thousandth of the largest."""
    np.testing.assert_allclose(
        found, expected, rtol=tolerance, atol=1e-3 * tolerance * np.max(np.abs(expected), initial=1)
    )


TESTED = [name for name in NAMES if name in POINTS]


def test_every_ufunc_is_in_one_class():
    """Tested at points, complex (test_complex_special.py), or without a derivative in any operand."""
    refused = {name for name in NAMES if name not in COMPLEX and not _differentiable(name)}
    assert set(NAMES) == set(POINTS) & set(NAMES) | COMPLEX & set(NAMES) | refused
    assert not set(POINTS) & (COMPLEX | refused)


def _differentiable(name):
    name = getattr(special, name).__name__  # jn is jv, digamma is psi
    row = special_functions.row_of(name)
    partials = special_functions.partials_of(name) if name in registry.NAMES else ()
    return row is not None or any(callable(partial) for partial in partials)


@pytest.mark.parametrize("name", TESTED)
def test_value_is_scipys_and_derivative_that_of_differences(name):
    f, xs = function_of(name)
    value, derivative = engines.by_adjoints(f, *xs)
    assert np.array_equal(value, f(*xs))
    assert_close(derivative, differences.jacobian(f, *xs), ROUGH.get(name, SMOOTH))


@pytest.mark.parametrize("name", TESTED)
@pytest.mark.parametrize("engine", sorted(set(engines.FIRST) - {"independent"}))
def test_every_engine_gives_the_same(name, engine):
    f, xs = function_of(name)
    assert_close(engines.FIRST[engine](f, *xs)[1], engines.by_adjoints(f, *xs)[1], BETWEEN_ENGINES)


@pytest.mark.parametrize("name", TESTED)
def test_second_derivative_is_that_of_differences_of_the_first(name):
    f, xs = function_of(name)
    shape = np.shape(f(*xs))
    weights, directions = np.cos(np.arange(np.prod(shape))), np.eye(sum(map(np.size, xs)))

    def pulled_back(*xs):
        return np.tensordot(weights.reshape(shape), engines.by_adjoints(f, *xs)[1], len(shape))

    found = engines.second_by_adjoints(f, weights, directions, *xs)
    assert_close(found, differences.jacobian(pulled_back, *xs), 50 * ROUGH.get(name, SMOOTH))
    for engine in (engines.second_by_hyperduals, engines.second_by_nesting):
        assert_close(engine(f, weights, directions, *xs), found, BETWEEN_ENGINES)


@pytest.mark.parametrize("name", [name for name in TESTED if name in registry.NAMES])
def test_a_program_replays_at_another_point_and_from_a_file(name):
    f, xs = function_of(name)
    there = [x * (1.0 + 1e-3) for x in xs]
    program, file = dualtape.record(f, *xs), io.BytesIO()
    program.save(file)
    file.seek(0)
    for P in (program, dualtape.load(file)):
        assert np.array_equal(P(*there), f(*there), equal_nan=True)
    found = program.jacobian(*xs)
    found = np.concatenate([found] if len(xs) == 1 else found, axis=-1)
    assert_close(found, engines.by_adjoints(f, *xs)[1], BETWEEN_ENGINES)


def _refused():
    for name in NAMES:
        if name in registry.NAMES and special_functions.row_of(name) is None:
            for k, partial in enumerate(special_functions.partials_of(name)):
                if isinstance(partial, str) and partial is not registry.STEP:
                    yield name, k


@pytest.mark.parametrize(("name", "k"), list(_refused()))
def test_an_operand_without_a_derivative_is_refused_by_name(name, k):
    ufunc = getattr(special, name)
    operands = [1.0 + 0.1 * i for i in range(ufunc.nin)]

    def f(t):
        found = ufunc(*(t if i == k else x for i, x in enumerate(operands)))
        return found[0] if isinstance(found, tuple) else found

    with pytest.raises(UnsupportedOperation) as caught, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        engines.by_adjoints(f, 1.0)
    argument = registry.of_ufunc(name).arguments[k]
    assert f"scipy.special.{name} has no derivative in {argument}" in caught.value.problem


@pytest.mark.parametrize("name", ["pdtr", "bdtr", "nbdtr", "kn", "yn", "expn", "smirnov", "eval_hermite"])
def test_an_operand_that_counts_has_the_derivative_zero(name):
    ufunc = getattr(special, name)
    rest = [np.array(a if isinstance(a, int) else a[0]) for a in POINTS[name][1:]]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        value, derivative = engines.by_adjoints(lambda k: ufunc(k, *map(float, rest)), 2.0)
        assert value == ufunc(2, *rest)
    assert derivative == 0.0


@pytest.mark.parametrize("degree", [0, 1, 2, 7])
@pytest.mark.parametrize("name", [name for name in TESTED if name.startswith("eval_")])
def test_polynomials_of_every_degree(name, degree):
    ufunc, arguments = getattr(special, name), POINTS[name]
    xs = [np.array(a, dtype=float) for a in arguments[1:]]

    def f(x):
        return ufunc(degree, *xs[:-1], x)

    value, derivative = engines.by_adjoints(f, xs[-1])
    assert np.array_equal(value, f(xs[-1]))
    assert_close(derivative, differences.jacobian(f, xs[-1]), SMOOTH)


def test_broadcasting_of_orders_against_arguments():
    """Shapes (2, 1) and (3,)."""
    xs = [np.array([[0.3], [1.7]]), np.array([0.5, 1.5, 2.5])]
    value, derivative = engines.by_adjoints(special.jv, *xs)
    assert value.shape == (2, 3)
    assert_close(derivative, differences.jacobian(special.jv, *xs), SMOOTH)
    found = engines.second_by_adjoints(special.jv, np.ones(6), np.eye(5), *xs)
    np.testing.assert_allclose(found, found.T, rtol=1e-10, atol=1e-12)


def test_a_branch_not_taken_is_not_connected():
    """jv in its order has no derivative for negative arguments."""

    def f(x):
        return np.sum(np.where(x > 0.0, special.jv(x, x), 0.0))

    x = np.array([-1.5, 2.0])
    for mode in ("forward", "reverse"):
        slope, bend = dualtape.jacobian(f, mode=mode)(x), dualtape.hessian(f, mode=mode)(x)
        assert slope[0] == 0.0 and slope[1] == pytest.approx(dualtape.grad(lambda t: special.jv(t, t))(2.0))
        assert np.isfinite(bend).all() and bend[1, 1] != 0.0


def test_an_infinite_derivative_stays_where_it_is():
    """2F1(1, 2; 3; x) at x = 1 beside another point."""
    for mode in ("forward", "reverse"):
        found = dualtape.jacobian(lambda x: special.hyp2f1(1.0, 2.0, 3.0, x), mode=mode)(np.array([1.0, 0.2]))
        assert found[0, 1] == found[1, 0] == 0.0 and found[0, 0] == np.inf and np.isfinite(found[1, 1])


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("action", ["raise", "warn"])
@pytest.mark.parametrize(
    "f", [special.gamma, special.psi, lambda x: special.kn(2, x), lambda x: special.gammainc(x, x)], ids="gkni"
)
def test_errors_of_scipy_stay_out_of_the_sweeps(f, action, mode):
    """They are Python errors, set by loops in the midst of a sweep; what f itself would raise may be raised."""
    x = np.array([0.0, 1.5])
    with special.errstate(all=action), np.errstate(all="raise"), warnings.catch_warnings():
        warnings.simplefilter("error")
        for derivative in (dualtape.jacobian, dualtape.hessian):
            try:
                found = derivative(f, mode=mode)(x)
            except (special.SpecialFunctionError, special.SpecialFunctionWarning):
                continue
            assert np.isfinite(found[1, 1]).all() and not np.isfinite(found.ravel()[0])
    assert dualtape.grad(f)(1.5) == dualtape.jacobian(f)(np.array([1.5]))[0, 0]


@pytest.mark.parametrize(
    ("name", "point"), [("chndtrinc", (3.0, 4.0, 0.9)), ("bdtrik", (1e-300, 8.0, 0.5)), ("fdtridfd", (5.5, 0.35, 0.5))]
)
def test_the_inverse_of_what_has_none_has_no_derivative(name, point):
    """SciPy returns the end of the interval that it has searched."""
    for mode in ("forward", "reverse"):
        for k in range(3):
            found = dualtape.jacobian(getattr(special, name), argnums=k, mode=mode)(*point)
            assert np.isnan(found)
