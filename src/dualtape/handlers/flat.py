"""What `x.flat` is for traced arrays and for masks."""

import numpy as np

from ..trace import functions


class Flat:
    """``x.flat``: the elements in C order, to iterate, index and write."""

    def __init__(self, base):
        self.base = base

    def __len__(self):
        return self.base.size

    def __iter__(self):
        return iter(np.ravel(self.base))

    def __getitem__(self, index):
        return np.copy(np.ravel(self.base)[index])

    def __setitem__(self, index, value):
        places = np.arange(self.base.size)[index]
        value = functions.operand(value)
        self.base[np.unravel_index(places, self.base.shape)] = np.resize(value, places.shape) if places.ndim else value
