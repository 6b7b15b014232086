"""A watch on what a recorded function has captured: variables of enclosing functions, globals, attributes, items of
containers and the contents of arrays. Whether something has changed is asked at every replay, so that it is compiled:
some nanoseconds for a variable, one pass over memory for an array. trace/captures.py finds out what to watch.

What is compared is which object a name stands for, and its value only where that differs and is a number or a string.
Arrays are compared byte by byte with a copy: exact for any size, at the price of reading both (0.2 ms for 8 MB in
cache; a gradient of ``sum(x*a)`` at that size takes 0.4 ms with constants="frozen", 1.2 ms without). An array that owns
its memory and is read-only, ``a.flags.writeable = False``, costs nothing."""
cimport cython
cimport numpy as cnp
from cpython.dict cimport PyDict_GetItemWithError, PyDict_Next
from cpython.object cimport PyObject
from cpython.ref cimport Py_DECREF
from libc.string cimport memcmp
from hashlib import blake2b

import numpy as np

from dualtape.core.c cimport PyCell_Get

cnp.import_array()

cdef object ABSENT = object()
cdef tuple VALUES = (int, float, bool, str, bytes, complex, np.generic)


cdef bint is_equal(object old, object new) except -1:
    """Is it another object of the same value, as a number computed anew? -0.0 is not 0.0, NaN is NaN."""
    if type(old) is not type(new) or not issubclass(type(old), VALUES):    # active numbers say that they are floats
        return False
    return repr(old) == repr(new)


cdef bint are_same(tuple some, tuple others):
    cdef Py_ssize_t i
    for i in range(len(others)):
        if some[i] is not others[i]:
            return False
    return len(some) == len(others)


cdef class Watched:
    """One name that stands for a value."""

    def __init__(self, str name, holder, key, value):
        self.name, self.holder, self.key, self.value = name, holder, key, value

    cdef object current(self):
        raise NotImplementedError

    cdef bint is_same(self) except -1:
        cdef object now = self.current()
        if now is self.value:
            return True
        if is_equal(self.value, now):
            self.value = now
            return True
        return False


    cdef int settle(self) except -1:
        """What f itself appended while it was recorded does not count."""
        return 0


@cython.final
cdef class WatchedCell(Watched):
    """A variable of an enclosing function, in the cell `holder`."""

    cdef object current(self):
        cdef PyObject *found = PyCell_Get(self.holder)
        if found == NULL:
            return ABSENT
        now = <object>found
        Py_DECREF(now)           # PyCell_Get gave a reference of its own
        return now


@cython.final
cdef class WatchedItem(Watched):
    """The item `key` of the dict `holder`: a global, an attribute."""

    cdef object current(self):
        cdef PyObject *found = PyDict_GetItemWithError(self.holder, self.key)
        return ABSENT if found == NULL else <object>found


@cython.final
cdef class WatchedAttribute(Watched):
    """The attribute `key` of `holder`, where there is no dict to look into; of a class, in its own namespace."""

    cdef object current(self):
        if isinstance(self.holder, type):
            return self.holder.__dict__.get(self.key, ABSENT)
        return getattr(self.holder, self.key, ABSENT)


@cython.final
cdef class WatchedList(Watched):
    """The items of the list `holder`; `value` is a tuple of them."""

    cdef bint is_same(self) except -1:
        cdef list now = self.holder
        cdef tuple then = self.value
        cdef Py_ssize_t i
        if len(now) != len(then):
            return False
        for i in range(len(then)):
            if now[i] is not then[i] and not is_equal(then[i], now[i]):
                return False
        return True

    cdef int settle(self) except -1:
        cdef tuple now = tuple(<list>self.holder)
        if are_same(now[:len(self.value)], self.value):
            self.value = now
        return 0


@cython.final
cdef class WatchedDict(Watched):
    """The items of the dict `holder`; `key` and `value` are tuples of its keys and values, in order."""

    cdef bint is_same(self) except -1:
        cdef tuple keys = self.key, then = self.value
        cdef Py_ssize_t position = 0, i = 0
        cdef PyObject *key
        cdef PyObject *now
        if len(<dict>self.holder) != len(keys):
            return False
        while PyDict_Next(self.holder, &position, &key, &now):
            if <object>key is not keys[i] and <object>key != keys[i]:
                return False
            if <object>now is not then[i] and not is_equal(then[i], <object>now):
                return False
            i += 1
        return True

    cdef int settle(self) except -1:
        keys, values = tuple(dict.keys(self.holder)), tuple(dict.values(self.holder))
        if keys[:len(self.key)] == self.key and are_same(values[:len(self.value)], self.value):
            self.key, self.value = keys, values
        return 0


@cython.final
cdef class WatchedSet(Watched):
    """The elements of the set `holder`; `value` is a copy."""

    cdef bint is_same(self) except -1:
        return self.holder == self.value


@cython.final
cdef class WatchedArray(Watched):
    """The elements of the ndarray `holder`; `value` is a copy in C order, None if the array was read-only: then it is
    enough that it still is."""

    cdef bint is_same(self) except -1:
        cdef cnp.ndarray now = self.holder, then
        cdef int axis, ndim = cnp.PyArray_NDIM(now)
        if self.value is None:
            return not cnp.PyArray_ISWRITEABLE(now)
        then = self.value
        if ndim != cnp.PyArray_NDIM(then) or now.dtype is not then.dtype and now.dtype != then.dtype:
            return False
        for axis in range(ndim):
            if cnp.PyArray_DIM(now, axis) != cnp.PyArray_DIM(then, axis):
                return False
        if not cnp.PyArray_IS_C_CONTIGUOUS(now):
            now = np.ascontiguousarray(now)
        return memcmp(cnp.PyArray_DATA(now), cnp.PyArray_DATA(then), cnp.PyArray_NBYTES(now)) == 0


@cython.final
cdef class Watch:
    """Everything that a function captured.

    Attributes
    ----------
    entries : list of Watched
        In the order in which they were found: what a name stands for comes before what is in it.
    """

    def __init__(self, list entries):
        self.entries = entries

    cpdef object changed(self):
        """The name of what is no longer what it was; None if everything is."""
        cdef Watched entry
        for entry in self.entries:
            if not entry.is_same():
                return entry.name
        return None

    def settle(self):
        """To be called when f has been recorded: what it appended to a list, or entered under a new key, is a log or a
        cache of its own, and does not count as a change. Anything else that it changed does."""
        cdef Watched entry
        for entry in self.entries:
            entry.settle()

    def fingerprint(self):
        """Bytes that are the same in another process if all numbers, texts and arrays are the same there. Of other
        objects only the type counts: what is in them has entries of its own."""
        cdef Watched entry
        parts = sorted([f"{type(entry).__name__} {entry.name} {told(entry.value)}" for entry in self.entries])
        return blake2b("\n".join(parts).encode("utf-8", "backslashreplace"), digest_size=16).digest()


cdef str told(object value):
    """Type and content, as far as it is plain data."""
    if issubclass(type(value), np.ndarray):
        content = "" if value.dtype.hasobject else blake2b(np.ascontiguousarray(value).tobytes()).hexdigest()
        return f"{value.dtype} {value.shape} {content}"
    if issubclass(type(value), VALUES):
        return f"{type(value).__qualname__} {value!r}"
    if isinstance(value, tuple):
        return f"tuple {[told(item) for item in value]}"
    if isinstance(value, (set, frozenset)):
        return f"set {sorted([told(item) for item in value])}"
    return type(value).__qualname__
