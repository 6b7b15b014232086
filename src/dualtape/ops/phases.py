"""Phases of complex vectors that a decomposition determines but for a factor of size 1: eigenvectors, singular vectors.

LAPACK fixes them without saying so. Its reductions to real tridiagonal and bidiagonal matrices leave one row or column
alone (zhetrd, zgebrd), so that in one row of the vectors every component is a real number: the first row of the
eigenvectors where the lower triangle is read, the last one where the upper is; the first row of the right singular
vectors of a matrix with at least as many rows as columns, of the left ones of a wide matrix. The derivative keeps this
component real. Where it is zero, LAPACK's phase jumps; then it is the next component that is not, if that is real, and
else the phase is the one that does not turn, ``v^H v_dot = 0``. Whatever does not depend on phases is exact with any of
them (Wan & Zhang 2019, "Automatic differentiation for complex valued SVD", arXiv:1909.02659)."""

import numpy as np

from .complexified import is_complex

_NOTHING = 1e-14  # of a vector of length 1: a component that is rounding


def judged(x):
    """What a rule decides on: the plain value, but in a program that is being recorded the number itself, so that its
    replay decides anew."""
    return x if getattr(x, "is_guarded", False) else getattr(x, "primal", x)


def _anchors(rows, last):
    """Which component of each column is real, and where there is one."""
    plain = judged(rows)
    there = np.abs(plain) > _NOTHING
    n = rows.shape[-2]
    which = n - 1 - np.argmax(np.flip(there, -2), axis=-2) if last else np.argmax(there, axis=-2)
    which = np.expand_dims(which, -2)
    component = np.take_along_axis(plain, which, axis=-2)
    known = np.any(there, axis=-2, keepdims=True) & (np.abs(np.imag(component)) <= _NOTHING)
    return which, known


def turning(rows_dot, rows, last=False):
    """How fast each column has to turn to keep its component real: shape (..., 1, n). `rows` are linear in the
    vectors."""
    which, known = _anchors(rows, last)
    moved = np.imag(np.take_along_axis(rows_dot, which, axis=-2))
    length = np.real(np.take_along_axis(rows, which, axis=-2))
    return np.where(known, -moved / np.where(known, length, 1.0), 0.0)


def turning_bar(t, rows, last=False):
    """The transpose of `turning`: a cotangent of `rows_dot`, given one of the speeds."""
    which, known = _anchors(rows, last)
    length = np.real(np.take_along_axis(rows, which, axis=-2))
    place = np.arange(rows.shape[-2])[:, np.newaxis] == which
    return -1j * np.where(known & place, t / np.where(known, length, 1.0), 0.0)


def turned(V, speed):
    """``V diag(i speed)``."""
    return V * (1j * speed)


def torque(V_bar, V):
    """The transpose of `turned`: what a turn of each column contributes."""
    return np.sum(np.real(V) * np.imag(V_bar) - np.imag(V) * np.real(V_bar), axis=-2, keepdims=True)


def phased(V_dot, V, last=False):
    """`V_dot` with the phases that LAPACK fixes; real vectors have none."""
    return V_dot + turned(V, turning(V_dot, V, last)) if is_complex(V) else V_dot


def phased_bar(V_bar, V, last=False):
    """The transpose of `phased`."""
    return V_bar + turning_bar(torque(V_bar, V), V, last) if is_complex(V) else V_bar
