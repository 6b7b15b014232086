"""Handlers take what NumPy's and SciPy's functions take: the same names, in the same order, with the same defaults."""

import inspect
from importlib import import_module

import numpy as np
import pytest

import dualtape
from dualtape.trace import functions

functions.load_families()
functions.foreign_kinds()

NUMPYS = [f for f in functions.HANDLERS if not isinstance(f, np.ufunc)]
SCIPYS = sorted(name for name in functions.FOREIGN if name.startswith("scipy."))
# Ours are keywords here: `out=` and the like, which NumPy hides behind **kwargs; the last of eight parameters.
OPEN = {"einsum": {"kwargs"}, "sph_harm_y": {"args", "kwargs"}, "sph_harm_y_all": {"args", "kwargs"}}
KEYWORDS_HERE = {"dct", "idct", "dst", "idst", "dctn", "idctn", "dstn", "idstn"}


def _parameters(function):
    try:
        return inspect.signature(function).parameters
    except (TypeError, ValueError):
        return None


def _takes_all(parameters):
    kinds = {parameter.kind for parameter in parameters.values()}
    return {inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD} <= kinds


def _positional(parameters):
    return [name for name, p in parameters.items() if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]


def _compare(name, theirs, ours):
    if theirs is None or ours is None or _takes_all(ours):
        return
    missing = set(theirs) - set(ours) - OPEN.get(name, set())
    is_open = any(p.kind == p.VAR_KEYWORD for p in ours.values())
    assert is_open or not missing, missing
    expected, found = _positional(theirs), _positional(ours)
    if not any(p.kind == p.VAR_POSITIONAL for p in ours.values()):
        count = len(expected) - (name in KEYWORDS_HERE and expected[-1] == "orthogonalize")
        assert found[:count] == expected[:count]
    for parameter in set(theirs) & set(ours):
        default, given = theirs[parameter].default, ours[parameter].default
        if type(default) in (bool, int, float, str) and type(given) in (bool, int, float, str):
            assert default == given, parameter


@pytest.mark.parametrize("function", NUMPYS, ids=functions.name_of)
def test_handlers_of_numpy(function):
    _compare(function.__name__, _parameters(function), _parameters(functions.HANDLERS[function]))


@pytest.mark.parametrize("name", SCIPYS)
def test_handlers_of_scipy(name):
    pytest.importorskip("scipy")
    module, _, attribute = name.rpartition(".")
    function = getattr(import_module(module), attribute, None)
    if function is not None and not isinstance(function, np.ufunc):  # older names are gone from newer SciPys
        _compare(attribute, _parameters(function), _parameters(functions.FOREIGN[name]))


@pytest.mark.parametrize(
    "name, args, named",
    [
        ("roots_jacobi", (3,), {"alpha": 0.5, "beta": 1.5}),
        ("roots_jacobi", (3, 0.5), {"beta": 1.5, "mu": True}),
        ("roots_jacobi", (3, 0.5, 1.5, True), {}),
        ("roots_gegenbauer", (4,), {"alpha": 0.75}),
        ("riccati_jn", (2,), {"x": 1.5}),
    ],
)
def test_names_of_parameters_lead_to_the_same(name, args, named):
    special = pytest.importorskip("scipy.special")

    def f(t):
        moved = {key: x + 0.0 * t if type(x) is float else x for key, x in named.items()}
        found = getattr(special, name)(*args, **moved)
        return sum(np.sum(part) for part in found) * t

    value, slope = dualtape.value_and_grad(f)(np.float64(1.25))
    assert value == pytest.approx(f(np.float64(1.25)), rel=1e-13)
    assert slope == pytest.approx(value / 1.25, rel=1e-12)
