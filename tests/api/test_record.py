"""Recordings: what they show, what they share, and that they stay as they were recorded."""

import pickle
import re
import threading

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import dualtape
from dualtape.errors import ShapeError

X = np.array([0.7, -1.2, 2.1])


def bowl(x, depth=1.0):
    return depth * np.sum(x**3)


def test_repr_shows_shapes_operations_bytes_and_direction():
    wide = dualtape.record(lambda x: np.sin(x) * x[0], X)
    text = r"Recording\(.*<lambda>: \(3,\) -> \(3,\), \d+ operations?, [\d.]+ k?B, jacobian reverse\)"
    assert re.fullmatch(text, repr(wide))
    tall = dualtape.record(lambda t: np.exp(t * X), 0.5)
    assert "() -> (3,)" in repr(tall)
    assert "jacobian forward" in repr(tall)


def test_derivatives_at_the_recorded_point():
    recording = dualtape.record(bowl, X, depth=2.0)
    assert recording.shape == (1, 3)
    assert recording.value == bowl(X, 2.0)
    assert_array_equal(recording.grad(), dualtape.grad(bowl)(X, depth=2.0))
    assert_array_equal(recording.jacobian("forward"), recording.jacobian("reverse"))
    assert_allclose(recording.hessian(), np.diag(12.0 * X), rtol=1e-14)
    assert_allclose(recording.hvp(X), 12.0 * X * X, rtol=1e-14)
    assert_allclose(recording.weighted_hessian(0.5), np.diag(6.0 * X), rtol=1e-14)
    assert_array_equal(recording.vjp(1.0), recording.grad())
    assert recording.jvp(X) == pytest.approx(recording.grad() @ X, rel=1e-14)
    assert_array_equal(recording.linearization.matrix(), recording.jacobian()[None])


def test_recording_stays_as_it_was():
    x = X.copy()
    recording = dualtape.record(lambda x: x * x, x)
    x[:] = 100.0
    assert_array_equal(recording.value, X * X)
    recording.value[:] = 0.0
    assert_array_equal(recording.value, X * X)
    assert_array_equal(recording.jacobian(), np.diag(2.0 * X))


def test_function_is_not_called_again():
    calls = []

    def f(x):
        calls.append(1)
        return x * x

    recording = dualtape.record(f, X)
    recording.jacobian(), recording.hessian(), recording.jvp(X), recording.vjp(X)
    assert len(calls) == 1


def test_several_threads_may_sweep_one_recording():
    recording = dualtape.record(lambda x: np.outer(np.sin(x), x), np.linspace(0.0, 1.0, 30))
    expected, found = recording.jacobian(), []
    threads = [threading.Thread(target=lambda: found.append(recording.jacobian())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    for J in found:
        assert_array_equal(J, expected)


def test_gradient_of_a_vector_is_refused():
    with pytest.raises(ShapeError, match="use jacobian"):
        dualtape.record(lambda x: x * x, X).grad()
    with pytest.raises(ShapeError, match="leading axis"):
        dualtape.record(lambda x: x * x, X).weighted_hessian(np.ones((2, 3)))


def test_recording_does_not_keep_the_arguments():
    recording = dualtape.record(bowl, X, depth=2.0)
    assert recording._call.args == ()
    assert recording._call.primals == []
    with pytest.raises(TypeError):
        pickle.dumps(recording)  # files of recordings come with replay
