"""Cases of `numpy.linalg` of complex matrices: see cases.py, which joins them. Vectors with a phase of their own are
taken as LAPACK gives them."""

import numpy as np
from case import Case

linalg = np.linalg
_N, _STACK = (3, 3), (2, 2, 2)


def both_parts(z):
    """Both parts, in one real array."""
    return np.real(z) * 1.5 + np.imag(z)


def regular(a):
    """A complex matrix with singular values apart."""
    n = np.shape(a)[-1]
    return a + 1j * (np.swapaxes(a, -1, -2) * a + 0.3 * a) + 2.0 * np.diag(2.0 ** np.arange(n))


def hermitian(a):
    z = regular(a)
    return z + np.conj(np.swapaxes(z, -1, -2))


def positive(a):
    z = regular(a)
    return z @ np.conj(np.swapaxes(z, -1, -2)) + np.eye(np.shape(a)[-1])


def tall(a):
    return regular(a)[..., :2]


def wide(a):
    return regular(a)[..., :2, :]


def _parts_of(*found):
    """All numbers of several results."""
    return np.concatenate([np.ravel(both_parts(part)) for part in found])


EIGENVALUES = [
    Case("complex eigh", lambda a: _parts_of(*linalg.eigh(hermitian(a))), (_N,)),
    Case("complex eigh upper", lambda a: _parts_of(*linalg.eigh(hermitian(a), "U")), (_N,)),
    Case("complex eigh stack", lambda a: _parts_of(*linalg.eigh(hermitian(a))), (_STACK,)),
    Case("complex eigh of one triangle", lambda a: _parts_of(*linalg.eigh(regular(a))), (_N,)),
    Case("complex eigvalsh", lambda a: linalg.eigvalsh(hermitian(a)), (_STACK,)),
    Case("complex eigvalsh upper", lambda a: linalg.eigvalsh(regular(a), UPLO="U"), (_N,)),
    Case("complex function of a Hermitian matrix", lambda a: _by_eigenvalues(hermitian(a), np.exp), (_N,)),
    Case("complex eigenvalues of Hermitian", lambda a: both_parts(linalg.eigvals(hermitian(a))), (_N,)),
]

SINGULAR_VALUES = [
    *(
        Case(f"complex svd of a {make.__name__} matrix {full}", lambda a, o=(make, full): _singular(*o, a), (_N,))
        for make in (regular, tall, wide)
        for full in (False, True)
    ),
    Case("complex svd stack", lambda a: _parts_of(*linalg.svd(regular(a))), (_STACK,)),
    Case("complex svd hermitian", lambda a: _parts_of(*linalg.svd(hermitian(a), hermitian=True)), (_N,)),
    Case("complex svd values", lambda a: linalg.svd(wide(a), compute_uv=False), (_N,)),
    Case("complex svdvals", lambda a: linalg.svdvals(tall(a)), (_N,)),
    *(Case(f"complex cond {p}", lambda a, p=p: linalg.cond(regular(a), p), (_N,)) for p in (None, -2, 1, "fro")),
    *(
        Case(f"complex norm {ord}", lambda a, ord=ord: linalg.norm(regular(a), ord), (_N,))
        for ord in (2, -2, "nuc", np.inf, -np.inf, -1)
    ),
    *(
        Case(f"complex vector norm {ord}", lambda a, ord=ord: linalg.norm(regular(a)[0], ord), (_N,))
        for ord in (0, -np.inf, -1, 0.5)
    ),
    Case("complex norm of a stack", lambda a: linalg.norm(regular(a), 2, axis=(1, 2), keepdims=True), (_STACK,)),
    Case("complex vector_norm", lambda a: linalg.vector_norm(regular(a), axis=1, ord=3), (_N,)),
    Case("complex matrix_norm", lambda a: linalg.matrix_norm(regular(a), ord="nuc"), (_N,)),
    Case("complex matrix_rank", lambda a: a * linalg.matrix_rank(tall(a)), (_N,)),
    Case("complex pinv", lambda a: both_parts(linalg.pinv(tall(a))), (_N,)),
    Case("complex pinv wide", lambda a: both_parts(linalg.pinv(wide(a))), (_N,)),
    Case("complex pinv hermitian", lambda a: both_parts(linalg.pinv(hermitian(a), hermitian=True)), (_N,)),
    Case("complex pinv cut off", lambda a: both_parts(linalg.pinv(regular(a), 0.4)), (_N,)),
    Case("complex lstsq", lambda a: both_parts(linalg.lstsq(tall(a), regular(a)[0])[0]), (_N,)),
    Case("complex lstsq residuals", lambda a: _parts_of(*_fit(tall(a), regular(a))), (_N,)),
]

FACTORS = [
    *(
        Case(f"complex qr of a {make.__name__} matrix", lambda a, make=make: _parts_of(*linalg.qr(make(a))), (_N,))
        for make in (regular, tall, wide)
    ),
    Case("complex qr complete", lambda a: _parts_of(*linalg.qr(tall(a), "complete")), (_N,)),
    Case("complex qr r", lambda a: both_parts(linalg.qr(regular(a), "r")), (_N,)),
    *(
        Case(f"complex qr raw of a {make.__name__} matrix", lambda a, m=make: _parts_of(*linalg.qr(m(a), "raw")), (_N,))
        for make in (regular, tall, wide)
    ),
    Case("complex qr stack", lambda a: _parts_of(*linalg.qr(regular(a))), (_STACK,)),
    Case("complex cholesky", lambda a: both_parts(linalg.cholesky(positive(a))), (_N,)),
    Case("complex cholesky upper", lambda a: both_parts(linalg.cholesky(positive(a), upper=True)), (_N,)),
    Case("complex cholesky stack", lambda a: both_parts(linalg.cholesky(positive(a))), (_STACK,)),
    Case("complex cholesky one triangle", lambda a: both_parts(linalg.cholesky(positive(a) + np.triu(a, 1))), (_N,)),
    Case(
        "complex tensorsolve", lambda a: both_parts(linalg.tensorsolve(np.reshape(regular(a), (3, 3, 1)), a[0])), (_N,)
    ),
    Case("complex tensorinv", lambda a: both_parts(linalg.tensorinv(regular(a), ind=1)), (_N,)),
    *(
        Case(f"complex matrix_power {n}", lambda a, n=n: both_parts(linalg.matrix_power(regular(a), n) + a), (_N,))
        for n in (-2, 0, 1, 5)
    ),
    Case("complex multi_dot of vectors", lambda a: both_parts(linalg.multi_dot([a[0], regular(a), a, a[1]])), (_N,)),
    Case(
        "complex parts of a matrix", lambda a: _parts_of(linalg.trace(regular(a)), linalg.diagonal(regular(a))), (_N,)
    ),
]

CASES = [*EIGENVALUES, *SINGULAR_VALUES, *FACTORS]


def _by_eigenvalues(a, function):
    w, v = linalg.eigh(a)
    return both_parts((v * function(0.1 * w)) @ np.conj(v).T)


def _singular(make, full, a):
    """Vectors that complete a basis have derivatives in reverse mode only: see test_degenerate_matrices.py."""
    u, s, vh = linalg.svd(make(a), full_matrices=full)
    return _parts_of(u[:, : s.size], s, vh[: s.size])


def _fit(a, b):
    x, residuals, _, s = linalg.lstsq(a, b)
    return x, residuals, s
