"""Functions of scipy.special that are not ufuncs, called in ordinary code: SciPy's values bit for bit, derivatives of
differences, to second order; what has none is refused by name."""

import numpy as np
import pytest

special = pytest.importorskip("scipy.special")

import dualtape  # noqa: E402
from dualtape.errors import UnsupportedOperation  # noqa: E402

X = np.array([0.4, 0.7])
FUNCTIONS = {
    "assoc_laguerre": lambda x: special.assoc_laguerre(x, 3, 1),
    "comb": lambda x: special.comb(x + 4.0, x),
    "comb of a constant": lambda x: special.comb(x + 4.0, 2),
    "diric": lambda x: special.diric(x, 5),
    "factorial": lambda x: special.factorial(x),
    "factorial of negative numbers": lambda x: special.factorial(x - 0.5),
    "ivp": lambda x: special.ivp(1.5, x),
    "jvp": lambda x: special.jvp(1.5, x),
    "jvp in its order": lambda x: special.jvp(x, 1.5, 2),
    "kvp": lambda x: special.kvp(1.5, x),
    "multigammaln": lambda x: special.multigammaln(x + 3.0, 2),
    "multigammaln of a number": lambda x: special.multigammaln(x[0] + 3.0, 3),
    "perm": lambda x: special.perm(x + 4.0, 2),
    "polygamma": lambda x: special.polygamma(2, x),
    "polygamma of order 0": lambda x: special.polygamma(0, x),
    "sinc": lambda x: special.sinc(x),
    "spherical_in": lambda x: special.spherical_in(2, x - 0.5),
    "spherical_jn": lambda x: special.spherical_jn(2, x),
    "spherical_jn of negative numbers": lambda x: special.spherical_jn(3, x - 0.5),
    "spherical_jn'": lambda x: special.spherical_jn(2, x, derivative=True),
    "spherical_jn' of negative numbers": lambda x: special.spherical_jn(2, x - 0.5, True),
    "spherical_kn": lambda x: special.spherical_kn(2, x),
    "spherical_kn of negative numbers": lambda x: special.spherical_kn(2, x - 0.5),
    "spherical_jn of complex numbers": lambda x: np.imag(special.spherical_jn(2, x - 0.5j, True)),
    "h1vp": lambda x: np.imag(special.h1vp(1.5, x, 2)),
    "h2vp": lambda x: np.imag(special.h2vp(x, x)),
    "jvp of complex numbers": lambda x: np.imag(special.jvp(1.5, x + 1j)),
    "lambertw": lambda x: np.real(special.lambertw(x)),
    "kelvin": lambda x: np.imag(special.kelvin(x)[2]),
    "spherical_yn": lambda x: special.spherical_yn(2, x - 1.5),
    "yvp": lambda x: special.yvp(1.5, x + 1.0, 2),
    "zeta": lambda x: special.zeta(x + 2.0),
    "zeta of two": lambda x: special.zeta(x + 2.0, x),
    "lqn": lambda x: np.stack(special.lqn(3, x)),
    "lqn of large numbers": lambda x: np.stack(special.lqn(3, x[0] + 1.5)),
    "lqmn": lambda x: np.stack(special.lqmn(1, 2, x)),
    "riccati_jn": lambda x: np.stack(special.riccati_jn(3, x[0])),
    "riccati_yn": lambda x: np.stack(special.riccati_yn(3, x[1])),
    "pbdv_seq": lambda x: np.stack(special.pbdv_seq(2.5, x[0])),
    "pbvv_seq": lambda x: np.stack(special.pbvv_seq(1.5, x[0])),
    "lmbda": lambda x: np.stack(special.lmbda(2.5, x[0])),
    "roots_jacobi": lambda x: np.stack(special.roots_jacobi(4, x[0], x[1])),
    "roots_gegenbauer": lambda x: np.stack(special.roots_gegenbauer(3, x[0])),
    "roots_genlaguerre": lambda x: np.stack(special.roots_genlaguerre(4, x[0])),
    "roots_genlaguerre of degree 1": lambda x: np.hstack(special.roots_genlaguerre(1, x[0], mu=True)),
    "roots_sh_jacobi": lambda x: np.stack(special.js_roots(3, x[0] + 2.0, x[1])),
    "a polynomial": lambda x: special.legendre(3)(x),
    "nodes": lambda x: np.sin(np.outer(x, special.roots_legendre(4)[0])) @ special.roots_legendre(4)[1],
}
NEWER = {
    "sph_harm_y": lambda x: np.real(special.sph_harm_y(3, 2, x, x * x) * (1.0 - 1j)),
    "sph_harm_y_all": lambda x: np.imag(special.sph_harm_y_all(2, 1, x, x[0])),
    "legendre_p_all": lambda x: special.legendre_p_all(3, x),
    "legendre_p_all and its slope": lambda x: special.legendre_p_all(3, x, diff_n=1),
    "assoc_legendre_p_all": lambda x: special.assoc_legendre_p_all(3, 2, x),
    "sph_legendre_p_all": lambda x: special.sph_legendre_p_all(2, 2, x),
    "lpn": lambda x: special.lpn(3, x[0])[0],
    "lpmn": lambda x: special.lpmn(2, 3, x[0])[0],
    "factorial extended": lambda x: special.factorial(x - 1.5, extend="complex"),
    "factorial2 extended": lambda x: special.factorial2(x, extend="complex"),
    "factorialk extended": lambda x: special.factorialk(x + 3.0, 3, extend="complex"),
    "softplus": lambda x: special.softplus(x),
    "legendre_p": lambda x: special.legendre_p(3, x),
    "legendre_p and its slope": lambda x: special.legendre_p(3, x, diff_n=1),
    "assoc_legendre_p": lambda x: special.assoc_legendre_p(3, 1, x),
    "sph_legendre_p": lambda x: special.sph_legendre_p(3, 1, x),
}
FUNCTIONS |= {name: f for name, f in NEWER.items() if hasattr(special, name.split()[0])}


def differences(f, x, h=1e-3):
    """Central differences, extrapolated twice: the error is of order h^6."""
    d = [
        np.stack([(np.asarray(f(x + s * e)) - np.asarray(f(x - s * e))) / (2 * s) for e in np.eye(x.size)], -1)
        for s in (h, h / 2, h / 4)
    ]
    d = [(4 * fine - coarse) / 3 for coarse, fine in zip(d, d[1:], strict=False)]
    return (16 * d[1] - d[0]) / 15


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_values_bit_for_bit_and_derivatives(name, mode):
    f = FUNCTIONS[name]
    value, derivative = dualtape.value_and_jacobian(f, mode=mode)(X)
    assert np.array_equal(value, f(X))
    np.testing.assert_allclose(derivative, differences(f, X), rtol=1e-7, atol=1e-8)


@pytest.mark.parametrize("name", sorted(set(FUNCTIONS) - {"legendre_p and its slope", "legendre_p_all and its slope"}))
def test_second_derivatives(name):
    f = FUNCTIONS[name]
    found = dualtape.hessian(lambda x: np.sum(f(x)))(X)
    expected = differences(lambda x: dualtape.grad(lambda x: np.sum(f(x)))(x), X)
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_program_replays(name):
    f = FUNCTIONS[name]
    program = dualtape.record(f, X)
    assert np.array_equal(program(X * 1.0625), f(X * 1.0625))


@pytest.mark.parametrize(
    ("name", "f"),
    [
        ("ellip_harm", lambda x: special.ellip_harm(5.0, 8.0, 1, 1, x[0] + 1.0)),
        ("jacobi", lambda x: special.jacobi(3, x[0], 0.5)(0.3)),
        ("sph_harm_y", lambda x: special.sph_harm_y(2, 1, x, x, diff_n=1)[1]),
        ("pbdv_seq", lambda x: special.pbdv_seq(x[0], 0.5)[0]),
        ("lqn", lambda x: special.lqn(2, x + 1j)[0]),
    ],
)
def test_what_has_no_rule_is_refused_by_name(name, f):
    with pytest.raises(UnsupportedOperation) as caught:
        dualtape.jacobian(f)(X)
    assert f"scipy.special.{name}" in caught.value.problem and caught.value.remedy


PLAIN = {"SpecialFunctionError", "SpecialFunctionWarning", "errstate", "geterr", "seterr"}


def test_every_name_of_scipy_special_is_in_one_class():
    """A new name in SciPy fails here, as does one of ours that is neither."""
    kinds = dualtape.supported()
    missing = [name for name in special.__all__ if name not in PLAIN and f"scipy.special.{name}" not in kinds]
    assert missing == ["sinc"] and dualtape.supported("np.sinc").kind == "differentiated"  # NumPy's own
    found = {kinds[f"scipy.special.{name}"] for name in special.__all__ if name not in {*missing, *PLAIN}}
    assert found == {"differentiated", "derivative-free", "refused"}
    for name in special.__all__:
        found = kinds.get(f"scipy.special.{name}")
        assert found != "refused" or dualtape.supported(f"scipy.special.{name}").detail, name


@pytest.mark.parametrize(
    ("f", "count"),
    [
        (lambda n: special.bernoulli(n)[-1], 4.0),
        (lambda n: special.euler(n)[-1], 4.0),
        (lambda n: special.legendre(3)(0.5) * special.roots_legendre(3)[0][-1] * n**0, 2.0),
    ],
)
def test_what_counts_has_derivative_zero(f, count):
    value, slope = dualtape.value_and_grad(f)(count)
    assert value == f(count) and slope == 0.0


@pytest.mark.parametrize("f", [lambda n: special.factorial2(n), lambda n: special.factorial(n, exact=True)])
def test_factorials_of_floats_raise_what_scipy_raises(f):
    with pytest.raises(ValueError) as expected:
        f(2.5)
    with pytest.raises(ValueError, match=str(expected.value)[:30].replace("(", ".")):
        dualtape.grad(f)(2.5)
