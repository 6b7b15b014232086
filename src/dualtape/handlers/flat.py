"""What `x.flat` is for traced arrays and for masks."""

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from .complex_numbers import number


class Flat(NDArrayOperatorsMixin):
    """``x.flat``: the elements in C order, to iterate, index and write. In arithmetic it is an array of them."""

    def __init__(self, base):
        self.base = base

    def copy(self):
        return np.copy(np.ravel(self.base))

    as_numbers = copy  # what it is as an operand

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        return getattr(ufunc, method)(*(x.copy() if type(x) is Flat else x for x in inputs), **kwargs)

    def __array_function__(self, function, types, args, kwargs):
        return function(*(x.copy() if type(x) is Flat else x for x in args), **kwargs)

    def __len__(self):
        return self.base.size

    def __iter__(self):
        return iter(np.ravel(self.base))

    def __getitem__(self, index):
        return np.copy(np.ravel(self.base)[index])

    def __setitem__(self, index, value):
        places = np.arange(self.base.size)[index]
        value = number(value)
        self.base[np.unravel_index(places, self.base.shape)] = np.resize(value, places.shape) if places.ndim else value
