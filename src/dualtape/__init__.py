"""Exact derivatives of ordinary Python and NumPy functions: value, Jacobian, JVP, VJP and Hessian tensor.

The public names and nothing else. A name is imported when it is first used, so that ``import dualtape`` costs next to
nothing.
"""

from typing import TYPE_CHECKING

from dualtape import errors as errors
from dualtape.version import __version__ as __version__

if TYPE_CHECKING:
    from dualtape.api.check import check as check
    from dualtape.api.debug import debug as debug
    from dualtape.api.differentiable import differentiable as differentiable
    from dualtape.api.forward import jvp as jvp
    from dualtape.api.hessian import derivatives as derivatives
    from dualtape.api.hessian import hessian as hessian
    from dualtape.api.hessian import hvp as hvp
    from dualtape.api.hessian import weighted_hessian as weighted_hessian
    from dualtape.api.jacobian import jacobian as jacobian
    from dualtape.api.jacobian import value_and_jacobian as value_and_jacobian
    from dualtape.api.linearize import linearize as linearize
    from dualtape.api.load import load as load
    from dualtape.api.record import record as record
    from dualtape.api.reverse import grad as grad
    from dualtape.api.reverse import value_and_grad as value_and_grad
    from dualtape.api.reverse import vjp as vjp
    from dualtape.api.stop_gradient import stop_gradient as stop_gradient
    from dualtape.api.supported import supported as supported
    from dualtape.core.dual import Dual as Dual
    from dualtape.core.dual import HyperDual as HyperDual

# Where each public name lives. The imports above say the same to type checkers; a test compares the two.
_HOMES = {
    "Dual": "dualtape.core.dual",
    "HyperDual": "dualtape.core.dual",
    "check": "dualtape.api.check",
    "debug": "dualtape.api.debug",
    "derivatives": "dualtape.api.hessian",
    "differentiable": "dualtape.api.differentiable",
    "grad": "dualtape.api.reverse",
    "hessian": "dualtape.api.hessian",
    "hvp": "dualtape.api.hessian",
    "jacobian": "dualtape.api.jacobian",
    "jvp": "dualtape.api.forward",
    "linearize": "dualtape.api.linearize",
    "load": "dualtape.api.load",
    "record": "dualtape.api.record",
    "stop_gradient": "dualtape.api.stop_gradient",
    "supported": "dualtape.api.supported",
    "value_and_grad": "dualtape.api.reverse",
    "value_and_jacobian": "dualtape.api.jacobian",
    "vjp": "dualtape.api.reverse",
    "weighted_hessian": "dualtape.api.hessian",
}

__all__ = ["errors", *_HOMES]


if not TYPE_CHECKING:  # to a type checker, an unknown name is an error

    def __getattr__(name):
        if name not in _HOMES:
            raise AttributeError(f"module 'dualtape' has no attribute {name!r}")
        import importlib

        value = getattr(importlib.import_module(_HOMES[name]), name)
        globals()[name] = value
        return value

    def __dir__():
        return sorted(set(globals()) | set(__all__))
