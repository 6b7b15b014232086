"""Elementwise functions with any number of arguments: the value, and one partial derivative per argument.

A function is defined once, by `define`: its value is SciPy's own ufunc (or a kernel of this package), its partials are
written in NumPy language with SciPy's ufuncs and with other functions of the registry, so that they can be
differentiated again, to any depth. All of them are one `ArrayOp`, SPECIAL, with the function's name as a parameter.
A kernel that computes derivatives of any order by a series or by quadrature has the order among its `orders`: integers
that follow the operands in the calls of its value and of its partials.

Names without an underscore are SciPy's; a function of several results has an entry for each: "airy[0]".
"""

import sys
from collections.abc import Callable
from contextlib import nullcontext
from functools import cache, lru_cache
from importlib import import_module
from importlib.util import find_spec
from typing import NamedTuple

import numpy as np

from ..array_ops import ArrayOp, total, unbroadcast

STEP = "step"  # the argument counts (a degree, a number of trials): SciPy truncates it, so that its derivative is zero

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

FUNCTIONS = {}  # name -> Special
ROOTS = {}  # name of an inverse -> function that it inverts, and which of its operands is that function's value
NAMES = {}  # ufunc's name -> names of its results, in order


class Special(NamedTuple):
    """A function of the registry.

    Attributes
    ----------
    value : callable
        ``value(*xs, *orders)`` on plain arrays.
    partials : tuple
        For each operand ``partial(*xs, v, *orders)``, or STEP, or the reason why there is none.
    arguments : tuple of str
        Names of the operands, as SciPy's documentation has them.
    """

    value: Callable
    partials: tuple
    arguments: tuple


def define(name, arguments, value, *partials):
    """Enter a function. `arguments` are the names of its operands in one string."""
    arguments = tuple(arguments.split())
    assert len(arguments) == len(partials), name
    FUNCTIONS[name] = Special(value, partials, arguments)


def define_ufunc(ufunc, name, arguments, *partials):
    """Enter a ufunc of SciPy with one result, or with several: then there is a tuple of partials for each result. One
    that this SciPy does not have is left out."""
    if ufunc is None:
        return
    if ufunc.nout == 1:
        define(name, arguments, _with_integers(ufunc), *partials)
        NAMES[name] = (name,)
        return
    for k, of_result in enumerate(partials):
        define(f"{name}[{k}]", arguments, lambda *xs, _k=k: ufunc(*xs)[_k], *of_result)
    NAMES[name] = tuple(f"{name}[{k}]" for k in range(ufunc.nout))


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
    return x.astype(np.int64)[()] if np.all(np.rint(x) == (x := np.asarray(x))) and np.all(np.abs(x) < 2.0**31) else x


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
        if _is_active(x) and (leader is None or x.level > leader.level):
            leader = x
    if leader is None:
        return _value(*xs, function=name, orders=orders)
    operands = [x if _is_active(x) else _plain(x) for x in xs]
    return leader.engine.array_op(SPECIAL, operands, {"function": name, "orders": tuple(orders)})


def _is_active(x):
    return getattr(x, "engine", None) is not None


def _plain(x):
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
    return found if _is_active(v) or _is_active(found) else np.where(v == v, found, np.nan)


def _is_root(function, xs, v):
    """Does the value solve the equation? Where there is no solution, or none that SciPy finds, it returns the end of
    the interval that it has searched, which has no derivative."""
    forward, place = ROOTS[function]
    xs = [x.primal if _is_active(x) else x for x in xs]
    wanted = xs[place]
    xs[place] = v.primal if _is_active(v) else v
    return np.abs(forward(*xs) - wanted) <= 1e-3 * np.abs(wanted)


def _product(d, s):
    """Partial times tangent (or cotangent), element by element: one that is not connected (-0.0) gives nothing, even
    where the partial is infinite or not a number."""
    if getattr(s, "is_guarded", False):
        return d * s
    value = s.primal if _is_active(s) else s
    absent = (value == 0.0) & np.signbit(value)
    product = d * s
    if np.any(absent):
        return np.where(absent, -0.0, product)
    return product if _is_active(product) else product + 0.0


def _quiet():
    """Partials are evaluated where they may be infinite, whatever the user's error settings say."""
    errors = sys.modules.get("scipy.special")
    return errors.errstate(all="ignore") if errors else nullcontext()


def _jvp(x_dots, xs, v, function, orders=()):
    with np.errstate(all="ignore"), _quiet():
        partials = [None if x_dot is None else _partial(k, xs, v, function, orders) for k, x_dot in enumerate(x_dots)]
        v_dot = total(None if d is None else _product(d, x_dot) for d, x_dot in zip(partials, x_dots, strict=True))
        shape = np.shape(v)
        return np.full(shape, -0.0) if v_dot is None else np.broadcast_to(v_dot, shape)


def _vjp(v_bar, xs, v, active, function, orders=()):
    with np.errstate(all="ignore"), _quiet():
        partials = [_partial(k, xs, v, function, orders) if wanted else None for k, wanted in enumerate(active)]
        return tuple(
            (np.full(np.shape(x), -0.0) if wanted else None)
            if d is None
            else unbroadcast(np.broadcast_to(_product(d, v_bar), np.shape(v)), np.shape(x))
            for d, x, wanted in zip(partials, xs, active, strict=True)
        )


SPECIAL = ArrayOp("special", _value, _jvp, _vjp, selects=True)
