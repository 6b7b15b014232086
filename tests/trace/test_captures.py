"""What a function captures is found wherever it is, and a change of it is told by name."""

import functools
import types

import numpy as np
import pytest

import dualtape
from dualtape.trace.captures import captures

SCALE = 2.0
TABLE = np.arange(4.0)
SETTINGS = {"a": 1.0, "deep": {"b": [1.0, np.ones(2)]}}


class Model:
    order = 2

    def __init__(self):
        self.weights = np.ones(3)
        self.bias = 1.0
        self.calls = 0

    def __call__(self, x):
        return self.inner(x) + self.bias

    def inner(self, x):
        return x @ self.weights**self.order


class Slotted:
    __slots__ = ("k",)

    def __init__(self, k):
        self.k = k


def _helper(x):
    return SCALE * x


def _uses_globals(x):
    return _helper(x) + TABLE[:1] * SETTINGS["a"]


def _default(x, k=[1.0, 2.0]):  # noqa: B006
    return x * k[0]


def _changed(f, change):
    watch = captures(f, (), {})
    assert watch.changed() is None
    change()
    return watch.changed()


def test_a_variable_of_an_enclosing_function_that_is_bound_anew():
    k = 2.0

    def f(x):
        return k * x

    def change():
        nonlocal k
        k = 3.0

    assert _changed(f, change) == "k"


def test_an_equal_number_is_no_change():
    k = 2.5

    def f(x):
        return k * x

    def change():
        nonlocal k
        k = float("2.5")

    assert _changed(f, change) is None


@pytest.mark.parametrize("other", [-0.0, 0, np.float64(0.0), np.nan])
def test_zero_is_not_just_any_zero(other):
    k = 0.0

    def f(x):
        return k * x

    def change():
        nonlocal k
        k = other

    assert _changed(f, change) == "k"


@pytest.mark.parametrize(
    "array",
    [np.zeros(3), np.zeros((4, 4))[1::2, ::2], np.zeros((2, 3)).T, np.zeros(2, dtype=np.int8), np.zeros(100_000)],
    ids=lambda array: str(array.shape),
)
def test_one_element_of_an_array(array):
    def change():
        array[(-1,) * array.ndim] = 1

    assert _changed(lambda x: (x * array).sum(), change) == "array"


def test_a_read_only_array_is_not_compared():
    array = np.zeros(3)
    array.flags.writeable = False
    assert _changed(lambda x: x * array, lambda: None) is None
    assert _changed(lambda x: x * array, lambda: setattr(array.flags, "writeable", True)) == "array"


def test_the_sign_of_a_zero_in_an_array_is_a_change():
    array = np.zeros(3)

    def change():
        array[1] = -0.0

    assert _changed(lambda x: x / array, change) == "array"


def test_globals_of_functions_that_are_called(monkeypatch):
    this = globals()
    for name, value in [("SCALE", 3.0), ("TABLE", np.arange(4.0)), ("_helper", lambda x: x), ("SETTINGS", {})]:
        assert _changed(_uses_globals, lambda name=name, value=value: monkeypatch.setitem(this, name, value)) == name
        monkeypatch.undo()


def test_containers_in_one_another():
    settings = {"a": 1.0, "deep": {"b": [1.0, np.ones(2)]}}

    def f(x):
        return x * settings["deep"]["b"][1]

    def deepest():
        settings["deep"]["b"][1][0] = 5.0

    def item():
        settings["deep"]["b"][0] = 5.0

    def entry():
        settings["c"] = 1.0

    assert _changed(f, deepest) == "settings['deep']['b'][1]"
    assert _changed(f, item) == "settings['deep']['b']"
    assert _changed(f, entry) == "settings"


@pytest.mark.parametrize(
    "attribute, value, name",
    [("weights", np.zeros(3), "weights"), ("bias", 2.0, "bias"), ("calls", 1, None), ("order", 3, None)],
)
def test_attributes_that_the_code_names(attribute, value, name):
    model = Model()
    found = _changed(model, lambda: setattr(model, attribute, value))
    assert found is None if name is None else found.endswith("." + name)


@pytest.mark.parametrize("bind", [lambda m: m, lambda m: m.inner, lambda m: lambda x: m(x), lambda m: [m.inner][0]])
def test_what_an_object_computes_with(bind, monkeypatch):
    model = Model()
    f = bind(model)

    def change():
        model.weights[1] = 7.0

    assert _changed(f, change).endswith("weights")
    assert _changed(f, lambda: monkeypatch.setattr(Model, "order", 3)) == "Model.order"
    assert _changed(f, lambda: monkeypatch.setattr(Model, "inner", lambda self, x: x)) == "Model.inner"


def test_attributes_without_a_dict_and_in_namespaces():
    slotted, space = Slotted(1.0), types.SimpleNamespace(k=[1.0])
    assert _changed(lambda x: x * slotted.k, lambda: setattr(slotted, "k", 2.0)) == "slotted.k"
    assert _changed(lambda x: x * space.k[0], lambda: space.k.append(2.0)) == "space.k"


def test_arguments_given_beforehand():
    array, options = np.ones(2), {"k": np.ones(2)}

    def change():
        array[0] = 2.0

    def change_option():
        options["k"][0] = 2.0

    f = functools.partial(lambda a, x, k: a * x * k, array, k=options["k"])
    assert _changed(f, change) and _changed(f, change_option)
    assert captures(np.sin, (), options).changed() is None
    watch = captures(_default, (), {"y": array})
    array[1] = 5.0
    assert watch.changed() == "argument y"


def test_defaults(monkeypatch):
    def change():
        _default.__defaults__[0][0] = 4.0

    assert "default" in _changed(_default, change)
    _default.__defaults__[0][0] = 1.0


def test_through_wrappers_and_inner_functions():
    array = np.ones(2)

    def wrapped(g):
        @functools.wraps(g)
        def call(x):
            return [g(y) for y in x]

        return call

    @wrapped
    def f(x):
        def inside(y):
            return (lambda z: z * array)(y)

        return inside(x)

    def change():
        array[:] += 1.0

    gradient = dualtape.grad(lambda x: np.sum(array * x))
    program = dualtape.record(lambda x: np.sum(array * x), np.ones(2))
    for g in (f, functools.lru_cache(f), lambda x: gradient(x) * 2.0, lambda x: program(x), dualtape.differentiable(f)):
        assert _changed(g, change) == "array"


def test_sparse_matrices():
    sparse = pytest.importorskip("scipy.sparse")
    matrix = sparse.csr_array(np.eye(3))

    def change():
        matrix.data[1] = 3.0

    assert "data" in _changed(lambda x: matrix @ x, change)


def test_nothing_captured_is_nothing_to_watch():
    assert captures(np.sin, (), {}) is None
    assert captures(lambda x: np.sin(x) * 2.0, (), {}) is None
    assert captures(lambda x: max(x, key=abs), (), {}) is None


def test_a_program_captured_does_not_change_by_being_called():
    array = np.ones(2)
    program = dualtape.record(lambda x: np.sum(array * x), np.ones(2))

    def call():
        program(np.zeros(2))
        program.grad(np.ones(2))

    assert _changed(lambda x: program(x), call) is None


def test_what_the_function_itself_appends_while_it_is_recorded_is_no_change():
    log, cache, count = [], {}, [0]

    def f(x):
        log.append(1)
        cache[len(log)] = x
        return x

    def g(x):
        count[0] += 1
        return x

    watch = captures(f, (), {})
    f(1.0)
    assert watch.changed() is not None
    watch.settle()
    assert watch.changed() is None
    log.append(2)
    assert watch.changed() == "log"
    watch = captures(g, (), {})
    g(1.0)
    watch.settle()
    assert watch.changed() == "count"
