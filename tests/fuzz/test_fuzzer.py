"""The fuzzer itself: rules broken on purpose are found, and shrunk to programs of a few lines."""

import functools

import numpy as np
import pytest

import dualtape
from dualtape.ops import matrix_ops
from dualtape.trace import functions
from fuzz import (
    campaign,
    grammar,
    oracles,
    rendering,
    series,
    series_numpy,
    shrinking,
    truth,
)

FEW_LINES = 4
ENOUGH = 400  # programs in which a word of the vocabulary is bound to turn up


def first_finding(word):
    """What the fuzzer finds among programs in which a function appears."""
    for seed in range(ENOUGH):
        if word in rendering.source(campaign.program(seed)):
            _, finding = campaign.report(seed)
            if finding:
                return finding
    pytest.fail(f"{ENOUGH} programs show no defect of {word}")


def assert_small(finding, word):
    body = finding.source.split("def f(x):")[1].strip().split("\n")
    assert len(body) <= FEW_LINES + 1, finding.source  # and the point
    assert word in finding.source


@pytest.fixture
def row():
    """The row of np.linalg.solve, put back in the end."""
    row = matrix_ops.SOLVE
    before = {"jvp": row.jvp, "vjp": row.vjp}
    yield row
    for name, rule in before.items():
        object.__setattr__(row, name, rule)  # rows are frozen


def test_a_wrong_rule_of_reverse_mode_is_found(row):
    rule = row.vjp
    broken = lambda *args, **params: tuple(part if part is None else 1.001 * part for part in rule(*args, **params))
    object.__setattr__(row, "vjp", broken)
    finding = first_finding("np.linalg.solve")
    assert not finding.kind.startswith("value")
    assert_small(finding, "np.linalg.solve")


def test_a_derivative_that_is_wrong_in_every_mode_is_found(monkeypatch):
    """Only independent arithmetic can tell."""
    functions.load_families()
    right = functions.HANDLERS[np.std]

    def wrong(a, *args, **options):
        v = right(a, *args, **options)
        return v + 1e-6 * (v * v - dualtape.stop_gradient(v * v))

    monkeypatch.setitem(functions.HANDLERS, np.std, wrong)
    finding = first_finding("np.std")
    assert finding.kind == "truth: slope"
    assert_small(finding, "np.std")


@pytest.mark.parametrize("last_bits", [1, 1000])
def test_a_value_that_is_not_numpys_is_found(monkeypatch, last_bits):
    functions.load_families()
    right = functions.HANDLERS[np.diagonal]
    factor = 1.0 + last_bits * 2.0**-52
    monkeypatch.setitem(functions.HANDLERS, np.diagonal, lambda a, *args: right(a, *args) * factor)
    if last_bits > 1:
        return assert_small(first_finding("np.diagonal"), "np.diagonal")
    program = grammar.Program(0, (), (grammar.Statement("return np.diagonal(x)"),), np.array([[1.3, 2.0], [0.3, 0.7]]))
    assert oracles.examine(program).aside == oracles.IN_LAST_BITS


def test_a_crash_costs_one_seed(monkeypatch):
    """In a campaign with processes."""
    import os

    examine = oracles.examine
    monkeypatch.setattr(oracles, "examine", lambda drawn: os._exit(3) if drawn.seed == 2 else examine(drawn))
    tally = campaign.run_in_processes(0, 5, 1, say=lambda text: None)
    assert [(finding.seed, finding.kind) for finding in tally.findings] == [(2, campaign.CRASHED)]
    assert tally.programs == 5


def test_programs_depend_on_their_seed_alone():
    sources = [rendering.source(campaign.program(seed)) for seed in (5, 6, 5)]
    assert sources[0] == sources[2] != sources[1]


@pytest.mark.parametrize("seed", range(20))
def test_candidates_of_shrinking_are_other_programs(seed):
    drawn = campaign.program(seed)
    whole = rendering.source(drawn) + rendering.point(drawn)
    assert all(rendering.source(small) + rendering.point(small) != whole for small in shrinking.candidates(drawn))


@pytest.mark.parametrize("word", list(dict.fromkeys(campaign.WORDS)), ids=lambda word: word.__name__)
def test_every_word_is_drawn(word):
    drawing = grammar.Drawing(1, [word])
    drawing.know("x", (3,))
    shapes = [(), (3,), (3, 2), (2, 2)]
    assert any(word(drawing, shape) for shape in shapes for _ in range(20))


# Series: the independent arithmetic.

ELEMENTARY = "sin cos tan sinh cosh tanh exp log sqrt cbrt arctan arctanh arcsin arcsinh reciprocal erf gammaln".split()


@pytest.mark.parametrize("name", [*ELEMENTARY, "arccosh"])
def test_taylor_coefficients_are_those_of_mpmath(name):
    import mpmath

    where = mpmath.mpf("1.7" if name == "arccosh" else "0.6")
    by_name = {"arctan": "atan", "arctanh": "atanh", "arcsin": "asin", "arcsinh": "asinh", "arccosh": "acosh"}
    known = {"reciprocal": lambda x: 1 / x, "gammaln": mpmath.loggamma}
    function = known.get(name) or getattr(mpmath, by_name.get(name, name))
    with mpmath.workdps(30):
        expected = mpmath.taylor(function, where, 4)
        exact = series.taylor(name, where, 4)
    for k, found in enumerate(series.taylor(name, float(where), 4)):
        assert abs(exact[k] - expected[k]) < 1e-20
        assert found == pytest.approx(float(expected[k]), rel=1e-12, abs=1e-13)


@pytest.mark.parametrize(
    ("name", "f"),
    [
        ("det", lambda A: series_numpy.linalg.det(A)),
        ("eigh", lambda A: series_numpy.linalg.eigh(A + A.T)[0] @ np.arange(3.0)),
        ("qr", lambda A: np.trace(series_numpy.linalg.qr(A)[1])),
        ("cholesky", lambda A: np.sum(series_numpy.linalg.cholesky(A @ A.T + np.eye(3)))),
        ("inv", lambda A: series_numpy.linalg.inv(A)[0, 2]),
    ],
)
def test_linear_algebra_of_series(name, f):
    """Against differences of its own values, at 40 digits."""
    import mpmath

    rng = np.random.default_rng(4)
    A, V, h = rng.normal(size=(3, 3)), rng.normal(size=(3, 3)), mpmath.mpf(10) ** -12
    with mpmath.workdps(60):
        exact = np.vectorize(mpmath.mpf, otypes=[object])
        line = f(np.vectorize(functools.partial(_line, mpmath.mpf), otypes=[object])(A, V))
        constants = np.vectorize(lambda p: series.Series(0, [p, p * 0, p * 0]))
        at = lambda t: series.base(f(constants(exact(A) + t * exact(V))))
        up, here, down = at(h), at(0 * h), at(-h)
        assert abs((up - down) / (2 * h) - line.c[1]) < 1e-15
        assert abs((up - 2 * here + down) / h**2 - 2 * line.c[2]) < 1e-12


def _line(number, p, q):
    return series.variable(0, number(p), number(q), 2)


def test_nested_series_do_not_confuse_their_variables():
    """d/dx (x d/dy (x + y)) = 1, not 2."""
    inner = lambda x: x * series_numpy.grad(lambda y: x + y)(1.0)
    y, level = series_numpy._along(inner, 3.0, 1.0)
    assert series.coefficient(y, level, 1) == 1.0


def test_tolerances_follow_the_condition_of_a_program():
    """Cancellation magnifies rounding: what is left of 1e6 numbers in 1e-3 has lost nine digits."""
    statements = (grammar.Statement("return (1000000.0 * x + 0.5) - 1000000.0 * x"),)
    program = grammar.Program(0, (), statements, 0.7)
    _, tolerances = truth.exactly(program, 1.0)
    plain = grammar.Program(0, (), (grammar.Statement("return 2.0 * x"),), 0.7)
    assert tolerances[0] > 1e4 * truth.exactly(plain, 1.0)[1][0]


def test_a_program_that_overflows_inside_may_answer_nan():
    lines = ("t = np.max(np.expm1(x * x))", "t = x[0] / (1.0 + t**2)", "t = x[1] / (1.0 + t**2)", "return t")
    program = grammar.Program(7, (), tuple(map(grammar.Statement, lines)), np.array([-20.5, -25.4]))
    assert oracles.examine(program).aside == "an intermediate result overflows"
