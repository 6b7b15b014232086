"""Functions of scipy.special that return arrays over degrees or orders, and nodes and weights of quadratures. The rules
of the first are in ops/special/sequences.py."""

import numpy as np

from ..errors import UnsupportedOperation
from ..ops.complex_special import analytic
from ..ops.special.registry import special
from ..trace.functions import foreign, has_active, operand, peeked, primal
from .complex_numbers import number
from .either import returned
from .special_functions import scipy_special


def _real(name, z):
    z = number(z)
    if np.iscomplexobj(z):
        raise UnsupportedOperation(f"scipy.special.{name} of complex numbers has no derivative rule", "use a real one")
    return z


def _column(n, before, behind):
    """An array along one axis, with `before` and `behind` axes beside it."""
    return np.reshape(np.asarray(n, dtype=float), (1,) * before + (-1,) + (1,) * behind)


def _pair(name, *xs):
    return special(f"_{name}", *xs), special(f"_{name}_slope", *xs)


# ---- values and slopes ----


def _by_degree(name):
    def of_degree(n, z):
        z = _real(name, z)
        scipy_special(name)(n := primal(n), np.ones(np.shape(z))[()])  # what it raises is raised
        return _pair(name, _column(np.arange(int(n) + 1), 0, np.ndim(z)), z)

    named_x = name.startswith("riccati")
    foreign(f"scipy.special.{name}")((lambda n, x: of_degree(n, x)) if named_x else of_degree)


def _by_order_and_degree(name):
    @foreign(f"scipy.special.{name}")
    def handler(m, n, z):
        z = _real(name, z)
        scipy_special(name)(m := primal(m), n := primal(n), np.full(np.shape(z), 0.5)[()])
        orders, degrees = (np.arange(int(k) + 1) for k in (m, n))
        return _pair(name, _column(orders, 0, np.ndim(z) + 1), _column(degrees, 1, np.ndim(z)), z)


def _by_real_order(name):
    @foreign(f"scipy.special.{name}")
    def handler(v, x):
        if has_active(v) or primal(v) < 0.0:
            raise UnsupportedOperation(
                f"scipy.special.{name} has a derivative in x alone, for orders that are not negative",
                "keep the order a plain number",
            )
        x = _real(name, x)
        length = len(scipy_special(name)(v, 1.0)[0])
        return _pair(name, v - int(v) + np.arange(float(length)), x)


for _name in ("lqn", "lpn", "riccati_jn", "riccati_yn"):
    _by_degree(_name)
for _name in ("lqmn", "lpmn"):
    _by_order_and_degree(_name)
for _name in ("pbdv_seq", "pbvv_seq", "lmbda"):
    _by_real_order(_name)


# ---- Legendre functions and spherical harmonics ----


def _require_defaults(name, options, defaults):
    for key, x in options.items():
        if key not in defaults:
            raise TypeError(f"scipy.special.{name}() got an unexpected keyword argument {key!r}")
        if x != defaults[key]:
            raise UnsupportedOperation(f"scipy.special.{name} has no derivative with {key}={x}", f"leave {key}= away")


def _orders(m):
    """As SciPy's arrays have them: 0, 1... m, -m... -1."""
    m = abs(int(primal(m)))
    return np.concatenate([np.arange(m + 1), np.arange(-m, 0)])


def _all_legendre(name, has_order):
    @foreign(f"scipy.special.{name}")
    def handler(*args, diff_n=0, **options):
        *degrees, x = args
        _require_defaults(name, options, {"branch_cut": 2, "norm": False})
        x = _real(name, x)
        n = _column(np.arange(int(primal(degrees[0])) + 1), 0, np.ndim(x) + has_order)
        m = (_column(_orders(degrees[1]), 1, np.ndim(x)),) if has_order else ()
        return np.stack([special(f"_{name}", n, *m, x, orders=(k,)) for k in range(diff_n + 1)])


_all_legendre("legendre_p_all", False)
_all_legendre("assoc_legendre_p_all", True)
_all_legendre("sph_legendre_p_all", True)


@foreign("scipy.special.sph_harm_y")
def sph_harm_y(n, m, theta, phi, *, diff_n=0):
    _require_defaults("sph_harm_y", {"diff_n": diff_n}, {"diff_n": 0})
    return analytic("_sph_harm_y", primal(n), primal(m), operand(theta), operand(phi))


@foreign("scipy.special.sph_harm_y_all")
def sph_harm_y_all(n, m, theta, phi, *, diff_n=0):
    _require_defaults("sph_harm_y_all", {"diff_n": diff_n}, {"diff_n": 0})
    theta, phi = operand(theta), operand(phi)
    behind = max(np.ndim(theta), np.ndim(phi))
    degrees = _column(np.arange(int(primal(n)) + 1), 0, behind + 1)
    return analytic("_sph_harm_y_all", degrees, _column(_orders(m), 1, behind), theta, phi)


# ---- nodes and weights in the parameters of the weight function: eigenvalues and vectors of the tridiagonal matrix of
# the recurrence, and its total weight (Golub and Welsch 1969) ----


def _quadrature(diagonal, below, total):
    n = np.shape(diagonal)[0]
    side = np.sqrt(below) if n > 1 else np.zeros(0)
    nodes, vectors = np.linalg.eigh(np.diag(diagonal) + np.diag(side, -1))
    return nodes, total * np.square(vectors[0])


def _jacobi(n, a, b):
    gamma, k = scipy_special("gamma"), np.arange(1.0, n)
    s = a + b
    diagonal = np.concatenate([[(b - a) / (s + 2.0)], (b * b - a * a) / ((2.0 * k + s) * (2.0 * k + s + 2.0))])
    first = 4.0 * (1.0 + a) * (1.0 + b) / ((2.0 + s) * (2.0 + s) * (3.0 + s))
    k = k[1:]
    rest = 4.0 * k * (k + a) * (k + b) * (k + s) / ((2.0 * k + s) ** 2 * (2.0 * k + s + 1.0) * (2.0 * k + s - 1.0))
    total = 2.0 ** (s + 1.0) * gamma(a + 1.0) * gamma(b + 1.0) / gamma(s + 2.0)
    return _quadrature(diagonal, np.concatenate([[first], rest]), total)


def _genlaguerre(n, a):
    k = np.arange(1.0, n)
    return _quadrature(2.0 * np.arange(float(n)) + 1.0 + a, k * (k + a), scipy_special("gamma")(a + 1.0))


def _sh_jacobi(n, p, q):
    nodes, weights = _jacobi(n, p - q, q - 1.0)
    return 0.5 * (nodes + 1.0), weights / 2.0**p


_QUADRATURES = {
    "jacobi": (_jacobi, "j_roots", ("alpha", "beta")),
    "genlaguerre": (_genlaguerre, "la_roots", ("alpha",)),
    "gegenbauer": (lambda n, a: _gegenbauer(n, a), "cg_roots", ("alpha",)),
    "sh_jacobi": (_sh_jacobi, "js_roots", ("p1", "q1")),
}


def _gegenbauer(n, a):
    """The weight of Jacobi's with both parameters a - 1/2."""
    return _jacobi(n, a - 0.5, a - 0.5)


def _roots(name, model, alias, names):
    @foreign(f"scipy.special.roots_{name}", f"scipy.special.{alias}")
    def handler(n, *parameters, mu=False, **named):
        if len(parameters) > len(names):
            parameters, mu = parameters[:-1], parameters[-1]
        parameters += tuple(named.pop(key) for key in names[len(parameters) :] if key in named)
        if named:
            raise TypeError(f"scipy.special.roots_{name}() got an unexpected keyword argument {next(iter(named))!r}")
        n, parameters = primal(n), tuple(map(operand, parameters))
        scipy_special(f"roots_{name}")(n, *map(peeked, parameters))  # what it raises is raised
        nodes, weights = model(int(n), *parameters)
        found = returned(f"roots_{name}", (nodes, weights, np.sum(weights)), parameters, (0, 1, 2), n=int(n))
        return found if mu else found[:2]


for _name, (_model, _alias, _names) in _QUADRATURES.items():
    _roots(_name, _model, _alias, _names)
