"""Distributions of scipy.stats in ordinary code: SciPy's values bit for bit, derivatives in the argument and in every
parameter; what there is no rule for is refused by name, and nothing is ever a wrong number."""

import warnings

import numpy as np
import pytest

stats = pytest.importorskip("scipy.stats")

from scipy.stats._distr_params import distcont  # noqa: E402

import dualtape  # noqa: E402
from dualtape.errors import DualtapeError, UnsupportedOperation  # noqa: E402

METHODS = ("pdf", "logpdf", "cdf", "logcdf", "sf", "logsf", "ppf", "isf")
COMMON = {
    "norm": (), "expon": (), "gamma": (2.1,), "beta": (2.3, 1.4), "t": (3.5,), "chi2": (3.2,), "f": (4.0, 6.5),
    "lognorm": (0.7,), "weibull_min": (1.6,), "cauchy": (), "laplace": (), "logistic": (), "uniform": (),
    "pareto": (2.6,), "gumbel_r": (), "gumbel_l": (), "halfnorm": (), "rayleigh": (), "maxwell": (), "invgamma": (2.4,),
    "genextreme": (-0.2,), "genpareto": (0.3,), "skewnorm": (1.2,), "triang": (0.3,), "nakagami": (1.3,),
    "loguniform": (0.5, 3.0), "johnsonsu": (0.4, 1.7), "burr12": (2.0, 3.0), "hypsecant": (), "halfcauchy": (),
}  # fmt: skip
UNTRIED = {"levy_stable", "studentized_range", "ksone", "kstwo", "kstwobign"}  # quadrature, minutes
EXACT = 1e-6


def function_of(name, parameters, method):
    """A method as a function of the argument at two points, the parameters, the location and the scale; and a point."""
    distribution = getattr(stats, name)
    is_inverse = method in ("ppf", "isf")
    places = np.array([0.31, 0.64]) if is_inverse else distribution.ppf([0.31, 0.64], *parameters) * 1.3 + 0.2

    def f(x):
        return getattr(distribution, method)(x[:2], *x[2:-2], x[-2], x[-1])

    return f, np.concatenate([places, parameters, [0.2, 1.3]])


def differences(f, x, h=1e-4):
    """Central differences, extrapolated: the error is of order h^4."""

    def central(h):
        return np.stack([(f(x + h * e) - f(x - h * e)) / (2 * h) for e in np.eye(x.size)], -1)

    return (4 * central(h / 2) - central(h)) / 3


@pytest.mark.parametrize("name", sorted(COMMON))
def test_common_distributions_in_everything(name):
    for method in METHODS:
        f, x = function_of(name, COMMON[name], method)
        for mode in ("forward", "reverse"):
            value, derivative = dualtape.value_and_jacobian(f, mode=mode)(x)
            assert np.array_equal(value, f(x)), method
            np.testing.assert_allclose(derivative, differences(f, x), rtol=EXACT, atol=EXACT, err_msg=method)


@pytest.mark.parametrize("method", ["logpdf", "cdf", "logsf", "ppf"])
@pytest.mark.parametrize("name", ["norm", "gamma", "beta", "t", "expon", "lognorm", "cauchy", "skewnorm"])
def test_second_derivatives_and_replays(name, method):
    f, x = function_of(name, COMMON[name], method)
    weights = np.array([1.0, -0.7])
    found = dualtape.hessian(lambda x: weights @ f(x))(x)
    expected = differences(lambda x: dualtape.grad(lambda x: weights @ f(x))(x), x)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)
    program, there = dualtape.record(f, x), x * 1.03125
    assert np.array_equal(program(there), f(there))
    np.testing.assert_allclose(program.jacobian(there), dualtape.jacobian(f)(there), rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("name", sorted({name for name, _ in distcont} - UNTRIED))
def test_every_distribution_is_right_or_refused(name):
    parameters = next(parameters for known, parameters in distcont if known == name)
    for method in ("logpdf", "cdf"):
        f, x = function_of(name, tuple(map(float, parameters)), method)
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            try:
                value, derivative = dualtape.value_and_jacobian(f)(x)
            except DualtapeError:
                continue
            expected = differences(f, x)
        assert np.array_equal(value, f(x))
        right = np.isclose(derivative, expected, rtol=2e-4, atol=2e-4) | np.isnan(derivative) | np.isnan(expected)
        assert right.all(), (method, derivative, expected)


@pytest.mark.parametrize(
    ("f", "x"),
    [
        (lambda p: stats.poisson.pmf([0, 2, 5], p[0]), [2.3]),
        (lambda p: stats.poisson.logpmf([0, 2, 5], p[0], 0), [2.3]),
        (lambda p: stats.poisson.cdf([0, 2, 5], p[0]), [2.3]),
        (lambda p: stats.binom.logpmf([0, 2, 5], 5, p[0]), [0.3]),
        (lambda p: stats.binom.pmf([0, 2, 5, 7], 5, p[0]), [0.3]),
        (lambda p: stats.binom.cdf([0, 2, 4], 5, p[0]), [0.3]),
        (lambda p: stats.binom.sf([0, 2, 4], 5, p[0]), [0.3]),
        (lambda p: stats.bernoulli.logpmf([0, 1, 1], p[0]), [0.3]),
        (lambda p: stats.nbinom.pmf([0, 2, 5], p[0], p[1]), [2.5, 0.3]),
        (lambda p: stats.nbinom.logpmf([0, 2, 5], p[0], p[1]), [2.5, 0.3]),
        (lambda p: stats.nbinom.cdf([0, 2, 5], p[0], p[1]), [2.5, 0.3]),
        (lambda p: stats.nbinom.sf([0, 2, 5], p[0], p[1]), [2.5, 0.3]),
        (lambda p: stats.geom.logpmf([1, 2, 5], p[0]), [0.3]),
    ],
)
def test_discrete_distributions_in_their_parameters(f, x):
    x = np.array(x)
    value, derivative = dualtape.value_and_jacobian(f)(x)
    assert np.array_equal(value, f(x))
    np.testing.assert_allclose(derivative, differences(f, x), rtol=EXACT, atol=EXACT)
    second = dualtape.hessian(lambda x: np.sum(f(x) * f(x)))(x)
    expected = differences(lambda x: dualtape.grad(lambda x: np.sum(f(x) * f(x)))(x), x)
    np.testing.assert_allclose(second, expected, rtol=1e-5, atol=1e-5)


def test_distributions_with_given_parameters():
    data = np.array([0.3, 0.8, 1.9])

    def likelihood(p):
        prior = stats.norm(0.0, 2.0).logpdf(p[0]) + stats.gamma(a=2.0, scale=1.5).logpdf(p[1])
        return prior + np.sum(stats.norm(p[0], scale=p[1]).logpdf(data)) + stats.norm(p[0], p[1]).mean()

    p = np.array([0.4, 1.2])
    value, gradient = dualtape.value_and_grad(likelihood)(p)
    assert value == likelihood(p)
    np.testing.assert_allclose(gradient, differences(likelihood, p), rtol=EXACT)
    assert dualtape.record(likelihood, p)(p * 1.25) == likelihood(p * 1.25)


def test_moments_in_the_parameters():
    def f(p):
        return np.stack([stats.gamma.mean(p[0], 0.0, p[1]), stats.gamma.var(*p), stats.beta.std(p[0], p[1])])

    p = np.array([2.3, 1.2])
    value, derivative = dualtape.value_and_jacobian(f)(p)
    assert np.array_equal(value, f(p))
    np.testing.assert_allclose(derivative, differences(f, p), rtol=EXACT)


def test_points_outside_of_the_support_have_the_derivative_zero():
    value, derivative = dualtape.value_and_jacobian(lambda x: stats.expon.logpdf(x))(np.array([-1.0, 0.5]))
    assert value[0] == -np.inf
    assert np.array_equal(derivative, [[0.0, 0.0], [0.0, -1.0]])


@pytest.mark.parametrize(
    ("name", "parameters"), [("genextreme", (0.0,)), ("genpareto", (0.0,)), ("pearson3", (1e-6,)), ("skewnorm", (0.0,))]
)
def test_a_parameter_that_scipy_drops_at_this_value_is_refused_by_name(name, parameters):
    f, x = function_of(name, parameters, "logpdf")
    with pytest.raises(UnsupportedOperation, match=f"scipy.stats.{name} has no derivative in"):
        dualtape.jacobian(f)(x)
    alone = dualtape.jacobian(lambda t: getattr(stats, name).logpdf(t, *parameters))(x[:2])
    assert np.isfinite(alone).all()


@pytest.mark.parametrize("method", ["rvs", "entropy", "stats", "moment", "expect"])
def test_other_methods_are_refused_by_name(method):
    with pytest.raises(DualtapeError, match=f"norm.{method}"):
        dualtape.grad(lambda t: getattr(stats.norm, method)(loc=t))(0.5)


# ---- of several variables ----

POINTS = np.array([[0.3, 0.8], [1.9, -0.4], [0.0, 0.5]])
COVARIANCE = np.array([[1.2, 0.3], [0.3, 0.7]])
SEVERAL = {
    "in x": (lambda x: stats.multivariate_normal.logpdf(x, [0.1, 0.2], COVARIANCE), POINTS),
    "in one x": (lambda x: stats.multivariate_normal.pdf(x, [0.1, 0.2], COVARIANCE), POINTS[0]),
    "in the mean": (lambda m: stats.multivariate_normal.logpdf(POINTS, mean=m, cov=COVARIANCE), POINTS[1]),
    "in the covariance": (lambda c: stats.multivariate_normal.pdf(POINTS, [0.1, 0.2], c + c.T), COVARIANCE),
    "in variances": (lambda c: stats.multivariate_normal.logpdf(POINTS, [0.0, 0.1], c), np.array([0.7, 1.3])),
    "in one variance": (lambda c: stats.multivariate_normal.logpdf(POINTS, [0.0, 0.1], c[0]), np.array([0.7])),
    "of one variable": (lambda x: stats.multivariate_normal.logpdf(x, x[0], x[1] ** 2), POINTS[0]),
    "with given parameters": (lambda x: stats.multivariate_normal([0.1, 0.2], COVARIANCE).logpdf(x), POINTS),
    "with traced parameters": (lambda m: stats.multivariate_normal(m, COVARIANCE).pdf(POINTS), POINTS[2]),
    "estimate": (lambda x: stats.gaussian_kde([0.1, 0.5, 1.1])(x), POINTS[0]),
    "estimate of two variables": (lambda x: stats.gaussian_kde(POINTS.T, weights=[1, 2, 3]).logpdf(x.T), POINTS * 0.9),
    "dirichlet": (lambda a: stats.dirichlet.logpdf([0.2, 0.3, 0.5], a), np.array([1.5, 2.0, 0.7])),
    "dirichlet in x": (lambda x: stats.dirichlet.pdf(x, [1.5, 2.0, 0.7]), np.array([0.2, 0.3])),
}


@pytest.mark.parametrize("name", SEVERAL)
def test_densities_of_several_variables(name):
    f, x = SEVERAL[name]

    def flat(t):
        return np.atleast_1d(f(t.reshape(x.shape)))

    true = differences(flat, x.ravel())
    for mode in ("forward", "reverse"):
        value, derivative = dualtape.value_and_jacobian(f, mode=mode)(x)
        assert np.array_equal(value, f(x))
        np.testing.assert_allclose(derivative.reshape(true.shape), true, rtol=EXACT, atol=EXACT)
    second = dualtape.hessian(lambda t: np.sum(flat(t)))(x.ravel())
    expected = differences(lambda t: dualtape.grad(lambda t: np.sum(flat(t)))(t), x.ravel())
    np.testing.assert_allclose(second, expected, rtol=1e-5, atol=1e-5)
    assert np.array_equal(dualtape.record(f, x)(x * 0.96875), f(x * 0.96875))


@pytest.mark.parametrize(
    ("name", "f"),
    [
        ("multivariate_normal", lambda t: stats.multivariate_normal.cdf(POINTS[0], t * POINTS[1])),
        ("multivariate_normal", lambda t: stats.multivariate_normal.logpdf(POINTS, POINTS[0], t, allow_singular=True)),
        ("multivariate_normal", lambda t: stats.multivariate_normal.pdf(POINTS, POINTS[0] * t, COVARIANCE, True)),
        ("multivariate_normal", lambda t: stats.multivariate_normal(POINTS[0] * t).entropy()),
        ("gaussian_kde", lambda t: stats.gaussian_kde([0.1, 0.5, 1.1]).integrate_box_1d(0.0, t)),
        ("multivariate_t", lambda t: stats.multivariate_t.logpdf(POINTS[0] * t, df=3)),
    ],
)
def test_the_rest_of_several_variables_is_refused_by_name(name, f):
    with pytest.raises(UnsupportedOperation, match=name):
        dualtape.grad(f)(0.5)
