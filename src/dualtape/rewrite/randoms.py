"""Random generators of NumPy in a clone: the arrays they make are buffers, location and scale of what they draw may be
active, and so may what they shuffle or choose from. The order is drawn with the numbers that NumPy would take."""

import numpy as np

from dualtape.core.buffer import Buffer, buffered, opened
from dualtape.handlers.complex_numbers import number
from dualtape.rewrite.wrapping import Wrapper, active_array, has_active_part


class RandomNumbers(Wrapper):
    """A `numpy.random.Generator` or `RandomState`."""

    __slots__ = ()

    def _plainly(self, method, *args, **kwargs):
        if any(map(has_active_part, (*args, *kwargs.values()))):
            return super()._plainly(method, *args, **kwargs)  # which refuses it by name
        args, kwargs = map(_bare, args), {name: _bare(x) for name, x in kwargs.items()}
        return buffered(getattr(self.__wrapped__, method)(*args, **kwargs))

    # ---- numbers of the standard distribution, moved and stretched as NumPy does it ----

    def normal(self, loc=0.0, scale=1.0, size=None):
        if not has_active_part((loc, scale)):
            return self._plainly("normal", loc, scale, size)
        loc, scale = active_array(loc), active_array(scale)
        return loc + scale * self.__wrapped__.standard_normal(_shape(size, loc, scale))

    def uniform(self, low=0.0, high=1.0, size=None):
        if not has_active_part((low, high)):
            return self._plainly("uniform", low, high, size)
        low, high = active_array(low), active_array(high)
        return low + (high - low) * self.__wrapped__.random(_shape(size, low, high))

    def exponential(self, scale=1.0, size=None):
        if not has_active_part(scale):
            return self._plainly("exponential", scale, size)
        return active_array(scale) * self.__wrapped__.standard_exponential(_shape(size, scale))

    # ---- elements in random order ----

    def shuffle(self, x, axis=0):
        if type(x) is list:
            self.__wrapped__.shuffle(x)
        elif has_active_part(x):
            x[...] = number(opened(x, []))[self._order("shuffle", x, axis)]
        else:
            self._plainly("shuffle", x, **_axis(axis))

    def permutation(self, x, axis=0):
        if not has_active_part(x):
            return self._plainly("permutation", x, **_axis(axis))
        x = number(opened(x, []))
        return x[self._order("permutation", x, axis)]

    def choice(self, a, size=None, replace=True, p=None, axis=0, shuffle=True):
        named = _axis(axis) if shuffle else {"shuffle": False, **_axis(axis)}
        if not has_active_part(a):
            return self._plainly("choice", a, size, replace, p, **named)
        a = number(opened(a, []))
        return np.take(a, self._plainly("choice", a.shape[axis], size, replace, p), axis)

    def _order(self, method, x, axis):
        """An index that takes the elements along an axis in the order in which `method` arranges them."""
        order = np.arange(np.shape(x)[axis]).reshape([-1 if k == axis % np.ndim(x) else 1 for k in range(np.ndim(x))])
        arranged = getattr(self.__wrapped__, method)(order, **_axis(axis))
        return (slice(None),) * (axis % np.ndim(x)) + ((order if arranged is None else arranged).ravel(),)


def _bare(x):
    return opened(x, []) if type(x) in (Buffer, tuple) else x


def _axis(axis):
    """The argument, where the generator may be one that has none."""
    return {"axis": axis} if axis else {}


def _shape(size, *parameters):
    return np.broadcast_shapes(*map(np.shape, parameters)) if size is None else size
