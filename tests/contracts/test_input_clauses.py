"""What may be differentiated: every real number and array, whatever its type, layout and size. Integers are promoted,
narrow floats come back narrow, labels are ignored; what has an arithmetic of its own is refused by name."""

import numpy as np
import pytest
import ways

import dualtape as dt
from dualtape.errors import DtypeError

NAN, INF = np.nan, np.inf
MODES = ("forward", "reverse")
both_modes = pytest.mark.parametrize("mode", MODES)
first_order = pytest.mark.parametrize("way", ways.FIRST)
second_order = pytest.mark.parametrize("way", ways.SECOND)


def _cubes(x):
    return np.sum(x**3) + x.reshape(-1)[0] * x.reshape(-1)[-1]


def _gradient(x):
    g = 3.0 * np.asarray(x, dtype=float) ** 2
    flat = g.reshape(-1)
    flat[0] += np.reshape(x, -1)[-1]
    flat[-1] += np.reshape(x, -1)[0]
    return flat.reshape(g.shape)


def _layouts():
    base = np.arange(24.0).reshape(4, 6) / 7.0 - 1.0
    fixed = base.copy()
    fixed.flags.writeable = False
    unaligned = np.zeros(8 * 3 + 1, dtype=np.uint8)[1:].view(np.float64)
    unaligned[:] = [1.0, 2.0, 3.0]
    return {
        "C order": base.copy(),
        "Fortran order": np.asfortranarray(base),
        "transposed": base.T,
        "every second": base[::2, ::3],
        "negative strides": base[::-1, ::-1],
        "negative stride of a vector": base[0][::-1],
        "read-only": fixed,
        "broadcast": np.broadcast_to(base[0], (3, 6)),
        "big-endian": base.astype(">f8"),
        "not aligned": unaligned,
        "a view of a record": np.array([(1.0, 2), (3.0, 4)], dtype=[("a", float), ("b", int)])["a"],
        "one element": np.array([2.0]),
        "three axes": base.reshape(2, 3, 4),
        "axes of length one": base.reshape(1, 4, 1, 6),
    }


LAYOUTS = _layouts()


@first_order
@pytest.mark.parametrize("name", LAYOUTS)
def test_every_memory_layout_is_read(name, way):
    x = LAYOUTS[name]
    before = x.copy()
    np.testing.assert_allclose(ways.FIRST[way](_cubes, x), _gradient(x), rtol=1e-13)
    np.testing.assert_array_equal(x, before)


@second_order
@pytest.mark.parametrize("name", ["Fortran order", "negative strides", "read-only", "big-endian"])
def test_every_memory_layout_is_read_to_second_order(name, way):
    x = LAYOUTS[name][:2, :2]
    H = np.diag(6.0 * np.asarray(x, dtype=float).reshape(-1))
    H[0, -1] += 1.0
    H[-1, 0] += 1.0
    np.testing.assert_allclose(ways.SECOND[way](_cubes, x), H.reshape(x.shape * 2), rtol=1e-13)


@pytest.mark.parametrize("name", LAYOUTS)
@both_modes
def test_values_of_every_layout_are_numpys_bit_for_bit(name, mode):
    """But for exp and the like of a reversed vector, where NumPy's own loops differ from those of its copy."""

    def f(x):
        return (
            np.sum(x * x / 3.0, axis=0),
            np.sqrt(np.abs(x)).sum(),
            x.T @ np.ones(x.shape[0]) if x.ndim == 2 else x * 1.0,
        )

    x = LAYOUTS[name]
    value, _ = dt.value_and_jacobian(f, mode=mode)(x)
    for found, expected in zip(value, f(x.astype(np.float64, copy=False)), strict=True):
        np.testing.assert_array_equal(found, expected)


INTEGERS = [np.int8, np.uint8, np.int16, np.int32, np.uint32, np.int64, np.uint64]


@both_modes
@pytest.mark.parametrize("dtype", INTEGERS)
def test_integers_are_promoted(dtype, mode):
    value, g = dt.value_and_grad(_cubes, mode=mode)(np.array([1, 2, 100], dtype=dtype))
    assert g.dtype == np.float64
    np.testing.assert_array_equal(g, _gradient([1.0, 2.0, 100.0]))
    assert value == 1.0 + 8.0 + 1e6 + 100.0


@pytest.mark.parametrize("x", [3, np.int8(3), np.uint64(3), np.array(3), np.float64(3.0), np.array(3.0)])
@pytest.mark.parametrize("way", ways.FIRST)
def test_integers_and_arrays_of_shape_none_are_scalars(x, way):
    assert ways.FIRST[way](lambda x: x**3 / 2, x) == 13.5


@both_modes
@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_narrow_floats_are_computed_in_float64_and_come_back_narrow(dtype, mode):
    x = np.array([1.1, 2.3, 0.7], dtype=dtype)
    value, J = dt.value_and_jacobian(lambda x: np.exp(np.sin(x)), mode=mode)(x)
    wide = x.astype(float)
    assert value.dtype == J.dtype == dtype
    np.testing.assert_array_equal(value, np.exp(np.sin(wide)).astype(dtype))
    np.testing.assert_array_equal(np.diag(J), (np.exp(np.sin(wide)) * np.cos(wide)).astype(dtype))
    assert dt.hessian(_cubes, mode=mode)(x).dtype == dtype
    assert dt.record(_cubes, x).grad(x).dtype == dtype
    assert dt.vjp(lambda x: x * x, x)[1](np.ones(3)).dtype == dtype


@both_modes
@pytest.mark.parametrize("shape", [(0,), (0, 3), (3, 0), (2, 0, 4)])
def test_empty_arrays_have_empty_derivatives(shape, mode):
    x = np.zeros(shape)
    assert dt.jacobian(lambda x: np.sum(x * x), mode=mode)(x).shape == shape
    assert dt.jacobian(lambda x: np.sin(x) * 2.0, mode=mode)(x).shape == shape * 2
    assert dt.hessian(lambda x: np.sum(x * x), mode=mode)(x).shape == shape * 2
    assert dt.jacobian(lambda t: t * x, mode=mode)(2.0).shape == shape
    assert dt.value_and_grad(lambda x: np.sum(x) + np.prod(x), mode=mode)(x)[0] == 1.0
    program = dt.record(lambda x: np.sum(x), x)
    assert program.grad(x).shape == shape


@both_modes
def test_an_empty_part_of_an_input_contributes_nothing(mode):
    x = np.array([1.0, 2.0])
    f = lambda x: np.sum(x[2:] ** 2) + np.prod(x[:0]) * x[1] + np.concatenate([x[:0], x]).sum()
    np.testing.assert_array_equal(dt.jacobian(f, mode=mode)(x), [1.0, 2.0])


@first_order
def test_nan_and_infinity_stay_where_they_are(way):
    x = np.array([NAN, INF, -INF, 2.0])
    with np.errstate(all="ignore"):
        J = ways.FIRST[way](lambda x: x * x, x)
    expected = np.diag([NAN, INF, -INF, 4.0])
    np.testing.assert_array_equal(J, expected)


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.sum(np.maximum.reduce(x) * np.minimum(x, x[::-1]) + np.heaviside(x, 0.5)),
        lambda x: np.maximum.reduce(x) * np.minimum.reduce(x) + np.heaviside(x[1], x[2]),
        lambda x: np.sum(np.maximum.reduce(np.outer(x, x)) * np.fmin(x, 1.0) + np.sort(x) ** 2),
    ],
)
def test_all_ways_agree_where_a_nan_comes_out(f):
    """Ties, zeros and NaN in every place of three: the same entries are NaN, and the others the same."""
    for x in np.array(np.meshgrid(*[[NAN, 0.0, 1.0]] * 3)).reshape(3, -1).T:
        with np.errstate(all="ignore"):
            expected = ways.SECOND["reverse"](f, x)
            for way in ("forward", "hvp", "program", "program hvp"):
                np.testing.assert_allclose(ways.SECOND[way](f, x), expected, rtol=1e-13, err_msg=f"{way} at {x}")


@first_order
def test_what_is_not_read_does_not_spoil_what_is(way):
    with np.errstate(all="ignore"):
        J = ways.FIRST[way](
            lambda x: x[3] ** 2 + np.sum(np.where(np.isnan(x), 0.0, 1.0)), np.array([NAN, INF, -INF, 2.0])
        )
    np.testing.assert_array_equal(J, [0.0, 0.0, 0.0, 4.0])


@pytest.mark.parametrize("way", ways.FIRST)
def test_the_largest_and_the_smallest_numbers_are_exact(way):
    for x in (5e-324, 1e-310, 2.2e-308, 1.7976931348623157e308, -0.0):
        assert ways.FIRST[way](lambda x: 3.0 * x, x) == 3.0


@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")
@pytest.mark.parametrize(
    "x",
    [
        np.ones((1, 2)).view(np.matrix),
        np.ma.array([1.0, 2.0], mask=[0, 1]),
        np.ma.array([1.0, 2.0]),
        np.rec.array([1.0, 2.0]),
    ],
    ids=["matrix", "masked", "masked without a mask", "record array"],
)
@both_modes
def test_subclasses_are_refused_by_name(x, mode):
    name = type(x).__name__
    for call in (
        lambda: dt.jacobian(lambda x: x * 2.0, mode=mode)(x),
        lambda: dt.jacobian(lambda p: p["w"] * 2.0, mode=mode)({"w": x}),
        lambda: dt.jvp(lambda y: y * x, np.ones(2), np.ones(2), mode=mode),
        lambda: dt.jacobian(lambda y: np.multiply(x, y), mode=mode)(np.ones(2)),
        lambda: dt.jacobian(lambda y: np.dot(x, y), mode=mode)(np.ones(2)),
        lambda: dt.record(lambda x: x * 2.0, x),
    ):
        with pytest.raises(DtypeError, match=name):
            call()


def test_a_memory_map_is_an_array(tmp_path):
    x = np.memmap(tmp_path / "x", dtype=np.float64, mode="w+", shape=(3,))
    x[:] = [1.0, 2.0, 3.0]
    g = dt.grad(lambda y: np.sum(y * y * x))(x)
    assert type(g) is np.ndarray
    np.testing.assert_array_equal(g, 2.0 * np.array([1.0, 4.0, 9.0]))


# ---- pandas ----


@pytest.fixture
def pd():
    return pytest.importorskip("pandas")


@both_modes
def test_series_are_arrays_without_labels(pd, mode):
    s = pd.Series([1.0, 2.0, 3.0], index=list("abc"), name="weight")
    g = dt.grad(lambda x: np.sum(x**3) * x[0], mode=mode)(s)
    assert type(g) is np.ndarray
    np.testing.assert_array_equal(g, [36.0 + 3.0, 12.0, 27.0])
    np.testing.assert_array_equal(s, [1.0, 2.0, 3.0])
    np.testing.assert_array_equal(dt.record(lambda x: np.sum(x * x), s).grad(s * 2.0), [4.0, 8.0, 12.0])


@both_modes
def test_columns_and_whole_frames_are_arrays(pd, mode):
    df = pd.DataFrame({"a": [1, 2], "b": [3.0, 4.0]})
    np.testing.assert_array_equal(dt.grad(lambda x: np.sum(x * x), mode=mode)(df["a"]), [2.0, 4.0])
    np.testing.assert_array_equal(dt.grad(lambda x: np.sum(x * x), mode=mode)(df), [[2.0, 6.0], [4.0, 8.0]])
    value, g = dt.value_and_grad(lambda p: np.sum(p["w"] * p["v"]), mode=mode)({"w": df["a"], "v": df["b"]})
    assert value == 11.0
    np.testing.assert_array_equal(g["w"], [3.0, 4.0])


def test_series_as_tangents_and_narrow_series(pd):
    s = pd.Series([1.0, 2.0], dtype="float32")
    _, tangent = dt.jvp(lambda x: x * x, s, pd.Series([1.0, 0.5]))
    assert tangent.dtype == np.float32
    np.testing.assert_array_equal(tangent, [2.0, 2.0])


@pytest.mark.parametrize("column", [[True, False], ["a", "b"], ["2020-01-01", "2021-01-01"]])
def test_columns_that_are_no_numbers_are_refused_by_name(pd, column):
    s = pd.to_datetime(pd.Series(column)) if column[0] == "2020-01-01" else pd.Series(column)
    with pytest.raises(DtypeError, match="argument 0") as caught:
        dt.grad(lambda x: np.sum(x))(s)
    assert "differentiable" not in caught.value.remedy if caught.value.remedy else True


@both_modes
@pytest.mark.parametrize(
    ("f", "expected"),
    [
        (lambda x, s: np.multiply(x, s), np.diag([1.0, 2.0])),
        (lambda x, s: x * s, np.diag([1.0, 2.0])),
        (lambda x, s: s * x, np.diag([1.0, 2.0])),
        (lambda x, s: np.dot(s, x), [1.0, 2.0]),
        (lambda x, s: x * s.to_numpy(), np.diag([1.0, 2.0])),
        (lambda x, s: np.sum((s - x) ** 2), [2.0, 0.0]),
        (lambda x, s: ((s - x[0]) ** 2).sum(), [2.0, 0.0]),
    ],
)
def test_a_series_as_a_constant_is_exact_or_an_error(pd, f, expected, mode):
    s = pd.Series([1.0, 2.0])
    try:
        J = dt.jacobian(lambda x: f(x, s), mode=mode)(np.array([2.0, 2.0]))
    except dt.errors.DualtapeError as error:
        assert __file__ in error.where
    else:
        np.testing.assert_allclose(np.asarray(J, dtype=float), expected, rtol=1e-13)
