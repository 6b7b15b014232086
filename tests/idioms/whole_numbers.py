"""Functions as people write them: arrays of floats that come from arrays of whole numbers, truth values, dates and
random generators, and are written into."""

import math

import numpy as np
import numpy.random as npr
from idiom import idiom
from numpy.random import default_rng

POINT = np.array([0.7, 1.3, 2.1])
TABLE, COUNTS, CHOSEN = np.array([1.0, 2.0, 3.0]), np.array([1, 2, 3]), np.array([True, False, True])


@idiom(POINT)
def abscissae_in_steps(x):
    grid = np.arange(5) * 0.1
    grid[2] = x[0] ** 2
    return grid


@idiom(POINT)
def grid_of_floats(x):
    X, Y = np.mgrid[0:2, 0:2].astype(float)
    X[0, 1] = x[0] * x[1]
    across = np.ogrid[0:2, 0:3][1] * 1.0
    across[0] = x**2
    return np.sum(X + Y) * across


@idiom(POINT)
def copies_of_tables(x):
    a, b, c, d = TABLE.copy(), COUNTS * 2.5, COUNTS.astype(np.float64), (~CHOSEN | (COUNTS > 1)) * 1.0
    a[0], b[1], c[2], d[0] = x[0] ** 2, x[1], x[2], x[0] * x[1]
    return a * b + c * d


@idiom(POINT)
def scaled_in_place(x):
    weights = np.arange(1, 4) / 2
    weights *= x
    weights[1:] += x[1:] ** 2
    return weights


@idiom(POINT)
def powers_of_two(x):
    a, b = 2.0 ** np.arange(3), (np.arange(3) << 1) / 4.0
    a[0], b[-1] = x[0] ** 2, x[1]
    return a * b


@idiom(POINT)
def differences_of_indices(x):
    A = np.subtract.outer(np.arange(3), np.arange(3)) / 2.0
    A[0] = x**2
    return A @ A.T


@idiom(POINT)
def graph_laplacian(x):
    edges, L = np.array([[0, 1], [1, 2], [2, 0]]), np.zeros((3, 3))
    for k, (i, j) in enumerate(edges):
        L[i, j] -= x[k] ** 2
        L[j, i] -= x[k] ** 2
        L[i, i] += x[k] ** 2
        L[j, j] += x[k] ** 2
    return L[edges[:, 0], edges[:, 1]] * x + L.sum(1)


@idiom(POINT)
def sum_over_bit_patterns(p):
    total = 0.0
    for k in range(8):
        bits = (k >> np.arange(3)) & 1
        total = total + np.prod(np.where(bits == 1, p, 1 - p)) * k
    return total


@idiom(POINT)
def taylor_series(x):
    n = np.arange(1, 6)
    factorials = np.cumprod(n)
    again = np.array([math.factorial(k) for k in n])
    return (x[0] ** n / factorials).sum() + (x[1] ** n / again).sum()


@idiom(POINT)
def discounted_by_dates(x):
    dates = np.array(["2020-01-01", "2020-03-01"], dtype="datetime64[D]")
    days = (dates - dates[0]).astype(float)
    days[0] = x[2]
    return x[0] * np.exp(-x[1] * days / 365.0)


@idiom(POINT)
def masks_in_steps(x):
    m = np.zeros(3, dtype=bool)
    m[1] = True
    m |= np.arange(3) == 2
    m &= ~(np.arange(3) == 1)
    m ^= True
    return np.where(m, x**2, x) + x[m].sum()


@idiom(POINT)
def text_to_numbers(x):
    z = np.array(["1.5", "2.5"]).astype(float)
    z[0] = x[0] ** 2
    return z


@idiom(POINT)
def monte_carlo_with_a_seed(x):
    rng = np.random.default_rng(0)
    spot, vol, rate = x
    z = rng.standard_normal((8, 3))
    z[:4] = -z[4:]  # antithetic
    paths = spot * np.exp(np.cumsum((rate - vol**2 / 2) / 3 + vol / np.sqrt(3) * z, axis=1))
    return np.exp(-rate) * np.maximum(paths.mean(axis=1) - 0.9, 0.0).mean()


@idiom(POINT)
def draws_moved_and_stretched(x):
    rng = np.random.default_rng(0)
    return rng.normal(x, x[0] ** 2, (2, 3)) * rng.uniform(x[0], x[1]) + rng.exponential(x)


@idiom(POINT)
def shuffled_and_chosen(x):
    rng = np.random.RandomState(0)
    order, y, rows = [0, 1, 2], x.copy(), np.outer(x, x**2)
    for sequence in (order, y, rows):
        rng.shuffle(sequence)
    return rows * y * x[order] + rng.permutation(x) * rng.choice(x, 3) + x[rng.choice(3)]


@idiom(POINT)
def bootstrap(x):
    rng = default_rng(1)
    means = np.zeros(4)
    for k in range(4):
        means[k] = x[rng.integers(0, len(x), len(x))].mean() ** 2
    return means * npr.default_rng(2).random(4)


@idiom(POINT)
def numbers_of_the_module(x):
    np.random.seed(0)
    z = np.random.randn(3)
    z[0] = x[0] ** 2
    np.random.shuffle(z)
    return z * np.random.rand(3) * x + np.random.normal(x[0], x[1], 3)
