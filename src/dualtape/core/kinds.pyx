"""See kinds.pxd; here is what Python code asks and does."""
import numpy as np

cdef object _TRUE = np.True_, _FALSE = np.False_


cdef object said(bint outcome, bint of_floats):
    if of_floats:
        return outcome
    return _TRUE if outcome else _FALSE


def is_float(x):
    """Is a scalar, active or plain, one of Python's numbers?"""
    return is_python(x) or getattr(x, "is_float", False)


def as_float(x):
    """What ``float(x)`` gives: the same scalar as a float of Python's, if it is active."""
    return x.of_kind(True) if hasattr(x, "of_kind") else x
