"""NumPy takes arguments in many forms: lists for arrays, np.int8 for int, 1 for True, a list of axes. Every case is run
with its plain arguments in other forms, and with its inputs as lists of numbers; what NumPy accepts has NumPy's value,
bit for bit, and its derivatives."""

import types

import cases
import engines
import numpy as np
import pytest
from differences import jacobian as by_differences

import dualtape
from dualtape.trace.functions import has_active, operand


class Input(np.ndarray):
    """What stands for an active array where NumPy computes: it has no other form."""


def _is_plain(x):
    return type(x) is np.ndarray and not x.dtype.hasobject


def _nested(x, kind):
    return kind(_nested(item, kind) for item in x) if isinstance(x, list) else x


def _array(x):
    if type(x) is not list or has_active(x) or any(isinstance(item, (np.ndarray, list, tuple)) for item in x):
        return x
    return np.array(x)


FORMS = {
    "lists for arrays": lambda x: x.tolist() if _is_plain(x) and x.ndim else x,
    "tuples for arrays": lambda x: _nested(x.tolist(), tuple) if _is_plain(x) and x.ndim else x,
    "arrays for lists": _array,
    "tuples for lists": lambda x: tuple(x) if type(x) is list else x,
    "lists for tuples": lambda x: list(x) if type(x) is tuple else x,
    "np.int64 for int": lambda x: np.int64(x) if type(x) is int else x,
    "np.int8 for int": lambda x: np.int8(x) if type(x) is int else x,
    "arrays for int": lambda x: np.array(x) if type(x) is int else x,
    "int for bool": lambda x: int(x) if type(x) is bool else x,
    "np.bool_ for bool": lambda x: np.bool_(x) if type(x) is bool else x,
    "np.float64 for float": lambda x: np.float64(x) if type(x) is float else x,
    "arrays for float": lambda x: np.array(x) if type(x) is float else x,
    "small whole numbers": lambda x: x.astype(np.int8) if _is_plain(x) and x.dtype.kind == "i" else x,
    "whole numbers for truth": lambda x: x.astype(int) if _is_plain(x) and x.dtype.kind == "b" else x,
    "in Fortran order": lambda x: np.asfortranarray(x) if _is_plain(x) and x.ndim > 1 else x,
    "backwards": lambda x: np.ascontiguousarray(x[::-1])[::-1] if _is_plain(x) and x.ndim else x,
}
# These write into an array that is an argument: a copy of it in another form is another array.
WRITES = ("put", "place", "putmask", "copyto", "fill_diagonal", ".at", "out=")
OTHER_MEANING = ("histogramdd edges",)  # the sample: a list is of columns, an array of rows


class InOtherForms:
    """NumPy, whose functions take their arguments in another form."""

    def __init__(self, wrapped, form):
        self._wrapped, self._form = wrapped, form
        self.changed = []

    def __getattr__(self, name):
        found = getattr(self._wrapped, name)
        if isinstance(found, type) or not (callable(found) or isinstance(found, types.ModuleType)):
            return found
        inner = InOtherForms(found, self._form)
        inner.changed = self.changed
        return inner

    def __call__(self, *args, **kwargs):
        return self._wrapped(*map(self._changed, args), **{name: self._changed(x) for name, x in kwargs.items()})

    def _changed(self, x):
        found = self._form(x)
        if found is not x:
            self.changed.append(x)
            return found
        return type(x)(map(self._changed, x)) if type(x) in (list, tuple) else x


def _same(value, expected):
    return value.shape == expected.shape and np.array_equal(value, expected, equal_nan=True)


def _homes():
    """The globals of the files in which cases are written."""
    found = {id(home): home for case in cases.CASES for home in [getattr(case.f, "__globals__", {})] if "np" in home}
    return list(found.values())


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("form", FORMS)
def test_plain_arguments_in_other_forms_bit_for_bit(form, monkeypatch):
    numpy, homes, compared = InOtherForms(np, FORMS[form]), _homes(), 0
    for case in cases.CASES:
        is_moved = form in ("in Fortran order", "backwards")
        if case.label in OTHER_MEANING or (is_moved and any(word in case.label for word in WRITES)):
            continue
        points = case.points()
        with monkeypatch.context() as patch, np.errstate(all="ignore"):
            for home in homes:
                patch.setitem(home, "np", numpy)
            numpy.changed.clear()
            try:
                expected = np.asarray(case.f(*[x.copy().view(Input) if x.ndim else float(x) for x in points]))
            except (TypeError, ValueError, AttributeError, IndexError, np.linalg.LinAlgError):
                continue
            if not numpy.changed or expected.dtype.kind not in "fiu":
                continue
            value, J = engines.by_adjoints(case.f, *points)
            assert _same(value, expected), case.label
            usual, usual_J = _usual(case, points, patch, homes)
            if not _same(value, usual):
                usual_J = by_differences(lambda *xs, f=case.f: np.asarray(operand(f(*xs))), *points)
            np.testing.assert_allclose(J, usual_J, rtol=1e-6, atol=1e-9, err_msg=case.label)
            compared += 1
    assert compared > 2


def _usual(case, points, patch, homes):
    for home in homes:
        patch.setitem(home, "np", np)
    return engines.by_adjoints(case.f, *points)


INPUT_FORMS = {"lists": lambda x: x.tolist(), "lists of rows": list, "tuples": lambda x: _nested(x.tolist(), tuple)}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("form", INPUT_FORMS)
def test_inputs_as_lists_of_active_numbers_bit_for_bit(form):
    """In a clone, where functions of lists are seen."""
    compared = 0
    for case in cases.CASES:
        points = case.points()
        if not sum(map(np.size, points)):
            continue

        def f(*xs, case=case):
            return case.f(*(INPUT_FORMS[form](x) if np.ndim(x) else x for x in xs))

        with np.errstate(all="ignore"):
            try:
                expected = np.asarray(f(*points))
            except (TypeError, ValueError, AttributeError, IndexError, np.linalg.LinAlgError):
                continue
            if expected.dtype.kind != "f":
                continue
            value, jacobians = dualtape.value_and_jacobian(f, argnums=tuple(range(len(points))))(*points)
            assert _same(np.asarray(value), expected), case.label
            usual = engines.by_adjoints(case.f, *points)
        if _same(usual[0], expected):
            found = [np.reshape(J, (*expected.shape, np.size(x))) for J, x in zip(jacobians, points, strict=True)]
            np.testing.assert_allclose(np.concatenate(found, -1), usual[1], 1e-9, 1e-12, err_msg=case.label)
            compared += 1
    assert compared > 500
