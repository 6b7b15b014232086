"""Comparing derivatives with independent ones, made from the function's values alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from dualtape.api import _containers
from dualtape.api._call import Call, definition
from dualtape.api._differences import Estimate, column
from dualtape.api._drivers import check_callable, split_primals
from dualtape.api._operations import Operations
from dualtape.api._space import Space
from dualtape.api._sweeps import hessian_tensor, jacobian_matrix
from dualtape.errors import DerivativeMismatch, OptionError

_SAFETY = 10.0  # the estimated error of a difference may be off by this factor
_SHOWN = 3  # kinks that an error lists
_ROUNDING = 1e-15  # of the largest entry: what the derivative itself may have lost


class Entry(NamedTuple):
    """One derivative beside its independent estimate.

    Attributes
    ----------
    name : str
        ``d f[1] / d x[0]``, say.
    mode : str
        Which engine gave it.
    value, reference : float
        The derivative, and the difference that judges it.
    tolerance : float
        How far apart the two may be.
    """

    name: str
    mode: str
    value: float
    reference: float
    tolerance: float

    @property
    def badness(self) -> float:
        """Distance in units of the tolerance; up to 1 is agreement."""
        if self.value == self.reference:
            return 0.0
        distance = abs(self.value - self.reference) / self.tolerance
        return distance if distance == distance else float("inf")

    def __str__(self) -> str:
        judged = f"differences give {self.reference:.12g}, tolerance {self.tolerance:.1e}"
        return f"{self.name} = {self.value:.12g} ({self.mode}), {judged}"


class CheckReport:
    """What `check` compared: true if all of it agreed.

    Attributes
    ----------
    worst : dict of int to Entry
        By order, 1 and 2: the entry with the largest distance in units of its tolerance.
    kinks : list of str
        Entries where the left and the right derivative differ, and the derivative is one of them or lies between.
    unresolved : list of str
        Entries that differences could not judge: they did not settle, or f is not finite around the point.
    at_kinks : list of str
        Operations of f that are at a kink at x, with the line where they stand: their derivatives are conventions.
    suspect : str or None
        Where something differs: the operation whose own derivative is furthest from differences of it, and its line.
    n_entries : int
        How many entries were compared.
    """

    def __init__(self) -> None:
        self.worst: dict[int, Entry] = {}
        self.kinks: list[str] = []
        self.unresolved: list[str] = []
        self.at_kinks: list[str] = []
        self.suspect: str | None = None
        self.n_entries = 0

    def __bool__(self) -> bool:
        return all(entry.badness <= 1.0 for entry in self.worst.values())

    def add(self, order: int, entry: Entry) -> None:
        """Take one comparison in."""
        self.n_entries += 1
        if order not in self.worst or entry.badness > self.worst[order].badness:
            self.worst[order] = entry

    def __repr__(self) -> str:
        verdict = "agree" if self else "DIFFER"
        lines = [f"CheckReport({self.n_entries} entries {verdict}"]
        lines += [f"order {order}, worst: {entry}" for order, entry in sorted(self.worst.items())]
        lines += [f"kink: {text}" for text in self.kinks]
        lines += [f"unresolved: {text}" for text in self.unresolved]
        lines += [f"x is at a kink: {text}" for text in self.at_kinks]
        lines += [] if self.suspect is None else [f"suspect: {self.suspect}"]
        return "\n  ".join(lines) + ")"


def check(
    f: Callable[..., Any], x: Any, order: int = 2, *, rtol: float = 1e-8, rewrite: bool = True, **kwargs: Any
) -> CheckReport:
    """Compare the derivatives of f at x with independent differences of its values.

    Parameters
    ----------
    f : callable
        Maps numbers, arrays or nested containers of them to such. Called some 25 times per entry of x.
    x : one argument, or a tuple with one entry per argument of f
        Point of differentiation.
    order : {1, 2}
        1 compares Jacobians, 2 Hessians too.
    rtol : float
        Relative difference that passes even where the differences are known better.
    rewrite : bool
        As for `grad`.
    **kwargs
        Passed to f.

    Returns
    -------
    report : CheckReport
        Names the worst entry, kinks and the operations that are at one, and what differences could not judge.

    Raises
    ------
    DerivativeMismatch
        If an entry differs by more than the differences' own error. Names the worst, and the operation (with the line
        in f) whose own derivative is furthest from differences of it; the report is its attribute `report`.
    OptionError
        If `order` is neither 1 nor 2.

    Notes
    -----
    Both engines are judged: Jacobians by central differences of f with Richardson extrapolation (Ridders 1982), or by
    complex steps (Squire & Trapp 1998) where f takes complex numbers; Hessians by differences of the Jacobian in
    reverse mode.

    Examples
    --------
    >>> import dualtape
    >>> report = dualtape.check(lambda x: x**3, 2.0)
    >>> bool(report), report.n_entries
    (True, 4)
    """
    check_callable(f, "check")
    if order not in (1, 2):
        raise OptionError(f"order is {order!r}, expected 1 or 2")
    report = CheckReport()
    args, argnums = split_primals(x)
    at_point = _Flat(Call(f, args, kwargs, argnums, rewrite=rewrite))
    for mode in ("forward", "reverse"):
        call = Call(f, args, kwargs, argnums, rewrite=rewrite)
        J, H = hessian_tensor(call, mode) if order == 2 else (jacobian_matrix(call, mode), None)
        at_point.is_complex = _containers.holds_complex(call.outputs.structure)
        _compare(report, 1, mode, J, at_point.columns(at_point.values), _names(call.outputs, call.inputs, 1), rtol)
        if H is not None:
            names = _names(call.outputs, call.inputs, 2)
            rows = np.reshape(H, (-1, call.inputs.size))
            _compare(report, 2, mode, rows, at_point.columns(at_point.jacobian), names, rtol)
    operations = Operations(call)
    report.at_kinks = operations.kinks
    if not report:
        report.suspect = operations.suspect(order)
        raise _mismatch(report, f)
    return report


def _mismatch(report: CheckReport, f: Callable[..., Any]) -> DerivativeMismatch:
    worst = max(report.worst.values(), key=lambda entry: entry.badness)
    problem = f"{worst}\n  {report.suspect or 'every operation of f agrees with differences of its own'}"
    problem += "".join(f"\n  x is at a kink: {text}" for text in report.at_kinks[:_SHOWN])
    error = DerivativeMismatch(
        problem, "if f is right as a function, report this as a bug of dualtape, with f and x", definition(f)
    )
    error.report = report
    return error


class _Flat:
    """f and its Jacobian as functions of one flat vector, plain numbers only."""

    def __init__(self, call: Call):
        self._call = call
        self._x = np.concatenate([np.zeros(0), *(np.ravel(primal) for primal in self._call.primals)])
        self._kept: dict[str, list[Estimate]] = {}
        self.is_complex = False  # the result, as the engines have found it

    def columns(self, function: Callable[[Any], Any]) -> list[Estimate]:
        """Differences of `function` by every entry of x; made once, for both engines."""
        if function.__name__ not in self._kept:
            self._kept[function.__name__] = [column(function, self._x, j) for j in range(self._x.size)]
        return self._kept[function.__name__]

    def values(self, x: Any) -> Any:
        """All entries of f at a flat vector, real or complex; where results are complex, both parts of them."""
        result = self._call.result_at(self._numbers(x))
        leaves, _ = _containers.flatten(result, splits_complex=self.is_complex)
        return np.concatenate([np.zeros(0), *(np.ravel(leaf) for leaf in leaves)])

    def jacobian(self, x: Any) -> Any:
        """All entries of the Jacobian of f at a flat vector, row by row."""
        return np.ravel(jacobian_matrix(self._call.moved(self._numbers(x)), "reverse"))

    def _numbers(self, x: Any) -> list[Any]:
        parts = [(x[slot.rows], slot.shape) for slot in self._call.inputs.slots]
        return [part.reshape(shape) if shape else part[0].item() for part, shape in parts]


def _compare(
    report: CheckReport, order: int, mode: str, J: Any, columns: list[Estimate], names: list[list[str]], rtol: float
) -> None:
    """Judge a matrix of derivatives column by column."""
    references = np.array([estimate.value for estimate in columns])
    scale = float(np.max(np.abs(references), initial=0.0, where=np.isfinite(references)))
    for j, estimate in enumerate(columns):
        for i, value in enumerate(J[:, j]):
            _judge(
                report,
                order,
                Entry(names[i][j], mode, float(value), float(estimate.value[i]), 0.0),
                estimate,
                i,
                scale,
                rtol,
            )


def _judge(
    report: CheckReport, order: int, entry: Entry, estimate: Estimate, i: int, scale: float, rtol: float
) -> None:
    left, right, slack = estimate.left[i], estimate.right[i], _SAFETY * estimate.slope_error[i]
    size = max(abs(entry.value), abs(entry.reference))
    is_kink = abs(right - left) > slack + 1e-3 * max(abs(left), abs(right))
    if is_kink and min(left, right) - slack <= entry.value <= max(left, right) + slack:
        sides = f"{left:.6g} from the left and {right:.6g} from the right"
        report.kinks.append(f"{entry.name} = {entry.value:.6g} ({entry.mode}), {sides}")
        return
    error = float(estimate.error[i])
    if not error <= 0.01 * max(abs(entry.reference), scale):
        report.unresolved.append(f"{entry.name} = {entry.value:.6g} ({entry.mode})")
        return
    report.add(order, entry._replace(tolerance=rtol * size + _SAFETY * error + _ROUNDING * scale))


def _names(outputs: Space, inputs: Space, order: int) -> list[list[str]]:
    """Name every entry of a Jacobian (order 1) or of a Hessian with its first two axes merged (order 2)."""
    below = [f"d {name}" for name in inputs.entry_names("x")]
    if order == 1:
        return [[f"d {out} / {x}" for x in below] for out in outputs.entry_names("f")]
    return [[f"d2 {out} / {x} {y}" for y in below] for out in outputs.entry_names("f") for x in below]
