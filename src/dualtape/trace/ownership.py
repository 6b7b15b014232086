"""Whose code is it? The user's own functions are cloned and searched for captured constants; Python, NumPy, SciPy,
dualtape and installed packages are not looked into."""

import functools
import sys
import types

_LIBRARIES = frozenset(sys.stdlib_module_names) | {"numpy", "scipy", "dualtape"}
_INSTALLED = ("site-packages", "dist-packages")


def root(module):
    """The package that a module, given by name, belongs to."""
    return (module or "").partition(".")[0]


def module_of(f):
    """Name of the module in which a callable was written."""
    while isinstance(f, (functools.partial, types.MethodType)):
        f = f.func if isinstance(f, functools.partial) else f.__func__
    return f.__globals__.get("__name__") if isinstance(f, types.FunctionType) else type(f).__module__


def is_library(module, own, file=None):
    """Tell whether the code of a module, given by name, is none of the user's. The package `own` is the user's even if
    it is installed."""
    package = root(module)
    if package == own and package != "dualtape":
        return False
    file = getattr(sys.modules.get(module), "__file__", None) if file is None else file
    return package in _LIBRARIES or any(part in (file or "") for part in _INSTALLED)


def is_cython_function(kind):
    """Tell whether a type is that of functions that Cython compiled, such as those of numpy.random: each version of
    Cython has its own, and looking one up would load its library."""
    return kind.__name__ == "cython_function_or_method"
