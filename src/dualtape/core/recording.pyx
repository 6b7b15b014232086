"""One recording from outside: start a tape, put the inputs on it, find the outputs, and show what was recorded as plain steps.

The drivers' Python (trace/record.py) lives on these; the one-shot gradient, whose overhead is counted in nanoseconds, is compiled here."""
cimport cython
cimport numpy as cnp
from cpython.float cimport PyFloat_AS_DOUBLE, PyFloat_CheckExact
from libc.stdint cimport int64_t, uint32_t
from libc.string cimport memcpy
import numpy as np

from dualtape.core.array cimport MAX_NDIM, TracedArray, new_root, store
from dualtape.core.c cimport *
from dualtape.core.engine cimport ArrayCall, Place
from dualtape.core.engine import operand_ids
from dualtape.core.level cimport enter_trace, leave_trace, trace_depth
from dualtape.core.scalar cimport TracedScalar, traced_scalar
from dualtape.core.sweeps cimport Workspace, acquire_workspace, fill_structural, release_workspace, run_adjoint
from dualtape.core.tape cimport Tape, acquire_tape, release_tape

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


# ---- the gradient of one call ----

cdef bint is_linear(const dt_instr *instr) noexcept:
    """Do the active partials need no value of an operand? Then the sweep can pass before the values are known."""
    if instr.op == OP_ADD or instr.op == OP_SUBTRACT or instr.op == OP_NEGATIVE:
        return True
    if instr.op == OP_MULTIPLY:
        return instr.active != (DT_ACTIVE_A | DT_ACTIVE_B)
    return instr.op == OP_DIVIDE and instr.active == DT_ACTIVE_A


cdef bint can_fuse(Tape tape) noexcept:
    """Is all that is pending one segment, followed by linear scalars?"""
    cdef size_t i
    if not tape.lazy or tape.c.instr[tape.evaluated].op != DT_OP_SEGMENT:
        return False
    for i in range(tape.evaluated + 1, tape.c.n_instr):
        if tape.c.instr[i].op >= DT_OP_NODE or not is_linear(&tape.c.instr[i]):
            return False
    return True


cdef object sweep_gradient(Tape tape, uint32_t out, bint is_scalar, object like):
    """One reverse sweep from slot `out`: (value, gradient)."""
    cdef Workspace memory = acquire_workspace()
    cdef dt_workspace work
    cdef size_t slots, n = tape.n_inputs, i, end
    cdef cnp.ndarray gradient
    cdef double *g
    tape.close_segment()
    slots = tape.c.n_slots
    work.adjoint = memory.reserve(slots + tape.scratch_for(1, 1))
    work.scratch = work.adjoint + slots
    work.value, work.p = tape.c.value, 1
    fill_structural(work.adjoint, slots)
    work.adjoint[out] = 1.0
    if can_fuse(tape):
        with nogil:
            end = tape.sweep_pending(&work)
    else:
        tape.flush()
        end = tape.c.n_instr
    run_adjoint(tape, &work, end)
    value = tape.c.value[out]
    if is_scalar:
        result = value, work.adjoint[1] + 0.0
    else:
        gradient = cnp.PyArray_SimpleNew(cnp.PyArray_NDIM(like), cnp.PyArray_DIMS(like), cnp.NPY_FLOAT64)
        g = <double *>cnp.PyArray_DATA(gradient)
        for i in range(n):
            g[i] = work.adjoint[i + 1] + 0.0
        result = value, gradient
    release_workspace(memory)
    return result


cdef object gradient_on(Tape tape, f, x, bint is_scalar):
    cdef object result
    if is_scalar:
        result = f(input_scalar(tape, PyFloat_AS_DOUBLE(x)))
    else:
        result = f(input_array(tape, <cnp.ndarray>x))
    if type(result) is not TracedScalar or (<TracedScalar>result).tape is not tape or tape.captures:
        return NotImplemented
    return sweep_gradient(tape, (<TracedScalar>result).slot, is_scalar, x)


def gradient(f, x):
    """(value, gradient) of f at one float or float64 ndarray; NotImplemented for whatever is not that simple.

    Not simple: another argument type, a call inside another derivative, a result that is not one scalar that depends on x. Then f may
    have been called once already."""
    cdef bint is_scalar = PyFloat_CheckExact(x)
    cdef Tape tape
    if not is_scalar and not (type(x) is np.ndarray and cnp.PyArray_TYPE(<cnp.ndarray>x) == cnp.NPY_FLOAT64
                              and cnp.PyArray_ISNOTSWAPPED(<cnp.ndarray>x) and cnp.PyArray_SIZE(<cnp.ndarray>x) > 0):
        return NotImplemented
    if trace_depth():
        return NotImplemented
    tape = acquire_tape()
    enter_trace()
    try:
        return gradient_on(tape, f, x, is_scalar)
    finally:
        leave_trace()
        release_tape(tape)


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
