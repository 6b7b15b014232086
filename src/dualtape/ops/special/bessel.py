"""Bessel functions of real order in their order, and the functions of their kind: spherical ones, Struve's, Kelvin's,
the integrals of those of order 0.

Derivatives in the order come from the integrals of Schlaefli (DLMF 10.9.6, 10.9.7, 10.32.9), differentiated below the
integral sign, from the power series where J is small (DLMF 10.15.1), and from Hankel's expansions far out (DLMF
10.17.3, 10.40). Where none of them has digits left the derivative is not a number."""

import numpy as np
import scipy.special as sc

from . import jets
from .jets import Jet
from .registry import STEP, define, define_ufunc, define_with_parameters, raised, special

_TRUST = 1e-9


def _is_far(nu, x):
    return x > 25.0 + 0.5 * nu * nu


def _moment(theta, order):
    return theta**order if order else np.ones_like(theta)


def _phase(order):
    """d^k/dnu^k cos(nu t - s) = t^k cos(nu t - s + k pi/2)."""
    return 0.5 * np.pi * order


def _by_angles(nu, x, order, wave):
    """(1/pi) times the integral over (0, pi) of the k-th derivative of wave(nu t - x sin t) in nu."""
    n = 40 + int(0.7 * np.max(np.where(np.isfinite(x + nu), np.abs(x) + np.abs(nu), 0.0), initial=0.0))
    t, w = jets.interval(min(n, 1500))
    t = np.pi * t
    return np.sum(w * _moment(t, order) * wave(nu * t - x * np.sin(t) + _phase(order)), axis=-1)


def _by_decay(x, factor):
    """The integral over t > 0 of exp(-x sinh t) factor(t), with the sum of the terms' magnitudes."""
    reach = np.arcsinh(750.0 / x)
    t, w = jets.interval(160)
    t = reach * t
    with np.errstate(all="ignore"):
        terms = w * reach * np.exp(-x * np.sinh(t)) * factor(t)
    return np.sum(terms, axis=-1), np.sum(np.abs(terms), axis=-1)


def _leibniz_sine(nu, t, order, wave):
    """The k-th derivative in nu of wave(nu pi) exp(-nu t)."""
    return sum(
        sc.comb(order, j) * np.pi**j * wave(nu * np.pi + _phase(j)) * (-t) ** (order - j) for j in range(order + 1)
    ) * np.exp(-nu * t)


def _power_series(nu, x, order, sign):
    """Derivatives in nu of (x/2)^nu sum of (sign x^2/4)^k/(k! gamma(nu + k + 1)), and the magnitude of the terms."""
    parameter = Jet.variable(nu, 0, (order,))
    term = jets.exp(parameter * np.log(0.5 * x)) * jets.rgamma(parameter + 1.0)
    total, magnitude = term, np.abs(term.c[(order,)])
    square = sign * 0.25 * x * x
    for k in range(1, 400):
        denominator = parameter + k
        safe = np.where(denominator.value == 0.0, np.nan, 1.0)
        term = term * (square / k * safe) / denominator
        total = total + term
        magnitude = magnitude + np.abs(term.c[(order,)])
        if not np.any(np.abs(term.c[(order,)]) > 1e-18 * magnitude):
            break
    factor = sc.gamma(order + 1.0)
    return (total.c[(order,)] * factor)[:, 0], (magnitude * factor)[:, 0]


def _hankel_terms(nu, x, order, sign):
    """sum of (sign i)^k a_k(nu)/x^k as two jets: even and odd terms (DLMF 10.17.1); `sign` -1: real, alternating."""
    parameter = Jet.variable(nu, 0, (order,))
    square = parameter * parameter * 4.0
    term = Jet.constant(np.ones_like(x), (order,))
    parts = [term, Jet.constant(np.zeros_like(x), (order,))]
    for k in range(1, 40):
        term = term * (square - (2.0 * k - 1.0) ** 2) * (1.0 / (8.0 * k * x))
        parts[k % 2] = parts[k % 2] + term * (1.0 if sign > 0 else (-1.0) ** (k // 2))
    return parts


def _far_oscillating(nu, x, order, is_y):
    p, q = _hankel_terms(nu, x, order, -1)
    parameter = Jet.variable(nu, 0, (order,))
    angle = parameter * (-0.5 * np.pi) + (x - 0.25 * np.pi)
    a = angle.value
    cycle = (np.cos(a), -np.sin(a), -np.cos(a), np.sin(a))
    cosine = jets.composed([cycle[k % 4] / sc.gamma(k + 1.0) for k in range(order + 1)], angle)
    cycle = (np.sin(a), np.cos(a), -np.sin(a), -np.cos(a))
    sine = jets.composed([cycle[k % 4] / sc.gamma(k + 1.0) for k in range(order + 1)], angle)
    wave = p * sine + q * cosine if is_y else p * cosine - q * sine
    return (wave.derivative() * np.sqrt(2.0 / (np.pi * x)))[:, 0]


def _order_derivative(nu, x, order, near):
    """Flat columns for `near`, NaN outside x > 0."""
    (nu, x), shape = jets.columns(nu, x)
    valid = (x > 0.0) & np.isfinite(x) & np.isfinite(nu)
    with np.errstate(all="ignore"):
        found = near(np.where(valid, nu, 0.5), np.where(valid, x, 1.0), order)
    return np.where(valid[:, 0], found, np.nan).reshape(shape)[()]


def _j(nu, x, order):
    far = _is_far(nu, x)[:, 0]
    near = np.where(_is_far(nu, x), 1.0, x)
    integral = _by_angles(nu, near, order, np.cos)
    tail, size = _by_decay(near, lambda t: _leibniz_sine(nu, t, order, np.sin))
    by_integral, its_error = integral - tail / np.pi, np.pi**order + size
    series, magnitude = _power_series(nu, near, order, -1.0)
    by_series = magnitude < its_error
    scale = np.abs(sc.jv(nu, x))[:, 0]
    found = jets.trusted(
        np.where(by_series, series, by_integral), np.where(by_series, magnitude, its_error), scale, _TRUST
    )
    found = np.where((near[:, 0] + np.abs(nu[:, 0]) > 2000.0) & ~by_series, np.nan, found)
    return np.where(far, _far_oscillating(nu, x, order, False), found)


def _y(nu, x, order):
    far = _is_far(nu, x)[:, 0]
    near = np.where(_is_far(nu, x), 1.0, x)
    integral = -_by_angles(nu, near, order, np.sin)
    growing, size = _by_decay(near, lambda t: t**order * np.exp(nu * t))
    falling, more = _by_decay(near, lambda t: _leibniz_sine(nu, t, order, np.cos))
    found = integral - (growing + falling) / np.pi
    found = jets.trusted(found, np.pi**order + size + more, np.abs(sc.yv(nu, x))[:, 0], _TRUST)
    found = np.where(near[:, 0] + np.abs(nu[:, 0]) > 2000.0, np.nan, found)
    return np.where(far, _far_oscillating(nu, x, order, True), found)


def _k_scaled(nu, x, order):
    """exp(x) K: the integral of exp(-x (cosh t - 1)) t^k cosh(nu t), or sinh where k is odd; the trapezoidal rule."""
    reach = np.arccosh(1.0 + (750.0 + 6.0 * np.abs(nu) * np.log1p((np.abs(nu) + 50.0) / x)) / x)
    n = 600
    t = reach * np.arange(1, n + 1) / n
    wave = np.sinh if order % 2 else np.cosh
    c = 2.0 * np.square(np.sinh(0.5 * t))
    inner = np.sum(np.exp(-x * c) * t**order * wave(nu * t), axis=-1)
    return (reach[:, 0] / n) * (inner + (0.5 if order == 0 else 0.0))


def _i_scaled(nu, x, order):
    """exp(-x) I."""
    far = _is_far(nu, x)[:, 0]
    near = np.where(_is_far(nu, x), 1.0, x)
    n, w = jets.interval(60 + int(min(1200.0, 4.0 * np.sqrt(np.max(near)) + np.max(np.abs(nu)))))
    t = np.pi * n
    integral = np.sum(
        w * np.exp(-2.0 * near * np.square(np.sin(0.5 * t))) * _moment(t, order) * np.cos(nu * t + _phase(order)),
        axis=-1,
    )
    reach = np.arccosh(1.0 + 750.0 / near)
    s, w = jets.interval(160)
    s = reach * s
    terms = w * reach * np.exp(-near * (1.0 + np.cosh(s))) * _leibniz_sine(nu, s, order, np.sin)
    by_integral = integral - np.sum(terms, axis=-1) / np.pi
    its_error = np.pi**order + np.sum(np.abs(terms), axis=-1)
    series, magnitude = _power_series(nu, np.minimum(near, 60.0), order, 1.0)
    series, magnitude = series * np.exp(-near[:, 0]), magnitude * np.exp(-near[:, 0])
    by_series = (magnitude < its_error) & (near[:, 0] <= 60.0)
    scale = sc.ive(nu, x)[:, 0]
    found = jets.trusted(
        np.where(by_series, series, by_integral), np.where(by_series, magnitude, its_error), np.abs(scale), _TRUST
    )
    even, odd = _hankel_terms(nu, x, order, 1)
    asymptotic = ((even - odd).derivative() / np.sqrt(2.0 * np.pi * x))[:, 0]
    return np.where(far, asymptotic, found)


for _name, _kernel in (("j", _j), ("y", _y), ("i_scaled", _i_scaled), ("k_scaled", _k_scaled)):

    def _evaluated(nu, x, order, _kernel=_kernel):
        return _order_derivative(nu, x, order, _kernel)

    def _in_argument(nu, x, v, order, _name=_name):
        below, above = (special(f"_{_name}", nu + shift, x, orders=(order,)) for shift in (-1.0, 1.0))
        if _name in ("j", "y"):
            return 0.5 * (below - above)
        return 0.5 * (below + above) - v if _name == "i_scaled" else v - 0.5 * (below + above)

    define(f"_{_name}", "v x", _evaluated, raised(f"_{_name}"), _in_argument)


def _slope(name, nu, x):
    return special(f"_{name}", nu, x, orders=(1,))


for _name, _f in (("jv", sc.jv), ("jve", sc.jv), ("yv", sc.yv), ("yve", sc.yv)):
    define_ufunc(
        getattr(sc, _name),
        _name,
        "v z",
        lambda nu, x, v, k=_name[0]: _slope(k, nu, x),
        lambda nu, x, v, f=_f: 0.5 * (f(nu - 1.0, x) - f(nu + 1.0, x)),
    )
define_ufunc(
    sc.iv,
    "iv",
    "v z",
    lambda nu, x, v: np.exp(np.abs(x)) * _slope("i_scaled", nu, x),
    lambda nu, x, v: 0.5 * (sc.iv(nu - 1.0, x) + sc.iv(nu + 1.0, x)),
)
define_ufunc(
    sc.ive,
    "ive",
    "v z",
    lambda nu, x, v: _slope("i_scaled", nu, x),
    lambda nu, x, v: 0.5 * (sc.ive(nu - 1.0, x) + sc.ive(nu + 1.0, x)) - np.sign(x) * v,
)
define_ufunc(
    sc.kv,
    "kv",
    "v z",
    lambda nu, x, v: np.exp(-x) * _slope("k_scaled", nu, x),
    lambda nu, x, v: -0.5 * (sc.kv(nu - 1.0, x) + sc.kv(nu + 1.0, x)),
)
define_ufunc(
    sc.kve,
    "kve",
    "v z",
    lambda nu, x, v: _slope("k_scaled", nu, x),
    lambda nu, x, v: v - 0.5 * (sc.kve(nu - 1.0, x) + sc.kve(nu + 1.0, x)),
)
define_ufunc(
    sc.yn, "yn", "n x", STEP, lambda n, x, v: 0.5 * (sc.yv(np.trunc(n) - 1.0, x) - sc.yv(np.trunc(n) + 1.0, x))
)
define_ufunc(
    sc.kn, "kn", "n x", STEP, lambda n, x, v: -0.5 * (sc.kv(np.trunc(n) - 1.0, x) + sc.kv(np.trunc(n) + 1.0, x))
)

# ---- spherical ones: f' is a ufunc of its own, f'' comes from the differential equation ----

for _name, _sign in (("jn", 1.0), ("yn", 1.0), ("in", -1.0), ("kn", -1.0)):
    _f = getattr(sc._ufuncs, f"_spherical_{_name}", None)
    _d = getattr(sc._ufuncs, f"_spherical_{_name}_d", None)
    define_ufunc(_f, f"_spherical_{_name}", "n z", STEP, lambda n, z, v, d=_name: special(f"_spherical_{d}_d", n, z))
    define_ufunc(
        _d,
        f"_spherical_{_name}_d",
        "n z",
        STEP,
        lambda n, z, v, s=_sign, f=_name: (
            (n * (n + 1.0) / np.square(z) - s) * special(f"_spherical_{f}", n, z) - 2.0 * v / z
        ),
    )

# ---- Struve's functions ----


def _struve_rest(nu, x, order):
    """Derivatives of (x/2)^nu/(sqrt(pi) gamma(nu + 3/2)) in nu."""
    parameter = Jet.variable(nu, 0, (order,))
    power = jets.exp(parameter * np.log(0.5 * np.asarray(x, dtype=np.float64)))
    return (power * jets.rgamma(parameter + 1.5)).derivative() / np.sqrt(np.pi)


define(
    "_struve_rest",
    "v x",
    _struve_rest,
    raised("_struve_rest"),
    lambda nu, x, v, order: (
        (nu * v + (order * special("_struve_rest", nu, x, orders=(order - 1,)) if order else 0.0)) / x
    ),
)


def _struve_order(nu, x, sign, order):
    """Derivatives in nu of sum of sign^k (x/2)^(2k + nu + 1)/(gamma(k + 3/2) gamma(k + nu + 3/2)) (DLMF 11.2.1)."""
    (nu, x), shape = jets.columns(nu, x)
    with np.errstate(all="ignore"):
        parameter = Jet.variable(nu, 0, (order,))
        term = jets.exp((parameter + 1.0) * np.log(0.5 * x)) * jets.rgamma(parameter + 1.5) * (2.0 / np.sqrt(np.pi))
        total, magnitude = term, np.abs(term.c[(order,)])
        for k in range(1, 300):
            term = term * (sign * 0.25 * x * x / (k + 0.5)) / (parameter + (k + 0.5))
            total, magnitude = total + term, magnitude + np.abs(term.c[(order,)])
        scale = np.abs(sc.struve(nu, x) if sign < 0 else sc.modstruve(nu, x))
        found = jets.trusted(total.c[(order,)], magnitude, scale, _TRUST) * sc.gamma(order + 1.0)
    valid = (x > 0.0) & (x < 200.0)
    return np.where(valid, found, np.nan).reshape(shape)[()]


def _struve_in_x(name, sign):
    """d^k/dnu^k of the derivative in x, (f_(nu-1) -+ f_(nu+1) + rest)/2 (DLMF 11.4.25-28)."""

    def partial(nu, x, v, order=0):
        below, above = (special(f"_{name}", nu + shift, x, orders=(order,)) for shift in (-1.0, 1.0))
        return 0.5 * (below + sign * above + special("_struve_rest", nu, x, orders=(order,)))

    return partial


for _name, _sign in (("struve", -1.0), ("modstruve", 1.0)):

    def _kernel(nu, x, order, _sign=_sign):
        return _struve_order(nu, x, _sign, order)

    _in_x = _struve_in_x(_name, _sign)
    define_with_parameters(getattr(sc, _name), _name, "v x", _kernel, _in_x, _in_x)

# ---- Kelvin's functions: f'' by the differential equation ----


def _over(f, x):
    """f/x; 0 at 0, where f vanishes to higher order."""
    return np.where(x == 0.0, 0.0, f / np.where(x == 0.0, 1.0, x))


define_ufunc(sc.ber, "ber", "x", lambda x, v: sc.berp(x))
define_ufunc(sc.bei, "bei", "x", lambda x, v: sc.beip(x))
define_ufunc(sc.ker, "ker", "x", lambda x, v: sc.kerp(x))
define_ufunc(sc.kei, "kei", "x", lambda x, v: sc.keip(x))
define_ufunc(sc.berp, "berp", "x", lambda x, v: -sc.bei(x) - _over(v, x))
define_ufunc(sc.beip, "beip", "x", lambda x, v: sc.ber(x) - np.where(x == 0.0, 0.5, v / np.where(x == 0.0, 1.0, x)))
define_ufunc(sc.kerp, "kerp", "x", lambda x, v: -sc.kei(x) - v / x)
define_ufunc(sc.keip, "keip", "x", lambda x, v: sc.ker(x) - v / x)

# ---- integrals ----


def _less_one(x, sign):
    """(I_0(x) - 1)/x or, sign -1, (1 - J_0(x))/x: the power series near 0."""
    near = np.abs(x) < 2.0
    s = np.square(np.where(near, x, 0.0)) * (0.25 * sign)
    total = 0.0
    for k in range(16, 0, -1):
        total = (total * s + 1.0) / (k * k) if k > 1 else total * s + 1.0
    far = np.where(near, 1.0, x)
    direct = (sc.i0(far) - 1.0) / far if sign > 0 else (1.0 - sc.j0(far)) / far
    return np.where(near, 0.25 * x * total, direct)


define_ufunc(sc.iti0k0, "iti0k0", "x", (lambda x, v: sc.i0(x),), (lambda x, v: sc.k0(x),))
define_ufunc(sc.itj0y0, "itj0y0", "x", (lambda x, v: sc.j0(x),), (lambda x, v: sc.y0(x),))
define_ufunc(sc.it2i0k0, "it2i0k0", "x", (lambda x, v: _less_one(x, 1.0),), (lambda x, v: -sc.k0(x) / x,))
define_ufunc(sc.it2j0y0, "it2j0y0", "x", (lambda x, v: _less_one(x, -1.0),), (lambda x, v: -sc.y0(x) / x,))
define_ufunc(sc.itstruve0, "itstruve0", "x", lambda x, v: sc.struve(0.0, x))
define_ufunc(sc.it2struve0, "it2struve0", "x", lambda x, v: -sc.struve(0.0, x) / x)
define_ufunc(sc.itmodstruve0, "itmodstruve0", "x", lambda x, v: sc.modstruve(0.0, x))
define_ufunc(
    sc.besselpoly,
    "besselpoly",
    "a lmb nu",
    lambda a, power, nu, v: sc.besselpoly(a, power + 1.0, nu - 1.0) - sc.besselpoly(a, power + 1.0, nu + 1.0),
    "the integral of x^lmb log(x) J_nu(2 a x) has no ufunc",
    "the derivative of J_nu(2 a x) in nu would have to be integrated",
)
