"""A first-order dual number in plain NumPy that follows the engine protocol of `dualtape.trace.functions`: the oracle
that judges the handlers.

It takes nothing from the compiled engines or from the formulas of the rule table: partials of elementwise functions are
complex steps, or Richardson differences where a function has no complex form.
"""

import math
import operator

import numpy as np

from dualtape.handlers import methods, ufuncs
from dualtape.ops.table import ROWS
from dualtape.trace import functions

_STEP = 1e-150
_NOT_ANALYTIC = set("ldexp absolute fabs sign conjugate maximum minimum fmax fmin hypot copysign".split())


class Number:
    """``value + tangent*e``: two arrays of one shape."""

    level = 1
    dtype = np.dtype(np.float64)

    def __init__(self, value, tangent):
        self.value, self.tangent = np.asarray(value, dtype=np.float64), np.asarray(tangent, dtype=np.float64)

    engine = property(lambda self: Engine())
    ndim = property(lambda self: self.value.ndim)
    size = property(lambda self: self.value.size)

    @property
    def shape(self):
        return self.value.shape

    @shape.setter
    def shape(self, shape):
        self.value, self.tangent = self.value.view(), self.tangent.view()
        self.value.shape = self.tangent.shape = shape

    @property
    def primal(self):
        return self.value.copy() if self.value.ndim else float(self.value)

    def __array__(self, dtype=None, copy=None):
        assert dtype in (None, object), "an active number escaped"
        objects = np.empty(self.shape, dtype=object)
        for index in np.ndindex(self.shape):
            objects[index] = self[index]
        return objects

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        return ufuncs.dispatch(ufunc, method, inputs, kwargs)

    def __array_function__(self, function, types, args, kwargs):
        return functions.dispatch(function, types, args, kwargs, self)

    def __getattr__(self, name):
        if name.startswith("__") or name not in methods.METHODS:
            raise AttributeError(name)
        return methods.METHODS[name].__get__(self)

    def __getitem__(self, index):
        return Engine().move([self], lambda ids: ids[index])

    def __setitem__(self, index, entered):
        entered = _number(functions.operand(entered))
        self.value[index] = entered.value
        self.tangent[index] = entered.tangent

    def __len__(self):
        return len(self.value)

    def __iter__(self):
        return (self[i] for i in range(len(self.value)))

    def __bool__(self):
        return bool(self.value)

    def __ceil__(self):
        return math.ceil(float(self.value))

    def __float__(self):
        raise AssertionError("an active number escaped")


def _binary(function):
    return lambda a, b: function(a, b), lambda a, b: function(b, a)


_OPERATORS = {"sub": np.subtract, "mul": np.multiply, "truediv": np.divide, "pow": np.power, "mod": np.remainder}
for _name, _ufunc in {**_OPERATORS, "add": np.add, "matmul": np.matmul, "floordiv": np.floor_divide}.items():
    _forward, _reflected = _binary(_ufunc)
    setattr(Number, f"__{_name}__", _forward)
    setattr(Number, f"__r{_name}__", _reflected)
for _name, _ufunc in {"neg": np.negative, "abs": np.absolute, "pos": np.positive}.items():
    setattr(Number, f"__{_name}__", lambda a, _ufunc=_ufunc: _ufunc(a))
for _name in ("lt", "le", "gt", "ge", "eq", "ne"):
    _compare = getattr(operator, _name)
    setattr(Number, f"__{_name}__", lambda a, b, _compare=_compare: _compare(a.value, functions.primal(b)))


def _number(x):
    return x if isinstance(x, Number) else Number(x, np.full(np.shape(x), -0.0))


class Engine:
    """The four operations of the protocol."""

    def elementwise(self, opcode, a, b=None):
        name = ROWS[opcode].name
        operands = [_number(x) for x in ((a,) if b is None else (a, b))]
        values = [x.value for x in operands]
        function = _function(name)
        value = function(*values)
        tangent = np.zeros(np.shape(value))
        for i, x in enumerate(operands):
            if np.any(x.tangent != 0.0):
                tangent = tangent + np.where(x.tangent == 0.0, 0.0, _partial(name, function, values, i) * x.tangent)
        return Number(value, tangent)

    def move(self, operands, fn):
        numbers = [_number(x) for x in operands]
        tables, first = [], 1
        for x in numbers:
            tables.append(np.arange(first, first + x.size, dtype=np.int64).reshape(x.shape))
            first += x.size
        values = np.concatenate([[0.0], *(x.value.ravel() for x in numbers)])
        tangents = np.concatenate([[0.0], *(x.tangent.ravel() for x in numbers)])

        def restored(moved, place):
            if isinstance(moved, (list, tuple)):
                return type(moved)([restored(part, (*place, k)) for k, part in enumerate(moved)])
            if isinstance(moved, np.ndarray) and any(np.may_share_memory(moved, table) for table in tables):
                value, tangent = fn(*(x.value for x in numbers)), fn(*(x.tangent for x in numbers))
                return Number(_part(value, place), _part(tangent, place))
            return Number(values[moved], tangents[moved])

        return restored(fn(*tables), ())

    def array_op(self, row, operands, params):
        xs = [x.value if isinstance(x, Number) else np.asarray(x, dtype=np.float64) for x in operands]
        x_dots = [x.tangent if isinstance(x, Number) else None for x in operands]
        v = row.primal(*xs, **params)
        v_dot = row.jvp(x_dots, xs, v, **params)
        if not isinstance(v, tuple):
            return Number(v, np.zeros_like(v) if v_dot is None else v_dot)
        return tuple(
            Number(part, np.zeros_like(part) if dot is None else dot) for part, dot in zip(v, v_dot, strict=True)
        )

    def lift(self, values):
        return Number(np.array(values, dtype=np.float64), np.full(np.shape(values), -0.0))


def _part(moved, place):
    for k in place:
        moved = moved[k]
    return moved


def _function(name):
    named = {"root": np.sqrt, "sinc": np.sinc, "scalar_power": np.power, "log_d": np.reciprocal}
    if name.startswith("math_"):
        return _of_math(name.removeprefix("math_"))
    named["ldexp"] = lambda x, y: np.ldexp(x, y.astype(int))
    named["valued"] = lambda x, y: np.broadcast_arrays(x, y)[0]
    return named.get(name) or getattr(np, name)


def _of_math(name):
    """The values of math, and where differences ask for complex numbers those of NumPy or SciPy."""
    smooth = getattr(np, name.replace("a", "arc", 1) if name[0] == "a" else name, None)
    if smooth is None:
        import scipy.special

        smooth = getattr(scipy.special, name)
    exact = np.vectorize(getattr(math, name), otypes=[float])
    return lambda *xs: smooth(*xs) if any(map(np.iscomplexobj, xs)) else exact(*xs)


def _partial(name, function, values, i):
    """Derivative with respect to operand i."""
    values = np.broadcast_arrays(*values)
    x = values[i]
    if name == "valued":  # the value of the first operand, the derivative of the second
        return np.full(x.shape, float(i))
    if name == "root":
        return np.where(x == 0.0, 0.0, 0.5 / np.sqrt(np.where(x == 0.0, 1.0, x)))
    if name in ("sinc", "scalar_power") or (name not in _NOT_ANALYTIC and {"D->D", "DD->D"} & set(function.types)):
        return function(*values[:i], x + 1j * _STEP, *values[i + 1 :]).imag / _STEP

    def central(h):
        above, below = function(*values[:i], x + h, *values[i + 1 :]), function(*values[:i], x - h, *values[i + 1 :])
        return (above - below) / (2 * h)

    h = 1e-3
    d = [central(h / 2**k) for k in range(4)]
    for order in range(1, 4):
        d = [(4**order * d[k + 1] - d[k]) / (4**order - 1) for k in range(len(d) - 1)]
    return d[0]


def jacobian(f, *inputs):
    """Value of ``f(*inputs)`` and its Jacobian in all inputs together, out.shape + (n,): one run of f per direction."""
    sizes = [np.size(x) for x in inputs]
    columns = []
    for j in range(sum(sizes)):
        seed = np.zeros(sum(sizes))
        seed[j] = 1.0
        parts = np.split(seed, np.cumsum(sizes)[:-1])
        numbers = [Number(np.array(x), part.reshape(np.shape(x))) for x, part in zip(inputs, parts, strict=True)]
        v = _number(functions.operand(f(*numbers)))
        columns.append(v.tangent)
    return v.value, np.stack(columns, axis=-1)
