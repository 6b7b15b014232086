"""Memory order: values agree with NumPy's to the last bit for inputs that are transposed, strided or reversed."""

import copy

import engines
import numpy as np
import pytest

import dualtape as dt

_RNG = np.random.default_rng(5)
_MATRIX = _RNG.standard_normal((37, 53))
_ARRAYS = {
    "C order": _MATRIX,
    "transposed": _MATRIX.T,
    "Fortran order": np.asfortranarray(_RNG.standard_normal((5, 17, 23))),
    "with gaps": _MATRIX[::2, ::3],
    "reversed": _MATRIX[::-1, ::-2],
    "axes moved": np.moveaxis(_RNG.standard_normal((5, 17, 23)), 0, 1),
    "with wide gaps": _RNG.standard_normal((7, 3, 60))[:, ::-1, ::20],
    "broadcast": np.broadcast_to(_MATRIX[:5, :1], (5, 4)),
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


# ---- what shares memory: reshape(-1) and ravel are views or copies as the memory order has it ----

_BLOCK = np.linspace(0.5, 2.0, 24).reshape(2, 3, 4)
_INPUTS = {
    "C order": _BLOCK,
    "Fortran order": np.asfortranarray(_BLOCK),
    "axes moved": _BLOCK.transpose(1, 2, 0),
    "reversed": _BLOCK[:, ::-1],
    "reversed and transposed": _BLOCK[::-1].T,
    "matrix transposed": _BLOCK[0].T,
}


def _filled_later(x):
    y = np.zeros(x.shape, order="F")
    y[...] = x
    return y


_COPIES = {
    "zeros_like": np.zeros_like,
    "ones_like": np.ones_like,
    "ones_like in Fortran order": lambda x: np.ones_like(x, order="F"),
    "ones_like in C order": lambda x: np.ones_like(x, order="C"),
    "ones_like in any order": lambda x: np.ones_like(x, order="A"),
    "ones_like of another shape": lambda x: np.ones_like(x, shape=x.shape[::-1]),
    "ones_like of ones_like": lambda x: np.ones_like(np.ones_like(x)),
    "empty_like": lambda x: np.multiply(x, 2.0, out=np.empty_like(x)),
    "full_like": lambda x: np.full_like(x, 2.0),
    "full_like of a traced number": lambda x: np.full_like(x, x.sum()),
    "full_like in Fortran order": lambda x: np.full_like(x, x.sum(), order="F"),
    "np.copy": np.copy,
    "copy": lambda x: x.copy(),
    "copy in kept order": lambda x: x.copy("K"),
    "copy in Fortran order": lambda x: x.copy("F"),
    "deepcopy": copy.deepcopy,
    "astype": lambda x: x.astype(float),
    "astype in Fortran order": lambda x: x.astype(float, order="F"),
    "astype in C order": lambda x: x.astype(float, order="C"),
    "zeros, like": lambda x: np.zeros(x.shape, order="F", like=x),
    "full, like": lambda x: np.full(x.shape, x.sum(), order="F", like=x),
    "array, like": lambda x: np.array(x, order="F", like=x),
    "asfortranarray, like": lambda x: np.asfortranarray(2.0 * x, like=x),
    "elementwise": lambda x: np.sin(x) + 2.0 * x,
    "elementwise in C order": lambda x: np.multiply(x, 2.0, order="C"),
    "outer": lambda x: np.add.outer(x[0], x[-1]).T * 1.0,
    "cumsum": lambda x: np.cumsum(x, axis=0),
    "cumprod": lambda x: np.cumprod(x, axis=-1),
    "sum": lambda x: np.sum(x, axis=0, keepdims=True),
    "max": lambda x: np.max(x, axis=-1, keepdims=True),
    "sort": lambda x: np.sort(x, axis=0),
    "where": lambda x: np.where(x > 1.0, x, 0.0),
    "einsum": lambda x: np.einsum("...ij,...kj->...ik", x, x),
    "concatenate": lambda x: np.concatenate([x, x], axis=0),
    "matmul": lambda x: x @ np.swapaxes(x, -1, -2),
    "complex": lambda x: np.abs(x + 1j * x),
    "apply_along_axis": lambda x: np.apply_along_axis(lambda row: row * 2.0, 0, x),
}
_COPIES_IN_CLONE = _COPIES | {
    "array": np.array,
    "array in Fortran order": lambda x: np.array(x, order="F"),
    "asarray in Fortran order": lambda x: np.asarray(2.0 * x, order="F"),
    "nested list in Fortran order": lambda x: np.array([x[0], x[1]], order="F"),
    "require": lambda x: np.require(2.0 * x, requirements="F"),
    "zeros": lambda x: np.zeros(x.shape, order="F"),
    "full": lambda x: np.full(x.shape, x.sum(), order="F"),
    "buffer": _filled_later,
    "np.copy of a buffer": lambda x: np.copy(_filled_later(x)),
    "copy of a buffer": lambda x: _filled_later(x).copy(),
    "astype of a buffer": lambda x: _filled_later(x).astype(float),
    "ones_like of a buffer": lambda x: np.ones_like(_filled_later(x)),
}
_FLAT = {
    "reshape": lambda y: y.reshape(-1),
    "reshape in Fortran order": lambda y: y.reshape(-1, order="F"),
    "ravel": np.ravel,
    "ravel in memory order": lambda y: y.ravel("K"),
    "flatten": lambda y: y.flatten(),
}


def _written(make):
    """Writes through what reshape and the like give of what `make` makes."""

    def f(x):
        results = []
        for flat in _FLAT.values():
            y = make(x)
            v = flat(y)
            v[::2] *= 1.5
            v[1] = x.sum()
            results += [np.reshape(y, -1), np.reshape(v, -1)]
        return np.concatenate(results)

    return f


@pytest.mark.parametrize("make", _COPIES.values(), ids=_COPIES)
@pytest.mark.parametrize("x", _INPUTS.values(), ids=_INPUTS)
@pytest.mark.parametrize("engine", [engines.by_adjoints, engines.by_duals])
def test_writes_through_flat_arrays_reach_what_they_reach_in_numpy(make, x, engine):
    value, _ = engine(_written(make), x)
    np.testing.assert_allclose(value, _written(make)(x), rtol=1e-14)


@pytest.mark.parametrize("make", _COPIES_IN_CLONE.values(), ids=_COPIES_IN_CLONE)
@pytest.mark.parametrize("x", _INPUTS.values(), ids=_INPUTS)
def test_writes_reach_the_same_in_a_clone(make, x):
    f = _written(make)
    for value in (dt.jvp(f, x, np.ones_like(x))[0], dt.vjp(f, x)[0], dt.record(f, x)(x)):
        np.testing.assert_allclose(value, f(x), rtol=1e-14)


@pytest.mark.parametrize("x", [_MATRIX[:2, :3].T, np.asfortranarray(_MATRIX[:2, :3])], ids=["transposed", "F order"])
@pytest.mark.parametrize("driver", [dt.jacobian, dt.grad])
def test_inner_derivatives_get_the_memory_order_of_the_outer_argument(driver, x):
    def f(t):
        t.reshape(-1)[::2] *= 3.0  # of a copy: the memory of t is in another order
        return np.sum(t**3)

    third = dt.jacobian(dt.jacobian(driver(f)))(x)
    np.testing.assert_array_equal(np.einsum("ijijij->ij", third), np.full(x.shape, 6.0))


@pytest.mark.parametrize("x", _ARRAYS.values(), ids=_ARRAYS)
@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_reshaping_an_argument_copies_it_where_it_does_in_numpy(x, mode):
    def f(t):
        t.reshape(-1)[:] = 0.0
        return t * 1.0

    x = x[:3, :3, ...]
    J = dt.jacobian(f, mode=mode)(x).reshape(x.size, x.size)
    np.testing.assert_array_equal(J, 0.0 if np.shares_memory(x.reshape(-1), x) else np.eye(x.size))


def _scaled_through_a_view(x):
    a = x * 1.0
    a.reshape(-1)[::2] *= 2.0  # of a copy, if x lies in another order
    return a


_ORDERS = {"C": np.ascontiguousarray, "F": np.asfortranarray, "gaps": lambda x: np.repeat(x, 2, axis=1)[:, ::2]}


@pytest.mark.parametrize("called", _ORDERS.values(), ids=_ORDERS)
@pytest.mark.parametrize("recorded", _ORDERS.values(), ids=_ORDERS)
def test_a_program_follows_the_memory_order_of_each_point(recorded, called):
    x = np.arange(1.0, 7.0).reshape(2, 3)
    program, point = dt.record(_scaled_through_a_view, recorded(x)), called(x + 0.5)
    for _ in range(2):
        np.testing.assert_array_equal(program(point), _scaled_through_a_view(point))
        np.testing.assert_array_equal(program.jacobian(point), dt.jacobian(_scaled_through_a_view)(point))
