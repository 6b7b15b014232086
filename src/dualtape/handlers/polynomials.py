"""Polynomials: coefficients, roots and points may all be active. NumPy's own code runs on them."""

import importlib

import numpy as np

from .borrowed import borrows, borrows_all, borrows_by_name

BASES = ("polynomial", "chebyshev", "legendre", "hermite", "hermite_e", "laguerre")

borrows(np.poly, np.polyval, np.polyadd, np.polysub, np.polymul, np.polydiv, np.polyder, np.polyint, np.polyfit)
borrows(np.vander, np.trim_zeros)
for _basis in BASES:
    borrows_all(importlib.import_module(f"numpy.polynomial.{_basis}"), without=("gauss", "pts1", "pts2"))
borrows_by_name(np.poly1d)
_classes = np.polynomial
borrows_by_name(_classes.Polynomial, _classes.Chebyshev, _classes.Legendre, _classes.Hermite, _classes.HermiteE)
borrows_by_name(_classes.Laguerre)
