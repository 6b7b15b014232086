"""Names are looked at before every run; nothing outside of the clone changes."""

import gc
import math
import pickle
import threading
import traceback
import weakref

import numpy as np
import pytest

import dualtape as dt
from dualtape.rewrite.clone import clone, clone_of

scale = 2.0


def slope(x):
    return scale * math.sin(x)


def outer(x):
    return slope(x)


def test_a_changed_global_is_seen(monkeypatch):
    gradient = dt.grad(outer)
    assert gradient(0.0) == 2.0
    monkeypatch.setitem(globals(), "scale", 5.0)
    assert gradient(0.0) == 5.0
    monkeypatch.setitem(globals(), "slope", lambda x: 7.0 * math.sin(x))
    assert gradient(0.0) == 7.0
    monkeypatch.undo()
    assert gradient(0.0) == 2.0


def test_a_name_seen_by_two_functions_goes_back_and_forth(monkeypatch):
    """What one function takes over is not lost on the other."""
    first, second = dt.grad(outer), dt.grad(slope)
    for factor in (2.0, 3.0, [1.0], 2.0, 3.0):
        value = factor if isinstance(factor, float) else np.float64(4.0)
        monkeypatch.setitem(globals(), "scale", value)
        assert first(0.0) == value
        monkeypatch.setitem(globals(), "scale", 2.0)
        assert second(0.0) == 2.0
        monkeypatch.setitem(globals(), "scale", value)
        assert first(0.0) == value


def test_a_name_that_appears_and_goes_away():
    names = {"math": math}
    exec("def f(x):\n    return later(x)", names)
    gradient = dt.grad(names["f"])
    with pytest.raises(NameError, match="later"):
        gradient(1.0)
    exec("def later(x):\n    return math.sin(x) * k\nk = 3.0", names)
    assert gradient(0.0) == 3.0
    del names["later"]
    with pytest.raises(NameError, match="later"):
        gradient(1.0)


def test_a_changed_closure_default_and_code_are_seen():
    factor = 2.0
    sine = math.sin

    def f(x, power=1.0):
        return factor * sine(x) * power

    gradient = dt.grad(f)
    assert gradient(0.0) == 2.0
    factor = 3.0
    assert gradient(0.0) == 3.0
    sine = math.tan
    assert gradient(0.0) == 3.0
    assert gradient(1.0) == pytest.approx(3.0 / math.cos(1.0) ** 2)
    f.__defaults__ = (2.0,)
    assert gradient(0.0) == 6.0

    def other(x, power=1.0):
        return math.exp(x) * power

    f.__defaults__ = (5.0,)
    monkey = dt.grad(other)
    other.__code__ = (lambda x, power=1.0: 10.0 * x * power).__code__
    assert monkey(1.0) == 10.0


def test_the_second_call_builds_nothing(monkeypatch):
    made = clone(outer)
    assert clone(outer) is made
    assert clone_of(outer) is clone_of(outer)


def test_nothing_outside_of_the_clone_changes():
    before = dict(outer.__globals__), dict(vars(math)), dict(vars(np)), outer.__code__
    dt.grad(outer)(1.0)
    dt.hessian(outer)(1.0)
    assert all(outer.__globals__[name] is value for name, value in before[0].items())
    assert all(vars(math)[name] is value for name, value in before[1].items())
    assert all(vars(np)[name] is value for name, value in before[2].items())
    assert outer.__code__ is before[3]
    assert type(outer(1.0)) is float


def test_a_function_is_forgotten():
    def make():
        factor = np.ones(3)

        def f(x):
            return math.sin(x) * factor[0]

        dt.grad(f)(1.0)
        dt.jvp(f, 1.0, 1.0)
        return weakref.ref(f), weakref.ref(factor)

    references = make()
    gc.collect()
    assert all(reference() is None for reference in references)


def test_tracebacks_and_errors_show_the_line_of_f():
    def f(x):
        return math.log(x - 1.0)

    with pytest.raises(ValueError, match="math domain error") as caught:
        dt.grad(f)(1.0)
    lines = [frame.line for frame in traceback.extract_tb(caught.value.__traceback__)]
    assert "return math.log(x - 1.0)" in lines

    def g(x):
        return [1.0, 2.0][x]

    with pytest.raises(dt.errors.TraceEscapeError) as caught:
        dt.grad(g)(1.0)
    assert "in g: `return [1.0, 2.0][x]`" in str(caught.value)


def test_threads_share_clones():
    failures = []

    def work(point):
        for _ in range(50):
            if dt.grad(outer)(point) != 2.0 * math.cos(point):
                failures.append(point)

    threads = [threading.Thread(target=work, args=(0.1 * k,)) for k in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


def test_without_the_clone_every_escape_is_an_error():
    for f in (outer, lambda x: float(x), lambda x: np.array([[x]], dtype=float)[0, 0]):
        with pytest.raises(dt.errors.TraceEscapeError):
            dt.grad(f, rewrite=False)(1.0)


def decides(x):
    return x * x if x > 0.0 else math.sin(x)


@pytest.mark.parametrize("rewrite", [True, False])
def test_a_pickled_program_records_as_it_did(rewrite):
    program = pickle.loads(pickle.dumps(dt.record(decides, 1.0, rewrite=rewrite)))
    assert program(2.0) == 4.0
    if rewrite:
        assert program.grad(-1.0) == pytest.approx(math.cos(-1.0))
    else:
        with pytest.raises(dt.errors.TraceEscapeError):
            program.grad(-1.0)
