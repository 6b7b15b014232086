"""The words after ``FILE.py:FUNCTION`` -> the arguments of that function.

One word is a number (``2.0``, ``-1e-3``, ``inf``), a ``.npy`` file, JSON (``'[[1, 2], [3, 4]]'``) or a ``.json`` file. How several numbers are
meant is decided by the function's signature:

* a function of one parameter (not counting those with a default) takes several numbers as one vector;
* a function of several parameters, or of ``*args``, takes one word for each;
* ``--as vector`` and ``--as scalars`` force the one or the other.

A word that is an array, a file or a JSON object is always an argument of its own.
"""

import inspect
import json
import math

import numpy as np

from dualtape.cli.failures import CommandError
from dualtape.cli.structure import leaves

_NAMED_NUMBERS = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


def parse(word):
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
        try:
            with open(text, encoding="utf-8") as file:
                return _from_json(file.read(), text)
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"cannot read {text!r}: {getattr(error, 'strerror', None) or error}") from error
    hint = "separate the numbers by spaces" if "," in text else "check the point"
    raise CommandError(f"{word!r} is not a number, a .npy file, a .json file or JSON such as '[1, 2]': {hint}")


def _from_npy(path):
    try:
        array = np.load(path, allow_pickle=False)
    except OSError as error:
        raise CommandError(f"cannot read {path!r}: {error.strerror or error}") from error
    except (ValueError, EOFError) as error:
        raise CommandError(f"{path!r} is not a .npy file of numbers: {error}") from error
    if array.dtype.kind not in "fiu":
        raise CommandError(f"{path!r} holds {array.dtype}, expected real numbers (float64)")
    if array.dtype.kind != "f":
        array = array.astype(np.float64)
    return array if array.ndim else float(array)


def _from_json(text, source):
    try:
        return _numbers(json.loads(text), source)
    except json.JSONDecodeError as error:
        raise CommandError(f"{source} cannot be read: {error.msg} at line {error.lineno}, column {error.colno} of {text!r:.60}") from error


def _numbers(node, source):
    if isinstance(node, dict):
        return {key: _numbers(child, source) for key, child in node.items()}
    if isinstance(node, list):
        children = [_numbers(child, source) for child in node]
        if any(isinstance(child, (dict, list)) for child in children):
            return children
        shapes = sorted({np.shape(child) for child in children})
        if len(shapes) > 1:
            raise CommandError(f"{source} holds a ragged array: entries of shapes {shapes[0]} and {shapes[-1]} side by side")
        return np.array(children, dtype=np.float64)
    if isinstance(node, str) and node in _NAMED_NUMBERS:
        return _NAMED_NUMBERS[node]
    if isinstance(node, bool) or not isinstance(node, (int, float)):
        raise CommandError(f'{source} holds {json.dumps(node)}, expected numbers (NaN, Infinity and -Infinity may stand as "NaN"...)')
    return float(node)


def arguments(target, words, how="auto"):
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
    if how == "vector" or (how == "auto" and len(values) > 1 and _takes_one(parameters) and _all_numbers(values)):
        if not _all_numbers(values):
            raise CommandError("--as vector expects numbers only: write an array as JSON without that option")
        values = [np.array(values)]
    names = _names(target, parameters, len(values))
    return dict(zip(names, values, strict=True))


def _all_numbers(values):
    return all(isinstance(value, float) for value in values)


def _positional(function):
    """The parameters that a call by position can fill, or None where the function does not tell."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return None
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.VAR_POSITIONAL)
    return [parameter for parameter in signature.parameters.values() if parameter.kind in kinds]


def _takes_one(parameters):
    if parameters is None:
        return True
    if any(parameter.kind == parameter.VAR_POSITIONAL for parameter in parameters):
        return False
    required = sum(parameter.default is parameter.empty for parameter in parameters)
    return required == 1 or (required == 0 and len(parameters) == 1)


def _names(target, parameters, count):
    if parameters is None:
        return ["x"] if count == 1 else [f"x{k}" for k in range(count)]
    plain = [parameter for parameter in parameters if parameter.kind != parameter.VAR_POSITIONAL]
    variadic = [parameter.name for parameter in parameters if parameter.kind == parameter.VAR_POSITIONAL]
    required = sum(parameter.default is parameter.empty for parameter in plain)
    if count < required or (count > len(plain) and not variadic):
        takes = f"{required}" if required == len(plain) else f"{required} to {len(plain)}"
        takes = f"{required} or more" if variadic else takes
        raise CommandError(
            f"{target.label} takes {takes} argument{'s' if takes != '1' else ''} ({', '.join(p.name for p in parameters)}), {count} given: "
            "give one number, .npy file or JSON array for each; a vector is '[1, 2]', or numbers with --as vector"
        )
    names = [parameter.name for parameter in plain[:count]]
    return names + [f"{variadic[0]}[{k}]" for k in range(count - len(names))] if variadic else names


def direction(words, like, what, per):
    """Turn the words of ``--tangent`` or ``--cotangent`` into values of the structure of `like`.

    Parameters
    ----------
    words : list of str
        Either one number for each entry, in row-major order, or one array for each leaf.
    like : list of (label, ndarray)
        The leaves that the direction belongs to.
    what, per : str
        For the error: "tangent" or "cotangent", and what it is one of.

    Returns
    -------
    list of ndarray
        One for each leaf, with its shape.
    """
    values = [parse(word) for word in words]
    size = sum(array.size for _, array in like)
    if _all_numbers(values):
        if len(values) != size:
            raise CommandError(f"{what} has {_count(len(values), 'number')}, expected {size}: one for each {per} ({_entries(like)})")
        bounds = np.cumsum([array.size for _, array in like])[:-1]
        parts = np.split(np.array(values), bounds)
        return [part.reshape(array.shape) for part, (_, array) in zip(parts, like, strict=True)]
    parts = [part for value in values for _, part in leaves(value, what)]
    if len(parts) != len(like):
        raise CommandError(f"{what} has {_count(len(parts), 'array')}, expected {len(like)}: one for each of {', '.join(label for label, _ in like)}")
    for part, (label, array) in zip(parts, like, strict=True):
        if part.shape != array.shape:
            raise CommandError(f"{what} has shape {part.shape}, expected {array.shape} to match {label}")
    return parts


def _count(n, noun):
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"


def _entries(like):
    return ", ".join(f"{label} of shape {array.shape}" if array.ndim else label for label, array in like)
