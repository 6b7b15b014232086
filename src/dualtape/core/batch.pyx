"""A path at many points: values and Jacobian rows, the whole loop over the points without the GIL.

Recordings of scalar operations take a block of points in lanes (c/batch.h); others go point by point, each of them
vector code already. Which points a path does not serve is reported, not raised: api/_batch.py looks for another."""
cimport cython
cimport numpy as cnp
from libc.stdint cimport int64_t, uint32_t
from libc.string cimport memcpy
import numpy as np

from dualtape.core.c cimport DT_HOLDS, dt_batch, dt_workspace
from dualtape.core.path cimport Path
from dualtape.core.sweeps cimport Workspace, acquire_workspace, release_workspace, run_adjoint
from dualtape.core.tape cimport Tape

cnp.import_array()

cdef enum:
    BLOCK_VALUES = 0x10000       # values of all lanes of a block: 512 kB, of a size with the second-level cache
    MOST_LANES = 128
    FEWEST_LANES = 8


cdef size_t lanes_of(Tape tape, Py_ssize_t k):
    """Points of a block: as many as stay in cache together, a multiple of eight."""
    cdef size_t q = BLOCK_VALUES // tape.c.n_slots
    q = min(max(q - q % 8, <size_t>FEWEST_LANES), <size_t>MOST_LANES)
    return min(q, <size_t>((k + 7) // 8 * 8))


@cython.final
cdef class Results:
    """What a batch has found so far: pointers into arrays of the caller.

    Attributes
    ----------
    values : ndarray (k, m) or None
    rows : ndarray (k, m, n) or None
        Jacobians.
    failed : ndarray of int64 (k,)
        The guard that does not hold at a point; -1 where all hold.
    """
    cdef readonly object values, rows, failed
    cdef double *v
    cdef double *J
    cdef int64_t *guard

    def __init__(self, cnp.ndarray failed, values, rows):
        self.values, self.rows, self.failed = values, rows, failed
        self.v = <double *>cnp.PyArray_DATA(values) if values is not None else NULL
        self.J = <double *>cnp.PyArray_DATA(rows) if rows is not None else NULL
        self.guard = <int64_t *>cnp.PyArray_DATA(failed)

    @staticmethod
    def room(Path path, Py_ssize_t k, bint with_values, bint with_rows):
        """Results of a path at k points, still to be found."""
        return Results(np.full(k, -1, dtype=np.int64), np.empty((k, path.m)) if with_values else None,
                       np.empty((k, path.m, path.n)) if with_rows else None)

    def part(self, Py_ssize_t start, Py_ssize_t stop):
        """Those of the points [start, stop), in the same memory."""
        return Results(self.failed[start:stop], None if self.values is None else self.values[start:stop],
                       None if self.rows is None else self.rows[start:stop])


def replay_points(Path path, X, Results found):
    """Finds values and Jacobians at the points X, shape (k, n). Entries of points that failed are garbage."""
    cdef cnp.ndarray points = np.ascontiguousarray(X, dtype=np.float64)
    if found.rows is None:
        path = path.for_values()
    if path.tape.batch_serves():
        replay_lanes(path, points, found)
    else:
        replay_one_by_one(path, points, found)


# ---- lanes over points ----

cdef int replay_lanes(Path path, cnp.ndarray X, Results found) except -1:
    cdef Tape tape = path.tape
    cdef Py_ssize_t k = cnp.PyArray_DIM(X, 0), start, q = lanes_of(tape, k)
    cdef size_t slots = tape.c.n_slots
    cdef Workspace memory = acquire_workspace()
    cdef cnp.ndarray failed = np.empty(q, dtype=np.uint32)
    cdef const double *x = <const double *>cnp.PyArray_DATA(X)
    cdef const int64_t *results = <const int64_t *>cnp.PyArray_DATA(path.slots)
    cdef dt_batch block
    block.q = q
    block.value = memory.reserve((2 * slots + 2) * q)
    block.adjoint = block.value + slots * q
    block.partial = block.adjoint + slots * q
    block.failed = <uint32_t *>cnp.PyArray_DATA(failed)
    with nogil:
        tape.batch_fill(&block)
        start = 0
        while start < k:
            replay_block(tape, &block, x, start, min(q, k - start), path.n, path.m, results,
                         found.v, found.J, found.guard)
            start += q
    release_workspace(memory)
    return 0


cdef void replay_block(Tape tape, dt_batch *block, const double *x, Py_ssize_t start, Py_ssize_t count, Py_ssize_t n,
                       Py_ssize_t m, const int64_t *results, double *values, double *rows,
                       int64_t *failed) noexcept nogil:
    """Points [start, start + count) in the first lanes."""
    cdef Py_ssize_t i, j, k
    cdef size_t q = block.q
    for j in range(n):
        for k in range(count):
            block.value[(j + 1) * q + k] = x[(start + k) * n + j]
    tape.batch_primal(block)
    for k in range(count):
        failed[start + k] = -1 if block.failed[k] == DT_HOLDS else <int64_t>block.failed[k]
    if values != NULL:
        for k in range(count):
            for i in range(m):
                values[(start + k) * m + i] = block.value[results[i] * q + k]
    if rows == NULL:
        return
    for i in range(m):
        tape.fill_structural(block.adjoint, tape.c.n_slots * q)
        for k in range(<Py_ssize_t>q):
            block.adjoint[results[i] * q + k] = 1.0
        tape.batch_adjoint(block)
        for k in range(count):
            for j in range(n):
                rows[((start + k) * m + i) * n + j] = block.adjoint[(j + 1) * q + k] + 0.0


# ---- one by one ----

cdef int replay_one_by_one(Path path, cnp.ndarray X, Results found) except -1:
    cdef Tape tape = path.tape
    cdef Py_ssize_t k = cnp.PyArray_DIM(X, 0), i
    cdef size_t slots = tape.c.n_slots
    cdef Workspace values = path.acquire(), memory = acquire_workspace()
    cdef const double *x = <const double *>cnp.PyArray_DATA(X)
    cdef const int64_t *results = <const int64_t *>cnp.PyArray_DATA(path.slots)
    cdef dt_workspace work
    work.adjoint = memory.reserve(slots + tape.scratch_for(1, 1))
    work.scratch = work.adjoint + slots
    work.value, work.p = values.memory, 1
    if path.has_calls:
        for i in range(k):
            memcpy(values.memory + 1, x + i * path.n, path.n * sizeof(double))
            found.guard[i] = path.run(values)
            if found.guard[i] < 0:
                read_values(values.memory, results, path.m, found.v + i * path.m if found.v != NULL else NULL)
                if found.J != NULL:
                    rows_with_calls(path, &work, results, found.J + i * path.m * path.n)
    else:
        with nogil:
            for i in range(k):
                replay_point(tape, &work, x + i * path.n, path.n, path.m, results,
                             found.v + i * path.m if found.v != NULL else NULL,
                             found.J + i * path.m * path.n if found.J != NULL else NULL, &found.guard[i])
    path.release(values)
    release_workspace(memory)
    return 0


cdef void replay_point(Tape tape, dt_workspace *work, const double *x, Py_ssize_t n, Py_ssize_t m,
                       const int64_t *results, double *values, double *rows, int64_t *failed) noexcept nogil:
    cdef Py_ssize_t i
    cdef size_t stopped
    memcpy(work.value + 1, x, n * sizeof(double))
    stopped = tape.sweep_primal(work, 0, tape.c.n_instr)
    if stopped < tape.c.n_instr:
        failed[0] = tape.c.instr[stopped].out
        return
    read_values(work.value, results, m, values)
    if rows != NULL:
        for i in range(m):
            tape.fill_structural(work.adjoint, tape.c.n_slots)
            work.adjoint[results[i]] = 1.0
            tape.sweep_adjoint(work, 0, tape.c.n_instr)
            read_row(work.adjoint, n, rows + i * n)


cdef int rows_with_calls(Path path, dt_workspace *work, const int64_t *results, double *rows) except -1:
    cdef Py_ssize_t i
    for i in range(path.m):
        path.tape.fill_structural(work.adjoint, path.tape.c.n_slots)
        work.adjoint[results[i]] = 1.0
        run_adjoint(path.tape, work, path.tape.c.n_instr)
        read_row(work.adjoint, path.n, rows + i * path.n)
    return 0


cdef void read_values(const double *value, const int64_t *results, Py_ssize_t m, double *out) noexcept nogil:
    cdef Py_ssize_t i
    if out != NULL:
        for i in range(m):
            out[i] = value[results[i]]


cdef void read_row(const double *adjoint, Py_ssize_t n, double *row) noexcept nogil:
    cdef Py_ssize_t j
    for j in range(n):
        row[j] = adjoint[j + 1] + 0.0
