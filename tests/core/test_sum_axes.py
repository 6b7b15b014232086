"""Sums along axes in a replay: NumPy's bits in the layouts that NumPy adds in one way."""

import itertools

import numpy as np
import pytest

import dualtape

SHAPES = ((5, 300), (300, 5), (7, 9), (40, 50, 6), (6, 7, 500), (2, 3, 4, 50), (3, 1, 1000), (20, 8193))
LAYOUTS = {
    "rows": lambda a: a,
    "columns": lambda a: a.T,
    "product": lambda a: a * 1.5,
    "middle": lambda a: a.swapaxes(0, 1),
}


def axes_of(ndim):
    return [axes for count in range(1, ndim + 1) for axes in itertools.combinations(range(ndim), count)]


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_sums_are_numpys_bit_for_bit(shape, layout, rng):
    recorded, x = rng.standard_normal(shape), rng.standard_normal(shape)
    view = LAYOUTS[layout]
    for axes, keepdims in itertools.product(axes_of(len(shape)), (False, True)):
        f = lambda a, axes=axes, keepdims=keepdims: view(a).sum(axis=axes, keepdims=keepdims)
        np.testing.assert_array_equal(dualtape.record(f, recorded)(x), f(x))


@pytest.mark.parametrize("view", (lambda a: a[:, ::2], lambda a: a[::-1], lambda a: a[:, ::-1]))
def test_one_axis_of_a_view(view, rng):
    """Several summed axes that are not one in memory go through a buffer in some versions of NumPy."""
    recorded, x = rng.standard_normal((2, 30, 400))
    for axis in (0, 1):
        f = lambda a, axis=axis: view(a).sum(axis=axis)
        np.testing.assert_array_equal(dualtape.record(f, recorded)(x), f(x))


def test_repeated_elements_and_single_ones(rng):
    recorded, x = rng.standard_normal((2, 4, 1))
    f = lambda a: np.broadcast_to(a, (4, 3)).sum(axis=1) + a.sum(axis=1)
    np.testing.assert_allclose(dualtape.record(f, recorded)(x), f(x), rtol=4e-16)
