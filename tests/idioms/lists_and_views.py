"""Functions as people write them: lists of numbers given to NumPy, functions of scalars, windows of arrays."""

import math

import numpy as np
from idiom import idiom
from numpy.lib.stride_tricks import as_strided, sliding_window_view

POINT = np.array([0.7, 1.3, 2.1])
TABLE, CHOICES = np.array([1.0, 2.0, 3.0]), np.array([0, 1, 0])

damped = np.vectorize(lambda t, c: math.sin(t) * c if t > 1 else t**2)


@np.vectorize
def exponential(t):
    return math.exp(t)


class Response:
    square = staticmethod(np.vectorize(lambda t: t * t))

    def __init__(self):
        self.cubic = np.vectorize(self.cube)

    def cube(self, t):
        return t**3


RESPONSE = Response()


@idiom(POINT)
def functions_of_scalars(x):
    part = np.zeros(3)
    part[1] = x[1] ** 2
    return damped(x, 2.0) + exponential([x[0], x[1], 1.0]) + RESPONSE.square(part) + RESPONSE.cubic(x)


@idiom(POINT)
def functions_of_rows(x):
    dot = np.vectorize(lambda a: a @ a, signature="(n)->()")
    smooth = np.vectorize(np.convolve, signature="(n),(m)->(k)")
    scaled, totals = np.vectorize(lambda a, b: (a * b, a.sum()), signature="(n),()->(n),()")(np.outer(x, x), x)
    return dot(np.outer(x, x)) + smooth(scaled, [1.0, x[0]])[:, :3] * totals


@idiom(POINT)
def windows_that_are_written_through(x):
    a, b = np.zeros(6), np.zeros(5)
    as_strided(a, (3, 2), (16, 8))[:, 0] = x**2
    windows = sliding_window_view(b, 3, writeable=True)
    windows[1, 0] = x[0] ** 2
    windows[:, 2] = x
    a[1] = x[2]
    again = as_strided(a, shape=(4, 3), strides=(a.strides[0], a.strides[0]))
    again[3, 1] = x[1] ** 2
    return a * windows.sum(1).sum() + b[4]


@idiom(POINT)
def statistics_of_lists(x):
    a, b = [x[0], x[1] ** 2, x[2]], [1.0, 4.0, x[0] ** 2]
    return np.corrcoef(a, b) * np.cov([a, b]) + np.std(a) * np.var(b) + np.corrcoef([a, b])


@idiom(POINT)
def methods_of_ufuncs_on_lists(x):
    table = np.add.outer([x[0], x[1]], [1.0, x[2]]) * np.multiply.outer([x[0], x[1]], [x[1], x[2]])
    running = np.add.accumulate([x[0] ** 2, x[1]]) * np.multiply.accumulate([x[0], 2.0])
    table[0] += running
    return table * np.hypot.reduce([x[0], x[1], x[2]]) + np.logaddexp.reduce([x[0], x[1]])


@idiom(POINT)
def plain_arrays_meet_lists(x):
    chosen = CHOICES.choose((x, 2.0)) * np.exp(CHOICES.choose([x[0], x[1]]))
    bounded = np.exp(TABLE.clip([x[0], x[1], 1.0], None))
    return np.sin(TABLE * [x[0], x[1], 1.0]) + np.sqrt(TABLE + (x[0], x[1], 1.0)) + chosen + bounded


@idiom(POINT)
def grown_in_place(x):
    a = np.zeros(2)
    a[1] = x[0] ** 2
    a.resize((2, 2), refcheck=False)
    a[1, 1] = x[1]
    return a + np.full_like([1.0, 2.0], x[2]) + np.resize(x, 5)[3]
