"""Functions of scipy.sparse.linalg for constant matrices, which are linear maps of a vector: the inverse, the
exponential."""

import numpy as np

from ..errors import UnsupportedOperation
from ..ops.constant_maps import LinearMap
from ..trace.functions import REFUSED, foreign, has_active, is_complex
from .complex_numbers import number
from .either import image


@foreign("scipy.sparse.linalg.spsolve")
def spsolve(A, b, permc_spec=None, use_umfpack=True):
    from scipy.sparse.linalg import splu

    if has_active(A):
        raise UnsupportedOperation("scipy.sparse.linalg.spsolve of a traced matrix", "use np.linalg.solve")
    A, b = getattr(A, "__wrapped__", A).tocsc(), number(b)
    A = A.astype(complex) if is_complex(b) else A
    factors = splu(A, **({} if permc_spec is None else {"permc_spec": permc_spec}))
    linear = LinearMap(
        lambda b: factors.solve(owned(b)),
        lambda w: factors.solve(owned(w), "T"),
        A.dtype.kind == "c",
    )
    return image(b, linear)


def owned(x):
    """A copy, real or complex, for compiled code that asks for an array of its own."""
    return np.array(x, dtype=complex if np.iscomplexobj(x) else float)


@foreign("scipy.sparse.linalg.expm_multiply")
def expm_multiply(A, B, start=None, stop=None, num=None, endpoint=None, traceA=None):
    from scipy.sparse.linalg import expm_multiply

    if has_active((A, start, stop)):
        raise UnsupportedOperation(
            "scipy.sparse.linalg.expm_multiply of a traced matrix or time", "use scipy.linalg.expm(t * A) @ B"
        )
    if start is not None:
        raise UnsupportedOperation(
            "scipy.sparse.linalg.expm_multiply at several times of a traced vector", "call it for each time: (t * A, B)"
        )
    A = getattr(A, "__wrapped__", A)
    linear = LinearMap(
        lambda x: expm_multiply(A, x, traceA=traceA),
        lambda w: expm_multiply(A.T, w, traceA=traceA),
        getattr(A.dtype, "kind", None) == "c",
    )
    return image(B, linear)


def _iterates(name):
    @foreign(f"scipy.sparse.linalg.{name}", kind=REFUSED)
    def refuse(*args, **kwargs):
        raise UnsupportedOperation(
            f"scipy.sparse.linalg.{name} of traced numbers: it stops when its value is good enough", _DIRECT
        )


_DIRECT = "use scipy.sparse.linalg.spsolve or splu(A).solve, which have derivatives"
for _name in "bicg bicgstab cg cgs gcrotmk gmres lgmres lsmr lsqr minres qmr tfqmr".split():
    _iterates(_name)
