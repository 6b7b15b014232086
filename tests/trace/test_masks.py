"""Masks in programs: a comparison of arrays that is used as data needs no guard, one that f looks at gets one."""

import numpy as np
import pytest
from replays import program, replays

import dualtape

A, B, C = np.array([1.0, -3.0, 2.0, 0.0]), np.array([-1.5, 5.0, -2.0, 0.5]), np.array([0.0, -5.0, np.nan, -1.0])


def _assigned(x):
    y = x * 1.0
    y[y < 0.5] = 0.0
    return y


def _assigned_rows(x):
    y = np.outer(x, [1.0, 2.0])
    y[x < 0.5] = [3.0, x[0]]
    return y


def _copied(x):
    y = np.zeros_like(x)
    np.copyto(y, x * 2.0, where=x > 0.0)
    np.putmask(y, x > 1.0, [7.0, 8.0])
    np.place(y, x < -1.0, x[0])
    return y


def _viewed(x):
    mask = x > 0.0
    part = mask[1:]
    part &= x[1:] < 2.0
    mask[0] = True
    return np.where(mask, x, 0.0)


DATA = [
    lambda x: np.where(x > 0.0, x * x, -x),
    lambda x: np.where(x > 0.0, np.sqrt(x), 0.0),
    lambda x: np.where((x > 0.0) & ~(x > 1.0) | (x < -4.0), x, 2.0) * x,
    lambda x: np.where(np.isnan(x), 0.0, x),
    lambda x: np.where(x > 0.0, 1.0, 2.0) * x,
    lambda x: np.where(x > 0.0, 3, -1) * x,
    lambda x: x * (x > 0.0),
    lambda x: x * (1 - (x > 0.0)) + (x > 0.0).astype(int) * 2.0,
    lambda x: np.sum(x * (x > 0.0)) / np.sum(x > -9.0),
    lambda x: x * np.mean(x > 0.0) * (x > 0.0).sum(),
    lambda x: np.select([x > 1.0, x > -1.0], [x, x * x], 3.0),
    lambda x: np.piecewise(x, [x < 0.0, x > 1.0], [-1.0, 1.0, 0.0]) * x,
    lambda x: np.clip(x, -1.0, 1.0),
    lambda x: np.maximum(x, 0.0) + np.sign(x) + np.floor(x),
    lambda x: np.nan_to_num(x) * 2.0,
    lambda x: np.where(np.stack([x > 0.0, x < 1.0]), x, 0.0),
    lambda x: np.where(np.any(np.stack([x > 1.0, x < -1.0]), axis=0), x, 0.0),
    lambda x: np.logical_and(x > 0.0, x < 2.0) * x + np.logical_not(x) * 3.0,
    lambda x: np.heaviside(x, 0.5) * x + np.round(x, 1),
    lambda x: np.nansum(x) + np.nanmean(x),
    lambda x: -(x > 0.0).astype(int) * x + ((x > 0.0) == (x < 1.0)),
    _assigned,
    _assigned_rows,
    _copied,
    _viewed,
]  # fmt: skip


@pytest.mark.parametrize("f", DATA, ids=range(len(DATA)))
def test_a_mask_that_is_data_needs_no_guard(f):
    with np.errstate(all="ignore"):
        assert replays(f, [A], [B], [C], [-A]) == [True, True, True]
        assert program(f, A)[1] == []


ORDER = [
    lambda x: np.max(x) * x,
    lambda x: np.min(x[:3]) + x.max() * x.min(),
    lambda x: np.max(np.outer(x, x), axis=0),
    lambda x: np.max(np.outer(x, x)[None], axis=(0, 2), initial=2.0),
    lambda x: np.ptp(x) * x,
    lambda x: np.sort(x) * np.arange(4.0),
    lambda x: np.sort(np.outer(x, [1.0, -2.0]), axis=0),
    lambda x: np.sort(np.outer(x, [1.0, -2.0]), axis=None),
    lambda x: np.partition(x, 2)[2] * x,
    lambda x: np.median(x) * x,
    lambda x: np.median(np.outer(x, [1.0, 2.0, 3.0]), axis=1),
    lambda x: np.maximum.reduce(x) * np.minimum.accumulate(x),
    lambda x: np.linalg.norm(x, np.inf) * x,
    lambda x: np.linalg.norm(x, 0) * x,
    lambda x: np.linalg.norm(np.outer(x, x), 3, axis=1),
]  # fmt: skip


@pytest.mark.parametrize("f", ORDER, ids=range(len(ORDER)))
def test_an_order_is_found_anew(f):
    assert replays(f, [A], [B], [-B], [np.zeros(4)], [A[[1, 0, 3, 2]]]) == [True] * 4
    assert program(f, A)[1] == []


LOOKED_AT = [
    (lambda x: x[x > 0.5] * 2.0, A + 0.25, B),
    (lambda x: x * 2.0 if np.any(x > 1.5) else x, B, -A * 0.1),
    (lambda x: x * 2.0 if (x > 1.5).all() else x, B, np.full(4, 2.0)),
    (lambda x: x * 2.0 if (x > 0.5)[0] else x, A * 2.0, B),
    (lambda x: x[: (x > 0.5).sum()] * 2.0, np.array([1.0, 2.0, 0.0, -1.0]), np.full(4, 2.0)),
    (lambda x: x * np.arange(4.0)[(x > 0.5).astype(int)], A + 0.25, B),
    (lambda x: sum(x[i] for i, big in enumerate(x > 0.5) if big), A + 0.25, B),
    (lambda x: x * float(np.where(x > 0.5, 1.0, 2.0)[1]), A * 0.9, B),
    (lambda x: x * len(np.nonzero(x > 0.5)[0]), A + 0.25, np.full(4, 2.0)),
    (lambda x: x[np.argmax(x > 0.5)] * x, A + 0.25, B),
    (lambda x: x * 2.0 if np.array_equal(x > 0.5, [True, False, True, False]) else x, A + 0.25, B),
    (lambda x: np.piecewise(x, [x > 0.5], [lambda y: y * y, 0.0]), A + 0.25, B),
    (lambda x: x * np.asarray(x > 0.5).astype(np.int8).sum(), A + 0.25, B),
    (lambda x: sum(x[k] for k in range(np.count_nonzero(x > 0.5))), A + 0.25, np.full(4, 2.0)),
    (lambda x: np.minimum(x, np.where(x > 0.5, 1.0, 2.0)), A * 1.25, B),  # a tie with a constant follows the constant
    (lambda x: np.clip(x, (x > 0.5) - 4.0, x > 0.5), A * 1.25, B),
    (lambda x: np.ldexp(x, (x > 0.5).astype(int)), A + 0.25, B),
]


@pytest.mark.parametrize("f, same, other", LOOKED_AT, ids=range(len(LOOKED_AT)))
def test_a_mask_that_is_looked_at_is_guarded(f, same, other):
    assert replays(f, [A], [same], [other]) == [True, False]


def test_the_choice_that_is_not_taken_has_no_derivative():
    def f(x):
        return np.where(x > 0.0, np.sqrt(x) * np.log(x), x)

    with np.errstate(all="ignore"):
        assert replays(f, [A], [B], [np.zeros(4)]) == [True, True]


def test_masks_of_two_levels():
    def f(x):
        g = dualtape.grad(lambda y: np.sum(np.where(x > 0.0, y * y * x, y) + np.where(y > x, y * x, y * y)))
        return g(x * 2.0) + g(np.ones(4))

    path_serves = replays(f, [A], [B])
    assert path_serves in ([True], [False])
