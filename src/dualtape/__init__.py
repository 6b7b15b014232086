"""Exact derivatives of ordinary Python and NumPy functions: value, Jacobian, JVP, VJP and Hessian tensor."""

from dualtape import errors

__all__ = ["errors"]
