"""What the registries say they handle: the wide core that was promised, and a class for each function of NumPy."""

import numpy as np
import pytest
from cases import CASES

from dualtape.handlers import methods
from dualtape.trace import functions

WIDE_CORE = """
concatenate stack vstack hstack dstack column_stack block append insert delete split array_split hsplit vsplit dsplit
tile repeat roll flip fliplr flipud rot90 take take_along_axis diag diagonal diagflat tril triu pad compress extract
reshape ravel transpose swapaxes moveaxis expand_dims squeeze broadcast_to broadcast_arrays atleast_1d atleast_2d
atleast_3d where select choose piecewise clip maximum minimum nan_to_num zeros_like ones_like full_like empty_like copy
copyto put place putmask put_along_axis fill_diagonal sum prod mean var std average max min amax amin ptp argmax argmin
sort argsort cumsum cumprod diff median any all count_nonzero nansum nanprod nanmean nanvar nanstd nanmax nanmin
dot vdot inner outer matmul tensordot einsum kron cross trace convolve correlate vecdot
linalg.solve linalg.inv linalg.det linalg.slogdet linalg.cholesky linalg.norm linalg.multi_dot linalg.matrix_power
shape ndim size isfinite isnan isinf allclose array_equal isclose result_type nonzero searchsorted real imag
""".split()

NDARRAY_METHODS = """
T all any argmax argmin argpartition argsort astype choose clip compress conj conjugate copy cumprod cumsum diagonal dot
fill flat flatten imag item itemsize max mean min mT nbytes nonzero partition prod put ravel real repeat reshape resize
round searchsorted sort squeeze std sum swapaxes take tobytes tolist trace transpose var view
""".split()


def test_every_function_of_the_wide_core_is_handled():
    coverage = functions.coverage()
    missing = [name for name in WIDE_CORE if coverage.get("np." + name) in (None, functions.REFUSED)]
    assert missing == []


def test_every_dispatched_function_of_numpy_has_a_class():
    classes = {functions.DIFFERENTIATED, functions.PASSIVE, functions.REFUSED}
    coverage = functions.coverage()
    assert set(coverage.values()) == classes
    assert coverage["np.exp"] == coverage["np.linalg.solve"] == functions.DIFFERENTIATED
    assert coverage["np.argmax"] == coverage["np.less"] == coverage["np.floor"] == functions.PASSIVE
    assert coverage["np.save"] == functions.REFUSED


def test_every_differentiated_function_has_a_case():
    """A handler without a case is not tested: the names that cases mention must be those that the registry holds."""
    mentioned = set()
    for case in CASES:
        mentioned |= _mentioned(case.f)
    missing = [
        name
        for name, kind in functions.coverage().items()
        if kind == functions.DIFFERENTIATED and not isinstance(_function(name), np.ufunc)
        if _function(name).__name__ not in mentioned
    ]
    assert missing == []


def _mentioned(f):
    """Names that a case's function, its defaults and what it closes over mention."""
    if isinstance(f, tuple):
        return set().union(*map(_mentioned, f))
    if not hasattr(f, "__code__"):
        return {f} if isinstance(f, str) else {getattr(f, "__name__", "")}
    cells = tuple(cell.cell_contents for cell in f.__closure__ or ())
    return _names(f.__code__) | _mentioned(cells) | _mentioned(f.__defaults__ or ())


def _names(code):
    """Names and strings that a function's code mentions, with those of the functions inside it."""
    found = set(code.co_names)
    for constant in code.co_consts:
        found |= (
            _names(constant) if hasattr(constant, "co_names") else {constant} if isinstance(constant, str) else set()
        )
    return found


def _function(name):
    function = np
    for part in name.split(".")[1:]:
        function = getattr(function, part)
    return function


@pytest.mark.parametrize("name", NDARRAY_METHODS)
def test_every_ndarray_method_is_there(name):
    assert hasattr(np.ndarray, name)
    assert hasattr(methods.METHODS[name], "__get__")
