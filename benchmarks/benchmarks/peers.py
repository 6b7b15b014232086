"""Other tools for the same derivatives, each used the way its own manual recommends, on the same plain functions.

A tool whose functions live in a namespace of its own gets the problem with that namespace in place of NumPy's; its
answer is checked like ours. Work that can be done once (compiling, staging) is done before the clock starts, as its
users would. All of them take a NumPy array and give one. Called by bench_peers.py and ratios.py.
"""

from __future__ import annotations

import types
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from benchmarks.common import Comparison, compare, require
from benchmarks.problems import Function, select, verify

Work = Callable[[], np.ndarray]
Maker = Callable[[Function, np.ndarray], Work]  # from f and a point to the work that is timed


def with_namespace(f: Function, namespace: object) -> Function:
    """f, reading `namespace` wherever it says np."""
    return types.FunctionType(f.__code__, {**f.__globals__, "np": namespace}, f.__name__)


# ---- dualtape ----


def dualtape_grad(f: Function, x: np.ndarray) -> Work:
    import dualtape

    grad = dualtape.grad(f)
    return lambda: grad(x)


def dualtape_hessian(f: Function, x: np.ndarray) -> Work:
    import dualtape

    hessian = dualtape.hessian(f)
    return lambda: hessian(x)


# ---- autograd, advect: reverse mode, recorded in Python at every call ----


def autograd_grad(f: Function, x: np.ndarray) -> Work:
    import autograd
    import autograd.numpy

    grad = autograd.grad(with_namespace(f, autograd.numpy))
    return lambda: grad(x)


def autograd_hessian(f: Function, x: np.ndarray) -> Work:
    import autograd
    import autograd.numpy

    hessian = autograd.hessian(with_namespace(f, autograd.numpy))
    return lambda: hessian(x)


def advect_grad(f: Function, x: np.ndarray) -> Work:
    import advect

    grad = advect.grad(f)
    return lambda: np.asarray(grad(x))


def advect_hessian(f: Function, x: np.ndarray) -> Work:
    import advect

    hessian = advect.hessian(f)
    return lambda: np.asarray(hessian(x))


# ---- JAX: compiled once per shape ----


def jax_grad(f: Function, x: np.ndarray) -> Work:
    import jax

    jax.config.update("jax_enable_x64", True)
    grad = jax.jit(jax.grad(with_namespace(f, jax.numpy)))
    return lambda: np.asarray(grad(x))  # waits for the result


def jax_hessian(f: Function, x: np.ndarray) -> Work:
    import jax

    jax.config.update("jax_enable_x64", True)
    hessian = jax.jit(jax.hessian(with_namespace(f, jax.numpy)))
    return lambda: np.asarray(hessian(x))


# ---- torch: eager ----


def torch_grad(f: Function, x: np.ndarray) -> Work:
    import torch

    torch.set_num_threads(1)
    f = with_namespace(f, torch)

    def grad() -> np.ndarray:
        point = torch.from_numpy(x).requires_grad_()
        (result,) = torch.autograd.grad(f(point), point)
        return result.numpy()

    return grad


def torch_hessian(f: Function, x: np.ndarray) -> Work:
    import torch

    torch.set_num_threads(1)
    hessian = torch.func.hessian(with_namespace(f, torch))
    return lambda: hessian(torch.from_numpy(x)).numpy()


# ---- CasADi: symbolic graph built once, called through its buffer ----


def casadi_function(x: np.ndarray, derivative: Callable[[object], object], symbol: type) -> Work:
    import casadi

    point = symbol.sym("x", x.size)
    function = casadi.Function("derivative", [point], [casadi.densify(derivative(point))])
    result = np.zeros(function.size_out(0))  # CasADi writes columns: the same for a Hessian
    buffer, run = function.buffer()
    views = memoryview(x), memoryview(result)
    buffer.set_arg(0, views[0])
    buffer.set_res(0, views[1])
    answer = result if result.shape[1] > 1 else result[:, 0]

    def work(keep: object = (function, buffer, views)) -> np.ndarray:
        run()
        return answer

    return work


def casadi_program(f: Function, x: np.ndarray) -> tuple[Function, type]:
    """f on CasADi's symbols: scalars (SX) for Python loops, matrices (MX) for arrays."""
    import casadi

    names = ("exp", "log", "sin", "tanh")
    namespace = types.SimpleNamespace(sum=casadi.sum1, **{name: getattr(casadi, name) for name in names})
    casadi.MX.sum = casadi.sum1  # the method that NumPy's arrays have
    if f.__name__ in ("loop", "cycle", "ring"):
        return lambda point: f(casadi.vertsplit(point)), casadi.SX
    return with_namespace(f, namespace), casadi.MX


def casadi_grad(f: Function, x: np.ndarray) -> Work:
    import casadi

    program, symbol = casadi_program(f, x)
    return casadi_function(x, lambda point: casadi.gradient(program(point), point), symbol)


def casadi_hessian(f: Function, x: np.ndarray) -> Work:
    import casadi

    program, symbol = casadi_program(f, x)
    return casadi_function(x, lambda point: casadi.hessian(program(point), point)[0], symbol)


# ---- dual and hyper-dual numbers, forward mode ----


def fastdual_grad(f: Function, x: np.ndarray) -> Work:
    import fastdual

    def grad() -> np.ndarray:
        fastdual.reset()
        seeds = fastdual.DualArray(x)
        return np.ravel(fastdual.jac(f(seeds), seeds))

    return grad


def fastdual_hessian(f: Function, x: np.ndarray) -> Work:
    import fastdual

    hessian = fastdual.autohess(lambda *numbers: f(np.array(numbers, dtype=object)))
    return lambda: hessian(*x)[1]


def num_dual_grad(f: Function, x: np.ndarray) -> Work:
    import num_dual

    return lambda: np.array(num_dual.gradient(lambda numbers: f(np.array(numbers, dtype=object)), x)[1])


def num_dual_hessian(f: Function, x: np.ndarray) -> Work:
    import num_dual

    return lambda: np.array(num_dual.hessian(lambda numbers: f(np.array(numbers, dtype=object)), x)[2])


def hyperjet_grad(f: Function, x: np.ndarray) -> Work:
    import hyperjet

    return lambda: f(np.array(hyperjet.variables(x, order=1), dtype=object)).g


def hyperjet_hessian(f: Function, x: np.ndarray) -> Work:
    import hyperjet

    return lambda: f(np.array(hyperjet.variables(x, order=2), dtype=object)).hm()


@dataclass(frozen=True)
class Peer:
    """A tool. Beyond the size `largest` nobody would use it for the job: its cost is n times that of f or more."""

    name: str
    package: str
    grad: Maker
    hessian: Maker
    largest: int
    too_long: tuple[str, ...] = ()  # cases that it needs minutes to compile


PEERS = {
    peer.name: peer
    for peer in (
        Peer("dualtape", "dualtape", dualtape_grad, dualtape_hessian, 10**9),
        Peer("autograd", "autograd", autograd_grad, autograd_hessian, 10**9),
        Peer("advect", "advect", advect_grad, advect_hessian, 10**9),
        Peer("torch", "torch", torch_grad, torch_hessian, 10**9),
        Peer("JAX", "jax", jax_grad, jax_hessian, 10**9, ("hessian cycle 10",)),
        Peer("CasADi", "casadi", casadi_grad, casadi_hessian, 1000),
        Peer("fastdual", "fastdual", fastdual_grad, fastdual_hessian, 50),
        Peer("num-dual", "num_dual", num_dual_grad, num_dual_hessian, 50),
        Peer("hyperjet", "hyperjet", hyperjet_grad, hyperjet_hessian, 50),
    )
}

CASES = (
    ("grad", "loop 3"),
    ("grad", "rosen 10"),
    ("grad", "rosen 1000"),
    ("grad", "rosen 1000000"),
    ("grad", "chain 10"),
    ("grad", "chain 1000"),
    ("grad", "chain 1000000"),
    ("hessian", "cycle 10"),
    ("hessian", "rosen 10"),
)


def prepare(peer: Peer, derivative: str, case: str) -> tuple[Work, Callable[[], object]]:
    """The work of the peer, its answer checked, and f itself to compare with."""
    require(peer.package)
    problem, x = select(case)
    if x.size > peer.largest:
        raise NotImplementedError(f"{peer.name} is not meant for {x.size} inputs")
    if f"{derivative} {case}" in peer.too_long:
        raise NotImplementedError(f"{peer.name} compiles for minutes")
    work = (peer.grad if derivative == "grad" else peer.hessian)(problem.f, x)
    expected = problem.first(x) if derivative == "grad" else problem.second(x)
    verify(work(), expected, f"{derivative} of {case} by {peer.name}")
    return work, problem.primal(x)


def measure(peer: Peer, derivative: str, case: str) -> Comparison:
    """Time of the peer's derivative against that of f, in turns."""
    return compare(*prepare(peer, derivative, case), seconds=0.5)
