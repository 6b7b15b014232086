"""A user's file for `mypy --strict`: test_typing.py checks it and the types revealed in it. It is not run."""

from typing import assert_type

import numpy as np
import numpy.typing as npt

import dualtape

Array = npt.NDArray[np.float64]


def energy(x: Array) -> float:
    return float(x @ x)


def wave(t: float, frequency: float = 1.0) -> float:
    return t * frequency


def residual(x: Array, scale: float = 1.0) -> Array:
    return x * scale


def curve(t: float) -> Array:
    return np.array([t, t])


def loss(parameters: dict[str, Array]) -> float:
    return float(np.sum(parameters["w"]))


assert_type(dualtape.grad(energy)(np.ones(2)), Array)
assert_type(dualtape.grad(wave)(1.0, frequency=2.0), float)
assert_type(dualtape.grad(dualtape.grad(wave))(1.0), float)
assert_type(dualtape.value_and_grad(energy)(np.ones(2)), tuple[float, Array])
assert_type(dualtape.jacobian(residual)(np.ones(2), scale=3.0), Array)
assert_type(dualtape.jacobian(curve)(1.0), Array)
assert_type(dualtape.jacobian(wave, mode="forward")(1.0), float)
assert_type(dualtape.jacobian(dualtape.grad(energy))(np.ones(2)), Array)
assert_type(dualtape.value_and_jacobian(residual)(np.ones(2)), tuple[Array, Array])
assert_type(dualtape.hessian(energy)(np.ones(2)), Array)
assert_type(dualtape.hessian(wave)(1.0), float)
assert_type(dualtape.derivatives(energy, np.ones(2)), tuple[float, Array, Array])
assert_type(dualtape.hvp(energy, np.ones(2), [1.0, 0.0]), Array)
assert_type(dualtape.weighted_hessian(residual, np.ones(2), [1.0, 0.0]), Array)
assert_type(dualtape.jvp(residual, np.ones(2), np.ones(2)), tuple[Array, Array])
assert_type(dualtape.stop_gradient(2.0), float)

value, pullback = dualtape.vjp(residual, np.ones(2))
assert_type(value, Array)
cotangent: Array = pullback(np.ones(2))
value, linear = dualtape.linearize(residual, np.ones(2))
tangent: Array = linear @ np.ones(2)
gradient: dict[str, Array] = dualtape.grad(loss)({"w": np.ones(2)})
square: float = dualtape.grad(lambda x: x * x)(3.0)
vector: Array = dualtape.grad(lambda x: np.sum(x * x))(np.ones(3))
both: tuple[float, float] = dualtape.grad(wave, argnums=(0, 1))(1.0, 2.0)


@dualtape.grad
def force(x: Array) -> float:
    return energy(x)


@dualtape.jacobian(mode="forward")
def slope(t: float) -> float:
    return wave(t)


@dualtape.differentiable
def bowl(x: Array, depth: float = 1.0) -> float:
    return depth * energy(x)


class Spring:
    """Derivatives of methods."""

    @dualtape.differentiable
    def energy(self, x: float) -> float:
        return x * x

    @dualtape.grad(argnums=1)
    def force(self, x: float) -> float:
        return x * x


def steepest(x: Array) -> Array:
    return dualtape.grad(energy)(x)


assert_type(force(np.ones(2)), Array)
slope(t=1.0)
assert_type(bowl(np.ones(2), depth=2.0), float)
bowl.grad(np.ones(2), depth=2.0)
assert_type(Spring().energy(1.0), float)
Spring().energy.grad(1.0)
Spring().force(1.0)

dualtape.grad(energy)("x")  # expect: arg-type
dualtape.jacobian(residual, mode="backward")  # expect: call-overload
bowl(np.ones(2), height=1.0)  # expect: call-arg
Spring().energy("x")  # expect: arg-type
print(dualtape.gradient)  # expect: attr-defined
