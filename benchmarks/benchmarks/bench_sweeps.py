"""Sweeps over a tape that is recorded already: what a direction costs, alone and among others in the same sweep."""

import numpy as np

from benchmarks.problems import select, verify
from dualtape.trace.record import record_flat

CASES = ("loop 3", "rosen 1000", "chain 1000")
LANES = (1, 4, 16)


class _Sweep:
    params = (CASES, LANES)
    param_names = ("problem", "lanes")

    def setup(self, case, lanes):
        problem, x = select(case)
        self.recording = record_flat(lambda x: [problem.f(x)], [x])
        self.gradient = problem.first(x)
        rng = np.random.default_rng(1)
        self.S = rng.standard_normal((x.size, lanes))
        self.W = rng.standard_normal((1, lanes))
        self.second = problem.second(x, self.S)


class Tangent(_Sweep):
    """What does a tangent sweep cost for 1, 4 and 16 directions at once?"""

    def setup(self, case, lanes):
        super().setup(case, lanes)
        verify(self.recording.jvp(self.S), self.gradient[None] @ self.S, f"tangents of {case}")

    def time_sweep(self, case, lanes):
        self.recording.jvp(self.S)


class Adjoint(_Sweep):
    """What does a reverse sweep cost for 1, 4 and 16 cotangents at once?"""

    def setup(self, case, lanes):
        super().setup(case, lanes)
        verify(self.recording.vjp(self.W), self.gradient[:, None] @ self.W, f"adjoints of {case}")

    def time_sweep(self, case, lanes):
        self.recording.vjp(self.W)


class SecondOrder(_Sweep):
    """What does a second-order sweep cost for 1, 4 and 16 columns of the Hessian at once?"""

    def setup(self, case, lanes):
        super().setup(case, lanes)
        verify(self.recording.second(np.ones(1), self.S), self.second, f"second-order adjoints of {case}")

    def time_sweep(self, case, lanes):
        self.recording.second(np.ones(1), self.S)
