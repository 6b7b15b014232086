"""Operators on bits and on truth values for what stands for an array (buffer.pyx). They are rarely hot and carry no
derivative: each is its ufunc, which finds its way to the array by itself."""
import numpy as np

from dualtape.core.holder cimport Holder


cdef class BitOperators(Holder):
    """``& | ^ << >> ~``, in place too."""

    def __invert__(self):
        return np.invert(self)

    def __and__(self, other):
        return np.bitwise_and(self, other)

    def __rand__(self, other):
        return np.bitwise_and(other, self)

    def __iand__(self, other):
        return np.bitwise_and(self, other, out=(self,))

    def __or__(self, other):
        return np.bitwise_or(self, other)

    def __ror__(self, other):
        return np.bitwise_or(other, self)

    def __ior__(self, other):
        return np.bitwise_or(self, other, out=(self,))

    def __xor__(self, other):
        return np.bitwise_xor(self, other)

    def __rxor__(self, other):
        return np.bitwise_xor(other, self)

    def __ixor__(self, other):
        return np.bitwise_xor(self, other, out=(self,))

    def __lshift__(self, other):
        return np.left_shift(self, other)

    def __rlshift__(self, other):
        return np.left_shift(other, self)

    def __ilshift__(self, other):
        return np.left_shift(self, other, out=(self,))

    def __rshift__(self, other):
        return np.right_shift(self, other)

    def __rrshift__(self, other):
        return np.right_shift(other, self)

    def __irshift__(self, other):
        return np.right_shift(self, other, out=(self,))
