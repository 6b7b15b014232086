"""The decorator `differentiable`: the function as it was, its derivatives beside it, on every kind of method."""

import functools
import pickle

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import dualtape
from dualtape.errors import OptionError

X = np.array([1.0, 2.0])


@dualtape.differentiable
def bowl(x, depth=1.0):
    """A bowl."""
    return depth * np.sum(x**3)


class Spring:
    scale = 2.0

    def __init__(self, stiffness):
        self.stiffness = stiffness

    @dualtape.differentiable
    def energy(self, x):
        return self.stiffness * x**2 / 2.0

    @dualtape.differentiable(argnums=1, mode="forward")
    def product(self, x, y):
        return self.stiffness * x * y

    @staticmethod
    @dualtape.differentiable
    def inner_static(x):
        return x**3

    @dualtape.differentiable
    @staticmethod
    def outer_static(x):
        return x**3

    @dualtape.differentiable
    @classmethod
    def of_class(cls, x):
        return cls.scale * x


def test_function_stays_as_it_is():
    assert bowl(X, depth=2.0) == 18.0
    assert bowl.__name__ == "bowl"
    assert bowl.__doc__ == "A bowl."
    assert "bowl" in repr(bowl)


def test_derivatives_hang_on_the_function():
    assert_array_equal(bowl.grad(X, depth=2.0), 6.0 * X**2)
    assert_array_equal(bowl.jacobian(X), 3.0 * X**2)
    assert_array_equal(bowl.hessian(X), np.diag(6.0 * X))
    assert bowl.value_and_grad(X)[0] == bowl.value_and_jacobian(X)[0] == 9.0
    assert bowl.jvp(X, X)[1] == 27.0
    assert_array_equal(bowl.vjp(X, depth=2.0)[1](1.0), 6.0 * X**2)
    assert_array_equal(bowl.hvp(X, X), 6.0 * X * X)
    assert_array_equal(bowl.weighted_hessian(X, 2.0), np.diag(12.0 * X))
    assert_array_equal(bowl.derivatives(X)[2], np.diag(6.0 * X))
    assert_array_equal(bowl.linearize(X)[1].T @ 1.0, 3.0 * X**2)
    assert bowl.record(X)(X) == 9.0
    assert bowl.check(X)


def test_methods_leave_self_out_of_the_count():
    spring = Spring(4.0)
    assert spring.energy(3.0) == 18.0
    assert spring.energy.grad(3.0) == 12.0
    assert spring.energy.hessian(3.0) == 4.0
    assert spring.product.grad(2.0, 3.0) == 8.0
    assert Spring.energy(spring, 3.0) == 18.0


@pytest.mark.parametrize("owner", [Spring, Spring(1.0)], ids=["class", "instance"])
def test_static_and_class_methods_work_either_way_around(owner):
    assert owner.inner_static.grad(2.0) == 12.0
    assert owner.outer_static.grad(2.0) == 12.0
    assert owner.outer_static(2.0) == 8.0
    assert owner.of_class.grad(1.0) == 2.0


def test_any_callable_may_be_decorated():
    assert dualtape.differentiable(functools.partial(pow, 2.0)).grad(3.0) == pytest.approx(8.0 * np.log(2.0))
    assert dualtape.differentiable(np.sin).grad(0.0) == 1.0
    with pytest.raises(OptionError):
        dualtape.differentiable(3.0)


def test_subclass_may_override_and_call_the_base():
    class Stiff(Spring):
        @dualtape.differentiable
        def energy(self, x):
            return 2.0 * super().energy(x)

    assert Stiff(4.0).energy.grad(3.0) == 24.0


def test_decorated_function_may_be_differentiated_inside_another():
    assert_array_equal(dualtape.grad(lambda x: bowl(x) * 2.0)(X), 6.0 * X**2)
    assert dualtape.grad(lambda x: Spring(x).energy.grad(x))(3.0) == 6.0


def test_decorated_function_is_pickled_by_name():
    assert pickle.loads(pickle.dumps(bowl)) is bowl
