"""What each row of the table is, in mpmath: 50 digits, derivatives by differences at raised precision.

Imports nothing that it judges. A function is given by its definition, not by a formula of its derivative.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import mpmath as mp

mp.mp.dps = 50

HALF = mp.mpf(1) / 2
ROOT2 = mp.sqrt(2)


def _heaviside(x, y):
    return mp.mpf(0) if x < 0 else mp.mpf(1) if x > 0 else y


def _maximum(x, y):
    return x if x >= y else y


def _minimum(x, y):
    return x if x <= y else y


def _copysign(x, y):
    return abs(x) if y > 0 else -abs(x)


def _truncated(q):
    return mp.floor(q) if q > 0 else mp.ceil(q)


def _sinc(x):
    return mp.sin(mp.pi * x) / (mp.pi * x) if x != 0 else mp.mpf(1)


def _boxcox(x, y):
    return mp.log(x) if y == 0 else mp.expm1(y * mp.log(x)) / y


def _inv_boxcox(x, y):
    return mp.exp(x) if y == 0 else mp.exp(mp.log1p(x * y) / y)


def _huber(x, y):
    return y * y / 2 if abs(y) <= x else x * (abs(y) - x / 2)


def _quantile(log_p):
    """The t < 1 of the normal distribution with log Phi(t) = log_p."""
    square = -2 * log_p - mp.log(2 * mp.pi)
    start = -mp.sqrt(square - mp.log(square)) if square > 6 else (mp.exp(log_p) - HALF) * mp.sqrt(2 * mp.pi)
    pair = (start, start + mp.mpf(1) / 1000)
    return mp.findroot(lambda t: _log_ndtr(t) - log_p, pair, tol=mp.eps * 1000, maxsteps=60)


def _ndtri(p):
    return _quantile(mp.log(p)) if p <= 0.75 else -_quantile(mp.log(1 - p))


def _ndtri_exp(x):
    return _quantile(x) if x <= -0.25 else -_quantile(mp.log(-mp.expm1(x)))


def _erfcinv(x):
    return -_ndtri(x / 2) / ROOT2


def _log_ndtr(x):
    return mp.log(mp.erfc(-x / ROOT2) / 2)


@cache
def _tanh_sinh():
    """Nodes and weights on (0, 1) for analytic integrands (Takahasi and Mori 1974)."""
    with mp.workdps(70):
        steps = [mp.mpf(k) / 16 for k in range(-70, 71)]
        inner = [mp.pi / 2 * mp.sinh(t) for t in steps]
        weights = [mp.pi * mp.cosh(t) / mp.cosh(u) ** 2 / 64 for t, u in zip(steps, inner, strict=True)]
        return [((1 + mp.tanh(u)) / 2, w) for u, w in zip(inner, weights, strict=True)]


def _owens_t(h, a):
    """The integral that defines it."""
    rule = ((a * t, a * w) for t, w in _tanh_sinh())
    return sum(w * mp.exp(-h * h * (1 + t * t) / 2) / (1 + t * t) for t, w in rule) / (2 * mp.pi)


@cache
def _macdonald_nodes():
    with mp.workdps(70):
        return [(mp.mpf(k) / 24, mp.cosh(mp.mpf(k) / 24) - 1) for k in range(24 * 13)]


def _scaled_macdonald(nu, x):
    """exp(x) K_nu(x), the integral of exp(-x (cosh t - 1)) cosh(nu t) over t > 0, x > 1e-4, by the trapezoidal rule."""
    if x > 100:
        return mp.exp(x) * mp.besselk(nu, x)
    terms = [mp.exp(-x * c) * mp.cosh(nu * t) for t, c in _macdonald_nodes()]
    return (sum(terms) - terms[0] / 2) / 24


def _macdonald(nu, x):
    return mp.exp(-x) * _scaled_macdonald(nu, x)


def _wrightomega(x):
    return mp.lambertw(mp.exp(x))


def _student(df, t):
    tail = mp.betainc(df / 2, HALF, 0, df / (df + t * t), regularized=True) / 2
    return tail if t < 0 else 1 - tail


def _gammaincinv(a, p):
    """Bisection in floats finds the start, the secant method the digits."""
    low, high = -30.0, 6.0  # of log t
    while high - low > 1e-3:
        middle = (low + high) / 2
        below = mp.gammainc(a, 0, mp.exp(middle), regularized=True) < p
        low, high = (middle, high) if below else (low, middle)
    return mp.findroot(lambda t: mp.gammainc(a, 0, t, regularized=True) - p, mp.exp((low + high) / 2))


FUNCTIONS: dict[str, Callable] = {
    "add": lambda x, y: x + y,
    "subtract": lambda x, y: x - y,
    "multiply": lambda x, y: x * y,
    "divide": lambda x, y: x / y,
    "negative": lambda x: -x,
    "stop_gradient": lambda x: x,
    "positive": lambda x: x,
    "conjugate": lambda x: x,
    "square": lambda x: x * x,
    "reciprocal": lambda x: 1 / x,
    "sqrt": mp.sqrt,
    "root": mp.sqrt,
    "cbrt": lambda x: mp.sign(x) * mp.cbrt(abs(x)),
    "absolute": abs,
    "fabs": abs,
    "deg2rad": mp.radians,
    "radians": mp.radians,
    "rad2deg": mp.degrees,
    "degrees": mp.degrees,
    "sign": mp.sign,
    "floor": mp.floor,
    "ceil": mp.ceil,
    "trunc": _truncated,
    "rint": mp.nint,
    "round": mp.nint,
    "floor_divide": lambda x, y: mp.floor(x / y),
    "heaviside": _heaviside,
    "less": lambda x, y: mp.mpf(x < y),
    "less_equal": lambda x, y: mp.mpf(x <= y),
    "greater": lambda x, y: mp.mpf(x > y),
    "greater_equal": lambda x, y: mp.mpf(x >= y),
    "equal": lambda x, y: mp.mpf(x == y),
    "not_equal": lambda x, y: mp.mpf(x != y),
    "logical_and": lambda x, y: mp.mpf(bool(x and y)),
    "logical_or": lambda x, y: mp.mpf(bool(x or y)),
    "kept": lambda x, y: x if y else mp.mpf(0),
    "dropped": lambda x, y: mp.mpf(0) if y else x,
    "valued": lambda x, y: x,
    "defined": lambda x, y: x,
    "maximum": _maximum,
    "minimum": _minimum,
    "fmax": _maximum,
    "fmin": _minimum,
    "copysign": _copysign,
    "remainder": lambda x, y: x - y * mp.floor(x / y),
    "fmod": lambda x, y: x - y * _truncated(x / y),
    "ldexp": lambda x, y: x * mp.mpf(2) ** y,
    "power": lambda x, y: x**y,
    "float_power": lambda x, y: x**y,
    "scalar_power": lambda x, y: x**y,
    "powm1": lambda x, y: x**y - 1,
    "hypot": mp.hypot,
    "arctan2": mp.atan2,
    "logaddexp": lambda x, y: mp.log(mp.exp(x) + mp.exp(y)),
    "logaddexp2": lambda x, y: mp.log(mp.mpf(2) ** x + mp.mpf(2) ** y, 2),
    "exp": mp.exp,
    "exp2": lambda x: mp.mpf(2) ** x,
    "special_exp2": lambda x: mp.mpf(2) ** x,
    "exp10": lambda x: mp.mpf(10) ** x,
    "expm1": mp.expm1,
    "special_expm1": mp.expm1,
    "log": mp.log,
    "log2": lambda x: mp.log(x, 2),
    "log10": mp.log10,
    "log1p": mp.log1p,
    "log_d": lambda x: 1 / x,
    "reciprocal_d": lambda x: -1 / x**2,
    "cbrt_d": lambda x: mp.cbrt(abs(x)) / (3 * abs(x)),
    "arcsin_d": lambda x: 1 / mp.sqrt(1 - x * x),
    "arccos_d": lambda x: -1 / mp.sqrt(1 - x * x),
    "arctan_d": lambda x: 1 / (1 + x * x),
    "arcsinh_d": lambda x: 1 / mp.sqrt(1 + x * x),
    "arctanh_d": lambda x: 1 / (1 - x * x),
    "tanh_d": lambda x: mp.sech(x) ** 2,
    "expit_d": lambda x: mp.sech(x / 2) ** 2 / 4,
    "erf_d": lambda x: 2 / mp.sqrt(mp.pi) * mp.exp(-x * x),
    "erfc_d": lambda x: -2 / mp.sqrt(mp.pi) * mp.exp(-x * x),
    "ndtr_d": lambda x: mp.exp(-x * x / 2) / mp.sqrt(2 * mp.pi),
    "logit_d": lambda x: 1 / (x * (1 - x)),
    "expi_d": lambda x: mp.exp(x) / x,
    "exp1_d": lambda x: -mp.exp(-x) / x,
    "divide_dy": lambda x, y: -x / y**2,
    "power_dx": lambda x, y: y * x ** (y - 1),
    "hypot_dx": lambda x, y: x / mp.hypot(x, y),
    "hypot_dy": lambda x, y: y / mp.hypot(x, y),
    "arctan2_dx": lambda x, y: y / (x * x + y * y),
    "arctan2_dy": lambda x, y: -x / (x * x + y * y),
    "special_log1p": mp.log1p,
    "special_cbrt": lambda x: mp.sign(x) * mp.cbrt(abs(x)),
    "sin": mp.sin,
    "cos": mp.cos,
    "tan": mp.tan,
    "arcsin": mp.asin,
    "arccos": mp.acos,
    "arctan": mp.atan,
    "sinc": _sinc,
    "sinh": mp.sinh,
    "cosh": mp.cosh,
    "tanh": mp.tanh,
    "arcsinh": mp.asinh,
    "arccosh": mp.acosh,
    "arctanh": mp.atanh,
    "cosm1": lambda x: -2 * mp.sin(x / 2) ** 2,
    "exprel": lambda x: mp.expm1(x) / x if x != 0 else mp.mpf(1),
    "sindg": lambda x: mp.sin(mp.radians(x)),
    "cosdg": lambda x: mp.cos(mp.radians(x)),
    "tandg": lambda x: mp.tan(mp.radians(x)),
    "cotdg": lambda x: mp.cot(mp.radians(x)),
    "expit": lambda x: 1 / (1 + mp.exp(-x)),
    "log_expit": lambda x: -mp.log1p(mp.exp(-x)),
    "logit": lambda x: mp.log(x / (1 - x)),
    "wrightomega": _wrightomega,
    "spence": lambda x: mp.polylog(2, 1 - x).real,
    "boxcox": _boxcox,
    "boxcox1p": lambda x, y: _boxcox(1 + x, y),
    "inv_boxcox": _inv_boxcox,
    "inv_boxcox1p": lambda x, y: _inv_boxcox(x, y) - 1,
    "xlogy": lambda x, y: x * mp.log(y),
    "xlog1py": lambda x, y: x * mp.log1p(y),
    "entr": lambda x: -x * mp.log(x),
    "rel_entr": lambda x, y: x * mp.log(x / y),
    "kl_div": lambda x, y: x * mp.log(x / y) - x + y,
    "huber": _huber,
    "pseudo_huber": lambda x, y: x * x * (mp.sqrt(1 + (y / x) ** 2) - 1),
    "erf": mp.erf,
    "erfc": mp.erfc,
    "erfi": mp.erfi,
    "erfcx": lambda x: mp.exp(x * x) * mp.erfc(x),
    "dawsn": lambda x: mp.sqrt(mp.pi) / 2 * mp.exp(-x * x) * mp.erfi(x),
    "erfinv": mp.erfinv,
    "erfcinv": _erfcinv,
    "ndtr": mp.ncdf,
    "ndtri": _ndtri,
    "log_ndtr": _log_ndtr,
    "ndtri_exp": _ndtri_exp,
    "owens_t": _owens_t,
    "_zeta": mp.zeta,
    "psi": mp.digamma,
    "gammaln": mp.loggamma,
    "loggamma": mp.loggamma,
    "gamma": mp.gamma,
    "rgamma": mp.rgamma,
    "gammasgn": lambda x: mp.sign(mp.gamma(x)),
    "beta": mp.beta,
    "betaln": lambda x, y: mp.loggamma(x) + mp.loggamma(y) - mp.loggamma(x + y),
    "poch": lambda x, y: mp.gamma(x + y) / mp.gamma(x),
    "expi": mp.ei,
    "exp1": mp.e1,
    "expn": mp.expint,
    "_igam_fac": lambda x, y: y**x * mp.exp(-y) / mp.gamma(x),
    "gammainc": lambda x, y: mp.gammainc(x, 0, y, regularized=True),
    "gammaincc": lambda x, y: mp.gammainc(x, y, mp.inf, regularized=True),
    "gammaincinv": _gammaincinv,
    "gammainccinv": lambda x, y: _gammaincinv(x, 1 - y),
    "chdtr": lambda x, y: mp.gammainc(x / 2, 0, y / 2, regularized=True),
    "chdtrc": lambda x, y: mp.gammainc(x / 2, y / 2, mp.inf, regularized=True),
    "stdtr": _student,
    "ellipk": mp.ellipk,
    "ellipkm1": lambda x: mp.ellipk(1 - x),
    "ellipe": mp.ellipe,
    "ellipkinc": mp.ellipf,
    "ellipeinc": mp.ellipe,
    "j0": lambda x: mp.besselj(0, x),
    "j1": lambda x: mp.besselj(1, x),
    "y0": lambda x: mp.bessely(0, x),
    "y1": lambda x: mp.bessely(1, x),
    "i0": lambda x: mp.besseli(0, x),
    "i1": lambda x: mp.besseli(1, x),
    "k0": lambda x: _macdonald(0, x),
    "k1": lambda x: _macdonald(1, x),
    "i0e": lambda x: mp.exp(-abs(x)) * mp.besseli(0, x),
    "i1e": lambda x: mp.exp(-abs(x)) * mp.besseli(1, x),
    "k0e": lambda x: _scaled_macdonald(0, x),
    "k1e": lambda x: _scaled_macdonald(1, x),
    "jv": mp.besselj,
    "jve": mp.besselj,
    "yv": mp.bessely,
    "yve": mp.bessely,
    "yn": mp.bessely,
    "iv": mp.besseli,
    "kv": _macdonald,
    "kn": _macdonald,
    "ive": lambda x, y: mp.exp(-abs(y)) * mp.besseli(x, y),
    "kve": _scaled_macdonald,
    "hyp0f1": mp.hyp0f1,
}

FUNCTIONS |= {
    f"math_{name.replace('arc', 'a')}": FUNCTIONS[name]
    for name in (
        "arccos arccosh arcsin arcsinh arctan arctan2 arctanh cbrt cos cosh erf erfc exp exp2 expm1 log log10 log1p "
        "log2 sin sinh tan tanh"
    ).split()
}


@cache
def exact(name: str, point: tuple[float, ...], orders: tuple[int, ...]) -> mp.mpf:
    """The partial derivative of row `name` at the float64 numbers `point`, to some 30 digits."""
    function, at = FUNCTIONS[name], tuple(mp.mpf(coordinate) for coordinate in point)
    if not any(orders):
        return mp.re(function(*at))
    for k, order in enumerate(orders):
        if order:
            function = _differentiated(function, k, order)
    return mp.re(function(*at))


def _differentiated(function, k, order):
    """The partial derivative of `function` in operand `k`, by differences in units of that operand."""

    def partial(*at):
        unit = at[k] or mp.mpf(1)
        return mp.diff(lambda t: function(*at[:k], t * unit, *at[k + 1 :]), at[k] / unit, order) / unit**order

    return partial


def conditioned(name: str, point: tuple[float, ...], orders: tuple[int, ...], smooth: tuple[bool, ...]) -> mp.mpf:
    """|f| + sum_k |x_k df/dx_k| for that partial f: what one rounding of the result and of each operand may change.

    `smooth[k]` is False for operands in which no derivative is wanted (an order that is an integer).
    """
    scale = abs(exact(name, point, orders))
    for k, coordinate in enumerate(point):
        if smooth[k]:
            raised = tuple(order + (j == k) for j, order in enumerate(orders))
            scale += abs(coordinate * exact(name, point, raised))
    return scale
