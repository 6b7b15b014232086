"""Functions whose result has no derivative: shapes, tests, indices, counts, descriptions. NumPy runs them on
the primals.

What is decided on a value here is a decision of the user's function; `functions.primal` is the door it goes through.
"""

import numpy as np

from dualtape.core.root import stand_ins
from dualtape.core.text import Text

from ..trace.decisions import decided
from ..trace.functions import HANDLERS, PASSIVE, handles, has_active, is_guarded, operand, peeked, primal, refuses


def passive(*functions):
    """Register `functions` as derivative-free; None stands for one that this NumPy does not have."""
    for function in functions:

        def handler(*args, _function=function, **kwargs):
            if is_guarded(args) or is_guarded(kwargs):
                return decided(_function, args, kwargs)
            return _function(*map(primal, args), **primal(kwargs))

        handles(function, kind=PASSIVE)(handler)


def described(*functions):
    """Register `functions` on whose results nothing can be decided that depends on the values."""
    for function in functions:

        def handler(*args, _function=function, **kwargs):
            return _function(*map(peeked, args), **peeked(kwargs))

        handles(function, kind=PASSIVE)(handler)


def _is_text(function):
    """What a registered function gives is not to be read as numbers."""
    describe = HANDLERS[function]
    handles(function, kind=PASSIVE)(lambda *args, **kwargs: Text(describe(*args, **kwargs)))


def _new(name):
    """A function that older NumPy does not have."""
    return getattr(np, name, None)


# Shape and type.
described(np.isrealobj, np.iscomplexobj, np.isreal, np.iscomplex, np.isfortran)
described(np.common_type)
passive(np.min_scalar_type)
# Tests.
passive(np.isposinf, np.isneginf, np.isin, _new("in1d"), np.all, np.any)
passive(np.allclose, np.isclose, np.array_equal, np.array_equiv)
# Places and counts.
passive(np.argmax, np.argmin, np.nanargmax, np.nanargmin, np.argsort, np.argpartition, np.lexsort)
passive(np.nonzero, np.flatnonzero, np.argwhere, np.count_nonzero, np.searchsorted, np.digitize)
passive(np.ravel_multi_index, np.unravel_index, np.einsum_path)
passive(np.tril_indices_from, np.triu_indices_from, np.diag_indices_from, np.linalg.matrix_rank)
# Descriptions.
passive(np.array2string, np.array_repr, np.array_str)
for _function in (np.array2string, np.array_repr, np.array_str):
    _is_text(_function)

refuses(
    "would write a traced number to a file or buffer without its derivative",
    "save the result of the driver instead",
    *(np.save, np.savez, np.savez_compressed, np.savetxt),
)
refuses("takes whole numbers or bits, not active numbers", "give it plain data", np.packbits, np.unpackbits)
refuses(
    "takes dates, not active numbers",
    "give it plain data",
    *(np.busday_count, np.busday_offset, np.is_busday, np.datetime_as_string),
)


def _of_memory(function):
    """Register `function`, which asks two arrays whether they share memory."""

    def handler(a, b, /, *args, **kwargs):
        return function(*stand_ins(a, b), *args, **kwargs)

    handles(function, kind=PASSIVE)(handler)


_of_memory(np.shares_memory)
_of_memory(np.may_share_memory)


def _of_types(function):
    """Register `function`, which asks arrays for nothing but their type."""

    def handler(*args, **kwargs):
        return function(*(_type(x) if has_active(x) else x for x in args), **kwargs)

    handles(function, kind=PASSIVE)(handler)


def _type(x):
    return operand(x).dtype


_of_types(np.result_type)
_of_types(np.can_cast)


@handles(np.shape, kind=PASSIVE)
def shape(a):
    return operand(a).shape


@handles(np.ndim, kind=PASSIVE)
def ndim(a):
    return operand(a).ndim


@handles(np.size, kind=PASSIVE)
def size(a, axis=None):
    a = operand(a)
    return a.size if axis is None else np.size(np.broadcast_to(0.0, a.shape), axis)
