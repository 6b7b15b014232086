"""Second derivatives: the whole Hessian tensor, weighted sums of its matrices, and products with vectors."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Concatenate, Literal, Unpack, overload

import numpy as np

from dualtape.api._call import ArgNums, Call
from dualtape.api._drivers import check_callable, dress, judged, split_primals
from dualtape.api._space import join_hessian, join_jacobian, join_weighted_hessian
from dualtape.api._sweeps import (
    check_mode,
    hessian_tensor,
    jacobian_matrix,
    pull_second,
    record_call,
    sweep_weighted_hessian,
    symmetric,
)
from dualtape.errors import OptionError, ShapeError

if TYPE_CHECKING:
    import numpy.typing as npt

    from dualtape.api._types import Array, Decorator, Mode, Nonsmooth, OfArray, OfFloat, Options, Out, P, R

_ONE = np.ones((1, 1))


@overload
def hessian(
    f: Callable[Concatenate[Array, P], float | Array], *, mode: Mode = ..., **options: Unpack[Options]
) -> OfArray[P, Array]: ...
@overload
def hessian(
    f: Callable[Concatenate[float, P], Out], *, mode: Mode = ..., **options: Unpack[Options]
) -> OfFloat[P, Out]: ...
@overload
def hessian(
    f: Callable[P, Any], argnums: ArgNums = ..., mode: Mode = ..., *, has_aux: bool = ..., **options: Unpack[Options]
) -> Callable[P, Any]: ...
@overload
def hessian(
    f: None = ..., argnums: ArgNums = ..., mode: Mode = ..., *, has_aux: bool = ..., **options: Unpack[Options]
) -> Decorator: ...
def hessian(
    f: Any = None,
    argnums: ArgNums = 0,
    mode: Mode = "auto",
    *,
    has_aux: bool = False,
    rewrite: bool = True,
    nonsmooth: Nonsmooth = "convention",
) -> Any:
    """Make the Hessian of a function, a tensor if the function has several results.

    Parameters
    ----------
    f : callable
        Maps numbers, arrays or nested containers of them to such. Called once per call of the Hessian; may branch on
        values (the derivatives are those of the branch taken). Without it, ``hessian(...)`` is a decorator.
    argnums : int or tuple of int, default 0
        Positional argument(s) to differentiate. All others, and keyword arguments, are passed through.
    mode : {"auto", "forward", "reverse"}
        "forward" evaluates f on hyper-dual numbers: cost proportional to n**2 / 2, whatever m, and no memory for the
        run; "reverse" takes n second-order adjoint sweeps over the tape for each output; "auto" records, for only a
        recording tells m, and takes these.
    has_aux : bool
        If true, f returns ``(result, aux)``; aux is handed back in plain numbers.
    rewrite : bool
        As for `grad`.
    nonsmooth : {"convention", "raise"}
        As for `grad`.

    Returns
    -------
    hessian : callable
        Takes the arguments of f. Returns an array of shape ``out.shape + in.shape + in.shape`` (a float for shape ()),
        exactly symmetric in the two inputs; entry [i, j, k] is d2 f_i / dx_j dx_k. For containers, and for a tuple of
        `argnums`: the structures of the result, the input, and the input again, nested. With `has_aux`: ``(hessian,
        aux)``.

    Raises
    ------
    TraceEscapeError, UnsupportedOperation, DtypeError
        On call, as for `grad`.

    Notes
    -----
    Hyper-dual numbers: Fike & Alonso (2011). Second-order adjoints: Griewank & Walther (2008), section 5.4.

    Examples
    --------
    >>> import numpy as np
    >>> import dualtape
    >>> dualtape.hessian(lambda x: x[0] * x[0] * x[1])(np.array([3.0, 5.0]))
    array([[10.,  6.],
           [ 6.,  0.]])
    """
    if f is None:
        return functools.partial(
            hessian, argnums=argnums, mode=mode, has_aux=has_aux, rewrite=rewrite, nonsmooth=nonsmooth
        )
    check_callable(f, "hessian")
    check_mode(mode)

    def second_derivative(*args: Any, **kwargs: Any) -> Any:
        call = Call(f, args, kwargs, argnums, has_aux, rewrite)
        _, H = hessian_tensor(call, mode)
        joined = join_hessian(H, call.outputs, call.inputs, call.dtype)
        return (joined, call.aux) if has_aux else joined

    return dress(judged(second_derivative, nonsmooth), f)


@overload
def derivatives(
    f: Callable[..., R],
    x: Array,
    order: Literal[2] = ...,
    *,
    mode: Mode = ...,
    rewrite: bool = ...,
    nonsmooth: Nonsmooth = ...,
    **kwargs: Any,
) -> tuple[R, Array, Array]: ...
@overload
def derivatives(
    f: Callable[..., R],
    x: Array,
    order: Literal[1],
    *,
    mode: Mode = ...,
    rewrite: bool = ...,
    nonsmooth: Nonsmooth = ...,
    **kwargs: Any,
) -> tuple[R, Array]: ...
@overload
def derivatives(
    f: Callable[..., Out],
    x: float,
    order: Literal[2] = ...,
    *,
    mode: Mode = ...,
    rewrite: bool = ...,
    nonsmooth: Nonsmooth = ...,
    **kwargs: Any,
) -> tuple[Out, Out, Out]: ...
@overload
def derivatives(
    f: Callable[..., Any],
    x: Any,
    order: int = ...,
    *,
    mode: Mode = ...,
    rewrite: bool = ...,
    nonsmooth: Nonsmooth = ...,
    **kwargs: Any,
) -> Any: ...
def derivatives(
    f: Callable[..., Any],
    x: Any,
    order: int = 2,
    *,
    mode: Mode = "auto",
    rewrite: bool = True,
    nonsmooth: Nonsmooth = "convention",
    **kwargs: Any,
) -> Any:
    """Evaluate value, Jacobian and Hessian in one go.

    Parameters
    ----------
    f : callable
        As for `hessian`.
    x : one argument, or a tuple with one entry per argument of f
        Point of differentiation.
    order : {1, 2}
        1 leaves the Hessian out.
    mode : {"auto", "forward", "reverse"}
        As for `hessian`.
    rewrite : bool
        As for `grad`.
    nonsmooth : {"convention", "raise"}
        As for `grad`.
    **kwargs
        Passed to f, not differentiated.

    Returns
    -------
    value : like ``f(x)``
    jacobian : shape ``out.shape + in.shape``
    hessian : shape ``out.shape + in.shape + in.shape``
        Only with ``order=2``. All three in the structure and units that `jacobian` and `hessian` describe.

    Raises
    ------
    OptionError
        If `order` is neither 1 nor 2.
    TraceEscapeError, UnsupportedOperation, DtypeError
        As for `grad`.

    Notes
    -----
    f runs once; cost that of `hessian` alone.

    Examples
    --------
    >>> import dualtape
    >>> dualtape.derivatives(lambda x: x**3, 2.0)
    (8.0, 12.0, 12.0)
    """
    check_callable(f, "derivatives")
    if nonsmooth != "convention":
        return judged(derivatives, nonsmooth)(f, x, order, mode=mode, rewrite=rewrite, **kwargs)
    check_mode(mode)
    if order not in (1, 2):
        raise OptionError(f"order is {order!r}, expected 1 or 2", "nest jacobian(hessian(f)) for higher derivatives")
    args, argnums = split_primals(x)
    call = Call(f, args, kwargs, argnums, rewrite=rewrite)
    if order == 1:
        J = jacobian_matrix(call, mode)
        return call.value, join_jacobian(J, call.outputs, call.inputs, call.dtype)
    J, H = hessian_tensor(call, mode)
    joined = join_jacobian(J, call.outputs, call.inputs, call.dtype)
    return call.value, joined, join_hessian(H, call.outputs, call.inputs, call.dtype)


@overload
def hvp(
    f: Callable[..., Any], x: Array, v: npt.ArrayLike, *, rewrite: bool = ..., nonsmooth: Nonsmooth = ..., **kwargs: Any
) -> Array: ...
@overload
def hvp(
    f: Callable[..., Any], x: float, v: float, *, rewrite: bool = ..., nonsmooth: Nonsmooth = ..., **kwargs: Any
) -> float: ...
@overload
def hvp(
    f: Callable[..., Any], x: Any, v: Any, *, rewrite: bool = ..., nonsmooth: Nonsmooth = ..., **kwargs: Any
) -> Any: ...
def hvp(
    f: Callable[..., Any], x: Any, v: Any, *, rewrite: bool = True, nonsmooth: Nonsmooth = "convention", **kwargs: Any
) -> Any:
    """Multiply the Hessian of a scalar function by a vector, without forming it.

    Parameters
    ----------
    f : callable
        Returns a scalar. Called once.
    x : one argument, or a tuple with one entry per argument of f
        Point of differentiation.
    v : like `x`
        Direction, with a leading axis on every entry for several at once.
    rewrite : bool
        As for `grad`.
    nonsmooth : {"convention", "raise"}
        As for `grad`.
    **kwargs
        Passed to f, not differentiated.

    Returns
    -------
    Hv : like `x`
        ``H v``, with a leading axis if `v` has one.

    Raises
    ------
    ShapeError
        If f's result is not one scalar, or `v` does not fit `x`.
    TraceEscapeError, UnsupportedOperation, DtypeError
        As for `grad`.

    Notes
    -----
    One recording and one second-order adjoint sweep, shared by all directions: time a small multiple of f. Pearlmutter
    (1994).

    Examples
    --------
    >>> import numpy as np
    >>> import dualtape
    >>> dualtape.hvp(lambda x: np.sum(x**3), np.array([1.0, 2.0]), np.array([1.0, 1.0]))
    array([ 6., 12.])
    """
    check_callable(f, "hvp")
    if nonsmooth != "convention":
        return judged(hvp, nonsmooth)(f, x, v, rewrite=rewrite, **kwargs)
    args, argnums = split_primals(x)
    call = Call(f, args, kwargs, argnums, rewrite=rewrite)
    S, batch = call.inputs.pack(v, "v")
    recording = record_call(call, 2)
    call.require_scalar("hvp")
    return call.inputs.unpack(pull_second(recording, _ONE, S), batch, call.dtype)


@overload
def weighted_hessian(
    f: Callable[..., Any], x: Array, w: Any, *, rewrite: bool = ..., nonsmooth: Nonsmooth = ..., **kwargs: Any
) -> Array: ...
@overload
def weighted_hessian(
    f: Callable[..., Any], x: float, w: Any, *, rewrite: bool = ..., nonsmooth: Nonsmooth = ..., **kwargs: Any
) -> float: ...
@overload
def weighted_hessian(
    f: Callable[..., Any], x: Any, w: Any, *, rewrite: bool = ..., nonsmooth: Nonsmooth = ..., **kwargs: Any
) -> Any: ...
def weighted_hessian(
    f: Callable[..., Any], x: Any, w: Any, *, rewrite: bool = True, nonsmooth: Nonsmooth = "convention", **kwargs: Any
) -> Any:
    """Sum the Hessians of all outputs with weights: ``sum_i w_i H_i``, what SciPy calls ``hess(x, v)`` of a constraint.

    Parameters
    ----------
    f : callable
        Called once.
    x : one argument, or a tuple with one entry per argument of f
        Point of differentiation.
    w : like ``f(x)``
        Weights on the outputs, in units of (result) per unit of f_i.
    rewrite : bool
        As for `grad`.
    nonsmooth : {"convention", "raise"}
        As for `grad`.
    **kwargs
        Passed to f, not differentiated.

    Returns
    -------
    H : shape ``in.shape + in.shape``
        Exactly symmetric. For containers: the structure of the input, and inside each of its entries the structure of
        the input.

    Raises
    ------
    ShapeError, StructureError
        If `w` does not have the shape of ``f(x)``.
    TraceEscapeError, UnsupportedOperation, DtypeError
        As for `grad`.

    Notes
    -----
    One recording and n second-order adjoint sweeps, many at once in the lanes of the vector unit; the tensor (m, n, n)
    is never formed. Griewank & Walther (2008), section 5.4.

    Examples
    --------
    >>> import numpy as np
    >>> import dualtape
    >>> f = lambda x: np.array([x[0] ** 2, x[0] * x[1]])
    >>> dualtape.weighted_hessian(f, np.array([1.0, 2.0]), np.array([1.0, 10.0]))
    array([[ 2., 10.],
           [10.,  0.]])
    """
    check_callable(f, "weighted_hessian")
    if nonsmooth != "convention":
        return judged(weighted_hessian, nonsmooth)(f, x, w, rewrite=rewrite, **kwargs)
    args, argnums = split_primals(x)
    call = Call(f, args, kwargs, argnums, rewrite=rewrite)
    recording = record_call(call, 2)
    weights, batch = call.outputs.pack(w, "w")
    if batch is not None:
        raise ShapeError(
            f"w has a leading axis of length {batch}, expected the shape of the result, {call.outputs.describe()}"
        )
    H = sweep_weighted_hessian(recording, weights, call.inputs.size)
    return join_weighted_hessian(symmetric(H), call.inputs, call.dtype)
