"""First partials of the rule table at numbers that record or carry derivatives themselves.

The kernels are the table's formulas in C, for plain floats. Here a formula is compiled to Python once, and its calls
become functions of active numbers: rows of the table, or what `trace/cases.py` writes for the functions of c/special.h.
A first partial that is a row itself (`slopes`) is recorded as that row.
A formula with a call that has no such form is taken as one operation, its value and derivative being the kernel's first
and second partials: exact for derivatives of derivatives, and refused by name beyond. Called by resweep.py and
core/resweep.pyx."""

import ast
import functools

import numpy as np

from dualtape.core import kernels
from dualtape.core.kinds import as_float64
from dualtape.core.resweep import DECISIONS
from dualtape.errors import UnsupportedOperation
from dualtape.ops import structure
from dualtape.ops.array_ops import ArrayOp, total, unbroadcast
from dualtape.ops.table import OPCODES, REAL, ROW_OF
from dualtape.trace import cases
from dualtape.trace.functions import apply, elementwise, is_active, judged, operand

_EXACT = {"sqrt": np.sqrt, "copysign": np.copysign, "rint": np.rint, "pow": np.power}
_OPERATORS = {ast.Add: "add", ast.Sub: "subtract", ast.Mult: "multiply", ast.Div: "divide"}


# The derivatives of first partials lose digits here that the second partials of the table keep.
_CANCELLING = {"pseudo_huber", "erfcx", "dawsn", "log_ndtr", "ellipk", "ellipkm1", "ellipe", "i1", "i0e"}

# d x^y/dy = x^y log(x) at x = 0 is 0 times infinity: its slopes are cases of their own, which the kernels have.
_POWERS = {"power", "float_power", "scalar_power", "powm1"}


@functools.cache
def _function(name):
    """What a call in a formula means on active numbers; None if only the kernels know."""
    if name in _EXACT:
        return _EXACT[name]
    if hasattr(cases, name):
        return getattr(cases, name)
    return functools.partial(_row, name) if name in OPCODES else None


def _row(name, *xs):
    if any(map(is_active, xs)):
        return elementwise(OPCODES[name], *xs)
    return _by_kernel(name, xs, "v", 3)


def _by_kernel(name, xs, wanted, active):
    """The value "v" or a partial of a row at plain numbers, as the kernels compute it."""
    shape = np.broadcast_shapes(*map(np.shape, xs))
    flat = [np.broadcast_to(x, shape).ravel() for x in xs]
    found = kernels.evaluate(name, *flat, order=2, active=active)[wanted].reshape(shape) + 0.0
    return found if shape else found[()]


@functools.cache
def _compiled(formula):
    """Code and names of a formula; None if a call in it cannot be differentiated again."""
    tree = structure.parse(formula)
    functions = {name: _function(name) for name in structure.calls(tree)}
    if None in functions.values():
        return None
    constants = {name: float(value) for name, value in structure.CONSTANTS.items()}
    return compile(ast.Expression(tree), f"<{formula}>", "eval"), {**constants, **functions, "__builtins__": {}}


def _evaluate(formula, **names):
    """The value of a formula that `_compiled` knows; `names` are x, y, v, both and the partials that it may use.

    Scalars are np.float64, so that 1/0 is inf as it is in C.
    """
    code, scope = _compiled(formula)
    names = {name: as_float64(x) for name, x in names.items()}
    with np.errstate(all="ignore"):
        return eval(code, scope, names)


def first(row, which, x, y, v, both):
    """First partial of a row in operand `which` (0 or 1), for a formula that is not "0"."""
    formula = getattr(row, _FIRST[row.arity][which])
    slope = row.slopes[which]
    if slope and not (_is_partly_ruled(slope) and is_active(y)):
        return _row(slope, *((x,) if row.arity == 1 else (x, y)))
    by_kernel = row.name in _CANCELLING or (row.name in _POWERS and which == 1 and np.any(judged(x) == 0.0))
    if not by_kernel and _compiled(formula) is not None:
        found = _evaluate(formula, x=x, y=y, v=v, both=1.0 if both else 0.0)
        return _row("defined", found, v) if _has_ends(row) else found
    xs = (x,) if row.arity == 1 else (x, y)
    return apply(PARTIAL, *xs, function=row.name, which=which, active=3 if both else 1 << which)


def _has_ends(row):
    """Is the row a function of SciPy's that has no value everywhere? Then neither has a partial, nor its derivative."""
    domains = (row.tested_on,) if row.arity == 1 else row.tested_on
    return row.home == "scipy.special" and any(domain is not REAL for domain in domains)


def _is_partly_ruled(slope):
    """Has the row no derivative in its second operand?"""
    return ROW_OF[slope].arity == 2 and ROW_OF[slope].dy is None


# ---- partials as operations ----


_FIRST = {1: ("d",), 2: ("dx", "dy")}
_SECOND = {1: (("dd",),), 2: (("dxx", "dxy"), ("dxy", "dyy"))}
_KERNEL = {"d": "dx", "dd": "dxx"}


def _second(row, name, xs, active):
    if not any(map(is_active, xs)):
        return _by_kernel(row.name, xs, _KERNEL.get(name, name), 3 if name == "dxy" else active)
    formula = getattr(row, name)
    if formula == "0":
        return None
    if formula is None or _compiled(formula) is None:
        return _slope_of_first(row, name, xs, active)
    names = {"x": xs[0], "y": xs[-1], "v": _row(row.name, *xs)}
    wanted = structure.names(structure.parse(formula))
    for which, partial in enumerate(_FIRST[row.arity]):
        if partial in wanted:
            names[partial] = first(row, which, xs[0], xs[-1], names["v"], active == 3)
    return _evaluate(formula, both=1.0 if active == 3 else 0.0, **names)


def _slope_of_first(row, name, xs, active):
    """A second partial whose formula has no form for active numbers: the derivative of the formula of the first."""
    from dualtape.trace.record import record_flat

    which, k = {"dd": (0, 0), "dxx": (0, 0), "dxy": (0, 1), "dyy": (1, 1)}[name]
    formula = getattr(row, _FIRST[row.arity][which])
    if formula is None or _compiled(formula) is None:
        raise UnsupportedOperation(
            f"the third derivative of {row.name} has no rule", "take derivatives of it to second order only"
        )

    def partial(t):
        ys = [t if j == k else x for j, x in enumerate(xs)]
        v = _row(row.name, *ys)
        return [operand(_evaluate(formula, x=ys[0], y=ys[-1], v=v, both=1.0 if active == 3 else 0.0))]

    shape = np.broadcast_shapes(*map(np.shape, xs))
    recording = record_flat(partial, [np.broadcast_to(xs[k], shape) if shape else xs[k]])
    return np.reshape(recording.jvp(np.ones((recording.n, 1))), shape)


def _partial(*xs, function, which, active):
    row = ROW_OF[function]
    name = _FIRST[row.arity][which]
    return _by_kernel(row.name, xs, _KERNEL.get(name, name), active)


def _partial_slopes(xs, wanted, function, which, active):
    row = ROW_OF[function]
    names = _SECOND[row.arity][which]
    return [_second(row, name, xs, active) if w else None for name, w in zip(names, wanted, strict=True)]


def _partial_jvp(x_dots, xs, v, **params):
    slopes = _partial_slopes(xs, [x_dot is not None for x_dot in x_dots], **params)
    with np.errstate(all="ignore"):
        return total(None if d is None else d * x_dot for d, x_dot in zip(slopes, x_dots, strict=True))


def _partial_vjp(v_bar, xs, v, active_operands, **params):
    slopes = _partial_slopes(xs, active_operands, **params)
    with np.errstate(all="ignore"):
        products = [None if d is None else v_bar * d for d in slopes]
        return tuple(None if d is None else unbroadcast(d, np.shape(x)) for d, x in zip(products, xs, strict=True))


PARTIAL = ArrayOp("partial", _partial, _partial_jvp, _partial_vjp)


# ---- formulas as programs, for scalars: core/resweep.pyx runs them ----


class _NoProgram(Exception):
    """The formula calls a function that is written in Python."""


class _Compiler:
    """Turns a formula into steps (op, a, b) on registers: x, y, v, both, the constants, and one for each step."""

    def __init__(self, formula):
        tree = structure.parse(formula)
        self.constants = sorted({value for value in map(self._constant, ast.walk(tree)) if value is not None})
        self.steps = []
        self.result = self._register(tree)

    @staticmethod
    def _constant(node):
        if isinstance(node, ast.Constant):
            return node.value
        is_named = isinstance(node, ast.Name) and node.id in structure.CONSTANTS
        return float(structure.CONSTANTS[node.id]) if is_named else None

    def _register(self, node):
        value = self._constant(node)
        if value is not None:
            return 4 + self.constants.index(value)
        if isinstance(node, ast.Name):
            return ("x", "y", "v", "both").index(node.id)
        if isinstance(node, ast.BinOp):
            return self._step(OPCODES[_OPERATORS[type(node.op)]], node.left, node.right)
        if isinstance(node, ast.UnaryOp):
            return self._step(OPCODES["negative"], node.operand)
        if isinstance(node, ast.Compare):
            return self._step(DECISIONS[type(node.ops[0]).__name__], node.left, node.comparators[0])
        return self._step(self._called(node.func.id), *node.args)

    @staticmethod
    def _called(name):
        if name in DECISIONS:
            return DECISIONS[name]
        if hasattr(cases, name) or name not in OPCODES:
            raise _NoProgram
        return OPCODES[name]

    def _step(self, op, *operands):
        registers = [self._register(operand) for operand in operands]
        return self.step(op, registers[0], registers[1] if len(registers) == 2 else 0)

    def step(self, op, a, b):
        """Append a step on two registers; its own register."""
        self.steps.append((op, a, b))
        return 4 + len(self.constants) + len(self.steps) - 1


def program(row, which):
    """Steps, constants and result register of a first partial; None if there is more to it than rows of the table."""
    slope = row.slopes[which]
    if slope and not _is_partly_ruled(slope):
        return [(OPCODES[slope], 0, 1)], [], 4
    if row.name in _CANCELLING:
        return None
    try:
        compiler = _Compiler(getattr(row, _FIRST[row.arity][which]))
    except _NoProgram:
        return None
    if _has_ends(row):
        compiler.result = compiler.step(OPCODES["defined"], compiler.result, 2)
    return compiler.steps, compiler.constants, compiler.result
