"""The transforms of scipy.fft: value, derivative and pullback, by their handlers and in plain code."""

import engines
import numpy as np
import pytest

import dualtape
from dualtape.trace.functions import foreign_handler

fft = pytest.importorskip("scipy.fft")
TO_ROUNDING = 1e-12


@pytest.mark.parametrize("name", ["dct", "idct", "dst", "idst"])
@pytest.mark.parametrize("kind", [1, 2, 3, 4])
@pytest.mark.parametrize("norm", [None, "backward", "ortho", "forward"])
@pytest.mark.parametrize("n", [None, 4, 7])
def test_cosines_and_sines_are_linear(name, kind, norm, n):
    x = np.random.default_rng(1).uniform(-1.0, 1.0, (5, 2))
    options = {"type": kind, "n": n, "axis": 0, "norm": norm}
    expected = getattr(fft, name)(x, **options)
    matrix = getattr(fft, name)(np.eye(5), **options)
    J = np.einsum("ij,kl->ikjl", matrix, np.eye(2)).reshape(*expected.shape, x.size)
    for jacobian in (engines.by_adjoints, engines.by_tangents, engines.by_duals):
        value, found = jacobian(lambda x: foreign_handler(f"scipy.fft.{name}")(x, **options), x)
        np.testing.assert_array_equal(value, expected)
        np.testing.assert_allclose(found, J, atol=TO_ROUNDING)


@pytest.mark.parametrize("name", ["fft", "ifft", "rfft", "ihfft", "fft2", "rfftn"])
def test_transforms_of_real_numbers_in_plain_code(name):
    x = np.random.default_rng(2).uniform(-1.0, 1.0, (3, 4))
    function = getattr(fft, name)
    value, J = dualtape.value_and_jacobian(lambda x: function(x))(x)
    np.testing.assert_array_equal(value, function(x))
    basis = np.eye(12).reshape(12, 3, 4)
    np.testing.assert_allclose(
        J.reshape(*value.shape, 12), np.stack([function(e) for e in basis], -1), atol=TO_ROUNDING
    )


@pytest.mark.parametrize("name", ["irfft", "hfft", "ifftn", "irfft2"])
def test_transforms_of_complex_numbers_in_plain_code(name):
    function = getattr(fft, name)
    f = lambda x, y: function(x + 1j * y, norm="ortho")
    x, y = np.random.default_rng(3).uniform(-1.0, 1.0, (2, 3, 4))
    value, (of_x, of_y) = dualtape.value_and_jacobian(f, (0, 1))(x, y)
    np.testing.assert_array_equal(value, f(x, y))
    basis = np.eye(12).reshape(12, 3, 4)
    for found, unit in ((of_x, 1.0), (of_y, 1j)):
        expected = np.stack([function(unit * e, norm="ortho") for e in basis], -1)
        np.testing.assert_allclose(found.reshape(*value.shape, 12), expected, atol=TO_ROUNDING)
