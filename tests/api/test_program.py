"""Programs: replayed values and derivatives against f and the one-shot drivers, structures, `out`, threads, nesting."""

import threading
from dataclasses import dataclass

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import dualtape
from dualtape.errors import DtypeError, OptionError, PerturbationError, ShapeError, StructureError

X = np.array([0.7, -1.2, 2.1])
POINTS = [X, np.array([1.5, 0.3, -0.4]), np.array([-2.0, 0.0, 1e-3]), np.array([np.inf, 1.0, np.nan])]


def bowl(x, depth=1.0):
    return depth * np.sum(x**3)


def waves(x):
    y = np.sin(x) * x[0] + np.exp(-x * x)
    return np.stack([y, y[::-1] / (1.0 + x**2)])


def written(x):
    A = np.zeros_like(x, shape=(3, 3))
    A[0] = x
    A[1, ::-1] = np.cumsum(x)
    A[2] = A[0] * A[1]
    A += np.eye(3)
    row = A[1]
    row *= 2.0
    return np.linalg.solve(A + 4.0 * np.eye(3), x) @ A


def scalars(x):
    a, b, c = x
    for _ in range(5):
        a, b, c = a * b - c, b / (1.0 + c * c), np.sin(a) + c
    return a * b * c


FUNCTIONS = {"bowl": bowl, "waves": waves, "written": written, "scalars": scalars}


@pytest.fixture(params=FUNCTIONS, scope="module")
def f(request):
    return FUNCTIONS[request.param]


@pytest.fixture(scope="module")
def P(f):
    return dualtape.record(f, X)


@pytest.mark.parametrize("x", POINTS, ids=range(len(POINTS)))
class TestReplay:
    @pytest.fixture(autouse=True)
    def quiet(self):
        with np.errstate(all="ignore"):
            yield

    def test_value_is_that_of_f_bit_for_bit(self, f, P, x):
        assert_array_equal(P(x), f(x))

    def test_jacobian(self, f, P, x):
        for mode in ("forward", "reverse", "auto"):
            expected = dualtape.jacobian(f)(x)
            assert_allclose(P.jacobian(x, mode=mode), expected, rtol=1e-12, atol=1e-14)

    def test_hessian(self, f, P, x):
        assert_allclose(P.hessian(x), dualtape.hessian(f)(x), rtol=1e-11, atol=1e-13)

    def test_products(self, f, P, x):
        v, w = np.array([0.3, -1.0, 2.0]), np.random.default_rng(0).normal(size=np.shape(f(X)))
        value, tangent = dualtape.jvp(f, x, v)
        assert_allclose(P.jvp(x, v), tangent, rtol=1e-12, atol=1e-14)
        assert_allclose(P.vjp(x, w), dualtape.vjp(f, x)[1](w), rtol=1e-12, atol=1e-14)
        expected = dualtape.weighted_hessian(f, x, w)
        assert_allclose(P.weighted_hessian(x, w), expected, rtol=1e-11, atol=1e-13)
        if np.ndim(value) == 0:
            assert_allclose(P.hvp(x, v), dualtape.hvp(f, x, v), rtol=1e-11, atol=1e-13)
            assert_allclose(P.grad(x), dualtape.grad(f)(x), rtol=1e-12, atol=1e-14)


def test_several_vectors_at_once():
    P = dualtape.record(waves, X)
    V, W = np.random.default_rng(1).normal(size=(4, 3)), np.random.default_rng(2).normal(size=(5, 2, 3))
    assert_allclose(P.jvp(X, V), np.stack([P.jvp(X, v) for v in V]), rtol=1e-14)
    assert_allclose(P.vjp(X, W), np.stack([P.vjp(X, w) for w in W]), rtol=1e-14)


def test_several_arguments_and_containers():
    @dataclass
    class State:
        position: np.ndarray
        mass: float

    def energy(state, field):
        return {"kinetic": state.mass * np.sum(state.position**2), "work": field["E"] * state.position}

    def at(scale):
        return State(X * scale, 2.0 * scale), {"E": scale + 0.5}

    P = dualtape.record(energy, *at(1.0))
    found, expected = P(*at(3.0)), energy(*at(3.0))
    assert found["kinetic"] == expected["kinetic"]
    assert_array_equal(found["work"], expected["work"])
    J, J_expected = P.jacobian(*at(3.0)), dualtape.jacobian(energy, (0, 1))(*at(3.0))
    assert_allclose(J["work"][0].position, J_expected["work"][0].position)
    assert_allclose(J["kinetic"][0].mass, J_expected["kinetic"][0].mass)
    assert_allclose(P.vjp(at(3.0), {"kinetic": 1.0, "work": X})[1]["E"], X @ (3.0 * X))


def test_floats_in_floats_out():
    P = dualtape.record(lambda a, b: a**2 * b, 2.0, 3.0)
    assert P(3.0, 4.0) == 36.0
    assert isinstance(P(3.0, 4.0), float)
    assert P.grad(3.0, 4.0) == (24.0, 9.0)
    assert P.value_and_grad(3.0, 4.0) == (36.0, (24.0, 9.0))
    assert P.hessian(3.0, 4.0) == ((8.0, 6.0), (6.0, 0.0))


def test_types_of_results_follow_the_point():
    P = dualtape.record(bowl, X)
    assert P.grad(X.astype(np.float32)).dtype == np.float32
    assert P.grad([1, 2, 3]).dtype == np.float64
    assert_array_equal(P.grad([1, 2, 3]), [3.0, 12.0, 27.0])
    assert_array_equal(P.grad(X[::-1]), dualtape.grad(bowl)(X[::-1]))
    with pytest.raises(DtypeError, match="complex"):
        P(X + 1j)


def test_keyword_arguments_are_kept():
    P = dualtape.record(bowl, X, depth=3.0)
    assert P(X) == bowl(X, 3.0)


class TestOut:
    def test_is_written_and_returned(self):
        P, Q = dualtape.record(waves, X), dualtape.record(bowl, X)
        for call, shape in [
            (lambda out: P(X, out=out), (2, 3)),
            (lambda out: P.jacobian(X, out=out), (2, 3, 3)),
            (lambda out: P.hessian(X, out=out), (2, 3, 3, 3)),
            (lambda out: P.jvp(X, X, out=out), (2, 3)),
            (lambda out: P.vjp(X, np.ones((2, 3)), out=out), (3,)),
            (lambda out: P.weighted_hessian(X, np.ones((2, 3)), out=out), (3, 3)),
            (lambda out: Q.grad(X, out=out), (3,)),
            (lambda out: Q.jacobian(X, out=out), (3,)),
            (lambda out: Q.hessian(X, out=out), (3, 3)),
            (lambda out: Q.hvp(X, X, out=out), (3,)),
            (lambda out: Q(X, out=out), ()),
        ]:
            out = np.full(shape, np.nan)
            assert call(out) is out
            assert_array_equal(out, call(None))
        out = np.empty(3)
        assert Q.value_and_grad(X, out=out)[1] is out

    def test_of_any_layout(self):
        Q = dualtape.record(bowl, X)
        out = np.zeros(6)[::2]
        assert Q.grad(X, out=out) is out
        assert_array_equal(out, Q.grad(X))

    def test_container(self):
        P = dualtape.record(lambda a, b: a * b, 2.0, X)
        out = (np.empty(3), np.empty((3, 3)))
        assert P.jacobian(3.0, X, out=out) is out
        assert_array_equal(out[0], X)

    def test_that_does_not_fit_is_refused_and_left_alone(self):
        Q = dualtape.record(bowl, X)
        with pytest.raises(ShapeError, match=r"out has shape \(4,\), the result has \(3,\)"):
            Q.grad(X, out=np.zeros(4))
        with pytest.raises(DtypeError, match="float32"):
            Q.grad(X, out=np.zeros(3, np.float32))
        with pytest.raises(DtypeError, match="list"):
            Q.grad(X, out=[0.0] * 3)
        frozen = np.zeros(3)
        frozen.flags.writeable = False
        with pytest.raises(DtypeError, match="read-only"):
            Q.grad(X, out=frozen)
        with pytest.raises(DtypeError, match="tuple"):
            Q.grad(X, out=(np.zeros(3),))

    def test_may_be_the_point_or_share_memory_with_it(self):
        Q, x = dualtape.record(bowl, X), X.copy()
        assert_array_equal(Q.grad(x, out=x), 3.0 * X**2)
        memory = np.append(X, 0.0)
        assert_array_equal(Q.grad(memory[:3], out=memory[1:]), 3.0 * X**2)


class TestPoints:
    def test_of_another_shape_are_refused(self):
        P = dualtape.record(bowl, X)
        with pytest.raises(ShapeError, match=r"argument 0 has shape \(4,\), but bowl was recorded for \(3,\)"):
            P(np.zeros(4))
        with pytest.raises(ShapeError, match="1 arguments, this call has 2"):
            P(X, X)
        with pytest.raises(DtypeError, match="dict"):
            P({"x": X})
        with pytest.raises(StructureError):
            dualtape.record(lambda x: x["a"] + x["b"], {"a": X, "b": 1.0})({"a": X})

    def test_are_not_kept(self):
        x = X.copy()
        P = dualtape.record(bowl, x)
        x[:] = 100.0
        assert P(X) == bowl(X)
        expected = P.grad(x)
        x[:] = 0.0
        assert_array_equal(expected, np.full(3, 3e4))


def test_options_are_checked():
    for options in ({"on_guard": "ignore"}, {"constants": "hash"}, {"max_paths": 0}):
        with pytest.raises(OptionError, match="expected"):
            dualtape.record(bowl, X, **options)
    with pytest.raises(OptionError, match="example"):
        dualtape.record(bowl)
    with pytest.raises(OptionError):
        dualtape.record(X, X)


def test_scalar_methods_refuse_arrays():
    P = dualtape.record(waves, X)
    for call in (P.grad, P.value_and_grad, lambda x: P.hvp(x, x)):
        with pytest.raises(ShapeError, match="one scalar result"):
            call(X)
    with pytest.raises(ShapeError, match="leading axis"):
        P.weighted_hessian(X, np.ones((2, 2, 3)))


def test_f_is_called_once():
    calls = []

    def f(x):
        calls.append(1)
        return np.sum(x * x)

    P = dualtape.record(f, X)
    P(X), P.grad(2.0 * X), P.jacobian(X), P.hessian(X), P.jvp(X, X), P.vjp(X, 1.0), P.hvp(X, X)
    assert len(calls) == 1


def test_many_threads_replay_one_program():
    def f(x):
        return np.sum(np.linalg.solve(np.outer(x, x) + np.eye(30), np.sin(x)))

    P = dualtape.record(f, np.linspace(0.0, 1.0, 30))
    points = np.random.default_rng(3).normal(size=(40, 30))
    expected, found = [P.grad(x) for x in points], {}

    def work(start):
        for i in range(start, 40, 8):
            found[i] = P.grad(points[i])

    threads = [threading.Thread(target=work, args=(k,)) for k in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for i, g in enumerate(expected):
        assert_array_equal(found[i], g)


class TestNesting:
    def test_a_program_inside_a_derivative(self):
        P = dualtape.record(lambda x: np.sum(np.sin(x) * x**2), X)

        def plain(x):
            return np.sum(np.sin(x) * x**2)

        assert_allclose(dualtape.grad(lambda x: P(x) ** 2)(X), dualtape.grad(lambda x: plain(x) ** 2)(X))
        H = dualtape.jacobian(lambda x: P.grad(x))(X)
        assert_allclose(H, dualtape.hessian(plain)(X))
        expected = dualtape.grad(lambda x: dualtape.jvp(plain, x, x)[1])(X)
        assert_allclose(dualtape.jacobian(lambda x: P.jvp(x, x))(X), expected)
        assert_allclose(dualtape.grad(lambda s: np.sum(P.vjp(X, s)))(2.0), np.sum(P.grad(X)))

    def test_derivatives_inside_a_program(self):
        def laplacian(x):
            return np.trace(dualtape.hessian(lambda y: np.sum(np.exp(y) * y[0]))(x))

        P = dualtape.record(laplacian, X)
        for x in POINTS[:3]:
            assert_allclose(P(x), laplacian(x), rtol=1e-14)
            assert_allclose(P.grad(x), dualtape.grad(laplacian)(x), rtol=1e-12)

    def test_a_recording_that_depends_on_the_derivative_around_it_is_refused(self):
        with pytest.raises(PerturbationError, match="as an argument"):
            dualtape.grad(lambda s: dualtape.record(lambda x: s * x, 1.0)(2.0))(3.0)

    def test_a_program_inside_a_program(self):
        P = dualtape.record(lambda x: np.sum(x**3), X)
        Q = dualtape.record(lambda x: P(x) * np.sum(P.grad(x)), X)
        x = POINTS[1]
        assert_allclose(Q(x), np.sum(x**3) * np.sum(3 * x**2), rtol=1e-14)


def test_repr_shows_shapes_operations_bytes_and_direction():
    text = repr(dualtape.record(waves, X))
    assert text.startswith("Program(waves: (3,) -> (2, 3), ")
    assert "operations" in text
    assert "jacobian forward" in text
    assert "jacobian reverse" in repr(dualtape.record(bowl, X))


def test_a_decision_taken_several_times_is_one_of_a_path():
    """Sealing drops repeated guards: the paths must be told apart by those that are left."""
    calls = []

    def f(x):
        calls.append(None)
        s = 0.0
        for _ in range(3):
            s = s + x[0] if x[0] > 0 else s
        return s * x[1] if x[1] > 0 else s - x[1]

    P = dualtape.record(f, np.ones(2))
    for _ in range(5):
        assert P(np.array([1.0, -1.0])) == 4.0
        assert P(np.array([1.0, 1.0])) == 3.0
        assert P(np.array([-1.0, 1.0])) == 0.0
    assert len(calls) == 3


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.sum(np.pad(x, (1, 0)) ** 2 * np.arange(7.0)),
        lambda x: np.sum(np.sin(np.pad(x, (1, 0)))),
        lambda x: np.sum(np.pad(x, (0, 1)) ** 2),
        lambda x: np.sum(np.concatenate([x, [2.0, 3.0]]) ** 2 * np.arange(8.0)),
        lambda x: np.sum(np.concatenate([[0.0], x, [2.0]]) ** 2 * np.arange(8.0)),
        lambda x: np.sum(np.concatenate([x, [2.0]])[::-1] ** 2 * np.arange(7.0)),
    ],
)
def test_an_operand_reaches_beyond_the_inputs(f):
    """Sealed to one range of slots with the inputs in it, it must not be taken for the caller's own array."""
    x = np.linspace(1.0, 2.0, 6)
    P = dualtape.record(f, x)
    value, g = P.value_and_grad(x)
    assert value == f(x)
    assert_allclose(g, dualtape.grad(f)(x), rtol=1e-14)
