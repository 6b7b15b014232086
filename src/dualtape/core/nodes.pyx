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
    DT_CALL, DT_CONTIGUOUS, DT_ELEMENTWISE, DT_GATHER, DT_GUARD, DT_IN_SEGMENT, DT_OP_ARRAY, DT_OP_GUARD,
    DT_OP_SEGMENT, DT_SCALAR, DT_SUM, DT_SUM_AXES, dt_instr, dt_node, dt_operand,
)
from dualtape.core.engine cimport ArrayCall, Place
from dualtape.core.tape cimport Tape

cnp.import_array()

KINDS = {DT_ELEMENTWISE: "elementwise", DT_SUM: "sum", DT_SUM_AXES: "sum_axes", DT_GATHER: "gather", DT_CALL: "call",
         DT_GUARD: "guard"}


@cython.final
cdef class Node:
    """One array node.

    Attributes
    ----------
    kind : str
        "elementwise", "sum", "sum_axes", "gather", "call" or "guard".
    op, active : int
        Opcode and active operands (bit 0: a, bit 1: b) of an elementwise node.
    n : int
        Elements that the node runs over.
    operands, results : list of place
        Of "call" they are int64 arrays in the shape of the operand or result, and None for an operand that is not on
        the tape.
    sums : int64 ndarray, shape (n,)
        Of "sum_axes": the slot of the sum that each element goes to.
    shape, axes : tuple
        Of "sum_axes": the shape of the operand, and what is summed.
    call : ArrayCall
        Of "call".
    number : int
        Of "guard": its place in ``tape.guards``.
    """
    cdef readonly str kind
    cdef readonly unsigned op, active
    cdef readonly Py_ssize_t n
    cdef readonly list operands, results
    cdef readonly object sums
    cdef readonly tuple shape, axes
    cdef readonly ArrayCall call
    cdef readonly Py_ssize_t number


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


cdef object place_of_call(Place at):
    slots = np.array(at.slot, dtype=np.int64)
    for length, stride in zip(at.shape, at.strides):
        slots = slots[..., None] + np.arange(length, dtype=np.int64) * (stride // 8)
    return slots


cdef object gathered(Tape tape, const dt_node *node):
    """Slots that a gather reads."""
    cdef cnp.ndarray ids = np.empty(node.n, dtype=np.int64)
    cdef int64_t *id = <int64_t *>cnp.PyArray_DATA(ids)
    cdef size_t i
    for i in range(node.n):
        id[i] = tape.c.id[<size_t>node.arg[0].at + i]
    return ids


cdef int describe_sum_axes(Tape tape, const dt_node *node, Node found) except -1:
    cdef const int64_t *source = tape.c.view + node.arg[0].view
    cdef const int64_t *target = tape.c.view + node.arg[1].view
    cdef int axis, ndim = <int>source[0]
    found.shape = tuple([source[1 + axis] for axis in range(ndim)])
    found.axes = tuple([axis for axis in range(ndim) if target[1 + ndim + axis] == 0])
    found.sums = strided(tape, &node.arg[1])
    first = tuple([0 if axis in found.axes else slice(None) for axis in range(ndim)])
    found.operands = [strided(tape, &node.arg[0])]
    found.results = [found.sums.reshape(found.shape)[first].reshape(-1) if node.n else found.sums]
    return 0


cdef Node describe(Tape tape, size_t k, dict unstored):
    cdef dt_node *node = &tape.c.node[k]
    cdef Node found = Node.__new__(Node)
    found.kind, found.op, found.active, found.n = KINDS[node.kind], node.op, node.active, node.n
    if node.kind == DT_SUM_AXES:
        describe_sum_axes(tape, node, found)
    elif node.kind == DT_CALL:
        found.call = <ArrayCall>tape.calls[node.arg[0].at]
        found.operands = [place_of_call(at) if type(at) is Place else None for at in found.call.operands]
        found.results = [place_of_call(at) for at in found.call.results]
    elif node.kind == DT_GATHER:
        found.operands, found.results = [gathered(tape, node)], [slice(node.out, node.out + <int64_t>node.n)]
    elif node.kind == DT_GUARD:
        found.operands, found.results = [place(tape, &node.arg[0], node.n, unstored)], []
        found.number = node.out
    elif node.kind == DT_SUM:
        found.operands, found.results = [place(tape, &node.arg[0], node.n, unstored)], [int(node.out)]
    else:
        at = unstored.get(<int64_t>k, node.out)
        found.results = [slice(at, at + <int64_t>node.n)]
        found.operands = [place(tape, &node.arg[0], node.n, unstored)]
        if tape.c.library.ops[node.op].arity == 2:
            found.operands.append(place(tape, &node.arg[1], node.n, unstored))
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
        if instr.op < DT_OP_ARRAY:
            found.append((instr.op, instr.a, instr.b, instr.out))
        elif instr.op != DT_OP_GUARD:
            found.append((None, instr.a, instr.b if instr.op == DT_OP_SEGMENT else instr.a + 1, None))
    return found


def outline(Tape tape):
    """What every instruction is: an opcode, None for a guard, or the nodes (first, last), last exclusive."""
    cdef size_t i
    cdef dt_instr *instr
    cdef list found = []
    for i in range(tape.c.n_instr):
        instr = &tape.c.instr[i]
        if instr.op < DT_OP_ARRAY:
            found.append(instr.op)
        elif instr.op == DT_OP_GUARD:
            found.append(None)
        else:
            found.append((instr.a, instr.b if instr.op == DT_OP_SEGMENT else instr.a + 1))
    return found


def operation(Tape tape, size_t i):
    """Instruction i: a `Node`; of a scalar the tuple (op, active, a, b, out), of a decision on scalars the tuple
    (None, comparison, a, b, None)."""
    cdef dt_instr *instr = &tape.c.instr[i]
    if instr.op < DT_OP_ARRAY:
        return instr.op, instr.active, instr.a, instr.b, instr.out
    if instr.op == DT_OP_GUARD:
        return None, instr.active, instr.a, instr.b, None
    return describe(tape, instr.a, {})


def values_at(Tape tape, place):
    """Primal values at a place, as a new array or float."""
    cdef cnp.npy_intp n = tape.c.n_slots
    slots = cnp.PyArray_SimpleNewFromData(1, &n, cnp.NPY_FLOAT64, tape.c.value)
    return float(slots[place]) if isinstance(place, int) else np.array(slots[place])


def n_instructions(Tape tape):
    return tape.c.n_instr


def first_values(Tape tape, size_t size):
    """Primal values of the first `size` slots: those of the tape, NaN beyond."""
    cdef cnp.ndarray values = np.full(size, np.nan)
    memcpy(cnp.PyArray_DATA(values), tape.c.value, min(size, tape.c.n_slots) * sizeof(double))
    return values
