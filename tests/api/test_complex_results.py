"""Functions with complex results: what each driver gives, and what is refused."""

import io

import numpy as np
import pytest

import dualtape
from dualtape.errors import DtypeError, ShapeError

TO_ROUNDING = 1e-13
x = np.array([0.3, -1.2, 0.7])


def wave(x):
    return np.exp(1j * x) * (x[0] + 2j)


def parts(x):
    """The same in real numbers."""
    re, im = np.cos(x), np.sin(x)
    return np.stack([re * x[0] - 2.0 * im, im * x[0] + 2.0 * re])


def _complex(pair):
    return pair[0] + 1j * pair[1]


@pytest.mark.parametrize("mode", ["auto", "forward", "reverse"])
def test_value_jacobian_and_hessian_are_complex(mode):
    value, J = dualtape.value_and_jacobian(wave, mode=mode)(x)
    assert value.dtype == J.dtype == np.complex128
    np.testing.assert_array_equal(value, wave(x))
    np.testing.assert_allclose(J, _complex(dualtape.jacobian(parts)(x)), rtol=TO_ROUNDING, atol=TO_ROUNDING)
    H = dualtape.hessian(wave, mode=mode)(x)
    np.testing.assert_allclose(H, _complex(dualtape.hessian(parts)(x)), rtol=TO_ROUNDING, atol=TO_ROUNDING)
    np.testing.assert_array_equal(H, np.swapaxes(H, -1, -2))


def test_tangents_and_linear_maps_are_complex():
    v = np.array([1.0, 0.5, -2.0])
    J = dualtape.jacobian(wave)(x)
    np.testing.assert_allclose(dualtape.jvp(wave, (x,), (v,))[1], J @ v, rtol=TO_ROUNDING)
    value, linear = dualtape.linearize(wave, x)
    np.testing.assert_allclose(linear @ v, J @ v, rtol=TO_ROUNDING)
    np.testing.assert_allclose(linear @ np.stack([v, 2 * v], 1), J @ np.stack([v, 2 * v], 1), rtol=TO_ROUNDING)
    assert "complex (3,)" in repr(linear)


def test_a_cotangent_is_that_of_the_real_inner_product():
    rng = np.random.default_rng(1)
    w = rng.standard_normal(3) + 1j * rng.standard_normal(3)
    _, pullback = dualtape.vjp(wave, x)
    J = dualtape.jacobian(wave)(x)
    np.testing.assert_allclose(pullback(w), np.real(np.conj(w) @ J), rtol=TO_ROUNDING)
    np.testing.assert_allclose(pullback(np.ones(3)), np.real(J).sum(0), rtol=TO_ROUNDING)
    np.testing.assert_allclose(pullback(np.stack([w, 1j * w]))[1], np.real(np.conj(1j * w) @ J), rtol=TO_ROUNDING)
    H = dualtape.weighted_hessian(wave, x, w)
    expected = np.real(np.einsum("i,ijk->jk", np.conj(w), dualtape.hessian(wave)(x)))
    np.testing.assert_allclose(H, expected, rtol=TO_ROUNDING, atol=TO_ROUNDING)


def test_containers_scalars_and_several_arguments():
    def f(x, y):
        return {"a": x * y * 1j, "b": [x, 1j * y]}

    J = dualtape.jacobian(f, (0, 1))(2.0, 3.0)
    assert J == {"a": (3j, 2j), "b": J["b"]}
    np.testing.assert_array_equal(J["b"][0], [1.0, 0.0])
    np.testing.assert_array_equal(J["b"][1], [0.0, 1j])
    assert type(dualtape.jacobian(lambda t: t * 1j)(1.0)) is complex
    assert dualtape.value_and_jacobian(lambda t: 2j)(1.0) == (2j, 0j)


def test_object_arrays_and_lists_of_complex_numbers():
    expected = np.array([[1j, 0.0], [0.0, 1.0]])
    at = np.array([1.0, 2.0])
    np.testing.assert_array_equal(dualtape.jacobian(lambda x: np.array([1j * x[0], x[1]]))(at), expected)
    np.testing.assert_array_equal(dualtape.jacobian(lambda x: [1j * x[0], x[1]])(at), expected)


def test_derivatives_nest():
    def speed(t):
        return abs(dualtape.jacobian(lambda s: np.exp(1j * s * s))(t)) ** 2

    assert dualtape.grad(speed)(0.7) == pytest.approx(8.0 * 0.7)
    inner = dualtape.jacobian(lambda y: dualtape.jacobian(lambda x: np.exp(1j * x * y))(0.5))(0.3)
    assert inner == pytest.approx((1j - 0.5 * 0.3) * np.exp(0.15j))


def test_a_program_has_complex_results_from_a_file_too():
    P = dualtape.record(wave, x)
    file = io.BytesIO()
    P.save(file)
    file.seek(0)
    for program in (P, dualtape.load(file)):
        for at in (x, 2.0 * x):
            np.testing.assert_array_equal(program(at), wave(at))
            np.testing.assert_allclose(program.jacobian(at), dualtape.jacobian(wave)(at), rtol=TO_ROUNDING, atol=1e-15)
    with pytest.raises(ShapeError, match="complex"):
        P.grad(x)


@pytest.mark.parametrize("driver", [dualtape.grad, dualtape.value_and_grad])
def test_a_gradient_needs_a_real_number(driver):
    with pytest.raises(ShapeError, match=r"one real scalar result, this one has shape complex \(\)"):
        driver(lambda x: 1j * x[0])(x)


@pytest.mark.parametrize("z", [1j, np.array([1j, 2.0]), np.complex64(1j)])
def test_complex_inputs_are_refused_with_the_remedy(z):
    with pytest.raises(DtypeError, match=r"argument 0(.|\n)*pass two real arrays"):
        dualtape.jacobian(lambda z: z * z)(z)
    with pytest.raises(DtypeError):
        dualtape.jvp(lambda x: x * 1.0, (1.0,), (1j,))


def test_complex64_results_and_float32_inputs():
    value, J = dualtape.value_and_jacobian(lambda x: x * 1j)(np.ones(2, dtype=np.float32))
    assert value.dtype == J.dtype == np.complex64


def test_check_judges_both_parts():
    report = dualtape.check(wave, x, order=2)
    assert report and report.n_entries == 2 * 2 * (9 + 27)
    assert dualtape.check(lambda x: np.abs(np.fft.fft(x)), x)
