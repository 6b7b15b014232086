"""What `supported` says: it comes from the tables, and it is true."""

import numpy as np
import pytest

import dualtape


@pytest.mark.parametrize(
    "name", ["np.exp", "numpy.exp", "exp", np.exp, "np.linalg.det", "ndarray.sum", "np.ndarray.sum"]
)
def test_supported_functions_are_true(name):
    assert dualtape.supported(name)


def test_kinds():
    assert dualtape.supported("np.sin").kind == "differentiated"
    assert dualtape.supported("np.argmax").kind == "derivative-free"
    assert dualtape.supported("np.save").kind == "refused"
    assert dualtape.supported("np.no_such_function").kind == "unknown"
    assert dualtape.supported("math.sin")
    assert dualtape.supported("cmath.sin")
    assert "np.ulp" in dualtape.supported("cmath.ulp").detail
    assert dualtape.supported("math.isnan").kind == "derivative-free"
    assert repr(dualtape.supported("np.sin")) == "Support(np.sin: differentiated, first and second derivative)"


def test_special_functions_are_listed():
    assert any(name.startswith("scipy.special.") for name in dualtape.supported())
    assert dualtape.supported("scipy.special.erf")
    assert dualtape.supported("scipy.special.jv").detail == "first and second derivative"
    assert dualtape.supported("scipy.special.polygamma")
    assert dualtape.supported("scipy.special.wofz").detail == "first and second derivative"
    assert dualtape.supported("scipy.special.mathieu_a").kind == "refused"
    assert "q the derivative" in dualtape.supported("scipy.special.mathieu_cem").detail


def test_functions_of_scipy_are_known_by_the_name_that_users_write():
    linalg = pytest.importorskip("scipy.linalg")
    assert dualtape.supported(linalg.expm).name == "scipy.linalg.expm"
    assert dualtape.supported(linalg.cho_factor)
    assert not dualtape.supported(linalg.qz)


def test_elementwise_answers_are_true():
    for name, kind in dualtape.supported().items():
        function = getattr(np, name.removeprefix("np."), None) if name.count(".") == 1 else None
        if kind == "refused" and isinstance(function, np.ufunc) and function.nin == 1:
            with pytest.raises(dualtape.errors.DualtapeError):
                dualtape.jacobian(function)(0.5)
        elif kind == "differentiated" and isinstance(function, np.ufunc) and (function.nin, function.nout) == (1, 1):
            assert dualtape.jacobian(function)(1.0 if name == "np.arccosh" else 0.5) is not None


def test_methods_of_distributions_are_known():
    pytest.importorskip("scipy.stats")
    assert dualtape.supported("scipy.stats.norm.logpdf").kind == "differentiated"
    assert dualtape.supported("scipy.stats.poisson.cdf").kind == "differentiated"
    assert dualtape.supported("scipy.stats.norm.rvs").kind == "refused"
    assert dualtape.supported("scipy.stats.norm.no_such_method").kind == "unknown"
    assert dualtape.supported("scipy.stats.no_such_distribution.pdf").kind == "unknown"
    assert dualtape.supported("scipy.signal.lfilter") and dualtape.supported("scipy.spatial.distance.cdist")
