"""JSON output: strict, lossless, and readable again by our own points."""

import json
from typing import NamedTuple

import numpy as np

from dualtape.cli import json_text, points


class Pair(NamedTuple):
    a: float
    b: np.ndarray


def strict(text):
    def refuse(word):
        raise AssertionError(f"{word} is no JSON")

    return json.loads(text, parse_constant=refuse)


def test_numbers_come_back_bit_for_bit():
    values = np.array([0.1, 1 / 3, -0.0, 5e-324, 1.7976931348623157e308])
    back = np.array(strict(json_text.text(values)))
    assert back.tobytes() == values.tobytes()


def test_nan_and_infinity_are_strings_that_points_read_back():
    text = json_text.text([np.nan, np.inf, -np.inf])
    assert strict(text) == ["NaN", "Infinity", "-Infinity"]
    np.testing.assert_array_equal(points.parse(text), [np.nan, np.inf, -np.inf])


def test_containers_become_lists_and_objects():
    result = {"a": (1.0, np.float64(2.0)), "b": Pair(3.0, np.eye(2)), 1: None, "n": 4, "ok": np.bool_(True)}
    expected = {"a": [1.0, 2.0], "b": {"a": 3.0, "b": [[1.0, 0.0], [0.0, 1.0]]}, "1": None, "n": 4, "ok": True}
    assert strict(json_text.text(result)) == expected
