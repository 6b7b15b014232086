"""Polynomials: coefficients, roots and points may all be active. NumPy's own code runs on them."""

import importlib

import numpy as np

from .borrowed import borrows, borrows_all

BASES = ("polynomial", "chebyshev", "legendre", "hermite", "hermite_e", "laguerre")

borrows(np.poly, np.polyval, np.polyadd, np.polysub, np.polymul, np.polydiv, np.polyder, np.polyint)
borrows(np.vander, np.trim_zeros)
for _basis in BASES:
    borrows_all(importlib.import_module(f"numpy.polynomial.{_basis}"))
