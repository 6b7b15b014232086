"""What isinstance says of active numbers and masks: what it would say of NumPy's own."""

import functools
import numbers

import numpy as np
import pytest

import dualtape

POINT = np.array([0.5, -1.5, 2.0])


def _scalars_and_arrays(x):
    return [x[0], x[0] * 2.0, np.sum(x)], [x, x[1:], x * 2.0, np.reshape(x, (3, 1))]


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("order", [1, 2])
def test_active_numbers_pass_for_those_of_numpy(mode, order):
    def f(x):
        scalars, arrays = _scalars_and_arrays(x)
        for scalar in scalars:
            assert isinstance(scalar, float) and isinstance(scalar, np.floating) and isinstance(scalar, numbers.Real)
            assert np.isscalar(scalar) and not isinstance(scalar, (int, np.ndarray))
        assert all(isinstance(array, np.ndarray) and not isinstance(array, float) for array in arrays)
        return x @ x

    if order == 1:
        np.testing.assert_array_equal(dualtape.grad(f, mode=mode)(POINT), 2.0 * POINT)
    else:
        np.testing.assert_array_equal(dualtape.hessian(f, mode=mode)(POINT), 2.0 * np.eye(3))


def test_masks_pass_for_arrays_of_bool():
    def f(x):
        mask = x > 0.0
        assert isinstance(mask, np.ndarray) and mask.dtype == bool
        assert isinstance(mask[0], np.bool_)
        return np.sum(x * mask)

    np.testing.assert_array_equal(dualtape.record(f, POINT).grad(POINT), [1.0, 0.0, 1.0])


def test_single_dispatch_finds_the_function_for_arrays():
    @functools.singledispatch
    def area(x):
        raise AssertionError("not reached")

    @area.register
    def _(x: np.ndarray):
        return np.sum(x * x)

    @area.register
    def _(x: float):
        return x * x * x

    np.testing.assert_array_equal(dualtape.grad(area)(POINT), 2.0 * POINT)
    assert dualtape.grad(area)(2.0) == 12.0


@pytest.mark.parametrize("outer", ["forward", "reverse"])
def test_numbers_of_an_outer_level_are_not_taken_for_constants(outer):
    """They pass for floats in the inner derivative as well, and its derivative depends on them."""

    def f(x):
        return dualtape.grad(lambda z: np.sum(x * z * z) * x[0] + np.where(z > 0.0, x, z) @ x)(x * 1.0) @ x

    def written_out(x):
        return 2.0 * x[0] * np.sum(x**3) + np.sum(np.where(x > 0.0, 0.0, x * x))

    expected = dualtape.grad(written_out)(POINT)
    np.testing.assert_allclose(dualtape.grad(f, mode=outer)(POINT), expected, rtol=1e-12)
