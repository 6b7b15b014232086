"""Every case of the wide core as a program in a file: what is loaded replays as what was saved, bit for bit, inside
another derivative too."""

import io

import numpy as np
import pytest
from cases import CASES
from numpy.testing import assert_array_equal

import dualtape
from dualtape.api import _containers

TO_ROUNDING = 1e-10  # relative: derivatives of derivatives, in another order of operations


def saved_and_loaded(P):
    file = io.BytesIO()
    P.save(file)
    file.seek(0)
    return dualtape.load(file), file.getvalue()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.label)
def test_a_case_survives_a_file(case):
    point = case.points()
    P = dualtape.record(case.f, *point)
    L, content = saved_and_loaded(P)
    with np.errstate(all="ignore"):
        w = P(*point)
        assert_array_equal(L(*point), w)
        assert_same(L.jacobian(*point), P.jacobian(*point))
        assert_same(L.weighted_hessian(as_one(point), w), P.weighted_hessian(as_one(point), w))
    assert saved_and_loaded(L)[1] == content


def as_one(point):
    """A point where something follows it: several arguments are one tuple."""
    return point[0] if len(point) == 1 else tuple(point)


def assert_same(found, expected):
    """The same numbers in the same containers; the last bits of products follow where their operands lie in memory."""
    for x, y in zip(*(_containers.flatten(tree)[0] for tree in (found, expected)), strict=True):
        np.testing.assert_allclose(x, y, rtol=TO_ROUNDING, atol=TO_ROUNDING)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.label)
def test_a_case_from_a_file_differentiates_inside(case):
    point = case.points()
    P = dualtape.record(case.f, *point)
    L, _ = saved_and_loaded(P)
    positions = tuple(range(len(point)))
    with np.errstate(all="ignore"):
        found = dualtape.grad(lambda *x: np.sum(np.sin(L(*x))), positions)(*point)
        expected = dualtape.grad(lambda *x: np.sum(np.sin(P(*x))), positions)(*point)
    for x_bar, x_bar_expected in zip(found, expected, strict=True):
        np.testing.assert_allclose(x_bar, x_bar_expected, rtol=TO_ROUNDING, atol=TO_ROUNDING)
