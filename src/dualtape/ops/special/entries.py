"""What a registry of functions of scipy.special is made of: that of real numbers (registry.py), and that of complex
ones (complex_special.py).

Names without an underscore are SciPy's; a function of several results has an entry for each: "airy[0]"."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

STEP = "step"  # the argument counts (a degree, a number of trials): SciPy truncates it, so that its derivative is zero


class Entry(NamedTuple):
    """A function whose derivatives are known.

    Attributes
    ----------
    value : callable
        Its value, of plain numbers and arrays.
    partials : tuple
        For each operand a callable, which takes the operands and the value, or STEP, or the reason why there is none.
    arguments : tuple of str
        Names of the operands, as SciPy's documentation has them.
    """

    value: Callable
    partials: tuple
    arguments: tuple


class Entries:
    """A registry.

    Attributes
    ----------
    functions : dict
        Name -> Entry.
    names : dict
        A ufunc's name -> names of its results, in order.
    """

    def __init__(self, value_of):
        """`value_of` makes the value of an entry from a ufunc with one result."""
        self.functions, self.names = {}, {}
        self._value_of = value_of

    def define(self, name, arguments, value, *partials):
        """Enter a function. `arguments` are the names of its operands in one string."""
        arguments = tuple(arguments.split())
        assert len(arguments) == len(partials), name
        self.functions[name] = Entry(value, partials, arguments)

    def define_ufunc(self, ufunc, name, arguments, *partials):
        """Enter a ufunc of SciPy with one result, or with several: then there is a tuple of partials for each result.
        One that this SciPy does not have is left out."""
        if ufunc is None:
            return
        if ufunc.nout == 1:
            self.define(name, arguments, self._value_of(ufunc), *partials)
            self.names[name] = (name,)
            return
        for k, of_result in enumerate(partials):
            self.define(f"{name}[{k}]", arguments, lambda *xs, _k=k: ufunc(*xs)[_k], *of_result)
        self.names[name] = tuple(f"{name}[{k}]" for k in range(ufunc.nout))

    def of_ufunc(self, name):
        """The entry of a ufunc's first result."""
        return self.functions[self.names[name][0]]


def whole(n):
    """Numbers as int64."""
    return np.asarray(n).astype(np.int64)[()]
