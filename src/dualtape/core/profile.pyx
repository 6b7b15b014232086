"""Where the time of a replay goes: every instruction of a path timed by itself.

Timing one instruction costs about as much as a scalar operation, so the figures rank what is large and say little about
single scalars; the least of several runs counts."""
cimport numpy as cnp
from libc.stdint cimport int64_t
from libc.string cimport memcpy
from time import perf_counter_ns
import numpy as np

from dualtape.core.c cimport dt_workspace
from dualtape.core.path cimport Path
from dualtape.core.sweeps cimport (
    Workspace, acquire_workspace, call_adjoint, call_at, call_primal, is_call, release_workspace)
from dualtape.core.tape cimport Tape

cnp.import_array()

cdef enum:
    RUNS = 5


def instruction_nanoseconds(Path path, x):
    """Time of each instruction in a value sweep and in a one-lane adjoint sweep at the flat point x: int64 (2,
    n_instructions)."""
    cdef Tape tape = path.tape
    cdef Workspace values = path.acquire(), memory = acquire_workspace()
    cdef cnp.ndarray point = np.ascontiguousarray(x, dtype=np.float64)
    cdef cnp.ndarray best = np.full((2, tape.c.n_instr), np.iinfo(np.int64).max)
    cdef int64_t *forward = <int64_t *>cnp.PyArray_DATA(best)
    cdef int64_t *back = forward + tape.c.n_instr
    cdef size_t i, slots = tape.c.n_slots
    cdef dt_workspace work
    work.adjoint = memory.reserve(slots + tape.scratch_for(1, 1))
    work.scratch = work.adjoint + slots
    work.value, work.p = values.memory, 1
    memcpy(values.memory + 1, cnp.PyArray_DATA(point), path.n * sizeof(double))
    for _ in range(RUNS):
        for i in range(tape.c.n_instr):
            start = perf_counter_ns()
            if is_call(tape, i):
                call_primal(call_at(tape, i), work.value)
            else:
                tape.sweep_primal(&work, i, i + 1)
            forward[i] = min(forward[i], <int64_t>(perf_counter_ns() - start))
        tape.fill_structural(work.adjoint, slots)
        for slot in path.slots:
            work.adjoint[<size_t>slot] = 1.0
        for i in range(tape.c.n_instr, 0, -1):
            start = perf_counter_ns()
            if is_call(tape, i - 1):
                call_adjoint(call_at(tape, i - 1), &work)
            else:
                tape.sweep_adjoint(&work, i - 1, i)
            back[i - 1] = min(back[i - 1], <int64_t>(perf_counter_ns() - start))
    path.release(values)
    release_workspace(memory)
    return best
