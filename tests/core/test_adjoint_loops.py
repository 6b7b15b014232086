"""One lane of adjoints goes through loops of its own, many lanes go the general way: both must give the same bits, for
every row with such loops, whatever the operands are, and where numbers are NaN, infinite or not connected."""

import numpy as np
import pytest

from dualtape.core import sweeps
from dualtape.core.oneshot import gradient
from dualtape.core.seal import seal
from dualtape.ops.adjoint_codegen import adjoint_loops, has_adjoint_loops
from dualtape.ops.table import ROWS
from dualtape.trace.record import record_tape

SIZES = (1, 9, 300, 5000)
LOOPS = [row for row in ROWS if has_adjoint_loops(row)]
UNARY = [getattr(np, row.name) for row in LOOPS if row.arity == 1]
BINARY = [getattr(np, row.name) for row in LOOPS if row.arity == 2]
ODD = (np.nan, np.inf, -np.inf, 0.0, -0.0, 1e-320, -1e300)


def numbers(rng, n):
    x = rng.uniform(0.05, 0.95, n)
    x[rng.permutation(n)[: min(n // 3, len(ODD))]] = ODD[: min(n // 3, len(ODD))]
    return x


def same_bits(one, other):
    nan = np.isnan(one) & np.isnan(other)
    return bool(np.all((one.view(np.int64) == other.view(np.int64)) | nan))


def check(f, x, weights):
    """One lane against two equal ones, on the recording and on the sealed program."""
    with np.errstate(all="ignore"):
        tape, slots, _ = record_tape(lambda a: [f(a)], [x])
    for program, results in ((tape, slots), seal(tape, slots)[:2]):
        W = np.resize(weights, results.size)[:, None]
        general = sweeps.adjoints(program, results, np.repeat(W, 2, axis=1))[:, 0].copy()
        assert same_bits(sweeps.adjoints(program, results, W)[:, 0].copy(), general)


def weights(rng, n):
    """Some rows of the result are not asked for: their adjoints are structurally zero."""
    w = numbers(rng, n)
    w[::4] = 0.0
    return w


UNARY_SHAPES = (
    lambda op, a: op(a),
    lambda op, a: op(op(a)) * 0.5 + a,
    lambda op, a: op(a).sum(),
    lambda op, a: (op(a) - op(a * 0.5)).sum(),
    lambda op, a: op(a[::-1]) + op(a),
    lambda op, a: np.maximum(op(a), 0.4) * a,
)


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("op", UNARY)
def test_unary_rows(op, n, rng):
    x = numbers(rng, n)
    for shape in UNARY_SHAPES:
        check(lambda a, shape=shape: shape(op, a), x, weights(rng, n))


BINARY_SHAPES = (
    lambda op, a, c: op(a, a + 0.5),
    lambda op, a, c: op(a, a),
    lambda op, a, c: op(a, c),
    lambda op, a, c: op(c, a),
    lambda op, a, c: op(a, 0.7),
    lambda op, a, c: op(0.7, a),
    lambda op, a, c: op(a[1:], a[:-1]),
    lambda op, a, c: op(a[:-1], a[1:]) + op(a[1:], c[1:]),
    lambda op, a, c: op(a[::-1], a),
    lambda op, a, c: op(a * 2.0, a[::-1]) - op(a * 2.0, a * 3.0),
    lambda op, a, c: op(op(a, c), op(c, a)).sum(),
    lambda op, a, c: (op(a, c) + op(a, 1.5)).sum(),
    lambda op, a, c: op(op(a, 2.0), np.minimum(a, c)).sum(),
)


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("op", BINARY)
def test_binary_rows(op, n, rng):
    x, c = numbers(rng, n), numbers(rng, n)
    for shape in BINARY_SHAPES:
        check(lambda a, shape=shape: shape(op, a, c), x, weights(rng, n))


def rosen(x):
    return (100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum()


def reversed_part(x):
    return (x[::-1] * np.tanh(x) - 3.0 / (1.0 + x)).sum() * -0.5


def part_only(x):
    return (np.sqrt(x[3:-2] * x[3:-2]) - x[5:]).sum() - 1.0


def elementwise(x):
    return (np.exp(-x * x) * np.sin(x) + np.log(1.0 + x * x)).sum() * 0.5


@pytest.mark.parametrize("n", (4200, 5000, 9973))
@pytest.mark.parametrize("f", (rosen, reversed_part, part_only, elementwise))
def test_one_pass_agrees_with_two_bit_for_bit(f, n, rng):
    """The tail of a recording, its gradient bound to memory of the caller, against an ordinary reverse sweep. Where one
    input has several places in a block, these are added in another order as blocks begin elsewhere."""
    x = rng.uniform(0.2, 1.1, n)
    tape, slots, _ = record_tape(lambda a: [f(a)], [x])
    one_pass, two = gradient(f, x)[1], sweeps.adjoints(tape, slots, np.ones((1, 1)))[:, 0].copy()
    np.testing.assert_allclose(one_pass, two, rtol=1e-12, atol=1e-13)
    assert same_bits(one_pass, two) or f in (rosen, reversed_part)


def test_places_of_the_table_follow_the_header():
    """c/kernel.h: y 8, stride of the other operand 4, stride of the adjoint 2, assign 1; both operands 16 on."""
    multiply = next(row for row in LOOPS if row.name == "multiply")
    text = adjoint_loops(multiply)
    functions = dict(
        line[len("DT_ADJOINT_LOOP(") : -1].split(", multiply_adjoint_at, ")
        for line in text.splitlines()
        if line.startswith("DT_ADJOINT_LOOP")
    )
    table = text[text.index("{", text.index("adjoints[]")) + 1 : text.rindex("}")].replace("\n", " ").split(",")
    places = [functions[name.strip()] for name in table]
    assert len(places) == 20
    assert places[0b0101] == "1, 1, 0, DT_TO_ASSIGN, DT_TO_NONE"
    assert places[0b1010] == "0, 1, 1, DT_TO_NONE, DT_TO_ADD"
    assert places[16 + 0b10] == "1, 1, 1, DT_TO_ASSIGN, DT_TO_ADD"
