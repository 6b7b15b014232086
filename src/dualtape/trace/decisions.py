"""Decisions of the user's function on traced values, while a program is recorded: a plain value is handed out, and a
guard makes sure that a replay would have handed out the same.

*Design.* (a) The value of a number is looked at (``x.primal``): the guard is that all its bits stay the same. This is
what happens where nothing better is known, so that no guard can be forgotten. (b) A function of NumPy is asked for a
test, an index, an order or a count: the function itself is an operation of the recording (ops/decisions.py), and the
guard is that it says the same. Comparisons of scalars are guarded by themselves (core/scalar.pyx). Called by
functions.py, passive.py and ufuncs.py."""

import numpy as np

from dualtape.core.guards import guard
from dualtape.core.scalar import peek
from dualtape.ops.decisions import DECISION, OPERAND, STEP, ask
from dualtape.trace import functions


def decided(function, args, kwargs):
    """What `function` says about traced numbers that stand anywhere in its arguments: plain data."""
    position, out = functions.position_of_out(function), kwargs.pop("out", None)
    if position is not None and position < len(args):
        args, out = args[:position], args[position]
    if out is not None:
        return functions.store(decided(function, args, kwargs), out)
    operands = []
    args, kwargs = _without(tuple(args), operands), _without(kwargs, operands)
    try:
        answer = ask(function, args, kwargs, map(peek, operands))
    except Exception:  # f may catch it: then it has decided on all these values
        functions.primal(operands)
        raise
    name = functions.name_of(function).removeprefix("np.")
    types = [x.dtype.name for x in operands]
    parts = [part for x in operands for part in getattr(x, "complex_parts", (x,))]
    guard(functions.apply(DECISION, *parts, function=name, args=args, kwargs=kwargs, types=types), name)
    return answer


def stepped(function, args, kwargs, **part):
    """What a piecewise constant function gives, or one part of it, as a traced number without a derivative."""
    operands = []
    args, kwargs = _without(tuple(args), operands), _without(kwargs, operands)
    name = functions.name_of(function).removeprefix("np.")
    return functions.apply(STEP, *operands, function=name, args=args, kwargs=kwargs, **part)


def _without(tree, operands):
    """`tree` with `OPERAND` for each traced number, which goes to `operands`."""
    kind = type(tree)
    if kind in (list, tuple):
        return kind(_without(item, operands) for item in tree)
    if kind is dict:
        return {key: _without(value, operands) for key, value in tree.items()}
    if functions.has_active(tree):
        operands.append(functions.operand(tree))
        return OPERAND
    if functions.is_guarded(tree):  # a mask, or a complex number
        operands.append(tree)
        return OPERAND
    return tree.copy("K") if kind is np.ndarray else tree
