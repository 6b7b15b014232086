"""Functions of scipy.special that count, whose arguments are whole numbers, and those that have no derivative: by name,
with the reason and the remedy."""

import sys

import numpy as np

from ..errors import UnsupportedOperation
from ..trace.functions import PASSIVE, REFUSALS, REFUSED, foreign, operand, peeked, primal
from .complex_numbers import number
from .either import returned
from .special_functions import scipy_special

# What is not called with numbers: errors, and settings of them.
PLAIN_NAMES = frozenset("SpecialFunctionError SpecialFunctionWarning errstate geterr seterr".split())

_COUNTING = """
ai_zeros bi_zeros bei_zeros beip_zeros ber_zeros berp_zeros kei_zeros keip_zeros ker_zeros kerp_zeros kelvin_zeros
jn_zeros jnp_zeros jnyn_zeros jnjnp_zeros yn_zeros ynp_zeros y0_zeros y1_zeros y1p_zeros erf_zeros fresnel_zeros
fresnelc_zeros fresnels_zeros bernoulli euler stirling2 chebyc chebys chebyt chebyu hermite hermitenorm laguerre
legendre sh_chebyt sh_chebyu sh_legendre roots_chebyc roots_chebys roots_chebyt roots_chebyu roots_hermite
roots_hermitenorm roots_laguerre roots_legendre roots_sh_chebyt roots_sh_chebyu roots_sh_legendre c_roots h_roots
he_roots l_roots p_roots ps_roots s_roots t_roots ts_roots u_roots us_roots
""".split()

_LAME = "SciPy has no derivative of Lame's functions, and no closed form is known"
_COEFFICIENTS = "its Fourier coefficients are computed by SciPy's compiled code", "use mathieu_cem and mathieu_sem"
_SEQUENCE = "the values for a sequence of degrees are computed by SciPy's compiled code"
_REFUSED = {
    "ellip_harm": (_LAME, "keep its arguments plain numbers"),
    "ellip_harm_2": (_LAME, "keep its arguments plain numbers"),
    "ellip_normal": (_LAME, "keep its arguments plain numbers"),
    "mathieu_even_coef": _COEFFICIENTS,
    "mathieu_odd_coef": _COEFFICIENTS,
    "pro_cv_seq": (_SEQUENCE, "use pro_cv, one degree at a time"),
    "obl_cv_seq": (_SEQUENCE, "use obl_cv, one degree at a time"),
    "pbdn_seq": ("SciPy's values for complex arguments are not those of the function", "use pbdv_seq, for real ones"),
    "clpmn": ("SciPy gives it up", "use assoc_legendre_p"),
    **{
        name: ("the coefficients of the polynomial would be plain numbers", f"use eval_{name}(n, ..., x)")
        for name in ("jacobi", "gegenbauer", "genlaguerre", "sh_jacobi")
    },
}


def _counting(name):
    @foreign(f"scipy.special.{name}", kind=PASSIVE)
    def handler(*args, **kwargs):
        return scipy_special(name)(*map(primal, args), **primal(kwargs))


for _name in _COUNTING:
    _counting(_name)


def _refused(name, reason, remedy):
    @foreign(f"scipy.special.{name}", kind=REFUSED)
    def handler(*args, **kwargs):
        raise UnsupportedOperation(f"scipy.special.{name} has no derivative: {reason}", remedy)

    REFUSALS[f"scipy.special.{name}"] = reason, remedy


for _name, (_reason, _remedy) in _REFUSED.items():
    _refused(_name, _reason, _remedy)


# ---- factorials ----


def _factorial(name, n, k, exact, extend, by_name):
    """k^(n/k) gamma(n/k + 1) over the same at n = 1: SciPy's extension to numbers that are not whole. Without
    ``extend="complex"`` it refuses these."""
    options = {**by_name, "extend": extend}
    scipy_special(name)(peeked(number(n)), exact=exact, **options)  # what it raises is raised
    special = sys.modules["scipy.special"]
    n = number(n)
    model = np.exp((n - 1.0) / k * np.log(k)) * special.gamma(n / k + 1.0) * special.rgamma(1.0 / k + 1.0)
    return model if np.iscomplexobj(n) else returned(f"scipy.special.{name}", model, (n,), **options)


@foreign("scipy.special.factorial")
def factorial(n, exact=False, extend="zero"):
    """gamma(n + 1), 0 where n < 0 unless extended."""
    if exact or extend != "zero":
        return _factorial("factorial", n, 1.0, exact, extend, {})
    n = operand(n)
    negative = n < 0.0
    return np.where(negative, 0.0, scipy_special("gamma")(np.where(negative, 1.0, n) + 1.0))[()]


@foreign("scipy.special.factorial2")
def factorial2(n, exact=False, extend="zero"):
    return _factorial("factorial2", n, 2.0, exact, extend, {})


@foreign("scipy.special.factorialk")
def factorialk(n, k, exact=False, extend="zero"):
    k = primal(k)
    if not np.isrealobj(k) or k < 0:
        raise UnsupportedOperation("scipy.special.factorialk has no derivative for k < 0", "use k > 0")
    return _factorial("factorialk", n, float(k), exact, extend, {"k": k})
