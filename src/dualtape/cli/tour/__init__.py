"""The guided tour: chapters of derivatives, every printed number checked against a closed form or a certified value.

One file per chapter, each with a title and a `write(page)`; `page.py` prints and checks, `least_squares.py` holds the
solver of the last chapter. Called by ``python -m dualtape tour``. A chapter is also a short example of its subject.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from dualtape.cli.tour import hessian_tensors, network, nist, polar
from dualtape.cli.tour.page import Page
from dualtape.version import __version__

# The order is that of reading; the names are what the command line offers.
CHAPTERS: dict[str, Any] = {"polar": polar, "hessians": hessian_tensors, "network": network, "nist": nist}


def write_tour(chapters: Iterable[str], print_line: Callable[[str], Any]) -> list[str]:
    """Write the named chapters, line by line, through `print_line`.

    Parameters
    ----------
    chapters : iterable of str
        Keys of `CHAPTERS`.
    print_line : callable
        Takes one line of text, without its newline.

    Returns
    -------
    mismatches : list of str
        What did not agree with its closed form; empty if all did.
    """
    page = Page(print_line)
    page.text(f"dualtape {__version__}: a tour of derivatives, each checked")
    for number, name in enumerate(chapters, start=1):
        chapter = CHAPTERS[name]
        page.heading(f"{number}. {chapter.TITLE}")
        chapter.write(page)
    page.summary()
    return page.mismatches
