"""What c/special.h does by cases, for active numbers: functions that first partials of the rule table call, written so
that the result can itself be differentiated, to any depth. Choices are made on primals; a choice not taken contributes
nothing. Called by partials.py, which does without the longer series of c/special.h.

A function here has its namesake's value, and the derivative of the smooth function that the case stands for: `fabs`,
which partials use for stability only, therefore takes the right-hand branch at 0."""

import numpy as np

from .functions import is_active, judged

_PI = np.pi
_SMALLEST_NORMAL = np.finfo(np.float64).tiny


def _where(condition, taken, otherwise):
    """np.where, which for scalars gives a scalar."""
    if np.ndim(condition) == 0:
        return taken if condition else otherwise
    return np.where(condition, taken, otherwise)


def within(inside, value):
    return _where(inside, value, value * np.nan)  # so that its derivatives are no numbers either


def sgn(x):
    return np.sign(judged(x))


def fabs(x):
    return x * _where(judged(x) < 0.0, -1.0, 1.0)


def leads(x, y, both):
    x, y = judged(x), judged(y)
    tied = 0.5 if both else -0.0
    return _where(x > y, 1.0, _where(x < y, -0.0, _where(x == y, tied, np.nan)))


def leads_nan(x, y, both):
    p, q = judged(x), judged(y)
    no_x, no_y = np.isnan(p), np.isnan(q)
    return _where(no_y & ~no_x, 1.0, _where(no_x & ~no_y, -0.0, leads(p, q, both)))


def at_zero(x):
    x = judged(x)
    return _where(x == 0.0, 1.0, _where(np.isnan(x), np.nan, -0.0))


def kept(x, y):
    return _where(judged(y) != 0.0, x, -0.0)


def dropped(x, y):
    return _where(judged(y) != 0.0, -0.0, x)


def _quotient_of_root(x, v):
    """``x/v`` for a distance v; at v = 0 it is 0 with unbounded slope, so that the second order is not a number."""
    zero = judged(v) == 0.0
    return _where(zero, np.sqrt(v), x / _where(zero, 1.0, v))


def root_d(v):
    return _quotient_of_root(0.5, v)


def hypot_d(x, y, v):
    return _quotient_of_root(x, v)


def arctan_d(x):
    far = np.abs(judged(x)) > 1e150
    r = 1.0 / _where(far, x, 1.0)
    return _where(far, r * r, 1.0 / (1.0 + np.square(_where(far, 0.0, x))))


def portion(v):
    small = judged(v) < 1.0
    return _where(small, v / (1.0 + v), 1.0 / (1.0 + 1.0 / _where(small, 1.0, v)))


def square_of(x):
    return np.square(x)


def within_turn(x):
    return x - 2.0 * np.rint(0.5 * judged(x))


def circled(x):
    return np.fmod(x, 360.0)


def over_square(p, x, y):
    scale = np.maximum(np.abs(judged(x)), np.abs(judged(y)))
    return p / scale / (np.square(x / scale) + np.square(y / scale)) / scale


def hypot1(x):
    return np.hypot(1.0, x)


def logistic(t, e):
    """``1/(1 + exp(-t))``. `e` is exp(-|t|), but its slope at t = 0 is that of a kink: it is computed anew."""
    positive = judged(t) >= 0.0
    e = np.exp(t * _where(positive, -1.0, 1.0))
    return _where(positive, 1.0, e) / (1.0 + e)


def bell(e):
    return e / np.square(1.0 + e)


def power_dx(x, y, v):
    """``y x^(y-1)``; a passive exponent 0 gives exactly 0 also at x = 0."""
    if is_active(y):
        return y * np.power(x, y - 1.0)
    zero = np.equal(y, 0.0)
    if not np.any(zero):
        return y * np.power(x, y - 1.0)
    return _where(zero, 0.0, y * np.power(x, _where(zero, 1.0, y) - 1.0))


def power_dxx(x, y, dx):
    """``y (y - 1) x^(y-2)`` for a passive exponent."""
    constant = (np.equal(y, 0.0)) | (np.equal(y, 1.0))
    return _where(constant, 0.0, y * (y - 1.0) * np.power(x, _where(constant, 2.0, y) - 2.0))


def quotient_dyy(y, dy):
    dyy = -2.0 * dy / y
    return _where(np.abs(judged(y)) > 1.0, unless_lost(dyy, dy), dyy)


def power_dy(x, v, log_x):
    """``v log(x)``, 0 where v = 0, with a slope that is not finite: the first derivatives of partials there are left to
    the kernels (partials.py)."""
    zero = (judged(v) == 0.0) & (judged(x) >= 0.0)
    return _where(zero, -np.sqrt(_where(zero, v, 1.0)), v * log_x) if np.any(zero) else v * log_x


def unless_lost(dd, d):
    lost = (judged(d) != 0.0) & (np.abs(judged(dd)) < _SMALLEST_NORMAL)
    return _where(lost, np.nan, dd) if np.any(lost) else dd


def far_out(dd, d, x):
    far = (np.abs(judged(x)) > 1e100) & (np.abs(judged(x)) < np.inf)
    return _where(far, unless_lost(dd, d), dd) if np.any(far) else dd


def far_product(p, q, x, y):
    dd = p * q
    far = (np.abs(judged(x)) > 1e100) | (np.abs(judged(y)) > 1e100)
    lost = far & (judged(p) != 0.0) & (judged(q) != 0.0) & (np.abs(judged(dd)) < _SMALLEST_NORMAL)
    return _where(lost, np.nan, dd) if np.any(lost) else dd


def flushed(x):
    return _where(np.abs(judged(x)) < _SMALLEST_NORMAL, 0.0, 1.0) * x


def log_ratio(x, y, log_of_ratio, log_x, log_y):
    q = np.abs(judged(x) / judged(y))
    return _where((q >= _SMALLEST_NORMAL) & (q < np.inf), log_of_ratio, log_x - log_y)


def power1p(x, p, e):
    return _where(np.abs(judged(x)) < 0.5, e, np.power(1.0 + x, p))


def arcsinh_dd(x, d):
    return -d * x / (1.0 + x * x)


def shifted(x, n):
    return x * np.exp2(judged(n))


def ratio(p, q):
    q_is_zero = judged(q) == 0.0
    return _where(q_is_zero & (judged(p) == 0.0), 0.0, p / q)


def fade(x, d):
    return _where(judged(d) == 0.0, 0.0, x * d)


def sinc_d(x, v, cos_t):
    """``(cos(t) - v)/x`` with ``t = pi x``; near 0 the Taylor series, whose derivatives are exact as well."""
    t = _PI * x
    near = np.abs(judged(t)) < 1.5
    s, total = np.square(t), 0.0
    for k in range(13, 0, -1):
        total = 1.0 - total * s * ((k + 1.0) / (k * (2.0 * k + 2.0) * (2.0 * k + 3.0)))
    series = -_PI * t * total / 3.0
    return _where(near, series, (cos_t - v) / _where(near, 1.0, x))


# ---- functions of SciPy: the same sums and recurrences as in c/special.h, which says where they come from ----


def _horner(t, coefficients):
    """``sum of c_k t^k``, for coefficients from the highest power down."""
    total = 0.0
    for c in coefficients:
        total = total * t + c
    return total


def _exprel_sum(t):
    """``sum of t^k/(k! (k + 2))``, the derivative of (exp(t) - 1)/t."""
    total = 0.0
    for k in range(28, 0, -1):
        total = (total + 1.0 / (k + 2.0)) * t / k
    return total + 0.5


def exprel_d(x, v, e):
    near = np.abs(judged(x)) < 1.5
    return _where(near, _exprel_sum(_where(near, x, 0.0)), (e - v) / _where(near, 1.0, x))


def boxcox_dy(l, y, e, v):  # noqa: E741
    t = y * l
    near = np.abs(judged(t)) < 1.5
    far = (_where(judged(e) == 0.0, 0.0, e * l) - v) / _where(near, 1.0, y)
    return _where(near, l * l * _exprel_sum(_where(near, t, 0.0)), far)


def inv_boxcox_g(s):
    near = np.abs(judged(s)) < 0.5
    r = _where(near, 1.0, s)
    series = -_horner(-_where(near, s, 0.0), [(k + 1.0) / (k + 2.0) for k in range(64, -1, -1)])
    return _where(near, series, (r / (1.0 + r) - np.log1p(r)) / np.square(r))


def spence_d(x, log_x):
    """``log(x)/(1 - x)``; near 1 its series in ``u = 1 - x``."""
    u = 1.0 - x
    near = np.abs(judged(u)) < 0.4
    series = -_horner(_where(near, u, 0.0), [1.0 / (k + 1.0) for k in range(56, -1, -1)])
    return _where(near, series, log_x / _where(near, 1.0, u))


def huber_dx(x, y):
    inside = np.abs(judged(y)) <= judged(x)
    return within(judged(x) >= 0.0, _where(inside, 0.0, np.abs(y) - x))


def huber_dy(x, y):
    inside = np.abs(judged(y)) <= judged(x)
    return within(judged(x) >= 0.0, _where(inside, y, x * np.sign(judged(y))))


def bend(u):
    """``p^2 q^2 (2 + 1/s)`` with ``s = hypot1(u)``, p = u/s, q = u/(1 + s): in 1/u where u is large, and even in u."""
    far = np.abs(judged(u)) > 1.0
    t, w = _where(far, 0.5, u), 1.0 / _where(far, fabs(u), 1.0)
    s, r = hypot1(t), hypot1(w)
    near = np.square(t / s) * np.square(t / (1.0 + s)) * (2.0 + 1.0 / s)
    return _where(far, (2.0 + w / r) / (np.square(r) * np.square(w + r)), near)


def cube(x):
    return x * x * x


def _erfc_ratio(x):
    start = 90
    r = (np.sqrt(x * x + 2.0 * start) - x) / (2.0 * start)
    for k in range(start, 1, -1):
        r = 0.5 / (x + k * r)
    return r


def erfcx_d(x, v):
    near = judged(x) < 1.0
    far = -2.0 * v * _erfc_ratio(_where(near, 1.0, x))
    return _where(near, 2.0 * x * v - 2.0 / np.sqrt(_PI), far)


def ndtri_exp_d(v, exp_x, expm1_x, e):
    below = judged(v) < 0.0
    return _where(below, e, exp_x * e / -_where(below, 1.0, expm1_x))


def dawson_d(x, v):
    near = np.abs(judged(x)) < 6.5
    s = 0.5 / np.square(_where(near, 7.0, x))
    terms = [1.0]
    for k in range(38):
        terms.append(terms[-1] * (2.0 * k + 1.0))
    return _where(near, 1.0 - 2.0 * x * v, -s * _horner(s, terms[38:0:-1]))


def rgamma_d(x, v, psi, mirrored_gamma, mirrored_psi):
    right = judged(x) >= 0.5
    r = x - 2.0 * np.rint(0.5 * judged(x))
    folded = _where(np.abs(judged(r)) > 0.5, np.sign(judged(r)) - r, r)
    left = mirrored_gamma * (np.cos(_PI * r) - mirrored_psi * np.sin(_PI * folded) / _PI)
    return _where(right, -v * _where(right, psi, 1.0), left)


_BERNOULLI = (1.0 / 6.0, -1.0 / 30.0, 1.0 / 42.0, -1.0 / 30.0, 5.0 / 66.0, -691.0 / 2730.0, 7.0 / 6.0)


def psi_gap(x, y, psi_x, psi_xy):
    regular = (judged(x) > 0.0) & (judged(y) > 0.0) & (judged(x) + judged(y) < 1e100)
    a, y, total = _where(regular, x, 12.0), _where(regular, y, 1.0), 0.0
    for _ in range(12):
        low = judged(a) < 12.0
        total = total + _where(low, y / (a + y) / a, 0.0)
        a = _where(low, a + 1.0, a)
    b, power = a + y, 1.0
    p, q, s = 1.0 / np.square(a), 1.0 / np.square(b), 1.0
    total = total + np.log1p(y / a) + 0.5 * y / (a * b)
    for k, bernoulli in enumerate(_BERNOULLI, start=1):
        total = total + bernoulli / (2.0 * k) * (y / a * (a + b) / b / (a * b)) * s
        power = power * q
        s = p * s + power
    return _where(regular, total, psi_xy - psi_x)


def lower_order(n, by):
    n = judged(n)
    return _where(n > by, n - by, _where(np.isnan(n), n, 0.0))


def expn_dy(n, x, v, e, lower):
    return _where(judged(n) >= 1.0, -lower, -(e + v) / x)


def _scaled_bessel_d(nu, x, sign, lead):
    total, term = 0.0, 1.0
    for k in range(40):
        total = total - term * ((k + 0.5) / x)
        term = term * (sign * (4.0 * nu * nu - (2.0 * k + 1.0) ** 2) / (8.0 * (k + 1.0))) / x
    return lead * total / np.sqrt(x)


def _is_far(nu, x):
    return np.abs(judged(x)) > 25.0 + 0.5 * judged(nu) ** 2


def ive_d(nu, x, v, slope):
    far, sign = _is_far(nu, x), np.sign(judged(x))
    lead = np.copysign(1.0 / np.sqrt(2.0 * _PI), judged(v)) * sign
    return _where(far, _scaled_bessel_d(nu, _where(far, x * sign, 1e3), -1.0, lead), slope - sign * v)


def kve_d(nu, x, v, slope):
    far = _is_far(nu, x)
    return _where(far, _scaled_bessel_d(nu, _where(far, x, 1e3), 1.0, np.sqrt(0.5 * _PI)), v + slope)


def _elliptic(p):
    """K and ``rho = ((2D - K)/K)/m`` at ``m = 1 - p``, by the arithmetic-geometric mean."""
    b = np.sqrt(p)
    a, c_over_m, rho, weight = 0.5 * (1.0 + b), 0.5 / (1.0 + b), 0.0, 2.0
    b = np.sqrt(b)
    for _ in range(11):
        c, following = c_over_m, 0.5 * (a + b)
        rho = rho + weight * c * c
        a, b = following, np.sqrt(a * b)
        c_over_m = c * c * (1.0 - p) / (4.0 * a)
        weight *= 2.0
    return 0.5 * _PI / a, rho


def ellipk_d(p):
    k, rho = _elliptic(p)
    return 0.25 * k * (1.0 - (1.0 - p) * rho) / p


def ellipe_d(p):
    k, rho = _elliptic(p)
    return _where(judged(p) == 0.0, -np.inf, -0.25 * k * (1.0 + (1.0 - p) * rho))
