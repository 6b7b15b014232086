"""Orthogonal polynomials and Legendre functions: in the argument by polynomials of the same kind, in the parameters of
Jacobi's, Gegenbauer's and Laguerre's by their recurrences. The degree counts."""

import numpy as np
import scipy.special as sc

from ...errors import UnsupportedOperation
from .entries import whole
from .jets import Jet
from .registry import NAMES, STEP, define, define_ufunc, raised, special

_DEGREE = "a polynomial has no derivative in its degree"


def _of_lower(n, f):
    """f() where n > 0; a constant has no derivative."""
    return np.where(n == 0.0, 0.0, f)


def _degree_minus_one(n):
    return np.where(n == 0.0, 0.0, n - 1.0)


def gegenbauer(n, alpha, x):
    return special("eval_gegenbauer", n, alpha, x)


def jacobi(n, alpha, beta, x):
    return special("eval_jacobi", n, alpha, beta, x)


# ---- derivatives in parameters: the three-term recurrences on jets, for degrees that are whole numbers ----


def _recurred(n, operands, orders, start, step):
    """p_n of a recurrence ``p_(k+1) = step(k, p_k, p_(k-1))`` from `start`, for arrays of degrees."""
    arrays = np.broadcast_arrays(n, *operands)
    shape = arrays[0].shape
    n, *operands = (np.asarray(a, dtype=np.float64).reshape(-1) for a in arrays)
    before, current = start(*operands)
    found = np.where(n == 0.0, before.derivative(), np.where(n == 1.0, current.derivative(), np.nan))
    with np.errstate(all="ignore"):
        for k in range(1, int(np.max(np.where(n < 10000.0, n, 0.0), initial=0.0))):
            before, current = current, step(k, current, before, *operands)
            found = np.where(n == k + 1.0, current.derivative(), found)
    return found.reshape(shape)[()]


def _gegenbauer(n, alpha, x, i):
    def start(alpha, x):
        a = Jet.variable(alpha, 0, (i,))
        return Jet.constant(np.ones_like(x), (i,)), a * (2.0 * x)

    def step(k, p, q, alpha, x):
        a = Jet.variable(alpha, 0, (i,))
        return (p * (a + k) * (2.0 * x) - q * (a * 2.0 + (k - 1.0))) * (1.0 / (k + 1.0))

    return _recurred(n, (alpha, x), (i,), start, step)


def _laguerre(n, alpha, x, i):
    def start(alpha, x):
        a = Jet.variable(alpha, 0, (i,))
        return Jet.constant(np.ones_like(x), (i,)), a + (1.0 - x)

    def step(k, p, q, alpha, x):
        a = Jet.variable(alpha, 0, (i,))
        return (p * (a + (2.0 * k + 1.0 - x)) - q * (a + float(k))) * (1.0 / (k + 1.0))

    return _recurred(n, (alpha, x), (i,), start, step)


def _jacobi(n, alpha, beta, x, i, j):
    def start(alpha, beta, x):
        a, b = Jet.variable(alpha, 0, (i, j)), Jet.variable(beta, 1, (i, j))
        return Jet.constant(np.ones_like(x), (i, j)), (a + 1.0) + (a + b + 2.0) * (0.5 * (x - 1.0))

    def step(k, p, q, alpha, beta, x):
        """DLMF 18.9.1-2."""
        a, b = Jet.variable(alpha, 0, (i, j)), Jet.variable(beta, 1, (i, j))
        s = a + b + 2.0 * k
        first = (s + 1.0) * ((s + 2.0) * s * x + (a * a - b * b)) * p
        second = (a + float(k)) * (b + float(k)) * (s + 2.0) * 2.0 * q
        return (first - second) / ((a + b + (k + 1.0)) * s * (2.0 * (k + 1.0)))

    return _recurred(n, (alpha, beta, x), (i, j), start, step)


define(
    "_gegenbauer",
    "n alpha x",
    _gegenbauer,
    STEP,
    raised("_gegenbauer"),
    lambda n, a, x, v, i: _of_lower(
        n,
        2.0 * a * special("_gegenbauer", _degree_minus_one(n), a + 1.0, x, orders=(i,))
        + (2.0 * i * special("_gegenbauer", _degree_minus_one(n), a + 1.0, x, orders=(i - 1,)) if i else 0.0),
    ),
)
define(
    "_genlaguerre",
    "n alpha x",
    _laguerre,
    STEP,
    raised("_genlaguerre"),
    lambda n, a, x, v, i: _of_lower(n, -special("_genlaguerre", _degree_minus_one(n), a + 1.0, x, orders=(i,))),
)


def _jacobi_in_x(n, a, b, x, v, i, j):
    """(n + a + b + 1)/2 P_(n-1) with both parameters raised; the factor has a slope of its own."""
    m = _degree_minus_one(n)
    found = 0.5 * (n + a + b + 1.0) * special("_jacobi", m, a + 1.0, b + 1.0, x, orders=(i, j))
    if i:
        found = found + 0.5 * i * special("_jacobi", m, a + 1.0, b + 1.0, x, orders=(i - 1, j))
    if j:
        found = found + 0.5 * j * special("_jacobi", m, a + 1.0, b + 1.0, x, orders=(i, j - 1))
    return _of_lower(n, found)


define(
    "_jacobi",
    "n alpha beta x",
    _jacobi,
    STEP,
    raised("_jacobi", 0),
    raised("_jacobi", 1),
    _jacobi_in_x,
)

# ---- the ufuncs ----


def _define(name, arguments, *partials):
    """A polynomial of SciPy. It has a loop for degrees that are integers, and another one for floats: that is taken
    where the user's degree is a float, which is what the order 0 says."""
    ufunc, n_operands = getattr(sc, name), len(arguments.split())

    def value(n, *xs_and_order):
        xs, order = xs_and_order[: n_operands - 1], xs_and_order[n_operands - 1 :]
        n = np.asarray(n)
        is_whole = not order and np.all(np.rint(n) == n) and np.all(np.abs(n) < 1e9)
        return ufunc(whole(n) if is_whole else n, *xs)

    def without_order(partial):
        return (lambda *args: partial(*args[: n_operands + 1])) if callable(partial) else partial

    define(name, arguments, value, *map(without_order, partials))
    NAMES[name] = (name,)


_define(
    "eval_jacobi",
    "n alpha beta x",
    _DEGREE,
    lambda n, a, b, x, v: special("_jacobi", n, a, b, x, orders=(1, 0)),
    lambda n, a, b, x, v: special("_jacobi", n, a, b, x, orders=(0, 1)),
    lambda n, a, b, x, v: _of_lower(n, 0.5 * (n + a + b + 1.0) * jacobi(_degree_minus_one(n), a + 1.0, b + 1.0, x)),
)
_define(
    "eval_sh_jacobi",
    "n p q x",
    _DEGREE,
    "the normalization by a binomial coefficient depends on p: use eval_jacobi",
    "the normalization by a binomial coefficient depends on q: use eval_jacobi",
    lambda n, p, q, x, v: _of_lower(
        n,
        n * special("eval_sh_jacobi", _degree_minus_one(n), p + 2.0, q + 1.0, x),
    ),
)
_define(
    "eval_gegenbauer",
    "n alpha x",
    _DEGREE,
    lambda n, a, x, v: special("_gegenbauer", n, a, x, orders=(1,)),
    lambda n, a, x, v: _of_lower(n, 2.0 * a * gegenbauer(_degree_minus_one(n), a + 1.0, x)),
)
_define(
    "eval_genlaguerre",
    "n alpha x",
    _DEGREE,
    lambda n, a, x, v: special("_genlaguerre", n, a, x, orders=(1,)),
    lambda n, a, x, v: _of_lower(n, -special("eval_genlaguerre", _degree_minus_one(n), a + 1.0, x)),
)
_define(
    "eval_laguerre",
    "n x",
    _DEGREE,
    lambda n, x, v: _of_lower(n, -special("eval_genlaguerre", _degree_minus_one(n), 1.0, x)),
)
_define(
    "eval_legendre",
    "n x",
    _DEGREE,
    lambda n, x, v: _of_lower(n, gegenbauer(_degree_minus_one(n), 1.5, x)),
)
_define(
    "eval_sh_legendre",
    "n x",
    _DEGREE,
    lambda n, x, v: 2.0 * _of_lower(n, gegenbauer(_degree_minus_one(n), 1.5, 2.0 * x - 1.0)),
)
_define(
    "eval_chebyt",
    "n x",
    _DEGREE,
    lambda n, x, v: _of_lower(n, n * special("eval_chebyu", _degree_minus_one(n), x)),
)
_define(
    "eval_sh_chebyt",
    "n x",
    _DEGREE,
    lambda n, x, v: 2.0 * _of_lower(n, n * special("eval_chebyu", _degree_minus_one(n), 2.0 * x - 1.0)),
)
_define(
    "eval_chebyc",
    "n x",
    _DEGREE,
    lambda n, x, v: _of_lower(n, n * special("eval_chebyu", _degree_minus_one(n), 0.5 * x)),
)
_define(
    "eval_chebyu",
    "n x",
    _DEGREE,
    lambda n, x, v: _of_lower(n, 2.0 * gegenbauer(_degree_minus_one(n), 2.0, x)),
)
_define(
    "eval_sh_chebyu",
    "n x",
    _DEGREE,
    lambda n, x, v: _of_lower(n, 4.0 * gegenbauer(_degree_minus_one(n), 2.0, 2.0 * x - 1.0)),
)
_define(
    "eval_chebys",
    "n x",
    _DEGREE,
    lambda n, x, v: _of_lower(n, gegenbauer(_degree_minus_one(n), 2.0, 0.5 * x)),
)
_define(
    "eval_hermite",
    "n x",
    STEP,
    lambda n, x, v: _of_lower(n, 2.0 * n * special("eval_hermite", _degree_minus_one(n), x)),
)
_define(
    "eval_hermitenorm",
    "n x",
    STEP,
    lambda n, x, v: _of_lower(n, n * special("eval_hermitenorm", _degree_minus_one(n), x)),
)
define_ufunc(  # (x^2 - 1) P' = v x P - (v + m) P_(v-1) (DLMF 14.10.5)
    getattr(sc, "lpmv", None),
    "lpmv",
    "m v x",
    STEP,
    "the degree enters as a parameter of 2F1, whose derivative there is left out",
    lambda m, n, x, v: (n * x * v - (n + m) * sc.lpmv(m, n - 1.0, x)) / (x * x - 1.0),
)


# ---- Legendre functions of SciPy that return derivatives up to the second ----


def define_legendre(name, arguments, degrees_of):
    """Enter a function by the name "_name", with the order of the derivative after its operands; `degrees_of` makes of
    degrees and orders what SciPy is asked for."""
    function = getattr(sc, name, None)
    if function is None:
        return

    def value(*args):
        *degrees, x, order = args
        return function(*degrees_of(*degrees), x, diff_n=order)[order]

    def slope(*args):
        order = args[-1]
        if order > 1:
            raise UnsupportedOperation(
                f"the third derivative of scipy.special.{name} has no rule", "stop at the second"
            )
        return raised(f"_{name}")(*args)

    define(f"_{name}", arguments, value, *(STEP,) * (len(arguments.split()) - 1), slope)


for _name, _arguments in (("legendre_p", "n z"), ("assoc_legendre_p", "n m z"), ("sph_legendre_p", "n m theta")):
    define_legendre(_name, _arguments, lambda *degrees: map(whole, degrees))
