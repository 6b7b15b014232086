"""`numpy.linalg` of complex matrices, and eigenvalues of general ones, real or complex: `eig`, `eigvals` and what NumPy
makes of them (`np.roots`). Functions that NumPy has written in Python run as they are (borrowed.py), statistics without
NaN among them."""

from math import prod

import numpy as np

from ..ops.complex_ops import DET, INV, LOGDET, SOLVE
from ..ops.eigen_ops import EIG, EIGVALS
from ..trace.functions import handles, primal
from .borrowed import translated
from .complex_functions import by_row, store_complex, with_value
from .complex_numbers import handles_complex, number, parts


@handles_complex(np.linalg.solve)
def solve(a, b):
    return by_row(SOLVE, number(a), number(b))


@handles_complex(np.linalg.inv)
def inv(a):
    return by_row(INV, number(a))


@handles_complex(np.linalg.det)
def det(a):
    return by_row(DET, number(a))


@handles_complex(np.linalg.slogdet)
def slogdet(a):
    """The sign, ``det/|det|``, turns with the matrix."""
    a = number(a)
    logarithm = by_row(LOGDET, a)
    turn = np.imag(logarithm)
    sign = with_value("linalg.slogdet", [a], (np.cos(turn), np.sin(turn)), part=0)
    return type(np.linalg.slogdet(np.eye(1)))(sign, np.real(logarithm))


handles_complex(np.linalg.trace)(lambda x, /, *, offset=0, dtype=None: np.trace(x, offset, -2, -1, dtype))

# ---- eigenvalues ----


def _is_real(a, w):
    """NumPy gives real numbers where all eigenvalues of a real matrix are."""
    return not np.iscomplexobj(a) and not np.any(np.imag(w))


@handles(np.linalg.eigvals)
@handles_complex(np.linalg.eigvals)
def eigvals(a):
    a = number(a)
    w = by_row(EIGVALS, a)
    return np.real(w) if _is_real(a, w) else w


@handles(np.linalg.eig)
@handles_complex(np.linalg.eig)
def eig(a):
    """Eigenvectors have NumPy's scale: of length 1, their largest component real."""
    a = number(a)
    found = by_row(EIG, a)
    w, tag, vectors = found[..., 0], np.real(found[..., 1]), found[..., 2:]
    re, im = parts(vectors)
    length = np.copysign(np.sqrt(np.sum(re * re + im * im, axis=-2)), tag)
    length = np.expand_dims(length, -2)
    if _is_real(a, w):
        w, vectors = np.real(w), with_value("linalg.eig", [a], re / length, part=1)
    else:
        vectors = with_value("linalg.eig", [a], (re / length, im / length), part=1)
    return type(np.linalg.eig(np.eye(1)))(w, vectors)


# ---- NumPy's own Python code ----

for _function in (
    *(np.poly, np.polyval, np.polyadd, np.polysub, np.polymul, np.polyder, np.polyint, np.vander, np.trim_zeros),
    *(np.average, np.trapezoid, np.cross, np.cov, np.corrcoef, np.gradient, np.diff, np.median),
    *(np.nansum, np.nanprod, np.nancumsum, np.nancumprod, np.nanmax, np.nanmin),
    *(np.linalg.matrix_power, np.linalg.multi_dot, np.linalg.norm),
    *(getattr(np.linalg, name, None) for name in ("vector_norm", "matrix_norm", "cross")),
):
    if _function is not None:
        handles_complex(_function)(translated(_function))


def _reduced_shape(a, axis, keepdims):
    return np.sum(np.broadcast_to(0.0, a.shape), axis=axis, keepdims=keepdims is True).shape


def _with_axes_kept(function):
    """NumPy's code makes plain numbers of single results: so it is asked for arrays."""
    run = translated(function)

    def handler(a, axis=None, dtype=None, out=None, ddof=0, keepdims=False, *, where=True, **options):
        options |= {"ddof": ddof} if function is not np.nanmean else {}
        found = run(a, axis=axis, dtype=dtype, keepdims=True, where=where, **options)
        return store_complex(np.reshape(found, _reduced_shape(number(a), axis, keepdims)), out)

    handles_complex(function)(handler)


for _function in (np.nanmean, np.nanvar, np.nanstd):
    _with_axes_kept(_function)


@handles_complex(np.nanmedian)
def nanmedian(a, axis=None, out=None, overwrite_input=False, keepdims=False):
    a = number(a)
    axes = tuple(range(a.ndim)) if axis is None else axis if type(axis) is tuple else (axis,)
    rows = np.moveaxis(a, axes, range(-len(axes), 0))
    rows = np.reshape(rows, (-1, prod(rows.shape[rows.ndim - len(axes) :])))
    found = np.stack([np.median(row[primal(~np.isnan(row))]) for row in rows])
    return store_complex(np.reshape(found, _reduced_shape(a, axis, keepdims)), out)


@handles_complex(np.interp)
def interp(x, xp, fp, left=None, right=None, period=None):
    """Of complex values, part by part."""
    values = fp, left, right
    re, im = (
        np.interp(x, xp, *(None if value is None else part(number(value)) for value in values), period)
        for part in (np.real, np.imag)
    )
    return re + 1j * im
