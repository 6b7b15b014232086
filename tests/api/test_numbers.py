"""Numbers: what is promoted, what is refused by name, and what results are."""

import datetime
import decimal

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import dualtape
from dualtape.errors import DtypeError

REFUSED = {
    "bool": True,
    "numpy bool": np.True_,
    "bool array": np.array([True, False]),
    "str": "1.0",
    "str array": np.array(["a"]),
    "bytes": b"1",
    "complex": 1j,
    "complex array": np.array([1j]),
    "object array": np.array([1.0, None]),
    "float objects": np.array([1.0, 2.0], dtype=object),
    "dates": np.array(["2020-01-01"], dtype="M8[D]"),
    "record array": np.zeros(2, dtype=[("a", float)]),
    "masked array": np.ma.masked_array([1.0, 2.0], [True, False]),
    "matrix": np.ones((1, 1)).view(np.matrix),
    "decimal": decimal.Decimal("1.5"),
    "date": datetime.date(2020, 1, 1),
    "set": {1.0},
    "none": None,
}
if np.finfo(np.longdouble).bits > 64:
    REFUSED["long double"] = np.longdouble(1.0)


@pytest.mark.parametrize("name", REFUSED)
def test_input_that_is_no_real_number_is_refused_by_name(name):
    x = REFUSED[name]
    if x is None:
        assert dualtape.jacobian(lambda x: 1.0)(x) is None  # a container of nothing
        return
    with pytest.raises(DtypeError, match="argument 0") as caught:
        dualtape.jacobian(lambda x: x)(x)
    assert __file__ in str(caught.value)


def test_message_names_the_entry():
    with pytest.raises(DtypeError, match=r"argument 1\['a'\]\[1\] is a str"):
        dualtape.jacobian(lambda k, p: p, 1)(1.0, {"a": (1.0, "x")})


@pytest.mark.parametrize("result", [None, True, "a", object(), [None, 1.0, "b"]], ids=repr)
def test_result_that_is_no_real_number_is_refused_at_the_definition(result):
    def function(x):
        return result

    with pytest.raises(DtypeError, match="the result") as caught:
        dualtape.jacobian(function)(1.0)
    assert f"{__file__}:{function.__code__.co_firstlineno}" in str(caught.value)


@pytest.mark.parametrize("x", [3, np.int32(3), np.uint8(3), np.array(3), np.float64(3.0)], ids=repr)
def test_scalars_come_back_as_floats(x):
    value, gradient = dualtape.value_and_grad(lambda x: x * x)(x)
    assert type(value) is float
    assert type(gradient) is float
    assert (value, gradient) == (9.0, 6.0)


def test_integers_are_promoted():
    gradient = dualtape.grad(lambda x: np.sum(x * x))(np.array([1, 2]))
    assert gradient.dtype == np.float64
    assert_array_equal(gradient, [2.0, 4.0])


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_narrow_floats_come_back_narrow(dtype):
    x = np.array([1.1, 2.3], dtype=dtype)
    value, J = dualtape.value_and_jacobian(lambda x: np.sin(x))(x)
    assert value.dtype == J.dtype == dtype
    assert_array_equal(np.diag(J), np.cos(x.astype(float)).astype(dtype))
    assert dualtape.hessian(lambda x: np.sum(x**3))(x).dtype == dtype
    assert type(dualtape.grad(lambda x: x * x)(dtype(3.0))) is dtype
    assert dualtape.jvp(lambda x: x * x, x, x)[1].dtype == dtype


def test_mixed_precision_takes_the_wider():
    parameters = {"w": np.ones(2, dtype=np.float32), "b": np.ones(2)}
    gradient = dualtape.grad(lambda p: np.sum(p["w"] * p["b"]))(parameters)
    assert gradient["w"].dtype == np.float64
    parameters["b"] = 0.5  # a Python number adapts
    gradient = dualtape.grad(lambda p: np.sum(p["w"] * p["b"]))(parameters)
    assert gradient["w"].dtype == np.float32


@pytest.mark.parametrize(
    "x",
    [np.arange(6.0)[::2], np.asfortranarray(np.arange(6.0).reshape(2, 3)), np.arange(3.0).astype(">f8"), [1.0, 2.0]],
    ids=["strided", "fortran", "big-endian", "list"],
)
def test_any_memory_layout_is_read(x):
    plain = np.array(x, dtype=float)
    gradient = dualtape.grad(lambda x: np.sum(x**3))(x)
    assert_array_equal(gradient, 3.0 * plain**2)
    assert gradient.dtype == np.float64
    assert gradient.dtype.isnative


def test_array_of_traced_scalars_is_a_result():
    J = dualtape.jacobian(lambda x: np.array([[x[0] * x[1], 1.0], [x[1], x[0]]]))(np.array([2.0, 3.0]))
    assert_array_equal(J, [[[3.0, 2.0], [0.0, 0.0]], [[0.0, 1.0], [1.0, 0.0]]])
    J = dualtape.jacobian(lambda x: [x[0] * x[1], 1.0])(np.array([2.0, 3.0]))
    assert_array_equal(J, [[3.0, 2.0], [0.0, 0.0]])


def test_empty_arrays_have_empty_derivatives():
    empty = np.zeros(0)
    assert dualtape.grad(lambda x: np.sum(x))(empty).shape == (0,)
    assert dualtape.jacobian(lambda x: x * 2.0)(empty).shape == (0, 0)
    assert dualtape.hessian(lambda x: x * 2.0)(empty).shape == (0, 0, 0)
    assert dualtape.jacobian(lambda t: t * empty)(2.0).shape == (0,)
