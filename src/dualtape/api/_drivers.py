"""What the drivers share: use as a decorator, the metadata of f, and a point given as a tuple or a bare argument."""

from __future__ import annotations

import functools
from collections.abc import Callable
from inspect import CO_VARARGS, CO_VARKEYWORDS
from types import FunctionType
from typing import Any

from dualtape.api._numbers import kind_name
from dualtape.errors import OptionError

_NONSMOOTH = ("convention", "raise")


def dress(derivative: Callable[..., Any], f: Callable[..., Any]) -> Callable[..., Any]:
    """Give `derivative` the name, docstring and signature of `f`."""
    return functools.wraps(f, updated=())(derivative)


def check_callable(f: Any, driver: str) -> None:
    """Refuse what is no function, such as the point in ``grad(x)`` or a number in ``@grad(1)``.

    Raises
    ------
    OptionError
        Shows the two forms.
    """
    if not callable(f):
        raise OptionError(
            f"{driver} got {kind_name(type(f))}, expected a function",
            f"write {driver}(f)(x), or @{driver} or @{driver}(argnums=1) above a function",
        )


def check_nonsmooth(nonsmooth: str) -> None:
    """Refuse a policy at kinks that does not exist.

    Raises
    ------
    OptionError
        Lists those that do.
    """
    if nonsmooth not in _NONSMOOTH:
        raise OptionError(f"nonsmooth is {nonsmooth!r}, expected one of {', '.join(map(repr, _NONSMOOTH))}")


def judged(derivative: Callable[..., Any], nonsmooth: str) -> Callable[..., Any]:
    """`derivative` itself, or, for "raise", one that refuses a point at a kink."""
    check_nonsmooth(nonsmooth)
    if nonsmooth == "convention":
        return derivative
    from dualtape.trace.inspection import Inspector, inspecting

    def strict(*args: Any, **kwargs: Any) -> Any:
        with inspecting(Inspector(kinks=True)):
            return derivative(*args, **kwargs)

    return strict


def takes_one_argument(f: Any) -> bool:
    """True for a plain function of exactly one parameter."""
    if type(f) is not FunctionType:
        return False
    code = f.__code__
    return code.co_argcount == 1 and not code.co_kwonlyargcount and not code.co_flags & (CO_VARARGS | CO_VARKEYWORDS)


def split_primals(primals: Any) -> tuple[tuple[Any, ...], int | tuple[int, ...]]:
    """Read the point of a driver that takes it as one parameter: a plain tuple holds one entry per argument of f.

    Returns
    -------
    args : tuple
        Arguments of f.
    argnums : int or tuple of int
        All of them: an int for a bare argument, so that results are bare too.
    """
    if type(primals) is tuple:
        return primals, tuple(range(len(primals)))
    return (primals,), 0
