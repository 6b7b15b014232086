"""`Program.summary`: figures that agree with the program, a table to read, a profile at a point."""

import numpy as np
import pytest

import dualtape
from dualtape.errors import OptionError

X = np.linspace(0.1, 1.0, 50)


def f(x):
    twice = 2.0 * 3.0 * x[0] + np.exp(x[1]) * np.exp(x[1])
    np.sinh(x)  # nobody uses it
    for k in range(3):
        if x[k] > 5.0:
            return x[k]
    return twice + np.sum(np.sin(x) * x) + np.linalg.det(np.outer(x[:3], x[:3]) + np.eye(3))


@pytest.fixture(scope="module")
def P():
    return dualtape.record(f, X)


def test_figures(P):
    summary = P.summary()
    assert summary.sealing["dead"] == 1
    assert summary.sealing["merged"] == 1
    assert summary.sealing["guards"] == summary.sealing["guards_kept"] == 3
    assert summary.sealing["kept"] < summary.sealing["recorded"]
    assert summary.sealing["bytes_after"] < summary.sealing["bytes_before"]
    counts = {work.what: work.count for work in summary.work}
    assert counts["guard"] == 3
    assert counts["scalar exp"] == 1
    assert all(work.measured is None for work in summary.work)
    value, gradient = summary.estimate
    assert 0.0 < value < gradient


def test_profile_times_every_instruction(P):
    summary = P.summary(X, profile=True)
    assert all(min(work.measured) >= 0 for work in summary.work)
    assert sum(work.measured[0] for work in summary.work) > 0
    costs = [sum(work.measured) for work in summary.work]
    assert costs == sorted(costs, reverse=True)
    with pytest.raises(OptionError, match="needs a point"):
        P.summary(profile=True)


def test_text_is_a_table(P):
    for summary in (P.summary(), P.summary(X, profile=True)):
        text = str(summary)
        assert text == repr(summary)
        assert text.startswith("Program(f: (50,) -> ()")
        for word in ("recorded", "merged", "segments", "estimate", "decisions", "guard", "scalar exp"):
            assert word in text
    assert "adjoint" in text


def test_a_point_chooses_the_path():
    Q = dualtape.record(f, X)
    high = X.copy()
    high[1] = 6.0
    assert Q.summary(high).sealing["guards"] == 2
    assert Q.summary(X).sealing["guards"] == 3
    assert Q.summary().paths == Q.summary().recorded == 2
