"""What the registries say they handle: the wide core that was promised."""

import numpy as np
import pytest

from dualtape.handlers import inventory, methods
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
    coverage = inventory.kinds()
    missing = [name for name in WIDE_CORE if coverage.get("np." + name) in (None, functions.REFUSED)]
    assert missing == []


@pytest.mark.parametrize("name", NDARRAY_METHODS)
def test_every_ndarray_method_is_there(name):
    assert hasattr(np.ndarray, name)
    assert hasattr(methods.METHODS[name], "__get__")
