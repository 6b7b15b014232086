"""Finding trouble: a function recorded once more, and every operation of it looked at as soon as it is done.

An `Inspector` hangs on a recording (``tape.inspector``) and knows of each operation the line of the user's that made
it. It raises where a value is not finite, and where the operands are at a kink; `inspect` then goes through the
derivative sweeps operation by operation. What is inspected is a matter of the thread: `inspecting` is the context that
says so, and the drivers ask `current`. With nobody inspecting, a recording tests one pointer per operation, and a
driver one counter.

*Design.* (a) Each engine looks at its own results while it computes. (b) One recording is inspected before the engines
compute anything. We do (b): f runs once more, but the engines stay as they are, forward mode and replays, which know no
lines, included."""

import re
import sys
import threading
from contextlib import contextmanager

import numpy as np

from dualtape.core import level, nodes
from dualtape.core.inspection import Steps
from dualtape.core.scalar import peek
from dualtape.errors import NonFiniteError, NonsmoothError, describe_site, is_library, user_site
from dualtape.ops.kinks import ARRAY_KINKS, CUTS, KINKS, is_tie
from dualtape.ops.table import ROWS
from dualtape.trace.functions import is_active
from dualtape.trace.record import record_tape

_LANES = 32  # derivatives that one inspection of a sweep carries
_COMPARISONS = ("<", "<=", "==", "!=", ">", ">=")  # in the order of enum dt_comparison
_MASKS = {"less": "<", "less_equal": "<=", "greater": ">", "greater_equal": ">=", "equal": "==", "not_equal": "!="}
_ORDERING = {"argmax": "max", "argmin": "min", "argsort": "sort", "argpartition": "partition"}
_MOVES = {"kept", "dropped", "ordered", "taken", "put", "positive", "stop_gradient"}
# Between the user's line and the tape: the way of an operator or ufunc. Other modules compute something of their own.
_WAYS = re.compile(r"dualtape\.(core|trace|api)\b|dualtape\.handlers\.(ufuncs|masks|methods)$")
_PLACES = {"ordered": "a tie of its elements", "step": "a step", "interp": "a knot of its table"}
_SEEN = 3  # elements of an operand that a message shows

_threads = threading.local()


class Inspector:
    """What is looked for in one recording.

    Parameters
    ----------
    nan, inf : bool
        Whether a value or derivative that is NaN, or infinite, is trouble.
    kinks : bool
        Whether operands at a kink are.

    Attributes
    ----------
    sites : list
        Where the user's code made each instruction.
    is_direct : list of bool
        Whether the user's code did, or a library function that it called.
    """

    def __init__(self, nan: bool = False, inf: bool = False, kinks: bool = False) -> None:
        self.nan, self.inf, self.kinks = nan, inf, kinks
        self.sites, self.is_direct = [], []
        self.tape = None
        self._looked = 0
        self._moving = np.zeros(256, dtype=bool)  # slots that depend on the input, and not only stepwise

    def fresh(self):
        """One with the same aims for another recording."""
        return type(self)(self.nan, self.inf, self.kinks)

    def start(self, tape):
        """The inputs are on the tape: from here on it calls `before`."""
        tape.inspector, self.tape = self, tape
        self._reserve(tape.n_slots)
        self._moving[1 : 1 + tape.n_inputs] = True

    # ---- operation by operation ----

    def before(self, tape):
        """Called by the tape before it appends an instruction: all earlier ones have been computed."""
        self.catch_up(tape)
        self.sites.append(user_site())
        self.is_direct.append(_is_direct())

    def catch_up(self, tape):
        """Look at what has been recorded since the last time."""
        self._reserve(tape.n_slots)
        while self._looked < nodes.n_instructions(tape):
            k, self._looked = self._looked, self._looked + 1
            operation = Operation(tape, k)
            self.saw(operation, self.moves(operation))

    def moves(self, operation):
        """Which operands depend on the input; remembers whether the results do."""
        found = [place is not None and self.is_moving(place) for place in operation.operands]
        if any(found) and not operation.is_step:
            for place in operation.results:
                self._moving[place] = True
        return found

    def saw(self, operation, moving) -> None:
        """Judge one operation."""
        is_direct = self.is_direct[operation.instruction]
        is_judged = self.kinks and any(moving) and (is_direct or not operation.is_decision)
        trouble = operation.kink(moving) if is_judged else None
        if trouble is not None:
            self.found_kink(operation, *trouble)
        if not (self.nan or self.inf):
            return
        if (operation.only_moves or not is_direct) and any(map(self.is_trouble, operation.numbers())):
            return  # a constant, np.inf say, goes through np.where: it is trouble when somebody computes with it
        for place in operation.results:
            v = operation.values(place)
            if self.is_trouble(v):
                at = self.trouble(v)
                raise self.non_finite(operation, f"{operation.name} gives {_first(v, at)}", at)

    def found_kink(self, operation, problem, element):
        """The operands are at a kink."""
        raise NonsmoothError(
            f"{problem}{_at(element)}, where the derivative is a convention or does not exist",
            "move the point, or leave out nonsmooth='raise' to take the convention",
            self.where(operation),
        )

    def where(self, operation) -> str:
        """The user's line that made an operation."""
        return describe_site(self.sites[operation.instruction])

    def non_finite(self, operation, problem, element):
        """The error for values or derivatives that are not finite."""
        return NonFiniteError(
            f"{problem}{_at(element)}, operand{operation.shown(element)}",
            "keep the operand where the function is finite, np.log(np.where(x > 0, x, 1.0)) say",
            self.where(operation),
        )

    def trouble(self, values):
        """Which of these are what is looked for."""
        found = np.isnan(values) if self.nan else np.zeros(np.shape(values), dtype=bool)
        return found | np.isinf(values) if self.inf else found

    def is_trouble(self, values):
        return bool(np.any(self.trouble(values)))

    def is_moving(self, place):
        """Whether what is there depends on the input: only then its derivatives count."""
        return bool(np.any(self._moving[place]))

    def _reserve(self, n):
        if n > self._moving.size:
            self._moving = np.concatenate([self._moving, np.zeros(max(n, self._moving.size), dtype=bool)])


class Operation:
    """One instruction of a recording, with its values.

    Attributes
    ----------
    name : str
        As the user would call it.
    row : Unary, Binary, ArrayOp or None
        Its rule.
    operands, results : list of place
        See core/nodes.pyx; None for an operand that is not on the tape.
    is_step : bool
        The result has no derivative whatever the operands do.
    """

    def __init__(self, tape, instruction):
        self.tape, self.instruction = tape, instruction
        self.row, self.is_step, self.params, self.constants = None, False, {}, []
        found = nodes.operation(tape, instruction)
        if type(found) is tuple:
            self._read_scalar(*found)
        else:
            self._read_node(found)

    def _read_scalar(self, op, active, a, b, out):
        self.operands, self.results = [a, b], [] if out is None else [out]
        if op is None:
            self.name, self.is_step = f"the comparison {_COMPARISONS[active]}", True
        else:
            self._read_row(op)

    def _read_row(self, op):
        self.row = ROWS[op]
        self.operands = self.operands[: self.row.arity]
        self.name = _written(self.row)
        self.is_step = all(getattr(self.row, partial) == "0" for partial in self.row.partials)

    def _read_node(self, node):
        self.operands, self.results, self.name = node.operands, node.results, node.kind
        if node.kind == "elementwise":
            self._read_row(node.op)
        elif node.kind == "call":
            self.row, self.params = node.call.row, node.call.params
            self.constants = node.call.operands
            self.name = self.row.name if self.row.name.startswith("scipy.") else f"np.{self.row.name}"
            self.is_step = self.row.name in ("step", "decision")
        elif node.kind in ("sum", "sum_axes"):
            self.name = "np.sum"
        elif node.kind == "guard":
            self.is_step = True

    def values(self, place):
        return nodes.values_at(self.tape, place)

    @property
    def is_decision(self):
        """A comparison: at equality it is an edge, if it was the user who decided. A function of NumPy may well compare
        and be smooth."""
        return self.name.startswith("the comparison")

    @property
    def only_moves(self):
        """What comes out went in."""
        return self.row is not None and self.row.name in _MOVES or self.name == "gather"

    def numbers(self):
        """The operands' values, what is no number left out."""
        return [x for x in self.xs() if isinstance(x, (float, np.ndarray)) and np.asarray(x).dtype.kind == "f"]

    def xs(self):
        """The operands' values."""
        constants = self.constants or [None] * len(self.operands)
        return [c if at is None else self.values(at) for at, c in zip(self.operands, constants, strict=True)]

    def kink(self, moving):
        """What the operands are at, and which element of them; None if they are at no kink. `moving` tells which of
        them depend on the input."""
        with np.errstate(all="ignore"):
            if self.row is None:
                return self._edge() if self.is_decision else None
            if self.row.name in ARRAY_KINKS:
                results = [self.values(place) for place in self.results]
                if not np.any(ARRAY_KINKS[self.row.name](self.xs(), results, **self.params)):
                    return None
                return f"{self._called()}{self.shown(None)}", None
            test = KINKS.get(self.row.name)
            if test is None or (test is is_tie and self._is_one_number()):
                return None
            x, *rest = self.xs()
            at = test(x, rest[0] if rest else None)
            if self.row.name in CUTS and not moving[0]:
                at = at & CUTS[self.row.name](x, *rest)
        if not np.any(at):
            return None
        return f"{self.name} is at a kink: operand{self.shown(at)}", at

    def _called(self):
        """An array operation as users know it, and what it is at."""
        if self.row.name in ("ordered", "step"):
            function = self.params["function"]
            name, place = f"np.{_ORDERING.get(function, function)}", _PLACES[self.row.name]
        else:
            name, place = self.name, _PLACES.get(self.row.name, "equal values of the spectrum")
        return f"{name} is at {place}, operand"

    def _edge(self):
        x, y = self.xs()
        return (f"{self.name} decides between equals, {x!r}", None) if x == y and not self._is_one_number() else None

    def _is_one_number(self):
        """Both operands are the very same elements: a tie with oneself is none."""
        a, b = self.operands
        return type(a) is type(b) and bool(np.all(a == b))

    def shown(self, at):
        """The operands' elements where something was found."""
        parts = [_first(x, at) for x in self.numbers()]
        return f"{'s' if len(parts) > 1 else ''} {' and '.join(parts)}" if parts else ""


def _is_direct():
    """Whether nothing but the way of an operator lies between here and the user's code."""
    frame = sys._getframe(1)
    while frame is not None and is_library(frame):
        if not _WAYS.match(frame.f_globals.get("__name__") or ""):
            return False
        frame = frame.f_back
    return True


def _written(row):
    """A row as users write it."""
    if row.name in _MASKS:
        return f"the comparison {_MASKS[row.name]}"
    names = {"root": "np.linalg.norm or np.std", "scalar_power": "**", "kept": "np.where", "dropped": "np.where"}
    if row.home is None:
        return names.get(row.name, f"np.{row.name}")
    home, attribute = row.ufunc
    return f"{'np' if home == 'numpy' else home}.{attribute}"


def _first(values, at):
    """The first of the values where `at` holds, or a few of all."""
    values = np.asarray(values, dtype=float)
    if at is not None and np.shape(at) == values.shape and values.size:
        return f"{float(values.reshape(-1)[np.argmax(at)])!r}"
    if values.size == 1:
        return f"{float(values.reshape(-1)[0])!r}"
    shown = ", ".join(f"{x:.6g}" for x in values.reshape(-1)[:_SEEN])
    return f"[{shown}{', ...' if values.size > _SEEN else ''}]"


def _at(element):
    if element is None or np.ndim(element) == 0:
        return ""
    return f" (element {int(np.argmax(np.reshape(element, -1)))} of {np.size(element)}, counted in memory order)"


# ---- which thread inspects what ----


@contextmanager
def inspecting(inspector):
    """Inspect what the drivers of this thread do inside, besides what is inspected around it."""
    outer = current()
    aims = [(inspector.nan, inspector.inf, inspector.kinks)]
    aims += [(outer.nan, outer.inf, outer.kinks)] if outer is not None else []
    _threads.inspector = Inspector(*map(any, zip(*aims, strict=True)))
    level.inspect(1)
    try:
        yield
    finally:
        level.inspect(-1)
        _threads.inspector = outer


def current():
    """The inspector of this thread, None without."""
    return getattr(_threads, "inspector", None)


# ---- a function and its derivatives ----


def inspect(f, inputs, order=1, forward=False, S=None):
    """Record f once more and look at every operation, then at the derivatives that a driver is going to compute.

    Parameters
    ----------
    f, inputs
        As for `record_flat`.
    order : 0, 1 or 2
        Of the derivatives; 0 looks at values and kinks only.
    forward : bool
        Whether tangents are computed, or adjoints.
    S : ndarray, shape (n, p), optional
        Directions of the tangents.

    Raises
    ------
    NonFiniteError, NonsmoothError
        Name the operation and the user's line.
    """
    inspector = current().fresh()
    tape, slots = record_inspected(f, inputs, inspector)
    if order and (inspector.nan or inspector.inf) and slots.size and tape.n_inputs:
        if forward:
            _push(tape, inspector, np.eye(tape.n_inputs) if S is None else S)
        elif order == 1:
            _pull(tape, inspector, slots)
        if order == 2:
            _bend(tape, inspector, slots)


def record_inspected(f, inputs, inspector):
    """The sealed tape of f, every operation of which `inspector` has seen, and the slots of its outputs."""
    plain = [peek(x) if is_active(x) else x for x in inputs]
    tape, slots, _ = record_tape(lambda *numbers: _watched(f, numbers, inspector), plain, True, inspector)
    return tape, slots


def _watched(f, numbers, inspector):
    """f, with the last operation looked at too, also where f fails because of it."""
    tape = inspector.tape
    try:
        outputs = f(*numbers)
    except Exception:
        inspector.catch_up(tape)
        raise
    inspector.catch_up(tape)
    return outputs


def _structural(S):
    return np.where(S == 0.0, -0.0, S)


def _chunks(columns):
    for start in range(0, columns.shape[1], _LANES):
        yield columns[:, start : start + _LANES]


def _push(tape, inspector, S):
    """Tangents along the directions S, operation by operation."""
    for lanes in _chunks(S):
        steps = Steps(tape, lanes.shape[1], 1)
        steps.tangent[1 : 1 + tape.n_inputs] = _structural(lanes)
        for k in range(nodes.n_instructions(tape)):
            steps.push(k)
            operation = Operation(tape, k)
            for place in operation.results:
                _judge(inspector, operation, steps.tangent, place, "a derivative of its result")


def _pull(tape, inspector, slots):
    """Adjoints from every result, operation by operation, last first."""
    for lanes in _chunks(np.eye(slots.size)):
        steps = Steps(tape, lanes.shape[1], 1)
        np.add.at(steps.adjoint, slots, _structural(lanes))
        for k in reversed(range(nodes.n_instructions(tape))):
            steps.pull(k)
            operation = Operation(tape, k)
            for place in operation.operands:
                _judge(inspector, operation, steps.adjoint, place, "the derivative of the result by its operand")


def _bend(tape, inspector, slots):
    """Adjoints of both orders, from every result and along every input."""
    count = nodes.n_instructions(tape)
    for lanes in _chunks(np.eye(tape.n_inputs)):
        for slot in slots:
            steps = Steps(tape, lanes.shape[1], 2)
            steps.tangent[1 : 1 + tape.n_inputs] = _structural(lanes)
            for k in range(count):
                steps.push(k)
            steps.adjoint[slot] = 1.0
            for k in reversed(range(count)):
                steps.bend(k)
                operation = Operation(tape, k)
                for place in operation.operands:
                    _judge(inspector, operation, steps.adjoint, place, "the derivative of the result by its operand")
                    _judge(inspector, operation, steps.adjoint_dot, place, "a second derivative by its operand")


def _judge(inspector, operation, derivatives, place, what):
    if place is None:
        return
    found = derivatives[place]
    if inspector.is_trouble(found) and inspector.is_moving(place):
        at = inspector.trouble(found)
        first = float(np.reshape(found, -1)[np.argmax(np.reshape(at, -1))])
        element = at.any(axis=-1) if np.ndim(found) > np.ndim(operation.values(place)) else at
        raise inspector.non_finite(operation, f"{operation.name}: {what} is {first!r}", element)
