"""The reference lists the public names, all of them and no other, and each is documented where it is defined."""

import inspect
import re

import pytest
from source_tree import ROOT

import dualtape

SECTIONS = ("Parameters", "Returns", "Examples")
FUNCTIONS = [name for name in dualtape.__all__ if inspect.isfunction(getattr(dualtape, name))]


def listed():
    """Names in the summaries of docs/reference, and the modules documented whole."""
    names = []
    for page in sorted((ROOT / "docs" / "reference").glob("*.md")):
        text = page.read_text(encoding="utf-8")
        for block in re.findall(r"\.\. autosummary::\n((?:   .*\n|\n)*)", text):
            names += re.findall(r"^   (\w+)$", block, flags=re.MULTILINE)
        names += re.findall(r"\.\. automodule:: dualtape\.(\w+)", text)
    return names


def test_the_reference_lists_the_public_names_once():
    assert sorted(listed()) == sorted(dualtape.__all__)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_public_function_says_what_goes_in_and_out_and_shows_it(name):
    doc = inspect.getdoc(getattr(dualtape, name)) or ""
    missing = [section for section in SECTIONS if not re.search(rf"^{section}\n-+$", doc, flags=re.MULTILINE)]
    assert not missing


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_docstring_describes_the_parameters_that_there_are(name):
    function = getattr(dualtape, name)
    doc = inspect.getdoc(function) or ""
    block = re.search(r"^Parameters\n-+\n(.*?)(?=^\w[\w ]*\n-+$|\Z)", doc, flags=re.MULTILINE | re.DOTALL)
    described = re.findall(r"^([\w*][\w*, ]*)(?: : .*)?$", block[1], flags=re.MULTILINE)
    described = {word.strip().lstrip("*") for line in described for word in line.split(",")}
    parameters = inspect.signature(function).parameters.values()
    passed_on = {p.name for p in parameters if p.kind is p.VAR_KEYWORD}  # keyword arguments of f: may go unsaid
    assert described | passed_on == {p.name for p in parameters}
