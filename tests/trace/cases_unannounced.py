"""Cases of functions, classes and objects of NumPy that no protocol announces (handlers/unannounced.py, iteration.py),
of `handlers/elementwise.py`'s ArrayOp rows and of methods."""

import warnings

import numpy as np
from case import A, B, Case, Unannounced

_poly1d = Unannounced("numpy.poly1d")
_polynomial = {
    name: Unannounced(f"numpy.polynomial.{module}.{name}")
    for name, module in (
        ("Polynomial", "polynomial"),
        ("Chebyshev", "chebyshev"),
        ("Legendre", "legendre"),
        ("Hermite", "hermite"),
        ("HermiteE", "hermite_e"),
        ("Laguerre", "laguerre"),
    )
}
_plain = np.polynomial.Polynomial([1.0, 2.0])
_names = "asarray_chkfinite broadcast c_ fromfunction fromiter frompyfunc kaiser mgrid ndenumerate nditer ogrid"
_names += " r_ require vectorize"
_np = {name: Unannounced(f"numpy.{name}") for name in _names.split()}
_as_strided = Unannounced("numpy.lib.stride_tricks.as_strided")

POLYNOMIALS = [
    *(Case(f"{name} value", lambda c, x, P=P: P(c)(x), ((4,), (3,))) for name, P in _polynomial.items()),
    *(
        Case(f"{name} arithmetic", lambda c, P=P: (P(c) * P(c[:2]) + P(c[1:]) - P(c) / c[0]).coef, ((4,),), True)
        for name, P in _polynomial.items()
    ),
    *(
        Case(f"{name} calculus", lambda c, x, P=P: (P(c).deriv() ** 2).integ(2)(x[0]), ((4,), (1,)))
        for name, P in _polynomial.items()
    ),
    Case("Polynomial with a plain one", lambda c, P=_polynomial["Polynomial"]: (_plain * P(c) + _plain).coef, (A,)),
    Case("plain Polynomial", lambda x: _plain(x), (A,)),
    Case(
        "Polynomial roots", lambda r, P=_polynomial["Polynomial"]: P(np.polynomial.polynomial.polyadd(r, r)).coef, (A,)
    ),
    Case("poly1d", lambda c, x: _poly1d(c)(x), ((4,), (3,))),
    Case("poly1d arithmetic", lambda c: (_poly1d(c) * np.poly1d([1.0, 2.0]) - _poly1d(c[:2])).deriv().coeffs, ((4,),)),
    Case("poly1d integ", lambda c: _poly1d(c).integ()(0.5) + _poly1d(c)[1], ((4,),)),
]

NAMED = [
    Case("asarray_chkfinite", lambda x: _np["asarray_chkfinite"](x) * 2.0, (A,)),
    Case("require", lambda x: _np["require"](x, float, ["C", "W"]) * x, (B,)),
    Case("fromiter", lambda x: _np["fromiter"]([x[0] * x[1], 2.0, x[2]], float), (A,)),
    Case("kaiser", lambda b: _np["kaiser"](5, b[0]), ((1,),), True),
    Case("fromfunction", lambda x: _np["fromfunction"](lambda i, j: i * x[0] + j * x[1] ** 2, (2, 3)), ((2,),)),
    Case("frompyfunc of two", lambda x, y: _np["frompyfunc"](lambda a, b: a * b + a, 2, 1)(x, y), (A, A)),
    Case("frompyfunc and a scalar", lambda x: _np["frompyfunc"](lambda a, b: (a * b, a), 2, 2)(x, x[0])[0], (A,)),
    Case("frompyfunc of scalars", lambda x: _np["frompyfunc"](lambda a, b: a * b + a, 2, 1)(x[0], x[1]), (A,)),
    Case("frompyfunc, reduce", lambda x: _np["frompyfunc"](lambda a, b: a * b + a, 2, 1).reduce(x), (A,)),
    Case("frompyfunc, accumulate", lambda x: _np["frompyfunc"](lambda a, b: a * b + a, 2, 1).accumulate(x), (A,)),
    Case("frompyfunc, outer", lambda x: _np["frompyfunc"](lambda a, b: a * b + a, 2, 1).outer(x, x[:2]), (A,)),
    Case("vectorize", lambda x, y: _np["vectorize"](lambda a, b: a * b if a < 0.5 else a)(x, y), (A, A), looks=True),
    Case("r_", lambda x: _np["r_"][x, 1.0, x[0] * x[1], [2.0, x[1]]], (A,)),
    Case("r_ of lists", lambda x: _np["r_"][[x[0], x[1]], [x[2], 3.0]], (A,)),
    Case("r_ of a list", lambda x: _np["r_"][[x[0], x[1]]], (A,)),
    Case("c_ of scalars", lambda x: _np["c_"][x[0], x[1]], (A,)),
    Case("c_ of lists", lambda x: _np["c_"][[x[0], x[1]], [x[2], 3.0]], (A,)),
    Case("r_ directive", lambda x: _np["r_"]["0,2", x, x * 2.0], (A,)),
    Case("r_ slices", lambda x: _np["r_"][x[0] : x[1] : 4j, 0:2], (A,)),
    Case("c_", lambda x, y: _np["c_"][x, y * 2.0], (A, A)),
    Case("mgrid", lambda x: _np["mgrid"][x[0] : x[1] : 3j, 0.0:2.0][0], (A,)),
    Case("ogrid", lambda x: _np["ogrid"][x[0] : x[1] : 3j, 0.0:2.0][0], (A,)),
    Case("mgrid of steps", lambda x: _np["mgrid"][x[0] : x[0] + 1.05 : 0.25], (A,)),
    Case("as_strided", lambda x: _as_strided(x, (3, 2), (8, 8)) * 2.0, ((4,),)),
    Case("ndenumerate", lambda x: sum((i + 2.0 * j) * v * v for (i, j), v in _np["ndenumerate"](x)), (B,)),
    Case("broadcast", lambda x, y: sum(a * b * b for a, b in _np["broadcast"](x, y)), (A, (2, 1))),
    Case("i0", lambda x: np.i0(x * 9.0), (np.array([-1.3, 0.0, 1e-9, 0.5, 1.0]),)),
    Case("nextafter", lambda x, y: np.nextafter(x, 0.5) * y + np.nextafter(0.25, y), (A, A)),
]


def _row_stack(x):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # its name now is vstack
        return Unannounced("numpy.row_stack")([x, x * 2.0]) if hasattr(np, "row_stack") else np.vstack([x, x * 2.0])


def _squares(x):
    """Written through the views that an iterator gives."""
    y = x * 1.0
    for element in _np["nditer"](y, op_flags=["readwrite"]):
        element[...] = element * element
    return y


def _weighted(x, y):
    total = 0.0
    for a, b in _np["nditer"]([x, y]):
        total = total + a * b
    return total


def _by_index(x):
    iterator, total = _np["nditer"](x, flags=["multi_index"]), 0.0
    while not iterator.finished:
        total = total + iterator[0] ** 2 * iterator.multi_index[1]
        iterator.iternext()
    return total


ITERATORS = [
    Case("nditer", _weighted, (B, A)),
    Case("nditer written", _squares, (B,)),
    Case("nditer multi_index", _by_index, (B,)),
    Case("row_stack", _row_stack, (A,)),
    Case("iteration", lambda x: sum(row * float(k) for k, row in enumerate(x)), (B,)),
    Case("ndindex", lambda x: sum(x[index] ** 2 * index[1] for index in np.ndindex(x.shape)), (B,)),
]

METHODS = [
    Case("conjugate", lambda x: x.conjugate() * x.conj() * x[0].conjugate(), (A,)),
    Case("mT", lambda x: x.mT * x[0, 0], ((2, 3),)),
    Case("item", lambda x: x[1:2].item() * x.item(0) + x.item(2), (A,)),
    Case("tolist", lambda x: x.tolist()[2] ** 2 + sum(x.tolist()) * x[0].tolist(), (A,)),
    Case("view", lambda x: x.view() * x.view(np.float64), (A,)),
    Case("flat in arithmetic", lambda x: x.flat[1] * np.sum(x.flat) + np.ravel(x) * x.flat + np.exp(x.flat), (B,)),
]

CASES = [*POLYNOMIALS, *NAMED, *ITERATORS, *METHODS]
