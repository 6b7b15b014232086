# A buffer: an ndarray for as long as only plain numbers are written into it, then a view of an active array.
cimport numpy as cnp

from dualtape.core.bits cimport BitOperators
from dualtape.core.root cimport Root


cdef class Buffer(BitOperators):
    cdef Root root
    cdef readonly cnp.ndarray plain      # the ndarray; once the root is active, only its shape and place count
    cdef object shown            # the view of `shown_of` at that place
    cdef object shown_of         # the active array of the root that it was made for
