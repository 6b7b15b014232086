"""The decorator that leaves a function as it is and hangs its derivatives on it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Concatenate, Generic, ParamSpec, Protocol, TypeVar, Unpack, overload

from dualtape.api import forward, hessian, jacobian, linearize, reverse
from dualtape.api._call import ArgNums
from dualtape.api._drivers import check_callable, check_nonsmooth
from dualtape.api._sweeps import check_mode
from dualtape.api.check import check
from dualtape.api.record import record

if TYPE_CHECKING:
    from dualtape.api._types import Mode, Nonsmooth, Options

P = ParamSpec("P")
Q = ParamSpec("Q")
R = TypeVar("R")


class Differentiable(Generic[P, R]):
    """A function with its derivatives as attributes. Made by `differentiable`.

    Calling it calls the function. As an attribute of a class it binds like the function that it wraps: methods leave
    `self` out of the count of arguments, static methods and class methods work either way around.

    Attributes
    ----------
    grad, value_and_grad, jacobian, value_and_jacobian, hessian : callable
        Take the arguments of the function; see the drivers of the same names.
    """

    __wrapped__: Callable[P, R]
    __qualname__: str

    def __init__(
        self,
        f: Callable[P, R],
        argnums: ArgNums = 0,
        mode: Mode = "auto",
        rewrite: bool = True,
        nonsmooth: Nonsmooth = "convention",
    ):
        functools.update_wrapper(self, f, updated=())
        self._argnums = argnums
        self._mode = mode
        self._options: dict[str, Any] = {"rewrite": rewrite, "nonsmooth": nonsmooth}

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        return self.__wrapped__(*args, **kwargs)

    @overload
    def __get__(self, instance: None, owner: type) -> Differentiable[P, R]: ...
    @overload
    def __get__(
        self: Differentiable[Concatenate[Any, Q], R], instance: object, owner: type | None = None
    ) -> Differentiable[Q, R]: ...
    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        bind = getattr(type(self.__wrapped__), "__get__", None)
        bound = self.__wrapped__ if bind is None else bind(self.__wrapped__, instance, owner)
        return self if bound is self.__wrapped__ else Differentiable(bound, self._argnums, self._mode, **self._options)

    @functools.cached_property
    def grad(self) -> Callable[P, Any]:
        return reverse.grad(self.__wrapped__, self._argnums, mode=self._mode, **self._options)

    @functools.cached_property
    def value_and_grad(self) -> Callable[P, Any]:
        return reverse.value_and_grad(self.__wrapped__, self._argnums, mode=self._mode, **self._options)

    @functools.cached_property
    def jacobian(self) -> Callable[P, Any]:
        return jacobian.jacobian(self.__wrapped__, self._argnums, self._mode, **self._options)

    @functools.cached_property
    def value_and_jacobian(self) -> Callable[P, Any]:
        return jacobian.value_and_jacobian(self.__wrapped__, self._argnums, self._mode, **self._options)

    @functools.cached_property
    def hessian(self) -> Callable[P, Any]:
        return hessian.hessian(self.__wrapped__, self._argnums, self._mode, **self._options)

    def derivatives(self, x: Any, order: int = 2, **kwargs: Any) -> Any:
        """Value, Jacobian and Hessian in one go; see `dualtape.derivatives`."""
        return hessian.derivatives(self.__wrapped__, x, order, **{"mode": self._mode, **self._options, **kwargs})

    def jvp(self, primals: Any, tangents: Any, **kwargs: Any) -> Any:
        """``(value, tangent)``; see `dualtape.jvp`."""
        return forward.jvp(self.__wrapped__, primals, tangents, **{**self._options, **kwargs})

    def vjp(self, *primals: Any, **kwargs: Any) -> Any:
        """``(value, pullback)``; see `dualtape.vjp`."""
        return reverse.vjp(self.__wrapped__, *primals, **{**self._options, **kwargs})

    def hvp(self, x: Any, v: Any, **kwargs: Any) -> Any:
        """Hessian times vector; see `dualtape.hvp`."""
        return hessian.hvp(self.__wrapped__, x, v, **{**self._options, **kwargs})

    def weighted_hessian(self, x: Any, w: Any, **kwargs: Any) -> Any:
        """``sum_i w_i H_i``; see `dualtape.weighted_hessian`."""
        return hessian.weighted_hessian(self.__wrapped__, x, w, **{**self._options, **kwargs})

    def linearize(self, *primals: Any, **kwargs: Any) -> Any:
        """``(value, J)`` with J a linear map; see `dualtape.linearize`."""
        return linearize.linearize(self.__wrapped__, *primals, **{**self._options, **kwargs})

    def record(self, *example: Any, **kwargs: Any) -> Any:
        """A sealed recording at a point; see `dualtape.record`."""
        return record(self.__wrapped__, *example, **{**self._options, **kwargs})

    def check(self, x: Any, order: int = 2, **kwargs: Any) -> Any:
        """Compare with independent differences; see `dualtape.check`."""
        return check(self.__wrapped__, x, order, **{"rewrite": self._options["rewrite"], **kwargs})

    def __reduce__(self) -> Any:
        if "<locals>" in self.__qualname__:
            return Differentiable, (self.__wrapped__, self._argnums, self._mode, *self._options.values())
        return self.__qualname__  # a decorated function is pickled by its name, as functions are

    def __repr__(self) -> str:
        return f"<differentiable {getattr(self.__wrapped__, '__qualname__', self.__wrapped__)}>"


class _Decorator(Protocol):
    def __call__(self, f: Callable[P, R], /) -> Differentiable[P, R]: ...


@overload
def differentiable(
    f: Callable[P, R], *, argnums: ArgNums = ..., mode: Mode = ..., **options: Unpack[Options]
) -> Differentiable[P, R]: ...
@overload
def differentiable(
    f: None = ..., *, argnums: ArgNums = ..., mode: Mode = ..., **options: Unpack[Options]
) -> _Decorator: ...
def differentiable(
    f: Any = None,
    *,
    argnums: ArgNums = 0,
    mode: Mode = "auto",
    rewrite: bool = True,
    nonsmooth: Nonsmooth = "convention",
) -> Any:
    """Give a function its derivatives as attributes and leave it as it is otherwise.

    Parameters
    ----------
    f : callable
        Function or method. Without it, ``differentiable(...)`` is a decorator.
    argnums : int or tuple of int, default 0
        Positional argument(s) that `grad`, `jacobian` and `hessian` differentiate; `self` of a method does not count.
    mode : {"auto", "forward", "reverse"}
        As for `jacobian`.
    rewrite : bool
        As for `grad`.
    nonsmooth : {"convention", "raise"}
        As for `grad`.

    Returns
    -------
    f : Differentiable
        Called like f; with ``.grad .value_and_grad .jacobian .value_and_jacobian .hessian .derivatives .jvp .vjp .hvp
        .weighted_hessian .linearize .record .check``.

    Examples
    --------
    >>> import dualtape
    >>> class Spring:
    ...     stiffness = 4.0
    ...     @dualtape.differentiable
    ...     def energy(self, x):
    ...         return self.stiffness * x**2 / 2
    >>> spring = Spring()
    >>> spring.energy(3.0), spring.energy.grad(3.0)
    (18.0, 12.0)
    """
    if f is None:
        return functools.partial(differentiable, argnums=argnums, mode=mode, rewrite=rewrite, nonsmooth=nonsmooth)
    check_mode(mode)
    check_nonsmooth(nonsmooth)
    if not isinstance(f, (staticmethod, classmethod)):
        check_callable(f, "differentiable")
    return Differentiable(f, argnums, mode, rewrite, nonsmooth)
