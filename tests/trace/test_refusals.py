"""What cannot keep its derivative is refused by name, with the user's line and a remedy."""

import sys

import engines
import numpy as np
import pytest

from dualtape.errors import DtypeError, TraceEscapeError, UnsupportedOperation

X = np.array([1.0, 2.0, 3.0])


def _refusal(f, error):
    with pytest.raises(error) as caught:
        engines.by_adjoints(f, X)
    return caught.value


@pytest.mark.parametrize(
    ("f", "named"),
    [
        (lambda x: np.add(x, x, out=np.zeros(3)), "out="),
        (lambda x: np.sum(x, dtype=int), "np.sum with dtype=int64"),
        (lambda x: np.multiply(x, x, dtype=np.int32), "np.multiply with dtype=int32"),
        (lambda x: x.tobytes(), "tobytes"),
        (lambda x: np.copyto(np.zeros(3), x), "np.copyto"),
        (lambda x: np.put(np.zeros(3), [0], x), "np.put"),
        (lambda x: np.add.at(np.zeros(3), [0], x[:1]), "np.add.at"),
        (lambda x: np.save("nowhere.npy", x), "np.save"),
        (lambda x: np.array(x, dtype=int, like=x), "np.array with dtype=int64"),
        (lambda x: np.concatenate([x, x], dtype=int), "concatenate with dtype=int64"),
    ],
)
def test_an_escape_is_named(f, named):
    error = _refusal(f, TraceEscapeError)
    assert named in error.problem
    assert error.remedy
    assert "test_refusals.py" in error.where


@pytest.mark.parametrize(
    ("f", "named"),
    [
        (lambda x: np.logaddexp.reduce(x * 1j), "np.logaddexp.reduce of complex numbers"),
        (lambda x: np.sum(x, dtype=np.float32), "np.sum with dtype=float32"),
    ],
)
def test_an_unsupported_operation_is_named(f, named):
    error = _refusal(f, UnsupportedOperation)
    assert named in error.problem
    assert error.remedy
    assert "test_refusals.py" in error.where


def test_complex_numbers_are_not_written_into_real_arrays():
    assert "complex" in _refusal(lambda x: np.copyto(np.zeros_like(x), x * 1j), DtypeError).problem


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.concatenate([x, np.zeros((2, 2))]),
        lambda x: np.reshape(x, (2, 2)),
        lambda x: np.take(x, 7),
        lambda x: np.dot(x, np.zeros(4)),
        lambda x: np.linalg.solve(np.zeros((3, 3)), x),
        lambda x: np.linalg.cholesky(-np.diag(x)),
        lambda x: np.max(x[:0]),
        lambda x: np.einsum("i,j->k", x, x),
        lambda x: np.sum(x, axis=3),
        lambda x: np.split(x, 2),
        lambda x: np.add(x, x, out=np.zeros_like(x, shape=(2, 2))),
        lambda x: np.stack([]),
    ],
)
def test_numpys_own_errors_are_numpys(f):
    with pytest.raises(Exception) as of_numpy:
        f(X)
    with pytest.raises(type(of_numpy.value)):
        engines.by_adjoints(f, X)


def test_scipy_is_not_imported():
    """The handlers may meet SciPy's ufuncs; they never bring SciPy in."""
    import subprocess

    program = "import sys, dualtape.trace.functions as f; f.load_families(); assert 'scipy' not in sys.modules"
    subprocess.run([sys.executable, "-c", program], check=True)
