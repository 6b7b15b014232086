"""Functions of many input and output shapes, which the tests walk: each with its arguments and which are active."""

from typing import Any, NamedTuple

import numpy as np


class Case(NamedTuple):
    name: str
    f: Any
    args: tuple
    argnums: int | tuple = 0


class Pair(NamedTuple):
    left: Any
    right: Any


X = np.array([0.7, -1.2, 2.1])
A = np.array([[0.3, -0.4], [1.1, 0.8]])


def _network(p, x):
    hidden = np.tanh(p["w"] @ x + p["b"])
    return {"sum": hidden.sum(), "all": [hidden, Pair(hidden[0] * x[0], hidden * 2.0)]}


CASES = [
    Case("scalar to scalar", lambda t: t**3 - 2.0 * t, (1.3,)),
    Case("scalar to vector", lambda t: np.array([t, t * t, np.sin(t)]), (1.3,)),
    Case("scalar to matrix", lambda t: np.exp(t * A), (0.4,)),
    Case("vector to scalar", lambda x: np.sum(np.sin(x) * x[0]), (X,)),
    Case("vector to vector", lambda x: np.stack([x[0] * x[1], x[2] ** 2]), (X,)),
    Case("vector to matrix", lambda x: np.outer(x, np.cos(x)), (X,)),
    Case("matrix to scalar", lambda a: np.sum(a @ a), (A,)),
    Case("matrix to vector", lambda a: a @ a[0], (A,)),
    Case("matrix to matrix", lambda a: a @ a.T, (A,)),
    Case("vector of one to scalar", lambda x: x[0] ** 2, (np.array([3.0]),)),
    Case("second argument", lambda k, x: k * np.sum(x**2), (2.0, X), 1),
    Case("two arguments", lambda x, t: t * np.sum(x**2), (X, 0.5), (0, 1)),
    Case("arguments out of order", lambda x, t: t * x * x, (X, 0.5), (1, 0)),
    Case("tuple to tuple", lambda p: (p[0] * p[1], p[1] ** 2), ((2.0, X),)),
    Case("dict to dict", _network, ({"w": A, "b": np.array([0.1, 0.2])}, np.array([1.0, -1.0])), (0, 1)),
    Case("named tuple to scalar", lambda p: np.sum(p.left * p.right), (Pair(X, 2.0 * X),)),
    Case("independent of x", lambda x: np.array([1.0, 2.0]), (X,)),
    Case("half independent", lambda x: (x[0] * x[1], 3.0), (X,)),
]
IDS = [case.name for case in CASES]
