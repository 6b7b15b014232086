"""The Jacobian at a point as a linear map that is never formed: what `linearize` gives and `vjp` pulls back with."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, overload

import numpy as np

from dualtape.api._call import Call
from dualtape.api._drivers import check_callable, judged
from dualtape.api._space import Space
from dualtape.api._sweeps import pull, push, record_call, sweep_jacobian
from dualtape.errors import ShapeError

if TYPE_CHECKING:
    from dualtape.api._types import Nonsmooth, R


class Linearization:
    """The linear map ``v -> J v`` of a function at a point; its transpose pulls cotangents back. Made by `linearize`
    and `vjp`.

    Holds a sealed recording of f: it belongs to the point, whatever becomes of the array that the point was given in,
    and several threads may apply it at once.

    Attributes
    ----------
    shape : tuple of int
        (m, n): entries of f(x), entries of x.
    T : Linearization
        The transpose, ``w -> J' w``.
    """

    __slots__ = ("_recording", "_inputs", "_outputs", "_dtype", "_is_transposed")

    def __init__(
        self, recording: Any, inputs: Space, outputs: Space, dtype: np.dtype[Any], is_transposed: bool = False
    ):
        self._recording = recording
        self._inputs = inputs
        self._outputs = outputs
        self._dtype = dtype
        self._is_transposed = is_transposed

    @property
    def shape(self) -> tuple[int, int]:
        return self._range.size, self._domain.size

    @property
    def T(self) -> Linearization:
        return Linearization(self._recording, self._inputs, self._outputs, self._dtype, not self._is_transposed)

    def __call__(self, vector: Any) -> Any:
        """Apply the map to a vector of the shape and structure of x (of f(x), for a transpose).

        Parameters
        ----------
        vector : number, array_like, or nested container
            With a leading axis on every entry for several vectors at once.

        Returns
        -------
        image : of the shape and structure of f(x) (of x)
            With a leading axis if `vector` has one.

        Raises
        ------
        ShapeError, StructureError
            If `vector` does not fit.
        """
        columns, batch = self._domain.pack(vector, "cotangent" if self._is_transposed else "tangent")
        return self._range.unpack(self._apply(columns), batch, self._dtype)

    def __matmul__(self, other: Any) -> Any:
        """Multiply: ``J @ v`` with v of the shape of x; for a vector x also ``J @ V``, V (n, p) of columns."""
        if _is_vector(self._domain) and np.ndim(other) == 2:
            if np.shape(other)[0] != self._domain.size:
                raise ShapeError(
                    f"the right operand of @ has shape {np.shape(other)}, expected ({self._domain.size}, p)"
                )
            columns, _ = self._domain.pack(np.transpose(other), "the right operand of @")
            p = columns.shape[1]
            return np.moveaxis(self._range.unpack(self._apply(columns), p, self._dtype), 0, -1)
        return self(other)

    def __rmatmul__(self, other: Any) -> Any:
        """``w @ J``, the same as ``J.T @ w``."""
        is_matrix = _is_vector(self._range) and np.ndim(other) == 2
        return np.transpose(self.T @ np.transpose(other)) if is_matrix else self.T(other)

    __array_ufunc__ = None  # ndarray @ J is __rmatmul__

    def matrix(self) -> Any:
        """Form the matrix, shape (m, n), entries in flat order."""
        J = sweep_jacobian(self._recording, self._outputs.size, self._inputs.size)
        return np.transpose(J) if self._is_transposed else J

    def product(self, vectors: Any) -> Any:
        """Multiply the matrix, entries in flat order, by a vector (n,) or by the columns of a matrix (n, p)."""
        vectors = np.asarray(vectors, dtype=np.float64)
        columns = self._apply(vectors.reshape(self.shape[1], -1))
        return columns if vectors.ndim == 2 else columns[:, 0]

    def as_linear_operator(self) -> Any:
        """View the map as a `scipy.sparse.linalg.LinearOperator` of shape (m, n), for SciPy's iterative solvers.

        Raises
        ------
        ImportError
            If SciPy is not installed.
        """
        from scipy.sparse.linalg import LinearOperator

        product, transposed = self.product, self.T.product
        return LinearOperator(
            self.shape, matvec=product, rmatvec=transposed, matmat=product, rmatmat=transposed, dtype=np.float64
        )

    @property
    def _domain(self) -> Space:
        return self._outputs if self._is_transposed else self._inputs

    @property
    def _range(self) -> Space:
        return self._inputs if self._is_transposed else self._outputs

    def _apply(self, columns: Any) -> Any:
        if self._is_transposed:
            return pull(self._recording, columns)
        return push(self._recording, columns, self._outputs.size)

    def __repr__(self) -> str:
        name = "Linearization.T" if self._is_transposed else "Linearization"
        return f"{name}({self._domain.describe()} -> {self._range.describe()})"


def _is_vector(space: Space) -> bool:
    return space.structure.kind is None and len(space.slots[0].shape) == 1


@overload
def linearize(
    f: Callable[..., R],
    *primals: Any,
    has_aux: Literal[False] = ...,
    rewrite: bool = ...,
    nonsmooth: Nonsmooth = ...,
    **kwargs: Any,
) -> tuple[R, Linearization]: ...
@overload
def linearize(
    f: Callable[..., Any], *primals: Any, has_aux: bool, rewrite: bool = ..., nonsmooth: Nonsmooth = ..., **kwargs: Any
) -> tuple[Any, Linearization, Any]: ...
def linearize(
    f: Callable[..., Any],
    *primals: Any,
    has_aux: bool = False,
    rewrite: bool = True,
    nonsmooth: Nonsmooth = "convention",
    **kwargs: Any,
) -> Any:
    """Evaluate f and make its Jacobian there as a linear map.

    Parameters
    ----------
    f : callable
        Called once; may branch on values (the map is that of the branch taken).
    *primals : number, array_like, or nested container of them
        Point of differentiation, one entry per argument of f.
    has_aux : bool
        If true, f returns ``(result, aux)``.
    rewrite : bool
        As for `grad`.
    nonsmooth : {"convention", "raise"}
        As for `grad`.
    **kwargs
        Passed to f, not differentiated.

    Returns
    -------
    value : like ``f(*primals)``
    J : Linearization
        ``J @ v`` and ``J(v)`` push a tangent forward, ``J.T @ w`` pulls a cotangent back, ``J.matrix()`` is the
        Jacobian, ``J.as_linear_operator()`` what SciPy's iterative solvers take.
    aux : object
        Only with `has_aux`.

    Raises
    ------
    TraceEscapeError, UnsupportedOperation, DtypeError
        As for `grad`.

    Notes
    -----
    One recording; each product is one sweep over it, a small multiple of f without Python. Memory proportional to the
    number of operations, held as long as the map lives.

    Examples
    --------
    >>> import numpy as np
    >>> import dualtape
    >>> value, J = dualtape.linearize(lambda x: x * x, np.array([1.0, 3.0]))
    >>> J @ np.array([1.0, 1.0])
    array([2., 6.])
    >>> J
    Linearization((2,) -> (2,))
    """
    check_callable(f, "linearize")
    if nonsmooth != "convention":
        return judged(linearize, nonsmooth)(f, *primals, has_aux=has_aux, rewrite=rewrite, **kwargs)
    call, recording = record_primals(f, primals, kwargs, has_aux, rewrite)
    J = Linearization(recording, call.inputs, call.outputs, call.dtype)
    return (call.value, J, call.aux) if has_aux else (call.value, J)


def record_primals(
    f: Callable[..., Any], primals: tuple[Any, ...], kwargs: dict[str, Any], has_aux: bool, rewrite: bool
) -> Any:
    """Record f with all of `primals` active; a single one is bare in results, several are a tuple."""
    call = Call(f, primals, kwargs, 0 if len(primals) == 1 else tuple(range(len(primals))), has_aux, rewrite)
    return call, record_call(call)
