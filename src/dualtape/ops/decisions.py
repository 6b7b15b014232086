"""Decisions on values as operations without a derivative: what a function of NumPy said is recorded, and a replay asks
it again.

A decision is one `ArrayOp` row for all functions: its value is what the function says, as a number or as a digest. A
guard on it stops a replay that would go another way. Parameters are plain data, so that a program can be written to a
file. Called by trace/decisions.py."""

import numpy as np

from .array_ops import ArrayOp, no_jvp, no_vjp
from .complexified import joined


def _function_of(name):
    """NumPy's function of this name, ``linalg.matrix_rank`` say; a method of a ufunc is ``maximum.reduce``."""
    found = np
    for part in name.split("."):
        found = getattr(found, part)
    return found


def filled(tree, values):
    """Nested lists, tuples and dicts with the next of `values` for each `OPERAND` in them."""
    if isinstance(tree, str) and tree == OPERAND:
        return next(values)
    if isinstance(tree, (list, tuple)):
        return type(tree)(filled(item, values) for item in tree)
    if isinstance(tree, dict):
        return {key: filled(item, values) for key, item in tree.items()}
    return tree


COMPLEX = "complex128"  # the type of an operand that comes as its two parts
OPERAND = "<operand>"  # stands in the arguments of a decision where a number of the recording comes


def ask(function, args, kwargs, xs):
    """What a function, given or named, says about operands `xs`."""
    values = iter(xs)
    function = _function_of(function) if isinstance(function, str) else function
    return function(*filled(args, values), **filled(kwargs, values))


def _update(digest, answer):
    """Structure, types and every bit of an answer."""
    if isinstance(answer, (tuple, list)):
        digest.update(b"(%d" % len(answer))
        for part in answer:
            _update(digest, part)
    else:
        answer = np.asarray(answer)
        digest.update(f"{answer.dtype.str}{answer.shape}".encode())
        digest.update(answer.tobytes() if not answer.dtype.hasobject else repr(answer.tolist()).encode())


def fingerprint(answer):
    """A test, an index or a count as a float; 144 bits of a digest of anything else, as three floats."""
    if isinstance(answer, (bool, int, np.bool_, np.integer)) and abs(int(answer)) < 2**53:
        return float(answer)
    from hashlib import blake2b  # loads a library of its own

    digest = blake2b(digest_size=18)
    _update(digest, answer)
    bits = digest.digest()
    return np.array([float(int.from_bytes(bits[k : k + 6], "little")) for k in (0, 6, 12)])


def _decision(*xs, function, args, kwargs, types):
    xs = iter(xs)
    xs = [joined(next(xs), next(xs)) if dtype == COMPLEX else np.asarray(next(xs)).astype(dtype)[()] for dtype in types]
    try:
        with np.errstate(all="ignore"):
            return fingerprint(ask(function, args, kwargs, xs))
    except Exception:  # it did not fail when f was recorded
        return np.nan


DECISION = ArrayOp("decision", _decision, no_jvp, no_vjp)


def _step(*xs, function, args, kwargs, part=None):
    answer = ask(function, args, kwargs, xs)
    return answer if part is None else answer[part]


# A piecewise constant function of NumPy, or one part of what it gives: its numbers are computed anew in a replay, so
# that they need no guard.
STEP = ArrayOp("step", _step, no_jvp, no_vjp)
