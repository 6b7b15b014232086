"""`numpy.linalg` of complex matrices, and eigenvalues of general ones, real or complex: `eig`, `eigvals` and what NumPy
makes of them (`np.roots`). Functions that NumPy has written in Python run as they are (borrowed.py)."""

import numpy as np

from ..ops.complex_ops import DET, INV, LOGDET, SOLVE
from ..ops.eigen_ops import EIG, EIGVALS
from ..trace.functions import handles
from .borrowed import borrows, translated
from .complex_functions import by_row, with_value
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


borrows(np.roots)

# ---- NumPy's own Python code ----

for _function in (
    *(np.roots, np.poly, np.polyval, np.polyadd, np.polysub, np.polymul, np.polyder, np.polyint, np.vander),
    *(np.average, np.trapezoid, np.cross, np.cov, np.corrcoef, np.gradient, np.diff),
    *(np.linalg.matrix_power, np.linalg.multi_dot, np.linalg.norm),
    *(getattr(np.linalg, name, None) for name in ("vector_norm", "matrix_norm", "cross")),
):
    if _function is not None:
        handles_complex(_function)(translated(_function))
