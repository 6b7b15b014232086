"""NumPy's iterators over active numbers: by the name by which the clone of a user's function calls them."""

import numpy as np

from ..errors import UnsupportedOperation
from ..trace.functions import foreign, has_active, is_active, operand, refuses


def _numbers(x):
    return x if is_active(x) else operand(x)


def _is_of_objects(x):
    """Tell whether `x` is an object array: what is written through its elements stays in it."""
    return type(x) is np.ndarray and x.dtype.hasobject


@foreign("numpy.ndenumerate")
class ndenumerate:
    """``np.ndenumerate(x)``: pairs of an index and an element."""

    def __new__(cls, arr):
        return object.__new__(cls) if has_active(arr) else np.ndenumerate(arr)

    def __init__(self, arr):
        self._indices = np.ndindex(np.shape(arr))
        self._arr = _numbers(arr)

    def __next__(self):
        index = next(self._indices)
        return index, self._arr[index] if index else self._arr

    def __iter__(self):
        return self


@foreign("numpy.broadcast")
class broadcast:
    """``np.broadcast(x, y, ...)``: the broadcast shape, and tuples of elements."""

    def __new__(cls, *args):
        return object.__new__(cls) if has_active(args) else np.broadcast(*args)

    def __init__(self, *args):
        self._args = [_numbers(x) for x in args]
        self._shape = np.broadcast(*(np.broadcast_to(0.0, np.shape(x)) for x in args))
        self.shape, self.ndim, self.size = self._shape.shape, self._shape.ndim, self._shape.size
        self.nd, self.numiter = self._shape.nd, self._shape.numiter
        self.reset()

    @property
    def iters(self):
        return tuple(np.broadcast_to(x, self.shape).flat for x in self._args)

    def reset(self):
        self.index = 0
        self._elements = [np.ravel(np.broadcast_to(x, self.shape)) for x in self._args]

    def __next__(self):
        if self.index == self.size:
            raise StopIteration
        self.index += 1
        return tuple(x[self.index - 1] for x in self._elements)

    def __iter__(self):
        return self


@foreign("numpy.nditer")
class nditer:
    """``np.nditer(x)`` or of several operands: each step gives views of single elements, in NumPy's order. NumPy's own
    iterator runs over tables of places; what needs buffers or chunks (``external_loop``, ``buffered``) is refused."""

    _TAKEN = frozenset("c_index f_index multi_index refs_ok zerosize_ok reduce_ok copy_if_overlap common_dtype".split())

    def __new__(cls, op, *args, **kwargs):
        return object.__new__(cls) if has_active(op) else np.nditer(op, *args, **kwargs)

    def __init__(self, op, flags=(), op_flags=None, op_dtypes=None, order="K", casting="safe", **options):
        refused = [*(set(flags) - self._TAKEN), *options]
        if refused:
            raise UnsupportedOperation(
                f"np.nditer with {', '.join(refused)}", "iterate over the elements, or over rows"
            )
        self._is_one = not isinstance(op, (list, tuple))
        self.operands = tuple(x if _is_of_objects(x) else _numbers(x) for x in ([op] if self._is_one else op))
        tables = [np.empty(np.shape(x), dtype=np.int8) for x in self.operands]
        self._iterator = np.nditer(tables, [*{*flags, "multi_index"}], [["readonly"]] * len(tables), order=order)
        self._started = False

    def __getattr__(self, name):
        return getattr(self._iterator, name)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self._iterator.close()

    def __iter__(self):
        return self

    def __next__(self):
        if self._started:
            self._iterator.iternext()
        self._started = True
        if self._iterator.finished:
            raise StopIteration
        return self.value

    @property
    def value(self):
        found = tuple(self._element(x) for x in self.operands)
        return found[0] if self._is_one else found

    def __getitem__(self, k):
        return (self.value,)[k] if self._is_one else self.value[k]

    def _element(self, x):
        """The element at this step, as a view that can be written to."""
        index = self._iterator.multi_index[self._iterator.ndim - np.ndim(x) :]
        index = tuple(0 if size == 1 else k for k, size in zip(index, np.shape(x), strict=True))
        return x[(*index, ...)] if index else x


refuses("steps through the memory of its operands", "write nested loops over indices", "numpy.nested_iters")
