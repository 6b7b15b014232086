"""A function recorded once: the sealed tape with its derivatives at the recorded point, and what it costs."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from dualtape.api._call import Call
from dualtape.api._containers import map_leaves
from dualtape.api._drivers import check_callable
from dualtape.api._space import join_hessian, join_jacobian, join_weighted_hessian
from dualtape.api._sweeps import (
    cheaper_mode,
    check_mode,
    pull,
    pull_second,
    push,
    sweep_hessian,
    sweep_jacobian,
    sweep_weighted_hessian,
    symmetric,
)
from dualtape.api.linearize import Linearization, record_primals
from dualtape.core.recording import cost
from dualtape.errors import ShapeError

if TYPE_CHECKING:
    from dualtape.api._types import Mode

_ONE = np.ones((1, 1))


class Recording:
    """A function, recorded at a point and sealed. Made by `record`.

    f is not called again: all derivatives are sweeps over the tape, by any number of threads at once. What f decided on
    the values of its arguments is decided.

    Attributes
    ----------
    value : like ``f(x)``
        A fresh copy each time.
    shape : tuple of int
        (m, n): entries of f(x), entries of x.
    """

    __slots__ = ("_recording", "_call", "_name")

    def __init__(self, recording: Any, call: Call):
        self._recording = recording
        self._name = getattr(call.f, "__qualname__", type(call.f).__name__)
        self._call = call.forget()

    @property
    def value(self) -> Any:
        return map_leaves(lambda leaf: leaf.copy() if isinstance(leaf, np.ndarray) else leaf, self._call.value)

    @property
    def shape(self) -> tuple[int, int]:
        return self._call.outputs.size, self._call.inputs.size

    def grad(self) -> Any:
        """The gradient, as `dualtape.grad` gives it."""
        self._call.require_scalar("grad")
        return self._call.inputs.unpack(pull(self._recording, _ONE), None, self._call.dtype)

    def jacobian(self, mode: Mode = "auto") -> Any:
        """The Jacobian, as `dualtape.jacobian` gives it; "forward" takes tangent sweeps, "reverse" adjoint sweeps."""
        check_mode(mode)
        J = sweep_jacobian(self._recording, *self.shape, mode)
        return join_jacobian(J, self._call.outputs, self._call.inputs, self._call.dtype)

    def hessian(self) -> Any:
        """The Hessian tensor, as `dualtape.hessian` gives it."""
        H = sweep_hessian(self._recording, *self.shape)
        return join_hessian(H, self._call.outputs, self._call.inputs, self._call.dtype)

    def weighted_hessian(self, w: Any) -> Any:
        """``sum_i w_i H_i``, as `dualtape.weighted_hessian` gives it."""
        weights, batch = self._call.outputs.pack(w, "w")
        if batch is not None:
            raise ShapeError(f"w has a leading axis of length {batch}, expected the shape of the result")
        H = sweep_weighted_hessian(self._recording, weights, self._call.inputs.size)
        return join_weighted_hessian(symmetric(H), self._call.inputs, self._call.dtype)

    def jvp(self, tangents: Any) -> Any:
        """``J v``, with a leading axis for several at once."""
        S, batch = self._call.inputs.pack(tangents, "tangent")
        return self._call.outputs.unpack(push(self._recording, S, self.shape[0]), batch, self._call.dtype)

    def vjp(self, cotangents: Any) -> Any:
        """``J' w``, with a leading axis for several at once."""
        W, batch = self._call.outputs.pack(cotangents, "cotangent")
        return self._call.inputs.unpack(pull(self._recording, W), batch, self._call.dtype)

    def hvp(self, v: Any) -> Any:
        """``H v`` of a scalar function, with a leading axis for several at once."""
        self._call.require_scalar("hvp")
        S, batch = self._call.inputs.pack(v, "v")
        return self._call.inputs.unpack(pull_second(self._recording, _ONE, S), batch, self._call.dtype)

    @property
    def linearization(self) -> Linearization:
        """The Jacobian as a linear map."""
        return Linearization(self._recording, self._call.inputs, self._call.outputs, self._call.dtype)

    def __repr__(self) -> str:
        inputs, outputs = self._call.inputs, self._call.outputs
        n_ops, n_bytes = cost(self._recording.tape)
        direction = cheaper_mode(*self.shape)
        return (
            f"Recording({self._name}: {inputs.describe()} -> {outputs.describe()}, "
            f"{n_ops} operations, {_bytes(n_bytes)}, jacobian {direction})"
        )


def _bytes(count: int) -> str:
    amount, unit = float(count), "B"
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 1000.0 or unit == "GB":
            break
        amount /= 1000.0
    return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"


def record(f: Callable[..., Any], *example: Any, **kwargs: Any) -> Recording:
    """Record a function at a point.

    Parameters
    ----------
    f : callable
        Called once.
    *example : number, array_like, or nested container of them
        Point, one entry per argument of f; all are active.
    **kwargs
        Passed to f, not differentiated.

    Returns
    -------
    recording : Recording
        With ``.value .grad() .jacobian() .hessian() .weighted_hessian(w) .jvp(v) .vjp(w) .hvp(v) .linearization``, all
        at the recorded point. Its repr shows the shapes, the number of operations, the memory that it holds, and the
        direction in which the Jacobian is swept.

    Raises
    ------
    TraceEscapeError, UnsupportedOperation, DtypeError
        As for `grad`.

    Examples
    --------
    >>> import numpy as np
    >>> import dualtape
    >>> recording = dualtape.record(lambda x: np.sum(x * x), np.array([1.0, 2.0]))
    >>> recording.value, recording.grad()
    (5.0, array([2., 4.]))
    """
    check_callable(f, "record")
    call, recording = record_primals(f, example, kwargs)
    return Recording(recording, call)
