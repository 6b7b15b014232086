"""Products as einsum subscripts: the same product, for every pair of ranks."""

import numpy as np
import pytest

from dualtape.ops.contractions import contraction_of

SHAPES = {0: (), 1: (3,), 2: (3, 3), 3: (2, 3, 3), 4: (1, 2, 3, 3)}


def _agrees(product, name, a, b, **params):
    inputs, output = contraction_of(name, [a.ndim, b.ndim], params)
    np.testing.assert_allclose(np.einsum(f"{','.join(inputs)}->{output}", a, b), product, rtol=1e-14)


@pytest.mark.parametrize("n_a", SHAPES)
@pytest.mark.parametrize("n_b", SHAPES)
@pytest.mark.parametrize("name", ["matmul", "dot", "inner"])
def test_products_of_any_ranks(name, n_a, n_b, rng):
    a, b = rng.normal(size=SHAPES[n_a]), rng.normal(size=SHAPES[n_b])
    if name == "matmul" and 0 in (n_a, n_b):
        pytest.skip("matmul takes no scalars")
    _agrees(getattr(np, name)(a, b), name, a, b)


@pytest.mark.parametrize("axes", [((), ()), ((1,), (0,)), ((0, 1), (1, 0)), ((1, 0), (2, 1))])
def test_tensordot_along_any_axes(axes, rng):
    a, b = rng.normal(size=(3, 3)), rng.normal(size=(3, 3, 3))
    _agrees(np.tensordot(a, b, axes), "tensordot", a, b, axes=axes)


@pytest.mark.parametrize("subscripts", ["ij,jk", "ij,kj->ik", "...i,...i->...", "ii,j->ij", "ij,...j->...i"])
def test_einsum_in_normal_form(subscripts, rng):
    a, b = rng.normal(size=(3, 3)), rng.normal(size=(3,) if subscripts == "ii,j->ij" else (3, 3))
    _agrees(np.einsum(subscripts, a, b), "einsum", a, b, subscripts=subscripts)


def test_others_are_none():
    assert contraction_of("linalg.solve", [2, 1], {}) is None
    assert contraction_of("einsum", [2, 2, 2], {"subscripts": "ij,jk,kl"}) is None
