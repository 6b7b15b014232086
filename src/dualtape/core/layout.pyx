"""Layouts of operands: how shapes broadcast, in which memory order a result is laid out, and how a node finds the
elements of an operand. Arithmetic on shapes and steps alone; array.pyx does the recording.

NumPy keeps the memory order of the operands (order "K") and sums in memory order: so do we, bit for bit."""
cimport numpy as cnp
from libc.stdint cimport int64_t, uint32_t
from libc.stdlib cimport llabs
import numpy as np

from dualtape.core.c cimport DT_CONTIGUOUS, DT_IN_SEGMENT, DT_SCALAR, DT_STRIDED, dt_operand
from dualtape.core.tape cimport Tape
from dualtape.errors import UnsupportedOperation

cnp.import_array()


cdef int check_ndim(int ndim) except -1:
    """Before the axes of a foreign array are written into room for MAX_NDIM."""
    if ndim > MAX_NDIM:
        raise UnsupportedOperation(
            f"an array with {ndim} axes was recorded; dualtape takes up to {MAX_NDIM}", "reshape it to fewer axes")
    return 0


cdef void contiguous_steps(int ndim, const int64_t *dims, int64_t *steps) noexcept:
    cdef int64_t step = 1
    cdef int axis
    for axis in range(ndim - 1, -1, -1):
        steps[axis] = step
        step *= dims[axis]


cdef bint same_shape(const operand *a, const operand *b) noexcept:
    cdef int axis
    if a.ndim != b.ndim:
        return False
    for axis in range(a.ndim):
        if a.dims[axis] != b.dims[axis]:
            return False
    return True


cdef int broadcast(const operand *a, const operand *b, int64_t *dims) except -1:
    """Shape of the result; NumPy's own error where there is none."""
    cdef int ndim = max(a.ndim, b.ndim), axis
    cdef int64_t m, n
    for axis in range(ndim):
        m = a.dims[axis - ndim + a.ndim] if axis >= ndim - a.ndim else 1
        n = b.dims[axis - ndim + b.ndim] if axis >= ndim - b.ndim else 1
        if m != n and m != 1 and n != 1:
            np.add(np.broadcast_to(0.0, [a.dims[i] for i in range(a.ndim)]),
                   np.broadcast_to(0.0, [b.dims[i] for i in range(b.ndim)]))
        dims[axis] = n if m == 1 else m
    return ndim


cdef int place_operand(Tape tape, dt_operand *to, const operand *o, int ndim, const int64_t *dims, size_t n) except -1:
    """Layout of an operand in a node over `dims`: axes of length 1 are repeated with stride 0."""
    cdef int64_t steps[MAX_NDIM]
    cdef int axis, lag = ndim - o.ndim
    cdef uint32_t view
    to.at = o.slot
    to.view = 0
    if o.size == n and o.contiguous and o.slot >= 0:
        to.layout = DT_CONTIGUOUS
    elif o.slot < 0:
        to.layout, to.at = DT_IN_SEGMENT, o.node
    elif o.size == 1:
        to.layout = DT_SCALAR
    else:
        for axis in range(ndim):
            steps[axis] = o.steps[axis - lag] if axis >= lag and o.dims[axis - lag] != 1 else 0
        view = tape.new_view(ndim, dims, steps)
        to.layout, to.view = DT_STRIDED, view
    return 0


cdef list memory_axes(cnp.ndarray x):
    """Axes of an array from the outermost in memory to the innermost; None for C order."""
    strides = (<object>x).strides
    order = sorted(range(cnp.PyArray_NDIM(x)), key=lambda axis: -abs(strides[axis]))
    return None if cnp.PyArray_IS_C_CONTIGUOUS(x) or order == list(range(len(order))) else order


cpdef cnp.ndarray copied_as_laid(x):
    """A copy of an ndarray with its strides, gaps and reversed axes too: on those depend NumPy's loops, to the last
    bit, and the order of what they make. An array that is spread over much more memory than it needs, or repeats
    elements, is copied without gaps."""
    cdef cnp.ndarray copied = x.copy("K"), memory
    cdef Py_ssize_t below = 0, extent = 1, reach, itemsize = x.itemsize
    cdef int axis
    if (<object>copied).strides == x.strides or not copied.size:
        return copied
    for axis in range(copied.ndim):
        reach = (x.shape[axis] - 1) * x.strides[axis]
        if reach % itemsize or (reach == 0 and x.shape[axis] > 1):
            return copied
        below -= min(reach // itemsize, 0)
        extent += abs(reach // itemsize)
    if extent > MOST_GAPS * copied.size:
        return copied
    memory = np.zeros(extent, dtype=x.dtype)
    copied = np.ndarray(x.shape, x.dtype, memory, below * itemsize, x.strides)
    copied[...] = x
    return copied


cdef int64_t step_along(const operand *o, int axis, int ndim) noexcept:
    """Step of an operand along an axis of the result, 0 where it is repeated."""
    cdef int own = axis - ndim + o.ndim
    return 0 if own < 0 or o.dims[own] == 1 else abs(o.steps[own])


cdef bint memory_order(const operand *a, const operand *b, int ndim, int *order) noexcept:
    """Axes from outermost to innermost as NumPy's iterator orders them for two operands; False if that is C order.

    Insertion sort by step, from the inside out; an axis moves inwards only past axes that some operand says are
    wider, and no operand says are not. (NumPy's nditer with order "K".)"""
    cdef const operand *operands[2]
    cdef int inside[MAX_NDIM]     # innermost first
    cdef int i, j, k, place, axis
    cdef bint known, narrower, changed = False
    cdef int64_t mine, other
    operands[0], operands[1] = a, b
    for i in range(ndim):
        inside[i] = ndim - 1 - i
    for i in range(1, ndim):
        axis, place = inside[i], i
        for j in range(i - 1, -1, -1):
            known = narrower = False
            for k in range(2):
                mine, other = step_along(operands[k], axis, ndim), step_along(operands[k], inside[j], ndim)
                if mine and other:
                    if other <= mine:
                        narrower = False
                    elif not known:
                        narrower = True
                    known = True
            if known and not narrower:
                break
            if known:
                place = j
        for j in range(i, place, -1):
            inside[j] = inside[j - 1]
        inside[place] = axis
    for i in range(ndim):
        order[i] = inside[ndim - 1 - i]
        changed |= order[i] != i
    return changed


cdef int arrange(operand *o, const int *order, int ndim) noexcept:
    """Permutes the axes of an operand; is it in C order afterwards?"""
    cdef int64_t step = 1
    cdef int axis, own
    for axis in range(ndim):
        own = order[axis] - ndim + o.ndim
        o.own_dims[axis] = o.dims[own] if own >= 0 else 1
        o.own_steps[axis] = o.steps[own] if own >= 0 else 0
    o.dims, o.steps, o.ndim = o.own_dims, o.own_steps, ndim
    o.contiguous = True
    for axis in range(ndim - 1, -1, -1):
        if o.dims[axis] != 1 and o.steps[axis] != step:
            o.contiguous = o.size == 1
        step *= o.dims[axis]
    return 0


cdef bint may_be_tied(Tape tape, const operand *x, const operand *y) noexcept:
    """Could two active operands have an equal element? In a program that is being recorded: at some point."""
    cdef const double *u = tape.c.value + x.slot
    cdef const double *v = tape.c.value + y.slot
    cdef size_t i
    if tape.guards is not None or tape.lazy or not x.contiguous or not y.contiguous or x.slot < 0 or y.slot < 0:
        return True
    if x.size != y.size and x.size != 1 and y.size != 1:
        return True
    for i in range(max(x.size, y.size)):
        if u[i if x.size > 1 else 0] == v[i if y.size > 1 else 0]:
            return True
    return False


cdef bint may_share(int ndim, const int64_t *dims, const int64_t *steps) noexcept:
    """May two elements of a view be the same, as in windows that overlap? Not if along every axis a step is longer than
    all shorter ones reach together."""
    cdef int64_t reach
    cdef int axis, other
    for axis in range(ndim):
        if dims[axis] < 2:
            continue
        reach = 0
        for other in range(ndim):
            if dims[other] > 1 and (llabs(steps[other]) < llabs(steps[axis])
                                    or (other < axis and llabs(steps[other]) == llabs(steps[axis]))):
                reach += llabs(steps[other]) * (dims[other] - 1)
        if llabs(steps[axis]) <= reach:
            return True
    return False
