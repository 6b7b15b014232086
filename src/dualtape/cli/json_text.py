"""Results -> strict JSON. Numbers have the 17 digits that give the same float back.

JSON knows no NaN and no infinities, so these are written as the strings "NaN", "Infinity" and "-Infinity", which
Python's ``float``, JavaScript's ``Number`` and our own JSON points read back. Tuples become lists, named tuples and
dataclasses become objects.
"""

from __future__ import annotations

import dataclasses
import json
import math
from typing import Any

import numpy as np


def text(result: Any) -> str:
    """Return one line of JSON for a nested result of dicts, sequences, arrays, numbers, strings and None."""
    return json.dumps(_plain(result), allow_nan=False)


def _plain(node: Any) -> Any:
    if node is None or isinstance(node, (str, bool)):
        return node
    if isinstance(node, dict):
        return {str(key): _plain(child) for key, child in node.items()}
    if isinstance(node, tuple) and hasattr(node, "_fields"):
        return {field: _plain(getattr(node, field)) for field in node._fields}
    if dataclasses.is_dataclass(node) and not isinstance(node, type):
        return {field.name: _plain(getattr(node, field.name)) for field in dataclasses.fields(node)}
    if isinstance(node, (list, tuple)):
        return [_plain(child) for child in node]
    if isinstance(node, np.ndarray):
        return _plain(node.tolist())
    if isinstance(node, (bool, np.bool_)):
        return bool(node)
    if isinstance(node, (int, np.integer)):
        return int(node)
    number = float(node)
    if math.isnan(number):
        return "NaN"
    if math.isinf(number):
        return "Infinity" if number > 0 else "-Infinity"
    return number
