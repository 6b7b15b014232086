# Operators on bits and truth values.
from dualtape.core.holder cimport Holder


cdef class BitOperators(Holder):
    pass
