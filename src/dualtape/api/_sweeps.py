"""Whole matrices from sweeps: Jacobian and Hessian tensor of a `Call`, by either engine, in as many sweeps as it takes.

*Design.* Forward mode evaluates f on dual numbers: no tape, memory that does not grow with the run, cost proportional
to n. Reverse mode records f once and sweeps the tape: cost proportional to m. ``mode="auto"`` records, for only then m
is known, and sweeps the tape in whichever direction is cheaper: tangents for n columns, or adjoints for m rows.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from dualtape.api._call import Call
from dualtape.api._space import basis
from dualtape.core.level import is_inspected
from dualtape.errors import OptionError, PerturbationError
from dualtape.trace.functions import is_active
from dualtape.trace.record import record_flat

MODES = ("auto", "forward", "reverse")
LANES = 32  # tangents or cotangents per sweep: enough to fill the vector units, few enough for the cache


def check_mode(mode: str) -> None:
    """Refuse a mode that does not exist.

    Raises
    ------
    OptionError
        Lists those that do.
    """
    if mode not in MODES:
        raise OptionError(f"mode is {mode!r}, expected one of {', '.join(map(repr, MODES))}")


def cheaper_mode(m: int, n: int) -> str:
    """The direction in which a recording gives its Jacobian (m, n) in fewer sweeps."""
    return "forward" if n <= m else "reverse"


def record_call(call: Call, order: int = 1) -> Any:
    """Record f once, at the point of the call; fills in ``call.value`` and ``call.aux``. `order` is that of the
    derivatives to come."""
    inspect_call(call, order)
    recording = record_flat(call.flat, call.primals)
    call.receive(recording.value)
    return recording


def inspect_call(call: Call, order: int, forward: bool = False, S: Any = None) -> None:
    """If this thread inspects its derivatives (`dualtape.debug`, nonsmooth="raise"), look at those of this call first.

    Raises
    ------
    NonFiniteError, NonsmoothError
    """
    inspect_flat(call.flat, call.primals, order, forward, S)


def inspect_flat(f: Any, primals: list[Any], order: int, forward: bool = False, S: Any = None) -> None:
    """The same of a function of a flat list of numbers."""
    if is_inspected():
        from dualtape.trace.inspection import current, inspect

        if current() is not None:
            inspect(f, primals, order, forward, S)


def jacobian_matrix(call: Call, mode: str) -> Any:
    """Evaluate f and its Jacobian.

    Returns
    -------
    J : ndarray or active array, shape (m, n)
    """
    if mode == "forward":
        found = _evaluate_forward(call, 1)
        if found is not None:
            return found[0]
    recording = record_call(call)
    return sweep_jacobian(recording, call.outputs.size, call.inputs.size, mode)


def _evaluate_forward(call: Call, order: int) -> tuple[Any, Any] | None:
    """Run f on dual numbers: Jacobian (m, n) and, for order 2, Hessian tensor (m, n, n).

    None if x, or something that f closes over, is active at an outer level: the tape nests, this engine does not.
    """
    from dualtape.trace.forward import evaluate_forward  # programs that only go in reverse need no dual numbers

    if call.is_nested:
        return None
    inspect_call(call, order, True)
    try:
        values, J, H = evaluate_forward(call.flat, call.primals, order)
    except PerturbationError:
        return None
    call.receive(values)
    m = call.outputs.size
    return J[:m], None if H is None else H[:m]


def jacobian_product(call: Call, S: Any, mode: str) -> Any:
    """Evaluate f and ``J S``, shape (m, p), for tangents S of shape (n, p)."""
    if mode == "forward":
        V = _push_forward(call, S)
        if V is not None:
            return V
    recording = record_call(call)
    return push(recording, S, call.outputs.size)


def _push_forward(call: Call, S: Any) -> Any:
    """``J S`` by running f on dual numbers; None where this engine cannot nest, as for `_evaluate_forward`."""
    from dualtape.trace.forward import push_forward

    if call.is_nested or is_active(S) or not S.size:
        return None
    inspect_call(call, 1, True, S)
    try:
        values, V = push_forward(call.flat, call.primals, _structural(S))
    except PerturbationError:
        return None
    call.receive(values)
    return _plain_zeros(V[: call.outputs.size])


def sweep_jacobian(recording: Any, m: int, n: int, mode: str = "auto") -> Any:
    """The Jacobian (m, n) from tangent sweeps, column by column, or from adjoint sweeps, row by row."""
    if m == 0 or n == 0:
        return np.zeros((m, n))
    forward = (cheaper_mode(m, n) if mode == "auto" else mode) == "forward"
    if not recording.nested:
        return recording.jacobian(m, forward)
    if forward:
        return _columns(lambda start, stop: push(recording, basis(n, start, stop), m), n)
    return np.transpose(_columns(lambda start, stop: pull(recording, basis(m, start, stop)), m))


def hessian_tensor(call: Call, mode: str) -> tuple[Any, Any]:
    """Evaluate f, its Jacobian and its Hessian tensor.

    Returns
    -------
    J : ndarray or active array, shape (m, n)
    H : ndarray or active array, shape (m, n, n)
        Exactly symmetric in its last two axes.
    """
    if mode == "forward":
        found = _evaluate_forward(call, 2)
        if found is not None:
            return found
    recording = record_call(call, 2)
    m, n = call.outputs.size, call.inputs.size
    return sweep_jacobian(recording, m, n), sweep_hessian(recording, m, n)


def sweep_hessian(recording: Any, m: int, n: int) -> Any:
    """The Hessian tensor (m, n, n) from second-order adjoint sweeps, one output at a time."""
    if m == 0 or n == 0:
        return np.zeros((m, n, n))
    weights = basis(m, 0, m)
    return symmetric(np.stack([sweep_weighted_hessian(recording, weights[:, i : i + 1], n) for i in range(m)]))


def sweep_weighted_hessian(recording: Any, w: Any, n: int) -> Any:
    """``sum_i w_i H_i``, shape (n, n), for weights of shape (m, 1); not yet symmetrised where derivatives nest."""
    if n == 0:
        return np.zeros((0, 0))
    if not recording.nested and type(w) is np.ndarray:
        return recording.hessian(np.ravel(w))
    return _columns(lambda start, stop: pull_second(recording, w, basis(n, start, stop)), n)


def push(recording: Any, S: Any, m: int) -> Any:
    """One tangent sweep: ``J S``, shape (m, p), for tangents S of shape (n, p). Rows of aux are dropped."""
    return _plain_zeros(recording.jvp(_structural(S))[:m])


def pull(recording: Any, W: Any) -> Any:
    """One adjoint sweep: ``J' W``, shape (n, p), for cotangents W of shape (m, p)."""
    return _plain_zeros(recording.vjp(_pad(_structural(W), recording.m)))


def pull_second(recording: Any, w: Any, S: Any) -> Any:
    """One second-order adjoint sweep: ``(sum_i w_i H_i) S``, shape (n, p), for weights of shape (m, 1)."""
    return _plain_zeros(recording.second(_pad(_structural(w), recording.m)[:, 0], _structural(S)))


def symmetric(H: Any) -> Any:
    """Make the last two axes exactly symmetric: sweeps may round entry (j, k) and entry (k, j) differently."""
    swapped = np.swapaxes(H, -1, -2)
    if type(H) is np.ndarray and np.array_equal(H, swapped):
        return H
    return 0.5 * (H + swapped)


def _pad(W: Any, m_total: int) -> Any:
    """Add structurally zero rows for the outputs that are aux."""
    m, p = W.shape
    return W if m == m_total else np.concatenate([W, np.full((m_total - m, p), -0.0)], axis=0)


def _structural(seed: Any) -> Any:
    """Turn the zeros of a seed into structural ones (-0.0): an input that does not move, an output of no weight.

    So a direction that leaves out the infinite slope of ``sqrt`` at 0 does not meet it as ``0 * inf``.
    """
    return np.where(seed == 0.0, -0.0, seed) if type(seed) is np.ndarray else seed


def _plain_zeros(columns: Any) -> Any:
    """Turn structural zeros (-0.0) into the zeros that users expect."""
    return columns + 0.0 if type(columns) is np.ndarray else columns


def _columns(sweep: Any, n: int) -> Any:
    """Glue the columns of sweeps of at most `LANES` lanes."""
    blocks = [sweep(start, min(start + LANES, n)) for start in range(0, n, LANES)]
    return blocks[0] if len(blocks) == 1 else np.concatenate(blocks, axis=1)
