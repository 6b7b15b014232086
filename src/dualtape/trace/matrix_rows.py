"""The rows of matrix decompositions, and what each makes of operands of given shapes: see rows.py, which joins them."""

import numpy as np

from dualtape.ops import factor_ops, lapack_ops, schur_ops, scipy_ops, singular_ops, spectral_ops
from dualtape.trace.demands import is_number, require, square

ROWS = tuple(
    row for family in (spectral_ops, singular_ops, factor_ops, scipy_ops, lapack_ops, schur_ops) for row in family.ROWS
)


class Several(tuple):
    """Shapes of several results."""


def _eigen(shapes, largest, lower):
    (shape,) = shapes
    require(type(lower) is bool)
    return Several([square(shape)[:-1], shape])


def _eigenvalues(shapes, largest, lower):
    return _eigen(shapes, largest, lower)[0]


def _conjugated(shapes, largest, lower):
    a, d = shapes
    require(type(lower) is bool and d == square(a)[:-1])
    return a


def _matrix(shapes):
    (shape,) = shapes
    require(len(shape) >= 2)
    return shape[:-2], *shape[-2:]


def _singular(shapes, largest, full):
    stack, m, n = _matrix(shapes)
    r = min(m, n)
    require(type(full) is bool)
    u, v = (m, n) if full else (r, r)
    return Several([(*stack, m, u), (*stack, r), (*stack, v, n)])


def _singular_values(shapes, largest):
    stack, m, n = _matrix(shapes)
    return (*stack, min(m, n))


def _recombined(shapes, largest):
    require(shapes[1] == _singular_values(shapes[:1], largest))
    return shapes[0]


def _pseudoinverse(shapes, largest, rcond):
    stack, m, n = _matrix(shapes)
    require(isinstance(rcond, np.ndarray) or is_number(rcond))
    require(np.broadcast_shapes(np.shape(rcond), stack) == stack)
    return (*stack, n, m)


def _qr(shapes, largest):
    stack, m, n = _matrix(shapes)
    return Several([(*stack, m, min(m, n)), (*stack, min(m, n), n)])


def _lu(shapes, largest):
    stack, m, n = _matrix(shapes)
    require(m >= n)
    return Several([(*stack, m, n), (*stack, n, n)])


# Functions that a program may run for their values, and what they may be told.
_LOWER = {"lower"}
_COSINES = {"type", "norm", "orthogonalize"}
_FACTORIAL = {"extend"}
_HANKEL = {"dln", "mu", "offset", "bias"}
RETURNED = {
    **dict.fromkeys((f"scipy.fft.{name}" for name in ("dct", "idct", "dst", "idst")), _COSINES | {"n", "axis"}),
    **dict.fromkeys((f"scipy.fft.{name}" for name in ("dctn", "idctn", "dstn", "idstn")), _COSINES | {"s", "axes"}),
    "scipy.spatial.distance.cdist": {"metric", "p", "w", "V", "VI"},
    "scipy.spatial.distance.pdist": {"metric", "p", "w", "V", "VI"},
    "scipy.special.factorial": _FACTORIAL,
    "scipy.special.factorial2": _FACTORIAL,
    "scipy.special.factorialk": _FACTORIAL | {"k"},
    **dict.fromkeys((f"roots_{name}" for name in ("jacobi", "genlaguerre", "gegenbauer", "sh_jacobi")), {"n"}),
    **dict.fromkeys(("scipy.fft.fht", "scipy.fft.ifht"), _HANKEL),
    "cho_factor": _LOWER,
    "cho_solve": _LOWER,
    "cho_solve_banded": _LOWER,
    "logsumexp": {"axis", "keepdims", "return_sign"},
    "hessenberg": {"calc_q"},
    "ldl": {"lower", "hermitian"},
    "scipy.linalg.eig": {"left", "right"},
    "lu_factor": set(),
    "lu_solve": {"piv", "trans"},
    "matmul_toeplitz": set(),
    "raw_qr": {"pivoting"},
    "solve_continuous_are": {"terms", "balanced"},
    "solve_discrete_are": {"terms", "balanced"},
    "solve_toeplitz": set(),
    "scipy.linalg.cholesky": _LOWER,
    "scipy.linalg.cholesky_banded": _LOWER,
    "scipy.linalg.det": set(),
    "scipy.linalg.eig_banded": {"lower", "eigvals_only", "select", "select_range"},
    "scipy.linalg.eigh_tridiagonal": {"eigvals_only", "lapack_driver", "select", "select_range"},
    "scipy.linalg.eigh": {"lower", "driver", "eigvals_only", "subset_by_index", "subset_by_value", "type"},
    "scipy.linalg.expm_frechet": {"method", "compute_expm"},
    "scipy.linalg.fractional_matrix_power": {"t"},
    "scipy.linalg.inv": {"assume_a", "lower"},
    "scipy.linalg.logm": set(),
    "scipy.linalg.signm": set(),
    "scipy.linalg.sqrtm": set(),
    "scipy.linalg.lstsq": {"cond", "lapack_driver"},
    "scipy.linalg.lu": {"permute_l", "p_indices"},
    "scipy.linalg.norm": {"ord", "axis", "keepdims"},
    "scipy.linalg.orthogonal_procrustes": set(),
    "scipy.linalg.pinv": {"atol", "rtol"},
    "scipy.linalg.pinvh": {"atol", "rtol", "lower"},
    "scipy.linalg.polar": {"side"},
    "scipy.linalg.qr": {"mode", "pivoting"},
    "scipy.linalg.qr_multiply": {"mode", "pivoting", "conjugate"},
    "scipy.linalg.rq": {"mode"},
    "scipy.linalg.solve": {"lower", "assume_a", "transposed"},
    "scipy.linalg.solve_circulant": {"tol", "baxis", "outaxis"},
    "scipy.linalg.solve_continuous_lyapunov": set(),
    "scipy.linalg.solve_discrete_lyapunov": {"method"},
    "scipy.linalg.solve_triangular": {"trans", "lower", "unit_diagonal"},
    "scipy.linalg.solveh_banded": _LOWER,
    "scipy.linalg.subspace_angles": set(),
    "scipy.linalg.svd": {"compute_uv"},
    "numpy.linalg.pinv": {"rcond", "hermitian"},
    "numpy.linalg.lstsq": {"rcond"},
    "numpy.linalg.qr": {"mode"},
}


def _is_plain(x):
    return type(x) is str or is_number(x) or isinstance(x, np.ndarray) or (type(x) is tuple and all(map(_is_plain, x)))


def _returned(shapes, largest, function, models, kwargs, parts=None, turned=()):
    require(type(turned) is tuple and all(axis in (None, -1, -2) for axis in turned))
    require(set(kwargs) <= RETURNED[function] and type(models) is int and 0 < models < len(shapes))
    require(all(_is_plain(x) for x in kwargs.values()))
    if parts is None:
        require(models == 1)
        return shapes[0]
    require(type(parts) in (tuple, list) and len(parts) == models and all(type(k) is int for k in parts))
    return Several(shapes[:models])


def _chosen(shapes, largest, function, options):
    """How many numbers are chosen is not known before: a decision on them is recorded as a guard."""
    stack, m, n = _matrix(shapes)
    require(set(options) <= {"rcond", "lower", "hermitian", "permute", "scale"})
    require(all(map(is_number, options.values())))
    return {
        "ldl": {(2, n)},
        "matrix_balance": {(2, n)},
        "lu": {(*stack, m)},
        "lu_factor": {(*stack, min(m, n))},
        "qr": {(n,)},
        "orth": {()},
        "null_space": {()},
    }[function]


# Rows of SciPy.

_FUNCTIONS = {"expm", "cosm", "sinm", "coshm", "sinhm", "tanhm", "tanm", "logm", "signm", "fractional_matrix_power"}


def _function(shapes, largest, function, **options):
    require(function in _FUNCTIONS and set(options) <= {"t"} and all(map(is_number, options.values())))
    return square(shapes[0]) if len(shapes) == 1 else None


def _square_root(shapes, largest):
    return _function(shapes, largest, "expm")


def _polar(shapes, largest):
    require(len(_matrix(shapes)[0]) == 0)
    return shapes[0]


def _sylvester(shapes, largest):
    a, b, q = shapes
    require(len(a) == len(b) == 2 and q == (square(a)[0], square(b)[0]))
    return q


def _continuous_are(shapes, largest, balanced):
    a, g, q, b, q_again, r = shapes
    require(len(a) == 2 and square(a) == g == q == q_again and type(balanced) is bool)
    require(len(b) == 2 and b[0] == a[0] and square(r) == (b[1], b[1]))
    return a


def _discrete_are(shapes, largest, balanced):
    a, b, q, r = shapes
    return _continuous_are([a, a, q, b, q, r], largest, balanced)


def _triangular(shapes, largest, lower, transpose, unit):
    a, b = shapes
    require(type(lower) is type(transpose) is type(unit) is bool)
    require(len(a) == 2 and len(b) in (1, 2) and square(a)[0] == b[0])
    return b


def _factor(shapes, largest, lower, clean):
    require(type(lower) is type(clean) is bool)
    return square(shapes[0]) if len(shapes) == 1 else None


def _cho_solve(shapes, largest, lower):
    return _triangular(shapes, largest, lower, False, False)


def _lu_factor(shapes, largest, order):
    stack, m, n = _matrix(shapes)
    require(m >= n and isinstance(order, np.ndarray) and order.dtype.kind == "i" and order.shape == (*stack, m))
    require(np.array_equal(np.sort(order, axis=-1), np.broadcast_to(np.arange(m), order.shape)))
    return shapes[0]


def _lu_solve(shapes, largest, piv, trans):
    require(isinstance(piv, np.ndarray) and piv.dtype.kind == "i" and piv.shape == shapes[0][:1])
    require(np.all((piv >= 0) & (piv < piv.size)) and type(trans) is int and trans in (0, 1, 2))
    return _triangular(shapes, largest, True, False, False)


def _banded(shapes, largest, lower, upper):
    ab, b = shapes
    require(type(lower) is int and type(upper) is int and min(lower, upper) >= 0)
    require(len(ab) == 2 and ab[0] == lower + upper + 1 and len(b) in (1, 2) and b[0] == ab[1])
    return b


def _commutator(shapes, largest, starts, transpose):
    t, m = shapes
    require(len(t) == 2 and square(t) == m and type(transpose) is bool and type(starts) in (list, tuple))
    require(all(type(k) is int for k in starts) and starts[0] == 0 and starts[-1] == t[0])
    require(all(0 < end - start < 3 for start, end in zip(starts, starts[1:], strict=False)))
    return t


def _schur(shapes, largest, sort=None):
    (shape,) = shapes
    require(len(shape) == 2 and sort in (None, "lhp", "rhp", "iuc", "ouc"))
    return Several([square(shape), shape])


_DRIVERS = (None, "ev", "evd", "evr", "evx", "gv", "gvd", "gvx")


def _eigen_by(shapes, largest, lower, driver=None):
    require(driver in _DRIVERS)
    return _eigen(shapes, largest, lower)


def _eigenvalues_by(shapes, largest, lower, driver=None):
    return _eigen_by(shapes, largest, lower, driver)[0]


def _pencil(shapes, largest, lower, driver=None):
    a, b = shapes
    require(a == b)
    return _eigen_by([a], largest, lower, driver)


def _singular_by(shapes, largest, full, lapack_driver="gesdd"):
    require(lapack_driver in ("gesdd", "gesvd"))
    return _singular(shapes, largest, full)


RULES = {
    "chosen": _chosen,
    "scipy.linalg.function": _function,
    "scipy.linalg.sqrtm": _square_root,
    "scipy.linalg.polar": _polar,
    "scipy.linalg.solve_sylvester": _sylvester,
    "scipy.linalg.solve_continuous_are": _continuous_are,
    "scipy.linalg.solve_discrete_are": _discrete_are,
    "scipy.linalg.solve_triangular": _triangular,
    "scipy.linalg.solve_banded": _banded,
    "scipy.linalg.cholesky": _factor,
    "scipy.linalg.cho_solve": _cho_solve,
    "scipy.linalg.lu_factor": _lu_factor,
    "scipy.linalg.lu_solve": _lu_solve,
    "scipy.linalg.eigh": _eigen_by,
    "scipy.linalg.eigvalsh": _eigenvalues_by,
    "scipy.linalg.eigh of two": _pencil,
    "scipy.linalg.svd": _singular_by,
    "commutator": _commutator,
    "scipy.linalg.schur": _schur,
    "linalg.eigh": _eigen,
    "linalg.eigvalsh": _eigenvalues,
    "conjugated": _conjugated,
    "linalg.svd": _singular,
    "linalg.svdvals": _singular_values,
    "recombined": _recombined,
    "linalg.pinv": _pseudoinverse,
    "linalg.qr": _qr,
    "lu": _lu,
    "as_returned": _returned,
}
RULES |= {row.name: RULES[row.name.removesuffix(" of rules")] for row in ROWS if row.name.endswith(" of rules")}
