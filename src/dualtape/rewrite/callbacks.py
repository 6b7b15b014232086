"""Functions of SciPy that call a function of the user's: integrals, differential equations, roots, minima.

What traced numbers there are is seen when the user's function returns one. Where nothing is traced SciPy's own function
has the last word. Where something is, the function is cloned if it is Python code whose steps have the derivative
(`LIVE`), and refused by its name otherwise, with what to write in its place. Called by proxies.py."""

import functools
import inspect

from dualtape.core.substitutes import Substitute
from dualtape.errors import UnsupportedOperation
from dualtape.rewrite.wrapping import Wrapper, has_active_part
from dualtape.trace.functions import CARRIERS, NO_RULE_REMEDY

_INTEGRAL = "use scipy.integrate.quad_vec or fixed_quad, which take functions of traced numbers, or np.trapezoid"
_INTEGRALS = "nest scipy.integrate.quad_vec or fixed_quad, which take functions of traced numbers"
_EQUATION = 'use scipy.integrate.solve_ivp with method="RK45", "RK23" or "DOP853", which take traced numbers'
_ROOT = "write the iteration in f itself: Newton steps x = x - g(x) / slope(x), two more than the value needs"
_ROOTS = (
    "write the iteration in f itself: Newton steps x = x - np.linalg.solve(J, g(x)), two more than the value needs; "
    "dualtape.jacobian works inside of f"
)
_MINIMUM = (
    "write the iteration in f itself: Newton steps on the gradient, two more than the value needs; dualtape.grad and "
    "dualtape.hessian work inside of f"
)
_DIFFERENCES = "use dualtape.grad or dualtape.jacobian, which work inside of f"

_LIVE = {
    "scipy.integrate": "solve_ivp quad_vec fixed_quad RK23 RK45 DOP853",
}
_REFUSED = {
    "scipy.integrate": {
        "quad": _INTEGRAL,
        "dblquad tplquad nquad": _INTEGRALS,
        "qmc_quad tanhsinh nsum cubature": _INTEGRAL,
        "odeint ode complex_ode Radau BDF LSODA": _EQUATION,
        "solve_bvp": "write the collocation equations, and Newton steps on them, in f itself",
    },
    "scipy.optimize": {
        "brentq brenth ridder bisect toms748 newton root_scalar fixed_point": _ROOT,
        """root fsolve broyden1 broyden2 anderson linearmixing diagbroyden excitingmixing newton_krylov""": _ROOTS,
        """minimize minimize_scalar least_squares leastsq curve_fit fmin fmin_powell fmin_cg fmin_bfgs fmin_ncg
        fmin_l_bfgs_b fmin_tnc fmin_cobyla fmin_slsqp brent golden fminbound bracket basinhopping brute
        differential_evolution shgo dual_annealing direct line_search""": _MINIMUM,
        "approx_fprime check_grad": _DIFFERENCES,
    },
    "scipy.differentiate": {"derivative jacobian hessian": _DIFFERENCES},
    "scipy.optimize.elementwise": {"find_root bracket_root": _ROOT, "find_minimum bracket_minimum": _MINIMUM},
}
LIVE = frozenset(f"{module}.{name}" for module, names in _LIVE.items() for name in names.split())
REMEDIES = {
    f"{module}.{name}": remedy
    for module, families in _REFUSED.items()
    for names, remedy in families.items()
    for name in names.split()
}


class _TracedResult(BaseException):
    """A function of the user's returned a traced number to SciPy; no ``except Exception`` may stop it."""


def calls_back(name):
    """Tell whether the function of SciPy with this public name calls a function of the user's."""
    return name in LIVE or name in REMEDIES


def refuse(name):
    """Raise the error for a function of SciPy that meets traced numbers."""
    raise UnsupportedOperation(f"{name} of a function of traced numbers has no derivative rule", _of(name))


def _of(name):
    return REMEDIES.get(name, NO_RULE_REMEDY)


def watching(plainly, answer, name):
    """`plainly`, a function of SciPy, where the functions that it calls back return plain numbers, else `answer`."""

    @functools.wraps(plainly)
    def call(*args, **kwargs):
        watch = _Watch(name)
        try:
            result = plainly(*watch.over(args), **watch.over(kwargs))
        except BaseException:
            if not watch.has_seen:
                raise
        finally:
            watch.is_running = False
        return answer(*args, **kwargs) if watch.has_seen else result

    return call


class _Watch:
    """One call of a function of SciPy, and whether a function that it called back returned traced numbers."""

    def __init__(self, name):
        self.name, self.is_running, self.has_seen = name, True, False

    def over(self, tree):
        """Nested containers with every function in them watched; classes of SciPy stand for themselves."""
        kind = type(tree)
        if kind in (list, tuple):
            return kind(map(self.over, tree))
        if kind is dict:
            return {key: self.over(item) for key, item in tree.items()}
        if inspect.isclass(tree):
            return tree.__wrapped__ if isinstance(tree, Substitute) else tree
        return self._watched(tree) if callable(tree) and not issubclass(kind, Wrapper) else tree

    def _watched(self, function):
        @functools.wraps(function, updated=("__dict__",) if hasattr(function, "__dict__") else ())
        def call(*args, **kwargs):
            result = function(*args, **kwargs)
            if has_traced(result):
                if not self.is_running:  # an object of SciPy kept the function
                    raise UnsupportedOperation(f"{self.name} of a function of traced numbers", _of(self.name))
                self.has_seen = True
                raise _TracedResult
            return result

        return call


def live_arguments(tree):
    """Classes of SciPy among the arguments of a clone are live ones."""
    kind = type(tree)
    if kind is dict:
        return {key: live_arguments(item) for key, item in tree.items()}
    if kind is tuple:
        return tuple(map(live_arguments, tree))
    if isinstance(tree, Substitute) and inspect.isclass(tree):
        from dualtape.rewrite.library import live

        return live(tree.__wrapped__)
    return tree


def has_traced(result):
    """Tell whether a result holds traced numbers."""
    if type(result) in (list, tuple):
        return any(map(has_traced, result))
    if type(result) is dict:
        return any(map(has_traced, result.values()))
    return CARRIERS[type(result)] or has_active_part(result)
