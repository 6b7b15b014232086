"""`scipy.linalg`: functions of matrices. The rule is in `ops.scipy_ops`: it takes the function itself at a matrix twice
as large."""

import numpy as np

from ..errors import UnsupportedOperation
from ..ops import scipy_ops
from ..trace.functions import apply, foreign, operand, peeked
from .scipy_linalg import scipy_linalg
from .spectral import returned


def _real(name, a, *args):
    """A function of a matrix has a rule where its value is real."""
    a = operand(a)
    value = scipy_linalg(name)(peeked(a), *args)
    if np.iscomplexobj(value):
        raise UnsupportedOperation(
            f"scipy.linalg.{name} of this matrix is complex", "it has a rule where the result is a real matrix"
        )
    return a


def _function_of_matrix(name):
    @foreign("scipy.linalg." + name)
    def function(A):
        return apply(scipy_ops.FUNCTION, operand(A), function=name)

    return function


expm, cosm, sinm = map(_function_of_matrix, ("expm", "cosm", "sinm"))
coshm, sinhm, tanhm, tanm = map(_function_of_matrix, ("coshm", "sinhm", "tanhm", "tanm"))


@foreign("scipy.linalg.logm")
def logm(A, disp=None):
    _refuse_disp("logm", disp)
    return apply(scipy_ops.FUNCTION, _real("logm", A), function="logm")


@foreign("scipy.linalg.sqrtm")
def sqrtm(A, disp=None, blocksize=None):
    _refuse_disp("sqrtm", disp)
    return apply(scipy_ops.SQUARE_ROOT, _real("sqrtm", A))


@foreign("scipy.linalg.fractional_matrix_power")
def fractional_matrix_power(A, t):
    if hasattr(t, "engine"):
        raise UnsupportedOperation(
            "scipy.linalg.fractional_matrix_power has no derivative rule in t", "write it as expm(t*logm(A))"
        )
    t = float(t)
    if t.is_integer():
        model = np.linalg.matrix_power(operand(A), int(t))
        return returned("scipy.linalg.fractional_matrix_power", model, (A,), t=t)
    return apply(scipy_ops.FUNCTION, _real("fractional_matrix_power", A, t), function="fractional_matrix_power", t=t)


@foreign("scipy.linalg.signm")
def signm(A, disp=None):
    _refuse_disp("signm", disp)
    return apply(scipy_ops.FUNCTION, _real("signm", A), function="signm")


def _refuse_disp(name, disp):
    if disp is False:
        raise UnsupportedOperation(f"scipy.linalg.{name} with disp=False", "leave disp= away")


@foreign("scipy.linalg.expm_frechet")
def expm_frechet(A, E, method=None, compute_expm=True, check_finite=True):
    A, E = operand(A), operand(E)
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
    a = operand(a)
    u = apply(scipy_ops.POLAR, a)
    p = np.matmul(np.transpose(u), a) if side == "right" else np.matmul(a, np.transpose(u))
    return returned("scipy.linalg.polar", (u, 0.5 * (p + np.transpose(p))), (a,), (0, 1), side=side)


@foreign("scipy.linalg.orthogonal_procrustes")
def orthogonal_procrustes(A, B, check_finite=True):
    A, B = operand(A), operand(B)
    product = np.matmul(np.transpose(A), B)
    r = apply(scipy_ops.POLAR, product)
    scale = np.sum(np.linalg.svd(product, compute_uv=False))
    return returned("scipy.linalg.orthogonal_procrustes", (r, scale), (A, B), (0, 1))
