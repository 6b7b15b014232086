"""Drivers: what a user's call costs from end to end, recording included. Compare with Primal, f without derivatives."""

import math

import numpy as np

import dualtape
from benchmarks.problems import select, verify


class Primal:
    """What does f itself cost?"""

    params = (
        "loop 3",
        "cycle 10",
        "rosen 10",
        "rosen 1000",
        "rosen 1000000",
        "chain 10",
        "chain 1000",
        "chain 1000000",
        "broyden 100",
    )
    param_names = ("problem",)

    def setup(self, case):
        problem, x = select(case)
        self.f = problem.primal(x)

    def time_f(self, case):
        self.f()


class Gradient:
    """What does a gradient cost, alone and with the value?"""

    params = (
        "loop 3",
        "cycle 10",
        "rosen 10",
        "rosen 1000",
        "rosen 1000000",
        "chain 10",
        "chain 1000",
        "chain 1000000",
    )
    param_names = ("problem",)

    def setup(self, case):
        problem, self.x = select(case)
        self.grad = dualtape.grad(problem.f)
        self.value_and_grad = dualtape.value_and_grad(problem.f)
        expected = problem.first(self.x)
        verify(self.grad(self.x), expected, f"grad of {case}")
        verify(self.value_and_grad(self.x)[1], expected, f"value_and_grad of {case}")

    def time_grad(self, case):
        self.grad(self.x)

    def time_value_and_grad(self, case):
        self.value_and_grad(self.x)


class Jacobian:
    """What does a square Jacobian cost in either mode?"""

    params = (("broyden 10", "broyden 100"), ("forward", "reverse", "auto"))
    param_names = ("problem", "mode")

    def setup(self, case, mode):
        problem, self.x = select(case)
        self.jacobian = dualtape.jacobian(problem.f, mode=mode)
        verify(self.jacobian(self.x), problem.first(self.x), f"{mode} jacobian of {case}")

    def time_jacobian(self, case, mode):
        self.jacobian(self.x)


class Hessian:
    """What does a Hessian cost in either mode?"""

    params = (("loop 3", "cycle 10", "rosen 10", "chain 100"), ("forward", "reverse", "auto"))
    param_names = ("problem", "mode")

    def setup(self, case, mode):
        problem, self.x = select(case)
        self.hessian = dualtape.hessian(problem.f, mode=mode)
        verify(self.hessian(self.x), problem.second(self.x), f"{mode} hessian of {case}")

    def time_hessian(self, case, mode):
        self.hessian(self.x)


class HessianTensor:
    """What do value, Jacobian and the (n, n, n) Hessian tensor cost in one go?"""

    def setup(self):
        problem, self.x = select("broyden 10")
        self.derivatives = lambda: dualtape.derivatives(problem.f, self.x, order=2)
        n = self.x.size
        tensor = np.zeros((n, n, n))
        tensor[np.arange(n), np.arange(n), np.arange(n)] = -4.0
        value, J, H = self.derivatives()
        verify(value, problem.f(self.x), "value of derivatives")
        verify(J, problem.first(self.x), "Jacobian of derivatives")
        verify(H, tensor, "Hessian tensor of derivatives")

    def time_derivatives(self):
        self.derivatives()


class Products:
    """What do the products with a vector cost: J v, w' J, H v?"""

    params = ("loop 3", "rosen 10", "rosen 1000", "chain 1000")
    param_names = ("problem",)

    def setup(self, case):
        problem, self.x = select(case)
        self.f = problem.f
        self.v = np.random.default_rng(2).standard_normal(self.x.size)
        gradient = problem.first(self.x)
        self.pullback = dualtape.vjp(self.f, self.x)[1]
        verify(dualtape.jvp(self.f, self.x, self.v)[1], gradient @ self.v, f"jvp of {case}")
        verify(self.pullback(1.0), gradient, f"vjp of {case}")
        verify(dualtape.hvp(self.f, self.x, self.v), problem.second(self.x, self.v[:, None])[:, 0], f"hvp of {case}")

    def time_jvp(self, case):
        dualtape.jvp(self.f, self.x, self.v)

    def time_vjp(self, case):
        dualtape.vjp(self.f, self.x)[1](1.0)

    def time_pullback_only(self, case):
        self.pullback(1.0)

    def time_hvp(self, case):
        dualtape.hvp(self.f, self.x, self.v)


class WeightedHessian:
    """What does sum_i w_i H_i cost, as SciPy's constraints ask for it?"""

    def setup(self):
        problem, self.x = select("broyden 100")
        self.f = problem.f
        self.w = np.random.default_rng(3).standard_normal(100)
        verify(dualtape.weighted_hessian(self.f, self.x, self.w), np.diag(-4.0 * self.w), "weighted_hessian")

    def time_weighted_hessian(self):
        dualtape.weighted_hessian(self.f, self.x, self.w)


def _square(x):
    return x * x + SCALE


def _with_math(x):
    return math.sin(x) * SCALE


SCALE = 2.0


class Clone:
    """What does it cost to run the clone of a function instead of the function itself?"""

    params = ("scalar", "loop 3", "rosen 10")
    param_names = ("problem",)

    def setup(self, case):
        if case == "scalar":
            f, self.x = _square, 1.0
        else:
            problem, self.x = select(case)
            f = problem.f
        self.clone = dualtape.grad(f)
        self.itself = dualtape.grad(f, rewrite=False)
        verify(np.asarray(self.clone(self.x)), np.asarray(self.itself(self.x)), f"grad of the clone of {case}")

    def time_clone(self, case):
        self.clone(self.x)

    def time_itself(self, case):
        self.itself(self.x)


class Build:
    """What does it cost to make a clone, and to find one that is there?"""

    def setup(self):
        self.gradient = dualtape.grad(_with_math)
        self.gradient(1.0)

    def time_of_a_new_function(self):
        dualtape.jvp(lambda x: math.sin(x) * SCALE, 1.0, 1.0)

    def time_of_a_known_function(self):
        dualtape.jvp(_with_math, 1.0, 1.0)

    def time_math(self):
        self.gradient(1.0)
