"""The recorded paths of one function, and the choice among them.

A function that decides on the values of its arguments has several paths: one for every outcome of its decisions. A path
knows the outcome of each of its decisions in order, its *trail*; a replay that finds decision k different goes on to a
path whose trail is the same before k and different there. No path is tried twice, so the search ends.

*Design.* (a) A tree with a node for every decision holds each shared beginning once, but costs an object for every turn
of a loop. (b) A flat list, the path used last first, whose trails are compared with one ``memcmp``: as many comparisons
as there are paths, and those are few. We do (b).
"""

from __future__ import annotations

import threading
from typing import Any, NamedTuple

import numpy as np

from dualtape.api._space import Space
from dualtape.core.path import Path, Point
from dualtape.errors import GuardError, describe_site


class Trace:
    """One recorded path of f.

    Attributes
    ----------
    path : Path
        The sealed recording.
    outputs : Space
        What f returned on this path.
    trail : ndarray of uint64
        The outcome of every decision, in the order in which f took them.
    decisions : list
        Of the same length: what was decided, and where in the user's code.
    report : dict
        What sealing did: the entries of `core.seal.Report`.
    """

    __slots__ = ("path", "outputs", "trail", "decisions", "report")

    def __init__(self, path: Path, outputs: Space, trail: Any, decisions: list[Any], report: dict[str, int]):
        self.path = path
        self.outputs = outputs
        self.trail = trail
        self.decisions = decisions
        self.report = report

    def describe(self, decision: int) -> tuple[str, str]:
        """What was decided, and where."""
        what, site = self.decisions[decision]
        return what, describe_site(site)

    def parts_from(self, other: Trace, decision: int) -> bool:
        """True if both decided the same before `decision`, and differently there."""
        mine, theirs = self.trail, other.trail
        return bool(
            mine.size > decision
            and mine[decision] != theirs[decision]
            and np.array_equal(mine[:decision], theirs[:decision])
        )


class Contents(NamedTuple):
    """All there is to know about a program, but for f.

    Attributes
    ----------
    name : str
        Of f.
    inputs : Space
    n_arguments : int
    traces : list of Trace
        At least one.
    rerecords, is_checked : bool
        The options on_guard and constants.
    max_paths : int
    """

    name: str
    inputs: Space
    n_arguments: int
    traces: list[Trace]
    rerecords: bool
    is_checked: bool
    max_paths: int


class NoPath(Exception):
    """No recorded path fits a point: the last one that was tried, and its decision that came out differently."""

    def __init__(self, trace: Trace, decision: int):
        super().__init__(trace, decision)
        self.trace = trace
        self.decision = decision


class Paths:
    """At most `limit` paths, the one used last first; the one not used for longest is dropped. Safe from threads."""

    def __init__(self, limit: int):
        self.limit = limit
        self.traces: list[Trace] = []
        self._lock = threading.Lock()

    def add(self, trace: Trace) -> None:
        """Put a path first, in place of one that decided the same."""
        with self._lock:
            others = [other for other in self.traces if not np.array_equal(other.trail, trace.trail)]
            self.traces = [trace, *others[: self.limit - 1]]

    def copied(self) -> Paths:
        """The same paths, to be added to on their own."""
        found = Paths(self.limit)
        found.traces = list(self.traces)
        return found

    def clear(self) -> None:
        with self._lock:
            self.traces = []

    def at(self, x: Any) -> tuple[Trace, Point]:
        """Replay the path that f takes at the flat point x, shape (n,).

        Raises
        ------
        NoPath
            If none of the recorded ones fits.
        """
        trace, *untried = traces = self.traces
        while True:
            point = trace.path.at(x)
            if isinstance(point, Point):
                if trace is not traces[0]:
                    self._promote(trace)
                return trace, point
            following = next((other for other in untried if other.parts_from(trace, point)), None)
            if following is None:
                raise NoPath(trace, point)
            untried.remove(following)
            trace = following

    def _promote(self, trace: Trace) -> None:
        with self._lock:
            if trace in self.traces:
                self.traces = [trace, *(other for other in self.traces if other is not trace)]


def is_recorded_anew(f: Any, name: str, layouts: tuple[Any, ...]) -> bool:
    """Tell whether f is recorded for arguments that lie in memory like this: what shares memory in it may depend on
    that. A program without its function refuses arrays that are not in C order."""
    if f is None and any(layouts):
        raise GuardError(
            f"{name} comes from a file, without its function, and was recorded for arrays in C order: with one in "
            "another order the function may share memory where it did not",
            "pass np.ascontiguousarray(x), which is what the program was recorded for",
        )
    return f is not None
