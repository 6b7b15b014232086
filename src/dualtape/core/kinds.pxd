"""The two kinds of scalars: a float of Python, whose comparisons are bool, and np.float64, whose comparisons are
np.bool_. The difference is seen by code that computes with tests: ``(x > 0) + (y > 0)`` is 2 or np.True_. As in NumPy,
an operation of two floats gives a float, any other an np.float64; what comes out of an array is an np.float64. Called
by both engines."""
from cpython.float cimport PyFloat_CheckExact
from cpython.long cimport PyLong_Check
from cpython.object cimport Py_EQ, Py_GE, Py_GT, Py_LE, Py_LT


cdef inline bint is_python(object number) noexcept:
    """Is a plain number one of Python's, so that a float stays a float with it?"""
    return PyFloat_CheckExact(number) or PyLong_Check(number)


cdef inline bint compare(double x, double y, int op) noexcept:
    if op == Py_LT:
        return x < y
    if op == Py_LE:
        return x <= y
    if op == Py_GT:
        return x > y
    if op == Py_GE:
        return x >= y
    return x == y if op == Py_EQ else x != y


# The outcome of a comparison: of two floats, or of which one is an np.float64.
cdef object said(bint outcome, bint of_floats)
