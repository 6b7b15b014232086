"""Parabolic cylinder, Mathieu and spheroidal wave functions in the argument: SciPy returns f and f', and f'' comes from
the differential equation. Their parameters have no derivative here: those are the functions whose values come from
recurrences of Fourier or Legendre coefficients."""

import numpy as np
import scipy.special as sc

from .registry import STEP, define_ufunc

_PARAMETER = (
    "the derivative in this parameter would need that of the expansion's coefficients, which SciPy does not give"
)
_DEGREE = np.pi / 180.0

# ---- D_v(x), V_v(x): y'' = (x^2/4 + a) y with a = -v - 1/2; W(a, x): y'' = (a - x^2/4) y ----


def _pair(ufunc, name, arguments, bend):
    """Results f and f' of `ufunc` in its last argument, where f'' = bend(*xs) f."""
    last = len(arguments.split()) - 1
    define_ufunc(
        ufunc,
        name,
        arguments,
        (*(_PARAMETER,) * last, lambda *xs: ufunc(*xs[:-1])[1]),
        (*(_PARAMETER,) * last, lambda *xs: bend(*xs[:-1]) * ufunc(*xs[:-1])[0]),
    )


_pair(sc.pbdv, "pbdv", "v x", lambda v, x: 0.25 * x * x - v - 0.5)
_pair(sc.pbvv, "pbvv", "v x", lambda v, x: 0.25 * x * x - v - 0.5)
_pair(sc.pbwa, "pbwa", "a x", lambda a, x: a - 0.25 * x * x)

# ---- Mathieu: ce, se: y'' = -(a - 2q cos(2x)) y with x in degrees; the modified ones: y'' = (a - 2q cosh(2x)) y ----


def _mathieu(name, characteristic, is_modified):
    ufunc = getattr(sc, name)

    def bend(m, q, x):
        a = characteristic(m, q)
        if is_modified:
            return a - 2.0 * q * np.cosh(2.0 * x)
        return _DEGREE * (2.0 * q * np.cos(2.0 * _DEGREE * x) - a)

    unit = 1.0 if is_modified else _DEGREE
    define_ufunc(
        ufunc,
        name,
        "m q x",
        (STEP, _PARAMETER, lambda m, q, x, v: unit * ufunc(m, q, x)[1]),
        (STEP, _PARAMETER, lambda m, q, x, v: bend(m, q, x) * ufunc(m, q, x)[0]),
    )


for _name, _characteristic, _is_modified in (
    ("mathieu_cem", sc.mathieu_a, False),
    ("mathieu_sem", sc.mathieu_b, False),
    ("mathieu_modcem1", sc.mathieu_a, True),
    ("mathieu_modcem2", sc.mathieu_a, True),
    ("mathieu_modsem1", sc.mathieu_b, True),
    ("mathieu_modsem2", sc.mathieu_b, True),
):
    _mathieu(_name, _characteristic, _is_modified)
define_ufunc(sc.mathieu_a, "mathieu_a", "m q", STEP, _PARAMETER)
define_ufunc(sc.mathieu_b, "mathieu_b", "m q", STEP, _PARAMETER)

# ---- spheroidal: ((1 - x^2) y')' + (cv - c^2 x^2 - m^2/(1 - x^2)) y = 0; oblate ones with -c^2 and, radial, 1 + x^2


def _bend(x, y, slope, m, c, cv, is_oblate, is_radial):
    square = x * x
    if is_oblate and is_radial:
        return ((cv - c * c * square - m * m / (square + 1.0)) * y - 2.0 * x * slope) / (square + 1.0)
    own = cv + (c * c if is_oblate else -c * c) * square - m * m / (1.0 - square)
    return (2.0 * x * slope - own * y) / (1.0 - square)


_INCONSISTENT = (
    "what SciPy returns for it and for its slope does not solve the differential equation, at m = 1, n = 2 say"
)


def _spheroidal(name, is_oblate, is_radial):
    ufunc, characteristic = getattr(sc, name), sc.obl_cv if is_oblate else sc.pro_cv
    own = getattr(sc, f"{name}_cv")

    def slope(m, n, c, x, v):
        return ufunc(m, n, c, x)[1]

    def bend(m, n, c, x, v):
        return _bend(x, ufunc(m, n, c, x)[0], v, m, c, characteristic(m, n, c), is_oblate, is_radial)

    def own_slope(m, n, c, cv, x, v):
        return own(m, n, c, cv, x)[1]

    def own_bend(m, n, c, cv, x, v):
        return _bend(x, own(m, n, c, cv, x)[0], v, m, c, cv, is_oblate, is_radial)

    define_ufunc(ufunc, name, "m n c x", (STEP, STEP, _PARAMETER, slope), (STEP, STEP, _PARAMETER, bend))
    define_ufunc(
        own,
        f"{name}_cv",
        "m n c cv x",
        (STEP, STEP, _PARAMETER, _PARAMETER, own_slope),
        (STEP, STEP, _PARAMETER, _PARAMETER, own_bend),
    )


for _kind in ("pro", "obl"):
    for _part in ("ang1", "rad1"):
        _spheroidal(f"{_kind}_{_part}", _kind == "obl", _part != "ang1")
    _own = getattr(sc, f"{_kind}_rad2"), getattr(sc, f"{_kind}_rad2_cv")
    define_ufunc(_own[0], f"{_kind}_rad2", "m n c x", *((STEP, STEP, _PARAMETER, _INCONSISTENT),) * 2)
    define_ufunc(_own[1], f"{_kind}_rad2_cv", "m n c cv x", *((STEP, STEP, _PARAMETER, _PARAMETER, _INCONSISTENT),) * 2)
define_ufunc(sc.pro_cv, "pro_cv", "m n c", STEP, STEP, _PARAMETER)
define_ufunc(sc.obl_cv, "obl_cv", "m n c", STEP, STEP, _PARAMETER)
