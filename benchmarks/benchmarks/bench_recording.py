"""Recording: what one operation costs while f runs, before any sweep.

Every function here does OPERATIONS operations, so a time in microseconds reads as nanoseconds per operation.
"""

import numpy as np

from benchmarks.problems import verify
from dualtape.trace.record import record_flat

OPERATIONS = 1000


def scalar_run(x):
    """OPERATIONS multiplications of a float."""
    s, factor = x
    for _ in range(OPERATIONS):
        s = s * factor
    return s


def array_run(x):
    """OPERATIONS additions of an array."""
    y = x
    for _ in range(OPERATIONS):
        y = y + x
    return y


def view_run(x):
    """OPERATIONS slices of an array: views, which record nothing."""
    for _ in range(OPERATIONS):
        y = x[1:]
    return y


class Scalars:
    """What does a recorded scalar operation cost, and what does the same cost on floats?"""

    def setup(self):
        self.x = np.array([1.0, 1.001])
        self.floats = self.x.tolist()
        self.f = lambda x: [scalar_run(x)]
        recording = record_flat(self.f, [self.x])
        verify(recording.value[0], np.asarray(scalar_run(self.floats)), "the recorded value")

    def time_record(self):
        record_flat(self.f, [self.x])

    def time_on_floats(self):
        scalar_run(self.floats)


class Arrays:
    """What does a recorded array operation cost, its evaluation included, and what does the same cost in NumPy?"""

    params = (10, 1000)
    param_names = ("n",)

    def setup(self, n):
        self.x = np.linspace(0.0, 1.0, n)
        self.f = lambda x: [array_run(x)]
        verify(record_flat(self.f, [self.x]).value[0], array_run(self.x), "the recorded value")

    def time_record(self, n):
        record_flat(self.f, [self.x])

    def time_in_numpy(self, n):
        array_run(self.x)


class Views:
    """What does a slice of a traced array cost, and what does one of an ndarray?"""

    def setup(self):
        self.x = np.linspace(0.0, 1.0, 10)
        self.f = lambda x: [view_run(x)]

    def time_record(self):
        record_flat(self.f, [self.x])

    def time_in_numpy(self):
        view_run(self.x)


class Bytes:
    """How much memory of the tape does an operation use, its value included?"""

    unit = "bytes"

    def per_operation(self, f, x):
        """Bytes of the tape, without its inputs, per recorded operation."""
        tape = record_flat(lambda x: [f(x)], [x]).tape
        return (tape.nbytes - x.nbytes) / OPERATIONS

    def track_scalar_operation(self):
        return self.per_operation(scalar_run, np.array([1.0, 1.001]))

    def track_array_operation(self):
        """Beyond 8 bytes for each element of a result that is kept."""
        return self.per_operation(array_run, np.linspace(0.0, 1.0, 10))

    def track_view(self):
        return self.per_operation(view_run, np.linspace(0.0, 1.0, 10))
