"""What takes the place of compiled loops of SciPy, and of a class or two, where something is traced: the registry and
what the families of them (interpolation_kernels.py and its like) are written with."""

from importlib import import_module

import numpy as np

from dualtape.core.buffer import Buffer
from dualtape.errors import UnsupportedOperation
from dualtape.ops.constant_maps import COMPILED
from dualtape.trace.functions import apply, has_active, is_complex, operand, peeked

_FAMILIES = (
    "interpolation_kernels",
    "fitpack_kernels",
    "modelled_kernels",
    "integration_kernels",
    "statistics_kernels",
    "signal_kernels",
    "image_kernels",
)
_kernels = {}  # full name of something compiled -> what takes its place


def kernel(*names):
    """Register the decorated function or class in place of those with these full names."""

    def register(handler):
        for name in names:
            _kernels[name] = handler
        return handler

    return register


def kernel_of(name):
    """What takes the place of the function or class with a full name; None if nothing does."""
    for family in _FAMILIES:
        import_module("dualtape.rewrite." + family)
    return _kernels.get(name)


def real_numbers(*arrays):
    """Arguments of a kernel as active or plain arrays of real numbers."""
    found = []
    for x in arrays:
        x = x.held() if type(x) is Buffer else x
        if is_complex(x):
            raise UnsupportedOperation(
                "a table or matrix of complex values with traced entries", "keep the parts apart"
            )
        found.append(operand(x) if has_active(x) else np.ascontiguousarray(x, dtype=np.float64))
    return found


def plain_numbers(x, problem, remedy):
    """An argument of a kernel in which there is no derivative, as a plain array; `problem` and `remedy` say so."""
    if has_active(x):
        raise UnsupportedOperation(problem, remedy)
    x = np.asarray(peeked(x))
    if np.iscomplexobj(x):
        raise UnsupportedOperation("complex coefficients beside traced numbers", "keep real and imaginary part apart")
    return x.astype(np.float64)


def compiled(function, model, *xs):
    """What a compiled function gives for `xs`, with the derivatives of `model`, which is the same in other words."""
    return apply(COMPILED, model, *xs, function=function)
