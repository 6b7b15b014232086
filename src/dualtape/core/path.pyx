"""Replay: a sealed recording computed again at another point, by any number of threads at once. No Python runs, but for
array operations whose rule is Python.

A `Path` is what f did under one set of decisions. Its values live in a workspace, not in the tape, so that every thread
has its own; the constants are in them already when a workspace is used again. api/program.py chooses among paths."""
cimport cython
cimport numpy as cnp
from libc.stdint cimport int64_t, uint64_t
from libc.string cimport memcpy
import numpy as np

from dualtape.core import sweeps
from dualtape.core.seal import values_only
from dualtape.core.c cimport (
    DT_CALL, DT_GATHER, DT_GUARD, DT_OP_GUARD, DT_OP_NODE, dt_bound, dt_instr, dt_node, dt_workspace)
from dualtape.core.calls cimport describe_calls
from dualtape.core.sweeps cimport Workspace, run_adjoint, run_primal
from dualtape.core.tape cimport Tape

cnp.import_array()

cdef enum:
    BRIEF = 500         # operations, on elements, of a replay that keeps the GIL
    IDLE = 8            # workspaces that a path keeps: more threads than that replay one program only in passing


cdef bint needs_python(Tape tape) noexcept:
    cdef size_t k
    for k in range(tape.c.n_nodes):
        if tape.c.node[k].kind == DT_CALL:
            return True
    return False


cdef bint is_brief(Tape tape) noexcept:
    """Less than about a microsecond of work: letting other threads have the GIL would cost as much."""
    cdef size_t k, work = tape.c.n_instr + tape.c.n_slots
    for k in range(tape.c.n_nodes):
        if tape.c.node[k].kind > DT_GATHER:
            return False
        work += tape.c.node[k].n
    return work < BRIEF


cdef inline Py_ssize_t guard_at(Tape tape, size_t instruction) noexcept nogil:
    """Number of the guard at which a sweep has stopped."""
    return <Py_ssize_t>tape.c.instr[instruction].out


@cython.final
cdef class Path:
    """A sealed tape with its results.

    Attributes
    ----------
    n, m : int
        Numbers in all inputs, and in all results, together.
    """

    def __init__(self, Tape tape, slots):
        self.tape = tape
        describe_calls(tape)
        self.slots = np.ascontiguousarray(slots, dtype=np.int64)
        self.n, self.m = tape.n_inputs, self.slots.size
        self.result = self.slots[0] if self.m else 0
        self.has_calls = needs_python(tape)
        self.is_brief = is_brief(tape)
        self.sweep_doubles = tape.c.n_slots + max(tape.scratch_for(1, 1), tape.scratch_for(1, 0))
        tape.make_ready()
        self.tail = tape.find_tail()
        self.binds = self.m == 1 and self.result > <size_t>self.n and tape.can_bind(self.tail)
        self.idle = []

    cdef Workspace acquire(self):
        """Values of all slots as they were recorded: the inputs are to be written over."""
        cdef Workspace values
        try:
            return <Workspace>self.idle.pop()
        except IndexError:
            values = Workspace.__new__(Workspace)
        memcpy(values.reserve(self.tape.c.n_slots + self.tape.c.n_kept), self.tape.c.value,
               self.tape.c.n_slots * sizeof(double))
        return values

    cdef int release(self, Workspace values) except -1:
        """Takes values back, unless many threads have left more than will be needed again."""
        if len(self.idle) < IDLE:
            self.idle.append(values)
        return 0

    cdef double *beside(self, Workspace values) except NULL:
        """Memory for a value or gradient sweep over these values."""
        if values.beside is None:
            values.beside = Workspace.__new__(Workspace)
        return values.beside.reserve(self.sweep_doubles)

    cdef Py_ssize_t run(self, Workspace values) except -2:
        """Everything computed from the inputs; -1, or the number of the guard that does not hold."""
        cdef dt_workspace work
        cdef size_t stopped, end = self.tape.c.n_instr
        work.value, work.p, work.scratch = values.memory, 1, self.beside(values)
        if self.has_calls:
            return run_primal(self.tape, &work, end)
        if self.is_brief:
            stopped = self.tape.sweep_primal(&work, 0, end)
        else:
            with nogil:
                stopped = self.tape.sweep_primal(&work, 0, end)
        return -1 if stopped == end else guard_at(self.tape, stopped)

    cdef void read(self, Workspace values, double *out) noexcept:
        """The results, (m,)."""
        cdef const int64_t *slot = <const int64_t *>cnp.PyArray_DATA(self.slots)
        cdef Py_ssize_t i
        for i in range(self.m):
            out[i] = values.memory[slot[i]]

    cdef Py_ssize_t gradient(self, Workspace values, const double *x, double *g, bint value_too) except -2:
        """Values as `run`, and the gradient of the one result, (n,), in one more sweep; what the recording ends in is
        swept while it is computed. Without `value_too` the value is not left behind, and sin and cos inside need not be
        NumPy's to the last bit. Where the path `binds`, the inputs are read from x, (n,), not from `values`."""
        cdef dt_workspace work
        cdef Py_ssize_t failed
        work.adjoint = self.beside(values)
        work.scratch = work.adjoint + self.tape.c.n_slots
        work.value, work.p = values.memory, 1
        if self.has_calls:
            return self.gradient_with_calls(&work, x, g, value_too)
        if self.is_brief:
            return self.sweep_gradient(&work, x, g, value_too)
        with nogil:
            failed = self.sweep_gradient(&work, x, g, value_too)
        return failed

    cdef Py_ssize_t sweep_gradient(self, dt_workspace *work, const double *x, double *g, bint value_too) noexcept nogil:
        cdef size_t stopped = self.tape.sweep_primal(work, 0, self.tail)
        if stopped < self.tail:
            return guard_at(self.tape, stopped)
        self.start_back(work, x, g, value_too)
        self.tape.sweep_adjoint(work, 0, self.tail)
        self.read_gradient(work, g)
        return -1

    cdef Py_ssize_t gradient_with_calls(self, dt_workspace *work, const double *x, double *g, bint value_too) except -2:
        cdef Py_ssize_t failed = run_primal(self.tape, work, self.tail)
        if failed < 0:
            self.start_back(work, x, g, value_too)
            run_adjoint(self.tape, work, self.tail)
            self.read_gradient(work, g)
        return failed

    cdef void start_back(self, dt_workspace *work, const double *x, double *g, bint value_too) noexcept nogil:
        """The tail, forwards and backwards, from an adjoint of 1 at the result."""
        cdef dt_bound bound
        cdef size_t first = <size_t>self.n + 1 if self.binds else 0
        self.tape.fill_structural(work.adjoint + first, self.tape.c.n_slots - first)
        work.adjoint[self.result] = 1.0
        if self.tail < self.tape.c.n_instr:
            bound.input, bound.gradient, bound.n = x, g, self.n if self.binds else 0
            bound.gradient_only = not value_too
            self.tape.sweep_tail(work, self.tail, &bound)

    cdef void read_gradient(self, dt_workspace *work, double *g) noexcept nogil:
        cdef Py_ssize_t i
        if not self.binds:
            for i in range(self.n):
                g[i] = work.adjoint[i + 1] + 0.0

    def for_values(self):
        """The path for values alone, in few slots (`core.seal.values_only`); its guards have the same numbers. A single
        replay gains nothing from it; in lanes over points the values of all slots leave the cache much earlier."""
        if self.lean is None:
            self.lean = Path(*values_only(self.tape, self.slots))
        return self.lean

    def at(self, x):
        """The `Point` with these inputs, shape (n,); or the number of the guard that does not hold there."""
        cdef cnp.ndarray inputs = np.ascontiguousarray(x, dtype=np.float64)
        cdef Workspace values = self.acquire()
        cdef Py_ssize_t failed
        memcpy(values.memory + 1, cnp.PyArray_DATA(inputs), self.n * sizeof(double))
        failed = self.run(values)
        if failed < 0:
            return Point(self, values)
        self.release(values)
        return failed


@cython.overflowcheck(False)
cdef uint64_t digest(const double *values, size_t n) noexcept:
    """Fingerprint of n numbers (Fowler, Noll & Vo's 1a with 64 bits, word by word, modulo 2^64)."""
    cdef uint64_t found = 0xcbf29ce484222325ULL, word
    cdef size_t i
    for i in range(n):
        memcpy(&word, &values[i], sizeof(word))
        found = (found ^ word) * 0x100000001b3ULL
        found ^= found >> 29
    return found


def trail_of(Tape tape):
    """The outcome of every decision of a guarded recording, uint64 (n_guards,): of a comparison 0 or 1, of anything
    else a fingerprint."""
    cdef cnp.ndarray trail = np.zeros(len(tape.guards), dtype=np.uint64)
    cdef uint64_t *outcome = <uint64_t *>cnp.PyArray_DATA(trail)
    cdef dt_instr *instr
    cdef dt_node *node
    cdef size_t i
    for i in range(tape.c.n_instr):
        instr = &tape.c.instr[i]
        if instr.op == DT_OP_GUARD:
            outcome[instr.out] = instr.outcome
        elif instr.op == DT_OP_NODE and tape.c.node[instr.a].kind == DT_GUARD:
            node = &tape.c.node[instr.a]
            outcome[node.out] = digest(tape.c.expected + node.arg[1].at, node.n)
    return trail


@cython.final
cdef class Point:
    """A path computed at a point, with the sweeps there; see `dualtape.trace.record.Recording`."""
    cdef readonly Path path
    cdef Workspace values

    def __init__(self, Path path, Workspace values):
        self.path, self.values = path, values

    @property
    def m(self):
        return self.path.m

    @property
    def nested(self):
        return False

    def all_values(self):
        """Values of all slots, as a new array."""
        cdef cnp.ndarray out = np.empty(self.path.tape.c.n_slots)
        memcpy(cnp.PyArray_DATA(out), self.values.memory, self.path.tape.c.n_slots * sizeof(double))
        return out

    def results(self):
        """The results, shape (m,)."""
        cdef cnp.ndarray out = np.empty(self.path.m)
        self.path.read(self.values, <double *>cnp.PyArray_DATA(out))
        return out

    def jvp(self, S):
        return sweeps.tangents(self.path.tape, self.path.slots, S, False, self.values)

    def vjp(self, W):
        return sweeps.adjoints(self.path.tape, self.path.slots, W, self.values)

    def second(self, w, S):
        return sweeps.seconds(self.path.tape, self.path.slots, w, S, self.values)

    def jacobian(self, m, forward):
        return sweeps.jacobian(self.path.tape, self.path.slots[:m], forward, self.values)

    def hessian(self, w):
        return sweeps.hessian(self.path.tape, self.path.slots[:w.size], w, self.values)

    def release(self):
        """Lets the next replay use the memory; this point is gone."""
        self.path.release(self.values)
        self.values = None
