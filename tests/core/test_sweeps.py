"""The sweeps over scalar instructions: every row, every choice of active operands, one lane and many, each target.

The oracle is the rule of the row, evaluated apart (kernels.evaluate_scalar), with the policies of a sweep: partial
times seed plus 0.0, and nothing where one of them is the structural zero -0.0."""

import itertools
import math

import numpy as np
import pytest

from dualtape.core import kernels
from dualtape.core.path import Path
from dualtape.ops.table import ROWS
from dualtape.trace.record import record_flat, record_tape

ODD = (0.0, -0.0, math.inf, -math.inf, math.nan, 1.0, -2.0, 0.5)
SIMPLE = [
    row
    for row in ROWS
    if row.ufunc and row.ufunc[0] == "numpy" and None not in (row.v, row.d if row.arity == 1 else row.dy)
]


@pytest.fixture(params=kernels.targets())
def target(request):
    before = kernels.target()
    kernels.use_target(request.param)
    yield request.param
    kernels.use_target(before)


def tie(d, s):
    """Partial times seed, as a sweep adds it."""
    if any(z == 0.0 and math.copysign(1.0, z) < 0.0 for z in (d, s)):
        return -0.0
    return float(np.float64(d) * np.float64(s) + 0.0)


def points(row):
    domains = (row.tested_on,) if row.arity == 1 else row.tested_on
    inside = [0.75 * domain.low + 0.25 * domain.high for domain in domains]
    return [inside, *itertools.product(ODD, repeat=row.arity)]


def record_row(row, point, active):
    """The row on scalars, those in `active` traced, and its partials with respect to these."""
    f = getattr(np, row.ufunc[1])
    given = [x for k, x in enumerate(point) if active >> k & 1]

    def program(*traced):
        traced = iter(traced)
        return [f(*[next(traced) if active >> k & 1 else x for k, x in enumerate(point)])]

    _, *partials = kernels.evaluate_scalar(row.name, *point, active=active)
    return record_flat(program, given), [partials[k] for k in range(row.arity) if active >> k & 1]


@pytest.mark.parametrize("row", SIMPLE, ids=lambda row: row.name)
def test_each_row_goes_through_its_partials(row, target):
    w = -1.5
    for point in points(row):
        for active in range(1, 2**row.arity):
            with np.errstate(all="ignore"):
                recording, partials = record_row(row, point, active)
                expected = [tie(d, w) + 0.0 for d in partials]
            for p in (1, 3, 16):
                x_bar = recording.vjp(np.full((1, p), w))
                np.testing.assert_array_equal(x_bar, np.transpose([expected] * p), err_msg=f"{point} {active} {p}")
            x_dot = recording.jvp(w * np.eye(recording.n))
            np.testing.assert_array_equal(x_dot, [expected], err_msg=f"{point} {active}")


@pytest.mark.parametrize("row", SIMPLE, ids=lambda row: row.name)
def test_each_row_is_computed_again_bit_for_bit(row, target):
    f = getattr(np, row.ufunc[1])
    start, *others = points(row)
    path = Path(*record_tape(lambda *xs: [f(*xs)], list(start))[:2])
    for x in others:
        with np.errstate(all="ignore"):
            expected = np.float64(f(*np.float64(x)))
        value = path.at(x).results()[0]
        assert value.tobytes() == expected.tobytes() or (np.isnan(value) and np.isnan(expected)), x
