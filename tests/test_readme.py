"""The README: its examples give the output that it shows, its commands are as promised, its links lead somewhere."""

import doctest
import re
import shlex
from pathlib import Path

import numpy as np
import pytest

from dualtape.cli import main

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
POLAR = """
import numpy as np

def cartesian(p):
    r, phi = p
    return np.array([r * np.cos(phi), r * np.sin(phi)])
"""


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```$", README, flags=re.MULTILINE | re.DOTALL)


def test_the_examples_give_what_they_show():
    code = "\n".join(blocks("python"))
    example = doctest.DocTestParser().get_doctest(code, {}, "README.md", "README.md", 0)
    assert example.examples
    with np.printoptions(precision=8):
        assert doctest.DocTestRunner().run(example).failed == 0


def test_the_console_session_prints_what_it_shows(tmp_path, monkeypatch, capsys):
    (tmp_path / "polar.py").write_text(POLAR)
    monkeypatch.chdir(tmp_path)
    (session,) = blocks("console")
    command, shown = session.removeprefix("$ ").split("\n", 1)
    program, _, module, *words = shlex.split(command)
    assert (program, module) == ("python", "dualtape")
    assert main(words) == 0
    assert capsys.readouterr().out.strip() == shown.strip()


def test_there_are_two_commands_of_one_line_with_an_environment_of_their_own():
    commands = [line for block in blocks("sh") for line in block.splitlines()]
    assert len(commands) == 2
    environments = [re.fullmatch(r"python3 -m venv (\S+) && .*", command).group(1) for command in commands]
    assert len(set(environments)) == 2
    run, test = commands
    assert run.endswith("-m dualtape tour") and "[test]" in test and test.endswith("-m pytest")


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\((?!http)([^)#]+)", README))))
def test_links_lead_somewhere(link):
    assert (ROOT / link).exists()
