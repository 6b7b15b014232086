"""Interpolants of scipy.interpolate in a clone, evaluated at traced points: the table is constant, derivatives are the
interpolant's own."""

import numpy as np

from dualtape.errors import UnsupportedOperation
from dualtape.handlers.complex_numbers import made
from dualtape.ops.constant_maps import Table, looked_up
from dualtape.rewrite.fitpack_kernels import spalde, splint
from dualtape.rewrite.wrapping import Wrapper, active_array, has_active_part


def _looked_up(x, table, orders):
    if not table.is_complex:
        return looked_up(x, table, orders)
    return made(*(looked_up(x, table.part(k), orders) for k in (0, 1)))


class Interpolant(Wrapper):
    """A function of one variable; `_derivative` tells its derivatives."""

    __slots__ = ()
    _lives = True

    def _derivative(self, order, options):
        """The derivative of an order as a function of plain points."""
        raise NotImplementedError

    def _table(self, options, offset=0):
        def at(x, orders):
            return np.asarray(self._derivative(orders[0] + offset, options)(np.asarray(x, dtype=np.float64)))[()]

        sample = at(np.zeros(0) + self._inside(), (0,))
        return Table(at, 0, np.shape(sample)[1:], np.iscomplexobj(sample))

    def _inside(self):
        """A point at which the interpolant can be evaluated, shape (1,)."""
        return np.ravel(np.asarray(self.__wrapped__.x, dtype=np.float64))[:1]

    def _at(self, x, options, offset=0):
        return _looked_up(active_array(x), self._table(options, offset), (0,))

    def __call__(self, x, *args, **kwargs):
        return self._at(x, {}) if has_active_part(x) else self._plainly("__call__", x, *args, **kwargs)


class Piecewise(Interpolant):
    """PPoly, BPoly, BSpline and all that derive from them: CubicSpline, PchipInterpolator, Akima1DInterpolator."""

    __slots__ = ()

    def _derivative(self, order, options):
        return lambda x: self.__wrapped__(x, nu=order, **options)

    def _inside(self):
        knots = self.__wrapped__.x if hasattr(self.__wrapped__, "x") else self.__wrapped__.t
        return 0.5 * (knots[:1] + knots[-1:])

    def __call__(self, x, nu=0, extrapolate=None):
        if not has_active_part(x) or self.__wrapped__.axis:
            return self._plainly("__call__", x, nu, extrapolate)
        return self._at(x, {"extrapolate": extrapolate}, nu)


class Univariate(Interpolant):
    """UnivariateSpline and those that derive from it."""

    __slots__ = ()
    _lives = False

    def _derivative(self, order, options):
        spline, degree = self.__wrapped__, self.__wrapped__._eval_args[2]
        if order > degree:
            return lambda x: np.zeros(np.shape(x))
        return lambda x: spline(x, nu=order, **options)

    def _inside(self):
        return np.ravel(self.__wrapped__.get_knots())[:1]

    def __call__(self, x, nu=0, ext=None):
        if not has_active_part(x):
            return self._plainly("__call__", x, nu, ext)
        return self._at(x, {"ext": ext}, nu)

    def integral(self, a, b):
        if not (has_active_part(a) or has_active_part(b)):
            return self._plainly("integral", a, b)
        return splint(a, b, self.__wrapped__._eval_args)

    def derivatives(self, x):
        return spalde(x, self.__wrapped__._eval_args) if has_active_part(x) else self._plainly("derivatives", x)


class ByOrder(Interpolant):
    """KroghInterpolator and BarycentricInterpolator, which have a method for their derivatives."""

    __slots__ = ()

    def _derivative(self, order, options):
        return self.__wrapped__ if order == 0 else lambda x: self.__wrapped__.derivative(x, order)

    def _inside(self):
        return np.ravel(self.__wrapped__.xi)[:1]


class Linear1D(Interpolant):
    """interp1d."""

    __slots__ = ()

    def _derivative(self, order, options):
        f = self.__wrapped__
        if order == 0:
            return f
        degree = _degree(f)
        if order > degree:
            return lambda x: np.zeros((*np.shape(x), *np.shape(f(f.x[:1]))[1:]))
        spline, shape = _spline_of(f).derivative(order), np.moveaxis(f.y, f.axis, 0).shape[1:]

        def slope(x):
            found = np.reshape(spline(x), (*np.shape(x), *shape))
            if f.fill_value is None or not _extrapolates(f):
                outside = (x < f.x[0]) | (x > f.x[-1])
                found = np.where(outside.reshape(outside.shape + (1,) * (found.ndim - outside.ndim)), 0.0, found)
            return found

        return slope

    def __call__(self, x):
        if self.__wrapped__.axis % self.__wrapped__.y.ndim:
            return self._plainly("__call__", x)
        return super().__call__(x)


def _extrapolates(f):
    return isinstance(f.fill_value, str) and f.fill_value == "extrapolate" or f._extrapolate


def _degree(f):
    """The degree of the polynomials between the points of an interp1d."""
    if f._kind == "spline":
        return f._spline.k
    return 1 if f._kind == "linear" else 0


def _spline_of(f):
    """An interp1d with polynomials of degree 1 or more as a BSpline."""
    if f._kind == "spline":
        return f._spline
    from scipy.interpolate import make_interp_spline

    return make_interp_spline(f.x, np.moveaxis(f.y, f.axis, 0), k=1)


class Grid(Wrapper):
    """RegularGridInterpolator."""

    __slots__ = ()
    _lives = True

    def __call__(self, xi, method=None, *, nu=None):
        if not has_active_part(xi):
            return self._plainly("__call__", xi, method, nu=nu)
        f = self.__wrapped__
        points = [np.asarray(x) for x in f.grid]
        if isinstance(xi, tuple):
            xi = np.stack(np.broadcast_arrays(*map(active_array, xi)), axis=-1)
        xi = active_array(xi)
        xi = np.reshape(xi, (1, -1)) if np.ndim(xi) == 1 else xi
        n = len(points)
        if np.shape(xi)[-1] != n:
            return self._plainly("__call__", np.zeros(np.shape(xi)), method, nu=nu)  # raises SciPy's error
        kind = f.method if method is None else method
        at = _linear_on_grid if kind == "linear" else _spline_on_grid
        if kind not in ("linear", "slinear", "cubic", "quintic", "nearest"):
            return self._plainly("__call__", xi, method, nu=nu)
        table = Table(
            lambda x, orders: at(f, kind, points, x, orders), n, np.shape(f.values)[n:], np.iscomplexobj(f.values)
        )
        return _looked_up(xi, table, tuple(nu) if nu is not None else (0,) * n)


def _spline_on_grid(f, kind, points, x, orders):
    if not any(orders):
        return f(x, kind)
    if kind == "nearest":
        return np.zeros(np.shape(f(x, kind)))
    degree = {"slinear": 1, "cubic": 3, "quintic": 5}[kind]
    if max(orders) > degree:
        return np.zeros(np.shape(f(x, kind)))
    return f(x, kind, nu=orders)


def _linear_on_grid(f, kind, points, x, orders):
    """The multilinear interpolant, or one of its derivatives: differences in place of means along some axes."""
    if not any(orders):
        return f(x, kind)
    value = f(x, kind)  # raises what SciPy raises outside of the grid
    if max(orders) > 1:
        return np.zeros(np.shape(value))
    flat = np.reshape(x, (-1, len(points)))
    cells = [np.clip(np.searchsorted(p, flat[:, k], side="right") - 1, 0, p.size - 2) for k, p in enumerate(points)]
    total = 0.0
    for corner in np.ndindex(*(2,) * len(points)):
        weight = 1.0
        for k, p in enumerate(points):
            width = p[cells[k] + 1] - p[cells[k]]
            share = (flat[:, k] - p[cells[k]]) / width
            if orders[k]:
                weight = weight * np.where(corner[k], 1.0 / width, -1.0 / width)
            else:
                weight = weight * (share if corner[k] else 1.0 - share)
        values = f.values[tuple(cells[k] + corner[k] for k in range(len(points)))]
        total = total + values * np.reshape(weight, (-1, *(1,) * (values.ndim - 1)))
    outside = np.zeros(len(flat), dtype=bool)
    if f.fill_value is not None:
        for k, p in enumerate(points):
            outside |= (flat[:, k] < p[0]) | (flat[:, k] > p[-1])
    total[outside] = 0.0
    return np.reshape(total, np.shape(value))


class Surface(Wrapper):
    """RectBivariateSpline and other functions of two variables."""

    __slots__ = ()

    def ev(self, xi, yi, dx=0, dy=0):
        return self(xi, yi, dx, dy, grid=False)

    def __call__(self, x, y, dx=0, dy=0, grid=True):
        if not (has_active_part(x) or has_active_part(y)):
            return self._plainly("__call__", x, y, dx=dx, dy=dy, grid=grid)
        x, y = active_array(x), active_array(y)
        if grid:
            x, y = np.reshape(x, (-1, 1)), np.reshape(y, (1, -1))
        points = np.stack(np.broadcast_arrays(x, y), axis=-1)
        spline, degrees = self.__wrapped__, self.__wrapped__.degrees

        def at(p, orders):
            if orders[0] > degrees[0] or orders[1] > degrees[1]:
                return np.zeros(np.shape(p)[:-1])
            return np.asarray(spline(p[..., 0], p[..., 1], dx=orders[0], dy=orders[1], grid=False))[()]

        return looked_up(points, Table(at, 2, ()), (dx, dy))


class Scattered(Wrapper):
    """NearestNDInterpolator, a step, and LinearNDInterpolator, which is linear in the simplex that a point is in."""

    __slots__ = ()

    def __call__(self, *args, **options):
        if not any(map(has_active_part, args)):
            return self._plainly("__call__", *args, **options)
        f, kind = self.__wrapped__, type(self.__wrapped__).__name__
        if kind == "CloughTocher2DInterpolator":
            raise UnsupportedOperation(f"{kind} at traced points", "use RBFInterpolator, or LinearNDInterpolator")
        n = f.points.shape[1]
        if len(args) > 1 or isinstance(args[0], tuple):
            parts = args if len(args) > 1 else args[0]
            points = np.stack(np.broadcast_arrays(*map(active_array, parts)), axis=-1)
        else:
            points = active_array(args[0])
            points = np.reshape(points, (-1, n)) if np.ndim(points) == 1 else points
        slope = _slope_of_nearest if kind == "NearestNDInterpolator" else _slope_in_simplex

        def at(x, orders):
            return slope(f, x, orders) if any(orders) else _values_at(f, x, **options)

        values = np.shape(f.values)[1:] if kind == "NearestNDInterpolator" else np.shape(at(f.points[:1], (0,) * n))[1:]
        return _looked_up(points, Table(at, n, values, np.iscomplexobj(f.values)), (0,) * n)


def _values_at(f, x, **options):
    """The values at points, of which there may be one, with the shape of the points."""
    return np.asarray(f(tuple(np.moveaxis(x, -1, 0)), **options))[()]


def _slope_of_nearest(f, x, orders):
    return np.zeros(np.shape(_values_at(f, x)))


def _slope_in_simplex(f, x, orders):
    """The slope of the plane through the values at the corners; what fills the outside is constant."""
    found = _values_at(f, x)
    if sum(orders) > 1:
        return np.where(np.isnan(found), np.nan, 0.0)
    axis, flat = orders.index(1), np.reshape(x, (-1, np.shape(x)[-1]))
    scaled = (flat - f.offset) / f.scale if f.scale is not None else flat
    simplices = f.tri.find_simplex(scaled)
    corners = f.tri.simplices[simplices]
    places, values = f.tri.points[corners], np.reshape(f.values, (len(f.points), -1))[corners]
    slopes = np.linalg.solve(places[:, 1:] - places[:, :1], values[:, 1:] - values[:, :1])[:, axis]
    slopes = slopes / f.scale[axis] if f.scale is not None else slopes
    outside = np.reshape(simplices, np.shape(x)[:-1])
    slopes = np.reshape(slopes, np.shape(found))
    outside = np.reshape(outside == -1, outside.shape + (1,) * (np.ndim(found) - outside.ndim))
    return np.where(outside, np.where(np.isnan(found), np.nan, 0.0), slopes)


class Living(Wrapper):
    """Objects whose own methods run on traced numbers."""

    __slots__ = ()
    _lives = True


CLASSES = {
    "AAA": Living,
    "RBFInterpolator": Living,
    "Rotation": Living,
    "Slerp": Living,
    "NearestNDInterpolator": Scattered,
    "LinearNDInterpolator": Scattered,
    "CloughTocher2DInterpolator": Scattered,
    "NdPPoly": Living,
    "NdBSpline": Living,
    "PPoly": Piecewise,
    "BPoly": Piecewise,
    "BSpline": Piecewise,
    "KroghInterpolator": ByOrder,
    "BarycentricInterpolator": ByOrder,
    "UnivariateSpline": Univariate,
    "interp1d": Linear1D,
    "RegularGridInterpolator": Grid,
    "RectBivariateSpline": Surface,
    "SmoothBivariateSpline": Surface,
    "LSQBivariateSpline": Surface,
}
