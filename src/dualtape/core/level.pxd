cpdef unsigned long long next_level()
cdef void enter_trace() noexcept
cdef void leave_trace() noexcept
cdef int trace_depth() noexcept
cdef bint inspected() noexcept
cdef int *listeners() noexcept
cdef unsigned long long *latest_evaluation() noexcept
cdef int start_evaluation(unsigned long long level) except -1
cdef int check_running(unsigned long long level) except -1
