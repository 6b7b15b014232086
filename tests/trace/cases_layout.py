"""Functions of a stack of matrices whose results NumPy lays out in memory by the layout of their argument."""

import numpy as np
from case import Case

_SHAPE = (2, 3, 4)
_AXES = (0, 1, 2)
_ORDERS = "CFAK"


def _of(label, f):
    return Case(label, f, (_SHAPE,), True)


def _named(names, axes=_AXES, **options):
    for name in names.split():
        for axis in axes:
            yield _of(f"{name} along {axis}", lambda x, n=name, axis=axis: getattr(np, n)(x, axis=axis, **options))


def _methods(names):
    for name in names.split():
        ufunc = getattr(np, name)
        for axis in _AXES:
            yield _of(f"{name}.reduce {axis}", lambda x, u=ufunc, axis=axis: u.reduce(x, axis=axis))
            yield _of(f"{name}.accumulate {axis}", lambda x, u=ufunc, axis=axis: u.accumulate(x, axis=axis))
            yield _of(f"{name}.reduceat {axis}", lambda x, u=ufunc, axis=axis: u.reduceat(x, [0, 1, 0], axis=axis))
        yield _of(f"{name}.outer", lambda x, u=ufunc: u.outer(x, x[0]))
        for label, other in _others():
            yield _of(f"{name} and {label}", lambda x, u=ufunc, other=other: u(x, other(x)))
        yield _of(f"{name} of slices", lambda x, u=ufunc: u(x[:, :1], x[:1]))
        for order in _ORDERS:
            yield _of(f"{name} in order {order}", lambda x, u=ufunc, order=order: u(x, x, order=order))


def _others():
    return (
        ("its reverse", lambda x: x[::-1]),
        ("one of it", lambda x: x[0]),
        ("a constant", lambda x: np.ones(_SHAPE)),
        ("a constant in Fortran order", lambda x: np.ones(_SHAPE, order="F")),
        ("a constant column", lambda x: np.ones((3, 1))),
    )


def _ordered():
    for order in _ORDERS:
        yield from (
            _of(f"exp in order {order}", lambda x, order=order: np.exp(x, order=order)),
            _of(f"copy in order {order}", lambda x, order=order: np.copy(x, order)),
            _of(f"flatten in order {order}", lambda x, order=order: x.flatten(order)),
            _of(f"ravel in order {order}", lambda x, order=order: x.ravel(order)),
            _of(f"zeros_like in order {order}", lambda x, order=order: np.zeros_like(x, order=order)),
            _of(f"matmul in order {order}", lambda x, order=order: np.matmul(x, x.swapaxes(1, 2), order=order)),
            _of(f"einsum in order {order}", lambda x, order=order: np.einsum("ijk,il->jli", x, x[:, 0], order=order)),
            _of(f"view by einsum, {order}", lambda x, order=order: np.einsum("ijk->kij", x, order=order)),
        )


def _transformed():
    for name in "fft ifft rfft ihfft irfft hfft".split():
        for axis in _AXES:
            yield _of(f"size of {name} {axis}", lambda x, n=name, axis=axis: np.abs(getattr(np.fft, n)(x, axis=axis)))
    for name in "fft2 fftn irfft2 irfftn rfftn fftshift".split():
        yield _of(f"part of {name}", lambda x, name=name: np.real(getattr(np.fft, name)(x)) * 1.0)


def _complex():
    z = {
        "exp": np.exp,
        "cumsum": lambda z: np.cumsum(z, axis=0),
        "sum": lambda z: np.sum(z, axis=0),
        "mean": lambda z: np.mean(z, axis=1),
        "prod": lambda z: np.prod(z, axis=0),
        "max": lambda z: np.max(z, axis=1),
        "sort": lambda z: np.sort(z, axis=1),
        "take": lambda z: np.take(z, [0, 1], axis=1),
        "matmul": lambda z: z @ z.swapaxes(1, 2),
        "times": lambda z: z * np.full(_SHAPE, 1j, order="F"),
    }
    for name, f in z.items():
        yield _of(f"complex {name} in order", lambda x, f=f: np.real(f(x + 1j * x)) * 1.0)
    yield _of("absolute of complex", lambda x: np.abs(x + 1j * x))
    yield _of("angle of complex", lambda x: np.angle(x + 1j * x[::-1]))


def _spd(x):
    return x @ x.swapaxes(1, 2) + np.diag([1.0, 2.0, 3.0])


_FUNCTIONS = {
    "where": lambda x: np.where(x > 0.7, x, 0.0),
    "where of an order": lambda x: np.where(np.ones(_SHAPE, dtype=bool, order="F"), x, 0.0),
    "clip": lambda x: np.clip(x, np.full((3, 4), 0.5), 0.9),
    "round": lambda x: np.round(x, 1) + x,
    "rint": lambda x: np.rint(x) * x,
    "take": lambda x: np.take(x, [[1, 0], [1, 1]], axis=1),
    "take_along_axis": lambda x: np.take_along_axis(x, np.argsort(x, axis=1), 1),
    "index": lambda x: x[:, [1, 0]],
    "index apart": lambda x: x[[1, 0], :, [2, 3]],
    "index of rows": lambda x: x[[[1, 0], [0, 0]]],
    "index side by side": lambda x: x[:, [0, 1], [2, 3]],
    "index of a mask": lambda x: x[:, [True, False, True]],
    "index and slice": lambda x: x[[0, 1]][:, :, ::2],
    "compress": lambda x: np.compress([True, False, True], x, axis=1),
    "choose": lambda x: np.choose(np.zeros((3, 4), dtype=int), [x[0], x[1]]),
    "concatenate": lambda x: np.concatenate([x, np.ones(_SHAPE)], axis=2),
    "stack": lambda x: np.stack([x, x], axis=1),
    "stack last": lambda x: np.stack([x, x], axis=-1),
    "vstack": lambda x: np.vstack([x, x]),
    "dot": lambda x: np.dot(x, x[0].T),
    "inner": lambda x: np.inner(x, x),
    "tensordot": lambda x: np.tensordot(x, x, axes=([1], [1])),
    "matmul": lambda x: x @ x.swapaxes(1, 2),
    "matmul of stacks in order": lambda x: x.transpose(1, 0, 2) @ x.transpose(1, 2, 0),
    "apply_along_axis": lambda x: np.apply_along_axis(lambda row: row * 2.0, 1, x),
    "apply_over_axes": lambda x: np.apply_over_axes(np.sum, x, [0]),
    "einsum sum": lambda x: np.einsum("ijk->ki", x),
    "einsum product": lambda x: np.einsum("ijk,ijk->jik", x, x),
    "einsum optimized": lambda x: np.einsum("ijk,ilk->jl", x, x, optimize=True),
    "tile": lambda x: np.tile(x, (1, 2, 1)),
    "repeat": lambda x: np.repeat(x, 2, axis=1),
    "pad": lambda x: np.pad(x, 1, mode="reflect"),
    "tril": np.tril,
    "diagonal": np.diagonal,
    "inv": lambda x: np.linalg.inv(_spd(x)),
    "inv of a stack in order": lambda x: np.linalg.inv(_spd(x).transpose(1, 0, 2)[:2, :2, :2] + 2.0 * np.eye(2)),
    "solve": lambda x: np.linalg.solve(_spd(x), x),
    "cholesky": lambda x: np.linalg.cholesky(_spd(x)),
    "eigh": lambda x: np.linalg.eigh(_spd(x))[1],
    "svd": lambda x: np.linalg.svd(x, full_matrices=False)[2],
    "qr": lambda x: np.linalg.qr(x.swapaxes(1, 2))[0],
    "qr of a matrix": lambda x: np.linalg.qr(x[0].T)[0],
    "pinv": np.linalg.pinv,
    "norm": lambda x: np.linalg.norm(x, np.inf, axis=1),
    "matrix_power": lambda x: np.linalg.matrix_power(_spd(x), -2),
    "lstsq": lambda x: np.linalg.lstsq(x[0].T, x[1].T, rcond=None)[0],
    "quantile": lambda x: np.quantile(x, [0.3, 0.5], axis=1),
    "interp": lambda x: np.interp(x, [0.0, 1.0, 2.0], [1.0, 3.0, 4.0]),
    "piecewise": lambda x: np.piecewise(x, [x > 0.7], [lambda t: t * 2.0, 0.0]),
    "select": lambda x: np.select([x > 0.7, x > 0.5], [x, x * x]),
    "cross": lambda x: np.cross(x[:, :, :3], x[:, :, 1:]),
    "cross along an axis": lambda x: np.cross(x, x[::-1], axisa=1, axisb=1, axisc=0),
    "unique": lambda x: np.unique(x, axis=1),
    "partition": lambda x: np.partition(x, 1, axis=1),
    "insert": lambda x: np.insert(x, 1, x[:, 0], axis=1),
    "delete": lambda x: np.delete(x, 1, axis=1),
    "rot90": np.rot90,
    "repeated elements": lambda x: np.exp(np.broadcast_to(x[0, :, :1], _SHAPE)),
    "cumsum of repeated elements": lambda x: np.cumsum(np.broadcast_to(x[0, :, :1], _SHAPE), axis=1),
    "copy of repeated elements": lambda x: np.copy(np.broadcast_to(x[0], _SHAPE)),
    "windows": lambda x: np.lib.stride_tricks.sliding_window_view(x, (2, 2), axis=(1, 2)).sum(axis=0),
    "linspace": lambda x: np.linspace(x[0], x[1], 5, axis=1),
    "modf": lambda x: np.modf(x)[0],
    "objects": lambda x: np.frompyfunc(lambda t: t * 2.0, 1, 1)(x),
    "three orders": lambda x: x * np.ones((4, 3, 2)).T + x[:, ::-1],
    "transposed": lambda x: np.sin(x.swapaxes(0, 1)),
    "part of what was written": lambda x: np.exp(_written(x.copy("K"))[:, ::2]),
    "sums of what was written": lambda x: np.cumsum(_written(x.copy("K"))[:, :2], axis=0),
    "transposed part of what was written": lambda x: _written(x * 1.0).T[1:] * 2.0,
}


def _written(y):
    y[0, 0, 0] = y[0, 0, 1]
    return y


CASES = [
    *_named("sum mean max min prod std var median ptp nansum nanmean nanmax nanmin nanprod nanstd nanmedian average"),
    *_named("sum max prod mean median", axes=((0, 2),)),
    *_named("sum max mean std median", keepdims=True),
    *_named("sum mean prod", where=np.arange(24).reshape(_SHAPE) % 5 > 0),
    *_named("cumsum cumprod sort diff gradient flip nancumsum nancumprod unwrap trapezoid"),
    *_named("roll", shift=1),
    *_methods("maximum multiply add hypot fmax"),
    *_ordered(),
    *_transformed(),
    *_complex(),
    *(_of(label, f) for label, f in _FUNCTIONS.items()),
]
