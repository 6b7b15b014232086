# The recording: memory of the C tape, appended to by the tracers, sealed and swept. Tracers are handles into it.
cimport numpy as cnp
from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t

from dualtape.core.c cimport dt_batch, dt_bound, dt_native, dt_node, dt_tape, dt_workspace


cdef class Tape:
    cdef dt_tape c                   # instructions, nodes, values: see c/tape.h
    cdef readonly int64_t level      # larger = started later = inner
    cdef int *thread                 # who records: an address of that thread's own
    cdef readonly bint sealed        # nothing can be recorded any more
    cdef bint lazy                   # some values are not computed yet: a segment is open or `evaluated` lags behind
    cdef size_t evaluated            # instructions before this one have their values
    cdef size_t open_first           # first node of the open segment; the segment is [open_first, n_nodes)
    cdef size_t open_size            # elements of the open segment; 0: none is open
    cdef uint32_t open_slot          # slots before this one do not come from the open segment
    cdef int64_t **alive             # (alive_capacity,) where the owner of node k keeps its slot, while it lives
    cdef size_t alive_capacity
    cdef double *scratch             # for evaluation while recording
    cdef size_t scratch_size
    cdef size_t readers              # how many read values while another thread may record: see hold
    cdef list retired                # addresses of the memory that values have moved from since then
    cdef readonly size_t n_inputs    # inputs are slots 1 .. n_inputs
    cdef readonly list captures      # (first slot, number of an outer level): constants here, active outside
    cdef readonly list calls         # of each DT_CALL node: its ArrayCall; c.native runs parallel to it
    cdef public list guards          # of each guard (what f decided on, errors.user_site()); None: no replay follows
    cdef object connections          # what activity.pyx knows of the slots; None: nobody has asked

    cdef public object inspector     # looks at every operation (trace/inspection.py); None: nobody does

    # memory; all of them raise MemoryError
    cdef void hold(self) noexcept
    cdef int let_go(self) except -1
    cdef int grow_slots(self, size_t need) except -1
    cdef int grow_instr(self) except -1
    cdef uint32_t new_slots(self, size_t n) except? 0
    cdef uint32_t constant(self, double value) except? 0
    cdef int check_thread(self) except -1
    cdef dt_node *new_node(self) except NULL
    cdef dt_native *new_native(self) except NULL
    cdef void accept_native(self, uint8_t op) noexcept
    cdef uint32_t new_view(self, int ndim, const int64_t *shape, const int64_t *stride) except? 0xffffffff
    cdef int64_t new_ids(self, cnp.ndarray ids) except -1
    cdef int append(self, uint16_t op, uint8_t active, uint32_t a, uint32_t b, uint32_t out) except -1

    # recording
    cdef int check_rule(self, uint16_t op, uint8_t active) except -1
    cdef int start(self) except -1
    cdef uint32_t scalar(self, uint16_t op, uint8_t active, uint32_t a, uint32_t b) except? 0
    cdef int show(self) except -1
    cdef int guard_comparison(self, int comparison, uint32_t a, uint32_t b, bint outcome) except -1
    cdef int guard_elements(self, uint32_t first, size_t n, str what) except -1
    cdef int need_scratch(self) except -1
    cdef int keep_alive_table(self) except -1
    cdef int open_segment(self, size_t n) except -1
    cdef int close_segment(self) except -1
    cdef int evaluate_last(self) except -1
    cdef void compute(self, size_t begin, size_t end) noexcept nogil
    cdef int flush(self) except -1

    # sweeps over instructions [begin, end), for other modules: see c/tape.h
    cdef void fill_structural(self, double *array, size_t n) noexcept nogil
    cdef void fill_unwritten(self, void *written, double *array, size_t p) noexcept nogil
    cdef size_t scratch_for(self, size_t p, int order) noexcept nogil
    cdef size_t sweep_primal(self, dt_workspace *work, size_t begin, size_t end) noexcept nogil
    cdef size_t sweep_tangent(self, dt_workspace *work, size_t begin, size_t end) noexcept nogil
    cdef size_t sweep_adjoint(self, dt_workspace *work, size_t begin, size_t end) noexcept nogil
    cdef size_t sweep_second(self, dt_workspace *work, size_t begin, size_t end) noexcept nogil
    cdef int make_ready(self) except -1
    cdef size_t find_tail(self) noexcept nogil
    cdef bint can_bind(self, size_t tail) noexcept nogil
    cdef void sweep_tail(self, dt_workspace *work, size_t tail, const dt_bound *bound) noexcept nogil
    cdef bint batch_serves(self) noexcept nogil
    cdef void batch_fill(self, dt_batch *batch) noexcept nogil
    cdef void batch_primal(self, dt_batch *batch) noexcept nogil
    cdef void batch_adjoint(self, dt_batch *batch) noexcept nogil
    cdef int raise_sealed(self) except -1


cdef Tape acquire_tape()
cdef void release_tape(Tape tape)
