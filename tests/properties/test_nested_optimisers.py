"""GradBench's particle and saddle: thousands of inner gradients, some through optimiser loops that branch on values.

Problems and answers: Siskind & Pearlmutter (2008), the examples of "Using polyvariant union-free flow analysis to
compile a higher-order functional-programming language with a first-class derivative operator to efficient Fortran-like
code"."""

import itertools

import numpy as np
import pytest

from dualtape import grad

MODES = list(itertools.product(("reverse", "forward"), repeat=2))  # outer, inner
GRADBENCH = 1e-8  # relative: the published answers have ten digits


def minimise(f, x, mode):
    """Gradient descent whose step doubles after ten successes and is halved by every failure."""
    slope = grad(f, mode=mode)
    fx, gx, step, successes = f(x), slope(x), 1e-5, 0
    while np.sqrt(np.sum(gx * gx)) > 1e-5:
        if successes == 10:
            step, successes = 2.0 * step, 0
            continue
        moved = x - step * gx
        if np.sqrt(np.sum((x - moved) ** 2)) <= 1e-5:
            return x
        f_moved = f(moved)
        if f_moved < fx:
            x, fx, gx, successes = moved, f_moved, slope(moved), successes + 1
        else:
            step, successes = step / 2.0, 0
    return x


def landing(w, mode):
    """Squared x at which a particle lands that two charges, one placed by w, repel: Euler's method."""
    charges = [(10.0, 10.0 - w[0]), (10.0, 0.0)]
    potential = lambda x: sum(1.0 / np.sqrt((x[0] - a) ** 2 + (x[1] - b) ** 2) for a, b in charges)
    force = grad(potential, mode=mode)
    x, velocity, dt = np.array([0.0, 8.0]), np.array([0.75, 0.0]), 0.1
    while True:
        acceleration = -force(x)
        following = x + dt * velocity
        if following[1] <= 0.0:
            return (x + -x[1] / velocity[1] * velocity)[0] ** 2
        x, velocity = following, velocity + dt * acceleration


@pytest.mark.parametrize(("outer", "inner"), MODES)
def test_particle(outer, inner):
    w = minimise(lambda w: landing(w, inner), np.array([0.0]), outer)
    assert w[0] == pytest.approx(0.2071918746, rel=GRADBENCH)


@pytest.mark.parametrize(("outer", "inner"), MODES)
def test_saddle(outer, inner):
    start = np.array([1.0, 1.0])
    height = lambda p, q: (p[0] ** 2 + p[1] ** 2) - (q[0] ** 2 + q[1] ** 2)

    def highest(p):
        return height(p, minimise(lambda q: -height(p, q), start, inner))

    p = minimise(highest, start, outer)
    q = minimise(lambda q: -height(p, q), start, inner)
    np.testing.assert_allclose([*p, *q], 8.246324826140356e-06, rtol=GRADBENCH)
