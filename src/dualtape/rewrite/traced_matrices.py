"""Sparse matrices of SciPy with traced entries: made in f by `csr_array((data, (rows, columns)))`, `diags(x)` and the
like, or of constant matrices and traced numbers.

*Design.* A traced matrix is a matrix of ids beside a vector of traced entries: id k stands for entry k - 1. What moves
entries (another format, a transpose, a slice, a block) is done to the ids by SciPy itself. Products, sums and solutions
have SciPy's value and the derivative of a sum over the stored entries. An entry that is zero stays stored: SciPy's
arithmetic would drop it, and its derivative with it.

A traced matrix looks like the SciPy matrix of its values. What is not known here is an error."""

import functools
from importlib import import_module

import numpy as np

from dualtape.errors import UnsupportedOperation
from dualtape.handlers import scipy_sparse
from dualtape.ops.sparse_ops import scattered, solved
from dualtape.rewrite.kernels import compiled
from dualtape.rewrite.matrices import Linear, SparseMatrix, is_matrix
from dualtape.rewrite.wrapping import Wrapper, active_array, has_active_part
from dualtape.trace.functions import CARRIERS, peeked

_MOVING = frozenset(
    """tocsr tocsc tocoo todia tobsr tolil todok asformat transpose copy conj conjugate getH getrow getcol
    reshape""".split()
)
_FREE = frozenset(
    """shape ndim nnz format dtype indices indptr row col coords offsets size getnnz get_shape getformat
    has_sorted_indices has_canonical_format blocksize maxprint""".split()
)
_REMEDY = "use a dense array: A.toarray(), and np.linalg"


class TracedMatrix(Linear):
    """See above.

    Attributes
    ----------
    ids : SciPy sparse matrix
        Of the format that the matrix has; its data are the ids as floats.
    entries : active array
    """

    __slots__ = ("ids", "entries")

    def __init__(self, ids, entries):
        object.__setattr__(self, "ids", ids)
        object.__setattr__(self, "entries", entries)
        object.__setattr__(self, "__wrapped__", with_entries(ids, np.asarray(peeked(entries))))

    def _plainly(self, method, *args, **kwargs):
        raise UnsupportedOperation(
            f"{type(self.__wrapped__).__name__}.{method} of a traced matrix has no derivative rule", _REMEDY
        )

    def __getattr__(self, name):
        if name in _FREE:
            return getattr(self.__wrapped__, name)
        if name in _MOVING:
            return lambda *args, **kwargs: self.moved(lambda ids: getattr(ids, name)(*args, **kwargs))
        if hasattr(self.__wrapped__, name):
            return self._plainly(name)
        raise AttributeError(f"'{type(self.__wrapped__).__name__}' object has no attribute '{name}'")

    def __setattr__(self, name, value):
        self._plainly(f"{name} = ...")

    def moved(self, function):
        """What a function that moves entries makes of the matrix."""
        return of_ids(function(self.ids), self.entries)

    def places(self):
        """Row, column and entry of all that is stored."""
        coo = self.ids.tocoo()
        return coo.row, coo.col, self.entries[coo.data.astype(np.int64) - 1]

    # ---- reading ----

    @property
    def T(self):
        return self.moved(lambda ids: ids.T)

    @property
    def data(self):
        return of_ids(self.ids.data, self.entries)

    def __getitem__(self, index):
        return self.moved(lambda ids: ids[index])

    def __len__(self):
        return len(self.__wrapped__)

    def diagonal(self, k=0):
        return self.moved(lambda ids: ids.diagonal(k))

    def trace(self, offset=0):
        return np.sum(self.diagonal(offset))

    def toarray(self, order=None, out=None):
        rows, columns, entries = self.places()
        shape = self.shape
        flat = scattered(entries, rows * np.int64(shape[1]) + columns, shape[0] * shape[1])
        return np.reshape(flat, shape)

    def todense(self, order=None, out=None):
        return self.toarray()

    def sum(self, axis=None, dtype=None, out=None):
        model = np.sum(self.toarray(), axis=axis, keepdims=axis is not None and is_matrix(self.__wrapped__))
        return self.valued(lambda A: np.asarray(A.sum(axis=axis)), model)

    def mean(self, axis=None, dtype=None, out=None):
        shape = self.shape
        return self.sum(axis) / float(np.prod(shape) if axis is None else shape[axis])

    def valued(self, function, model, *xs):
        """What SciPy computes of the matrix, with the derivatives of a model."""
        ids = self.ids
        return compiled(lambda entries, *xs: function(with_entries(ids, entries), *xs), model, self.entries, *xs)

    # ---- products ----

    def _product(self, x):
        x = active_array(x)
        if np.ndim(x) not in (1, 2) or np.shape(x)[0] != self.shape[1]:
            raise ValueError(f"dimension mismatch: {self.shape} @ {np.shape(x)}")
        rows, columns, entries = self.places()
        terms = (entries if np.ndim(x) == 1 else entries[:, None]) * x[columns]
        return self.valued(lambda A, x: np.asarray(A @ x), scattered(terms, rows, self.shape[0]), x)

    def __matmul__(self, x):
        return product(self, x) if _is_sparse(x) else self._product(x)

    dot = __matmul__

    def __rmatmul__(self, x):
        if _is_sparse(x):
            return product(x, self)
        return np.transpose(self.T._product(np.transpose(active_array(x))))

    def multiply(self, other):
        """Entry by entry, or with a number."""
        rows, columns, entries = self.places()
        if _is_sparse(other):
            other = traced(other)
            factors = of_ids(np.asarray(other.ids.tocsr()[rows, columns]).ravel(), other.entries)
        else:
            other = active_array(other)
            factors = other if np.ndim(other) == 0 else np.broadcast_to(other, self.shape)[rows, columns]
        return _like(self, rows, columns, entries * factors)

    def __mul__(self, other):
        if is_matrix(self.__wrapped__) and (_is_sparse(other) or np.ndim(active_array(other))):
            return self @ other
        return self.multiply(other)

    def __rmul__(self, other):
        if is_matrix(self.__wrapped__) and np.ndim(active_array(other)):
            return other @ self
        return self.multiply(other)

    def __truediv__(self, other):
        return self.multiply(1.0 / active_array(other)) if np.ndim(other) else self._scaled(lambda x: x / other)

    def power(self, n, dtype=None):
        return self._scaled(lambda x: x**n)

    def _scaled(self, function):
        return TracedMatrix(self.ids, function(self.entries))

    # ---- sums ----

    def __neg__(self):
        return self._scaled(lambda x: -x)

    def __add__(self, other):
        return total(self, other) if _is_sparse(other) else self.toarray() + active_array(other)

    __radd__ = __add__

    def __sub__(self, other):
        return total(self, -traced(other)) if _is_sparse(other) else self.toarray() - active_array(other)

    def __rsub__(self, other):
        return -(self - other)


CARRIERS[TracedMatrix] = True


def with_entries(ids, entries):
    """A matrix of ids with the entries that they stand for."""
    if ids.format in ("lil", "dok"):
        return with_entries(ids.tocsr(), entries).asformat(ids.format)
    made = ids.copy()
    made.data = np.concatenate([[0.0], np.asarray(entries, dtype=np.float64)])[ids.data.astype(np.int64)]
    return made


def of_ids(ids, entries):
    """The traced matrix, array or number that ids stand for; id 0 is a zero."""
    if hasattr(ids, "tocsr"):
        return TracedMatrix(ids, entries)
    places = np.asarray(ids).astype(np.int64)
    return np.concatenate([np.zeros(1), entries])[places]


def _is_sparse(x):
    return isinstance(x, (TracedMatrix, SparseMatrix)) or hasattr(x, "tocsr")


def traced(x):
    """A sparse matrix of any kind as a matrix of ids with entries."""
    if type(x) is TracedMatrix:
        return x
    real = x.__wrapped__ if isinstance(x, Wrapper) else x
    coo = real.tocoo()
    if coo.dtype.kind == "c":
        raise UnsupportedOperation("a complex sparse matrix with traced entries", "keep real and imaginary part apart")
    ids = type(coo)((np.arange(1.0, coo.nnz + 1), (coo.row, coo.col)), shape=coo.shape)
    found = TracedMatrix.__new__(TracedMatrix)
    for name, value in (("ids", ids), ("entries", np.array(coo.data, dtype=np.float64)), ("__wrapped__", real)):
        object.__setattr__(found, name, value)
    return found


def _like(x, rows, columns, entries, shape=None):
    """A matrix with entries at given places, of the kind of x; entries at one place are added up."""
    shape = x.shape if shape is None else shape
    flat = rows * np.int64(shape[1]) + columns
    kept, where = np.unique(flat, return_inverse=True)
    entries = scattered(entries, where, kept.size) if kept.size < flat.size else entries[np.argsort(flat)]
    ids = _array_or_matrix(x)(
        (np.arange(1.0, kept.size + 1), (kept // shape[1], kept % shape[1])), shape=tuple(map(int, shape))
    )
    known = x.__wrapped__.format
    return TracedMatrix(ids.asformat("csr" if known in ("dia", "lil", "dok", "bsr") else known), entries)


def _array_or_matrix(x):
    return getattr(import_module("scipy.sparse"), "coo_matrix" if is_matrix(x.__wrapped__) else "coo_array")


def total(a, b):
    """The sum of two sparse matrices, one of them traced."""
    a, b = traced(a), traced(b)
    if a.shape != b.shape:
        raise ValueError(f"inconsistent shapes: {a.shape} + {b.shape}")
    (i, j, x), (k, m, y) = a.places(), b.places()
    return _like(a, np.concatenate([i, k]), np.concatenate([j, m]), np.concatenate([x, y]))


def product(a, b):
    """The product of two sparse matrices, one of them traced: every entry of a with the row of b that it meets."""
    a, b = traced(a).tocsr() if type(a) is TracedMatrix else traced(a), traced(b)
    if a.shape[1] != b.shape[0]:
        raise ValueError(f"dimension mismatch: {a.shape} @ {b.shape}")
    rows, inner, x = a.places()
    b_rows, b_columns, y = b.places()
    order = np.argsort(b_rows, kind="stable")
    starts = np.searchsorted(b_rows[order], np.arange(b.shape[0] + 1))
    counts = (starts[1:] - starts[:-1])[inner]
    left = np.repeat(np.arange(inner.size), counts)
    within = np.arange(left.size) - np.repeat(np.cumsum(counts) - counts, counts)
    right = order[starts[inner[left]] + within]
    return _like(a, rows[left], b_columns[right], x[left] * y[right], (a.shape[0], b.shape[1]))


# ---- what makes them ----


def constructor(cls):
    """What a class of sparse matrices makes of traced entries."""

    @functools.wraps(cls, updated=())
    def make(arg1, shape=None, dtype=None, copy=False, **options):
        if _is_sparse(arg1):
            return traced(arg1).moved(lambda ids: cls(ids, shape=shape))
        if isinstance(arg1, tuple) and has_active_part(arg1[0]):
            return _of_parts(cls, active_array(arg1[0]), arg1[1:], shape)
        if isinstance(arg1, tuple):
            raise UnsupportedOperation(f"{cls.__name__} with traced places", "give the places as plain integers")
        dense = np.atleast_2d(active_array(arg1))
        ids = np.arange(1.0, np.size(dense) + 1).reshape(np.shape(dense))
        return TracedMatrix(cls(ids), np.reshape(dense, -1))

    return make


def _of_parts(cls, data, places, shape):
    """``(data, (rows, columns))``, ``(data, indices, indptr)`` or, of diagonals, ``(data, offsets)``."""
    ids = np.arange(1.0, np.size(data) + 1).reshape(np.shape(data))
    if len(places) != 1 or not isinstance(places[0], tuple):
        return TracedMatrix(cls((ids, *places), shape=shape), np.reshape(data, -1))
    plain = import_module("scipy.sparse").coo_array((ids, places[0]), shape=shape)
    model = TracedMatrix(cls(plain.shape), data[:0])
    return _like(model, plain.row, plain.col, data).moved(lambda ids: cls(ids))


def moving(function):
    """A function of scipy.sparse that arranges entries, diagonals or blocks, its first argument: SciPy does it with
    ids."""

    @functools.wraps(function)
    def call(first, *args, **kwargs):
        entries = []
        ids = _ids_for(first, entries)
        return of_ids(function(ids, *args, **kwargs), np.concatenate([np.reshape(x, -1) for x in entries]))

    return call


def _ids_for(x, entries):
    """Ids in place of all numbers and matrices in nested lists, whose entries are collected."""
    start = sum(np.size(part) for part in entries) + 1.0
    if x is None:
        return None
    if _is_sparse(x):
        x = traced(x)
        entries.append(x.entries)
        return with_entries(x.ids, start + np.arange(np.size(x.entries)))
    if type(x) in (list, tuple):
        return type(x)([_ids_for(item, entries) for item in x])
    x = active_array(x)
    entries.append(x)
    ids = start + np.arange(np.size(x)).reshape(np.shape(x))
    return ids if np.ndim(x) else float(ids)


def kron(A, B, format=None):
    """Every entry of A with every one of B."""
    A, B = traced(A), traced(B)
    (i, j, x), (k, m, y) = A.places(), B.places()
    rows, columns = (np.add.outer(a * np.int64(n), b).ravel() for a, b, n in ((i, k, B.shape[0]), (j, m, B.shape[1])))
    shape = tuple(np.multiply(A.shape, B.shape))
    made = _like(A, rows, columns, np.reshape(x[:, None] * y, -1), shape)
    return made.asformat(format) if format else made


# ---- systems ----


def spsolve(A, b, *args, **options):
    """The solution of a system, whose matrix may be traced."""
    return solve(A, b) if type(A) is TracedMatrix else scipy_sparse.spsolve(A, b, *args, **options)


def solve(A, b):
    """The solution of a system with a traced matrix."""
    A = traced(A)
    if A.shape[0] != A.shape[1]:
        raise ValueError(f"matrix must be square, has shape {A.shape}")
    if _is_sparse(b):
        raise UnsupportedOperation("spsolve of a traced matrix with a sparse right-hand side", "use b.toarray()")
    b = active_array(b)
    rows, columns, entries = A.places()
    return solved(entries, np.reshape(b, -1) if np.shape(b)[1:] == (1,) else b, rows, columns)


def norm(A, ord=None, axis=None):
    """Of a traced matrix: that of the dense one, with SciPy's value."""
    of_sparse = import_module("scipy.sparse.linalg").norm
    model = np.linalg.norm(A.toarray(), "fro" if ord is None and axis is None else ord, axis)
    return A.valued(lambda matrix: np.asarray(of_sparse(matrix, ord, axis)), model)


class TracedFactors:
    """What `splu` gives for a traced matrix."""

    def __init__(self, A):
        self.matrix = traced(A)
        self.shape = self.matrix.shape

    def solve(self, rhs, trans="N"):
        return solve(self.matrix if trans == "N" else self.matrix.T, rhs)


_SPARSE = "scipy.sparse."
_FORMATS = [f"{name}_{kind}" for name in ("csr", "csc", "coo", "dia", "bsr") for kind in ("matrix", "array")]
_ARRANGING = "diags diags_array spdiags hstack vstack bmat block_array block_diag tril triu".split()


_OTHERS = {
    "kron": kron,
    "linalg.spsolve": spsolve,
    "linalg.norm": norm,
    "linalg.splu": TracedFactors,
    "linalg.factorized": lambda A: TracedFactors(A).solve,
}
NAMES = frozenset(_SPARSE + name for name in (*_FORMATS, *_ARRANGING, *_OTHERS))


def answer_of(name):
    """What takes the place of a function or class of scipy.sparse with this public name; None if nothing does."""
    short = name.removeprefix(_SPARSE)
    if short in _FORMATS:
        return constructor(getattr(import_module("scipy.sparse"), short))
    if short.startswith("is"):  # issparse, isspmatrix_csr
        return lambda x: getattr(import_module("scipy.sparse"), short)(x.__wrapped__)
    if short in _ARRANGING and hasattr(import_module("scipy.sparse"), short):
        return moving(getattr(import_module("scipy.sparse"), short))
    return _OTHERS.get(short)
