"""Results lie in memory as NumPy's do, whatever the function and the layout of its arguments: what reshape and ravel
give is a view where NumPy's is one."""

import warnings

import numpy as np
import pytest
from cases import CASES as ALL_CASES
from cases_layout import CASES

from dualtape.trace import forward, functions, record


def _reversed(x, order="C"):
    memory = np.empty_like(x, order=order)
    view = memory[(slice(None, None, -1),) * x.ndim]
    view[...] = x
    return view


def _with_gaps(x):
    memory = np.zeros([2 * n for n in x.shape])
    view = memory[(slice(None, None, 2),) * x.ndim]
    view[...] = x
    return view


def _moved(x):
    axes = np.roll(np.arange(x.ndim), 1)
    return np.ascontiguousarray(x.transpose(axes)).transpose(np.argsort(axes))


_LAYOUTS = {
    "C order": np.ascontiguousarray,
    "Fortran order": np.asfortranarray,
    "axes moved": _moved,
    "reversed": _reversed,
    "reversed, in Fortran order": lambda x: _reversed(x, "F"),
    "with gaps": _with_gaps,
}
_ENGINES = {
    "tape": record.record_flat,
    "program": record.record_program,
    "duals": lambda f, inputs: forward.evaluate_forward(f, inputs, 1),
}


def _steps(x):
    """What decides on views: strides of the axes that have several elements; the parts of complex numbers have gaps."""
    steps = [step for step, n in zip(x.strides, x.shape, strict=True) if n > 1]
    least = min([abs(step) for step in steps if step], default=1)
    return [step / least for step in steps] if 0 not in x.shape else []


def _found(f, engine, inputs):
    """Shape and steps of what f gives active numbers."""
    found = []

    def seen(*numbers):
        result = f(*numbers)
        is_real = getattr(result, "dtype", None) == np.float64
        found.append((np.shape(result), _steps(result) if is_real else None))
        return [functions.operand(result)]

    engine(seen, inputs)
    return found[0]


def _laid_out(case):
    for label, layout in _LAYOUTS.items():
        if "as_strided" not in case.label or "reversed" not in label:  # its view would leave the memory of those
            yield label, lambda layout=layout: [layout(x) if x.ndim else float(x) for x in case.points()]


@pytest.mark.parametrize("case", [*ALL_CASES, *CASES], ids=lambda case: case.label)
def test_results_lie_in_memory_as_numpys(case):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for label, inputs in _laid_out(case):
            expected = case.f(*inputs())
            if not isinstance(expected, np.ndarray) or expected.ndim < 2 or expected.dtype != np.float64:
                continue
            for name, engine in _ENGINES.items():
                assert _found(case.f, engine, inputs()) == (expected.shape, _steps(expected)), (label, name)
