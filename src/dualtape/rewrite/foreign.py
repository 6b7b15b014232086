"""What functions, classes and objects of NumPy, SciPy and the standard library stand for, wherever they were imported
from."""

import sys

import numpy as np

from dualtape.core.names import ABSENT
from dualtape.rewrite.callbacks import calls_back
from dualtape.rewrite.proxies import FOREIGN_PACKAGES, proxy_of, substitute_of
from dualtape.trace.functions import foreign_handler
from dualtape.trace.ownership import root


def foreign_function(function):
    """The substitute of a function."""
    if isinstance(function, np.ufunc):
        return substitute_of(function)
    owner = getattr(function, "__self__", None)
    if owner is not None and is_foreign_object(type(owner)):
        return getattr(foreign_object(owner), function.__name__)
    name = public_name(function)
    if name is None:
        return function
    module, _, attribute = name.rpartition(".")
    return getattr(proxy_of(sys.modules[module]), attribute)


def foreign_class(cls):
    """The substitute of a class: what it makes is wrapped."""
    return foreign_function(cls) if has_substitute(cls) else cls


def has_substitute(cls):
    """Tell whether a class has a substitute: it makes objects that have, calls a function of the user's, or refuses
    traced numbers."""
    if is_foreign_object(cls) or (root(cls.__module__) == "scipy" and calls_back(public_name(cls))):
        return True
    return root(cls.__module__) in ("decimal", "fractions") and foreign_handler(public_name(cls) or "") is not None


def is_foreign_object(cls):
    """Tell whether objects of a class have substitutes."""
    return _wrapper_of(cls) is not None


def foreign_object(x):
    """The substitute of an object."""
    return _wrapper_of(type(x))(x)


def _wrapper_of(cls):
    """The class of the wrappers of objects of a class; None if there is none."""
    if root(cls.__module__) != "scipy" and cls.__name__ not in _NAMED and not _is_linear_operator(cls):
        return None
    found = _wrapper_classes.get(cls, ABSENT)
    if found is ABSENT:
        found = _wrapper_classes[cls] = _find_wrapper(cls)
    return found


def _find_wrapper(cls):
    from dualtape.rewrite import distributions, interpolants, matrices, multivariate
    from dualtape.rewrite.randoms import RandomNumbers

    if issubclass(cls, (np.random.Generator, np.random.RandomState)):
        return RandomNumbers
    names = [base.__name__ for base in cls.__mro__ if root(base.__module__) == "scipy"]
    if any(name in ("spmatrix", "sparray", "_spbase") for name in names):
        return matrices.SparseMatrix
    if "LinearOperator" in names:
        return matrices.Operator
    if cls.__name__ == "SuperLU":
        return matrices.Factors
    if is_distribution(cls):
        return distributions.Distribution
    known = interpolants.CLASSES | multivariate.CLASSES
    return next((known[name] for name in names if name in known), None)


def is_distribution(cls):
    """Tell whether objects of a class are distributions of scipy.stats of one variable, or such with parameters."""
    return any(
        base.__name__ in ("rv_generic", "rv_frozen") and root(base.__module__) == "scipy" for base in cls.__mro__
    )


def _is_linear_operator(cls):
    return any(base.__name__ == "LinearOperator" and root(base.__module__) == "scipy" for base in cls.__mro__)


_wrapper_classes = {}
_NAMED = ("SuperLU", "Generator", "RandomState")


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
