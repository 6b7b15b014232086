"""Functions of whole arrays: derivative against value, for every row of function_table.py."""

from benchmarks.function_table import ROWS, WAYS, measure


class Functions:
    """How many times its value does the derivative of a function cost?"""

    params = (tuple(ROWS), tuple(WAYS), ("small", "large"))
    param_names = ("function", "way", "size")
    timeout = 120

    def track_ratio(self, function, way, size):
        return measure(function, way, size == "large").ratio

    track_ratio.unit = "x"
