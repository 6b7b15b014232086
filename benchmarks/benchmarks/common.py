"""How we time: two pieces of work side by side in one run on one core, and what a benchmark does when it cannot run.

Times of one machine mean nothing on another, and a busy machine changes them by half; a ratio of two pieces of work
that take turns keeps. Called by every bench_*.py and by ratios.py.
"""

import contextlib
import gc
import importlib.util
import math
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import median

BATCH_SECONDS = 1e-3  # the clock is read once per batch: long against the clock, short against the system's time slices
LEAST_ROUNDS = 5

# Time of this process is blind to neighbours that take the core away. Where its clock is coarse (Windows), take the
# wall's.
clock = time.process_time if time.get_clock_info("process_time").resolution < 1e-6 else time.perf_counter


@dataclass(frozen=True)
class Comparison:
    """Seconds per call of two pieces of work that took turns: the least seen of each, and the median ratio of the
    rounds."""

    seconds: float
    base_seconds: float
    median_ratio: float

    @property
    def ratio(self) -> float:
        """Ratio of the least times: what the work costs when nothing disturbs it."""
        return self.seconds / self.base_seconds


@contextlib.contextmanager
def one_core() -> Iterator[None]:
    """Pins this thread, and every thread started meanwhile, to one core, where the system can."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(allowed)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)


@contextlib.contextmanager
def all_cores() -> Iterator[None]:
    """Takes `one_core` back, for work of several threads."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    pinned = os.sched_getaffinity(0)
    os.sched_setaffinity(0, range(os.cpu_count() or 1))
    try:
        yield
    finally:
        os.sched_setaffinity(0, pinned)


def calls_per_batch(work: Callable[[], object]) -> int:
    """How many calls make a batch. Also warms the work up."""
    number = 1
    while True:
        seconds = batch_seconds(work, number)
        if seconds >= BATCH_SECONDS:
            return number
        number = max(2 * number, math.ceil(number * BATCH_SECONDS / seconds) if seconds > 0 else 0)


def batch_seconds(work: Callable[[], object], number: int) -> float:
    """Seconds that `number` calls take."""
    start = clock()
    for _ in range(number):
        work()
    return clock() - start


def compare(work: Callable[[], object], base: Callable[[], object], seconds: float = 0.5) -> Comparison:
    """Time `work` against `base`: batches of one and of the other in turn, for about `seconds` of this process's
    time."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        with one_core():
            n_work, n_base = calls_per_batch(work), calls_per_batch(base)
            rounds: list[tuple[float, float]] = []
            end = clock() + seconds
            while len(rounds) < LEAST_ROUNDS or clock() < end:
                rounds.append((batch_seconds(work, n_work) / n_work, batch_seconds(base, n_base) / n_base))
    finally:
        if collecting:
            gc.enable()
    work_times, base_times = zip(*rounds, strict=True)
    return Comparison(min(work_times), min(base_times), median(w / b for w, b in rounds))


class NotInstalled(NotImplementedError):
    """A package that a benchmark is about is not here. Raised in a setup, it makes asv show n/a and say why."""


def require(package: str) -> None:
    """Skip the benchmark, by name, unless `package` is installed."""
    if importlib.util.find_spec(package) is None:
        raise NotInstalled(f"{package} is not installed")
