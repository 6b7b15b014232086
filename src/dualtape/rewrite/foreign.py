"""What functions, classes and objects of NumPy, SciPy and the standard library stand for, wherever they were imported
from."""

import sys

import numpy as np

from dualtape.rewrite.proxies import FOREIGN_PACKAGES, proxy_of, substitute_of
from dualtape.trace.ownership import root


def foreign_function(function):
    """The substitute of a function."""
    if isinstance(function, np.ufunc):
        return substitute_of(function)
    name = public_name(function)
    if name is None:
        return function
    module, _, attribute = name.rpartition(".")
    return getattr(proxy_of(sys.modules[module]), attribute)


def foreign_class(cls):
    """The substitute of a class."""
    return foreign_function(cls)


def is_foreign_object(cls):
    """Tell whether objects of a class have substitutes."""
    return False


def foreign_object(x):
    """The substitute of an object."""
    return x


def public_name(function):
    """The name by which users know a function: "scipy.linalg.solve"; None if it is none of ours to replace."""
    name, module = getattr(function, "__name__", None), getattr(function, "__module__", None)
    if root(module) not in FOREIGN_PACKAGES or not isinstance(name, str):
        return None
    parts = module.split(".")
    for length in range(len(parts), 0, -1):
        home = ".".join(parts[:length])
        is_public = not any(part.startswith("_") for part in parts[:length])
        if is_public and getattr(sys.modules.get(home), name, None) is function:
            return f"{home}.{name}"
    return None
