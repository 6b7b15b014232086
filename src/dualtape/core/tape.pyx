"""The tape: owns the memory of a recording (c/tape.h), grows it, evaluates what is pending, seals it and runs the
sweeps without the GIL.

It knows slots and instructions, not NumPy semantics: those are in scalar.pyx and array.pyx, which append to it. Array
operations whose rule is Python (DT_CALL) are run here between two compiled sweeps, by calls of `trace.array_call`."""
cimport cython
from cpython.mem cimport PyMem_RawFree, PyMem_RawRealloc
from cpython.ref cimport Py_REFCNT
cimport numpy as cnp
from libc.stdint cimport uintptr_t
from libc.string cimport memcpy, memset

from dualtape.core.c cimport (
    DT_ACTIVE_A, DT_ACTIVE_B, DT_BLOCK, DT_CALL, DT_CONTIGUOUS, DT_ELEMENTWISE, DT_GUARD, DT_NO_RULE, DT_OP_GUARD,
    DT_OP_NODE, DT_OP_SEGMENT, DT_SUM, DT_WITH_GIL, dt_batch, dt_batch_adjoint, dt_batch_fill, dt_batch_primal,
    dt_batch_serves, dt_bound, dt_can_bind, dt_depth, dt_fill_structural, dt_fill_unwritten, dt_find_tail, dt_instr,
    dt_make_ready, dt_native, dt_native_base, dt_native_room, dt_node, dt_op, dt_ready_size, dt_scalar_primal,
    dt_scratch_size, dt_step, dt_sweep_adjoint, dt_sweep_primal, dt_sweep_second, dt_sweep_tail, dt_sweep_tangent,
    dt_workspace)
from dualtape.core.kernels cimport gufunc_loops, library
from dualtape.core.level cimport next_level
from dualtape.errors import LeakedTracerError, UnsupportedOperation, user_site

cnp.import_array()

cdef enum:
    FIRST_SLOTS = 512              # capacity of a new tape
    KEPT_SLOTS = 0x2000000           # a pooled tape with more memory than this gives it back (256 MiB of values)
    POOL_SIZE = 4


cdef tuple COMPARISONS = ("<", "<=", "==", "!=", ">", ">=")      # in the order of enum dt_comparison


cdef void *resized(void *memory, size_t count, size_t size) except NULL:
    cdef void *grown = PyMem_RawRealloc(memory, count * size)
    if grown == NULL:
        raise MemoryError(f"the tape needs {count * size / 2**20:.0f} MiB more than the system gives; "
                          "differentiate a smaller piece, or use mode='forward', which keeps no tape")
    return grown


@cython.final
cdef class Tape:
    """One recording. Made by the drivers; users see it only as the ``tape`` of a recording's repr."""

    def __cinit__(self):
        self.c.library, self.c.native_loop = library(), gufunc_loops()
        self.captures = []
        self.calls = []
        self.retired = []
        self.guards = self.inspector = None
        self.start()

    cdef int start(self) except -1:
        """Empty and ready to record: slot 0 is the structural zero."""
        self.level = next_level()
        self.thread = dt_depth()
        self.sealed = self.lazy = False
        self.connections = None
        self.evaluated = self.open_size = self.open_first = self.n_inputs = 0
        self.c.n_instr = self.c.n_nodes = self.c.n_view = self.c.n_id = self.c.n_slots = self.c.n_expected = 0
        self.c.longest_segment = self.c.n_native = self.c.native_room = self.c.native_base = self.c.n_kept = 0
        PyMem_RawFree(self.c.step)
        self.c.step = NULL
        self.new_slots(1)
        self.c.value[0] = 0.0
        return 0

    def __dealloc__(self):
        PyMem_RawFree(self.c.value)
        PyMem_RawFree(self.c.instr)
        PyMem_RawFree(self.c.node)
        PyMem_RawFree(self.c.view)
        PyMem_RawFree(self.c.id)
        PyMem_RawFree(self.c.expected)
        PyMem_RawFree(self.c.native)
        PyMem_RawFree(self.c.step)
        PyMem_RawFree(self.alive)
        PyMem_RawFree(self.scratch)

    # ---- memory ----

    cdef void hold(self) noexcept:
        """Until `let_go`, the values that exist now stay where they are, whatever is recorded: NumPy and Python rules
        let other threads of f run while they read them."""
        self.readers += 1

    cdef int let_go(self) except -1:
        self.readers -= 1
        if not self.readers and self.retired:
            for address in self.retired:
                PyMem_RawFree(<void *><uintptr_t>address)
            self.retired.clear()
        return 0

    cdef int grow_slots(self, size_t need) except -1:
        cdef size_t capacity = max(FIRST_SLOTS, self.c.slot_capacity)
        if need > 0xffffffff:
            raise MemoryError("the recording has more than 2**32 values; differentiate a smaller piece, "
                              "or use mode='forward', which keeps no tape")
        while capacity < need:
            capacity += capacity // 2 if capacity > (1 << 22) else capacity
        if self.readers:
            self.retired.append(<uintptr_t>self.c.value)
            self.c.value = <double *>memcpy(resized(NULL, capacity, sizeof(double)), self.c.value,
                                            self.c.n_slots * sizeof(double))
        else:
            self.c.value = <double *>resized(self.c.value, capacity, sizeof(double))
        self.c.slot_capacity = capacity
        return 0

    cdef int grow_instr(self) except -1:
        cdef size_t capacity = max(FIRST_SLOTS, 2 * self.c.instr_capacity)
        self.c.instr = <dt_instr *>resized(self.c.instr, capacity, sizeof(dt_instr))
        self.c.instr_capacity = capacity
        return 0

    cdef uint32_t new_slots(self, size_t n) except? 0:
        cdef size_t first = self.c.n_slots
        self.check_thread()
        if first + n > self.c.slot_capacity:
            self.grow_slots(first + n)
        self.c.n_slots = first + n
        return <uint32_t>first

    cdef uint32_t constant(self, double value) except? 0:
        cdef uint32_t slot = self.new_slots(1)
        self.c.value[slot] = value
        return slot

    cdef int check_thread(self) except -1:
        """Without a GIL a recording belongs to the thread that started it: two would write to one place."""
        if not DT_WITH_GIL and self.thread != dt_depth():
            raise UnsupportedOperation(
                "a traced number was used in a second thread, and this Python has no GIL that would keep both in order",
                "leave the threads out of the differentiated function, or use a Python with the GIL")
        return 0

    cdef dt_node *new_node(self) except NULL:
        cdef size_t capacity
        self.check_thread()
        if self.c.n_nodes == self.c.node_capacity:
            capacity = max(64, 2 * self.c.node_capacity)
            self.c.node = <dt_node *>resized(self.c.node, capacity, sizeof(dt_node))
            self.c.node_capacity = capacity
        self.c.n_nodes += 1
        return <dt_node *>memset(&self.c.node[self.c.n_nodes - 1], 0, sizeof(dt_node))

    cdef dt_native *new_native(self) except NULL:
        """Room for what c/linalg.h says about the next array operation; it is not native yet."""
        cdef size_t capacity
        if self.c.n_native == self.c.native_capacity:
            capacity = max(16, 2 * self.c.native_capacity)
            self.c.native = <dt_native *>resized(self.c.native, capacity, sizeof(dt_native))
            self.c.native_capacity = capacity
        self.c.n_native += 1
        memset(&self.c.native[self.c.n_native - 1], 0, sizeof(dt_native))
        return &self.c.native[self.c.n_native - 1]

    cdef void accept_native(self, uint8_t op) noexcept:
        """The last of the natives is described: C runs it from now on."""
        cdef dt_native *native = &self.c.native[self.c.n_native - 1]
        native.op = op
        self.c.native_room = max(self.c.native_room, dt_native_room(native))
        self.c.native_base = max(self.c.native_base, dt_native_base(native))

    cdef uint32_t new_view(self, int ndim, const int64_t *shape, const int64_t *stride) except? 0xffffffff:
        cdef size_t first = self.c.n_view, capacity
        cdef int axis
        if first + 1 + 2 * ndim > self.c.view_capacity:
            capacity = max(256, 2 * (first + 1 + 2 * ndim))
            self.c.view = <int64_t *>resized(self.c.view, capacity, sizeof(int64_t))
            self.c.view_capacity = capacity
        self.c.view[first] = ndim
        for axis in range(ndim):
            self.c.view[first + 1 + axis] = shape[axis]
            self.c.view[first + 1 + ndim + axis] = stride[axis]
        self.c.n_view = first + 1 + 2 * ndim
        return <uint32_t>first

    cdef int64_t new_ids(self, cnp.ndarray ids) except -1:
        """Copies gather indices into the pool; returns their place."""
        cdef size_t first = self.c.n_id, n = ids.size, capacity, i
        cdef int64_t *source = <int64_t *>cnp.PyArray_DATA(ids)
        if first + n > self.c.id_capacity:
            capacity = max(256, max(first + n, 2 * first))
            self.c.id = <uint32_t *>resized(self.c.id, capacity, sizeof(uint32_t))
            self.c.id_capacity = capacity
        for i in range(n):
            self.c.id[first + i] = <uint32_t>source[i]
        self.c.n_id = first + n
        return <int64_t>first

    cdef int append(self, uint16_t op, uint8_t active, uint32_t a, uint32_t b, uint32_t out) except -1:
        cdef dt_instr *instr
        self.check_thread()
        if self.inspector is not None:
            self.show()
        if self.c.n_instr == self.c.instr_capacity:
            self.grow_instr()
        instr = &self.c.instr[self.c.n_instr]
        instr.op, instr.active, instr.outcome, instr.a, instr.b, instr.out = op, active, 0, a, b, out
        self.c.n_instr += 1
        return 0

    cdef int show(self) except -1:
        """Lets the inspector look at what has been recorded."""
        self.inspector.before(self)
        return 0

    cdef int guard_comparison(self, int comparison, uint32_t a, uint32_t b, bint outcome) except -1:
        """What f has just decided on a comparison (Py_LT ... Py_GE) of two slots: a replay checks it."""
        if self.sealed:
            self.raise_sealed()
        self.flush()
        self.append(DT_OP_GUARD, <uint8_t>comparison, a, b, <uint32_t>len(self.guards))
        self.c.instr[self.c.n_instr - 1].outcome = outcome
        self.evaluated = self.c.n_instr
        self.guards.append((COMPARISONS[comparison], user_site()))
        return 0

    cdef int guard_elements(self, uint32_t first, size_t n, str what) except -1:
        """f has looked at the values in slots [first, first + n): a replay checks that they are the same, bit for bit.
        `what` tells readers of `guards` what was looked at."""
        cdef size_t k = self.c.n_nodes
        cdef dt_node *node
        if self.sealed:
            self.raise_sealed()
        self.flush()
        if self.c.n_expected + n > self.c.expected_capacity:
            self.c.expected_capacity = max(256, 2 * (self.c.n_expected + n))
            self.c.expected = <double *>resized(self.c.expected, self.c.expected_capacity, sizeof(double))
        memcpy(self.c.expected + self.c.n_expected, self.c.value + first, n * sizeof(double))
        node = self.new_node()
        memset(node, 0, sizeof(dt_node))
        node.kind, node.n, node.out = DT_GUARD, n, len(self.guards)
        node.arg[0].at, node.arg[0].layout, node.arg[1].at = first, DT_CONTIGUOUS, self.c.n_expected
        self.c.n_expected += n
        self.append(DT_OP_NODE, 0, <uint32_t>k, 0, <uint32_t>node.out)
        self.evaluated = self.c.n_instr
        self.guards.append((what, user_site()))
        return 0

    cdef int need_scratch(self) except -1:
        cdef size_t need = dt_scratch_size(&self.c, 1, 0)
        if need > self.scratch_size:
            self.scratch = <double *>resized(self.scratch, need, sizeof(double))
            self.scratch_size = need
        return 0

    cdef int raise_sealed(self) except -1:
        raise LeakedTracerError(
            "a traced value was used after its recording had ended: it lives while the differentiated function runs",
            "return the value from the function instead of keeping it in a list, an attribute, a global or a closure")

    # ---- recording ----

    cdef int check_rule(self, uint16_t op, uint8_t active) except -1:
        """Refuses an active operand in which the row has no derivative."""
        cdef const dt_op *row = &self.c.library.ops[op]
        if (row.dx == DT_NO_RULE and active & DT_ACTIVE_A) or (row.dy == DT_NO_RULE and active & DT_ACTIVE_B):
            which = "first" if row.dx == DT_NO_RULE and active & DT_ACTIVE_A else "second"
            raise UnsupportedOperation(
                f"{row.name.decode()} has no derivative in its {which} operand, which depends on the input here",
                "make that operand a constant")
        return 0

    cdef uint32_t scalar(self, uint16_t op, uint8_t active, uint32_t a, uint32_t b) except? 0:
        """Records one scalar operation; computes it unless an operand is still pending."""
        cdef uint32_t out
        if self.sealed:
            self.raise_sealed()
        self.check_rule(op, active)
        if self.open_size and (a >= self.open_slot or b >= self.open_slot):
            self.close_segment()
        out = self.new_slots(1)
        self.append(op, active, a, b, out)
        if self.evaluated + 1 == self.c.n_instr:
            self.c.value[out] = dt_scalar_primal(self.c.library, op, self.c.value[a], self.c.value[b])
            self.evaluated += 1
        return out

    cdef int open_segment(self, size_t n) except -1:
        """Makes [open_first, ...) the segment that elementwise nodes over n elements join; one of another size is
        closed first."""
        if self.open_size == n:
            return 0
        if self.open_size:
            self.close_segment()
        self.open_first = self.c.n_nodes
        self.open_size = n
        self.open_slot = <uint32_t>self.c.n_slots
        self.lazy = True
        return 0

    cdef int keep_alive_table(self) except -1:
        if self.c.node_capacity > self.alive_capacity:
            self.alive = <int64_t **>resized(self.alive, self.c.node_capacity, sizeof(int64_t *))
            self.alive_capacity = self.c.node_capacity
        return 0

    cdef int close_segment(self) except -1:
        """Ends the open segment: results that Python still holds get slots, the others stay in their blocks."""
        cdef size_t k, nodes = self.c.n_nodes - self.open_first, n = self.open_size
        if not n:
            return 0
        for k in range(self.open_first, self.c.n_nodes):
            if self.alive[k] != NULL:
                self.c.node[k].out = self.alive[k][0] = self.new_slots(n)
                self.alive[k] = NULL
        self.open_size = 0
        self.c.longest_segment = max(self.c.longest_segment, nodes)
        self.append(DT_OP_SEGMENT, 0, <uint32_t>self.open_first, <uint32_t>self.c.n_nodes, 0)
        return 0

    cdef int evaluate_last(self) except -1:
        """Appends the segment of the last node, which stands alone, and computes it."""
        cdef size_t k = self.c.n_nodes - 1
        cdef dt_node *node = &self.c.node[k]
        cdef double *value = self.c.value
        self.append(DT_OP_SEGMENT, 0, <uint32_t>k, <uint32_t>(k + 1), 0)
        if self.c.longest_segment == 0:
            self.c.longest_segment = 1
        if (node.kind == DT_ELEMENTWISE and node.n <= DT_BLOCK
                and node.arg[0].layout <= DT_CONTIGUOUS and node.arg[1].layout <= DT_CONTIGUOUS):
            self.c.library.kernels[node.op].primal(
                node.n, value + node.arg[0].at, node.arg[0].layout == DT_CONTIGUOUS,
                value + node.arg[1].at, node.arg[1].layout == DT_CONTIGUOUS, value + node.out)
        else:
            self.need_scratch()
            self.compute(self.c.n_instr - 1, self.c.n_instr)
        self.evaluated = self.c.n_instr
        return 0

    cdef void compute(self, size_t begin, size_t end) noexcept nogil:
        """Values of these instructions, which are scalars and segments."""
        cdef dt_workspace work
        work.value, work.scratch, work.p = self.c.value, self.scratch, 1
        dt_sweep_primal(&self.c, &work, begin, end)

    cdef int flush(self) except -1:
        """After this every recorded value has been computed."""
        cdef size_t begin, end
        if not self.lazy:
            return 0
        self.close_segment()
        self.need_scratch()
        begin, end = self.evaluated, self.c.n_instr
        if self.sealed:
            with nogil:
                self.compute(begin, end)
        else:                        # another thread of f might record, and so move the values
            self.compute(begin, end)
        self.evaluated = end
        self.lazy = False
        return 0

    # ---- sweeps ----

    cdef void fill_structural(self, double *array, size_t n) noexcept nogil:
        dt_fill_structural(&self.c, array, n)

    cdef void fill_unwritten(self, void *written, double *array, size_t p) noexcept nogil:
        dt_fill_unwritten(&self.c, <unsigned char *>written, array, p)

    cdef size_t scratch_for(self, size_t p, int order) noexcept nogil:
        return dt_scratch_size(&self.c, p, order)

    cdef size_t sweep_primal(self, dt_workspace *work, size_t begin, size_t end) noexcept nogil:
        return dt_sweep_primal(&self.c, work, begin, end)

    cdef size_t sweep_tangent(self, dt_workspace *work, size_t begin, size_t end) noexcept nogil:
        return dt_sweep_tangent(&self.c, work, begin, end)

    cdef size_t sweep_adjoint(self, dt_workspace *work, size_t begin, size_t end) noexcept nogil:
        return dt_sweep_adjoint(&self.c, work, begin, end)

    cdef size_t sweep_second(self, dt_workspace *work, size_t begin, size_t end) noexcept nogil:
        return dt_sweep_second(&self.c, work, begin, end)

    cdef int make_ready(self) except -1:
        """Prepares a tape that will not change any more for many sweeps."""
        if self.c.step == NULL:
            self.c.step = <dt_step *>resized(NULL, dt_ready_size(&self.c), 1)
            dt_make_ready(&self.c, self.n_inputs)
        return 0

    cdef size_t find_tail(self) noexcept nogil:
        return dt_find_tail(&self.c)

    cdef bint can_bind(self, size_t tail) noexcept nogil:
        return dt_can_bind(&self.c, tail, self.n_inputs)

    cdef void sweep_tail(self, dt_workspace *work, size_t tail, const dt_bound *bound) noexcept nogil:
        dt_sweep_tail(&self.c, work, tail, bound)

    # ---- many points at once: see c/batch.h ----

    cdef bint batch_serves(self) noexcept nogil:
        return dt_batch_serves(&self.c)

    cdef void batch_fill(self, dt_batch *batch) noexcept nogil:
        dt_batch_fill(&self.c, batch)

    cdef void batch_primal(self, dt_batch *batch) noexcept nogil:
        dt_batch_primal(&self.c, batch)

    cdef void batch_adjoint(self, dt_batch *batch) noexcept nogil:
        dt_batch_adjoint(&self.c, batch)

    def seal(self):
        """Ends the recording: values are computed, nothing can be added, any thread may sweep."""
        self.sealed = True
        self.connections = None
        self.flush()

    @property
    def n_slots(self):
        return self.c.n_slots

    @property
    def n_operations(self):
        """Recorded operations: scalar instructions and array nodes."""
        cdef size_t i, count = 0
        for i in range(self.c.n_instr):
            count += 0 if self.c.instr[i].op in (DT_OP_SEGMENT, DT_OP_GUARD) else 1
        return count + sum(1 for k in range(self.c.n_nodes) if self.c.node[k].kind in (DT_ELEMENTWISE, DT_SUM))

    @property
    def nbytes(self):
        """Bytes in use by the recording."""
        return (self.c.n_slots * sizeof(double) + self.c.n_instr * sizeof(dt_instr) + self.c.n_nodes * sizeof(dt_node)
                + self.c.n_view * sizeof(int64_t) + self.c.n_id * sizeof(uint32_t))

    def __repr__(self):
        state = "sealed" if self.sealed else "recording"
        return f"Tape({state}, level {self.level}: {self.n_operations} operations, {self.nbytes} bytes)"


# ---- pool: fresh pages cost more than the arithmetic ----

cdef list _pool = []


cdef Tape acquire_tape():
    """An empty tape that records at a new, innermost level."""
    cdef Tape tape
    try:
        tape = <Tape>_pool.pop()
    except IndexError:
        return Tape.__new__(Tape)
    tape.start()
    return tape


cdef void release_tape(Tape tape):
    """Takes a tape back. One that somebody still refers to (a leaked tracer) is only sealed, so that the leak is found.
    """
    tape.sealed = True
    tape.connections = None          # which refers to the tape
    # The caller's own reference is the only one when no tracer is left.
    if Py_REFCNT(tape) > 1 or tape.captures or tape.calls or tape.guards is not None or tape.inspector is not None:
        return
    if tape.c.slot_capacity > KEPT_SLOTS or len(_pool) >= POOL_SIZE:
        return
    _pool.append(tape)
