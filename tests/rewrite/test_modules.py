"""Helpers in the same package and in other modules, by every way that leads to them."""

import functools
import importlib
import math
import sys
import textwrap

import numpy as np
import pytest
from judges import judge

import dualtape as dt

FILES = {
    "__init__.py": "from . import inner\nfrom .inner import tanh_like",
    "inner.py": """
        import math
        import numpy as np
        from . import deeper

        RATE = 2.0

        def exponential(x):
            return math.exp(RATE * x)

        ROW = np.ones(3)

        def row(x):
            y = ROW.copy()
            y[0] = x * x
            return y

        def tanh_like(x):
            return math.tanh(x) * deeper.Model().value(x)
    """,
    "deeper.py": """
        import math
        from math import *

        class Model:
            def value(self, x):
                return sqrt(x) * math.cos(x)
    """,
}


@pytest.fixture(params=["beside the user's code", "installed"])
def package(request, tmp_path, monkeypatch):
    """A package of helpers; one in site-packages that differentiates its own functions is the user's, too."""
    folder = tmp_path / ("site-packages" if request.param == "installed" else "src") / "helpers_of_test"
    folder.mkdir(parents=True)
    for name, text in FILES.items():
        (folder / name).write_text(textwrap.dedent(text), encoding="utf-8")
    monkeypatch.syspath_prepend(str(folder.parent))
    yield importlib.import_module("helpers_of_test")
    for name in [name for name in sys.modules if name.startswith("helpers_of_test")]:
        del sys.modules[name]


def test_functions_of_a_package(package):
    for f in (package.inner.exponential, package.tanh_like, package.deeper.Model().value):
        judge(f, 0.7)


def test_an_import_in_the_function_itself(package):
    if "site-packages" not in package.__file__:

        def f(x):
            from helpers_of_test import inner

            return inner.exponential(x) * inner.row(x)[0]

        judge(f, 0.7)


def test_attributes_of_modules(package):
    if "site-packages" in package.__file__:
        with pytest.raises(dt.errors.TraceEscapeError):  # an installed package is not the user's
            dt.grad(lambda x: package.inner.exponential(x))(1.0)
        return
    judge(lambda x: package.inner.exponential(x) * package.tanh_like(x), 0.7)
    gradient = dt.grad(lambda x: package.inner.exponential(x))
    assert gradient(0.0) == 2.0
    package.inner.RATE = 3.0
    assert gradient(0.0) == 3.0
    package.inner.exponential = lambda x: 10.0 * math.sin(x)
    assert gradient(0.0) == 10.0


SINE = math.sin
BY_NAME = {"sin": math.sin, "helper": lambda x: math.exp(x)}
STEPS = [math.sin, lambda x: math.exp(x)]
PAIR = (math.sin, [math.cos, {"tan": math.tan}])


@functools.cache
def cached(x):
    return math.sin(x)


@functools.singledispatch
def by_type(x):
    return 0.0 * x


@by_type.register
def _(x: float):
    return math.sin(x)


@by_type.register
def _(x: np.ndarray):
    return np.array([math.sin(x[0])])


def composed(*functions):
    return lambda x: functools.reduce(lambda value, f: f(value), functions, x)


IDIOMS = {
    "an alias": lambda x: SINE(x),
    "a dict of functions": lambda x: BY_NAME["sin"](x) * BY_NAME["helper"](x),
    "a list of functions": lambda x: sum(f(x) for f in STEPS),
    "nested containers": lambda x: PAIR[0](x) * PAIR[1][0](x) * PAIR[1][1]["tan"](x),
    "lru_cache": lambda x: cached(x) * cached(0.5),
    "singledispatch": lambda x: by_type(x) * by_type(np.array([x]))[0],
    "composition": composed(math.sin, math.exp, lambda x: x * math.pi),
    "globals()": lambda x: globals()["SINE"](x) * x,
    "eval": lambda x: eval("math.sin(x) * x", globals(), {"x": x}),
    "getattr": lambda x: getattr(math, "sin")(x) * x,  # noqa: B009
}


@pytest.mark.parametrize("name", IDIOMS)
def test_idioms(name):
    judge(IDIOMS[name], 0.7)


def test_a_container_that_changes_is_seen():
    steps = [math.sin]
    by_name = {"f": math.sin}
    gradient = dt.grad(lambda x: steps[0](x) + by_name["f"](x))
    assert gradient(0.0) == 2.0
    steps[0] = lambda x: 3.0 * math.sin(x)
    assert gradient(0.0) == 4.0
    by_name["f"] = lambda x: 5.0 * math.sin(x)
    assert gradient(0.0) == 8.0


def test_a_function_as_an_argument():
    def apply(f, x, *, g=None):
        return f(x) if g is None else g(f(x))

    gradient = dt.grad(apply, argnums=1)
    assert gradient(lambda x: 2.0 * math.sin(x), 0.0) == 2.0
    assert gradient(math.sin, 0.0, g=math.exp) == 1.0
    assert dt.jvp(functools.partial(apply, math.sin), 0.0, 1.0, g=math.exp) == (1.0, 1.0)
