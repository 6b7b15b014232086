# A traced array: a strided view of the slots of its root. In-place writes give the root a table of slot ids, shared by
# all its views.
cimport numpy as cnp
from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t

from dualtape.core.layout cimport MAX_NDIM, operand
from dualtape.core.tape cimport Tape
cdef enum:
    LAZY_SIZE = 4096             # arrays of this size on are not computed until a value is asked for


cdef class TracedArray:
    cdef readonly Tape tape
    cdef TracedArray root        # None: this is a root; it owns a C-contiguous run of slots, or the ids
    cdef int64_t slot            # root: first slot, or -1 while the values exist only in the open segment
    cdef int64_t node            # root with slot -1: its node
    cdef cnp.ndarray ids         # root: (size,) int64 slot of every element once elements were written; else None
    cdef bint constant           # root: holds constants only, so that operations on it have a passive operand
    cdef int64_t offset          # elements from the root's first
    cdef readonly Py_ssize_t size
    cdef readonly int ndim
    cdef bint contiguous         # elements are in C order without gaps
    cdef bint fixed              # read-only, as what np.broadcast_to gives
    cdef int64_t dims[MAX_NDIM]
    cdef int64_t steps[MAX_NDIM]   # in elements

    cdef TracedArray owner(self)
    cdef int64_t position(self, tuple index) except -2


cdef TracedArray new_root(Tape tape, int ndim, const int64_t *dims, size_t size)
cdef TracedArray new_view(TracedArray base, int64_t offset, int ndim, const int64_t *dims, const int64_t *steps)
cdef int resolve(Tape tape, object x, operand *o) except -2
cdef object elementwise(Tape tape, uint16_t op, object a, object b)
cdef cnp.ndarray arena_view(TracedArray x)
cdef cnp.ndarray ids_of(TracedArray x)
cdef int store(TracedArray x) except -1
cdef TracedArray readable(TracedArray x)
cdef cnp.ndarray as_view(TracedArray x, char *memory, int typenum)
cdef object at_position(TracedArray x, int64_t position)
