"""The goals of replay: what a recorded program must reach against f itself, against its own value, and against the
tools that compile. bench_speed.py tracks every row, ratios.py prints them.
"""

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

    count = 400
    with all_cores():
        return min(seconds(2, count) for _ in range(7)) / min(seconds(1, count) for _ in range(7))


def _goals() -> tuple[Goal, ...]:
    goals = [
        Goal(
            "replay_loop_casadi",
            "replayed gradient of loop, against CasADi SX through its buffer",
            1.0,
            0.6,
            lambda: against_peer("CasADi", "grad", "loop 3"),
            needs="casadi",
        )
    ]
    for case, must, aim in (
        ("rosen 10", 0.15, 0.08),
        ("rosen 1000", 0.5, 0.3),
        ("rosen 1000000", 0.6, 0.35),
        ("chain 1000", 1.6, 0.8),
        ("chain 1000000", 1.5, 0.8),
    ):
        name = "replay_" + case.replace(" ", "_")
        text = f"replayed gradient of {case}, against NumPy running f"
        goals.append(Goal(name, text, must, aim, lambda case=case: against_f(case)))
    for f in ("rosen", "chain"):
        for n, aim in ((10, 0.3), (1000, 0.3), (1_000_000, 0.8)):
            case = f"{f} {n}"
            text = f"replayed gradient of {case}, against JAX, jitted"
            measure = lambda case=case: against_peer("JAX", "grad", case)
            goals.append(Goal(f"replay_{f}_{n}_jax", text, 1.0, aim, measure, needs="jax"))
    goals += [
        Goal(
            "hessian_rosen_50_jax",
            "replayed Hessian of rosen, n = 50, against JAX, jitted",
            1.0,
            0.5,
            lambda: against_peer("JAX", "hessian", "rosen 50"),
            needs="jax",
        ),
        Goal(
            "hessian_ring_10",
            "replayed Hessian of a scalar program, n = 10, against its value",
            12.0,
            8.0,
            lambda: hessian_against_value("ring 10"),
        ),
        Goal("hessian_ring_30", "the same, n = 30", 25.0, 15.0, lambda: hessian_against_value("ring 30")),
        Goal(
            "jacobian_64",
            "replayed Jacobian of broyden, n = m = 64, against its value",
            24.0,
            12.0,
            lambda: jacobian_against_value("broyden 64"),
        ),
        Goal(
            "record_rosen",
            "recording and sealing rosen, against JAX compiling it",
            1 / 20,
            1 / 200,
            lambda: recording_against_compiling("rosen 1000"),
            needs="jax",
        ),
        Goal(
            "record_chain",
            "the same for chain",
            1 / 20,
            1 / 200,
            lambda: recording_against_compiling("chain 1000"),
            needs="jax",
        ),
        Goal(
            "two_threads",
            "gradients of chain, n = 1000, by two threads, against one (two cores)",
            1 / 1.8,
            0.5,
            lambda: two_threads("chain 1000"),
        ),
    ]
    return tuple(goals)


REPLAY_GOALS = _goals()
