"""The sine and cosine of derivatives (c/sincos.h) against mpmath: they are the partials of the rows cos and sin."""

import mpmath
import numpy as np
import pytest

from dualtape.core import kernels

LARGEST = 1647099.0  # reduced with pi/2 in three parts; beyond that, the C library
WORST = 0.8  # units in the last place


def cosine(x):
    return kernels.evaluate("sin", x, order=1)["dx"]


def sine(x):
    return -kernels.evaluate("cos", x, order=1)["dx"]


@pytest.fixture(params=kernels.targets())
def target(request):
    before = kernels.target()
    kernels.use_target(request.param)
    yield request.param
    kernels.use_target(before)


def ulps(found, exact):
    """Largest error in units in the last place of the rounded result."""
    pairs = zip(found.tolist(), exact, strict=True)
    return max(abs(mpmath.mpf(v) - w) / float(np.spacing(abs(float(w)))) for v, w in pairs)


def points(rng):
    multiples = rng.integers(-(2**20), 2**20, 400) * (np.pi / 2)
    near = np.concatenate([multiples, np.nextafter(multiples, np.inf), np.arange(1, 200) * (np.pi / 4)])
    wide = [rng.uniform(-top, top, 400) for top in (0.8, 10.0, 1e3, LARGEST)]
    return np.concatenate([near, *wide, 10.0 ** rng.uniform(-300, 2, 200), [5e-324, LARGEST, -LARGEST]])


@pytest.mark.parametrize("function", (sine, cosine))
def test_errors_stay_below_one_ulp(function, target, rng):
    x = points(rng)
    exact = {sine: mpmath.sin, cosine: mpmath.cos}[function]
    with mpmath.workprec(200):
        assert ulps(function(x), [exact(mpmath.mpf(float(t))) for t in x]) < WORST


@pytest.mark.parametrize("function", (sine, cosine))
def test_far_arguments_are_the_librarys(function, target):
    x = np.array([0.5, 1e7, -1e15, 1e300, -1.7e308, np.nextafter(LARGEST, np.inf)])
    np.testing.assert_allclose(function(x), {sine: np.sin, cosine: np.cos}[function](x), rtol=4e-16)


def test_not_a_number(target):
    x = np.array([np.nan, np.inf, -np.inf, 1.0])
    for function in (sine, cosine):
        assert np.isnan(function(x)).tolist() == [True, True, True, False]


def test_zero(target):
    x = np.array([0.0, -0.0])
    assert cosine(x).tolist() == [1.0, 1.0]
    assert sine(x).tolist() == [0.0, 0.0]


def test_every_target_gives_the_same_bits(rng):
    x, before, found = points(rng), kernels.target(), []
    for name in kernels.targets():
        kernels.use_target(name)
        found.append((sine(x).tobytes(), cosine(x).tobytes()))
    kernels.use_target(before)
    assert all(bits == found[0] for bits in found)
