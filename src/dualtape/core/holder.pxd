cdef class Holder:
    cpdef object held(self)
