"""Functions as people write them: statistics, caches, data classes, matching, generators, exceptions, contexts."""

import abc
import collections
import contextlib
import copy
import enum
import functools
import itertools
import math
import operator
import statistics
from dataclasses import dataclass, field, replace
from typing import Generic, NamedTuple, TypeVar

import numpy as np
from idiom import idiom

POINT = np.array([0.7, 1.3, 2.1])
Number = TypeVar("Number")


@idiom(POINT)
def exact_statistics(x):
    data = list(x)
    return np.array(
        [
            statistics.mean(data),
            statistics.stdev(data) * statistics.pstdev(v for v in data),
            statistics.variance(x) + statistics.pvariance(data, statistics.mean(data)),
            statistics.harmonic_mean(data) * statistics.geometric_mean(data),
            statistics.fmean(data) + statistics.median(x),
        ]
    )


@idiom(POINT)
def regression(x):
    line = statistics.linear_regression([1.0, 2.0, 4.0], list(x))
    return line.slope * line.intercept + statistics.covariance(list(x), [1.0, 2.0, 5.0]) * statistics.correlation(
        [1.0, 3.0, 4.0], list(x)
    )


@functools.cache
def binomial(n, k):
    return 1 if k in (0, n) else binomial(n - 1, k - 1) + binomial(n - 1, k)


@functools.cache
def cached(v):
    return math.sin(v)


@idiom(POINT)
def caches(x):
    memo = {}

    def ladder(n):
        if n < 2:
            return x[0]
        if n not in memo:
            memo[n] = ladder(n - 1) * ladder(n - 2) + x[1]
        return memo[n]

    @functools.cache
    def spline(i, k, t):
        return float(x[i] > t) if k == 0 else x[i] * spline(i - 1, k - 1, t) + 1.0

    return (
        ladder(8) + spline(2, 2, 0.5) + cached(x[2]) + cached(0.5) + sum(binomial(3, k) * x[0] ** k for k in range(4))
    )


@dataclass
class Point:
    a: float
    b: float
    c: list = field(default_factory=list)

    def __post_init__(self):
        self.d = self.a**2

    @property
    def area(self):
        return self.a * self.b

    def __add__(self, other):
        return Point(self.a + other.a, self.b + other.b)


@dataclass(frozen=True)
class Frozen:
    a: float
    b: float


class Pair(NamedTuple):
    u: float
    v: float

    @property
    def norm(self):
        return math.hypot(self.u, self.v)

    @classmethod
    def polar(cls, r, angle):
        return cls(r * math.cos(angle), r * math.sin(angle))

    def scaled(self, k):
        return self._replace(u=self.u * math.exp(k))


@dataclass(slots=True)
class Particle:
    mass: float
    velocity: np.ndarray

    def momentum(self):
        return self.mass * math.sqrt(np.sum(self.velocity**2))


class Slotted:
    __slots__ = ("a",)

    def __init__(self, a):
        self.a = a

    def sine(self):
        return math.sin(self.a)


class SlottedToo(Slotted):
    __slots__ = ("b",)

    def __init__(self, a, b):
        Slotted.__init__(self, a)
        self.b = b

    def product(self):
        return self.sine() * math.cos(self.b)


ORIGIN = Pair(0.3, 0.4)


@idiom(POINT)
def records_without_a_dict(x):
    p, particle = Pair.polar(x[0], x[1]).scaled(x[2]), Particle(x[0], np.ones(2) * x[1])
    particle.velocity[0] += x[2]
    u, v = p
    assert isinstance(p, Pair) and isinstance(ORIGIN, Pair) and type(p) is Pair
    moved = ORIGIN.scaled(x[0])
    return p.norm * u * v + particle.momentum() + SlottedToo(x[0], x[1]).product() * moved.norm


class Kind(enum.Enum):
    SQUARE = 1
    CUBE = 2

    def of(self, t):
        return t**2 if self is Kind.SQUARE else t**3


@idiom(POINT)
def records(x):
    p, q = Point(x[0], x[1]) + Point(x[1], b=x[2]), replace(Frozen(x[0], x[1]), a=x[2])
    n = Pair(x[0], x[1])._replace(u=x[2])
    return np.array([p.area * p.d, q.a * q.b, n.u * n.v, Kind.SQUARE.of(x[0]), Kind(2).of(x[1])])


@idiom(POINT)
def matched(x):
    def area(shape):
        match shape:
            case ("circle", r):
                return math.pi * r**2
            case {"cube": v}:
                return v**3
            case Point(a=a, b=b):
                return a / b
            case Pair(u, v):
                return u - v
            case float():
                return shape * 7
        return 0.0

    return np.array([*map(area, (("circle", x[0]), {"cube": x[2]}, Point(x[0], x[1]), Pair(x[0], x[1]), x[0]))])


@idiom(POINT)
def coroutines_of_old(x):
    def sums():
        total = 0.0
        while True:
            v = yield total
            total = total + v**2

    def outer():
        last = yield from inner()
        yield last

    def inner():
        yield x[0]
        return x[1] ** 2

    running = sums()
    next(running)
    running.send(x[0])
    return running.send(x[1]) + sum(outer()) + (y := x[2] ** 2) * y + next(v for v in x if v > 1)


class Stopped(Exception):
    def __init__(self, value):
        super().__init__("stopped")
        self.value = value


@contextlib.contextmanager
def scope(v):
    yield v**2


class Doubled:
    def __init__(self, v):
        self.v = v

    def __enter__(self):
        return self.v * 2

    def __exit__(self, *error):
        return False


@idiom(POINT)
def exceptions_and_contexts(x):
    try:
        raise Stopped(x[0] ** 2)
    except Stopped as stopped:
        found = stopped.value
    try:
        raise ValueError("a", x[2])
    except (ValueError, TypeError) as error:
        other = error.args[1]
    with scope(x[0]) as a, Doubled(x[1]) as b:
        return found * other * a * b


@functools.singledispatch
def measure(v):
    return v * 2


@measure.register(float)
def _(v):
    return math.sin(v)


@measure.register(list)
def _(v):
    return sum(measure(t) for t in v)


@idiom(POINT)
def dispatched(x):
    return measure(x[0]) + measure([x[0], x[1]])


@idiom(POINT)
def functional(x):
    product = functools.reduce(operator.mul, x)
    running = list(itertools.accumulate(x, lambda p, q: p * q + 1))
    first, last = operator.itemgetter(0, 2)(x)
    powers = list(itertools.starmap(math.pow, [(x[0], 2)]))
    pairs = sum(a * b for a, b in itertools.combinations(x, 2))
    return product * running[2] + first * last + powers[0] + pairs + sum(map(operator.mul, x, x))


@idiom(POINT)
def containers(x):
    a, b = copy.copy(x), copy.deepcopy({"k": [x[1]]})
    a[0] = x[1] ** 2
    queue = collections.deque(x, maxlen=2)
    return a * b["k"][0] + sum(queue) * collections.defaultdict(lambda: x[1])["missing"]


@idiom(POINT)
def classes_in_functions(x):
    class Wave:
        SCALE = x[0] ** 2

        def __init__(self, v):
            self.v = v

        def value(self):
            return math.sin(self.v) * self.SCALE

    class Shifted(Wave):
        def value(self):
            return super().value() + 1

        def __call__(self, t):
            return self.value() * t

    return Shifted(x[1])(x[2])


class Shape(abc.ABC):
    @abc.abstractmethod
    def area(self):
        """Each shape has one."""


class Circle(Shape):
    def __init__(self, r):
        self.r = r

    def area(self):
        return math.pi * math.sqrt(self.r) ** 2


class Box(Generic[Number]):
    def __init__(self, a):
        self.a = a

    def volume(self):
        return math.exp(self.a)


class Vector:
    def __init__(self, *entries):
        self.entries = list(entries)

    def __add__(self, other):
        return Vector(*(a + b for a, b in zip(self.entries, other.entries, strict=True)))

    def __mul__(self, scale):
        return Vector(*(a * scale for a in self.entries))

    __rmul__ = __mul__

    def __matmul__(self, other):
        return sum(a * b for a, b in zip(self.entries, other.entries, strict=True))

    def __abs__(self):
        return math.sqrt(self @ self)


@idiom(POINT)
def abstract_and_generic_classes(x):
    v = 2 * Vector(*x) + Vector(1, 2, 3) * x[0]
    return (Circle(x[0]).area() + Box(x[1]).volume()) * abs(v) + v @ Vector(*x)


@idiom(POINT)
def quotients_and_parts(x):
    q, r = divmod(x[2], 0.5)
    z = complex(x[0], x[1]) ** 2
    return q * x[0] + r * x[1] + x[2] % 1.0 + round(x[2]) * x[1] + abs(z) + z.real * z.imag + int(x[2]) * x[0]


@idiom(POINT)
def stars(x):
    def g(*a, k=2.0, **named):
        return sum(a) * k + named.get("z", 0)

    named, scaled = {"k": x[0], "z": x[1]}, lambda t, s=x[2]: t * s
    first, *rest = x
    again = [*x, *x[:2]]
    return g(*x, **named) + scaled(x[0]) + first * len(rest) + rest[1] ** 2 + again[4]
