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


def as_float64(x):
    """A scalar, active or plain, as NumPy's; anything else as it is."""
    if hasattr(x, "of_kind"):
        return x.of_kind(False)
    return np.float64(x) if type(x) is float else x


def as_float(x):
    """A scalar, active or plain, as a float of Python's; anything else as it is."""
    if hasattr(x, "of_kind"):
        return x.of_kind(True)
    return float(x) if type(x) is np.float64 else x
