"""One function per command: evaluate the user's function, call the public API, and give a `Result` to be shown.

The function is run once on plain numbers first: its own errors then appear without ours around them, and a result that
is no number is named before any derivative is taken.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import dualtape
from dualtape.cli import points
from dualtape.cli.failures import CommandError, user_code
from dualtape.cli.structure import Array, Leaves, at_leaves, dense, entries, fill, flat, leaves
from dualtape.cli.target import Target
from dualtape.errors import DerivativeMismatch


@dataclass(frozen=True)
class Table:
    """A labelled matrix under a heading."""

    heading: str
    rows: list[str]
    columns: list[str]
    values: Array


@dataclass(frozen=True)
class Result:
    """What a command found.

    Attributes
    ----------
    fields : dict
        What ``--json`` prints after the function, its arguments and its value.
    tables : list of Table
        What is printed otherwise.
    notes : list of str
        Lines below the tables.
    passed : bool
        False only where a check failed.
    """

    fields: dict[str, Any]
    tables: list[Table]
    notes: list[str] = field(default_factory=list)
    passed: bool = True


@dataclass(frozen=True)
class Question:
    """A function at a point: what every command asks about.

    Attributes
    ----------
    target : Target
    arguments : dict of str to value
        All arguments of the call, in order.
    wrt : tuple of int
        The positions of those that derivatives are taken by.
    value : nested arrays
        Of the function there.
    """

    target: Target
    arguments: dict[str, Any]
    wrt: tuple[int, ...]
    value: Any

    @property
    def names(self) -> list[str]:
        return [list(self.arguments)[k] for k in self.wrt]

    @property
    def active(self) -> tuple[Any, ...]:
        """The arguments that derivatives are taken by."""
        return tuple(self.arguments[name] for name in self.names)

    def inputs(self) -> Leaves:
        return [leaf for name, value in zip(self.names, self.active, strict=True) for leaf in leaves(value, name)]

    def outputs(self) -> Leaves:
        return leaves(self.value, self.target.name)

    def differentiate(self, driver: Callable[..., Any], **options: Any) -> Any:
        """Return what a driver such as `dualtape.jacobian` gives by all active arguments: inside, a tuple of them."""
        with user_code(self.target.path, self.target.label):
            return driver(self.target.function, argnums=self.wrt, **options)(*self.arguments.values())

    def named(self, derivative: Any) -> Any:
        """Say by name which argument a derivative belongs to; where there is only one, it needs no name."""
        return derivative[0] if len(self.names) == 1 else dict(zip(self.names, derivative, strict=True))


def ask(target: Target, words: list[str], how: str = "auto", wrt: str | None = None) -> Question:
    """Read the point, choose the arguments to differentiate by, and evaluate the function there.

    Parameters
    ----------
    target : Target
    words : list of str
        The point, as typed.
    how : {"auto", "vector", "scalars"}
        See `points.arguments`.
    wrt : str, optional
        Names or positions of the arguments to differentiate by, separated by commas; all of them if not given.
    """
    arguments = points.arguments(target, words, how)
    chosen = _positions(target, list(arguments), wrt)
    for k, (name, value) in enumerate(arguments.items()):
        if k in chosen:
            leaves(value, name)
        elif isinstance(value, float) and value.is_integer():
            arguments[name] = int(value)  # a count or an index, say, which must not become a float
    with user_code(target.path, target.label, arguments):
        value = target.function(*arguments.values())
    if not leaves(value, f"the result of {target.label}"):
        kind = f"the result of {target.label} is {value!r:.60}"
        raise CommandError(f"{kind}, expected real numbers: does it miss a return?")
    return Question(target, arguments, chosen, value)


def _positions(target: Target, names: list[str], wrt: str | None) -> tuple[int, ...]:
    if wrt is None:
        return tuple(range(len(names)))
    chosen = []
    for word in wrt.split(","):
        if word in names:
            chosen.append(names.index(word))
        elif word.isdecimal() and int(word) < len(names):
            chosen.append(int(word))
        else:
            offer = f"expected names or positions among {', '.join(names)}"
            raise CommandError(f"--wrt {word!r} is no argument of {target.label}: {offer}")
    return tuple(dict.fromkeys(chosen))


def jacobian(question: Question, options: argparse.Namespace) -> Result:
    J = question.differentiate(dualtape.jacobian, mode=options.mode)
    inputs, outputs = entries(question.inputs()), entries(question.outputs())
    matrix = dense(J, question.value, question.active)
    table = Table(
        f"Jacobian of {question.target.label}, {len(outputs)} x {len(inputs)}",
        outputs,
        ["value", *(f"d/d {name}" for name in inputs)],
        np.column_stack([flat(question.value), matrix]),
    )
    by_name = map(question.named, at_leaves(J, question.value))
    return Result({"jacobian": fill(question.value, by_name)}, [table])


def grad(question: Question, options: argparse.Namespace) -> Result:
    label, shape = question.target.label, np.shape(question.value)
    if isinstance(question.value, dict) or shape != ():
        raise CommandError(
            f"grad needs a scalar result, {label} gives shape {shape}: use jacobian, or vjp with weights"
        )
    gradient = question.differentiate(dualtape.grad)
    table = Table(
        f"Gradient of {label}, whose value is {float(question.value):.{options.digits}g}",
        entries(question.inputs()),
        ["point", "gradient"],
        np.column_stack([flat(question.active), flat(gradient)]),
    )
    return Result({"grad": question.named(gradient)}, [table])


def hessian(question: Question, options: argparse.Namespace) -> Result:
    H = question.differentiate(dualtape.hessian, mode=options.mode)
    inputs, outputs = entries(question.inputs()), entries(question.outputs())
    tensor = dense(H, question.value, question.active, order=2)
    tables = [
        Table(f"Hessian of {label} ({question.target.label}), {len(inputs)} x {len(inputs)}", inputs, inputs, matrix)
        for label, matrix in zip(outputs, tensor, strict=True)
    ]
    by_name = [question.named([question.named(row) for row in block]) for block in at_leaves(H, question.value)]
    return Result({"hessian": fill(question.value, by_name)}, tables)


def jvp(question: Question, options: argparse.Namespace) -> Result:
    parts = points.direction(options.tangent, question.inputs(), "--tangent", "entry of the point")
    tangents = fill(question.active, parts)
    with user_code(question.target.path, question.target.label):
        _, pushed = dualtape.jvp(question.target.function, question.active, tangents)
    table = Table(
        f"J v of {question.target.label}, v = ({_brief(parts)})",
        entries(question.outputs()),
        ["value", "tangent"],
        np.column_stack([flat(question.value), flat(pushed)]),
    )
    return Result({"tangent": question.named(tangents), "jvp": pushed}, [table])


def vjp(question: Question, options: argparse.Namespace) -> Result:
    parts = points.direction(options.cotangent, question.outputs(), "--cotangent", "entry of the result")
    cotangent = fill(question.value, [part if part.ndim else float(part) for part in parts])
    with user_code(question.target.path, question.target.label):
        _, pullback = dualtape.vjp(question.target.function, *question.active)
        pulled = pullback(cotangent)
    pulled = (pulled,) if len(question.active) == 1 else pulled
    table = Table(
        f"J' w of {question.target.label}, w = ({_brief(parts)})",
        entries(question.inputs()),
        ["point", "cotangent"],
        np.column_stack([flat(question.active), flat(pulled)]),
    )
    return Result({"cotangent": cotangent, "vjp": question.named(pulled)}, [table])


def check(question: Question, options: argparse.Namespace) -> Result:
    target, point = question.target, question.active
    if len(point) == 1 and not isinstance(point[0], tuple):
        point = point[0]  # then the report speaks of x[1], not of x[0][1]
    with user_code(target.path, target.label):
        try:
            report = dualtape.check(target.function, point, order=options.order)
        except DerivativeMismatch as mismatch:
            found = {"agree": False, "worst": mismatch.problem}
            return Result({"check": found}, [], [f"MISMATCH: {mismatch.problem}", f"{mismatch.remedy}"], passed=False)
    worst = [report.worst[order] for order in sorted(report.worst)]
    figures = [[e.value, e.reference, _rounded(abs(e.value - e.reference)), _rounded(e.tolerance)] for e in worst]
    table = Table(
        f"Check of {target.label}: {report.n_entries} derivatives agree with differences; the worst are",
        [f"{entry.name} ({entry.mode})" for entry in worst],
        ["dualtape", "differences", "apart", "allowed"],
        np.array(figures).reshape(-1, 4),
    )
    notes = [f"kink: {text}" for text in report.kinks]
    notes += [f"differences cannot judge {text}" for text in report.unresolved]
    if not worst:
        notes.insert(0, f"Check of {target.label}: there was nothing that differences could compare")
    fields = {"agree": True, "entries": report.n_entries, "worst": report.worst}
    fields |= {"kinks": report.kinks, "unresolved": report.unresolved}
    return Result({"check": fields}, [table] if worst else [], notes)


def _rounded(error: float) -> float:
    return float(f"{error:.1e}")


def _brief(parts: list[Array], most: int = 6) -> str:
    numbers = [f"{number:g}" for part in parts for number in part.ravel()]
    return ", ".join(numbers if len(numbers) <= most else [*numbers[: most - 1], "..."])
