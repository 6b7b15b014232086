"""The rows of complex operations: both directions of each rule agree with each other and with differences, and what is
told of their shapes is what they give."""

import differences
import numpy as np
import pytest

from dualtape.ops import complex_ops, eigen_ops, fourier_ops
from dualtape.trace.rows import gives

ADJOINT = 1e-12  # of <w, Jv> = <J'w, v>
LARGEST = 1 << 20

_fft = {"axis": -1, "library": "numpy.fft"}
_well = np.array([[4.0, 0.3, -1.0], [0.2, 7.0, 0.5], [0.1, -0.4, 1.0]])
_turning = np.array([[0.3, -2.0, 0.1], [2.0, 0.4, 0.2], [0.0, 0.3, 3.0]])

# row, kinds of the operands, shapes or values of the operands (both parts of a complex one), parameters
SAMPLES = [
    (complex_ops.PROD, "c", [(3, 4)] * 2, {"axis": 1}),
    (complex_ops.PROD, "c", [np.array([1.0, 0.0, 0.0]), np.array([0.5, 0.0, 0.0])], {"axis": None, "keepdims": True}),
    (complex_ops.CUMPROD, "c", [(3, 4)] * 2, {"axis": 0}),
    (complex_ops.EINSUM, "rc", [(2, 3), (3, 2), (3, 2)], {"subscripts": "ij,jk->ki"}),
    (complex_ops.SOLVE, "cr", [_well, _turning, (3,)], {}),
    (complex_ops.SOLVE, "rc", [_well, (3, 2), (3, 2)], {}),
    (complex_ops.INV, "c", [_well, _turning], {}),
    (complex_ops.DET, "c", [_well, _turning], {}),
    (complex_ops.DET, "c", [np.ones((2, 2)), np.ones((2, 2))], {}),
    (complex_ops.LOGDET, "c", [_well, _turning], {}),
    (eigen_ops.EIGVALS, "r", [_turning], {}),
    (eigen_ops.EIGVALS, "r", [_well], {}),
    (eigen_ops.EIGVALS, "c", [_well, _turning], {}),
    (eigen_ops.EIG, "r", [_turning], {}),
    (eigen_ops.EIG, "r", [np.stack([_well, _turning])], {}),
    (eigen_ops.EIG, "c", [_well, _turning], {}),
    *(
        (fourier_ops.FFT, kinds, [(2, 5)] * len(parts), {"inverse": inverse, "n": n, "norm": norm, **_fft})
        for kinds, parts in (("c", "ab"), ("r", "a"))
        for inverse, n, norm in ((False, None, None), (True, 4, "ortho"), (False, 7, "forward"))
    ),
    *((fourier_ops.RFFT, "r", [(2, 5)], {"n": n, "norm": None, **_fft}) for n in (None, 4, 8)),
    *((fourier_ops.IRFFT, "c", [(2, 4)] * 2, {"n": n, "norm": "ortho", **_fft}) for n in (None, 5, 9)),
    (fourier_ops.IRFFT, "r", [(2, 4)], {"n": 6, "norm": None, **_fft}),
]
SAMPLED = [pytest.param(*sample, id=f"{sample[0].name} {sample[1]} {k}") for k, sample in enumerate(SAMPLES)]


def _drawn(operands, rng):
    return [rng.uniform(-1.0, 1.0, x) if isinstance(x, tuple) else x for x in operands]


@pytest.mark.parametrize(("row", "kinds", "operands", "params"), SAMPLED)
def test_pullback_is_the_transpose_of_the_pushforward(row, kinds, operands, params):
    rng = np.random.default_rng(1)
    xs = _drawn(operands, rng)
    v = row.primal(*xs, kinds=kinds, **params)
    x_dots, w = [rng.standard_normal(x.shape) for x in xs], rng.standard_normal(v.shape)
    for chosen in {(True,) * len(xs), *(tuple(i == j for i in range(len(xs))) for j in range(len(xs)))}:
        given = [d if c else None for d, c in zip(x_dots, chosen, strict=True)]
        v_dot = row.jvp(given, xs, v, kinds=kinds, **params)
        x_bars = row.vjp(w, xs, v, chosen, kinds=kinds, **params)
        assert v_dot.shape == v.shape
        assert [bar is None for bar in x_bars] == [not c for c in chosen]
        pulled = sum(float(np.sum(bar * d)) for bar, d in zip(x_bars, given, strict=True) if d is not None)
        assert float(np.sum(w * v_dot)) == pytest.approx(pulled, rel=ADJOINT, abs=ADJOINT)


@pytest.mark.parametrize(("row", "kinds", "operands", "params"), SAMPLED)
def test_pushforward_is_the_derivative_of_the_primal(row, kinds, operands, params):
    rng = np.random.default_rng(2)
    xs = _drawn(operands, rng)
    x_dots = [rng.standard_normal(x.shape) for x in xs]
    v_dot = row.jvp(x_dots, xs, row.primal(*xs, kinds=kinds, **params), kinds=kinds, **params)

    def along(t):
        return row.primal(*(x + t[0] * d for x, d in zip(xs, x_dots, strict=True)), kinds=kinds, **params)

    expected = differences.jacobian(along, np.zeros(1), h=1e-4)[..., 0]
    np.testing.assert_allclose(v_dot, expected, rtol=differences.RICHARDSON, atol=differences.RICHARDSON)


@pytest.mark.parametrize(("row", "kinds", "operands", "params"), SAMPLED)
def test_shapes_are_told_without_running_the_row(row, kinds, operands, params):
    xs = _drawn(operands, np.random.default_rng(3))
    shape = row.primal(*xs, kinds=kinds, **params).shape
    given = [x.shape for x in xs]
    params = {**params, "kinds": kinds}
    assert gives(row.name, given, params, [shape], LARGEST)
    assert not gives(row.name, given, params, [(*shape, 2)], LARGEST)
    assert not gives(row.name, [*given, (2,)], params, [shape], LARGEST)
    assert not gives(row.name, given, {**params, "unheard_of": 1}, [shape], LARGEST)
    assert not gives(row.name, given, {**params, "kinds": kinds + "c"}, [shape], LARGEST)


@pytest.mark.parametrize(
    "params",
    [
        {"function": "load", "kinds": "c", "args": ("<operand>",), "kwargs": {}},
        {"function": "operator.call", "kinds": "c", "args": ("<operand>",), "kwargs": {}},
        {"function": "exp", "kinds": "c", "args": ("<operand>", "x"), "kwargs": {}},
        {"function": "exp", "kinds": "c", "args": (), "kwargs": {}},
        {"function": "linalg.eig", "kinds": "c", "args": ("<operand>",), "kwargs": {}, "part": 0},
    ],
)
def test_a_file_cannot_ask_for_other_functions(params):
    for shape in ((3, 3), (2, 3, 3), (2, 3), ()):
        assert not gives("complex value", [(3, 3), (3, 3)], params, [shape], LARGEST)
