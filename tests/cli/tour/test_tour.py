"""The tour as a whole: all chapters agree with their closed forms, and a number that does not is not overlooked."""

import numpy as np
import pytest

from dualtape.cli import main
from dualtape.cli.tour import CHAPTERS, polar, write_tour
from dualtape.cli.tour.page import Page


@pytest.fixture
def lines():
    return []


def test_every_chapter_agrees(lines):
    assert write_tour(CHAPTERS, lines.append) == []
    assert sum(line.startswith("  ok ") for line in lines) >= 35
    assert max(map(len, lines)) <= 110


def test_one_chapter_alone(capsys):
    assert main(["tour", "network"]) == 0
    assert "two-layer network" in capsys.readouterr().out


def test_a_wrong_function_is_found_out(monkeypatch, capsys):
    monkeypatch.setattr(polar, "cartesian", lambda p: np.array([p[0] * np.cos(p[1]), 1.0001 * p[0] * np.sin(p[1])]))
    assert main(["tour", "polar"]) == 1
    assert "checks FAILED" in capsys.readouterr().out


@pytest.mark.parametrize("computed", [np.nan, [np.nan, 1.0], [1.0, 1.0 + 1e-12], 1.0])
def test_a_mismatch_is_noted(lines, computed):
    page = Page(lines.append)
    page.check("claim", computed, [1.0, 1.0])
    assert len(page.mismatches) == 1 and "MISMATCH" in lines[0]
    page.check("claim", [1.0, 1.0 + 1e-15], [1.0, 1.0])
    assert len(page.mismatches) == 1


def test_a_figure_below_its_bound_is_noted(lines):
    page = Page(lines.append)
    page.check_at_least("digits", 7.9, 8)
    page.check_at_least("digits", np.nan, 8)
    assert len(page.mismatches) == 2
