"""`scipy.special`: sums of exponentials that do not overflow. The largest argument is taken off; as the result does not
depend on it, it has no derivative."""

import numpy as np

from ..trace.functions import foreign, has_active, judged, operand
from .either import returned


def _largest(x, axis):
    """What is taken off along `axis`: 0 where nothing finite is the largest."""
    largest = np.max(judged(x), axis=axis, keepdims=True)
    return np.where(np.isfinite(largest), largest, 0.0)


@foreign("scipy.special.logsumexp")
def logsumexp(a, axis=None, b=None, keepdims=False, return_sign=False):
    a = np.atleast_1d(operand(a))
    shown = a
    if b is not None:
        b = np.atleast_1d(operand(b))
        a, b = np.broadcast_arrays(a, b)
        shown = np.where(judged(b) == 0.0, -np.inf, a)
        a = a if has_active(b) else shown  # a weight that is 0 and stays so
    with np.errstate(all="ignore"):
        largest = _largest(shown, axis) if np.size(a) else 0.0
        terms = np.exp(a - largest)
        total = np.sum(terms if b is None else b * terms, axis=axis, keepdims=True)
        model = np.log(np.abs(total) if return_sign else total) + largest
        model = model if keepdims else np.squeeze(model, axis)
        args = (a,) if b is None else (a, b)
        if not return_sign:
            return returned("logsumexp", model, args, axis=axis, keepdims=bool(keepdims))
        result = returned("logsumexp", (model,), args, (0,), axis=axis, keepdims=bool(keepdims), return_sign=True)
        return result[0], np.sign(judged(total) if keepdims else np.squeeze(judged(total), axis))


@foreign("scipy.special.softmax")
def softmax(x, axis=None):
    x = operand(x)
    terms = np.exp(x - np.max(judged(x), axis=axis, keepdims=True))
    return terms / np.sum(terms, axis=axis, keepdims=True)


@foreign("scipy.special.log_softmax")
def log_softmax(x, axis=None):
    x = operand(x)
    moved = x - _largest(x, axis)
    with np.errstate(divide="ignore"):
        return moved - np.log(np.sum(np.exp(moved), axis=axis, keepdims=True))
