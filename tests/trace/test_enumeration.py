"""Every public name of NumPy has one class, and what the class says is true: a differentiated name has a case that the
other tests run on every engine, a derivative-free one says of active numbers what NumPy says of plain ones, a refused
one raises a named error with a remedy. A name that a new release of NumPy brings fails here by its name."""

import warnings

import engines
import numpy as np
import passive_calls
import pytest
import refused_calls
from cases import CASES

from dualtape.errors import DualtapeError
from dualtape.handlers import inventory
from dualtape.trace import record
from dualtape.trace.functions import DIFFERENTIATED, KINDS, PASSIVE, REFUSED

pytestmark = pytest.mark.skipif(
    np.lib.NumpyVersion(np.__version__) < "2.4.0", reason="the inventory lists the names of the NumPy of today"
)

_KINDS = inventory.kinds()
_UFUNCS = {name for name in _KINDS if name.count(".") == 1 and isinstance(getattr(np, name[3:], None), np.ufunc)}
_OF_UFUNCS = {f"{name}.{method}" for name in _UFUNCS for method in inventory.methods_of(getattr(np, name[3:]))}
# Functions that no rule has been written for yet.
PENDING = set(
    """np.roots np.sort_complex
    np.linalg.eig np.linalg.eigvals np.polynomial.chebyshev.chebroots np.polynomial.hermite.hermroots
    np.polynomial.hermite_e.hermeroots np.polynomial.laguerre.lagroots np.polynomial.legendre.legroots
    np.polynomial.polynomial.polyroots
    np.fft.fft np.fft.fft2 np.fft.fftn np.fft.hfft np.fft.ifft np.fft.ifft2 np.fft.ifftn np.fft.ihfft np.fft.irfft
    np.fft.irfft2 np.fft.irfftn np.fft.rfft np.fft.rfft2 np.fft.rfftn""".split()
)
X = np.array([[0.53, -0.71, 0.94], [-0.12, 0.36, 0.25]])


def _named(kind):
    return sorted(name for name, found in _KINDS.items() if found == kind and name not in _OF_UFUNCS)


def test_every_name_has_one_class():
    unknown = {name for name, kind in _KINDS.items() if kind not in (DIFFERENTIATED, PASSIVE, REFUSED)}
    assert unknown <= PENDING
    assert _KINDS["np.exp"] == _KINDS["np.linalg.solve"] == _KINDS["ndarray.sum"] == DIFFERENTIATED
    assert _KINDS["np.argmax"] == _KINDS["np.less.outer"] == _KINDS["np.pi"] == _KINDS["ndarray.shape"] == PASSIVE
    assert _KINDS["np.save"] == _KINDS["ndarray.tofile"] == REFUSED


def test_a_plain_name_has_no_handler():
    """The names that the inventory lists are those that the registry does not know."""
    handled = {name for name in inventory.PLAIN_NAMES if inventory.value_of(name) is not None and _is_handled(name)}
    assert not handled


def _is_handled(name):
    value = inventory.value_of(name)
    return type(value).__hash__ is not None and value in KINDS


def test_a_refused_name_has_its_reason():
    """What is refused is what the table of refusals lists, and nothing else."""
    reasons = {name for name in _named(REFUSED) if inventory.refusal(name)[0] != inventory.NO_RULE}
    assert set(_named(REFUSED)) - reasons <= PENDING
    assert all(inventory.refusal(name)[1] for name in reasons)


def test_every_differentiated_name_has_a_case():
    """A handler without a case is not tested: the names that cases mention must be those that the registry holds."""
    mentioned = set().union(*(_mentioned(case.f) for case in CASES))
    missing = [name for name in _named(DIFFERENTIATED) if name not in _UFUNCS and not _spellings(name) & mentioned]
    assert set(missing) - _OPERATORS <= PENDING


# Methods behind operators and statements, which tests/core and the cases of all families use.
_OPERATORS = {
    f"ndarray.__{name}__"
    for name in """abs add radd iadd sub rsub isub mul rmul imul truediv rtruediv itruediv floordiv rfloordiv ifloordiv
    mod rmod imod divmod rdivmod pow rpow ipow matmul rmatmul imatmul neg pos getitem setitem iter copy deepcopy
    """.split()
}


def _spellings(name):
    parts = name.split(".")
    value = inventory.value_of(name)
    return {parts[-1], name.removeprefix("np."), getattr(value, "__name__", "")}


def _mentioned(f):
    """Names that a case's function, its defaults and what it closes over mention."""
    if isinstance(f, tuple):
        return set().union(*map(_mentioned, f))
    if not hasattr(f, "__code__"):
        return {f} if isinstance(f, str) else {getattr(f, "__name__", "")}
    cells = tuple(cell.cell_contents for cell in f.__closure__ or ())
    defaults = (f.__kwdefaults__ or {}).values()
    called = [f.__globals__[name] for name in f.__code__.co_names if name in f.__globals__]
    helpers = tuple(value for value in called if hasattr(value, "__code__") or hasattr(value, "_for"))
    return _names(f.__code__) | _mentioned((*cells, *(f.__defaults__ or ()), *defaults, *helpers))


def _names(code):
    """Names and strings that a function's code mentions, with those of the functions inside it."""
    found = set(code.co_names)
    for constant in code.co_consts:
        found |= (
            _names(constant) if hasattr(constant, "co_names") else {constant} if isinstance(constant, str) else set()
        )
    return found


# ---- derivative-free ----


def _passive():
    """Calls of derivative-free functions, and a failure for each one without a call."""
    listed = {**passive_calls.CALLS, **{f"ndarray.{name}": call for name, call in passive_calls.METHODS.items()}}
    return [(name, listed.get(name)) for name in _named(PASSIVE) if name not in inventory.PLAIN_NAMES and _asks(name)]


def _asks(name):
    """Constants of numpy.polynomial ask nothing."""
    return callable(inventory.value_of(name)) or name.startswith("ndarray.")


def outcome(call, x, X):
    """What a call gives, as plain data, or the type of the error that it raises."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return _plain(call(x, X))
        except Exception as error:
            return next(cls.__name__ for cls in type(error).__mro__ if cls.__module__ == "builtins")


def _plain(tree):
    if isinstance(tree, (tuple, list)):
        return [_plain(item) for item in tree]
    tree = getattr(tree, "primal", tree)
    return tree.tolist() if isinstance(tree, (np.ndarray, np.generic)) else tree


@pytest.mark.parametrize(("name", "call"), _passive(), ids=lambda x: x if isinstance(x, str) else "")
def test_a_derivative_free_name_says_what_numpy_says(name, call):
    assert call is not None, f"passive_calls.py has no call of {name}"
    found = []

    def f(X):
        found.append(outcome(call, X[0] * 1.0, X * 1.0))
        return X

    engines.by_adjoints(f, X)
    engines.by_duals(f, X)
    record.record_program(lambda *numbers: [f(*numbers)], [X])
    expected = outcome(call, X[0] * 1.0, X * 1.0)
    assert all(outcome == expected for outcome in found), (found, expected)


# ---- refused ----


_ABSENT = {f"ndarray.{name}" for name in refused_calls.ABSENT.split()}


@pytest.mark.parametrize(
    "name",
    [name for name in _named(REFUSED) if inventory.refusal(name)[0] != inventory.NO_RULE and name not in _ABSENT],
)
def test_a_refused_name_raises_a_named_error_with_a_remedy(name):
    calls = {**refused_calls.CALLS, **{f"ndarray.{key}": call for key, call in refused_calls.METHODS.items()}}
    with pytest.raises(DualtapeError) as caught:
        engines.by_adjoints(calls[name], X[0])
    assert caught.value.remedy and name.rpartition(".")[2].strip("_") in str(caught.value)


@pytest.mark.parametrize("name", refused_calls.ABSENT.split())
def test_a_protocol_of_plain_arrays_is_absent(name):
    engines.by_adjoints(lambda x: x * (3.0 if not hasattr(x, name) else pytest.fail(name)), X)
