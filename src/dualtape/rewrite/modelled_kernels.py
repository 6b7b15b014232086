"""Compiled functions of SciPy beside which SciPy has the same in NumPy language, written for other array libraries: the
compiled one gives the value, the other one the derivative. Rotations, and radial basis functions."""

from importlib import import_module

import numpy as np

from dualtape.core.buffer import Buffer
from dualtape.handlers.buffers import opened
from dualtape.rewrite.kernels import compiled, kernel, real_numbers
from dualtape.trace.functions import has_active, peeked

_BESIDE = {
    ("scipy.spatial.transform._rotation_cy", "scipy.spatial.transform._rotation_xp"): """from_quat from_matrix
        from_rotvec from_mrp from_euler from_davenport as_quat as_matrix as_rotvec as_mrp as_euler as_davenport inv
        magnitude apply compose_quat pow""",
    ("scipy.interpolate._rbfinterp_np", "scipy.interpolate._rbfinterp_xp"): "compute_interpolation",
}


def modelled(home, other, name):
    """Register a compiled function of the module `home`; the one of the same name in `other` is its model."""

    def call(*args, **kwargs):
        from dualtape.rewrite.library import live

        real = getattr(import_module(home), name)
        args = [x.held() if type(x) is Buffer else x for x in args]
        which = [k for k, x in enumerate(args) if has_active(x)]
        xs = real_numbers(*(args[k] for k in which))
        plain = opened(args, [])

        def value(*given):
            whole = list(plain)
            for k, x in zip(which, given, strict=True):
                whole[k] = np.array(x, dtype=np.float64)
            return np.asarray(real(*whole, **kwargs))[()]

        if name == "from_matrix":  # its model indexes what would be a number for a single matrix
            args[0] = np.expand_dims(args[0], 0)
        with np.errstate(divide="ignore", invalid="ignore"):  # both sides of np.where
            model = live(getattr(import_module(other), name))(*args, **kwargs)
        return compiled(value, np.reshape(model, np.shape(value(*map(peeked, xs)))), *xs)

    kernel(f"{home}.{name}")(call)


for (_home, _other), _names in _BESIDE.items():
    for _name in _names.split():
        modelled(_home, _other, _name)


@kernel("scipy.interpolate._rbfinterp_np._build_and_solve_system")
def build_and_solve_system(y, d, smoothing, kernel, epsilon, powers, xp):
    """Shift and scale of the polynomial part, and the coefficients."""
    from dualtape.rewrite.library import live

    (powers,), (y, d, smoothing) = opened([powers], []), real_numbers(y, d, smoothing)
    real = import_module("scipy.interpolate._rbfinterp_np")._build_and_solve_system
    model = live(import_module("scipy.interpolate._rbfinterp_xp")._build_and_solve_system)
    with np.errstate(divide="ignore", invalid="ignore"):  # r**2 * log(r) where a point meets itself
        shift, scale, coefficients = model(y, d, smoothing, kernel, epsilon, powers, xp)

    def value(y, d, smoothing):
        return np.asarray(real(y, np.array(d), smoothing, kernel, epsilon, powers, np)[2])

    return shift, scale, compiled(value, coefficients, y, d, smoothing)


@kernel("scipy.interpolate._rbfinterp_xp.kernel_matrix")
def kernel_matrix(x, kernel_func, xp):
    """Between points and themselves: the distance of a point to itself is zero, however it moves."""
    squares = np.sum((x[None, :, :] - x[:, None, :]) ** 2, axis=-1)
    is_same = np.eye(len(x), dtype=bool)
    return kernel_func(np.where(is_same, 0.0, np.sqrt(np.where(is_same, 1.0, squares))), xp)
