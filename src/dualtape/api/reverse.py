"""Drivers that pull back: gradient and vector-Jacobian product, by one adjoint sweep over a recorded tape."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Concatenate, Literal, Unpack, overload

import numpy as np

from dualtape.api._call import ArgNums, Call
from dualtape.api._drivers import check_callable, dress, judged, takes_one_argument
from dualtape.api._sweeps import check_mode, jacobian_matrix, pull, record_call
from dualtape.api.linearize import Linearization, record_primals
from dualtape.core.oneshot import gradient as one_shot
from dualtape.rewrite.clone import clone_of, prepared
from dualtape.trace.resweep import around

if TYPE_CHECKING:
    from dualtape.api._types import Array, Decorator, Mode, Nonsmooth, OfArray, OfFloat, Options, P, R

_ONE = np.ones((1, 1))


@overload
def grad(
    f: Callable[Concatenate[Array, P], float], *, mode: Mode = ..., **options: Unpack[Options]
) -> OfArray[P, Array]: ...
@overload
def grad(
    f: Callable[Concatenate[float, P], float], *, mode: Mode = ..., **options: Unpack[Options]
) -> OfFloat[P, float]: ...
@overload
def grad(
    f: Callable[P, Any], argnums: ArgNums = ..., *, mode: Mode = ..., has_aux: bool = ..., **options: Unpack[Options]
) -> Callable[P, Any]: ...
@overload
def grad(
    f: None = ..., argnums: ArgNums = ..., *, mode: Mode = ..., has_aux: bool = ..., **options: Unpack[Options]
) -> Decorator: ...
def grad(
    f: Any = None,
    argnums: ArgNums = 0,
    *,
    mode: Mode = "auto",
    has_aux: bool = False,
    rewrite: bool = True,
    nonsmooth: Nonsmooth = "convention",
) -> Any:
    """Make the gradient of a function with one scalar result.

    Parameters
    ----------
    f : callable
        Returns a scalar. Called once per call of the gradient; may branch on values (the derivative is that of the
        branch taken). Without it, ``grad(...)`` is a decorator.
    argnums : int or tuple of int, default 0
        Positional argument(s) to differentiate. All others, and keyword arguments, are passed through.
    mode : {"auto", "forward", "reverse"}
        "forward" evaluates f on dual numbers: cost proportional to the number of inputs, memory independent of the
        length of the run.
    has_aux : bool
        If true, f returns ``(result, aux)``; aux is handed back in plain numbers.
    rewrite : bool
        Whether to run the clone of f, in which NumPy, SciPy and math take traced numbers everywhere; see
        docs/explanation/rewrite.md.
    nonsmooth : {"convention", "raise"}
        What to do where f is not differentiable: take the documented convention (docs: reference/kinks), or raise
        `NonsmoothError`, which names the kink. "raise" runs f once more, slowly, to look at every operation.

    Returns
    -------
    gradient : callable
        Takes the arguments of f. Returns the gradient, of the shape and structure of the argument, in units of (result)
        per unit of the entry: a float for a scalar, an ndarray for an array, a tuple for several `argnums`. With
        `has_aux`: ``(gradient, aux)``.

    Raises
    ------
    ShapeError
        On call, if f's result is not one scalar.
    TraceEscapeError
        On call, if f would lose a derivative, by ``float(x)`` or ``np.asarray(x)``. Names the line in f and the remedy.
    UnsupportedOperation
        On call, if f uses an operation without a rule.
    DtypeError
        On call, if the argument is not numeric.

    Notes
    -----
    One recording and one adjoint sweep: time a small multiple of f whatever the number of inputs, memory proportional
    to the number of operations. Griewank & Walther (2008), section 3.2.

    Examples
    --------
    >>> import numpy as np
    >>> import dualtape
    >>> dualtape.grad(lambda x: np.sum(x**3))(np.array([1.0, 2.0]))
    array([ 3., 12.])
    >>> @dualtape.grad(argnums=(0, 1))
    ... def area(width, height):
    ...     return width * height
    >>> area(2.0, 3.0)
    (3.0, 2.0)
    """
    if f is None:
        return functools.partial(
            grad, argnums=argnums, mode=mode, has_aux=has_aux, rewrite=rewrite, nonsmooth=nonsmooth
        )
    pair = _value_and_grad("grad", f, argnums, mode, has_aux, rewrite)

    def gradient(*args: Any, **kwargs: Any) -> Any:
        _, *rest = pair(*args, **kwargs)
        return tuple(rest) if has_aux else rest[0]

    if type(argnums) is int and argnums >= 0 and not has_aux:
        gradient = _in_one_shot(f, argnums, gradient, 1, mode, rewrite)
    return dress(judged(gradient, nonsmooth), f)


@overload
def value_and_grad(
    f: Callable[Concatenate[Array, P], float], *, mode: Mode = ...
) -> OfArray[P, tuple[float, Array]]: ...
@overload
def value_and_grad(
    f: Callable[Concatenate[float, P], float], *, mode: Mode = ...
) -> OfFloat[P, tuple[float, float]]: ...
@overload
def value_and_grad(
    f: Callable[P, Any], argnums: ArgNums = ..., *, mode: Mode = ..., has_aux: bool = ...
) -> Callable[P, Any]: ...
@overload
def value_and_grad(
    f: None = ..., argnums: ArgNums = ..., *, mode: Mode = ..., has_aux: bool = ..., **options: Unpack[Options]
) -> Decorator: ...
def value_and_grad(
    f: Any = None,
    argnums: ArgNums = 0,
    *,
    mode: Mode = "auto",
    has_aux: bool = False,
    rewrite: bool = True,
    nonsmooth: Nonsmooth = "convention",
) -> Any:
    """Make a function that returns value and gradient of f from one run of it.

    Parameters
    ----------
    f, argnums, mode, has_aux, rewrite, nonsmooth
        As for `grad`.

    Returns
    -------
    value_and_gradient : callable
        Takes the arguments of f. Returns ``(value, gradient)``, with `has_aux` ``(value, gradient, aux)``; the value is
        what f(x) gives, bit for bit.

    Raises
    ------
    ShapeError, TraceEscapeError, UnsupportedOperation, DtypeError
        As for `grad`.

    Notes
    -----
    Cost as for `grad`: the value comes free.

    Examples
    --------
    >>> import dualtape
    >>> dualtape.value_and_grad(lambda x: x * x)(3.0)
    (9.0, 6.0)
    """
    if f is None:
        return functools.partial(
            value_and_grad, argnums=argnums, mode=mode, has_aux=has_aux, rewrite=rewrite, nonsmooth=nonsmooth
        )
    pair = _value_and_grad("value_and_grad", f, argnums, mode, has_aux, rewrite)
    if type(argnums) is int and argnums >= 0 and not has_aux:
        pair = _in_one_shot(f, argnums, pair, slice(None), mode, rewrite)
    return dress(judged(pair, nonsmooth), f)


def _in_one_shot(
    f: Callable[..., Any], position: int, general: Callable[..., Any], part: int | slice, mode: str, rewrite: bool
) -> Callable[..., Any]:
    """Try the compiled gradient of one call first: for one float or float64 array it spares all of `general`.

    In forward mode it serves only inside another derivative, where both modes run over a tape.

    `part` selects from its ``(value, gradient)``. Where f takes one argument only, so does the wrapper: packing
    arguments would cost more than all else here.
    """
    compiled, declined, forward = one_shot, NotImplemented, mode == "forward"
    current = clone_of(f) if rewrite else f

    def by_one(x: Any, /) -> Any:
        found = compiled(current, x, around, forward)
        return general(x) if found is declined else found[part]

    def by_position(*args: Any, **kwargs: Any) -> Any:
        if len(args) <= position:
            return general(*args, **kwargs)
        run, inside, named = prepared(current, f, args, kwargs) if rewrite else (f, args, kwargs)
        before, after = inside[:position], inside[position + 1 :]
        found = compiled(lambda x: run(*before, x, *after, **named), args[position], around, forward)
        return general(*args, **kwargs) if found is declined else found[part]

    return by_one if position == 0 and takes_one_argument(f) else by_position


def _value_and_grad(
    driver: str, f: Callable[..., Any], argnums: ArgNums, mode: str, has_aux: bool, rewrite: bool
) -> Callable[..., Any]:
    check_callable(f, driver)
    check_mode(mode)

    def value_and_gradient(*args: Any, **kwargs: Any) -> Any:
        call = Call(f, args, kwargs, argnums, has_aux, rewrite)
        if mode == "forward":
            J = jacobian_matrix(call, mode)
            call.require_scalar("grad")
            g = np.transpose(J)
        else:
            recording = record_call(call)
            call.require_scalar("grad")
            g = pull(recording, _ONE)
        gradient = call.inputs.unpack(g, None, call.dtype)
        return (call.value, gradient, call.aux) if has_aux else (call.value, gradient)

    return value_and_gradient


@overload
def vjp(
    f: Callable[..., R],
    *primals: Any,
    has_aux: Literal[False] = ...,
    rewrite: bool = ...,
    nonsmooth: Nonsmooth = ...,
    **kwargs: Any,
) -> tuple[R, Linearization]: ...
@overload
def vjp(
    f: Callable[..., Any], *primals: Any, has_aux: bool, rewrite: bool = ..., nonsmooth: Nonsmooth = ..., **kwargs: Any
) -> tuple[Any, Linearization, Any]: ...
def vjp(
    f: Callable[..., Any],
    *primals: Any,
    has_aux: bool = False,
    rewrite: bool = True,
    nonsmooth: Nonsmooth = "convention",
    **kwargs: Any,
) -> Any:
    """Evaluate f and make the map that pulls cotangents of ``f(x)`` back to cotangents of x.

    Parameters
    ----------
    f : callable
        Called once, with active numbers in place of `primals`; may branch on values (the derivative is that of the
        branch taken).
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
        What f gives, bit for bit.
    pullback : Linearization
        ``pullback(w)`` takes weights on the outputs, in the shape of `value` (or with a leading axis for several at
        once) and in units of (result) per unit of f_i, and returns ``J' w``: one cotangent for one primal, a tuple for
        several. Weights on a complex result are complex: what comes back is the gradient of ``sum(Re(conj(w) f))``.
    aux : object
        Only with `has_aux`.

    Raises
    ------
    TraceEscapeError
        If f would lose a derivative, by ``float(x)`` or ``np.asarray(x)``. Names the line in f and the remedy.
    UnsupportedOperation
        If f uses an operation without a rule.
    ShapeError
        From the pullback, if w does not have the shape of `value`.

    Notes
    -----
    One recording, and one adjoint sweep per call of `pullback` (several cotangents share it); time a small multiple of
    f, memory proportional to the number of operations, held as long as `pullback` lives. Griewank & Walther (2008),
    section 3.2.

    Examples
    --------
    >>> import numpy as np
    >>> import dualtape
    >>> value, pullback = dualtape.vjp(lambda x: x * x, np.array([1.0, 3.0]))
    >>> value
    array([1., 9.])
    >>> pullback([1.0, 1.0])
    array([2., 6.])
    """
    check_callable(f, "vjp")
    if nonsmooth != "convention":
        return judged(vjp, nonsmooth)(f, *primals, has_aux=has_aux, rewrite=rewrite, **kwargs)
    call, recording = record_primals(f, primals, kwargs, has_aux, rewrite)
    pullback = Linearization(recording, call.inputs, call.outputs, call.dtype, is_transposed=True)
    return (call.value, pullback, call.aux) if has_aux else (call.value, pullback)
