"""Numbers of two levels in one operation: an inner number with an array or scalar of the derivative around it."""

import differences
import numpy as np
import pytest

import dualtape
from dualtape.errors import PerturbationError


def _written(x, z):
    y = np.zeros_like(x * z)
    y[0] = z * z * x[0]
    y[1:] = x[1:] * z
    return np.sum(y * y)


MIXED = {
    "operators": lambda x, z: np.sum(z * x + x * z - z / x + x / z + z**x + x**z + (z - x) + (x - z) + z // x + x % z),
    "scalars": lambda x, z: x[0] * z + z * x[1] + np.exp(x[2] * z) + z ** x[0] + x[0] ** z + np.arctan2(z, x[0]),
    "comparisons": lambda x, z: np.sum(np.where(x > z, x * z, z)) + np.sum(np.where(z >= x, x, z * z)),
    "ufuncs": lambda x, z: np.sum(np.maximum(z, x) * np.hypot(z, x) + np.logaddexp(x, z)),
    "movement": lambda x, z: np.prod(np.concatenate([x, z * x])) + np.max(np.stack([x, x * z])),
    "products": lambda x, z: np.dot(x, x * z) + np.sum(x @ np.outer(x, x * z)) + np.einsum("i,i->", x, z * x),
    "matrices": lambda x, z: np.sum(np.linalg.solve(np.diag(x) * z, x)) + np.linalg.det(np.diag(x * z)),
    "reductions": lambda x, z: np.linalg.norm(x * z) + np.std(x * z) + np.cumprod(x * z)[1],
    "arrays": lambda x, z: np.prod(np.array([z, x[0], x[1] * z], like=x)),
    "indexing": lambda x, z: np.sum((x * z)[[0, 2]]) * x[np.argmax(x)],
    "writing": _written,
}
POINT = np.array([1.1, 2.3, 0.4])


@pytest.mark.parametrize("outer", ["reverse", "forward"])
@pytest.mark.parametrize("inner", ["reverse", "forward"])
@pytest.mark.parametrize("f", MIXED.values(), ids=MIXED)
def test_mixed_derivatives(f, inner, outer):
    def slope(x):
        return dualtape.grad(lambda z: f(x, z), mode=inner)(1.7)

    def slope_by_differences(x):
        return differences.jacobian(lambda z: f(x, z), np.float64(1.7))[..., 0]

    expected = differences.jacobian(slope_by_differences, POINT)
    np.testing.assert_allclose(dualtape.grad(slope, mode=outer)(POINT), expected, rtol=1e-5, atol=1e-5)


def test_an_inner_number_is_not_lost_in_an_outer_array():
    def slope(x):
        def f(z):
            y = np.zeros_like(x)
            y[0] = z * z
            return np.sum(y * x)

        return dualtape.grad(f)(1.7)

    with pytest.raises(PerturbationError, match="inner derivative"):
        dualtape.grad(slope)(POINT)
