"""Every public name of scipy.fft, with its options: values are SciPy's bits, derivatives those of the linear map."""

import io

import engines
import numpy as np
import pytest

fft = pytest.importorskip("scipy.fft")

import dualtape  # noqa: E402
from dualtape.errors import UnsupportedOperation  # noqa: E402
from dualtape.trace.functions import DIFFERENTIATED, PASSIVE, foreign_kinds  # noqa: E402

TO_ROUNDING = 1e-12
SETTINGS = {"set_backend", "skip_backend", "set_global_backend", "register_backend", "get_workers", "set_workers"}
OF_PLAIN_NUMBERS = {"fhtoffset"}  # an offset that is chosen, not computed with
X = np.random.default_rng(5).uniform(-1.0, 1.0, (3, 4))


def real(z):
    return np.stack([np.real(z), np.imag(z)]) if np.iscomplexobj(z) else z


def linear(f):
    """The derivative of a linear function at X, from its values at a basis."""
    return np.stack([f(e.reshape(X.shape)) for e in np.eye(X.size)], -1)


def assert_linear(f):
    value, expected = f(X), linear(f)
    for jacobian in (engines.by_adjoints, engines.by_tangents, engines.by_duals):
        found, J = jacobian(dualtape_clone(f), X)
        assert np.array_equal(found, value)
        np.testing.assert_allclose(J.reshape(expected.shape), expected, atol=TO_ROUNDING)


def dualtape_clone(f):
    from dualtape.rewrite.clone import clone

    return clone(f)


def test_every_name_is_in_one_class():
    kinds = {name.removeprefix("scipy.fft."): kind for name, kind in foreign_kinds().items() if "scipy.fft." in name}
    assert set(fft.__all__) == set(kinds) | SETTINGS | OF_PLAIN_NUMBERS
    assert set(kinds.values()) == {DIFFERENTIATED, PASSIVE}


@pytest.mark.parametrize("name", ["dctn", "idctn", "dstn", "idstn"])
@pytest.mark.parametrize("kind", [1, 2, 3, 4])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"norm": "ortho"},
        {"norm": "forward", "s": (5, 3)},
        {"axes": 0, "workers": 2},
        {"axes": (1, 0), "overwrite_x": True, "orthogonalize": True},
        {"norm": "ortho", "orthogonalize": False},
    ],
)
def test_cosines_and_sines_along_axes(name, kind, options):
    assert_linear(lambda x: getattr(fft, name)(x + 0.0, kind, **options))


@pytest.mark.parametrize("name", ["dct", "idct", "dst", "idst"])
@pytest.mark.parametrize("kind", [1, 2, 3, 4])
@pytest.mark.parametrize(
    ("norm", "is_orthogonal"), [(None, True), ("forward", True), ("ortho", False), ("ortho", True)]
)
@pytest.mark.parametrize("n", [None, 6, 3])
def test_orthogonalize(name, kind, norm, is_orthogonal, n):
    assert_linear(lambda x: getattr(fft, name)(x, kind, n, norm=norm, orthogonalize=is_orthogonal))


@pytest.mark.parametrize("name", ["hfft2", "hfftn", "ihfft2", "ihfftn"])
@pytest.mark.parametrize(
    "options", [{}, {"norm": "ortho"}, {"s": (4, 5), "norm": "forward"}, {"axes": (0,), "s": (4,)}]
)
def test_hermitian_transforms(name, options):
    if name.endswith("2") and "axes" in options:
        options = {}
    weights = 1.0 if name.startswith("i") else 1.0 - 0.5j
    assert_linear(lambda x: real(getattr(fft, name)(x * weights, **options)))


@pytest.mark.parametrize(
    "f",
    [
        lambda x: fft.fftshift(x, axes=1) * 2.0,
        lambda x: real(fft.ifftshift(x * 1j)),
        lambda x: real(fft.dct(x * (1.0 + 2j), norm="ortho")),
        lambda x: real(fft.dctn(x * (1.0 + 2j))),
        lambda x: fft.fht(x, 0.1, 0.5),
        lambda x: fft.fht(x, 0.1, 1.5, offset=0.2, bias=0.1),
        lambda x: fft.ifht(x, 0.1, 1.5, offset=0.2, bias=-0.1),
        lambda x: fft.idct(fft.dct(x))[:, : fft.next_fast_len(3)],
        lambda x: real(fft.fft(x, workers=2, overwrite_x=False)),
    ],
)
def test_others_are_linear(f):
    assert_linear(f)


@pytest.mark.parametrize("name", ["fftfreq", "rfftfreq"])
@pytest.mark.parametrize("n", [7, 8])
def test_frequencies_in_the_spacing(name, n):
    function = getattr(fft, name)
    value, slope = dualtape.value_and_jacobian(lambda d: function(n, d))(0.3)
    assert np.array_equal(value, function(n, 0.3))
    np.testing.assert_allclose(slope, -function(n, 0.3) / 0.3, rtol=1e-14)


def test_second_order_and_files():
    def f(x):
        return np.sum(np.exp(fft.dctn(x, norm="ortho")) * fft.hfft2(x)[:, :4])

    H = dualtape.hessian(f)(X).reshape(12, 12)
    gradient = dualtape.grad(f)
    h = 1e-6
    expected = (
        np.stack([(gradient(X + h * e) - gradient(X - h * e)).ravel() for e in np.eye(12).reshape(12, 3, 4)]) / 2e-6
    )
    np.testing.assert_allclose(H, expected, rtol=1e-6, atol=1e-6)
    program, file = dualtape.record(f, X), io.BytesIO()
    program.save(file)
    file.seek(0)
    assert dualtape.load(file)(2.0 * X) == program(2.0 * X) == f(2.0 * X)


def test_parameters_of_the_hankel_transform_are_refused_by_name():
    with pytest.raises(UnsupportedOperation, match="scipy.fft.fht"):
        dualtape.jacobian(lambda mu: fft.fht(X, 0.1, mu))(0.5)
