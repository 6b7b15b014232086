"""Functions of scipy.sparse.linalg for constant matrices, which are linear maps of a vector: the inverse, the
exponential."""

from ..errors import UnsupportedOperation
from ..ops.constant_maps import LinearMap, mapped
from ..trace.functions import REFUSED, foreign, has_active, operand


@foreign("scipy.sparse.linalg.spsolve")
def spsolve(A, b, permc_spec=None, use_umfpack=True):
    import numpy as np
    from scipy.sparse.linalg import splu

    if has_active(A):
        raise UnsupportedOperation("scipy.sparse.linalg.spsolve of a traced matrix", "use np.linalg.solve")
    factors = splu(getattr(A, "__wrapped__", A).tocsc(), **({} if permc_spec is None else {"permc_spec": permc_spec}))
    linear = LinearMap(
        lambda b: factors.solve(np.array(b, dtype=np.float64)),
        lambda w: factors.solve(np.array(w, dtype=np.float64), "T"),
    )
    return mapped(operand(b), linear)


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
    )
    return mapped(operand(B), linear)


def _iterates(name):
    @foreign(f"scipy.sparse.linalg.{name}", kind=REFUSED)
    def refuse(*args, **kwargs):
        raise UnsupportedOperation(
            f"scipy.sparse.linalg.{name} of traced numbers: it stops when its value is good enough", _DIRECT
        )


_DIRECT = "use scipy.sparse.linalg.spsolve or splu(A).solve, which have derivatives"
for _name in "bicg bicgstab cg cgs gcrotmk gmres lgmres lsmr lsqr minres qmr tfqmr".split():
    _iterates(_name)
