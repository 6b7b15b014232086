"""The rows of complex operations: both directions of each rule agree with each other and with differences, and what is
told of their shapes is what they give."""

import differences
import numpy as np
import pytest

pytest.importorskip("scipy")

from dualtape.ops import (
    complex_ops,
    complexified,
    eigen_ops,
    factor_ops,
    fourier_ops,
    matrix_ops,
    scipy_ops,
    singular_ops,
    spectral_ops,
)
from dualtape.trace.rows import gives

ADJOINT = 1e-12  # of <w, Jv> = <J'w, v>
LARGEST = 1 << 20

_fft = {"axis": -1, "library": "numpy.fft"}
_well = np.array([[4.0, 0.3, -1.0], [0.2, 7.0, 0.5], [0.1, -0.4, 1.0]])
_turning = np.array([[0.3, -2.0, 0.1], [2.0, 0.4, 0.2], [0.0, 0.3, 3.0]])

_rng = np.random.default_rng(6)


def _normal(*shape):
    return _rng.standard_normal(shape)


def _both(*shape):
    """Both parts of a matrix."""
    return [_normal(*shape), _normal(*shape)]


def _positive(n):
    """Both parts of a Hermitian positive definite matrix."""
    a = _normal(n, n) + 1j * _normal(n, n)
    a = a @ a.conj().T + np.eye(n)
    return [a.real.copy(), a.imag.copy()]


def _half(parts, cut=np.tril):
    return [cut(part) for part in parts]


def _of(row):
    return complexified.COUNTERPART[row].row


MATRICES = [
    *((spectral_ops.EIGH, "c", _half(_both(*shape)), {"lower": True}) for shape in ((4, 4), (2, 3, 3), (1, 1))),
    (spectral_ops.EIGH, "c", _half(_both(3, 3), np.triu), {"lower": False}),
    *((spectral_ops.EIGVALSH, "c", _half(_both(2, 3, 3)), {"lower": lower}) for lower in (True,)),
    (spectral_ops.CONJUGATED, "cr", [*_half(_both(3, 3)), _normal(3)], {"lower": True}),
    *(
        (singular_ops.SVD, "c", _both(*s), {"full": False})
        for s in ((3, 3), (4, 2), (2, 4), (2, 3, 2), (13, 2), (2, 13))
    ),
    (singular_ops.SVD, "c", _both(3, 3), {"full": True}),
    *((singular_ops.SVDVALS, "c", _both(*s), {}) for s in ((3, 3), (2, 4, 2))),
    *((singular_ops.RECOMBINED, "cr", [*_both(*s), _normal(2)], {}) for s in ((2, 2), (2, 4), (3, 2))),
    *((singular_ops.PINV, "c", _both(*s), {"rcond": c}) for s in ((3, 2), (2, 2, 4)) for c in (1e-15, 0.6)),
    *((factor_ops.QR, "c", _both(*s), {}) for s in ((3, 3), (4, 2), (2, 2, 4))),
    *((factor_ops.LU, "c", [_normal(*s) + 3.0 * np.eye(*s), _normal(*s)], {}) for s in ((3, 3), (4, 2))),
    (
        factor_ops.AS_RETURNED,
        "cc",
        [*_both(3, 3), *_both(3, 3)],
        {"function": "scipy.linalg.inv", "models": 1, "kwargs": {}},
    ),
    *((matrix_ops.CHOLESKY, "c", _positive(3), {"upper": upper}) for upper in (True, False)),
    *((scipy_ops.FUNCTION, "c", _both(3, 3), {"function": f}) for f in ("expm", "logm", "sinm", "tanhm")),
    (scipy_ops.FUNCTION, "c", _positive(3), {"function": "fractional_matrix_power", "t": 0.3}),
    (scipy_ops.SQUARE_ROOT, "c", _both(3, 3), {}),
    *((scipy_ops.POLAR, "c", _both(*s), {}) for s in ((3, 3), (4, 2), (2, 4))),
    (scipy_ops.SYLVESTER, "ccr", [*_both(3, 3), *_both(2, 2), _normal(3, 2)], {}),
    (scipy_ops.SYLVESTER, "crc", [*_both(3, 3), np.diag([1.0, 2.0]), *_both(3, 2)], {}),
    *(
        (scipy_ops.TRIANGULAR, "cc", [*_positive(3), *_both(3)], {"lower": k, "transpose": not k, "unit": k})
        for k in (True, False)
    ),
    (
        scipy_ops.BANDED,
        "cr",
        [_normal(3, 4) + 4.0 * np.eye(3)[:, 1:2], _normal(3, 4), _normal(4, 2)],
        {"lower": 1, "upper": 1},
    ),
    *((scipy_ops.EIGH, "c", _half(_both(3, 3)), {"lower": True, "driver": d}) for d in ("ev", "evd", "evx")),
    (scipy_ops.EIGVALSH, "c", _half(_both(3, 3)), {"lower": True}),
    (scipy_ops.PENCIL, "cc", [*_half(_both(3, 3)), *_half(_positive(3))], {"lower": True}),
    (scipy_ops.PENCIL, "rc", [np.triu(_normal(3, 3)), *_half(_positive(3), np.triu)], {"lower": False}),
    (
        scipy_ops.PENCIL,
        "cr",
        [*_half(_both(3, 3)), np.tril(np.diag([2.0, 3.0, 5.0]) + 0.3)],
        {"lower": True, "driver": "gvx"},
    ),
    (scipy_ops.SVD, "c", _both(3, 2), {"full": False, "lapack_driver": "gesvd"}),
]

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
    *((_of(row), *sample) for row, *sample in MATRICES),
]
SAMPLED = [pytest.param(*sample, id=f"{sample[0].name} {sample[1]} {k}") for k, sample in enumerate(SAMPLES)]


def _drawn(operands, rng):
    return [rng.uniform(-1.0, 1.0, x) if isinstance(x, tuple) else x for x in operands]


def _results(v):
    return v if isinstance(v, tuple) else (v,)


def _chosen(n, n_differentiated):
    """All operands, or one of them."""
    return {(True,) * n, *(tuple(i == j for i in range(n)) for j in range(n_differentiated))}


def _flat(v):
    return np.concatenate([np.ravel(part) for part in _results(v)])


@pytest.mark.parametrize(("row", "kinds", "operands", "params"), SAMPLED)
def test_pullback_is_the_transpose_of_the_pushforward(row, kinds, operands, params):
    rng = np.random.default_rng(1)
    xs = _drawn(operands, rng)
    v = row.primal(*xs, kinds=kinds, **params)
    x_dots, w = (
        [rng.standard_normal(x.shape) for x in xs],
        [rng.standard_normal(np.shape(part)) for part in _results(v)],
    )
    w = tuple(w) if isinstance(v, tuple) else w[0]
    for chosen in _chosen(len(xs), 2 * params["models"] if "models" in params else len(xs)):
        given = [d if c else None for d, c in zip(x_dots, chosen, strict=True)]
        v_dot = row.jvp(given, xs, v, kinds=kinds, **params)
        x_bars = row.vjp(w, xs, v, chosen, kinds=kinds, **params)
        assert [np.shape(part) for part in _results(v_dot)] == [np.shape(part) for part in _results(v)]
        assert all(bar is None for bar, c in zip(x_bars, chosen, strict=True) if not c)
        pulled = sum(
            float(np.sum(bar * d)) for bar, d in zip(x_bars, given, strict=True) if d is not None and bar is not None
        )
        assert float(np.sum(_flat(w) * _flat(v_dot))) == pytest.approx(pulled, rel=ADJOINT, abs=ADJOINT)


@pytest.mark.parametrize(("row", "kinds", "operands", "params"), SAMPLED)
def test_pushforward_is_the_derivative_of_the_primal(row, kinds, operands, params):
    rng = np.random.default_rng(2)
    xs = _drawn(operands, rng)
    x_dots = [rng.standard_normal(x.shape) for x in xs]
    if "models" in params:
        return  # it has the derivative of its model
    v_dot = row.jvp(x_dots, xs, row.primal(*xs, kinds=kinds, **params), kinds=kinds, **params)

    def along(t):
        return _flat(row.primal(*(x + t[0] * d for x, d in zip(xs, x_dots, strict=True)), kinds=kinds, **params))

    expected = differences.jacobian(along, np.zeros(1), h=1e-4)[..., 0]
    np.testing.assert_allclose(_flat(v_dot), expected, rtol=differences.RICHARDSON, atol=differences.RICHARDSON)


@pytest.mark.parametrize(("row", "kinds", "operands", "params"), SAMPLED)
def test_shapes_are_told_without_running_the_row(row, kinds, operands, params):
    xs = _drawn(operands, np.random.default_rng(3))
    shapes = [np.shape(part) for part in _results(row.primal(*xs, kinds=kinds, **params))]
    given = [x.shape for x in xs]
    params = {**params, "kinds": kinds}
    assert gives(row.name, given, params, shapes, LARGEST)
    assert not gives(row.name, given, params, [*shapes[:-1], (*shapes[-1], 2)], LARGEST)
    assert not gives(row.name, [*given, (2,)], params, shapes, LARGEST)
    assert not gives(row.name, given, {**params, "unheard_of": 1}, shapes, LARGEST)
    assert not gives(row.name, given, {**params, "kinds": kinds + "c"}, shapes, LARGEST)


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
