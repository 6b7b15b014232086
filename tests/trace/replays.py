"""A program against fresh recordings: at every point a replay either reports a guard that does not hold, or agrees with
a new recording of the function there, values bit for bit and derivatives to rounding."""

import numpy as np
from last_bits import are_the_same

from dualtape.core.path import Path
from dualtape.trace import functions, record

TO_ROUNDING = 1e-12


def _flat(f):
    return lambda *tracers: [functions.operand(f(*tracers))]


def _numbers(point):
    return [np.asarray(x, dtype=float) if np.ndim(x) else float(x) for x in point]


def program(f, *point):
    """The path of f at a point, and what was guarded on the way."""
    tape, slots, _ = record.record_program(_flat(f), _numbers(point))
    return Path(tape, slots), [what for what, _ in tape.guards]


def agrees(path, f, *point):
    """False if a guard does not hold at the point; raises if the replay is stale there."""
    inputs = _numbers(point)
    found = path.at(np.concatenate([np.ravel(x) for x in inputs]))
    if isinstance(found, int):
        return False
    fresh = record.record_flat(_flat(f), inputs)
    value = np.ravel(np.asarray(fresh.value[0], dtype=float))
    assert are_the_same(found.results(), value), (point, found.results(), value)
    W = np.eye(fresh.m)
    np.testing.assert_allclose(found.vjp(W), fresh.vjp(W), rtol=TO_ROUNDING, atol=TO_ROUNDING, err_msg=f"at {point}")
    S = np.eye(fresh.n)
    np.testing.assert_allclose(found.jvp(S), fresh.jvp(S), rtol=TO_ROUNDING, atol=TO_ROUNDING, err_msg=f"at {point}")
    return True


def replays(f, recorded, *points):
    """Which of the points are served by the path recorded at the first one."""
    path, _ = program(f, *recorded)
    assert agrees(path, f, *recorded)
    return [agrees(path, f, *point) for point in points]
