"""Which of two tied operands is a constant. `np.maximum` and its like share a tie of two operands that depend on the
input and follow one that does not, wherever it comes from: an element of `np.ones_like(x)`, the floor of something, a
branch of `where` that was not taken. A traced number does not carry that knowledge, it is looked up here when such an
operation is recorded. Who calls it: array.pyx.

*Design.* (A) A bit for every traced number would cost all operations something. (B) So activity is that of slots, found
by walking over the tape, once and only if somebody asks. In a recording that is differentiated where it was made, that
is a tangent sweep: what it leaves structurally zero is not connected, as forward mode sees it, too. A program is
replayed elsewhere, so there an operand is a constant only if no operation connects it to an input at any point."""
cimport cython
cimport numpy as cnp
from libc.stdint cimport int64_t, uint8_t, uint64_t
import numpy as np

from dualtape.core.array cimport TracedArray, elementwise
from dualtape.core.c cimport (
    DT_ACTIVE_A, DT_ACTIVE_B, DT_CALL, DT_CONTIGUOUS, DT_ELEMENTWISE, DT_GATHER, DT_IN_SEGMENT, DT_OP_ARRAY,
    DT_OP_NODE, DT_OP_SEGMENT, DT_SCALAR, DT_SUM, DT_SUM_AXES, DT_ZERO, dt_instr, dt_node, dt_op, dt_operand,
    dt_workspace)
from dualtape.core.calls cimport ArrayCall, Place
from dualtape.core.engine import gather, operand_ids
from dualtape.core.sweeps cimport Workspace, acquire_workspace, call_at, call_tangent, is_call, release_workspace
from dualtape.core.tape cimport Tape

cnp.import_array()


# ---- an operation whose operands may be tied ----

def parted(Tape tape, op, a, b):
    """op(a, b) of traced operands, where a constant that only looks active is passive; None if there is none.

    Elements of one operation may differ in this: then it is recorded in parts."""
    cdef cnp.ndarray ids = np.asarray(operand_ids(tape, a)), other_ids = np.asarray(operand_ids(tape, b))
    tape.flush()
    if tape.guards is None:
        values = slot_values(tape)
        tied = values[ids] == values[other_ids]
        if not tied.any():
            return None
    else:
        tied = np.True_
    connected = connections_of(tape).flags()
    a_moves, b_moves = connected[ids], connected[other_ids]
    follows_b, follows_a = np.broadcast_arrays(tied & a_moves & ~b_moves, tied & b_moves & ~a_moves)
    if not (follows_a.any() or follows_b.any()):
        return None
    if follows_b.all():
        return elementwise(tape, op, a, passive(tape, other_ids))
    if follows_a.all():
        return elementwise(tape, op, passive(tape, ids), b)
    return in_parts(tape, op, ids, other_ids, follows_a, follows_b)


cdef object in_parts(Tape tape, op, a_ids, b_ids, follows_a, follows_b):
    """The same for every kind of element apart, put together in the order that NumPy gives the result in memory."""
    ids = np.add(a_ids, b_ids)
    all_a, all_b = np.broadcast_arrays(a_ids, b_ids)
    for where in (follows_a, follows_b, ~(follows_a | follows_b)):
        if where.any():
            x = passive(tape, all_a[where]) if where is follows_a else gather(tape, all_a[where])
            y = passive(tape, all_b[where]) if where is follows_b else gather(tape, all_b[where])
            ids[where] = operand_ids(tape, elementwise(tape, op, x, y))
    return gather(tape, ids)


cdef TracedArray passive(Tape tape, ids):
    """A copy of the values in these slots, which operations take for constants."""
    cdef TracedArray x = gather(tape, ids)
    x.owner().constant = True
    return x


cdef cnp.ndarray slot_values(Tape tape):
    """The values of all slots: over the tape's own memory, to be read at once."""
    cdef cnp.npy_intp n = tape.c.n_slots
    return cnp.PyArray_SimpleNewFromData(1, &n, cnp.NPY_FLOAT64, tape.c.value)


# ---- which slots are connected to an input ----

cdef Connections connections_of(Tape tape):
    cdef type kind = Swept if tape.guards is None else Walked
    if type(tape.connections) is not kind:
        tape.connections = kind(tape)
    return tape.connections


cdef class Connections:
    """What is known of all slots, brought up to date when somebody asks."""

    cdef Tape tape
    cdef size_t seen            # instructions that have been looked at
    cdef cnp.ndarray known      # one entry for each slot that there was then

    def __init__(self, Tape tape):
        self.tape, self.seen = tape, 0
        self.known = self.unconnected(1 + tape.n_inputs)
        self.known[1:] = 1

    def flags(self):
        """bool, for every slot."""
        cdef Py_ssize_t more = self.tape.c.n_slots - self.known.size
        self.known = np.concatenate([self.known, self.unconnected(more)])
        self.look()
        self.seen = self.tape.c.n_instr
        return self.as_flags()


@cython.final
cdef class Swept(Connections):
    """`known` is the tangent along all inputs at once: what is not connected is structurally zero."""

    def unconnected(self, n):
        return np.full(n, -0.0)

    def as_flags(self):
        return self.known.view(np.uint64) != <uint64_t>0x8000000000000000ULL

    def look(self):
        cdef Tape tape = self.tape
        cdef size_t at = self.seen, end = tape.c.n_instr
        cdef Workspace memory = acquire_workspace()
        cdef dt_workspace work
        work.scratch = memory.reserve(tape.scratch_for(1, 1) + 1)
        work.value, work.tangent, work.p, work.finite = tape.c.value, <double *>cnp.PyArray_DATA(self.known), 1, False
        try:
            while True:
                with nogil:
                    at = tape.sweep_tangent(&work, at, end)
                if at == end:
                    return
                call_tangent(call_at(tape, at), &work)
                at += 1
        finally:
            release_workspace(memory)


@cython.final
cdef class Walked(Connections):
    """`known` says whether an operation connects the slot to an input, with a derivative that is not always 0."""

    def unconnected(self, n):
        return np.zeros(n, dtype=bool)

    def as_flags(self):
        return self.known

    def look(self):
        cdef dt_instr *instr
        cdef uint8_t *known = <uint8_t *>cnp.PyArray_DATA(self.known)
        cdef size_t i, k
        for i in range(self.seen, self.tape.c.n_instr):
            instr = &self.tape.c.instr[i]
            if instr.op == DT_OP_SEGMENT or instr.op == DT_OP_NODE:
                inside = {}
                for k in range(instr.a, instr.b if instr.op == DT_OP_SEGMENT else instr.a + 1):
                    inside[k] = self.node(k, inside)
            elif instr.op < DT_OP_ARRAY:
                known[instr.out] = known[instr.a] and reaches(self.tape, instr.op, instr.active, 0) or (
                    known[instr.b] and reaches(self.tape, instr.op, instr.active, 1))

    cdef object node(self, size_t k, dict inside):
        """Looks at one node; `inside` has what is known of nodes of the same segment."""
        cdef dt_node *node = &self.tape.c.node[k]
        if node.kind == DT_CALL:
            return self.call(self.tape.calls[node.arg[0].at])
        if node.kind == DT_GATHER:
            of = (<object>self.known)[[self.tape.c.id[node.arg[0].at + i] for i in range(node.n)]]
        elif node.kind == DT_ELEMENTWISE:
            of = np.zeros(node.n, dtype=bool)
            for which in range(2):
                if reaches(self.tape, node.op, node.active, which):
                    of |= self.operand(&node.arg[which], node.n, inside)
        elif node.kind == DT_SUM:
            of = self.operand(&node.arg[0], node.n, inside).any(keepdims=True)
        elif node.kind == DT_SUM_AXES:
            of = self.operand(&node.arg[0], node.n, inside)
            np.logical_or.at(self.known, self.places(&node.arg[1], node.n), of)
            return None
        else:
            return None
        if node.out >= 0:
            self.known[node.out:node.out + of.size] = of
        return of

    cdef object operand(self, dt_operand *arg, size_t n, dict inside):
        return inside[arg.at] if arg.layout == DT_IN_SEGMENT else self.known[self.places(arg, n)]

    cdef object places(self, dt_operand *arg, size_t n):
        """The slots of the n elements of an operand."""
        cdef int64_t *view = self.tape.c.view + arg.view
        if arg.layout == DT_SCALAR:
            return np.full(n, arg.at)
        if arg.layout == DT_CONTIGUOUS:
            return np.arange(arg.at, arg.at + n)
        ndim = view[0]
        places = np.full((), arg.at)
        for axis in range(ndim):
            places = places[..., np.newaxis] + view[1 + ndim + axis] * np.arange(view[1 + axis])
        return places.ravel()

    cdef object call(self, ArrayCall call):
        """An array operation connects all of its results, or none: steps do not."""
        connected = call.row.name not in ("step", "decision") and any(
            [self.known[slots_at(at)].any() for at, active in zip(call.operands, call.active) if active])
        for at in call.results:
            self.known[slots_at(at)] = connected


cdef object slots_at(Place at):
    places = np.full((), at.slot, dtype=np.int64)
    for length, stride in zip(at.shape, at.strides):
        places = places[..., np.newaxis] + stride // 8 * np.arange(length)
    return places


cdef bint reaches(Tape tape, unsigned op, unsigned active, int which):
    """Is there a derivative of this row in an active operand?"""
    cdef const dt_op *row = &tape.c.library.ops[op]
    return active & DT_ACTIVE_B and row.dy != DT_ZERO if which else active & DT_ACTIVE_A and row.dx != DT_ZERO
