"""What a clone calls in place of a function of NumPy, SciPy or the standard library: the function itself, unless an
argument is active where no protocol of NumPy would tell. Arrays that come out of it are buffers (buffer.pyx), so that
active numbers can be written into them; SciPy is given the ndarrays of plain buffers.

Active numbers are told by their type; `ACTIVE`, which trace/functions.py fills, knows all types. Lists and tuples are
looked into. NumPy's own functions find active arguments by themselves, at 450 ns a call: a substitute goes straight to
the handler where all other arguments are plain."""
cimport cython
cimport numpy as cnp
from cpython.dict cimport PyDict_GetItem
from cpython.object cimport PyObject, PyObject_Call
from libc.stdint cimport uint16_t

import numpy as np

from dualtape.core.buffer cimport Buffer
from dualtape.core.c cimport DT_ACTIVE_A
from dualtape.core.scalar cimport TracedScalar, traced_scalar
from dualtape.core.buffer import buffered, opened, rewrapped
from dualtape.core.python_errors import ENDLESS, guard_finite, guard_refused
from dualtape.core.text import Code, Text

cnp.import_array()

cdef frozenset PLAIN = frozenset((int, float, bool, str, type(None), np.ndarray, np.float64, np.int64, type, slice))


cdef inline bint is_of(object x, types) except -1:
    cdef PyObject *found = PyDict_GetItem(types, <object>type(x))
    return <object>found if found != NULL else types[type(x)]


cdef bint holds(object items, types) except -1:
    """Does an active number stand anywhere in a list or a tuple?"""
    for item in items:
        kind = type(item)
        if kind is float or kind is int:
            continue
        if kind is list or kind is tuple:
            if holds(item, types):
                return True
        elif is_of(item, types) or (kind is Buffer and (<Buffer>item).is_active):
            return True
    return False


cdef bint has_buffer(object items) except -1:
    for item in items:
        kind = type(item)
        if kind is Buffer or ((kind is list or kind is tuple) and has_buffer(item)):
            return True
    return False


cdef object finished(object result, tuple args, dict kwargs):
    """A result in buffers: views of arrays among the arguments, or new ones."""
    cdef list found
    if not (cnp.PyArray_CheckExact(result) or isinstance(result, (tuple, list))):
        return result
    found = []
    opened(args, found)
    opened(kwargs, found)
    return buffered(result, found)


cdef enum Found:
    NOTHING, PLAIN_WITH_ACTIVE, IN_A_LIST


cdef class Substitute:
    """Stands for `function` in a clone, and looks like it.

    Parameters
    ----------
    function : callable
        Called where nothing is active.
    answer : callable
        Called in its place with active arguments.
    types : dict
        Whether a type is that of an active number.
    plainly : callable, optional
        Called in place of `function` where nothing is active.
    methods : dict, optional
        What attributes of `function` stand for.
    """

    cdef readonly object __wrapped__
    cdef object answer, plainly, types
    cdef dict methods

    def __init__(self, function, answer, types, plainly=None, dict methods={}):
        self.__wrapped__, self.answer, self.types, self.methods = function, answer, types, methods
        self.plainly = function if plainly is None else plainly

    cdef bint is_active(self, tuple args, dict kwargs) except -1:
        for x in args:
            if type(x) is list or type(x) is tuple:
                if holds(x, self.types):
                    return True
            elif is_of(x, self.types) or (type(x) is Buffer and (<Buffer>x).is_active):
                return True
        return bool(kwargs) and self.is_active(tuple(kwargs.values()), {})

    def __call__(self, *args, **kwargs):
        cdef bint is_active = self.is_active(args, kwargs)
        cdef list found
        if has_buffer(args) or kwargs and has_buffer(kwargs.values()):
            found = []
            args = opened(args, found)
            kwargs = opened(kwargs, found)
            return rewrapped(PyObject_Call(self.answer if is_active else self.plainly, args, kwargs), found)
        if is_active:
            return self.answer(*args, **kwargs)
        return finished(PyObject_Call(self.plainly, args, kwargs), args, kwargs)

    def __instancecheck__(self, x):
        return isinstance(x, self.__wrapped__)

    def __subclasscheck__(self, cls):
        return issubclass(cls, self.__wrapped__)

    def __or__(self, other):
        return self.__wrapped__ | (other.__wrapped__ if isinstance(other, Substitute) else other)

    def __ror__(self, other):
        return other | self.__wrapped__

    def __getattr__(self, name):
        return self.methods[name] if name in self.methods else getattr(self.__wrapped__, name)

    @property
    def __class__(self):
        return type(self.__wrapped__)

    @property
    def __doc__(self):
        return self.__wrapped__.__doc__

    @property
    def __module__(self):
        return self.__wrapped__.__module__

    def __reduce__(self):
        return self.__wrapped__.__reduce__()

    def __repr__(self):
        return repr(self.__wrapped__)

    def __hash__(self):
        return hash(self.__wrapped__)

    def __eq__(self, other):
        return self.__wrapped__ == (other.__wrapped__ if isinstance(other, Substitute) else other)


@cython.final
cdef class MathSubstitute(Substitute):
    """The same for a function of `math` of one number that is row `op` of the rule table."""

    cdef uint16_t op
    cdef bint has_ends      # the function refuses finite numbers

    def __init__(self, function, answer, types, op):
        super().__init__(function, answer, types)
        self.op = op
        self.has_ends = function.__name__ not in ENDLESS

    def __call__(self, *args, **kwargs):
        cdef TracedScalar x
        if len(args) == 1 and not kwargs and type(args[0]) is TracedScalar:
            x = args[0]
            try:
                self.__wrapped__(x.peek())
            except (ValueError, ArithmeticError):
                guard_refused(args)
                raise
            x = traced_scalar(x.tape, x.tape.scalar(self.op, DT_ACTIVE_A, x.slot, 0))
            x.is_float = True
            if x.tape.guards is not None and self.has_ends:
                guard_finite(x, self.__wrapped__.__name__)
            return x
        return Substitute.__call__(self, *args, **kwargs)


@cython.final
cdef class NumpySubstitute(Substitute):
    """The same for a function that has NumPy's protocols: `answer` is needed for active numbers in lists only."""

    cdef Py_ssize_t n_operands     # of a ufunc: what is given beyond them is an output

    def __init__(self, function, answer, types, plainly=None, dict methods={}):
        super().__init__(function, answer, types, plainly, methods)
        self.n_operands = function.nin if type(function) is np.ufunc else 0

    cdef Found found(self, tuple args, dict kwargs) except *:
        """Where the active numbers are; PLAIN_WITH_ACTIVE if one comes first and all else is plain."""
        cdef bint is_plain = True, leads = False
        cdef Py_ssize_t i
        cdef object kind
        for i, x in enumerate(args):
            kind = type(x)
            if kind is float or kind is int:
                continue
            if kind is list or kind is tuple:
                if holds(x, self.types):
                    return IN_A_LIST
            elif kind is np.ndarray and cnp.PyArray_TYPE(<cnp.ndarray>x) == cnp.NPY_OBJECT:
                return IN_A_LIST
            elif is_of(x, self.types):
                leads = leads or i == 0
            elif kind not in PLAIN and kind is not Buffer:
                is_plain = False
        if kwargs:
            for x in kwargs.values():
                if type(x) is list or type(x) is tuple:
                    if holds(x, self.types):
                        return IN_A_LIST
                elif type(x) not in PLAIN:
                    is_plain = False
        return PLAIN_WITH_ACTIVE if leads and is_plain else NOTHING

    def __call__(self, *args, **kwargs):
        cdef Found found = self.found(args, kwargs)
        if found == IN_A_LIST:
            return self.answer(*args, **kwargs)
        if found == PLAIN_WITH_ACTIVE and len(args) <= self.n_operands and not kwargs:
            result = args[0].__array_ufunc__(self.__wrapped__, "__call__", *args)
            if result is not NotImplemented:
                return result
        return finished(PyObject_Call(self.__wrapped__, args, kwargs), args, kwargs)


cdef class NumberType(type):
    """Type of the classes that stand for `float`, `complex` and `np.float64` in a clone: they are derived from what
    they stand for and have its instances and subclasses; what they make of an active number is active."""

    def __call__(cls, *args, **kwargs):
        cdef object types = cls.active_types
        if len(args) == 1 and not kwargs:
            x = (<Buffer>args[0]).held() if type(args[0]) is Buffer else args[0]
            if is_of(x, types):
                return cls.convert(x)
            if type(x) is Text or type(x) is Code:
                raise Text.escape(cls.number.__name__)
        else:
            for x in args:
                if is_of(x, types):
                    return cls.convert(*args, **kwargs)
        return PyObject_Call(cls.number, args, kwargs)

    def __instancecheck__(cls, x):
        return isinstance(x, cls.number)

    def __subclasscheck__(cls, other):
        return issubclass(other, cls.number)

    def __contains__(cls, other):
        return other is cls or other is cls.number  # ``other is float``: see rewrite/identity.py

    def __eq__(cls, other):
        return True if other is cls or other is cls.number else NotImplemented  # a dtype is asked then

    def __hash__(cls):
        return hash(cls.number)

    def __repr__(cls):
        return repr(cls.number)


cdef class TypeOfTypes(NumberType):
    """Type of the class that stands for `type`: it knows the classes that stand for others."""

    def __call__(cls, *args, **kwargs):
        if len(args) != 1 or kwargs:
            return type(*args, **kwargs)
        x = args[0]
        if is_of(x, cls.active_types):
            return cls.convert(x)
        if type(x) is Buffer:
            return np.ndarray
        return cls.stand_ins.get(type(x), type(x))
