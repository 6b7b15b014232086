"""Elementwise functions with any number of arguments: the value, and one partial derivative per argument.

A function is defined once, by `define`: its value is SciPy's own ufunc (or a kernel of this package), its partials are
written in NumPy language with SciPy's ufuncs and with other functions of the registry, so that they can be
differentiated again, to any depth. All of them are one `ArrayOp`, SPECIAL, with the function's name as a parameter.
A kernel that computes derivatives of any order by a series or by quadrature has the order among its `orders`: integers
that follow the operands in the calls of its value and of its partials.
"""

import sys
from contextlib import nullcontext
from functools import cache, lru_cache
from importlib import import_module
from importlib.util import find_spec

import numpy as np

from ..array_ops import ArrayOp, total, unbroadcast, unconnected
from ..table import OPCODES
from .entries import STEP, Entries, whole

_FAMILIES = (
    "gammas",
    "betas",
    "bessel",
    "airy",
    "elliptic",
    "hypergeometric",
    "polynomials",
    "integrals",
    "noncentral",
    "waves",
    "boost",
    "sequences",
)


def _with_integers(ufunc):
    """The ufunc; operands for which it has a loop of integers go in as integers, as from a user who counts with
    them."""
    signature = next((types.partition("->")[0] for types in ufunc.types if "l" in types), None)
    if signature is None:
        return ufunc

    def value(*xs):
        return ufunc(*(_whole(x) if kind == "l" else x for x, kind in zip(xs, signature, strict=True)))

    return value


def _whole(x):
    return whole(x) if np.all(np.rint(x) == x) and np.all(np.abs(x) < 2.0**31) else np.asarray(x)


_entries = Entries(_with_integers)
FUNCTIONS, NAMES = _entries.functions, _entries.names
define, define_ufunc, of_ufunc = _entries.define, _entries.define_ufunc, _entries.of_ufunc
ROOTS = {}  # name of an inverse -> function that it inverts, and which of its operands is that function's value


def raised(name, which=0):
    """The partial of a kernel in an operand in which it computes derivatives of any order: the same kernel, with that
    one of its orders raised."""

    def partial(*args):
        n = len(FUNCTIONS[name].arguments)
        return special(name, *args[:n], orders=tuple(m + (k == which) for k, m in enumerate(args[n + 1 :])))

    return partial


def define_with_parameters(ufunc, name, arguments, kernel, in_last, kernel_in_last):
    """Enter a ufunc that is differentiated in all of its operands but the last, its parameters, by a kernel, which is
    entered as "_name": ``kernel(*xs, *orders)`` has an order for each parameter, one of them not zero. `in_last` and
    `kernel_in_last` are their partials in the last operand."""
    if ufunc is None:
        return
    own, n_operands = f"_{name}", len(arguments.split())
    parameters = range(n_operands - 1)

    def value(*args):
        return kernel(*args) if any(args[n_operands:]) else ufunc(*args[:n_operands])

    def first(which):
        orders = tuple(int(k == which) for k in parameters)
        return lambda *args: special(own, *args[:n_operands], orders=orders)

    define(own, arguments, value, *(raised(own, k) for k in parameters), kernel_in_last)
    define_ufunc(ufunc, name, arguments, *map(first, parameters), in_last)


def define_by_slopes(ufunc, name, arguments, slopes, sign=1.0):
    """Enter a ufunc whose partials, or the negative of them (`sign` -1), are functions of its operands alone."""

    def partial(slope):
        return lambda *args: slope(*args[:-1]) if sign > 0.0 else -slope(*args[:-1])

    define_ufunc(ufunc, name, arguments, *map(partial, slopes))


def define_inverse(ufunc, name, arguments, slopes, place, sign=1.0, root_of=None):
    """Enter a ufunc whose value v solves ``f(x, ..., v, ...) = p``, where p stands at the `place` of v. `slopes` are
    the partials of f, or the negative of them (`sign` -1). With `root_of`, which is f: there is a derivative where v
    does solve the equation."""

    def partial(k):
        def slope(*args):
            xs = [*args[:place], args[-1], *args[place + 1 : -1]]
            return (sign if k == place else -slopes[k](*xs)) / slopes[place](*xs)

        return slope

    define_ufunc(ufunc, name, arguments, *map(partial, range(len(slopes))))
    if root_of is not None:
        ROOTS[name] = root_of, place


@cache
def load():
    """Import the families; without SciPy the one of Python's own functions alone."""
    families = ("library", *_FAMILIES) if find_spec("scipy") else ("library",)
    for family in families:
        import_module("dualtape.ops.special." + family)
    return FUNCTIONS


def special(name, *xs, orders=()):
    """A function of the registry on numbers of any kind: active, or plain."""
    leader = None
    for x in xs:
        if is_active(x) and (leader is None or x.level > leader.level):
            leader = x
    if leader is None:
        return _value(*xs, function=name, orders=orders)
    operands = [x if is_active(x) else plain(x) for x in xs]
    return leader.engine.array_op(SPECIAL, operands, {"function": name, "orders": tuple(orders)})


def is_active(x):
    return getattr(x, "engine", None) is not None


def plain(x):
    x = np.asarray(x, dtype=np.float64)
    return x if x.ndim else float(x)


def _value(*xs, function, orders=()):
    found = load()[function]
    with np.errstate(all="ignore"):
        if function.startswith("_") and sum(map(np.size, xs)) <= _REMEMBERED_SIZE:
            arrays = [np.asarray(x, dtype=np.float64) for x in xs]
            result = _remembered(function, orders, *((x.shape, x.tobytes()) for x in arrays))
            return np.array(result) if np.ndim(result) else result
        return found.value(*xs, *orders)


_REMEMBERED_SIZE = 4096


@lru_cache(maxsize=128)
def _remembered(function, orders, *contents):
    """The value of a kernel: sweeps ask for it once per lane."""
    xs = [np.frombuffer(content).reshape(shape)[()] for shape, content in contents]
    return FUNCTIONS[function].value(*xs, *orders)


def _partial(k, xs, v, function, orders):
    """The partial in operand k, NaN where the value is; None where it is structurally zero."""
    partial = load()[function].partials[k]
    if partial is STEP:
        return None
    if isinstance(partial, str):
        raise NotImplementedError(f"scipy.special.{function}: {partial}")
    found = partial(*xs, v, *orders)
    if function in ROOTS and not any(getattr(x, "is_guarded", False) for x in xs):
        found = np.where(_is_root(function, xs, v), found, np.nan)
    if is_active(v) or is_active(found):
        numbers = [x for x in (found, v) if is_active(x)]
        return max(numbers, key=lambda x: x.level).engine.elementwise(OPCODES["defined"], found, v)
    return np.where(v == v, found, np.nan)


def _is_root(function, xs, v):
    """Does the value solve the equation? Where there is no solution, or none that SciPy finds, it returns the end of
    the interval that it has searched, which has no derivative."""
    forward, place = ROOTS[function]
    xs = [x.primal if is_active(x) else x for x in xs]
    wanted = xs[place]
    xs[place] = v.primal if is_active(v) else v
    return np.abs(forward(*xs) - wanted) <= 1e-3 * np.abs(wanted)


def connected_product(d, s):
    """Partial times tangent (or cotangent), element by element: one that is not connected gives nothing, even where
    the partial is infinite or not a number."""
    absent = unconnected(s)
    product = d * s
    if np.any(absent):
        return np.where(absent, -0.0, product)
    return product if is_active(product) else product + 0.0


def quietly():
    """Partials are evaluated where they may be infinite, whatever the user's error settings say."""
    errors = sys.modules.get("scipy.special")
    return errors.errstate(all="ignore") if errors else nullcontext()


def _jvp(x_dots, xs, v, function, orders=()):
    with np.errstate(all="ignore"), quietly():
        partials = [None if x_dot is None else _partial(k, xs, v, function, orders) for k, x_dot in enumerate(x_dots)]
        v_dot = total(
            None if d is None else connected_product(d, x_dot) for d, x_dot in zip(partials, x_dots, strict=True)
        )
        shape = np.shape(v)
        return np.full(shape, -0.0) if v_dot is None else np.broadcast_to(v_dot, shape)


def _vjp(v_bar, xs, v, active, function, orders=()):
    with np.errstate(all="ignore"), quietly():
        partials = [_partial(k, xs, v, function, orders) if wanted else None for k, wanted in enumerate(active)]
        return tuple(
            (np.full(np.shape(x), -0.0) if wanted else None)
            if d is None
            else unbroadcast(np.broadcast_to(connected_product(d, v_bar), np.shape(v)), np.shape(x))
            for d, x, wanted in zip(partials, xs, active, strict=True)
        )


SPECIAL = ArrayOp("special", _value, _jvp, _vjp, selects=True)
