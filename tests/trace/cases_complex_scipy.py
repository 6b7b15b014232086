"""Cases of `scipy.linalg` of complex matrices: see cases.py, which joins them."""

import numpy as np
from case import Case
from cases_complex_linalg import both_parts, hermitian, regular, tall, wide
from cases_scipy import linalg

_N, _V = (3, 3), (3,)


def _all(*found):
    """All numbers of several results."""
    return np.concatenate([np.ravel(both_parts(part)) for part in found])


def _positive(a):
    h = hermitian(a)
    return h @ h + np.eye(3)


def _symmetric(a):
    return regular(a) + np.swapaxes(regular(a), -1, -2)


_KINDS = {
    "gen": regular, "sym": _symmetric, "her": _positive, "pos": _positive, "diagonal": regular,
    "tridiagonal": regular, "upper triangular": regular, "lower triangular": regular,
}  # fmt: skip
_BAND = np.array([[0.0, 1.0, 1.0], [5.0, 6.0, 7.0], [1.0, 1.0, 0.0]])


def _band(a, lower):
    """Both diagonals of a Hermitian matrix with a strong main one."""
    return 0.1 * regular(a)[:2] + (np.array([[9.0], [1.0]]) if lower else np.array([[1.0], [9.0]]))


SYSTEMS = [
    *(
        Case(
            f"scipy complex solve {kind}",
            lambda a, kind=kind: both_parts(linalg.solve(_KINDS[kind](a), regular(a)[0], assume_a=kind)),
            (_N,),
        )
        for kind in _KINDS
    ),
    Case("scipy complex solve for real", lambda a: both_parts(linalg.solve(regular(a), a)), (_N,)),
    *(
        Case(
            f"scipy complex solve_triangular {trans} {lower}",
            lambda a, o=(trans, lower): both_parts(linalg.solve_triangular(regular(a), regular(a)[0], *o)),
            (_N,),
        )
        for trans, lower in ((0, True), (1, False), (2, True), ("C", False))
    ),
    Case("scipy complex inv", lambda a: both_parts(linalg.inv(regular(a))), (_N,)),
    Case("scipy complex det", lambda a: both_parts(linalg.det(regular(a))), (_N,)),
    *(
        Case(
            f"scipy complex cholesky {lower}",
            lambda a, o=lower: both_parts(linalg.cholesky(_positive(a), lower=o)),
            (_N,),
        )
        for lower in (True, False)
    ),
    *(
        Case(
            f"scipy complex cho_solve {lower}",
            lambda a, o=lower: both_parts(linalg.cho_solve(linalg.cho_factor(_positive(a), o), regular(a)[0])),
            (_N,),
        )
        for lower in (True, False)
    ),
    Case("scipy complex lu", lambda a: _all(*linalg.lu(regular(a))), (_N,)),
    Case("scipy complex lu permuted", lambda a: _all(*linalg.lu(wide(a), permute_l=True)), (_N,)),
    *(
        Case(
            f"scipy complex lu_solve {trans}",
            lambda a, trans=trans: both_parts(linalg.lu_solve(linalg.lu_factor(regular(a)), a[0], trans)),
            (_N,),
        )
        for trans in (0, 1, 2)
    ),
    Case(
        "scipy complex solve_banded", lambda a: both_parts(linalg.solve_banded((1, 1), regular(a) + _BAND, a[0])), (_N,)
    ),
    *(
        Case(
            f"scipy complex {name} {lower}",
            lambda a, f=f, lower=lower: both_parts(f(_band(a, lower), a[0], lower)),
            (_N,),
        )
        for lower in (True, False)
        for name, f in (
            ("solveh_banded", lambda ab, b, lower: linalg.solveh_banded(ab, b, lower=lower)),
            ("cholesky_banded", lambda ab, b, lower: linalg.cholesky_banded(ab, lower=lower)),
            (
                "cho_solve_banded",
                lambda ab, b, lower: linalg.cho_solve_banded((linalg.cholesky_banded(ab, lower=lower), lower), b),
            ),
        )
    ),
]

EQUATIONS = [
    Case(
        "scipy complex sylvester", lambda a: both_parts(linalg.solve_sylvester(regular(a), 1j * a, regular(a).T)), (_N,)
    ),
    Case("scipy complex lyapunov", lambda a: both_parts(linalg.solve_continuous_lyapunov(regular(a), a + 1j)), (_N,)),
    *(
        Case(
            f"scipy complex discrete lyapunov {method}",
            lambda a, m=method: both_parts(linalg.solve_discrete_lyapunov(0.1 * regular(a), a + 1j, method=m)),
            (_N,),
        )
        for method in (None, "bilinear")
    ),
    *(
        Case(
            f"scipy complex {name} {terms}",
            lambda a, name=name, terms=terms: both_parts(_riccati(name, a, terms)),
            (_N,),
        )
        for name in ("solve_continuous_are", "solve_discrete_are")
        for terms in ((), ("s",))  # with a complex e SciPy's own answer may solve nothing
    ),
    Case(
        "scipy are with e",
        lambda a: linalg.solve_continuous_are(a, a[:, :2], 4.0 * np.eye(3), np.eye(2), e=a.T + 4.0 * np.eye(3)),
        (_N,),
    ),
    Case(
        "scipy dare with s",
        lambda a: linalg.solve_discrete_are(a, a[:, :2], 9.0 * np.eye(3), np.eye(2), s=a[:, 1:]),
        (_N,),
    ),
]


def _riccati(name, a, terms):
    given = {"s": 0.1 * tall(a)}
    q, r = 0.2 * hermitian(a) + 4.0 * np.eye(3), 0.2 * hermitian(a)[:2, :2] + 3.0 * np.eye(2)
    return getattr(linalg, name)(0.3 * regular(a), tall(a), q, r, **{key: given[key] for key in terms})


def _eigen(a, b=None, **options):
    return _all(
        *linalg.eigh(
            hermitian(a), None if b is None else _positive(b), driver=None if b is not None else "ev", **options
        )
    )


FACTORS = [
    Case("scipy complex eigh", _eigen, (_N,)),
    Case("scipy complex eigh upper", lambda a: _eigen(a, lower=False), (_N,)),
    *(
        Case(
            f"scipy complex eigh of two {t} {lower}",
            lambda a, b, t=t, lower=lower: _eigen(a, b, type=t, lower=lower),
            (_N, _N),
        )
        for t in (1, 2, 3)
        for lower in (True, False)
    ),
    Case("scipy eigh of product", lambda a: _all(*linalg.eigh(a + a.T, a @ a.T + np.eye(3), type=3)), (_N,)),
    Case("scipy eigvalsh of product", lambda a: linalg.eigvalsh(a + a.T, a @ a.T + np.eye(3), type=2), (_N,)),
    Case(
        "scipy eigh of product subset",
        lambda a: linalg.eigvalsh(a + a.T, a @ a.T + np.eye(3), type=2, subset_by_index=[0, 1]),
        (_N,),
    ),
    Case("scipy complex eigvalsh", lambda a: linalg.eigvalsh(hermitian(a)), (_N,)),
    Case("scipy complex eigvals_banded", lambda a: linalg.eigvals_banded(wide(a)), (_N,)),
    Case("scipy complex eig_banded", lambda a: np.abs(linalg.eig_banded(wide(a), lower=True)[1]), (_N,)),
    Case(
        "scipy eig_banded select", lambda a: np.abs(linalg.eig_banded(a[:2], select="i", select_range=(1, 2))[1]), (_N,)
    ),
    Case(
        "scipy tridiagonal select",
        lambda d, e: np.abs(linalg.eigh_tridiagonal(d, e, select="i", select_range=(0, 1))[1]),
        (_V, (2,)),
    ),
    Case(
        "scipy tridiagonal values",
        lambda d, e: linalg.eigvalsh_tridiagonal(d, e, select="v", select_range=(-9.0, 9.0)),
        (_V, (2,)),
        looks=True,
    ),
    Case("scipy complex svd", lambda a: _all(*linalg.svd(regular(a))), (_N,)),
    Case("scipy complex svdvals", lambda a: linalg.svdvals(wide(a)), (_N,)),
    Case("scipy complex norm", lambda a: linalg.norm(regular(a), 2) + linalg.norm(regular(a)[0]), (_N,)),
    Case("scipy complex orth", lambda a: both_parts(linalg.orth(tall(a))), (_N,)),
    Case("scipy complex subspace_angles", lambda a: linalg.subspace_angles(tall(a)[:, :1], tall(a)[:, 1:]), (_N,)),
    Case("scipy complex qr", lambda a: _all(*linalg.qr(regular(a))), (_N,)),
    Case("scipy complex qr pivoting", lambda a: _all(*linalg.qr(regular(a), pivoting=True)[:2]), (_N,)),
    Case("scipy complex qr raw", lambda a: _all(*linalg.qr(tall(a), mode="raw")[0]), (_N,)),
    Case("scipy complex qr r", lambda a: _all(*linalg.qr(regular(a), mode="r")), (_N,)),
    *(
        Case(f"scipy complex rq {make.__name__}", lambda a, make=make: _all(*linalg.rq(make(a))), (_N,))
        for make in (regular, tall, wide)
    ),
    Case("scipy rq wide", lambda a: _all(*linalg.rq(a)), ((2, 3),)),
    Case("scipy rq tall r", lambda a: linalg.rq(a, mode="r"), ((3, 2),)),
    Case("scipy complex pinv", lambda a: both_parts(linalg.pinv(tall(a))), (_N,)),
    Case("scipy complex pinvh", lambda a: both_parts(linalg.pinvh(hermitian(a))), (_N,)),
    Case("scipy complex lstsq", lambda a: _all(*(linalg.lstsq(tall(a), regular(a)[0])[k] for k in (0, 1, 3))), (_N,)),
]

FUNCTIONS = [
    *(
        Case(f"scipy complex {name}", lambda a, name=name: both_parts(getattr(linalg, name)(0.3 * regular(a))), (_N,))
        for name in "expm logm sqrtm signm cosm sinm tanm coshm sinhm tanhm".split()
    ),
    *(
        Case(
            f"scipy {name} that is complex",
            lambda a, f=f: both_parts(f(a - np.diag([3.0, 6.0, 9.0]))),
            (_N,),
            looks=True,
        )
        for name, f in (
            ("logm", lambda a: linalg.logm(a)),
            ("sqrtm", lambda a: linalg.sqrtm(a)),
            ("fractional_matrix_power", lambda a: linalg.fractional_matrix_power(a, 0.3)),
        )
    ),
    *(
        Case(
            f"scipy complex power {t}", lambda a, t=t: both_parts(linalg.fractional_matrix_power(regular(a), t)), (_N,)
        )
        for t in (0.3, 3)
    ),
    Case("scipy complex expm_frechet", lambda a: _all(*linalg.expm_frechet(0.2 * regular(a), regular(a).T)), (_N,)),
    *(
        Case(f"scipy complex polar {side}", lambda a, side=side: _all(*linalg.polar(wide(a), side=side)), (_N,))
        for side in ("left", "right")
    ),
    Case("scipy complex orthogonal_procrustes", lambda a: _all(*linalg.orthogonal_procrustes(regular(a), a.T)), (_N,)),
]

STRUCTURES = [
    Case(
        "scipy complex toeplitz",
        lambda a: _all(linalg.toeplitz(regular(a)[0]), linalg.toeplitz(regular(a)[0], a[1])),
        (_N,),
    ),
    Case(
        "scipy complex hankel", lambda a: _all(linalg.hankel(regular(a)[0]), linalg.hankel(regular(a)[0], a[1])), (_N,)
    ),
    *(
        Case(f"scipy complex {name}", lambda a, f=f: both_parts(f(regular(a)[0], a[1])), (_N,))
        for name, f in (
            ("circulant", lambda z, x: linalg.circulant(z)),
            ("companion", lambda z, x: linalg.companion(z)),
            ("leslie", lambda z, x: linalg.leslie(z, x[:2])),
            ("convolution_matrix", lambda z, x: linalg.convolution_matrix(z, 4)),
            ("fiedler", lambda z, x: np.diag(linalg.fiedler(z), 1)),
            ("block_diag", lambda z, x: linalg.block_diag(z, x)),
            ("diagsvd", lambda z, x: linalg.diagsvd(z, 3, 4)),
            ("khatri_rao", lambda z, x: linalg.khatri_rao(z[None], x[None])),
            ("solve_toeplitz", lambda z, x: linalg.solve_toeplitz(z + _BAND[1], x)),
            ("matmul_toeplitz", lambda z, x: linalg.matmul_toeplitz((z, x), x)),
            ("solve_circulant", lambda z, x: linalg.solve_circulant(z + np.array([9.0, 0.0, 0.0]), x)),
        )
    ),
]

CASES = [*SYSTEMS, *EQUATIONS, *FACTORS, *FUNCTIONS, *STRUCTURES]
