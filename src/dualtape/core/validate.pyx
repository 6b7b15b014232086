"""What the sweeps take for granted about a tape, checked: every slot, node, view and index is in range, every slot is
computed once and before it is read, nothing is larger than a bound.

The C sweeps trust the tape (c/tape.h), so a tape that comes from a file is checked here before anything else touches
it; core/archive.pyx is the only caller in production, the tests call it on every tape they can get. One function per
kind of node says what that kind touches: a new kind is one entry in `claim_node` and one in `follow_node`."""
cimport cython
cimport numpy as cnp
from libc.stdint cimport int64_t, uint8_t, uint32_t
from libc.string cimport memchr, memset
import numpy as np

from dualtape.core.c cimport (
    DT_ACTIVE_A, DT_ACTIVE_B, DT_CALL, DT_CONTIGUOUS, DT_ELEMENTWISE, DT_GATHER, DT_GREATER_EQUAL, DT_GUARD,
    DT_IN_SEGMENT, DT_NO_RULE, DT_OP_ARRAY, DT_OP_GUARD, DT_OP_NODE, DT_OP_SEGMENT, DT_SCALAR, DT_STRIDED, DT_SUM,
    DT_SUM_AXES, dt_instr, dt_node, dt_op, dt_operand)
from dualtape.core.calls cimport ArrayCall, Place
from dualtape.core.layout cimport MAX_NDIM
from dualtape.core.tape cimport Tape

cnp.import_array()

cdef enum state:
    FREE          # nobody writes to the slot: a constant, an input or the structural zero
    PENDING       # somebody will
    DONE          # somebody has

cdef enum access:
    READ          # must not be PENDING
    CLAIM         # FREE becomes PENDING: each slot has one writer
    SETTLE        # becomes DONE


cdef bint is_dense(int ndim, const int64_t *shape, const int64_t *stride) noexcept:
    """Do elements lie without gaps, with the axes in some order? Those of stride 0 are left out."""
    cdef int64_t step = 1
    cdef int axis, left = 0
    for axis in range(ndim):
        left += shape[axis] != 1 and stride[axis] != 0
    while left:
        for axis in range(ndim):
            if shape[axis] != 1 and stride[axis] == step:
                break
        else:
            return False
        step *= shape[axis]
        left -= 1
        if not step:
            return True
    return True


class UnsoundTape(ValueError):
    """A tape that a sweep must not see."""


class TooLarge(UnsoundTape):
    """A tape with an array of more elements than are allowed."""


@cython.final
cdef class Examination:
    """One pass over the instructions to see who writes where, and one to see that everything is there when it is read.
    """
    cdef Tape tape
    cdef cnp.ndarray states, guarded, called
    cdef uint8_t *state
    cdef int64_t n_slots, largest
    cdef size_t at, next_node

    def __init__(self, Tape tape, Py_ssize_t largest):
        self.tape, self.largest, self.n_slots = tape, largest, tape.c.n_slots
        self.states = np.zeros(self.n_slots, dtype=np.uint8)
        self.state = <uint8_t *>cnp.PyArray_DATA(self.states)
        self.guarded = np.zeros(len(tape.guards or ()), dtype=bool)
        self.called = np.zeros(len(tape.calls), dtype=bool)

    cdef int refuse(self, str what) except -1:
        raise UnsoundTape(f"instruction {self.at}: {what}")

    cdef int refuse_size(self, object n) except -1:
        raise TooLarge(f"an array of {n} elements")

    # ---- slots ----

    cdef int in_range(self, int64_t first, int64_t n) except -1:
        if n < 0 or n > self.n_slots or first < 0 or first > self.n_slots - n:
            self.refuse(f"slots {first} to {<object>first + n} are not among the {self.n_slots} that there are")
        return 0

    cdef int touch_one(self, int64_t slot, access how) except -1:
        cdef uint8_t *state = &self.state[slot]
        if how == READ:
            if state[0] == PENDING:
                self.refuse(f"slot {slot} is read before it is computed")
        elif how == SETTLE:
            state[0] = DONE
        elif state[0] != FREE or slot <= <int64_t>self.tape.n_inputs:
            self.refuse(f"slot {slot} is written twice, or is an input or the structural zero")
        else:
            state[0] = PENDING
        return 0

    cdef int touch(self, int64_t first, int64_t n, access how) except -1:
        """Slots [first, first + n)."""
        cdef int64_t i
        self.in_range(first, n)
        if how == READ:
            if n and memchr(self.state + first, PENDING, n) != NULL:
                self.refuse(f"slots {first} to {first + n} are read before they are computed")
        elif how == SETTLE:
            memset(self.state + first, DONE, n)
        else:
            for i in range(first, first + n):
                self.touch_one(i, CLAIM)
        return 0

    cdef int touch_strided(self, int64_t first, int ndim, const int64_t *shape, const int64_t *stride,
                           access how) except -1:
        """The elements of a strided array; every one of them once."""
        cdef int64_t length[MAX_NDIM]
        cdef int64_t step[MAX_NDIM]
        cdef int64_t index[MAX_NDIM]
        cdef int64_t lowest = first, highest = first, slot = first, i
        cdef int axis, axes = 0
        for axis in range(ndim):
            if shape[axis] == 0:
                return 0
            if shape[axis] == 1 or stride[axis] == 0:
                continue
            length[axes], step[axes], index[axes] = shape[axis], stride[axis], 0
            if step[axes] > 0:
                highest += (length[axes] - 1) * step[axes]
            else:
                lowest += (length[axes] - 1) * step[axes]
            axes += 1
        self.in_range(lowest, highest - lowest + 1)
        if not axes:
            return self.touch_one(first, how)
        while True:
            for i in range(length[axes - 1]):
                self.touch_one(slot + i * step[axes - 1], how)
            axis = axes - 2
            while axis >= 0:
                index[axis] += 1
                slot += step[axis]
                if index[axis] < length[axis]:
                    break
                slot -= length[axis] * step[axis]
                index[axis] = 0
                axis -= 1
            if axis < 0:
                return 0

    cdef int64_t check_shape(self, int ndim, const int64_t *shape, const int64_t *stride) except -1:
        """Number of elements; lengths and strides such that no offset can overflow."""
        cdef int64_t n = 1
        cdef int axis
        cdef bint empty = False
        for axis in range(ndim):
            if shape[axis] < 0:
                self.refuse(f"an axis of length {shape[axis]}")
            if shape[axis] > self.largest:
                self.refuse_size(shape[axis])
            if stride[axis] > self.n_slots or stride[axis] < -self.n_slots:
                self.refuse(f"a stride of {stride[axis]} slots")
            if shape[axis] == 0:
                empty = True
            elif n > self.largest // shape[axis]:
                self.refuse_size(n * <object>shape[axis])
            else:
                n *= shape[axis]
            if shape[axis] > 1 and stride[axis] and (shape[axis] - 1) > self.n_slots // abs(stride[axis]):
                self.refuse(f"an axis of {shape[axis]} elements, {stride[axis]} slots apart")
        return 0 if empty else n

    cdef const int64_t *view(self, uint32_t at, int64_t n) except NULL:
        """A view of n elements."""
        cdef size_t size = self.tape.c.n_view
        cdef const int64_t *view
        if at >= size:
            self.refuse(f"view {at} is not among the {size} numbers of views")
        view = self.tape.c.view + at
        if view[0] < 0 or view[0] > MAX_NDIM or at + 1 + 2 * <size_t>view[0] > size:
            self.refuse(f"view {at} has {view[0]} axes")
        if self.check_shape(<int>view[0], view + 1, view + 1 + view[0]) != n:
            self.refuse(f"view {at} does not have the {n} elements of its node")
        return view

    cdef int read_strided(self, const dt_operand *arg, int64_t n) except -1:
        cdef const int64_t *view = self.view(arg.view, n)
        self.in_range(arg.at, 1 if n else 0)
        return self.touch_strided(arg.at, <int>view[0], view + 1, view + 1 + view[0], READ)

    # ---- nodes of a segment ----

    cdef int check_length(self, const dt_node *node) except -1:
        return self.refuse_size(node.n) if node.n > <size_t>self.largest else 0

    cdef int check_op(self, unsigned op, unsigned active) except -1:
        """Is there such an operation, and may these operands be active?"""
        cdef const dt_op *row
        if op >= self.tape.c.library.n_ops:
            self.refuse(f"operation number {op} does not exist")
        row = &self.tape.c.library.ops[op]
        if active == 0 or active > (DT_ACTIVE_A | DT_ACTIVE_B) or (row.arity == 1 and active != DT_ACTIVE_A):
            self.refuse(f"active operands {active} of {row.name.decode()}, which has {row.arity}")
        if (active & DT_ACTIVE_A and row.dx == DT_NO_RULE) or (active & DT_ACTIVE_B and row.dy == DT_NO_RULE):
            self.refuse(f"{row.name.decode()} has no derivative in an operand that is active")
        return 0

    cdef int read_operand(self, const dt_node *node, int which, size_t first, size_t k) except -1:
        """An operand of node k of the segment that starts at node `first`."""
        cdef const dt_operand *arg = &node.arg[which]
        if arg.layout == DT_SCALAR:
            if node.n > 1 and (node.kind == DT_SUM or self.tape.c.library.ops[node.op].arity == 1):
                self.refuse("one slot as the operand of a sum or a function of one operand over many elements")
            return self.touch(arg.at, 1, READ)
        if arg.layout == DT_CONTIGUOUS:
            return self.touch(arg.at, node.n, READ)
        if arg.layout == DT_STRIDED:
            return self.read_strided(arg, node.n)
        if arg.layout != DT_IN_SEGMENT:
            return self.refuse(f"layout {arg.layout} does not exist")
        if arg.at < <int64_t>first or arg.at >= <int64_t>k or self.tape.c.node[arg.at].kind != DT_ELEMENTWISE:
            self.refuse(f"node {k} reads node {arg.at}, which is no earlier elementwise node of its segment")
        return 0

    cdef int check_segment(self, size_t first, size_t end) except -1:
        """The nodes belong to nobody else, and run over the same elements."""
        cdef const dt_node *node
        cdef size_t k
        if first != self.next_node or end <= first or end > self.tape.c.n_nodes:
            self.refuse(f"nodes {first} to {end} are not the next ones of {self.tape.c.n_nodes}")
        self.next_node = end
        for k in range(first, end):
            node = &self.tape.c.node[k]
            if node.n != self.tape.c.node[first].n:
                self.refuse(f"node {k} runs over {node.n} elements, the first of its segment over others")
            self.check_length(node)
            if node.kind == DT_ELEMENTWISE:
                self.check_op(node.op, node.active)
                if node.out != -1:
                    self.touch(node.out, node.n, CLAIM)
            elif node.kind == DT_SUM:
                if node.active > DT_ACTIVE_A:
                    self.refuse(f"active operands {node.active} of a sum, which has one")
                self.touch(node.out, 1, CLAIM)
            else:
                self.refuse(f"node {k} of kind {node.kind} in a segment")
        return 0

    cdef int follow_segment(self, size_t first, size_t end) except -1:
        """Everything that the segment reads from slots is there before it starts: it runs block by block."""
        cdef const dt_node *node
        cdef size_t k
        for k in range(first, end):
            node = &self.tape.c.node[k]
            self.read_operand(node, 0, first, k)
            if node.kind == DT_ELEMENTWISE and self.tape.c.library.ops[node.op].arity == 2:
                self.read_operand(node, 1, first, k)
        for k in range(first, end):
            node = &self.tape.c.node[k]
            if node.out >= 0:
                self.touch(node.out, 1 if node.kind == DT_SUM else node.n, SETTLE)
        return 0

    # ---- nodes on their own ----

    cdef int claim_node(self, size_t k) except -1:
        """What a node writes, and what else must hold before anything follows it."""
        cdef const dt_node *node
        if k != self.next_node or k >= self.tape.c.n_nodes:
            self.refuse(f"node {k} is not the next one of {self.tape.c.n_nodes}")
        self.next_node = k + 1
        node = &self.tape.c.node[k]
        self.check_length(node)
        if node.kind == DT_GATHER:
            return self.touch(node.out, node.n, CLAIM)
        if node.kind == DT_SUM_AXES:
            return self.touch(node.out, self.sum_axes_size(node), CLAIM)
        if node.kind == DT_GUARD:
            return self.claim_guard(node.out)
        if node.kind == DT_CALL:
            return self.claim_call(node)
        return self.refuse(f"node {k} of kind {node.kind} on its own")

    cdef int follow_node(self, const dt_node *node) except -1:
        """What a node reads; afterwards its results are there."""
        if node.kind == DT_GATHER:
            self.follow_gather(node)
        elif node.kind == DT_SUM_AXES:
            self.read_strided(&node.arg[0], node.n)
            self.touch(node.out, self.sum_axes_size(node), SETTLE)
        elif node.kind == DT_GUARD:
            self.follow_guard(node)
        else:
            self.follow_call(<ArrayCall>self.tape.calls[node.arg[0].at])
        return 0

    cdef int follow_gather(self, const dt_node *node) except -1:
        cdef int64_t first = node.arg[0].at
        cdef size_t i
        if first < 0 or first > <int64_t>self.tape.c.n_id - <int64_t>node.n:
            self.refuse(f"indices from {first} on are not among the {self.tape.c.n_id} that there are")
        for i in range(node.n):
            self.touch(self.tape.c.id[<size_t>first + i], 1, READ)
        return self.touch(node.out, node.n, SETTLE)

    cdef int64_t sum_axes_size(self, const dt_node *node) except -1:
        """Elements of the result: it lies without gaps, and steps over the summed axes with stride 0."""
        cdef const int64_t *source = self.view(node.arg[0].view, node.n)
        cdef const int64_t *target = self.view(node.arg[1].view, node.n)
        cdef int64_t size = 1, ndim = source[0], length, stride
        cdef int axis
        if target[0] != ndim or node.arg[1].at != node.out:
            self.refuse("a sum over axes whose result does not fit its operand")
        if node.arg[0].layout != DT_STRIDED or node.arg[1].layout != DT_STRIDED:
            self.refuse("a sum over axes of an operand without a view")
        for axis in range(ndim):
            length, stride = target[1 + axis], target[1 + ndim + axis]
            if length != source[1 + axis]:
                self.refuse("a sum over axes whose result does not fit its operand")
            if stride:
                size *= length
        if not is_dense(<int>ndim, target + 1, target + 1 + ndim):
            self.refuse("a sum over axes whose result does not fit its operand")
        return size

    cdef int claim_guard(self, int64_t number) except -1:
        if number < 0 or number >= self.guarded.size or self.guarded[number]:
            self.refuse(f"guard {number} of {self.guarded.size}, each of which is checked once")
        self.guarded[number] = True
        return 0

    cdef int follow_guard(self, const dt_node *node) except -1:
        cdef int64_t first = node.arg[1].at
        if first < 0 or first > <int64_t>self.tape.c.n_expected - <int64_t>node.n:
            self.refuse(f"expected values from {first} on are not among the {self.tape.c.n_expected} that there are")
        if node.arg[0].layout == DT_STRIDED:
            return self.read_strided(&node.arg[0], node.n)
        if node.arg[0].layout != DT_CONTIGUOUS:
            self.refuse("a guard of elements that are neither contiguous nor strided")
        return self.touch(node.arg[0].at, node.n, READ)

    # ---- calls of Python rules ----

    cdef int check_result(self, Place at) except -1:
        """Results lie without gaps."""
        cdef int64_t shape[MAX_NDIM]
        cdef int64_t stride[MAX_NDIM]
        cdef int axis, ndim = <int>len(at.shape)
        for axis in range(ndim):
            shape[axis], stride[axis] = at.shape[axis], at.strides[axis] // 8
        if 0 not in at.shape and not is_dense(ndim, shape, stride):
            self.refuse(f"a result of shape {at.shape} with strides {at.strides}")
        return 0

    cdef int touch_place(self, Place at, access how) except -1:
        cdef int64_t shape[MAX_NDIM]
        cdef int64_t stride[MAX_NDIM]
        cdef int axis, ndim = len(at.shape)
        if ndim > MAX_NDIM or len(at.strides) != ndim:
            self.refuse(f"an array with {ndim} axes")
        for axis in range(ndim):
            shape[axis], stride[axis] = at.shape[axis], at.strides[axis] // 8
            if at.strides[axis] % 8 or (stride[axis] == 0 and shape[axis] > 1):
                self.refuse(f"an axis with a stride of {at.strides[axis]} bytes")
        if self.check_shape(ndim, shape, stride) > self.n_slots:
            self.refuse("an operand with more elements than there are slots")
        self.in_range(at.slot, 0)
        return self.touch_strided(at.slot, ndim, shape, stride, how)

    cdef int claim_call(self, const dt_node *node) except -1:
        cdef int64_t number = node.arg[0].at
        if number < 0 or number >= self.called.size or self.called[number]:
            self.refuse(f"call {number} of {self.called.size}, each of which is made once")
        if node.out != -1 or node.n:
            self.refuse(f"call {number} has a result of its own")
        self.called[number] = True
        for at in (<ArrayCall>self.tape.calls[number]).results:
            self.touch_place(at, CLAIM)
            self.check_result(at)
        return 0

    cdef int follow_call(self, ArrayCall call) except -1:
        for at in call.operands:
            if type(at) is Place:
                self.touch_place(at, READ)
        for at in call.results:
            self.touch_place(at, SETTLE)
        return 0

    # ---- instructions ----

    cdef int claim(self, const dt_instr *instr) except -1:
        """First pass."""
        if instr.op < DT_OP_ARRAY:
            self.check_op(instr.op, instr.active)
            return self.touch(instr.out, 1, CLAIM)
        if instr.op == DT_OP_SEGMENT:
            return self.check_segment(instr.a, instr.b)
        if instr.op == DT_OP_NODE:
            self.claim_node(instr.a)
            if self.tape.c.node[instr.a].kind == DT_GUARD and self.tape.c.node[instr.a].out != instr.out:
                self.refuse(f"guard {instr.out} is another one in its node")
            return 0
        if instr.op != DT_OP_GUARD:
            self.refuse(f"operation number {instr.op} does not exist")
        if instr.active > DT_GREATER_EQUAL or instr.outcome > 1:
            self.refuse(f"comparison {instr.active} with outcome {instr.outcome}")
        return self.claim_guard(instr.out)

    cdef int follow(self, const dt_instr *instr) except -1:
        """Second pass."""
        if instr.op == DT_OP_SEGMENT:
            return self.follow_segment(instr.a, instr.b)
        if instr.op == DT_OP_NODE:
            return self.follow_node(&self.tape.c.node[instr.a])
        self.touch(instr.a, 1, READ)
        self.touch(instr.b, 1, READ)
        return 0 if instr.op == DT_OP_GUARD else self.touch(instr.out, 1, SETTLE)

    cdef int run(self) except -1:
        cdef size_t n_instr = self.tape.c.n_instr
        if self.n_slots <= <int64_t>self.tape.n_inputs:
            self.refuse(f"{self.n_slots} slots for {self.tape.n_inputs} inputs")
        self.next_node = 0
        for self.at in range(n_instr):
            self.claim(&self.tape.c.instr[self.at])
        if self.next_node != self.tape.c.n_nodes:
            self.refuse(f"no instruction runs the {self.tape.c.n_nodes} nodes from number {self.next_node} on")
        for self.at in range(n_instr):
            self.follow(&self.tape.c.instr[self.at])
        return 0


def check(Tape tape, slots, Py_ssize_t largest):
    """Examine a tape.

    Parameters
    ----------
    tape : Tape
        Instructions, nodes and pools in place; values are not looked at.
    slots : int64 ndarray
        Where the results are.
    largest : int
        Most elements that any array may have.

    Returns
    -------
    written : ndarray of bool, shape (n_slots,)
        Slots that an instruction computes. The others are constants, inputs and the structural zero.

    Raises
    ------
    UnsoundTape
        Says which instruction is wrong in what.
    """
    examination = Examination(tape, largest)
    examination.run()
    if slots.size and (slots.min() < 0 or slots.max() >= tape.c.n_slots):
        raise UnsoundTape(f"a result in slot {slots.max()} of {tape.c.n_slots}")
    return examination.states != FREE
