# The memory that buffers share.
cimport numpy as cnp
from libc.stdint cimport int64_t


cdef class Root:
    cdef cnp.ndarray memory      # owner of all the elements
    cdef char *low               # its first byte
    cdef Py_ssize_t count        # real numbers in it; a complex one is two
    cdef int kind                # type number of the real numbers; -1 if it holds none, but whole numbers, say
    cdef Py_ssize_t unit         # bytes of each
    cdef object active           # (count,) active array, from the first active number written on; else None
    cdef bint is_back            # the values of what is active have been written into the memory: the run is over
    cdef object closed           # why no active number may be written, a problem and its remedy; None: it may


cdef int real_kind(cnp.ndarray a) noexcept
cdef bint is_complex(cnp.ndarray a) noexcept
cdef cnp.ndarray owner_of(cnp.ndarray a)
cdef Root new_root(cnp.ndarray memory, int kind)
cdef cnp.ndarray flat(Root root)
cdef int lift(Root root, object number) except -1
cdef object part_of(Root root, cnp.ndarray plain, bint imaginary)
cdef cnp.ndarray place_of(Root root, object active)
cdef int64_t position(Root root, cnp.ndarray plain, object index) except -2
cdef bint put_element(Root root, int64_t place, object value) except -1
cdef object get_element(Root root, int64_t place)
