"""Every elementwise function of the rule table: gradient and Hessian-vector product on 1000 numbers.

The rows come from the table itself; a row that could not be timed is an error when this file is imported.
"""

from zlib import crc32

import numpy as np

import dualtape
from benchmarks.common import require
from benchmarks.problems import WrongAnswer
from dualtape.core.kernels import bind_scipy
from dualtape.ops.table import OPCODES, ROWS
from dualtape.trace.record import record_flat

N = 1000
MARGIN = 0.1  # of the domain, left out at both ends: there differences are no judge


def interior(domain, rng):
    """N numbers well inside the domain."""
    width = domain.high - domain.low
    return rng.uniform(domain.low + MARGIN * width, domain.high - MARGIN * width, N)


class Case:
    """One row: its function, points, and in which operands it is differentiated."""

    def __init__(self, row):
        rng = np.random.default_rng(crc32(row.name.encode()))  # the same points whatever rows there are
        domains = (row.tested_on,) if row.arity == 1 else row.tested_on
        self.row = row
        self.first = (row.d,) if row.arity == 1 else (row.dx, row.dy)
        self.active = [k for k, formula in enumerate(self.first) if formula is not None]
        self.points = [interior(domain, rng) for domain in domains]
        for k, (formula, domain) in enumerate(zip(self.first, domains, strict=True)):
            if formula is None and domain.high - domain.low > 2.0:  # an order or an exponent: whole numbers
                self.points[k] = np.ceil(self.points[k]).astype(np.int64)

    def f(self, *operands):
        """The row, by way of the engine: also those rows that only other rows and handlers reach."""
        active = next(x for x in operands if hasattr(x, "engine"))
        return active.engine.elementwise(OPCODES[self.row.name], *operands)

    def total(self, *actives):
        """Sum of all results as a function of the active operands: its gradient is the row's derivative."""
        operands = list(self.points)
        for k, x in zip(self.active, actives, strict=True):
            operands[k] = x
        return self.f(*operands).sum()


def collect(rows):
    """A case per row, by name."""
    cases = {}
    for row in rows:
        case = Case(row)
        if not case.active or not all(np.isfinite(points).all() for points in case.points):
            raise LookupError(f"{row.name} has no operand to differentiate, or no points to time it on")
        cases[row.name] = case
    return cases


CASES = collect(ROWS)


class Elementwise:
    """What does each function cost: its gradient, its Hessian times a vector?"""

    params = tuple(CASES)
    param_names = ("function",)

    def setup(self, name):
        case = self.case = CASES[name]
        if case.row.home == "scipy.special":
            require("scipy")
            bind_scipy()
        self.actives = [case.points[k] for k in case.active]
        self.grad = dualtape.grad(case.total, argnums=tuple(range(len(case.active))))
        self.direction = np.ones(N)
        self.along_first = lambda x: case.total(x, *self.actives[1:])
        self.hvp = lambda: dualtape.hvp(self.along_first, self.actives[0], self.direction)
        self.check()

    def check(self):
        """Central differences along a line: a wrong sign or factor shows; the digits are the tests' business."""
        h = 1e-6
        gradient = sum(np.sum(g) for g in self.grad(*self.actives))
        ahead, behind = (self.value([x + step for x in self.actives]) for step in (h, -h))
        is_step = set(self.case.first) == {"0"}  # constant between its jumps, or zero by decree
        difference = 0.0 if is_step else (ahead - behind) / (2 * h)
        if not abs(gradient - difference) <= 1e-4 * (abs(difference) + N):
            raise WrongAnswer(f"{self.case.row.name}: gradient sums to {gradient}, differences to {difference}")

    def value(self, actives):
        """The primal sum, by a recording: rows without a ufunc have no other way."""
        return record_flat(lambda *xs: [self.case.total(*xs)], list(actives)).value[0]

    def time_grad(self, name):
        self.grad(*self.actives)

    def time_hvp(self, name):
        self.hvp()
