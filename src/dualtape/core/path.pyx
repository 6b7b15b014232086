"""Replay: a sealed recording computed again at another point, by any number of threads at once. No Python runs, but for
array operations whose rule is Python.

A `Path` is what f did under one set of decisions. Its values live in a workspace, not in the tape, so that every thread
has its own; the constants are in them already when a workspace is used again. api/program.py chooses among paths."""
cimport cython
cimport numpy as cnp
from libc.stdint cimport int64_t
from libc.string cimport memcpy
import numpy as np

from dualtape.core import sweeps
from dualtape.core.c cimport dt_workspace
from dualtape.core.sweeps cimport Workspace, acquire_workspace, release_workspace, run_primal
from dualtape.core.tape cimport Tape

cnp.import_array()


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
        self.slots = np.ascontiguousarray(slots, dtype=np.int64)
        self.n, self.m = tape.n_inputs, self.slots.size
        self.idle = []

    cdef Workspace acquire(self):
        """Values of all slots as they were recorded: the inputs are to be written over."""
        cdef Workspace values
        try:
            return <Workspace>self.idle.pop()
        except IndexError:
            values = Workspace.__new__(Workspace)
        memcpy(values.reserve(self.tape.c.n_slots), self.tape.c.value, self.tape.c.n_slots * sizeof(double))
        return values

    cdef Py_ssize_t run(self, Workspace values) except -2:
        """Everything computed from the inputs; -1, or the number of the guard that does not hold."""
        cdef dt_workspace work
        cdef Workspace scratch = acquire_workspace()
        work.value, work.p = values.memory, 1
        work.scratch = scratch.reserve(self.tape.scratch_for(1, 0))
        try:
            return run_primal(self.tape, &work)
        finally:
            release_workspace(scratch)

    def at(self, x):
        """The `Point` with these inputs, shape (n,); or the number of the guard that does not hold there."""
        cdef cnp.ndarray inputs = np.ascontiguousarray(x, dtype=np.float64)
        cdef Workspace values = self.acquire()
        cdef Py_ssize_t failed
        memcpy(values.memory + 1, cnp.PyArray_DATA(inputs), self.n * sizeof(double))
        failed = self.run(values)
        if failed < 0:
            return Point(self, values)
        self.idle.append(values)
        return failed


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

    def results(self):
        """The results, shape (m,)."""
        cdef int64_t[::1] slots = self.path.slots
        cdef double[::1] out = np.empty(self.path.m)
        cdef Py_ssize_t i
        for i in range(self.path.m):
            out[i] = self.values.memory[slots[i]]
        return np.asarray(out)

    def jvp(self, S):
        return sweeps.tangents(self.path.tape, self.path.slots, S, False, self.values)

    def vjp(self, W):
        return sweeps.adjoints(self.path.tape, self.path.slots, W, self.values)

    def second(self, w, S):
        return sweeps.seconds(self.path.tape, self.path.slots, w, S, self.values)

    def release(self):
        """Lets the next replay use the memory; this point is gone."""
        self.path.idle.append(self.values)
        self.values = None
