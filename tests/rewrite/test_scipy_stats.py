"""Statistics and tests of scipy.stats, which are Python code in NumPy language and run as clones: values are SciPy's
bit for bit, derivatives those of differences. What ranks alone decide has derivative zero."""

import numpy as np
import pytest

stats = pytest.importorskip("scipy.stats")

import dualtape  # noqa: E402
from dualtape.errors import UnsupportedOperation  # noqa: E402
from dualtape.rewrite.proxies import CLONED  # noqa: E402

_rng = np.random.default_rng(20260503)
X = _rng.uniform(0.5, 2.0, 9)
Y = _rng.uniform(0.5, 2.0, 9)
_GROUPS = np.arange(9) > 4
BY_DIFFERENCES = 1e-7
MODES = pytest.mark.parametrize("mode", ["forward", "reverse"])


def _of_one(*names, **options):
    return {name: lambda x, name=name: getattr(stats, name)(x, **options) for name in names}


def _of_two(*names):
    return {name: lambda x, name=name: getattr(stats, name)(x, Y * x[0]) for name in names}


MOMENTS = {
    **_of_one("skew", "kurtosis", "describe", "kstat", "kstatvar", "variation", "gstd", "lmoment"),
    **_of_one("zscore", "gzscore", "gmean", "hmean", "sem", "iqr", "entropy", "median_abs_deviation"),
    **_of_one("circmean", "circvar", "circstd", "differential_entropy", "tmin", "tmax"),
    **_of_one("tmean", "tvar", "tstd", "tsem", limits=(0.1, 10.0)),
    "zmap": lambda x: stats.zmap(x, x[::2]),
    "moment": lambda x: stats.moment(x, 3),
    "pmean": lambda x: stats.pmean(x, 2.0),
    "trim_mean": lambda x: stats.trim_mean(x, 0.1),
    "trimboth": lambda x: stats.trimboth(x, 0.2),
    "trim1": lambda x: stats.trim1(x, 0.2),
    "boxcox": lambda x: stats.boxcox(x, 0.4),
    "boxcox_llf": lambda x: stats.boxcox_llf(0.4, x),
    "yeojohnson": lambda x: stats.yeojohnson(x, 0.4),
    "yeojohnson_llf": lambda x: stats.yeojohnson_llf(0.4, x),
    "scoreatpercentile": lambda x: stats.scoreatpercentile(x, 40),
    "obrientransform": lambda x: stats.obrientransform(x, Y * x[0]),
    "skew without bias": lambda x: stats.skew(x.reshape(3, 3), axis=1, bias=False),
    "kurtosis of columns": lambda x: stats.kurtosis(x.reshape(3, 3) ** 2, fisher=False),
}
TESTS = {
    **_of_two("pearsonr", "linregress", "ttest_ind", "ttest_rel", "bartlett", "levene", "f_oneway"),
    **_of_two("alexandergovern", "wasserstein_distance", "energy_distance", "theilslopes"),
    **_of_one("jarque_bera", "skewtest", "kurtosistest", "normaltest"),
    "ttest_1samp": lambda x: stats.ttest_1samp(x, 1.0),
    "chisquare": lambda x: stats.chisquare(x, x * 0.0 + np.mean(x)),
    "power_divergence": lambda x: stats.power_divergence(x, x * 0.0 + np.mean(x), lambda_=0.5),
    "pointbiserialr": lambda x: stats.pointbiserialr(_GROUPS, x),
    "combine_pvalues": lambda x: stats.combine_pvalues(x / 3.0),
    "ttest_ind by Welch": lambda x: stats.ttest_ind(x, Y, equal_var=False).statistic,
    "linregress slope": lambda x: stats.linregress(Y, x).slope,
}
RANKS = {
    **_of_two("spearmanr", "kendalltau", "fligner", "kruskal", "mannwhitneyu", "ks_2samp"),
    "rankdata": stats.rankdata,
    "percentileofscore": lambda x: stats.percentileofscore(x, 1.0),
}


def numbers_in(result):
    """All numbers of a result, a vector: scipy.stats gives tuples and objects with a statistic and its p value."""
    if hasattr(result, "statistic"):
        result = result.statistic, result.pvalue
    if isinstance(result, (tuple, list)):
        return np.concatenate([numbers_in(part) for part in result])
    return np.ravel(result) * 1.0


def in_numbers(f):
    return lambda x: numbers_in(f(x))


ALL = [pytest.param(in_numbers(f), id=name) for name, f in (MOMENTS | TESTS | RANKS).items()]


def test_every_function_that_runs_as_a_clone_has_a_case():
    tried = {name.split()[0] for name in MOMENTS | TESTS | RANKS}
    assert {name.rpartition(".")[2] for name in CLONED if name.startswith("scipy.stats.")} == tried


def differences(f, x, h=1e-4):
    def central(h):
        return np.stack([(f(x + h * e) - f(x - h * e)) / (2.0 * h) for e in np.eye(x.size)], -1)

    return (4.0 * central(h / 2.0) - central(h)) / 3.0


@MODES
@pytest.mark.parametrize("f", ALL)
def test_value_bit_for_bit_and_derivative(f, mode):
    value, J = dualtape.value_and_jacobian(f, mode=mode)(X)
    assert np.array_equal(value, f(X))
    np.testing.assert_allclose(J, differences(f, X), rtol=BY_DIFFERENCES, atol=BY_DIFFERENCES)


@pytest.mark.parametrize("f", ALL)
def test_second_derivative(f):
    def g(x):
        return np.sum(np.cos(f(x)))

    np.testing.assert_allclose(
        dualtape.hessian(g)(X), differences(dualtape.grad(g), X), rtol=1e-5, atol=1e-5 * np.max(np.abs(f(X)) + 1.0)
    )


@pytest.mark.parametrize("f", ALL)
def test_a_program_agrees_at_points_in_another_order(f):
    program = dualtape.record(f, X)
    for there in (X * 1.0625, X[::-1] + 0.01, np.roll(X, 3) ** 2):
        assert np.array_equal(program(there), f(there))
        np.testing.assert_allclose(program.jacobian(there), dualtape.jacobian(f)(there), rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("f", [pytest.param(in_numbers(f), id=name) for name, f in RANKS.items()])
def test_what_ranks_decide_has_derivative_zero(f):
    in_ranks = dualtape.jacobian(lambda x: f(np.copy(x)))(X)
    assert np.all(in_ranks == 0.0)


@pytest.mark.parametrize(
    ("name", "f"),
    [
        ("scipy.stats.bootstrap", lambda x: stats.bootstrap((x,), np.mean).standard_error),
        ("scipy.stats", lambda x: stats.shapiro(x).statistic),
    ],
)
def test_what_has_no_rule_is_refused_by_name(name, f):
    with pytest.raises(UnsupportedOperation, match=name) as caught:
        dualtape.jacobian(f)(X)
    assert caught.value.remedy
