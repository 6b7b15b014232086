"""Splines of FITPACK with traced points, coefficients or values: evaluation and integrals of any spline, and those that
interpolate. How many knots a smoothing spline has is FITPACK's own, adaptive decision: it is refused by name."""

from importlib import import_module

import numpy as np

from dualtape.errors import UnsupportedOperation
from dualtape.rewrite.interpolation_kernels import de_boor, knot_interval
from dualtape.rewrite.kernels import compiled, kernel, real_numbers

_SMOOTHING = "give s=0, or use make_interp_spline: knots that are chosen by the data have no derivative"
_EXTENSIONS = {"extrapolate": 0, "zeros": 1, "raise": 2, "const": 3}


def _fitpack(name):
    return getattr(import_module("scipy.interpolate._fitpack_impl"), name)


def _is_parametric(c):
    return np.ndim(c) > 1 or (isinstance(c, list) and np.ndim(c[0]) > 0)


def _spline(t, c, k, x, nu):
    """The spline at points of shape (n,)."""
    ell = knot_interval(t, k, x)
    return de_boor([c[ell - k + j] for j in range(k + 1)], t, k, x, ell, nu)


@kernel("scipy.interpolate._fitpack_impl.splev")
def splev(x, tck, der=0, ext=0):
    t, c, k = tck
    if _is_parametric(c):
        return [splev(x, (t, part, k), der, ext) for part in c]
    x, t, c = real_numbers(x, t, c)
    shape, inner = np.shape(x), slice(k, len(t) - k)

    def value(x, t, c):
        return np.asarray(_fitpack("splev")(x, (t, c, k), der, ext))[()]

    points = np.reshape(x, (-1,))
    if ext == 3:
        points = np.clip(points, t[inner][0], t[inner][-1])
    model = _spline(t, c, k, points, der)
    if ext == 1:
        model = np.where((points >= t[inner][0]) & (points <= t[inner][-1]), model, 0.0)
    return compiled(value, np.reshape(model, shape), x, t, c)


@kernel("scipy.interpolate._fitpack_impl.splint")
def splint(a, b, tck, full_output=0):
    """The spline is zero outside of its knots."""
    t, c, k = tck
    if _is_parametric(c):
        return [splint(a, b, (t, part, k)) for part in c]
    a, b, t, c = real_numbers(a, b, t, c)

    def value(a, b, t, c):
        return _fitpack("splint")(np.asarray(a).item(), np.asarray(b).item(), (t, c, k))

    n = len(t) - k - 1
    whole = np.concatenate([np.zeros(1), np.cumsum(c[:n] * (t[k + 1 :] - t[:n]) / (k + 1.0))])
    knots = np.concatenate([t[:1], t, t[-1:]])
    ends = np.clip(np.stack([np.reshape(a, ()), np.reshape(b, ())]), t[k], t[n])
    low, high = _spline(knots, whole, k + 1, ends, 0)
    return compiled(value, high - low, a, b, t, c)


@kernel("scipy.interpolate._fitpack_impl.spalde")
def spalde(x, tck):
    k = tck[2]
    found = np.stack([splev(x, tck, der) for der in range(k + 1)], axis=-1)
    return found if np.ndim(found) == 1 else list(found)


def _coefficients(x, y, k):
    from dualtape.rewrite.library import live

    made = live(import_module("scipy.interpolate._bsplines").make_interp_spline)(x, y, k)
    return made.t, np.concatenate([made.c, np.zeros(k + 1)])


@kernel("scipy.interpolate._fitpack_impl.splrep")
def splrep(x, y, w=None, xb=None, xe=None, k=3, task=0, s=None, t=None, full_output=0, per=0, quiet=1):
    if task or t is not None or per or w is not None or xb is not None or xe is not None or full_output or s:
        raise UnsupportedOperation("scipy.interpolate.splrep of traced points, but for interpolation", _SMOOTHING)
    x, y = real_numbers(x, y)
    knots, c = _coefficients(x, y, k)
    t_value, c_value = (
        (lambda x, y, part=part: np.asarray(_fitpack("splrep")(x, y, k=k, s=0)[part])) for part in (0, 1)
    )
    return compiled(t_value, knots, x, y), compiled(c_value, c, x, y), k


@kernel("scipy.interpolate._fitpack2.UnivariateSpline")
class TracedSpline:
    """UnivariateSpline with s=0 of traced points: evaluation, integrals and derivatives."""

    def __init__(self, x, y, w=None, bbox=(None, None), k=3, s=None, ext=0, check_finite=False):
        if w is not None or any(end is not None for end in bbox) or s is None or s != 0:
            raise UnsupportedOperation("a smoothing or weighted UnivariateSpline of traced points", _SMOOTHING)
        self._tck = splrep(x, y, k=k, s=0)
        self._ext = _EXTENSIONS.get(ext, ext)

    def __call__(self, x, nu=0, ext=None):
        return splev(x, self._tck, nu, self._ext if ext is None else _EXTENSIONS.get(ext, ext))

    def integral(self, a, b):
        return splint(a, b, self._tck)

    def derivatives(self, x):
        return spalde(x, self._tck)

    def get_coeffs(self):
        return self._tck[1][: -self._tck[2] - 1]

    def get_knots(self):
        k = self._tck[2]
        return self._tck[0][k : len(self._tck[0]) - k]


@kernel("scipy.interpolate._fitpack2.InterpolatedUnivariateSpline")
class TracedInterpolation(TracedSpline):
    """InterpolatedUnivariateSpline of traced points."""

    def __init__(self, x, y, w=None, bbox=(None, None), k=3, ext=0, check_finite=False):
        super().__init__(x, y, w, bbox, k, 0, ext)
