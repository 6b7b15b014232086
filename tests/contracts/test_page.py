"""The page of promises names the file that judges each of them, and no file is left out."""

import re
from pathlib import Path

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs" / "reference" / "contracts.md"


def test_the_page_names_every_file_that_judges_a_clause():
    named = set(re.findall(r"\(`(test_\w+\.py)`\)", PAGE.read_text(encoding="utf-8")))
    assert named == {path.name for path in HERE.glob("test_*.py")} - {Path(__file__).name}


def test_every_file_says_which_clause_it_judges():
    for path in HERE.glob("test_*.py"):
        assert path.read_text(encoding="utf-8").startswith('"""'), path.name
