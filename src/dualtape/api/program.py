"""Programs: a function recorded once and replayed at any point without Python.

A `Program` owns the contract: it reads points as the drivers do, chooses among the recorded paths (`_paths`), records
again where none fits, and hands results back in the shapes of the drivers. What computes is in `core.path`, what
records is `trace.record`. With an active number of a derivative around it, f itself is recorded there.
"""

from __future__ import annotations

import os
import warnings
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

import numpy as np

from dualtape.api import _numbers
from dualtape.api._batch import WHAT, hessians_at, replay_all, stack_hessians, stack_jacobians, stack_values
from dualtape.api._call import Call, definition
from dualtape.api._delivery import deliver
from dualtape.api._drivers import split_primals
from dualtape.api._paths import Contents, NoPath, Paths, Trace, is_recorded_anew
from dualtape.api._space import Space, join_hessian, join_jacobian, join_weighted_hessian
from dualtape.api._sweeps import (
    cheaper_mode,
    check_mode,
    inspect_flat,
    pull,
    pull_second,
    push,
    record_call,
    sweep_hessian,
    sweep_jacobian,
    sweep_weighted_hessian,
    symmetric,
)
from dualtape.api.summary import Summary, summarize
from dualtape.core.archive import with_values
from dualtape.core.level import is_inspected
from dualtape.core.path import Path, Point, trail_of
from dualtape.core.recording import cost
from dualtape.core.replay import FAILURES, CompiledCalls, Replay
from dualtape.core.scalar import peek
from dualtape.core.seal import seal
from dualtape.errors import GuardError, OptionError, PerturbationError, ShapeError
from dualtape.trace.captures import captures
from dualtape.trace.functions import has_active, is_active
from dualtape.trace.layout import laid_out, layout_of
from dualtape.trace.record import Recording, record_program

if TYPE_CHECKING:
    from dualtape.api._types import Mode

_ONE = np.ones((1, 1))
_STORM = 50  # recordings after which a program that hardly ever replays says so


class Guard(NamedTuple):
    """A decision of f on the values of its arguments, which every replay checks.

    Attributes
    ----------
    what : str
        What was decided: "comparison", "argmax", ...
    where : str
        The user's file, line and function.
    times : int
        How often f took it: a loop takes it several times.
    """

    what: str
    where: str
    times: int


class _At:
    """A program computed at a point; its memory goes back to the path at the end of the ``with``."""

    __slots__ = ("outputs", "point", "dtype")

    def __init__(self, outputs: Space, point: Any, dtype: np.dtype[Any]):
        self.outputs = outputs
        self.point = point
        self.dtype = dtype

    def __enter__(self) -> _At:
        return self

    def __exit__(self, *error: object) -> None:
        self.point.release()

    def require_scalar(self, driver: str) -> None:
        if not self.outputs.is_scalar:
            raise ShapeError(
                f"{driver} needs a program with one scalar result, this one has shape {self.outputs.describe()}",
                "use jacobian, or vjp with weights on the outputs; weighted_hessian for second derivatives",
            )

    def value(self) -> Any:
        flat = self.point.results()
        return self.outputs.fill(lambda slot: _numbers.hand_back(flat[slot.rows], slot.shape, self.dtype))


class Program(CompiledCalls):
    """A recorded function: ``P(x)`` and its derivatives at any x, replayed. Made by `dualtape.record`.

    A point is given as f takes it: ``P(x, y)``, ``P.grad(x, y)``; where something follows the point (``P.jvp(x, v)``),
    several arguments are one tuple. All arguments are active. ``out=`` takes an array (or a container of arrays) of the
    result's shape and type to write into.

    Any number of threads may call one program at once.
    """

    def __init__(
        self, f: Any, kwargs: dict[str, Any], rerecords: bool, is_checked: bool, max_paths: int, rewrites: bool = True
    ):
        self._f = f
        self._rewrites = rewrites
        self._kwargs = kwargs
        self._rerecords = rerecords
        self._is_checked = is_checked
        self._paths = Paths(max_paths)
        self._layouts: tuple[Any, ...] = ()  # of the arguments of all paths, in memory
        self._elsewhere: dict[tuple[Any, ...], Program] = {}  # the same function of arguments with other layouts
        self._watch: Any = None
        self._name = getattr(f, "__qualname__", type(f).__name__)
        self._n_recorded = self._n_calls = 0
        self._refuses_kinks = False

    # ---- recording ----

    def start(self, example: tuple[Any, ...], refuses_kinks: bool = False) -> Program:
        """Record at the first point, which says what the arguments look like."""
        self._refuses_kinks = refuses_kinks
        call = self._call(example)
        layouts = tuple(map(layout_of, call.primals))
        self._layouts = self._layouts or tuple(None if layout else layout for layout in layouts)
        self._take(call.inputs, len(example))
        if layouts != self._layouts:
            call = self._call(self._arguments(self._flat(call.primals)))
        self._record(call)
        return self

    def _take(self, inputs: Space, n_arguments: int) -> None:
        self._inputs = inputs
        self._n_arguments = n_arguments
        self._layouts = self._layouts or (None,) * len(inputs.slots)
        parts = (inputs.structure,) if n_arguments == 1 else inputs.structure.children
        self._is_flat = all(part.kind is None for part in parts)

    def _call(self, args: tuple[Any, ...]) -> Call:
        argnums = 0 if len(args) == 1 else tuple(range(len(args)))
        return Call(self._f, args, self._kwargs, argnums, rewrite=self._rewrites)

    def _record(self, call: Call) -> Trace:
        """Record f at the point of a call and keep the path."""
        if self._is_checked:
            self._watch = captures(self._f, (), self._kwargs)
        tape, slots, _ = record_program(call.flat, [getattr(primal, "primal", primal) for primal in call.primals])
        if self._watch is not None:
            self._watch.settle()
        if tape.captures:
            raise PerturbationError(
                f"{self._name} uses a number of the derivative that is being taken around this recording",
                "record outside of it, or pass the number as an argument",
            )
        sealed, slots, report = seal(tape, slots)
        trace = Trace(Path(sealed, slots), call.outputs, trail_of(sealed), list(sealed.guards), report.as_dict())
        self._paths.add(trace)
        self._n_recorded += 1
        self._lead_with(trace)
        return trace

    def _lead_with(self, trace: Trace) -> None:
        """Let compiled calls take this path first."""
        if self._replay is not None and self._replay.path is trace.path:
            return
        self._n_calls = self._count()
        self._replay = None
        shapes = [slot.shape for slot in self._inputs.slots]
        output = trace.outputs.slots[0].shape if trace.outputs.structure.kind is None else None
        if self._is_flat and not self._refuses_kinks and Replay.serves([*shapes, output or ()]):
            self._replay = Replay(trace.path, shapes, output, self._watch)

    def _may_record_again(self, trace: Trace, decision: int) -> None:
        """A decision came out as on no recorded path: raise if there is nothing to be done about it."""
        what, where = trace.describe(decision)
        if self._f is None:
            raise GuardError(
                f"{self._name} decides differently at this point than on the recorded paths: {what}, decision "
                f"{decision + 1} of {len(trace.decisions)}; it comes from a file or a pickle, and its function is not "
                "there, or does not have the same constants",
                "call the program at this point before you save it, so that it knows this path",
                where,
            )
        if not self._rerecords:
            raise GuardError(
                f"{self._name} decides differently at this point than where it was recorded: {what}, decision "
                f"{decision + 1} of {len(trace.decisions)}",
                "record it with on_guard='rerecord', or record another program at this point",
                where,
            )
        self._warn_of_storm(
            f"it decides differently at nearly every point: {what}, at {where}. Write the decision with np.where, "
            "np.maximum or np.sort, or use the drivers, which record every time and check nothing"
        )

    def _warn_of_storm(self, reason: str) -> None:
        """Say so if the program hardly ever replays."""
        if self._n_recorded == _STORM and self._count() < 2 * _STORM:
            warnings.warn(
                f"{self._name} was recorded {_STORM} times in {self._count()} calls, because {reason}",
                RuntimeWarning,
                stacklevel=7,
            )

    def _count(self) -> int:
        """Calls so far, those included that were compiled from end to end."""
        return self._n_calls + (0 if self._replay is None else self._replay.served)

    # ---- replay ----

    def _at(self, args: tuple[Any, ...], *seeds: Any, order: int = 1, forward: bool = False) -> _At:
        """The program at a point; f recorded on the tape of a derivative that is being taken around this call. `order`
        and `forward` tell an inspection what is going to be computed."""
        with self._strict(order):
            return self._at_point(args, seeds, order, forward)

    def _strict(self, order: int) -> AbstractContextManager[None]:
        """The context of a call for derivatives of this order: it may have to refuse kinks."""
        if not (self._refuses_kinks and order):
            return nullcontext()
        from dualtape.trace.inspection import Inspector, inspecting

        return inspecting(Inspector(kinks=True))

    def _at_point(self, args: tuple[Any, ...], seeds: tuple[Any, ...], order: int, forward: bool) -> _At:
        if has_active(args) or any(map(has_active, seeds)):
            if self._f is None:
                return self._at_active(args)
            call = self._call(args)
            recording = record_call(call, order)
            return _At(call.outputs, recording, call.dtype)
        primals, dtype = self._read(args)
        layouts = tuple(map(layout_of, primals))
        if layouts != self._layouts and is_recorded_anew(self._f, self._name, layouts):
            return self._laid_out_as(layouts, args)._at_point(args, seeds, order, forward)
        x = self._flat(primals)
        self._n_calls += 1
        if is_inspected():
            self._inspect(x, order, forward)
        self._look_at_constants()
        trace, point = self._replayed(x)
        return _At(trace.outputs, point, dtype)

    def _laid_out_as(self, layouts: tuple[Any, ...], args: tuple[Any, ...]) -> Program:
        """The program for arguments that lie in memory otherwise: there f may share memory where it does not here."""
        if layouts not in self._elsewhere:
            options = self._rerecords, self._is_checked, self._paths.limit, self._rewrites
            program = Program(self._f, self._kwargs, *options)
            program._layouts = layouts
            self._elsewhere[layouts] = program.start(args, self._refuses_kinks)
        return self._elsewhere[layouts]

    def _replayed(self, x: Any) -> tuple[Trace, Point]:
        """The path that f takes at the flat point x, recorded if there is none, replayed there."""
        if self._paths.traces:
            try:
                trace, point = self._paths.at(x)
                self._lead_with(trace)
                return trace, point
            except NoPath as miss:
                self._may_record_again(miss.trace, miss.decision)
            except FAILURES:
                if self._f is None or not self._rerecords:
                    raise
        trace = self._record(self._call(self._arguments(x)))
        found = trace.path.at(x)
        if isinstance(found, int):
            raise GuardError(
                f"{self._name} took another path when it was replayed at the very point where it was recorded",
                "record a function whose decisions depend on its arguments alone: no random numbers, no counters",
                trace.describe(found)[1],
            )
        return trace, found

    def _arguments(self, x: Any) -> tuple[Any, ...]:
        """The arguments of f at the flat point x."""
        layouts = iter(self._layouts)
        primals = self._inputs.fill(lambda slot: laid_out(x[slot.rows].reshape(slot.shape), next(layouts)))
        return (primals,) if self._n_arguments == 1 else tuple(primals)

    def _inspect(self, x: Any, order: int, forward: bool = False) -> None:
        """Look at every operation at the flat point x: of f, or, without it, of the path that is taken there."""
        args = self._arguments(x)
        f = self._flat_path if self._f is None else self._call(args).flat
        inspect_flat(f, self._read(args)[0], order, forward)

    def _flat_path(self, *numbers: Any) -> list[Any]:
        rebuilt = self._inputs.structure.around(iter(numbers))
        return list(self._at_active((rebuilt,) if self._n_arguments == 1 else tuple(rebuilt)).point.value)

    def _look_at_constants(self) -> None:
        changed = None if self._watch is None else self._watch.changed()
        if changed is not None:
            self._forget(changed)

    def _forget(self, changed: str) -> None:
        """Something that f captured is not what it was: no recorded path can be trusted."""
        if not self._rerecords:
            raise GuardError(
                f"{changed}, which {self._name} uses, has changed since it was recorded",
                "record it again, or with on_guard='rerecord', or with constants='frozen' to go on with what it was",
                definition(self._f),
            )
        self._warn_of_storm(
            f"{changed} has changed nearly every time: pass it as an argument, or, if the result does not depend on it "
            "(a counter), record with constants='frozen'"
        )
        self._paths.clear()
        self._n_calls = self._count()
        self._replay = None

    def _at_active(self, args: tuple[Any, ...]) -> _At:
        """The same inside a derivative, without f: the path that is taken at the values of the active numbers becomes
        a recording there."""
        primals, dtype = self._read(args)
        x = np.concatenate([np.reshape(peek(primal) if is_active(primal) else primal, -1) for primal in primals])
        trace, point = self._replayed(x)
        tape = with_values(trace.path.tape, point.all_values())
        point.release()
        shapes = [slot.shape for slot in trace.outputs.slots]
        return _At(trace.outputs, Recording(tape, primals, shapes, trace.path.slots), dtype)

    def _flat(self, primals: list[Any]) -> Any:
        """The numbers of a point as one vector (n,)."""
        x = np.empty(self._inputs.size)
        for primal, slot in zip(primals, self._inputs.slots, strict=True):
            x[slot.rows] = np.reshape(primal, -1)
        return x

    def _read(self, args: tuple[Any, ...]) -> tuple[list[Any], np.dtype[Any]]:
        """The numbers of a point, checked, and the type of results."""
        if len(args) != self._n_arguments:
            raise ShapeError(
                f"{self._name} was recorded with {self._n_arguments} arguments, this call has {len(args)}",
                "pass the point as f takes it; P.jvp, P.vjp, P.hvp and P.weighted_hessian take several as one tuple",
            )
        structure, name = self._inputs.structure, self._inputs.name
        leaves = structure.match(args[0] if self._n_arguments == 1 else args, name)
        primals, dtype = _numbers.read_all(leaves, lambda: list(structure.paths(name)))
        for primal, slot, path in zip(primals, self._inputs.slots, structure.paths(name), strict=True):
            if np.shape(primal) != slot.shape:
                raise ShapeError(
                    f"{path} has shape {np.shape(primal)}, but {self._name} was recorded for {slot.shape}",
                    "record one program for each shape",
                )
        return primals, dtype

    # ---- results ----

    def _value(self, x: tuple[Any, ...], out: Any) -> Any:
        with self._at(x, order=0) as at:
            return deliver(at.value(), out)

    def _grad(self, x: tuple[Any, ...], out: Any) -> Any:
        with self._at(x) as at:
            at.require_scalar("grad")
            return deliver(self._inputs.unpack(pull(at.point, _ONE), None, at.dtype), out)

    def _value_and_grad(self, x: tuple[Any, ...], out: Any) -> tuple[Any, Any]:
        with self._at(x) as at:
            at.require_scalar("value_and_grad")
            return at.value(), deliver(self._inputs.unpack(pull(at.point, _ONE), None, at.dtype), out)

    def _jacobian(self, x: tuple[Any, ...], mode: Mode, out: Any) -> Any:
        check_mode(mode)
        with self._at(x, forward=mode == "forward") as at:
            J = sweep_jacobian(at.point, at.outputs.size, self._inputs.size, mode)
            return deliver(join_jacobian(J, at.outputs, self._inputs, at.dtype), out)

    def _hessian(self, x: tuple[Any, ...], out: Any) -> Any:
        with self._at(x, order=2) as at:
            H = sweep_hessian(at.point, at.outputs.size, self._inputs.size)
            return deliver(join_hessian(H, at.outputs, self._inputs, at.dtype), out)

    def _jvp(self, x: Any, v: Any, out: Any) -> Any:
        S, batch = self._inputs.pack(v, "v")
        with self._at(split_primals(x)[0], S) as at:
            return deliver(at.outputs.unpack(push(at.point, S, at.outputs.size), batch, at.dtype), out)

    def vjp(self, x: Any, w: Any, *, out: Any = None) -> Any:
        """``J(x)' w``, of the shape of x; a leading axis on w means several at once."""
        with self._at(split_primals(x)[0], w) as at:
            W, batch = at.outputs.pack(w, "w")
            return deliver(self._inputs.unpack(pull(at.point, W), batch, at.dtype), out)

    def _hvp(self, x: Any, v: Any, out: Any) -> Any:
        S, batch = self._inputs.pack(v, "v")
        with self._at(split_primals(x)[0], S, order=2) as at:
            at.require_scalar("hvp")
            return deliver(self._inputs.unpack(pull_second(at.point, _ONE, S), batch, at.dtype), out)

    def weighted_hessian(self, x: Any, w: Any, *, out: Any = None) -> Any:
        """``sum_i w_i H_i(x)``, ``in.shape + in.shape``, for w of the shape of the result: SciPy's ``hess(x, v)``."""
        with self._at(split_primals(x)[0], w, order=2) as at:
            weights, batch = at.outputs.pack(w, "w")
            if batch is not None:
                raise ShapeError(f"w has a leading axis of length {batch}, expected the shape of the result")
            H = symmetric(sweep_weighted_hessian(at.point, weights, self._inputs.size))
            return deliver(join_weighted_hessian(H, self._inputs, at.dtype), out)

    def summary(self, *x: Any, profile: bool = False) -> Summary:
        """What the program consists of, what sealing did, and what a replay costs.

        Parameters
        ----------
        *x : point, optional
            Whose path is meant; without it, the path taken last.
        profile : bool
            Whether to time every instruction, at x.

        Returns
        -------
        summary : Summary
            Its text is a table.
        """
        if profile and not x:
            raise OptionError("a profile needs a point", "call P.summary(x, profile=True)")
        flat = self._flat(self._read(x)[0]) if x else None
        trace = self._paths.traces[0] if flat is None else self._trace_at(flat)
        return summarize(repr(self), trace, len(self._paths.traces), self._n_recorded, flat if profile else None)

    # ---- many points ----

    def batch(self, X: Any, what: str = "value", *, threads: int = 1) -> Any:
        """The program at many points.

        Parameters
        ----------
        X : like a point, every array with a leading axis of length k
            Several arguments are one tuple.
        what : {"value", "grad", "value_and_grad", "jacobian", "hessian"}
        threads : int
            How many threads share the points.

        Returns
        -------
        like what is asked, every array with a leading axis of length k

        Notes
        -----
        A program of scalar operations takes up to 128 points at once, in lanes: vector code that pays for an
        instruction once. A program of array operations goes point by point. Neither holds the GIL, except for array
        operations that run in Python.

        Examples
        --------
        >>> import numpy as np
        >>> import dualtape
        >>> P = dualtape.record(lambda x: x[0] * x[1], np.ones(2))
        >>> P.batch(np.array([[1.0, 2.0], [3.0, 4.0]]), "grad")
        array([[2., 1.],
               [4., 3.]])
        """
        if what not in WHAT:
            raise OptionError(f"what is {what!r}, expected one of {', '.join(map(repr, WHAT))}")
        if not isinstance(threads, int) or threads < 1:
            raise OptionError(f"threads is {threads!r}, expected a positive int")
        columns, k = self._inputs.pack(X, "X")
        if k is None:
            raise ShapeError("X is one point, expected many along a leading axis", "call the program for one point")
        self._look_at_constants()
        if not self._paths.traces:
            self._trace_at(columns[:, 0].copy() if k else np.zeros(self._inputs.size))
        self._n_calls += k
        points = np.ascontiguousarray(np.transpose(columns))
        order = {"value": 0, "hessian": 2}.get(what, 1)
        with self._strict(order):
            for point in points if is_inspected() else ():
                self._inspect(point, order)
        if what == "hessian":
            H, outputs = hessians_at(points, self._hessian_at, self._paths.traces[0].outputs, threads)
            return stack_hessians(H, outputs, self._inputs)
        V, J, outputs = replay_all(points, what, threads, self._trace_at, self._paths.traces[0])
        if what == "value":
            return stack_values(V, outputs)
        if what == "jacobian":
            return stack_jacobians(J, outputs, self._inputs)
        if not outputs.is_scalar:
            raise ShapeError(f"{what} needs a program with one scalar result, this one has {outputs.describe()}")
        G = stack_values(J[:, 0], self._inputs)
        return G if what == "grad" else (stack_values(V, outputs), G)

    def _trace_at(self, x: Any) -> Trace:
        trace, point = self._replayed(x)
        point.release()
        return trace

    def _hessian_at(self, x: Any) -> tuple[Any, Space]:
        trace, point = self._replayed(x)
        H = sweep_hessian(point, trace.outputs.size, self._inputs.size)
        point.release()
        return H, trace.outputs

    # ---- files and copies ----

    def save(self, file: str | os.PathLike[str] | BinaryIO) -> None:
        """Write the program to a file, for `dualtape.load`: all paths recorded so far, but not f itself.

        Parameters
        ----------
        file : path or binary file object
            A file that is there already is replaced at the end, so that it is never half written.
        """
        from dualtape.api.saving import save

        save(self.contents(), file)

    def contents(self) -> Contents:
        """What a file holds."""
        self._look_at_constants()
        if not self._paths.traces:
            raise GuardError(
                f"what {self._name} uses has changed since it was recorded: there is nothing to save",
                "call it once before you save it",
            )
        return Contents(
            self._name, self._inputs, self._n_arguments, self._paths.traces,
            self._rerecords, self._is_checked, self._paths.limit,
        )  # fmt: skip

    @classmethod
    def of_contents(
        cls, contents: Contents, f: Any = None, kwargs: dict[str, Any] | None = None, rewrites: bool = True
    ) -> Program:
        """The program that has these paths, and f if it is known."""
        program = cls(f, kwargs or {}, contents.rerecords, contents.is_checked, contents.max_paths, rewrites)
        program._name = contents.name
        program._take(contents.inputs, contents.n_arguments)
        program._paths.traces = list(contents.traces)
        if f is not None and contents.is_checked:
            program._watch = captures(f, (), program._kwargs)
        program._lead_with(contents.traces[0])
        return program

    def __reduce__(self) -> tuple[Any, ...]:
        from dualtape.api.saving import pickled

        return pickled(self.contents(), self._f, self._kwargs, self._watch, self._rewrites)

    def fingerprint(self) -> bytes | None:
        """Of the numbers that f has captured; None if there are none."""
        return None if self._watch is None else self._watch.fingerprint()

    def __copy__(self) -> Program:
        """Recordings never change, so that a copy shares them; it goes on with paths of its own."""
        found = type(self).__new__(type(self))
        found.__dict__.update(self.__dict__)
        found._paths, found._replay, found._elsewhere = self._paths.copied(), self._replay, {}
        return found

    def __deepcopy__(self, memo: dict[int, Any]) -> Program:
        return self.__copy__()

    # ---- what it is ----

    @property
    def shape(self) -> tuple[int, int]:
        """(m, n): entries of the result on the path taken last, entries of a point."""
        return self._paths.traces[0].outputs.size, self._inputs.size

    @property
    def guards(self) -> tuple[Guard, ...]:
        """The decisions of f on the path taken last; decisions of one line count together."""
        trace = self._paths.traces[0]
        counts: dict[tuple[str, str], int] = {}
        for decision in range(len(trace.decisions)):
            key = trace.describe(decision)
            counts[key] = counts.get(key, 0) + 1
        return tuple(Guard(what, where, times) for (what, where), times in counts.items())

    def __repr__(self) -> str:
        trace = self._paths.traces[0]
        n_ops, n_bytes = cost(trace.path.tape)
        paths = f", {len(self._paths.traces)} paths" if len(self._paths.traces) > 1 else ""
        guards = f", {len(trace.decisions)} guards" if trace.decisions else ""
        return (
            f"Program({self._name}: {self._inputs.describe()} -> {trace.outputs.describe()}, "
            f"{n_ops} operations, {format_bytes(n_bytes)}{guards}{paths}, jacobian {cheaper_mode(*self.shape)})"
        )


def format_bytes(count: int) -> str:
    amount, unit = float(count), "B"
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 1000.0 or unit == "GB":
            break
        amount /= 1000.0
    return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
