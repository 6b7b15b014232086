"""The words after ``FILE.py:FUNCTION`` -> the arguments of that function.

One word is a number (``2.0``, ``-1e-3``, ``inf``), a ``.npy`` file, JSON (``'[[1, 2], [3, 4]]'``) or a ``.json`` file.
How several numbers are meant is decided by the function's signature:

* a function of one parameter (not counting those with a default) takes several numbers as one vector;
* a function of several parameters, or of ``*args``, takes one word for each;
* ``--as vector`` and ``--as scalars`` force the one or the other.

A word that is an array, a file or a JSON object is always an argument of its own.
"""

from __future__ import annotations

import inspect
import io
import json
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from dualtape.cli.failures import CommandError, one_line
from dualtape.cli.structure import Leaves, leaves
from dualtape.cli.target import Target

_NAMED_NUMBERS = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
_Parameters = list[inspect.Parameter]
_BY_POSITION = (
    inspect.Parameter.POSITIONAL_ONLY,
    inspect.Parameter.POSITIONAL_OR_KEYWORD,
    inspect.Parameter.VAR_POSITIONAL,
)


def parse(word: str) -> Any:
    """Turn one word into a float, a float array, or a dict or list of these (from a JSON object).

    Raises
    ------
    CommandError
        If it is none of these.
    """
    try:
        return float(word)
    except ValueError:
        pass
    text = word.strip()
    if text[:1] in ("[", "{"):
        return _from_json(text, "JSON")
    if text.endswith(".npy"):
        return _from_npy(text)
    if text.endswith(".json"):
        return _from_json(_read(text).decode("utf-8", errors="replace"), text)
    hint = "separate the numbers by spaces" if "," in text else "check the point"
    raise CommandError(f"{word!r} is not a number, a .npy file, a .json file or JSON such as '[1, 2]': {hint}")


def _read(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except (OSError, ValueError) as error:
        raise CommandError(f"cannot read {path!r}: {getattr(error, 'strerror', None) or error}") from error


def _from_npy(path: str) -> Any:
    try:
        array = np.lib.format.read_array(io.BytesIO(_read(path)), allow_pickle=False)
    except (ValueError, EOFError, MemoryError) as error:
        raise CommandError(f"{path!r} is not a .npy file of numbers: {one_line(str(error))}") from error
    if array.dtype.kind not in "fiu":
        raise CommandError(f"{path!r} holds {array.dtype}, expected real numbers (float64)")
    if array.dtype.kind != "f":
        array = array.astype(np.float64)
    return array if array.ndim else float(array)


def _from_json(text: str, source: str) -> Any:
    try:
        return _numbers(json.loads(text), source)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno} of {text!r:.60}"
        raise CommandError(f"{source} cannot be read: {error.msg} at {place}") from error
    except (RecursionError, ValueError, OverflowError) as error:  # nested too deep, or an integer beyond float64
        raise CommandError(f"{source} cannot be read: {one_line(str(error))}") from error


def _numbers(node: Any, source: str) -> Any:
    if isinstance(node, dict):
        return {key: _numbers(child, source) for key, child in node.items()}
    if isinstance(node, list):
        children = [_numbers(child, source) for child in node]
        if any(isinstance(child, (dict, list)) for child in children):
            return children
        shapes = sorted({np.shape(child) for child in children})
        if len(shapes) > 1:
            raise CommandError(
                f"{source} is ragged: it has entries of shapes {shapes[0]} and {shapes[-1]} side by side"
            )
        return np.array(children, dtype=np.float64)
    if isinstance(node, str) and node in _NAMED_NUMBERS:
        return _NAMED_NUMBERS[node]
    if isinstance(node, bool) or not isinstance(node, (int, float)):
        raise CommandError(
            f"{source} holds {json.dumps(node)}, expected numbers" + ', or "NaN", "Infinity", "-Infinity"'
        )
    return float(node)


def arguments(target: Target, words: list[str], how: str = "auto") -> dict[str, Any]:
    """Turn the words of a point into named arguments of the target's function.

    Parameters
    ----------
    target : Target
    words : list of str
        At least one.
    how : {"auto", "vector", "scalars"}
        As described at the head of this file.

    Returns
    -------
    dict of str to value
        In the order of the call; the names are those of the signature.
    """
    values = [parse(word) for word in words]
    parameters = _positional(target.function)
    plain_numbers = all(isinstance(value, float) for value in values)
    if how == "vector" and not plain_numbers:
        raise CommandError("--as vector expects numbers only: an array is an argument of its own without that option")
    if how == "vector" or (how == "auto" and len(values) > 1 and _takes_one(parameters) and plain_numbers):
        values = [np.array(values)]
    return dict(zip(_names(target, parameters, len(values)), values, strict=True))


def _positional(function: Callable[..., Any]) -> _Parameters | None:
    """The parameters that a call by position can fill, or None where the function does not tell."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return None
    return [parameter for parameter in signature.parameters.values() if parameter.kind in _BY_POSITION]


def _takes_one(parameters: _Parameters | None) -> bool:
    if parameters is None:
        return True
    if any(parameter.kind == parameter.VAR_POSITIONAL for parameter in parameters):
        return False
    required = sum(parameter.default is parameter.empty for parameter in parameters)
    return required == 1 or (required == 0 and len(parameters) == 1)


def _names(target: Target, parameters: _Parameters | None, count: int) -> list[str]:
    """Name the first `count` arguments, as the signature does."""
    if parameters is None:
        return ["x"] if count == 1 else [f"x{k}" for k in range(count)]
    plain = [parameter for parameter in parameters if parameter.kind != parameter.VAR_POSITIONAL]
    variadic = [parameter.name for parameter in parameters if parameter.kind == parameter.VAR_POSITIONAL]
    required = sum(parameter.default is parameter.empty for parameter in plain)
    if count < required or (count > len(plain) and not variadic):
        takes = _count(required, "argument") if required == len(plain) else f"{required} to {len(plain)} arguments"
        takes = f"{required} or more arguments" if variadic else takes
        raise CommandError(
            f"{target.label} takes {takes} ({', '.join(parameter.name for parameter in parameters)}), {count} given: "
            "give a number, .npy file or JSON array for each; a vector is '[1, 2]', or numbers with --as vector"
        )
    names = [parameter.name for parameter in plain[:count]]
    return names + [f"{variadic[0]}[{k}]" for k in range(count - len(names))] if variadic else names


def direction(words: list[str], like: Leaves, what: str, per: str) -> list[np.ndarray[Any, Any]]:
    """Turn the words of ``--tangent`` or ``--cotangent`` into values of the structure of `like`.

    Parameters
    ----------
    words : list of str
        Either one number for each entry, in row-major order, or one array for each leaf.
    like : list of (label, ndarray)
        The leaves that the direction belongs to.
    what, per : str
        For the error: the option, and what it wants a number for.

    Returns
    -------
    list of ndarray
        One for each leaf, with its shape.
    """
    values = [parse(word) for word in words]
    size = sum(array.size for _, array in like)
    if all(isinstance(value, float) for value in values):
        if len(values) != size:
            has = _count(len(values), "number")
            raise CommandError(f"{what} has {has}, expected {size}: one for each {per} ({_shapes(like)})")
        bounds = np.cumsum([array.size for _, array in like])[:-1]
        parts = np.split(np.array(values), bounds)
        return [part.reshape(array.shape) for part, (_, array) in zip(parts, like, strict=True)]
    parts = [part for value in values for _, part in leaves(value, what)]
    if len(parts) != len(like):
        has = _count(len(parts), "array")
        raise CommandError(f"{what} has {has}, expected {len(like)}: one for each of {_shapes(like)}")
    for part, (label, array) in zip(parts, like, strict=True):
        if part.shape != array.shape:
            raise CommandError(f"{what} has shape {part.shape}, expected {array.shape} to match {label}")
    return parts


def _count(n: int, noun: str) -> str:
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"


def _shapes(like: Leaves) -> str:
    return ", ".join(f"{label} of shape {array.shape}" if array.ndim else label for label, array in like)
