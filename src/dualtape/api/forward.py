"""The driver that pushes forward: the Jacobian-vector product, by one tangent sweep."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, overload

from dualtape.api._call import Call
from dualtape.api._drivers import check_callable, judged, split_primals
from dualtape.api._sweeps import check_mode, jacobian_product

if TYPE_CHECKING:
    from dualtape.api._types import Mode, Nonsmooth, R


@overload
def jvp(
    f: Callable[..., R],
    primals: Any,
    tangents: Any,
    *,
    mode: Mode = ...,
    has_aux: Literal[False] = ...,
    rewrite: bool = ...,
    nonsmooth: Nonsmooth = ...,
    **kwargs: Any,
) -> tuple[R, R]: ...
@overload
def jvp(
    f: Callable[..., Any],
    primals: Any,
    tangents: Any,
    *,
    mode: Mode = ...,
    has_aux: bool,
    rewrite: bool = ...,
    nonsmooth: Nonsmooth = ...,
    **kwargs: Any,
) -> tuple[Any, Any, Any]: ...
def jvp(
    f: Callable[..., Any],
    primals: Any,
    tangents: Any,
    *,
    mode: Mode = "auto",
    has_aux: bool = False,
    rewrite: bool = True,
    nonsmooth: Nonsmooth = "convention",
    **kwargs: Any,
) -> Any:
    """Push a tangent of x forward to a tangent of ``f(x)``.

    Parameters
    ----------
    f : callable
        Called once; may branch on values (the derivative is that of the branch taken).
    primals : tuple, or one argument
        Point of differentiation: a tuple with one entry per argument of f, or, for a single argument, the argument
        itself.
    tangents : like `primals`
        Direction, in the shape and structure of `primals`; with a leading axis on every entry for several at once.
    mode : {"auto", "forward", "reverse"}
        "forward" runs f on dual numbers, with no memory that grows with the run (f runs once for every 64 directions);
        otherwise f is recorded, which is faster for arrays.
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
        What f gives, bit for bit.
    tangent : like `value`
        ``J v``, in units of (f_i) per unit of the step along v; with a leading axis if `tangents` has one.
    aux : object
        Only with `has_aux`.

    Raises
    ------
    ShapeError, StructureError
        If `tangents` does not fit `primals`. Names the entry.
    TraceEscapeError, UnsupportedOperation, DtypeError
        As for `grad`.

    Notes
    -----
    One run of f and one tangent sweep, shared by all directions: a small multiple of f. Griewank & Walther (2008),
    section 3.1.

    Examples
    --------
    >>> import numpy as np
    >>> import dualtape
    >>> dualtape.jvp(lambda x: x * x, np.array([1.0, 3.0]), np.array([1.0, 0.5]))
    (array([1., 9.]), array([2., 3.]))
    >>> dualtape.jvp(lambda r, angle: r * np.sin(angle), (2.0, 0.0), (0.0, 1.0))
    (0.0, 2.0)
    """
    check_callable(f, "jvp")
    check_mode(mode)
    if nonsmooth != "convention":
        return judged(jvp, nonsmooth)(f, primals, tangents, mode=mode, has_aux=has_aux, rewrite=rewrite, **kwargs)
    args, argnums = split_primals(primals)
    call = Call(f, args, kwargs, argnums, has_aux, rewrite)
    S, batch = call.inputs.pack(tangents, "tangent")
    columns = jacobian_product(call, S, mode)
    tangent = call.outputs.unpack(columns, batch, call.dtype)
    return (call.value, tangent, call.aux) if has_aux else (call.value, tangent)
