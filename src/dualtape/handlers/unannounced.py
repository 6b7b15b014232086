"""Functions of NumPy that no protocol announces, by the name by which the clone of a user's function calls them (see
rewrite/). Where NumPy's own Python code does, it runs; polynomials are in `polynomials`, iterators in `iteration`."""

import numpy as np

from dualtape.core.text import Text

from ..trace.functions import PASSIVE, foreign, move, operand, peeked, refuses
from . import making
from .borrowed import borrows_by_name, translated_class

borrows_by_name(np.require, np.kaiser, getattr(np, "row_stack", None))

_MATRICES = "makes a np.matrix, which is no array of active numbers", "use arrays of two axes and @"
refuses(*_MATRICES, "numpy.matrix", "numpy.asmatrix", "numpy.bmat")

# Objects that are used by an index. What they concatenate or span may be active.
for _name in ("r_", "c_", "mgrid", "ogrid"):
    _object = translated_class(type(getattr(np, _name)))()
    foreign(f"numpy.{_name}")(_object)


# What makes arrays, as in a clone.
for _name in ("arange", "asarray_chkfinite", "fromfunction", "fromiter"):
    foreign(f"numpy.{_name}")(making.CREATORS_IN_CLONE[getattr(np, _name)])
foreign("numpy.vectorize")(making.Vectorized)


@foreign("numpy.frompyfunc")
def frompyfunc(func, /, nin, nout, **kwargs):
    """A ufunc of objects sees one active scalar at a time: see ufuncs.py."""
    return np.frompyfunc(func, nin, nout, **kwargs)


def _text(name):
    def handler(x, *args, **kwargs):
        return Text(getattr(np, name)(peeked(x), *args, **kwargs))  # text is for people, and so needs no guard

    foreign(f"numpy.{name}", kind=PASSIVE)(handler)


_text("format_float_positional")
_text("format_float_scientific")


@foreign("numpy.lib.stride_tricks.as_strided")
def as_strided(x, shape=None, strides=None, subok=False, writeable=True):
    """A view with other strides, which are in bytes of float64. It must not leave the array."""

    def moved(ids):
        view = np.lib.stride_tricks.as_strided(ids, shape, strides)
        low, high = np.lib.array_utils.byte_bounds(ids)
        first, last = np.lib.array_utils.byte_bounds(view)
        if view.size and (first < low or last > high):
            raise ValueError(f"as_strided with shape={shape}, strides={strides} would leave an array of {x.shape}")
        return view

    return move([operand(x)], moved)
