"""Memory order: values agree with NumPy's to the last bit for inputs that are transposed, strided or reversed."""

import engines
import numpy as np
import pytest

_RNG = np.random.default_rng(5)
_MATRIX = _RNG.standard_normal((37, 53))
_ARRAYS = {
    "C order": _MATRIX,
    "transposed": _MATRIX.T,
    "Fortran order": np.asfortranarray(_RNG.standard_normal((5, 17, 23))),
    "with gaps": _MATRIX[::2, ::3],
    "reversed": _MATRIX[::-1, ::-2],
    "axes moved": np.moveaxis(_RNG.standard_normal((5, 17, 23)), 0, 1),
}
_FUNCTIONS = {
    "sum": np.sum,
    "sum of an axis": lambda x: np.sum(x, axis=0),
    "sum of products": lambda x: (x * x).sum(axis=-1),
    "sum of the transpose": lambda x: (x.T * 2.0).sum(axis=0),
    "sum of a view": lambda x: x[::2].sum(),
    "sum where": lambda x: np.sum(x, where=x > 0.0),
    "mean": lambda x: np.mean(x, axis=-1),
    "var": np.var,
    "norm": np.linalg.norm,
    "norms": lambda x: np.linalg.norm(x, axis=-1),
    "concatenate": lambda x: np.concatenate([x, x]).sum(),
    "where": lambda x: np.where(x > 0.0, x, 0.0).sum(axis=0),
    "take": lambda x: x[[2, 0, 1]].sum(),
    "matmul": lambda x: x @ np.swapaxes(x, -1, -2),
    "dot": lambda x: np.dot(x[0], x[1].T) if x.ndim == 2 else np.dot(x[0], x[1].T).sum(),
    "einsum": lambda x: np.einsum("...ij,...kj->...ik", x, x),
    "sort": lambda x: np.sort(x, axis=0).sum(),
}


@pytest.mark.parametrize("f", _FUNCTIONS.values(), ids=_FUNCTIONS)
@pytest.mark.parametrize("x", _ARRAYS.values(), ids=_ARRAYS)
def test_values_are_numpys_in_any_memory_order(f, x):
    recording = engines.record.record_flat(lambda t: [f(t)], [x])
    assert np.array_equal(recording.value[0], f(x))


@pytest.mark.parametrize("x", _ARRAYS.values(), ids=_ARRAYS)
@pytest.mark.parametrize("engine", [engines.by_adjoints, engines.by_tangents, engines.by_duals])
def test_derivatives_stay_in_c_order(x, engine):
    x = x[:3, :2]
    weights = np.arange(x.size, dtype=float).reshape(x.shape)
    _, derivative = engine(lambda t: np.sum(weights * t), x)
    np.testing.assert_array_equal(derivative, weights.ravel())
