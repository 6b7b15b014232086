"""Ordinary NumPy and SciPy code, written with no thought of differentiation: its value bit for bit, its Jacobian
against differences, its Hessian tensor against differences of the Jacobian, in both modes and replayed."""

import arrays
import buffers_and_loops
import lists_and_views
import numpy as np
import pytest
import python_itself
import sciences
import solvers
import structure
import whole_numbers
from idiom import IDIOMS

import dualtape

try:
    import scipy_code
except ImportError:  # SciPy is optional
    scipy_code = None

MODULES = (arrays, buffers_and_loops, lists_and_views, python_itself, sciences, solvers, structure, whole_numbers)
assert all(module.__doc__ for module in MODULES)


def name(case):
    f = getattr(case[0], "func", case[0])
    return getattr(f, "__qualname__", type(f).__name__).replace("<locals>.", "")


def flat(f, point):
    shapes = [np.shape(x) for x in point]
    ends = np.cumsum([0, *(int(np.prod(shape)) for shape in shapes)])

    def g(v):
        args = [v[i:j].reshape(s) for i, j, s in zip(ends[:-1], ends[1:], shapes, strict=True)]
        return f(*(a if a.ndim else a[()] for a in args))

    return g, np.concatenate([np.ravel(x) for x in point])


def differences(f, x, h=1e-3):
    """Central differences, extrapolated thrice (Richardson 1911): error about 1e-10 for what is smooth at scale h."""
    columns = []
    for k in range(x.size):
        table = []
        for level in range(3):
            step = np.zeros(x.size)
            step[k] = h / 2**level
            table.append((np.asarray(f(x + step)) - np.asarray(f(x - step))) / (2 * step[k]))
        first = [(4 * b - a) / 3 for a, b in zip(table, table[1:], strict=False)]
        columns.append((16 * first[1] - first[0]) / 15)
    return np.stack(columns, axis=-1)


def close(actual, expected, rtol=1e-7):
    scale = np.max(np.abs(expected), initial=1.0)
    np.testing.assert_allclose(actual, expected, rtol=rtol, atol=rtol * scale)


CASES = pytest.mark.parametrize("case", IDIOMS, ids=name)


@CASES
def test_value_bit_for_bit(case):
    f, point, _ = case
    value, _ = dualtape.value_and_jacobian(f)(*point)
    np.testing.assert_array_equal(value, f(*point))


@CASES
@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_jacobian(case, mode):
    g, x = flat(*case[:2])
    close(dualtape.jacobian(g, mode=mode)(x), differences(g, x))


@CASES
@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_hessian_tensor(case, mode):
    g, x = flat(*case[:2])
    close(dualtape.hessian(g, mode=mode)(x), differences(dualtape.jacobian(g), x))


@CASES
def test_replayed_elsewhere(case):
    g, x = flat(*case[:2])
    program, y = dualtape.record(g, x), x + 1e-3 * np.sin(np.arange(x.size))
    np.testing.assert_allclose(program(y), g(y), rtol=1e-13, atol=1e-13)
    close(program.jacobian(y), dualtape.jacobian(g)(y), 1e-11)
    close(program.hessian(y), dualtape.hessian(g)(y), 1e-9)
