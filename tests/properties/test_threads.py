"""Threads: derivatives taken in many threads at once are those of one thread, to the last bit.

Run on a free-threaded build without its lock, these find what pools, free lists and first uses have left unprotected.
"""

import contextlib
import random
import subprocess
import sys
import sysconfig
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import dualtape
from dualtape.errors import UnsupportedOperation

N_THREADS, N_CALLS = 6, 150
NO_GIL = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))

# Every derivative at once is the first of its process: imports, bindings and pools are set up by all threads together.
FIRST_USE = """
import threading
import numpy as np
import dualtape

x = np.linspace(0.5, 1.5, 4)
f = lambda x: np.sum(np.sin(x) * x)
calls = [dualtape.grad(f), dualtape.hessian(f), dualtape.jacobian(f, mode="forward"), lambda x: dualtape.hvp(f, x, x)]
start, found = threading.Barrier(8), []

def work(k):
    start.wait()
    found.append((k % 4, calls[k % 4](x)))

threads = [threading.Thread(target=work, args=(k,)) for k in range(8)]
[thread.start() for thread in threads], [thread.join() for thread in threads]
assert len(found) == 8 and all(np.array_equal(got, calls[k](x)) for k, got in found), found
"""


def rosen(x):
    return (100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2).sum()


def recurrence(x):
    s = x[0]
    for _ in range(30):
        s = s * x[1] + x[2] * x[0] - x[1] / s
    return s


def curve(x):
    return np.array([x[0] * np.sin(x[1]), np.exp(x[0]) * x[2], x[0] / x[1]])


def solution(x):
    return np.linalg.solve(np.outer(x, x) + np.eye(3), x) @ np.sort(x)


def tasks():
    """Calls of every engine, on tapes of their own and on tapes that all threads share."""
    short, long, huge = np.array([1.1, 0.9, 0.3]), np.linspace(0.5, 1.5, 50), np.linspace(-1.0, 1.0, 20000)
    _, pullback = dualtape.vjp(curve, short)
    _, linear = dualtape.linearize(curve, short)
    return [
        lambda: dualtape.grad(rosen)(long),
        lambda: dualtape.grad(rosen)(huge),
        lambda: dualtape.grad(recurrence)(short),
        lambda: dualtape.grad(solution)(short),
        lambda: dualtape.jacobian(curve)(short),
        lambda: dualtape.jacobian(curve, mode="forward")(short),
        lambda: dualtape.hessian(curve)(short),
        lambda: dualtape.hessian(recurrence, mode="forward")(short),
        lambda: dualtape.jacobian(dualtape.grad(rosen))(short),
        lambda: dualtape.hvp(rosen, long, long),
        lambda: pullback(np.ones(3)),
        lambda: linear.T @ (linear @ short),
    ]


def in_threads(work):
    """Run ``work(k)`` in thread k, all at once; raise what any of them raised."""
    raised = []

    def guarded(k):
        try:
            work(k)
        except BaseException as error:
            raised.append(error)

    threads = [threading.Thread(target=guarded, args=(k,)) for k in range(N_THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if raised:
        raise raised[0]


def test_threads_do_not_disturb_each_other():
    calls = tasks()
    expected = [call() for call in calls]

    def work(k):
        order = random.Random(k)
        for _ in range(N_CALLS):
            i = order.randrange(len(calls))
            np.testing.assert_array_equal(calls[i](), expected[i])

    in_threads(work)


def test_a_failing_function_leaves_other_threads_alone():
    def failing(x):
        raise ZeroDivisionError(dualtape.grad(rosen)(x).sum())

    x = np.linspace(0.5, 1.5, 10)
    expected = dualtape.grad(rosen)(x)

    def work(k):
        for _ in range(N_CALLS):
            if k % 2:
                np.testing.assert_array_equal(dualtape.grad(rosen)(x), expected)
                continue
            with contextlib.suppress(ZeroDivisionError):
                dualtape.grad(failing)(x)

    in_threads(work)


def test_the_first_uses_of_a_process_may_be_simultaneous():
    command = [sys.executable, "-W", "error", "-c", FIRST_USE]
    for _ in range(3):
        run = subprocess.run(command, capture_output=True, text=True, check=False)
        assert run.returncode == 0, run.stderr


def test_a_thread_started_inside_f_differentiates_on_its_own():
    """h(x) = sum x d/dy sum(y^3 x) at y = c is sum 3 c^2 x^2, whichever thread takes the inner derivative."""
    c = np.arange(3.0)

    def h(x):
        found = []
        inner = threading.Thread(
            target=lambda: found.append(dualtape.grad(lambda y: np.sum(y**3 * x))(c) + 0.0 * dualtape.grad(rosen)(c))
        )
        inner.start()
        inner.join()
        return np.sum(x * found[0])

    for mode in ("forward",) if NO_GIL else ("reverse", "forward"):  # without a GIL, a tape belongs to its thread
        np.testing.assert_array_equal(dualtape.grad(h, mode=mode)(np.ones(3)), 6.0 * c**2)


@pytest.mark.skipif(not NO_GIL, reason="this Python has a GIL")
def test_without_a_gil_a_second_thread_of_one_function_is_refused():
    def f(x):
        with ThreadPoolExecutor(2) as pool:
            return sum(pool.map(lambda i: np.sum(np.sin(x * i)), range(8)))

    with pytest.raises(UnsupportedOperation, match="second thread"):
        dualtape.grad(f)(np.ones(4))


@pytest.mark.skipif(NO_GIL, reason="this Python has no GIL")
def test_threads_of_one_function_record_on_one_tape():
    """The order of operations is that of chance, the derivative is not: d/dx sum_ik (3 sum sin(x i + k) + x @ x)."""

    def piece(x, i):
        total = 0.0
        for k in range(12):
            y = np.sin(x * i + k)
            total = total + np.sum(np.concatenate([y, 2.0 * y])) + np.dot(x, x) + np.sum(x.reshape(2, -1), axis=0)[0]
            total = total if np.all(y < 2.0) else 0.0
        return total

    def f(x):
        with ThreadPoolExecutor(N_THREADS) as pool:
            return sum(pool.map(lambda i: piece(x, i), range(N_THREADS)))

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for n in (6, 3000, 10000):
            x = np.linspace(0.1, 1.0, n)
            expected = 24.0 * N_THREADS * x + sum(
                3.0 * i * np.cos(x * i + k) for i in range(N_THREADS) for k in range(12)
            )
            expected[[0, n // 2]] += 12.0 * N_THREADS
            for _ in range(3):
                np.testing.assert_allclose(dualtape.grad(f)(x), expected, rtol=1e-10, atol=1e-10)
    finally:
        sys.setswitchinterval(interval)
