# What a recorded function has taken from its surroundings; see watch.pyx.
cdef class Watched:
    cdef readonly str name          # how the user would write it
    cdef object holder, key         # where the value is kept
    cdef object value               # what it was when f was recorded

    cdef object current(self)
    cdef bint is_same(self) except -1
    cdef int settle(self) except -1


cdef class Watch:
    cdef readonly list entries

    cpdef object changed(self)
