"""Sealing: from a recording another tape that computes the same with less (c/seal.h, where the passes are described).

Here the memory is owned, and what the passes see only as numbers is carried over: the places of array operations with a
Python rule, captured numbers of outer levels, guards. Called by api/program.py between recording and replay."""
cimport cython
cimport numpy as cnp
from cpython.mem cimport PyMem_RawCalloc, PyMem_RawFree, PyMem_RawRealloc
from libc.stdint cimport int64_t, uint32_t, uint8_t
from libc.string cimport memchr, memset
import numpy as np

from dualtape.core.c cimport (
    DT_EXPENSIVE, DT_TIES, DT_VARIES, dt_call_site, dt_instr, dt_node, dt_rename, dt_rename_layout, dt_rename_plan,
    dt_rename_write, dt_renamed, dt_seal, dt_seal_layout, dt_seal_plan, dt_seal_write, dt_span, dt_workspace)
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
    values_kept : int
        Numbers among the latter that a derivative sweep reads instead of computing them again.
    bytes_before, bytes_after, slots : int
        Of the recording and of the sealed program; numbers in a replay.
    steps : int
        Of all passes, whatever the machine: grows linearly with the recording.
    """
    cdef readonly Py_ssize_t recorded, kept, folded, merged, copies, gathers, guards, guards_kept
    cdef readonly Py_ssize_t segments, fused, unstored, bytes_before, bytes_after, slots, steps
    cdef readonly Py_ssize_t values_kept

    @property
    def dead(self):
        return max(0, self.recorded - self.folded - self.merged - self.copies - self.kept)

    def as_dict(self):
        """All of it by name."""
        return {name: getattr(self, name) for name in (
            "recorded", "kept", "folded", "merged", "copies", "dead", "gathers", "guards", "guards_kept", "segments",
            "fused", "unstored", "values_kept", "bytes_before", "bytes_after", "slots", "steps")}


# ---- what the table says ----

def trait_of(row):
    """enum dt_trait of a row, from its formulas."""
    formulas = [parse(text) for text in (row.v, *(getattr(row, partial) for partial in row.partials))
                if classify(text) not in (Partial.ZERO, Partial.NO_RULE)]
    is_shared = any("both" in names(formula) for formula in formulas)
    is_expensive = any(name not in EXACT and name in ROW_OF and ROW_OF[name].home is not None
                       for name in calls(parse(row.v)))
    return (DT_TIES if is_shared else 0) | (DT_EXPENSIVE if is_expensive else 0)


cdef bytes _traits = None


cdef bytes traits():
    """(n_ops,) made when something is sealed first: it takes some milliseconds."""
    global _traits
    if _traits is None:
        _traits = bytes([trait_of(row) for row in ROWS])
    return _traits


def is_expensive(int op):
    """Does the value of a row need a function of the C library, so that it costs some ten additions?"""
    return bool(traits()[op] & DT_EXPENSIVE)


# ---- memory ----

cdef void *allocated(size_t count, size_t size) except NULL:
    cdef void *memory = PyMem_RawCalloc(count if count else 1, size)
    if memory == NULL:
        raise MemoryError(f"sealing needs {count * size / 2**20:.0f} MiB more than the system gives")
    return memory


@cython.final
cdef class Memory:
    """Zeros, freed with this object."""
    cdef void *at

    def __init__(self, size_t bytes):
        self.at = allocated(bytes, 1)

    def __dealloc__(self):
        PyMem_RawFree(self.at)


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
        return type(x).__name__, float(x).hex()
    if isinstance(x, np.generic):
        return x.dtype.str, x.tobytes()
    if isinstance(x, slice):                       # which Python 3.11 does not hash
        return "slice", content(x.start), content(x.stop), content(x.step)
    return (type(x).__name__, x) if isinstance(x, (int, str, bytes, type(None))) else id(x)


cdef object rule_of(ArrayCall call):
    places = tuple([((<Place>at).shape, (<Place>at).strides, (<Place>at).active) if type(at) is Place else content(at)
                    for at in call.operands])
    return id(call.row), content(call.params), places, call.single


@cython.final
cdef class Calls:
    """The array operations of a tape with a Python rule, as the passes see them: a site for each, a span for each
    operand and result. The passes move the spans."""
    cdef list calls
    cdef dt_call_site *site
    cdef dt_span *span
    cdef uint8_t *passive       # of a span: all its slots turned out to be constant
    cdef size_t n_spans

    def __init__(self, list calls):
        cdef dict rules = {}
        cdef size_t n = 0, c
        cdef ArrayCall call
        self.calls = calls
        self.n_spans = sum([len((<ArrayCall>call).operands) + len((<ArrayCall>call).results) for call in calls])
        self.site = <dt_call_site *>allocated(len(calls), sizeof(dt_call_site))
        self.span = <dt_span *>allocated(self.n_spans, sizeof(dt_span))
        self.passive = <uint8_t *>allocated(self.n_spans, 1)
        for c in range(<size_t>len(calls)):
            call = calls[c]
            self.site[c].rule = rules.setdefault(rule_of(call), len(rules))
            self.site[c].first, self.site[c].n_operands, self.site[c].n_results = (
                n, len(call.operands), len(call.results))
            for at in call.operands + call.results:
                self.span[n] = span_of(at)
                n += 1

    def __dealloc__(self):
        PyMem_RawFree(self.site)
        PyMem_RawFree(self.span)
        PyMem_RawFree(self.passive)

    cdef ArrayCall moved(self, size_t c):
        """The call with its places where the spans say now."""
        cdef ArrayCall call = self.calls[c]
        cdef size_t k = self.site[c].first
        cdef list places = []
        for at in call.operands + call.results:
            if type(at) is Place:
                at = Place(<uint32_t>max(0, self.span[k].at), at.shape, at.strides, at.active and not self.passive[k])
            places.append(at)
            k += 1
        return ArrayCall(call.row, call.params, places[:len(call.operands)], places[len(call.operands):], call.single)


# ---- room for the new tape ----

cdef int reserve(Tape to, Tape tape) except -1:
    """Room for whatever the passes may write, but values."""
    cdef size_t n_instr = tape.c.n_instr + tape.c.n_nodes, n_view = tape.c.n_view + 10 * (2 * tape.c.n_nodes)
    PyMem_RawFree(to.c.instr)
    to.c.instr = NULL
    to.c.instr = <dt_instr *>allocated(n_instr, sizeof(dt_instr))
    to.c.instr_capacity = n_instr
    if tape.c.n_nodes + tape.c.n_view + tape.c.n_id + tape.c.n_expected == 0:
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
    to.c.slot_capacity = to.c.n_slots + to.c.n_kept
    to.c.value = <double *>allocated(to.c.slot_capacity, sizeof(double))
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


cdef int finish(Tape to, Tape tape) except -1:
    to.n_inputs, to.level, to.sealed, to.evaluated = tape.n_inputs, tape.level, True, to.c.n_instr
    return 0


cdef Report report_of(const dt_seal *seal, Tape tape, Tape to):
    cdef Report report = Report.__new__(Report)
    report.recorded, report.kept = seal.report.recorded, seal.report.kept
    report.folded, report.merged, report.copies = seal.report.folded, seal.report.merged, seal.report.copies
    report.gathers, report.guards, report.guards_kept = (
        seal.report.gathers, seal.report.guards, seal.report.guards_kept)
    report.segments, report.fused, report.unstored = seal.report.segments, seal.report.fused, seal.report.unstored
    report.bytes_before, report.bytes_after, report.slots = tape.nbytes, to.nbytes, to.c.n_slots
    report.steps, report.values_kept = seal.report.steps, to.c.n_kept
    return report


cdef int carry_over(const dt_seal *seal, Tape tape, Tape to, Calls calls) except -1:
    """Guards, calls and captured numbers that are left, renumbered."""
    cdef size_t k
    cdef dt_span *span
    if tape.guards is not None:
        to.guards = [tape.guards[seal.kept_guard[k]] for k in range(seal.n_kept_guards)]
    for k in range(calls.n_spans):
        span = &calls.span[k]
        if span.at >= 0:
            calls.passive[k] = memchr(seal.constant + span.low, DT_VARIES, span.high - span.low + 1) == NULL
            span.at = seal.place[span.at]
    to.calls.extend([calls.moved(seal.kept_call[k]) for k in range(seal.n_kept_calls)])
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
    cdef Calls calls = Calls(tape.calls)
    cdef Memory captures = Memory(len(tape.captures) * sizeof(dt_span)), working
    cdef Tape to = Tape()
    cdef bytes of_rows = traits()
    cdef dt_seal passes
    if tape.c.n_slots > MOST_SLOTS or tape.c.n_instr > MOST_SLOTS:
        raise MemoryError("the recording has more than 2**31 values; record a smaller piece")
    memset(&passes, 0, sizeof(passes))
    passes.source, passes.to, passes.traits = &tape.c, &to.c, <const uint8_t *>of_rows
    passes.n_inputs, passes.n_results, passes.result = tape.n_inputs, result.size, <int64_t *>cnp.PyArray_DATA(result)
    passes.n_calls, passes.call = len(tape.calls), calls.site
    passes.n_spans, passes.span = calls.n_spans, calls.span
    passes.capture = <dt_span *>captures.at
    passes.n_captures = describe_captures(tape.captures, passes.capture)
    passes.n_guards, passes.longest = len(tape.guards) if tape.guards is not None else 0, longest_node(tape)
    reserve(to, tape)
    working = Memory(dt_seal_layout(&passes, NULL))
    dt_seal_layout(&passes, <char *>working.at)
    with nogil:
        dt_seal_plan(&passes)
    reserve_values(to)
    with nogil:
        dt_seal_write(&passes)
    finish(to, tape)
    carry_over(&passes, tape, to, calls)
    if passes.n_fresh or to.c.n_kept:
        compute_fresh(to)
    return to, result, report_of(&passes, tape, to)


def values_only(Tape tape, slots):
    """The program of a sealed tape for values alone, in as few slots as it needs at once; no sweep but the primal one
    may run on it.

    Parameters
    ----------
    tape : Tape
        From `seal`.
    slots : array_like of int, shape (m,)
        Where the results are.

    Returns
    -------
    tape : Tape
    slots : int64 ndarray, shape (m,)
    """
    cdef cnp.ndarray result = np.array(slots, dtype=np.int64, ndmin=1)
    cdef Calls calls = Calls(tape.calls)
    cdef Memory working
    cdef Tape to = Tape()
    cdef dt_rename renaming
    cdef size_t k
    memset(&renaming, 0, sizeof(renaming))
    renaming.source, renaming.to = &tape.c, &to.c
    renaming.n_inputs, renaming.n_results = tape.n_inputs, result.size
    renaming.result = <int64_t *>cnp.PyArray_DATA(result)
    renaming.call, renaming.span, renaming.n_spans = calls.site, calls.span, calls.n_spans
    reserve(to, tape)
    working = Memory(dt_rename_layout(&renaming, NULL))
    dt_rename_layout(&renaming, <char *>working.at)
    with nogil:
        dt_rename_plan(&renaming)
    reserve_values(to)
    with nogil:
        dt_rename_write(&renaming)
    finish(to, tape)
    to.guards = tape.guards
    for k in range(calls.n_spans):
        if calls.span[k].at >= 0:
            calls.span[k].at = dt_renamed(&renaming, calls.span[k].at)
    to.calls.extend([calls.moved(k) for k in range(<size_t>len(tape.calls))])
    return to, result
