"""What is told about array operations without running them, against the operations themselves."""

import numpy as np
import pytest
from test_rows import SAMPLES

from dualtape.trace.rows import _RULES, gives, rows

LARGEST = 1 << 20


def test_every_row_has_a_rule():
    assert set(rows()) == set(_RULES)


@pytest.mark.parametrize("name, number", [(name, k) for name, samples in SAMPLES.items() for k in range(len(samples))])
def test_a_rule_knows_the_shape_of_the_result(name, number):
    if rows()[name].primal is None:
        pytest.skip("this NumPy has no such function")
    shapes, params = SAMPLES[name][number]
    xs = [np.asarray(x) if not isinstance(x, tuple) else _well_conditioned(x) for x in shapes]
    result = np.shape(rows()[name].primal(*xs, **params))
    params = {key: tuple(x) if key == "axes" else x for key, x in params.items()}
    operands = [x.shape for x in xs]
    assert gives(name, operands, params, [result], LARGEST)
    assert not gives(name, operands, params, [(*result, 2)], LARGEST)
    assert not gives(name, operands, params, [result, result], LARGEST)
    assert not gives(name, [*operands, (2,)], params, [result], LARGEST)
    assert not gives(name, operands, {**params, "unheard_of": 1}, [result], LARGEST)


def _well_conditioned(shape):
    x = np.random.default_rng(3).uniform(0.5, 1.5, shape)
    if len(shape) > 1 and shape[-1] == shape[-2]:
        return x @ np.swapaxes(x, -1, -2) + 4.0 * np.eye(shape[-1])
    return x


@pytest.mark.parametrize(
    "name, shapes, params",
    [
        ("einsum", [(100,), (100,), (100,), (100,)], {"subscripts": "a,b,c,d->abcd"}),
        ("tensordot", [(1000,), (1000,)], {"axes": ((), ())}),
        ("add.at", [(10,), ()], {"index": (np.zeros((2000, 1), int) + np.zeros((1, 2), int),)}),
        ("add.reduceat", [(100, 100)], {"indices": np.array([0, 99] * 200), "axis": 0}),
        ("decision", [(3,)], {"function": "histogram_bin_edges", "args": ("<operand>", 10**9), "kwargs": {},
                              "types": ["float64"]}),
        ("decision", [(3,)], {"function": "histogram_bin_edges", "args": ("<operand>", "auto"), "kwargs": {},
                              "types": ["float64"]}),
    ],
)  # fmt: skip
def test_results_and_pullbacks_out_of_proportion_are_refused(name, shapes, params):
    for result in ((), (3,), (100,) * 4, (1000, 1000), (10,), (400, 100)):
        assert not gives(name, shapes, params, [result], 1000)


@pytest.mark.parametrize(
    "name, shapes, params, result",
    [
        ("matmul", [(2, 3), (1, 4)], {}, (2, 4)),
        ("matmul", [(), (3,)], {}, (3,)),
        ("dot", [(2, 3), (4, 5)], {}, (2, 5)),
        ("linalg.solve", [(3, 3), (4,)], {}, (3,)),
        ("linalg.inv", [(3, 4)], {}, (3, 4)),
        ("einsum", [(3,)], {"subscripts": "i->ii"}, (3, 3)),
        ("einsum", [(3,)], {"subscripts": "i", "optimize": ("greedy", 10**12)}, (3,)),
        ("sum", [(3,)], {"axis": 1}, ()),
        ("sum", [(3,)], {"where": np.ones((4, 3), bool)}, ()),
        ("step", [(3,)], {"function": "sin", "args": ("<operand>",), "kwargs": {}}, (3,)),
        ("partial", [(3,)], {"function": "exp", "which": 1, "active": 1}, (3,)),
    ],
)
def test_what_could_not_have_been_recorded_is_refused(name, shapes, params, result):
    assert not gives(name, shapes, params, [result], LARGEST)
