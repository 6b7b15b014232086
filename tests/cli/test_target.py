"""``FILE.py:FUNCTION``: what is found, and one line for whatever is not."""

import textwrap

import pytest

from dualtape.cli.failures import CommandError
from dualtape.cli.target import load


@pytest.fixture
def file(tmp_path):
    def write(text, name="polar.py"):
        path = tmp_path / name
        path.write_text(textwrap.dedent(text))
        return str(path)

    return write


def test_functions_methods_and_neighbouring_modules_are_found(file):
    file("offset = 1.0\n", "neighbour_of_polar.py")
    path = file(
        """
        from dataclasses import dataclass
        from neighbour_of_polar import offset

        @dataclass
        class Model:
            k: float
            def energy(self, x):
                return self.k * x * x

        model = Model(3.0)

        def shifted(x):
            return x + offset
        """
    )
    assert load(f"{path}:shifted").function(1.0) == 2.0
    assert load(f"{path}:model.energy").function(2.0) == 12.0


@pytest.mark.parametrize("text", ["polar", "polar.py", ":f", "polar.py:", "C:polar.py"])
def test_other_forms_are_refused(text):
    with pytest.raises(CommandError, match=r"expected FILE\.py:FUNCTION"):
        load(text)


def test_a_missing_file_is_named():
    with pytest.raises(CommandError, match=r"no file 'nowhere\.py'"):
        load("nowhere.py:f")


def test_a_folder_or_other_file_is_refused(tmp_path):
    with pytest.raises(CommandError, match="not a Python file"):
        load(f"{tmp_path}:f")


def test_a_missing_function_is_answered_by_those_there_are(file):
    path = file("import math\ndef cartesian(x): return x\ndef polar(x): return x\nradius = 2\n")
    with pytest.raises(CommandError, match="did you mean 'cartesian'"):
        load(f"{path}:cartesien")
    with pytest.raises(CommandError, match="it defines cartesian, polar"):
        load(f"{path}:zzz")
    with pytest.raises(CommandError, match="of type int, expected a function"):
        load(f"{path}:radius")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("x = 1\nraise ValueError('no')\n", r"ValueError: no; at .*polar.py:2: `raise ValueError"),
        ("def f(:\n", r"SyntaxError: .*; at .*polar.py:1"),
        ("import not_a_module_at_all\n", r"ModuleNotFoundError: .*; at .*polar.py:1: `import"),
        ("import sys\nsys.exit(3)\n", r"SystemExit: 3; at .*polar.py:2"),
    ],
)
def test_a_file_that_fails_names_its_line(file, text, named):
    with pytest.raises(CommandError, match=named) as caught:
        load(f"{file(text)}:f")
    assert "\n" not in str(caught.value)
