"""Cases of complex intermediates: every result is real, so that differences can judge it."""

import numpy as np
from case import A, B, C, Case

_UNARY = (
    "exp exp2 expm1 log log2 log10 log1p sqrt square reciprocal sign sin cos tan sinh cosh tanh arcsin arccos arctan "
    "arcsinh arccosh arctanh conjugate negative"
).split()
_BRANCHING = ("tan", "arccosh")  # formulas of traced scalars by cases
_BINARY = "add subtract multiply divide power float_power maximum".split()


def _real(z):
    """Both parts, in one real array."""
    return np.real(z) * 1.5 + np.imag(z)


def _z(x):
    return x + 1j * (x * x - 0.3)


def _of(function):
    return lambda x: _real(function(_z(x)))


def _of_two(function):
    return lambda x, y: _real(function(_z(x), 2.0 * y - 1j * y * y))


def _of_scalars(function):
    """The same function of traced scalars."""
    return lambda x: _real(function(x[0] + 1j * x[1]))


def _changed(*steps):
    def f(x):
        z = _z(x)
        for step in steps:
            step(z, x)
        return _real(z)

    return f


_mask = np.array([[True, False, True], [False, True, True]])
_constants = np.array([0.3 + 0.2j, -1j, 2.0])

ELEMENTWISE = [
    *(Case(f"complex {name}", _of(getattr(np, name)), (B,)) for name in _UNARY),
    *(
        Case(f"complex {name} of a scalar", _of_scalars(getattr(np, name)), ((2,),), looks=name in _BRANCHING)
        for name in _UNARY
    ),
    *(Case(f"complex {name} of two", _of_two(getattr(np, name)), (B, A)) for name in _BINARY),
    *(
        Case(
            f"complex {name} of one and a constant",
            lambda x, name=name: _real(getattr(np, name)(_z(x), 0.4 - 2j)),
            (B,),
        )
        for name in _BINARY
    ),
    *(
        Case(
            f"complex {name} of a real number",
            lambda x, name=name: _real(getattr(np, name)(x, _constants)),
            (B,),
            looks=name == "maximum",
        )
        for name in _BINARY
    ),
    Case("complex operators", lambda x: _real((1j * x - 2j) * (x + 2j) / (x - 1j) + 3.0 / (2j - x)), (B,)),
    Case(
        "complex operators of scalars",
        lambda x: _real((1j * x[0] - 2j) * (x[1] + 2j) / (x[2] - 1j) + 3.0 / (2j - x[0])),
        (A,),
    ),
    Case("complex operators with arrays", lambda x: _real(_constants * x + x / _constants - x + _constants - x), (B,)),
    Case("complex powers", lambda x: _real(_z(x) ** 3 + _z(x) ** -2 + _z(x) ** 0 + _z(x) ** 0.5 + 2.0 ** _z(x)), (A,)),
    Case("complex power of real", lambda x: _real(x ** (1.0 + 2j) + (2j) ** x), (A,), True),
    Case("complex whole power at 0", lambda x: _real((x * 1j) ** 2 + (x * 1j) ** 3), (np.array([0.0, 0.5]),)),
    Case("complex abs", lambda x: np.abs(_z(x)) + abs(_z(x)), (B,)),
    Case("complex abs of a scalar", lambda x: abs(x[0] + 1j * x[1]), (A,)),
    Case("complex angle", lambda x: np.angle(_z(x)) + np.angle(_z(x), deg=True) + np.angle(1j * x[0] + 1.0), (B,)),
    Case("complex sinc", lambda x: _real(np.sinc(_z(x))), (A,)),
    Case("complex parts", lambda x: _z(x).real * _z(x).imag + np.real(_z(x)) + np.imag(_z(x)), (B,)),
    Case("complex astype", lambda x: _real(x.astype(complex) * 1j), (B,)),
    Case("complex parts of a conjugate", lambda x: (_z(x) * _z(x).conj()).real + np.conj(_z(x)).imag, (B,)),
    Case("complex real_if_close", lambda x: np.real_if_close(x + 0j) * np.real_if_close(_z(x)).imag, (A,), looks=True),
    Case("complex nan_to_num", lambda x: _real(np.nan_to_num(_z(x))), (A,)),
    Case("complex left of a branch cut", lambda x: _real(np.sqrt(x - 3.0 + 0j) + np.log(x - 3.0 - 0j)), (A,)),
    Case("complex where", lambda x: _real(np.where(_mask, _z(x), x)) + _real(np.where(_mask, x, 2j)), (B,)),
    Case(
        "complex branch not taken",
        lambda x: np.where(x > 0.0, np.sqrt(x + 0j).real, 0.0) + np.abs(np.where(x > 0.0, x, 0.0) * 1j),
        (np.array([-1.0, 0.5, 0.8]),),
    ),
]

ARRAYS = [
    Case("complex index", lambda x: _real(_z(x)[1, ::-1] * _z(x)[0][[0, 2, 2]]), (B,)),
    Case("complex mask", lambda x: _real(_z(x)[_mask]), (B,)),
    Case("complex iteration", lambda x: _real(sum(z * z for z in _z(x))), (A,)),
    Case("complex concatenate", lambda x: _real(np.concatenate([_z(x), x, [1j, 2.0]])), (A,)),
    Case("complex stack", lambda x: _real(np.stack([_z(x), _constants], axis=1)), (A,)),
    Case("complex join of constants", lambda x: _real(np.hstack([x, _constants])), (A,)),
    Case("complex reshape", lambda x: _real(_z(x).reshape(3, 2).T.ravel() * np.arange(6)), (B,)),
    Case("complex movement", lambda x: _real(np.roll(np.flip(np.transpose(_z(x), (2, 0, 1)), 1), 1, 0)[..., 0]), (C,)),
    Case("complex diag", lambda x: _real(np.diag(_z(x)) + np.tril(np.outer(_z(x), x))), (A,)),
    Case("complex pad", lambda x: _real(np.pad(_z(x), 1, constant_values=2j)), (A,)),
    Case("complex take", lambda x: _real(np.take(_z(x), [2, 0]) + np.repeat(_z(x)[:1], 2)), (A,)),
    Case("complex fftshift", lambda x: _real(np.fft.fftshift(_z(x)) * np.fft.ifftshift(_z(x))), (B,)),
    Case(
        "complex written", _changed(lambda z, x: z.__setitem__(0, x[1] * 1j), lambda z, x: z.__setitem__(1, x[2])), (A,)
    ),
    Case("complex parts written", _changed(lambda z, x: z.real.__setitem__(slice(1, 3), x[:2] * x[0])), (A,)),
    Case("complex in place", _changed(lambda z, x: z.__imul__(z), lambda z, x: z[1:].__iadd__(x[0] * 1j)), (A,)),
    Case("complex zeros", lambda x: _filled(np.zeros_like(x, dtype=complex), x), (A,)),
    Case("complex zeros of complex", lambda x: _filled(np.zeros_like(_z(x)), x), (A,)),
    Case("complex copyto", _changed(lambda z, x: np.copyto(z, x * 1j, where=x > 0.0)), (A,)),
    Case("complex put", _changed(lambda z, x: np.put(z, [0, 2], x[:2] * 1j)), (A,)),
    Case("complex fill_diagonal", _changed(lambda z, x: np.fill_diagonal(z, x[0] * 2j)), ((3, 3),)),
    Case("complex out", lambda x: _real(np.exp(_z(x), out=np.zeros_like(_z(x)))), (A,)),
    Case("complex sum", lambda x: _real(np.sum(_z(x), axis=1) * _z(x).sum()), (B,)),
    Case("complex sum options", lambda x: _real(np.sum(_z(x), 0, keepdims=True, where=_mask, initial=1j)), (B,)),
    Case("complex mean", lambda x: _real(np.mean(_z(x), axis=0) * _z(x).mean()), (B,)),
    Case("complex average", lambda x: _real(np.average(_z(x), axis=1, weights=[1.0, 2.0, 0.5])), (B,)),
    Case("complex cumsum", lambda x: _real(np.cumsum(_z(x), axis=1)), (B,)),
    Case("complex prod", lambda x: _real(np.prod(_z(x), axis=1) * _z(x).prod()), (B,)),
    Case("complex prod with a zero", lambda x: _real(np.prod(x * 1j)), (np.array([2.0, 0.0, 0.0, 1.5]),)),
    Case("complex cumprod", lambda x: _real(np.cumprod(_z(x), axis=0)), (B,)),
    Case("complex var", lambda x: np.var(_z(x), axis=1) + np.var(_z(x), ddof=1), (B,)),
    Case("complex std", lambda x: np.std(_z(x), axis=0, keepdims=True), (B,)),
    Case("complex diff", lambda x: _real(np.diff(_z(x), axis=0)), (B,)),
    Case("complex trapezoid", lambda x: _real(np.trapezoid(_z(x), np.arange(3.0) ** 2)), (B,)),
    Case("complex max", lambda x: _real(np.max(_z(x)) + np.min(_z(x), axis=1)), (B,), looks=True),
    Case("complex sort", lambda x: _real(np.sort(_z(x)) + np.sort_complex(_z(x))), (B,), looks=True),
    Case("sort_complex of real", lambda x: _real(np.sort_complex(x)), (A,)),
    Case("complex trace", lambda x: _real(np.trace(_z(x))), ((3, 3),)),
    Case("complex dot", lambda x, y: _real(np.dot(_z(x), _z(y)) + _z(x).dot(y)), (B, A)),
    Case("complex constant dot", lambda x: _real(np.dot(_constants, x) + x.dot(_constants) + x @ _constants), (A,)),
    Case("complex vdot", lambda x, y: _real(np.vdot(_z(x), _z(y)) + np.vdot(x, _z(y)) + np.vdot(_z(x), y)), (A, A)),
    Case("complex inner", lambda x, y: _real(np.inner(_z(x), _z(y))), (B, A)),
    Case("complex outer", lambda x, y: _real(np.outer(_z(x), y)), (A, A)),
    Case("complex kron", lambda x, y: _real(np.kron(_z(x), _z(y))), (A, (2, 2))),
    Case("complex matmul", lambda x, y: _real(_z(x) @ _z(y) + x @ _z(y)), (B, (3, 2))),
    Case("complex matmul batch", lambda x, y: _real(np.matmul(_z(x), y)), ((2, 2, 3), (3, 2))),
    Case("complex vecdot", lambda x, y: _real(np.vecdot(_z(x), _z(y), axis=0)), (B, B)),
    Case("complex tensordot", lambda x, y: _real(np.tensordot(_z(x), _z(y), axes=([0], [1]))), (B, (3, 2))),
    Case("complex einsum", lambda x, y: _real(np.einsum("ij,jk->ki", _z(x), _z(y))), (B, (3, 2))),
    Case("complex einsum of three", lambda x: _real(np.einsum("i,ij,j->", _constants, x + 1j, x[0])), ((3, 3),)),
    Case("complex einsum diagonal", lambda x: _real(np.einsum("ii->i", _z(x))), ((3, 3),)),
    *(
        Case(
            f"complex {name} {mode}",
            lambda x, y, name=name, mode=mode: _real(getattr(np, name)(_z(x), _z(y), mode)),
            ((4,), A),
        )
        for name in ("convolve", "correlate")
        for mode in ("full", "same", "valid")
    ),
    Case(
        "complex decisions",
        lambda x: x * (2.0 if np.any(_z(x) != 0.5) and np.iscomplexobj(_z(x)) else 1.0),
        (A,),
        looks=True,
    ),
    Case("complex object array", lambda x: _real(np.dot(np.array([x[0] * 1j, x[1], 2.0]), x)), (A,)),
]


def _filled(z, x):
    z[0], z[1:] = x[0] * 1j, x[:2]
    return _real(z)


CASES = [*ELEMENTWISE, *ARRAYS]


def _spread(x):
    """A matrix with eigenvalues apart, for x of shape (..., n, n)."""
    return x + np.diag(np.arange(1.0, x.shape[-1] + 1.0) * 2.0)


def _eigen(x, part):
    """Eigenvalues or eigenvectors, in the order of the eigenvalues."""
    w, v = np.linalg.eig(x)  # NumPy decides whether they are real
    if part == 0:
        return _real(np.sort(w))
    return _real(v @ np.diag(np.arange(1.0, w.shape[-1] + 1.0)))


_turning = np.array([[0.3, -2.0, 0.1], [2.0, 0.4, 0.2], [0.0, 0.3, 3.0]])

ALGEBRA = [
    Case("complex solve", lambda a, b: _real(np.linalg.solve(_spread(a) + 1j * a, _z(b))), ((3, 3), A)),
    Case("complex solve of real", lambda a, b: _real(np.linalg.solve(_spread(a), b + 1j)), ((3, 3), (3, 2))),
    Case("complex solve of constant", lambda b: _real(np.linalg.solve(np.diag(_constants), b)), (A,)),
    Case("complex solve stack", lambda a, b: _real(np.linalg.solve(_spread(a) + 1j * a, b)), ((2, 3, 3), (3, 2))),
    Case("complex inv", lambda a: _real(np.linalg.inv(_spread(a) + 1j * a)), ((2, 3, 3),)),
    Case("complex det", lambda a: _real(np.linalg.det(_spread(a) + 1j * a)), ((2, 3, 3),)),
    Case("complex det singular", lambda a: _real(np.linalg.det(a * 1j)), (np.array([[1.0, 2.0], [2.0, 4.0]]),)),
    Case("complex slogdet", lambda a: np.linalg.slogdet(_spread(a) + 1j * a)[1], ((2, 3, 3),)),
    Case("complex slogdet sign", lambda a: _real(np.linalg.slogdet(_spread(a) + 1j * a)[0]), ((3, 3),)),
    Case("complex norm", lambda x: np.linalg.norm(_z(x)) + np.linalg.norm(_z(x), axis=1), (B,)),
    Case("complex norm orders", lambda x: np.linalg.norm(_z(x), 3) + np.linalg.norm(_z(x), np.inf), (A,)),
    Case("complex norm of matrices", lambda x: np.linalg.norm(_z(x), 1) + np.linalg.norm(_z(x), "fro"), (B,)),
    Case("complex matrix_power", lambda a: _real(np.linalg.matrix_power(_z(a), 3)), ((2, 2),)),
    Case("complex multi_dot", lambda a: _real(np.linalg.multi_dot([_z(a), a, _z(a)])), ((2, 2),)),
    Case("eigvals", lambda a: np.sort(np.linalg.eigvals(_spread(a))), ((3, 3),)),
    Case("eigvals complex pair", lambda a: _real(np.linalg.eigvals(_turning + 0.1 * a)), ((3, 3),)),
    Case("eigvals stack", lambda a: _real(np.linalg.eigvals(_turning + 0.1 * a)), ((2, 3, 3),)),
    Case("eigvals of complex", lambda a: _real(np.linalg.eigvals(_spread(a) + 1j * a.T)), ((3, 3),)),
    Case("eig", lambda a: np.linalg.eig(_spread(a)).eigenvectors * np.linalg.eig(_spread(a))[0], ((3, 3),), looks=True),
    Case("eig values", lambda a: _eigen(_spread(a), 0), ((3, 3),)),
    Case("eig vectors", lambda a: _eigen(_spread(a), 1), ((3, 3),)),
    Case("eig complex pair", lambda a: _eigen(_turning + 0.1 * a, 1), ((3, 3),)),
    Case("eig stack", lambda a: _eigen(_turning + 0.1 * a, 1), ((2, 3, 3),)),
    Case("eig of complex", lambda a: _eigen(_spread(a) + 1j * a.T, 1), ((3, 3),)),
    Case("eig put together", lambda a: _put_together(_turning + 0.1 * a), ((3, 3),)),
    Case("roots", lambda p: _real(np.roots(p)), (np.array([1.0, -2.0, 3.0, 0.5]),), looks=True),
    Case("roots real", lambda p: np.roots(p), (np.array([1.0, -6.0, 11.0, -5.9]),), looks=True),
    Case(
        "roots at 0",
        lambda p: _real(np.roots(np.concatenate([p, [0.0, 0.0]]))),
        (np.array([1.0, 2.0, 3.0]),),
        looks=True,
    ),
    Case("poly of a matrix", lambda a: np.poly(_turning + 0.1 * a), ((3, 3),), looks=True),
    Case("poly of complex roots", lambda x: _real(np.poly(_z(x))), (A,), looks=True),
    Case("polyval complex", lambda p, x: _real(np.polyval(p, _z(x))), (A, B)),
    Case("complex cross", lambda x: _real(np.cross(_z(x), x[::-1])), (B,)),
    Case("complex gradient", lambda x: _real(np.gradient(_z(x), axis=1)), (B,)),
    Case("complex cov", lambda x: _real(np.cov(_z(x))), (B,), looks=True),
]


def _put_together(a):
    """A function of a matrix by its eigenvalues."""
    w, v = np.linalg.eig(a)
    return ((v * np.exp(w)) @ np.linalg.inv(v)).real


CASES += ALGEBRA


_hole = np.array([[False, True, False, False], [True, False, False, False], [False, False, False, True]])
_holed = lambda x: np.where(_hole, np.nan, _z(x))
STATISTICS = [
    Case("complex partition", lambda x: _real(np.partition(_z(x), 1, axis=1)), (B,), looks=True),
    Case("complex median", lambda x: _real(np.median(_z(x))) + _real(np.median(_z(x), axis=1)), (B,), looks=True),
    Case("complex sort in place", _changed(lambda z, x: z.sort(axis=0)), (B,), looks=True),
    Case("complex partition in place", _changed(lambda z, x: z.partition(1)), (B,), looks=True),
    Case("complex interp", lambda x, t: _real(np.interp(t, [-2.0, 0.1, 2.0], _z(x))), (A, B)),
    Case(
        "complex ends of interp",
        lambda x, t: _real(np.interp(2.0 * t, [0.0, 0.1, 0.4], _z(x), x[0], 1j * x[1])),
        (A, B),
    ),
    *(
        Case(
            f"complex {f.__name__} {options}",
            lambda x, f=f, options=options: _real(f(_holed(x), **options)),
            ((3, 4),),
            looks=True,
        )
        for f in (np.nansum, np.nanprod, np.nanmean, np.nanvar, np.nanstd, np.nanmedian, np.nanmax, np.nanmin)
        for options in ({}, {"axis": 0}, {"axis": 1, "keepdims": True})
    ),
    *(
        Case(f"complex {f.__name__}", lambda x, f=f: _real(f(_holed(x), axis=0)), ((3, 4),))
        for f in (np.nancumsum, np.nancumprod)
    ),
]
CASES += STATISTICS
