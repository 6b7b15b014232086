"""The engines that every handler test runs on."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import independent_dual  # noqa: E402

ENGINES = {"independent": independent_dual.jacobian}


@pytest.fixture(params=ENGINES)
def jacobian(request):
    """``jacobian(f, *inputs)``: the value of f and its Jacobian in all inputs together, by one of the engines."""
    return ENGINES[request.param]
