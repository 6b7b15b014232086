"""Solvers of scipy.sparse.linalg for constant matrices: the inverse is a linear map of the right-hand side."""

from ..errors import UnsupportedOperation
from ..ops.constant_maps import LinearMap, mapped
from ..trace.functions import foreign, has_active, operand


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
