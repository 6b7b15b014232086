"""No number loses its derivative without a word: what turns a traced number into a plain one keeps the derivative (the
clone of f sees to that where it can) or raises `TraceEscapeError`; a number that outlives its function raises
`LeakedTracerError`."""

import copy
import math
import pickle

import numpy as np
import pytest

import dualtape as dt
from dualtape.errors import DualtapeError, LeakedTracerError, TraceEscapeError

X = np.array([0.5, 1.5, 2.5])
MODES = ("forward", "reverse")
both_modes = pytest.mark.parametrize("mode", MODES)


def _filled(x):
    y = np.zeros(3)
    for k in range(3):
        y[k] = x[k] ** 2
    return y


def _in_list(x):
    y = np.zeros(3).tolist()
    y[1] = x[1] * 3.0
    return np.array(y)


def _written_through(x):
    A = np.zeros((2, 3))
    row = A[1]
    row[:] = x * x
    return A.sum(axis=0)


# what f does, and its true Jacobian
ESCAPES = {
    "item": (lambda x: x[0].item() ** 2, [1.0, 0, 0]),
    "item of an array": (lambda x: x.item(1) ** 2, [0, 3.0, 0]),
    "tolist": (lambda x: sum(y * y for y in x.tolist()), 2.0 * X),
    "list": (lambda x: sum(y * y for y in list(x)), 2.0 * X),
    "fromiter": (lambda x: np.fromiter((y * y for y in x), float), np.diag(2.0 * X)),
    "fromiter with a count": (lambda x: np.fromiter((y * y for y in x), np.float64, 3), np.diag(2.0 * X)),
    "float": (lambda x: float(x[0]) ** 2, [1.0, 0, 0]),
    "float of a sum": (lambda x: float(np.sum(x)) ** 2, np.full(3, 9.0)),
    "np.float64": (lambda x: np.float64(x[0]) ** 2, [1.0, 0, 0]),
    "np.double of an array": (lambda x: np.double(x) ** 2, np.diag(2.0 * X)),
    "complex": (lambda x: complex(x[0]).real ** 2, [1.0, 0, 0]),
    "asarray": (lambda x: np.asarray(x) ** 2, np.diag(2.0 * X)),
    "asarray of a type": (lambda x: np.asarray(x, dtype=float) ** 2, np.diag(2.0 * X)),
    "asfarray of a list": (lambda x: np.array([x[0], x[1]], dtype=float) ** 2, np.diag(2.0 * X)[:2]),
    "array of a list": (lambda x: np.array([x[0], 2.0 * x[1]]), [[1, 0, 0], [0, 2, 0]]),
    "array of lists": (lambda x: np.array([[x[0], 1.0], [x[1], x[2]]]).sum(axis=0), [[1, 1, 0], [0, 0, 1]]),
    "ascontiguousarray": (lambda x: np.ascontiguousarray(x) * 2.0, 2.0 * np.eye(3)),
    "astype": (lambda x: x.astype(np.float64) * 2.0, 2.0 * np.eye(3)),
    "filled buffer": (_filled, np.diag(2.0 * X)),
    "filled list": (_in_list, np.diag([0, 3.0, 0])),
    "written through a view": (_written_through, np.diag(2.0 * X)),
    "out=": (lambda x: np.multiply(x, x, out=np.zeros(3)), np.diag(2.0 * X)),
    "math.sin": (lambda x: math.sin(x[0]), [math.cos(0.5), 0, 0]),
    "math.fsum": (lambda x: math.fsum(x), np.ones(3)),
    "math.hypot": (lambda x: math.hypot(x[0], x[1]), [0.5 / math.hypot(0.5, 1.5), 1.5 / math.hypot(0.5, 1.5), 0]),
    "sum": (lambda x: sum(x), np.ones(3)),
    "format": (lambda x: float(f"{x[0]}") * 0.0 + x[1], [0, 1, 0]),
    "string": (lambda x: float(str(x[0])) ** 2, None),
    "repr": (lambda x: float(repr(x[0])) ** 2, None),
    "tobytes": (lambda x: np.frombuffer(x.tobytes()) ** 2, None),
    "memoryview": (lambda x: np.array(memoryview(x)) ** 2, None),
    "pickle": (lambda x: pickle.loads(pickle.dumps(x)) ** 2, np.diag(2.0 * X)),
    "hash": (lambda x: {x[0]: 1.0}[x[0]] * x[0], None),
    "copy": (lambda x: copy.copy(x) ** 2, np.diag(2.0 * X)),
    "deepcopy": (lambda x: copy.deepcopy(x) ** 2, np.diag(2.0 * X)),
    "range": (lambda x: sum(range(x[0])) + x[1], None),
    "a power of ten": (lambda x: 10.0 ** x[0], [10**0.5 * math.log(10.0), 0, 0]),
    "divmod": (lambda x: divmod(x[2], 1.0)[1], [0, 0, 1]),
    "round": (lambda x: round(x[2], 0) + x[0], [1, 0, 0]),
    "abs": (lambda x: abs(x[0]), [1, 0, 0]),
    "dot of a list": (lambda x: np.dot([x[0], x[1]], [2.0, 3.0]), [2, 3, 0]),
    "vectorize": (lambda x: np.vectorize(lambda t: t * t)(x), np.diag(2.0 * X)),
}


@both_modes
@pytest.mark.parametrize("name", sorted(ESCAPES))
@pytest.mark.parametrize("options", [{}, {"rewrite": False}], ids=["rewritten", "as it is"])
def test_the_derivative_is_exact_or_there_is_an_error(name, mode, options):
    f, expected = ESCAPES[name]
    if options and "rewrite" not in dt.jacobian.__kwdefaults__:
        pytest.skip("there is no clone yet")
    try:
        J = dt.jacobian(f, mode=mode, **options)(X)
    except (DualtapeError, TypeError) as error:
        is_named = isinstance(error, DualtapeError) or "unhashable" in str(error) or "a bytes-like object" in str(error)
        assert is_named, error
        return
    assert expected is not None, f"{name} gave {J}"
    np.testing.assert_allclose(J, expected, rtol=1e-13)


@both_modes
@pytest.mark.parametrize("escape", [float, lambda x: x.item(), lambda x: np.asarray([x], dtype=float)])
def test_an_escape_names_the_line_and_a_remedy(escape, mode):
    def f(x):
        return x[0] * memo[-1](x[1])

    memo = [type("Opaque", (), {"__call__": staticmethod(escape)})()]
    try:
        J = dt.jacobian(f, mode=mode)(X)
    except TraceEscapeError as error:
        assert __file__ in error.where
        assert error.remedy
    else:
        np.testing.assert_allclose(J.reshape(-1), [1.5, 0.5, 0.0])


# ---- numbers that outlive their function ----


def _leaked(mode, keep):
    kept = []
    dt.jacobian(lambda x: (kept.append(keep(x)), x * 2.0)[1], mode=mode)(X)
    return kept[0]


USES = {
    "add": lambda k: k + 1.0,
    "add to": lambda k: 1.0 + k,
    "multiply": lambda k: k * k,
    "negate": lambda k: -k,
    "ufunc": np.sin,
    "two operands": lambda k: np.arctan2(k, 2.0),
    "in another derivative": lambda k: dt.grad(lambda y: np.sum(y * k))(2.0),
    "in another forward derivative": lambda k: dt.jacobian(lambda y: np.sum(y * k), mode="forward")(2.0),
}
ARRAY_USES = {
    "sum": np.sum,
    "matmul": lambda k: k @ k,
    "norm": np.linalg.norm,
    "concatenate": lambda k: np.concatenate([k, k]),
    "outer": lambda k: np.outer(k, k),
}


@both_modes
@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize(
    "keep",
    [lambda x: x[0], lambda x: x, lambda x: x[1:], lambda x: 2.0 * x],
    ids=["element", "input", "view", "result"],
)
def test_a_leaked_number_is_found(keep, use, mode):
    leaked = _leaked(mode, keep)
    with pytest.raises(LeakedTracerError, match="after"):
        USES[use](leaked)


@both_modes
@pytest.mark.parametrize("use", ARRAY_USES)
def test_a_leaked_array_is_found(use, mode):
    leaked = _leaked(mode, lambda x: x * 1.0)
    with pytest.raises(LeakedTracerError):
        ARRAY_USES[use](leaked)


@both_modes
def test_a_number_leaked_from_an_earlier_call_is_found_in_the_next(mode):
    kept = []

    def f(x):
        kept.append(x)
        return np.sum(kept[0] * x)

    derivative = dt.jacobian(f, mode=mode)
    np.testing.assert_array_equal(derivative(X), 2.0 * X)
    with pytest.raises(LeakedTracerError):
        derivative(X)


def test_numbers_made_by_hand_belong_to_nobody():
    x = dt.Dual(2.0, 1.0)
    dt.jacobian(lambda t: t * 2.0, mode="forward")(1.0)
    assert (x * x).x1 == 4.0
