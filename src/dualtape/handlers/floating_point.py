"""What NumPy says of floating-point errors, where f asks for it: under ``np.errstate(divide="raise")`` the square root
of a negative number is a FloatingPointError, which f may catch. The engines compute without such errors; while f wants
to hear of them, NumPy computes the same once more."""

import functools
import operator
from importlib import import_module

import numpy as np

from dualtape.core.guards import guard_operands
from dualtape.core.level import report
from dualtape.ops.table import ROWS
from dualtape.trace.functions import peeked

_HEARD = frozenset(["raise", "call", "print", "log"])


def _is_heard():
    """Does NumPy do more than to warn, in this thread?"""
    return not _HEARD.isdisjoint(np.geterr().values())


def compute(opcode, x, y):
    """Let NumPy compute what row `opcode` of the rule table is about to, and say what it has to say."""
    row = ROWS[opcode]
    operands = (x, y)[: row.arity]
    if row.home is not None and _is_heard():
        guard_operands(operands)
        _function_of(row)(*map(peeked, operands))


def compute_array(row, operands, params):
    """The same for an array operation that is not NumPy's own."""
    if _is_heard():
        guard_operands(operands)
        row.primal(*map(peeked, operands), **params)


@functools.cache
def _function_of(row):
    if row.name == "scalar_power":
        return operator.pow
    if row.name == "ldexp":
        return lambda x, n: np.ldexp(x, np.asarray(n).astype(int))
    return getattr(import_module(row.home), row.attribute or row.name)


class ErrorState(np.errstate):
    """np.errstate, which tells the engines."""

    def __init__(self, **options):
        super().__init__(**options)
        self._options = options

    def __enter__(self):
        before = _is_heard()
        super().__enter__()
        self._change = _is_heard() - before
        report(self._change)

    def __exit__(self, *exception):
        report(-self._change)
        return super().__exit__(*exception)

    def __call__(self, function):
        @functools.wraps(function)
        def called(*args, **kwargs):
            with type(self)(**self._options):
                return function(*args, **kwargs)

        return called


def seterr(**options):
    """np.seterr, which tells the engines."""
    before = _is_heard()
    old = np.seterr(**options)
    report(_is_heard() - before)
    return old
