"""One page of the tour: plain text laid out in paragraphs, tables and checks. Knows nothing of derivatives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dualtape.cli.tables import align

WIDTH = 100
# A closed form in float64 is itself a few roundings away from the truth.
ROUNDING = 16 * np.finfo(float).eps


class Page:
    """What the chapters write on; counts the checks and keeps the mismatches.

    Parameters
    ----------
    print_line : callable
        Takes one line of text, without its newline.
    """

    def __init__(self, print_line: Callable[[str], Any]):
        self._print = print_line
        self._chapter = ""
        self.checks = 0
        self.mismatches: list[str] = []

    def heading(self, title: str) -> None:
        self._chapter = title
        self._print("")
        self._print(title)
        self._print("-" * len(title))

    def text(self, paragraph: str = "") -> None:
        for line in paragraph.split("\n"):
            self._print(line)

    def matrix(self, name: str, values: Any, digits: int = 8) -> None:
        """Print ``name =`` and the values of a scalar, vector (as one row) or matrix beside it."""
        rows = align(np.atleast_2d(np.asarray(values, dtype=float)), digits)
        margin = " " * (len(name) + 3)
        for i, row in enumerate(rows):
            self._print(f"  {f'{name} = ' if i == 0 else margin}[ {'  '.join(row)} ]")

    def table(self, rows: list[tuple[str, ...]]) -> None:
        """Print rows of ready-made strings in columns, the first flush left, the others flush right."""
        widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
        for row in rows:
            numbers = [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
            self._print("  " + "   ".join([row[0].ljust(widths[0]), *numbers]))

    def check(self, claim: str, computed: Any, expected: Any, tolerance: float = ROUNDING) -> None:
        """Compare with a closed form, relative to its largest entry, and print the claim with the error found."""
        computed, expected = np.asarray(computed, dtype=float), np.asarray(expected, dtype=float)
        if computed.shape != expected.shape:
            self._verdict(claim, False, f"shape {computed.shape}, expected {expected.shape}")
            return
        scale = np.max(np.abs(expected), initial=0.0)
        error = np.max(np.abs(computed - expected), initial=0.0) / (scale if scale > 0 else 1.0)
        self._verdict(claim, bool(error <= tolerance), "exact" if error == 0 else f"error {error:.0e}")

    def check_at_least(self, claim: str, figure: float, bound: float) -> None:
        """Check that a figure (a number of agreeing digits, say) reaches a bound."""
        self._verdict(claim, bool(figure >= bound), f"{figure:.1f}")

    def _verdict(self, claim: str, holds: bool, finding: str) -> None:
        self.checks += 1
        if not holds:
            self.mismatches.append(f"{self._chapter} / {claim} / {finding}")
        dots = "." * max(3, WIDTH - 26 - len(claim))
        self._print(f"  {'ok      ' if holds else 'MISMATCH'}  {claim} {dots} {finding}")

    def summary(self) -> None:
        self._print("")
        if not self.mismatches:
            self._print(f"{self.checks} checks, all in agreement.")
            return
        self._print(f"{len(self.mismatches)} of {self.checks} checks FAILED:")
        for mismatch in self.mismatches:
            self._print(f"  {mismatch}")
