"""A sealed tape taken apart into arrays, and put together again: what a file of a program holds (api/saving.py).

The arrays do not depend on the structs of c/tape.h: `INSTRUCTION` and `NODE` are the file's own records. Numbers that
may change from release to release (opcodes, kinds, layouts) are translated by the tables that the caller passes, and
everything is checked (core/validate.pyx) before a tape leaves `restore`."""
cimport numpy as cnp
from cpython.mem cimport PyMem_RawMalloc
from libc.stdint cimport int64_t, uint16_t, uint32_t, uint64_t, uint8_t
from libc.string cimport memcpy, memset
import numpy as np

from dualtape.core.c cimport (
    DT_CALL, DT_CONTIGUOUS, DT_ELEMENTWISE, DT_EQUAL, DT_GATHER, DT_GREATER, DT_GREATER_EQUAL, DT_GUARD, DT_IN_SEGMENT,
    DT_LESS, DT_LESS_EQUAL, DT_NOT_EQUAL, DT_OP_GUARD, DT_OP_NODE, DT_OP_SEGMENT, DT_SCALAR, DT_STRIDED, DT_SUM,
    DT_SUM_AXES, dt_instr, dt_node)
from dualtape.core.kernels cimport bind_row
from dualtape.core.nodes import KINDS
from dualtape.core.tape cimport Tape
from dualtape.core.validate import TooLarge, UnsoundTape, check
from dualtape.ops.table import OPCODES, ROWS

cnp.import_array()

OPERAND = np.dtype([("at", "<i8"), ("view", "<u4"), ("layout", "u1"), ("unused", "u1", 3)])
NODE = np.dtype([("kind", "u1"), ("active", "u1"), ("op", "<u2"), ("unused", "<u4"), ("n", "<u8"), ("out", "<i8"),
                 ("operand", OPERAND, 2)])
INSTRUCTION = np.dtype([("op", "<u2"), ("active", "u1"), ("outcome", "u1"), ("a", "<u4"), ("b", "<u4"), ("out", "<u4")])

# Names of what a tape knows by number.
OPERATIONS = {**{opcode: name for name, opcode in OPCODES.items()},
              DT_OP_SEGMENT: "@segment", DT_OP_NODE: "@node", DT_OP_GUARD: "@guard"}
GUARD = DT_OP_GUARD            # the operation whose `active` is a comparison
ELEMENTWISE = DT_ELEMENTWISE   # the kind of node that has an operation
LAYOUTS = {DT_SCALAR: "scalar", DT_CONTIGUOUS: "contiguous", DT_STRIDED: "strided", DT_IN_SEGMENT: "in segment"}
COMPARISONS = {DT_LESS: "<", DT_LESS_EQUAL: "<=", DT_EQUAL: "==", DT_NOT_EQUAL: "!=", DT_GREATER: ">",
               DT_GREATER_EQUAL: ">="}


# The records above as C sees them on this machine.
cdef struct operand_record:
    int64_t at
    uint32_t view
    uint8_t layout
    uint8_t unused[3]


cdef struct node_record:
    uint8_t kind
    uint8_t active
    uint16_t op
    uint32_t unused
    uint64_t n
    int64_t out
    operand_record operand[2]


cdef struct instruction_record:
    uint16_t op
    uint8_t active
    uint8_t outcome
    uint32_t a
    uint32_t b
    uint32_t out


# ---- out ----

cdef cnp.ndarray copied(const void *memory, size_t n, dtype):
    cdef cnp.ndarray array = np.empty(n, dtype=dtype)
    if n:
        memcpy(cnp.PyArray_DATA(array), memory, n * array.itemsize)
    return array


cdef object instructions_of(Tape tape):
    """Fields of an instruction that mean nothing are zero: a file depends on the recording alone."""
    cdef cnp.ndarray found = np.zeros(tape.c.n_instr, dtype=INSTRUCTION.newbyteorder("="))
    cdef instruction_record *record = <instruction_record *>cnp.PyArray_DATA(found)
    cdef const dt_instr *instr
    cdef size_t i
    for i in range(tape.c.n_instr):
        instr = &tape.c.instr[i]
        record[i].op, record[i].a = instr.op, instr.a
        if instr.op != DT_OP_NODE:
            record[i].b = instr.b
        if instr.op != DT_OP_SEGMENT and instr.op != DT_OP_NODE:
            record[i].active = instr.active
        if instr.op != DT_OP_SEGMENT and (instr.op != DT_OP_NODE or tape.c.node[instr.a].kind == DT_GUARD):
            record[i].out = instr.out
        if instr.op == DT_OP_GUARD:
            record[i].outcome = instr.outcome
    return found


cdef object nodes_of(Tape tape):
    cdef cnp.ndarray found = np.zeros(tape.c.n_nodes, dtype=NODE.newbyteorder("="))
    cdef node_record *record = <node_record *>cnp.PyArray_DATA(found)
    cdef const dt_node *node
    cdef size_t k
    cdef int which
    for k in range(tape.c.n_nodes):
        node = &tape.c.node[k]
        record[k].kind, record[k].n, record[k].out = node.kind, node.n, node.out
        if node.kind == DT_ELEMENTWISE:
            record[k].op = node.op
        if node.kind == DT_ELEMENTWISE or node.kind == DT_SUM:
            record[k].active = node.active
        for which in range(operands_of(tape, node)):
            record[k].operand[which].at = node.arg[which].at
            if node.kind != DT_GATHER and node.kind != DT_CALL and (node.kind != DT_GUARD or which == 0):
                record[k].operand[which].layout = node.arg[which].layout
                if node.arg[which].layout == DT_STRIDED:
                    record[k].operand[which].view = node.arg[which].view
    return found


cdef int operands_of(Tape tape, const dt_node *node) noexcept:
    """How many of the two operands of a node mean something."""
    if node.kind == DT_ELEMENTWISE:
        return tape.c.library.ops[node.op].arity
    return 2 if node.kind == DT_SUM_AXES or node.kind == DT_GUARD else 1


cdef size_t end_of_view(Tape tape, const dt_node *node, int which) noexcept:
    """Where the view of an operand ends in the pool; 0 if it has none."""
    cdef bint has_view = (node.kind == DT_ELEMENTWISE or node.kind == DT_SUM or node.kind == DT_SUM_AXES
                          or (node.kind == DT_GUARD and which == 0))
    if which >= operands_of(tape, node) or not has_view or node.arg[which].layout != DT_STRIDED:
        return 0
    return node.arg[which].view + 1 + 2 * <size_t>tape.c.view[node.arg[which].view]


def take_apart(Tape tape, slots):
    """The arrays of a sealed tape, by name: what `restore` takes, but for the translation of numbers.

    Raises
    ------
    UnsoundTape
        If the tape could not be restored from them.
    """
    cdef size_t n_view = 0, k
    cdef int which
    for k in range(tape.c.n_nodes):          # behind them are those that C derives from calls (core/calls.pyx)
        for which in range(2):
            n_view = max(n_view, end_of_view(tape, &tape.c.node[k], which))
    written = check(tape, slots, <Py_ssize_t>0x7fffffffffffffff)
    values = copied(tape.c.value, tape.c.n_slots, np.float64)
    written[: 1 + tape.n_inputs] = True
    return {
        "instructions": instructions_of(tape),
        "nodes": nodes_of(tape),
        "views": copied(tape.c.view, n_view, np.int64),
        "ids": copied(tape.c.id, tape.c.n_id, np.uint32),
        "expected": copied(tape.c.expected, tape.c.n_expected, np.float64),
        "constants": values[~written],
        "results": slots,
    }


# ---- in ----

cdef void *room(size_t n, size_t size) except NULL:
    cdef void *memory = PyMem_RawMalloc(max(n, <size_t>1) * size)
    if memory == NULL:
        raise MemoryError(f"a tape needs {n * size / 2**20:.0f} MiB more than the system gives")
    return memset(memory, 0, max(n, <size_t>1) * size)


cdef int put_pools(Tape tape, dict arrays) except -1:
    cdef cnp.ndarray views = arrays["views"], ids = arrays["ids"], expected = arrays["expected"]
    tape.c.view = <int64_t *>room(views.size, sizeof(int64_t))
    tape.c.n_view = tape.c.view_capacity = views.size
    tape.c.id = <uint32_t *>room(ids.size, sizeof(uint32_t))
    tape.c.n_id = tape.c.id_capacity = ids.size
    tape.c.expected = <double *>room(expected.size, sizeof(double))
    tape.c.n_expected = tape.c.expected_capacity = expected.size
    memcpy(tape.c.view, cnp.PyArray_DATA(views), views.nbytes)
    memcpy(tape.c.id, cnp.PyArray_DATA(ids), ids.nbytes)
    memcpy(tape.c.expected, cnp.PyArray_DATA(expected), expected.nbytes)
    return 0


cdef int put_instructions(Tape tape, cnp.ndarray records) except -1:
    cdef const instruction_record *record = <const instruction_record *>cnp.PyArray_DATA(records)
    cdef size_t i, n = records.size
    cdef dt_instr *instr
    tape.c.instr = <dt_instr *>room(n, sizeof(dt_instr))
    tape.c.n_instr = tape.c.instr_capacity = n
    for i in range(n):
        instr = &tape.c.instr[i]
        instr.op, instr.active, instr.outcome = record[i].op, record[i].active, record[i].outcome
        instr.a, instr.b, instr.out = record[i].a, record[i].b, record[i].out
        if instr.op == DT_OP_SEGMENT and instr.b > instr.a:
            tape.c.longest_segment = max(tape.c.longest_segment, <size_t>(instr.b - instr.a))
    return 0


cdef int put_nodes(Tape tape, cnp.ndarray records) except -1:
    cdef const node_record *record = <const node_record *>cnp.PyArray_DATA(records)
    cdef size_t k, n = records.size
    cdef dt_node *node
    cdef int which
    tape.c.node = <dt_node *>room(n, sizeof(dt_node))
    tape.c.n_nodes = tape.c.node_capacity = n
    for k in range(n):
        node = &tape.c.node[k]
        node.kind, node.active, node.op = record[k].kind, record[k].active, record[k].op
        node.n, node.out = record[k].n, record[k].out
        for which in range(2):
            node.arg[which].at = record[k].operand[which].at
            node.arg[which].view = record[k].operand[which].view
            node.arg[which].layout = record[k].operand[which].layout
    return 0


cdef int put_constants(Tape tape, cnp.ndarray written, cnp.ndarray constants) except -1:
    """In the slots that nobody writes, in order."""
    cdef const uint8_t *is_written = <const uint8_t *>cnp.PyArray_DATA(written)
    cdef const double *constant = <const double *>cnp.PyArray_DATA(constants)
    cdef size_t slot, first = 1 + tape.n_inputs, n = written.size - np.count_nonzero(written) - first
    if n != <size_t>constants.size:
        raise UnsoundTape(f"{constants.size} constants for {n} slots that nothing computes")
    for slot in range(first, tape.c.n_slots):
        if not is_written[slot]:
            tape.c.value[slot] = constant[0]
            constant += 1
    return 0


def restore(dict arrays, Py_ssize_t n_slots, Py_ssize_t n_inputs, list calls, list guards, Py_ssize_t largest):
    """A sealed tape from the arrays of `take_apart`, contiguous and in this machine's byte order.

    Parameters
    ----------
    arrays : dict
        With opcodes, kinds, layouts and comparisons as this release numbers them.
    n_slots, n_inputs : int
    calls : list of ArrayCall
    guards : list
        What `Tape.guards` holds.
    largest : int
        Most elements that any array may have, and most slots.

    Raises
    ------
    UnsoundTape
        If a sweep over the tape could go wrong.
    """
    cdef Tape tape = Tape()
    if not 0 <= n_inputs < n_slots <= <Py_ssize_t>0xffffffff:
        raise UnsoundTape(f"{n_slots} slots for {n_inputs} inputs")
    if n_slots > largest:
        raise TooLarge(f"{n_slots} slots")
    tape.new_slots(n_slots - 1)
    memset(tape.c.value, 0, n_slots * sizeof(double))
    tape.n_inputs, tape.calls, tape.guards = n_inputs, calls, guards
    put_pools(tape, arrays)
    put_instructions(tape, arrays["instructions"])
    put_nodes(tape, arrays["nodes"])
    put_constants(tape, check(tape, arrays["results"], largest), arrays["constants"])
    for name, found in (("instructions", instructions_of(tape)), ("nodes", nodes_of(tape))):
        if found.tobytes() != arrays[name].tobytes():
            raise UnsoundTape(f"fields of {name} that mean nothing are not 0")
    for op in np.unique(arrays["instructions"]["op"]):
        if op < len(ROWS):
            bind_row(op)
    for op in np.unique(arrays["nodes"]["op"]):
        bind_row(op)
    tape.evaluated = tape.c.n_instr
    tape.sealed = True
    return tape


def with_values(Tape tape, cnp.ndarray values):
    """The same sealed tape with other values in its slots."""
    cdef Tape found = Tape()
    cdef size_t k
    found.new_slots(tape.c.n_slots - 1)
    memcpy(found.c.value, cnp.PyArray_DATA(values), tape.c.n_slots * sizeof(double))
    put_pools(found, {
        "views": copied(tape.c.view, tape.c.n_view, np.int64),
        "ids": copied(tape.c.id, tape.c.n_id, np.uint32),
        "expected": copied(tape.c.expected, tape.c.n_expected, np.float64),
    })
    found.c.instr = <dt_instr *>room(tape.c.n_instr, sizeof(dt_instr))
    found.c.n_instr = found.c.instr_capacity = tape.c.n_instr
    if tape.c.n_instr:
        memcpy(found.c.instr, tape.c.instr, tape.c.n_instr * sizeof(dt_instr))
    found.c.node = <dt_node *>room(tape.c.n_nodes, sizeof(dt_node))
    found.c.n_nodes = found.c.node_capacity = tape.c.n_nodes
    if tape.c.n_nodes:
        memcpy(found.c.node, tape.c.node, tape.c.n_nodes * sizeof(dt_node))
    for k in range(tape.c.n_nodes):
        found.c.node[k].kept = 0
    found.c.longest_segment = tape.c.longest_segment
    found.n_inputs, found.calls, found.guards = tape.n_inputs, tape.calls, tape.guards
    found.evaluated, found.sealed = found.c.n_instr, True
    return found
