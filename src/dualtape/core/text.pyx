"""The text of an active number. To print it, or to decide on it, it is text like any other; but read back as a number
it would have lost its derivative without a word. Made by scalar.pyx and dual.pyx; in a clone, substitutes.pyx keeps
`complex` and `np.float64` from reading it as well."""
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
