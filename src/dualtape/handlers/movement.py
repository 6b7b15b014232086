"""Functions that move elements and compute nothing: one row each, the function and the parameters that hold data.

The function runs on ids in place of the values (`functions.move`), so shapes, views, defaults and errors are NumPy's
own. Parameters that hold no data (conditions, indices, axes) are taken at their primal value. Writing into arrays is in
`writing`, sorting in `ordering`.
"""

import numpy as np

from ..trace.functions import HANDLERS, check_dtype, handles, is_guarded, judged, move, operand, primal, store, unboxed
from . import masks
from .borrowed import translated

ALL = "all positional arguments"
MOVED = {}  # function -> positions and names of the parameters that hold data; None for all positions


def moves(function, name="a", position=0, out_position=None, **more):
    """Register `function`, whose parameters `name` (at `position`) and `more` (name=position) hold data."""
    if function is None:
        return
    data = {position: name, **{at: key for key, at in more.items()}}
    names = frozenset(data.values())
    MOVED[function] = None if name == ALL else frozenset(data) | names

    def handler(*args, **kwargs):
        out = None
        if out_position is not None and len(args) > out_position:
            args, out = args[:out_position], args[out_position]
        if kwargs:
            out = kwargs.pop("out", out)
            check_dtype(kwargs.pop("dtype", None), function.__name__)
        if name == ALL or not names.isdisjoint(kwargs) or any(type(args[k]) in _TREES for k in data if k < len(args)):
            result = _move_trees(function, args, kwargs, range(len(args)) if name == ALL else data, names)
        else:
            result = _move_numbers(function, args, kwargs, data)
        return result if out is None else store(result, out)

    handles(function)(handler)


def joins(function, name):
    """Register `function`, whose first parameter `name` is a sequence of numbers, perhaps followed by axis and out."""
    MOVED[function] = frozenset({0, name})

    def handler(*args, out=None, dtype=None, **kwargs):
        check_dtype(dtype, function.__name__)
        if name in kwargs:
            args = (kwargs.pop(name), *args)
        operands, args = [operand(x) for x in args[0]], args[1:]
        if len(args) > 1:
            out, args = args[1], args[:1]
        return store(move(operands, lambda *ids: function(ids, *args, **kwargs)), out)

    handles(function)(handler)


def chooses(function, by_masks):
    """Register what serves `function`, whose first parameter holds conditions, where these are masks (masks.py)."""
    moved = HANDLERS[function]

    def handler(condition, *choices, **kwargs):
        by_mask = is_guarded(condition) or masks.has_mask(choices)
        return (by_masks if by_mask else moved)(condition, *choices, **kwargs)

    handles(function)(handler)


_TREES = (list, tuple, type(None))


def _move_numbers(function, args, kwargs, data):
    """The common case: each parameter that holds data is one number, given by position."""
    positional = [None if k in data else primal(x) for k, x in enumerate(args)]
    named = {key: primal(x) for key, x in kwargs.items()}
    places = [k for k in data if k < len(args)]

    def moved(*ids):
        for k, table in zip(places, ids, strict=True):
            positional[k] = table
        return function(*positional, **named)

    return move([operand(args[k]) for k in places], moved)


def _move_trees(function, args, kwargs, data, names):
    """The general case: a parameter may hold nested lists of numbers."""
    operands = []
    positional = [_collect(x, operands) if k in data else primal(x) for k, x in enumerate(args)]
    named = {key: _collect(x, operands) if key in names else primal(x) for key, x in kwargs.items()}
    return _run(function, positional, named, operands)


class _Place:
    """Where operand `number` stood among the arguments."""

    __slots__ = ("number",)

    def __init__(self, number):
        self.number = number


def _collect(x, operands):
    """Put a `_Place` for each number in nested lists; the numbers go to `operands`."""
    if type(x) in (list, tuple):
        return [_collect(item, operands) for item in x]
    if x is None or isinstance(x, (str, slice)):
        return x
    operands.append(operand(x))
    return _Place(len(operands) - 1)


def _fill(x, ids):
    if type(x) is _Place:
        return ids[x.number]
    return [_fill(item, ids) for item in x] if type(x) is list else x


def _run(function, positional, named, operands):
    def moved(*ids):
        return function(
            *[_fill(x, ids) for x in positional],
            **{key: _fill(x, ids) for key, x in named.items()},
        )

    return move(operands, moved)


# join
joins(np.concatenate, "arrays")
joins(np.stack, "arrays")
joins(np.vstack, "tup")
joins(np.hstack, "tup")
joins(np.dstack, "tup")
joins(np.column_stack, "tup")
moves(np.block, "arrays")
moves(np.append, "arr", values=1)
moves(np.insert, "arr", values=2)
# split and select
moves(np.split, "ary")
moves(np.array_split, "ary")
moves(np.hsplit, "ary")
moves(np.vsplit, "ary")
moves(np.dsplit, "ary")
moves(getattr(np, "unstack", None), "x")
moves(np.delete, "arr")
moves(np.take, "a", out_position=3)
moves(np.take_along_axis, "arr")
moves(np.compress, "a", 1, out_position=3)
moves(np.extract, "arr", 1)
moves(np.where, "x", 1, y=2)
moves(np.select, "choicelist", 1, default=2)
chooses(np.where, masks.where)
chooses(np.select, masks.select)
moves(np.choose, "choices", 1, out_position=2)
moves(np.diag, "v")
moves(np.diagonal, "a")
moves(np.linalg.diagonal, "x")
moves(np.diagflat, "v")
moves(np.tril, "m")
moves(np.triu, "m")
# repeat
moves(np.tile, "A")
moves(np.repeat, "a")
moves(np.broadcast_to, "array")
moves(np.broadcast_arrays, ALL)
moves(np.meshgrid, ALL)
moves(np.resize, "a")
# turn and reshape
moves(np.roll, "a")
moves(np.rollaxis, "a")
moves(np.flip, "m")
moves(np.fliplr, "m")
moves(np.flipud, "m")
moves(np.rot90, "m")
moves(np.reshape, "a")
moves(np.ravel, "a")
moves(np.transpose, "a")
moves(np.matrix_transpose, "x")
moves(np.linalg.matrix_transpose, "x")
moves(np.swapaxes, "a")
moves(np.moveaxis, "a")
moves(np.expand_dims, "a")
moves(np.squeeze, "a")
moves(np.atleast_1d, ALL)
moves(np.atleast_2d, ALL)
moves(np.atleast_3d, ALL)
moves(np.lib.stride_tricks.sliding_window_view, "x")
moves(np.fft.fftshift, "x")
moves(np.fft.ifftshift, "x")


_computed_pad = translated(np.pad)


@handles(np.pad)
def pad(array, pad_width, mode="constant", **kwargs):
    """Modes that repeat elements or enter constants move them; in those that compute (mean, linear_ramp, ...) NumPy's
    own code runs."""
    moving = {"constant", "edge", "wrap", "reflect", "symmetric", "empty"}
    if callable(mode) or mode not in moving or kwargs.get("reflect_type", "even") != "even":
        return _computed_pad(array, pad_width, mode, **kwargs)
    operands = []
    array = _collect(array, operands)
    if "constant_values" in kwargs:
        kwargs["constant_values"] = _collect(kwargs["constant_values"], operands)
    mode = "constant" if mode == "empty" else mode
    return _run(np.pad, [array, pad_width, mode], kwargs, operands)


@handles(np.nan_to_num)
def nan_to_num(x, copy=True, nan=0.0, posinf=None, neginf=None):
    """An element that is replaced depends on the input no longer."""
    largest = np.finfo(np.float64).max
    given, value = x, judged(operand(x))
    for found, entered in (
        (np.isnan(value), nan),
        (value == np.inf, largest if posinf is None else posinf),
        (value == -np.inf, -largest if neginf is None else neginf),
    ):
        if masks.is_mask(found) or np.any(found):
            x = np.where(found, entered, x)
    if not copy and given.ndim:
        given[...] = x
        return given
    return unboxed(np.copy(x))
