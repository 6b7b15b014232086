"""The engines of dualtape behind one signature: ``jacobian(f, *inputs)`` gives the value and the Jacobian in all inputs
together, out.shape + (n,); ``second(f, w, S, *inputs)`` gives d/dx (J' w) S, shape (n, p)."""

import independent_dual
import numpy as np

from dualtape.trace import forward, functions, record


def _inputs(inputs):
    return [np.asarray(x, dtype=float) if np.ndim(x) else float(x) for x in inputs]


def _recorded(f, inputs):
    return record.record_flat(lambda *tracers: [functions.operand(f(*tracers))], _inputs(inputs))


def by_adjoints(f, *inputs):
    """The tape, one reverse sweep."""
    recording = _recorded(f, inputs)
    (value,) = recording.value
    return np.asarray(value), recording.vjp(np.eye(recording.m)).T.reshape(*np.shape(value), recording.n)


def by_tangents(f, *inputs):
    """The tape, one tangent sweep."""
    recording = _recorded(f, inputs)
    (value,) = recording.value
    return np.asarray(value), recording.jvp(np.eye(recording.n)).reshape(*np.shape(value), recording.n)


def second_by_adjoints(f, w, S, *inputs):
    """The tape, one second-order adjoint sweep."""
    return _recorded(f, inputs).second(np.ravel(w), S)


def second_by_nesting(f, w, S, *inputs):
    """The tape in the tape: the reverse sweep of an inner recording is itself recorded and swept."""
    sizes = [np.size(x) for x in inputs]

    def pulled_back(*tracers):
        inner = record.record_flat(lambda *numbers: [functions.operand(f(*numbers))], list(tracers))
        return [inner.vjp(np.reshape(w, (-1, 1)))]

    outer = record.record_flat(pulled_back, _inputs(inputs))
    assert outer.n == sum(sizes)
    return outer.jvp(S)


def by_duals(f, *inputs):
    """Dual numbers: one forward evaluation."""
    (value,), J, _ = forward.evaluate_forward(lambda *numbers: [functions.operand(f(*numbers))], _inputs(inputs), 1)
    return np.asarray(value), J.reshape(*np.shape(value), J.shape[1])


def second_by_hyperduals(f, w, S, *inputs):
    """Hyper-dual numbers: the whole Hessian tensor, contracted."""
    _, _, H = forward.evaluate_forward(lambda *numbers: [functions.operand(f(*numbers))], _inputs(inputs), 2)
    return np.einsum("i,ijk,kp->jp", np.ravel(w), H, S)


FIRST = {"independent": independent_dual.jacobian, "adjoints": by_adjoints, "tangents": by_tangents, "duals": by_duals}
SECOND = {"adjoints": second_by_adjoints, "nesting": second_by_nesting, "hyperduals": second_by_hyperduals}
