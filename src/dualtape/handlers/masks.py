"""Masks of a program that is being recorded, and what is made of masks and constants: arrays that a one-shot recording
has as plain ones. Their numbers are on the tape, so that a replay computes them anew, and what f does with them as data
needs no guard: ``np.where(x > 0, a, b)``, ``x[x > 0] = 0``, ``x * mask``. There is one door to plain data, `primal`:
an index, a branch, a conversion go through it, and it records a guard.

A mask is the numbers 0.0 and 1.0; a choice is made by the rows `kept` and `dropped` of the rule table. Functions that
are not mentioned here take the plain array."""

import operator

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from dualtape.core.guards import guard
from dualtape.core.scalar import peek
from dualtape.handlers import ufuncs
from dualtape.handlers.flat import Flat
from dualtape.ops.table import OPCODES, ROWS
from dualtape.trace import functions
from dualtape.trace.decisions import decided, stepped
from dualtape.trace.functions import elementwise
from dualtape.trace.layout import in_order_of

_BOOL, _INT, _FLOAT = np.dtype(bool), np.dtype(np.int64), np.dtype(np.float64)


class TracedMask(NDArrayOperatorsMixin):
    """An array of bool, int64 or float64 that does not change with the input but by steps.

    Attributes
    ----------
    numbers : active number
        The values on the tape.
    dtype : numpy.dtype
        What a one-shot recording has here.
    """

    __slots__ = ("numbers", "dtype")
    __array_priority__ = 1001.0
    __hash__ = None
    is_guarded = True

    @property
    def __class__(self):
        """What users see: an array or a scalar of NumPy."""
        return np.ndarray if self.numbers.ndim else self.dtype.type

    def __init__(self, numbers, dtype=_BOOL):
        self.numbers = numbers
        self.dtype = dtype

    # ---- the door ----

    @property
    def primal(self):
        """The plain array, or scalar of NumPy. Whoever looks at it decides on it: it is guarded."""
        guard(self.numbers, "mask")
        return self.peek()

    def peek(self):
        """`primal` without a guard: see core.scalar.peek."""
        return np.asarray(peek(self.numbers)).astype(self.dtype)[()]

    def __array__(self, dtype=None, copy=None):
        return np.asarray(self.primal, dtype=dtype)

    def __bool__(self):
        if self.size != 1:
            return bool(self.peek())  # NumPy's error, or what it says of nothing
        return bool(np.reshape(self.numbers, ()))  # the guard is that it stays zero, or not zero

    def __int__(self):
        return int(self.primal)

    def __float__(self):
        return float(self.primal)

    def __index__(self):
        return self.primal.__index__()

    def __iter__(self):
        return iter(self.primal)

    def __getattr__(self, name):
        if name.startswith("__") or not hasattr(np.ndarray, name):
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        method = _METHODS.get(name)
        if method is not None:
            return method.__get__(self)
        if callable(getattr(np.ndarray, name)):
            return lambda *args, **kwargs: on_plain(_named_method(name), (self, *args), kwargs)
        return getattr(self.primal, name)

    # ---- data ----

    def as_numbers(self):
        """What core/engine.pyx takes for a mask."""
        return self.numbers

    def __getitem__(self, index):
        return TracedMask(self.numbers[index], self.dtype)

    def __setitem__(self, index, value):
        if functions.has_active(value) or np.asarray(functions.peeked(value)).dtype != self.dtype:
            value = np.asarray(value).astype(self.dtype)  # or NumPy's error: a plain array holds no traced number
        self.numbers[index] = functions.operand(value)

    def __mul__(self, other):
        repeats = isinstance(other, str) or (not self.ndim and isinstance(other, (list, tuple)))
        return other * self.__index__() if repeats else np.multiply(self, other)

    __rmul__ = __mul__

    @property
    def shape(self):
        return self.numbers.shape

    @property
    def ndim(self):
        return self.numbers.ndim

    @property
    def size(self):
        return self.numbers.size

    @property
    def T(self):
        return TracedMask(self.numbers.T, self.dtype)

    @property
    def flat(self):
        return Flat(self)

    def __len__(self):
        return len(self.numbers)

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        return ufuncs.dispatch(ufunc, method, inputs, kwargs)

    def __array_function__(self, function, types, args, kwargs):
        return functions.dispatch(function, types, args, kwargs, self)

    # Text needs no guard: see TracedScalar.

    def __repr__(self):
        return f"TracedMask({np.array2string(np.asarray(self.primal), separator=', ')})"

    def __format__(self, spec):
        return format(self.primal, spec)


def is_mask(x):
    return type(x) is TracedMask


def condition(where):
    """What `where=` says, as NumPy reads it: an array must hold truth values, all else is converted to them."""
    if isinstance(where, np.ndarray) and where.dtype != _BOOL:
        raise TypeError(f"Cannot cast array data from {where.dtype!r} to {_BOOL!r} according to the rule 'safe'")
    return where if is_mask(where) else np.asarray(functions.primal(where), dtype=bool)


def has_mask(tree):
    """Tell whether a mask stands anywhere in nested lists and tuples."""
    return any(map(has_mask, tree)) if type(tree) in (list, tuple) else is_mask(tree)


def _replaced(tree, stand_in):
    """Nested lists, tuples and dicts with a stand-in for every mask."""
    if type(tree) in (list, tuple):
        return type(tree)(_replaced(item, stand_in) for item in tree)
    if type(tree) is dict:
        return {key: _replaced(value, stand_in) for key, value in tree.items()}
    return stand_in(tree) if type(tree) is TracedMask else tree


def settled(tree):
    """`tree` with the plain array in place of every mask: the door."""
    return _replaced(tree, operator.attrgetter("primal"))


def on_plain(function, args, kwargs):
    """A function that knows nothing of masks: on plain arrays. What it writes into one it writes into the mask."""
    opened = []

    def plain(mask):
        array = np.asarray(mask.primal)
        opened.append((mask, array, array.tobytes()))
        return array if mask.ndim else array[()]

    result = function(*_replaced(args, plain), **_replaced(kwargs, plain))
    for mask, array, before in opened:
        if array.tobytes() != before:
            mask[...] = array
        if result is array:
            return mask
    return result


def _named_method(name):
    return lambda array, *args, **kwargs: getattr(array, name)(*args, **kwargs)


def _numbers(tree):
    """`tree` with its numbers in place of every mask."""
    return _replaced(tree, operator.attrgetter("numbers"))


# ---- tests of numbers ----

_TESTS = {
    getattr(np, name): OPCODES[name]
    for name in "less less_equal greater greater_equal equal not_equal logical_and logical_or".split()
}
_EQUAL, _NOT_EQUAL, _LESS = OPCODES["equal"], OPCODES["not_equal"], OPCODES["less"]
_AND, _OR, _KEPT, _DROPPED = (OPCODES[name] for name in ("logical_and", "logical_or", "kept", "dropped"))
_PROPERTIES = {
    np.isnan: lambda x: elementwise(_NOT_EQUAL, x, x),
    np.isinf: lambda x: elementwise(_EQUAL, np.absolute(x), np.inf),
    np.isfinite: lambda x: elementwise(_LESS, np.absolute(x), np.inf),
    np.signbit: lambda x: elementwise(_LESS, np.copysign(1.0, x), 0.0),
    np.logical_not: lambda x: elementwise(_EQUAL, x, 0.0),
}


def _is_real(x):
    return functions.is_active(x) or np.asarray(functions.peeked(x)).dtype.kind in "biuf"


def tested(ufunc, inputs):
    """What a derivative-free ufunc says about traced numbers: a mask, or a plain answer with its guard."""
    numbers = None
    if all(map(_is_real, inputs)):
        if ufunc in _TESTS:
            numbers = elementwise(_TESTS[ufunc], *inputs)
        elif ufunc in _PROPERTIES:
            numbers = _PROPERTIES[ufunc](functions.operand(inputs[0]))
        elif ufunc is np.logical_xor:
            numbers = elementwise(_NOT_EQUAL, *(elementwise(_NOT_EQUAL, x, 0.0) for x in inputs))
    if numbers is None:
        return decided(ufunc, inputs, {})
    return TracedMask(numbers) if np.ndim(numbers) else np.bool_(bool(numbers))


def constant_of(function, x, part, dtype=_FLOAT):
    """One of several results of a function, which changes by steps only."""
    return TracedMask(stepped(function, (x,), {}, part=part), np.dtype(dtype))


# ---- ufuncs of masks ----

_OF_BOOLS = {  # of two bools, and what is bool again
    np.bitwise_and: _AND, np.logical_and: _AND, np.multiply: _AND, np.minimum: _AND, np.fmin: _AND,
    np.bitwise_or: _OR, np.logical_or: _OR, np.add: _OR, np.maximum: _OR, np.fmax: _OR,
    np.bitwise_xor: _NOT_EQUAL, np.logical_xor: _NOT_EQUAL, np.not_equal: _NOT_EQUAL, np.equal: _EQUAL,
}  # fmt: skip
# Of whole numbers: where floats do as integers do, which have no -0.0.
_OF_INTS = {
    np.add: np.add,
    np.subtract: np.subtract,
    np.multiply: lambda x, y: np.multiply(x, y) + 0.0,
    np.negative: lambda x: np.subtract(0.0, x),
    np.absolute: np.absolute,
    np.maximum: np.maximum,
    np.minimum: np.minimum,
}
_LARGEST = 2**31  # of constants that meet masks: floats are exact up to 2**53


def call(ufunc, inputs):
    """A ufunc with masks among its operands."""
    if any(functions.has_active(x) for x in inputs):
        inputs = [settled(x) if _is_plain(ufunc, k) else x for k, x in enumerate(inputs)]
        return ufuncs.call(ufunc, *_numbers(inputs))
    plain = functions.peeked(inputs)
    types = {np.asarray(x).dtype for x in plain}
    if types == {_BOOL} and ufunc in _OF_BOOLS:
        return TracedMask(elementwise(_OF_BOOLS[ufunc], *inputs))
    if types == {_BOOL} and ufunc is np.invert:
        return TracedMask(elementwise(_EQUAL, inputs[0], 0.0))
    if all(dtype.kind in "biuf" for dtype in types):
        if ufunc in _TESTS or ufunc in _PROPERTIES or ufunc is np.logical_xor:
            return tested(ufunc, inputs)
        result = _arithmetic(ufunc, inputs, plain)
        if result is not None:
            return result
    return ufunc(*settled(inputs))


# What follows a constant at a tie, or takes no floats.
_OF_CONSTANTS = frozenset([np.maximum, np.minimum, np.fmax, np.fmin, np._core.umath.clip])
_OF_CONSTANTS |= {np.bitwise_and, np.bitwise_or, np.bitwise_xor, np.invert, np.left_shift, np.right_shift}


def _is_plain(ufunc, k):
    """Tell whether operand k has to be a constant when the others are numbers."""
    if ufunc in ufuncs.OPCODE_OF:
        row = ROWS[ufuncs.OPCODE_OF[ufunc]]
        if getattr(row, row.partials[k]) is None:  # it has no derivative there
            return True
    return ufunc in _OF_CONSTANTS


def _arithmetic(ufunc, inputs, plain):
    """A mask again, where floats compute what NumPy would compute here; else None."""
    with np.errstate(all="ignore"):
        expected = ufunc(*plain)
    if not isinstance(expected, (np.ndarray, np.generic)):
        return None
    if expected.dtype == _FLOAT and ufunc in ufuncs.OPCODE_OF:
        return TracedMask(ufuncs.call(ufunc, *_numbers(inputs)), _FLOAT)
    is_small = all(is_mask(x) or np.all(np.abs(np.asarray(x, dtype=np.float64)) < _LARGEST) for x in inputs)
    is_sum = ufunc is not np.multiply or not all(map(is_mask, inputs))  # products of products might grow
    if expected.dtype == _INT and ufunc in _OF_INTS and is_small and is_sum:
        return TracedMask(_OF_INTS[ufunc](*map(functions.operand, _numbers(inputs))), _INT)
    return None


def method(ufunc, name, inputs, kwargs):
    """A method of a ufunc - reduce, accumulate, ... - with masks among its operands."""
    reduction = {np.logical_or: np.any, np.bitwise_or: np.any, np.logical_and: np.all, np.bitwise_and: np.all}
    reduction[np.add] = np.sum
    array = inputs[0]
    if name == "reduce" and ufunc in reduction and is_mask(array) and array.dtype == _BOOL and len(inputs) == 1:
        options = {key: x for key, x in kwargs.items() if key != "out" and not (key == "dtype" and x is None)}
        return functions.store(reduction[ufunc](array, **{"axis": 0, **options}), kwargs.get("out"))
    return on_plain(getattr(ufunc, name), inputs, kwargs)


# ---- choices ----


def where(condition, x=None, y=None):
    """np.where, structural in a mask: the choice that is not taken has no derivative, not even a NaN."""
    if x is None and y is None:
        return decided(np.nonzero, (condition,), {})
    if not is_mask(condition):
        condition = tested(np.not_equal, (condition, 0.0)) if functions.is_guarded(condition) else condition
    if not is_mask(condition):
        numbers = np.where(condition, _numbers(x), _numbers(y))
    else:
        numbers = elementwise(_KEPT, x, condition) + elementwise(_DROPPED, y, condition)
    if functions.has_active(x) or functions.has_active(y):
        return numbers
    dtype = np.where(functions.peeked(condition), functions.peeked(x), functions.peeked(y)).dtype
    if dtype not in (_BOOL, _INT, _FLOAT):
        return np.where(settled(condition), settled(x), settled(y))
    return TracedMask(numbers, dtype)


def select(condlist, choicelist, default=0):
    result = default
    for condition, choice in reversed(list(zip(condlist, choicelist, strict=True))):
        result = where(condition, choice, result)
    return in_order_of(result, np.empty(np.shape(result))) if functions.is_active(result) else result


# ---- functions of masks ----

# What moves elements: all of its arrays are data.
_MOVING = frozenset([
    np.reshape, np.ravel, np.transpose, np.moveaxis, np.swapaxes, np.rollaxis, np.expand_dims, np.squeeze,
    np.broadcast_to, np.atleast_1d, np.atleast_2d, np.atleast_3d, np.concatenate, np.stack, np.vstack, np.hstack,
    np.dstack, np.column_stack, np.flip, np.fliplr, np.flipud, np.roll, np.rot90, np.tile, np.copy, np.diag,
    np.diagonal, np.tril, np.triu, np.split, np.array_split,
])  # fmt: skip
# What knows masks by itself: its handler calls this file.
AWARE = frozenset([np.where, np.select, np.copyto, np.putmask, np.place, np.piecewise, np.clip])


def dispatch(function, args, kwargs):
    """A NumPy function with masks among its arguments."""
    if function in _FUNCTIONS:
        return _FUNCTIONS[function](*args, **kwargs)
    functions.load_families()
    is_data = functions.has_active((args, tuple(kwargs.values())))  # so are the masks, but where the handler decides
    if function in functions.HANDLERS and (
        is_data or function in AWARE or functions.KINDS[function] == functions.PASSIVE
    ):
        return functions.HANDLERS[function](*args, **kwargs)
    if function in _MOVING and not kwargs.get("out"):
        moved = function(*_numbers(args), **_numbers(kwargs))
        return _wrapped(moved, function(*functions.peeked(args), **functions.peeked(kwargs)))
    return on_plain(function, args, kwargs)


def _wrapped(moved, plain):
    if isinstance(moved, (list, tuple)):
        return type(moved)(map(_wrapped, moved, plain))
    return TracedMask(moved, np.asarray(plain).dtype)


def total(a, axis=None, *more, **options):
    """np.sum: a number of elements."""
    if not is_mask(a) or more or set(options) - {"keepdims"}:
        return np.sum(settled(a), axis, *settled(more), **settled(options))
    return TracedMask(np.sum(a.numbers, axis=axis, **options), _FLOAT if a.dtype == _FLOAT else _INT)


def count_nonzero(a, axis=None, *, keepdims=False):
    return total(a if a.dtype == _BOOL else a != 0, axis, keepdims=keepdims)


def mean(a, axis=None, *more, **options):
    if not is_mask(a) or more or set(options) - {"keepdims"}:
        return np.mean(settled(a), axis, *settled(more), **settled(options))
    return TracedMask(np.mean(a.numbers, axis=axis, **options), _FLOAT)


def _quantifier(function, at_least):
    """np.any or np.all; `at_least` tells how many of n elements it takes."""

    def quantified(a, axis=None, out=None, **options):
        if out is not None:
            return functions.store(quantified(a, axis, **options), out)
        if not is_mask(a) or set(options) - {"keepdims"}:
            return decided(function, (a, axis), options)
        if axis is not None or options.get("keepdims"):
            return TracedMask(stepped(function, (a.numbers, axis), options))
        count = np.sum(a.numbers if a.dtype == _BOOL else elementwise(_NOT_EQUAL, a.numbers, 0.0))
        answer = count >= float(at_least(a.size))
        guards = count.engine.tape.guards
        guards[-1] = (function.__name__, guards[-1][1])  # this is what the user wrote
        return np.bool_(answer)

    return quantified


_FUNCTIONS = {
    np.sum: total,
    np.count_nonzero: count_nonzero,
    np.mean: mean,
    np.any: _quantifier(np.any, lambda n: 1),
    np.all: _quantifier(np.all, lambda n: n),
}


def astype(self, dtype, order="K", casting="unsafe", subok=True, copy=True):
    dtype = np.dtype(dtype)
    if dtype == _BOOL:
        return self != 0 if self.dtype != _BOOL else TracedMask(np.copy(self.numbers))
    if dtype == _FLOAT or (dtype == _INT and self.dtype != _FLOAT):
        return TracedMask(np.copy(self.numbers), dtype)
    return self.primal.astype(dtype)


def _as_method(function):
    return lambda self, *args, **kwargs: dispatch(function, (self, *args), kwargs)


def _moving(name):
    return lambda self, *args, **kwargs: TracedMask(getattr(self.numbers, name)(*args, **kwargs), self.dtype)


_METHODS = {
    name: _as_method(getattr(np, name)) for name in ("sum", "mean", "any", "all", "argmax", "argmin", "nonzero")
}
_METHODS |= {
    name: _moving(name) for name in ("reshape", "ravel", "flatten", "transpose", "squeeze", "swapaxes", "copy")
}
_METHODS["astype"] = astype
