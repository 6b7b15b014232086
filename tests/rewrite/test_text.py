"""The text of a traced number is for people and decisions; nobody reads it back as a number without being told."""

import ast
import copy
import decimal
import json
import pickle
import struct
from decimal import Decimal
from fractions import Fraction

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
    "with a digit before": lambda x: float("1" + str(x[0])),
    "with a digit after": lambda x: np.float64(str(x[0]) + "0"),
    "into a format": lambda x: float("1%s" % str(x[0])),  # noqa: UP031
    "of its format": lambda x: float((str(x[0]) + "%d") % 5),
    "cut": lambda x: float(str(x[0])[:3]),
    "stripped": lambda x: float(f"{x[0]:>9}".strip()),
    "replaced": lambda x: complex(str(x[0]).replace("1", "2")).real,
    "split": lambda x: float(str(x).strip("[]").split()[0]),
    "joined": lambda x: float(str(x[0])[:0].join(["1", "2"])),
    "formatted again": lambda x: float(f"{str(x[0]):0>9}"),
    "a digit": lambda x: sum(float(digit) for digit in str(x[0]) if digit != "."),
    "in bytes": lambda x: float(str(x[0]).encode()),
    "of an array": lambda x: float(np.array2string(x, separator=",")[1:].partition(",")[0]),
    "of np.array_str": lambda x: float(np.array_str(x)[1:5]),
    "of format_float_positional": lambda x: float(np.format_float_positional(x[0])),
    "of a complex number": lambda x: complex(str(x[0] * 1j)).imag,
    "as an array": lambda x: np.array([str(x[0])], dtype=float)[0],
    "np.float32 of str": lambda x: np.float32(str(x[0])) * 1.0,
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


@_MODES
def test_text_is_text(mode):
    def f(x):
        text = str(x[0])
        assert isinstance(text, str) and text == "1.25" and hash(text) == hash("1.25")
        assert {"1.25": 3.0}[text] == 3.0 and int(f"{x[1]:.0f}") == 2
        assert [*text.split("."), text.upper(), "x=" + text] == ["1", "25", "1.25", "x=1.25"]
        assert type(pickle.loads(pickle.dumps(text))) is str and type(copy.copy(text)) is str
        assert json.dumps([text, text[:1]]) == '["1.25", "1"]'
        assert text.partition(".") == ("1", ".", "25") and text.find(".") == 1 and "2" in text
        return x[0] * len(text + text)

    assert f(X) == 10.0
    np.testing.assert_array_equal(dualtape.grad(f, mode=mode)(X), [8.0, 0.0])


LEAVES = {  # functions of the standard library that would take a traced number, or its text, out of arithmetic
    "Decimal": lambda x: float(Decimal(x[0])),
    "decimal.Decimal": lambda x: float(decimal.Decimal(x[0] * 2.0)),
    "Decimal of text": lambda x: float(Decimal(str(x[0]))),
    "Fraction": lambda x: float(Fraction(x[0])),
    "Fraction of text": lambda x: float(Fraction(f"{x[0]:.3f}")),
    "json.dumps": lambda x: json.loads(json.dumps(x[0])),
    "json.dumps of a dict": lambda x: json.loads(json.dumps({"a": [1.0, x[0]]}))["a"][1],
    "json.loads": lambda x: json.loads(str(x[0])),
    "struct.pack": lambda x: struct.unpack("d", struct.pack("d", x[0]))[0],
    "literal_eval": lambda x: ast.literal_eval(str(x[0]) + "0"),
    "eval": lambda x: eval(str(x[0])),
}


@_MODES
@pytest.mark.parametrize("f", LEAVES.values(), ids=LEAVES)
def test_the_standard_library_takes_no_traced_number_out_of_arithmetic(f, mode):
    assert np.isfinite(f(X))
    with pytest.raises(TraceEscapeError, match=r"derivative(.|\n)*test_text\.py(.|\n)*remedy"):
        dualtape.grad(f, mode=mode)(X)


@_MODES
def test_the_standard_library_serves_plain_numbers(mode):
    def f(x):
        factor = Decimal("1.5") + decimal.Decimal(2)
        assert isinstance(factor, Decimal) and isinstance(Fraction(1, 2), Fraction) and {type(factor): 1}[Decimal]
        sizes = json.loads(json.dumps({"n": [2, 3], "name": str(3)}))
        assert struct.unpack("i", struct.pack("i", 7)) == (7,) and ast.literal_eval("[1, 2]") == [1, 2]
        half = float(Fraction(1, 2))
        return x[0] * float(factor) * sizes["n"][1] * eval("half * 2.0") + eval("x[1]", {"x": x}) * half

    np.testing.assert_array_equal(dualtape.grad(f, mode=mode)(X), [10.5, 0.5])
    np.testing.assert_array_equal(dualtape.record(f, X).grad(X + 1.0), [10.5, 0.5])
