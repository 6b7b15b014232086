"""The globals of clones: one exact dict for each module, so that names are as fast as in any function. It holds what
functions that were cloned so far read; a name is taken over again when it has come to stand for something else."""

import builtins

from dualtape.core.buffer import Buffer
from dualtape.core.names import ABSENT, GlobalName
from dualtape.rewrite.numbers import builtin_names
from dualtape.rewrite.proxies import proxy_of
from dualtape.rewrite.running import substitute_now

_ABOUT_THE_MODULE = ("__name__", "__doc__", "__package__", "__spec__", "__file__", "__path__", "__loader__")
_MARK = "__dualtape_namespace__"
_LIMIT = 256  # namespaces; those of modules and of code that was run by exec

_namespaces = {}  # id of the globals of a module -> Namespace, which keeps them alive


class Namespace:
    """Globals of the clones of one module's functions.

    Attributes
    ----------
    real : dict
        The globals of the module.
    names : dict
        The globals of its clones.
    """

    def __init__(self, real):
        self.real = real
        self.names = {name: real[name] for name in _ABOUT_THE_MODULE if name in real}
        self.names["__builtins__"] = _builtins_for(real)
        self.names[_MARK] = self
        self.entries = {}

    def take(self, name, substitute):
        """Take over what a name stands for; returns the `GlobalName` that tells when to do so again."""
        value = self.real.get(name, ABSENT)
        entry = self.entries.get(name)
        if entry is None or entry.value is not value:
            if entry is not None:
                entry.drop()
            entry = self.entries[name] = GlobalName(self.real, self.names, name, value)
        if value is ABSENT:
            self.names.pop(name, None)
        else:
            made, known = substitute(value), self.names.get(name)
            # a clone that only reads an array shares the buffer of one that writes
            is_shared = made is value and type(known) is Buffer and known.plain is value and not known.is_active
            self.names[name] = known if is_shared else made
        return entry

    def is_changed(self, name):
        """Tell whether a name stands for something else in clones."""
        return self.names.get(name, ABSENT) is not self.real.get(name, ABSENT)


def namespace_of(real):
    """The `Namespace` of the globals of a function."""
    found = _namespaces.get(id(real))
    if found is None:
        if len(_namespaces) >= _LIMIT:
            _namespaces.pop(next(iter(_namespaces)), None)
        found = _namespaces.setdefault(id(real), Namespace(real))
    return found


def is_clone(function):
    """Tell whether a function is a clone, or was defined in one."""
    return _MARK in function.__globals__


def _builtins_for(real):
    given = real.get("__builtins__", builtins)
    given = given if isinstance(given, dict) else vars(given)
    if given is not vars(builtins):  # code that was given built-in names of its own
        return given
    return _shared_builtins()


def _shared_builtins():
    if not _shared or len(_shared[0]) != len(vars(builtins)):
        _shared[:] = [builtin_names(_import)]
    return _shared[0]


_shared = []


def _import(name, globals=None, locals=None, fromlist=(), level=0):
    """``import`` inside of a clone."""
    module = builtins.__import__(name, globals, locals, fromlist, level)
    proxy = proxy_of(module)
    return substitute_now(module) if proxy is module else proxy
