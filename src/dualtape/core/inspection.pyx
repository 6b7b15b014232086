"""Derivative sweeps one operation at a time, for whoever wants to know which operation did it (trace/inspection.py). Of
a recording that was inspected, every array operation is an instruction of its own."""
cimport cython
cimport numpy as cnp
import numpy as np

from dualtape.core.c cimport dt_workspace
from dualtape.core.sweeps cimport call_adjoint, call_at, call_second, call_tangent, is_call
from dualtape.core.tape cimport Tape

cnp.import_array()


@cython.final
cdef class Steps:
    """The sweeps of p lanes over a sealed recording, ready for their first step.

    Attributes
    ----------
    tangent, adjoint, adjoint_dot : ndarray
        What c/tape.h says of a workspace; -0.0 where nothing has arrived. The adjoint has lanes in first order only.
    """
    cdef Tape tape
    cdef dt_workspace work
    cdef readonly cnp.ndarray tangent, adjoint, adjoint_dot
    cdef cnp.ndarray scratch

    def __init__(self, Tape tape, Py_ssize_t p, int order):
        cdef Py_ssize_t slots = tape.c.n_slots
        self.tape = tape
        self.tangent = np.full((slots, p), -0.0)
        self.adjoint = np.full([slots, p][:3 - order], -0.0)
        self.adjoint_dot = np.full((slots, p if order == 2 else 0), -0.0)
        self.scratch = np.empty(tape.scratch_for(p, order) + 1)
        self.work.value, self.work.p, self.work.finite = tape.c.value, p, False
        self.work.tangent = <double *>cnp.PyArray_DATA(self.tangent)
        self.work.adjoint = <double *>cnp.PyArray_DATA(self.adjoint)
        self.work.adjoint_dot = <double *>cnp.PyArray_DATA(self.adjoint_dot)
        self.work.scratch = <double *>cnp.PyArray_DATA(self.scratch)

    def push(self, size_t i):
        """Tangents through instruction i."""
        if is_call(self.tape, i):
            call_tangent(call_at(self.tape, i), &self.work)
        else:
            self.tape.sweep_tangent(&self.work, i, i + 1)

    def pull(self, size_t i):
        """Adjoints back through instruction i."""
        if is_call(self.tape, i):
            call_adjoint(call_at(self.tape, i), &self.work)
        else:
            self.tape.sweep_adjoint(&self.work, i, i + 1)

    def bend(self, size_t i):
        """Adjoints of both orders back through instruction i."""
        if is_call(self.tape, i):
            call_second(call_at(self.tape, i), &self.work)
        else:
            self.tape.sweep_second(&self.work, i, i + 1)
