"""Every kind of function has a clone."""

import functools
import math
import types

import numpy as np
import pytest
from judges import judge

import dualtape as dt


def helper(x):
    return math.exp(x)


def factorial_like(x, n):
    return x if n == 0 else math.sin(x) * factorial_like(x, n - 1)


def even(x, n):
    return math.cos(x) if n == 0 else odd(x, n - 1)


def odd(x, n):
    return x * even(x, n - 1)


def logged(f):
    @functools.wraps(f)
    def wrapper(*args, **kwargs):
        return f(*args, **kwargs)

    return wrapper


@logged
def decorated(x):
    return math.tanh(x)


def closure():
    scale = 3.0

    def inner(x):
        return scale * math.sin(x)

    return inner


def nested(x):
    def inner(y):
        return math.sin(y) * x

    return inner(x)


def recursive_closure():
    def down(x, n):
        return math.exp(x) if n == 0 else down(x, n - 1) * x

    return lambda x: down(x, 3)


def generator(x):
    def powers():
        for k in range(4):
            yield math.pow(x, k)

    return sum(powers())


def with_default(x, sine=math.sin, m=math):
    return sine(x) + m.cos(x)


def keyword_only(x, *, sine=math.sin):
    return sine(x) * x


def local_class(x):
    class Point:
        def __init__(self, x):
            self.x = math.sin(x)

        def squared(self):
            return math.pow(self.x, 2.0)

    return Point(x).squared()


FUNCTIONS = {
    "a function": helper,
    "a helper": lambda x: helper(x) * x,
    "recursion": lambda x: factorial_like(x, 3),
    "mutual recursion": lambda x: even(x, 4),
    "a decorator": lambda x: decorated(x) * x,
    "a closure": closure(),
    "a nested function": nested,
    "a recursive closure": recursive_closure(),
    "a generator": generator,
    "a comprehension": lambda x: sum([math.sin(k * x) for k in range(3)]),
    "a generator expression": lambda x: sum(math.sin(k * x) for k in range(3)),
    "a dict comprehension": lambda x: {k: math.sin(k * x) for k in range(3)}[2],
    "map": lambda x: sum(map(math.sin, [x, 2.0 * x])),
    "functools.reduce": lambda x: functools.reduce(lambda a, b: math.hypot(a, b), [x, 2.0, x * x]),
    "a default": with_default,
    "a keyword-only default": keyword_only,
    "functools.partial": functools.partial(lambda sine, x: sine(x) * x, math.sin),
    "a partial inside": lambda x: functools.partial(math.pow, x)(3.0),
    "a class in the function": local_class,
    "an import in the function": lambda x: __import__("math").sin(x),
    "nested derivatives": lambda x: dt.grad(helper)(x) * x,
    "a lambda that is called": lambda x: (lambda y: math.sin(y))(x),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_of_every_kind(name):
    judge(FUNCTIONS[name], 0.7)


def test_imports_in_a_function():
    def f(x):
        import math as m
        from math import cos

        import numpy.linalg as la

        return m.sin(x) * cos(x) * la.norm(np.array([x, 1.0]))

    judge(f, 0.7)


def test_a_function_without_source():
    names = {}
    exec("import math\ndef g(x):\n    return math.exp(x)\ndef f(x):\n    return g(x) * math.sin(x)", names)
    judge(names["f"], 0.7)


def test_a_function_whose_globals_belong_to_no_module():
    code = compile("lambda x: math.sin(x) * k", "<none>", "eval")
    f = eval(code, {"math": math, "k": 2.0})
    assert isinstance(f, types.FunctionType)
    judge(f, 0.7)


def test_coroutines_and_functions_in_c_stay_as_they_are():
    async def coroutine(x):
        return math.sin(x)

    assert dt.grad(lambda x: x * (coroutine.__name__ == "coroutine"))(1.0) == 1.0
    assert dt.grad(math.sin)(0.0) == 1.0
    assert dt.grad(abs)(2.0) == 1.0


def test_nonlocal_and_global_statements_reach_the_user():
    calls = 0

    def f(x):
        nonlocal calls
        global LAST
        calls += 1
        LAST = "ran"
        return math.sin(x)

    dt.grad(f)(1.0)
    dt.grad(f)(1.0)
    assert calls == 2
    assert LAST == "ran"


LAST = "never"
