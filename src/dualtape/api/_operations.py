"""The operations of one function at one point, each judged by itself: which of them are at a kink, and whose derivative
is furthest from differences of its own values. Called by check.py."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from dualtape.api._call import Call
from dualtape.api._differences import column
from dualtape.core.dual import HyperDual
from dualtape.errors import DualtapeError
from dualtape.ops.table import OPCODES
from dualtape.trace.functions import is_active
from dualtape.trace.inspection import Inspector, record_inspected

_SAFETY = 10.0  # the estimated error of a difference may be off by this factor
_RELATIVE = 1e-8  # distance that passes in any case
_ROUNDING = 1e-13  # of the largest number around: what may have been lost
_SEED = 20250101


class _Suspicion(NamedTuple):
    """How far a derivative of an operation is from differences, in units of what passes, and how to say so."""

    badness: float
    text: str


class _Collector(Inspector):
    """Keeps what others stop at."""

    def __init__(self) -> None:
        super().__init__(kinks=True)
        self.seen: list[tuple[Any, list[bool]]] = []
        self.texts: dict[str, None] = {}
        self.at_kink: set[int] = set()

    def saw(self, operation: Any, moving: list[bool]) -> None:
        self.seen.append((operation, moving))
        super().saw(operation, moving)

    def found_kink(self, operation: Any, problem: str, element: Any) -> None:
        self.at_kink.add(operation.instruction)
        self.texts[f"{problem}, at {self.where(operation)}"] = None


class Operations:
    """What f did at the point of a call.

    Attributes
    ----------
    kinks : list of str
        Operations that are at a kink, and where they stand.
    """

    def __init__(self, call: Call):
        self._collector = _Collector()
        record_inspected(call.flat, call.primals, self._collector)
        self.kinks = list(self._collector.texts)

    def suspect(self, order: int) -> str | None:
        """The operation whose derivatives, up to `order`, are furthest from differences of its values; None if all
        agree."""
        worst = _Suspicion(1.0, "")
        rng = np.random.default_rng(_SEED)
        for operation, moving in self._collector.seen:
            if not any(moving) or not self._can_be_wrong(operation):
                continue
            try:
                found = _judge(operation, moving, order, rng)
            except (ArithmeticError, ValueError, TypeError, NotImplementedError, DualtapeError):
                continue  # it cannot be computed elsewhere
            if found.badness > worst.badness:
                worst = _Suspicion(found.badness, f"{found.text}, at {self._collector.where(operation)}")
        return worst.text or None

    def _can_be_wrong(self, operation: Any) -> bool:
        """No sums and movements, no kinks, no pairs of a value and what it is derived from, of which differences know
        nothing; and a gradient is stopped for the worse only by the user."""
        if operation.row is None or operation.row.name == "valued" or operation.instruction in self._collector.at_kink:
            return False
        return bool(operation.row.name != "stop_gradient" or self._collector.is_direct[operation.instruction])


def _entry(f: Callable[[Any], tuple[Any, ...]], k: int) -> Callable[[Any], Any]:
    return lambda t: f(t)[k]


def _judge(operation: Any, moving: list[bool], order: int, rng: Any) -> _Suspicion:
    """The largest suspicion against one operation, along one direction of its operands."""
    xs = operation.xs()
    dots = [np.maximum(np.abs(x), 1e-3) * rng.uniform(0.5, 1.0, np.shape(x)) if m else None
            for x, m in zip(xs, moving, strict=True)]  # fmt: skip

    def along(t: Any) -> tuple[Any, ...]:
        """Value, first and second derivative along the direction, t steps away."""
        numbers = [
            x if dot is None else HyperDual(x + float(t[0]) * dot, dot, dot, np.zeros(np.shape(x)))
            for x, dot in zip(xs, dots, strict=True)
        ]
        return _parts(operation, numbers)

    found = along(np.zeros(1))
    suspicions = [_Suspicion(0.0, "")]
    for level in range(min(order, 2)):
        with np.errstate(all="ignore"):
            estimate = column(_entry(along, level), np.zeros(1), 0)
            known = estimate.error <= 0.01 * np.maximum(np.abs(estimate.value), np.max(np.abs(found[level + 1])))
            scale = np.max(np.abs(np.concatenate([estimate.value, *found])), initial=1e-300)
            passes = _RELATIVE * np.abs(estimate.value) + _SAFETY * estimate.error + _ROUNDING * scale
            distance = np.where(known, np.abs(found[level + 1] - estimate.value) / passes, 0.0)
        k = int(np.argmax(distance)) if distance.size else 0
        if distance.size:
            what = ("first", "second")[level]
            text = f"suspect: {operation.name}, whose {what} derivative along a direction of its operands is "
            text += f"{found[level + 1][k]:.6g} where differences give {estimate.value[k]:.6g}"
            suspicions.append(_Suspicion(float(distance[k]), text))
    suspicions.append(_transposed(operation, xs, dots, found[1], rng))
    return max(suspicions)


def _parts(operation: Any, numbers: list[Any]) -> tuple[Any, ...]:
    """Value and derivatives of an operation on hyper-dual numbers, each as one flat array."""
    engine = next(number for number in numbers if is_active(number)).engine
    if operation.params or operation.row.name not in OPCODES:
        results = engine.array_op(operation.row, numbers, operation.params)
    else:
        results = engine.elementwise(OPCODES[operation.row.name], *numbers)
    results = results if isinstance(results, tuple) else (results,)
    parts = [[np.ravel(getattr(r, part)) if is_active(r) else np.ravel(r) * (part == "x") for r in results]
             for part in ("x", "x1", "x12")]  # fmt: skip
    return tuple(np.concatenate(part) for part in parts)


def _transposed(operation: Any, xs: list[Any], dots: list[Any], v_dot: Any, rng: Any) -> _Suspicion:
    """An array operation has its rule twice, pushing and pulling: ``<w, J v> = <J' w, v>``."""
    if not hasattr(operation.row, "vjp"):
        return _Suspicion(0.0, "")
    values = [operation.values(place) for place in operation.results]
    weights = [rng.uniform(0.5, 1.0, np.shape(value)) for value in values]
    is_single = len(values) == 1
    active = tuple(dot is not None for dot in dots)
    x_bars = operation.row.vjp(
        weights[0] if is_single else tuple(weights), tuple(xs), values[0] if is_single else tuple(values), active,
        **operation.params,
    )  # fmt: skip
    pushed = float(np.sum(np.concatenate([np.ravel(w) for w in weights]) * v_dot))
    pulled = sum(float(np.sum(x_bar * dot)) for x_bar, dot in zip(x_bars, dots, strict=True) if dot is not None)
    passes = _RELATIVE * max(abs(pushed), float(np.sum(np.abs(v_dot)))) + 1e-300
    text = (
        f"suspect: {operation.name}, which pushes a direction forward to {pushed:.6g} and pulls it back to {pulled:.6g}"
    )
    return _Suspicion(abs(pushed - pulled) / passes, text)
