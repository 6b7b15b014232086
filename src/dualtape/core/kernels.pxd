"""The kernels of this process: one instruction-set target, chosen at import, with the ufuncs' inner loops bound."""

from dualtape.core.c cimport dt_library, dt_loop


cdef const dt_library *library() noexcept nogil   # never NULL, never changes after import except by use_target
cdef const dt_loop *gufunc_loops() noexcept nogil # by enum dt_native_op, never changes after import
cdef int opcode_of_ufunc(object ufunc) except -2  # opcode of the row that a ufunc belongs to, -1 if it has none
cdef int bind_row(int opcode) except -1           # make the kernels of a row callable; 0
cdef int listen() except -1                       # keep the next error that a loop of SciPy's sets in this thread
cdef int raise_heard() except -1                  # raise it, if there was one, and listen no more
