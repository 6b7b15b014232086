"""Whoever inspects a function changes nothing: every fourth use of a NumPy function that the tests know has the same
derivative inside `dualtape.debug()` and with `nonsmooth="raise"`, or a named error."""

import sys
from pathlib import Path

import numpy as np
import pytest

import dualtape as dt
from dualtape.errors import NonFiniteError, NonsmoothError

sys.path.insert(0, str(Path(__file__).parents[1] / "trace"))

from cases import CASES

CHOSEN = CASES[::4]
# at a kink, or with numbers that are not finite, by what they test
MARKED = tuple("nan,inf,at 0,tie,gradient uneven,trim,div,fiedler,corrcoef,histogram,bins,rsf2csf".split(","))


@pytest.mark.parametrize("case", CHOSEN, ids=lambda case: case.label)
def test_inspection_changes_nothing(case):
    points = case.points()
    argnums = tuple(range(len(points)))
    expected = dt.vjp(case.f, *points)
    try:
        with dt.debug():
            found = dt.vjp(case.f, *points, nonsmooth="raise")
    except (NonsmoothError, NonFiniteError) as error:
        assert error.where
        assert any(mark in case.label for mark in MARKED), error
        return
    assert argnums
    np.testing.assert_array_equal(_flat(found[0]), _flat(expected[0]))
    weights = _ones(expected[0])
    np.testing.assert_array_equal(_flat(found[1](weights)), _flat(expected[1](weights)))


def _ones(tree):
    return type(tree)(map(_ones, tree)) if isinstance(tree, (tuple, list)) else np.ones_like(tree)


def _flat(tree):
    if isinstance(tree, (tuple, list)):
        return np.concatenate([np.zeros(0), *map(_flat, tree)])
    return np.ravel(tree)
