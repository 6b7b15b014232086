"""Programs that the fuzzer found and shrank, each examined by every route again."""

import numpy as np
import pytest

from fuzz import grammar, oracles

FOUND = {
    "a batch after every array operation was dropped": (["np.copysign(x, x[::-1])", "return 3.0"], [1.0, 2.0]),
    "an empty array against one of another shape": (["return x[1:] + x"], [[1.0]]),
    "an empty view, written to": (["y = x.copy()", "view = y[1:]", "view *= y", "return y"], [0.5]),
    "nothing chosen by a mask": (["y = x * 1.0", "y[y > 0.2] *= x[0]", "return y"], [0.0]),
    "constants chosen by a mask as the result": (["return np.where(0.27 > x, 0.5, -0.5)"], [-1.0]),
    "functions of one operand in a nested derivative, saved": (
        ["return dualtape.vjp(lambda u: np.exp(np.sin(u * 0.7)), x)[1](x)"],
        0.3,
    ),
    "a partial of -0.0 in lanes": (["return x * (x * (x - 1.0))"], [0.0, -1.0]),
    "a mask that is looked at backwards": (["return x[::-1][x > 0.1]"], [[-1.0, -1.0], [-1.0, 1.0]]),
    "values added to constants that a mask chose": (
        ["y = np.where(x > 0.3, 1.0, 2.0)", "np.add.at(y, [0, 0], 5.0)", "y.sort()", "return y * x"],
        [0.5, -1.0, 2.0],
    ),
    "a nested derivative in an asymptotic series": (["return special.dawsn(x)"], [13.0, 7.0]),
    "a generator summed": (["return math.fsum(v * math.sin(v) for v in x)"], [1.5, 0.25]),
    "a vectorized function": (
        ["y = np.vectorize(lambda t: t * t if t > 0.3 else t)(x)", "return np.sinh(np.zeros_like(y) + y)"],
        [0.5, -1.0],
    ),
    "a slope of -0.0 inside a special function": (["return special.sici(np.exp(np.cos(x)))[0]"], [0.0]),
    "a float of an array of shape ()": (["z = np.copy(x)[0:1].reshape(())", "return float(z) * z"], [0.5, 1.0]),
    "a matrix that a triangular solve and others read": (
        ["m = np.sin(x)", "return np.sum(scipy.linalg.solve_triangular(m, m[0], lower=False)) + np.sum(m**3)"],
        [[1.2, 0.4], [0.3, 0.9]],
    ),
    "a sign taken from a zero": (["return np.copysign(x, np.zeros_like(x))"], [[-0.3]]),
}


@pytest.mark.parametrize("found", FOUND)
@pytest.mark.parametrize("seed", [0, 1])  # of the directions; it also chooses among the routes
def test_nothing_is_found_any_more(found, seed):
    lines, x = FOUND[found]
    program = grammar.Program(seed, (), tuple(map(grammar.Statement, lines)), np.array(x)[()])
    report = oracles.examine(program)
    assert not report.kind and not report.refused, f"{report.kind}\n{report.detail}{report.refused}"
