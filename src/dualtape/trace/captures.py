"""What a function has captured: the values outside of its arguments that it computes with. A program holds them as
constants, so that it has to be recorded again when one of them changes (core/watch.pyx).

Found are variables of enclosing functions, globals that the code names, defaults, arguments of `functools.partial`, the
object behind a bound method, and so on into lists, tuples, dicts, sets, arrays, the attributes of objects and the
functions that are called. Python, NumPy, SciPy, dualtape and installed packages are not looked into. Attributes count
where some code that was found names them. Not found is what is reached by a way that no name shows: a file, a database,
the state of a random generator, memory of a compiled extension."""

import dis
import functools
import types
import weakref

import numpy as np

from dualtape.core.watch import (
    Watch,
    WatchedArray,
    WatchedAttribute,
    WatchedCell,
    WatchedDict,
    WatchedItem,
    WatchedList,
    WatchedSet,
)
from dualtape.trace.codes import codes_in
from dualtape.trace.ownership import is_library, module_of, root

_DEEPEST = 12  # containers and objects in one another
_ATOMS = (int, float, complex, str, bytes, type(None), range, slice, np.generic, np.dtype, np.ufunc, type(...))
_ANY_ATTRIBUTE = frozenset(["getattr", "vars", "__dict__", "attrgetter", "asdict", "astuple", "fields", "eval"])
_NOT_CALLED = frozenset(["__init__", "__new__", "__repr__", "__str__", "__del__", "__class_getitem__", "__reduce__"])


def captures(f, args, kwargs):
    """A watch on all that ``f(..., *args, **kwargs)`` captures; None if that is nothing.

    Parameters
    ----------
    f : callable
    args, kwargs
        Further arguments of f, which are constants to the program.

    Returns
    -------
    watch : Watch or None
    """
    names = frozenset()
    while True:  # which attributes count is known when all code has been found
        walk = _Walk(names, root(module_of(f)))
        walk.value(f, getattr(f, "__name__", "the function"), 0)
        for key, x in [*enumerate(args), *kwargs.items()]:
            walk.value(x, f"argument {key}", 0)
        if walk.names == names:
            return Watch(walk.entries) if walk.entries else None
        names = frozenset(walk.names)


@functools.lru_cache(maxsize=1024)
def _names_in(code):
    """Globals that a code object reads, and all names in it."""
    read, named = [], set()
    for part in codes_in(code):
        named.update(part.co_names)
        if part.co_names:
            read += [i.argval for i in dis.get_instructions(part) if i.opname in ("LOAD_GLOBAL", "LOAD_NAME")]
    return tuple(dict.fromkeys(read)), frozenset(named)


class _Walk:
    """One way through everything that can be reached.

    Attributes
    ----------
    own : str
        The package of the function, which is the user's even if it is installed.
    counted : frozenset of str
        Names of attributes that count.
    names : set of str
        Names in the code that was found.
    entries : list of Watched
    """

    def __init__(self, counted, own):
        self.own = own
        self.counted = counted
        self.all_count = bool(counted & _ANY_ATTRIBUTE)
        self.names = set()
        self.entries = []
        self.seen = {}  # by id; what is seen stays alive, so that no id is used twice

    def value(self, x, name, depth):
        """Look into a value that `name` stands for."""
        kind = type(x)  # not its __class__: active numbers pass for those of NumPy
        if issubclass(kind, _ATOMS) or id(x) in self.seen:
            return
        self.seen[id(x)] = x
        if depth > _DEEPEST:
            return
        for known, look in _LOOKS:
            if issubclass(kind, known):
                look(self, x, name, depth + 1)
                return
        self.object(x, name, depth + 1)

    def bound(self, entry, name, holder, key, x, depth):
        """Watch a name, and what it stands for."""
        if isinstance(x, types.ModuleType):
            return self.value(x, name, depth)
        self.entries.append(entry(name, holder, key, x))
        return self.value(x, name, depth)

    def is_library(self, module, file=None):
        return is_library(module, self.own, file)

    # ---- code ----

    def function(self, f, name, depth):
        for variable, cell in zip(f.__code__.co_freevars, f.__closure__ or (), strict=True):
            try:
                x = cell.cell_contents
            except ValueError:  # not assigned yet
                continue
            self.bound(WatchedCell, variable, cell, None, x, depth)
        self.value(f.__defaults__, f"a default of {name}", depth)
        self.value(f.__kwdefaults__, f"a default of {name}", depth)
        if self.is_library(f.__globals__.get("__name__"), f.__code__.co_filename):
            return
        read, named = _names_in(f.__code__)
        self.names |= named
        for variable in read:
            if variable in f.__globals__:
                self.bound(WatchedItem, variable, f.__globals__, variable, f.__globals__[variable], depth)

    def method(self, f, name, depth):
        self.value(f.__func__, name, depth)
        self.value(f.__self__, name.rpartition(".")[0] or "the object of the method", depth)

    def partial(self, f, name, depth):
        self.value(f.func, name, depth)
        self.value(f.args, f"an argument of {name}", depth)
        self.value(f.keywords, f"an argument of {name}", depth)

    def wrapper(self, f, name, depth):
        """property, staticmethod, functools.cached_property and the like."""
        for attribute in ("fget", "__func__", "__wrapped__", "func"):
            self.value(getattr(f, attribute, None), name, depth)

    # ---- data ----

    def array(self, x, name, depth):
        if x.dtype.hasobject:
            for item in x.flat:
                self.value(item, f"an element of {name}", depth)
        is_fixed = x.flags.owndata and not x.flags.writeable
        self.entries.append(WatchedArray(name, x, None, None if is_fixed else np.array(x, order="C", subok=False)))

    def list(self, x, name, depth):
        self.entries.append(WatchedList(name, x, None, tuple(x)))
        self.tuple(x, name, depth)

    def tuple(self, x, name, depth):
        for k, item in enumerate(x):
            self.value(item, f"{name}[{k}]", depth)

    def dict(self, x, name, depth):
        keys, values = tuple(dict.keys(x)), tuple(dict.values(x))  # in the order in which C sees them
        self.entries.append(WatchedDict(name, x, keys, values))
        for key, item in x.items():
            self.value(item, f"{name}[{key!r}]", depth)

    def set(self, x, name, depth):
        self.entries.append(WatchedSet(name, x, None, set(x)))

    def elements(self, x, name, depth):
        for item in x:
            self.value(item, f"an element of {name}", depth)

    def nothing(self, x, name, depth):
        """Its state cannot be told, or is none of f's."""

    # ---- objects ----

    def counts(self, attribute):
        return self.all_count or attribute in self.counted

    def module(self, x, name, depth):
        if self.is_library(x.__name__):
            return
        for attribute in self.counted & vars(x).keys():
            self.bound(WatchedItem, f"{name}.{attribute}", vars(x), attribute, vars(x)[attribute], depth)

    def object(self, x, name, depth):
        cls = type(x)
        if root(cls.__module__) == "dualtape":  # a program, or a derivative of a function
            for attribute in ("_f", "_kwargs", "__wrapped__"):
                self.value(getattr(x, attribute, None), name, depth)
            return
        is_foreign = self.is_library(cls.__module__)
        if is_foreign:  # its arrays and numbers, not the whole of its library
            depth = max(depth, _DEEPEST - 1)
        for attribute, item in list(getattr(x, "__dict__", {}).items()):
            if is_foreign or self.counts(attribute):
                self.bound(WatchedItem, f"{name}.{attribute}", x.__dict__, attribute, item, depth)
        for base in cls.__mro__:
            slots = base.__dict__.get("__slots__", ())
            for attribute in (slots,) if isinstance(slots, str) else slots:
                if hasattr(x, attribute) and (is_foreign or self.counts(attribute)):
                    self.bound(WatchedAttribute, f"{name}.{attribute}", x, attribute, getattr(x, attribute), depth)
        self.value(cls, cls.__name__, depth)

    def type(self, cls, name, depth):
        """Constants and methods of a class that code names, and operators."""
        for base in cls.__mro__:
            if self.is_library(base.__module__):
                continue
            for attribute, item in list(vars(base).items()):
                is_operator = attribute.startswith("__") and isinstance(item, types.FunctionType)
                if self.counts(attribute) or (is_operator and attribute not in _NOT_CALLED):
                    self.bound(WatchedAttribute, f"{base.__name__}.{attribute}", base, attribute, item, depth)


_LOOKS = (
    (np.ndarray, _Walk.array),
    (types.FunctionType, _Walk.function),
    (types.MethodType, _Walk.method),
    (functools.partial, _Walk.partial),
    ((property, staticmethod, classmethod, functools.cached_property, type(functools.lru_cache(int))), _Walk.wrapper),
    (types.ModuleType, _Walk.module),
    (type, _Walk.type),
    (list, _Walk.list),
    (tuple, _Walk.tuple),
    (dict, _Walk.dict),
    (set, _Walk.set),
    (frozenset, _Walk.elements),
    ((types.BuiltinFunctionType, types.CodeType, types.CellType, weakref.ref), _Walk.nothing),
)
