cpdef unsigned long long next_level()
cdef void enter_trace() noexcept
cdef void leave_trace() noexcept
cdef int trace_depth() noexcept
cdef bint inspected() noexcept
