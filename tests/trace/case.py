"""What a case is: a function in NumPy language and the shapes (or values) of its inputs. The files ``cases_*.py`` hold
them by family, `cases` all of them."""

from typing import NamedTuple

import numpy as np


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
