"""Derivative sweeps over a sealed tape: seeds in, derivatives out. The compiled sweeps run without the GIL on a
workspace of their own, so that any number of threads may sweep one tape; array operations with a Python rule are done
here, between two stretches."""
cimport cython
cimport numpy as cnp
from cpython.mem cimport PyMem_RawFree, PyMem_RawMalloc
from libc.stdint cimport int64_t, uintptr_t
import numpy as np

from dualtape.core.c cimport DT_CALL, DT_OP_NODE, dt_instr, dt_workspace
from dualtape.core.calls import real_result
from dualtape.core.engine cimport ArrayCall, Place
from dualtape.core.tape cimport Tape

cnp.import_array()

cdef enum:
    MANY_LANES = 64             # directions that one sweep carries at most
    FEW_LANES = 16              # ... when the tape is so large that more would not stay in cache
    LANE_VALUES = 0x8000        # numbers, lanes times slots, that do
    MOST_VALUES = 0x1000000     # ... and that a sweep may need at all
    LINE = 64                   # bytes of a cache line, which a workspace starts on
    POOL_SIZE = 4
    KEPT_DOUBLES = 0x2000000      # larger workspaces are given back to the system

cdef int64_t STRUCTURAL_BITS = <int64_t>0x8000000000000000ULL
cdef object _Dual = None            # core.dual and core.dual_parts, imported when first needed
cdef object _first_lanes = None


# ---- workspaces ----

@cython.final
cdef class Workspace:
    """Memory of one sweep: arrays that run parallel to the slots, and scratch. Pooled, because fresh pages cost more
    than the arithmetic."""

    def __dealloc__(self):
        PyMem_RawFree(self.block)

    cdef double *reserve(self, size_t doubles) except NULL:
        cdef size_t capacity = doubles + doubles // 4
        if doubles > self.capacity:
            PyMem_RawFree(self.block)
            self.capacity = 0
            self.block = PyMem_RawMalloc(capacity * sizeof(double) + LINE)
            if self.block == NULL:
                raise MemoryError(
                    f"a sweep over the recording needs {doubles * 8 / 2**20:.0f} MiB more than the system gives")
            self.capacity = capacity
            self.memory = <double *>((<uintptr_t>self.block + LINE - 1) & ~<uintptr_t>(LINE - 1))
        return self.memory


cdef list _pool = []


cdef Workspace acquire_workspace():
    try:
        return <Workspace>_pool.pop()
    except IndexError:
        return Workspace.__new__(Workspace)


cdef void release_workspace(Workspace work):
    if work.capacity <= KEPT_DOUBLES and len(_pool) < POOL_SIZE:
        _pool.append(work)


# ---- calls of Python rules ----

cdef ArrayCall call_at(Tape tape, size_t instruction):
    return <ArrayCall>tape.calls[tape.c.node[tape.c.instr[instruction].a].arg[0].at]


cdef list primals(double *value, list operands):
    return [(<Place>at).array(value, 0)[()] if type(at) is Place else at for at in operands]


cdef bint is_structural(cnp.ndarray array) except -1:
    """Mostly the first element tells."""
    cdef cnp.ndarray flat = np.ascontiguousarray(array)
    cdef int64_t *bits = <int64_t *>cnp.PyArray_DATA(flat)
    cdef Py_ssize_t i, n = cnp.PyArray_SIZE(flat)
    for i in range(n):
        if bits[i] != STRUCTURAL_BITS:
            return False
    return True


cdef int collect(row, cnp.ndarray adjoint, x_bar) except -1:
    """Adds what a rule gave: zeros become computed ones in place, which takes no second array."""
    adjoint += x_bar
    if not row.selects:
        adjoint += 0.0
    return 0


cdef object as_meant(row, part):
    """What a rule was given or gave: its zeros were computed, unless it only moves elements."""
    return part if row.selects else part + 0.0


cdef object bundle(ArrayCall call, list parts):
    return parts[0] if call.single else tuple(parts)


cdef object cotangent_of(ArrayCall call, part):
    """What a rule takes. The one of several results sees which of them nothing depends on: zeros stay structural."""
    return as_meant(call.row, part) if call.single else np.array(part)


cdef object moving_cotangent(ArrayCall call, x, dot):
    """A cotangent with its tangents: a plain one if it does not move."""
    return cotangent_of(call, x) if is_structural(dot) else _Dual(cotangent_of(call, x), dot + 0.0)


cdef int call_primal(ArrayCall call, double *value) except -1:
    try:
        result = call.row.primal(*primals(value, call.operands), **call.params)
    except np.linalg.LinAlgError as error:
        raise np.linalg.LinAlgError(f"{error}: np.{call.row.name} at the point of this replay") from None
    for at, part in zip(call.results, (result,) if call.single else result):
        (<Place>at).array(value, 0)[...] = real_result(call.row, part)
    return 0


cdef int call_tangent(ArrayCall call, dt_workspace *work) except -1:
    cdef double *tangent = work.tangent
    cdef Py_ssize_t p = work.p
    cdef list x_dots = [(<Place>at).array(tangent, p) if active else None
                        for at, active in zip(call.operands, call.active)]
    cdef list xs = primals(work.value, call.operands), results = [(<Place>at).array(tangent, p) for at in call.results]
    v = bundle(call, primals(work.value, call.results))
    for lane in range(p):
        lane_dots = [None if x_dot is None or is_structural(x_dot[..., lane])
                     else as_meant(call.row, x_dot[..., lane]) for x_dot in x_dots]
        if all(x_dot is None for x_dot in lane_dots):
            continue
        v_dot = call.row.jvp(tuple(lane_dots), tuple(xs), v, **call.params)
        for result, part in zip(results, (v_dot,) if call.single else v_dot):
            if part is not None:
                result[..., lane] = part
    return 0


cdef int call_adjoint(ArrayCall call, dt_workspace *work) except -1:
    cdef double *adjoint = work.adjoint
    cdef Py_ssize_t p = work.p
    cdef list xs = primals(work.value, call.operands), results = [(<Place>at).array(adjoint, p) for at in call.results]
    v = bundle(call, primals(work.value, call.results))
    for lane in range(p):
        v_bars = [result[..., lane] for result in results]
        if all([is_structural(v_bar) for v_bar in v_bars]):
            continue
        v_bar = bundle(call, [cotangent_of(call, part) for part in v_bars])
        x_bars = call.row.vjp(v_bar, tuple(xs), v, call.active, **call.params)
        for at, active, x_bar in zip(call.operands, call.active, x_bars):
            if active and x_bar is not None:
                collect(call.row, (<Place>at).array(adjoint, p)[..., lane], x_bar)
    return 0


cdef int call_second(ArrayCall call, dt_workspace *work) except -1:
    """The vjp rule in Dual arithmetic: its tangent is the second-order adjoint."""
    global _Dual, _first_lanes
    if _Dual is None:
        from dualtape.core.dual import Dual as _Dual
        from dualtape.core.dual_parts import first_lanes as _first_lanes
    cdef Py_ssize_t p = work.p
    v_bars = [(<Place>at).array(work.adjoint, 0) for at in call.results]
    v_bar_dots = [(<Place>at).array(work.adjoint_dot, p) for at in call.results]
    if all([is_structural(part) for part in v_bars]) and all([is_structural(part) for part in v_bar_dots]):
        return 0
    xs = tuple([_Dual(x, (<Place>at).array(work.tangent, p) + 0.0) if active else x
                for at, active, x in zip(call.operands, call.active, primals(work.value, call.operands))])
    v = bundle(call, [_Dual(x, (<Place>at).array(work.tangent, p) + 0.0)
                      for at, x in zip(call.results, primals(work.value, call.results))])
    v_bar = bundle(call, [moving_cotangent(call, x[()], dot) for x, dot in zip(v_bars, v_bar_dots)])
    x_bars = call.row.vjp(v_bar, xs, v, call.active, **call.params)
    given_nan = has_nan(primals(work.value, call.operands) + v_bars)
    for at, active, x_bar in zip(call.operands, call.active, x_bars):
        if not active or x_bar is None:
            continue
        values, lanes = x_bar, None
        if isinstance(x_bar, _Dual):
            values, lanes = x_bar.x, _first_lanes(x_bar).reshape(x_bar.shape + (p,))
            (<Place>at).array(work.adjoint_dot, p)[...] += as_meant(call.row, lanes)
        (<Place>at).array(work.adjoint, 0)[...] += as_meant(call.row, values)
        unknown = np.isnan(values)
        if unknown.any() and not given_nan:     # its own NaN is a constant to a rule, but has no second derivative
            (<Place>at).array(work.adjoint_dot, p)[unknown, :] += moving_lanes(call, work)
    return 0


cpdef bint has_nan(list arrays) except -1:
    """Whether any of these holds a NaN, which then is no answer of a rule to finite numbers."""
    return any([bool(np.isnan(x).any()) for x in arrays])


cdef object moving_lanes(ArrayCall call, dt_workspace *work):
    """(p,): NaN for the directions in which an operand or a cotangent moves, 0 for the others."""
    moved = [(<Place>at).array(work.tangent, work.p) for at, active in zip(call.operands, call.active) if active]
    moved += [(<Place>at).array(work.adjoint_dot, work.p) for at in call.results]
    return np.where([all([is_structural(x[..., lane]) for x in moved]) for lane in range(work.p)], 0.0, np.nan)


# ---- whole sweeps ----

cdef bint is_call(Tape tape, size_t instruction) noexcept nogil:
    cdef dt_instr *instr = &tape.c.instr[instruction]
    return instr.op == DT_OP_NODE and tape.c.node[instr.a].kind == DT_CALL


cdef Py_ssize_t run_primal(Tape tape, dt_workspace *work, size_t end) except -2:
    """Values of all slots that instructions before `end` compute from the inputs; -1, or the number of the guard that
    does not hold."""
    cdef size_t at = 0
    cdef dt_instr *instr
    while True:
        with nogil:
            at = tape.sweep_primal(work, at, end)
        if at == end:
            return -1
        if not is_call(tape, at):
            instr = &tape.c.instr[at]
            return <Py_ssize_t>instr.out
        call_primal(call_at(tape, at), work.value)
        at += 1


cdef bint run_tangent(Tape tape, dt_workspace *work, size_t end) except -1:
    """False where a partial is not finite (tape.h: finite)."""
    cdef size_t at = 0
    while True:
        with nogil:
            at = tape.sweep_tangent(work, at, end)
        if at == end:
            return True
        if not is_call(tape, at):
            return False
        call_tangent(call_at(tape, at), work)
        at += 1


cdef bint run_adjoint(Tape tape, dt_workspace *work, size_t end) except -1:
    """False where a partial is not finite (tape.h: finite)."""
    while True:
        with nogil:
            end = tape.sweep_adjoint(work, 0, end)
        if end == 0:
            return True
        end -= 1
        if not is_call(tape, end):
            return False
        call_adjoint(call_at(tape, end), work)


cdef bint run_second(Tape tape, dt_workspace *work) except -1:
    """False where a partial is not finite (tape.h: finite)."""
    cdef size_t end = tape.c.n_instr
    while True:
        with nogil:
            end = tape.sweep_second(work, 0, end)
        if end == 0:
            return True
        end -= 1
        if not is_call(tape, end):
            return False
        call_second(call_at(tape, end), work)


# ---- some lanes of a matrix ----

cdef struct lane_seeds:
    const double *at         # (rows, columns); NULL: the identity
    Py_ssize_t columns
    Py_ssize_t first, count  # those which are swept now
    bint raw                 # zeros are kept: else a zero moves nothing, so it is structural


cdef double seed(const lane_seeds *S, Py_ssize_t row, Py_ssize_t lane) noexcept nogil:
    cdef double s
    if S.at == NULL:
        return 1.0 if row == S.first + lane else -0.0
    s = S.at[row * S.columns + S.first + lane]
    return s if S.raw or s != 0.0 else -0.0


cdef Py_ssize_t lanes_at_once(Tape tape, Py_ssize_t p) noexcept:
    """How many of p directions one sweep carries: about the same number in all sweeps that it takes."""
    cdef Py_ssize_t slots = tape.c.n_slots, most = max(FEW_LANES, min(MANY_LANES, LANE_VALUES // slots)), sweeps
    most = max(1, min(most, MOST_VALUES // slots))
    sweeps = max(1, (p + most - 1) // most)
    return max(1, (p + sweeps - 1) // sweeps)


cdef size_t whole_vectors(Py_ssize_t p) noexcept:
    """Lanes that are swept where p are needed; the others stay structurally zero."""
    return 1 if p <= 1 else (p + 3) // 4 * 4 if p <= 12 else (p + 7) // 8 * 8


cdef size_t scratch_for(Tape tape, size_t p, int order) noexcept:
    """Doubles of scratch for a sweep, a byte for each slot among them (tape.h: dt_fill_unwritten)."""
    return max(tape.scratch_for(p, order), tape.c.n_slots // sizeof(double) + 1)


cdef void start_work(dt_workspace *work, Tape tape, double *value, Py_ssize_t p) noexcept:
    work.value = tape.c.value if value == NULL else value
    work.finite = tape.c.n_nodes == 0 or (p > 1 and not tape.calls)      # else structural zeros are told apart
    work.p = whole_vectors(p) if work.finite else p


cdef int push_lanes(Tape tape, dt_workspace *work, const lane_seeds *S, size_t end) except -1:
    """Tangents of all slots that are inputs or written before instruction `end`."""
    cdef size_t p = work.p
    cdef Py_ssize_t j, k
    if S.raw:
        work.finite = False
    while True:
        with nogil:
            if tape.c.n_nodes == 0:
                tape.fill_unwritten(work.scratch, work.tangent, p)
            else:
                tape.fill_structural(work.tangent, tape.c.n_slots * p)
            for j in range(<Py_ssize_t>tape.n_inputs):
                for k in range(S.count):
                    work.tangent[(j + 1) * p + k] = seed(S, j, k)
        if run_tangent(tape, work, end):
            return 0
        work.finite = False


cdef int pull_lanes(Tape tape, dt_workspace *work, const int64_t *outputs, Py_ssize_t m, const lane_seeds *W) except -1:
    """Adjoints of all slots."""
    cdef size_t p = work.p
    cdef Py_ssize_t i, k
    while True:
        with nogil:
            tape.fill_structural(work.adjoint, tape.c.n_slots * p)
            for i in range(m):
                for k in range(W.count):
                    work.adjoint[outputs[i] * p + k] += seed(W, i, k)
        if run_adjoint(tape, work, tape.c.n_instr):
            return 0
        work.finite = False


cdef int bend_lanes(Tape tape, dt_workspace *work, const int64_t *outputs, Py_ssize_t m, const double *w,
                    const lane_seeds *S) except -1:
    """Tangents, adjoints and second-order adjoints of all slots."""
    cdef size_t slots = tape.c.n_slots, end = tape.c.n_instr
    cdef Py_ssize_t i
    if end and tape.c.instr[end - 1].op != DT_OP_NODE:
        end -= 1                     # nobody reads the tangents of the last results
    while True:
        push_lanes(tape, work, S, end)
        with nogil:
            tape.fill_structural(work.adjoint, slots)
            tape.fill_structural(work.adjoint_dot, slots * work.p)
            for i in range(m):
                if w[i] != 0.0:
                    work.adjoint[outputs[i]] += w[i]
        if run_second(tape, work):
            return 0
        work.finite = False


# ---- whole matrices ----

cdef int push_matrix(Tape tape, double *value, const int64_t *outputs, Py_ssize_t m, const double *S, Py_ssize_t p,
                     bint raw, double *out) except -1:
    """out (m, p) = J S for S (n, p); NULL: the identity. `value` holds all slots at another point, or is NULL."""
    cdef Py_ssize_t step = lanes_at_once(tape, p), first, i, k
    cdef Workspace memory = acquire_workspace()
    cdef dt_workspace work
    cdef lane_seeds seeds
    cdef double s
    seeds.at, seeds.columns, seeds.raw = S, p, raw
    try:
        for first in range(0, p, step):
            seeds.first, seeds.count = first, min(step, p - first)
            start_work(&work, tape, value, seeds.count)
            work.tangent = memory.reserve(tape.c.n_slots * work.p + scratch_for(tape, work.p, 1))
            work.scratch = work.tangent + tape.c.n_slots * work.p
            push_lanes(tape, &work, &seeds, tape.c.n_instr)
            for i in range(m):
                for k in range(seeds.count):
                    s = work.tangent[outputs[i] * work.p + k]
                    out[i * p + first + k] = s if raw else s + 0.0
    finally:
        release_workspace(memory)
    return 0


cdef int pull_matrix(Tape tape, double *value, const int64_t *outputs, Py_ssize_t m, const double *W, Py_ssize_t p,
                     Py_ssize_t row_step, Py_ssize_t lane_step, double *out) except -1:
    """J' W for W (m, p), NULL: the identity. Its element [j, k] goes to out[j * row_step + k * lane_step]."""
    cdef Py_ssize_t step = lanes_at_once(tape, p), first, j, k
    cdef Workspace memory = acquire_workspace()
    cdef dt_workspace work
    cdef lane_seeds seeds
    seeds.at, seeds.columns, seeds.raw = W, p, False
    try:
        for first in range(0, p, step):
            seeds.first, seeds.count = first, min(step, p - first)
            start_work(&work, tape, value, seeds.count)
            work.adjoint = memory.reserve(tape.c.n_slots * work.p + scratch_for(tape, work.p, 1))
            work.scratch = work.adjoint + tape.c.n_slots * work.p
            pull_lanes(tape, &work, outputs, m, &seeds)
            for k in range(seeds.count):
                for j in range(<Py_ssize_t>tape.n_inputs):
                    out[j * row_step + (first + k) * lane_step] = work.adjoint[(j + 1) * work.p + k] + 0.0
    finally:
        release_workspace(memory)
    return 0


cdef int bend_matrix(Tape tape, double *value, const int64_t *outputs, Py_ssize_t m, const double *w, const double *S,
                     Py_ssize_t p, double *out) except -1:
    """out (n, p) = d/dx (J' w) S for weights w (m,) and S (n, p), NULL: the identity."""
    cdef Py_ssize_t step = lanes_at_once(tape, p), first, j, k
    cdef size_t slots = tape.c.n_slots
    cdef Workspace memory = acquire_workspace()
    cdef dt_workspace work
    cdef lane_seeds seeds
    seeds.at, seeds.columns, seeds.raw = S, p, False
    try:
        for first in range(0, p, step):
            seeds.first, seeds.count = first, min(step, p - first)
            start_work(&work, tape, value, seeds.count)
            work.tangent = memory.reserve(slots * (2 * work.p + 1) + scratch_for(tape, work.p, 2))
            work.adjoint_dot = work.tangent + slots * work.p
            work.adjoint = work.adjoint_dot + slots * work.p
            work.scratch = work.adjoint + slots
            bend_lanes(tape, &work, outputs, m, w, &seeds)
            for j in range(<Py_ssize_t>tape.n_inputs):
                for k in range(seeds.count):
                    out[j * p + first + k] = work.adjoint_dot[(j + 1) * work.p + k] + 0.0
    finally:
        release_workspace(memory)
    return 0


cdef int fill_jacobian(Tape tape, double *value, const int64_t *outputs, Py_ssize_t m, bint forward,
                       double *out) except -1:
    """The Jacobian (m, n) of the results in `outputs`, by tangents or by adjoints."""
    cdef Py_ssize_t n = tape.n_inputs
    if forward:
        return push_matrix(tape, value, outputs, m, NULL, n, False, out)
    return pull_matrix(tape, value, outputs, m, NULL, m, 1, n, out)


cdef int fill_hessian(Tape tape, double *value, const int64_t *outputs, Py_ssize_t m, const double *w,
                      double *out) except -1:
    """sum_i w_i H_i, (n, n), exactly symmetric: sweeps may round an entry and its mirror image differently."""
    cdef Py_ssize_t n = tape.n_inputs, j, k
    cdef double mean
    bend_matrix(tape, value, outputs, m, w, NULL, n, out)
    for j in range(n):
        for k in range(j):
            if out[j * n + k] != out[k * n + j]:
                mean = 0.5 * out[j * n + k] + 0.5 * out[k * n + j]
                out[j * n + k] = out[k * n + j] = mean
    return 0


# ---- the same for Python ----

cdef double *memory_of(Workspace values):
    return NULL if values is None else values.memory


cdef const double *numbers(cnp.ndarray array):
    return <const double *>cnp.PyArray_DATA(array)


def tangents(Tape tape, cnp.ndarray outputs, S, bint raw=False, Workspace values=None):
    """J S for seeds S (n, p): (m, p). `outputs` are the slots of the m results. `raw`: only -0.0 is structurally zero,
    in the seeds, where else a zero moves nothing, and in the result. `values` holds those of all slots at another
    point."""
    cdef cnp.ndarray seeds = np.ascontiguousarray(S, dtype=np.float64)
    cdef cnp.ndarray out = np.empty((outputs.shape[0], seeds.shape[1]))
    push_matrix(tape, memory_of(values), <const int64_t *>cnp.PyArray_DATA(outputs), outputs.shape[0], numbers(seeds),
                seeds.shape[1], raw, <double *>numbers(out))
    return out


def adjoints(Tape tape, cnp.ndarray outputs, W, Workspace values=None):
    """J' W for weights W (m, p): (n, p)."""
    cdef cnp.ndarray weights = np.ascontiguousarray(W, dtype=np.float64)
    cdef cnp.ndarray out = np.empty((tape.n_inputs, weights.shape[1]))
    pull_matrix(tape, memory_of(values), <const int64_t *>cnp.PyArray_DATA(outputs), outputs.shape[0],
                numbers(weights), weights.shape[1], weights.shape[1], 1, <double *>numbers(out))
    return out


def seconds(Tape tape, cnp.ndarray outputs, w, S, Workspace values=None):
    """d/dx (J' w) S for weights w (m,) and directions S (n, p): (n, p). One tangent sweep, one second-order reverse
    sweep."""
    cdef cnp.ndarray weights = np.ascontiguousarray(w, dtype=np.float64)
    cdef cnp.ndarray seeds = np.ascontiguousarray(S, dtype=np.float64)
    cdef cnp.ndarray out = np.empty((tape.n_inputs, seeds.shape[1]))
    bend_matrix(tape, memory_of(values), <const int64_t *>cnp.PyArray_DATA(outputs), outputs.shape[0],
                numbers(weights), numbers(seeds), seeds.shape[1], <double *>numbers(out))
    return out


def jacobian(Tape tape, cnp.ndarray outputs, bint forward, Workspace values=None):
    """The Jacobian (m, n) of the results in slots `outputs`, column by column (`forward`) or row by row."""
    cdef cnp.ndarray out = np.empty((outputs.shape[0], tape.n_inputs))
    fill_jacobian(tape, memory_of(values), <const int64_t *>cnp.PyArray_DATA(outputs), outputs.shape[0], forward,
                  <double *>numbers(out))
    return out


def hessian(Tape tape, cnp.ndarray outputs, w, Workspace values=None):
    """sum_i w_i H_i, (n, n), of the results in slots `outputs`, exactly symmetric."""
    cdef cnp.ndarray weights = np.ascontiguousarray(w, dtype=np.float64)
    cdef cnp.ndarray out = np.empty((tape.n_inputs, tape.n_inputs))
    fill_hessian(tape, memory_of(values), <const int64_t *>cnp.PyArray_DATA(outputs), outputs.shape[0],
                 numbers(weights), <double *>numbers(out))
    return out
