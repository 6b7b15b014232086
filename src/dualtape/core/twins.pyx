"""Attributes of an object in a clone: what the object holds, or what that stands for."""
from types import MethodType

import numpy as np

cdef frozenset PLAIN = frozenset((int, float, bool, str, bytes, complex, type(None), np.float64, np.int64, np.bool_))


def attribute_getter(substitute):
    """``__getattribute__`` of classes of twins; `substitute(value)` tells what a value stands for."""

    def __getattribute__(self, str name):
        value = object.__getattribute__(self, name)
        kind = type(value)
        if kind in PLAIN and name != "__dict__" or kind is MethodType and value.__self__ is self:
            return value
        return value if name.startswith("__") else substitute(value)

    return __getattribute__
