"""Ufuncs and operators of complex numbers. The value is NumPy's, the derivative that of a formula in real parts
(complex_formulas.py); where NumPy itself computes with the parts one by one, so does the handler, and no formula is
needed."""

import numpy as np

from ..errors import TraceEscapeError, UnsupportedOperation
from ..ops.complex_ops import VALUE
from ..ops.decisions import OPERAND
from ..ops.table import OPCODES
from ..trace.functions import apply, elementwise, has_parts, is_active, name_of, primal, store
from . import complex_formulas as formulas
from . import masks
from .complex_numbers import (
    copied,
    dispatch,
    factors,
    handler_of,
    handles_complex,
    made,
    number,
    or_zero,
    parts,
    single,
)

_VALUED = OPCODES["valued"]


def with_value(function, xs, derived, args=None, part=None, **kwargs):
    """NumPy's value of a function with the derivative of `derived`: a pair of parts, or a single real number.

    Parameters
    ----------
    function : str
        Its name: "exp", "linalg.norm", "operator.mul".
    xs : sequence
        Numbers of any kind.
    args, kwargs
        Arguments of the function, `args` with OPERAND for each of the numbers.
    part : int, optional
        Which of several results.
    """
    kinds, operands = operands_of(xs)
    args = (OPERAND,) * len(kinds) if args is None else args
    which = {} if part is None else {"part": part}
    value = apply(VALUE, *operands, function=function, kinds=kinds, args=args, kwargs=kwargs, **which)
    if type(derived) is tuple:
        return made(*(_valued(value[k], derived[k]) for k in (0, 1)))
    return _valued(value, derived)


def operands_of(xs):
    """The parameter `kinds` of a row, and its operands: see ops.complex_ops."""
    kinds, operands = "", []
    for x in xs:
        if has_parts(x):
            kinds, operands = kinds + "c", [*operands, *x.complex_parts]
        elif not is_active(x) and np.iscomplexobj(x):
            kinds, operands = kinds + "c", [*operands, np.array(np.real(x)), np.array(np.imag(x))]
        else:
            kinds, operands = kinds + "r", [*operands, x]
    return kinds, operands


def _valued(value, derived):
    return elementwise(_VALUED, value, derived) if is_active(derived) else value


def by_row(row, *xs, **params):
    """A row of ops.complex_ops with a complex result."""
    kinds, operands = operands_of(xs)
    value = apply(row, *operands, kinds=kinds, **params)
    return made(value[0], value[1])


# ---- elementwise functions ----

_FORMULAS = {
    getattr(np, name): getattr(formulas, name)
    for name in (
        "absolute sign exp exp2 expm1 log log2 log10 log1p sqrt square reciprocal sin cos tan sinh cosh tanh arcsin "
        "arccos arctan arcsinh arccosh arctanh power"
    ).split()
}
_FORMULAS |= {np.multiply: formulas.times, np.divide: formulas.over, np.float_power: formulas.power}


def _by_formula(ufunc, formula):
    @handles_complex(ufunc)
    def handler(*xs):
        xs = tuple(map(number, xs))
        with np.errstate(all="ignore"):
            derived = formula(*map(factors, xs))
        return with_value(ufunc.__name__, xs, derived)


for _ufunc, _formula in _FORMULAS.items():
    _by_formula(_ufunc, _formula)


@handles_complex(np.add)
def add(a, b):
    (a, b), (c, d) = map(parts, map(number, (a, b)))
    return made(or_zero(a) + or_zero(c), or_zero(b) + or_zero(d))


@handles_complex(np.subtract)
def subtract(a, b):
    (a, b), (c, d) = map(parts, map(number, (a, b)))
    return made(or_zero(a) - or_zero(c), or_zero(b) - or_zero(d))


@handles_complex(np.negative)
def negative(z):
    return -number(z)


handles_complex(np.positive)(copied)


@handles_complex(np.conjugate)
def conjugate(z):
    re, im = parts(number(z))
    return made(np.copy(re) if np.ndim(re) else re, -or_zero(im))


def _chosen(ufunc, compare, ignores_nan):
    """The larger or the smaller operand: NumPy compares real parts first, then imaginary ones."""

    @handles_complex(ufunc)
    def handler(a, b):
        a, b = number(a), number(b)
        (p, q), (r, s) = (map(or_zero, parts(z)) for z in (a, b))
        first = compare(p, r) | (np.equal(p, r) & (compare(q, s) | np.equal(q, s)))
        nan, other_nan = np.isnan(p) | np.isnan(q), np.isnan(r) | np.isnan(s)
        return np.where((first & ~nan) | other_nan if ignores_nan else first | nan, a, b)


_chosen(np.maximum, np.greater, False)
_chosen(np.minimum, np.less, False)
_chosen(np.fmax, np.greater, True)
_chosen(np.fmin, np.less, True)


# ---- tests: of the parts, so that a program that is being recorded tests anew ----


def _pair(z):
    return tuple(map(or_zero, parts(number(z))))


@handles_complex(np.equal)
def equal(a, b):
    (p, q), (r, s) = _pair(a), _pair(b)
    return np.equal(p, r) & np.equal(q, s)


@handles_complex(np.not_equal)
def not_equal(a, b):
    (p, q), (r, s) = _pair(a), _pair(b)
    return np.not_equal(p, r) | np.not_equal(q, s)


def _compared(ufunc, of_real, of_imaginary):
    """Real parts first, then imaginary ones; false where one is not a number."""

    @handles_complex(ufunc)
    def handler(a, b):
        (p, q), (r, s) = _pair(a), _pair(b)
        known = ~(np.isnan(q) | np.isnan(s))
        return (of_real(p, r) & known) | (np.equal(p, r) & of_imaginary(q, s))


_compared(np.less, np.less, np.less)
_compared(np.less_equal, np.less, np.less_equal)
_compared(np.greater, np.greater, np.greater)
_compared(np.greater_equal, np.greater, np.greater_equal)


def _tested(ufunc, join):
    @handles_complex(ufunc)
    def handler(z):
        return join(*map(ufunc, _pair(z)))


_tested(np.isnan, np.logical_or)
_tested(np.isinf, np.logical_or)
_tested(np.isfinite, np.logical_and)
_tested(np.logical_not, np.logical_and)


def _combined(ufunc):
    @handles_complex(ufunc)
    def handler(a, b):
        return ufunc(np.not_equal(number(a), 0.0), np.not_equal(number(b), 0.0))


_combined(np.logical_and)
_combined(np.logical_or)
_combined(np.logical_xor)


@handles_complex(np.rint)
def rint(z):
    return np.rint(primal(number(z)))


# ---- operators ----

_AS_UFUNCS = {np.add: add, np.subtract: subtract}


def operated(home, python, ufunc, a, b):
    """``a op b``, or ``op a`` for b = None. Of scalars it is not, to the last bit, what the ufunc makes of them; `home`
    says whose scalars they are, see ops.complex_ops.VALUE."""
    if ufunc in _AS_UFUNCS:
        return _AS_UFUNCS[ufunc](a, b)
    if ufunc not in _FORMULAS:
        return dispatch(ufunc, (a, b), {}) if ufunc is np.matmul else python(primal(number(a)), primal(number(b)))
    if ufunc is np.multiply:
        product = _product_of_singles(a, b)
        if product is not None:
            return product
    xs = (number(a),) if b is None else (number(a), number(b))
    with np.errstate(all="ignore"):
        derived = _FORMULAS[ufunc](*map(factors, xs))
    return with_value(f"{home}.{python.__name__}", xs, derived)


def _product_of_singles(a, b):
    """The product of two numbers of shape () by its formula, if the formula gives the value to the last bit: then a
    node for the value is spared, which takes ten times as long. None otherwise, and in a program, which may run where
    the formula does not."""
    x, y = single(a), single(b)
    if x is None or y is None:
        return None
    value = np.complex128(x * y)
    with np.errstate(all="ignore"):
        product = made(*formulas.times(parts(number(a)), parts(number(b))))
    found = single(product)
    return product if found is not None and np.complex128(found).tobytes() == value.tobytes() else None


# ---- the protocol ----


def dispatch_ufunc(ufunc, method, inputs, kwargs):
    """Answer ``__array_ufunc__`` where an operand is complex."""
    if method != "__call__":
        if method not in _METHODS:
            raise UnsupportedOperation(
                f"{name_of(ufunc)}.{method} of complex numbers has no derivative rule yet", "write it as a loop"
            )
        return _METHODS[method](ufunc, *inputs, **kwargs)
    out, where = kwargs.pop("out", None), kwargs.pop("where", True)
    dtype = kwargs.pop("dtype", None)
    if dtype is not None and np.dtype(dtype).kind != "c":
        raise TraceEscapeError(f"{name_of(ufunc)} with dtype={np.dtype(dtype)} would drop a part", "leave dtype= away")
    if handler_of(ufunc) is not None:
        result = dispatch(ufunc, inputs, {k: x for k, x in kwargs.items() if k in ("axis", "axes", "keepdims")})
    elif any("D" in loop.partition("->")[0] for loop in ufunc.types):
        raise UnsupportedOperation(
            f"{name_of(ufunc)} of complex numbers has no derivative rule yet", "write it with z.real and z.imag"
        )
    else:
        return ufunc(*(primal(number(x)) for x in inputs))  # raises NumPy's TypeError
    if ufunc.nout > 1:
        targets = (None,) * ufunc.nout if out is None else out
        return tuple(_stored(part, target, where) for part, target in zip(result, targets, strict=True))
    return _stored(result, out, where)


def _stored(result, out, where):
    """The result in `out`, which keeps what it is where the condition fails."""
    if where is not True:
        kept = (np.nan if out is None else out[0]) if type(out) is tuple or out is None else out
        result = np.where(primal(masks.condition(where)), result, kept)
    return store_complex(result, out)


def store_complex(result, out):
    """As `functions.store`, where the result or the target may be complex."""
    if type(out) is tuple:
        (out,) = out
    if out is None or out is ...:
        return result
    if not has_parts(out):
        if has_parts(result) and is_active(out):
            np.add(np.zeros(out.shape), 1j, out=np.zeros(out.shape))  # NumPy's own error
        return store(result, out)
    out[...] = result
    return out


def _reduce(ufunc, array, axis=0, dtype=None, out=None, keepdims=False, initial=np._NoValue, where=True):
    whole = {np.add: np.sum, np.multiply: np.prod}.get(ufunc)
    if whole is None:
        raise UnsupportedOperation(f"{name_of(ufunc)}.reduce of complex numbers has no derivative rule", "use a loop")
    return whole(array, axis=axis, out=out, keepdims=keepdims, initial=initial, where=where)


def _accumulate(ufunc, array, axis=0, dtype=None, out=None):
    whole = {np.add: np.cumsum, np.multiply: np.cumprod}.get(ufunc)
    if whole is None:
        raise UnsupportedOperation(
            f"{name_of(ufunc)}.accumulate of complex numbers has no derivative rule", "use a loop"
        )
    return whole(array, axis=axis, out=out)


def _outer(ufunc, a, b, /, **kwargs):
    a, b = number(a), number(b)
    a = np.reshape(a, np.shape(a) + (1,) * np.ndim(b))
    return dispatch_ufunc(ufunc, "__call__", (a, b), kwargs)


def _at(ufunc, z, indices, *others):
    """In place; of sums and differences, which the parts make one by one."""
    if ufunc not in (np.add, np.subtract) or not has_parts(z):
        raise UnsupportedOperation(
            f"{name_of(ufunc)}.at with complex numbers has no derivative rule", "write it as a loop"
        )
    for part, other in zip(z.complex_parts, parts(number(others[0])), strict=True):
        ufunc.at(part, indices, or_zero(other))


_METHODS = {"reduce": _reduce, "accumulate": _accumulate, "outer": _outer, "at": _at}
