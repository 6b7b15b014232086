"""Constant sparse matrices, linear operators and factorizations of SciPy in a clone: applied to traced arrays they are
linear maps with an exact transpose."""

import numpy as np

from dualtape.errors import UnsupportedOperation
from dualtape.handlers.buffers import opened
from dualtape.handlers.complex_numbers import number
from dualtape.handlers.either import image
from dualtape.handlers.scipy_sparse import owned
from dualtape.ops.constant_maps import LinearMap
from dualtape.rewrite.wrapping import Wrapper, active_array, has_active_part


class Linear(Wrapper):
    """What products of a linear operator and of a sparse matrix have in common."""

    __slots__ = ()

    def _map(self):
        """The `LinearMap` of a product with the operator, as it is now."""
        raise NotImplementedError

    def _apply(self, x, linear):
        x = opened(x, [])
        if np.ndim(x) not in (1, 2):
            raise ValueError("expected a 1-d or 2-d array or matrix")
        return image(x, linear)

    def __matmul__(self, x):
        return self._apply(x, self._map()) if has_active_part(x) else self._plainly("__matmul__", x)

    def __rmatmul__(self, x):
        if not has_active_part(x):
            return self._plainly("__rmatmul__", x)
        return np.transpose(self._apply(np.transpose(number(opened(x, []))), self._map().T))

    def dot(self, x):
        return self._apply(x, self._map()) if has_active_part(x) else self._plainly("dot", x)

    @property
    def T(self):
        return self._wrapped_result(self.__wrapped__.T)


class SparseMatrix(Linear):
    """A scipy.sparse matrix or array."""

    __slots__ = ()

    def _map(self):
        A = self.__wrapped__.copy()  # what happens to its entries from here on is not part of the derivative
        return LinearMap(lambda x: np.asarray(A @ x), lambda w: np.asarray(A.T @ w), A.dtype.kind == "c")

    def _plainly(self, method, *args, **kwargs):
        if method == "__setitem__" and has_active_part(args[1]):
            raise UnsupportedOperation(
                f"{type(self.__wrapped__).__name__}[...] = of a traced number",
                "collect entries and places in lists, and make coo_array((entries, (rows, columns))) of them",
            )
        if args and (is_traced_matrix(args[0]) or has_active_part(args[0])):
            from dualtape.rewrite.traced_matrices import traced

            return getattr(traced(self), method)(*args, **kwargs)
        return super()._plainly(method, *args, **kwargs)

    def multiply(self, x):
        return self._plainly("multiply", x)

    def __mul__(self, x):
        if has_active_part(x) and is_matrix(self.__wrapped__) and np.ndim(active_array(x)):
            return self @ x
        return self._plainly("__mul__", x)

    def __rmul__(self, x):
        if has_active_part(x) and is_matrix(self.__wrapped__) and np.ndim(active_array(x)):
            return x @ self
        return self._plainly("__rmul__", x)


def is_traced_matrix(x):
    """Tell whether `x` is a sparse matrix with traced entries, see traced_matrices.py."""
    return isinstance(x, Linear) and hasattr(type(x), "entries")


class Operator(Linear):
    """A scipy.sparse.linalg.LinearOperator: its transpose is what its rmatvec says."""

    __slots__ = ()

    def _map(self):
        A = self.__wrapped__
        return LinearMap(A.dot, lambda w: np.conj(A.H.dot(np.conj(w))), self._is_complex())

    def _adjoint(self):
        """The conjugate transpose."""
        A = self.__wrapped__
        return LinearMap(A.H.dot, lambda w: np.conj(A.dot(np.conj(w))), self._is_complex())

    def _is_complex(self):
        return getattr(self.__wrapped__.dtype, "kind", None) == "c"

    def matvec(self, x):
        if not has_active_part(x):
            return self._plainly("matvec", x)
        x = number(opened(x, []))
        rows = self.__wrapped__.shape[0]
        return np.reshape(self._apply(np.reshape(x, -1), self._map()), (rows, 1) if np.ndim(x) == 2 else (rows,))

    def matmat(self, x):
        return self @ x

    def rmatvec(self, x):
        return self._apply(x, self._adjoint()) if has_active_part(x) else self._plainly("rmatvec", x)

    def rmatmat(self, x):
        return self._apply(x, self._adjoint()) if has_active_part(x) else self._plainly("rmatmat", x)

    def __mul__(self, x):
        return self @ x if has_active_part(x) else self._plainly("__mul__", x)

    __call__ = __mul__


class Factors(Wrapper):
    """A sparse LU factorization: ``solve`` is the inverse, a linear map."""

    __slots__ = ()

    def solve(self, rhs, trans="N"):
        if not has_active_part(rhs):
            return self._plainly("solve", rhs, trans)
        factors, back = self.__wrapped__, {"N": "T", "T": "N", "H": "N"}.get(trans)
        if back is None:
            raise ValueError("trans must be N, T or H")
        linear = LinearMap(
            lambda b: factors.solve(owned(b), trans),
            lambda w: (
                np.conj(factors.solve(owned(np.conj(w)), back)) if trans == "H" else factors.solve(owned(w), back)
            ),
            np.iscomplexobj(factors.solve(np.zeros(factors.shape[0]))),
        )
        return image(opened(rhs, []), linear)


def is_matrix(A):
    """Tell scipy.sparse matrices, whose ``*`` is the product, from arrays."""
    from scipy.sparse import spmatrix

    return isinstance(A, spmatrix)
