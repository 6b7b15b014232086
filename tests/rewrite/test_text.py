"""The text of a traced number is for people and decisions; nobody reads it back as a number without being told."""

import numpy as np
import pytest

import dualtape
from dualtape.errors import TraceEscapeError

X = np.array([1.25, 2.0])
_MODES = pytest.mark.parametrize("mode", ["forward", "reverse"])
READ_BACK = {
    "float of str": lambda x: float(str(x[0])),
    "float of a formatted number": lambda x: float(f"{x[0]:.3f}") * x[1],
    "float of format": lambda x: float(format(x[0] * x[1], ".3e")),
    "np.float64 of str": lambda x: np.float64(str(x[0])),
    "complex of str": lambda x: complex(str(x[0])).real,
}


@_MODES
@pytest.mark.parametrize("f", READ_BACK.values(), ids=READ_BACK)
def test_a_number_read_from_its_text_is_refused(f, mode):
    f(X)
    with pytest.raises(TraceEscapeError, match=r"of the text(.|\n)*test_text\.py(.|\n)*np\.round"):
        dualtape.jacobian(f, mode=mode)(X)


@_MODES
def test_text_is_printed_compared_and_measured(mode, capsys):
    def f(x):
        print(f"{x[0]:.2f}", x[1])
        return x[0] * len(f"{x[0]:.2f}") if str(x[1]) == "2.0" else x[1]

    np.testing.assert_array_equal(dualtape.grad(f, mode=mode)(X), [4.0, 0.0])
    assert capsys.readouterr().out == "1.25 2.0\n"
