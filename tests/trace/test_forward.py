"""The forward engine: whole Jacobians and Hessian tensors of one evaluation, in as many runs as the lanes need."""

import sys

import numpy as np
import pytest

from dualtape.core.dual import Dual
from dualtape.errors import PerturbationError
from dualtape.trace import forward
from dualtape.trace.forward import evaluate_forward
from dualtape.trace.record import record_flat

ROUNDING = 1e-13


def quadratic(A, B):
    """x -> [x'Ax + Bx summed, B x], with its derivatives known."""
    return lambda x: [x @ A @ x, B @ x]


@pytest.mark.parametrize("n", [1, 5, 64, 70])
def test_quadratic_forms_are_exact_in_any_number_of_chunks(n, rng, monkeypatch):
    monkeypatch.setattr(forward, "LANES_FIRST", 30)
    monkeypatch.setattr(forward, "LANES_SECOND", 16)
    monkeypatch.setattr(forward, "LANES_SECOND_ALONE", 20)
    A, B, x = rng.integers(-3, 4, (n, n)), rng.integers(-3, 4, (3, n)), rng.integers(-3, 4, n).astype(float)
    values, J, H = evaluate_forward(quadratic(A, B), [x], 2)
    assert values[0] == x @ A @ x and np.array_equal(values[1], B @ x)
    assert np.array_equal(J, np.vstack([(A + A.T) @ x, B]))
    assert np.array_equal(H, np.concatenate([[A + A.T], np.zeros((3, n, n))]))
    assert np.array_equal(J, evaluate_forward(quadratic(A, B), [x], 1)[1])


def test_ties_across_chunks_are_ties_of_two_variables(monkeypatch):
    monkeypatch.setattr(forward, "LANES_FIRST", 2)
    _, J, _ = evaluate_forward(lambda x: [np.maximum(x[:-1], x[1:]), np.maximum(x, np.zeros_like(x))], [np.zeros(5)], 1)
    assert np.array_equal(J[:4], 0.5 * (np.eye(4, 5) + np.eye(4, 5, 1))) and not J[4:].any()


def test_unconnected_chunks_stay_zero(monkeypatch):
    monkeypatch.setattr(forward, "LANES_FIRST", 2)
    _, J, _ = evaluate_forward(lambda x: [np.sqrt(x)], [np.zeros(5)], 1)
    assert np.array_equal(J, np.where(np.eye(5) > 0, np.inf, 0.0))


def test_several_inputs_are_numbered_through():
    values, J, H = evaluate_forward(lambda a, x, b: [a * x * b], [2.0, np.array([3.0, 5.0]), 7.0], 2)
    assert np.array_equal(J, [[21, 14, 0, 6], [35, 0, 14, 10]]) and np.array_equal(H[0][0], [0, 7, 0, 3])


def test_plain_outputs_have_zero_derivatives():
    constant = np.arange(3.0)
    values, J, H = evaluate_forward(lambda x: [constant, 1, x, True], [2.0], 2)
    assert values[0] is constant and values[1:] == [1, 2.0, True]
    assert J.ravel().tolist() == [0, 0, 0, 0, 1, 0] and not H.any() and not np.signbit(J).any()


def test_object_arrays_and_scalars_are_outputs():
    values, J, _ = evaluate_forward(lambda x, y: [np.array([x * y, y, 3.0]), x], [2.0, 5.0], 1)
    assert np.array_equal(values[0], [10, 5, 3]) and isinstance(values[1], float)
    assert np.array_equal(J, [[5, 2], [0, 1], [0, 0], [1, 0]])


def test_no_inputs_give_empty_derivatives():
    values, J, H = evaluate_forward(lambda x: [x.sum(), 1.0], [np.ones(0)], 2)
    assert values == [0.0, 1.0] and J.shape == (2, 0) and H.shape == (2, 0, 0)


def test_forward_agrees_with_the_tape(rng):
    def f(x):
        y = np.zeros_like(x)
        for k in range(x.size):
            y[k] = np.sin(x[: k + 1]).sum() * x[-1]
        return [y * np.exp(-y), np.linalg.solve(np.outer(x, x) + np.eye(x.size), x)]

    x = rng.uniform(0.5, 1.5, 6)
    values, J, H = evaluate_forward(f, [x], 2)
    recording = record_flat(f, [x])
    assert all(np.array_equal(a, b) for a, b in zip(values, recording.value, strict=True))
    np.testing.assert_allclose(J, recording.vjp(np.eye(12)).T, rtol=ROUNDING, atol=1e-14)
    for i in range(12):
        np.testing.assert_allclose(H[i], recording.second(np.eye(12)[i], np.eye(6)), rtol=1e-11, atol=1e-12)


def test_inputs_are_not_written_to():
    x = np.ones(3)

    def f(z):
        z *= 2.0
        return [z]

    values, J, _ = evaluate_forward(f, [x], 1)
    assert x.tolist() == [1, 1, 1] and values[0].tolist() == [2, 2, 2] and np.array_equal(J, 2.0 * np.eye(3))


@pytest.mark.parametrize("order", ["C", "F"])
def test_values_keep_numpys_summation_order(order, rng):
    x = np.array(rng.normal(size=(37, 53)), order=order)
    f = lambda z: [(z.T * 1.7).sum(), np.exp(z.T).sum(axis=0), (z[::2].T + 0.1).sum(), z.sum()]
    with_lanes = f(Dual(x, np.ones(x.shape)))
    assert all(np.asarray(a.x).tobytes() == np.asarray(b).tobytes() for a, b in zip(with_lanes, f(x), strict=True))


def test_meeting_another_derivative_is_refused_by_name():
    with pytest.raises(PerturbationError, match='mode="reverse"'):
        evaluate_forward(lambda x: [evaluate_forward(lambda y: [x * y], [1.0], 1)[1][0, 0]], [2.0], 1)
    with pytest.raises(PerturbationError, match='mode="reverse"'):
        record_flat(lambda x: [evaluate_forward(lambda y: [x * y], [1.0], 1)[1][0, 0]], [2.0])


def test_number_of_an_earlier_evaluation_is_refused():
    kept = []
    evaluate_forward(lambda x: [kept.append(x) or x], [1.0], 1)
    with pytest.raises(PerturbationError):
        evaluate_forward(lambda x: [x * kept[0]], [1.0], 1)


def test_tape_inside_a_forward_evaluation_is_exact():
    def f(x):
        inner = record_flat(lambda y: [x * y * y], [3.0])
        return [inner.vjp(np.ones((1, 1)))[0, 0]]

    values, J, _ = evaluate_forward(f, [2.0], 1)
    assert values == [12.0] and J.tolist() == [[6.0]]


def test_memory_does_not_grow_with_the_run():
    def f(x):
        s = x[0]
        for _ in range(5000):
            s = s * 0.999 + x[1] / (1.0 + s * s)
        return [s]

    evaluate_forward(f, [np.ones(4)], 2)
    before = sys.getallocatedblocks()
    for _ in range(3):
        evaluate_forward(f, [np.ones(4)], 2)
    assert sys.getallocatedblocks() - before < 50
