"""Functions as people write them: NumPy's functions on whole arrays."""

import numpy as np
from idiom import idiom

VECTOR = np.array([0.7, 1.3, -0.4, 2.1])
POSITIVE = np.array([0.7, 1.3, 0.4, 2.1])
SQUARE = np.array([[2.0, 0.3, -0.1], [0.5, 1.5, 0.4], [-0.2, 0.7, 1.1]])
SPD = np.array([[2.0, 0.3, -0.1], [0.3, 1.5, 0.4], [-0.1, 0.4, 1.1]])
TALL = np.array([[1.0, 0.2], [0.3, 1.4], [-0.6, 0.8]])
NODES = np.array([0.0, 0.5, 1.5, 2.5])


@idiom(VECTOR)
def fft_power_spectrum(x):
    return np.abs(np.fft.rfft(x)) ** 2


@idiom(VECTOR)
def fft_filter(x):
    spectrum = np.fft.fft(x)
    spectrum[2:] *= 0.5
    return np.fft.ifft(spectrum).real


@idiom(VECTOR)
def spectral_derivative(x):
    k = np.fft.fftfreq(x.size) * 2j * np.pi
    return np.real(np.fft.ifft(k * np.fft.fft(x)))


@idiom(np.linspace(0.1, 1.2, 12).reshape(3, 4))
def fft_two_dimensional(x):
    return np.fft.irfft2(np.fft.rfft2(x) * np.exp(-np.arange(3)), s=(3, 4))


@idiom(np.array([0.3, 1.1]))
def complex_exponential(x):
    z = np.exp(1j * x) / (1 + 2j * x)
    return np.array([z.real, z.imag, np.abs(z), np.angle(z)])


@idiom(np.array([0.3, 1.1]))
def transfer_function(p):
    s = 1j * np.linspace(0.1, 2, 5)
    h = 1.0 / (s**2 + p[0] * s + p[1])
    return 20 * np.log10(np.abs(h))


@idiom(SPD)
def symmetric_eigenvalues(A):
    w, V = np.linalg.eigh((A + A.T) / 2)
    return np.log(w) * V[0] ** 2


@idiom(SQUARE)
def spectral_radius(A):
    return np.max(np.abs(np.linalg.eigvals(A)))


@idiom(SQUARE)
def eigen_decomposition(A):
    w, V = np.linalg.eig(A)
    return (V @ np.diag(np.exp(w)) @ np.linalg.inv(V)).real


@idiom(TALL)
def singular_values(A):
    U, s, Vt = np.linalg.svd(A, full_matrices=False)
    return U @ np.diag(s**2) @ Vt


@idiom(TALL)
def orthonormal_basis(A):
    Q, R = np.linalg.qr(A)
    return Q @ np.abs(R)


@idiom(TALL)
def least_squares(A):
    return np.linalg.lstsq(A, np.array([1.0, 2.0, 0.5]), rcond=None)[0]


@idiom(TALL)
def pseudo_inverse(A):
    return np.linalg.pinv(A)


@idiom(SQUARE)
def condition_number(A):
    return np.linalg.cond(A) + np.linalg.norm(A, 2) + np.linalg.norm(A, "nuc") + np.linalg.norm(A)


@idiom(SPD)
def gaussian_log_density(S):
    L = np.linalg.cholesky(S)
    z = np.linalg.solve(L, np.array([0.3, -0.2, 0.5]))
    return -0.5 * z @ z - np.sum(np.log(np.diag(L))) - np.linalg.slogdet(S)[1]


@idiom(SQUARE)
def matrix_powers(A):
    return np.linalg.matrix_power(A, 3) @ np.linalg.matrix_power(A, -2) + np.linalg.multi_dot([A, A.T, A])


@idiom(np.stack([SQUARE, SPD]))
def stacked_matrices(A):
    return np.linalg.solve(A, np.ones((2, 3, 1))) + np.linalg.det(A)[:, None, None] + np.linalg.inv(A) @ A


@idiom(VECTOR)
def interpolated_table(x):
    return np.interp(np.array([0.2, 0.9, 2.0, 2.2]), NODES, x) * np.interp(x, NODES, NODES**2)


@idiom(np.array([0.1, 0.6, 1.4, 2.2]))
def interpolated_at_traced_nodes(x):
    return np.interp([0.3, 1.0, 1.9], x, x**2)


@idiom(VECTOR)
def robust_statistics(x):
    return np.median(x) * np.percentile(x, 30) + np.quantile(x, [0.1, 0.8]) * np.nanmedian(x) + np.ptp(x)


@idiom(VECTOR)
def moments(x):
    z = (x - np.mean(x)) / np.std(x, ddof=1)
    return np.array([np.mean(z**3), np.var(z**2), np.average(z, weights=np.exp(x)), np.nanmean(x)])


@idiom(TALL)
def covariance(X):
    return np.cov(X, rowvar=False) + np.corrcoef(X.T)


@idiom(VECTOR)
def trapezoid_and_gradient(x):
    return np.gradient(x**2, 0.1) * np.trapezoid(x, NODES) + np.gradient(x, NODES)


@idiom(VECTOR)
def polynomials(c):
    value = np.polyval(c, 0.7) + np.polyval([1.0, 2.0], c)
    return value + np.vander(c, 3).sum(axis=1) + np.polyval(np.polyder(c), c)


@idiom(VECTOR)
def polynomial_fit(y):
    return np.polyfit(NODES, y, 2)


@idiom(np.array([1.0, -3.1, 2.0]))
def polynomial_roots(c):
    return np.sort(np.roots(c).real)


@idiom(VECTOR)
def convolution(x):
    kernel = np.exp(-(x[:2] ** 2))
    return np.convolve(x, kernel, mode="same") + np.correlate(x, x, "same") + np.convolve(x, [0.5, 0.5], "full")[:4]


@idiom(SQUARE)
def einstein_sums(A):
    return np.einsum("ij,jk,ki->", A, A, A) + np.einsum("ii->i", A) + np.einsum("ij,ij->i", A, A, optimize=True)


@idiom(VECTOR)
def order_and_choice(x):
    order = np.argsort(x)
    return x[order] * np.sort(x)[::-1] + np.take_along_axis(x, order, 0) + np.partition(x, 2)[2]


@idiom(VECTOR)
def unique_values(x):
    return np.unique(np.concatenate([x, x[:2]])) ** 2


@idiom(VECTOR)
def select_and_piecewise(x):
    a = np.select([x < 0, x < 1], [x**2, np.sin(x)], default=x)
    b = np.piecewise(x, [x < 0, x >= 0], [lambda v: -v, lambda v: v**2])
    return a * b + np.clip(x, -0.2, 1.5) * np.heaviside(x, 0.5)


@idiom(VECTOR)
def padded_tiled_rolled(x):
    return np.pad(x, 2, mode="reflect") + np.tile(x, 2) + np.repeat(x, 2) * np.roll(np.tile(x, 2), 3)


@idiom(SQUARE)
def triangles_and_traces(A):
    return np.tril(A) @ np.triu(A, 1) * np.trace(A) + np.kron(A[:1], A[:, :1]).reshape(3, 3) + np.diag(np.diag(A))


@idiom(np.linspace(0.2, 1.6, 6).reshape(2, 3))
def cross_products(v):
    return np.cross(v[0], v[1]) / np.linalg.norm(np.cross(v[0], v[1]))


@idiom(VECTOR)
def meshes(x):
    X, Y = np.meshgrid(x, x**2)
    i, j = np.ix_([0, 2], [1, 3])
    return np.hypot(X, Y)[i, j] + np.broadcast_to(x[:2], (2, 2)) * np.outer(x, x)[:2, :2]


@idiom(POSITIVE)
def softmax_by_hand(x):
    e = np.exp(x - np.max(x))
    p = e / e.sum()
    return -np.sum(p * np.log(p)) + np.logaddexp.reduce(x)


@idiom(np.array([700.0, 701.5, -700.0]))
def logsumexp_far_out(x):
    m = x.max()
    return m + np.log(np.sum(np.exp(x - m))) + np.log1p(np.exp(-np.abs(x))).sum()


@idiom(VECTOR)
def windowed(x):
    windows = np.lib.stride_tricks.sliding_window_view(x, 2)
    return (windows**2).mean(axis=1) * np.diff(x) + np.cumsum(x)[1:] * np.cumprod(x)[:-1] + np.ediff1d(x)


@idiom(POSITIVE)
def pairwise_distances(x):
    points = x.reshape(2, 2)
    d = np.sqrt(((points[:, None, :] - points[None, :, :]) ** 2).sum(axis=-1))
    return d[0, 1] + np.linalg.norm(points, axis=1)


@idiom(POSITIVE)
def weighted_histogram(w):
    return np.histogram(NODES, bins=2, weights=w)[0] * np.bincount([0, 1, 1, 0], weights=w)


@idiom(VECTOR)
def polynomial_module(c):
    return np.polynomial.polynomial.polyval(0.3, c) + np.polynomial.chebyshev.chebval(np.tanh(c), [1.0, 0.5, 0.2])


@idiom(SQUARE)
def matrix_exponential_by_series(A):
    term = result = np.eye(3)
    for k in range(1, 20):
        term = term @ A / k
        result = result + term
    return result


@idiom(np.array([0.5, 0.3]))
def mixture_log_likelihood(theta):
    data = np.array([0.1, -0.4, 1.2])
    w = 1 / (1 + np.exp(-theta[0]))
    a = np.exp(-0.5 * (data - theta[1]) ** 2) / np.sqrt(2 * np.pi)
    b = np.exp(-0.5 * (data / 2) ** 2) / np.sqrt(8 * np.pi)
    return np.log(w * a + (1 - w) * b).sum()


@idiom(VECTOR)
def nan_aware(x):
    y = np.where(x > 1, np.nan, x)
    return np.nansum(y**2) + np.nanmax(y) + np.nan_to_num(y, nan=0.5) * x


@idiom(np.linspace(-1, 1, 10))
def neural_network(w):
    W1, b1, W2 = w[:4].reshape(2, 2), w[4:6], w[6:8]
    h = np.tanh(np.array([[0.2, 0.4], [0.1, -0.3]]) @ W1 + b1)
    return np.mean((np.maximum(h, 0.01 * h) @ W2 + w[8] - w[9]) ** 2)


@idiom(np.array([0.9, 0.4]), np.array([[1.0, 0.5], [0.2, 0.8]]))
def quadratic_form(x, A):
    return x @ A @ x / (x.T @ x) + np.vdot(A, A) * np.inner(x, x) + np.tensordot(A, A, axes=([0, 1], [1, 0]))
