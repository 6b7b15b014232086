cdef class Current:
    cdef object make        # what makes it
    cdef tuple made         # (thing, names that it depends on, note), in one for threads; None at first

    cdef object get(self)
