"""From the words of the command line to output and exit status."""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import sys
import traceback

import numpy as np

from dualtape.cli import derivatives, json_text, parser
from dualtape.cli.failures import CommandError
from dualtape.cli.tables import table
from dualtape.cli.target import load
from dualtape.version import __version__

_MOST_TABLES = 12


def main(words: list[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    words : list of str, optional
        The command line without the program's name; ``sys.argv[1:]`` if not given.

    Returns
    -------
    int
        Exit status: 0 done, 1 a check failed, 2 something was wrong, told in one line on stderr.
    """
    words = sys.argv[1:] if words is None else words
    try:
        return _run(parser.parse(words))
    except CommandError as error:
        if "--traceback" in words and error.__cause__ is not None:
            traceback.print_exception(error.__cause__)
        print(f"dualtape: error: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # the reader, head for one, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _run(options: argparse.Namespace) -> int:
    if options.version:
        print(_versions())
        return 0
    if options.command is None:
        parser.build().print_help()
        return 0
    if options.command == "tour":
        return _tour(options)
    target = load(options.target)
    question = derivatives.ask(target, options.point, options.how, getattr(options, "wrt", None))
    result = getattr(derivatives, options.command)(question, options)
    if options.json:
        fields = {"function": target.label, "arguments": question.arguments, "value": question.value}
        print(json_text.text(fields | result.fields))
    else:
        _print_tables(result.tables, options)
        for note in result.notes:
            print(note)
    return 0 if result.passed else 1


def _tour(options: argparse.Namespace) -> int:
    from dualtape.cli.tour import CHAPTERS, write_tour  # nobody else needs its chapters loaded

    for name in options.chapters:
        if name not in CHAPTERS:
            raise CommandError(f"the tour has no chapter {name!r}: expected {', '.join(CHAPTERS)}")
    return 1 if write_tour(options.chapters or CHAPTERS, print) else 0


def _print_tables(tables: list[derivatives.Table], options: argparse.Namespace) -> None:
    width = max(shutil.get_terminal_size((100, 24)).columns, 40)
    shown = tables if options.full else tables[:_MOST_TABLES]
    for k, part in enumerate(shown):
        print(("\n" if k else "") + part.heading + "\n")
        for line in table(part.rows, part.columns, part.values, options.digits, width, options.full):
            print(line)
    if len(shown) < len(tables):
        print(f"\n... and {len(tables) - len(shown)} more: --full shows all, --json gives them to a program")


def _versions() -> str:
    return f"dualtape {__version__}, NumPy {np.__version__}, Python {platform.python_version()}"
