"""Making the clone of a function: what each value that it can reach stands for.

A value stands for itself unless it is a module, a function of the user's, a foreign function with a substitute, or
something that holds one of these. The user's functions are cloned along, as far as names lead; cycles end at the clone
that is already there."""

import functools
import types
from inspect import CO_ASYNC_GENERATOR, CO_COROUTINE

import numpy as np

from dualtape.core.names import ABSENT, CellName, FunctionParts
from dualtape.rewrite.code import names_in
from dualtape.rewrite.namespaces import is_clone, namespace_of
from dualtape.rewrite.proxies import FOREIGN_PACKAGES, foreign_function, proxy_of
from dualtape.trace.ownership import is_library, root

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


class Build:
    """One way through all that a function can reach.

    Attributes
    ----------
    own : str
        The package of the function, which is the user's even if it is installed.
    names : list of Name
        What was found there, to be looked at before the clone is used again.
    written : list of WrittenGlobal and WrittenCell
        Variables outside of the clones that they may assign.
    """

    def __init__(self, own):
        self.own = own
        self.names = []
        self.written = []
        self._memo = {}  # id of a value -> (value, what it stands for); of a cell, too
        self._seen = set()

    def substitute(self, x):
        """What a value stands for in a clone."""
        kind = type(x)
        if kind in _THEMSELVES:
            return x
        found = self._memo.get(id(x))
        if found is not None:
            return found[1]
        rule = _RULES.get(kind)
        if rule is None:
            return x
        made = rule(self, x)
        self._memo[id(x)] = (x, made)
        return made

    def is_users(self, module, file=None):
        return not is_library(module, self.own, file)

    # ---- functions ----

    def function(self, f):
        if stays(f):
            return f
        if not self.is_users(f.__globals__.get("__name__"), f.__code__.co_filename):
            return foreign_function(f)
        return self.clone(f)

    def clone(self, f):
        """The clone of a function in Python."""
        namespace = namespace_of(f.__globals__)
        cells = tuple(map(self._cell, f.__closure__ or ()))
        g = types.FunctionType(f.__code__, namespace.names, f.__name__, None, cells)
        self._memo[id(f)] = (f, g)
        g.__qualname__ = f.__qualname__
        g.__doc__ = f.__doc__
        g.__annotations__ = f.__annotations__
        g.__dict__.update(f.__dict__)
        self.names.append(FunctionParts(f))
        used = names_in(f.__code__)
        self._globals(namespace, namespace.real if used.needs_all else used.read)
        self.written += [WrittenGlobal(namespace, name) for name in used.written]
        self._fill(f, cells, used)
        if f.__defaults__:
            g.__defaults__ = tuple(map(self.substitute, f.__defaults__))
        if f.__kwdefaults__:
            g.__kwdefaults__ = {name: self.substitute(x) for name, x in f.__kwdefaults__.items()}
        return g

    def _globals(self, namespace, read):
        for name in list(read):
            key = (id(namespace), name)
            if key not in self._seen and not (name.startswith("__") and name.endswith("__")):
                self._seen.add(key)
                self.names.append(namespace.take(name, self.substitute))

    def _cell(self, cell):
        """The cell of the clone: the very same one, unless its content has to differ. It is filled later."""
        if id(cell) in self._memo:
            return self._memo[id(cell)][1]
        content = _content(cell)
        is_shared = content is ABSENT or type(content) not in _RULES
        made = cell if is_shared else types.CellType()
        self._memo[id(cell)] = (cell, made)
        self.names.append(CellName(cell, content, is_shared))
        return made

    def _fill(self, f, cells, used):
        for variable, cell, mine in zip(f.__code__.co_freevars, f.__closure__ or (), cells, strict=True):
            if mine is cell:
                continue
            if _content(mine) is ABSENT:
                mine.cell_contents = self.substitute(cell.cell_contents)
            if variable in used.rebound:
                self.written.append(WrittenCell(cell, mine))

    def method(self, m):
        return types.MethodType(self.substitute(m.__func__), self.substitute(m.__self__))

    def partial(self, p):
        made = functools.partial(
            self.substitute(p.func),
            *map(self.substitute, p.args),
            **{name: self.substitute(x) for name, x in p.keywords.items()},
        )
        made.__dict__.update(p.__dict__)
        return made

    def foreign(self, function):
        return foreign_function(function)

    # ---- modules ----

    def module(self, module):
        if root(module.__name__) in FOREIGN_PACKAGES:
            return proxy_of(module)
        return module

    # ---- containers: a copy, where something in them differs ----

    def tuple(self, x):
        items = tuple(map(self.substitute, x))
        return x if _are_same(items, x) else items


def stays(f):
    """Tell whether a function in Python stands for itself: one of ours, a clone, or a coroutine."""
    return is_clone(f) or root(f.__globals__.get("__name__")) == "dualtape" or bool(f.__code__.co_flags & _ASYNC)


class WrittenGlobal:
    """A global that clones may assign."""

    def __init__(self, namespace, name):
        self.namespace, self.name = namespace, name
        self.put = namespace.names.get(name, ABSENT)

    def hand_over(self):
        """Give the module the value that a clone assigned, if it did."""
        value = self.namespace.names.get(self.name, ABSENT)
        if value is not self.put:
            self.put = value
            if value is ABSENT:
                self.namespace.real.pop(self.name, None)
            else:
                self.namespace.real[self.name] = value


class WrittenCell:
    """A variable of an enclosing function that clones may assign, where they have a cell of their own."""

    def __init__(self, cell, mine):
        self.cell, self.mine = cell, mine
        self.put = _content(mine)

    def hand_over(self):
        value = _content(self.mine)
        if value is not self.put:
            self.put = value
            if value is ABSENT:
                del self.cell.cell_contents
            else:
                self.cell.cell_contents = value


def _content(cell):
    try:
        return cell.cell_contents
    except ValueError:
        return ABSENT


def _are_same(some, others):
    return all(a is b for a, b in zip(some, others, strict=True))


_RULES = {
    types.FunctionType: Build.function,
    types.MethodType: Build.method,
    types.BuiltinFunctionType: Build.foreign,
    types.ModuleType: Build.module,
    functools.partial: Build.partial,
    np.ufunc: Build.foreign,
    type(np.sum): Build.foreign,
    tuple: Build.tuple,
}
