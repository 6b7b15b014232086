"""What Python's floats refuse: ``1.0/0.0``, ``0.0**-1.0``, ``10.0**400.0``, ``math.log(0.0)``, where NumPy's scalars
give inf or NaN. A finite result was not refused: only others are looked at, and a program guards that they stay finite.
Called by both engines and by the functions of `math`."""
import math
import operator

from dualtape.core.c cimport OP_DIVIDE, OP_FLOOR_DIVIDE, OP_REMAINDER, OP_SCALAR_POWER

_OPERATORS = {OP_DIVIDE: operator.truediv, OP_FLOOR_DIVIDE: operator.floordiv, OP_REMAINDER: operator.mod,
              OP_SCALAR_POWER: operator.pow}

# Functions of `math` that take every finite number.
ENDLESS = frozenset("asinh atan cbrt copysign cos degrees erf erfc fabs radians sin tan tanh".split())
# What the others give where they refuse: NaN is neither larger nor smaller than an infinity.
_NEVER_INFINITE = frozenset("acos acosh asin log log10 log1p log2 sqrt".split())
_NEVER_MINUS_INFINITE = frozenset("cosh exp exp2 expm1 lgamma".split())


def as_python(op, a, b, result):
    """What `result`, which is a op b of Python's floats, is to be: itself, Python's error or a complex number."""
    if math.isfinite(_plain(result)):
        if op == OP_SCALAR_POWER:
            if not _is_whole(b):
                guard_finite(result)
        elif hasattr(b, "is_float"):
            b == 0.0        # decided, and so guarded
        return result
    try:
        found = _OPERATORS[op](_plain(a), _plain(b))
    except ArithmeticError:
        guard_refused((a, b))
        raise
    if type(found) is complex:
        from dualtape.trace.functions import foreign_handler
        guard_refused((a, b))
        return foreign_handler("builtins.complex")(a)**b
    guard_refused((result,))
    return result


def _is_whole(exponent):
    """A constant 0, 1, 2...: no base is refused, but by overflow."""
    return not hasattr(exponent, "is_float") and exponent >= 0 and exponent == exponent // 1


def _plain(number):
    return number.peek() if hasattr(number, "is_guarded") else getattr(number, "primal", number)


def guard_finite(result, name=""):
    """In a program: that this number, of which Python would refuse any other, stays finite. `name` is the function of
    `math` that gave it, if it has one argument."""
    if getattr(result, "is_guarded", False):
        if math.isfinite(result.peek()):        # what follows is decided, and so guarded
            if name not in _NEVER_MINUS_INFINITE:
                result > -math.inf
            if name not in _NEVER_INFINITE:
                result < math.inf
        else:
            guard_refused((result,))


def guard_refused(operands):
    """An operation on them was refused, or might have been with others: f, which may catch the error, has decided on
    these values."""
    from dualtape.core.guards import guard_operands
    guard_operands(operands)
