"""The compiled loops under scipy.interpolate, for tables with traced entries: piecewise polynomials, B-splines, grids.

The value is the compiled loop's own; the derivative is that of the same formula in NumPy language. Which piece a point
belongs to is a decision. Called by rewrite/library.py, which runs the Python code of SciPy above these loops."""

from importlib import import_module
from math import comb, perm

import numpy as np

from dualtape.core.buffer import opened
from dualtape.errors import UnsupportedOperation
from dualtape.rewrite.kernels import compiled, kernel, real_numbers


def _scipy(module, name):
    return getattr(import_module(f"scipy.interpolate.{module}"), name)


def piece_of(breaks, points):
    """The piece that each point belongs to; the first and the last reach to infinity."""
    is_descending = bool(breaks[-1] < breaks[0])
    after = np.searchsorted(-breaks if is_descending else breaks, -points if is_descending else points, side="right")
    return np.clip(after - 1, 0, len(breaks) - 2)


def _not_a_number_outside(model, breaks, points, extrapolate):
    if extrapolate:
        return model
    first, last = (breaks[-1], breaks[0]) if breaks[-1] < breaks[0] else (breaks[0], breaks[-1])
    is_inside = (points >= first) & (points <= last)
    return model * np.where(is_inside, 1.0, np.nan)[:, None]


# ---- piecewise polynomials ----


def _evaluates(name, model):
    """Register the loop that evaluates piecewise polynomials in one basis; ``model(c, x, xp, i, nu)`` is their
    derivative of order nu at the points xp, of which each belongs to piece i."""

    @kernel(f"scipy.interpolate._ppoly.{name}")
    def evaluate(c, x, xp, nu, extrapolate, out):
        c, x, xp = real_numbers(c, x, xp)

        def value(c, x, xp):
            found = np.empty((len(xp), c.shape[2]))
            _scipy("_ppoly", name)(np.ascontiguousarray(c), x, xp, nu, bool(extrapolate), found)
            return found

        found = model(c, x, xp, piece_of(x, xp), nu)
        out[...] = compiled(value, _not_a_number_outside(found, x, xp, extrapolate), c, x, xp)


_evaluates("evaluate", lambda c, x, xp, i, nu: _polynomial(c[:, i], (xp - x[i])[:, None], nu))
_evaluates("evaluate_bernstein", lambda c, x, xp, i, nu: _of_bernstein(c[:, i], xp - x[i], np.diff(x)[i], nu))


def _polynomial(c, s, nu=0):
    """The derivative of order `nu` of polynomials with coefficients c, the highest power first, by Horner's rule."""
    degree, result = len(c) - 1, 0.0 * c[-1]
    for k in range(degree - nu + 1):
        result = result * s + perm(degree - k, nu) * c[k]
    return result


def _of_bernstein(c, s, width, nu):
    """The same in the basis of Bernstein, on intervals of these widths: differences of coefficients are those of the
    derivative."""
    s, width, result = (s / width)[:, None], width[:, None], 0.0 * c[0]
    for _ in range(nu):
        c = (len(c) - 1) * np.diff(c, axis=0) / width
    degree = len(c) - 1
    for k in range(degree + 1):
        result = result + comb(degree, k) * s**k * (1.0 - s) ** (degree - k) * c[k]
    return result


@kernel("scipy.interpolate._ppoly.integrate")
def integrate(c, x, a, b, extrapolate, out):
    c, x, a, b = real_numbers(c, x, a, b)

    def value(c, x, a, b):
        found, a, b = np.empty(c.shape[2]), np.asarray(a).item(), np.asarray(b).item()
        _scipy("_ppoly", "integrate")(np.ascontiguousarray(c), x, a, b, bool(extrapolate), found)
        return found

    ends = np.stack([np.reshape(a, ()), np.reshape(b, ())])
    i = piece_of(x, ends)
    whole = _antiderivative(c)
    before = _with_zero(np.cumsum(_polynomial(whole, np.diff(x)[:, None]), axis=0))
    found = before[i] + _polynomial(whole[:, i], (ends - x[i])[:, None])
    found = _not_a_number_outside(found, x, ends, extrapolate)
    out[...] = compiled(value, found[1] - found[0], c, x, a, b)


def _antiderivative(c):
    degrees = np.arange(len(c), 0, -1.0)
    return np.concatenate([c / degrees[:, None, None], np.zeros((1, *c.shape[1:]))])


def _with_zero(x):
    return np.concatenate([np.zeros((1, *x.shape[1:])), x])


@kernel("scipy.interpolate._ppoly.fix_continuity")
def fix_continuity(c, x, order):
    """The coefficients of the powers up to `order` are such that the pieces join: each row of them is a sum of what
    the rows of higher powers, and the step before, have come to at the end of the piece."""
    given, x = real_numbers(c, x)
    rows, h = [given[k] for k in range(len(given))], np.diff(x)[:-1, None]

    def value(c, x):
        found = np.array(c)
        _scipy("_ppoly", "fix_continuity")(found, x, order)
        return found

    last = len(rows) - 1
    for kp in range(order, -1, -1):
        risen = 0.0
        for q in range(kp + 1, last + 1):
            risen = risen + comb(q, kp) * rows[last - q][:-1] * h ** (q - kp)
        first = rows[last - kp][:1]
        rows[last - kp] = np.concatenate([first, first + np.cumsum(risen, axis=0)])
    c[...] = compiled(value, np.stack(rows), given, x)


# ---- B-splines ----


def knot_interval(t, k, x):
    """The last knot at or before each point, of those that bound a piece of the spline."""
    return np.clip(np.searchsorted(t, x, side="right") - 1, k, len(t) - k - 2)


def de_boor(d, t, k, x, ell, nu):
    """The derivative of order `nu` of splines whose coefficients at the knots around the interval are ``d[0..k]``, by
    the algorithm of de Boor (1972); x and the intervals have a last axis for what a coefficient holds."""
    if nu > k:
        return 0.0 * (d[0] * x)
    d = list(d)
    for r in range(1, k + 1):
        for j in range(k, r - 1, -1):
            left, right = t[ell - k + j], t[ell + j + 1 - r]
            if r <= nu:
                d[j] = (k - r + 1) * (d[j] - d[j - 1]) / (right - left)
            else:
                share = (x - left) / (right - left)
                d[j] = (1.0 - share) * d[j - 1] + share * d[j]
    return d[k]


@kernel("scipy.interpolate._dierckx.evaluate_spline")
def evaluate_spline(t, c, k, x, nu, extrapolate):
    t, c, x = real_numbers(t, c, x)

    def value(t, c, x):
        return _scipy("_dierckx", "evaluate_spline")(t, np.ascontiguousarray(c), k, x, nu, extrapolate)

    ell = knot_interval(t, k, x)
    model = de_boor([c[ell - k + j] for j in range(k + 1)], t, k, x[:, None], ell[:, None], nu)
    return compiled(value, _not_a_number_outside(model, t[k : len(t) - k], x, extrapolate), t, c, x)


def _basis(t, k, x, ell, nu):
    """The basis splines that do not vanish in the intervals, (points, k + 1)."""
    units = [np.broadcast_to(row, (len(x), k + 1)) for row in np.eye(k + 1)]
    return de_boor(units, t, k, x[:, None], ell[:, None], nu)


@kernel("scipy.interpolate._dierckx.evaluate_all_bspl")
def evaluate_all_bspl(t, k, xval, m, nu=0):
    t, xval = real_numbers(t, xval)

    def value(t, xval):
        return _scipy("_dierckx", "evaluate_all_bspl")(t, k, np.asarray(xval).item(), m, nu)

    return compiled(value, _basis(t, k, np.reshape(xval, (1,)), np.array([m]), nu)[0], t, xval)


@kernel("scipy.interpolate._dierckx.find_interval")
def find_interval(t, k, xval, prev_l, extrapolate):
    t, xval = real_numbers(t, xval)
    if not extrapolate and not t[k] <= xval <= t[len(t) - k - 1]:
        return -1
    return int(knot_interval(t, k, xval))


@kernel("scipy.interpolate._dierckx._coloc")
def _coloc(x, t, k, ab, offset=0):
    """The collocation matrix in diagonal ordered form, transposed, written into `ab`."""
    x, t = real_numbers(x, t)
    shape = ab.shape

    def value(x, t):
        found = np.zeros(shape)
        _scipy("_dierckx", "_coloc")(x, t, k, found, offset)
        return found

    ell, rows = knot_interval(t, k, x), np.arange(len(x))[:, None]
    columns = ell[:, None] - k + np.arange(k + 1)
    model = np.zeros_like(x, shape=shape)
    model[columns, 2 * k + offset + rows - columns] = _basis(t, k, x, ell, 0)
    ab[...] = ab + compiled(value, model, x, t)


@kernel("scipy.linalg.lapack.get_lapack_funcs", "scipy.linalg.lapack.dgesv")
def get_lapack_funcs(names, arrays=(), *args, **kwargs):
    """Those that the constructors of splines ask for."""
    if tuple(names) != ("gbsv",):
        raise UnsupportedOperation(f"LAPACK's {', '.join(names)} of traced matrices", "use scipy.linalg.solve")
    return (_gbsv,)


def _gbsv(kl, ku, ab, b, **options):
    from scipy.linalg.lapack import dgbsv

    from dualtape.handlers.scipy_linalg import solve_banded

    ab, b = real_numbers(ab, b)

    def value(ab, b):
        return dgbsv(kl, ku, ab, b)[2]

    return None, None, compiled(value, solve_banded((kl, ku), ab[kl:], b), ab, b), 0


# ---- tensor products of B-splines ----


@kernel("scipy.interpolate._ndbspline.make_ndbspl")
def make_ndbspl(points, values, k=3, **options):
    """The spline through values on a grid, not-a-knot in all dimensions: one dimension after the other."""
    from dualtape.rewrite.library import live

    *points, values = real_numbers(*points, values)
    n, model, knots = len(points), values, []
    degrees = (k,) * n if np.ndim(k) == 0 else tuple(k)
    for axis in range(n):
        along = live(_scipy("_bsplines", "make_interp_spline"))(points[axis], model, degrees[axis], axis=axis)
        knots.append(along.t)
        model = np.moveaxis(along.c, 0, axis)

    def value(*xs):
        return _scipy("_ndbspline", "make_ndbspl")(xs[:-1], xs[-1], k, **options).c

    return live(_scipy("_ndbspline", "NdBSpline"))(tuple(knots), compiled(value, model, *points, values), k)


@kernel("scipy.interpolate._dierckx.evaluate_ndbspline")
def evaluate_ndbspline(xi, t, len_t, k, nu, extrapolate, c1r, num_c_tr, strides_c1, indices_k1d):
    xi, t, c1r = real_numbers(xi, t, c1r)
    len_t, k, nu, strides_c1, indices_k1d = opened([len_t, k, nu, strides_c1, indices_k1d], [])

    def value(xi, t, c1r):
        return _scipy("_dierckx", "evaluate_ndbspline")(
            xi, t, len_t, k, nu, extrapolate, c1r, num_c_tr, strides_c1, indices_k1d
        )

    lengths = [int(n - degree - 1) for n, degree in zip(len_t, k, strict=True)]
    weight, places, is_inside = 1.0, [], True
    for d, degree in enumerate(map(int, k)):
        knots, x = t[d, : len_t[d]], xi[:, d]
        ell = knot_interval(knots, degree, x)
        weight = weight * _basis(knots, degree, x, ell, int(nu[d]))[:, indices_k1d[:, d]]
        places.append(ell[:, None] - degree + indices_k1d[:, d])
        is_inside = is_inside & (knots[degree] <= x) & (x <= knots[lengths[d]])
    c = np.reshape(c1r, (*lengths, num_c_tr))[tuple(places)]
    model = np.sum(weight[:, :, None] * c, axis=1)
    if not extrapolate:
        model = model * np.where(is_inside, 1.0, np.nan)[:, None]
    return compiled(value, model, xi, t, c1r)


# ---- grids ----


@kernel("scipy.interpolate._interpnd._ndim_coords_from_arrays")
def _ndim_coords_from_arrays(points, ndim=None):
    if isinstance(points, tuple) and len(points) == 1:
        points = points[0]
    if isinstance(points, tuple):
        return np.stack(np.broadcast_arrays(*real_numbers(*points)), axis=-1)
    (points,) = real_numbers(points)
    return np.reshape(points, (-1, ndim or 1)) if points.ndim == 1 else points


@kernel("scipy.interpolate._rgi_cython.find_indices")
def find_indices(grid, xi):
    cells, shares = [], []
    for points, x in zip(grid, xi, strict=True):
        points, x = real_numbers(points, x)
        cell = piece_of(points, x)
        cells.append(cell)
        shares.append((x - points[cell]) / (points[cell + 1] - points[cell]))
    return np.stack(cells), np.stack(shares)


@kernel("scipy.interpolate._rgi_cython.evaluate_linear_2d")
def evaluate_linear_2d(values, indices, norm_distances, grid, out):
    values, shares = real_numbers(values, norm_distances)
    i, j = indices = np.asarray(indices)
    u, v = shares

    def value(values, shares):
        plain = tuple(np.zeros(n) for n in values.shape)  # only their number counts
        return _scipy("_rgi_cython", "evaluate_linear_2d")(values, indices, shares, plain, np.empty(len(i)))

    model = (values[i, j] * (1 - u) + values[i + 1, j] * u) * (1 - v)
    model = model + (values[i, j + 1] * (1 - u) + values[i + 1, j + 1] * u) * v
    return compiled(value, model, values, shares)
