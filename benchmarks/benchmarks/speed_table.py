"""The goals of speed and memory: what each row of the table must reach, what it aims at, and how it is measured.

bench_speed.py tracks every row, ratios.py prints them. A row is measured against its base in one run, on one core.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import dualtape
from benchmarks.common import Comparison, compare
from benchmarks.problems import loop, select, verify
from dualtape.trace.record import record_flat


@dataclass(frozen=True)
class Goal:
    """One row. `measure` gives a Comparison, of which the ratio counts, or a number in `unit`; smaller is better."""

    name: str
    work: str
    must: float
    aim: float
    measure: Callable[[], Comparison | float]
    unit: str = "x"
    needs: str = ""  # package that the row is measured against


def gradient(case: str) -> Comparison:
    """One call of ``grad(f)(x)`` against f itself."""
    problem, x = select(case)
    grad = dualtape.grad(problem.f)
    verify(grad(x), problem.first(x), f"grad of {case}")
    return compare(lambda: grad(x), problem.primal(x), seconds=1.5 if x.size < 100_000 else 4.0)


def forward_hessian() -> Comparison:
    """Value, gradient and full Hessian in ten hyper-dual lanes against f on floats."""
    problem, x = select("cycle 10")
    hessian = dualtape.hessian(problem.f, mode="forward")
    verify(hessian(x), problem.second(x), "hessian of cycle")
    return compare(lambda: hessian(x), problem.primal(x), seconds=1.5)


def tape_bytes() -> float:
    """Memory in use by the tape of `loop`, per recorded operation, values included."""
    _, x = select("loop 3")
    tape = record_flat(lambda x: [loop(x)], [x]).tape
    return tape.nbytes / tape.n_operations


def import_milliseconds(first_use: bool = False) -> float:
    """``import dualtape`` in a process that has NumPy already; with `first_use`, until a first gradient is there."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(Path(dualtape.__file__).parents[1]),
    }  # asv runs this without the caller's own
    use = "dualtape.grad(lambda x: x * x)(3.0)" if first_use else ""
    code = (
        f"import time, numpy; start = time.process_time(); import dualtape; {use}\nprint(time.process_time() - start)"
    )
    runs = [
        subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
        for _ in range(7)
    ]
    return 1e3 * min(float(run.stdout) for run in runs)


def build_seconds() -> float:
    """A build of everything from a copy of the sources, two compilers at a time."""
    root = Path(__file__).parents[2]
    if not (root / "setup.py").exists():
        return float("nan")
    with tempfile.TemporaryDirectory() as folder:
        for name in ("setup.py", "pyproject.toml", "src"):
            copy = shutil.copytree if (root / name).is_dir() else shutil.copy
            copy(root / name, Path(folder) / name)
        for built in (*Path(folder).rglob("*.so"), *Path(folder).rglob("*.pyd")):
            built.unlink()
        start = time.perf_counter()
        command = [sys.executable, "setup.py", "build_ext", "--inplace", "-j2"]
        subprocess.run(command, cwd=folder, capture_output=True, check=True, env={**os.environ, "CCACHE_DISABLE": "1"})
        return time.perf_counter() - start


GOALS = (
    Goal("loop", "grad of loop, against f on floats", 5.0, 3.5, lambda: gradient("loop 3")),
    Goal("rosen_10", "grad of rosen, n = 10, against NumPy running f", 1.0, 0.3, lambda: gradient("rosen 10")),
    Goal("rosen_1000", "the same, n = 1000", 2.0, 0.8, lambda: gradient("rosen 1000")),
    Goal("rosen_1e6", "the same, n = 10^6", 4.0, 1.0, lambda: gradient("rosen 1000000")),
    Goal("chain_10", "grad of chain, n = 10, against NumPy running f", 1.5, 0.7, lambda: gradient("chain 10")),
    Goal("chain_1000", "the same, n = 1000", 2.5, 1.2, lambda: gradient("chain 1000")),
    Goal("chain_1e6", "the same, n = 10^6", 2.5, 1.2, lambda: gradient("chain 1000000")),
    Goal(
        "hessian_loop",
        "Hessian of the loop with 10 inputs, hyper-duals, against f on floats",
        15.0,
        8.0,
        forward_hessian,
    ),
    Goal("tape_bytes", "memory of the tape per recorded scalar operation", 48.0, 32.0, tape_bytes, "bytes"),
    Goal("import", "import dualtape beyond import numpy", 60.0, 25.0, import_milliseconds, "ms"),
    Goal(
        "import_and_use", "import dualtape and one first gradient", 60.0, 25.0, lambda: import_milliseconds(True), "ms"
    ),
)
BUILD = Goal("build", "full build from source on 2 cores", 240.0, 90.0, build_seconds, "s")
