"""What counts as a number: reading the leaves of an argument, a tangent or a result, and handing results back.

Computation is in float64 throughout. Integers are promoted; float32 and float16 are computed in float64 and rounded
once, at the end; everything else is refused by name. Numbers that are active at an outer level (a derivative is being
taken around this one) pass unchanged, and all that is done to results is indexing and ``reshape``, which they
understand as well as an ndarray does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dualtape.core.holder import Holder
from dualtape.core.kinds import as_float
from dualtape.errors import DtypeError
from dualtape.trace.functions import from_object_array, has_active, is_active

_FLOAT64 = np.dtype(np.float64)
_INTEGER_KINDS = "iu"
_REFUSED = {
    "b": "bool has no derivative",
    "c": "derivatives are taken in real inputs",
    "S": "bytes have no derivative",
    "U": "str has no derivative",
    "M": "dates have no derivative",
    "m": "time spans have no derivative",
    "V": "records have no derivative",
}
_REMEDY = {  # for an argument; "c" of a result is no error
    "b": "pass flags as further arguments, not as the one to differentiate",
    "c": "pass two real arrays, lambda x, y: f(x + 1j*y), and differentiate in both",
    "V": "pass the fields as a dict of arrays",
}
_REMEDY_OF_RESULTS = {"b": "return a number, and flags beside it with has_aux=True"}
_REMEDY_OF_DIRECTIONS = {"c": "give real numbers, one for each that it stands for"}


def is_scalar(x: Any) -> bool:
    """True for one real number, plain or active, that is no array."""
    if isinstance(x, (float, int, np.floating, np.integer)):
        return not isinstance(x, bool)
    return bool(is_active(x) and x.shape == ())


def read(x: Any, name: str) -> tuple[Any, np.dtype[Any] | None]:
    """Read one leaf as a float64 primal.

    Parameters
    ----------
    x : object
        Number, array, list of numbers, or active number.
    name : str
        What to call it in a message.

    Returns
    -------
    primal : float, np.float64, ndarray of float64, or active number
        Shares memory with `x` where that is a float64 array; np.float64 for what is of shape () and NumPy's.
    dtype : numpy.dtype or None
        float64, or the narrower float type of `x` that results are to be rounded to; None for a Python number, which
        adapts to others.

    Raises
    ------
    DtypeError
        If `x` is not numeric, or of a type that float64 cannot hold.
    """
    if type(x) is float or type(x) is int:
        try:
            return float(x), None
        except OverflowError:
            raise DtypeError(f"{name} is an int, which float64 cannot hold", "divide it by a common scale") from None
    if isinstance(x, Holder):
        x = x.held()
    if is_active(x):
        return x, _FLOAT64
    if isinstance(x, (np.ndarray, np.generic)):
        return _read_array(x, name)
    if type(x) is list:
        return _read_list(x, name)
    if isinstance(x, (int, float)) and not isinstance(x, bool):
        return float(x), None
    if _is_labelled(x):
        return _read_array(np.asarray(x), name)
    raise _refusal(x, name)


def _is_labelled(x: Any) -> bool:
    """A Series, DataFrame or Index of pandas: an array with labels, which are ignored."""
    return type(x).__module__.partition(".")[0] == "pandas" and hasattr(x, "to_numpy")


def read_all(leaves: list[Any], names: Callable[[], list[str]]) -> tuple[list[Any], np.dtype[Any]]:
    """Read leaves as primals, and find the type of results: the widest of theirs, float64 if none has a say.

    Parameters
    ----------
    leaves : list
    names : callable
        Gives their names; asked only if one of them is refused.
    """
    try:
        read_leaves = [read(leaf, "") for leaf in leaves]
    except DtypeError:
        read_leaves = [read(leaf, name) for leaf, name in zip(leaves, names(), strict=True)]
    dtypes = {dtype for _, dtype in read_leaves if dtype is not None}
    return [primal for primal, _ in read_leaves], np.result_type(*dtypes) if dtypes else _FLOAT64


def _read_array(x: Any, name: str) -> tuple[Any, np.dtype[Any]]:
    dtype = x.dtype
    if hasattr(type(x), "as_numbers"):  # a mask, or constants chosen by one: see handlers/masks.py
        if dtype.kind == "b":
            raise _refusal(x, name)
        return x.as_numbers(), _FLOAT64
    if isinstance(x, np.ndarray) and type(x) is not np.ndarray and type(x) is not np.memmap:
        raise DtypeError.of_subclass(x, name)
    if dtype.kind == "f" and dtype.itemsize <= 8:
        result = dtype.newbyteorder("=")
    elif dtype.kind in _INTEGER_KINDS:
        result = _FLOAT64
    elif dtype.kind == "O":
        return _read_objects(x, name), _FLOAT64
    else:
        raise _refusal(x, name)
    if x.shape == ():
        return np.float64(x), result
    return np.asarray(x, dtype=np.float64), result


def _read_list(x: list[Any], name: str) -> tuple[Any, np.dtype[Any]]:
    array = np.empty(0)
    try:
        array = np.array(x)
    except TypeError:  # an active number in it refuses to become plain
        array = np.array(x, dtype=object)
    return _read_array(array, name)


def _read_objects(x: np.ndarray[Any, Any], name: str) -> Any:
    """Read an object array of active numbers, as ``np.array([r*c, r*s])`` of traced scalars is one: stack them."""
    for entry in x.flat:
        if not is_scalar(entry):
            raise _refusal(entry, f"an entry of {name}")
    if not has_active(x):
        raise DtypeError(f"{name} is an object array, expected float64", "convert it with .astype(float)")
    return from_object_array(x)


def kind_name(kind: type) -> str:
    """A type in a message, with its article."""
    name = "None" if kind is type(None) else kind.__name__
    return name if kind is type(None) else f"{'an' if name[0] in 'aeiouAEIOU' else 'a'} {name}"


def _refusal(x: Any, name: str) -> DtypeError:
    kind = x.dtype.kind if isinstance(x, (np.ndarray, np.generic)) else "O" if _holds_numbers(x) else _kind_of(type(x))
    described = f"an array of {x.dtype}" if isinstance(x, np.ndarray) else kind_name(type(x))
    if kind == "f":
        return DtypeError(
            f"{name} is {described}, which float64 cannot hold", "convert it with .astype(float) if float64 will do"
        )
    reason = _REFUSED.get(kind, "that is not a number or an array of numbers")
    return DtypeError(f"{name} is {described}, expected float64: {reason}", _remedy(x, kind, name))


def _kind_of(kind: type) -> str:
    return np.dtype(kind).kind


def _holds_numbers(x: Any) -> bool:
    """An object that NumPy reads as an array, though its type says nothing: ``array.array``, a memoryview."""
    return isinstance(x, memoryview) or type(x).__module__ == "array"


def _remedy(x: Any, kind: str, name: str) -> str | None:
    if kind != "O":
        in_result, in_argument = "result" in name, "argument" in name
        return (_REMEDY_OF_RESULTS if in_result else _REMEDY if in_argument else _REMEDY_OF_DIRECTIONS).get(kind)
    if x is None:
        return "give zeros for what does not move" if "tangent" in name else "give a number"
    if hasattr(type(x), "__array__") or _holds_numbers(x):
        return "pass np.asarray(...) of it"
    if hasattr(type(x), "__iter__"):
        return "make it a list or an array"
    return "pass float(...) of it" if hasattr(type(x), "__float__") else None


def hand_back(x: Any, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Any:
    """Give a block of a result its shape and type: a float for shape (), else an ndarray that shares no memory with
    anything kept.

    Parameters
    ----------
    x : float, ndarray of float64, or active array
        Block of a result, as many entries as `shape` has.
    shape : tuple of int
    dtype : numpy.dtype
        float64 or narrower.
    """
    if is_active(x):
        return np.reshape(x, shape) if shape else as_float(np.reshape(x, (1,))[0])
    if shape == ():
        number = float(x.item()) if isinstance(x, np.ndarray) else float(x)
        return number if dtype == _FLOAT64 else dtype.type(number)
    return np.ascontiguousarray(x, dtype=dtype).reshape(shape)
