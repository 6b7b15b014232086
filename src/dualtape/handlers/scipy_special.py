"""Functions of scipy.special that are not ufuncs. Most are Python code around ufuncs: their own code runs on active
numbers (borrowed.py), so that arithmetic, errors and last bits are SciPy's. Those whose code looks at values element by
element, or leaves NumPy, are written here."""

import numpy as np

from ..errors import UnsupportedOperation
from ..ops.complex_special import analytic
from ..ops.special.registry import special
from ..trace.functions import CARRIERS, foreign, operand, peeked, primal
from .borrowed import translated
from .complex_numbers import number
from .special_functions import scipy_special

_BORROWED = "assoc_laguerre comb diric h1vp h2vp ivp jvp kvp perm polygamma softplus yvp zeta".split()


def _borrowed(name):
    def handler(*args, **kwargs):
        return translated(scipy_special(name))(*args, **kwargs)

    return handler


for _name in _BORROWED:
    foreign(f"scipy.special.{_name}")(_borrowed(_name))


@foreign("scipy.special.multigammaln")
def multigammaln(a, d):
    """SciPy's sum, whose terms stand in a list."""
    a, d = operand(a), primal(d)
    scipy_special("multigammaln")(peeked(a), d)  # what it raises is raised
    terms = scipy_special("gammaln")(np.stack([a - (j - 1.0) / 2 for j in range(1, d + 1)]))
    return (d * (d - 1) * 0.25) * np.log(np.pi) + np.sum(terms, axis=0)


@foreign("scipy.special.lambertw")
def lambertw(z, k=0, tol=1e-8):
    """The branch is a whole number."""
    z, k = number(z), np.asarray(primal(k), dtype=np.int64)
    if not CARRIERS[type(z)]:
        return scipy_special("lambertw")(z, k, primal(tol))
    return analytic("_lambertw", z, k, float(primal(tol)))


def _spherical(name, parity):
    """Spherical Bessel functions of negative numbers are those of positive ones, with the sign `parity` where the order
    is even; None: SciPy takes the real part of the complex function."""

    def handler(n, z, derivative=False):
        n, z = np.asarray(primal(n), dtype=np.int64), number(z)
        entry = f"_{name}_d" if derivative else f"_{name}"
        if np.iscomplexobj(z):
            return analytic(entry, n, z)
        negative = z < 0.0
        if not np.any(negative):
            return special(entry, n, z)
        if parity is None:
            on_the_right = special(entry, n, np.where(negative, 1.0, z))
            return np.where(negative, np.real(analytic(entry, n, np.where(negative, z, -1.0) + 0j)), on_the_right)
        sign = np.where(n % 2 == 0, parity, -parity) * (-1.0 if derivative else 1.0)
        found = special(entry, n, z * np.where(negative, -1.0, 1.0))
        return found * np.where(negative, sign, 1.0)

    foreign(f"scipy.special.{name}")(handler)


for _name, _parity in (("jn", 1.0), ("yn", -1.0), ("in", 1.0), ("kn", None)):
    _spherical(f"spherical_{_name}", _parity)


# ---- Legendre functions that return their own derivatives ----


def _legendre(name, n_degrees, argument):
    """With `n_degrees` degrees and orders before the argument."""

    def handler(*args, diff_n=0, **options):
        names = ("n", "m")[:n_degrees] + (argument,)
        given = dict(zip(names, args, strict=False)) | {k: options.pop(k) for k in names if k in options}
        if options.pop("branch_cut", 2) != 2 or options.pop("norm", False) or options:
            raise UnsupportedOperation(f"scipy.special.{name} has no derivative with these options", "leave them away")
        degrees = [np.asarray(primal(given[k])) for k in names[:-1]]
        x = operand(given[argument])
        found = [special(f"_{name}", *degrees, x, orders=(k,)) for k in range(diff_n + 1)]
        return np.stack(found)

    foreign(f"scipy.special.{name}")(handler)


_legendre("legendre_p", 1, "z")
_legendre("assoc_legendre_p", 2, "z")
_legendre("sph_legendre_p", 2, "theta")
