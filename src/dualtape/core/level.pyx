"""Levels: every tape and every forward evaluation takes the next number of one counter when it starts, so that a larger
number is an inner derivative and leads when numbers of two levels meet. Numbers made by hand are of level 0. The lowest
bit tells what scalars of the level stand for: elements of arrays, whose comparisons are np.bool_ (``~(x[0] > 1.0)``
negates it), or, where an input is a Python number, floats, whose comparisons are bool. Also how deep this thread is in
derivatives. Called by both engines; safe from several threads."""
cimport cython

from dualtape.core.c cimport dt_depth
from dualtape.errors import LeakedTracerError

cdef cython.pymutex _lock
cdef unsigned long long _last = 0
cdef int _inspectors = 0
cdef int _listeners = 0       # threads that want to hear of floating-point errors: handlers/floating_point.py
cdef unsigned long long _latest = 0      # the forward evaluation that started last, while it runs
cdef set _running = set()


cpdef unsigned long long next_level():
    """A level larger than every one given before."""
    global _last
    with _lock:
        _last += 1
        return _last


cdef unsigned long long *latest_evaluation() noexcept:
    """Where the level of one forward evaluation that is running stands: the short way of `check_running`."""
    return &_latest


cdef int start_evaluation(unsigned long long level) except -1:
    """Numbers of this level may be computed with from now on."""
    global _latest
    _running.add(level)
    _latest = level
    return 0


def end_evaluation(level):
    """... and no longer: their derivatives are those of a run that is over."""
    global _latest
    _running.discard(level)
    _latest = 0


cdef int check_running(unsigned long long level) except -1:
    """Refuse to compute with numbers of an evaluation that is over."""
    if level not in _running:
        raise LeakedTracerError(
            "a forward-mode number was used after its derivative had been taken: it lives while the differentiated "
            "function runs",
            "return the value from the function instead of keeping it in a list, an attribute, a global or a closure")
    return 0


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


cdef int *listeners() noexcept:
    """Where it stands how many threads want to hear of floating-point errors: then NumPy computes all once more."""
    return &_listeners


def report(int change):
    """One such thread more, or less."""
    global _listeners
    with _lock:
        _listeners += change


def inspect(int change):
    """One inspector more, or less."""
    global _inspectors
    with _lock:
        _inspectors += change


def is_inspected():
    """True while any thread inspects its derivatives."""
    return inspected()
