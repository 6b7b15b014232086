"""scipy.signal, scipy.ndimage and pairs of points in ordinary code: SciPy's values bit for bit, derivatives of
differences in both modes, to second order, replayed; what has no rule is refused by name."""

import numpy as np
import pytest

signal = pytest.importorskip("scipy.signal")
ndimage = pytest.importorskip("scipy.ndimage")
distance = pytest.importorskip("scipy.spatial.distance")

import dualtape  # noqa: E402
from dualtape.errors import UnsupportedOperation  # noqa: E402
from dualtape.rewrite.proxies import CLONED  # noqa: E402

X = np.linspace(0.3, 1.7, 12) + 0.1 * np.sin(np.arange(12))
M = X.reshape(4, 3)
B, A = signal.butter(2, 0.3)
SECTIONS = signal.butter(4, 0.3, output="sos")
EXACT = 2e-7


def parts(z):
    return np.stack([np.real(z), np.imag(z)])


SIGNALS = {
    "lfilter": lambda x: signal.lfilter(B, A, x),
    "lfilter from a state": lambda x: np.concatenate(signal.lfilter(B, A, x, zi=signal.lfilter_zi(B, A) * x[0])),
    "lfilter of a moving average": lambda x: signal.lfilter(x[:3], [1.0], x),
    "lfilter of short signals": lambda x: np.hstack(signal.lfilter([1.0, 2.0, 0.5, 0.1], A, x[:2], zi=x[2:5])),
    "lfilter with a leading coefficient": lambda x: np.hstack(signal.lfilter([1.0], [2.0, 0.5], x, zi=x[:1])),
    "lfilter along columns": lambda x: signal.lfilter(B, A, x.reshape(4, 3), axis=0),
    "filtfilt": lambda x: signal.filtfilt(B, A, x),
    "sosfilt": lambda x: signal.sosfilt(SECTIONS, x),
    "sosfilt from a state": lambda x: signal.sosfilt(SECTIONS, x, zi=signal.sosfilt_zi(SECTIONS) * x[0])[1],
    "sosfiltfilt": lambda x: signal.sosfiltfilt(SECTIONS, np.concatenate([x, x, x])),
    "savgol_filter": lambda x: signal.savgol_filter(x, 5, 2),
    "savgol_filter nearest": lambda x: signal.savgol_filter(x, 5, 2, deriv=1, mode="nearest"),
    "detrend": lambda x: signal.detrend(x),
    "detrend constant": lambda x: signal.detrend(x, type="constant"),
    "hilbert": lambda x: np.abs(signal.hilbert(x)),
    "welch": lambda x: signal.welch(x, nperseg=8)[1],
    "periodogram": lambda x: signal.periodogram(x)[1],
    "csd": lambda x: parts(signal.csd(x, x[::-1], nperseg=8)[1]),
    "coherence": lambda x: signal.coherence(x, x[::-1], nperseg=4)[1],
    "spectrogram": lambda x: signal.spectrogram(x, nperseg=4)[2],
    "stft": lambda x: np.abs(signal.stft(x, nperseg=8)[2]),
    "istft": lambda x: signal.istft(signal.stft(x, nperseg=4)[2], nperseg=4)[1],
    "decimate": lambda x: signal.decimate(np.tile(x, 4), 2),
    "resample": lambda x: signal.resample(x, 7),
    "resample_poly": lambda x: signal.resample_poly(x, 2, 3),
    "upfirdn": lambda x: signal.upfirdn([1.0, 2.0, -1.0, 0.5, 3.0], x.reshape(4, 3), 2, 3, axis=0),
    "freqz": lambda x: np.abs(signal.freqz(x[:3], x[3:6], worN=5)[1]),
    "lsim": lambda x: signal.lsim(([1.0], [1.0, 1.0]), x, np.arange(12.0))[1],
    "medfilt": lambda x: signal.medfilt(x, 3),
    "wiener": lambda x: signal.wiener(x, 3),
    "sawtooth": lambda x: signal.sawtooth(x),
    "gausspulse": lambda x: signal.gausspulse(x, fc=1.0),
    "lfiltic": lambda x: signal.lfiltic(B, A, x[:2], x[2:4]),
    "chirp": lambda x: signal.chirp(x, 1.0, 2.0, 3.0),
    **{
        f"{name} {mode}": lambda x, name=name, mode=mode: getattr(signal, name)(x, x[:4], mode=mode)
        for name in ("convolve", "fftconvolve", "correlate", "oaconvolve")
        for mode in ("full", "same", "valid")
    },
    **{
        f"{name} {mode} {boundary} {size}": lambda x, name=name, mode=mode, boundary=boundary, size=size: getattr(
            signal, name
        )(x.reshape(4, 3), x.reshape(4, 3)[: size[0], : size[1]] * 2.0, mode=mode, boundary=boundary)
        for name in ("convolve2d", "correlate2d")
        for mode in ("full", "same", "valid")
        for boundary in ("fill", "wrap", "symm")
        for size in ((2, 2), (3, 2), (1, 3))
    },
}
MODES = ("reflect", "constant", "nearest", "mirror", "wrap")
IMAGES = {
    **{
        f"correlate1d {mode} {origin}": lambda x, mode=mode, origin=origin: ndimage.correlate1d(
            x, [1.0, -2.0, 3.0, 0.5], origin=origin, mode=mode, cval=1.5
        )
        for mode in MODES
        for origin in (-2, 0, 1)
    },
    **{
        f"{name} {mode}": lambda x, mode=mode, name=name: getattr(ndimage, name)(
            x, np.arange(6.0).reshape(3, 2) - 2.0, mode=mode, cval=0.7, origin=(1, 0)
        )
        for mode in MODES
        for name in ("convolve", "correlate")
    },
    **{f"maximum_filter {m}": lambda x, m=m: ndimage.maximum_filter(x, (2, 3), mode=m, cval=9.0) for m in MODES},
    **{f"percentile_filter {m}": lambda x, m=m: ndimage.percentile_filter(x, 30, 3, mode=m) for m in MODES},
    "minimum_filter of a footprint": lambda x: ndimage.minimum_filter(x, footprint=[[0, 1, 0], [1, 1, 0]]),
    "median_filter of a line": lambda x: ndimage.median_filter(x.ravel(), 5),
    "gaussian_filter": lambda x: ndimage.gaussian_filter(x, 1.0),
    "gaussian_filter of order 1": lambda x: ndimage.gaussian_filter(x, (0.7, 1.3), order=1, output=float),
    "convolve1d": lambda x: ndimage.convolve1d(x, [1.0, 3.0, -2.0], axis=0),
    "rank_filter": lambda x: ndimage.rank_filter(x, 2, size=(2, 2)),
    "median_filter": lambda x: ndimage.median_filter(x, (3, 1)),
    "maximum_filter1d": lambda x: ndimage.maximum_filter1d(x, 3, axis=0),
    "minimum_filter1d": lambda x: ndimage.minimum_filter1d(x, 2),
    "grey_dilation": lambda x: ndimage.grey_dilation(x, size=(2, 2)),
    "grey_erosion": lambda x: ndimage.grey_erosion(x, size=(2, 2)),
    "sum_labels": lambda x: ndimage.sum_labels(x * x),
    "mean": lambda x: ndimage.mean(x * x),
    "gaussian_filter1d": lambda x: ndimage.gaussian_filter1d(x, 2.0, axis=0),
    "uniform_filter": lambda x: ndimage.uniform_filter(x, 3),
    "uniform_filter1d": lambda x: ndimage.uniform_filter1d(x, 2, origin=-1, mode="nearest"),
    "laplace": lambda x: ndimage.laplace(x),
    "gaussian_laplace": lambda x: ndimage.gaussian_laplace(x, 1.0),
    "gaussian_gradient_magnitude": lambda x: ndimage.gaussian_gradient_magnitude(x, 1.0),
    "sobel": lambda x: ndimage.sobel(x, axis=0),
    "prewitt": lambda x: ndimage.prewitt(x),
    "grey_opening": lambda x: ndimage.grey_opening(x, size=(2, 2)),
    "grey_closing": lambda x: ndimage.grey_closing(x, size=(2, 2)),
    "center_of_mass": lambda x: np.stack(ndimage.center_of_mass(x)),
}
METRICS = "euclidean sqeuclidean cityblock cosine correlation chebyshev canberra braycurtis minkowski".split()
PAIRS = {
    **{f"cdist {m}": lambda x, m=m: distance.cdist(x, x[:2] * x[:2] + 0.1, m) for m in METRICS},
    **{f"pdist {m}": lambda x, m=m: distance.pdist(np.sin(3.0 * x), m) for m in METRICS},
    "cdist with weights": lambda x: distance.cdist(x, x[:2] ** 2, "minkowski", p=3, w=[1.0, 2.0, 3.0]),
    "pdist seuclidean": lambda x: distance.pdist(x, "seuclidean", V=[1.0, 2.0, 3.0]),
    "pdist mahalanobis": lambda x: distance.pdist(np.sin(3.0 * x), "mahalanobis", VI=np.diag([1.0, 2.0, 3.0])),
    "squareform": lambda x: distance.squareform(x.ravel()[:6]),
    "squareform and back": lambda x: distance.squareform(distance.squareform(x.ravel()[:6]) * 2.0),
    "euclidean": lambda x: distance.euclidean(x[0], x[1]),
    "minkowski": lambda x: distance.minkowski(x[0], x[1], 3),
    "mahalanobis": lambda x: distance.mahalanobis(x[0], x[1], np.diag([1.0, 2.0, 3.0])),
    "seuclidean": lambda x: distance.seuclidean(x[0], x[1], np.array([1.0, 2.0, 3.0])),
    **{
        name: lambda x, name=name: getattr(distance, name)(x[0], x[1] ** 2)
        for name in "sqeuclidean cosine correlation cityblock chebyshev canberra braycurtis".split()
    },
}
ALL = [pytest.param(f, X, id=name) for name, f in SIGNALS.items()]
ALL += [pytest.param(f, M, id=name) for name, f in (IMAGES | PAIRS).items()]


def test_every_function_that_runs_as_a_clone_has_a_case():
    tried = {name.split()[0] for name in SIGNALS | IMAGES | PAIRS}
    homes = ("scipy.signal.", "scipy.ndimage.", "scipy.spatial.distance.")
    assert {name.rpartition(".")[2] for name in CLONED if name.startswith(homes)} <= tried


def differences(f, x, h=1e-4):
    def central(h):
        units = (e.reshape(x.shape) for e in np.eye(x.size))
        return np.stack([(np.asarray(f(x + h * e)) - np.asarray(f(x - h * e))) / (2 * h) for e in units], -1)

    return (4 * central(h / 2) - central(h)) / 3


@pytest.mark.parametrize(("f", "x"), ALL)
def test_value_bit_for_bit_and_derivative_in_both_modes(f, x):
    expected, true = f(x), differences(f, x)
    for mode in ("forward", "reverse"):
        value, derivative = dualtape.value_and_jacobian(f, mode=mode)(x)
        assert np.array_equal(value, expected)
        np.testing.assert_allclose(derivative.reshape(true.shape), true, rtol=EXACT, atol=EXACT)


@pytest.mark.parametrize(("f", "x"), ALL)
def test_second_derivative_and_replay(f, x):
    def g(x):
        return np.sum(np.cos(f(x)))

    H = dualtape.hessian(g)(x).reshape(x.size, x.size)
    true = differences(lambda x: dualtape.grad(g)(x).ravel(), x)
    np.testing.assert_allclose(H, true, rtol=1e-5, atol=1e-5)
    program, there = dualtape.record(f, x), x * 1.0625
    assert np.array_equal(program(there), f(there))


@pytest.mark.parametrize(
    ("name", "f"),
    [
        ("scipy.signal.lfilter", lambda x: signal.lfilter(x[:3], x[3:6], x)),
        ("scipy.signal.find_peaks", lambda x: x[signal.find_peaks(x)[0]]),
        ("scipy.signal.upfirdn", lambda x: signal.upfirdn([1.0, 2.0], x, mode="symmetric")),
        ("scipy.ndimage", lambda x: ndimage.correlate1d(x, x[:3])),
        ("scipy.ndimage.zoom", lambda x: ndimage.zoom(x, 2)),
        ("scipy.spatial.distance.pdist", lambda x: distance.pdist(x.reshape(4, 3), "seuclidean")),
        ("scipy.spatial.distance.cdist", lambda x: distance.cdist([x], [x * x], "jaccard")),
    ],
)
def test_what_has_no_rule_is_refused_by_name(name, f):
    with pytest.raises(UnsupportedOperation, match=name) as caught:
        dualtape.jacobian(f)(X)
    assert caught.value.remedy


@pytest.mark.parametrize(
    "f",
    [
        lambda x: signal.lfilter([1.0, 2j], [1.0, 0.5], x),
        lambda x: signal.sosfilt([[1.0, 2j, 0.0, 1.0, 0.1, 0.0]], x),
        lambda x: signal.upfirdn([1.0, 2j], x),
    ],
)
def test_complex_coefficients_are_refused_by_name(f):
    with pytest.raises(UnsupportedOperation, match="complex"):
        dualtape.jacobian(lambda x: np.real(f(x)))(X)
