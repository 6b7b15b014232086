"""Functions and classes of SciPy that are Python code, run on traced numbers as they are: clones of them, over compiled
kernels that have rules (kernels.py).

*Design.* `CubicSpline(t, y)` is some hundred lines of NumPy, a banded solve and one compiled loop that evaluates
polynomials. (a) Write all that again with derivatives: twice the code, and the value of another release. (b) Clone
SciPy's own code as the user's is cloned, and give rules to the compiled loops. (b) is what happens here. A class of the
library becomes a *live class*: a class with the same bases, attributes and methods, but cloned, whose objects may hold
traced numbers; `isinstance` takes them for objects of the class that it stands for. An object that was made outside of
the clone becomes a live one when a method of it meets traced numbers.

All clones of a library belong together and are made once: unlike the user's names, those of a library stand for the
same as long as the program runs."""

import abc
import functools
import inspect
import sys
import threading
import types

import numpy as np

from dualtape.core.buffer import buffered
from dualtape.core.substitutes import Substitute
from dualtape.errors import UnsupportedOperation
from dualtape.handlers.buffers import opened
from dualtape.rewrite.build import Build
from dualtape.rewrite.callbacks import REMEDIES
from dualtape.rewrite.foreign import foreign_class, foreign_function, is_distribution, public_name
from dualtape.rewrite.kernels import kernel_of
from dualtape.rewrite.proxies import plainly, proxy_of
from dualtape.rewrite.wrapping import is_live
from dualtape.trace.functions import CARRIERS, NO_RULE_REMEDY, foreign_handler, has_active
from dualtape.trace.ownership import root

_LAID_OUT = ("__dict__", "__weakref__", "__slots__", "__abstractmethods__", "_abc_impl")
_NUMPY_OF_SCIPY = "scipy._lib.array_api_compat.numpy"
_making = threading.RLock()


@functools.cache
def live(value):
    """What a function or a class of SciPy, or of `statistics`, stands for where traced numbers meet it."""
    with _making:
        return _library("statistics" if value.__module__ == "statistics" else "scipy").substitute(value)


def live_object(x):
    """An object of a class of SciPy as one of the live class, with attributes that are live, too."""
    with _making:
        return _library("scipy").object(x)


@functools.cache
def _library(package):
    return Library(package)


class LiveType(abc.ABCMeta):
    """Type of live classes."""

    def __instancecheck__(cls, x):
        return issubclass(type(x), cls) or isinstance(x, cls.__live_of__)

    def __subclasscheck__(cls, other):
        return type.__subclasscheck__(cls, other) or issubclass(other, cls.__live_of__)


class _LibraryModule(types.ModuleType):
    """A module of the library as its clones see it."""

    def __init__(self, module, build):
        super().__init__(module.__name__)
        vars(self).update(__live_of__=module, __live_build__=build)

    def __getattr__(self, name):
        value = getattr(self.__live_of__, name)
        with _making:
            found = self.__live_build__.named(value, f"{self.__live_of__.__name__}.{name}")
        vars(self)[name] = found
        return found


class Library(Build):
    """One way through all that the functions of a library can reach."""

    def __init__(self, own):
        super().__init__(own)
        self._rules = {kind: getattr(Library, rule.__name__) for kind, rule in self._rules.items()}

    def named(self, value, name):
        """What a value that was found in a module by a name stands for."""
        return self.kernel(value, name) if _is_compiled(value) else self.substitute(value)

    def _find_rule(self, kind):
        if issubclass(kind, types.ModuleType):
            rule = Library.module
        elif kind.__name__ in _COMPILED or kind.__module__ == "uarray":  # the functions of scipy.fft
            rule = Library.foreign
        elif issubclass(kind, type):
            rule = Library.type
        else:
            rule = Library.object if is_distribution(kind) else None
        self._rules[kind] = rule
        return rule

    def function(self, f):
        own_name = f"{f.__module__}.{f.__name__}"
        if kernel_of(own_name) is not None:
            return self.kernel(f, own_name)
        name = public_name(f)
        if name is not None and (foreign_handler(name) is not None or name in REMEDIES):
            return foreign_function(f)
        return super().function(f)

    def module(self, module):
        if root(module.__name__) == self.own and module.__name__ != _NUMPY_OF_SCIPY:
            return _LibraryModule(module, self)
        return proxy_of(module)

    def dict(self, x):
        """Modules may be keys."""
        if not any(isinstance(key, types.ModuleType) for key in x):
            return super().dict(x)
        return {self.substitute(key): self.substitute(value) for key, value in x.items()}

    def foreign(self, function):
        module = getattr(function, "__module__", None)
        if not _is_compiled(function) or root(module) != self.own:
            return foreign_function(function)
        return self.kernel(function, f"{module}.{function.__name__}")

    def kernel(self, function, name):
        """A compiled function of the library: plain arguments, or the rule for active ones."""
        if root(getattr(function, "__module__", None) or self.own) != self.own:
            return foreign_function(function)
        handler = kernel_of(name)

        def refuse(*args, **kwargs):
            raise UnsupportedOperation(f"{name} has no derivative rule yet", NO_RULE_REMEDY)

        @functools.wraps(function, updated=())
        def call(*args, **kwargs):
            if _has_traced((*args, *kwargs.values())):
                return (handler or refuse)(*args, **kwargs)
            found = []
            return buffered(function(*opened(args, found), **opened(kwargs, found)), found)

        return call

    # ---- classes and objects ----

    def type(self, cls):
        found = kernel_of(f"{cls.__module__}.{cls.__name__}")
        if found is not None:
            return found
        if not self._can_live(cls):
            return foreign_class(cls)
        bases = tuple(self.substitute(base) for base in cls.__bases__)
        about = {name: getattr(cls, name) for name in ("__module__", "__qualname__", "__doc__")}
        made = LiveType(cls.__name__, bases, {**about, "__live_of__": cls})
        self._memo[id(cls)] = (cls, made)
        for name, value in list(vars(cls).items()):
            if name not in _LAID_OUT and name not in about and not isinstance(value, types.MemberDescriptorType):
                type.__setattr__(made, name, self._member(value))
        return made

    def _can_live(self, cls):
        return (
            root(cls.__module__) == self.own
            and type(cls) in (type, abc.ABCMeta)
            and not issubclass(cls, (BaseException, tuple, dict))
            and cls.__flags__ & _ON_THE_HEAP
            and not hasattr(cls, "__reduce_cython__")
            and getattr(sys.modules.get(cls.__module__), "__file__", "").endswith(".py")
            and public_name(cls) not in REMEDIES
            and all(root(base.__module__) != self.own or self._can_live(base) for base in cls.__bases__)
        )

    def _member(self, value):
        if isinstance(value, (staticmethod, classmethod)):
            return type(value)(self.substitute(value.__func__))
        if type(value) is property:
            return property(*map(self.substitute, (value.fget, value.fset, value.fdel)), value.__doc__)
        return self.substitute(value)

    def object(self, x):
        """A live object with the attributes of `x`."""
        cls = self.substitute(type(x))
        if type(cls) is not LiveType:
            return x
        made = object.__new__(cls)
        for name, value in _attributes(x):
            if type(value) is types.MethodType and value.__self__ is x:  # a method that the object was given
                value = types.MethodType(self.substitute(value.__func__), made)
            else:
                value = self._part(value)
            object.__setattr__(made, name, value)
        return made

    def _part(self, value):
        if type(value) in (list, tuple):
            return type(value)(map(self._part, value))
        return self.object(value) if self._can_live(type(value)) else self.substitute(value)


_ON_THE_HEAP = 1 << 9  # Py_TPFLAGS_HEAPTYPE: made by a class statement
_COMPILED = ("cython_function_or_method", "fused_cython_function")  # types of functions that Cython makes


def _attributes(x):
    yield from getattr(x, "__dict__", {}).items()
    for cls in type(x).__mro__:
        slots = vars(cls).get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            if hasattr(x, name):
                yield name, getattr(x, name)


def _is_compiled(value):
    kind = type(value)
    return kind is types.BuiltinFunctionType or kind.__name__ in _COMPILED


def _has_traced(items):
    """Tell whether a traced number stands among arguments."""
    for x in items:
        if type(x) in (list, tuple):
            if _has_traced(x):
                return True
        elif CARRIERS[type(x)] or getattr(x, "is_active", False) or (type(x) is np.ndarray and has_active(x)):
            return True
    return False


class ClassSubstitute(Substitute):
    """A class of SciPy in a clone: what it makes of traced numbers is an object of the live class."""

    def __instancecheck__(self, x):
        return isinstance(x, self.__wrapped__) or (is_live(x) and issubclass(type(x), live(self.__wrapped__)))


def methods_of(cls):
    """What static and class methods of a class stand for: those of the live class, where something is traced."""
    names = [name for name in dir(cls) if isinstance(inspect.getattr_static(cls, name), (staticmethod, classmethod))]
    return {name: _method_of(cls, name) for name in names if not name.startswith("_")}


def _method_of(cls, name):
    method = getattr(cls, name)
    plain = plainly(method)

    @functools.wraps(method)
    def call(*args, **kwargs):
        if any(map(is_live, args)) or _has_traced((*args, *kwargs.values())):
            return getattr(live(cls), name)(*args, **kwargs)
        return plain(*args, **kwargs)

    return call
