"""Polynomials: coefficients, roots and points may all be active. NumPy's own code runs on them.

It drops coefficients that are exactly 0 where they come first, or last, unasked: with them goes a derivative that is
rarely 0. So what is left, and what is computed of it, has the derivative NaN along them."""

import importlib

import numpy as np
from numpy.polynomial import polyutils

from ..trace.functions import foreign, handles, has_parts, is_active, peeked
from .borrowed import borrows, borrows_all, borrows_by_name, stands_for, translated
from .complex_numbers import handles_complex, made, number, parts

BASES = {  # name of the module -> what the names of its functions begin with
    "polynomial": "poly", "chebyshev": "cheb", "legendre": "leg", "hermite": "herm", "hermite_e": "herme",
    "laguerre": "lag",
}  # fmt: skip

borrows(np.poly, np.polyval, np.polyadd, np.polysub, np.polymul, np.polydiv, np.polyder, np.polyint, np.polyfit)
borrows(np.vander, np.trim_zeros)
for _basis in BASES:
    borrows_all(importlib.import_module(f"numpy.polynomial.{_basis}"), without=("gauss", "pts1", "pts2"))
borrows_by_name(np.poly1d)
_classes = np.polynomial
borrows_by_name(_classes.Polynomial, _classes.Chebyshev, _classes.Legendre, _classes.Hermite, _classes.HermiteE)
borrows_by_name(_classes.Laguerre)


def _without(kept, *lost, beside=1.0):
    """`kept`, whose derivatives along the coefficients in `lost`, all of them 0, are not known, nor are those that mix
    them with the finite number `beside`."""
    one = 1.0
    for coefficients in lost:
        for part in parts(number(coefficients)) if len(coefficients) else ():
            if is_active(part):
                root = np.sqrt(part)
                one = one - np.sum(root - root) * beside  # inf - inf
    if not is_active(one):
        return kept
    return made(*(part * one for part in parts(kept))) if has_parts(kept) else kept * one


@stands_for(np.trim_zeros)
def _trim_zeros(filt, trim="f"):
    """As np.poly1d calls it. A polynomial that is 0 keeps its last coefficient: NumPy puts a 0 there."""
    kept = np.trim_zeros(filt, trim)
    if len(kept) or not len(filt):
        return _without(kept, filt[: len(filt) - len(kept)])
    return _without(filt[-1:] + 0.0, filt[:-1])


@stands_for(polyutils.trimseq)
def _trimseq(seq):
    kept = polyutils.trimseq(seq)
    return _without(kept, seq[len(kept) :])


@stands_for(polyutils.trimcoef)
@foreign(*(f"numpy.polynomial.{basis}.{prefix}trim" for basis, prefix in BASES.items()))
def trimcoef(c, tol=0):
    """Coefficients are dropped because this was asked for: what is left is what is differentiated."""
    polyutils.trimcoef(peeked(number(c)), peeked(tol))  # what it raises is raised
    c = np.atleast_1d(number(c))
    (places,) = np.nonzero(np.abs(c) > tol)
    return np.copy(c[: places[-1] + 1]) if len(places) else c[:1] * 0


_roots_of = translated(np.roots)


@handles(np.roots)
@handles_complex(np.roots)
def roots(p):
    """A root moves with coefficients that are 0, too."""
    found = _roots_of(p)
    p = np.atleast_1d(number(p))
    if not np.size(found):
        return found
    first, last = np.flatnonzero(peeked(p))[[0, -1]]
    beside = sum(np.sum(np.arctan(part)) for part in parts(p[first : last + 1]) if part is not None)
    return _without(found, p[:first], p[last + 1 :], beside=beside)
