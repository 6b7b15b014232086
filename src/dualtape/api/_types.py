"""The types of the public signatures, for type checkers only: at run time nobody imports this file.

A driver keeps the parameters of the function that it differentiates. Where the first parameter is an array or a float,
the result is known too; for containers and several arguments it is Any, for no type can say "the same dict with arrays
of other shapes". A lambda without annotations matches several overloads and gives Any as well, so that no correct
program is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, ParamSpec, Protocol, TypedDict, TypeVar

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Mode = Literal["auto", "forward", "reverse"]
Nonsmooth = Literal["convention", "raise"]

P = ParamSpec("P")
F = TypeVar("F", bound=Callable[..., Any])
R = TypeVar("R")
Out = TypeVar("Out", float, Array)
_Result = TypeVar("_Result", covariant=True)


class Options(TypedDict, total=False):
    """What the drivers that return a derivative take by name alone."""

    rewrite: bool
    nonsmooth: Nonsmooth


class OfArray(Protocol[P, _Result]):
    """A derivative by an array. It has to be passed by position, since keyword arguments are not differentiated."""

    def __call__(self, x: Array, /, *args: P.args, **kwargs: P.kwargs) -> _Result: ...


class OfFloat(Protocol[P, _Result]):
    """A derivative by a number."""

    def __call__(self, x: float, /, *args: P.args, **kwargs: P.kwargs) -> _Result: ...


class Decorator(Protocol):
    """What a driver with options but without a function is."""

    def __call__(self, f: Callable[P, Any], /) -> Callable[P, Any]: ...
