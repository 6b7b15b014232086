"""Layouts of lanes, shared by all numbers that have the same."""

from cpython.object cimport PyObject
from dualtape.core.c cimport dt_lanes


# How the lanes of a number are laid out. Interned: two numbers can meet in one operation if and only if they share it.
# Never freed.
cdef struct lane_space:
    dt_lanes lanes
    bint single_1            # e1 has one lane and x1 no axis for it
    bint single_2            # the same for e2
    PyObject *free           # dead scalars that keep their records, chained through the records' first word;
    size_t n_free            # none in free-threaded builds, where no lock protects the chain


cdef lane_space *intern_space(int order, bint symmetric, size_t p, size_t q, bint single_1, bint single_2) except NULL
