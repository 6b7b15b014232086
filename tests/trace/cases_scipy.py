"""Cases of `scipy.linalg` and of the sums of exponentials of `scipy.special`: see cases.py, which joins them. `linalg`
and `special` are SciPy's modules with the handlers in front, as the clone of a user's function has them."""

from importlib import import_module

import numpy as np
import pytest
from case import Case

from dualtape.trace import functions

_N = (3, 3)
_V = (3,)


class _Module:
    """A module of SciPy whose functions go to their handlers if a number is active."""

    def __init__(self, name):
        self.name = name

    def __getattr__(self, name):
        original = getattr(import_module(self.name), name)

        def function(*args, **kwargs):
            if not _carries([list(args), list(kwargs.values())]):
                return original(*args, **kwargs)
            handler = functions.foreign_handler(f"{self.name}.{name}")
            return handler(*args, **kwargs)

        return function


def _carries(tree):
    """Does a number with a derivative, real or complex, stand in nested lists and tuples?"""
    if isinstance(tree, (list, tuple)):
        return any(map(_carries, tree))
    return functions.CARRIERS[type(tree)] or functions.has_active(tree)


linalg, special = _Module("scipy.linalg"), _Module("scipy.special")


def _spd(a):
    return a @ np.swapaxes(a, -1, -2) + 2.0 * np.eye(a.shape[-1])


def _regular(a):
    return a + 3.0 * np.eye(a.shape[-1])


def _band(rows):
    """A matrix with a strong main diagonal, in the band `rows`."""
    strong = np.zeros((rows, 1))
    strong[rows // 2] = 4.0
    return strong


_upper_band = np.array([[0.0], [0.0], [4.0]])
_lower_band = _upper_band[::-1]

SYSTEMS = [
    *(
        Case(f"scipy solve {kind}", lambda a, b, kind=kind: linalg.solve(_spd(a), b, assume_a=kind), (_N, _V))
        for kind in (None, "gen", "sym", "pos", "diagonal", "tridiagonal", "upper triangular", "lower triangular")
    ),
    Case(
        "scipy solve one triangle", lambda a, b: linalg.solve(_regular(a), b, assume_a="sym", lower=True), (_N, (3, 2))
    ),
    Case("scipy solve transposed", lambda a, b: linalg.solve(_regular(a), b, transposed=True), (_N, _V)),
    Case("scipy solve stack", lambda a, b: linalg.solve(_regular(a), b), ((2, 3, 3), (2, 3, 1))),
    *(
        Case(
            f"scipy solve_triangular {trans} {lower} {unit}",
            lambda a, b, o=(trans, lower, unit): linalg.solve_triangular(_regular(a), b, *o),
            (_N, _V),
        )
        for trans, lower, unit in ((0, False, False), ("T", True, False), (1, False, True), ("N", True, True))
    ),
    Case("scipy inv", lambda a: linalg.inv(_regular(a)), (_N,)),
    Case("scipy det", lambda a: linalg.det(a), (_N,)),
    Case("scipy det singular", lambda a: linalg.det(a), (np.outer([1.0, 2.0, 3.0], [1.0, 0.0, 2.0]),)),
    Case("scipy cholesky", lambda a: linalg.cholesky(_spd(a)), (_N,)),
    Case("scipy cholesky lower", lambda a: linalg.cholesky(_spd(a), lower=True, check_finite=False), (_N,)),
    Case("scipy cho_factor", lambda a: linalg.cho_factor(_spd(a) + 0.1 * a)[0], (_N,)),
    Case("scipy cho_factor lower", lambda a: linalg.cho_factor(_spd(a), lower=True)[0], (_N,)),
    Case("scipy cho_solve", lambda a, b: linalg.cho_solve(linalg.cho_factor(_spd(a)), b), (_N, _V)),
    Case("scipy cho_solve lower", lambda a, b: linalg.cho_solve((_regular(a), True), b), (_N, (3, 2))),
    *(
        Case(f"scipy lu {s} {k}", lambda a, k=k: linalg.lu(a)[k], (s,), looks=True)
        for s in ((3, 3), (4, 2), (2, 4))
        for k in (1, 2)
    ),
    Case("scipy lu permuted", lambda a: linalg.lu(a, permute_l=True)[0] @ linalg.lu(a)[0], (_N,), looks=True),
    Case(
        "scipy lu indices",
        lambda a: linalg.lu(a, p_indices=True)[1][linalg.lu(a, p_indices=True)[0]],
        (_N,),
        looks=True,
    ),
    *(
        Case(f"scipy lu_factor {s}", lambda a: linalg.lu_factor(a)[0], (s,), looks=True)
        for s in ((3, 3), (4, 2), (2, 4))
    ),
    *(
        Case(f"scipy lu_solve {t}", lambda a, b, t=t: linalg.lu_solve(linalg.lu_factor(_regular(a)), b, t), (_N, _V))
        for t in (0, 1)
    ),
    Case(
        "scipy lu_solve constant", lambda b: linalg.lu_solve(linalg.lu_factor(np.vander([1.0, 2.0, 4.0])), b), ((3, 2),)
    ),
]

BANDS = [
    Case("scipy solve_banded", lambda a, b: linalg.solve_banded((1, 1), a + _band(3), b), ((3, 5), (5,))),
    Case(
        "scipy solve_banded wide",
        lambda a, b: linalg.solve_banded((2, 1), a + 4.0 * np.eye(4)[:, 1:2], b),
        ((4, 5), (5, 2)),
    ),
    Case(
        "scipy solve_banded small",
        lambda a, b: linalg.solve_banded((2, 1), a + 4.0 * np.eye(4)[:, 1:2], b),
        ((4, 2), (2,)),
    ),
    Case("scipy solveh_banded", lambda a, b: linalg.solveh_banded(a + _upper_band, b), ((3, 5), (5,))),
    Case(
        "scipy solveh_banded lower", lambda a, b: linalg.solveh_banded(a + _lower_band, b, lower=True), ((3, 5), (5, 2))
    ),
    Case("scipy cholesky_banded", lambda a: linalg.cholesky_banded(a + _upper_band), ((3, 5),)),
    Case("scipy cholesky_banded lower", lambda a: linalg.cholesky_banded(a + _lower_band, lower=True), ((3, 5),)),
    Case(
        "scipy cho_solve_banded",
        lambda a, b: linalg.cho_solve_banded((linalg.cholesky_banded(a + _upper_band), False), b),
        ((3, 5), (5,)),
    ),
    Case(
        "scipy cho_solve_banded lower", lambda a, b: linalg.cho_solve_banded((a + _lower_band, True), b), ((3, 5), (5,))
    ),
]

EQUATIONS = [
    Case(
        "scipy solve_sylvester",
        lambda a, b, q: linalg.solve_sylvester(_regular(a), b + 3.0 * np.eye(2), q),
        (_N, (2, 2), (3, 2)),
    ),
    Case("scipy solve_continuous_lyapunov", lambda a, q: linalg.solve_continuous_lyapunov(_regular(a), q), (_N, _N)),
    Case("scipy solve_lyapunov", lambda a, q: linalg.solve_lyapunov(_regular(a), q), (_N, _N)),
    *(
        Case(
            f"scipy solve_discrete_lyapunov {m}",
            lambda a, q, m=m: linalg.solve_discrete_lyapunov(0.3 * a, q, m),
            (_N, _N),
        )
        for m in (None, "direct", "bilinear")
    ),
    Case(
        "scipy solve_discrete_are",
        lambda a, b, q, r: linalg.solve_discrete_are(a, b, _spd(q), _spd(r)),
        (_N, (3, 2), _N, (2, 2)),
    ),
    Case(
        "scipy solve_continuous_are",
        lambda a, b, q, r: linalg.solve_continuous_are(a, b, _spd(q), _spd(r)),
        (_N, (3, 2), _N, (2, 2)),
    ),
]

FUNCTIONS = [
    *(
        Case(f"scipy {name}", lambda a, name=name: getattr(linalg, name)(a), (_N,))
        for name in ("expm", "sinm", "cosm", "tanm", "sinhm", "coshm", "tanhm")
    ),
    Case("scipy expm stack", lambda a: linalg.expm(a), ((2, 2, 2),)),
    Case("scipy expm of nothing", lambda a: linalg.expm(0.0 * a), ((2, 2),)),
    Case("scipy expm of nilpotent", lambda a: linalg.expm(a), (np.array([[0.0, 1.0], [0.0, 0.0]]),)),
    Case("scipy logm", lambda a: linalg.logm(_regular(a)), (_N,)),
    Case("scipy logm of one", lambda a: linalg.logm(a), (np.eye(2),)),
    Case("scipy sqrtm", lambda a: linalg.sqrtm(_regular(a)), (_N,)),
    Case("scipy sqrtm of one", lambda a: linalg.sqrtm(a), (np.eye(2),)),
    *(
        Case(f"scipy fractional_matrix_power {t}", lambda a, t=t: linalg.fractional_matrix_power(_spd(a), t), (_N,))
        for t in (0.5, -0.3, 2, -1)
    ),
    Case("scipy signm", lambda a: linalg.signm(a + np.diag([2.0, -2.0, 3.0])), (_N,)),
    Case("scipy expm_frechet", lambda a, e: linalg.expm_frechet(a, e)[1], (_N, _N)),
    Case("scipy expm_frechet alone", lambda a, e: linalg.expm_frechet(a, e, compute_expm=False), (_N, _N)),
    Case("scipy polar", lambda a: linalg.polar(a)[0] + linalg.polar(a, side="left")[1], (_N,)),
    *(Case(f"scipy polar {s}", lambda a: linalg.polar(a)[0], (s,)) for s in ((4, 2), (2, 4))),
    *(Case(f"scipy polar scaling {s}", lambda a: linalg.polar(a)[1], (s,)) for s in ((4, 2), (2, 4))),
    Case("scipy polar at one", lambda a: linalg.polar(a)[0], (np.eye(3),)),
    Case(
        "scipy orthogonal_procrustes",
        lambda a, b: linalg.orthogonal_procrustes(a, b)[0] * linalg.orthogonal_procrustes(a, b)[1],
        ((4, 3), (4, 3)),
    ),
]

FACTORS = [
    Case("scipy eigh values", lambda a: linalg.eigh(a)[0], (_N,)),
    Case("scipy eigh vectors", lambda a: np.abs(linalg.eigh(a)[1]), (_N,)),  # LAPACK turns them about
    Case("scipy eigh upper", lambda a: linalg.eigh(a, lower=False, driver="evd")[1], (_N,)),
    *(Case(f"scipy eigh of two {k}", lambda a, b, k=k: linalg.eigh(a, _spd(b))[k], (_N, _N)) for k in (0, 1)),
    Case("scipy eigh subset", lambda a: linalg.eigh(a, subset_by_index=[1, 2])[1], (_N,)),
    Case(
        "scipy eigh by value",
        lambda a: linalg.eigh(a, subset_by_value=[0.0, 9.0], eigvals_only=True),
        (_N,),
        looks=True,
    ),
    Case("scipy eigvalsh", lambda a: linalg.eigvalsh(a), (_N,)),
    Case("scipy eigvalsh of two", lambda a, b: linalg.eigvalsh(a, _spd(b)), (_N, _N)),
    *(
        Case(f"scipy svd {s} {k}", lambda a, k=k: linalg.svd(a, full_matrices=False)[k], (s,))
        for s in ((3, 3), (4, 2), (2, 4))
        for k in (0, 1, 2)
    ),
    Case("scipy eigvals_banded", lambda a: linalg.eigvals_banded(a + _upper_band), ((3, 5),)),
    Case("scipy eig_banded", lambda a: np.abs(linalg.eig_banded(a, lower=True)[1]), ((2, 4),)),
    Case("scipy eig_banded values", lambda a: linalg.eig_banded(a, lower=True)[0], ((2, 4),)),
    Case("scipy eigh_tridiagonal", lambda d, e: np.abs(linalg.eigh_tridiagonal(d, e)[1]), ((4,), (3,))),
    Case("scipy eigvalsh_tridiagonal", lambda d, e: linalg.eigvalsh_tridiagonal(d, e), ((4,), (3,))),
    Case("scipy svd full", lambda a: linalg.svd(a, lapack_driver="gesvd")[0], ((3, 2),)),
    Case("scipy svdvals", lambda a: linalg.svdvals(a), ((3, 2),)),
    Case("scipy svd values", lambda a: linalg.svd(a, compute_uv=False), ((3, 2),)),
    *(Case(f"scipy norm {o}", lambda a, o=o: linalg.norm(a, o), (_N,)) for o in (None, 2, 1, "nuc", "fro")),
    Case("scipy norm vector", lambda a: linalg.norm(a) + linalg.norm(a, 3) + linalg.norm(a, np.inf), (_V,)),
    Case("scipy norm axis", lambda a: linalg.norm(a, axis=1, keepdims=True), ((2, 3),)),
    Case("scipy orth", lambda a: linalg.orth(a) @ linalg.orth(a).T, ((4, 2),)),
    Case("scipy null_space", lambda a: linalg.null_space(a), ((2, 3),)),
    Case("scipy subspace_angles", lambda a, b: linalg.subspace_angles(a, b), ((4, 2), (4, 2))),
    *(
        Case(f"scipy qr {s} {k}", lambda a, k=k: linalg.qr(a)[k], (s,))
        for s in ((3, 3), (4, 2), (2, 4))
        for k in (0, 1)
    ),
    Case("scipy qr economic", lambda a: linalg.qr(a, mode="economic")[0], ((4, 2),)),
    Case("scipy qr r", lambda a: linalg.qr(a, mode="r")[0], ((4, 2),)),
    Case("scipy qr raw", lambda a: linalg.qr(a, mode="raw")[0][0], ((4, 2),)),
    Case("scipy qr pivoting", lambda a: linalg.qr(a, pivoting=True)[1], (_N,), looks=True),
    *(Case(f"scipy rq {k}", lambda a, k=k: linalg.rq(a)[k], (_N,)) for k in (0, 1)),
    *(Case(f"scipy pinv {s}", lambda a: linalg.pinv(a), (s,)) for s in ((3, 3), (4, 2), (2, 4))),
    Case("scipy pinv rtol", lambda a: linalg.pinv(a, rtol=0.5, return_rank=True)[0], (_N,), looks=True),
    Case("scipy pinvh", lambda a: linalg.pinvh(a), (_N,)),
    *(
        Case(f"scipy lstsq {k}", lambda a, b, k=k: linalg.lstsq(a, b)[k] * np.sum(b), ((4, 2), (4, 3)))
        for k in (0, 1, 3)
    ),
    Case("scipy lstsq gelsy", lambda a, b: linalg.lstsq(a, b, lapack_driver="gelsy")[0], ((4, 2), (4,))),
]

STRUCTURES = [
    Case("scipy block_diag", lambda a, b: linalg.block_diag(a, b, [[1.0, 2.0]], b[0]), (_N, (2, 2))),
    Case("scipy toeplitz", lambda c, r: linalg.toeplitz(c, r) @ linalg.toeplitz(r, c), (_V, _V)),
    Case("scipy toeplitz symmetric", lambda c: linalg.toeplitz(c), (_V,)),
    Case("scipy circulant", lambda c: linalg.circulant(c), (_V,)),
    Case("scipy hankel", lambda c, r: linalg.hankel(c, r) + linalg.hankel(c), (_V, _V)),
    Case("scipy companion", lambda a: linalg.companion(a + 2.0), ((4,),)),
    Case("scipy leslie", lambda f, s: linalg.leslie(f, s), (_V, (2,))),
    Case("scipy convolution_matrix", lambda a: linalg.convolution_matrix(a, 4, mode="same"), (_V,)),
    Case("scipy fiedler", lambda a: linalg.fiedler(a), (_V,)),
    Case("scipy diagsvd", lambda s: linalg.diagsvd(s, 3, 4), (_V,)),
    Case("scipy khatri_rao", lambda a, b: linalg.khatri_rao(a, b), ((2, 3), (4, 3))),
    Case("scipy solve_toeplitz", lambda c, b: linalg.solve_toeplitz(c + np.array([4.0, 0.0, 0.0]), b), (_V, _V)),
    Case(
        "scipy solve_toeplitz pair",
        lambda c, r, b: linalg.solve_toeplitz((c + np.array([4.0, 0.0, 0.0]), r), b),
        (_V, _V, (3, 2)),
    ),
    Case("scipy matmul_toeplitz", lambda c, x: linalg.matmul_toeplitz((c, c * c), x), (_V, (3, 2))),
    Case("scipy solve_circulant", lambda c, b: linalg.solve_circulant(c + np.array([4.0, 0.0, 0.0]), b), (_V, (3, 2))),
]

EXPONENTIALS = [
    Case("logsumexp", lambda x: special.logsumexp(x), ((2, 3),)),
    Case("logsumexp axis", lambda x: special.logsumexp(x * 900.0, axis=1, keepdims=True), ((2, 3),)),
    Case("logsumexp axes", lambda x: special.logsumexp(x, axis=(0, 2)), ((2, 3, 4),)),
    Case("logsumexp weights", lambda x, b: special.logsumexp(x, b=np.abs(b) + 0.1, axis=0), ((2, 3), (3,))),
    Case("logsumexp constant weights", lambda x: special.logsumexp(x, b=[1.0, 0.0, 2.0]), (_V,)),
    Case("logsumexp sign", lambda x: special.logsumexp(x, b=[1.0, -3.0, -1.0], return_sign=True)[0], (_V,)),
    Case("logsumexp of a scalar", lambda x: special.logsumexp(x[0]), (_V,)),
    Case("logsumexp with -inf", lambda x: special.logsumexp(np.append(x, -np.inf)), (_V,)),
    Case("softmax", lambda x: special.softmax(x), ((2, 3),)),
    Case("softmax axis", lambda x: special.softmax(700.0 + x, axis=1), ((2, 3),)),
    Case("log_softmax", lambda x: special.log_softmax(x * 3.0), ((2, 3),)),
    Case("log_softmax axis", lambda x: special.log_softmax(x - 700.0, axis=0), ((2, 3),)),
]

CASES = [*SYSTEMS, *BANDS, *EQUATIONS, *FUNCTIONS, *FACTORS, *STRUCTURES, *EXPONENTIALS]

try:
    import_module("scipy.linalg")
except ImportError:
    CASES = [pytest.param(case, marks=pytest.mark.skip(reason="no SciPy")) for case in CASES][:0]
