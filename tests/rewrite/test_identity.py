"""What is compared by ``is``, or looked up by what it is: classes, functions and modules that stand for something else
in a clone are the same as ever to the code of f."""

import functools
import math

import numpy as np
import pytest

import dualtape

X = np.array([0.4, -1.2, 0.9])


def helper(x):
    return x * math.exp(x[0])


class Settings:
    kind, other = float, np.float64


KINDS = {"f": float, "c": complex, "n": np.float64, "t": type, "sin": np.sin, "exp": math.exp}
WEIGHTS = {helper: 2.0, float: 3.0, np.sin: 5.0, math.sin: 7.0}
NAMES, FROZEN = {helper, max, float}, frozenset([helper, math.sin])


def closed_over(function, kind):
    return lambda x: x * (2.0 if function is np.add and kind is float else 3.0)


def in_all_helpers(x):
    for f in {helper: 1}:
        x = f(x)
    return x


FUNCTIONS = {
    "a default": lambda x, kind=float: x * (2.0 if kind is float else 3.0),
    "a complex default": lambda x, kind=complex: x * (2.0 if kind is complex else 3.0),
    "np.float64 by default": lambda x, kind=np.float64: x * (2.0 if kind is np.float64 else 3.0),
    "not": lambda x, kind=float: x * (2.0 if kind is not float else 3.0),
    "type": lambda x, kind=type: x * (2.0 if kind is type else 3.0),
    "a function by default": lambda x, f=np.sin, g=math.sin, h=max: x * (f is np.sin) * (g is math.sin) * (h is max),
    "a closure": closed_over(np.add, float),
    "a dict of classes": lambda x: x * (2.0 if KINDS["f"] is float and KINDS["n"] is np.float64 else 3.0),
    "a dict of functions": lambda x: x * (2.0 if KINDS["sin"] is np.sin and KINDS["exp"] is math.exp else 3.0),
    "an attribute of a class": lambda x: x * (2.0 if Settings.kind is float else 3.0),
    "np.float64 in a class": lambda x: x * (2.0 if Settings.other is np.float64 else 3.0),
    "the class of a dtype": lambda x: x * (2.0 if x.dtype.type is np.float64 else 3.0),
    "of a new dtype": lambda x: x * (2.0 if np.dtype(float).type is np.float64 else 3.0),
    "of a scalar": lambda x: x * (2.0 if type(x[0].item()) is float else 3.0) * (2.0 if type(x[0]) is float else 3.0),
    "of a constant": lambda x: x * (2.0 if float is float and complex is complex else 3.0),
    "of an array": lambda x: x * (2.0 if type(x) is np.ndarray and x.__class__ is np.ndarray else 3.0),
    "in a comprehension": lambda x: x * sum(2.0 if kind is float else 3.0 for kind in (float, complex, Settings.kind)),
    "in a nested function": lambda x: x * (lambda kind: 2.0 if kind is float else 3.0)(Settings.kind),
    "keys": lambda x: x * WEIGHTS[helper] * WEIGHTS[float] * WEIGHTS[np.sin] * WEIGHTS[math.sin],
    "a key that is not there": lambda x: x * WEIGHTS.get(max, 11.0),
    "keys that are called": in_all_helpers,
    "a set": lambda x: x * (2.0 if helper in NAMES and float in NAMES and min not in NAMES else 3.0),
    "a frozenset": lambda x: x * (2.0 if helper in FROZEN and math.sin in FROZEN and math.cos not in FROZEN else 3.0),
    "a function of a library": lambda x, f=functools.reduce: x * (2.0 if f is functools.reduce else 3.0),
    "modules": lambda x, m=np, n=math: x * (2.0 if m is np and n is math else 3.0),
}


def of_many_constants():
    """A function whose constants do not fit into a byte."""
    sums = " + ".join(f"{k}.5" for k in range(300))
    names = {"np": np, "Settings": Settings}
    exec(f"def f(x): t = [{sums.replace(' +', ',')}]; return x*(2.0 if Settings.kind is float else 3.0)*t[7]", names)
    sums = sums.replace("+", "+ x[0] +")
    exec(f"def g(x): s = x*0.0 + ({sums}); return s if Settings.other is np.float64 else x", names)
    return names


FUNCTIONS |= {f"300 constants, {name}": of_many_constants()[name] for name in "fg"}


@pytest.mark.parametrize("mode", ["reverse", "forward"])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_what_is_the_same_in_f_is_the_same_in_its_clone(name, mode):
    f = FUNCTIONS[name]
    value, jacobian = dualtape.value_and_jacobian(f, mode=mode)(X)
    np.testing.assert_array_equal(value, f(X))
    h = 1e-6
    expected = np.stack([(f(X + d) - f(X - d)) / (2.0 * h) for d in h * np.eye(3)], axis=-1)
    np.testing.assert_allclose(jacobian, expected, rtol=1e-6, atol=1e-7)


def test_what_f_changes_in_a_dict_or_set_of_functions_is_the_users():
    seen, counts = {helper}, {helper: 0, "others": 0}

    def f(x):
        seen.add(math.sin)
        seen.discard(helper)
        counts[helper] += 1
        counts[np.cos] = 5
        return helper(x)

    dualtape.jacobian(f)(X)
    assert seen == {math.sin}
    assert counts == {helper: 1, "others": 0, np.cos: 5}
