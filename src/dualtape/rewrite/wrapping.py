"""Objects of SciPy in a clone: a wrapper that looks like the object and takes traced arrays where the object is known
to be differentiable in them. All else reaches the object, with plain arguments only."""

import types

from dualtape.core.buffer import Buffer, buffered
from dualtape.errors import UnsupportedOperation
from dualtape.handlers.buffers import opened
from dualtape.trace.functions import CARRIERS, has_parts, is_active, operand


def has_active_part(x):
    """Tell whether an argument carries derivatives, or is a buffer or a list that holds such numbers."""
    found = []
    opened(x, found)
    return any(_carries(part) for part in found) or _in_lists(x)


def _carries(x):
    x = x.held() if type(x) is Buffer else x
    return is_active(x) or has_parts(x)


def _in_lists(x):
    return type(x) in (list, tuple) and any(_carries(item) or _in_lists(item) for item in x)


def active_array(x):
    """An argument as one active or plain array."""
    return operand(opened(x, []))


def is_live(x):
    """Tell whether `x` is an object of a live class, see library.py."""
    return hasattr(type(x), "__live_of__")


class Wrapper:
    """An object of SciPy as clones see it.

    Attributes
    ----------
    __wrapped__ : object
    """

    __slots__ = ("__wrapped__",)
    _lives = False  # whether SciPy's own methods may run on traced numbers, see library.py
    __array_ufunc__ = None  # operators of arrays leave it to ours
    __hash__ = object.__hash__

    def __init__(self, real):
        object.__setattr__(self, "__wrapped__", real)

    @property
    def __class__(self):
        return type(self.__wrapped__)

    def _plainly(self, method, *args, **kwargs):
        """A method of the object with plain arguments; with others where the class can live."""
        if any(is_live(x) or has_active_part(x) for x in (*args, *kwargs.values())):
            if self._lives:
                from dualtape.rewrite.library import live_object

                return getattr(live_object(self.__wrapped__), method)(*args, **kwargs)
            raise UnsupportedOperation(
                f"{type(self.__wrapped__).__name__}.{method} of a traced array has no derivative rule yet",
                "dualtape.supported() tells which functions have",
            )
        args, kwargs = bare(opened(args, [])), bare(opened(kwargs, []))
        return self._wrapped_result(getattr(self.__wrapped__, method)(*args, **kwargs))

    def _wrapped_result(self, result):
        from dualtape.rewrite.foreign import foreign_object, is_foreign_object

        return foreign_object(result) if is_foreign_object(type(result)) else buffered(result)

    def __getattr__(self, name):
        value = getattr(self.__wrapped__, name)
        if isinstance(value, (types.MethodType, types.BuiltinMethodType)):
            return lambda *args, **kwargs: self._plainly(name, *args, **kwargs)
        return self._wrapped_result(value)

    def __setattr__(self, name, value):
        setattr(self.__wrapped__, name, value)

    def __repr__(self):
        return repr(self.__wrapped__)

    def __reduce__(self):
        return _itself, (self.__wrapped__,)


def bare(tree):
    """Nested tuples, lists and dicts with the objects themselves in place of wrappers."""
    kind = type(tree)
    if kind in (tuple, list):
        return kind(map(bare, tree))
    if kind is dict:
        return {key: bare(value) for key, value in tree.items()}
    if not issubclass(kind, Wrapper):
        return tree
    if CARRIERS[kind]:
        raise UnsupportedOperation(f"a traced {type(tree.__wrapped__).__name__} as an argument", "use A.toarray()")
    return tree.__wrapped__


def _itself(x):
    return x


def _forwarding(name):
    def method(self, *args, **kwargs):
        return self._plainly(name, *args, **kwargs)

    return method


for _name in (
    "__call__ __add__ __radd__ __sub__ __rsub__ __mul__ __rmul__ __truediv__ __rtruediv__ __pow__ __neg__ __abs__ "
    "__getitem__ __setitem__ __len__ __iter__ __eq__ __ne__ __lt__ __le__ __gt__ __ge__ __bool__"
).split():
    setattr(Wrapper, _name, _forwarding(_name))
