"""Paths: decisions that come out differently, which path is taken, when f is called again, and when it may not be."""

import threading
import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import dualtape
from dualtape.errors import GuardError

RNG = np.random.default_rng(11)


class Counted:
    """A function that knows how often it was called."""

    def __init__(self, f):
        self.f = f
        self.calls = 0

    def __call__(self, *x):
        self.calls += 1
        return self.f(*x)


def branch(x):
    return np.sum(x * x) if x[0] > 0.0 else np.prod(x)


def newton(a):
    x = a
    while abs(x * x - a) > 1e-12 * a:
        x = 0.5 * (x + a / x)
    return x


def bisect(a):
    low, high = 0.0, a + 1.0
    for _ in range(12):
        middle = 0.5 * (low + high)
        if middle * middle < a:
            low = middle
        else:
            high = middle
    return low * a


def by_order(x):
    return x[np.argsort(x)] @ np.arange(3.0) * x[np.argmin(np.abs(x))]


def by_reduction(x):
    return x * 2.0 if np.mean(x) > 0.0 else np.sin(x)


def by_index(x):
    return x[int(abs(x[0]) * 2.0) % 3] * np.array([1.0, 2.0, 4.0])[np.searchsorted([-1.0, 1.0], x[1])]


CASES = {
    "branch": (branch, [RNG.normal(size=3) for _ in range(20)]),
    "newton": (newton, [0.01, 2.0, 3.0, 1e6, 1e-9, 2.5, 7.0]),
    "bisect": (bisect, list(RNG.uniform(0.1, 9.0, size=20))),
    "order": (by_order, [RNG.normal(size=3) for _ in range(20)]),
    "reduction": (by_reduction, [RNG.normal(size=3) for _ in range(20)]),
    "index": (by_index, [RNG.normal(size=3) for _ in range(20)]),
}


@pytest.mark.parametrize("name", CASES)
def test_every_path_is_right(name):
    f, points = CASES[name]
    P = dualtape.record(f, points[0])
    for x in [*points, *points[::-1]]:
        assert_array_equal(P(x), f(x))
        assert_allclose(P.jacobian(x), dualtape.jacobian(f)(x), rtol=1e-12, atol=1e-14)
        assert_allclose(P.hessian(x), dualtape.hessian(f)(x), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("threads", [1, 2])
def test_batches_take_every_path(name, threads):
    f, points = CASES[name]
    P = dualtape.record(f, points[0])
    X = np.stack(points)
    assert_array_equal(P.batch(X, threads=threads), np.stack([f(x) for x in X]))
    expected = np.stack([dualtape.jacobian(f)(x) for x in X])
    assert_allclose(P.batch(X, "jacobian", threads=threads), expected, rtol=1e-12, atol=1e-14)


def test_a_branch_that_flips_at_every_call_is_recorded_twice():
    f = Counted(branch)
    P = dualtape.record(f, np.ones(3), constants="frozen")  # it counts its calls
    for k in range(50):
        x = np.array([(-1.0) ** k, 2.0, 0.5 + k])
        assert P(x) == branch(x)
        assert_allclose(P.grad(x), dualtape.grad(branch)(x))
    assert f.calls == 2
    assert P.summary().paths == 2


def test_a_loop_of_every_length_is_recorded_once_for_each():
    lengths = {}

    def f(a):
        x, n = a, 0
        while abs(x * x - a) > 1e-12 * a:
            x, n = 0.5 * (x + a / x), n + 1
        lengths[n] = lengths.get(n, 0) + 1
        return x

    P = dualtape.record(f, 2.0)
    for a in np.exp(RNG.uniform(-20.0, 20.0, size=100)):
        assert P(float(a)) == newton(float(a))
    assert all(count == 1 for count in lengths.values())
    assert len(lengths) > 5


class TestRaise:
    def test_names_the_decision_and_the_line(self):
        P = dualtape.record(branch, np.ones(3), on_guard="raise")
        assert P(2.0 * np.ones(3)) == 12.0
        for call in (P, P.grad, P.jacobian, P.hessian, lambda x: P.jvp(x, x), lambda x: P.batch(x[None])):
            with pytest.raises(GuardError, match="decides differently at this point") as caught:
                call(-np.ones(3))
            assert "test_paths.py" in caught.value.where
            assert "x[0] > 0.0" in caught.value.where
            assert "on_guard='rerecord'" in caught.value.remedy
        assert P(2.0 * np.ones(3)) == 12.0

    def test_f_is_not_called(self):
        f = Counted(newton)
        P = dualtape.record(f, 2.0, on_guard="raise")
        with pytest.raises(GuardError):
            P(1e9)
        assert f.calls == 1


def test_paths_are_bounded_and_the_one_not_used_for_longest_goes():
    f = Counted(lambda x: x * float(sum(2.0**k for k in range(6) if x > k)))
    P = dualtape.record(f, 0.5, max_paths=3, constants="frozen")
    for x in (0.5, 1.5, 2.5):
        P(x)
    assert f.calls == 3
    P(0.5), P(3.5)  # 1.5 goes
    assert f.calls == 4
    P(0.5), P(2.5), P(3.5)
    assert f.calls == 4
    P(1.5)
    assert f.calls == 5
    assert P.summary().paths == 3


def test_a_program_that_hardly_ever_replays_says_so():
    P = dualtape.record(lambda x: x.primal * x, 1.0)
    with pytest.warns(RuntimeWarning, match="decides differently at nearly every point"):
        for k in range(60):
            assert P(float(k)) == float(k) ** 2


def test_a_counter_inside_f_is_a_change_at_every_call_and_is_named():
    f = Counted(branch)
    P = dualtape.record(f, np.ones(3))
    with pytest.warns(RuntimeWarning, match=r"calls.* has changed nearly every time"):
        for k in range(60):
            x = np.full(3, (-1.0) ** k)
            assert P(x) == branch(x)


def test_no_warning_for_a_program_that_replays():
    P = dualtape.record(newton, 2.0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for a in RNG.uniform(1.0, 100.0, size=500):
            P(float(a))


def test_threads_share_the_paths():
    P = dualtape.record(newton, 2.0)
    points = RNG.uniform(0.01, 1e4, size=200)
    wrong = []

    def work(start):
        for x in points[start::4].tolist():
            if P(x) != newton(x) or abs(P.grad(x) - dualtape.grad(newton)(x)) > 1e-12:
                wrong.append(x)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_guards_tell_what_and_where():
    P = dualtape.record(newton, 2.0)
    (guard,) = [guard for guard in P.guards if guard.what == ">"]  # others: that no divisor is 0
    assert "test_paths.py" in guard.where
    assert "while abs(x * x - a)" in guard.where
    assert guard.times >= 4
    names = {guard.what for guard in dualtape.record(by_index, np.ones(3)).guards}
    assert "searchsorted" in names
