"""scipy.special with complex operands and results: values are SciPy's bit for bit, derivatives those of mpmath or of
differences, first and second order, in every engine; what there is no rule for is refused by name."""

import io
import sys

import differences
import engines
import mpmath
import numpy as np
import pytest

special = pytest.importorskip("scipy.special")

import dualtape  # noqa: E402
from dualtape.errors import UnsupportedOperation  # noqa: E402
from dualtape.ops import complex_special as registry  # noqa: E402

registry.load()
UFUNCS = sys.modules["scipy.special._ufuncs"]
NAMES = sorted(name for name in registry.NAMES if hasattr(UFUNCS, name))

# real operands that stand before complex ones, and behind them
BEFORE = dict.fromkeys("jv jve iv ive hyp0f1 hankel1 hankel1e hankel2 hankel2e".split(), (1.3,))
BEFORE |= dict.fromkeys("yv yve kv kve".split(), (0.7,))
BEFORE |= {"hyp1f1": (0.5, 1.2), "hyp2f1": (0.5, 0.3, 1.2)}
BEFORE |= {name: (4.0,) for name in NAMES if name.startswith("eval_")}
BEFORE |= {"eval_jacobi": (4.0, 0.5, 0.3), "eval_sh_jacobi": (4.0, 2.5, 1.3)}
BEFORE |= {"eval_gegenbauer": (4.0, 0.6), "eval_genlaguerre": (4.0, 0.6)}
BEFORE |= {name: (2,) for name in NAMES if name.startswith("_spherical")}
BEHIND = {"_lambertw": (0, 1e-8), "_zeta": (1.0,)}
POINTS = np.array([0.7, 0.4, 1.3, -0.3, 0.9, 0.2, 1.1, 0.6])
TOLERANCE = 2e-8
BETWEEN_ENGINES = 1e-11


def takes_complex(ufunc):
    return any("D" in loop.partition("->")[0] for loop in ufunc.types)


def real_function(name):
    """The parts of all results of a ufunc, as a function of the parts of its last operands; and a point."""
    ufunc, before, behind = getattr(UFUNCS, name), BEFORE.get(name, ()), BEHIND.get(name, ())
    n = ufunc.nin - len(before) - len(behind)

    def f(x):
        zs = [x[2 * k] + 1j * x[2 * k + 1] if takes_complex(ufunc) else x[2 * k] for k in range(n)]
        found = ufunc(*before, *zs, *behind)
        found = found if isinstance(found, tuple) else (found,)
        return np.stack([part for w in found for part in (np.real(w), np.imag(w))])

    return f, POINTS[: 2 * n]


TESTED = [name for name in NAMES if name != "_zeta"]  # which SciPy computes for few complex numbers


def test_every_ufunc_with_complex_values_has_an_entry():
    """A new one in SciPy, or a loop that it gains, fails here by name."""
    missing = [
        name
        for name in dir(special)
        if isinstance(getattr(special, name), np.ufunc)
        and any("D" in loop for loop in getattr(special, name).types)
        and getattr(special, name).__name__ not in registry.NAMES
    ]
    assert missing == []


@pytest.mark.parametrize("name", TESTED)
def test_value_bit_for_bit_and_derivative_that_of_differences(name, jacobian):
    f, x = real_function(name)
    value, derivative = jacobian(f, x)
    assert np.array_equal(value, f(x))
    np.testing.assert_allclose(derivative, differences.jacobian(f, x), rtol=TOLERANCE, atol=TOLERANCE)


@pytest.mark.parametrize("name", TESTED)
def test_second_derivative_is_that_of_differences_of_the_first(name):
    f, x = real_function(name)
    weights = np.cos(np.arange(f(x).size))
    found = engines.second_by_adjoints(f, weights, np.eye(x.size), x)
    expected = differences.jacobian(lambda x: weights @ engines.by_adjoints(f, x)[1], x)
    np.testing.assert_allclose(found, expected, rtol=20 * TOLERANCE, atol=20 * TOLERANCE)
    for engine in (engines.second_by_hyperduals, engines.second_by_nesting):
        np.testing.assert_allclose(
            engine(f, weights, np.eye(x.size), x), found, rtol=BETWEEN_ENGINES, atol=BETWEEN_ENGINES
        )


@pytest.mark.parametrize("name", TESTED)
def test_a_program_replays_at_another_point_and_from_a_file(name):
    f, x = real_function(name)
    program, file = dualtape.record(f, x), io.BytesIO()
    program.save(file)
    file.seek(0)
    for P in (program, dualtape.load(file)):
        assert np.array_equal(P(x * 1.0625), f(x * 1.0625))
        np.testing.assert_allclose(P.jacobian(x), engines.by_adjoints(f, x)[1], rtol=1e-12, atol=1e-12)


# ---- digits, by mpmath ----

PLACES = [0.3 + 0.8j, -2.3 + 0.4j, 1.7 - 2.1j, -0.6 - 0.9j]
TRUE = {
    "erf": mpmath.erf,
    "erfc": mpmath.erfc,
    "erfi": mpmath.erfi,
    "wofz": lambda z: mpmath.exp(-z * z) * mpmath.erfc(-1j * z),
    "dawsn": lambda z: mpmath.sqrt(mpmath.pi) / 2 * mpmath.exp(-z * z) * mpmath.erfi(z),
    "log_ndtr": lambda z: mpmath.log(mpmath.erfc(-z / mpmath.sqrt(2)) / 2),
    "loggamma": mpmath.loggamma,
    "gamma": mpmath.gamma,
    "rgamma": mpmath.rgamma,
    "psi": mpmath.digamma,
    "exp1": mpmath.e1,
    "sici": lambda z: [mpmath.si(z), mpmath.ci(z)],
    "shichi": lambda z: [mpmath.shi(z), mpmath.chi(z)],
    "fresnel": lambda z: [mpmath.fresnels(z), mpmath.fresnelc(z)],
    "airy": lambda z: [
        mpmath.airyai(z), mpmath.airyai(z, derivative=1), mpmath.airybi(z), mpmath.airybi(z, derivative=1)
    ],
    "spence": lambda z: mpmath.polylog(2, 1 - z),
    "jv": lambda z: mpmath.besselj(1.3, z),
    "yv": lambda z: mpmath.bessely(0.7, z),
    "iv": lambda z: mpmath.besseli(1.3, z),
    "kv": lambda z: mpmath.besselk(0.7, z),
    "hankel1": lambda z: mpmath.hankel1(1.3, z),
    "hyp1f1": lambda z: mpmath.hyp1f1(0.5, 1.2, z),
    "_lambertw": mpmath.lambertw,
    "wrightomega": lambda z: mpmath.lambertw(mpmath.exp(z)),
    "eval_legendre": lambda z: mpmath.legendre(4, z),
    "_riemann_zeta": mpmath.zeta,
}  # fmt: skip
LOOSE = {"_riemann_zeta": 1e-9, "hyp1f1": 1e-11}


@pytest.mark.parametrize("z", PLACES)
@pytest.mark.parametrize("name", sorted(set(TRUE) & set(TESTED)))
def test_both_derivatives_have_the_digits_of_mpmath(name, z):
    ufunc, before, behind = getattr(UFUNCS, name), BEFORE.get(name, ()), BEHIND.get(name, ())
    if name == "wrightomega" and abs(z.imag) > 3.0:
        pytest.skip("another branch of W")

    def f(t):
        found = ufunc(*before, z + t, *behind)
        return np.stack(found if isinstance(found, tuple) else [found])

    def expected(k):
        with mpmath.workdps(30):
            count = np.size(TRUE[name](z))
            return np.array([complex(_of(name, z, j, k)) for j in range(count)])

    first = dualtape.jacobian(f)(0.0)
    second = dualtape.jacobian(dualtape.jacobian(f))(0.0)
    for k, found in ((1, first), (2, second)):
        true = expected(k)
        np.testing.assert_allclose(np.ravel(found), true, rtol=LOOSE.get(name, 1e-12), atol=1e-14 * np.max(abs(true)))


def _of(name, z, j, k):
    def g(w):
        found = TRUE[name](w)
        return found[j] if isinstance(found, list) else found

    return mpmath.diff(g, z, k)


@pytest.mark.parametrize("n", [1, 2, 3, 5])
@pytest.mark.parametrize("z", [0.3 + 2j, -2.5 + 0.1j, -7.2 - 3j, 30 + 40j, -30.3 + 1e-3j, 0.1 - 40j])
def test_polygamma_in_the_whole_plane(n, z):
    found = registry.FUNCTIONS["_polygamma"].value(float(n), z)
    assert found == pytest.approx(complex(mpmath.psi(n, z)), rel=1e-11)


# ---- particular points ----


def along(f):
    """The derivatives along both axes at t = 0 of a function of a complex number."""
    return dualtape.jacobian(lambda t: f(t[0] + 1j * t[1]))(np.zeros(2))


@pytest.mark.parametrize(
    ("f", "slope"),
    [
        (lambda z: special.sici(z)[0], 1.0),
        (lambda z: special.shichi(z)[0], 1.0),
        (lambda z: special.spence(1.0 + z), -1.0),
        (lambda z: special.rgamma(z - 3.0), -6.0),
        (lambda z: special.lambertw(z), 1.0),
        (lambda z: special.xlogy(z, 1.0 + z), 0.0),
        (lambda z: special.eval_legendre(0, z), 0.0),
    ],
)
def test_removable_points_have_their_limit(f, slope):
    np.testing.assert_allclose(along(f), [slope, slope * 1j], rtol=1e-14)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_a_part_that_is_not_used_is_not_connected(mode):
    """psi has a pole at -1: a branch that was not taken."""

    def f(x):
        return np.where(x > 0.0, special.psi(x + 0j).real, 0.0)

    found = dualtape.jacobian(f, mode=mode)(np.array([-1.0, 0.5]))
    assert found[0, 0] == found[0, 1] == 0.0 and found[1, 1] == pytest.approx(special.polygamma(1, 0.5))


@pytest.mark.parametrize("v", [0.7, 2.0])
@pytest.mark.parametrize("name", ["hankel1", "hankel2", "hankel1e", "hankel2e"])
def test_hankel_functions_in_a_real_order(name, v):
    def f(v):
        found = getattr(special, name)(v, 1.5)
        return np.stack([found.real, found.imag])

    np.testing.assert_allclose(dualtape.jacobian(f)(v), np.ravel(differences.jacobian(f, v)), rtol=1e-9)


@pytest.mark.parametrize("branch", [-1, 0, 3])
def test_branches_of_lambertw(branch):
    def f(x):
        found = special.lambertw(x, branch)
        return np.stack([found.real, found.imag])

    x = np.array([-0.2, 0.5, -3.0])
    value, derivative = engines.by_adjoints(f, x)
    assert np.array_equal(value, f(x))
    np.testing.assert_allclose(derivative, differences.jacobian(f, x), rtol=1e-8, atol=1e-9)


def test_a_traced_branch_is_a_whole_number_with_derivative_zero():
    value, slope = dualtape.value_and_grad(lambda k: special.lambertw(0.5, k).imag)(2.0)
    assert value == special.lambertw(0.5, 2).imag and slope == 0.0


def test_zeta_of_complex_numbers():
    z = 0.5 + 14.1j
    found = dualtape.jacobian(lambda t: special.zeta(z + t))(0.0)
    assert found == pytest.approx(complex(mpmath.zeta(z, 1, 1)), rel=1e-11)


def test_a_derivative_that_is_not_known_is_not_a_number_in_both_parts():
    """Far on the left no digits are left of that of zeta."""
    found = dualtape.jacobian(lambda t: parts_of(special.zeta(-27.5 - 1.3j + t)))(0.0)
    assert np.isnan(found).all()


def parts_of(z):
    return np.stack([z.real, z.imag])


@pytest.mark.parametrize("z", [43.2 - 0.6j, 5.0 + 1j, 3.1 - 8j, -40.0 + 3j, 2.9 + 0.1j])
def test_log_ndtr_where_parts_of_it_overflow(z):
    with mpmath.workdps(50):
        w = mpmath.mpc(z)
        true = mpmath.exp(-w * w / 2) / mpmath.sqrt(2 * mpmath.pi) / (mpmath.erfc(-w / mpmath.sqrt(2)) / 2)
    found = dualtape.jacobian(lambda t: special.log_ndtr(z + t))(0.0)
    assert found == pytest.approx(complex(true), rel=1e-11, abs=1e-300)


# ---- refused ----


@pytest.mark.parametrize(
    ("f", "argument"),
    [
        (lambda t: special.jv(t, 1.0 + 1j), "v"),
        (lambda t: special.hankel1(t, 1.0 + 1j), "v"),
        (lambda t: special.hyp2f1(0.3, t, 1.2, 0.3 + 0.1j), "b"),
        (lambda t: special.eval_gegenbauer(2, t, 0.3 + 0.1j), "alpha"),
    ],
)
def test_a_parameter_beside_a_complex_argument_is_refused_by_name(f, argument):
    with pytest.raises(UnsupportedOperation, match=f"scipy.special.* has no derivative in {argument}"):
        dualtape.jacobian(f)(0.7)


@pytest.mark.parametrize("name", ["beta", "gammaln", "expit", "j0", "ellipk", "gammainc", "betainc", "erfinv"])
def test_what_scipy_does_not_take_raises_its_own_error(name):
    ufunc = getattr(special, name)
    with pytest.raises(TypeError) as expected:
        ufunc(*[0.5 + 0.1j] * ufunc.nin)
    with pytest.raises(TypeError) as found:
        dualtape.jacobian(lambda t: ufunc(*[t + 0.1j] * ufunc.nin))(0.5)
    assert str(expected.value) in str(found.value)


def test_a_complex_order_is_scipys_error():
    with pytest.raises(TypeError, match="jv"):
        dualtape.jacobian(lambda t: special.jv(t + 1j, 1.0))(0.5)


@pytest.mark.parametrize("name", ["wofz", "erf"])
def test_results_are_stored_and_selected(name):
    def f(x):
        out = np.zeros(2, dtype=complex)
        getattr(special, name)(x + 0.5j, out=out, where=[True, False])
        return np.stack([out.real, out.imag])

    x = np.array([0.3, 0.8])
    value, derivative = dualtape.value_and_jacobian(f)(x)
    assert np.array_equal(value, f(x))
    np.testing.assert_allclose(derivative, differences.jacobian(f, x), rtol=1e-9, atol=1e-10)


def test_several_results_are_stored():
    def f(x):
        outs = [np.zeros(2, dtype=complex) for _ in range(2)]
        special.sici(x + 0.5j, out=tuple(outs))
        return np.stack([part for out in outs for part in (out.real, out.imag)])

    x = np.array([0.3, 0.8])
    value, derivative = dualtape.value_and_jacobian(f)(x)
    assert np.array_equal(value, f(x))
    np.testing.assert_allclose(derivative, differences.jacobian(f, x), rtol=1e-9, atol=1e-10)


WITHOUT_RULE = [
    (name, k)
    for name, entry in registry.FUNCTIONS.items()
    for k, partial in enumerate(entry.partials)
    if isinstance(partial, str) and partial is not registry.STEP
]


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize(("name", "k"), WITHOUT_RULE)
def test_the_row_itself_names_what_it_has_no_rule_for(name, k, mode):
    """Whoever calls it: the derivatives of other functions do, too."""
    entry = registry.FUNCTIONS[name]
    others = [0.4] * (len(entry.arguments) - 1) + [0.3 + 0.1j]

    def f(x):
        return np.abs(registry.analytic(name, *others[:k], x, *others[k + 1 :]))

    with pytest.raises(UnsupportedOperation, match=f"{name} has no derivative in {entry.arguments[k]}: .*real"):
        dualtape.grad(f, mode=mode)(0.7)
