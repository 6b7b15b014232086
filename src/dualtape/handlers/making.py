"""What the functions of NumPy that make arrays stand for in a clone (rewrite/): the arrays they make are buffers, into
which active numbers can be written, and lists, scalars and sizes that hold active numbers keep their derivatives.

An integer or boolean array is NumPy's own: what is written into it changes by steps."""

import itertools
import math

import numpy as np

from dualtape.core.buffer import Buffer, buffered, opened
from dualtape.core.scalar import TracedScalar

from ..trace.functions import FOREIGN, has_active, is_active, load_families, move, operand, peeked
from ..trace.layout import has_order
from . import masks
from .buffers import converted, is_buffer, is_traced
from .complex_numbers import has_complex
from .complex_numbers import number as complex_number

CREATORS_IN_CLONE = {}  # function or class of NumPy -> what it stands for in a clone


def _stands_for(*originals):
    """Register the decorated function for these functions of NumPy; None stands for one that this NumPy lacks."""

    def register(replacement):
        for original in originals:
            if original is not None:
                CREATORS_IN_CLONE[original] = replacement
        return replacement

    return register


def made(function, *args, **kwargs):
    """What a NumPy function makes of plain arguments, in buffers."""
    found = []
    return buffered(function(*opened(args, found), **opened(kwargs, found)), found)


def _makes(function):
    """Register a function that makes an array of plain numbers alone."""

    def replacement(*args, **kwargs):
        return buffered(function(*args, **kwargs))

    replacement.__name__ = function.__name__
    replacement.__doc__ = function.__doc__
    _stands_for(function)(replacement)


for _function in (
    np.zeros, np.ones, np.identity, np.eye, np.tri, np.indices, np.fromstring, np.fromfile, np.loadtxt, np.genfromtxt,
    np.bartlett, np.blackman, np.hamming, np.hanning,
):  # fmt: skip
    _makes(_function)
# what np.empty would leave in memory is no value: zeros keep a forgotten element from depending on chance
_stands_for(np.empty)(CREATORS_IN_CLONE[np.zeros])


# ---- arrays out of numbers ----


@_stands_for(np.array)
def array(object, dtype=None, *, copy=True, order="K", subok=False, ndmin=0, ndmax=0, like=None):
    if type(object) in (list, tuple) and dtype is None and ndmin < 2:
        result = _of_scalars(object)
        if result is not None:
            return result
    found = []
    copy = None if copy is np._CopyMode.IF_NEEDED else copy
    plain = opened(object, found)
    if not _is_traced(plain):
        options = {"ndmax": ndmax} if ndmax else {}
        plain = np.array(plain, dtype, copy=copy, order=order, subok=subok, ndmin=ndmin, **options)
        return buffered(plain, found)
    if type(object) is Buffer and not copy and _keeps(object, dtype) and (copy is False or has_order(object, order)):
        result = object
    else:
        result = _as_array(plain, dtype, copy, order)
    missing = ndmin - np.ndim(result)
    return np.reshape(result, (1,) * missing + np.shape(result)) if missing > 0 else result


def _of_scalars(items):
    """The array of a flat list of traced scalars of one tape, with floats among them: what loops append to. None for
    all other lists, which are looked through item by item."""
    kinds = set(map(type, items))
    if TracedScalar not in kinds or not kinds <= {TracedScalar, float}:
        return None
    tapes = {x.level: x.engine for x in items if type(x) is TracedScalar}
    if len(tapes) > 1:
        return None
    (engine,) = tapes.values()
    return engine.move([np.fromiter(items, dtype=object, count=len(items))], lambda ids: ids)


@_stands_for(np.asarray)
def asarray(a, dtype=None, order=None, *, device=None, copy=None, like=None):
    return (
        a
        if type(a) is Buffer and _keeps(a, dtype) and order is None and not copy
        else array(a, dtype, copy=copy, order=order or "K")
    )


@_stands_for(np.asanyarray)
def asanyarray(a, dtype=None, order=None, *, device=None, copy=None, like=None):
    if isinstance(a, np.ndarray) and dtype is None and order is None and not copy:
        return a
    return array(a, dtype, copy=copy, order=order or "K", subok=True)


@_stands_for(np.ascontiguousarray)
def ascontiguousarray(a, dtype=None, *, like=None):
    return array(a, dtype, copy=None, order="C", ndmin=1)


@_stands_for(np.asfortranarray)
def asfortranarray(a, dtype=None, *, like=None):
    return array(a, dtype, copy=None, order="F", ndmin=1)


@_stands_for(np.asarray_chkfinite)
def asarray_chkfinite(a, dtype=None, order=None):
    a = asarray(a, dtype, order)
    if not np.all(np.isfinite(a)):
        raise ValueError("array must not contain infs or NaNs")
    return a


def _is_traced(tree):
    """Tell whether something traced stands in nested lists and tuples."""
    if type(tree) in (list, tuple):
        return any(map(_is_traced, tree))
    return is_traced(tree) or has_active(tree)


def _keeps(number, dtype):
    return dtype is None or np.dtype(dtype) == number.dtype


def _as_array(source, dtype, copy, order):
    """The array of an active number, or of nested lists with active numbers in them."""
    dtype = None if dtype is None else np.dtype(dtype)
    if dtype is not None and dtype.hasobject:
        return _objects(source)
    if masks.is_mask(source) or not (has_active(source) or has_complex(source)):
        source = _settled(source)
        return source.astype(dtype) if dtype is not None else np.copy(source)
    number = _stacked(source)
    if is_active(number) and not isinstance(number, np.ndarray):
        number = np.expand_dims(number, ())  # np.array(scalar) is an array
    if dtype is not None and dtype != number.dtype:
        return converted(number, dtype)
    if (number is not source or not copy) and (copy is False or has_order(number, order)):
        return number
    return np.copy(number, order=order)


def _settled(source):
    if masks.is_mask(source):
        return source
    return np.array(masks.settled(source))


def _stacked(source):
    """NumPy stacks ids in place of the numbers: shapes and errors are its own."""
    if has_complex(source):
        return complex_number(source)
    if type(source) not in (list, tuple):
        return operand(source)
    operands = []
    tree = _places(source, operands)
    return move(operands, lambda *ids: np.array(_filled(tree, ids)))


def _places(source, operands):
    """Nested lists with the position in `operands` of each number; a list of plain numbers alone is one operand."""
    if type(source) in (list, tuple) and has_active(source):
        return [_places(item, operands) for item in source]
    operands.append(operand(source))
    return len(operands) - 1


def _filled(tree, ids):
    return [_filled(item, ids) for item in tree] if type(tree) is list else ids[tree]


def _objects(source):
    """With dtype=object: the scalars themselves."""
    return np.asarray(source) if is_active(source) and source.ndim else np.array(source, dtype=object)


@_stands_for(np.fromiter)
def fromiter(iter, dtype, count=-1, *, like=None):
    items = list(iter if count < 0 else itertools.islice(iter, count))
    if len(items) < count:
        raise ValueError(f"iterator too short: Expected {count} but iterator had only {len(items)} items.")
    if not _is_traced(items):
        return buffered(np.fromiter(opened(items, []), dtype, count))
    return array(items, dtype)


@_stands_for(np.frombuffer)
def frombuffer(*args, **kwargs):
    return made(np.frombuffer, *args, **kwargs)


@_stands_for(np.fromfunction)
def fromfunction(function, shape, *, dtype=float, like=None, **kwargs):
    return function(*buffered(list(np.indices(shape, dtype=dtype))), **kwargs)


@_stands_for(np.copy)
def copy(a, order="K", subok=False):
    return np.copy(a, order, subok) if is_active(a) or is_buffer(a) else array(a, order=order, subok=subok)


# ---- arrays with active entries or bounds ----


@_stands_for(np.full)
def full(shape, fill_value, dtype=None, order="C", *, device=None, like=None):
    if not _is_traced(fill_value):
        return made(np.full, shape, fill_value, dtype, order)
    dtype = np.dtype(fill_value.dtype if dtype is None and hasattr(fill_value, "dtype") else dtype)
    result = buffered(np.zeros(shape, dtype, order))
    result[...] = fill_value
    return result


@_stands_for(np.full_like)
def full_like(a, fill_value, dtype=None, order="K", subok=True, shape=None, *, device=None):
    if has_active(a):
        return np.full_like(operand(a), fill_value, dtype, order, subok, shape)
    if not _is_traced(fill_value):
        return made(np.full_like, a, fill_value, dtype, order, subok, shape)
    result = buffered(np.zeros_like(a, dtype, order, subok, shape))
    result[...] = fill_value
    return result


@_stands_for(np.arange)
def arange(*args, dtype=None, like=None, device=None, **named):
    """With active bounds: NumPy's ``start + i*step``; how many there are is a decision."""
    if not has_active((*args, *named.values())):
        return made(np.arange, *masks.settled(args), dtype=dtype, **masks.settled(named))
    start, stop, step = _bounds(*args, **named)
    np.arange(*peeked((start, stop, step)))  # raises what NumPy raises
    count = max(math.ceil((stop - start) / step), 0)
    result = start + np.arange(float(count)) * ((start + step) - start)
    return result if dtype is None else converted(result, np.dtype(dtype))


def _bounds(*args, start=None, stop=None, step=None):
    if len(args) == 1 and stop is None:
        return 0.0 if start is None else start, args[0], 1.0 if step is None else step
    given = [*args, *(x for x in (start, stop, step)[len(args) :] if x is not None)]
    return given[0], given[1], given[2] if len(given) > 2 else 1.0


# ---- functions of scalars ----


class Vectorized(np.vectorize):
    """np.vectorize: what comes of active numbers is an array of numbers, where NumPy would make one of objects."""

    def __call__(self, *args, **kwargs):
        if not has_active((*args, *kwargs.values())):
            return super().__call__(*args, **kwargs)
        if self.signature is not None:
            return super().__call__(*args, **kwargs)
        by_number = np.vectorize(self.pyfunc, "O" * len(self.otypes or "O"), None, self.excluded, False)
        result = (super() if self.otypes is None else by_number).__call__(*args, **kwargs)
        return tuple(map(_of_numbers, result)) if isinstance(result, tuple) else _of_numbers(result)

    def _vectorize_call_with_signature(self, func, args):
        """A call for each place along the axes that the signature does not name."""
        if not has_active(args):
            return super()._vectorize_call_with_signature(func, args)
        named, results = (part.split("),(") for part in self.signature.replace(" ", "").split("->"))
        args = [operand(x) for x in args]
        inner = [sum(map(bool, axes.strip("()").split(","))) for axes in named]
        shapes = [np.shape(x) for x in args]
        outer = np.broadcast_shapes(*(shape[: len(shape) - n] for shape, n in zip(shapes, inner, strict=True)))
        whole = [np.broadcast_to(x, outer + s[len(s) - n :]) for x, s, n in zip(args, shapes, inner, strict=True)]
        found = [func(*(x[index] if index else x for x in whole)) for index in np.ndindex(outer)]
        parts = [found] if len(results) == 1 else zip(*found, strict=True)
        made = [np.reshape(operand(list(part)), outer + np.shape(part[0])) for part in parts]
        return made[0] if len(results) == 1 else tuple(made)


def _of_numbers(objects):
    return operand(objects) if has_active(objects) else objects


# ---- np.r_, np.c_, np.mgrid, np.ogrid ----


def _ends(key):
    """Where the slices in an index start and stop."""
    return [end for item in key if isinstance(item, slice) for end in (item.start, item.stop, item.step)]


class _Joining:
    """``np.r_``, ``np.mgrid`` and the like: buffers of plain numbers, and of active ones what unannounced.py has."""

    def __init__(self, name):
        self.name, self.original = f"numpy.{name}", getattr(np, name)

    def __getitem__(self, key):
        parts = key if isinstance(key, tuple) else (key,)
        if not has_active([*parts, *_ends(parts)]):
            return made(self.original.__getitem__, key)
        load_families()
        return FOREIGN[self.name][key]

    def __len__(self):
        return 0


JOINING_IN_CLONE = {name: _Joining(name) for name in ("r_", "c_", "mgrid", "ogrid")}
