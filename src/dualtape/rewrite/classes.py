"""Twins of the user's classes and objects: a class like the user's, with clones of its methods, and an object of it
that shares the ``__dict__`` of the user's.

*Design.* The twin of a class has everything that the class itself defines, methods as clones. The order in which
attributes are looked up is ``T(C), T(B), object, C, B``: ``super()`` in a cloned method goes on to clones, and the real
classes make ``isinstance`` hold without ever being reached. They are no bases of the twin, so that they know nothing of
it. Objects that a clone makes are of the twin's class until it returns.

Named tuples and classes with ``__slots__`` have no ``__dict__`` to share: their twin is a subclass with cloned methods,
and objects made by the clone are of it until it returns. One that calls ``super()`` would come to its own class again,
and has none. Classes with a metaclass of their own are left alone, and arrays, exceptions, and those whose objects have
something to do when they die."""

import abc
import copy
import functools
import types

from dualtape.core.names import ClassParts
from dualtape.core.twins import attribute_getter
from dualtape.rewrite.running import remember, substitute_now

_NOT_TAKEN = frozenset(
    [
        "__dict__",
        "__weakref__",
        "__module__",
        "__qualname__",
        "__doc__",
        "__init_subclass__",
        "__abstractmethods__",
        "_abc_impl",
    ]
)
_OF_NAMED_TUPLES = frozenset("__new__ _make _replace _asdict __repr__ __getnewargs__ __replace__".split())
_METHODS = (types.FunctionType, staticmethod, classmethod, property, functools.cached_property)
_LAYOUT = ("__basicsize__", "__itemsize__", "__dictoffset__", "__weakrefoffset__")
_getattribute = attribute_getter(substitute_now)


class TwinType(type):
    """Type of the twins of classes."""

    def mro(cls):
        real, twins = vars(cls)["__twin_of__"], vars(cls)["__twins__"]
        before, rest = [cls], []
        for base in real.__mro__[1:]:
            before.append(twins[base]) if base in twins else rest.append(base)
        return [*before, *rest, *(vars(twin)["__twin_of__"] for twin in before)]

    def __call__(cls, *args, **kwargs):
        made = super().__call__(*args, **kwargs)
        if type(made) is cls:
            remember(made, cls.__twin_of__)
        return made

    def __instancecheck__(cls, x):
        return isinstance(x, cls.__twin_of__)

    def __subclasscheck__(cls, other):
        return issubclass(other, cls.__twin_of__)

    def __setattr__(cls, name, value):
        super().__setattr__(name, value)
        setattr(cls.__twin_of__, name, value)

    def __eq__(cls, other):
        return other is cls or other is cls.__twin_of__

    def __hash__(cls):
        return hash(cls.__twin_of__)


class SubclassType(type):
    """Type of the twins of classes whose objects have no ``__dict__``: subclasses with clones of their methods."""

    def __call__(cls, *args, **kwargs):
        made = super().__call__(*args, **kwargs)
        if type(made) is cls:
            remember(made, cls.__twin_of__)
        return made

    __instancecheck__ = TwinType.__instancecheck__
    __subclasscheck__ = TwinType.__subclasscheck__
    __eq__ = TwinType.__eq__
    __hash__ = TwinType.__hash__


class AbstractTwinType(TwinType, abc.ABCMeta):
    """The same for abstract base classes."""


class _Plain:
    """Has the layout of every object whose attributes are in its ``__dict__``."""


def can_have_twin(cls, is_users):
    """Tell whether a class is the user's, and plain."""
    return (
        type(cls) in (type, abc.ABCMeta)
        and is_users(cls.__module__)
        and all(getattr(cls, part) == getattr(_Plain, part) for part in _LAYOUT)
        and cls.__getattribute__ is object.__getattribute__
        and not hasattr(cls, "__del__")  # it would run for the twin, too
    )


def new_twin(cls, twins, build, register):
    """A new twin; `twins` maps the bases of `cls` to theirs. `register` gets it before its methods are made."""
    names = {"__twin_of__": cls, "__twins__": twins, "__getattribute__": _getattribute}
    names.update(__module__=cls.__module__, __qualname__=cls.__qualname__, __doc__=cls.__doc__)
    metaclass = AbstractTwinType if isinstance(cls, abc.ABCMeta) else TwinType
    twin = metaclass(cls.__name__, (_below_attributes(cls),), {**names, "__orig_bases__": ()})
    register(twin)
    build.names.append(ClassParts(cls))
    for name, value in list(vars(cls).items()):
        if name not in _NOT_TAKEN:
            type.__setattr__(twin, name, _member(value, build))
    return twin


def can_have_subclass(cls, is_users):
    """Tell whether a class is the user's, and one of named tuples or of objects with ``__slots__`` alone."""
    bases = [base for base in cls.__mro__ if base not in (object, tuple)]
    return (
        all(type(base) is type and is_users(base.__module__) for base in bases)
        and cls.__dictoffset__ == 0
        and (hasattr(cls, "_fields") if issubclass(cls, tuple) else cls.__itemsize__ == 0)
        and not hasattr(cls, "__del__")
        and not any("__class__" in f.__code__.co_freevars for base in bases for f in functions_of(base))
    )


def new_subclass(cls, build, register):
    """A new twin that is a subclass; `register` gets it before its methods are made."""
    names = {"__slots__": (), "__twin_of__": cls, "__module__": cls.__module__, "__qualname__": cls.__qualname__}
    twin = SubclassType(cls.__name__, (cls,), {**names, "__doc__": cls.__doc__})
    register(twin)
    build.names.append(ClassParts(cls))
    for base in reversed(cls.__mro__[:-1]):
        for name, value in list(vars(base).items()) if base is not tuple else ():
            if name not in _OF_NAMED_TUPLES and isinstance(value, _METHODS):
                type.__setattr__(twin, name, _member(value, build))
    return twin


def twin_tuple(x, cls):
    """A named tuple of the twin `cls` with the items of x."""
    return tuple.__new__(cls, x)


def _below_attributes(cls):
    """The base that has no ``__dict__`` yet, `object` or `abc.ABC`: where it is the same, ``__class__`` can be set."""
    while all(getattr(cls.__base__, part) == getattr(cls, part) for part in _LAYOUT):
        cls = cls.__base__
    return cls.__base__


def functions_of(cls):
    """The functions that a class itself defines, those behind properties and the like included."""
    for value in vars(cls).values():
        for part in (value, *(getattr(value, name, None) for name in ("fget", "fset", "fdel", "__func__", "func"))):
            if isinstance(part, types.FunctionType):
                yield part


def _member(value, build):
    """An entry of a class in the form that it has in the twin."""
    if isinstance(value, (staticmethod, classmethod)):
        return type(value)(build.substitute(value.__func__))
    if type(value) is property:
        return property(*map(build.substitute, (value.fget, value.fset, value.fdel)), value.__doc__)
    if type(value) is functools.cached_property:
        made = functools.cached_property(build.substitute(value.func))
        made.attrname = value.attrname
        return made
    return build.substitute(value)


def twin_object(x, cls):
    """An object of the twin `cls` that is x in all but its class."""
    made = object.__new__(cls)
    object.__setattr__(made, "__dict__", object.__getattribute__(x, "__dict__"))
    return made


def differentiable_twin(x, build):
    """A function decorated with `dualtape.differentiable` whose calls run its clone."""
    wrapped = build.substitute(x.__wrapped__)
    if wrapped is x.__wrapped__:
        return x
    made = copy.copy(x)
    for name in [name for name, value in vars(made).items() if isinstance(value, types.FunctionType)]:
        del made.__dict__[name]  # drivers made for the real function
    made.__wrapped__ = wrapped
    return made
