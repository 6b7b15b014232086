"""Functions that scipy.special computes for all degrees or orders up to a highest one at once, as arrays of values and
of slopes. The degrees come as an array along the first axes, and the highest of them is what SciPy is asked for; second
derivatives are those of the differential equation."""

import numpy as np
import scipy.special as sc

from ..complex_special import define_complex
from .entries import STEP, whole
from .polynomials import define_legendre
from .registry import define, special


def _highest(degrees):
    return [np.max(n) for n in degrees]


def _ladder(name, arguments, highest, curvature):
    """`highest` turns the highest degrees into arguments of the function, which returns values and slopes; `curvature`
    is the second derivative from degrees, argument, value and slope."""
    function = getattr(sc, name, None)
    if function is None:
        return
    n_degrees = len(arguments.split()) - 1

    def part(k):
        def value(*xs):
            return np.asarray(function(*highest(*_highest(xs[:-1])), xs[-1])[k])

        return value

    def slope(*args):
        return special(f"_{name}_slope", *args[:-1])

    def second(*args):
        *xs, v = args
        return curvature(*xs, special(f"_{name}", *xs), v)

    steps = (STEP,) * n_degrees
    define(f"_{name}", arguments, part(0), *steps, slope)
    define(f"_{name}_slope", arguments, part(1), *steps, second)


def _ints(*degrees):
    return [int(n) for n in degrees]


def _legendre_curvature(m, n, z, y, slope):
    """DLMF 14.2.2."""
    rest = 1.0 - z * z
    return (2.0 * z * slope - (n * (n + 1.0) - m * m / rest) * y) / rest


for _name in ("lqn", "lpn"):
    _ladder(_name, "n z", _ints, lambda n, z, y, slope: _legendre_curvature(0.0, n, z, y, slope))
for _name in ("lqmn", "lpmn"):
    _ladder(_name, "m n z", _ints, _legendre_curvature)
for _name in ("riccati_jn", "riccati_yn"):
    _ladder(_name, "n x", _ints, lambda n, x, y, slope: (n * (n + 1.0) / (x * x) - 1.0) * y)  # DLMF 10.51
for _name in ("pbdv_seq", "pbvv_seq"):
    _ladder(_name, "v x", lambda v: [v], lambda v, x, y, slope: (0.25 * x * x - v - 0.5) * y)  # DLMF 12.2.2


def _lambda_curvature(v, x, y, slope):
    at_0 = x == 0.0
    return np.where(at_0, -0.5 / (v + 1.0), -y - (2.0 * v + 1.0) * slope / np.where(at_0, 1.0, x))


_ladder("lmbda", "v x", lambda v: [v], _lambda_curvature)


# ---- Legendre functions of all degrees, and spherical harmonics ----


for _name, _arguments in (
    ("legendre_p_all", "n z"),
    ("assoc_legendre_p_all", "n m z"),
    ("sph_legendre_p_all", "n m theta"),
):
    define_legendre(_name, _arguments, lambda *degrees: _ints(*_highest(map(np.abs, degrees))))


def _harmonic(name, legendre, value):
    def in_theta(n, m, theta, phi, v):
        return special(legendre, n, m, theta, orders=(1,)) * np.exp(1j * (m * phi))

    define_complex(f"_{name}", "n m theta phi", value, STEP, STEP, in_theta, lambda n, m, theta, phi, v: 1j * m * v)


_harmonic(
    "sph_harm_y",
    "_sph_legendre_p",
    lambda n, m, theta, phi: sc.sph_harm_y(whole(n), whole(m), theta, phi),
)
_harmonic(
    "sph_harm_y_all",
    "_sph_legendre_p_all",
    lambda n, m, theta, phi: sc.sph_harm_y_all(*_ints(*_highest((n, np.abs(m)))), theta, phi),
)
