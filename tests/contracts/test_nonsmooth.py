"""`nonsmooth="raise"`: every driver refuses a point at a kink, and names the operation, the element and the user's
line; without it the documented convention holds."""

import threading

import numpy as np
import pytest

import dualtape as dt
from dualtape.errors import NonsmoothError, OptionError

MODES = ("forward", "reverse")
both_modes = pytest.mark.parametrize("mode", MODES)
X = np.array([1.0, 0.0])


def _branch(x):
    return x[1] if x[1] > 0 else 2.0 * x[1]


def _built_in(x):
    return max(x[0], x[1] + 1.0)


def _loop(x):
    total = x[0]
    while total > x[1] + 0.5:
        total = total - 0.25
    return total


# what f does, and what the message says of it
KINKS = {
    "abs": (lambda x: np.sum(abs(x)), "np.absolute is at a kink: operand 0.0 (element 1 of 2"),
    "abs of a scalar": (lambda x: abs(x[1]), "np.absolute is at a kink: operand 0.0,"),
    "fabs": (lambda x: np.sum(np.fabs(x)), "np.fabs"),
    "sign": (lambda x: np.sum(np.sign(x)), "np.sign"),
    "heaviside": (lambda x: np.sum(np.heaviside(x, 0.5)), "np.heaviside"),
    "copysign": (lambda x: np.sum(np.copysign(x, 1.0)), "np.copysign"),
    "floor": (lambda x: np.floor(x[1]), "np.floor"),
    "ceil": (lambda x: np.ceil(x[0]), "np.ceil"),
    "trunc": (lambda x: np.trunc(x[0]), "np.trunc"),
    "rint": (lambda x: np.rint(x[0] + 0.5), "np.rint"),
    "round": (lambda x: np.sum(np.round(x + 0.5)), "round"),
    "round to digits": (lambda x: np.sum(np.round(x * 0.25, 1)), "round"),
    "floor_divide": (lambda x: np.sum(x // 1.0), "np.floor_divide"),
    "remainder": (lambda x: np.sum(x % 1.0), "np.remainder"),
    "fmod": (lambda x: np.sum(np.fmod(x, 1.0)), "np.fmod"),
    "relu": (lambda x: np.sum(np.maximum(x, 0.0)), "np.maximum is at a kink: operands 0.0 and 0.0"),
    "tie": (lambda x: np.minimum(x[0] - 1.0, x[1]), "np.minimum"),
    "fmax": (lambda x: np.fmax(x[0], x[1] + 1.0), "np.fmax"),
    "clip at the lower bound": (lambda x: np.sum(np.clip(x, 0.0, 2.0)), "np.maximum"),
    "clip at the upper bound": (lambda x: np.sum(np.clip(x, -1.0, 1.0)), "np.minimum"),
    "max": (lambda x: np.max(x - np.array([1.0, 0.0])), "np.max is at a tie of its elements, operand"),
    "min of an axis": (lambda x: np.sum(np.min(np.stack([x, 0.0 * x]), axis=0)), "np.min is at a tie"),
    "sort": (lambda x: np.sort(x - np.array([1.0, 0.0]))[0], "np.sort is at a tie"),
    "median": (lambda x: np.median(np.concatenate([x, x])), "np.partition is at a tie"),
    "norm": (lambda x: np.linalg.norm(x[1:]), "np.linalg.norm or np.std is at a kink: operand 0.0"),
    "1-norm": (lambda x: np.linalg.norm(x, 1), "np.absolute"),
    "norm of a row": (lambda x: np.sum(np.linalg.norm(np.outer(x, x), axis=1)), "element 1 of 2"),
    "std": (lambda x: np.std(np.outer(x, x)[1]), "np.std"),
    "hypot": (lambda x: np.hypot(x[1], 2.0 * x[1]), "np.hypot is at a kink: operands 0.0 and 0.0"),
    "arctan2": (lambda x: np.arctan2(x[1], x[1]), "np.arctan2"),
    "arctan2 at the end of its cut": (lambda x: np.arctan2(0.0, x[1]), "np.arctan2 is at a kink: operands 0.0 and 0.0"),
    "arctan2 on its cut": (lambda x: np.arctan2(x[1], -x[0]), "np.arctan2 is at a kink: operands 0.0 and -1.0"),
    "sqrt": (lambda x: np.sum(np.sqrt(x)), "np.sqrt is at a kink: operand 0.0 (element 1"),
    "cbrt": (lambda x: np.sum(np.cbrt(x)), "np.cbrt"),
    "arcsin": (lambda x: np.sum(np.arcsin(x)), "np.arcsin is at a kink: operand 1.0 (element 0"),
    "arccosh": (lambda x: np.arccosh(x[0]), "np.arccosh"),
    "power": (lambda x: np.sum(x**1.5), "np.power is at a kink: operands 0.0 and 1.5"),
    "power of a scalar": (lambda x: x[1] ** 0.75, "** is at a kink: operands 0.0 and 0.75"),
    "where": (lambda x: np.sum(np.where(x > 0.0, x, 0.0)), "the comparison > is at a kink"),
    "mask": (lambda x: np.sum(x[x >= 0.0]), "the comparison >= is at a kink"),
    "branch": (_branch, "the comparison > decides between equals, 0.0"),
    "built-in max": (_built_in, "decides between equals, 1.0"),
    "end of a loop": (_loop, "the comparison > decides between equals, 0.5"),
    "large": (lambda x: np.sum(np.abs(np.linspace(-1.0, 1.0, 6001) * x[0])), "np.absolute"),
    "interp": (lambda x: np.interp(x[0], [0.0, 1.0, 2.0], [0.0, 2.0, 1.0]), "np.interp is at a knot of its table"),
    "eigenvalues": (
        lambda x: np.linalg.eigvalsh(np.eye(2) * x[0])[0],
        "np.linalg.eigvalsh is at equal values of the spectrum",
    ),
    "singular values": (
        lambda x: np.linalg.svd(np.diag(x), compute_uv=False)[1],
        "np.linalg.svdvals is at equal values of the spectrum",
    ),
    "nested": (lambda x: dt.grad(lambda s: abs(s * x[0]))(x[1]), "np.absolute"),
}
SMOOTH = {
    "abs elsewhere": lambda x: np.sum(np.abs(x + 3.0)),
    "square": lambda x: np.sum(x**2),
    "powers": lambda x: np.sum(x**3) + np.sum(x ** np.array([2.0, 1.0])) + x[1] ** 4,
    "sinc": lambda x: np.sum(np.sinc(x)),
    "prod": lambda x: np.prod(x),
    "det": lambda x: np.linalg.det(np.outer(x, x)),
    "norm": lambda x: np.linalg.norm(x),
    "max": lambda x: np.max(x),
    "sort": lambda x: np.sort(x)[0],
    "where": lambda x: np.sum(np.where(x > 0.5, x, 0.0)),
    "a branch on a constant": lambda x: x[0] if X[1] >= 0.0 else x[1],
    "constants": lambda x: np.abs(np.zeros(2)).sum() + np.sum(x) + np.maximum(np.zeros_like(x), 0.0).sum(),
    "a tie with itself": lambda x: np.sum(np.maximum(x, x)),
    "shape": lambda x: np.sum(x) if x.size == 2 and x.ndim == 1 else 0.0,
    "a stopped gradient": lambda x: np.sum(np.abs(dt.stop_gradient(x)) * x),
    "trunc": lambda x: np.trunc(x[1]) + x[0],
    "floor": lambda x: np.sum(np.floor(x + 0.5)) + x[0],
    "log": lambda x: np.log(x[0]),
    "a decision of NumPy's": lambda x: np.gradient(x, x + np.array([0.0, 3.0])),
    "numbers between knots": lambda x: np.interp(x[0] + 0.5, [0.0, 1.0, 2.0], [0.0, 2.0, 1.0]),
    "eigenvalues": lambda x: np.linalg.eigvalsh(np.diag(x + np.array([0.0, 3.0])))[0],
    "softmax": lambda x: np.exp(x[0]) / np.sum(np.exp(x)),
    "arctan2 along its cut": lambda x: np.arctan2(0.0, -x[0]) + np.log(-x[0] + 0j).real,
}


def _line(f):
    return f"{__file__}:{f.__code__.co_firstlineno}"


@both_modes
@pytest.mark.parametrize("name", KINKS)
def test_a_kink_is_named(name, mode):
    f, said = KINKS[name]
    with np.errstate(all="ignore"), pytest.raises(NonsmoothError) as caught:
        dt.jacobian(f, mode=mode, nonsmooth="raise")(X)
    assert said in caught.value.problem
    assert __file__ in caught.value.where


@both_modes
@pytest.mark.parametrize("name", KINKS)
def test_beside_the_kink_nothing_is_raised(name, mode):
    f, _ = KINKS[name]
    x = np.array([0.61803, 0.31415])
    expected = dt.jacobian(f, mode=mode)(x)
    if name in ("large", "min of an axis", "eigenvalues"):  # there is a kink wherever x is
        return
    if name == "median":  # every element is there twice
        f = lambda x: np.median(np.concatenate([x, 2.0 * x]))
        expected = dt.jacobian(f, mode=mode)(x)
    np.testing.assert_array_equal(dt.jacobian(f, mode=mode, nonsmooth="raise")(x), expected)


@both_modes
@pytest.mark.parametrize("name", SMOOTH)
def test_what_is_smooth_passes(name, mode):
    f = SMOOTH[name]
    with np.errstate(all="ignore"):
        expected = dt.jacobian(f, mode=mode)(X)
        np.testing.assert_array_equal(dt.jacobian(f, mode=mode, nonsmooth="raise")(X), expected)


def _kinked(x):
    y = np.abs(x)
    return np.sum(y * y[0])


DRIVERS = {
    "grad": lambda **k: dt.grad(_kinked, **k)(X),
    "grad of a keyword": lambda **k: dt.grad(lambda x, scale=1.0: _kinked(x) * scale, **k)(X, scale=2.0),
    "grad as a decorator": lambda **k: dt.grad(**k)(_kinked)(X),
    "value_and_grad": lambda **k: dt.value_and_grad(_kinked, **k)(X),
    "jacobian": lambda **k: dt.jacobian(_kinked, **k)(X),
    "value_and_jacobian": lambda **k: dt.value_and_jacobian(_kinked, **k)(X),
    "hessian": lambda **k: dt.hessian(_kinked, **k)(X),
    "derivatives": lambda **k: dt.derivatives(_kinked, X, **k),
    "derivatives of first order": lambda **k: dt.derivatives(_kinked, X, 1, **k),
    "jvp": lambda **k: dt.jvp(_kinked, X, X, **k),
    "jvp forward": lambda **k: dt.jvp(_kinked, X, X, mode="forward", **k),
    "vjp": lambda **k: dt.vjp(_kinked, X, **k),
    "hvp": lambda **k: dt.hvp(_kinked, X, X, **k),
    "weighted_hessian": lambda **k: dt.weighted_hessian(_kinked, X, 1.0, **k),
    "linearize": lambda **k: dt.linearize(_kinked, X, **k),
    "differentiable": lambda **k: dt.differentiable(_kinked, **k).grad(X),
    "differentiable.jvp": lambda **k: dt.differentiable(_kinked, **k).jvp(X, X),
    "program grad": lambda **k: dt.record(_kinked, np.ones(2), **k).grad(X),
    "program value_and_grad": lambda **k: dt.record(_kinked, np.ones(2), **k).value_and_grad(X),
    "program jacobian": lambda **k: dt.record(_kinked, np.ones(2), **k).jacobian(X),
    "program hessian": lambda **k: dt.record(_kinked, np.ones(2), **k).hessian(X),
    "program jvp": lambda **k: dt.record(_kinked, np.ones(2), **k).jvp(X, X),
    "program vjp": lambda **k: dt.record(_kinked, np.ones(2), **k).vjp(X, 1.0),
    "program hvp": lambda **k: dt.record(_kinked, np.ones(2), **k).hvp(X, X),
    "program batch": lambda **k: dt.record(_kinked, np.ones(2), **k).batch(np.stack([X + 1.0, X]), "grad"),
}


@pytest.mark.parametrize("name", DRIVERS)
def test_every_driver_takes_the_option(name):
    DRIVERS[name]()
    DRIVERS[name](nonsmooth="convention")
    with pytest.raises(NonsmoothError, match="np.absolute is at a kink") as caught:
        DRIVERS[name](nonsmooth="raise")
    assert f"{__file__}:{_kinked.__code__.co_firstlineno + 1}" in caught.value.where
    with pytest.raises(OptionError, match="nonsmooth is 'ignore', expected one of 'convention', 'raise'"):
        DRIVERS[name](nonsmooth="ignore")


def test_a_value_has_no_kink():
    program = dt.record(_kinked, X, nonsmooth="raise")
    assert program(X) == 1.0
    np.testing.assert_array_equal(program.grad(np.array([2.0, -3.0])), [7.0, -2.0])
    assert program.batch(np.stack([X, X])).tolist() == [1.0, 1.0]


def test_the_policy_ends_with_the_driver():
    derivative = dt.grad(_kinked, nonsmooth="raise")
    with pytest.raises(NonsmoothError):
        derivative(X)
    np.testing.assert_array_equal(dt.grad(_kinked)(X), [2.0, 0.0])
    np.testing.assert_array_equal(derivative(np.array([1.0, -1.0])), [3.0, -1.0])


def test_other_threads_are_left_alone():
    found, inside, done = [], threading.Event(), threading.Event()

    def f(x):
        inside.set()
        done.wait(10.0)
        return np.sum(x)

    def work():
        inside.wait(10.0)
        found.append(dt.grad(_kinked)(X))
        done.set()

    thread = threading.Thread(target=work)
    thread.start()
    dt.grad(f, nonsmooth="raise")(X)
    thread.join()
    np.testing.assert_array_equal(found[0], [2.0, 0.0])
