"""An operation of real numbers that turns out complex is refused by its name: tape and dual numbers hold float64, and
an imaginary part would be lost without a word."""

import numpy as np
import pytest

import dualtape
from dualtape.errors import UnsupportedOperation
from dualtape.ops.array_ops import ArrayOp, no_jvp, no_vjp
from dualtape.trace.functions import apply

TURNED = ArrayOp("turned", lambda x: x * 1j, no_jvp, no_vjp)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_a_complex_result_is_refused(mode):
    with pytest.raises(UnsupportedOperation, match="turned gave complex numbers for real ones"):
        dualtape.jacobian(lambda x: apply(TURNED, x), mode=mode)(np.ones(3))


def test_a_replay_at_a_point_where_the_result_is_complex_is_refused():
    linalg = pytest.importorskip("scipy.linalg")
    program = dualtape.record(linalg.sqrtm, np.eye(2) + 0.1)
    with pytest.raises(UnsupportedOperation, match="gave complex numbers for real ones"):
        program(np.array([[-1.0, 0.2], [0.1, 2.0]]))
