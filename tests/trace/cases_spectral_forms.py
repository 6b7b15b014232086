"""Cases of `scipy.linalg` for general matrices: eigenvalues, Schur and Hessenberg forms, block factors: see cases.py,
which joins them."""

import numpy as np
from case import Case
from cases_complex_linalg import both_parts, hermitian, regular, tall
from cases_scipy import linalg

_N = (3, 3)
_TURNING = np.array([[0.3, -2.0, 0.1], [2.0, 0.4, 0.2], [0.0, 0.3, 3.0]])
_INDEFINITE = np.array([[0.0, 2.0, 0.0], [2.0, 0.0, 1.0], [0.0, 1.0, 0.0]])


def _all(*found):
    """All numbers of several results."""
    return np.concatenate([np.ravel(both_parts(part)) for part in found])


def _apart(a):
    """A real matrix with real eigenvalues apart."""
    return a + np.diag([1.0, 4.0, 9.0])


def _turning(a):
    """A real matrix with a pair of complex eigenvalues."""
    return 0.1 * a + _TURNING


def _near_three(a):
    return 3.0 * np.eye(3) + 0.1 * a.T


EIGENVALUES = [
    Case("scipy eigvals", lambda a: both_parts(linalg.eigvals(_turning(a))), (_N,)),
    Case("scipy eigvals of two", lambda a: both_parts(linalg.eigvals(a, _near_three(a))), (_N,)),
    *(
        Case(
            f"scipy eig {make.__name__}", lambda a, make=make: _all(*linalg.eig(make(a), left=True)), (_N,), looks=True
        )
        for make in (_apart, _turning, regular)
    ),
    Case("scipy eig of two", lambda a: np.abs(linalg.eig(_apart(a), _near_three(a), left=True)[1]), (_N,), looks=True),
    Case("scipy eig of complex", lambda a: np.abs(linalg.eig(regular(a), _near_three(a))[1]), (_N,)),
    Case("scipy cdf2rdf", lambda a: _all(*linalg.cdf2rdf(*linalg.eig(_turning(a)))), (_N,), looks=True),
]

FORMS = [
    Case("scipy schur", lambda a: _all(*linalg.schur(_apart(a))), (_N,)),
    Case("scipy schur of a pair", lambda a: _all(*linalg.schur(_turning(a))), (_N,)),
    Case("scipy schur sorted", lambda a: _all(*linalg.schur(_turning(a), sort="lhp")[:2]), (_N,), looks=True),
    Case("scipy schur complex", lambda a: np.abs(linalg.schur(regular(a))[1]), (_N,)),
    Case("scipy schur as complex", lambda a: np.abs(linalg.schur(_turning(a), "complex")[1]), (_N,)),
    Case("scipy rsf2csf", lambda a: _all(*linalg.rsf2csf(*linalg.schur(_turning(a)))), (_N,), looks=True),
    Case("scipy hessenberg", lambda a: linalg.hessenberg(a), (_N,)),
    Case("scipy hessenberg with q", lambda a: _all(*linalg.hessenberg(a, calc_q=True)), ((4, 4),)),
    Case("scipy hessenberg complex", lambda a: _all(*linalg.hessenberg(regular(a), calc_q=True)), (_N,)),
    *(
        Case(
            f"scipy ldl {name} {lower}",
            lambda a, o=(f, lower): _all(*linalg.ldl(o[0](a), lower=o[1])[:2]),
            (_N,),
            looks=True,
        )
        for lower in (True, False)
        for name, f in (
            ("real", lambda a: a + a.T),
            ("in blocks", lambda a: 0.1 * (a + a.T) + _INDEFINITE),
            ("hermitian", hermitian),
        )
    ),
    Case("scipy ldl symmetric", lambda a: _all(*linalg.ldl(regular(a) + regular(a).T, hermitian=False)[:2]), (_N,)),
    Case("scipy fiedler_companion", lambda a: linalg.fiedler_companion(a), ((5,),)),
    Case("scipy fiedler_companion of three", lambda a: linalg.fiedler_companion(a), ((3,),)),
    Case(
        "scipy matrix_balance",
        lambda a: _all(*linalg.matrix_balance(a * np.array([[1.0], [1e3], [1.0]]))),
        (_N,),
        looks=True,
    ),
    Case("scipy qr_multiply", lambda a: _all(*linalg.qr_multiply(a, a.T[0])), (_N,)),
    Case("scipy qr_multiply left", lambda a: _all(*linalg.qr_multiply(tall(a), a[:2], mode="left")), (_N,)),
]

CASES = [*EIGENVALUES, *FORMS]
