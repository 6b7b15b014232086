"""The array nodes of a sealed tape as plain Python data, for sweeps that are themselves recorded (core/resweep.pyx,
trace/resweep.py).

A *place* says where the elements of an operand or result are: an int (one slot for all elements), a slice (a run of
slots) or an int64 array of slots. Results that the tape never stored, because they lived only in the blocks of a
segment, get slots beyond the tape's."""
cimport cython
cimport numpy as cnp
from libc.stdint cimport int64_t, uint32_t
from libc.string cimport memcpy
import numpy as np

from dualtape.core.c cimport (
    DT_CALL, DT_CONTIGUOUS, DT_ELEMENTWISE, DT_GATHER, DT_IN_SEGMENT, DT_OP_NODE, DT_OP_SEGMENT, DT_SCALAR, DT_SUM,
    DT_SUM_AXES, dt_instr, dt_node, dt_operand,
)
from dualtape.core.engine cimport ArrayCall, Place
from dualtape.core.tape cimport Tape

cnp.import_array()

KINDS = {DT_ELEMENTWISE: "elementwise", DT_SUM: "sum", DT_SUM_AXES: "sum_axes", DT_GATHER: "gather", DT_CALL: "call"}


@cython.final
cdef class Node:
    """One array node.

    Attributes
    ----------
    kind : str
        "elementwise", "sum", "sum_axes", "gather" or "call".
    op, active : int
        Opcode and active operands (bit 0: a, bit 1: b) of an elementwise node.
    n : int
        Elements that the node runs over.
    a, b, out : place
        Operands and result; of "gather" and "sum" a alone. Of "sum_axes", out has a slot for every element of a: that
        of its sum. Of "call", a and out are lists of int64 arrays in the shape of each operand (None: not on the tape)
        and result.
    shape, axes : tuple
        Of "sum_axes": the shape of a, and what is summed.
    call : ArrayCall
        Of "call".
    """
    cdef readonly str kind
    cdef readonly unsigned op, active
    cdef readonly Py_ssize_t n
    cdef readonly object a, b, out
    cdef readonly tuple shape, axes
    cdef readonly ArrayCall call


cdef object strided(Tape tape, const dt_operand *arg):
    """int64 slots of a strided operand, flat."""
    cdef const int64_t *view = tape.c.view + arg.view
    cdef int axis, ndim = <int>view[0]
    slots = np.array(arg.at, dtype=np.int64)
    for axis in range(ndim):
        slots = slots[..., None] + np.arange(view[1 + axis], dtype=np.int64) * view[1 + ndim + axis]
    return slots.reshape(-1)


cdef object place(Tape tape, const dt_operand *arg, Py_ssize_t n, dict unstored):
    if arg.layout == DT_SCALAR:
        return int(arg.at)
    if arg.layout == DT_CONTIGUOUS:
        return slice(arg.at, arg.at + n)
    if arg.layout == DT_IN_SEGMENT:
        at = unstored.get(arg.at, tape.c.node[arg.at].out)
        return slice(at, at + n)
    return strided(tape, arg)


cdef object place_of_call(object at):
    if type(at) is not Place:
        return None
    slots = np.array(at.slot, dtype=np.int64)
    for length, stride in zip(at.shape, at.strides):
        slots = slots[..., None] + np.arange(length, dtype=np.int64) * (stride // 8)
    return slots


cdef Node describe(Tape tape, size_t k, dict unstored):
    cdef dt_node *node = &tape.c.node[k]
    cdef Node found = Node.__new__(Node)
    cdef const int64_t *view
    cdef int axis, ndim
    cdef size_t i
    cdef cnp.ndarray ids
    found.kind, found.op, found.active, found.n = KINDS[node.kind], node.op, node.active, node.n
    if node.kind == DT_CALL:
        found.call = <ArrayCall>tape.calls[node.arg[0].at]
        found.a = [place_of_call(at) for at in found.call.operands]
        found.out = [place_of_call(at) for at in found.call.results]
        return found
    if node.kind == DT_GATHER:
        ids = np.empty(node.n, dtype=np.int64)
        for i in range(node.n):
            (<int64_t *>cnp.PyArray_DATA(ids))[i] = tape.c.id[<size_t>node.arg[0].at + i]
        found.a = ids
    else:
        found.a = place(tape, &node.arg[0], node.n, unstored)
    if node.kind == DT_SUM_AXES:
        view = tape.c.view + node.arg[0].view
        ndim = <int>view[0]
        found.shape = tuple([view[1 + axis] for axis in range(ndim)])
        found.out = strided(tape, &node.arg[1])
        view = tape.c.view + node.arg[1].view
        found.axes = tuple([axis for axis in range(ndim) if view[1 + ndim + axis] == 0])
        return found
    at = unstored.get(<int64_t>k, node.out)
    found.out = int(at) if node.kind == DT_SUM else slice(at, at + <int64_t>node.n)
    if node.kind == DT_ELEMENTWISE:
        found.b = place(tape, &node.arg[1], node.n, unstored)
    return found


def nodes(Tape tape):
    """All array nodes in order, and the number of slots that they and the tape use together."""
    cdef size_t k
    cdef int64_t size = tape.c.n_slots
    cdef dict unstored = {}
    for k in range(tape.c.n_nodes):
        if tape.c.node[k].kind == DT_ELEMENTWISE and tape.c.node[k].out < 0:
            unstored[<int64_t>k] = size
            size += tape.c.node[k].n
    return [describe(tape, k, unstored) for k in range(tape.c.n_nodes)], size


def instructions(Tape tape):
    """All instructions as tuples (op, a, b, out); (None, first, last, None) for a run of nodes, last exclusive."""
    cdef size_t i
    cdef dt_instr *instr
    cdef list found = []
    for i in range(tape.c.n_instr):
        instr = &tape.c.instr[i]
        if instr.op < DT_OP_NODE:
            found.append((instr.op, instr.a, instr.b, instr.out))
        else:
            found.append((None, instr.a, instr.b if instr.op == DT_OP_SEGMENT else instr.a + 1, None))
    return found


def first_values(Tape tape, size_t size):
    """Primal values of the first `size` slots: those of the tape, NaN beyond."""
    cdef cnp.ndarray values = np.full(size, np.nan)
    memcpy(cnp.PyArray_DATA(values), tape.c.value, min(size, tape.c.n_slots) * sizeof(double))
    return values
