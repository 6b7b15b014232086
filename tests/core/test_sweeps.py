"""The sweeps over scalar instructions: every row, every choice of active operands, one lane and many, each target.

The oracle is the rule of the row, evaluated apart (kernels.evaluate_scalar), with the policies of a sweep: partial
times seed plus 0.0, and nothing where one of them is the structural zero -0.0."""

import itertools
import math

import numpy as np
import pytest

import dualtape
from dualtape.core import kernels, sweeps
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


def mixed(x):
    """Scalars of all kinds: linear and curved, of one and of two active operands, with constants and with kinks."""
    n, y = len(x), list(x)
    for r in range(3):
        y = [
            (
                np.exp(-y[i]) * y[(i + 1) % n],
                y[i] / (1.5 + y[i - 1] * y[i - 1]),
                np.maximum(y[i], y[(i + 2) % n]) - 0.5 * y[0],
                np.sqrt(y[i] * y[i] + 1.0) - 2.0 / (2.0 + y[i]),
                np.sin(y[i]) + y[i],
                -y[i] * 0.25,
            )[(i + r) % 6]
            for i in range(n)
        ]
    return y


def matrices(x, with_array):
    """Jacobian both ways and a weighted Hessian of `mixed`; an array node among the scalars tells zeros apart."""

    def f(x):
        return [*mixed(x), np.sin(x)] if with_array else mixed(x)

    tape, slots, _ = record_tape(f, [x])
    slots = slots[: x.size].copy()
    w = np.linspace(-1.0, 2.0, x.size)
    return sweeps.jacobian(tape, slots, True), sweeps.jacobian(tape, slots, False), sweeps.hessian(tape, slots, w)


@pytest.mark.parametrize("n", (1, 2, 3, 4, 5, 9, 12, 13, 30, 50, 70))
def test_lanes_agree_whether_or_not_structural_zeros_are_told_apart(n, target, rng):
    x = rng.uniform(0.2, 1.5, n)
    plain, apart = matrices(x, False), matrices(x, True)
    for found, expected in zip(plain, apart, strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-13, atol=1e-15)
    np.testing.assert_allclose(plain[0], plain[1], rtol=1e-12, atol=1e-14)
    np.testing.assert_array_equal(plain[2], plain[2].T)


def mixed_arrays(a):
    """Array nodes of all kinds: fused, stored, selected, over views, broadcast scalars and sums."""
    b = np.exp(-a) * np.sin(a) + a[0] * a
    c = np.maximum(a, 0.7) - b[::-1] / (1.0 + a * a)
    return [c + b.sum() * a, (c[1:] * b[:-1]).sum() * a[-1], np.sum(np.sqrt(c * c + 1.0)) * b.sum()]


@pytest.mark.parametrize("n", (2, 5, 8, 13, 49, 300))
def test_lanes_of_arrays_agree_whether_or_not_structural_zeros_are_told_apart(n, target, rng):
    x, found = rng.uniform(0.2, 1.5, n), []
    for f in (mixed_arrays, lambda a: [*mixed_arrays(a), np.cumprod(a)]):  # cumprod's rule sees structural zeros
        tape, slots, _ = record_tape(f, [x])
        slots, w = slots[: n + 2].copy(), np.linspace(-1.0, 2.0, n + 2)
        J = [sweeps.jacobian(tape, slots, forward) for forward in (True, False)]
        found.append((*J, sweeps.hessian(tape, slots, w)))
    for one, other in zip(*found, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(*found[0][:2], rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("n", (3, 8, 20))
def test_no_array_element_meets_the_infinite_partial_of_another(n):
    x = np.r_[0.0, np.linspace(1.0, 2.0, n - 1)]
    tape, slots, _ = record_tape(lambda a: [np.sqrt(a) + a, np.sum(np.where(a > 0.0, np.sqrt(a), 0.0) * a)], [x])
    J = np.diag(np.r_[np.inf, 0.5 / np.sqrt(x[1:]) + 1.0])
    for forward in (True, False):
        found = sweeps.jacobian(tape, slots, forward)
        np.testing.assert_allclose(found[:n], J, rtol=1e-15)
        np.testing.assert_allclose(found[n], 1.5 * np.sqrt(x), rtol=1e-15)
    H = np.diag(np.r_[-np.inf, -0.25 * x[1:] ** -1.5])
    np.testing.assert_allclose(sweeps.hessian(tape, slots, np.r_[np.ones(n), 0.0]), H, rtol=1e-14)


@pytest.mark.parametrize("n", (3, 10, 30))
def test_every_target_gives_the_same_bits(n, rng):
    x, before, found = rng.uniform(0.2, 1.5, n), kernels.target(), []
    for name in kernels.targets():
        kernels.use_target(name)
        found.append(matrices(x, False))
    kernels.use_target(before)
    for others in found[1:]:
        for one, other in zip(found[0], others, strict=True):
            np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("n", (2, 4, 11, 40))
def test_what_is_not_connected_meets_no_infinite_partial(n):
    x = np.r_[0.0, np.linspace(1.0, 2.0, n - 1)]
    tape, slots, _ = record_tape(lambda x: [np.sqrt(x[0]) + x[i] * x[i] for i in range(1, n)], [x])
    J = np.zeros((n - 1, n))
    J[:, 0] = np.inf
    J[np.arange(n - 1), np.arange(1, n)] = 2.0 * x[1:]
    H = np.diag(np.r_[-np.inf, np.full(n - 1, 2.0)])
    np.testing.assert_array_equal(sweeps.jacobian(tape, slots, True), J)
    np.testing.assert_array_equal(sweeps.jacobian(tape, slots, False), J)
    np.testing.assert_array_equal(sweeps.hessian(tape, slots, np.ones(n - 1)), H)


@pytest.mark.parametrize("row", SIMPLE, ids=lambda row: row.name)
def test_each_row_bends_by_its_second_partials(row, target):
    f, w = getattr(np, row.ufunc[1]), -1.5
    for point in points(row):
        with np.errstate(all="ignore"):
            tape, slots, _ = record_tape(lambda *xs: [f(*xs)], list(point))
            _, dx, dy, dxx, dxy, dyy = kernels.evaluate_scalar(row.name, *point)
            partials = [[dxx, dxy], [dxy, dyy]]
            expected = [[tie(partials[i][j], w) + 0.0 for j in range(row.arity)] for i in range(row.arity)]
        np.testing.assert_array_equal(sweeps.hessian(tape, slots, np.array([w])), expected, err_msg=f"{point}")


def test_a_partial_of_minus_zero_is_a_number():
    """Not the structural zero: its second partials count. f = x^2 (x - 1) has f'' = 6 x - 2."""
    f = lambda x: x * (x * (x - 1.0))
    x = np.array([0.0, -0.0, 1.0, -2.0, 0.5])
    H = dualtape.hessian(f)(x)
    np.testing.assert_array_equal(H[range(5), range(5), range(5)], 6.0 * x - 2.0)
