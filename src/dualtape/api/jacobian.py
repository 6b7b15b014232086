"""The Jacobian of a function of any input and output shape, by either engine."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Concatenate, Unpack, overload

from dualtape.api._call import ArgNums, Call
from dualtape.api._drivers import check_callable, dress, judged
from dualtape.api._space import join_jacobian
from dualtape.api._sweeps import check_mode, jacobian_matrix

if TYPE_CHECKING:
    from dualtape.api._types import Array, Decorator, Mode, Nonsmooth, OfArray, OfFloat, Options, Out, P


@overload
def jacobian(
    f: Callable[Concatenate[Array, P], float | Array], *, mode: Mode = ..., **options: Unpack[Options]
) -> OfArray[P, Array]: ...
@overload
def jacobian(
    f: Callable[Concatenate[float, P], Out], *, mode: Mode = ..., **options: Unpack[Options]
) -> OfFloat[P, Out]: ...
@overload
def jacobian(
    f: Callable[P, Any], argnums: ArgNums = ..., mode: Mode = ..., *, has_aux: bool = ..., **options: Unpack[Options]
) -> Callable[P, Any]: ...
@overload
def jacobian(
    f: None = ..., argnums: ArgNums = ..., mode: Mode = ..., *, has_aux: bool = ..., **options: Unpack[Options]
) -> Decorator: ...
def jacobian(
    f: Any = None,
    argnums: ArgNums = 0,
    mode: Mode = "auto",
    *,
    has_aux: bool = False,
    rewrite: bool = True,
    nonsmooth: Nonsmooth = "convention",
) -> Any:
    """Make the Jacobian of a function.

    Parameters
    ----------
    f : callable
        Maps numbers, arrays or nested containers of them to such. Called once per call of the Jacobian; may branch on
        values (the derivative is that of the branch taken). Without it, ``jacobian(...)`` is a decorator.
    argnums : int or tuple of int, default 0
        Positional argument(s) to differentiate. All others, and keyword arguments, are passed through.
    mode : {"auto", "forward", "reverse"}
        "forward" costs in proportion to the number n of inputs and needs no memory for the run; "reverse" costs in
        proportion to the number m of outputs; "auto" records and takes the cheaper direction.
    has_aux : bool
        If true, f returns ``(result, aux)``; aux is handed back in plain numbers.
    rewrite : bool
        As for `grad`.
    nonsmooth : {"convention", "raise"}
        As for `grad`.

    Returns
    -------
    jacobian : callable
        Takes the arguments of f. Returns an array of shape ``out.shape + in.shape`` (a float for shape ()), entry [i,
        j] in units of (f_i) per unit of x_j; complex where f is. For containers, and for a tuple of `argnums`: the
        structure of the result, and inside each of its entries the structure of the input. With `has_aux`:
        ``(jacobian, aux)``.

    Raises
    ------
    TraceEscapeError, UnsupportedOperation, DtypeError
        On call, as for `grad`.

    Notes
    -----
    One run of f and min(m, n) sweeps, many of them at once in the lanes of the vector unit. Griewank & Walther (2008),
    chapter 3.

    Examples
    --------
    >>> import numpy as np
    >>> import dualtape
    >>> def to_cartesian(p):
    ...     r, angle = p
    ...     return np.array([r * np.cos(angle), r * np.sin(angle)])
    >>> dualtape.jacobian(to_cartesian)(np.array([2.0, 0.0]))
    array([[1., 0.],
           [0., 2.]])
    """
    if f is None:
        return functools.partial(
            jacobian, argnums=argnums, mode=mode, has_aux=has_aux, rewrite=rewrite, nonsmooth=nonsmooth
        )
    pair = _value_and_jacobian("jacobian", f, argnums, mode, has_aux, rewrite)

    def derivative(*args: Any, **kwargs: Any) -> Any:
        _, *rest = pair(*args, **kwargs)
        return tuple(rest) if has_aux else rest[0]

    return dress(judged(derivative, nonsmooth), f)


@overload
def value_and_jacobian(
    f: Callable[Concatenate[Array, P], Out], *, mode: Mode = ...
) -> OfArray[P, tuple[Out, Array]]: ...
@overload
def value_and_jacobian(
    f: Callable[Concatenate[float, P], Out], *, mode: Mode = ..., **options: Unpack[Options]
) -> OfFloat[P, tuple[Out, Out]]: ...
@overload
def value_and_jacobian(
    f: Callable[P, Any], argnums: ArgNums = ..., mode: Mode = ..., *, has_aux: bool = ..., **options: Unpack[Options]
) -> Callable[P, Any]: ...
@overload
def value_and_jacobian(
    f: None = ..., argnums: ArgNums = ..., mode: Mode = ..., *, has_aux: bool = ..., **options: Unpack[Options]
) -> Decorator: ...
def value_and_jacobian(
    f: Any = None,
    argnums: ArgNums = 0,
    mode: Mode = "auto",
    *,
    has_aux: bool = False,
    rewrite: bool = True,
    nonsmooth: Nonsmooth = "convention",
) -> Any:
    """Make a function that returns value and Jacobian of f from one run of it.

    Parameters
    ----------
    f, argnums, mode, has_aux, rewrite, nonsmooth
        As for `jacobian`.

    Returns
    -------
    value_and_jacobian : callable
        Takes the arguments of f. Returns ``(value, jacobian)``, with `has_aux` ``(value, jacobian, aux)``; the value is
        what f(x) gives, bit for bit.

    Raises
    ------
    TraceEscapeError, UnsupportedOperation, DtypeError
        On call, as for `grad`.

    Notes
    -----
    Cost as for `jacobian`: the value comes free.

    Examples
    --------
    >>> import numpy as np
    >>> import dualtape
    >>> dualtape.value_and_jacobian(np.sin)(0.0)
    (0.0, 1.0)
    """
    if f is None:
        return functools.partial(
            value_and_jacobian, argnums=argnums, mode=mode, has_aux=has_aux, rewrite=rewrite, nonsmooth=nonsmooth
        )
    pair = _value_and_jacobian("value_and_jacobian", f, argnums, mode, has_aux, rewrite)
    return dress(judged(pair, nonsmooth), f)


def _value_and_jacobian(
    driver: str, f: Callable[..., Any], argnums: ArgNums, mode: str, has_aux: bool, rewrite: bool
) -> Callable[..., Any]:
    check_callable(f, driver)
    check_mode(mode)

    def value_and_derivative(*args: Any, **kwargs: Any) -> Any:
        call = Call(f, args, kwargs, argnums, has_aux, rewrite)
        J = join_jacobian(jacobian_matrix(call, mode), call.outputs, call.inputs, call.dtype)
        return (call.value, J, call.aux) if has_aux else (call.value, J)

    return value_and_derivative
