"""The benchmarks are a package of their own, beside the tests: benchmarks/benchmarks/. Not in a wheel, so skipped
there."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
