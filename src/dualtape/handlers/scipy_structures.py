"""`scipy.linalg`: matrices of a known structure, and what is solved with them. They are made by moving elements."""

import numpy as np

from ..errors import UnsupportedOperation
from ..trace.functions import PASSIVE, foreign, is_complex, peeked, primal
from ..trace.functions import move as move_real
from .complex_numbers import made, number, parts
from .either import returned
from .scipy_linalg import scipy_linalg


def _vector(x):
    return np.ravel(number(x)) if np.ndim(number(x)) != 1 else number(x)


def move(xs, place):
    """As functions.move, of real or complex numbers."""
    xs = [number(x) for x in xs]
    if not any(map(is_complex, xs)):
        return move_real(xs, place)
    pairs = [[np.zeros(np.shape(x)) if part is None else part for part in parts(x)] for x in xs]
    return made(*(move_real([pair[k] for pair in pairs], place) for k in (0, 1)))


@foreign("scipy.linalg.block_diag")
def block_diag(*arrs):
    blocks = [np.atleast_2d(number(x)) for x in arrs]
    if any(np.ndim(block) != 2 for block in blocks):
        raise UnsupportedOperation("scipy.linalg.block_diag of stacks", "give it matrices")
    rows, columns = (np.cumsum([0, *(np.shape(block)[k] for block in blocks)]) for k in (0, 1))

    def place(*ids):
        result = np.zeros((rows[-1], columns[-1]), dtype=ids[0].dtype)
        for k, block in enumerate(ids):
            result[rows[k] : rows[k + 1], columns[k] : columns[k + 1]] = block
        return result

    return move(blocks, place)


def _made_by(name, *xs):
    """What SciPy itself makes of the ids of elements."""
    return move(xs, scipy_linalg(name))


@foreign("scipy.linalg.toeplitz")
def toeplitz(c, r=None):
    c = number(c)
    r = (np.conjugate(c) if is_complex(c) else c) if r is None else number(r)
    return _made_by("toeplitz", *(x if np.ndim(x) else np.reshape(x, 1) for x in (c, r)))


@foreign("scipy.linalg.circulant")
def circulant(c):
    return _made_by("circulant", np.atleast_1d(number(c)))


@foreign("scipy.linalg.hankel")
def hankel(c, r=None):
    return _made_by("hankel", *(np.atleast_1d(number(x)) for x in ([c] if r is None else [c, r])))


@foreign("scipy.linalg.companion")
def companion(a):
    a = number(a)
    scipy_linalg("companion")(peeked(a))  # raises SciPy's error
    n = np.shape(a)[-1]
    first = -a[..., 1:] / (1.0 * a[..., :1])
    below = np.broadcast_to(np.eye(n - 2, n - 1), (*np.shape(a)[:-1], n - 2, n - 1))
    return np.concatenate([first[..., None, :], below], axis=-2)


@foreign("scipy.linalg.leslie")
def leslie(f, s):
    f, s = np.atleast_1d(number(f)), np.atleast_1d(number(s))

    def place(births, survivals):
        result = np.zeros((births.size, births.size), dtype=births.dtype)
        result[0] = births
        result[np.arange(1, births.size), np.arange(births.size - 1)] = survivals
        return result

    scipy_linalg("leslie")(peeked(f), peeked(s))  # raises SciPy's error
    return move([f, s], place)


@foreign("scipy.linalg.convolution_matrix")
def convolution_matrix(a, n, mode="full"):
    return move([number(a)], lambda ids: scipy_linalg("convolution_matrix")(ids, n, mode))


@foreign("scipy.linalg.fiedler")
def fiedler(a):
    a = np.atleast_1d(number(a))
    return np.abs(a[..., :, None] - a[..., None, :])


@foreign("scipy.linalg.diagsvd")
def diagsvd(s, M, N):
    return move([number(s)], lambda ids: scipy_linalg("diagsvd")(ids, M, N))


@foreign("scipy.linalg.kron")
def kron(a, b):
    return np.kron(number(a), number(b))


@foreign("scipy.linalg.khatri_rao")
def khatri_rao(a, b):
    a, b = number(a), number(b)
    scipy_linalg("khatri_rao")(peeked(a), peeked(b))  # raises SciPy's error
    product = a[..., :, None, :] * b[..., None, :, :]
    return np.reshape(product, (*np.shape(product)[:-3], -1, np.shape(product)[-1]))


# Solving with them.


def _column_and_row(c_or_cr):
    if isinstance(c_or_cr, tuple):
        c, r = c_or_cr
        return _vector(c), _vector(r)
    c = _vector(c_or_cr)
    return c, np.conjugate(c) if is_complex(c) else c


@foreign("scipy.linalg.solve_toeplitz")
def solve_toeplitz(c_or_cr, b, check_finite=True):
    (c, r), b = _column_and_row(c_or_cr), number(b)
    model = np.linalg.solve(toeplitz(c, r), b)
    return returned("solve_toeplitz", model, (c, r, b))


@foreign("scipy.linalg.matmul_toeplitz")
def matmul_toeplitz(c_or_cr, x, check_finite=False, workers=None):
    (c, r), x = _column_and_row(c_or_cr), number(x)
    model = np.matmul(toeplitz(c, r), x)
    return returned("matmul_toeplitz", model, (c, r, x))


@foreign("scipy.linalg.solve_circulant")
def solve_circulant(c, b, singular="raise", tol=None, caxis=-1, baxis=0, outaxis=0):
    c, b = number(c), number(b)
    if np.ndim(c) != 1 or singular != "raise":
        raise UnsupportedOperation(
            "scipy.linalg.solve_circulant of several c, or with singular='lstsq'",
            "solve with scipy.linalg.circulant(c)",
        )
    columns = np.moveaxis(b, baxis, 0)
    flat = np.reshape(columns, (np.shape(columns)[0], -1))
    solved = np.reshape(np.linalg.solve(circulant(c), flat), np.shape(columns))
    model = np.moveaxis(solved, 0, outaxis)
    return returned("scipy.linalg.solve_circulant", model, (c, b), tol=tol, baxis=baxis, outaxis=outaxis)


# What changes by steps or not at all.


def _passive(name):
    @foreign("scipy.linalg." + name, kind=PASSIVE)
    def function(*args, **kwargs):
        return scipy_linalg(name)(*map(primal, args), **kwargs)

    return function


for _name in ("bandwidth", "ishermitian", "issymmetric"):
    _passive(_name)
