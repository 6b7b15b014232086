"""Levels: every tape and every forward evaluation takes the next number of one counter when it starts, so that a larger
number is an inner derivative and leads when numbers of two levels meet. Numbers made by hand are of level 0. Also how
deep this thread is in derivatives. Called by both engines; safe from several threads."""
cimport cython
from dualtape.core.c cimport dt_depth

cdef cython.pymutex _lock
cdef unsigned long long _last = 0
cdef int _inspectors = 0


cpdef unsigned long long next_level():
    """A level larger than every one given before."""
    global _last
    with _lock:
        _last += 1
        return _last


cdef void enter_trace() noexcept:
    dt_depth()[0] += 1


cdef void leave_trace() noexcept:
    dt_depth()[0] -= 1


cdef int trace_depth() noexcept:
    return dt_depth()[0]


class tracing:
    """Context in which the user's function runs: `depth() > 0` tells an inner driver that it is one."""

    def __enter__(self):
        enter_trace()

    def __exit__(self, *exception):
        leave_trace()


def depth():
    """How many derivatives are being taken around this line, in this thread."""
    return trace_depth()


cdef bint inspected() noexcept:
    """Does a thread inspect its derivatives (trace/inspection.py)? Then compiled short cuts leave all calls to Python.
    """
    return _inspectors > 0


def inspect(int change):
    """One inspector more, or less."""
    global _inspectors
    with _lock:
        _inspectors += change


def is_inspected():
    """True while any thread inspects its derivatives."""
    return inspected()
