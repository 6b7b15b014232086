"""Recorded programs: what a call, a recording and a batch cost by themselves."""

import numpy as np

import dualtape
from benchmarks.problems import select


class Calls:
    """What does a replay take?"""

    params = (("loop 3", "ring 10", "rosen 10", "chain 50"), ("value", "grad", "hessian"))
    param_names = ("case", "what")

    def setup(self, case, what):
        problem, self.x = select(case)
        P = dualtape.record(problem.f, self.x)
        self.call = P if what == "value" else getattr(P, what)
        self.call(self.x)

    def time_call(self, case, what):
        self.call(self.x)


class Recording:
    """What does recording and sealing take, and what does it keep?"""

    params = ("loop 3", "rosen 1000", "chain 1000")
    param_names = ("case",)

    def setup(self, case):
        self.problem, self.x = select(case)

    def time_record(self, case):
        dualtape.record(self.problem.f, self.x)

    def track_bytes(self, case):
        return dualtape.record(self.problem.f, self.x).summary().sealing["bytes_after"]


class Batches:
    """What does one of 10^4 points take, in lanes and in threads?"""

    params = ((1, 2), ("value", "grad"))
    param_names = ("threads", "what")

    def setup(self, threads, what):
        problem, x = select("loop 3")
        self.P = dualtape.record(problem.f, x)
        self.X = np.tile(x, (10_000, 1))

    def time_batch(self, threads, what):
        self.P.batch(self.X, what, threads=threads)
