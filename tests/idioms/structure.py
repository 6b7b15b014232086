"""Functions as people organise them: closures, methods, partials, decorators, generators, helpers in another module."""

import dataclasses
import functools
import math
from math import exp, sin

import neighbour
import numpy as np
from idiom import idiom
from neighbour import weights_of
from numpy import array, zeros

VECTOR = np.array([0.7, 1.3, -0.4, 2.1])
SCALE = 3.0
TABLE = np.array([1.0, 2.0, 3.0, 4.0])


def traced(f):
    @functools.wraps(f)
    def wrapper(*args, **kwargs):
        return f(*args, **kwargs) * 2.0

    return wrapper


def helper(v):
    y = zeros(2)
    y[0] = math.sin(v)
    y[1] = v
    return y


@idiom(VECTOR)
def names_imported_from_modules(x):
    y = zeros(2)
    y[0] = sin(x[0])
    y[1] = exp(x[1])
    return y * array([x[2], x[3]])


@idiom(VECTOR)
def helpers_in_this_module(x):
    return helper(x[0]) @ helper(x[1]) + sum(helper(v)[0] for v in x)


@idiom(VECTOR)
def helpers_in_another_module(x):
    return weights_of(x) * neighbour.scaled(x[0])


@idiom(VECTOR)
@traced
def decorated(x):
    return np.array([math.exp(v) for v in x])


def make_closure(scale):
    offsets = np.arange(4.0)

    def f(x):
        def inner(v):
            return math.sin(v) * scale

        return np.array([inner(v) for v in x]) + offsets * x

    return f


idiom(VECTOR)(make_closure(2.5))
idiom(VECTOR)(lambda x: math.sin(x[0]) * np.array([x[1], x[2]]))


def with_parameters(x, a, *, b=1.0):
    y = np.empty(3)
    y[:] = a * x[:3]
    return y * math.cosh(x[3]) + b


idiom(VECTOR)(functools.partial(with_parameters, a=2.0, b=0.5))


class Model:
    """A model with state, a property, and methods that call each other."""

    gain = 1.5

    def __init__(self, rates):
        self.rates = np.asarray(rates)

    @property
    def total(self):
        return float(np.sum(self.rates))

    @staticmethod
    def squash(v):
        return 1 / (1 + math.exp(-v))

    @classmethod
    def amplified(cls, v):
        return cls.gain * math.sin(v)

    def rows(self, x):
        out = np.zeros((2, 2))
        for k, v in enumerate(x):
            out[k // 2, k % 2] = self.squash(v) * self.rates[k]
        return out

    def residual(self, x):
        return self.rows(x).ravel() * self.total + self.amplified(x[0])

    def __call__(self, x):
        return self.residual(x) ** 2


class Child(Model):
    def rows(self, x):
        return super().rows(x) + math.cos(x[0])


idiom(VECTOR)(Model(TABLE).residual)
idiom(VECTOR)(Child(TABLE).residual)
idiom(VECTOR)(Model(TABLE))


@idiom(VECTOR)
def object_made_inside(x):
    return Child(TABLE * 2).residual(x)


@dataclasses.dataclass
class Parameters:
    mass: float
    length: float

    def period(self):
        return 2 * math.pi * math.sqrt(self.length / self.mass)


@idiom(np.array([1.2, 0.8]))
def dataclass_with_math(x):
    return Parameters(x[0], float(x[1])).period()


@idiom(VECTOR)
def generators_and_defaults(x, scale=SCALE, table=TABLE):
    def values():
        for k, v in enumerate(x):
            yield math.tanh(v) * scale * table[k]

    return np.fromiter(values(), float)


@idiom(VECTOR)
def recursion(x):
    def tree(part):
        if len(part) == 1:
            return math.exp(part[0])
        middle = len(part) // 2
        return tree(part[:middle]) * tree(part[middle:]) + 1.0

    return tree(x)


SOURCE = """
import math
import numpy as np

def without_source(x):
    y = np.zeros(2)
    y[0] = math.sin(x[0])
    y[1] = x[1] * x[2]
    return y
"""
namespace = {}
exec(SOURCE, namespace)
idiom(VECTOR)(namespace["without_source"])
