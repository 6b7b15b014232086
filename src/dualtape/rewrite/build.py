"""Making the clone of a function: what each value that it can reach stands for.

A value stands for itself unless it is a module, a function of the user's, a foreign function with a substitute, or
something that holds one of these. The user's functions are cloned along, as far as names lead; cycles end at the clone
that is already there."""

import abc
import functools
import types
from inspect import CO_ASYNC_GENERATOR, CO_COROUTINE

import numpy as np

from dualtape.core.buffer import Buffer, buffered
from dualtape.core.names import ABSENT, CellName, FunctionParts, Items, Stale
from dualtape.core.substitutes import Substitute
from dualtape.rewrite.classes import (
    can_have_subclass,
    can_have_twin,
    differentiable_twin,
    functions_of,
    new_subclass,
    new_twin,
    twin_object,
    twin_tuple,
)
from dualtape.rewrite.code import names_in
from dualtape.rewrite.containers import SubstitutedDict, SubstitutedList, SubstitutedSet
from dualtape.rewrite.foreign import foreign_class, foreign_function, foreign_object, is_foreign_object
from dualtape.rewrite.identity import compared_by_stand_ins
from dualtape.rewrite.namespaces import is_clone, namespace_of
from dualtape.rewrite.numbers import CHANGED_BUILTINS, Type
from dualtape.rewrite.outside import (
    View,
    WrittenArray,
    WrittenCell,
    WrittenGlobal,
    WrittenGlobalArray,
    WrittenObject,
    content_of,
)
from dualtape.rewrite.proxies import FOREIGN_PACKAGES, proxy_of
from dualtape.trace.functions import CARRIERS
from dualtape.trace.ownership import is_cython_function, is_library, root

_THEMSELVES = frozenset(
    (
        int,
        float,
        complex,
        bool,
        str,
        bytes,
        type(None),
        type(...),
        range,
        slice,
        np.ndarray,
        np.float64,
        np.int64,
        np.bool_,
    )
)
_ASYNC = CO_COROUTINE | CO_ASYNC_GENERATOR
_LIMIT = 1000  # values that were looked up at run time


def stays(f):
    """Tell whether a function in Python stands for itself: one of ours, a clone, or a coroutine."""
    return is_clone(f) or root(f.__globals__.get("__name__")) == "dualtape" or bool(f.__code__.co_flags & _ASYNC)


class Build:
    """One way through all that a function can reach.

    Attributes
    ----------
    own : str
        The package of the function, which is the user's even if it is installed.
    writes : bool
        Whether arrays are to be buffers, into which traced numbers can be written.
    may_write, has_arrays : bool
        Whether a clone may write into an array, itself or by what it looks up at run time, and whether there was one.
    is_dynamic : bool
        True if the clones look up more at run time: attributes of objects and of modules.
    names : list of Name
        What was found there, to be looked at before the clone is used again.
    arrays : list of WrittenArray and WrittenGlobalArray
        Arrays outside of the clones that they may write into.
    written : list of WrittenGlobal, WrittenCell and WrittenObject
        Variables and attributes outside of the clones that they may assign.
    """

    def __init__(self, own, writes=False):
        self.own = own
        self.writes = writes
        self.may_write = False
        self.has_arrays = False
        self.is_dynamic = False
        self.names = []
        self.arrays = []
        self.written = []
        self._memo = {}  # key -> (value, what it stands for); the key is the id of a value or of a cell
        self._buffers = []
        self._n_static = 0
        self._seen = set()  # names that were taken over
        self._changed = set()  # ids of functions that differ from their clones in what a name stands for
        self._rules = dict(_RULES)

    def substitute(self, x):
        """What a value stands for in a clone."""
        kind = type(x)
        if kind in _THEMSELVES:
            return self.array(x) if kind is np.ndarray else x
        found = self._memo.get(id(x))
        if found is not None:
            return found[1]
        rule = self._rules[kind] if kind in self._rules else self._find_rule(kind)
        if rule is None:
            return x
        made = rule(self, x)
        self._memo[id(x)] = (x, made)
        return made

    def _find_rule(self, kind):
        """What makes the substitutes of values of a type; None where they stand for themselves."""
        rule = None
        if issubclass(kind, types.ModuleType):
            rule = Build.module
        elif root(kind.__module__) == "dualtape":
            rule = Build.differentiable if hasattr(kind, "derivatives") and hasattr(kind, "__get__") else None
        elif is_cython_function(kind) or kind.__module__ == "uarray":  # of numpy.random, of scipy.fft
            rule = Build.foreign
        elif is_foreign_object(kind):
            rule = Build.foreign_object
        elif can_have_twin(kind, self.is_users):
            rule = Build.object
        elif issubclass(kind, tuple) and can_have_subclass(kind, self.is_users):
            rule = Build.named_tuple
        self._rules[kind] = rule
        return rule

    def is_users(self, module, file=None):
        return not is_library(module, self.own, file)

    def settle(self):
        """The clone is made: what it looks up from now on is kept for a while only."""
        self.writes = self.writes or self.may_write
        self._n_static = len(self._memo)

    def trim(self):
        """Forget what was looked up at run time if that is much."""
        if len(self._memo) > self._n_static + _LIMIT:
            for key in list(self._memo)[self._n_static :]:
                del self._memo[key]
            self.arrays = [array for array in self.arrays if not isinstance(array, WrittenArray)]
            self.written = [variable for variable in self.written if not isinstance(variable, WrittenObject)]
            self._buffers.clear()
            self.names.append(Stale())

    # ---- functions ----

    def function(self, f):
        if stays(f):
            return f
        if isinstance(getattr(f, "registry", None), types.MappingProxyType):
            return self._generic(f)
        if self.is_users(f.__globals__.get("__name__"), f.__code__.co_filename) or self._wraps_users(f):
            return self.clone(f)
        return foreign_function(f)

    def _generic(self, f):
        """A function under functools.singledispatch: the clone of the one for the type of its first argument."""

        @functools.wraps(f)
        def call(*args, **kwargs):
            return self.substitute(f.dispatch(args[0].__class__))(*args, **kwargs)

        self.is_dynamic = True
        return call

    def _wraps_users(self, f):
        """Tell whether a decorator of a library made f from a function of the user's."""
        wrapped = getattr(f, "__wrapped__", None)
        return (
            isinstance(wrapped, types.FunctionType)
            and self.is_users(wrapped.__globals__.get("__name__"), wrapped.__code__.co_filename)
            and any(content_of(cell) is wrapped for cell in f.__closure__ or ())
        )

    def clone(self, f):
        """The clone of a function in Python."""
        namespace = namespace_of(f.__globals__)
        cells = tuple(map(self._cell, f.__closure__ or ()))
        code = compared_by_stand_ins(f.__code__, f.__globals__)
        g = types.FunctionType(code, namespace.names, f.__name__, None, cells)
        self._memo[id(f)] = (f, g)
        self._changed.add(id(f))  # until it is known, where it refers to itself
        g.__qualname__, g.__doc__, g.__annotations__ = f.__qualname__, f.__doc__, f.__annotations__
        g.__dict__.update(f.__dict__)
        self.names.append(FunctionParts(f))
        used = names_in(f.__code__)
        self.is_dynamic = self.is_dynamic or used.imports
        self.may_write = self.may_write or used.writes or used.imports
        self._globals(namespace, namespace.real if used.needs_all else used.read)
        self.written += [WrittenGlobal(namespace, name) for name in used.written]
        self._fill(f, cells, used)
        g.__defaults__ = f.__defaults__ and tuple(map(self.substitute, f.__defaults__))
        g.__kwdefaults__ = f.__kwdefaults__ and {name: self.substitute(x) for name, x in f.__kwdefaults__.items()}
        if not self._differs(f, g, used, namespace):
            self._changed.discard(id(f))
        return g

    def _differs(self, f, g, used, namespace):
        """Tell whether anything that a function looks up stands for something else in its clone."""
        return (
            used.imports
            or not CHANGED_BUILTINS.isdisjoint(used.read)
            or any(namespace.is_changed(name) for name in used.read)
            or not _are_same(f.__closure__ or (), g.__closure__ or ())
            or not _are_same(f.__defaults__ or (), g.__defaults__ or ())
            or not _are_same((f.__kwdefaults__ or {}).values(), (g.__kwdefaults__ or {}).values())
        )

    def _globals(self, namespace, read):
        for name in list(read):
            key = (id(namespace), name)
            if key not in self._seen and not (name.startswith("__") and name.endswith("__")):
                self._seen.add(key)
                self.names.append(namespace.take(name, self.substitute))
                if type(namespace.names.get(name)) is Buffer:
                    self.arrays.append(WrittenGlobalArray(namespace, name, self))

    def _cell(self, cell):
        """The cell of the clone: the very same one, unless its content has to differ. It is filled later."""
        if id(cell) in self._memo:
            return self._memo[id(cell)][1]
        content = content_of(cell)
        kind = type(content)
        rule = self._rules[kind] if kind in self._rules else self._find_rule(kind)
        self.has_arrays = self.has_arrays or kind is np.ndarray
        is_shared = content is ABSENT or (rule is None and not (kind is np.ndarray and self.writes))
        made = cell if is_shared else types.CellType()
        self._memo[id(cell)] = (cell, made)
        self.names.append(CellName(cell, content, is_shared))
        return made

    def _fill(self, f, cells, used):
        for variable, cell, mine in zip(f.__code__.co_freevars, f.__closure__ or (), cells, strict=True):
            if mine is cell:
                continue
            if content_of(mine) is ABSENT:
                mine.cell_contents = self.substitute(cell.cell_contents)
            if variable in used.rebound:
                self.written.append(WrittenCell(cell, mine))

    def method(self, m):
        if is_foreign_object(type(m.__self__)):
            return foreign_function(m)
        function, instance = self.substitute(m.__func__), self.substitute(m.__self__)
        return m if function is m.__func__ and instance is m.__self__ else types.MethodType(function, instance)

    def partial(self, p):
        made = functools.partial(
            self.substitute(p.func),
            *map(self.substitute, p.args),
            **{name: self.substitute(x) for name, x in p.keywords.items()},
        )
        made.__dict__.update(p.__dict__)
        return made

    def cached(self, f):
        """A function under functools.lru_cache: traced numbers go past the cache, which could not tell them apart."""
        return past_the_cache(f, self.substitute(f.__wrapped__))

    def vectorized(self, v):
        """A function made by np.vectorize."""
        options = {"otypes": v.otypes, "excluded": v.excluded, "cache": v.cache, "signature": v.signature}
        return proxy_of(np).vectorize(self.substitute(v.pyfunc), doc=v.__doc__, **options)

    def foreign(self, function):
        return foreign_function(function)

    # ---- modules, classes and objects ----

    def module(self, module):
        if root(module.__name__) in FOREIGN_PACKAGES:
            return proxy_of(module)
        if not self.is_users(module.__name__):
            return module
        self.is_dynamic = self.may_write = True  # who knows what its functions do
        return View(module)

    def type(self, cls):
        """The twin of a class, if its methods differ from the real ones; `float` and the like have others."""
        if cls in Type.stand_ins:
            return Type.stand_ins[cls]
        if can_have_twin(cls, self.is_users):
            twin = self.twin_class(cls)
        elif can_have_subclass(cls, self.is_users):
            twin = new_subclass(cls, self, functools.partial(self._keep, (id(cls), "twin"), cls))
        else:
            return foreign_class(cls)
        self.is_dynamic = True
        methods = [f for base in cls.__mro__ if base is not object for f in functions_of(base)]
        return twin if any(id(f) in self._changed for f in methods) else cls

    def twin_class(self, cls):
        """The twin of a class that can have one."""
        twins = {}
        for base in reversed(cls.__mro__):
            if base is not object and can_have_twin(base, self.is_users):
                key = (id(base), "twin")
                if key not in self._memo:
                    new_twin(base, dict(twins), self, functools.partial(self._keep, key, base))
                twins[base] = self._memo[key][1]
        return twins[cls]

    def _keep(self, key, cls, twin):
        self._memo[key] = (cls, twin)
        self._memo.setdefault(id(cls), (cls, twin))

    def object(self, x):
        self.is_dynamic = True
        self.written.append(WrittenObject(x))
        return twin_object(x, self.twin_class(type(x)))

    def named_tuple(self, x):
        twin = self.substitute(type(x))
        items = tuple(map(self.substitute, x))
        return x if twin is type(x) and _are_same(items, x) else twin_tuple(items, twin)

    def foreign_object(self, x):
        return foreign_object(x)

    def differentiable(self, x):
        return differentiable_twin(x, self)

    # ---- arrays ----

    def array(self, x):
        """The buffer of an array that the function has captured; the array itself where nothing is written."""
        self.has_arrays = True
        if not self.writes:
            return x
        found = self._memo.get(id(x))
        if found is None:
            found = self._memo[id(x)] = (x, buffered(x, self._buffers))
            if found[1] is not x:
                self._buffers.append(found[1])
                self.arrays.append(WrittenArray(found[1], self))
        return found[1]

    # ---- containers: a copy, where something in them differs ----

    def tuple(self, x):
        items = tuple(map(self.substitute, x))
        return x if _are_same(items, x) else items

    def list(self, x):
        return self._container(x, lambda: list(map(self.substitute, x)), SubstitutedList)

    def dict(self, x):
        pairs = x.items()
        return self._container(x, lambda: dict(tuple(map(self.substitute, pair)) for pair in pairs), SubstitutedDict)

    def set(self, x):
        return self._container(x, lambda: list(map(self.substitute, x)), SubstitutedSet)

    def frozenset(self, x):
        items = list(map(self.substitute, x))
        return x if _are_same(items, x) else frozenset(items)

    def _container(self, x, substitutes, copy):
        """Its content may change at any time, so that it is looked at again and never kept."""
        self._memo[id(x)] = (x, x)  # it may hold itself
        try:
            items = substitutes()
        finally:
            del self._memo[id(x)]
        if _are_same(_content(items), _content(x)):
            return x
        self.names.append(Items(x))
        return copy(items, x)


def past_the_cache(cached, clone):
    """A cached function whose calls with traced numbers run its clone."""
    return Substitute(cached, clone, CARRIERS)


def _content(container):
    return [*container, *container.values()] if isinstance(container, dict) else container


def _are_same(some, others):
    return all(a is b for a, b in zip(some, others, strict=True))


_RULES = {
    types.FunctionType: Build.function,
    types.MethodType: Build.method,
    types.BuiltinFunctionType: Build.foreign,
    types.ModuleType: Build.module,
    functools.partial: Build.partial,
    type(functools.lru_cache(int)): Build.cached,
    np.ufunc: Build.foreign,
    np.vectorize: Build.vectorized,
    type(np.sum): Build.foreign,
    tuple: Build.tuple,
    list: Build.list,
    dict: Build.dict,
    set: Build.set,
    frozenset: Build.frozenset,
    type: Build.type,
    abc.ABCMeta: Build.type,
}
