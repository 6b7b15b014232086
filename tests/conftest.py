"""Fixtures of all tests, and how random programs are drawn.

Every run draws the same programs, so that a failure is of the change at hand;
HYPOTHESIS_PROFILE=explore draws new ones.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # matrices here are small: threads of BLAS only wait for one another

import numpy as np
import pytest
from hypothesis import settings

settings.register_profile("steady", derandomize=True, deadline=None, database=None)
settings.register_profile("explore", deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))


@pytest.fixture
def rng():
    """Random numbers, the same in every run."""
    return np.random.default_rng(20110601)
