"""What `np` and `dualtape` mean to a random program whose numbers are series.

Object arrays take indexing, writing, sums, products and movement from NumPy itself. Here is the rest, each function by
its definition: the elementwise functions, linear algebra by elimination and rotations, derivatives by one more level.
"""

import functools
import itertools
import operator
import types

import numpy as np

from . import series
from .series import Series, Undecided

_LEVELS = [0]  # the highest level in use


def __getattr__(name):
    return getattr(np, name)


def _item(number):
    """A number: NumPy keeps an array of shape () as it is where one of objects takes it in."""
    return number[()] if isinstance(number, np.ndarray) and number.ndim == 0 else number


def lifted(function):
    """A function of numbers as a function of arrays that broadcasts."""
    ufunc = None

    def to_series(*numbers):
        result = function(*map(_item, numbers))
        result = _item(result)
        return result if isinstance(result, Series) else series.constant(result)

    def of_arrays(*operands, out=None, where=True):
        nonlocal ufunc
        ufunc = ufunc or np.frompyfunc(to_series, len(operands), 1)
        result = ufunc(*operands)
        if out is None:
            return result
        np.copyto(out, result, where=where)
        return out

    return of_arrays


def _unary(name):
    return lifted(functools.partial(series.compose, name))


sin, cos, tan, sinh, cosh, tanh, exp, log, sqrt, cbrt = map(
    _unary, ("sin", "cos", "tan", "sinh", "cosh", "tanh", "exp", "log", "sqrt", "cbrt")
)
arcsin, arctan, arcsinh, arccosh, arctanh = map(_unary, ("arcsin", "arctan", "arcsinh", "arccosh", "arctanh"))
absolute = fabs = lifted(series.absolute)
sign = lifted(series.sign)
floor = lifted(series.floor)
ceil = lifted(lambda x: -series.floor(-x))
rint = lifted(lambda x: series.floor(x, round))
trunc = fix = lifted(lambda x: series.sign(x) * series.floor(series.absolute(x)))
power = float_power = lifted(series.power)
hypot = lifted(lambda x, y: series.compose("sqrt", x * x + y * y))
logaddexp = lifted(lambda x, y: series.compose("log", series.compose("exp", x) + series.compose("exp", y)))
remainder = mod = lifted(lambda x, y: x - y * series.floor(x / y))
fmod = lifted(lambda x, y: x - y * trunc(x / y))


@lifted
def copysign(x, y):
    if series.base(y) == 0:
        raise Undecided("the sign of a zero decides")
    return series.absolute(x) * series.sign(y)


expm1 = lambda x: exp(x) - 1.0
log1p = lambda x: log(1.0 + x)
exp2 = lambda x: exp(x * _log_of(2.0, x))
log2 = lambda x: log(x) / _log_of(2.0, x)
log10 = lambda x: log(x) / _log_of(10.0, x)
logaddexp2 = lambda x, y: log2(exp2(x) + exp2(y))
arccos = lambda x: _pi(x) / 2.0 - arcsin(x)
deg2rad = radians = lambda x: x * (_pi(x) / 180.0)
rad2deg = degrees = lambda x: x * (180.0 / _pi(x))


def square(x, out=None):
    return np.multiply(x, x, out=out)


reciprocal = lambda x: 1.0 / x
maximum_of_two = lambda x, y: x if x >= y else y
heaviside = lifted(lambda x, y: (1.0 + series.sign(x)) / 2.0)


real = lifted(lambda x: x.real)
imag = lifted(lambda x: x.imag)
conj = lifted(lambda x: x.conjugate())
angle = lambda z: arctan2(imag(z), real(z))


def _arithmetic(x):
    """A number of the kind that stands at the base of x."""
    flat = np.ravel(np.asarray(x, dtype=object))
    return series.base(flat[0]) if flat.size else 1.0


def _log_of(number, x):
    one = _arithmetic(x) * 0 + number
    return series.taylor("log", one, 0)[0]


def _pi(x):
    one = _arithmetic(x) * 0 + 1
    return 4 * series.taylor("arctan", one, 0)[0]


@lifted
def arctan2(y, x):
    if series.base(y) == 0 and x < 0.0:
        raise Undecided("the sign of a zero decides")
    if series.absolute(y) <= series.absolute(x):
        turn = 0.0 if x > 0.0 else (-_pi(y) if y < 0.0 else _pi(y))
        return series.compose("arctan", y / x) + turn
    return (_pi(y) / 2 if y > 0.0 else -_pi(y) / 2) - series.compose("arctan", x / y)


@lifted
def sinc(x):
    y = _pi(x) * x
    if series.base(y) == 0:  # its Taylor series, as far as any derivative here goes
        return 1.0 - y * y / 6.0 + series.power(y, 4) / 120.0
    return series.compose("sin", y) / y


# Creation: everywhere room for series.


def _as_series(x):
    x = x[()] if isinstance(x, np.ndarray) else x
    return x if isinstance(x, Series) else series.constant(x)


constants = np.vectorize(_as_series, otypes=[object])


def zeros(shape, like=None):
    return full(shape, 0.0)


def empty(shape, like=None):
    return full(shape, np.nan)


def ones(shape, like=None):
    return full(shape, 1.0)


def full(shape, value, like=None):
    return constants(np.full(shape, value, dtype=object)) if np.prod(shape) else np.empty(shape, dtype=object)


def array(entries, dtype=None, like=None):
    return constants(np.array(entries, dtype=object))


copy = array


def full_like(a, value, shape=None):
    """In the memory order of a, as NumPy's own: writes through a view of it reach the same elements."""
    made = np.empty_like(np.asarray(a, dtype=object), shape=shape)
    made[...] = full(made.shape, value)
    return made


def zeros_like(a, shape=None):
    return full_like(a, 0.0, shape)


def ones_like(a):
    return full_like(a, 1.0)


empty_like = zeros_like


def stack(arrays, axis=0):
    return constants(np.stack(arrays, axis))  # they may all be plain


def pad(array, pad_width, **options):
    return constants(np.pad(array, pad_width, **options))


def apply_along_axis(function, axis, a):
    return np.apply_along_axis(lambda row: constants(function(row)), axis, a)


def arange(*limits):
    return constants(np.arange(*limits))


def eye(n, like=None):
    return constants(np.eye(n))


# Reductions and order.


def median(a, axis=None):
    rows = np.sort(a, axis=axis) if axis is not None else np.sort(np.ravel(a))
    rows = np.moveaxis(rows, -1 if axis is None else axis, 0)
    n = len(rows)
    return rows[n // 2] if n % 2 else (rows[n // 2 - 1] + rows[n // 2]) / 2.0


def quantile(a, q, axis=None):
    rows = np.moveaxis(np.sort(a, axis=axis), axis, 0) if axis is not None else np.sort(np.ravel(a))
    place = q * (len(rows) - 1)
    k = min(int(place), len(rows) - 2)
    return rows[k] + (place - k) * (rows[k + 1] - rows[k]) if len(rows) > 1 else rows[0]


def percentile(a, q, axis=None):
    return quantile(a, q / 100.0, axis)


def var(a, axis=None, ddof=0):
    deviation = a - np.mean(a, axis=axis, keepdims=True)
    return np.sum(deviation * deviation, axis=axis) / (np.sum(np.ones(np.shape(a)), axis=axis) - ddof)


def std(a, axis=None, ddof=0):
    return sqrt(var(a, axis, ddof))


def interp(x, xp, fp):
    def at(z):
        if z <= xp[0]:
            return fp[0]
        for k in range(len(xp) - 1):
            if z <= xp[k + 1]:
                return fp[k] + (fp[k + 1] - fp[k]) * ((z - xp[k]) / (xp[k + 1] - xp[k]))
        return fp[-1]

    return lifted(at)(x)


def clip(a, low, high):
    return np.minimum(np.maximum(a, low), high)


def einsum(subscripts, *operands):
    return np.einsum(subscripts, *(np.asarray(a, dtype=object) for a in operands))


def where(condition, x, y):
    return np.where(condition, x, y)[()]


def select(conditions, choices, default):
    return np.select(conditions, choices, default)[()]


def ediff1d(a):
    return np.diff(a)


def unique(a):
    if len({series.base(x) for x in a}) < len(a):
        raise Undecided("equal numbers")
    return np.sort(a)


def unwrap(p):
    turns, result = 0.0, [p[0]]
    for before, here in zip(p[:-1], p[1:]):
        turns = turns - series.floor((here - before + _pi(p)) / (2.0 * _pi(p)))
        result.append(here + 2.0 * _pi(p) * turns)
    return np.stack(result)


def isnan(a):
    return np.vectorize(lambda x: series.base(x) != series.base(x), otypes=[bool])(a)


def nansum(a, axis=None):
    return constants(np.sum(np.where(isnan(a), 0.0, a), axis=axis))[()]


def nanmean(a):
    return np.mean(np.ravel(a)[~np.ravel(isnan(a))])


def trapezoid(y, x=None, axis=-1):
    y = np.moveaxis(y, axis, -1)
    widths = 1.0 if x is None else np.diff(x)
    return np.sum(widths * (y[..., 1:] + y[..., :-1]) / 2.0, axis=-1)


def gradient(a):
    return np.concatenate([a[1:2] - a[:1], (a[2:] - a[:-2]) / 2.0, a[-1:] - a[-2:-1]])


def cov(x, y):
    rows = np.stack([x, y]) - np.stack([np.mean(x), np.mean(y)])[:, None]
    return rows @ rows.T / (len(x) - 1.0)


def polyval(p, x):
    result = zeros_like(x)[()]
    for coefficient in p:
        result = result * x + coefficient
    return result


def vander(x, n):
    return np.stack([power(x, n - 1 - k) for k in range(n)], axis=1)


def piecewise(x, conditions, functions):
    first, second = functions
    return where(conditions[0], first(x), second(x))


def linspace(start, stop, n):
    return start + (stop - start) / max(n - 1, 1) * np.arange(float(n))


def geomspace(start, stop, n):
    return exp(linspace(log(start), log(stop), n))


def vectorize(function):
    return np.vectorize(function, otypes=[object])


def fromiter(numbers, dtype):
    return np.array(list(numbers), dtype=object)


asarray = array

# Linear algebra.


def _stacked(function):
    """A function of matrices (last two axes of the first operand) for stacks of them."""

    def of_stacks(A, *others):
        A = np.asarray(A, dtype=object)
        if A.ndim == 2:
            return function(A, *others)
        parts = [of_stacks(part, *(other[k] for other in others)) for k, part in enumerate(A)]
        if isinstance(parts[0], tuple):
            return tuple(_stack(part) for part in zip(*parts))
        return _stack(parts)

    return of_stacks


def _stack(parts):
    return np.stack([np.asarray(part, dtype=object) for part in parts])


def _eliminated(A, B):
    """The solution of A X = B by Gauss-Jordan elimination of [A | B], with pivots of largest value."""
    n, A = len(A), np.concatenate([A, B], axis=1)
    for k in range(n):
        pivot = max(range(k, n), key=lambda i: np.abs(series.base(A[i, k])))
        if series.base(A[pivot, k]) == 0:
            raise Undecided("a singular matrix")
        if pivot != k:
            A[[k, pivot]] = A[[pivot, k]]
        A[k] = A[k] / A[k, k]
        for i in range(n):
            if i != k:
                A[i] = A[i] - A[i, k] * A[k]
    return A[:, n:]


@_stacked
def _solve(A, b):
    b = np.asarray(b, dtype=object)
    return _eliminated(A, b.reshape(len(A), b.size // max(len(A), 1))).reshape(b.shape)


@_stacked
def _inv(A):
    return _eliminated(A, eye(len(A)))


@_stacked
def _det(A):
    """Leibniz's sum over permutations, which singular matrices do not disturb."""
    n, total = len(A), 0.0
    for order in itertools.permutations(range(n)):
        inversions = sum(order[i] > order[j] for i in range(n) for j in range(i + 1, n))
        total = total + functools.reduce(operator.mul, (A[i, order[i]] for i in range(n)), (-1.0) ** inversions)
    return total


def _slogdet(A):
    determinant = _det(A)
    return sign(determinant), log(absolute(determinant))


@_stacked
def _cholesky(A):
    L = zeros_like(A)
    for i in range(len(A)):
        for j in range(i + 1):
            rest = A[i, j] - np.sum(L[i, :j] * L[j, :j])
            L[i, j] = sqrt(rest) if i == j else rest / L[j, j]
    return L


@_stacked
def _qr(A):
    """Gram-Schmidt; the signs are those of Householder's reflections only in products that do not see them."""
    n = min(A.shape)
    Q, R = zeros(A.shape[:1] + (n,)), zeros((n, A.shape[1]))
    for j in range(A.shape[1]):
        column = A[:, j]
        for i in range(min(j, n)):
            R[i, j] = np.sum(Q[:, i] * column)
            column = column - Q[:, i] * R[i, j]
        if j < n:
            R[j, j] = sqrt(np.sum(column * column))
            Q[:, j] = column / R[j, j]
    return Q, R


@_stacked
def _eigh(A):
    """Cyclic Jacobi rotations (Golub & Van Loan, algorithm 8.5.3), of the lower triangle."""
    n, V = len(A), eye(len(A))
    A = np.tril(A) + np.tril(A, -1).T
    for _ in range(14):
        for p in range(n):
            for q in range(p + 1, n):
                gap = A[q, q] - A[p, p]
                twice = 2.0 * A[p, q]
                if series.is_zero(twice):
                    continue
                toward = 1.0 if series.base(gap) >= 0 else -1.0
                t = toward * twice / (gap * toward + sqrt(gap * gap + twice * twice))
                c = 1.0 / sqrt(1.0 + t * t)
                s = c * t
                for M in (A.T, A, V.T):  # rotate columns of A, its rows, columns of V
                    M[p], M[q] = c * M[p] - s * M[q], s * M[p] + c * M[q]
    order = np.argsort(np.diagonal(A))
    return np.diagonal(A)[order], V[:, order]


def _norm(a, ord=None, axis=None):
    if axis is None and np.ndim(a) == 2 and ord in (2, -2, "nuc"):
        values = linalg.svdvals(a)
        return np.sum(values) if ord == "nuc" else values[0 if ord == 2 else -1]
    if axis is None and np.ndim(a) == 2 and ord in (1, np.inf):
        return np.max(np.sum(absolute(a), axis=0 if ord == 1 else 1))
    if axis is None:
        a = np.ravel(a)
    if ord in (None, 2, "fro"):
        return sqrt(np.sum(a * a, axis=axis))
    if ord == np.inf:
        return np.max(absolute(a), axis=axis)
    return np.sum(absolute(a) ** ord, axis=axis) ** (1.0 / ord)


def _matrix_power(A, n):
    result = eye(len(A))
    for _ in range(np.abs(n)):
        result = result @ A
    return _inv(result) if n < 0 else result


linalg = types.SimpleNamespace(
    solve=_solve,
    inv=_inv,
    det=_det,
    slogdet=_slogdet,
    cholesky=_cholesky,
    qr=_qr,
    eigh=_eigh,
    eigvalsh=lambda A: _eigh(A)[0],
    svd=lambda A, compute_uv=False: linalg.svdvals(A),
    cond=lambda A: linalg.svdvals(A)[0] / linalg.svdvals(A)[-1],
    svdvals=lambda A: sqrt(_eigh(A.T @ A)[0][::-1]),
    pinv=lambda A: _solve(A.T @ A, A.T),
    lstsq=lambda A, b, rcond=None: (_solve(A.T @ A, A.T @ b),),
    norm=_norm,
    matrix_power=_matrix_power,
    multi_dot=lambda matrices: functools.reduce(np.dot, matrices),
)


# Fourier transforms, as sums.


def _roots_of_one(n, m, sign):
    """exp(sign 2 pi i j k / n) for j < m, k < n, in the arithmetic at hand."""
    turn = lambda j, k: series.kind_of_complex(sign * 2 * ((j * k) % n), n)
    return np.array([[turn(j, k) for k in range(n)] for j in range(m)], dtype=object).reshape(m, n)


def _transform(sign):
    def transform(a, axis=-1):
        a = np.moveaxis(np.asarray(a, dtype=object), axis, -1)
        n = a.shape[-1]
        result = a @ _roots_of_one(n, n, sign).T
        return np.moveaxis(result if sign < 0 else result / n, -1, axis)

    return transform


def _of_half(z, n):
    """Inverse transform of the first half of the terms: those of a real signal."""
    z = z[: n // 2 + 1]
    turns = _roots_of_one(n, n, 1)
    terms = [real(z[k] * turns[:, k]) * (1.0 if k == 0 or 2 * k == n else 2.0) for k in range(n // 2 + 1)]
    return functools.reduce(np.add, terms) / n


fft = types.SimpleNamespace(
    fft=_transform(-1),
    ifft=_transform(1),
    fft2=lambda a: _transform(-1)(_transform(-1)(a), axis=0),
    rfft=lambda a: _transform(-1)(a)[: len(a) // 2 + 1],
    irfft=_of_half,
)


# Derivatives.


def _along(f, x, direction, order=1):
    """f on the line through x, and the level of the line's variable."""
    _LEVELS[0] += 1
    level = _LEVELS[0]
    try:
        line = lifted(lambda p, q: series.variable(level, p, q, order))(x, direction)
        return f(line), level
    finally:
        _LEVELS[0] -= 1


def _slope(y, level):
    return lifted(lambda number: series.coefficient(number, level, 1))(y)


def jvp(f, x, direction):
    y, level = _along(f, x, direction)
    return lifted(lambda number: series.coefficient(number, level, 0))(y), _slope(y, level)


def jacobian(f):
    def derivative(x):
        directions = np.eye(np.size(x)).reshape(-1, *np.shape(x))
        columns = np.stack([np.asarray(jvp(f, x, direction)[1], dtype=object) for direction in directions], axis=-1)
        full_shape = columns.shape[:-1] + np.shape(x)
        return columns.reshape(full_shape) if full_shape else columns[..., 0][()]

    return derivative


grad = jacobian


def hessian(f):
    return jacobian(jacobian(f))


def vjp(f, x):
    J = jacobian(f)(x)
    return f(x), lambda w: np.tensordot(np.asarray(w, dtype=object), np.asarray(J, dtype=object), axes=np.ndim(w))


def hvp(f, x, direction):
    return jvp(grad(f), x, direction)[1]


dualtape = types.SimpleNamespace(grad=grad, jacobian=jacobian, hessian=hessian, jvp=jvp, vjp=vjp, hvp=hvp)
