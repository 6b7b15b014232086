"""NumPy's and SciPy's functions of whole arrays, each as a scalar function of one array: what its gradient costs, as a
multiple of the value, small and large.

At the large size a gradient is to be a small multiple (about six at most) of any function that computes more than it
copies; at the small one what counts is the cost of a rule written in Python. bench_functions.py tracks every row,
``python -m benchmarks.ratios --functions`` prints them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

import dualtape
from benchmarks.common import Comparison, NotInstalled, compare

try:
    import scipy.linalg as linalg
    import scipy.special as special
except ImportError:  # the rows of SciPy are then skipped by name
    linalg = special = None

SIZES = {"matrix": (3, 200), "spd": (3, 200), "vector": (10, 100_000), "short": (10, 10_000)}
STEP, DIGITS = 1e-6, 1e-4  # of the difference quotient that every row is checked with


@dataclass(frozen=True)
class Row:
    """A function and the kind of array that it takes."""

    f: Callable[[Any], Any]
    kind: str
    of_scipy: bool = False

    def point(self, is_large: bool) -> np.ndarray:
        """The same array every time."""
        n = SIZES[self.kind][is_large]
        rng = np.random.default_rng(n)
        if self.kind in ("vector", "short"):
            return rng.uniform(0.5, 1.5, n)
        a = rng.standard_normal((n, n)) / n**0.5
        return a @ a.T + np.eye(n) if self.kind == "spd" else a + 2.0 * np.eye(n)


def _ones(a: Any) -> np.ndarray:
    return np.ones(len(a))


def _grid(x: Any) -> np.ndarray:
    return np.linspace(0.0, 1.0, len(x))


def _filtered(x: Any) -> Any:
    spectrum = np.fft.rfft(x) * np.exp(-np.fft.rfftfreq(len(x)))
    return np.square(np.fft.irfft(spectrum, n=len(x))).sum()


def _counted(x: Any) -> Any:
    y = np.zeros(7)
    np.add.at(y, np.arange(len(x)) % 7, x)
    return np.square(y).sum()


MATRICES = {
    "solve": lambda a: np.linalg.solve(a, _ones(a)).sum(),
    "solve matrix": lambda a: np.linalg.solve(a, a.T).sum(),
    "inv": lambda a: np.linalg.inv(a).sum(),
    "det": lambda a: np.linalg.det(a),
    "slogdet": lambda a: np.linalg.slogdet(a)[1],
    "svd": lambda a: np.linalg.svd(a)[0].sum(),
    "svdvals": lambda a: np.linalg.svd(a, compute_uv=False).sum(),
    "qr": lambda a: np.linalg.qr(a)[1].sum(),
    "lstsq": lambda a: np.linalg.lstsq(a, _ones(a), rcond=None)[0].sum(),
    "pinv": lambda a: np.linalg.pinv(a).sum(),
    "matrix_power": lambda a: np.linalg.matrix_power(a, 5).sum(),
    "multi_dot": lambda a: np.linalg.multi_dot([a, a, _ones(a)]).sum(),
    "matmul": lambda a: (a @ a).sum(),
    "einsum": lambda a: np.einsum("ij,jk->ik", a, a).sum(),
    "einsum trace": lambda a: np.einsum("ii", a),
    "tensordot": lambda a: np.tensordot(a, a, axes=([1], [0])).sum(),
    "kron": lambda a: np.kron(a[:20, :20], a[:20, :20]).sum(),
    "triu": lambda a: np.triu(a).sum(),
    "variance of columns": lambda a: a.var(axis=0).sum(),
}
DEFINITE = {
    "cholesky": lambda a: np.linalg.cholesky(a).sum(),
    "eigh": lambda a: np.linalg.eigh(a)[1].sum(),
    "eigvalsh": lambda a: np.square(np.linalg.eigvalsh(a)).sum(),
}
SCIPY_MATRICES = {
    "scipy solve": lambda a: linalg.solve(a, _ones(a)).sum(),
    "scipy inv": lambda a: linalg.inv(a).sum(),
    "lu_factor, lu_solve": lambda a: linalg.lu_solve(linalg.lu_factor(a), _ones(a)).sum(),
    "lu": lambda a: linalg.lu(a)[2].sum(),
    "solve_triangular": lambda a: linalg.solve_triangular(a, a, lower=True).sum(),
    "expm": lambda a: linalg.expm(a).sum(),
}
SCIPY_DEFINITE = {
    "cho_factor, cho_solve": lambda a: linalg.cho_solve(linalg.cho_factor(a), _ones(a)).sum(),
    "scipy cholesky": lambda a: linalg.cholesky(a, lower=True).sum(),
    "logm": lambda a: linalg.logm(a).sum(),
    "sqrtm": lambda a: linalg.sqrtm(a).sum(),
}
VECTORS = {
    "fft": lambda x: np.abs(np.fft.fft(x)).sum(),
    "fft filter": _filtered,
    "convolve": lambda x: np.convolve(x, _ones(x)[:5]).sum(),
    "sort": lambda x: np.square(np.sort(x)).sum(),
    "median": lambda x: np.median(x),
    "percentile": lambda x: np.percentile(x, 30.0),
    "interp": lambda x: np.interp(_grid(x), _grid(x), x).sum(),
    "cumsum": lambda x: np.cumsum(x).sum(),
    "cumprod": lambda x: np.cumprod(x).sum(),
    "prod": lambda x: np.prod(1.0 + 0.001 * x),
    "add.reduceat": lambda x: np.add.reduceat(x, np.arange(0, len(x), 5)).sum(),
    "add.at": _counted,
    "polyval": lambda x: np.polyval([1.0, 2.0, 3.0, 4.0], x).sum(),
    "trapezoid": lambda x: np.trapezoid(x),
    "gradient": lambda x: np.square(np.gradient(x)).sum(),
    "diff": lambda x: np.square(np.diff(x)).sum(),
    "unique": lambda x: np.unique(x).sum(),
    "maximum": lambda x: np.minimum(x, 1.0).max(),
    "where": lambda x: np.where(x > 1.0, x, x * x).sum(),
    "mask": lambda x: x[x > 1.0].sum(),
    "take": lambda x: np.square(np.take(x, np.arange(len(x))[::-1])).sum(),
    "concatenate": lambda x: np.concatenate([x, x]).sum(),
    "std": lambda x: np.std(x),
    "complex": lambda x: np.abs(x + 1j * x * x).sum(),
}
SHORT_VECTORS = {"i0": lambda x: np.i0(x).sum(), "vectorize": lambda x: np.vectorize(lambda t: t * t)(x).sum()}
SCIPY_VECTORS = {
    "logsumexp": lambda x: special.logsumexp(x),
    "softmax": lambda x: np.square(special.softmax(x)).sum(),
}

ROWS = {
    name: Row(f, kind, of_scipy)
    for functions, kind, of_scipy in (
        (MATRICES, "matrix", False),
        (DEFINITE, "spd", False),
        (SCIPY_MATRICES, "matrix", True),
        (SCIPY_DEFINITE, "spd", True),
        (VECTORS, "vector", False),
        (SHORT_VECTORS, "short", False),
        (SCIPY_VECTORS, "vector", True),
    )
    for name, f in functions.items()
}

def _replayed(f, x):
    program = dualtape.record(f, x)
    return lambda: program.grad(x)


WAYS = {
    "gradient": lambda f, x: lambda: dualtape.grad(f)(x),
    "replayed gradient": _replayed,
    "tangent": lambda f, x: lambda: dualtape.jvp(f, (x,), (np.ones_like(x),))[1],
}


class NotItsDerivative(AssertionError):
    """What was about to be timed does not agree with a difference quotient."""


def check(f: Callable[[Any], Any], x: np.ndarray) -> None:
    """Refuse to time a gradient whose component along ones is not the slope of f."""
    along = np.ones_like(x) if x.ndim == 1 else np.eye(len(x))
    slope = (f(x + STEP * along) - f(x - STEP * along)) / (2.0 * STEP)
    found = np.sum(dualtape.grad(f)(x) * along)
    if not abs(found - slope) <= DIGITS * max(1.0, abs(slope)):
        raise NotItsDerivative(f"the slope is {slope}, and not {found}")


def measure(name: str, way: str, is_large: bool, seconds: float = 0.2) -> Comparison:
    """One row in one way, against its value."""
    row = ROWS[name]
    if row.of_scipy and linalg is None:
        raise NotInstalled("scipy is not installed")
    if name == "trapezoid" and not hasattr(np, "trapezoid"):
        raise NotInstalled("np.trapezoid is newer")
    x = row.point(is_large)
    if not is_large:
        check(row.f, x)
    return compare(WAYS[way](row.f, x), lambda: row.f(x), seconds)
