"""The text of an active number. To print it, or to decide on it, it is text like any other; but read back as a number
it would have lost its derivative without a word. What is made of it, by joining, cutting and replacing, is such text
again, as far as Python asks the text: a format string with more than this one part, ``f"1{x}"``, ``"%s,%s" % (x, y)``,
and ``",".join([...])`` are made by `str` alone.

Made by scalar.pyx, dual.pyx and the handlers; in a clone, substitutes.pyx keeps `complex` and `np.float64` from reading
it as well."""
from dualtape.errors import TraceEscapeError


class Text(str):
    """What ``str(x)`` and ``f"{x:.3f}"`` are."""

    __slots__ = ()

    def __float__(self):
        raise self.escape("float")

    @staticmethod
    def escape(kind):
        """The error of a number of this kind that would be read from it."""
        return TraceEscapeError(
            f"{kind}() of the text of a traced number would be a plain number without its derivative",
            "take the number itself, or np.round(x, 3)")

    def __str__(self):
        return self

    def __radd__(self, other):
        return Text(str.__add__(other, self)) if isinstance(other, str) else NotImplemented

    def __iter__(self):
        return map(Text, str.__iter__(self))

    def __reduce__(self):
        return str, (str.__str__(self),)


class Code(bytes):
    """The same in bytes."""

    __slots__ = ()

    def __float__(self):
        raise Text.escape("float")


def marked(made):
    """What a method of `str` has made of a text."""
    if type(made) is str:
        return Text(made)
    if type(made) is bytes:
        return Code(made)
    return type(made)([marked(part) for part in made]) if type(made) in (list, tuple) else made


def _keeps(name):
    method = getattr(str, name)

    def call(self, *args, **kwargs):
        return marked(method(self, *args, **kwargs))

    call.__name__, call.__doc__ = name, method.__doc__
    setattr(Text, name, call)


for _name in ("__add__ __mul__ __rmul__ __mod__ __rmod__ __getitem__ __format__ capitalize casefold center encode "
              "expandtabs format format_map join ljust lower lstrip partition removeprefix removesuffix replace rjust "
              "rpartition rsplit rstrip split splitlines strip swapcase title translate upper zfill").split():
    _keeps(_name)
