"""The functions that are differentiated, in plain Python and NumPy, each with its derivatives in closed form.

`loop`, `rosen` and `chain` are those that dualtape's goals are set on; `cycle` is `loop` with ten inputs, `broyden` has
as many results as inputs. The closed forms also take complex numbers, so second derivatives are their complex steps
(Squire & Trapp 1998). Nothing here knows dualtape.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

Function = Callable[[Any], Any]

STEP = 1e-30  # of the complex step: no difference is taken, so it can be as small as one likes


def loop(x):
    """1250 float operations on three inputs."""
    a, b, c = x
    s = a
    for _ in range(250):
        s = s * b + c * a - b / s
    return s


def loop_gradient(x):
    a, b, c = x
    da, db, dc = np.eye(3)
    s, ds = a, da
    for _ in range(250):
        s, ds = s * b + c * a - b / s, ds * b + s * db + c * da + a * dc - db / s + b / (s * s) * ds
    return ds


def cycle(x):
    """`loop` with three sets of coefficients in turn: 1245 float operations on ten inputs."""
    s, a0, a1, a2, b0, b1, b2, c0, c1, c2 = x
    for a, b, c in ((a0, b0, c0), (a1, b1, c1), (a2, b2, c2)) * 83:
        s = s * b + c * a - b / s
    return s


def cycle_gradient(x):
    ds, *rest = np.eye(10)
    s = x[0]
    for k in range(249):
        i = k % 3
        a, b, c = x[1 + i], x[4 + i], x[7 + i]
        da, db, dc = rest[i], rest[3 + i], rest[6 + i]
        s, ds = s * b + c * a - b / s, ds * b + s * db + c * da + a * dc - db / s + b / (s * s) * ds
    return ds


def ring(x):
    """300 float operations on n inputs, each coupled with the next."""
    n, s = len(x), x[0]
    for k in range(60):
        a, b = x[k % n], x[(k + 1) % n]
        s = (0.5 * s + a * b) / (1.5 + a * s)
    return s


def ring_gradient(x):
    n = len(x)
    unit = np.eye(n)
    s, ds = x[0], unit[0]
    for k in range(60):
        i, j = k % n, (k + 1) % n
        a, b = x[i], x[j]
        bottom = 1.5 + a * s
        above = 0.5 * ds + b * unit[i] + a * unit[j]
        s_next = (0.5 * s + a * b) / bottom
        s, ds = s_next, (above - s_next * (s * unit[i] + a * ds)) / bottom
    return ds


def rosen(x):
    """Rosenbrock's valley in n dimensions."""
    return (100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum()


def rosen_gradient(x):
    bend = x[1:] - x[:-1] ** 2
    gradient = np.zeros_like(x)
    gradient[:-1] = -400 * x[:-1] * bend - 2 * (1 - x[:-1])
    gradient[1:] += 200 * bend
    return gradient


def chain(x):
    """Elementary functions one into the other."""
    y = np.exp(-x * x) * np.sin(x) + np.log(1 + x * x)
    return np.sum(np.tanh(y) * y)


def chain_gradient(x):
    bell = np.exp(-x * x)
    y = bell * np.sin(x) + np.log(1 + x * x)
    dy = bell * np.cos(x) - 2 * x * bell * np.sin(x) + 2 * x / (1 + x * x)
    return (np.tanh(y) + y / np.cosh(y) ** 2) * dy


def broyden(x):
    """Broyden's tridiagonal system: n results of n inputs."""
    before, after = np.zeros_like(x), np.zeros_like(x)
    before[1:] = x[:-1]
    after[:-1] = x[1:]
    return (3 - 2 * x) * x - before - 2 * after + 1


def broyden_jacobian(x):
    n = x.size
    return np.diag(3 - 4 * x) - np.diag(np.ones(n - 1), -1) - 2 * np.diag(np.ones(n - 1), 1)


@dataclass(frozen=True)
class Problem:
    """A function with its first derivative in closed form. `on_floats`: it is about Python floats, and runs on a list
    of them."""

    f: Function
    first: Function
    sizes: tuple[int, ...]
    low: float | tuple[float, ...]
    high: float | tuple[float, ...]
    on_floats: bool = False

    @property
    def name(self) -> str:
        return self.f.__name__

    def point(self, n: int) -> np.ndarray:
        """n numbers in (low, high), the same every time."""
        return np.random.default_rng(n).uniform(self.low, self.high, n)

    def primal(self, x: np.ndarray) -> Callable[[], Any]:
        """f at x without derivatives, on what f is written for: the work that ratios are taken to."""
        argument = x.tolist() if self.on_floats else x
        return lambda: self.f(argument)

    def second(self, x: np.ndarray, S: np.ndarray | None = None) -> np.ndarray:
        """The Hessian, or its product with S (n, p), column by column: complex steps of the closed form."""
        directions = np.eye(x.size) if S is None else S.T
        return np.stack([np.imag(self.first(x + 1j * STEP * direction)) / STEP for direction in directions], axis=-1)


# With a, c near 1.3 and b near 0.45 the divisor s of loop and cycle stays near 2.5.
PROBLEMS = {
    problem.name: problem
    for problem in (
        Problem(loop, loop_gradient, (3,), (1.2, 0.4, 1.2), (1.4, 0.5, 1.4), on_floats=True),
        Problem(
            cycle,
            cycle_gradient,
            (10,),
            (1.2,) * 4 + (0.4,) * 3 + (1.2,) * 3,
            (1.4,) * 4 + (0.5,) * 3 + (1.4,) * 3,
            on_floats=True,
        ),
        Problem(ring, ring_gradient, (10, 30), 0.5, 1.5, on_floats=True),
        Problem(rosen, rosen_gradient, (10, 1000, 1_000_000), -2.0, 2.0),
        Problem(chain, chain_gradient, (10, 1000, 1_000_000), -2.0, 2.0),
        Problem(broyden, broyden_jacobian, (10, 100), -1.0, 1.0),
    )
}


def select(case: str) -> tuple[Problem, np.ndarray]:
    """Problem and point of a case such as ``"rosen 1000"``."""
    name, n = case.split()
    problem = PROBLEMS[name]
    return problem, problem.point(int(n))


class WrongAnswer(AssertionError):
    """What was about to be timed does not compute the derivative."""


def verify(answer: Any, expected: np.ndarray, what: str) -> None:
    """Refuse to time `answer` if it is not `expected`, to ten digits of the largest entry."""
    scale = np.max(np.abs(expected))
    if np.shape(answer) != expected.shape or not np.max(np.abs(answer - expected)) <= 1e-10 * scale:
        raise WrongAnswer(
            f"{what} is wrong: shape {np.shape(answer)}, expected {expected.shape}, or digits are missing"
        )
