"""Dual numbers made by hand: arithmetic against mpmath, array behaviour against NumPy itself, and what must not lose a
lane."""

import copy
import math
import operator
import pickle
import sys
import threading

import numpy as np
import pytest
from forward_expressions import EXPRESSIONS, exact
from numpy.testing import assert_array_equal

from dualtape.core.dual import Dual, HyperDual
from dualtape.errors import DtypeError, PerturbationError, ShapeError, TraceEscapeError

MPMATH = 1e-13  # relative, against 40 digits
POINTS = [(0.7, 1.9), (2.3, 0.4)]


@pytest.mark.parametrize("name", EXPRESSIONS)
@pytest.mark.parametrize("point", POINTS)
def test_gradient_agrees_with_mpmath(name, point):
    x, y = Dual(point[0], [1.0, 0.0]), Dual(point[1], [0.0, 1.0])
    v = EXPRESSIONS[name](np, x, y)
    value, gradient, _ = exact(name, *point)
    assert v.x == pytest.approx(value, rel=MPMATH)
    np.testing.assert_allclose(v.x1, gradient, rtol=MPMATH, atol=1e-14)


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_value_is_that_of_floats_and_arrays(name):
    x, y = np.linspace(0.3, 4.0, 23), np.linspace(3.0, 0.7, 23)
    v = EXPRESSIONS[name](np, Dual(x, np.ones(23)), Dual(y, np.ones(23)))
    assert v.x.tobytes() == EXPRESSIONS[name](np, x.copy(), y).tobytes()
    scalar = EXPRESSIONS[name](np, Dual(x[3], 1.0), Dual(y[3], 1.0))
    assert scalar.x == EXPRESSIONS[name](np, x[3], y[3])


@pytest.mark.parametrize("p", [1, 2, 3, 4, 5, 8, 11])
def test_lanes_are_independent(p, rng):
    seeds = rng.normal(size=(2, p))
    x, y = Dual(0.7, seeds[0]), Dual(1.9, seeds[1])
    for f in EXPRESSIONS.values():
        together = f(np, x, y).x1
        one_by_one = [f(np, Dual(0.7, seeds[0, k]), Dual(1.9, seeds[1, k])).x1 for k in range(p)]
        assert together.tolist() == one_by_one


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_arrays_agree_with_scalars(name, rng):
    x, y, x1, y1 = rng.uniform(0.5, 2.0, 7), rng.uniform(0.5, 2.0, 7), rng.normal(size=(7, 3)), rng.normal(size=(7, 3))
    v = EXPRESSIONS[name](np, Dual(x, x1), Dual(y, y1))
    for i in range(7):
        np.testing.assert_allclose(v[i].x1, EXPRESSIONS[name](np, Dual(x[i], x1[i]), Dual(y[i], y1[i])).x1, rtol=1e-14)


@pytest.mark.parametrize("name", ["add", "sub", "mul", "truediv", "mod", "floordiv"])
@pytest.mark.parametrize(
    "shapes", [((3, 1), (4,)), ((), (2, 3)), ((2, 3), ()), ((1,), (5,)), ((0,), ()), ((2, 3), (2, 3))]
)
def test_broadcasting_is_numpys(name, shapes, rng):
    op = getattr(operator, name)
    x, y = (rng.uniform(1.0, 2.0, shape) for shape in shapes)
    v = op(Dual(x, np.ones(x.shape)), Dual(y, np.ones(y.shape)))
    assert np.asarray(v.x).tobytes() == np.asarray(op(x, y)).tobytes() and v.shape == np.shape(op(x, y))
    plain = op(Dual(x, np.ones(x.shape)), y)
    assert plain.shape == v.shape and op(x, Dual(y, np.ones(y.shape))).shape == v.shape


def test_an_array_without_axes_computes_as_the_scalar_it_holds():
    x, same = HyperDual(3.0, 1.0, 1.0), HyperDual(np.array([3.0]), np.ones(1), np.ones(1)).reshape(())
    assert same.shape == ()
    pairs = [(same * x, x * x), (x * same, x * x), (same + 2.0, x + 2.0), (np.sin(same), np.sin(x)), (-same, -x)]
    assert [repr(computed) for computed, _ in pairs] == [repr(expected) for _, expected in pairs]


def test_shapes_that_do_not_broadcast_raise_numpys_error():
    with pytest.raises(ValueError, match=r"operands could not be broadcast together with shapes \(2,\) \(3,\)"):
        Dual(np.ones(2), np.ones(2)) + np.ones(3)


def test_comparisons_and_truth_follow_values():
    x, y = Dual(1.0, 5.0), Dual(2.0, -5.0)
    assert x < y and x <= 1.0 and 3 > y and x != y and x == 1 and not x > np.float64(1.0)
    a = Dual(np.array([1.0, 2.0]), np.zeros(2))
    assert (a > 1.5).tolist() == [False, True] and (a == a).all() and (1.5 > a).tolist() == [True, False]
    assert bool(x) and not Dual(0.0, 1.0) and x is not None and x != "x"
    with pytest.raises(ValueError, match="ambiguous"):
        bool(a)


def test_divmod_and_rounding_decisions():
    q, r = divmod(Dual(7.5, 1.0), 2.0)
    assert (q.x, q.x1, r.x, r.x1) == (3.0, 0.0, 1.5, 1.0)
    assert math.floor(Dual(2.5, 1.0)) == 2 and math.ceil(Dual(2.5, 1.0)) == 3 and round(Dual(2.6, 1.0)) == 3


def test_division_by_zero_is_that_of_numpy():
    v = 1.0 / Dual(np.float64(0.0), 1.0)
    assert v.x == np.inf and v.x1 == -np.inf
    with pytest.raises(ZeroDivisionError):
        1.0 / Dual(0.0, 1.0)


class TestStructuralZeros:
    """A zero seed says that a lane does not move the number; a computed zero says nothing of the kind."""

    def test_unconnected_lane_survives_infinite_derivative(self):
        v = np.sqrt(Dual(0.0, [1.0, 0.0]))
        assert v.x1.tolist() == [np.inf, 0.0]
        assert (v * 0.0).x1[1] == 0.0

    def test_computed_zero_times_infinity_stays_nan(self):
        x = Dual(0.0, 1.0)
        assert np.isnan((np.sqrt(x) * np.sqrt(x)).x1)
        assert np.isnan(np.sqrt(x * x).x1)

    @pytest.mark.parametrize("name", ["subtract", "negative", "add"])
    def test_linear_operations_keep_them(self, name):
        x = Dual(0.0, [1.0, 0.0])
        v = -x if name == "negative" else x - x * 2.0 if name == "subtract" else x + x
        assert np.sqrt(v * v if name != "add" else v).x1[1] == 0.0

    def test_negative_zero_value_is_no_structural_zero(self):
        v = Dual(1.0, 1.0) * -0.0
        assert np.isnan((v * np.inf).x1)


class TestArrays:
    def test_indexing_gives_numpys_shapes(self, rng):
        values = rng.normal(size=(4, 3, 2))
        x = Dual(values, rng.normal(size=(4, 3, 2, 5)))
        rows = values[:, 0, 0] > 0
        basic = [0, -1, (1, 2), (1, 2, 0), slice(1, 3), (..., 0), (slice(None), None, 1), ..., (0, ...)]
        fancy = [[2, 0], (slice(None), [0, 2], [1, 0]), ([0, 1], slice(None), [1, 0]), np.array([[0, 1], [2, 3]])]
        for key in [*basic, *fancy, values > 0, rows]:
            assert x[key].shape == np.shape(values[key]), key
            np.testing.assert_array_equal(x[key].x, values[key])
            index = (key + (slice(None),)) if isinstance(key, tuple) and ... in [k for k in key if k is ...] else key
            index = (..., slice(None)) if key is ... else index
            np.testing.assert_array_equal(x[key].x1, x.x1[index])

    def test_index_out_of_range_is_numpys_error(self):
        with pytest.raises(IndexError, match="index 5 is out of bounds"):
            Dual(np.ones(3), np.ones(3))[5]

    def test_views_share_memory(self):
        x = Dual(np.arange(4.0), np.arange(4.0))
        view = x[1:3]
        view[0] = Dual(7.0, 70.0)
        x[2] = 5.0
        assert x.x.tolist() == [0, 7, 5, 3] and x.x1.tolist() == [0, 70, 0, 3] and view.x1.tolist() == [70, 0]
        untouched = x.copy()
        x[...] = 0.0
        assert untouched.x.tolist() == [0, 7, 5, 3]

    def test_in_place_operators_write_through_views(self):
        x = Dual(np.arange(1.0, 5.0), np.ones(4))
        first, even = x, x[::2]
        even *= 10.0
        even **= 2
        assert first.x.tolist() == [100, 2, 900, 4] and first.x1.tolist() == [200, 1, 600, 1]
        x += x[::-1]
        assert first is x and x.x.tolist() == [104, 902, 902, 104]

    def test_scalars_have_the_indices_of_numpy_scalars(self):
        x = Dual(2.0, [1.0, 0.0])
        assert x[()] is x and x[...] is x and x[None].shape == (1,) and x[None].x1.tolist() == [[1.0, 0.0]]
        with pytest.raises(IndexError):
            x[0]
        with pytest.raises(TypeError):
            iter(x)

    def test_scalars_are_immutable(self):
        x = Dual(1.0, 1.0)
        y = x
        y += 1.0
        assert x.x == 1.0 and y.x == 2.0

    def test_broadcast_views_are_read_only(self):
        view = np.broadcast_to(Dual(np.arange(3.0), np.ones(3)), (2, 3))
        assert view.shape == (2, 3) and view[1].x.tolist() == [0, 1, 2]
        with pytest.raises(ValueError, match="read-only"):
            view[0, 0] = 5.0

    def test_in_place_shape_mismatch_raises(self):
        x = Dual(np.ones(2), np.ones(2))
        with pytest.raises(ValueError):
            x += np.ones((3, 2))

    def test_iteration_and_containment(self):
        x = Dual(np.array([1.0, 2.0]), np.eye(2))
        assert [number.x1.tolist() for number in x] == [[1, 0], [0, 1]] and 2.0 in x and 3.0 not in x and len(x) == 2

    def test_object_arrays_of_scalars_work(self):
        x = Dual(2.0, [1.0, 0.0])
        packed = np.array([x, x * x, 3.0])
        assert packed.dtype == object
        assert np.sum(packed).x1.tolist() == [5.0, 0.0] and np.exp(packed[:2])[0].x == np.exp(2.0)
        assert (x * packed).x1.tolist() == [[4, 0], [12, 0], [3, 0]]


class TestEscapes:
    SCALARS = {
        "float": float,
        "complex": complex,
        "math.sin": math.sin,
        "index": operator.index,
        "element of zeros": lambda x: np.zeros(3).__setitem__(0, x),
        "index of a list": lambda x: [1, 2, 3][x],
        "asarray": lambda x: np.asarray(x, dtype=float),
        "array of two": lambda x: np.array([x, x], dtype=float),
    }
    ARRAYS = {
        "asarray": lambda x: np.asarray(x, dtype=float),
        "slice of zeros": lambda x: np.zeros(2).__setitem__(..., x),
    }

    @pytest.mark.parametrize("name", SCALARS)
    def test_no_derivative_is_lost(self, name):
        with pytest.raises(TraceEscapeError, match="derivative"):
            self.SCALARS[name](Dual(1.0, 1.0))

    @pytest.mark.parametrize("name", ARRAYS)
    def test_arrays_do_not_lose_theirs(self, name):
        with pytest.raises(TraceEscapeError, match="derivative"):
            self.ARRAYS[name](Dual(np.ones(2), np.ones(2)))


class TestMeeting:
    def test_different_lanes_do_not_mix(self):
        with pytest.raises(PerturbationError, match="3 lanes met a Dual with 2 lanes"):
            Dual(1.0, np.ones(3)) * Dual(1.0, np.ones(2))

    @pytest.mark.parametrize("args", [(), (1.0,), (1.0, 2.0, 3.0)])
    def test_wrong_number_of_parts_tells_the_signature(self, args):
        with pytest.raises(TypeError, match=r"expected Dual\(x, x1\)"):
            Dual(*args)

    def test_parts_must_be_real(self):
        with pytest.raises(DtypeError, match="x1 has dtype complex128"):
            Dual(1.0, 1j)

    def test_parts_must_match(self):
        with pytest.raises(ShapeError, match=r"x1 has shape \(3,\), expected \(2,\)"):
            Dual(np.ones(2), np.ones(3))

    def test_strangers_are_refused_as_python_does(self):
        with pytest.raises(TypeError):
            Dual(1.0, 1.0) + "1"
        with pytest.raises(TypeError):
            None * Dual(1.0, 1.0)

    def test_unhashable(self):
        with pytest.raises(TypeError, match="unhashable"):
            {Dual(1.0, 1.0)}


NUMBERS = [Dual(1.5, 2.0), Dual(1.5, [1.0, 0.0]), Dual(np.ones((2, 3)), np.ones((2, 3, 4)))]


@pytest.mark.parametrize("x", NUMBERS, ids=["scalar", "lanes", "array"])
def test_pickle_copy_and_repr_round_trip(x):
    again = pickle.loads(pickle.dumps(x))
    for other in (again, copy.copy(x), copy.deepcopy(x), eval(repr(x), {"Dual": Dual, "array": np.array})):
        assert type(other) is type(x) and np.all(other == x) and np.array_equal(other.x1, x.x1)
    assert np.sqrt(pickle.loads(pickle.dumps(Dual(0.0, [1.0, 0.0])))).x1[1] == 0.0


def test_threads_work_apart():
    def work(results, k):
        x = Dual(1.0 + k, [1.0, float(k)])
        for _ in range(2000):
            x = x * 1.0 + np.sin(x) * 0.0
        results[k] = x.x1.tolist()

    results = {}
    threads = [threading.Thread(target=work, args=(results, k)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == {k: [1.0, float(k)] for k in range(4)}


def test_numbers_are_freed():
    x = Dual(1.0, np.ones(7))
    a = Dual(np.ones(50), np.ones((50, 7)))
    before = sys.getallocatedblocks()
    for _ in range(2000):
        x * x + 1.0
        a * a + a[0]
    assert sys.getallocatedblocks() - before < 50


@pytest.mark.parametrize("order", ["C", "F"])
def test_memory_order_of_the_parts_does_not_matter(order):
    x, x1 = np.arange(6.0).reshape(2, 3), np.arange(12.0).reshape(2, 3, 2)
    number = Dual(np.asarray(x, order=order), np.asarray(x1, order=order))
    assert_array_equal(number.T.x, x.T)
    assert_array_equal(number.T.x1, np.swapaxes(x1, 0, 1))
    zeros = number.engine.lift(np.asarray(np.zeros((2, 3)), order=order))
    zeros[...] = number
    assert_array_equal(zeros.T.x1, np.swapaxes(x1, 0, 1))


def test_array_without_axes_computes_as_a_scalar():
    x, cell = Dual(2.0, 1.0), np.reshape(Dual([3.0], [1.0]), ())
    for product in (x * cell, cell * x):
        assert (product.x, product.x1) == (6.0, 5.0)
    assert np.exp(cell).x == np.exp(3.0)
    assert (cell * cell).x1 == 6.0
