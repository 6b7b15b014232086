"""Memory of whole gradients, beside the same process without one."""

import tracemalloc

import numpy as np

import dualtape
from benchmarks.problems import PROBLEMS, select


def long_loop(x):
    """200 000 float operations."""
    s, factor = x
    for _ in range(200_000):
        s = s * factor
    return s


class Peak:
    """How much memory does a process need for a gradient, beyond its imports, its input and f itself?"""

    def setup(self):
        self.x = PROBLEMS["rosen"].point(1_000_000)

    def peakmem_reference(self):
        """Nothing but the imports and the input."""

    def peakmem_f(self):
        PROBLEMS["rosen"].f(self.x)

    def peakmem_gradient_of_a_large_array(self):
        dualtape.grad(PROBLEMS["rosen"].f)(self.x)

    def peakmem_gradient_of_a_long_loop(self):
        dualtape.grad(long_loop)(np.array([1.0, 1.0]))

    def peakmem_forward_over_a_long_loop(self):
        """Forward mode keeps nothing of the run: this is the reference again."""
        dualtape.jacobian(long_loop, mode="forward")(np.array([1.0, 1.0]))


class Growth:
    """Does memory stay flat over many calls?"""

    unit = "bytes"

    def track_ten_thousand_gradients(self):
        problem, x = select("rosen 10")
        grad = dualtape.grad(problem.f)
        for _ in range(100):
            grad(x)
        tracemalloc.start()
        before, _ = tracemalloc.get_traced_memory()
        for _ in range(10_000):
            grad(x)
        after, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return after - before
