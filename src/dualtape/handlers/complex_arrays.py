"""Functions of arrays of complex numbers: movement, creation, sums, products, order, and the methods of ndarray.

Most are a real function applied to the parts: what moves elements moves the parts alike, what is linear adds them up,
what is bilinear multiplies them crosswise. Where NumPy computes otherwise, the value is NumPy's (`with_value`)."""

import warnings

import numpy as np

from ..errors import DtypeError, TraceEscapeError, UnsupportedOperation
from ..ops.complex_ops import CUMPROD, EINSUM, PROD
from ..ops.decisions import OPERAND
from ..ops.subscripts import from_lists
from ..trace import functions
from ..trace.decisions import decided
from ..trace.functions import has_parts, is_active, peeked, primal
from ..trace.layout import in_order_of
from . import movement, products
from .borrowed import stacked
from .complex_functions import by_row, store_complex, with_value
from .complex_numbers import COMPLEX, ComplexArray, copied, handles_complex, made, number, or_zero, parts
from .reductions import count_of, root

_ABSENT = np._NoValue


# ---- movement ----


def _part(tree, k):
    """Real (k = 0) or imaginary parts in nested lists of numbers."""
    if type(tree) in (list, tuple):
        return [_part(item, k) for item in tree]
    if tree is None or isinstance(tree, (str, slice)):
        return tree
    part = parts(number(tree))[k]
    return np.zeros(np.shape(tree))[()] if part is None else part


def _joined(re, im):
    """The complex numbers behind what a function gave for both parts."""
    if isinstance(re, (tuple, list)):
        return type(re)([_joined(*pair) for pair in zip(re, im, strict=True)])
    if has_parts(re):
        return re
    views = is_active(re) and is_active(im) and re.shape == im.shape != ()
    return ComplexArray(re, im) if views else made(re, im)


def by_parts(function, data):
    """Register `function`, which treats elements alike, whatever they are; `data` holds the positions and names of
    parameters that hold numbers, None for all positions."""

    def handler(*args, out=None, dtype=None, **kwargs):
        _require_complex(dtype, function)
        found = []
        for k in (0, 1):
            positional = [stacked(_part(x, k)) if data is None or i in data else x for i, x in enumerate(args)]
            named = {key: stacked(_part(x, k)) if data is not None and key in data else x for key, x in kwargs.items()}
            found.append(functions.called(function, positional, named))
        return store_complex(_joined(*found), out)

    handles_complex(function)(handler)


def _require_complex(dtype, function):
    if dtype is not None and np.dtype(dtype).kind != "c":
        raise TraceEscapeError(
            f"{functions.name_of(function)} of complex numbers with dtype={np.dtype(dtype)} would drop a part",
            "take z.real if that is what is meant",
        )


for _function, _data in movement.MOVED.items():
    by_parts(_function, _data)
by_parts(np.pad, {0, "array", "constant_values"})


# ---- creation ----


def _like(function):
    def handler(a, dtype=None, order="K", subok=True, shape=None, *, device=None):
        if dtype is not None and np.dtype(dtype) not in (np.complex128, np.float64):
            return function(np.broadcast_to(0j, np.shape(a) if shape is None else shape), dtype=dtype)
        re, im = parts(a)
        real = function(re if is_active(re) else im, order=order, shape=shape)
        if dtype is not None and np.dtype(dtype) == np.float64:
            return real
        return made(real, np.zeros_like(real))

    handles_complex(function)(handler)


_like(np.zeros_like)
_like(np.ones_like)
_like(np.empty_like)


@handles_complex(np.full_like)
def full_like(a, fill_value, dtype=None, order="K", subok=True, shape=None, *, device=None):
    _require_complex(dtype, np.full_like)
    result = np.zeros_like(a, order=order, shape=shape)
    result = result if has_parts(a) else made(result, 0.0)
    result[...] = fill_value
    return result


@handles_complex(np.copy)
def copy(a, order="K", subok=False):
    return copied(a, order)


@handles_complex(getattr(np, "astype", None))
def astype(x, dtype, /, *, copy=True, device=None):
    return cast(x, dtype, copy=copy)


def cast(z, dtype, order="K", casting="unsafe", subok=True, copy=True):
    """The method ``z.astype(dtype)``. A real type takes the real part, with NumPy's warning."""
    dtype = np.dtype(dtype)
    if dtype == np.complex128:
        return copied(z) if copy else z
    if dtype == np.bool:
        return np.asarray(primal(z), dtype=bool)
    if dtype == np.float64:
        warnings.warn(
            "Casting complex values to real discards the imaginary part", np.exceptions.ComplexWarning, stacklevel=3
        )
        return np.copy(z.real)
    raise UnsupportedOperation(f"astype with dtype={dtype}: traced complex numbers are complex128", "leave it out")


# ---- writing ----


def _writes(function, position):
    """Functions that write into their first argument the number at `position`."""

    @handles_complex(function)
    def handler(target, *args, **kwargs):
        if not has_parts(target):
            raise DtypeError(
                f"{functions.name_of(function)} would write complex numbers into a real array", "make it a complex one"
            )
        for k in (0, 1):
            function(
                target.complex_parts[k],
                *(_part(x, k) if i == position else x for i, x in enumerate(args, 1)),
                **{
                    key: _part(x, k) if key in ("src", "v", "vals", "values", "val") else x for key, x in kwargs.items()
                },
            )


for _function, _position in (
    (np.copyto, 1),
    (np.put, 2),
    (np.place, 2),
    (np.putmask, 2),
    (np.put_along_axis, 2),
    (np.fill_diagonal, 1),
):
    _writes(_function, _position)


# ---- parts ----


@handles_complex(np.real)
def real(val):
    return parts(number(val))[0]


@handles_complex(np.imag)
def imag(val):
    return or_zero(parts(number(val))[1])


@handles_complex(np.angle)
def angle(z, deg=False):
    re, im = parts(number(z))
    turned = np.arctan2(or_zero(im), or_zero(re))
    return turned * (180.0 / np.pi) if deg else turned


@handles_complex(np.real_if_close)
def real_if_close(a, tol=100):
    a = number(a)
    return a if np.iscomplexobj(np.real_if_close(primal(a), tol)) else np.real(a)


@handles_complex(np.nan_to_num)
def nan_to_num(x, copy=True, nan=0.0, posinf=None, neginf=None):
    result = made(*(np.nan_to_num(part, True, nan, posinf, neginf) for part in parts(number(x))))
    if copy or not np.ndim(x):
        return result
    x[...] = result
    return x


@handles_complex(np.sinc)
def sinc(x):
    x = number(x)
    re, im = map(or_zero, parts(x))
    y = np.pi * np.where(np.equal(re, 0.0) & np.equal(im, 0.0), 1.0e-20, x)
    return np.sin(y) / y


@handles_complex(np.round, np.around)
def rounded(a, decimals=0, out=None):
    return store_complex(np.round(primal(number(a)), decimals), out)


# ---- sums ----


def _linear(function):
    """Sums: real parts and imaginary parts by themselves, but NumPy adds them up in another order than real numbers."""

    @handles_complex(function)
    def handler(a, *args, out=None, dtype=None, initial=_ABSENT, **kwargs):
        _require_complex(dtype, function)
        kwargs = {key: primal(x) for key, x in kwargs.items() if x is not _ABSENT}
        xs = [number(a)]
        derived = [None if part is None else function(part, *args, **kwargs) for part in parts(xs[0])]
        if initial is not _ABSENT and initial is not None:
            xs.append(number(initial))
            derived = [_total(x, y) for x, y in zip(derived, parts(xs[1]), strict=True)]
            kwargs["initial"] = OPERAND
        result = with_value(function.__name__, xs, tuple(derived), args=(OPERAND, *args), **kwargs)
        return store_complex(result, out)


_linear(np.sum)
_linear(np.cumsum)
_linear(np.trace)


@handles_complex(np.mean)
def mean(a, axis=None, dtype=None, out=None, keepdims=False, *, where=True):
    _require_complex(dtype, np.mean)
    a = number(a)
    where = primal(where)
    counted = count_of(a, axis, where, keepdims)
    return store_complex(np.sum(a, axis=axis, keepdims=keepdims, where=where) / counted, out)


@handles_complex(np.var)
def var(a, axis=None, dtype=None, out=None, ddof=0, keepdims=False, *, where=True, mean=_ABSENT, correction=_ABSENT):
    """A real number: the mean of ``|a - mean|^2``."""
    ddof = ddof if correction is _ABSENT else correction
    a, where = number(a), primal(where)
    options = {"axis": axis, "where": where}
    if mean is _ABSENT or mean is None:
        mean = np.mean(a, keepdims=True, **options)
    re, im = parts(a - mean)
    square = re * re + im * im
    counted = count_of(a, axis, where, keepdims)
    return store_complex(np.sum(square, keepdims=keepdims, **options) / np.maximum(counted - ddof, 0), out)


@handles_complex(np.std)
def std(a, axis=None, dtype=None, out=None, ddof=0, keepdims=False, *, where=True, mean=_ABSENT, correction=_ABSENT):
    variance = var(a, axis, dtype, None, ddof, keepdims, where=where, mean=mean, correction=correction)
    return store_complex(root(variance), out)


# ---- products of elements ----


@handles_complex(np.prod)
def prod(a, axis=None, dtype=None, out=None, keepdims=False, initial=_ABSENT, where=True):
    _require_complex(dtype, np.prod)
    params = {"axis": axis}
    if keepdims is not _ABSENT and keepdims:
        params["keepdims"] = True
    a = number(a)
    if where is not True and where is not _ABSENT:
        a = np.where(primal(where), a, 1.0)
    result = by_row(PROD, a, **params)
    return store_complex(result if initial is _ABSENT or initial is None else initial * result, out)


@handles_complex(np.cumprod)
def cumprod(a, axis=None, dtype=None, out=None):
    _require_complex(dtype, np.cumprod)
    return store_complex(by_row(CUMPROD, np.atleast_1d(number(a)), axis=axis), out)


# ---- products of arrays ----


def _bilinear(function, name, conjugates=0, **defaults):
    """Products of two arrays, the first or second of which (`conjugates` = 1, 2) NumPy conjugates."""

    @handles_complex(function)
    def handler(a, b, *args, out=None, **kwargs):
        a, b = number(a), number(b)
        if function is np.dot and args:
            out, args = args[0], ()
        if function in (np.dot, np.inner) and (np.ndim(a) == 0 or np.ndim(b) == 0):
            return store_complex(a * b, out)
        (p, q), (r, s) = parts(a), parts(b)

        def product(x, y, sign):
            found = None if x is None or y is None else function(x, y, *args, **kwargs)
            return found if sign > 0 or found is None else -found

        # (p + iq)(r + is), with -q or -s for a conjugate
        first, second = (-1 if conjugates == k else 1 for k in (1, 2))
        derived = (
            _total(product(p, r, 1), product(q, s, -first * second)),
            _total(product(p, s, second), product(q, r, first)),
        )
        return store_complex(with_value(name, [a, b], derived, args=(OPERAND, OPERAND, *args), **kwargs), out)


def _total(x, y):
    if x is None or y is None:
        return y if x is None else x
    return x + y


for _name in "dot inner matmul tensordot convolve".split():
    _bilinear(getattr(np, _name), _name)
_bilinear(np.vdot, "vdot", 1)
_bilinear(np.vecdot, "vecdot", 1)
_bilinear(np.correlate, "correlate", 2)
for _name, _conjugates in (("matvec", 0), ("vecmat", 1)):
    if hasattr(np, _name):
        _bilinear(getattr(np, _name), _name, _conjugates)
handles_complex(np.linalg.matmul)(lambda x1, x2, /: np.matmul(x1, x2))
handles_complex(np.linalg.vecdot)(lambda x1, x2, /, *, axis=-1: np.vecdot(x1, x2, axis=axis))
handles_complex(np.linalg.tensordot)(lambda x1, x2, /, *, axes=2: np.tensordot(x1, x2, axes))


@handles_complex(np.outer, np.linalg.outer)
def outer(a, b, out=None):
    return store_complex(np.ravel(number(a))[:, np.newaxis] * np.ravel(number(b))[np.newaxis, :], out)


@handles_complex(np.kron)
def kron(a, b):
    return products.kron_of(number(a), number(b))


@handles_complex(np.einsum)
def einsum(*operands, out=None, optimize=False, dtype=None, order="K", casting="safe"):
    _require_complex(dtype, np.einsum)
    subscripts, arrays = (operands[0], operands[1:]) if isinstance(operands[0], str) else from_lists(operands)
    options = {} if optimize is False else {"optimize": optimize}
    arrays = products.read_by(subscripts, [number(x) for x in arrays])
    return store_complex(by_row(EINSUM, *arrays, subscripts=subscripts, **options), out)


# ---- order: real parts first, then imaginary ones, as NumPy compares ----


def _extreme(function, choose):
    def handler(a, axis=None, out=None, keepdims=False, initial=_ABSENT, where=True):
        if initial is not _ABSENT or where is not True:
            raise UnsupportedOperation(
                f"{functions.name_of(function)} of complex numbers with initial= or where= has no rule", "leave it out"
            )
        a = number(a)
        if axis is None:
            result = np.ravel(a)[choose(a)]
            result = np.reshape(result, (1,) * a.ndim) if keepdims is True else result
        else:
            chosen = choose(a, axis=axis, keepdims=True)
            result = np.take_along_axis(a, chosen, axis)
            result = result if keepdims is True else np.squeeze(result, axis)
            result = in_order_of(result, function(peeked(a), axis=axis, keepdims=keepdims is True))
        return store_complex(result, out)

    handles_complex(function)(handler)


for _function, _choose in ((np.max, np.argmax), (np.amax, np.argmax), (np.min, np.argmin), (np.amin, np.argmin)):
    _extreme(_function, _choose)


@handles_complex(np.sort)
def sort(a, axis=-1, kind=None, order=None, *, stable=None):
    a = number(a)
    if axis is None:
        a, axis = np.ravel(a), 0
    ordered = np.take_along_axis(a, np.argsort(a, axis=axis, kind=kind, order=order, stable=stable), axis)
    return in_order_of(ordered, np.empty_like(peeked(a)))


@handles_complex(np.partition)
def partition(a, kth, axis=-1, kind="introselect", order=None):
    a = number(a)
    if axis is None:
        a, axis = np.ravel(a), 0
    parted = np.take_along_axis(a, np.argpartition(a, kth, axis, kind, order), axis)
    return in_order_of(parted, np.empty_like(peeked(a)))


@handles_complex(np.sort_complex)
def sort_complex(a):
    """Always complex, also where every number is real."""
    a = np.sort(number(a))
    return a if has_parts(a) else made(a, np.zeros(np.shape(a)))


functions.handles(np.sort_complex)(sort_complex)


# ---- what computes no derivative ----


def _passive(function, look):
    @handles_complex(function)
    def handler(*args, **kwargs):
        if look is primal and (functions.is_guarded(args) or functions.is_guarded(kwargs)):
            return decided(function, args, kwargs)
        return function(*(_value(x, look) for x in args), **{key: _value(x, look) for key, x in kwargs.items()})


def _value(x, look):
    if type(x) in (list, tuple):
        return type(x)(_value(item, look) for item in x)
    return look(x) if has_parts(x) or functions.is_guarded(x) or is_active(x) else x


for _function, _kind in functions.KINDS.items():
    if _kind == functions.PASSIVE and _function in functions.HANDLERS and _function not in COMPLEX:
        _passive(_function, primal)
for _function in (np.iscomplexobj, np.isrealobj, np.isfortran, np.common_type, np.result_type, np.can_cast):
    _passive(_function, peeked)  # the type decides, not the value
for _function in (np.shares_memory, np.may_share_memory):
    _passive(_function, peeked)


@handles_complex(np.shape)
def shape(a):
    return number(a).shape


@handles_complex(np.ndim)
def ndim(a):
    return number(a).ndim


@handles_complex(np.size)
def size(a, axis=None):
    a = number(a)
    return a.size if axis is None else np.size(np.broadcast_to(0.0, a.shape), axis)


# ---- methods ----

METHODS = {}


def _method(name):
    function = getattr(np, name)
    METHODS[name] = lambda self, *args, **kwargs: function(self, *args, **kwargs)


def _moving(name):
    METHODS[name] = lambda self, *args, **kwargs: _joined(
        *(
            getattr(part if np.ndim(part) else np.reshape(part, ()), name)(*args, **kwargs)
            for part in self.complex_parts
        )
    )


for _name in (
    "all any argmax argmin argpartition argsort conj conjugate cumprod cumsum dot max mean min nonzero prod round "
    "std sum take trace var exp exp2 expm1 log log2 log10 log1p sqrt square reciprocal sin cos tan sinh cosh tanh "
    "arcsin arccos arctan arcsinh arccosh arctanh sign"
).split():
    _method(_name)
for _name in ("reshape", "transpose", "ravel", "flatten", "squeeze", "swapaxes", "diagonal", "repeat"):
    _moving(_name)
METHODS["astype"] = cast
METHODS["copy"] = lambda self, order="C": copied(self, order)
METHODS["sort"] = lambda self, *args, **kwargs: self.__setitem__(..., np.sort(self, *args, **kwargs))
METHODS["partition"] = lambda self, *args, **kwargs: self.__setitem__(..., np.partition(self, *args, **kwargs))
METHODS["flags"] = property(lambda self: self.real.flags)
METHODS["T"] = property(lambda self: np.transpose(self))
METHODS["mT"] = property(lambda self: np.matrix_transpose(self))


def _entry(function):
    METHODS[function.__name__] = function
    return function


@_entry
def fill(self, value):
    self[...] = value


@_entry
def item(self, *args):
    raise TraceEscapeError("z.item() would lose the derivative", "use z itself, or z[i] for an element")


@_entry
def tolist(self):
    raise TraceEscapeError("z.tolist() would lose the derivative", "iterate over z, or use list(z)")


@_entry
def view(self, *args, **kwargs):
    raise UnsupportedOperation(
        "z.view of complex numbers has no derivative", "take z.real and z.imag, which are views of the parts"
    )
