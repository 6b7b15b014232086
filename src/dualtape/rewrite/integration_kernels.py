"""What scipy.integrate's Python code needs where the ends of intervals are traced."""

from collections import OrderedDict

from dualtape.rewrite.kernels import kernel
from dualtape.trace.functions import peeked


@kernel("scipy.integrate._quad_vec.LRUDict")
class LRUDict(OrderedDict):
    """Remembers integrals by their intervals: by the values of the ends, whose derivatives follow from how they arose,
    which is the same for equal intervals."""

    def __init__(self, max_size):
        super().__init__()
        self._max_size = max_size

    def __setitem__(self, key, value):
        key = peeked(key)
        super().__setitem__(key, value)
        self.move_to_end(key)
        if len(self) > self._max_size:
            self.popitem(last=False)

    def get(self, key, default=None):
        return super().get(peeked(key), default)

    def pop(self, key, *default):
        return super().pop(peeked(key), *default)
