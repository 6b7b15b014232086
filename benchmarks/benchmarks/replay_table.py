"""The goals of replay: what a recorded program must reach against f itself, against its own value, and against the
tools that compile. bench_speed.py tracks every row, ratios.py prints them.
"""

import functools
import time
import types
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import dualtape
from benchmarks import peers
from benchmarks.common import Comparison, all_cores, compare
from benchmarks.problems import select, verify
from benchmarks.speed_table import Goal


def program_gradient(case: str) -> tuple[Callable[[], object], object]:
    problem, x = select(case)
    P = dualtape.record(problem.f, x)
    verify(P.grad(x), problem.first(x), f"replayed gradient of {case}")
    return lambda: P.grad(x), P


def against_f(case: str) -> Comparison:
    """Replayed gradient against NumPy running f."""
    problem, x = select(case)
    work, _ = program_gradient(case)
    return compare(work, problem.primal(x), seconds=1.5 if x.size < 100_000 else 4.0)


def against_peer(name: str, derivative: str, case: str) -> Comparison:
    """Replayed derivative against that of another tool, both with NumPy arrays in and out, on one core."""
    theirs, _ = peers.prepare(peers.PEERS[name], derivative, case)
    problem, x = select(case)
    P = dualtape.record(problem.f, x)
    ours = getattr(P, derivative)
    verify(ours(x), problem.first(x) if derivative == "grad" else problem.second(x), f"{derivative} of {case}")
    return compare(lambda: ours(x), theirs, seconds=1.5 if x.size < 100_000 else 4.0)


def hessian_against_value(case: str) -> Comparison:
    problem, x = select(case)
    P = dualtape.record(problem.f, x)
    verify(P.hessian(x), problem.second(x), f"replayed Hessian of {case}")
    return compare(lambda: P.hessian(x), lambda: P(x), seconds=1.5)


def jacobian_against_value(case: str) -> Comparison:
    problem, x = select(case)
    P = dualtape.record(problem.f, x)
    verify(P.jacobian(x), problem.first(x), f"replayed Jacobian of {case}")
    return compare(lambda: P.jacobian(x), lambda: P(x), seconds=1.5)


def recording_against_compiling(case: str) -> Comparison:
    """Recording and sealing against JAX's tracing and compiling, both of a function never seen before."""
    import jax

    jax.config.update("jax_enable_x64", True)
    problem, x = select(case)

    def compile_anew() -> object:
        f = peers.with_namespace(problem.f, jax.numpy)
        return jax.jit(jax.grad(f)).lower(x).compile()

    def record_anew() -> object:
        f = types.FunctionType(problem.f.__code__, problem.f.__globals__)
        return dualtape.record(f, x)

    return compare(record_anew, compile_anew, seconds=3.0)


def two_threads(case: str) -> float:
    """Seconds that two threads take for gradients, as a part of what one takes for the same."""
    work, _ = program_gradient(case)

    def calls(count: int) -> None:
        for _ in range(count):
            work()

    def seconds(threads: int, count: int) -> float:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(calls, [1] * threads))
            start = time.perf_counter()
            list(pool.map(calls, [count // threads] * threads))
            return time.perf_counter() - start

    count = 40
    with all_cores():
        return min(seconds(2, count) for _ in range(7)) / min(seconds(1, count) for _ in range(7))


def _gradient_of(case: str, must: float, aim: float) -> Goal:
    name = "replay_" + case.replace(" ", "_")
    text = f"replayed gradient of {case}, against NumPy running f"
    return Goal(name, text, must, aim, lambda: against_f(case))


def _against(peer: str, derivative: str, case: str, aim: float, text: str) -> Goal:
    name = f"{derivative}_{case}_{peer}".replace(" ", "_").lower()
    text = f"replayed {derivative} of {case}, against {text}"
    needs = peers.PEERS[peer].package
    return Goal("replay_" + name, text, 1.0, aim, lambda: against_peer(peer, derivative, case), needs=needs)


def _hessian_of(case: str, must: float, aim: float) -> Goal:
    text = f"replayed Hessian of {case}, 300 scalar operations, against its value"
    return Goal("replay_hessian_" + case.replace(" ", "_"), text, must, aim, lambda: hessian_against_value(case))


def _recording_of(case: str) -> Goal:
    text = f"recording and sealing {case}, against JAX compiling it"
    measure = functools.partial(recording_against_compiling, case)
    return Goal("replay_record_" + case.split()[0], text, 1 / 20, 1 / 200, measure, needs="jax")


REPLAY_GOALS = (
    _against("CasADi", "grad", "loop 3", 0.6, "CasADi SX through its buffer"),
    _gradient_of("rosen 10", 0.15, 0.08),
    _gradient_of("rosen 1000", 0.5, 0.3),
    _gradient_of("rosen 1000000", 0.6, 0.35),
    _gradient_of("chain 1000", 1.6, 0.8),
    _gradient_of("chain 1000000", 1.5, 0.8),
    *(
        _against("JAX", "grad", f"{f} {n}", 0.3 if n <= 1000 else 0.8, "JAX, jitted")
        for f in ("rosen", "chain")
        for n in (10, 1000, 1_000_000)
    ),
    _against("JAX", "hessian", "rosen 50", 0.5, "JAX, jitted"),
    _hessian_of("ring 10", 12.0, 8.0),
    _hessian_of("ring 30", 25.0, 15.0),
    Goal(
        "replay_jacobian_64",
        "replayed Jacobian of broyden, n = m = 64, against its value",
        24.0,
        12.0,
        lambda: jacobian_against_value("broyden 64"),
    ),
    _recording_of("rosen 1000"),
    _recording_of("chain 1000"),
    Goal(
        "replay_two_threads",
        "gradients of chain, n = 100000, by two threads, against one",
        1 / 1.8,
        0.5,
        lambda: two_threads("chain 100000"),
    ),
)
