"""A module that the idioms call."""

import math

import numpy as np


def scaled(v):
    return math.log1p(float(v) ** 2)


def weights_of(x):
    w = np.zeros(len(x))
    for i, v in enumerate(x):
        w[i] = math.exp(-abs(v))
    return w / w.sum()
