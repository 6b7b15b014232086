"""What a program consists of and what sealing made of the recording: `Program.summary`."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from dualtape.api._paths import Trace
from dualtape.core.nodes import nodes, outline
from dualtape.core.profile import instruction_nanoseconds
from dualtape.core.seal import is_expensive
from dualtape.ops.table import ROWS

# Nanoseconds of the cost estimate: a scalar operation, and one element of an array operation; cheap ones and those that
# call a function of the C library. Measured on one core of 2023; good to a factor of two.
_SCALAR = (2.0, 12.0)
_ELEMENT = (0.15, 2.0)
_MOVED = 1.0
_CALL = 3000.0
_REVERSE = 2.0  # an adjoint sweep costs about that many value sweeps


@dataclass(frozen=True)
class Work:
    """Instructions of one kind.

    Attributes
    ----------
    what : str
        "scalar multiply", "segment (1000): square, subtract, sum", "solve".
    count : int
        Of instructions.
    estimate : float
        Nanoseconds of all of them in one value sweep, estimated.
    measured : tuple of int or None
        Nanoseconds in a value sweep and in an adjoint sweep, if a profile was asked for.
    """

    what: str
    count: int
    estimate: float
    measured: tuple[int, int] | None = None


@dataclass(frozen=True)
class Summary:
    """One path of a program in figures; its text is a table.

    Attributes
    ----------
    title : str
    sealing : dict
        What sealing did: operations ``recorded``, ``folded`` into constants, ``merged`` with equal ones, ``copies``
        looked through, ``dead``, ``kept``; operations on arrays ``fused`` in ``segments``, their results ``unstored``;
        ``guards``, ``guards_kept``; ``bytes_before``, ``bytes_after``, ``slots``.
    paths : int
        Paths recorded so far; this is the one taken last.
    recorded, calls : int
        How often f was recorded, and how often the program was called with what compiled calls do not take.
    work : list of Work
        By cost, the most expensive first.
    """

    title: str
    sealing: dict[str, int]
    paths: int
    recorded: int
    work: list[Work] = field(default_factory=list)

    @property
    def estimate(self) -> tuple[float, float]:
        """Nanoseconds of a value and of a gradient, estimated."""
        value = sum(work.estimate for work in self.work)
        return value, (1.0 + _REVERSE) * value

    def __str__(self) -> str:
        s = self.sealing
        value, gradient = self.estimate
        lines = [
            self.title,
            f"  operations  {s['recorded']} recorded: {s['folded']} folded, {s['merged']} merged, "
            f"{s['copies']} copies, {s['dead']} dead, {s['kept']} kept",
            f"  arrays      {s['fused']} operations fused, {s['segments']} segments, {s['unstored']} results unstored",
            f"  memory      {_bytes(s['bytes_before'])} recorded, {_bytes(s['bytes_after'])} sealed, "
            f"{s['slots']} numbers in a replay",
            f"  decisions   {s['guards']} recorded, {s['guards_kept']} checked; paths: {self.paths}, "
            f"calls of f: {self.recorded}",
            f"  estimate    {_time(value)} a value, {_time(gradient)} a gradient",
        ]
        is_measured = any(work.measured for work in self.work)
        heading = f"  {'count':>8}  {'estimate':>9}" + (f"  {'value':>9}  {'adjoint':>9}" if is_measured else "")
        lines.append(f"{heading}  what")
        for work in self.work:
            times = "".join(f"  {_time(ns):>9}" for ns in work.measured or ())
            lines.append(f"  {work.count:>8}  {_time(work.estimate):>9}{times}  {work.what}")
        return "\n".join(lines)

    __repr__ = __str__


def summarize(title: str, trace: Trace, paths: int, recorded: int, x: Any = None) -> Summary:
    """The summary of a path; with a flat point x, every instruction is timed there."""
    tape = trace.path.tape
    labels, estimates = _instructions(tape)
    counts = Counter(labels)
    estimate: dict[str, float] = {}
    for label, cost in zip(labels, estimates, strict=True):
        estimate[label] = estimate.get(label, 0.0) + cost
    measured: dict[str, tuple[int, int]] = {}
    if x is not None:
        forward, back = instruction_nanoseconds(trace.path, x)
        for label, there, again in zip(labels, forward.tolist(), back.tolist(), strict=True):
            before = measured.get(label, (0, 0))
            measured[label] = (before[0] + there, before[1] + again)
    work = [Work(label, counts[label], estimate[label], measured.get(label)) for label in counts]
    work.sort(key=lambda row: -(sum(row.measured) if row.measured else row.estimate))
    return Summary(title, dict(trace.report), paths, recorded, work)


def _instructions(tape: Any) -> tuple[list[str], list[float]]:
    """What every instruction is, and its cost in nanoseconds."""
    found, _ = nodes(tape)
    labels: list[str] = []
    costs: list[float] = []
    for part in outline(tape):
        if part is None:
            labels.append("guard")
            costs.append(_SCALAR[0])
        elif isinstance(part, int):
            labels.append(f"scalar {ROWS[part].name}")
            costs.append(_SCALAR[is_expensive(part)])
        else:
            run = found[slice(*part)]
            labels.append(_run_label(run))
            costs.append(sum(map(_node_cost, run)))
    return labels, costs


def _run_label(run: list[Any]) -> str:
    node = run[0]
    if node.kind == "call":
        return str(node.call.row.name)
    if node.kind in ("gather", "sum_axes", "guard"):
        return f"{node.kind} ({node.n})"
    names = [ROWS[part.op].name if part.kind == "elementwise" else "sum" for part in run]
    return f"segment ({node.n}): {', '.join(names)}"


def _node_cost(node: Any) -> float:
    if node.kind == "call":
        return _CALL
    if node.kind == "elementwise":
        return float(node.n * _ELEMENT[is_expensive(node.op)])
    return float(node.n * (_ELEMENT[0] if node.kind == "sum" else _MOVED))


def _bytes(size: int) -> str:
    count = float(size)
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000.0 or unit == "GB":
            break
        count /= 1000.0
    return f"{count:.3g} {unit}"


def _time(nanoseconds: float) -> str:
    for unit in ("ns", "us", "ms", "s"):
        if nanoseconds < 1000.0 or unit == "s":
            break
        nanoseconds /= 1000.0
    return f"{nanoseconds:.3g} {unit}"
