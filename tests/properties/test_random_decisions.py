"""Random functions full of decisions: a program never gives a stale answer. At every point a replay of one path either
reports a guard that does not hold or agrees with a new recording, and a program with several paths agrees with f."""

import math
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

import dualtape

sys.path.insert(0, str(Path(__file__).parents[1] / "trace"))
from replays import agrees, program

N = 4
N_STEPS = 5
POINTS = 12


def _chosen(v, s, c):
    return np.where(v > c, v * v, -v), s


def _assigned(v, s, c):
    v = v * 1.0
    v[v < c] = s
    return v, s


def _branch(v, s, c):
    return (v, s * 2.0) if s > c else (v + 1.0, s + 1.0)


def _largest(v, s, c):
    return v, s + v[np.argmax(v)]


def _sorted(v, s, c):
    return np.sort(v) * [1.0, 2.0, 3.0, 4.0], s


def _ranked(v, s, c):
    return v[np.argsort(v)], s


def _loop(v, s, c):
    while abs(s) > 1.5:
        s = s * 0.5 + 0.1
    return v, s


def _whole(v, s, c):
    return v * math.floor(s), s + round(c * s)


def _indexed(v, s, c):
    return v, v[int(abs(s)) % N] * s


def _asked(v, s, c):
    return (v * 2.0, s) if np.any(v > c) and not np.all(v > c) else (v, s - 1.0)


def _mask(v, s, c):
    m = (v > 0.0) ^ (v < c)
    return v * m + ~m, s * np.mean(m)


def _order(v, s, c):
    return np.clip(v, -1.0, 1.0) * np.median(v), s * np.max(v) + np.ptp(v)


def _steps(v, s, c):
    return np.round(v, 1) * v + np.sign(v), s + np.floor(s)


def _count(v, s, c):
    return v / (1 + np.sum(v > c)), s * np.count_nonzero(v > 0.0)


def _picked(v, s, c):
    big = v[v > c]
    return v, s + (big.sum() if big.size else 1.0)


def _python(v, s, c):
    return np.stack(sorted(v, reverse=True)), max(s, min(v))


def _found(v, s, c):
    return v * np.searchsorted([-1.0, c, 2.0], s), s


def _inner_scalar(v, s, c):
    slope = dualtape.grad(lambda y: y * y * s if y > s else abs(y - c) * s)
    return v * slope(0.7), slope(s * c)


def _inner_array(v, s, c):
    slope = dualtape.grad(lambda y: np.sum(np.where(y > v, y * v, y * y) + np.maximum(y, v) + np.abs(y - s)))
    return slope(v * 0.5 + 0.1), s


def _inner_jacobian(v, s, c):
    return dualtape.jacobian(lambda y: np.sort(y * s) + np.where(y > c, y, 0.0))(v) @ v, s


STEPS = [
    _chosen, _assigned, _branch, _largest, _sorted, _ranked, _loop, _whole, _indexed, _asked, _mask, _order, _steps,
    _count, _picked, _python, _found, _inner_scalar, _inner_array, _inner_jacobian,
]  # fmt: skip


def _function(rng):
    steps = [(STEPS[k], round(rng.uniform(-1.0, 1.0), 2)) for k in rng.integers(len(STEPS), size=N_STEPS)]

    def f(x):
        v, s = np.sin(x * 1.5) * 2.0, x[0] * x[1] + 0.5
        for step, c in steps:
            v, s = step(v, s, c)
        return np.sum(v) + s

    f.__doc__ = " ".join(step.__name__ for step, _ in steps)
    return f


def _points(rng):
    x = rng.normal(size=N)
    return [x, *(x + rng.normal(size=N) * 10.0**-k for k in range(3) for _ in range(POINTS // 3))]


@pytest.mark.parametrize("seed", range(80))
def test_no_replay_is_stale(seed):
    rng = np.random.default_rng(seed)
    f, points = _function(rng), _points(rng)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path, _ = program(f, points[0])
        assert agrees(path, f, points[0]), f.__doc__
        for x in points[1:]:
            agrees(path, f, x)


@pytest.mark.parametrize("seed", range(30))
def test_a_program_is_the_function_everywhere(seed):
    rng = np.random.default_rng(1000 + seed)
    f, points = _function(rng), _points(rng)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        P = dualtape.record(f, points[0])
        for x in [*points, *points]:
            value, gradient = dualtape.value_and_grad(f)(x)
            assert P(x) == value or np.isnan(value), f.__doc__
            np.testing.assert_allclose(P.grad(x), gradient, rtol=1e-10, atol=1e-10, err_msg=f.__doc__)
