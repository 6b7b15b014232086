"""`scipy.linalg`: functions of matrices. The rule is in `ops.scipy_ops`: it takes the function itself at a matrix twice
as large."""

import numpy as np

from ..errors import UnsupportedOperation
from ..ops import scipy_ops
from ..ops.complexified import adjoint
from ..trace.functions import foreign, is_active, is_complex, peeked
from .complex_numbers import made, number
from .either import apply, returned
from .scipy_linalg import scipy_linalg


def _of_matrix(name, a, row=scipy_ops.FUNCTION, *args, **params):
    """A function of a matrix; of a real one it may be complex."""
    a = number(a)
    if is_complex(a) or not np.iscomplexobj(scipy_linalg(name)(peeked(a), *args)):
        return apply(row, a, **params)
    options = {key: x for key, x in params.items() if key != "function"}
    return returned(f"scipy.linalg.{name}", apply(row, made(a, np.zeros(np.shape(a))), **params), (a,), **options)


def _function_of_matrix(name):
    @foreign("scipy.linalg." + name)
    def function(A):
        return apply(scipy_ops.FUNCTION, number(A), function=name)

    return function


expm, cosm, sinm = map(_function_of_matrix, ("expm", "cosm", "sinm"))
coshm, sinhm, tanhm, tanm = map(_function_of_matrix, ("coshm", "sinhm", "tanhm", "tanm"))


@foreign("scipy.linalg.logm")
def logm(A, disp=None):
    _refuse_disp("logm", disp)
    return _of_matrix("logm", A, function="logm")


@foreign("scipy.linalg.sqrtm")
def sqrtm(A, disp=None, blocksize=None):
    _refuse_disp("sqrtm", disp)
    return _of_matrix("sqrtm", A, scipy_ops.SQUARE_ROOT)


@foreign("scipy.linalg.fractional_matrix_power")
def fractional_matrix_power(A, t):
    if is_active(t):
        return expm(t * logm(A))
    t = float(t)
    if t.is_integer():
        model = np.linalg.matrix_power(number(A), int(t))
        return returned("scipy.linalg.fractional_matrix_power", model, (number(A),), t=t)
    name = "fractional_matrix_power"
    return _of_matrix(name, A, scipy_ops.FUNCTION, t, function=name, t=t)


@foreign("scipy.linalg.signm")
def signm(A, disp=None):
    _refuse_disp("signm", disp)
    return _of_matrix("signm", A, function="signm")


def _refuse_disp(name, disp):
    if disp is False:
        raise UnsupportedOperation(f"scipy.linalg.{name} with disp=False", "leave disp= away")


@foreign("scipy.linalg.expm_frechet")
def expm_frechet(A, E, method=None, compute_expm=True, check_finite=True):
    A, E = number(A), number(E)
    n = np.shape(A)[-1]
    block = np.concatenate(
        [np.concatenate([A, E], axis=-1), np.concatenate([np.zeros(np.shape(A)), A], axis=-1)], axis=-2
    )
    both = apply(scipy_ops.FUNCTION, block, function="expm")
    options = {} if method is None else {"method": method}
    models = both[:n, :n], both[:n, n:]
    if compute_expm:
        return returned("scipy.linalg.expm_frechet", models, (A, E), (0, 1), **options)
    return returned("scipy.linalg.expm_frechet", models[1], (A, E), compute_expm=False, **options)


@foreign("scipy.linalg.polar")
def polar(a, side="right"):
    """The orthogonal factor is smooth where singular values are repeated, and has no derivative where one is 0."""
    a = number(a)
    u = apply(scipy_ops.POLAR, a)
    p = np.matmul(adjoint(u), a) if side == "right" else np.matmul(a, adjoint(u))
    return returned("scipy.linalg.polar", (u, 0.5 * (p + adjoint(p))), (a,), (0, 1), side=side)


@foreign("scipy.linalg.orthogonal_procrustes")
def orthogonal_procrustes(A, B, check_finite=True):
    A, B = number(A), number(B)
    product = np.matmul(adjoint(A), B)
    r = apply(scipy_ops.POLAR, product)
    scale = np.sum(np.linalg.svd(product, compute_uv=False))
    return returned("scipy.linalg.orthogonal_procrustes", (r, scale), (A, B), (0, 1))
