"""Sums on the tape: all elements in one DT_SUM node, some axes in one DT_SUM_AXES node. Their values are NumPy's, whose
order of addition follows the memory order. Called by engine.pyx, and by array.pyx for ``x.sum()``."""
cimport numpy as cnp
from libc.stdint cimport int64_t, uint32_t
import numpy as np

from dualtape.core.array cimport LAZY_SIZE, TracedArray, arena_view, at_position, new_view, readable, resolve
from dualtape.core.c cimport (
    DT_ACTIVE_A, DT_CONTIGUOUS, DT_OP_NODE, DT_SCALAR, DT_STRIDED, DT_SUM, DT_SUM_AXES, dt_node)
from dualtape.core.engine cimport computed_array
from dualtape.core.layout cimport MAX_NDIM, arrange, memory_order, operand, place_operand
from dualtape.core.scalar cimport TracedScalar, traced_scalar
from dualtape.core.tape cimport Tape

from dualtape.core.engine import as_traced

cnp.import_array()


cdef TracedArray in_memory_order(TracedArray x):
    """x with its axes transposed so that its elements are in C order; None if there are gaps. NumPy sums in this order.
    """
    cdef operand o, none
    cdef int order[MAX_NDIM]
    if x.contiguous or x.owner().ids is not None:
        return x if x.contiguous else None
    o.ndim, o.dims, o.steps, o.size = x.ndim, x.dims, x.steps, x.size
    none.ndim = 0
    memory_order(&o, &none, x.ndim, order)
    arrange(&o, order, x.ndim)
    return new_view(x, x.offset, x.ndim, o.dims, o.steps) if o.contiguous else None


def sum_dense(TracedArray x):
    """x.sum() of elements that lie without gaps, None for others: one DT_SUM node, in the open segment if x is large.
    """
    cdef Tape tape = x.tape
    cdef operand o
    cdef dt_node *node
    cdef size_t k
    cdef uint32_t out
    cdef bint lazy = x.size >= LAZY_SIZE and tape.inspector is None
    x = in_memory_order(readable(x))
    if x is None:
        return None
    if lazy:
        tape.open_segment(x.size)
    else:
        tape.flush()
    resolve(tape, x, &o)
    k = tape.c.n_nodes
    node = tape.new_node()
    out = tape.new_slots(1)
    node.kind, node.op, node.n, node.active, node.out = DT_SUM, 0, x.size, DT_ACTIVE_A, out
    place_operand(tape, &node.arg[0], &o, x.ndim, x.dims, x.size)
    if lazy:
        tape.keep_alive_table()      # the new node may have made the table of nodes grow
        tape.alive[k] = NULL
    else:
        if node.arg[0].layout == DT_SCALAR:
            node.arg[0].layout = DT_CONTIGUOUS
        tape.evaluate_last()
    return traced_scalar(tape, out)


cdef object sum_axes(Tape tape, TracedArray x, object axis, bint keepdims):
    """x.sum(axis): NumPy's value; one DT_SUM_AXES node whose result has stride 0 along the summed axes."""
    cdef dt_node *node
    cdef TracedArray out
    cdef int64_t dims[MAX_NDIM]
    cdef int64_t steps[MAX_NDIM]
    cdef int k, own
    cdef uint32_t from_view, to_view, first
    x = readable(x)
    tape.hold()
    try:
        total = np.add.reduce(arena_view(x), axis=axis, keepdims=keepdims)
    finally:
        tape.let_go()
    tape.flush()          # what another thread of f has recorded meanwhile
    axes = range(x.ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    axes = [k + x.ndim if k < 0 else k for k in axes]
    out = computed_array(tape, np.asarray(total))
    own = 0
    for k in range(x.ndim):
        dims[k] = x.dims[k]
        steps[k] = 0 if k in axes else out.steps[own]
        own += 1 if keepdims or k not in axes else 0
    from_view = tape.new_view(x.ndim, x.dims, x.steps)
    to_view = tape.new_view(x.ndim, dims, steps)
    node = tape.new_node()
    first = <uint32_t>out.owner().slot
    node.kind, node.n, node.out, node.active, node.op = DT_SUM_AXES, x.size, first, DT_ACTIVE_A, 0
    node.arg[0].at, node.arg[0].view, node.arg[0].layout = x.owner().slot + x.offset, from_view, DT_STRIDED
    node.arg[1].at, node.arg[1].view, node.arg[1].layout = first, to_view, DT_STRIDED
    tape.append(DT_OP_NODE, DT_ACTIVE_A, <uint32_t>(tape.c.n_nodes - 1), 0, first)
    tape.evaluated = tape.c.n_instr
    return traced_scalar(tape, first) if out.ndim == 0 else out


def sum_op(Tape tape, x, axis=None, keepdims=False):
    cdef TracedArray array
    x = as_traced(tape, x)
    if type(x) is TracedScalar:
        return (<TracedScalar>x).of_kind(False)
    array = x
    if axis is None and not keepdims and array.size:
        total = sum_dense(array)
        if total is not None:
            return total
    if array.ndim == 0:
        return at_position(array, array.offset)
    return sum_axes(tape, array, axis, keepdims)
