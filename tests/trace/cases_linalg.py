"""Cases of `numpy.linalg` that are more than products: see cases.py, which joins them."""

import numpy as np
from case import Case


def _spd(a):
    return a @ np.swapaxes(a, -1, -2) + 2.0 * np.eye(a.shape[-1])


def _weights(shape):
    return np.linspace(0.5, 1.5, int(np.prod(shape))).reshape(shape)


_shapes = ((3, 3), (4, 2), (2, 4), (2, 3, 2))
_low_rank = np.outer([1.0, 2.0, 3.0], [1.0, -1.0]) @ np.array([[1.0, 2.0], [0.5, 0.0]])

EIGENVALUES = [
    Case("eigh values", lambda a: np.linalg.eigh(a)[0], ((3, 3),)),
    Case("eigh vectors", lambda a: np.linalg.eigh(a).eigenvectors, ((3, 3),)),
    Case("eigh both upper", lambda a: np.linalg.eigh(a, "U")[1] * np.linalg.eigh(a, "U")[0], ((3, 3),)),
    Case("eigh of a stack", lambda a: np.linalg.eigh(a, UPLO="l")[1], ((2, 3, 3),)),
    Case("eigh of symmetric", lambda a: np.linalg.eigh(a + a.T)[1], ((3, 3),)),
    Case("eigvalsh", lambda a: np.linalg.eigvalsh(a), ((3, 3),)),
    Case("eigvalsh upper batch", lambda a: np.linalg.eigvalsh(a, UPLO="U"), ((2, 2, 2),)),
    Case("eigh of one", lambda a: np.linalg.eigh(a)[0] * np.linalg.eigh(a)[1][0], ((1, 1),)),
    Case(
        "eigh empty",
        lambda a: np.linalg.eigh(a[:0, :0])[0].sum() + np.linalg.eigvalsh(a[:0, :0]).sum() + a[0, 0],
        ((2, 2),),
    ),
]

SINGULAR_VALUES = [
    *(Case(f"svd u {s}", lambda a: np.linalg.svd(a, full_matrices=False)[0], (s,)) for s in _shapes),
    *(Case(f"svd s {s}", lambda a: np.linalg.svd(a)[1], (s,)) for s in _shapes),
    *(Case(f"svd vh {s}", lambda a: np.linalg.svd(a, full_matrices=False).Vh, (s,)) for s in _shapes),
    Case("svd full", lambda a: np.linalg.svd(a)[0] + np.linalg.svd(a.T)[2], ((3, 2),)),
    *(Case(f"svd values {s}", lambda a: np.linalg.svd(a, compute_uv=False), (s,)) for s in _shapes),
    *(Case("svdvals", lambda a: np.linalg.svdvals(a), (s,)) for s in _shapes[:1] if hasattr(np.linalg, "svdvals")),
    Case(
        "svd hermitian",
        lambda a: np.linalg.svd(a, hermitian=True)[0] * np.linalg.svd(a, hermitian=True)[1],
        ((3, 3),),
        looks=True,
    ),
    Case("svd hermitian vh", lambda a: np.linalg.svd(a, hermitian=True)[2], ((2, 3, 3),), looks=True),
    Case("svd hermitian values", lambda a: np.linalg.svd(a, compute_uv=False, hermitian=True), ((3, 3),)),
    Case(
        "svd empty",
        lambda a: np.linalg.svd(a[:0], compute_uv=False).sum() + np.linalg.svd(a[:, :0])[1].sum() + a[0, 0],
        ((2, 2),),
    ),
    *(Case(f"matrix norm {ord}", lambda a, ord=ord: np.linalg.norm(a, ord), ((3, 2),)) for ord in (2, -2, "nuc")),
    Case("matrix norm 2 axes", lambda a: np.linalg.norm(a, 2, axis=(2, 0), keepdims=True), ((2, 3, 4),)),
    Case("matrix_norm nuc", lambda a: np.linalg.matrix_norm(a, ord="nuc"), ((2, 3, 4),)),
    *(
        Case(f"cond {p}", lambda a, p=p: np.linalg.cond(a, p), ((3, 3),))
        for p in (None, 2, -2, 1, -1, np.inf, -np.inf, "fro", "nuc")
    ),
    Case("cond batch", lambda a: np.linalg.cond(a), ((2, 4, 2),)),
    Case("cond batch 1", lambda a: np.linalg.cond(a, 1), ((2, 2, 2),)),
    Case("matrix_rank", lambda a: a * np.linalg.matrix_rank(a), ((3, 2),)),
]

LEAST_SQUARES = [
    *(Case(f"pinv {s}", lambda a: np.linalg.pinv(a), (s,)) for s in _shapes),
    Case("pinv rtol", lambda a: np.linalg.pinv(a, rtol=1e-12) * np.linalg.pinv(a, rtol=None), ((3, 2),)),
    *(Case(f"pinv cut off {s}", lambda a: np.linalg.pinv(a, 0.6), (s,), looks=True) for s in _shapes),
    Case("pinv of low rank", lambda x: np.linalg.pinv(np.outer(x, [1.0, -1.0])), ((3,),)),
    Case("pinv hermitian", lambda a: np.linalg.pinv(a, hermitian=True), ((3, 3),)),
    Case("pinv empty", lambda a: np.linalg.pinv(a[:0]).sum() + a[0, 0], ((2, 2),)),
    *(Case(f"lstsq {s}", lambda a, b: np.linalg.lstsq(a, b)[0], (s, s[:1])) for s in _shapes[:3]),
    Case("lstsq several", lambda a, b: np.linalg.lstsq(a, b)[0], ((4, 2), (4, 3))),
    Case("lstsq residuals", lambda a, b: np.linalg.lstsq(a, b)[1], ((4, 2), (4, 3))),
    Case("lstsq singular values", lambda a, b: np.linalg.lstsq(a, b)[3] * np.sum(b), ((4, 2), (4,))),
    Case("lstsq of low rank", lambda b: np.linalg.lstsq(_low_rank, b, rcond=1e-10)[0], ((3,),)),
    Case("lstsq of changing low rank", lambda x, b: np.linalg.lstsq(np.outer(x, [1.0, 2.0]), b)[0], ((3,), (3,))),
    Case("lstsq constant matrix", lambda b: np.linalg.lstsq(_weights((3, 2)) ** 2, b, rcond=-1)[0], ((3,),)),
]

ORTHOGONAL = [
    *(Case(f"qr q {s}", lambda a: np.linalg.qr(a)[0], (s,)) for s in _shapes),
    *(Case(f"qr r {s}", lambda a: np.linalg.qr(a).R, (s,)) for s in _shapes),
    *(Case(f"qr mode r {s}", lambda a: np.linalg.qr(a, "r"), (s,)) for s in _shapes),
    *(Case(f"qr complete {s}", lambda a: np.linalg.qr(a, mode="complete")[0], (s,)) for s in _shapes),
    *(Case(f"qr raw {s}", lambda a: np.linalg.qr(a, "raw")[0], (s,)) for s in _shapes),
    *(Case(f"qr raw factors {s}", lambda a: np.linalg.qr(a, "raw")[1], (s,)) for s in _shapes),
    Case("qr complete r", lambda a: np.linalg.qr(a, "complete")[1], ((4, 2),)),
    Case("qr empty", lambda a: np.linalg.qr(a[:, :0])[1].sum() + np.linalg.qr(a[:0])[0].sum() + a[0, 0], ((2, 2),)),
]

TENSORS = [
    Case("tensorsolve", lambda a, b: np.linalg.tensorsolve(a, b), ((2, 3, 6), (2, 3))),
    Case("tensorsolve axes", lambda a, b: np.linalg.tensorsolve(a, b, axes=(1,)), ((2, 6, 3), (2, 3))),
    Case("tensorinv", lambda a: np.linalg.tensorinv(a), ((2, 3, 3, 2),)),
    Case("tensorinv ind", lambda a: np.linalg.tensorinv(a, ind=1), ((6, 2, 3),)),
    Case("matrix_power stack", lambda a: np.linalg.matrix_power(_spd(a), -3), ((2, 2, 2),)),
    Case(
        "det of rank n-2",
        lambda a: np.linalg.det(a),
        (np.stack([np.eye(3), np.outer([1.0, 2.0, 0.5], [1.0, 0.0, 2.0])]),),
    ),
    Case("slogdet stack", lambda a: np.linalg.slogdet(a)[1], ((2, 2, 3, 3),)),
    Case("inv empty", lambda a: np.linalg.inv(a[:0, :0]).sum() + np.linalg.det(a[:0, :0]) * a[0, 0], ((2, 2),)),
    Case("solve empty", lambda a, b: np.linalg.solve(a, b[:, :0]).sum() + a[0, 1], ((2, 2), (2, 2))),
    Case("cholesky empty", lambda a: np.linalg.cholesky(a[:0, :0]).sum() + a[0, 0], ((2, 2),)),
]

CASES = [*EIGENVALUES, *SINGULAR_VALUES, *LEAST_SQUARES, *ORTHOGONAL, *TENSORS]
