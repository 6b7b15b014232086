"""The short way of ``a @ b`` for small matrices and vectors of one tape: recorded and computed without the handlers,
which cost more than all the rest in a loop over such products. Called by scalar.dispatch_ufunc, which goes the general
way wherever None is returned."""
cimport numpy as cnp
from libc.stdint cimport int64_t, uint32_t
import numpy as np

from dualtape.core.array cimport TracedArray, new_root
from dualtape.core.c cimport DT_ACTIVE_A, DT_CALL, DT_MATMUL, DT_OP_NODE, dt_node
from dualtape.core.calls cimport ArrayCall, Place, note_call
from dualtape.core.engine cimport place_of
from dualtape.core.level cimport listeners
from dualtape.core.scalar cimport traced_scalar
from dualtape.core.tape cimport Tape
from dualtape.ops.array_ops import MATMUL

cnp.import_array()

cdef enum:
    SMALL = 4096            # multiplications that do not repay giving up the GIL


cdef int shape_of(Tape tape, object x, int64_t *dims) except -2:
    """Number of axes; -1 for what goes the general way."""
    cdef int axis, ndim
    cdef TracedArray traced
    if type(x) is TracedArray:
        traced = x
        if traced.tape is not tape or traced.ndim > 2:
            return -1
        for axis in range(traced.ndim):
            dims[axis] = traced.dims[axis]
        return traced.ndim if traced.ndim else -1
    if type(x) is not np.ndarray or cnp.PyArray_TYPE(x) != cnp.NPY_FLOAT64:
        return -1
    ndim = cnp.PyArray_NDIM(x)
    if ndim == 0 or ndim > 2:
        return -1
    for axis in range(ndim):
        dims[axis] = cnp.PyArray_DIM(x, axis)
    return ndim


def small_matmul(a, b):
    """``a @ b``, or None."""
    cdef Tape tape
    cdef int64_t left[2]
    cdef int64_t right[2]
    cdef int64_t dims[2]
    cdef int64_t m, n, q
    cdef int a_ndim, b_ndim, ndim = 0
    if (type(a) is not TracedArray and type(b) is not TracedArray) or listeners()[0]:
        return None
    tape = (<TracedArray>a).tape if type(a) is TracedArray else (<TracedArray>b).tape
    a_ndim, b_ndim = shape_of(tape, a, left), shape_of(tape, b, right)
    if a_ndim < 0 or b_ndim < 0 or tape.sealed or tape.c.native_loop[DT_MATMUL].run == NULL:
        return None
    n = left[a_ndim - 1]
    m = left[0] if a_ndim == 2 else 1
    q = right[1] if b_ndim == 2 else 1
    if right[0] != n or m * n * q == 0 or m * n * q > SMALL:
        return None
    if a_ndim == 2:
        dims[ndim] = m
        ndim += 1
    if b_ndim == 2:
        dims[ndim] = q
        ndim += 1
    left_place = place_of(tape, a, type(a) is TracedArray)
    return record(tape, left_place, place_of(tape, b, type(b) is TracedArray), ndim, dims)


cdef object record(Tape tape, object a, object b, int ndim, const int64_t *dims):
    """The node of a product, computed with the GIL: nobody else records meanwhile."""
    cdef TracedArray x
    cdef dt_node *node
    cdef size_t size = (dims[0] if ndim else 1) * (dims[1] if ndim == 2 else 1)
    cdef uint32_t out
    tape.flush()
    out = tape.new_slots(size)
    x = new_root(tape, ndim, dims, size)
    x.slot = out
    node = tape.new_node()
    node.kind, node.n, node.out, node.active, node.op = DT_CALL, 0, -1, DT_ACTIVE_A, 0
    node.arg[0].at = len(tape.calls)
    note_call(tape, ArrayCall(MATMUL, {}, [a, b], [Place(out, x.shape, x.strides, True)], True))
    tape.append(DT_OP_NODE, DT_ACTIVE_A, <uint32_t>(tape.c.n_nodes - 1), 0, 0)
    tape.need_scratch()
    tape.compute(tape.c.n_instr - 1, tape.c.n_instr)
    tape.evaluated = tape.c.n_instr
    return x if ndim else traced_scalar(tape, out)
