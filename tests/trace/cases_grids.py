"""Cases of handlers/grids.py and handlers/polynomials.py."""

import importlib

import numpy as np
from case import B, Case, Unannounced

_TABLE = np.array([0.1, 0.4, 0.5, 0.9])
_POINTS = np.array([-0.2, 0.2, 0.44, 0.7, 0.95])

RANGES = [
    Case("linspace", lambda x: np.linspace(x[0], x[1], 7), ((2,),)),
    Case("linspace of arrays", lambda x, y: np.linspace(x, y, 4, endpoint=False, axis=-1), ((3,), (3,))),
    Case("linspace retstep", lambda x: np.linspace(x[0], 2.0, 4, retstep=True)[1], ((1,),)),
    Case("linspace of one", lambda x: np.linspace(x[0], x[1], 1), ((2,),)),
    Case("logspace", lambda x: np.logspace(x[0], x[1], 5), ((2,),)),
    Case("logspace base", lambda x: np.logspace(x[0], x[1], 5, base=x[2]), ((3,),), True),
    Case("geomspace", lambda x: np.geomspace(x[0], x[1], 5), ((2,),), True),
    Case("geomspace of arrays", lambda x, y: np.geomspace(x, y, 4), ((3,), (3,)), True),
]

GRIDS = [
    Case("arange", lambda x: Unannounced("numpy.arange")(x[0], 2.05, 0.25), (np.array([0.37]),), looks=True),
    Case("arange step", lambda x: Unannounced("numpy.arange")(0, 2.0, x[0]), (np.array([0.37]),), looks=True),
    Case("arange stop", lambda x: Unannounced("numpy.arange")(x[0]) * x, (np.array([3.3]),), looks=True),
    Case("gradient", lambda x: np.gradient(x), ((5,),)),
    Case("gradient edge_order", lambda x: np.gradient(x, 0.5, edge_order=2), ((5,),)),
    Case("gradient uneven", lambda x, h: np.gradient(x, np.cumsum(h)), ((5,), (5,)), True),
    Case("gradient uneven edge_order", lambda x, h: np.gradient(x, np.cumsum(h), edge_order=2), ((5,), (5,)), True),
    Case("gradient spacing", lambda x, h: np.gradient(x, h[0], axis=1), ((2, 4), (1,)), True),
    Case("gradient axes", lambda x: np.gradient(x, 0.5, [0.0, 1.0, 1.5])[1] * np.gradient(x)[0], (B,)),
    Case("ediff1d", lambda x: np.ediff1d(x), (B,)),
    Case("ediff1d ends", lambda x: np.ediff1d(x, to_end=[1.0, 2.0], to_begin=x[:1] * x[1]), ((4,),)),
    Case("ix_", lambda x, y: np.ix_(x, y)[0] * np.ix_(x, y)[1], ((3,), (2,))),
    Case("unwrap", lambda x: np.unwrap(x * 10.0), ((6,),)),
    Case("unwrap period", lambda x: np.unwrap(x * 10.0, period=4.0, discont=2.5, axis=0), ((3, 2),)),
    Case("interp", lambda x, xp, fp: np.interp(x, xp, fp), (_POINTS, _TABLE, (4,))),
    Case("interp scalar", lambda x, fp: np.interp(x[0], _TABLE, fp), (np.array([0.45]), (4,))),
    Case("interp ends", lambda x, fp: np.interp(x, _TABLE, fp, left=fp[0] * x[1], right=7.0), (_POINTS, (4,))),
    Case("interp period", lambda x, xp, fp: np.interp(x, xp, fp, period=0.75), (_POINTS, _TABLE, (4,))),
    Case("interp active period", lambda x, p: np.interp(x, _TABLE, x[:4], period=p[0]), (_POINTS, np.array([0.77]))),
    Case("interp of a matrix", lambda x, fp: np.interp(x, _TABLE, fp), ((2, 3), (4,)), True),
]

_MODULES = {
    name: importlib.import_module(f"numpy.polynomial.{name}")
    for name in ("polynomial", "chebyshev", "legendre", "hermite", "hermite_e", "laguerre")
}
POLYNOMIALS = [
    Case("poly", lambda x: np.poly(x), ((4,),)),
    Case("polyval", lambda c, x: np.polyval(c, x), ((4,), B)),
    Case("polyadd", lambda c, d: np.polyadd(c, d), ((4,), (3,))),
    Case("polysub", lambda c, d: np.polysub(c, d), ((3,), (4,))),
    Case("polymul", lambda c, d: np.polymul(c, d), ((3,), (4,))),
    Case("polydiv quotient", lambda c, d: np.polydiv(c, d)[0], ((5,), (3,)), True),
    Case("polydiv remainder", lambda c, d: np.polydiv(c, d)[1], ((5,), (3,)), True),
    Case("polyder", lambda c: np.polyder(c, 2), ((5,),)),
    Case("polyint", lambda c: np.polyint(c, 2, [1.0, c[0]]), ((4,),)),
    Case(
        "chebinterpolate",
        lambda x: np.polynomial.chebyshev.chebinterpolate(lambda t: np.exp(t * x[0]) + x[1], 4),
        ((2,),),
    ),
    Case("polyfit", lambda x, y: np.polyfit(x, y, 2), ((6,), (6,))),
    Case("polyfit weights", lambda x, y, w: np.polyfit(x, y, 1, w=w), ((5,), (5, 2), (5,)), True),
    Case("polyfit full", lambda x, y: np.polyfit(x, y, 1, full=True)[1], ((5,), (5,))),
    Case("polyfit cov", lambda x, y: np.polyfit(x, y, 1, cov=True)[1], ((6,), (6,))),
    Case("polyfit unscaled", lambda x, y: np.polyfit(x, y, 1, cov="unscaled", w=y + 2.0)[1], ((6,), (6,))),
    Case("vander", lambda x: np.vander(x, 4), ((3,),)),
    Case("vander increasing", lambda x: np.vander(x, increasing=True), ((3,),)),
    Case("trim_zeros", lambda x: np.trim_zeros(x * np.array([0.0, 1.0, 0.0, 1.0, 0.0])), ((5,),)),
]


_PREFIX = {"polynomial": "poly", "chebyshev": "cheb", "legendre": "leg", "hermite": "herm", "hermite_e": "herme"}
_OF_EACH = (
    ("val", lambda f, x, c: f(x, c), (B, (4,))),
    ("val2d", lambda f, x, y, c: f(x, y, c), ((3,), (3,), (3, 2))),
    ("val3d", lambda f, x, y, z, c: f(x, y, z, c), ((2,), (2,), (2,), (2, 3, 2))),
    ("grid2d", lambda f, x, y, c: f(x, y, c), ((3,), (2,), (3, 2))),
    ("grid3d", lambda f, x, c: f(x, x, x, c), ((2,), (2, 3, 2))),
    ("vander", lambda f, x: f(x, 3), (B,)),
    ("vander2d", lambda f, x, y: f(x, y, [2, 1]), ((3,), (3,))),
    ("vander3d", lambda f, x: f(x, x, x, [1, 2, 1]), ((2,),)),
    ("add", lambda f, c, d: f(c, d), ((4,), (3,))),
    ("sub", lambda f, c, d: f(c, d), ((3,), (4,))),
    ("mul", lambda f, c, d: f(c, d), ((3,), (4,))),
    ("mulx", lambda f, c: f(c), ((4,),)),
    ("div", lambda f, c, d: f(c, d + 1.5)[0], ((4,), (2,))),
    ("pow", lambda f, c: f(c, 3), ((3,),)),
    ("der", lambda f, c: f(c, 2, c[0]), ((5,),)),
    ("int", lambda f, c: f(c, 2, [1.0, c[0]], c[1], c[2]), ((4,),)),
    ("fromroots", lambda f, c: f(c), ((4,),)),
    ("companion", lambda f, c: f(c + 1.5), ((4,),)),
    ("fit", lambda f, x, y: f(x, y, 2), ((5,), (5,))),
    ("fit", lambda f, x, y, w: f(x, y, [0, 2], w=w + 2.0), ((5,), (5, 2), (5,))),
    ("fit", lambda f, x, y: f(x, y, 1, full=True)[1][0], ((5,), (5,))),
    ("line", lambda f, c: f(c[0], c[1]), ((2,),)),
    ("trim", lambda f, c: f(c * np.array([1.0, 0.0, 1.0, 0.0])), ((4,),)),
)
_OF_ALL_BUT_ONE = (
    ("2poly", lambda f, c: f(c), ((4,),)),
    ("poly2", lambda f, c: f(c), ((4,),)),
    ("weight", lambda f, x: f(x), ((3,),)),
)
_OF_ONE = (("valfromroots", lambda f, x, r: f(x, r), (B, (4,))),)


def _of_basis(basis, module):
    """A case for each function of a module of numpy.polynomial."""
    prefix = _PREFIX.get(basis, "lag")
    for suffix, f, inputs in (*_OF_EACH, *(_OF_ONE if basis == "polynomial" else _OF_ALL_BUT_ONE)):
        function = Unannounced(f"{module.__name__}.{f'poly2{prefix}' if suffix == 'poly2' else prefix + suffix}")
        yield Case(
            f"{function.__name__} {len(inputs)}", lambda *inputs, f=f, function=function: f(function, *inputs), inputs
        )


CASES = [
    *RANGES,
    *GRIDS,
    *POLYNOMIALS,
    *(case for basis, module in _MODULES.items() for case in _of_basis(basis, module)),
]
