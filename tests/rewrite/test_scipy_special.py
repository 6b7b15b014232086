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
    "a polynomial": lambda x: special.legendre(3)(x),
    "nodes": lambda x: np.sin(np.outer(x, special.roots_legendre(4)[0])) @ special.roots_legendre(4)[1],
}
NEWER = {
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


@pytest.mark.parametrize("name", sorted(set(FUNCTIONS) - {"legendre_p and its slope"}))
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
        ("factorial2", lambda x: special.factorial2(x)),
    ],
)
def test_what_has_no_rule_is_refused_by_name(name, f):
    with pytest.raises(UnsupportedOperation) as caught:
        dualtape.jacobian(f)(X)
    assert f"scipy.special.{name}" in caught.value.problem and caught.value.remedy
