"""One recording from outside: start a tape, put the inputs on it, find the outputs, and show what was recorded as plain steps.

trace/record.py and trace/resweep.py live on these; core/oneshot.pyx takes the shorter way of one gradient."""
cimport numpy as cnp
from libc.stdint cimport int64_t, uint32_t
from libc.string cimport memcpy
import numpy as np

from dualtape.core.array cimport MAX_NDIM, TracedArray, new_root
from dualtape.core.c cimport *
from dualtape.core.engine cimport ArrayCall, Place
from dualtape.core.engine import operand_ids
from dualtape.core.scalar cimport TracedScalar, traced_scalar
from dualtape.core.tape cimport Tape

cnp.import_array()


# ---- inputs and outputs ----

cdef TracedArray input_array(Tape tape, cnp.ndarray values):
    cdef int64_t dims[MAX_NDIM]
    cdef cnp.ndarray source = values
    cdef Py_ssize_t n = cnp.PyArray_SIZE(values)
    cdef int axis, ndim = cnp.PyArray_NDIM(values)
    cdef TracedArray x
    if not cnp.PyArray_IS_C_CONTIGUOUS(values):
        source = np.ascontiguousarray(values)
    for axis in range(min(ndim, MAX_NDIM)):
        dims[axis] = cnp.PyArray_DIM(values, axis)
    x = new_root(tape, ndim, dims, n)
    x.slot = tape.new_slots(n)
    memcpy(tape.c.value + x.slot, cnp.PyArray_DATA(source), n * sizeof(double))
    tape.n_inputs += n
    return x


cdef TracedScalar input_scalar(Tape tape, double value):
    tape.n_inputs += 1
    return traced_scalar(tape, tape.constant(value))


def start(list values):
    """A new tape and one traced input for each value (float or float64 ndarray)."""
    cdef Tape tape = Tape()
    return tape, [input_array(tape, x) if isinstance(x, np.ndarray) else input_scalar(tape, x) for x in values]


def locate(Tape tape, outputs):
    """int64 slots of the outputs, one flat array for all of them. Constants and captured numbers are put on the tape."""
    ids = [np.ravel(operand_ids(tape, x)) for x in outputs]
    return np.ascontiguousarray(np.concatenate(ids) if ids else np.zeros(0), dtype=np.int64)


def values_at(Tape tape, const int64_t[::1] ids):
    """Primal values in slots, as a new array."""
    cdef Py_ssize_t i, n = ids.shape[0]
    cdef double[::1] out = np.empty(n)
    tape.flush()
    for i in range(n):
        out[i] = tape.c.value[ids[i]]
    return np.asarray(out)


# ---- steps: the recording as plain data, for derivatives of derivatives ----

cdef object operand_slots(Tape tape, const dt_operand *arg, size_t n, dict places):
    """Slots of a node's operand over its n elements: an int for one slot, a slice for a run, else an int64 array."""
    cdef const int64_t *view
    cdef int ndim, axis
    if arg.layout == DT_SCALAR:
        return int(arg.at)
    if arg.layout == DT_CONTIGUOUS:
        return slice(arg.at, arg.at + <int64_t>n)
    if arg.layout == DT_IN_SEGMENT:
        at = places[arg.at]
        return slice(at, at + n)
    view = tape.c.view + arg.view
    ndim = view[0]
    slots = np.array(arg.at, dtype=np.int64)
    for axis in range(ndim):
        slots = slots[..., None] + np.arange(view[1 + axis], dtype=np.int64) * view[1 + ndim + axis]
    return slots.reshape(-1)


cdef object place_slots(object at):
    """int64 slots of an operand or result of an array call, in its shape; None for a plain value."""
    if type(at) is not Place:
        return None
    slots = np.array(at.slot, dtype=np.int64)
    for length, stride in zip(at.shape, at.strides):
        slots = slots[..., None] + np.arange(length, dtype=np.int64) * (stride // 8)
    return slots


def steps(Tape tape):
    """The recording as a list of tuples, in order, and the number of slots they use.

    ("elementwise", opcode, active, a, b, out), ("sum", None, 1, a, None, out), ("gather", ids, 1, None, None, out) with
    ids int64, ("sum_axes", None, 1, from ids, to ids, None), ("call", ArrayCall, active, operand slots, None, result slots).
    a, b and out are an int, a slice or an int64 array. Results that were never stored get slots beyond the tape's."""
    cdef size_t i, k
    cdef dt_instr *instr
    cdef dt_node *node
    cdef int64_t next_slot = tape.c.n_slots
    cdef list found = []
    cdef dict places = {}
    for i in range(tape.c.n_instr):
        instr = &tape.c.instr[i]
        if instr.op < DT_OP_NODE:
            found.append(("elementwise", instr.op, instr.active, instr.a, instr.b, instr.out))
            continue
        for k in range(instr.a, instr.b if instr.op == DT_OP_SEGMENT else instr.a + 1):
            node = &tape.c.node[k]
            if node.kind == DT_ELEMENTWISE:
                at = node.out
                if at < 0:
                    at = next_slot
                    next_slot += node.n
                places[<int64_t>k] = at
                found.append(("elementwise", node.op, node.active, operand_slots(tape, &node.arg[0], node.n, places),
                              operand_slots(tape, &node.arg[1], node.n, places), slice(at, at + node.n)))
            elif node.kind == DT_SUM:
                found.append(("sum", None, 1, operand_slots(tape, &node.arg[0], node.n, places), None, int(node.out)))
            elif node.kind == DT_GATHER:
                ids = np.array([tape.c.id[node.arg[0].at + j] for j in range(node.n)], dtype=np.int64)
                found.append(("gather", ids, 1, None, None, slice(node.out, node.out + <int64_t>node.n)))
            elif node.kind == DT_SUM_AXES:
                found.append(("sum_axes", None, 1, operand_slots(tape, &node.arg[0], node.n, places),
                              operand_slots(tape, &node.arg[1], node.n, places), None))
            else:
                call = <ArrayCall>tape.calls[node.arg[0].at]
                found.append(("call", call, 1, [place_slots(at) for at in call.operands], None, [place_slots(at) for at in call.results]))
    return found, int(next_slot)


def all_values(Tape tape, size_t n):
    """Primal values of the first n slots; those beyond the tape's own are NaN until a step computes them."""
    cdef cnp.ndarray out = np.full(n, np.nan)
    memcpy(cnp.PyArray_DATA(out), tape.c.value, min(n, tape.c.n_slots) * sizeof(double))
    return out
