cdef class Holder:
    cpdef object held(self)


cdef object plain_key(object key)
