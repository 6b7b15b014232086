"""Identities that hold for every driver, walked over functions of many shapes (driver_cases.py)."""

import numpy as np
import pytest
from driver_cases import CASES, IDS
from driver_oracles import (
    DIFFERENCE,
    ROUNDING,
    active,
    around,
    differences,
    flat,
    flat_function,
    leaves,
    matrix,
    tensor,
)
from numpy.testing import assert_allclose, assert_array_equal

import dualtape

pytestmark = pytest.mark.parametrize("case", CASES, ids=IDS)
MODES = ["auto", "forward", "reverse"]


@pytest.fixture
def rng():
    return np.random.default_rng(7)


@pytest.mark.parametrize("mode", MODES)
def test_jacobian_agrees_with_differences_and_keeps_shapes(case, mode):
    out, x = case.f(*case.args), active(case)
    value, J = dualtape.value_and_jacobian(case.f, case.argnums, mode)(*case.args)
    assert_array_equal(flat(value), flat(out))
    assert_allclose(matrix(J, out, x), differences(flat_function(case), flat(x)), **DIFFERENCE)
    shapes = [a.shape + b.shape for a in leaves(out) for b in leaves(x)]
    assert [leaf.shape for leaf in leaves(J)] == shapes


@pytest.mark.parametrize("mode", MODES)
def test_hessian_agrees_with_differences_and_is_symmetric(case, mode):
    out, x = case.f(*case.args), active(case)
    H = tensor(dualtape.hessian(case.f, case.argnums, mode)(*case.args), out, x)

    def jacobian(vector):
        args = list(case.args)
        positions = (case.argnums,) if isinstance(case.argnums, int) else case.argnums
        new = around(x, vector)
        for position, argument in zip(positions, (new,) if isinstance(case.argnums, int) else new, strict=True):
            args[position] = argument
        return matrix(dualtape.jacobian(case.f, case.argnums, "reverse")(*args), out, x).ravel()

    expected = differences(jacobian, flat(x)).reshape(H.shape)
    assert_allclose(H, expected, **DIFFERENCE)
    assert_array_equal(H, np.swapaxes(H, 1, 2))


def test_modes_agree(case):
    out, x = case.f(*case.args), active(case)
    forward, reverse = (matrix(dualtape.jacobian(case.f, case.argnums, mode)(*case.args), out, x) for mode in MODES[1:])
    assert_allclose(forward, reverse, **ROUNDING)


def test_pushforward_and_pullback_are_adjoint(case, rng):
    f, primals = _of_active(case)
    out = f(*primals)
    tangents = around(primals, rng.normal(size=flat(primals).size))
    cotangent = around(out, rng.normal(size=flat(out).size))
    value, pushed = dualtape.jvp(f, primals, tangents)
    _, on_duals = dualtape.jvp(f, primals, tangents, mode="forward")
    assert_allclose(flat(on_duals), flat(pushed), **ROUNDING)
    same, pullback = dualtape.vjp(f, *primals)
    assert_array_equal(flat(value), flat(out))
    assert_array_equal(flat(same), flat(out))
    pulled = pullback(cotangent)
    assert_allclose(flat(cotangent) @ flat(pushed), flat(pulled) @ flat(tangents), rtol=1e-12, atol=1e-12)


def test_batched_seeds_give_one_result_each(case, rng):
    f, primals = _of_active(case)
    n, out = flat(primals).size, f(*primals)
    J = matrix(dualtape.jacobian(f, tuple(range(len(primals))))(*primals), out, primals)
    single = [around(primals, row) for row in np.eye(n)]
    tangents = _stack(single, primals)
    _, pushed = dualtape.jvp(f, primals, tangents)
    assert_allclose(np.concatenate([leaf.reshape(n, -1) for leaf in leaves(pushed)], axis=1), J.T, **ROUNDING)
    _, pullback = dualtape.vjp(f, *primals)
    m = flat(out).size
    pulled = pullback(_stack([around(out, row) for row in np.eye(m)], out))
    assert_allclose(np.concatenate([leaf.reshape(m, -1) for leaf in leaves(pulled)], axis=1), J, **ROUNDING)


def test_weighted_hessian_is_the_weighted_sum(case, rng):
    f, primals = _of_active(case)
    out = f(*primals)
    w = rng.normal(size=flat(out).size)
    H = tensor(dualtape.hessian(f, tuple(range(len(primals))))(*primals), out, primals)
    weighted = dualtape.weighted_hessian(f, primals, around(out, w))
    found = tensor([weighted], [0.0], primals)[0]
    assert_allclose(found, np.einsum("i,ijk->jk", w, H), rtol=1e-11, atol=1e-11)
    assert_array_equal(found, found.T)


def test_derivatives_and_programs_give_the_same(case):
    f, primals = _of_active(case)
    out, argnums = f(*primals), tuple(range(len(primals)))
    value, J, H = dualtape.derivatives(f, primals)
    assert_array_equal(flat(value), flat(out))
    assert_array_equal(matrix(J, out, primals), matrix(dualtape.jacobian(f, argnums)(*primals), out, primals))
    assert_array_equal(tensor(H, out, primals), tensor(dualtape.hessian(f, argnums)(*primals), out, primals))
    P = dualtape.record(f, *primals)
    assert_array_equal(flat(P(*primals)), flat(out))
    assert_allclose(flat(P.jacobian(*primals)), flat(dualtape.jacobian(f, _bare(argnums))(*primals)), rtol=1e-12)
    expected = flat(dualtape.hessian(f, _bare(argnums), "reverse")(*primals))
    assert_allclose(flat(P.hessian(*primals)), expected, rtol=1e-11, atol=1e-14)


def test_results_are_plain_and_inputs_stay(case):
    before = [leaf.copy() for leaf in leaves(case.args)]
    J = dualtape.jacobian(case.f, case.argnums)(*case.args)
    assert all(type(leaf) in (float, np.ndarray) for leaf in _raw_leaves(J))
    for now, then in zip(leaves(case.args), before, strict=True):
        assert_array_equal(now, then)


def _of_active(case):
    """f as a function of its active arguments alone."""
    positions = (case.argnums,) if isinstance(case.argnums, int) else case.argnums

    def f(*primals):
        args = list(case.args)
        for position, primal in zip(positions, primals, strict=True):
            args[position] = primal
        return case.f(*args)

    return f, tuple(case.args[position] for position in positions)


def _bare(argnums):
    return 0 if len(argnums) == 1 else argnums


def _raw_leaves(tree):
    if isinstance(tree, dict):
        tree = list(tree.values())
    return [leaf for part in tree for leaf in _raw_leaves(part)] if isinstance(tree, (tuple, list)) else [tree]


def _stack(trees, like):
    """Containers like `like` with a leading axis."""
    stacked = np.array([flat(tree) for tree in trees])
    start, parts = 0, []
    for leaf in leaves(like):
        parts.append(stacked[:, start : start + leaf.size].reshape(len(trees), *leaf.shape))
        start += leaf.size
    stream = iter(parts)

    def build(part):
        if isinstance(part, dict):
            return {key: build(value) for key, value in part.items()}
        if isinstance(part, tuple) and hasattr(part, "_fields"):
            return type(part)(*map(build, part))
        return type(part)(map(build, part)) if isinstance(part, (tuple, list)) else next(stream)

    return build(like)
