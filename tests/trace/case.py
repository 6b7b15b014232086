"""What a case is: a function in NumPy language and the shapes (or values) of its inputs. The files ``cases_*.py`` hold
them by family, `cases` all of them."""

from typing import NamedTuple

import numpy as np

from dualtape.trace import functions


class Case(NamedTuple):
    label: str
    f: object
    inputs: tuple
    positive: bool = False  # inputs drawn from (0.4, 1.6) instead of (-1, 1)
    looks: bool = False  # at its argument, with good reason: a program of it does not replay anywhere

    def points(self):
        rng = np.random.default_rng(sum(map(ord, self.label)))
        return [self._point(rng, x) for x in self.inputs]

    def _point(self, rng, x):
        if not isinstance(x, tuple):
            return np.asarray(x, dtype=float)
        return rng.uniform(0.4, 1.6, x) if self.positive else rng.uniform(-1.0, 1.0, x)


A, B, C = (3,), (2, 3), (2, 3, 4)


class Unannounced:
    """A function, class or object of NumPy that no protocol announces, ``Unannounced("numpy.r_")``: NumPy's own on
    plain arguments, on active ones what the clone of a user's function calls (see rewrite/)."""

    def __init__(self, name):
        self.name = name
        self.__name__ = name.removeprefix("numpy.")

    def _for(self, arguments):
        functions.load_families()
        if functions.has_active(_flat(arguments)):
            return functions.FOREIGN[self.name]
        found = np
        for part in self.__name__.split("."):
            found = getattr(found, part)
        return found

    def __call__(self, *args, **kwargs):
        return self._for([*args, *kwargs.values()])(*args, **kwargs)

    def __getitem__(self, index):
        return self._for(index)[index]


def _flat(tree):
    """What stands in lists, tuples and slices."""
    if isinstance(tree, (list, tuple)):
        return [x for item in tree for x in _flat(item)]
    return [tree.start, tree.stop, tree.step] if isinstance(tree, slice) else [tree]
