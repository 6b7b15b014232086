"""The rule table: one row per elementwise function, from which everything else about it is derived.

Kernels of every mode, opcodes, ufunc dispatch, sparsity, docs, tests and benchmarks come from these rows (codegen.py).
The grammar is structure.py's; functions in lower case are either those of c/special.h (edge behaviour, forms that do
not cancel), exact C functions, or ufuncs, which run through NumPy's or SciPy's own inner loops. How a result travels on
(chain rule) is none of a row's business.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

__all__ = ["OPCODES", "ROWS", "ROW_OF", "Binary", "Domain", "Unary"]


class Domain(NamedTuple):
    """Open interval of interior points, for tests, docs and benchmarks. The function may be defined beyond it."""

    low: float
    high: float
    spread: str = "even"  # or "decades": over orders of magnitude; "mirrored": of either sign; "whole": integers


REAL = Domain(-6.0, 6.0)
POSITIVE = Domain(1e-3, 40.0, "decades")
NONZERO = Domain(0.3, 6.0, "mirrored")
NEGATIVE = Domain(-40.0, 0.0)
UNIT = Domain(-1.0, 1.0)
SMALL = Domain(-2.0, 2.0)
PROBABILITY = Domain(0.0, 1.0)
TWICE_PROBABILITY = Domain(0.0, 2.0)
ABOVE_ONE = Domain(1.0, 40.0, "decades")
ABOVE_MINUS_ONE = Domain(-1.0, 40.0)
BELOW_ONE = Domain(-8.0, 1.0)
CIRCLE = Domain(-180.0, 180.0)
ORDER = Domain(0.0, 5.0)
WHOLE = Domain(0.0, 5.0, "whole")


@dataclass(frozen=True)
class Unary:
    """v = f(x), d = f'(x), dd = f''(x). `home` is the module of the ufunc, None where only handlers reach the row.
    `slopes` are the rows that its first partials are, for derivatives of derivatives (_SLOPES)."""

    name: str
    v: str
    d: str | None
    dd: str | None
    tested_on: Domain
    home: str | None = "numpy"
    attribute: str = ""  # name in `home`, where it is not the row's
    slopes: tuple[str | None, ...] = (None,)

    arity = 1
    partials = ("d", "dd")
    selects = False

    @property
    def ufunc(self) -> tuple[str, str] | None:
        """Module and attribute of the ufunc."""
        return self.home and (self.home, self.attribute or self.name)


@dataclass(frozen=True)
class Binary:
    """v = f(x, y) and its partials. `selects`: a partial of -0.0 says "not connected", as c/special.h returns it."""

    name: str
    v: str
    dx: str | None
    dy: str | None
    dxx: str | None
    dxy: str | None
    dyy: str | None
    tested_on: tuple[Domain, Domain]
    home: str | None = "numpy"
    attribute: str = ""
    selects: bool = False
    slopes: tuple[str | None, ...] = (None, None)

    arity = 2
    partials = ("dx", "dy", "dxx", "dxy", "dyy")

    @property
    def ufunc(self) -> tuple[str, str] | None:
        """Module and attribute of the ufunc."""
        return self.home and (self.home, self.attribute or self.name)


# fmt: off
_ARITHMETIC = (
    #      name            v        dx           dy        dxx    dxy      dyy           tested on
    Binary("add",          "x + y", "1.0",       "1.0",    "0",   "0",     "0",          (REAL, REAL)),
    Binary("subtract",     "x - y", "1.0",       "-1.0",   "0",   "0",     "0",          (REAL, REAL)),
    Binary("multiply",     "x*y",   "y",         "x",      "0",   "1.0",   "0",          (REAL, REAL)),
    Binary("divide",       "x/y",   "1.0/y",     "-v/y",   "0",   "-dx/y", "quotient_dyy(y, dy)", (REAL, NONZERO),
           slopes=(None, "divide_dy")),
    Unary("negative",      "-x",       "-1.0",      "0",             REAL),
    Unary("positive",      "x",        "1.0",       "0",             REAL),
    Unary("conjugate",     "x",        "1.0",       "0",             REAL),
    Unary("square",        "x*x",      "2.0*x",     "2.0",           REAL),
    Unary("reciprocal",    "1.0/x",    "-v*v",      "unless_lost(-2.0*v*d, d)", NONZERO, slopes=("reciprocal_d",)),
    # d(0) = inf, also at -0.0
    Unary("sqrt",          "sqrt(x)",  "0.5/fabs(v)", "unless_lost(-2.0*d*d*d, d)", POSITIVE),
    # norm, std: d(0) = 0, dd(0) = nan
    Unary("root",          "sqrt(x)",  "root_d(v)", "root_dd(v, d)", POSITIVE, None),
    Unary("cbrt",          "cbrt(x)",  "1.0/(3.0*v*v)", "unless_lost(-2.0*d/(3.0*x), d)", NONZERO,  # d(0) = inf
          slopes=("cbrt_d",)),
    Unary("absolute",      "fabs(x)",  "sgn(x)",    "0",             REAL),       # kink: d(0) = 0
    Unary("fabs",          "fabs(x)",  "sgn(x)",    "0",             REAL),       # kink: d(0) = 0
    Unary("deg2rad",       "deg2rad(x)", "DEGREE",  "0",             REAL),
    Unary("radians",       "radians(x)", "DEGREE",  "0",             REAL),
    Unary("rad2deg",       "rad2deg(x)", "1.0/DEGREE", "0",          REAL),
    Unary("degrees",       "degrees(x)", "1.0/DEGREE", "0",          REAL),
)

# Piecewise constant: the steps are not differentiated.
_STEPS = (
    Unary("sign",          "sign(x)",  "0", "0", NONZERO),
    Unary("floor",         "floor(x)", "0", "0", NONZERO),
    Unary("ceil",          "ceil(x)",  "0", "0", NONZERO),
    Unary("trunc",         "trunc(x)", "0", "0", NONZERO),
    Unary("rint",          "rint(x)",  "0", "0", NONZERO),
    Unary("stop_gradient", "x",        "0", "0", REAL, None),  # zero by decree; a replay still computes the value
    Binary("floor_divide", "floor_divide(x, y)", "0", "0", "0", "0", "0", (REAL, NONZERO)),
    Binary("heaviside",    "heaviside(x, y)", "0", "at_zero(x)", "0", "0", "0", (NONZERO, REAL), selects=True),
)

# What a program that is being recorded decides on: a mask is numbers 0.0 and 1.0, so that a replay computes it anew.
_TESTS = tuple(
    Binary(name, v, "0", "0", "0", "0", "0", (REAL, REAL), None)
    for name, v in (
        ("less",          "truth(x < y)"),
        ("less_equal",    "truth(x <= y)"),
        ("greater",       "truth(x > y)"),
        ("greater_equal", "truth(x >= y)"),
        ("equal",         "truth(x == y)"),
        ("not_equal",     "1.0 - truth(x == y)"),
        ("logical_and",   "logical_and(x, y)"),
        ("logical_or",    "logical_or(x, y)"),
    )
)

# A choice of x by the mask y: x + -0.0 is x to the last bit, so that kept(a, c) + dropped(b, c) is where(c, a, b), and
# the one that is not taken is not connected.
_CHOICES = (
    Binary("kept",         "kept(x, y)", "kept(1.0, y)", "0", "0", "0", "0", (REAL, NONZERO), None, selects=True),
    Binary("dropped",      "dropped(x, y)", "dropped(1.0, y)", "0", "0", "0", "0", (REAL, NONZERO), None, selects=True),
    # x where y is a number: a partial where the value is one
    Binary("defined",      "within(y == y, x)", "within(y == y, 1.0)", "0", "0", "0", "0", (REAL, REAL), None),
)

# The value of x with the derivative of y: what NumPy computes of complex numbers, and real formulas for the same.
_VALUED = (Binary("valued", "x", "0", "1.0", "0", "0", "0", (REAL, REAL), None),)

# Piecewise linear. A tie of two active operands is shared, one active operand follows the constant.
_SELECTIONS = (
    Binary("maximum",      "maximum(x, y)", "leads(x, y, both)", "leads(y, x, both)", "0", "0", "0", (REAL, REAL),
           selects=True),
    Binary("minimum",      "minimum(x, y)", "leads(y, x, both)", "leads(x, y, both)", "0", "0", "0", (REAL, REAL),
           selects=True),
    Binary("fmax",         "fmax(x, y)", "leads_nan(x, y, both)", "leads_nan(y, x, both)", "0", "0", "0",
           (REAL, REAL), selects=True),
    Binary("fmin",         "fmin(x, y)", "leads_nan(-x, -y, both)", "leads_nan(-y, -x, both)", "0", "0", "0",
           (REAL, REAL), selects=True),
    Binary("copysign",     "copysign(x, y)", "sgn(x)*copysign(1.0, y)", "0", "0", "0", "0", (REAL, REAL)),  # dx(0) = 0
    Binary("remainder",    "remainder(x, y)", "1.0", "-rint((x - v)/y)", "0", "0", "0", (REAL, NONZERO)),  # -floor(x/y)
    Binary("fmod",         "fmod(x, y)", "1.0", "-rint((x - v)/y)", "0", "0", "0", (REAL, NONZERO)),  # -trunc(x/y)
    Binary("ldexp",        "shifted(x, y)", "shifted(1.0, y)", None, "0", None, None, (REAL, WHOLE)),
)

_POWERS = tuple(
    #      name  v  dx                   dy                    dxx                     dxy                           dyy
    Binary(name, v, "power_dx(x, y, v)", "power_dy(x, v, log(x))", "power_dxx(x, y, dx)", "power_dxy(x, y, dx, log(x))",
           "power_dy(x, dy, log(x))", (POSITIVE, REAL), home, slopes=("power_dx", None))
    for name, v, home in (
        ("power",          "power(x, y)", "numpy"),
        ("float_power",    "float_power(x, y)", "numpy"),
        ("scalar_power",   "pow(x, y)", None),  # x**y of two floats is C's pow, which is not np.power to the last bit
    )
)

_DISTANCES = (
    Binary("hypot",        "hypot(x, y)", "hypot_d(x, y, v)", "hypot_d(y, x, v)",  # kink: d(0, 0) = 0, second order nan
           "(y/v)*((y/v)/v)", "-(x/v)*((y/v)/v)", "(x/v)*((x/v)/v)", (REAL, REAL), slopes=("hypot_dx", "hypot_dy")),
    Binary("arctan2",      "arctan2(x, y)", "over_square(y, x, y)", "-over_square(x, x, y)",  # nan at (0, 0)
           "far_product(-2.0*dx, over_square(x, x, y), x, y)", "far_product(dy - dx, dy + dx, x, y)",
           "far_product(-2.0*dy, over_square(y, x, y), x, y)", (REAL, REAL), slopes=("arctan2_dx", "arctan2_dy")),
    Binary("logaddexp",    "logaddexp(x, y)", "logistic(x - y, exp(-fabs(x - y)))",
           "logistic(y - x, exp(-fabs(x - y)))", "bell(exp(-fabs(x - y)))", "-dxx", "bell(exp(-fabs(x - y)))",
           (REAL, REAL)),
    Binary("logaddexp2",   "logaddexp2(x, y)", "logistic(LN2*(x - y), exp2(-fabs(x - y)))",
           "logistic(LN2*(y - x), exp2(-fabs(x - y)))",
           "LN2*bell(exp2(-fabs(x - y)))", "-dxx", "LN2*bell(exp2(-fabs(x - y)))", (REAL, REAL)),
)

_EXPONENTIALS = (
    #     name             v             d                          dd            tested on
    Unary("exp",           "exp(x)",     "v",                       "v",          REAL),
    Unary("exp2",          "exp2(x)",    "LN2*v",                   "LN2*d",      REAL),
    Unary("expm1",         "expm1(x)",   "exp(x)",                  "d",          REAL),
    Unary("log",           "log(x)",     "log_d(x)",                "unless_lost(-d*d, d)", POSITIVE),
    Unary("log2",          "log2(x)",    "log_d(LN2*x)",            "unless_lost(-LN2*d*d, d)", POSITIVE),
    Unary("log10",         "log10(x)",   "log_d(x)/LN10",           "unless_lost(-LN10*d*d, d)", POSITIVE),
    Unary("log1p",         "log1p(x)",   "log_d(1.0 + x)",          "unless_lost(-d*d, d)", ABOVE_MINUS_ONE),
    # a row, so that derivatives of derivatives, too, see where -d*d has no digits left
    Unary("log_d",         "log_d(x)",   "unless_lost(-v*v, v)",    "unless_lost(-2.0*v*d, d)", POSITIVE, None),
)

_TRIGONOMETRIC = (
    Unary("sin",           "sin(x)",     "cos(x)",                  "-v",         REAL),
    Unary("cos",           "cos(x)",     "-sin(x)",                 "-v",         REAL),
    Unary("tan",           "tan(x)",     "1.0 + v*v",               "2.0*v*d",    REAL),
    Unary("arcsin",        "arcsin(x)",  "1.0/sqrt((1.0 - x)*(1.0 + x))", "x*d*d*d", UNIT,  # d(+-1) = inf
          slopes=("arcsin_d",)),
    Unary("arccos",        "arccos(x)",  "-1.0/sqrt((1.0 - x)*(1.0 + x))", "x*d*d*d", UNIT,  # d(+-1) = -inf
          slopes=("arccos_d",)),
    Unary("arctan",        "arctan(x)",  "arctan_d(x)",        "arctan_dd(x, d)", REAL,  # 0 at inf
          slopes=("arctan_d",)),
    Unary("sinc",          "sin(nonzero(PI*x))/nonzero(PI*x)", "sinc_d(x, v, cos(PI*within_turn(x)))",
          "sinc_dd(x, sin(PI*within_turn(x)), d)", REAL, None),
)

_HYPERBOLIC = (
    Unary("sinh",          "sinh(x)",    "cosh(x)",                 "v",          REAL),
    Unary("cosh",          "cosh(x)",    "sinh(x)",                 "v",          REAL),
    Unary("tanh",          "tanh(x)",    "4.0*bell(exp(-2.0*fabs(x)))", "-2.0*v*d", REAL,  # 1 - v*v cancels
          slopes=("tanh_d",)),
    Unary("arcsinh",       "arcsinh(x)", "log_d(hypot1(x))", "arcsinh_dd(x, d)", REAL, slopes=("arcsinh_d",)),
    Unary("arccosh",       "arccosh(x)", "log_d(sqrt(x - 1.0)*sqrt(x + 1.0))", "unless_lost(-d*d*(x*d), d)",
          ABOVE_ONE),  # d(1) = inf
    Unary("arctanh",       "arctanh(x)", "within(fabs(x) <= 1.0, 1.0/((1.0 - x)*(1.0 + x)))", "2.0*x*d*d", UNIT,
          slopes=("arctanh_d",)),
)

# First partials that are rows, where a derivative of their formula would overflow, lose its digits or forget that they
# are lost. The second partials are third derivatives of the functions.
_SLOPES = (
    Unary("reciprocal_d",  "-square_of(1.0/x)", "unless_lost(-2.0*(1.0/x)*v, v)", "unless_lost(-6.0*v*v, d)", NONZERO,
          None),
    Unary("arcsin_d",      "1.0/sqrt((1.0 - x)*(1.0 + x))", "x*v*v*v", "v*v*v*(1.0 + 3.0*square_of(x*v))", UNIT, None),
    Unary("arccos_d",      "-1.0/sqrt((1.0 - x)*(1.0 + x))", "x*v*v*v", "v*v*v*(1.0 + 3.0*square_of(x*v))", UNIT,
          None),
    Unary("arctan_d",      "arctan_d(x)", "arctan_dd(x, v)", "unless_lost(2.0*v*v*(3.0 - 4.0*v), d)", REAL, None),
    Unary("tanh_d",        "4.0*bell(exp(-2.0*fabs(x)))", "-2.0*v*tanh(x)", "2.0*v*(2.0 - 3.0*v)", REAL, None),
    Unary("arctanh_d",     "within(fabs(x) <= 1.0, 1.0/((1.0 - x)*(1.0 + x)))", "2.0*x*v*v",
          "2.0*v*v*(1.0 + 4.0*x*x*v)", UNIT, None),
    Unary("cbrt_d",        "1.0/(3.0*square_of(cbrt(x)))", "unless_lost(-2.0*v/(3.0*x), v)",
          "unless_lost(-5.0*d/(3.0*x), d)", NONZERO, None),
    Unary("arcsinh_d",     "log_d(hypot1(x))", "arcsinh_dd(x, v)", "unless_lost(v*v*(v*(2.0 - 3.0*v*v)), d)", REAL,
          None),
    Unary("erf_d",         "TWO_OVER_SQRT_PI*exp(-x*x)", "-2.0*fade(x, v)", "-2.0*(v + fade(x, d))", REAL, None),
    Unary("erfc_d",        "-TWO_OVER_SQRT_PI*exp(-x*x)", "-2.0*fade(x, v)", "-2.0*(v + fade(x, d))", REAL, None),
    Unary("ndtr_d",        "ONE_OVER_SQRT_TWO_PI*exp(-0.5*x*x)", "-fade(x, v)", "-v - fade(x, d)", REAL, None),
    Unary("logit_d",       "within(x >= 0.0, within(x <= 1.0, 1.0/(x*(1.0 - x))))", "(2.0*x - 1.0)*v*v",
          "2.0*v*v*(1.0 + square_of(2.0*x - 1.0)*v)", PROBABILITY, None),
    Unary("expi_d",        "exp(x)/x", "v*(1.0 - 1.0/x)", "v*(1.0 + (2.0/x - 2.0)/x)", POSITIVE, None),
    Unary("exp1_d",        "within(x >= 0.0, -exp(-x)/x)", "-v*(1.0 + 1.0/x)", "v*(1.0 + (2.0 + 2.0/x)/x)", POSITIVE,
          None),
    Unary("expit_d",       "bell(exp(-fabs(x)))", "-v*tanh(0.5*x)", "v*(1.0 - 6.0*v)", REAL, None),
    Binary("divide_dy",    "-(x/y)/y", "-(1.0/y)/y", "quotient_dyy(y, v)", "0", "quotient_dyy(y, dx)",
           "quotient_dyy(y, 1.5*dy)", (REAL, NONZERO), None),
    Binary("power_dx",     "power_dx(x, y, pow(x, y))", "power_dxx(x, y, v)", None, "power_dxxx(x, y, dx)", None, None,
           (POSITIVE, REAL), None),
    Binary("hypot_dx",     "hypot_d(x, y, hypot(x, y))", "(y/hypot(x, y))*((y/hypot(x, y))/hypot(x, y))",
           "-(x/hypot(x, y))*((y/hypot(x, y))/hypot(x, y))", "hypot_dxxx(x, y, hypot(x, y))",
           "hypot_dxxy(x, y, hypot(x, y))", "hypot_dxxy(y, x, hypot(x, y))", (REAL, REAL), None),
    Binary("hypot_dy",     "hypot_d(y, x, hypot(x, y))", "-(x/hypot(x, y))*((y/hypot(x, y))/hypot(x, y))",
           "(x/hypot(x, y))*((x/hypot(x, y))/hypot(x, y))", "hypot_dxxy(x, y, hypot(x, y))",
           "hypot_dxxy(y, x, hypot(x, y))", "hypot_dxxx(y, x, hypot(x, y))", (REAL, REAL), None),
    # the real and the imaginary part of powers of 1/(x + iy)
    Binary("arctan2_dx",   "over_square(y, x, y)", "far_product(-2.0*v, over_square(x, x, y), x, y)",
           "far_product(over_square(x, x, y) - v, over_square(x, x, y) + v, x, y)",
           "far_product(2.0*v, 3.0*square_of(over_square(x, x, y)) - v*v, x, y)",
           "far_product(-2.0*over_square(x, x, y), square_of(over_square(x, x, y)) - 3.0*v*v, x, y)",
           "far_product(2.0*v, v*v - 3.0*square_of(over_square(x, x, y)), x, y)", (REAL, REAL), None),
    Binary("arctan2_dy",   "-over_square(x, x, y)",
           "far_product(v - over_square(y, x, y), v + over_square(y, x, y), x, y)",
           "far_product(-2.0*v, over_square(y, x, y), x, y)",
           "far_product(2.0*v, v*v - 3.0*square_of(over_square(y, x, y)), x, y)",
           "far_product(-2.0*over_square(y, x, y), 3.0*v*v - square_of(over_square(y, x, y)), x, y)",
           "far_product(2.0*v, 3.0*square_of(over_square(y, x, y)) - v*v, x, y)", (REAL, REAL), None),
)

# From here on scipy.special's. Where its name is NumPy's too, the loops differ in the last bits, and so the row.
# Outside a function's domain, where SciPy's value is NaN, so is every partial (codegen.py).
_SPECIAL = "scipy.special"

_ELEMENTARY = (
    Unary("special_exp2",  "special_exp2(x)", "LN2*v",              "LN2*d",      REAL, _SPECIAL, "exp2"),
    Unary("special_expm1", "special_expm1(x)", "exp(x)",            "d",          REAL, _SPECIAL, "expm1"),
    Unary("special_log1p", "special_log1p(x)", "log_d(1.0 + x)", "unless_lost(-d*d, d)", ABOVE_MINUS_ONE, _SPECIAL,
          "log1p"),
    Unary("special_cbrt",  "special_cbrt(x)", "1.0/(3.0*v*v)", "unless_lost(-2.0*d/(3.0*x), d)", NONZERO, _SPECIAL,
          "cbrt", slopes=("cbrt_d",)),
    Unary("exp10",         "exp10(x)",   "LN10*v",                  "LN10*d",     REAL, _SPECIAL),
    Unary("cosm1",         "cosm1(x)",   "-sin(x)",                 "-cos(x)",    REAL, _SPECIAL),
    Unary("exprel",        "exprel(x)",  "exprel_d(x, v, exp(x))",  "exprel_dd(x, d, exp(x))", REAL, _SPECIAL),
    Unary("sindg",         "sindg(x)",   "DEGREE*cosdg(circled(x))", "-DEGREE*DEGREE*sindg(circled(x))",
          CIRCLE, _SPECIAL),
    Unary("cosdg",         "cosdg(x)",   "-DEGREE*sindg(circled(x))", "-DEGREE*DEGREE*cosdg(circled(x))",
          CIRCLE, _SPECIAL),
    Unary("tandg",         "tandg(x)",   "DEGREE*(1.0 + square_of(tandg(circled(x))))",
          "2.0*DEGREE*tandg(circled(x))*d", CIRCLE, _SPECIAL),
    Unary("cotdg",         "cotdg(x)",   "-DEGREE*(1.0 + square_of(cotdg(circled(x))))",
          "-2.0*DEGREE*cotdg(circled(x))*d", CIRCLE, _SPECIAL),
    Unary("round",         "round(x)",   "0",                       "0",          NONZERO, _SPECIAL),
    # 1 - 2v = -tanh(x/2)
    Unary("expit",         "expit(x)",   "bell(exp(-fabs(x)))", "-d*tanh(0.5*x)", REAL, _SPECIAL, slopes=("expit_d",)),
    Unary("log_expit",     "log_expit(x)", "logistic(-x, exp(-fabs(x)))", "-bell(exp(-fabs(x)))", REAL, _SPECIAL),
    Unary("logit",         "logit(x)",   "1.0/(x*(1.0 - x))",       "(2.0*x - 1.0)*d*d", PROBABILITY, _SPECIAL,
          slopes=("logit_d",)),
    Unary("wrightomega",   "wrightomega(x)", "portion(v)", "far_out(d/(1.0 + v)/(1.0 + v), d, v)", REAL, _SPECIAL),
    Unary("spence",        "spence(x)",  "spence_d(x, log(x))",     "spence_dd(x, d)", POSITIVE, _SPECIAL),  # d(1) = -1
    Binary("powm1",        "powm1(x, y)", "power_dx(x, y, pow(x, y))", "power_dy(x, pow(x, y), log(x))",
           "power_dxx(x, y, dx)", "power_dxy(x, y, dx, log(x))", "power_dy(x, dy, log(x))", (POSITIVE, REAL), _SPECIAL),
    Binary("boxcox",       "boxcox(x, y)", "pow(x, y - 1.0)", "boxcox_dy(log(x), y, exp(y*log(x)), v)",
           "far_out(times_power(y - 1.0, x, y - 2.0), dx, x)", "power_dy(x, dx, log(x))",
           "boxcox_dyy(log(x), y, exp(y*log(x)), dy)",
           (POSITIVE, SMALL), _SPECIAL),
    Binary("boxcox1p",     "boxcox1p(x, y)", "power1p(x, y - 1.0, exp((y - 1.0)*log1p(x)))",
           "boxcox_dy(log1p(x), y, exp(y*log1p(x)), v)",
           "far_out(fade(power1p(x, y - 2.0, exp((y - 2.0)*log1p(x))), y - 1.0), dx, x)",
           "power_dy(1.0 + x, dx, log1p(x))", "boxcox_dyy(log1p(x), y, exp(y*log1p(x)), dy)", (ABOVE_MINUS_ONE, SMALL),
           _SPECIAL),
    Binary("inv_boxcox",   "inv_boxcox(x, y)", "v/(1.0 + x*y)", "v*x*x*inv_boxcox_g(x*y)", "inv_boxcox_dxx(x, y, dx)",
           "(dy - x*dx)/(1.0 + x*y)", "x*x*inv_boxcox_g(x*y)*dy + v*x*x*x*inv_boxcox_dg(x*y)", (UNIT, PROBABILITY),
           _SPECIAL),
    Binary("inv_boxcox1p", "inv_boxcox1p(x, y)", "inv_boxcox(x, y)/(1.0 + x*y)",
           "inv_boxcox(x, y)*x*x*inv_boxcox_g(x*y)", "inv_boxcox_dxx(x, y, dx)", "(dy - x*dx)/(1.0 + x*y)",
           "x*x*inv_boxcox_g(x*y)*dy + inv_boxcox(x, y)*x*x*x*inv_boxcox_dg(x*y)", (UNIT, PROBABILITY), _SPECIAL),
)

# Entropies and losses. x = 0 is inside: there x*log(x) = 0, and what multiplies it does not count.
_ENTROPIES = (
    Binary("xlogy",        "xlogy(x, y)", "log(y)",   "ratio(x, y)", "0", "1.0/y",
           "far_out(-ratio(dy, y), dy, y)", (REAL, POSITIVE), _SPECIAL),
    Binary("xlog1py",      "xlog1py(x, y)", "log1p(y)", "ratio(x, 1.0 + y)", "0", "1.0/(1.0 + y)",
           "far_out(-ratio(dy, 1.0 + y), dy, y)", (REAL, ABOVE_MINUS_ONE), _SPECIAL),
    Unary("entr",          "entr(x)",    "-1.0 - log(x)",         "within(x >= 0.0, -1.0/fabs(x))", POSITIVE, _SPECIAL),
    Binary("rel_entr",     "rel_entr(x, y)", "1.0 + log_ratio(x, y, log(x/y), log(x), log(y))",
           "within(v < INF, -ratio(x, y))", "1.0/x", "-1.0/y",
           "far_out(-ratio(dy, y), dy, y)", (POSITIVE, POSITIVE), _SPECIAL),
    Binary("kl_div",       "kl_div(x, y)", "log_ratio(x, y, log(x/y), log(x), log(y))",
           "within(v < INF, 1.0 - ratio(x, y))", "1.0/x", "-1.0/y",
           "far_out(ratio(ratio(x, y), y), dy, y)", (POSITIVE, POSITIVE), _SPECIAL),
    Binary("huber",        "huber(x, y)", "huber_dx(x, y)", "huber_dy(x, y)", "huber_dxx(x, y)", "huber_dxy(x, y)",
           "huber_dyy(x, y)", (ORDER, REAL), _SPECIAL),
    Binary("pseudo_huber", "pseudo_huber(x, y)", "x*tilt(y/x)", "y/hypot1(y/x)", "-bend(y/x)",
           "cube((y/x)/hypot1(y/x))", "far_out(cube(1.0/hypot1(y/x)), dy, y)", (POSITIVE, REAL), _SPECIAL),
)

# The error function and the normal distribution.
_ERRORS = (
    Unary("erf",           "erf(x)",     "TWO_OVER_SQRT_PI*exp(-x*x)", "-2.0*fade(x, d)", REAL, _SPECIAL,
          slopes=("erf_d",)),
    Unary("erfc",          "erfc(x)",    "-TWO_OVER_SQRT_PI*exp(-x*x)", "-2.0*fade(x, d)", REAL, _SPECIAL,
          slopes=("erfc_d",)),
    Unary("erfi",          "erfi(x)",    "TWO_OVER_SQRT_PI*exp(x*x)", "2.0*x*d",  REAL, _SPECIAL),
    Unary("erfcx",         "erfcx(x)",   "erfcx_d(x, v)",           "erfcx_dd(x, v, d)", REAL, _SPECIAL),
    Unary("dawsn",         "dawsn(x)",   "dawson_d(x, v)",          "dawson_dd(x, v, d)", REAL, _SPECIAL),
    Unary("erfinv",        "erfinv(x)",  "HALF_SQRT_PI*exp(v*v)",   "2.0*v*d*d",  UNIT, _SPECIAL),
    Unary("erfcinv",       "erfcinv(x)", "-HALF_SQRT_PI*tail(erfcx(fabs(v)), x, 2.0 - x)", "2.0*v*d*d",
          TWICE_PROBABILITY, _SPECIAL),
    Unary("ndtr",          "ndtr(x)",    "ONE_OVER_SQRT_TWO_PI*exp(-0.5*x*x)", "-fade(x, d)", REAL, _SPECIAL,
          slopes=("ndtr_d",)),
    Unary("ndtri",         "ndtri(x)",   "SQRT_HALF_PI*tail(erfcx(SQRT_HALF*fabs(v)), x, 1.0 - x)", "v*d*d",
          PROBABILITY, _SPECIAL),
    Unary("log_ndtr",      "log_ndtr(x)", "SQRT_TWO_OVER_PI/erfcx(-SQRT_HALF*x)", "log_ndtr_dd(x, d)", REAL, _SPECIAL),
    Unary("ndtri_exp",     "ndtri_exp(x)", "SQRT_HALF_PI*ndtri_exp_d(v, exp(x), expm1(x), erfcx(SQRT_HALF*fabs(v)))",
          "ndtri_exp_dd(v, d)", NEGATIVE, _SPECIAL),
    Binary("owens_t",      "owens_t(x, y)", "-0.5*ONE_OVER_SQRT_TWO_PI*exp(-0.5*x*x)*erf(SQRT_HALF*(x*y))",
           "0.5*exp(-0.5*x*x*(1.0 + y*y))/(PI*(1.0 + y*y))", "-x*dx - 0.5*y*exp(-0.5*x*x*(1.0 + y*y))/PI",
           "-0.5*x*exp(-0.5*x*x*(1.0 + y*y))/PI", "-dy*y*(x*x + 2.0/(1.0 + y*y))", (SMALL, SMALL), _SPECIAL),
)

# The gamma function's family. _zeta(n + 1, x) is the n-th derivative of psi, up to sign and n!.
_GAMMAS = (
    Binary("_zeta",        "_zeta(x, y)", None, "-x*_zeta(x + 1.0, y)", None, None, "x*(x + 1.0)*_zeta(x + 2.0, y)",
           (ABOVE_ONE, POSITIVE), _SPECIAL),
    Unary("psi",           "psi(x)",     "_zeta(2.0, x)", "far_out(-2.0*_zeta(3.0, x), d, x)", POSITIVE, _SPECIAL),
    Unary("gammaln",       "gammaln(x)", "psi(x)",                  "_zeta(2.0, x)", POSITIVE, _SPECIAL),
    Unary("loggamma",      "loggamma(x)", "psi(x)",              "_zeta(2.0, x)", POSITIVE, _SPECIAL),
    Unary("gamma",         "gamma(x)",   "v*psi(x)",                "v*(psi(x)*psi(x) + _zeta(2.0, x))", POSITIVE,
          _SPECIAL),
    # limits at 0, -1, -2...
    Unary("rgamma",        "rgamma(x)",  "rgamma_d(x, v, psi(x), gamma(1.0 - x), psi(1.0 - x))",
          "rgamma_dd(x, v, psi(x), _zeta(2.0, x), gamma(1.0 - x), psi(1.0 - x), _zeta(2.0, 1.0 - x))", REAL, _SPECIAL),
    Unary("gammasgn",      "gammasgn(x)", "0",                      "0",          POSITIVE, _SPECIAL),
    Binary("beta",         "beta(x, y)", "-v*psi_gap(x, y, psi(x), psi(x + y))", "-v*psi_gap(y, x, psi(y), psi(x + y))",
           "v*(square_of(psi_gap(x, y, psi(x), psi(x + y))) + zeta_gap(x, y, _zeta(2.0, x), _zeta(2.0, x + y)))",
           "v*(beta_cross(x, y, psi(1.0 + x), psi(1.0 + y), psi(1.0 + x + y)) - _zeta(2.0, 1.0 + x + y))",
           "v*(square_of(psi_gap(y, x, psi(y), psi(x + y))) + zeta_gap(y, x, _zeta(2.0, y), _zeta(2.0, x + y)))",
           (POSITIVE, POSITIVE), _SPECIAL),
    Binary("betaln",       "betaln(x, y)", "-psi_gap(x, y, psi(x), psi(x + y))", "-psi_gap(y, x, psi(y), psi(x + y))",
           "far_out(zeta_gap(x, y, _zeta(2.0, x), _zeta(2.0, x + y)), dx, x)", "-_zeta(2.0, x + y)",
           "far_out(zeta_gap(y, x, _zeta(2.0, y), _zeta(2.0, x + y)), dy, y)", (POSITIVE, POSITIVE), _SPECIAL),
    Binary("poch",         "poch(x, y)", "v*psi_gap(x, y, psi(x), psi(x + y))", "v*psi(x + y)",
           "v*poch_bend(x, y, psi(1.0 + x), psi(1.0 + x + y), _zeta(2.0, 1.0 + x), _zeta(2.0, 1.0 + x + y))",
           "dx*psi(x + y) + v*_zeta(2.0, x + y)", "dy*psi(x + y) + v*_zeta(2.0, x + y)", (POSITIVE, POSITIVE),
           _SPECIAL),
)

# Integrals whose integrand is the derivative. None: no closed form in that operand, which must be passive.
_INTEGRALS = (
    Unary("expi",          "expi(x)",    "exp(x)/x",                "d*(1.0 - 1.0/x)", POSITIVE, _SPECIAL,
          slopes=("expi_d",)),
    Unary("exp1",          "exp1(x)",    "-exp(-x)/x", "-d*(1.0 + 1.0/x)", POSITIVE, _SPECIAL, slopes=("exp1_d",)),
    Binary("expn",         "expn(x, y)", None, "expn_dy(x, y, v, exp(-y), expn(lower_order(x, 1.0), y))", None, None,
           "expn_dyy(x, y, dy, exp(-y), expn(lower_order(x, 2.0), y))", (WHOLE, POSITIVE), _SPECIAL),
    # y^x e^-y/gamma(x)
    Binary("_igam_fac",    "_igam_fac(x, y)", None, "v*(x - y)/y", None, None, "dy*(x - y)/y - v*x/y/y",
           (ORDER, POSITIVE), _SPECIAL),
    Binary("gammainc",     "gammainc(x, y)", None, "gamma_density(x, y, _igam_fac(x, y))", None, None,
           "dy*(x - 1.0 - y)/y", (ORDER, POSITIVE), _SPECIAL),
    Binary("gammaincc",    "gammaincc(x, y)", None, "-gamma_density(x, y, _igam_fac(x, y))", None, None,
           "dy*(x - 1.0 - y)/y", (ORDER, POSITIVE), _SPECIAL),
    Binary("gammaincinv",  "gammaincinv(x, y)", None, "1.0/gamma_density(x, v, _igam_fac(x, v))", None, None,
           "dy*dy*(v + 1.0 - x)/v", (ORDER, PROBABILITY), _SPECIAL),
    Binary("gammainccinv", "gammainccinv(x, y)", None, "-1.0/gamma_density(x, v, _igam_fac(x, v))", None, None,
           "dy*dy*(v + 1.0 - x)/v", (ORDER, PROBABILITY), _SPECIAL),
    Binary("chdtr",        "chdtr(x, y)", None, "0.5*gamma_density(0.5*x, 0.5*y, _igam_fac(0.5*x, 0.5*y))", None, None,
           "0.5*dy*(x - 2.0 - y)/y", (ORDER, POSITIVE), _SPECIAL),
    Binary("chdtrc",       "chdtrc(x, y)", None, "-0.5*gamma_density(0.5*x, 0.5*y, _igam_fac(0.5*x, 0.5*y))", None,
           None, "0.5*dy*(x - 2.0 - y)/y", (ORDER, POSITIVE), _SPECIAL),
    Binary("stdtr",        "stdtr(x, y)", None, "pow(1.0 + y*y/x, -0.5*(x + 1.0))/(sqrt(x)*beta(0.5*x, 0.5))", None,
           None, "far_out(-dy*(x + 1.0)*y/(x + y*y), dy, y)", (ORDER, REAL), _SPECIAL),
    Unary("ellipk",        "ellipk(x)",  "ellipk_d(1.0 - x)", "far_out(ellipk_dd(1.0 - x), d, x)", BELOW_ONE, _SPECIAL),
    Unary("ellipkm1",      "ellipkm1(x)", "-ellipk_d(x)", "far_out(ellipk_dd(x), d, x)", PROBABILITY, _SPECIAL),
    Unary("ellipe",        "ellipe(x)",  "ellipe_d(1.0 - x)", "far_out(ellipe_dd(1.0 - x), d, x)", BELOW_ONE, _SPECIAL),
    Binary("ellipkinc",    "ellipkinc(x, y)", "1.0/sqrt(1.0 - y*sin(x)*sin(x))", None, "y*sin(x)*cos(x)*dx*dx*dx",
           "0.5*sin(x)*sin(x)*dx*dx*dx", None, (REAL, UNIT), _SPECIAL),
    Binary("ellipeinc",    "ellipeinc(x, y)", "sqrt(1.0 - y*sin(x)*sin(x))", None, "-y*sin(x)*cos(x)/dx",
           "-0.5*sin(x)*sin(x)/dx", None, (REAL, UNIT), _SPECIAL),
)

# Bessel functions and their kin, in the argument; the order x of the binary rows must be passive. yn and kn cut it off.
_BESSEL = (
    Unary("j0",            "j0(x)",      "-j1(x)",                  "0.5*(jv(2.0, x) - v)", REAL, _SPECIAL),
    Unary("j1",            "j1(x)",      "0.5*(j0(x) - jv(2.0, x))", "0.25*(jv(3.0, x) - 3.0*v)", REAL, _SPECIAL),
    Unary("y0",            "y0(x)",      "-y1(x)",                  "0.5*(yv(2.0, x) - v)", POSITIVE, _SPECIAL),
    Unary("y1",            "y1(x)",      "0.5*(y0(x) - yv(2.0, x))", "0.25*(yv(3.0, x) - 3.0*v)", POSITIVE, _SPECIAL),
    Unary("i0",            "i0(x)",      "i1(x)",                   "0.5*(v + iv(2.0, flushed(x)))", REAL, _SPECIAL),
    Unary("i1",            "i1(x)",      "0.5*(i0(x) + iv(2.0, flushed(x)))",
          "0.25*(3.0*v + iv(3.0, flushed(x)))", REAL, _SPECIAL),
    Unary("k0",            "k0(x)",      "-k1(x)",                  "v - d/x",    POSITIVE, _SPECIAL),
    Unary("k1",            "k1(x)",      "-k0(x) - v/x",            "v + (v/x - d)/x", POSITIVE, _SPECIAL),
    Unary("i0e",           "i0e(x)",     "ive_d(0.0, x, v, i1e(x))",  # exp(-|x|): kink, d(0) = 0
          "ive_dd(0.0, x, v, d, 0.5*(v + ive(2.0, x)))", REAL, _SPECIAL),
    Unary("i1e",           "i1e(x)",     "ive_d(1.0, x, v, 0.5*(i0e(x) + ive(2.0, x)))",
          "ive_dd(1.0, x, v, d, 0.25*(3.0*v + ive(3.0, x)))", REAL, _SPECIAL),
    Unary("k0e",           "k0e(x)",     "kve_d(0.0, x, v, -k1e(x))", "kve_dd(0.0, x, v, d, v + k1e(x)/x)", POSITIVE,
          _SPECIAL),
    Unary("k1e",           "k1e(x)",     "kve_d(1.0, x, v, -k0e(x) - v/x)",
          "kve_dd(1.0, x, v, d, v + (2.0*v/x + k0e(x))/x)", POSITIVE, _SPECIAL),
    *(
        Binary(name, f"{name}(x, y)", None, f"0.5*({f}(x - 1.0, y) - {f}(x + 1.0, y))", None, None,
               f"0.25*({f}(x - 2.0, y) - 2.0*v + {f}(x + 2.0, y))", (ORDER, POSITIVE), _SPECIAL)
        for name, f in (("jv", "jv"), ("jve", "jv"), ("yv", "yv"), ("yve", "yv"))
    ),
    Binary("yn",           "yn(x, y)", None, "0.5*(yv(trunc(x) - 1.0, y) - yv(trunc(x) + 1.0, y))", None, None,
           "0.25*(yv(trunc(x) - 2.0, y) - 2.0*v + yv(trunc(x) + 2.0, y))", (WHOLE, POSITIVE), _SPECIAL),
    Binary("iv",           "iv(x, y)", None, "0.5*(iv(x - 1.0, y) + iv(x + 1.0, y))", None, None,
           "0.25*(iv(x - 2.0, y) + 2.0*v + iv(x + 2.0, y))", (ORDER, POSITIVE), _SPECIAL),
    Binary("kv",           "kv(x, y)", None, "-0.5*(kv(x - 1.0, y) + kv(x + 1.0, y))", None, None,
           "0.25*(kv(x - 2.0, y) + 2.0*v + kv(x + 2.0, y))", (ORDER, POSITIVE), _SPECIAL),
    Binary("kn",           "kn(x, y)", None, "-0.5*(kv(trunc(x) - 1.0, y) + kv(trunc(x) + 1.0, y))", None, None,
           "0.25*(kv(trunc(x) - 2.0, y) + 2.0*v + kv(trunc(x) + 2.0, y))", (WHOLE, POSITIVE), _SPECIAL),
    Binary("ive",          "ive(x, y)", None, "ive_d(x, y, v, 0.5*(ive(x - 1.0, y) + ive(x + 1.0, y)))", None, None,
           "ive_dd(x, y, v, dy, 0.25*(ive(x - 2.0, y) + 2.0*v + ive(x + 2.0, y)))", (ORDER, POSITIVE), _SPECIAL),
    Binary("kve",          "kve(x, y)", None, "kve_d(x, y, v, -0.5*(kve(x - 1.0, y) + kve(x + 1.0, y)))", None, None,
           "kve_dd(x, y, v, dy, 0.25*(kve(x - 2.0, y) + 2.0*v + kve(x + 2.0, y)))", (ORDER, POSITIVE), _SPECIAL),
    Binary("hyp0f1",       "hyp0f1(x, y)", None, "hyp0f1(x + 1.0, y)/x", None, None,
           "hyp0f1(x + 2.0, y)/(x*(x + 1.0))", (ORDER, REAL), _SPECIAL),
)
# fmt: on

# Python's module math calls the C library, whose last bits are not those of NumPy's and SciPy's loops: rows of their
# own, with the derivatives of those. math_functions.py calls them.
_LIBRARY_NAMES = (
    "acos acosh asin asinh atan atan2 atanh cbrt cos cosh erf erfc exp exp2 expm1 log log10 log1p log2 sin sinh tan "
    "tanh"
).split()
_LIBRARY = tuple(
    Unary(f"math_{name}", f"libm_{name}(x)", row.d, row.dd, row.tested_on, None, slopes=row.slopes)
    if row.arity == 1
    else Binary(
        f"math_{name}",
        f"libm_{name}(x, y)",
        *(getattr(row, p) for p in row.partials),
        row.tested_on,
        None,
        slopes=row.slopes,
    )
    for row in (*_DISTANCES, *_EXPONENTIALS, *_TRIGONOMETRIC, *_HYPERBOLIC, *_ARITHMETIC, *_ERRORS)
    for name in _LIBRARY_NAMES
    if name == row.name.replace("arc", "a")
)

ROWS: tuple[Unary | Binary, ...] = (
    *_ARITHMETIC,
    *_STEPS,
    *_TESTS,
    *_CHOICES,
    *_VALUED,
    *_SELECTIONS,
    *_POWERS,
    *_DISTANCES,
    *_EXPONENTIALS,
    *_TRIGONOMETRIC,
    *_HYPERBOLIC,
    *_SLOPES,
    *_ELEMENTARY,
    *_ENTROPIES,
    *_ERRORS,
    *_GAMMAS,
    *_INTEGRALS,
    *_BESSEL,
    *_LIBRARY,
)
ROW_OF: dict[str, Unary | Binary] = {row.name: row for row in ROWS}
OPCODES: dict[str, int] = {row.name: opcode for opcode, row in enumerate(ROWS)}
