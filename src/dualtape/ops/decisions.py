"""Decisions on values as operations without a derivative: what a function of NumPy said is recorded, and a replay asks
it again.

A decision is one `ArrayOp` row for all functions: its value is 1.0 where the function says the same as when f was
recorded, bit for bit, and 0.0 where it says something else or fails. A guard on that number stops a replay that would
go another way. Parameters are plain data, so that a program can be written to a file. Called by trace/decisions.py."""

from hashlib import blake2b

import numpy as np

from .array_ops import ArrayOp


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


OPERAND = "<operand>"  # stands in the arguments of a decision where a number of the recording comes


def ask(function, args, kwargs, xs):
    """What a function, given or named, says about operands `xs`."""
    values = iter(xs)
    function = _function_of(function) if isinstance(function, str) else function
    return function(*filled(args, values), **filled(kwargs, values))


def same(a, b):
    """Tell whether two answers agree in structure, type and every bit."""
    if isinstance(a, (tuple, list)):
        return isinstance(b, (tuple, list)) and len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, (np.ndarray, np.generic)) or isinstance(b, (np.ndarray, np.generic)):
        a, b = np.asarray(a), np.asarray(b)
        return a.shape == b.shape and a.dtype == b.dtype and a.tobytes() == b.tobytes()
    return type(a) is type(b) and (a == b or repr(a) == repr(b))


def fingerprint(answer):
    """64 bits that tell answers apart, `same` ones being equal (BLAKE2b; Aumasson et al. 2013)."""
    digest = blake2b(digest_size=8)
    _feed(digest, answer)
    return int.from_bytes(digest.digest(), "little")


def _feed(digest, answer):
    if isinstance(answer, (tuple, list)):
        digest.update(f"({len(answer)}".encode())
        for part in answer:
            _feed(digest, part)
    elif isinstance(answer, (np.ndarray, np.generic)):
        digest.update(f"{answer.dtype}{answer.shape}".encode())
        digest.update(np.asarray(answer).tobytes())
    else:
        digest.update(f"{type(answer).__name__}:{answer!r}".encode())


def _decision(*xs, function, args, kwargs, masks, expected):
    xs = [np.asarray(x, dtype=bool)[()] if is_mask else x for x, is_mask in zip(xs, masks, strict=True)]
    try:
        with np.errstate(all="ignore"):
            return 1.0 if same(ask(function, args, kwargs, xs), expected) else 0.0
    except Exception:  # it did not fail when f was recorded
        return 0.0


def _no_jvp(x_dots, xs, v, **params):
    return None


def _no_vjp(v_bar, xs, v, active, **params):
    return (None,) * len(xs)


DECISION = ArrayOp("decision", _decision, _no_jvp, _no_vjp)


def _step(*xs, function, args, kwargs):
    return ask(function, args, kwargs, xs)


# A piecewise constant function of NumPy: its numbers are computed anew in a replay, so that they need no guard.
STEP = ArrayOp("step", _step, _no_jvp, _no_vjp)
