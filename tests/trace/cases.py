"""One line per use of a NumPy function that the wide core covers: a function in NumPy language and the shapes (or
values) of its inputs.

Tests run every case on every engine and compare value and derivatives with NumPy itself and with differences.
"""

import cases_complex
import cases_complex_linalg
import cases_complex_scipy
import cases_fourier
import cases_grids
import cases_linalg
import cases_scipy
import cases_spectral_forms
import cases_statistics
import cases_ufuncs
import cases_unannounced
import numpy as np
from case import A, B, C, Case


def _spd(a):
    """A positive definite matrix from any."""
    return a @ np.swapaxes(a, -1, -2) + 2.0 * np.eye(a.shape[-1])


def _written(make, *steps):
    """A function that writes into an array made from its argument."""

    def f(x, *others):
        y = make(x)
        for step in steps:
            step(y, x, *others)
        return y

    return f


def _set(index, value):
    def step(y, x, *others):
        y[index] = value(x, *others)

    return step


def _windows(x):
    """Pairs of neighbours, as views that share elements."""
    return np.lib.stride_tricks.sliding_window_view(x, 2)


_mask = np.array([[True, False, True], [False, True, True]])
_order = np.array([[2, 0, 1], [1, 1, 0]])

MOVEMENT = [
    Case("concatenate", lambda x, y: np.concatenate([x, y, [1.0, 2.0]]), (A, A)),
    Case("concatenate axis", lambda x, y: np.concatenate((x, y), axis=1), (B, B)),
    Case("stack by name", lambda x, y: np.stack(axis=1, arrays=[x, y]), (B, B)),
    Case("concatenate out", lambda x: np.concatenate([x, x], 0, np.zeros_like(x, shape=(6,))), (A,)),
    Case("concatenate of one", lambda x: np.concatenate([x, np.ones((2, 3))], axis=None), (B,)),
    Case("concatenate of scalars in lists", lambda x: np.concatenate([x, [x[0] * x[1], 2.0]]), (A,)),
    Case("stack", lambda x, y: np.stack([x, y], axis=1), (A, A)),
    Case("stack of scalars", lambda x: np.stack([x[0] * x[1], x[2], 1.0]), (A,)),
    Case("vstack", lambda x, y: np.vstack([x, y, np.zeros(3)]), (A, B)),
    Case("hstack", lambda x, y: np.hstack([x, y, [3.0]]), (A, A)),
    Case("dstack", lambda x, y: np.dstack([x, y]), (B, B)),
    Case("column_stack", lambda x, y: np.column_stack([x, y]), (A, (3, 2))),
    Case("block", lambda x, y: np.block([[x, y], [np.zeros((1, 3)), y[:1] * 2.0]]), (B, B)),
    Case("append", lambda x: np.append(x, [1.0, x[0] * x[1]]), (A,)),
    Case("append axis", lambda x, y: np.append(x, y, axis=0), (B, B)),
    Case("insert", lambda x: np.insert(x, 1, x[2] * 2.0), (A,)),
    Case("insert several", lambda x, y: np.insert(x, [0, 2], y[:2]), (A, A)),
    Case("split", lambda x: np.split(x, 3, axis=1)[1], (B,)),
    Case("split sum", lambda x: sum(np.split(x, [1, 2], axis=1)[k] * float(k + 1) for k in (0, 2)), (B,)),
    Case("array_split", lambda x: np.array_split(x, 2)[0], (A,)),
    Case("hsplit", lambda x: np.hsplit(x, 3)[2], (B,)),
    Case("vsplit", lambda x: np.vsplit(x, 2)[1], (B,)),
    Case("dsplit", lambda x: np.dsplit(x, 2)[1], (C,)),
    Case("delete", lambda x: np.delete(x, 1), (A,)),
    Case("delete axis", lambda x: np.delete(x, [0, 2], axis=1), (B,)),
    Case("take", lambda x: np.take(x, [2, 0, 2]), (A,)),
    Case("take axis", lambda x: np.take(x, [[0, 1], [1, 1]], axis=0), (B,)),
    Case("take wrap", lambda x: np.take(x, [5, -4], mode="wrap"), (A,)),
    Case("take_along_axis", lambda x: np.take_along_axis(x, _order, axis=1), (B,)),
    Case("compress", lambda x: np.compress([True, False, True], x, axis=1), (B,)),
    Case("extract", lambda x: np.extract(_mask, x), (B,)),
    Case("where", lambda x, y: np.where(_mask, x, y * y), (B, A)),
    Case("take by name", lambda x: np.take(a=x, indices=[0, 2]), (A,)),
    Case("where scalar", lambda x: np.where(x > 0.0, x * x, 0.0), (B,)),
    Case("where of scalars", lambda x: np.where(x[0] > x[1], x[0], x[1]), (A,)),
    Case("select", lambda x: np.select([x < -0.5, x < 0.5], [x * 2.0, x * x], 7.0), (B,)),
    Case("select default", lambda x: np.select([x < -0.5, x < 0.5], [x * 2.0, x * x], default=-x), (B,)),
    Case("choose", lambda x, y: np.choose([1, 0, 1], [x, y]), (A, A)),
    Case("diag of vector", lambda x: np.diag(x, 1), (A,)),
    Case("diag of matrix", lambda x: np.diag(x, 1), ((3, 3),)),
    Case("diagonal", lambda x: np.diagonal(x, 1, 0, 2), (C,)),
    Case("diagflat", lambda x: np.diagflat(x, -1), (B,)),
    Case("tril", lambda x: np.tril(x), ((3, 3),)),
    Case("triu", lambda x: np.triu(x, 1), (C,)),
    Case("tile", lambda x: np.tile(x, (2, 2)), (B,)),
    Case("repeat", lambda x: np.repeat(x, [1, 2, 0], axis=1), (B,)),
    Case("broadcast_to", lambda x: np.broadcast_to(x, (2, 3)), (A,)),
    Case("broadcast_arrays", lambda x, y: np.broadcast_arrays(x, y)[0] * y, (A, B)),
    Case("meshgrid", lambda x, y: np.meshgrid(x, y, indexing="ij")[0] * np.meshgrid(x, y, indexing="ij")[1], (A, (2,))),
    Case("resize", lambda x: np.resize(x, (2, 4)), (A,)),
    Case("roll", lambda x: np.roll(x, 1, axis=1), (B,)),
    Case("roll flat", lambda x: np.roll(x, -2), (B,)),
    Case("rollaxis", lambda x: np.rollaxis(x, 2), (C,)),
    Case("flip", lambda x: np.flip(x), (B,)),
    Case("fliplr", lambda x: np.fliplr(x), (B,)),
    Case("flipud", lambda x: np.flipud(x), (B,)),
    Case("rot90", lambda x: np.rot90(x, 3), (B,)),
    Case("reshape", lambda x: np.reshape(x, (3, -1)), (B,)),
    Case("reshape order", lambda x: np.reshape(x, (3, 2), order="F"), (B,)),
    Case("ravel", lambda x: np.ravel(x, order="F"), (B,)),
    Case("transpose", lambda x: np.transpose(x, (2, 0, 1)), (C,)),
    Case("matrix_transpose", lambda x: np.matrix_transpose(x), (C,)),
    Case("swapaxes", lambda x: np.swapaxes(x, 0, 2), (C,)),
    Case("moveaxis", lambda x: np.moveaxis(x, 0, -1), (C,)),
    Case("expand_dims", lambda x: np.expand_dims(x, (0, 2)), (A,)),
    Case("squeeze", lambda x: np.squeeze(np.expand_dims(x, 1)), (A,)),
    Case("squeeze to scalar", lambda x: np.squeeze(np.reshape(x[0] * x[1], (1, 1))), (A,)),
    Case("atleast_1d", lambda x: np.atleast_1d(x[0] * x[1]), (A,)),
    Case("atleast_2d", lambda x: np.atleast_2d(x), (A,)),
    Case("atleast_3d", lambda x: np.atleast_3d(x), (B,)),
    Case("atleast of two", lambda x, y: np.atleast_2d(x, y)[1], (A, B)),
    Case("sliding_window_view", lambda x: np.lib.stride_tricks.sliding_window_view(x, 2), (A,)),
    Case("products of windows", lambda x: np.prod(_windows(x), axis=1), (A,)),
    Case("sorted windows", lambda x: np.sort(np.lib.stride_tricks.sliding_window_view(x, 3))[:, 1], ((6,),)),
    Case("windows in einsum", lambda x: np.einsum("ij,ij->i", *[_windows(x)] * 2), (A,)),
    Case("pad constant", lambda x: np.pad(x, ((1, 0), (2, 1)), constant_values=3.0), (B,)),
    Case("pad active constant", lambda x: np.pad(x, 1, constant_values=x[0] * x[1]), (A,)),
    Case("pad edge", lambda x: np.pad(x, 2, mode="edge"), (A,)),
    Case("pad wrap", lambda x: np.pad(x, (2, 1), mode="wrap"), (A,)),
    Case("pad reflect", lambda x: np.pad(x, ((0, 1), (2, 2)), mode="reflect"), (B,)),
    Case("pad symmetric", lambda x: np.pad(x, 1, mode="symmetric"), (B,)),
    Case("nan_to_num", lambda x: np.nan_to_num(x * x), (A,)),
    Case("fftshift", lambda x: np.fft.fftshift(x), (B,)),
    Case("ifftshift", lambda x: np.fft.ifftshift(x, axes=1), (B,)),
    Case("unstack", lambda x: np.unstack(x, axis=1)[1] if hasattr(np, "unstack") else x[:, 1], (B,)),
    Case("index fancy", lambda x: x[[1, 0, 1], [2, 2, 0]], (B,)),
    Case("index mask", lambda x: x[_mask] * 2.0, (B,)),
    Case("index mixed", lambda x: x[None, 1, ..., [0, 2]], (C,)),
]

WRITING = [
    Case(
        "zeros_like",
        _written(np.zeros_like, _set(0, lambda x: x[1] * x[2]), _set(slice(1, None), lambda x: x[:2])),
        (A,),
    ),
    Case("ones_like", _written(np.ones_like, _set(1, lambda x: x[0] * x[0])), (A,)),
    Case("empty_like", _written(np.empty_like, _set(slice(None), lambda x: x * x)), (A,)),
    Case("full_like", lambda x: np.full_like(x, 2.0) * x, (B,)),
    Case("full_like active", lambda x: np.full_like(x, x[0] * x[1]), (A,)),
    Case(
        "zeros_like shape",
        _written(lambda x: np.zeros_like(x, shape=(2, 2)), _set((0, 1), lambda x: x[0] * x[1])),
        (A,),
    ),
    Case("copy", _written(np.copy, _set(0, lambda x: x[0] * x[1])), (A,)),
    Case("method copy", _written(lambda x: x.copy(), _set(0, lambda x: x[0] * x[1])), (A,)),
    Case("zeros like=", _written(lambda x: np.zeros((2, 2), like=x), _set((0, 0), lambda x: x[0] * x[1])), (A,)),
    Case("full like=", _written(lambda x: np.full(3, 2.0, like=x), _set(0, lambda x: x[0] * x[1])), (A,)),
    Case("array like=", lambda x: np.array([[x[0], 1.0], [x[1] * x[2], x[0]]], like=x), (A,)),
    Case("asarray like=", lambda x: np.asarray([x[0], x[1] * x[2]], like=x) * 2.0, (A,)),
    Case("eye like=", _written(lambda x: np.eye(3, like=x), _set(0, lambda x: x * x)), (A,)),
    Case("asanyarray like=", lambda x: np.asanyarray([x[0], 2.0], like=x) * np.ascontiguousarray(x[:2], like=x), (A,)),
    Case("asfortranarray like=", lambda x: np.asfortranarray([[x[0]], [x[1]]], like=x) * np.tri(2, like=x), (A,)),
    Case("empty like=", _written(lambda x: np.empty(2, like=x), _set(slice(None), lambda x: x[:2] * x[1:])), (A,)),
    Case("identity like=", _written(lambda x: np.identity(3, like=x), _set((0, 2), lambda x: x[0] * x[1])), (A,)),
    Case("copyto", _written(np.zeros_like, lambda y, x: np.copyto(y, x * x)), (B,)),
    Case("copyto where", _written(np.ones_like, lambda y, x: np.copyto(y, x * x, where=_mask)), (B,)),
    Case("put", _written(np.copy, lambda y, x: np.put(y, [0, -1], [x[0, 0] * x[1, 1], 2.0])), (B,)),
    Case("place", _written(np.copy, lambda y, x: np.place(y, _mask, x[0] * 2.0)), (B,)),
    Case("putmask", _written(np.copy, lambda y, x: np.putmask(y, _mask, x[0] * 2.0)), (B,)),
    Case(
        "put_along_axis",
        _written(np.copy, lambda y, x: np.put_along_axis(y, np.array([[0], [2]]), x[:, 1:2] * 3.0, axis=1)),
        (B,),
    ),
    Case("fill_diagonal", _written(np.copy, lambda y, x: np.fill_diagonal(y, x[0, 0] * x[0, 1])), ((3, 3),)),
    Case("fill", _written(np.copy, lambda y, x: y.fill(x[0] * x[1])), (A,)),
    Case(
        "view is written",
        _written(np.zeros_like, lambda y, x: y.reshape(3, 2).__setitem__(1, x[0, :2] * x[1, 1:])),
        (B,),
    ),
    Case("transpose is written", _written(np.zeros_like, lambda y, x: y.T.__setitem__(1, x[:, 0] * 2.0)), (B,)),
    Case(
        "ravel is written",
        _written(np.zeros_like, lambda y, x: np.ravel(y).__setitem__(slice(1, 3), x[0, :2] * 2.0)),
        (B,),
    ),
    Case("split is written", _written(np.zeros_like, lambda y, x: np.split(y, 3)[1].__setitem__(0, x[0] * x[1])), (A,)),
    Case("flatten is a copy", _written(np.copy, lambda y, x: y.flatten().__setitem__(0, 5.0)), (B,)),
    Case("flat", _written(np.zeros_like, lambda y, x: y.flat.__setitem__(slice(1, 3), x.flat[2:4] * 2.0)), (B,)),
    Case("sort in place", _written(np.copy, lambda y, x: y.sort()), (B,)),
    Case("add.at", _written(np.copy, lambda y, x: np.add.at(y, [0, 0, 2], x * x)), (A,)),
    Case("subtract.at", _written(np.copy, lambda y, x: np.subtract.at(y, [0, 0, 2], 2.0)), (A,)),
    Case("multiply.at", _written(np.copy, lambda y, x: np.multiply.at(y, [0, 0, 2], x[1])), (A,)),
    Case("exp.at", _written(np.copy, lambda y, x: np.exp.at(y, [1, 1])), (A,)),
]

REDUCTIONS = [
    Case("sum", lambda x: np.sum(x), (B,)),
    Case("sum axis", lambda x: np.sum(x, axis=(0, -1)), (C,)),
    Case("sum keepdims", lambda x: np.sum(x, axis=1, keepdims=True) * x, (B,)),
    Case("sum where", lambda x: np.sum(x, axis=0, where=_mask, initial=2.0), (B,)),
    Case("sum method", lambda x: x.sum(0) * x.sum(), (B,)),
    Case("prod", lambda x: np.prod(x), (B,)),
    Case("prod axis", lambda x: np.prod(x, axis=(0, 2)), (C,)),
    Case("prod keepdims", lambda x: np.prod(x, axis=1, keepdims=True) * x, (B,)),
    Case("prod where", lambda x: np.prod(x, axis=0, where=_mask, initial=2.0), (B,)),
    Case("prod with a zero", lambda x: np.prod(x, axis=1), (np.array([[1.0, 0.0, 3.0], [0.0, 2.0, 0.0]]),)),
    Case("mean", lambda x: np.mean(x, axis=1), (B,)),
    Case("mean all", lambda x: x.mean(), (B,)),
    Case("mean where", lambda x: np.mean(x, axis=0, where=_mask), (B,)),
    Case("var", lambda x: np.var(x, axis=0), (B,)),
    Case("var ddof", lambda x: np.var(x, ddof=1, keepdims=True), (B,)),
    Case("var where", lambda x: np.var(x, axis=1, where=_mask), (B,)),
    Case("std", lambda x: np.std(x, axis=1), (B,)),
    Case("std ddof", lambda x: x.std(ddof=1), (B,)),
    Case("average", lambda x: np.average(x, axis=0), (B,)),
    Case("average weights", lambda x, w: np.average(x, axis=1, weights=w), (B, A), True),
    Case("cumsum", lambda x: np.cumsum(x, axis=1), (B,)),
    Case("cumsum flat", lambda x: np.cumsum(x), (B,)),
    Case("cumprod", lambda x: np.cumprod(x, axis=0), (B,)),
    Case("cumprod flat", lambda x: x.cumprod(), (B,)),
    Case("cumprod with zeros", lambda x: np.cumprod(x), (np.array([2.0, 0.0, 3.0, 0.0, 5.0]),)),
    *(
        Case(name, lambda x, name=name: getattr(np, name)(x, axis=1, include_initial=True), (B,))
        for name in ("cumulative_sum", "cumulative_prod")
        if hasattr(np, name)
    ),
    Case("diff", lambda x: np.diff(x, axis=0), (B,)),
    Case("diff twice", lambda x: np.diff(x, 2, prepend=1.0, append=x[:1]), ((4,),)),
    Case("trapezoid", lambda y, x: np.trapezoid(y, np.cumsum(x)), (A, A), True),
    Case("trapezoid dx", lambda y: np.trapezoid(y, dx=0.5, axis=0), (B,)),
    Case("max", lambda x: np.max(x), (B,)),
    Case("max axis", lambda x: np.max(x, axis=(0, 2)), (C,)),
    Case("max initial", lambda x: np.max(x, axis=0, initial=0.1, where=_mask, keepdims=True), (B,)),
    Case("min", lambda x: np.min(x, axis=1, keepdims=True), (B,)),
    Case("amax", lambda x: np.amax(x, 0) * np.amin(x), (B,)),
    Case("ptp", lambda x: np.ptp(x, axis=1), (B,)),
    Case("sort", lambda x: np.sort(x), (B,)),
    Case("sort axis", lambda x: np.sort(x, axis=0), (B,)),
    Case("sort flat", lambda x: np.sort(x, axis=None), (B,)),
    Case("argsort", lambda x: x[np.argsort(x)] * np.array([1.0, 2.0, 3.0]), (A,)),
    Case("argmax", lambda x: x[np.argmax(x)] * x[np.argmin(x)], (A,)),
    Case("partition", lambda x: np.partition(x, 1), (A,)),
    Case("median odd", lambda x: np.median(x, axis=1), (B,)),
    Case("median even", lambda x: np.median(x), (B,)),
    Case("median axes", lambda x: np.median(x, axis=(0, 2), keepdims=True), (C,)),
    Case("nansum", lambda x: np.nansum(np.where(_mask, x, np.nan), axis=1), (B,)),
    Case("nanprod", lambda x: np.nanprod(np.where(_mask, x, np.nan), axis=0), (B,)),
    Case("nanmean", lambda x: np.nanmean(np.where(_mask, x, np.nan), axis=1), (B,)),
    Case("nanvar", lambda x: np.nanvar(np.where(_mask, x, np.nan), axis=1), (B,)),
    Case("nanstd", lambda x: np.nanstd(np.where(_mask, x, np.nan)), (B,)),
    Case("nanmax", lambda x: np.nanmax(np.where(_mask, x, np.nan), axis=1), (B,)),
    Case("nanmin", lambda x: np.nanmin(np.where(_mask, x, np.nan)), (B,)),
    Case("nanmedian", lambda x: np.nanmedian(np.where(_mask, x, np.nan), axis=0), (B,)),
    Case("nancumsum", lambda x: np.nancumsum(np.where(_mask, x, np.nan)), (B,)),
    Case("nancumprod", lambda x: np.nancumprod(np.where(_mask, x, np.nan), axis=1), (B,)),
    Case("count_nonzero", lambda x: x * float(np.count_nonzero(x > 0.0)), (A,)),
    Case("any all", lambda x: x * (2.0 if np.any(x > 0.0) and not np.all(x > 0.9) else 3.0), (A,)),
]

PRODUCTS = [
    Case("dot vectors", lambda x, y: np.dot(x, y), (A, A)),
    Case("dot matrix vector", lambda x, y: np.dot(x, y), (B, A)),
    Case("dot vector matrix", lambda x, y: x.dot(y), ((2,), B)),
    Case("dot matrices", lambda x, y: np.dot(x, y), (B, (3, 2))),
    Case("dot n-d", lambda x, y: np.dot(x, y), (C, (2, 4, 3))),
    Case("dot n-d vector", lambda x, y: np.dot(x, y), (C, (4,))),
    Case("dot scalar", lambda x: np.dot(x[0], x), (A,)),
    Case("vdot", lambda x, y: np.vdot(x, y), (B, B)),
    Case("inner", lambda x, y: np.inner(x, y), (B, A)),
    Case("inner n-d", lambda x, y: np.inner(x, y), (C, (3, 4))),
    Case("outer", lambda x, y: np.outer(x, y), (A, B)),
    Case("linalg.outer", lambda x, y: np.linalg.outer(x, y), (A, (2,))),
    Case("matmul", lambda x, y: x @ y, (B, (3, 2))),
    Case("matmul vectors", lambda x, y: x @ y, (A, A)),
    Case("matmul matrix vector", lambda x, y: np.matmul(x, y), ((2, 2, 3), A)),
    Case("matmul vector matrix", lambda x, y: x @ y, ((2,), (2, 2, 3))),
    Case("matmul batch", lambda x, y: x @ y, ((2, 1, 2, 3), (3, 3, 2))),
    Case("matmul constant", lambda x: np.arange(6.0).reshape(2, 3) @ x, (A,)),
    Case("linalg.matmul", lambda x, y: np.linalg.matmul(x, y), (B, (3, 2))),
    Case("matmul axes", lambda x, y: np.matmul(x, y, axes=[(0, 1), (1, 0), (0, 1)]), ((2, 3), (4, 3))),
    Case("vecdot", lambda x, y: np.vecdot(x, y), (B, A)),
    Case("linalg.vecdot", lambda x, y: np.linalg.vecdot(x, y, axis=0), (B, B)),
    Case("tensordot", lambda x, y: np.tensordot(x, y), (B, B)),
    Case("tensordot axes", lambda x, y: np.tensordot(x, y, axes=([2, 0], [0, 1])), (C, (4, 2, 2))),
    Case("tensordot outer", lambda x, y: np.tensordot(x, y, axes=0), (A, (2,))),
    Case("einsum matmul", lambda x, y: np.einsum("ij,jk->ik", x, y), (B, (3, 2))),
    Case("einsum implicit", lambda x, y: np.einsum("ij,jk", x, y), (B, (3, 2))),
    Case("einsum trace", lambda x: np.einsum("ii", x), ((3, 3),)),
    Case("einsum diagonal", lambda x: np.einsum("ii->i", x), ((3, 3),)),
    Case("einsum diagonal of three", lambda x, y: np.einsum("iij,j->ij", x, y), ((2, 2, 3), A)),
    Case("einsum ellipsis", lambda x, y: np.einsum("...ij,...j->...i", x, y), ((2, 2, 3), (2, 3))),
    Case("einsum ellipsis implicit", lambda x, y: np.einsum("...ij,j...", x, y), ((4, 2, 3), (3, 4))),
    Case("einsum lists", lambda x, y: np.einsum(x, [0, 1], y, [1, 2], [2, 0]), (B, (3, 2))),
    Case("einsum lists implicit", lambda x, y: np.einsum(x, [1, 0], y, [0, 2]), (B, (3, 2))),
    Case("einsum three", lambda x, y, z: np.einsum("i,ij,j->", x, y, z), ((2,), B, A)),
    Case("einsum three optimized", lambda x, y, z: np.einsum("i,ij,jk->k", x, y, z, optimize=True), ((2,), B, (3, 2))),
    Case("einsum summed alone", lambda x, y: np.einsum("ij,k->k", x, y), (B, A)),
    Case("einsum size one", lambda x, y: np.einsum("ij,ij->ij", x, y), ((1, 3), B)),
    Case("einsum transpose", lambda x: np.einsum("ij->ji", x), (B,)),
    Case("kron", lambda x, y: np.kron(x, y), (B, (2, 2))),
    Case("kron ranks", lambda x, y: np.kron(x, y), (A, B)),
    Case("cross", lambda x, y: np.cross(x, y), (B, A)),
    Case("cross axes", lambda x, y: np.cross(x, y, axisa=0, axisc=0), ((3, 2), B)),
    Case("linalg.cross", lambda x, y: np.linalg.cross(x, y), (A, A)),
    Case("trace", lambda x: np.trace(x, 1), ((3, 4),)),
    Case("linalg.trace", lambda x: np.linalg.trace(x), ((2, 3, 3),)),
    *(
        Case(
            f"{name} {mode} {n} {m}",
            lambda x, y, name=name, mode=mode: getattr(np, name)(x, y, mode=mode),
            ((n,), (m,)),
        )
        for name in ("convolve", "correlate")
        for mode in ("full", "same", "valid")
        for n, m in ((5, 3), (3, 5), (4, 2), (2, 5), (3, 3))
    ),
]

LINEAR_ALGEBRA = [
    Case("solve", lambda a, b: np.linalg.solve(_spd(a), b), ((3, 3), A)),
    Case("solve matrix", lambda a, b: np.linalg.solve(_spd(a), b), ((3, 3), (3, 2))),
    Case("solve batch", lambda a, b: np.linalg.solve(_spd(a), b), ((2, 3, 3), (3, 2))),
    Case("solve batch vector", lambda a, b: np.linalg.solve(_spd(a), b), ((2, 3, 3), A)),
    Case("solve constant matrix", lambda b: np.linalg.solve(np.array([[2.0, 1.0], [0.0, 3.0]]), b), ((2,),)),
    Case("inv", lambda a: np.linalg.inv(_spd(a)), ((3, 3),)),
    Case("inv batch", lambda a: np.linalg.inv(_spd(a)), ((2, 2, 2),)),
    Case("det", lambda a: np.linalg.det(a), ((3, 3),)),
    Case("det batch", lambda a: np.linalg.det(a), ((2, 3, 3),)),
    Case("det singular", lambda a: np.linalg.det(a), (np.array([[1.0, 2.0, 3.0], [2.0, 4.0, 6.0], [1.0, 0.0, 1.0]]),)),
    Case("det of rank one", lambda a: np.linalg.det(a), (np.outer([1.0, 2.0, 3.0], [1.0, 0.0, 2.0]),)),
    Case("slogdet", lambda a: np.linalg.slogdet(a)[1], ((3, 3),)),
    Case("slogdet sign", lambda a: np.linalg.slogdet(a).logabsdet * np.linalg.slogdet(a).sign, ((2, 3, 3),)),
    Case("cholesky", lambda a: np.linalg.cholesky(_spd(a)), ((3, 3),)),
    Case("cholesky batch", lambda a: np.linalg.cholesky(_spd(a)), ((2, 2, 2),)),
    Case(
        "cholesky reads one triangle",
        np.linalg.cholesky,
        (np.array([[4.0, 1.0, 0.5], [1.0, 3.0, 0.2], [0.5, 0.2, 2.0]]),),
    ),
    Case("cholesky upper", lambda a: np.linalg.cholesky(_spd(a), upper=True), ((3, 3),)),
    *(
        Case(f"matrix_power {n}", lambda a, n=n: np.linalg.matrix_power(_spd(a), n), ((2, 2),))
        for n in (-2, 0, 1, 2, 3, 4, 5)
    ),
    Case("multi_dot", lambda a, b, c: np.linalg.multi_dot([a, b, c]), (B, (3, 4), (4, 2))),
    Case("multi_dot vectors", lambda a, b, c, d: np.linalg.multi_dot([a, b, c, d]), ((2,), B, (3, 4), (4,))),
    Case("norm", lambda x: np.linalg.norm(x), (B,)),
    *(
        Case(f"norm {ord}", lambda x, ord=ord: np.linalg.norm(x, ord), (A,))
        for ord in (None, 1, 2, 3, 0.5, -1, 2.5, np.inf, -np.inf)
    ),
    *(
        Case(f"norm axis {ord}", lambda x, ord=ord: np.linalg.norm(x, ord, axis=1, keepdims=True), (B,))
        for ord in (None, 1, 3, np.inf)
    ),
    *(
        Case(f"matrix norm {ord}", lambda x, ord=ord: np.linalg.norm(x, ord), (B,))
        for ord in ("fro", 1, -1, np.inf, -np.inf)
    ),
    Case("matrix norm axes", lambda x: np.linalg.norm(x, axis=(2, 0)), (C,)),
    Case("matrix norm axes keepdims", lambda x: np.linalg.norm(x, 1, axis=(2, 0), keepdims=True), (C,)),
    Case("vector_norm", lambda x: np.linalg.vector_norm(x, axis=(0, 1), keepdims=True), (C,)),
    Case("matrix_norm", lambda x: np.linalg.matrix_norm(x), (C,)),
]

SCALARS = [
    Case("sums of a scalar", lambda x: np.sum(x[0]) + x[0].sum() + x[1].mean() + np.cumsum(x[2])[0], (A,)),
    Case("products of a scalar", lambda x: np.prod(x[0]) * np.cumprod(x[1])[0] * x[2].prod(), (A,)),
    Case(
        "order of a scalar",
        lambda x: np.max(x[0]) + x[1].min() + np.median(x[2]) + np.sort(x[:1])[0] + np.ptp(x[0]),
        (A,),
    ),
    Case("shape of a scalar", lambda x: np.reshape(x[0], (1, 1)) * np.ravel(x[1]) * np.atleast_2d(x[2]), (A,)),
    Case("views of a scalar", lambda x: np.squeeze(x[0]) * x[1].T * np.transpose(x[2]) * x[0].flatten(), (A,)),
    Case("matrices of a scalar", lambda x: np.dot(x[0], x) * np.outer(x[1], x[2]) * np.kron(x[0], x[1]), (A,)),
    Case("norm of a scalar", lambda x: np.linalg.norm(x[0]) * np.vdot(x[1], x[2]) * np.inner(x[0], 2.0), (A,)),
    Case("copies of a scalar", lambda x: np.zeros_like(x[0]) + np.copy(x[1]) + np.full_like(x[0], x[2]), (A,)),
    Case(
        "empty sums",
        lambda x: np.sum(x[:0]) + np.prod(x[:0]) + np.dot(x[:0], x[:0]) + np.einsum("i,i", x[:0], x[:0]) + x[0],
        (A,),
    ),
    Case(
        "empty cumulations",
        lambda x: np.sum(np.cumsum(x[:0])) + np.sum(np.cumprod(x[:0])) + np.sum(np.sort(x[:0])) + x[0],
        (A,),
    ),
    Case(
        "empty movements", lambda x: np.concatenate([x[:0], x, np.diff(x[:1]), np.where(x[:0] > 0.0, x[:0], 1.0)]), (A,)
    ),
    Case(
        "empty with initial",
        lambda x: np.max(x[:0], initial=0.5) + np.sum(x[:0], initial=2.0) + np.linalg.norm(x[:0]) + x[0],
        (A,),
    ),
]

UFUNCS = [
    Case("out=", _written(np.zeros_like, lambda y, x: np.exp(x, out=y)), (A,)),
    Case("out= and where=", _written(np.ones_like, lambda y, x: np.multiply(x, x, out=y, where=_mask)), (B,)),
    Case("two outputs", lambda x: np.divmod(x, 0.3)[1] * np.divmod(x, 0.3)[0], (np.array([0.7, -1.0, 2.0]),)),
    Case("modf", lambda x: np.modf(x * 3.0)[0] + np.modf(x * 3.0)[1], (A,)),
    Case("frexp", lambda x: np.frexp(x)[0] * np.frexp(x)[1], (A,)),
    Case("ldexp", lambda x: np.ldexp(x, [1, 2, -3]), (A,)),
    Case("clip", lambda x: np.clip(x, -0.3, 0.3), (B,)),
    Case("clip active bounds", lambda x: np.clip(x, x[0] * 0.1, None), (B,)),
    Case("clip method", lambda x: x.clip(max=0.2), (B,)),
    Case("maximum", lambda x, y: np.maximum(x, y) * np.minimum(x, 0.1), (B, A)),
    Case("heaviside", lambda x, y: np.heaviside(x, y) * x, (A, A)),
    Case("heaviside at 0", lambda y: np.heaviside(np.zeros(3), y), (A,)),
    Case("add.reduce", lambda x: np.add.reduce(x) * np.add.reduce(x, axis=1)[0], (B,)),
    Case("multiply.reduce", lambda x: np.multiply.reduce(x, axis=None), (B,)),
    Case("maximum.reduce", lambda x: np.maximum.reduce(x, axis=1), (B,)),
    Case("logaddexp.reduce", lambda x: np.logaddexp.reduce(x, axis=1, keepdims=True), (B,)),
    Case("hypot.reduce", lambda x: np.hypot.reduce(x, axis=None), (B,)),
    Case("subtract.reduce", lambda x: np.subtract.reduce(x), (B,)),
    Case("add.accumulate", lambda x: np.add.accumulate(x), (B,)),
    Case("maximum.accumulate", lambda x: np.maximum.accumulate(x, axis=1), (B,)),
    Case("divide.accumulate", lambda x: np.divide.accumulate(x), (A,), True),
    Case("multiply.outer", lambda x, y: np.multiply.outer(x, y), (A, B)),
    Case("power.outer", lambda x: np.power.outer(x, [1.0, 2.0]), (A,), True),
    Case("add.reduceat", lambda x: np.add.reduceat(x, [0, 3, 1, 2], axis=0), ((5, 2),)),
    Case("multiply.reduceat", lambda x: np.multiply.reduceat(x, [0, 2]), ((5,),)),
    Case("comparison", lambda x: x * (x > 0.0) * np.logical_not(np.isnan(x)), (A,)),
    Case("floor round", lambda x: x * np.floor(x * 3.0) + np.round(x, 1) + np.fix(x), (np.array([0.52, -1.23, 2.89]),)),
    Case("real imag", lambda x: np.real(x) * 2.0 + np.imag(x) + np.real_if_close(x) + np.conj(x) * x.real, (A,)),
    Case("sinc", lambda x: np.sinc(x), (np.array([0.0, 0.5, 1.0]),)),
    Case("piecewise", lambda x: np.piecewise(x, [x < 0.0, x >= 0.0], [lambda z: z * z, np.exp]), (B,)),
    Case("piecewise else", lambda x: np.piecewise(x, [x < 0.0], [-1.0, np.exp]), (B,)),
    Case("apply_along_axis", lambda x: np.apply_along_axis(lambda row: row * row[0], 1, x), (B,)),
    Case("apply_along_axis to scalar", lambda x: np.apply_along_axis(np.prod, 0, x), (B,)),
    Case("apply_over_axes", lambda x: np.apply_over_axes(np.sum, x, [0, 2]), (C,)),
    Case("float_power", lambda x: np.float_power(x, 2), (A,)),
    Case("object array", lambda x: np.dot(x, np.array([x[0] * x[1], 2.0, x[2]])), (A,)),
    Case("object array returned", lambda x: np.array([x[0] * x[1], 2.0, np.exp(x[2])]), (A,)),
    Case("object array in a ufunc", lambda x: np.exp(np.array([x[0] * x[1], x[2]])) * x[:2], (A,)),
    Case(
        "object array in solve", lambda x: np.linalg.solve(np.diag(x), np.array([x[0] * x[1], 2.0, x[2]])), (A,), True
    ),
    Case("object matrix", lambda x: x @ np.array([[x[0], 0.0], [1.0, x[1]], [x[2], x[0] * x[1]]]), (A,)),
    Case(
        "methods",
        lambda x: x.reshape(3, 2).T.ravel().astype(float).squeeze().swapaxes(0, 0).cumsum().repeat(2).take([0, 3]),
        (B,),
    ),
    Case("frompyfunc", lambda x: np.frompyfunc(lambda z: z * z, 1, 1)(x), (A,)),
]

CASES = [*MOVEMENT, *WRITING, *REDUCTIONS, *PRODUCTS, *LINEAR_ALGEBRA, *SCALARS, *UFUNCS]
_FAMILIES = (
    cases_complex, cases_complex_linalg, cases_complex_scipy, cases_fourier, cases_grids, cases_linalg, cases_scipy,
    cases_spectral_forms, cases_statistics, cases_ufuncs,
)  # fmt: skip
for _family in (*_FAMILIES, cases_unannounced):
    CASES += _family.CASES
