"""Are values NumPy's own? To the last bit for the NumPy of today, whose arithmetic is ours. Older ones power and
transform otherwise in the last bits, and take other loops for elements that do not lie side by side."""

import numpy as np

_IS_TODAYS = np.lib.NumpyVersion(np.__version__) >= "2.4.0"
_OLDER = 4e-15


def are_numpys(found, expected):
    """Tell whether two arrays, or numbers, are the same; NaN is the same as NaN."""
    if _IS_TODAYS:
        return np.array_equal(found, expected, equal_nan=True)
    return np.shape(found) == np.shape(expected) and np.allclose(found, expected, _OLDER, _OLDER, equal_nan=True)


def are_the_same(found, expected):
    """As `are_numpys`, with signs of zero and kinds of NaN."""
    return are_numpys(found.view(np.int64), expected.view(np.int64)) if _IS_TODAYS else are_numpys(found, expected)
