"""The engines that every handler test runs on."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import engines


@pytest.fixture(params=engines.FIRST)
def jacobian(request):
    """``jacobian(f, *inputs)``: the value of f and its Jacobian in all inputs together, by one of the engines."""
    return engines.FIRST[request.param]


@pytest.fixture(params=engines.SECOND)
def second(request):
    """``second(f, w, S, *inputs)``: d/dx (J' w) S by one of the engines."""
    if request.param == "adjoints":
        pytest.importorskip("dualtape.core.dual")
    return engines.SECOND[request.param]
