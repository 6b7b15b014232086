"""scipy.special's functions of complex numbers, and those of real numbers whose values are complex: the entries of
complex_special.py. Identities are those of the Digital Library of Mathematical Functions (DLMF).

A derivative in an order or a parameter is there where all operands are real; beside a complex argument it is refused by
name."""

import numpy as np
import scipy.special as sc

from ..complex_special import OfReal, analytic, define_complex, define_complex_ufunc
from . import airy, gammas, integrals, jets
from .entries import STEP, whole
from .registry import special

_ROOT_PI = np.sqrt(np.pi)
_UNKNOWN = complex(np.nan, np.nan)
_PARAMETER = "the derivative in this parameter is known where all operands are real"


def _is_at(z, point):
    return (np.real(z) == point) & (np.imag(z) == 0.0)


def _limit(z, point, limit, quotient):
    """A quotient with a removable singularity."""
    at = _is_at(z, point)
    return np.where(at, limit, quotient(np.where(at, point + 1.0, z)))


# ---- error functions ----


def _log_ndtr_slope(z, v):
    """The density over the distribution function, which goes to 1 on the right, where erfcx overflows."""
    right = (np.real(z) > 3.0) & (np.abs(np.imag(z)) < np.real(z))
    left = np.sqrt(2.0 / np.pi) / sc.erfcx(-np.sqrt(0.5) * np.where(right, 0.0, z))
    z, v = np.where(right, z, 0.0), np.where(right, v, 0.0)
    return np.where(right, np.exp(-0.5 * z * z - v) / np.sqrt(2.0 * np.pi), left)


_ERROR_FUNCTIONS = {
    "erf": lambda z, v: 2.0 / _ROOT_PI * np.exp(-(z * z)),
    "erfc": lambda z, v: -2.0 / _ROOT_PI * np.exp(-(z * z)),
    "erfi": lambda z, v: 2.0 / _ROOT_PI * np.exp(z * z),
    "erfcx": lambda z, v: 2.0 * z * v - 2.0 / _ROOT_PI,
    "wofz": lambda z, v: 2j / _ROOT_PI - 2.0 * z * v,
    "dawsn": lambda z, v: 1.0 - 2.0 * z * v,
    "ndtr": lambda z, v: np.exp(-0.5 * z * z) / np.sqrt(2.0 * np.pi),
    "log_ndtr": lambda z, v: _log_ndtr_slope(z, v),
}

# ---- elementary functions, integrals of such ----

_INTEGRALS = {
    "expm1": lambda z, v: np.exp(z),
    "log1p": lambda z, v: 1.0 / (1.0 + z),
    "exp1": lambda z, v: -np.exp(-z) / z,
    "expi": lambda z, v: np.exp(z) / z,
    "spence": lambda z, v: _limit(z, 1.0, -1.0, lambda z: np.log1p(z - 1.0) / (1.0 - z)),
    "wrightomega": lambda z, v: v / (1.0 + v),
    "_sinpi": lambda z, v: np.pi * sc._ufuncs._cospi(z),
    "_cospi": lambda z, v: -np.pi * sc._ufuncs._sinpi(z),
}

# ---- gamma functions ----


def _reflected_slope(z):
    """The derivative of 1/gamma(z) = sin(pi z) gamma(1 - z)/pi."""
    w = 1.0 - z
    return (np.cos(np.pi * z) - np.sin(np.pi * z) * sc.psi(w) / np.pi) * sc.gamma(w)


def _rgamma_slope(z, v):
    """Of what vanishes at 0, -1, ..., too."""
    left = np.real(z) < 0.5
    return np.where(left, _reflected_slope(np.where(left, z, 0.25)), -v * sc.psi(np.where(left, 1.0, z)))


_GAMMAS = {
    "gamma": lambda z, v: v * sc.psi(z),
    "loggamma": lambda z, v: sc.psi(z),
    "rgamma": _rgamma_slope,
    "psi": lambda z, v: analytic("_polygamma", 1.0, z),
}

for _name, _slope in (_ERROR_FUNCTIONS | _INTEGRALS | _GAMMAS).items():
    define_complex_ufunc(getattr(sc._ufuncs, _name, None), _name, "z", _slope)

_SHIFTS = 24


def _right_polygamma(n, z):
    """For real parts from 1/2 on: the recurrence up to where the asymptotic series has all digits (DLMF 5.15.9)."""
    total = sum((z + k) ** -(n + 1) for k in range(_SHIFTS)) * sc.gamma(n + 1.0)
    z = z + _SHIFTS
    total = total + sc.gamma(n) / z**n + 0.5 * sc.gamma(n + 1.0) / z ** (n + 1)
    for k, bernoulli in enumerate(gammas.BERNOULLI, start=1):
        total = total + bernoulli * sc.poch(2.0 * k + 1.0, n - 1.0) / z ** (2 * k + n)
    return (-1.0) ** (n + 1) * total


def _cotangent_slope(n, z):
    """The n-th derivative of c = cot(pi z), n > 0: a polynomial in c times 1 + c^2, since c' = -pi (1 + c^2)."""
    c, one = np.polynomial.Polynomial([0.0, 1.0]), np.polynomial.Polynomial([1.0])
    factor = -np.pi * one
    for _ in range(n - 1):
        factor = -np.pi * (2.0 * c * factor + (one + c * c) * factor.deriv())
    below = np.imag(z) < 0.0
    z = np.where(below, np.conj(z), z)
    e = np.exp(2j * np.pi * (z - np.rint(np.real(z))))
    found = factor(1j * (e + 1.0) / (e - 1.0)) * (-4.0 * e / np.square(e - 1.0))
    return np.where(below, np.conj(found), found)


def _polygamma(n, z):
    """The n-th derivative of psi, n > 0; on the left by the reflection formula (DLMF 5.15.6)."""
    n, z = int(np.max(n)), np.asarray(z, dtype=complex)
    left = np.real(z) < 0.5
    found = _right_polygamma(n, np.where(left, 1.0 - z, z))
    reflected = (-1.0) ** n * found - np.pi * _cotangent_slope(n, np.where(left, z, 0.25))
    return np.where(left, reflected, found)[()]


define_complex("_polygamma", "n z", _polygamma, STEP, lambda n, z, v: analytic("_polygamma", n + 1.0, z))

# ---- functions of several results ----


def _over(function):
    """sin(z)/z, and the like."""
    return lambda z, v: _limit(z, 0.0, 1.0, lambda z: function(z) / z)


define_complex_ufunc(sc.airy, "airy", "z", *airy.PARTIALS)


def _real_growth(z):
    """Along both axes, the derivative of -|real(2/3 z^(3/2))|, by which SciPy scales Bi."""
    root = np.sqrt(z)
    side = np.sign(np.real(z * root))
    return -side * np.real(root), side * np.imag(root)


def _scaled(slope, growth, v):
    """The derivative along both axes of f g, where f is analytic, v = f g, and growth that of log(g)."""
    along, across = growth
    return slope + along * v, 1j * slope + across * v


define_complex_ufunc(
    sc.airye,
    "airye",
    "z",
    (lambda z, v: sc.airye(z)[1] + np.sqrt(z) * v,),
    (lambda z, v: z * sc.airye(z)[0] + np.sqrt(z) * v,),
    (lambda z, v: _scaled(sc.airye(z)[3], _real_growth(z), v),),
    (lambda z, v: _scaled(z * sc.airye(z)[2], _real_growth(z), v),),
)
define_complex_ufunc(sc.fresnel, "fresnel", "z", *integrals.FRESNEL)
define_complex_ufunc(sc.sici, "sici", "z", (_over(np.sin),), (lambda z, v: np.cos(z) / z,))
define_complex_ufunc(sc.shichi, "shichi", "z", (_over(np.sinh),), (lambda z, v: np.cosh(z) / z,))
define_complex_ufunc(
    sc.kelvin,
    "kelvin",
    "x",
    (lambda x, v: sc.kelvin(x)[2],),
    (lambda x, v: sc.kelvin(x)[3],),
    (lambda x, v: 1j * sc.kelvin(x)[0] - _limit(x, 0.0, 0.5j, lambda x: sc.kelvin(x)[2] / x),),
    (lambda x, v: 1j * sc.kelvin(x)[1] - v / x,),
)
define_complex_ufunc(
    sc.modfresnelp,
    "modfresnelp",
    "x",
    (lambda x, v: -np.exp(1j * (x * x)),),
    (lambda x, v: -2j * x * v - np.exp(-0.25j * np.pi) / _ROOT_PI,),
)
define_complex_ufunc(
    sc.modfresnelm,
    "modfresnelm",
    "x",
    (lambda x, v: -np.exp(-1j * (x * x)),),
    (lambda x, v: 2j * x * v - np.exp(0.25j * np.pi) / _ROOT_PI,),
)

# ---- Lambert's W: the branch counts ----

define_complex_ufunc(
    getattr(sc._ufuncs, "_lambertw", None),
    "_lambertw",
    "z k tol",
    lambda z, k, tol, w: np.exp(-w) / (1.0 + w),
    STEP,
    STEP,
)

# ---- Bessel functions ----


def _slope_in_order(turn, factor=None):
    """The derivative of J + i turn Y in a real order, where the argument is real."""

    def partial(nu, z, v):
        j, y = (special(f"_{kind}", nu, z, orders=(1,)) for kind in "jy")
        found = j + 1j * turn * y
        return found if factor is None else found * factor(z)

    return OfReal(partial, _PARAMETER)


def _bessel(name, before, after, scale=None, in_order=_PARAMETER):
    """f' = before f_(v - 1) + after f_(v + 1), and what the scaling adds to that."""
    f = getattr(sc, name)

    def in_argument(nu, z, v):
        slope = before * f(nu - 1.0, z) + after * f(nu + 1.0, z)
        return slope if scale is None else scale(slope, z, v)

    define_complex_ufunc(f, name, "v z", in_order, in_argument)


def _by_imaginary_part(slope, z, v):
    """f is scaled by exp(-|imag(z)|)."""
    return _scaled(slope, (0.0, -np.sign(np.imag(z))), v)


def _by_real_part(slope, z, v):
    return _scaled(slope, (-np.sign(np.real(z)), 0.0), v)


_bessel("jv", 0.5, -0.5)
_bessel("yv", 0.5, -0.5)
_bessel("jve", 0.5, -0.5, _by_imaginary_part)
_bessel("yve", 0.5, -0.5, _by_imaginary_part)
_bessel("iv", 0.5, 0.5)
_bessel("ive", 0.5, 0.5, _by_real_part)
_bessel("kv", -0.5, -0.5)
_bessel("kve", -0.5, -0.5, lambda slope, z, v: slope + v)
_bessel("hankel1", 0.5, -0.5, in_order=_slope_in_order(1.0))
_bessel("hankel2", 0.5, -0.5, in_order=_slope_in_order(-1.0))
_bessel(
    "hankel1e",
    0.5,
    -0.5,
    lambda slope, z, v: slope - 1j * v,
    _slope_in_order(1.0, lambda x: np.exp(-1j * x)),
)
_bessel(
    "hankel2e",
    0.5,
    -0.5,
    lambda slope, z, v: slope + 1j * v,
    _slope_in_order(-1.0, lambda x: np.exp(1j * x)),
)


def _spherical(name, sign):
    """f'' by the differential equation (DLMF 10.47.1-2)."""
    define_complex_ufunc(
        getattr(sc._ufuncs, f"_spherical_{name}", None),
        f"_spherical_{name}",
        "n z",
        STEP,
        lambda n, z, v: getattr(sc._ufuncs, f"_spherical_{name}_d")(whole(n), z),
    )
    define_complex_ufunc(
        getattr(sc._ufuncs, f"_spherical_{name}_d", None),
        f"_spherical_{name}_d",
        "n z",
        STEP,
        lambda n, z, v: (
            (n * (n + 1.0) / (z * z) - sign) * getattr(sc._ufuncs, f"_spherical_{name}")(whole(n), z) - 2.0 * v / z
        ),
    )


for _name, _sign in (("jn", 1.0), ("yn", 1.0), ("in", -1.0), ("kn", -1.0)):
    _spherical(_name, _sign)

# ---- hypergeometric functions ----

define_complex_ufunc(sc.hyp0f1, "hyp0f1", "v z", _PARAMETER, lambda b, z, v: sc.hyp0f1(b + 1.0, z) / b)
define_complex_ufunc(
    sc.hyp1f1,
    "hyp1f1",
    "a b x",
    _PARAMETER,
    _PARAMETER,
    lambda a, b, z, v: a / b * sc.hyp1f1(a + 1.0, b + 1.0, z),
)
define_complex_ufunc(
    sc.hyp2f1,
    "hyp2f1",
    "a b c z",
    _PARAMETER,
    _PARAMETER,
    _PARAMETER,
    lambda a, b, c, z, v: a * b / c * sc.hyp2f1(a + 1.0, b + 1.0, c + 1.0, z),
)

# ---- products with logarithms ----


def _ratio(x, y):
    """0/0 is nothing, as in the value."""
    nothing = _is_at(x, 0.0) & _is_at(y, 0.0)
    return np.where(nothing, 0.0, x / np.where(nothing, 1.0, y))


define_complex_ufunc(sc.xlogy, "xlogy", "x y", lambda x, y, v: np.log(y), lambda x, y, v: _ratio(x, y))
define_complex_ufunc(sc.xlog1py, "xlog1py", "x y", lambda x, y, v: np.log1p(y), lambda x, y, v: _ratio(x, 1.0 + y))

# ---- zeta ----

_MOST_TERMS = 1000


def _zeta_derivative(s, q, order):
    """As in gammas.py, with more terms where s has a large imaginary part."""
    order = int(np.max(order))
    s, q = np.broadcast_arrays(np.asarray(s, dtype=complex), np.asarray(q, dtype=np.float64))
    shape, s, q = s.shape, s.reshape(-1, 1), q.reshape(-1, 1)
    with np.errstate(all="ignore"):
        n_direct = 10 + int(min(np.max(np.abs(s), initial=0.0), _MOST_TERMS))
        found, magnitude = gammas.zeta_sum(s, q, order, n_direct)
        valid = np.isfinite(jets.trusted(found, magnitude, tolerance=1e-9))
    s, q = s[:, 0], q[:, 0]
    valid &= (q > 0.0) & (s != 1.0) & (s.real > -12.0) & (np.abs(s.imag) < _MOST_TERMS)
    return np.where(valid, found, _UNKNOWN).reshape(shape)[()]


def _zeta_in_q(s, q, k, v):
    """Of -s zeta(s + 1, q), differentiated in s."""
    following = -s * analytic("_zeta_s", s + 1.0, q, k)
    return following if np.max(k) == 0.0 else following - k * analytic("_zeta_s", s + 1.0, q, k - 1.0)


define_complex(
    "_zeta_s",
    "s q k",
    _zeta_derivative,
    lambda s, q, k, v: analytic("_zeta_s", s, q, k + 1.0),
    _zeta_in_q,
    STEP,
)
define_complex_ufunc(
    getattr(sc._ufuncs, "_zeta", None),
    "_zeta",
    "x q",
    lambda s, q, v: analytic("_zeta_s", s, q, 1.0),
    lambda s, q, v: -s * analytic("_zeta_s", s + 1.0, q, 0.0),
)
define_complex_ufunc(
    getattr(sc._ufuncs, "_riemann_zeta", None), "_riemann_zeta", "z", lambda s, v: analytic("_zeta_s", s, 1.0, 1.0)
)

# ---- Carlson's integrals ----


def _carlson(x, y, z, p, i, j, k, m):
    """As `_symmetric` of elliptic.py, off the negative axis: the strip in which the integrand is analytic ends at the
    argument next to that axis, and the step is as much smaller."""
    orders = [float(np.max(order)) for order in (i, j, k, m)]
    arrays = np.broadcast_arrays(*(np.asarray(a, dtype=complex) for a in (x, y, z, p)))
    shape = arrays[0].shape
    arrays = [a.reshape(-1, 1) for a in arrays]
    used = arrays if orders[3] else arrays[:3]
    sizes = [np.abs(a) for a in used]
    with np.errstate(all="ignore"):
        width = np.pi - np.max(
            [np.where(size > 0.0, np.abs(np.angle(a)), 0.0) for a, size in zip(used, sizes, strict=True)], axis=0
        )
        step = 0.5 * np.maximum(width, 0.02) / np.pi
        low = np.log(np.min([np.where(size > 0.0, size, np.inf) for size in sizes], axis=0))
        high = np.log(np.max(sizes, axis=0))
        reach = np.where(np.isfinite(high - low), high - low, 0.0) + 165.0
        s = low - 85.0 + step * np.arange(int(np.max(reach / step, initial=0.0)))
        t = np.exp(s)
        exponents = (0.5 + orders[0], 0.5 + orders[1], 0.5 + orders[2], orders[3])
        logs = sum(e * np.log(t + a) for e, a in zip(exponents, arrays, strict=True) if e)
        found = step[:, 0] * np.sum(np.where(s < low + 80.0 + reach, np.exp(s - logs), 0.0), axis=-1)
        vanishing = sum(np.where(a == 0.0, e, 0.0) for e, a in zip(exponents, arrays, strict=True))[:, 0]
    return np.where((width[:, 0] > 0.02) & (vanishing < 1.0), found, _UNKNOWN).reshape(shape)[()]


def _carlson_slope(which):
    def partial(x, y, z, p, *orders_and_v):
        orders = list(orders_and_v[:-1])
        factor = -(orders[which] + (0.0 if which == 3 else 0.5))
        orders[which] = orders[which] + 1.0
        return factor * analytic("_carlson", x, y, z, p, *orders)

    return partial


define_complex("_carlson", "x y z p i j k m", _carlson, *map(_carlson_slope, range(4)), STEP, STEP, STEP, STEP)


def _integral(x, y, z, i, j, k, p=1.0, m=0.0):
    return analytic("_carlson", x, y, z, p, float(i), float(j), float(k), float(m))


def _rg_slope(x, y, z):
    """As in elliptic.py."""
    return 0.125 * (_integral(x, y, z, 0, 0, 0) - x * _integral(x, y, z, 1, 0, 0))


_CARLSON = {
    "elliprf": (
        "x y z",
        lambda x, y, z, v: -0.25 * _integral(x, y, z, 1, 0, 0),
        lambda x, y, z, v: -0.25 * _integral(x, y, z, 0, 1, 0),
        lambda x, y, z, v: -0.25 * _integral(x, y, z, 0, 0, 1),
    ),
    "elliprd": (
        "x y z",
        lambda x, y, z, v: -0.75 * _integral(x, y, z, 1, 0, 1),
        lambda x, y, z, v: -0.75 * _integral(x, y, z, 0, 1, 1),
        lambda x, y, z, v: -2.25 * _integral(x, y, z, 0, 0, 2),
    ),
    "elliprj": (
        "x y z p",
        lambda x, y, z, p, v: -0.75 * _integral(x, y, z, 1, 0, 0, p, 1),
        lambda x, y, z, p, v: -0.75 * _integral(x, y, z, 0, 1, 0, p, 1),
        lambda x, y, z, p, v: -0.75 * _integral(x, y, z, 0, 0, 1, p, 1),
        lambda x, y, z, p, v: -1.5 * _integral(x, y, z, 0, 0, 0, p, 2),
    ),
    "elliprc": (
        "x y",
        lambda x, y, v: -0.25 * _integral(x, y, y, 1, 0, 0),
        lambda x, y, v: -0.5 * _integral(x, y, y, 0, 1, 0),
    ),
    "elliprg": (
        "x y z",
        lambda x, y, z, v: _rg_slope(x, y, z),
        lambda x, y, z, v: _rg_slope(y, x, z),
        lambda x, y, z, v: _rg_slope(z, x, y),
    ),
}
for _name, (_arguments, *_slopes) in _CARLSON.items():
    define_complex_ufunc(getattr(sc, _name, None), _name, _arguments, *_slopes)

# ---- polynomials: the degree, here too, counts ----


def _lower(n):
    return np.where(n == 0.0, 0.0, n - 1.0)


def _polynomial(name, arguments, slope):
    def in_argument(n, *operands):
        *operands, v = operands
        return np.where(n == 0.0, 0.0, slope(n, *operands))

    parameters = (_PARAMETER,) * (len(arguments.split()) - 2)
    define_complex_ufunc(getattr(sc, name), name, arguments, STEP, *parameters, in_argument)


def _gegenbauer(n, a, x):
    return sc.eval_gegenbauer(_lower(n), a, x)


_polynomial(
    "eval_jacobi",
    "n alpha beta x",
    lambda n, a, b, x: 0.5 * (n + a + b + 1.0) * sc.eval_jacobi(_lower(n), a + 1.0, b + 1.0, x),
)
_polynomial("eval_sh_jacobi", "n p q x", lambda n, p, q, x: n * sc.eval_sh_jacobi(_lower(n), p + 2.0, q + 1.0, x))
_polynomial("eval_gegenbauer", "n alpha x", lambda n, a, x: 2.0 * a * _gegenbauer(n, a + 1.0, x))
_polynomial("eval_genlaguerre", "n alpha x", lambda n, a, x: -sc.eval_genlaguerre(_lower(n), a + 1.0, x))
_polynomial("eval_laguerre", "n x", lambda n, x: -sc.eval_genlaguerre(_lower(n), 1.0, x))
_polynomial("eval_legendre", "n x", lambda n, x: _gegenbauer(n, 1.5, x))
_polynomial("eval_sh_legendre", "n x", lambda n, x: 2.0 * _gegenbauer(n, 1.5, 2.0 * x - 1.0))
_polynomial("eval_chebyt", "n x", lambda n, x: n * sc.eval_chebyu(_lower(n), x))
_polynomial("eval_sh_chebyt", "n x", lambda n, x: 2.0 * n * sc.eval_chebyu(_lower(n), 2.0 * x - 1.0))
_polynomial("eval_chebyc", "n x", lambda n, x: n * sc.eval_chebyu(_lower(n), 0.5 * x))
_polynomial("eval_chebyu", "n x", lambda n, x: 2.0 * _gegenbauer(n, 2.0, x))
_polynomial("eval_sh_chebyu", "n x", lambda n, x: 4.0 * _gegenbauer(n, 2.0, 2.0 * x - 1.0))
_polynomial("eval_chebys", "n x", lambda n, x: _gegenbauer(n, 2.0, 0.5 * x))
