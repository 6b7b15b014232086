"""Methods, and objects of the user's classes, in every form."""

import abc
import dataclasses
import enum
import functools
import math
from typing import NamedTuple

import numpy as np
import pytest
from judges import judge

import dualtape as dt


class Base:
    factor = 2.0

    def __init__(self, rate):
        self.rate = rate
        self.sine = math.sin
        self.calls = 0

    def value(self, x):
        self.calls += 1
        return self.factor * math.exp(self.rate * x)

    def __call__(self, x):
        return self.value(x)

    @property
    def doubled(self):
        return math.sqrt(self.rate) * 2.0

    @staticmethod
    def fixed(x):
        return math.sin(x)

    @classmethod
    def of_class(cls, x):
        return cls.factor * math.cos(x)

    @functools.cached_property
    def table(self):
        return math.sqrt(self.rate)


class Derived(Base):
    def __init__(self, rate, inner):
        super().__init__(rate)
        self.inner = inner
        self.parts = [Base(0.5), Base(0.25)]
        self.by_name = {"a": Base(0.125)}

    def value(self, x):
        return super().value(x) + self.inner.value(x) * math.sin(x)

    def explicit(self, x):
        return super(Derived, self).value(x) + Base.value(self, x)  # noqa: UP008

    def through_parts(self, x):
        return sum(part.value(x) for part in self.parts) + self.by_name["a"](x)

    def through_all(self, x):
        return self.sine(x) * self.doubled + self.fixed(x) * self.of_class(x) * self.table


class Abstract(abc.ABC):
    @abc.abstractmethod
    def value(self, x): ...

    def twice(self, x):
        return 2.0 * self.value(x)


class Concrete(Abstract):
    def value(self, x):
        return math.exp(x) if isinstance(self, Abstract) else 0.0


@dataclasses.dataclass(frozen=True)
class Point:
    x: float
    y: float

    def norm(self):
        return math.hypot(self.x, self.y)


class Slotted:
    __slots__ = ("rate",)

    def __init__(self, rate):
        self.rate = rate

    def value(self, x):
        return np.sin(x) * self.rate


class Pair(NamedTuple):
    first: float
    second: float


class Kind(enum.Enum):
    SINE = 1
    COSINE = 2


class Lost(Exception):
    pass


MODEL = Derived(0.3, Base(0.7))


def makes_objects(x):
    inner = Base(x)
    made = Derived(0.5, inner)
    assert isinstance(made, Base) and isinstance(made, Derived) and type(made) is Derived
    assert isinstance(MODEL, Derived)
    return made.value(x) * made.of_class(x) + inner.doubled


def uses_points(x):
    return Point(x, x * x).norm() + dataclasses.replace(Point(1.0, x), x=x).norm()


def decides(x, kind=Kind.COSINE):
    try:
        if kind is Kind.SINE:
            return math.sin(x)
        raise Lost
    except Lost:
        return math.cos(x) * Pair(x, 2.0).first


IDIOMS = {
    "a bound method": MODEL.value,
    "an object that can be called": MODEL,
    "a global object": lambda x: MODEL.value(x) + MODEL(x),
    "super() with arguments": MODEL.explicit,
    "objects in a list and a dict": MODEL.through_parts,
    "properties, static and class methods": MODEL.through_all,
    "a class method": Base.of_class,
    "a static method": Base.fixed,
    "abstract classes": Concrete().twice,
    "objects made on the way": makes_objects,
    "dataclasses": uses_points,
    "enumerations, exceptions and named tuples": decides,
    "slots": Slotted(2.0).value,
    "a method taken from the class": lambda x: Derived.value(MODEL, x),
}


@pytest.mark.parametrize("name", IDIOMS)
def test_idioms(name):
    judge(IDIOMS[name], 0.7)


def test_attributes_that_a_method_sets_are_set():
    model = Base(0.3)
    dt.grad(model.value)(1.0)
    dt.grad(lambda x: model.value(x))(1.0)
    assert model.calls == 2


def test_a_changed_attribute_and_a_changed_class_are_seen():
    class Local:
        def __init__(self):
            self.rate = 2.0

        def value(self, x):
            return self.rate * math.sin(x)

    model = Local()
    gradient = dt.grad(model.value)
    assert gradient(0.0) == 2.0
    model.rate = 3.0
    assert gradient(0.0) == 3.0
    Local.value = lambda self, x: 10.0 * math.sin(x)
    assert dt.grad(lambda x: model.value(x))(0.0) == 10.0
    through = dt.grad(lambda x: model.value(x))
    assert through(0.0) == 10.0
    Local.value = lambda self, x: 20.0 * math.sin(x)
    assert through(0.0) == 20.0


def test_objects_in_results_and_arguments_are_of_the_real_class():
    def f(p):
        return Point(math.sin(p.x) * p.norm(), p.y)

    J = dt.jacobian(f)(Point(0.5, 2.0))
    assert type(J) is Point and type(J.x) is Point
    assert J.y.y == 1.0
    assert J.x.y == pytest.approx(math.sin(0.5) * 2.0 / math.hypot(0.5, 2.0))


def test_the_class_knows_nothing_of_its_twin():
    judge(makes_objects, 0.7)
    assert Derived.__subclasses__() == []
    assert Base.__subclasses__() == [Derived]
    assert type(MODEL) is Derived and "value" in vars(Base)


def test_class_attributes_that_a_method_sets_are_set():
    class Counter:
        count = 0

        def value(self, x):
            Counter.count += 1
            type(self).count += 1
            return math.sin(x)

    dt.grad(Counter().value)(1.0)
    assert Counter.count == 2


def test_a_decorated_method_called_by_another():
    class Spring:
        stiffness = 2.0

        @dt.differentiable
        def energy(self, x):
            return self.stiffness * math.pow(x, 2.0)

        @dt.differentiable
        def both(self, x):
            return self.energy(x) + self.energy.grad(x)

    judge(Spring().both.__wrapped__, 0.7)
    assert Spring().both.grad(1.0) == pytest.approx(8.0)


def test_a_list_that_a_method_appends_to_is_the_real_one():
    class Logger:
        def __init__(self):
            self.seen = [Base(1.0)]

        def value(self, x):
            self.seen.append(Pair(1.0, 2.0))
            return self.seen[0].value(x)

    logger = Logger()
    dt.grad(logger.value)(1.0)
    assert len(logger.seen) == 2 and type(logger.seen[0]) is Base


class Polar(NamedTuple):
    re: float
    im: float

    def turned(self, angle):
        return self._replace(re=self.re * math.cos(angle))


class Slots:
    __slots__ = ("a",)

    def __init__(self, a):
        self.a = a

    def value(self):
        return math.exp(self.a)


class SlotsOfSlots(Slots):
    __slots__ = ()

    def value(self):
        return super().value() + 1.0


def test_named_tuples_and_objects_with_slots_are_of_their_class_afterwards():
    kept = []

    def f(x):
        kept.extend([Polar(x, x), Slots(x)])
        return {"polar": Polar(x, 2.0).turned(x), "more": [Slots(x).value()]}

    derivative = dt.jacobian(f)(0.7)
    assert type(derivative["polar"]) is Polar and [type(x) for x in kept] == [Polar, Slots]
    assert derivative["polar"].re == pytest.approx(math.cos(0.7) - 0.7 * math.sin(0.7), rel=1e-15)
    assert derivative["more"] == [pytest.approx(math.exp(0.7), rel=1e-15)]


def test_a_class_with_slots_that_calls_super_is_left_alone():
    with pytest.raises(dt.errors.TraceEscapeError):  # and never runs a method twice
        dt.grad(lambda x: SlotsOfSlots(x).value())(0.7)
