"""Random programs: elementwise functions, reductions, indexing, writes, products, solves, sorts, branches and loops.

The value is NumPy's own, bit for bit; first derivatives are compared with the complex step (Squire & Trapp 1998) on
NumPy's complex arithmetic, second ones with differences of those; then every mode with every other."""

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import dualtape as dt

COMPLEX_STEP = 1e-10  # relative to the largest entry: rounding of ill-conditioned programs is left
DIFFERENCES = 1e-5  # relative to the largest entry
MODES_AGREE = 1e-10
N = 6  # inputs; arrays are (6,), (2, 3) or scalars


def vector(a):
    """Six elements of whatever a is."""
    return np.reshape(a, (-1,))[:N] if np.size(a) >= N else np.concatenate([np.reshape(a, (-1,))] * N)[:N]


def squash(a):
    """Keep values between -2 and 2, without two that are equal."""
    return 2.0 * np.sin(a) / (1.0 + 0.1 * np.cos(a))


def write_slice(a, b):
    y = a.copy()
    y[1:4] = b[2:5] * 2.0
    y[::2] += y[1::2]
    return y


def write_duplicates(a, b):
    y = a.copy()
    y[[0, 0, 2]] = b[1:4]
    y[[1, 1]] *= b[:2]
    return y


def write_matrix(a, b):
    y = np.zeros((2, 3), a.dtype, like=a)
    y[0] = a[:3]
    y[:, 1] = b[:2]
    y.T[2] -= b[4:]
    return y


def write_mask(a, b):
    y = a.copy()
    y[a.real > b.real] = b[0]
    y[np.add(a.real, 0.3) < b.real] -= 0.5 * a[1]
    return y


def elements(a, b):
    """Scalars in a loop, with a branch on values."""
    s = a[0]
    for k in range(1, N):
        s = s * b[k] + a[k] if a[k].real > 0.1 else s - a[k] ** 2
    return np.stack([s, a[1] * b[2], a[2] / (2.0 + a[0])])


def stack_of_products(a, b):
    return np.stack([a[:3] @ b[3:] * b[:3], np.cross(a[:3], b[:3])])


def solved(a, b):
    A = np.outer(a[:3], b[3:]) + 4.0 * np.eye(3)
    return np.linalg.solve(A, b[:3])


def halved(a, b):
    while np.sum(a.real**2) > 1.0:
        a = 0.5 * a + 0.01 * b
    return a


UNARY = (
    np.sin, np.cos, np.exp, np.tanh, np.arctan, np.square, np.negative, np.cumsum, np.cumprod, np.sort, np.diff,
    lambda a: a**3, lambda a: np.sqrt(a * a + 0.7), lambda a: np.log(a * a + 0.4), lambda a: 1.0 / (a * a + 1.0),
    lambda a: a[::-1], lambda a: a[[4, 0, 0, 5, 1, 1]], lambda a: a.reshape(2, 3).T,
    lambda a: a.reshape(3, 2).sum(axis=0), lambda a: a.reshape(2, 3).mean(axis=1),
    lambda a: a.reshape(2, 3).prod(axis=0), lambda a: np.max(a) - a, lambda a: a * np.mean(a * a),
    lambda a: a[a.real > 0.0],
    lambda a: np.tile(a[:2], 3), lambda a: np.roll(a, 2) * a, lambda a: np.where(a.real > 0.2, a * a, 3.0 * a),
    lambda a: np.linalg.det(a[:4].reshape(2, 2)) * a, lambda a: np.linalg.inv(np.outer(a, a) + 3.0 * np.eye(N))[1],
    lambda a: np.partition(a, 2)[2] + a, lambda a: np.repeat(a[1:3], 3), lambda a: np.trace(np.outer(a, a[::-1])) - a,
)  # fmt: skip
BINARY = (
    np.add, np.subtract, np.multiply, lambda a, b: a / (b * b + 1.0), np.maximum, np.minimum,
    lambda a, b: np.concatenate([a[:2], b[3:], a[:1]]), lambda a, b: np.where(a.real > b.real, a, b * b),
    lambda a, b: np.outer(a, b)[1:3],
    lambda a, b: np.einsum("i,j,j->i", a, b, b), lambda a, b: np.einsum("ij,jk->ki", a.reshape(2, 3), b.reshape(3, 2)),
    lambda a, b: a.reshape(2, 3) @ b.reshape(3, 2), lambda a, b: a[:, None] * b[:3], lambda a, b: np.dot(a, b) + a,
    lambda a, b: a @ np.multiply.outer(b, a), lambda a, b: np.tensordot(a.reshape(2, 3), b.reshape(2, 3), ([0], [0])),
    lambda a, b: np.convolve(a, b[:2]), lambda a, b: np.kron(a[:2], b[:3]), lambda a, b: np.hstack([b[2:], a[:2]]),
    write_slice, write_duplicates, write_matrix, write_mask, elements, stack_of_products, solved, halved,
)  # fmt: skip


def run(program, x):
    """Each step computes a new array from earlier ones; all of them count in the result."""
    arrays = [x, x[::-1]]
    for operation, first, second in program:
        a = squash(vector(arrays[-1 - first % len(arrays)]))
        if operation < len(UNARY):
            arrays.append(UNARY[operation](a))
        else:
            arrays.append(BINARY[operation - len(UNARY)](a, squash(vector(arrays[-1 - second % len(arrays)]))))
        assume(np.size(arrays[-1]))
    return np.concatenate([np.reshape(a, (-1,))[-4:] for a in arrays[2:]])


def by_complex_step(program, x):
    columns = []
    for j in range(N):
        moved = x.astype(complex)
        moved[j] += 1e-200j
        columns.append(run(program, moved).imag / 1e-200)
    return np.stack(columns, axis=-1)


def agree(found, expected, tolerance):
    np.testing.assert_allclose(found, expected, rtol=0.0, atol=tolerance * max(1.0, np.abs(expected).max(initial=0.0)))


steps = st.tuples(st.integers(0, len(UNARY) + len(BINARY) - 1), st.integers(0, 3), st.integers(0, 3))
programs = st.lists(steps, min_size=1, max_size=6)
points = st.integers(0, 2**32 - 1).map(lambda seed: np.random.default_rng(seed).uniform(-1.5, 1.5, N))
thorough = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@thorough
@given(programs, points)
def test_first_derivatives_of_random_programs(program, x):
    f = lambda x: run(program, x)
    expected, value = by_complex_step(program, x), f(x)
    assume(np.all(np.isfinite(expected)))
    for mode in ("reverse", "forward"):
        found, J = dt.value_and_jacobian(f, mode=mode)(x)
        np.testing.assert_array_equal(found, value)
        agree(J, expected, COMPLEX_STEP)
    w, v = np.cos(np.arange(value.size)), np.sin(np.arange(1.0, N + 1.0))
    _, tangent = dt.jvp(f, x, v)
    _, pullback = dt.vjp(f, x)
    assert w @ tangent == pytest.approx(pullback(w) @ v, rel=1e-9, abs=1e-9 * max(1.0, np.abs(expected).max()))


@thorough
@given(programs, points)
def test_second_derivatives_of_random_programs(program, x):
    w = np.cos(np.arange(run(program, x).size))
    f = lambda x: np.dot(w, run(program, x))
    H = dt.hessian(f)(x)
    np.testing.assert_array_equal(H, H.T)
    agree(dt.hessian(f, mode="forward")(x), H, MODES_AGREE)
    agree(dt.jacobian(dt.grad(f))(x), H, MODES_AGREE)
    agree(dt.hvp(f, x, w[:N] if w.size >= N else x), H @ (w[:N] if w.size >= N else x), MODES_AGREE)
    step = 1e-4  # differences of fourth order
    slopes = []
    for e in np.eye(N):
        moved = {k: by_complex_step(program, x + k * step * e) for k in (-2, -1, 1, 2)}
        far, near = moved[2] - moved[-2], moved[1] - moved[-1]
        slopes.append(w @ (8.0 * near - far) / (12.0 * step))
    slopes = np.stack(slopes)
    assume(np.abs(slopes).max() < 1e4)  # else a sort or a branch changes between the two points, and f jumps
    agree(H, slopes, DIFFERENCES)
