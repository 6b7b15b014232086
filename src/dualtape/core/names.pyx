"""What the names in a cloned function stand for, and whether they still do: asked at every call of a driver, so that it
is compiled, some nanoseconds for a name. rewrite/ finds the names and makes what they stand for in the clone."""
cimport cython
from cpython.dict cimport PyDict_GetItemWithError, PyDict_SetItem
from cpython.object cimport PyObject
from cpython.ref cimport Py_DECREF
from weakref import ref

import numpy as np

from dualtape.core.c cimport (
    PyCell_Get, PyFunction_GetCode, PyFunction_GetDefaults, PyFunction_GetKwDefaults, PyTypeObject)

ABSENT = object()
cdef object DROPPED = object()

# Numbers and text stand for themselves in a clone: a new one is taken over as it is.
cdef frozenset PLAIN = frozenset((int, float, bool, str, bytes, complex, type(None), np.float64, np.int64, np.bool_))


cdef class Name:
    """A name that may come to stand for something else."""

    cdef bint is_current(self) except -1:
        raise NotImplementedError


@cython.final
cdef class GlobalName(Name):
    """The global `name` of a module, and the value that clones made of it. All clones share one for each name, until
    the name comes to stand for something else: then there is a new one, and this one is `drop`ped.

    Attributes
    ----------
    real, names : dict
        The globals of the module, and of its clones.
    value : object
        What was found in `real`.
    """

    cdef dict real, names
    cdef object name
    cdef readonly object value

    def __init__(self, dict real, dict names, name, value):
        self.real, self.names, self.name, self.value = real, names, name, value

    def drop(self):
        """Never current again; keeps nothing alive."""
        self.value = DROPPED

    cdef bint is_current(self) except -1:
        cdef PyObject *found = PyDict_GetItemWithError(self.real, self.name)
        if found == <PyObject *>self.value:
            return True
        if found == NULL:
            return self.value is ABSENT
        now = <object>found
        if self.value is DROPPED or type(now) not in PLAIN or type(self.value) not in PLAIN:
            return False
        PyDict_SetItem(self.names, self.name, now)
        self.value = now
        return True


@cython.final
cdef class CellName(Name):
    """A variable of an enclosing function, in a cell. Where `is_shared`, the clone has the very cell."""

    cdef object cell, content
    cdef bint is_shared

    def __init__(self, cell, content, bint is_shared):
        self.cell, self.content, self.is_shared = cell, content, is_shared

    cdef bint is_current(self) except -1:
        cdef PyObject *found = PyCell_Get(self.cell)
        if found == NULL:
            return self.content is ABSENT
        now = <object>found
        Py_DECREF(now)           # PyCell_Get gave a reference of its own
        return now is self.content or (self.is_shared and type(now) in PLAIN)


@cython.final
cdef class FunctionParts(Name):
    """What a function in Python consists of: its code, and the defaults of its parameters."""

    cdef object function, code, defaults, keywords

    def __init__(self, function):
        self.function = ref(function)
        self.code, self.defaults = function.__code__, function.__defaults__
        self.keywords = None if function.__kwdefaults__ is None else dict(function.__kwdefaults__)

    cdef bint is_current(self) except -1:
        cdef object function = self.function()
        if function is None:
            return False
        return (PyFunction_GetCode(function) == <PyObject *>self.code
                and is_same(PyFunction_GetDefaults(function), self.defaults)
                and (self.keywords is None or are_same(<object>PyFunction_GetKwDefaults(function), self.keywords)))


@cython.final
cdef class ClassParts(Name):
    """The attributes of a class of the user's, and of its bases: any assignment to one gives it another version."""

    cdef object cls, seen
    cdef unsigned int version

    def __init__(self, cls):
        self.cls = ref(cls)
        getattr(cls, "__module__")           # a lookup gives the class a version, if it has none
        self.version = (<PyTypeObject *>cls).tp_version_tag
        self.seen = None if self.version else all_attributes(cls)

    cdef bint is_current(self) except -1:
        cdef object cls = self.cls()
        if cls is None:
            return False
        if self.version:
            return (<PyTypeObject *>cls).tp_version_tag == self.version
        return all_attributes(cls) == self.seen


cdef tuple all_attributes(cls):
    return tuple([(id(base), name, id(value)) for base in cls.__mro__ for name, value in vars(base).items()])


@cython.final
cdef class Items(Name):
    """What is in a list or a dict."""

    cdef object holder
    cdef list items

    def __init__(self, holder):
        self.holder, self.items = holder, items_of(holder)

    cdef bint is_current(self) except -1:
        cdef list now = items_of(self.holder)
        cdef Py_ssize_t i
        if len(now) != len(self.items):
            return False
        for i in range(len(now)):
            if now[i] is not self.items[i]:
                return False
        return True


@cython.final
cdef class Stale(Name):
    """Something that cannot be used again."""

    cdef bint is_current(self) except -1:
        return False


cdef list items_of(holder):
    return [*holder.keys(), *holder.values()] if isinstance(holder, dict) else list(holder)


cdef inline bint is_same(PyObject *now, object then):
    return then is None if now == NULL else <object>now is then


cdef bint are_same(object now, dict then) except -1:
    if now is None or len(now) != len(then):
        return False
    for key, value in then.items():
        if now.get(key, ABSENT) is not value:
            return False
    return True


@cython.final
cdef class Current:
    """What `make()` gives, made again when a name has come to stand for something else.

    Parameters
    ----------
    make : callable
        Returns the thing, the list of all `Name` that it depends on, and what else is to be known of it.
    """

    def __init__(self, make):
        self.make = make

    cdef object get(self):
        cdef tuple made = self.made
        cdef Name name
        if made is not None:
            for name in <list>made[1]:
                if not name.is_current():
                    break
            else:
                return made[0]
        self.made = made = self.make()
        return made[0]

    def __call__(self):
        return self.get()

    @property
    def note(self):
        """What else is to be known of the thing that was made last."""
        return self.made[2]
