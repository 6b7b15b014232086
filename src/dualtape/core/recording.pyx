"""One recording from outside: start a tape, put the inputs on it, find the outputs.

trace/record.py and trace/resweep.py live on these; core/oneshot.pyx takes the shorter way of one gradient."""
cimport numpy as cnp
from libc.stdint cimport int64_t, uint32_t
from libc.string cimport memcpy
import numpy as np

from dualtape.core.array cimport TracedArray, new_root
from dualtape.core.c cimport DT_OP_ARRAY, dt_instr, dt_node
from dualtape.core.engine import operand_ids
from dualtape.core.layout cimport MAX_NDIM
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


cdef TracedScalar input_scalar(Tape tape, double value, bint is_float):
    cdef TracedScalar x = traced_scalar(tape, tape.constant(value))
    x.is_float = is_float
    tape.n_inputs += 1
    return x


def start(list values):
    """A new tape and one traced input for each value (float or float64 ndarray)."""
    cdef Tape tape = Tape()
    return tape, [input_array(tape, x) if isinstance(x, np.ndarray) else input_scalar(tape, x, False) for x in values]


def locate(Tape tape, outputs):
    """int64 slots of the outputs, one flat array for all of them. Constants and captured numbers are put on the
    tape."""
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


# ---- what a recording costs ----

def cost(Tape tape):
    """Number of recorded operations (one on an array counts once), and bytes that they take on the tape."""
    cdef size_t i, n_ops = tape.c.n_nodes
    for i in range(tape.c.n_instr):
        n_ops += tape.c.instr[i].op < DT_OP_ARRAY
    return n_ops, (tape.c.n_slots * sizeof(double) + tape.c.n_instr * sizeof(dt_instr)
                   + tape.c.n_nodes * sizeof(dt_node) + tape.c.n_view * sizeof(int64_t) + tape.c.n_id
                   * sizeof(uint32_t))
