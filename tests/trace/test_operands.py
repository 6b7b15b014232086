"""Operands of which NumPy makes an array: lists, tuples and object arrays of real, complex and traced numbers, beside
traced scalars and arrays. Their derivatives are those of the array spelled out."""

import operator

import numpy as np
import pytest

import dualtape
from dualtape.core.buffer import buffered
from dualtape.errors import DtypeError
from dualtape.ops import array_ops

X = np.array([1.5, 2.5])
MODES = pytest.mark.parametrize("mode", ["forward", "reverse"])
REWRITE = pytest.mark.parametrize("rewrite", [True, False], ids=["clone", "as it is"])
OPERATORS = ("add", "sub", "mul", "truediv", "pow")
ITEMS = {  # what stands beside the traced number, and the array that it is
    "real list": lambda x: [2.0, 3.0],
    "whole tuple": lambda x: (2, 3),
    "complex list": lambda x: [1.0 + 2.0j, 3],
    "complex tuple": lambda x: (1.0 + 2.0j, 0.5),
    "list of traced": lambda x: [x[1], 2.0],
    "list of traced and complex": lambda x: [x[1], 1.0 + 2.0j],
    "list of traced complex": lambda x: [x[1] * (1.0 + 2.0j), x[0]],
    "object array": lambda x: np.array([x[1], 2.0], dtype=object),
    "complex object array": lambda x: np.array([x[1] * (1.0 + 2.0j), 0.5], dtype=object),
}
NUMBERS = {"array": lambda x: x, "scalar": lambda x: x[0]}


def _parts(z):
    return np.concatenate([np.real(z), np.imag(z)])


def _spelled_out(items):
    """The array of two numbers, real or complex."""
    return np.stack([items[0] + 0.0j, items[1] + 0.0j])


@MODES
@REWRITE
@pytest.mark.parametrize("number", NUMBERS.values(), ids=NUMBERS)
@pytest.mark.parametrize("items", ITEMS.values(), ids=ITEMS)
@pytest.mark.parametrize("name", OPERATORS)
def test_operators_take_lists_and_object_arrays(name, items, number, rewrite, mode):
    op = getattr(operator, name)
    pairs = {
        lambda x: _parts(op(number(x), items(x))): lambda x: _parts(op(number(x) + 0.0j, _spelled_out(items(x)))),
        lambda x: _parts(op(items(x), number(x))): lambda x: _parts(op(_spelled_out(items(x)), number(x) + 0.0j)),
    }
    for f, spelled_out in pairs.items():
        value, J = dualtape.value_and_jacobian(f, mode=mode, rewrite=rewrite)(X)
        expected_value, expected = dualtape.value_and_jacobian(spelled_out, mode=mode)(X)
        np.testing.assert_allclose(value, expected_value, rtol=1e-14, atol=1e-14)
        np.testing.assert_allclose(J, expected, rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize("number", NUMBERS.values(), ids=NUMBERS)
@pytest.mark.parametrize("items", ITEMS.values(), ids=ITEMS)
def test_programs_of_them_replay(items, number):
    def f(x):
        return np.abs(items(x) * number(x) + items(x)) ** 2

    P = dualtape.record(f, X)
    np.testing.assert_allclose(P.jacobian(X + 0.25), dualtape.jacobian(f)(X + 0.25), rtol=1e-14, atol=1e-14)
    np.testing.assert_allclose(P.hessian(X), dualtape.hessian(f)(X), rtol=1e-13, atol=1e-13)


@MODES
@pytest.mark.parametrize("function", [np.multiply, np.add, np.subtract, np.divide, np.matmul, np.dot])
def test_functions_take_complex_lists(function, mode):
    z = [1.0j, 2.0]
    pairs = {
        lambda x: abs(function(z, x)): lambda x: abs(function(np.array(z), x)),
        lambda x: abs(function(x, z)): lambda x: abs(function(x, np.array(z))),
    }
    for f, of_array in pairs.items():
        np.testing.assert_allclose(
            dualtape.jacobian(f, mode=mode)(X), dualtape.jacobian(of_array, mode=mode)(X), rtol=1e-14
        )


TABLE = np.array([2.0, 3.0])
PARTS_OF_PRODUCTS = {
    "real of list": (lambda x: (TABLE * [x[0] * 1.0j, x[1]]).real, [[0.0, 0.0], [0.0, 3.0]]),
    "imag of list": (lambda x: ([x[0] * 1.0j, x[1]] * TABLE).imag, [[2.0, 0.0], [0.0, 0.0]]),
    "np.imag of array": (lambda x: np.imag(TABLE * np.array([x[0] * 1.0j, x[1]])), [[2.0, 0.0], [0.0, 0.0]]),
    "sum of imag": (lambda x: (TABLE + [x[0] * 1.0j, x[1]]).imag.sum(), [1.0, 0.0]),
}


@MODES
@pytest.mark.parametrize(("f", "expected"), PARTS_OF_PRODUCTS.values(), ids=PARTS_OF_PRODUCTS)
def test_parts_of_a_plain_array_times_complex_numbers(f, expected, mode):
    """NumPy makes an object array of them, whose `imag` is zero: the clone does not."""
    np.testing.assert_array_equal(dualtape.jacobian(f, mode=mode)(X), expected)
    np.testing.assert_array_equal(dualtape.record(f, X).jacobian(X + 1.0), expected)


@MODES
@pytest.mark.parametrize("kind", ["list", "tuple", "object array", "buffer"])
def test_array_operations_of_the_engines_take_them(kind, mode):
    def f(x):
        entries = buffered(np.zeros(2)) if kind == "buffer" else np.empty(2, dtype=object)
        entries[0], entries[1] = x[1], x[0] * 2.0
        operand = {"list": list, "tuple": tuple}.get(kind, lambda x: x)(entries)
        return x.engine.array_op(array_ops.MATMUL, [np.array([[1.0, 2.0], [3.0, 4.0]]), operand], {})

    np.testing.assert_array_equal(dualtape.jacobian(f, mode=mode, rewrite=False)(X), [[4.0, 1.0], [8.0, 3.0]])


@MODES
def test_what_nditer_writes_stays_in_an_object_array(mode):
    def f(x):
        y = TABLE * [x[0], x[1]]
        for element in np.nditer(y, flags=["refs_ok"], op_flags=["readwrite"]):
            element[...] = element * element
        return y

    np.testing.assert_array_equal(dualtape.jacobian(f, mode=mode)(X), np.diag(2.0 * TABLE**2 * X))


@MODES
@REWRITE
@pytest.mark.parametrize("function", [np.atleast_1d, np.atleast_2d, np.atleast_3d, np.ravel, np.flip, np.transpose])
def test_functions_of_one_array_take_complex_scalars_in_lists(function, rewrite, mode):
    def f(x):
        z, w = x[0] * 1.0j, x[1] * (2.0 + 1.0j)
        return np.stack([np.abs(function(items)) for items in ([z, w], (z, 2.0), [x[1], z], (w, 1.0j))])

    def spelled_out(x):
        z, w = x[0] * 1.0j, x[1] * (2.0 + 1.0j)
        arrays = [np.stack(items) for items in ([z, w], [z, 2.0], [x[1], z], [w, 1.0j])]
        return np.stack([np.abs(function(array)) for array in arrays])

    expected = dualtape.jacobian(spelled_out, mode=mode)(X)
    np.testing.assert_array_equal(dualtape.jacobian(f, mode=mode, rewrite=rewrite)(X), expected)


@MODES
def test_atleast_takes_several_operands(mode):
    def f(x):
        first, second = np.atleast_1d([x[0] * 1.0j, x[1]], x[1] * 2.0)
        return np.abs(first) + second

    np.testing.assert_array_equal(dualtape.jacobian(f, mode=mode)(X), [[1.0, 2.0], [0.0, 3.0]])


@MODES
def test_lists_of_anything_else_are_refused_by_name(mode):
    for items in (["1", 2.0], [None, 1.0], [{}, 1.0]):
        with pytest.raises((DtypeError, TypeError)):
            dualtape.jacobian(lambda x, items=items: x * items, mode=mode)(X)
