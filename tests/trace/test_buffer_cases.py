"""Every case of every function, on buffers: plain ones give what ndarrays give, active ones what active arrays give."""

import cases
import cases_unannounced
import engines
import numpy as np
import pytest

from dualtape.core.buffer import buffered

ROUNDING = 1e-12
# what no protocol announces is given the arrays behind buffers by the clone
_UNANNOUNCED = {case.label for case in cases_unannounced.CASES}
_PYTHON = ("polynomial.", "as_strided")
CASES = [x for x in cases.CASES if x.label not in _UNANNOUNCED and not x.label.startswith(_PYTHON)]


def _in_buffers(f, fill):
    """f of buffers that were filled with its arguments."""

    def g(*args):
        return f(*(fill(x) if getattr(x, "ndim", 0) else x for x in args))

    return g


def _filled(x):
    y = buffered(np.full(x.shape, 0.5))
    y[...] = x
    return y


def _part(x):
    """A view into a larger buffer, with other strides."""
    y = buffered(np.full((*x.shape, 2), 0.5))
    part = y[..., 1]
    part[...] = x
    return part


def _plain(result):
    return np.array([_plain(part) for part in result]) if isinstance(result, (list, tuple)) else np.asarray(result)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.label)
def test_plain_buffers_give_what_arrays_give(case):
    points = case.points()
    expected = case.f(*(np.array(x) for x in points))
    found = case.f(*(buffered(np.array(x)) for x in points))
    np.testing.assert_array_equal(_plain(found), _plain(expected))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.label)
def test_active_buffers_give_what_active_arrays_give(case):
    points, fill = case.points(), (_filled, _part)[len(case.label) % 2]
    value, J = engines.by_adjoints(case.f, *points)
    g = _in_buffers(case.f, fill)
    for engine in (engines.by_adjoints, engines.by_duals):
        other, found = engine(g, *points)
        np.testing.assert_allclose(other, value, rtol=ROUNDING, atol=ROUNDING)
        np.testing.assert_allclose(found, J, rtol=ROUNDING, atol=ROUNDING * (1.0 + np.abs(J).max(initial=0.0)))
