"""What breaks tools of this kind: masked branches at their ends, kinks, operands that are no numbers, aliasing, leaked
tracers, results that are no arrays. Oracles are closed forms and NumPy; every case runs in both modes."""

import numpy as np
import pytest

import dualtape as dt
from dualtape import errors

MODES = ("reverse", "forward")
CLOSED_FORM = 1e-13  # relative: a handful of roundings
X = np.array([1.0, 2.0, 3.0])
NAN, INF = np.nan, np.inf

both_modes = pytest.mark.parametrize("mode", MODES)


# ---- first and second order at kinks, masked branches and removable points ----


def det_hessian():
    """d2 (ad - bc)."""
    H = np.zeros((4, 4))
    H[0, 3] = H[3, 0] = 1.0
    H[1, 2] = H[2, 1] = -1.0
    return H.reshape(2, 2, 2, 2)


POINTS = {
    "masked sqrt": (lambda x: np.where(x > 0, np.sqrt(x), 0.0).sum(), [0.0, 4.0], [0, 0.25], np.diag([0, -1 / 32])),
    "masked x log x": (lambda x: np.where(x > 0, x * np.log(x), 0.0).sum(), [0.0, 1.0], [0, 1], np.diag([0, 1])),
    "masked quotient": (lambda x: np.where(x != 0, 1 / x, 0.0).sum(), [0.0, 1.0], [0, -1], np.diag([0, 2])),
    "masked norm": (lambda x: np.where(x[0] > 0, np.linalg.norm(x), 0.0), [0.0, 0.0], [0, 0], np.zeros((2, 2))),
    "select": (
        lambda x: np.select([x > 0, x < 0], [np.sqrt(x), np.log(-x)], 0.0).sum(),
        [0.0, 1.0, -1.0],
        [0, 0.5, -1],
        np.diag([0, -0.25, -1]),
    ),
    "maximum of sqrt": (
        lambda x: np.maximum(np.sqrt(x), 2.0).sum(),
        [0.0, 1.0, 9.0],
        [0, 0, 1 / 6],
        np.diag([0, 0, -1 / 108]),
    ),
    "an index leaves out": (lambda x: np.sqrt(x)[1], [0.0, 4.0], [0, 0.25], np.diag([0, -1 / 32])),
    "sqrt times sqrt": (lambda x: np.sum(np.sqrt(x) * np.sqrt(x)), [0.0], [NAN], [[NAN]]),
    "abs": (lambda x: np.abs(x).sum(), [0.0, -1.0, 1.0], [0, -1, 1], np.zeros((3, 3))),
    "relu": (lambda x: np.maximum(x, 0).sum(), [0.0, -1.0, 1.0], [0, 0, 1], np.zeros((3, 3))),
    "tie": (lambda x: np.maximum(x[0], x[1]), [1.0, 1.0], [0.5, 0.5], np.zeros((2, 2))),
    "norm at 0": (np.linalg.norm, [0.0, 0.0], [0, 0], np.full((2, 2), NAN)),
    "hypot at 0": (lambda x: np.hypot(x[0], x[1]), [0.0, 0.0], [0, 0], np.full((2, 2), NAN)),
    "std at 0": (np.std, [1.0, 1.0], [0, 0], np.full((2, 2), NAN)),
    "prod, one zero": (np.prod, [0.0, 2.0, 3.0], [6, 0, 0], [[0, 3, 2], [3, 0, 0], [2, 0, 0]]),
    "prod, two zeros": (np.prod, [0.0, 0.0, 3.0], [0, 0, 0], [[0, 3, 0], [3, 0, 0], [0, 0, 0]]),
    "det, rank 1": (np.linalg.det, [[1.0, 2.0], [2.0, 4.0]], [[4, -2], [-2, 1]], det_hessian()),
    "det, rank 0": (np.linalg.det, np.zeros((2, 2)), np.zeros((2, 2)), det_hessian()),
    "sinc": (lambda x: np.sinc(x).sum(), [0.0], [0], [[-(np.pi**2) / 3]]),
    "logaddexp": (lambda x: np.logaddexp(x[0], x[1]), [7e2, 7e2], [0.5, 0.5], [[0.25, -0.25], [-0.25, 0.25]]),
    "logaddexp of -inf": (lambda x: np.logaddexp(x[0], x[1]), [-INF, 0.0], [0, 1], np.zeros((2, 2))),
    "tanh": (lambda x: np.tanh(x).sum(), [700.0, -700.0], [0, 0], np.zeros((2, 2))),
    "log1p of exp": (lambda x: np.log1p(np.exp(x)).sum(), [-700.0], [np.exp(-700.0)], [[np.exp(-700.0)]]),
    "empty product": (lambda x: np.prod(x[:0]) + x[0], [2.0], [1], [[0]]),
}
for exponent, first, second in (
    (0, 0, 0), (1, 1, 0), (2, 0, 2), (3, 0, 0), (0.0, 0, 0), (1.0, 1, 0), (2.0, 0, 2), (0.5, INF, -INF), (2.5, 0, 0)
):  # fmt: skip
    POINTS[f"x**{exponent} at 0"] = (lambda x, p=exponent: np.sum(x**p), [0.0], [first], [[second]])
    POINTS[f"power(x, {exponent}) at 0"] = (lambda x, p=exponent: np.power(x[0], p), [0.0], [first], [[second]])
for exponent in (0, 1, 2, 3, -1, -2, 4.0):
    J, H = exponent * (-2.0) ** (exponent - 1), exponent * (exponent - 1) * (-2.0) ** (exponent - 2)
    POINTS[f"x**{exponent} at -2"] = (lambda x, p=exponent: np.sum(x**p), [-2.0], [J], [[H]])
    POINTS[f"x[0]**{exponent} at -2"] = (lambda x, p=exponent: x[0] ** p, [-2.0], [J], [[H]])


@both_modes
@pytest.mark.parametrize("name", POINTS)
def test_gradients_at_special_points(name, mode):
    f, x, expected, _ = POINTS[name]
    x = np.array(x)
    with np.errstate(all="ignore"):
        value, gradient = dt.value_and_grad(f, mode=mode)(x)
        np.testing.assert_array_equal(value, f(x))
    np.testing.assert_allclose(gradient, np.array(expected, dtype=float), rtol=CLOSED_FORM, atol=1e-300)


@both_modes
@pytest.mark.parametrize("name", POINTS)
def test_hessians_at_special_points(name, mode):
    f, x, _, expected = POINTS[name]
    with np.errstate(all="ignore"):
        H = dt.hessian(f, mode=mode)(np.array(x))
    np.testing.assert_allclose(H, np.array(expected, dtype=float), rtol=CLOSED_FORM, atol=1e-300)


# ---- operands that are no real numbers ----

REFUSED_OPERANDS = {
    "None": lambda x: x * None,
    "None on the left": lambda x: None * x,
    "None for a ufunc": lambda x: np.multiply(x, None),
    "None on the left of a ufunc": lambda x: np.multiply(None, x),
    "None for a scalar": lambda x: x[0] * None,
    "None as exponent": lambda x: x**None,
    "None in place": lambda x: _in_place(x, lambda y: y.__setitem__(0, None)),
    "str": lambda x: x + "a",
    "matrix": lambda x: x * np.matrix([1.0, 2.0, 3.0]),
    "matrix on the left": lambda x: np.matrix(np.eye(3)) @ x,
    "masked array": lambda x: x * np.ma.array(X, mask=[0, 1, 0]),
    "masked array in a function": lambda x: np.dot(x, np.ma.array(X, mask=[0, 1, 0])),
}


def _in_place(x, change):
    y = x.copy()
    change(y)
    return y


@both_modes
@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")
@pytest.mark.parametrize("name", REFUSED_OPERANDS)
def test_operands_that_are_no_numbers_are_refused(name, mode):
    with pytest.raises(TypeError):
        dt.jacobian(REFUSED_OPERANDS[name], mode=mode)(X)


@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")
@pytest.mark.parametrize("make", [np.matrix, np.ma.array])
def test_inputs_with_their_own_arithmetic_are_refused_by_name(make):
    with pytest.raises(errors.DtypeError, match=type(make(X)).__name__):
        dt.jacobian(lambda x: x * x)(make(X))


@pytest.mark.parametrize(
    "many",
    [
        lambda x: x[(None,) * 40],
        lambda x: x.reshape((1,) * 40 + (3,)),
        lambda x: np.expand_dims(x, tuple(range(40))),
        lambda x: np.ones((1,) * 40 + (3,)) * x,
    ],
)
def test_more_axes_than_a_recording_takes_are_refused(many):
    with pytest.raises(errors.UnsupportedOperation, match="41 axes"):
        dt.jacobian(lambda x: many(x) * 2.0, mode="reverse")(X)


# ---- writing ----

WRITES = {
    "alias": (lambda y, x: np.multiply(y, 2.0, out=y), np.diag([2, 2, 2])),
    "the last of duplicates wins": (lambda y, x: y.__setitem__([0, 0, 1], x), [[0, 1, 0], [0, 0, 1], [0, 0, 1]]),
    "duplicates add once": (lambda y, x: y[[0, 0]].__iadd__(1), np.eye(3)),
    "duplicates accumulate at": (lambda y, x: np.add.at(y, [0, 0, 1], x), [[2, 1, 0], [0, 1, 1], [0, 0, 1]]),
    "reversed onto itself": (lambda y, x: y.__setitem__(slice(None), y[::-1]), np.eye(3)[::-1]),
    "shifted onto itself": (lambda y, x: y.__setitem__(slice(1, None), y[:-1]), [[1, 0, 0], [1, 0, 0], [0, 1, 0]]),
    "power": (lambda y, x: y.__ipow__(2), np.diag([2, 4, 6])),
    "power by an array": (lambda y, x: y[:2].__ipow__(np.array([2.0, 3.0])), np.diag([2, 12, 1])),
    "where=": (lambda y, x: np.square(x, out=y, where=X > 1.5), np.diag([1, 4, 6])),
    "fill": (lambda y, x: y.fill(x[1]), [[0, 1, 0]] * 3),
    "through flat": (lambda y, x: y.flat.__setitem__(0, x[2]), [[0, 0, 1], [0, 1, 0], [0, 0, 1]]),
}


@both_modes
@pytest.mark.parametrize("name", WRITES)
def test_writes_follow_numpy(name, mode):
    write, expected = WRITES[name]

    def f(x):
        y = x.copy()
        write(y, x)
        return y

    value, J = dt.value_and_jacobian(f, mode=mode)(X)
    np.testing.assert_array_equal(value, f(X))
    np.testing.assert_array_equal(J, expected)


@both_modes
@pytest.mark.parametrize("operator", ["__iadd__", "__imul__", "__ipow__", "__itruediv__"])
def test_in_place_operators_do_not_broadcast_the_target(operator, mode):
    with pytest.raises(ValueError, match="broadcast"):
        dt.jacobian(lambda x: getattr(x.copy(), operator)(np.ones((2, 3))), mode=mode)(X)


@both_modes
def test_arrays_of_shape_none_are_written_in_place(mode):
    def f(x):
        y = np.zeros((), like=x)
        z = y
        y += x[1]
        y *= x[2]
        return z * 1.0

    value, J = dt.value_and_grad(f, mode=mode)(X)
    assert value == 6.0
    np.testing.assert_array_equal(J, [0, 3, 2])


@both_modes
def test_buffers_may_be_refilled_and_arguments_changed(mode):
    def f(x, n):
        buffer, total = np.zeros(n), 0.0
        for i in range(3):
            buffer[:] = i
            total = total + np.sum(x * buffer) + np.dot(buffer, x)
        return total

    for n in (3, 5000) if mode == "reverse" else (3,):
        np.testing.assert_array_equal(dt.grad(lambda x, n=n: f(x, n), mode=mode)(np.ones(n)), np.full(n, 6.0))


def test_nothing_changed_after_the_recording_changes_the_pullback():
    x, A, index = X.copy(), 2.0 * np.eye(3), np.array([0, 1])
    _, pullback = dt.vjp(lambda x: [x * x, A @ x + np.linalg.solve(A, x), x[index]], x)
    for array in (x, A, index):
        array[...] = 2
    np.testing.assert_array_equal(pullback([np.ones(3), np.ones(3), np.ones(2)]), 2.0 * X + 2.5 + [1, 1, 0])


# ---- levels ----


@pytest.mark.parametrize("inner", MODES)
@both_modes
@pytest.mark.parametrize(
    ("meet", "expected"),
    [
        (lambda y, x: y * x, np.ones(3)),
        (lambda y, x: x * y, np.ones(3)),
        (lambda y, x: x / y, np.full(3, -1 / 1.69)),
        (lambda y, x: y / x, -1 / X**2),
        (lambda y, x: x**y, X**0.3 * (1.0 + 1.3 * np.log(X))),
        (lambda y, x: y**x, 1.3 ** (X - 1) * (1.0 + X * np.log(1.3))),
        (lambda y, x: np.where(y < x, y * x, x), X > 1.3),
    ],
)
def test_an_inner_scalar_meets_an_outer_array(meet, expected, mode, inner):
    """d/dx d/dy sum(meet(y, x)) at y = 1.3."""
    g = dt.grad(lambda x: dt.grad(lambda y: np.sum(meet(y, x)), mode=inner)(1.3), mode=mode)(X)
    np.testing.assert_allclose(g, expected, rtol=CLOSED_FORM)


@pytest.mark.parametrize("inner", MODES)
@both_modes
@pytest.mark.parametrize("write", [lambda z, y: z.__imul__(y), lambda z, y: z.__setitem__(0, y)])
def test_an_inner_number_is_never_written_into_an_outer_array(write, mode, inner):
    def outer(x):
        z = x * 1.0

        def f(y):
            write(z, y)
            return np.sum(z)

        return dt.grad(f, mode=inner)(1.3)

    with pytest.raises(errors.PerturbationError):
        dt.grad(outer, mode=mode)(X)


# ---- results ----

RESULTS = {
    "the input": (lambda x: x, np.eye(3)),
    "the same twice": (lambda x: (lambda y: (y, y))(2.0 * x), (2 * np.eye(3), 2 * np.eye(3))),
    "a view": (lambda x: (x * x)[::-1][:2], [[0, 0, 6], [0, 4, 0]]),
    "a float": (lambda x: 3.0, np.zeros(3)),
    "an int": (lambda x: 3, np.zeros(3)),
    "integers": (lambda x: np.arange(2), np.zeros((2, 3))),
    "complex": (lambda x: x * np.array([1j, 2.0, 3.0]), np.diag([1j, 2.0, 3.0])),
    "a constant complex number": (lambda x: 1j, np.zeros(3)),
    "an item": (lambda x: 2.0 * x[1].item(), [0, 2, 0]),
    "items": (lambda x: x.tolist(), np.eye(3)),
    "a list": (lambda x: [x[0], 2.0 * x[1]], [np.array([1, 0, 0]), np.array([0, 2, 0])]),
    "an object array": (lambda x: np.array([x[0], 1, 2.0], dtype=object), [[1, 0, 0], [0, 0, 0], [0, 0, 0]]),
    "nothing": (lambda x: x[:0], np.zeros((0, 3))),
    "more than 16 outputs": (lambda x: np.outer(np.arange(40.0), x).sum(axis=1), np.outer(np.arange(40.0), np.ones(3))),
}


@both_modes
@pytest.mark.parametrize("name", RESULTS)
def test_results_of_every_kind(name, mode):
    f, expected = RESULTS[name]
    J = dt.jacobian(f, mode=mode)(X)
    for part, other in zip(J, expected, strict=True):
        np.testing.assert_array_equal(part, other)


@both_modes
@pytest.mark.parametrize("result", [None, "a", True, {1, 2}, NotImplemented], ids=str)
def test_results_without_derivative_are_refused_by_name(result, mode):
    with pytest.raises(errors.DtypeError, match="the result is"):
        dt.jacobian(lambda x: result, mode=mode)(X)


# ---- escapes and leaks ----

ESCAPES = {
    "fromiter": lambda x: np.fromiter(x, float),
    "float": lambda x: float(x[0]),
    "index": lambda x: [1, 2][x[0]],
    "asarray": lambda x: np.asarray(x, dtype=float),
    "an element of a plain array": lambda x: np.zeros(3).__setitem__(0, x[0]),
    "a plain array": lambda x: np.zeros(3).__setitem__(slice(None), x),
    "out=": lambda x: np.add(x, 1, out=np.zeros(3)),
    "copyto": lambda x: np.copyto(np.zeros(3), x),
    "tobytes": lambda x: x.tobytes(),
}


@both_modes
@pytest.mark.parametrize("name", ESCAPES)
def test_escapes_are_errors_without_the_clone(name, mode):
    with pytest.raises(errors.TraceEscapeError):
        dt.jacobian(ESCAPES[name], mode=mode, rewrite=False)(X)


@pytest.mark.parametrize(
    "kept", [lambda x: x[0], lambda x: x, lambda x: x[1:], lambda x: 2.0 * x, lambda x: x.copy()[::-1]]
)
@pytest.mark.parametrize(
    "use",
    [lambda k: k + 1.0, lambda k: 1.0 + k, np.sin, lambda k: k * k, lambda k: dt.grad(lambda y: np.sum(y * k))(2.0)],
)
def test_leaked_tracers_are_found(kept, use):
    leaked = []
    dt.grad(lambda x: (leaked.append(kept(x)), np.sum(x))[1])(X)
    with pytest.raises(errors.LeakedTracerError):
        use(leaked[0])


# ---- large arrays, which are evaluated late ----


def test_large_arrays_mix_with_small_ones_and_decisions():
    x = np.linspace(0.1, 1.0, 5000)

    def f(x):
        y = np.sin(x) * x
        s = y[:3].sum()
        y = y * s if np.all(y > 0.0) else y
        z = np.exp(-y) + x[0]
        return np.sum(z * y) + s

    step = 1e-200j
    _, pullback = dt.vjp(f, x)
    gradient = dt.grad(f)(x)
    np.testing.assert_allclose(gradient, pullback(1.0), rtol=CLOSED_FORM)
    for k in (0, 2, 3, 4999):
        moved = x.astype(complex)
        moved[k] += step
        y = np.sin(moved) * moved
        s = y[:3].sum()
        y = y * s
        slope = (np.sum((np.exp(-y) + moved[0]) * y) + s).imag / 1e-200
        np.testing.assert_allclose(gradient[k], slope, rtol=1e-11)


@both_modes
def test_second_order_through_array_operations_with_broadcast_operands(mode):
    """f(x) = sum (A x)_i^2 with A solved and multiplied over a broadcast stack: H = 2 k B'B."""
    A = np.array([[2.0, 1.0, 0.0], [0.0, 3.0, 1.0], [1.0, 0.0, 4.0]])
    B = np.linalg.inv(A)

    def f(x):
        stacked = np.broadcast_to(x, (4, 3))[:, :, None]
        return np.sum(np.linalg.solve(A, stacked) ** 2)

    np.testing.assert_allclose(dt.hessian(f, mode=mode)(X), 8.0 * B.T @ B, rtol=1e-12, atol=1e-14)
