"""The rule table: one row per elementwise function, from which everything else about it is derived.

Kernels of every mode, opcodes, ufunc dispatch, sparsity, docs, tests and benchmarks come from these rows (codegen.py).
The grammar is structure.py's; functions in lower case are either those of c/special.h (edge behaviour, forms that do not
cancel), exact C functions, or ufuncs, which run through NumPy's or SciPy's own inner loops. How a result travels on
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


REAL = Domain(-6.0, 6.0)
POSITIVE = Domain(1e-6, 40.0)
NONZERO = Domain(0.3, 6.0)  # and its mirror image
UNIT = Domain(-1.0, 1.0)
PROBABILITY = Domain(0.0, 1.0)
ABOVE_ONE = Domain(1.0, 40.0)
ABOVE_MINUS_ONE = Domain(-1.0, 40.0)
BELOW_ONE = Domain(-8.0, 1.0)
ORDER = Domain(0.0, 5.0)


@dataclass(frozen=True)
class Unary:
    """v = f(x), d = f'(x), dd = f''(x). `home` is the module of the ufunc, None where only handlers reach the row."""

    name: str
    v: str
    d: str | None
    dd: str | None
    tested_on: Domain
    home: str | None = "numpy"
    attribute: str = ""  # name in `home`, where it is not the row's

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
    Binary("divide",       "x/y",   "1.0/y",     "-v/y",   "0",   "-dx/y", "-2.0*dy/y",  (REAL, NONZERO)),
    Unary("negative",      "-x",       "-1.0",      "0",             REAL),
    Unary("positive",      "x",        "1.0",       "0",             REAL),
    Unary("conjugate",     "x",        "1.0",       "0",             REAL),
    Unary("square",        "x*x",      "2.0*x",     "2.0",           REAL),
    Unary("reciprocal",    "1.0/x",    "-v*v",      "-2.0*v*d",      NONZERO),
    Unary("sqrt",          "sqrt(x)",  "0.5/fabs(v)", "-2.0*d*d*d",  POSITIVE),   # d(0) = inf, also where sqrt(-0.0) = -0.0
    Unary("root",          "sqrt(x)",  "root_d(v)", "root_dd(v, d)", POSITIVE, None),  # of norm, std: d(0) = 0, dd(0) = nan
    Unary("cbrt",          "cbrt(x)",  "1.0/(3.0*v*v)", "-2.0*d/(3.0*x)", NONZERO),  # d(0) = inf
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
    Unary("stop_gradient", "x",        "0", "0", REAL, None),  # zero by decree, so that a replay still computes the value
    Binary("floor_divide", "floor_divide(x, y)", "0", "0", "0", "0", "0", (REAL, NONZERO)),
    Binary("heaviside",    "heaviside(x, y)", "0", "at_zero(x)", "0", "0", "0", (NONZERO, REAL), selects=True),
)

# Piecewise linear. A tie of two active operands is shared, one active operand follows the constant.
_SELECTIONS = (
    Binary("maximum",      "maximum(x, y)", "leads(x, y, both)", "leads(y, x, both)", "0", "0", "0", (REAL, REAL), selects=True),
    Binary("minimum",      "minimum(x, y)", "leads(y, x, both)", "leads(x, y, both)", "0", "0", "0", (REAL, REAL), selects=True),
    Binary("fmax",         "fmax(x, y)", "leads_nan(x, y, both)", "leads_nan(y, x, both)", "0", "0", "0",
           (REAL, REAL), selects=True),
    Binary("fmin",         "fmin(x, y)", "leads_nan(-x, -y, both)", "leads_nan(-y, -x, both)", "0", "0", "0",
           (REAL, REAL), selects=True),
    Binary("copysign",     "copysign(x, y)", "sgn(x)*copysign(1.0, y)", "0", "0", "0", "0", (REAL, REAL)),  # kink: dx(0) = 0
    Binary("remainder",    "remainder(x, y)", "1.0", "-rint((x - v)/y)", "0", "0", "0", (REAL, NONZERO)),  # -floor(x/y)
    Binary("fmod",         "fmod(x, y)", "1.0", "-rint((x - v)/y)", "0", "0", "0", (REAL, NONZERO)),  # -trunc(x/y)
    Binary("ldexp",        "shifted(x, y)", "shifted(1.0, y)", None, "0", None, None, (REAL, REAL)),
)

_POWERS = tuple(
    #      name  v  dx                   dy                         dxx                     dxy                           dyy
    Binary(name, v, "power_dx(x, y, v)", "power_dy(x, v, log(x))", "power_dxx(x, y, dx)", "power_dxy(x, y, dx, log(x))",
           "power_dy(x, dy, log(x))", (POSITIVE, REAL), home)
    for name, v, home in (
        ("power",          "power(x, y)", "numpy"),
        ("float_power",    "float_power(x, y)", "numpy"),
        ("scalar_power",   "pow(x, y)", None),  # x**y of two floats is C's pow, which is not np.power to the last bit
    )
)

_DISTANCES = (
    Binary("hypot",        "hypot(x, y)", "hypot_d(x, v)", "hypot_d(y, v)",  # kink: d(0, 0) = 0, second order nan
           "(y/v)*(y/v)/v", "-(x/v)*(y/v)/v", "(x/v)*(x/v)/v", (REAL, REAL)),
    Binary("arctan2",      "arctan2(x, y)", "over_square(y, x, y)", "-over_square(x, x, y)",  # nan at (0, 0)
           "-2.0*dx*over_square(x, x, y)", "(dy - dx)*(dy + dx)", "-2.0*dy*over_square(y, x, y)", (REAL, REAL)),
    Binary("logaddexp",    "logaddexp(x, y)", "logistic(x - y, exp(-fabs(x - y)))", "logistic(y - x, exp(-fabs(x - y)))",
           "bell(exp(-fabs(x - y)))", "-dxx", "bell(exp(-fabs(x - y)))", (REAL, REAL)),
    Binary("logaddexp2",   "logaddexp2(x, y)", "logistic(x - y, exp2(-fabs(x - y)))", "logistic(y - x, exp2(-fabs(x - y)))",
           "LN2*bell(exp2(-fabs(x - y)))", "-dxx", "LN2*bell(exp2(-fabs(x - y)))", (REAL, REAL)),
)

_EXPONENTIALS = (
    #     name             v             d                          dd            tested on
    Unary("exp",           "exp(x)",     "v",                       "v",          REAL),
    Unary("exp2",          "exp2(x)",    "LN2*v",                   "LN2*d",      REAL),
    Unary("expm1",         "expm1(x)",   "exp(x)",                  "d",          REAL),
    Unary("log",           "log(x)",     "within(x >= 0.0, 1.0/fabs(x))", "-d*d",       POSITIVE),
    Unary("log2",          "log2(x)",    "within(x >= 0.0, 1.0/fabs(LN2*x))", "-LN2*d*d", POSITIVE),
    Unary("log10",         "log10(x)",   "within(x >= 0.0, 1.0/fabs(LN10*x))", "-LN10*d*d", POSITIVE),
    Unary("log1p",         "log1p(x)",   "within(x >= -1.0, 1.0/(1.0 + x))", "-d*d", ABOVE_MINUS_ONE),
)

_TRIGONOMETRIC = (
    Unary("sin",           "sin(x)",     "cos(x)",                  "-v",         REAL),
    Unary("cos",           "cos(x)",     "-sin(x)",                 "-v",         REAL),
    Unary("tan",           "tan(x)",     "1.0 + v*v",               "2.0*v*d",    REAL),
    Unary("arcsin",        "arcsin(x)",  "1.0/sqrt((1.0 - x)*(1.0 + x))", "x*d*d*d", UNIT),   # d(+-1) = inf
    Unary("arccos",        "arccos(x)",  "-1.0/sqrt((1.0 - x)*(1.0 + x))", "x*d*d*d", UNIT),  # d(+-1) = -inf
    Unary("arctan",        "arctan(x)",  "1.0/(1.0 + x*x)",         "-2.0*d/(x + 1.0/x)", REAL),  # 2x/(1 + x^2), 0 at inf
    Unary("sinc",          "sin(nonzero(PI*x))/nonzero(PI*x)", "sinc_d(x, v, cos(PI*x))", "sinc_dd(x, v, d)", REAL, None),
)

_HYPERBOLIC = (
    Unary("sinh",          "sinh(x)",    "cosh(x)",                 "v",          REAL),
    Unary("cosh",          "cosh(x)",    "sinh(x)",                 "v",          REAL),
    Unary("tanh",          "tanh(x)",    "4.0*bell(exp(-2.0*fabs(x)))", "-2.0*v*d", REAL),  # 1 - v*v cancels
    Unary("arcsinh",       "arcsinh(x)", "1.0/hypot1(x)",           "-d/(x + 1.0/x)", REAL),  # x/(1 + x^2), 0 at inf
    Unary("arccosh",       "arccosh(x)", "1.0/(sqrt(x - 1.0)*sqrt(x + 1.0))", "-d*d*(x*d)", ABOVE_ONE),  # d(1) = inf
    Unary("arctanh",       "arctanh(x)", "within(fabs(x) <= 1.0, 1.0/((1.0 - x)*(1.0 + x)))", "2.0*x*d*d", UNIT),
)
# fmt: on

ROWS: tuple[Unary | Binary, ...] = (
    *_ARITHMETIC,
    *_STEPS,
    *_SELECTIONS,
    *_POWERS,
    *_DISTANCES,
    *_EXPONENTIALS,
    *_TRIGONOMETRIC,
    *_HYPERBOLIC,
)
ROW_OF: dict[str, Unary | Binary] = {row.name: row for row in ROWS}
OPCODES: dict[str, int] = {row.name: opcode for opcode, row in enumerate(ROWS)}
