"""From a function to its clone, kept as long as the names that it uses stand for the same."""

import functools
import types
import weakref

import numpy as np

from dualtape.core.names import Current
from dualtape.rewrite.build import Build, stays
from dualtape.rewrite.proxies import FOREIGN_PACKAGES
from dualtape.rewrite.running import in_a_run
from dualtape.trace.functions import is_active
from dualtape.trace.ownership import module_of, root

_READ_ONLY = frozenset((float, int, bool, str, type(None), np.float64))
_PLAIN = _READ_ONLY | {np.ndarray}
_LIMIT = 256
_recent = {}  # id of a function -> (weak reference, Current): those made last


def clone_of(f):
    """What a driver calls in place of f.

    Parameters
    ----------
    f : callable

    Returns
    -------
    Current
        Called without arguments it gives the clone, made anew where a name that f uses has come to stand for something
        else.
    """
    found = _recent.get(id(f))
    if found is not None and found[0]() is f:
        return found[1]
    if not isinstance(f, types.FunctionType) or stays(f):
        return Current(functools.partial(_make, f))
    current = Current(functools.partial(_make_weakly, weakref.ref(f)))
    if f.__code__.co_name not in f.__code__.co_freevars:  # what refers to itself would never be forgotten
        if len(_recent) >= _LIMIT:
            _recent.pop(next(iter(_recent)), None)
        _recent[id(f)] = (weakref.ref(f, functools.partial(_forget, id(f))), current)
    return current


def clone(f):
    """f as it runs on active numbers: its names, and those of the functions it calls, stand for substitutes."""
    return clone_of(f)()


def prepared(current, f, args, kwargs):
    """The clone of f and the arguments to call it with: functions and objects of the user's stand for substitutes."""
    run, writes = current(), current.note
    plain = _READ_ONLY if writes else _PLAIN
    if _are_plain(args, plain) and (not kwargs or _are_plain(kwargs.values(), plain)):
        return run, args, kwargs
    build = Build(root(module_of(f)), writes)
    args = tuple(map(build.substitute, args))
    kwargs = {name: build.substitute(x) for name, x in kwargs.items()}
    build.settle()
    return (in_a_run(run, build) if build.is_dynamic or build.written or build.arrays else run), args, kwargs


def _are_plain(arguments, plain):
    return all(type(x) in plain or is_active(x) for x in arguments)


def _forget(key, reference, recent=_recent):  # modules have lost their globals when the interpreter ends
    found = recent.get(key)
    if found is not None and found[0] is reference:
        recent.pop(key, None)


def _make_weakly(reference):
    f = reference()
    return _make(f)


def _make(f):
    own = root(module_of(f))
    return _make_as(f, None if own in FOREIGN_PACKAGES else own)  # scipy.special.logsumexp itself is not the user's


def _make_as(f, own):
    """The clone, the names that it depends on, and whether it may write into arrays; `own` is the user's package."""
    build = Build(own)
    made = build.substitute(f)
    if build.may_write and build.has_arrays:
        build = Build(own, writes=True)
        made = build.substitute(f)
    build.settle()
    if build.is_dynamic or build.written or build.arrays:
        made = in_a_run(made, build)
    return made, build.names, build.may_write
