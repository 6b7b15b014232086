"""Sealing: from a recording another tape that computes the same with less (c/seal.h, where the passes are described).

Here the memory is owned, and what the passes see only as numbers is carried over: the places of array operations with a
Python rule, captured numbers of outer levels, guards. Called by api/program.py between recording and replay."""
cimport cython
cimport numpy as cnp
from cpython.mem cimport PyMem_RawCalloc, PyMem_RawFree, PyMem_RawRealloc
from libc.stdint cimport int64_t, uint32_t, uint8_t
from libc.string cimport memset
import numpy as np

from dualtape.core.c cimport (
    DT_EXPENSIVE, DT_TIES, dt_call_site, dt_instr, dt_node, dt_seal, dt_seal_layout, dt_seal_plan, dt_seal_write,
    dt_span, dt_workspace)
from dualtape.core.engine cimport ArrayCall, Place
from dualtape.core.sweeps cimport Workspace, acquire_workspace, release_workspace, run_primal
from dualtape.core.tape cimport Tape
from dualtape.ops.structure import Partial, calls, classify, names, parse
from dualtape.ops.structure import EXACT
from dualtape.ops.table import ROWS, ROW_OF

cnp.import_array()

cdef enum:
    MOST_SLOTS = 0x7ffffff0          # instructions and nodes are numbered in 31 bits


@cython.final
cdef class Report:
    """What sealing did: plain numbers, for `Program.summary`.

    Attributes
    ----------
    recorded, kept : int
        Operations before and after: scalars, and operations on arrays.
    folded, merged, copies : int
        Operations that computed constants, that repeated others, and that handed an operand through.
    dead : int
        Other operations that nothing depended on.
    gathers : int
        Recorded gathers; those that are left are among `kept`.
    guards, guards_kept : int
        Decisions before and after.
    segments, fused, unstored : int
        Fused runs over arrays, the operations in those of more than one, and results that live only in cache.
    bytes_before, bytes_after, slots : int
        Of the recording and of the sealed program; numbers in a replay.
    steps : int
        Of all passes, whatever the machine: grows linearly with the recording.
    """
    cdef readonly Py_ssize_t recorded, kept, folded, merged, copies, gathers, guards, guards_kept
    cdef readonly Py_ssize_t segments, fused, unstored, bytes_before, bytes_after, slots, steps

    @property
    def dead(self):
        return max(0, self.recorded - self.folded - self.merged - self.copies - self.kept)

    def as_dict(self):
        """All of it by name."""
        return {name: getattr(self, name) for name in (
            "recorded", "kept", "folded", "merged", "copies", "dead", "gathers", "guards", "guards_kept", "segments",
            "fused", "unstored", "bytes_before", "bytes_after", "slots", "steps")}


# ---- what the table says ----

def trait_of(row):
    """enum dt_trait of a row, from its formulas."""
    formulas = [parse(text) for text in (row.v, *(getattr(row, partial) for partial in row.partials))
                if classify(text) not in (Partial.ZERO, Partial.NO_RULE)]
    is_shared = any("both" in names(formula) for formula in formulas)
    is_expensive = any(name not in EXACT and name in ROW_OF and ROW_OF[name].home is not None
                       for name in calls(parse(row.v)))
    return (DT_TIES if is_shared else 0) | (DT_EXPENSIVE if is_expensive else 0)


cdef bytes TRAITS = bytes([trait_of(row) for row in ROWS])


def is_expensive(int op):
    """Does the value of a row need a function of the C library, so that it costs some ten additions?"""
    return bool(TRAITS[op] & DT_EXPENSIVE)


# ---- places and calls as numbers ----

cdef dt_span span_of(object at) except *:
    """Slots of an operand or result; at < 0 for what is not on the tape or has no elements."""
    cdef dt_span span
    cdef Place place
    cdef int64_t reach
    span.at = span.low = span.high = -1
    if type(at) is Place and 0 not in (<Place>at).shape:
        place = <Place>at
        span.at = span.low = span.high = place.slot
        for length, stride in zip(place.shape, place.strides):
            reach = (length - 1) * (stride // 8)
            if reach < 0:
                span.low += reach
            else:
                span.high += reach
    return span


cdef object content(object x):
    """Something hashable that is equal for plain operands and parameters that are the same; itself if nothing better
    is known."""
    if isinstance(x, np.ndarray):
        return (x.shape, x.dtype.str, x.tobytes()) if x.dtype != object else id(x)
    if isinstance(x, (list, tuple)):
        return type(x).__name__, tuple([content(part) for part in x])
    if isinstance(x, dict):
        return tuple([(name, content(part)) for name, part in x.items()])
    if isinstance(x, float):
        return "float", float(x).hex()
    return (type(x).__name__, x) if isinstance(x, (int, str, bytes, slice, type(None))) else id(x)


cdef object rule_of(ArrayCall call):
    places = tuple([((<Place>at).shape, (<Place>at).strides, (<Place>at).active) if type(at) is Place else content(at)
                    for at in call.operands])
    return id(call.row), content(call.params), places, call.single


cdef Py_ssize_t describe_calls(list calls, dt_call_site *site, dt_span *span) except -1:
    """Fills one site for each call, and the spans of all; with NULL only counts spans."""
    cdef dict rules = {}
    cdef Py_ssize_t n = 0, c
    cdef ArrayCall call
    for c in range(len(calls)):
        call = calls[c]
        if span == NULL:
            n += len(call.operands) + len(call.results)
            continue
        site[c].rule = rules.setdefault(rule_of(call), len(rules))
        site[c].first, site[c].n_operands, site[c].n_results = n, len(call.operands), len(call.results)
        for at in call.operands + call.results:
            span[n] = span_of(at)
            n += 1
    return n


cdef Place moved(const dt_seal *seal, Place at, const dt_span *span, bint is_result):
    """The place in the new tape. An operand that turned out to be constant is not active any more."""
    cdef uint32_t slot = seal.place[span.at] if span.at >= 0 else 0
    return Place(slot, at.shape, at.strides, at.active)


cdef ArrayCall moved_call(const dt_seal *seal, ArrayCall call, const dt_call_site *site):
    cdef Py_ssize_t k
    cdef const dt_span *span = seal.span + site.first
    operands = [moved(seal, at, &span[k], False) if type(at) is Place else at for k, at in enumerate(call.operands)]
    span += site.n_operands
    results = [moved(seal, at, &span[k], True) for k, at in enumerate(call.results)]
    return ArrayCall(call.row, call.params, operands, results, call.single)


# ---- memory ----

cdef void *allocated(size_t count, size_t size) except NULL:
    cdef void *memory = PyMem_RawCalloc(count if count else 1, size)
    if memory == NULL:
        raise MemoryError(f"sealing needs {count * size / 2**20:.0f} MiB more than the system gives")
    return memory


cdef int reserve(Tape to, Tape tape) except -1:
    """Room for whatever the passes may write, but values."""
    cdef size_t n_instr = tape.c.n_instr + tape.c.n_nodes, n_view = tape.c.n_view + 10 * (2 * tape.c.n_nodes)
    PyMem_RawFree(to.c.instr)
    to.c.instr = NULL
    to.c.instr = <dt_instr *>allocated(n_instr, sizeof(dt_instr))
    to.c.instr_capacity = n_instr
    if not tape.c.n_nodes:
        return 0
    to.c.node = <dt_node *>allocated(tape.c.n_nodes, sizeof(dt_node))
    to.c.node_capacity = tape.c.n_nodes
    to.c.view = <int64_t *>allocated(n_view, sizeof(int64_t))
    to.c.view_capacity = n_view
    to.c.id = <uint32_t *>allocated(tape.c.n_id, sizeof(uint32_t))
    to.c.id_capacity = tape.c.n_id
    to.c.expected = <double *>allocated(tape.c.n_expected, sizeof(double))
    to.c.expected_capacity = tape.c.n_expected
    return 0


cdef int reserve_values(Tape to) except -1:
    PyMem_RawFree(to.c.value)
    to.c.value = NULL
    to.c.value = <double *>allocated(to.c.n_slots, sizeof(double))
    to.c.slot_capacity = to.c.n_slots
    return 0


cdef size_t longest_node(Tape tape) noexcept:
    cdef size_t k, longest = 0
    for k in range(tape.c.n_nodes):
        longest = max(longest, tape.c.node[k].n)
    return longest


# ---- sealing ----

cdef int compute_fresh(Tape to) except -1:
    """Values that the recording had only in blocks."""
    cdef dt_workspace work
    cdef Workspace scratch = acquire_workspace()
    work.value, work.p = to.c.value, 1
    work.scratch = scratch.reserve(to.scratch_for(1, 0))
    try:
        run_primal(to, &work, to.c.n_instr)
    finally:
        release_workspace(scratch)
    return 0


cdef Report report_of(const dt_seal *seal, Tape tape, Tape to):
    cdef Report report = Report.__new__(Report)
    report.recorded, report.kept = seal.report.recorded, seal.report.kept
    report.folded, report.merged, report.copies = seal.report.folded, seal.report.merged, seal.report.copies
    report.gathers, report.guards, report.guards_kept = (
        seal.report.gathers, seal.report.guards, seal.report.guards_kept)
    report.segments, report.fused, report.unstored = seal.report.segments, seal.report.fused, seal.report.unstored
    report.bytes_before, report.bytes_after, report.slots = tape.nbytes, to.nbytes, to.c.n_slots
    report.steps = seal.report.steps
    return report


cdef int carry_over(const dt_seal *seal, Tape tape, Tape to) except -1:
    """Guards, calls and captured numbers that are left, renumbered."""
    cdef size_t k
    cdef Py_ssize_t c
    if tape.guards is not None:
        to.guards = [tape.guards[seal.kept_guard[k]] for k in range(seal.n_kept_guards)]
    for k in range(seal.n_kept_calls):
        c = seal.kept_call[k]
        to.calls.append(moved_call(seal, tape.calls[c], &seal.call[c]))
    for slot, number in tape.captures:
        if number.size and seal.need[<size_t>slot]:
            to.captures.append((seal.place[<size_t>slot], number))
    return 0


cdef Py_ssize_t describe_captures(list captures, dt_span *span) except -1:
    cdef Py_ssize_t n = 0
    for slot, number in captures:
        if number.size:
            span[n].at = span[n].low = slot
            span[n].high = slot + number.size - 1
            n += 1
    return n


def seal(Tape tape, slots):
    """The program of a sealed recording, optimised: same values bit for bit, derivatives to rounding.

    Parameters
    ----------
    tape : Tape
        Sealed.
    slots : array_like of int, shape (m,)
        Where the results are.

    Returns
    -------
    tape : Tape
        Sealed; it shares nothing with the recording.
    slots : int64 ndarray, shape (m,)
    report : Report
    """
    cdef cnp.ndarray result = np.array(slots, dtype=np.int64, ndmin=1)
    cdef size_t n_calls = len(tape.calls), n_captures = len(tape.captures)
    cdef size_t n_spans = describe_calls(tape.calls, NULL, NULL), size
    cdef Tape to = Tape()
    cdef dt_seal passes
    cdef dt_span *span = NULL
    cdef dt_call_site *site = NULL
    cdef char *memory = NULL
    if tape.c.n_slots > MOST_SLOTS or tape.c.n_instr > MOST_SLOTS:
        raise MemoryError("the recording has more than 2**31 values; record a smaller piece")
    memset(&passes, 0, sizeof(passes))
    try:
        span = <dt_span *>allocated(n_spans + n_captures, sizeof(dt_span))
        site = <dt_call_site *>allocated(n_calls, sizeof(dt_call_site))
        describe_calls(tape.calls, site, span)
        passes.n_captures = describe_captures(tape.captures, span + n_spans)
        reserve(to, tape)
        passes.source, passes.to, passes.traits = &tape.c, &to.c, <const uint8_t *>TRAITS
        passes.n_inputs, passes.n_results, passes.n_calls = tape.n_inputs, result.size, n_calls
        passes.n_spans, passes.n_guards = n_spans, len(tape.guards) if tape.guards is not None else 0
        passes.call, passes.span, passes.capture = site, span, span + n_spans
        passes.result, passes.longest = <int64_t *>cnp.PyArray_DATA(result), longest_node(tape)
        size = dt_seal_layout(&passes, NULL)
        memory = <char *>allocated(size, 1)
        dt_seal_layout(&passes, memory)
        with nogil:
            dt_seal_plan(&passes)
        reserve_values(to)
        with nogil:
            dt_seal_write(&passes)
        to.n_inputs, to.level, to.sealed, to.evaluated = tape.n_inputs, tape.level, True, to.c.n_instr
        carry_over(&passes, tape, to)
        if passes.n_fresh:
            compute_fresh(to)
        return to, result, report_of(&passes, tape, to)
    finally:
        PyMem_RawFree(memory)
        PyMem_RawFree(site)
        PyMem_RawFree(span)
