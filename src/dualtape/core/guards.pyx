"""Decisions on traced arrays. Whatever f learns about a value is a decision; while a program is recorded it is guarded,
so that a replay goes the same way or stops. Scalars guard their comparisons themselves (scalar.pyx), what NumPy's
functions decide is in trace/decisions.py."""
cimport numpy as cnp
from cpython.object cimport Py_EQ, Py_GE, Py_GT, Py_LE, Py_LT, Py_NE
from libc.stdint cimport uint32_t
import numpy as np

from dualtape.core.array cimport TracedArray, arena_view, at_position, ids_of, readable, store
from dualtape.core.c cimport DT_NO_RULE, OP_FMAX, OP_FMIN, OP_MAXIMUM, OP_MINIMUM, dt_op
from dualtape.core.engine import gather
from dualtape.core.kernels cimport library
from dualtape.core.scalar cimport TracedScalar
from dualtape.core.tape cimport Tape

cnp.import_array()

cdef dict COMPARISONS = {Py_LT: np.less, Py_LE: np.less_equal, Py_GT: np.greater, Py_GE: np.greater_equal,
                         Py_EQ: np.equal, Py_NE: np.not_equal}


def compared(TracedArray x, other, int op):
    """x <op> other: a bool array; in a program that is being recorded, what np.less and the others make of it."""
    if x.tape.guards is not None or getattr(other, "is_guarded", False):
        return COMPARISONS[op](x, other)
    x.tape.hold()
    try:
        return COMPARISONS[op](arena_view(x), other.primal if getattr(other, "engine", None) is not None else other)
    finally:
        x.tape.let_go()


def truth(TracedArray x):
    """bool(x)."""
    if x.tape.guards is None or x.size != 1:
        return bool(arena_view(x))
    x = readable(x)
    return bool(at_position(x, x.offset))


def needs_constants(unsigned op):
    """Does it matter whether an operand of op is a constant? At a tie it does, and where there is no derivative."""
    cdef const dt_op *row = &library().ops[op]
    return (op == OP_MAXIMUM or op == OP_MINIMUM or op == OP_FMAX or op == OP_FMIN or row.dx == DT_NO_RULE
            or row.dy == DT_NO_RULE)


def guard(x, what):
    """f has looked at a traced number, at `what`: a replay checks that its values are the same, bit for bit."""
    cdef TracedArray array
    cdef Tape tape
    if type(x) is TracedScalar:
        tape = (<TracedScalar>x).tape
        tape.flush()
        tape.guard_elements((<TracedScalar>x).slot, 1, what)
        return
    array = readable(<TracedArray>x)
    if array.owner().constant or not array.size:
        return
    if not array.contiguous:
        array = (<TracedArray>gather(array.tape, ids_of(array))).owner()    # in whatever order: every element once
    store(array)
    array.tape.guard_elements(<uint32_t>(array.owner().slot + array.offset), array.size, what)


def guard_operands(operands):
    """An operation on them has failed. f may catch the error: then it has decided on these values."""
    for x in operands:
        if getattr(x, "is_guarded", False):
            guard(x, "values in an operation that failed")
