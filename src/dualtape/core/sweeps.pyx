"""Derivative sweeps over a sealed tape: seeds in, derivatives out. The compiled sweeps run without the GIL on a
workspace of their own, so that any number of threads may sweep one tape; array operations with a Python rule are done
here, between two stretches."""
cimport cython
cimport numpy as cnp
from cpython.mem cimport PyMem_RawFree, PyMem_RawMalloc
from libc.stdint cimport int64_t, uint32_t
import numpy as np

from dualtape.core.c cimport DT_CALL, DT_OP_NODE, dt_instr, dt_workspace
from dualtape.core.engine cimport ArrayCall, Place
from dualtape.core.tape cimport Tape

cnp.import_array()

cdef enum:
    LANES = 16                  # directions that one sweep carries
    LANE_VALUES = 0x1000000       # ... fewer, when the tape is so large that they would not fit in cache anyway
    POOL_SIZE = 4
    KEPT_DOUBLES = 0x2000000      # larger workspaces are given back to the system

cdef int64_t STRUCTURAL_BITS = <int64_t>0x8000000000000000ULL
cdef object _Dual = None


# ---- workspaces ----

@cython.final
cdef class Workspace:
    """Memory of one sweep: arrays that run parallel to the slots, and scratch. Pooled, because fresh pages cost more
    than the arithmetic."""

    def __dealloc__(self):
        PyMem_RawFree(self.memory)

    cdef double *reserve(self, size_t doubles) except NULL:
        if doubles > self.capacity:
            PyMem_RawFree(self.memory)
            self.capacity = 0
            self.memory = <double *>PyMem_RawMalloc((doubles + doubles // 4) * sizeof(double))
            if self.memory == NULL:
                raise MemoryError(
                    f"a sweep over the recording needs {doubles * 8 / 2**20:.0f} MiB more than the system gives")
            self.capacity = doubles + doubles // 4
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
    return bool((np.ascontiguousarray(array).view(np.int64) == STRUCTURAL_BITS).all())


cdef object bundle(ArrayCall call, list parts):
    return parts[0] if call.single else tuple(parts)


cdef int call_primal(ArrayCall call, double *value) except -1:
    result = call.row.primal(*primals(value, call.operands), **call.params)
    for at, part in zip(call.results, (result,) if call.single else result):
        (<Place>at).array(value, 0)[...] = part
    return 0


cdef int call_tangent(ArrayCall call, dt_workspace *work) except -1:
    cdef double *tangent = work.tangent
    cdef Py_ssize_t p = work.p
    cdef list x_dots = [(<Place>at).array(tangent, p) if active else None
                        for at, active in zip(call.operands, call.active)]
    cdef list xs = primals(work.value, call.operands), results = [(<Place>at).array(tangent, p) for at in call.results]
    v = bundle(call, primals(work.value, call.results))
    for lane in range(p):
        lane_dots = [None if x_dot is None or is_structural(x_dot[..., lane]) else x_dot[..., lane] + 0.0
                     for x_dot in x_dots]
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
        x_bars = call.row.vjp(bundle(call, [v_bar + 0.0 for v_bar in v_bars]), tuple(xs), v, call.active, **call.params)
        for at, active, x_bar in zip(call.operands, call.active, x_bars):
            if active and x_bar is not None:
                (<Place>at).array(adjoint, p)[..., lane] += x_bar + 0.0
    return 0


cdef int call_second(ArrayCall call, dt_workspace *work) except -1:
    """The vjp rule in Dual arithmetic: its tangent is the second-order adjoint."""
    global _Dual
    if _Dual is None:
        from dualtape.core.dual import Dual as _Dual
    cdef Py_ssize_t p = work.p
    v_bars = [(<Place>at).array(work.adjoint, 0) for at in call.results]
    v_bar_dots = [(<Place>at).array(work.adjoint_dot, p) for at in call.results]
    if all([is_structural(part) for part in v_bars]) and all([is_structural(part) for part in v_bar_dots]):
        return 0
    xs = tuple([_Dual(x, (<Place>at).array(work.tangent, p) + 0.0) if active else x
                for at, active, x in zip(call.operands, call.active, primals(work.value, call.operands))])
    v = bundle(call, [_Dual(x, (<Place>at).array(work.tangent, p) + 0.0)
                      for at, x in zip(call.results, primals(work.value, call.results))])
    v_bar = bundle(call, [_Dual(x[()] + 0.0, dot + 0.0) for x, dot in zip(v_bars, v_bar_dots)])
    x_bars = call.row.vjp(v_bar, xs, v, call.active, **call.params)
    for at, active, x_bar in zip(call.operands, call.active, x_bars):
        if not active or x_bar is None:
            continue
        if isinstance(x_bar, _Dual):
            (<Place>at).array(work.adjoint, 0)[...] += x_bar.x + 0.0
            (<Place>at).array(work.adjoint_dot, p)[...] += x_bar.x1.reshape(x_bar.shape + (p,)) + 0.0
        else:
            (<Place>at).array(work.adjoint, 0)[...] += x_bar + 0.0
    return 0


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


cdef int run_tangent(Tape tape, dt_workspace *work) except -1:
    cdef size_t at = 0, end = tape.c.n_instr
    while True:
        with nogil:
            at = tape.sweep_tangent(work, at, end)
        if at == end:
            return 0
        call_tangent(call_at(tape, at), work)
        at += 1


cdef int run_adjoint(Tape tape, dt_workspace *work, size_t end) except -1:
    while True:
        with nogil:
            end = tape.sweep_adjoint(work, 0, end)
        if end == 0:
            return 0
        end -= 1
        call_adjoint(call_at(tape, end), work)


cdef int run_second(Tape tape, dt_workspace *work) except -1:
    cdef size_t end = tape.c.n_instr
    while True:
        with nogil:
            end = tape.sweep_second(work, 0, end)
        if end == 0:
            return 0
        end -= 1
        call_second(call_at(tape, end), work)


cdef Py_ssize_t lanes_at_once(Tape tape, Py_ssize_t p):
    cdef Py_ssize_t fitting = LANE_VALUES // <Py_ssize_t>tape.c.n_slots
    return max(1, min(p, LANES, fitting))


cdef int seed_inputs(Tape tape, double *tangent, double[:, ::1] S, Py_ssize_t first, Py_ssize_t p, bint raw) except -1:
    """Tangent lanes of the inputs; a zero in a seed moves nothing, so it is structural."""
    cdef Py_ssize_t j, k
    cdef double s
    for j in range(<Py_ssize_t>tape.n_inputs):
        for k in range(p):
            s = S[j, first + k]
            tangent[(j + 1) * p + k] = s if raw or s != 0.0 else -0.0
    return 0


def tangents(Tape tape, const int64_t[::1] outputs, S, bint raw=False, Workspace values=None):
    """J S for seeds S (n, p): (m, p). `outputs` are the slots of the m results. `raw`: only -0.0 is structurally zero,
    in the seeds, where else a zero moves nothing, and in the result. `values` holds those of all slots at another
    point."""
    cdef double[:, ::1] seeds = np.ascontiguousarray(S, dtype=np.float64)
    cdef Py_ssize_t p_all = seeds.shape[1], first, p, i, k, m = outputs.shape[0], step = lanes_at_once(tape, p_all)
    cdef double[:, ::1] out = np.zeros((m, p_all))
    cdef Workspace memory = acquire_workspace()
    cdef dt_workspace work
    cdef double s
    for first in range(0, p_all, step):
        p = min(step, p_all - first)
        work.tangent = memory.reserve(tape.c.n_slots * p + tape.scratch_for(p, 1))
        work.scratch = work.tangent + tape.c.n_slots * p
        work.value, work.p = tape.c.value if values is None else values.memory, p
        tape.fill_structural(work.tangent, tape.c.n_slots * p)
        seed_inputs(tape, work.tangent, seeds, first, p, raw)
        run_tangent(tape, &work)
        for i in range(m):
            for k in range(p):
                s = work.tangent[outputs[i] * p + k]
                out[i, first + k] = s if raw else s + 0.0
    release_workspace(memory)
    return np.asarray(out)


def adjoints(Tape tape, const int64_t[::1] outputs, W, Workspace values=None):
    """J' W for weights W (m, p): (n, p)."""
    cdef double[:, ::1] weights = np.ascontiguousarray(W, dtype=np.float64)
    cdef Py_ssize_t p_all = weights.shape[1], first, p, i, j, k, m = outputs.shape[0], step = lanes_at_once(tape, p_all)
    cdef double[:, ::1] out = np.zeros((tape.n_inputs, p_all))
    cdef Workspace memory = acquire_workspace()
    cdef dt_workspace work
    for first in range(0, p_all, step):
        p = min(step, p_all - first)
        work.adjoint = memory.reserve(tape.c.n_slots * p + tape.scratch_for(p, 1))
        work.scratch = work.adjoint + tape.c.n_slots * p
        work.value, work.p = tape.c.value if values is None else values.memory, p
        tape.fill_structural(work.adjoint, tape.c.n_slots * p)
        for i in range(m):
            for k in range(p):
                if weights[i, first + k] != 0.0:
                    work.adjoint[outputs[i] * p + k] += weights[i, first + k]
        run_adjoint(tape, &work, tape.c.n_instr)
        for j in range(<Py_ssize_t>tape.n_inputs):
            for k in range(p):
                out[j, first + k] = work.adjoint[(j + 1) * p + k] + 0.0
    release_workspace(memory)
    return np.asarray(out)


def seconds(Tape tape, const int64_t[::1] outputs, w, S, Workspace values=None):
    """d/dx (J' w) S for weights w (m,) and directions S (n, p): (n, p). One tangent sweep, one second-order reverse
    sweep."""
    cdef double[::1] weights = np.ascontiguousarray(w, dtype=np.float64)
    cdef double[:, ::1] seeds = np.ascontiguousarray(S, dtype=np.float64)
    cdef Py_ssize_t p_all = seeds.shape[1], first, p, i, j, k, m = outputs.shape[0], step = lanes_at_once(tape, p_all)
    cdef size_t slots = tape.c.n_slots
    cdef double[:, ::1] out = np.zeros((tape.n_inputs, p_all))
    cdef Workspace memory = acquire_workspace()
    cdef dt_workspace work
    for first in range(0, p_all, step):
        p = min(step, p_all - first)
        work.tangent = memory.reserve(slots * (2 * p + 1) + tape.scratch_for(p, 2))
        work.adjoint_dot = work.tangent + slots * p
        work.adjoint = work.adjoint_dot + slots * p
        work.scratch = work.adjoint + slots
        work.value, work.p = tape.c.value if values is None else values.memory, p
        tape.fill_structural(work.tangent, slots * (2 * p + 1))
        seed_inputs(tape, work.tangent, seeds, first, p, False)
        run_tangent(tape, &work)
        for i in range(m):
            if weights[i] != 0.0:
                work.adjoint[outputs[i]] += weights[i]
        run_second(tape, &work)
        for j in range(<Py_ssize_t>tape.n_inputs):
            for k in range(p):
                out[j, first + k] = work.adjoint_dot[(j + 1) * p + k] + 0.0
    release_workspace(memory)
    return np.asarray(out)
