"""What can go wrong at the command line, told in one line: what was wrong, what was expected, what to do."""

from __future__ import annotations

import linecache
import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from typing import Any

import numpy as np

from dualtape import errors

_LONGEST_MESSAGE = 400


class CommandError(Exception):
    """A wrong file, name, shape or number, or a failing user function; its text is one line, the exit status 2."""


@contextmanager
def user_code(path: str, label: str | None = None, arguments: dict[str, Any] | None = None) -> Iterator[None]:
    """Run the user's file or function: what it prints goes to stderr, an error becomes one line that names the user's.

    Parameters
    ----------
    path : str
        The user's file, as typed.
    label : str, optional
        What is being run, for the message; the file if not given.
    arguments : dict of str to value, optional
        What the function is called with; named along with an error.
    """
    try:
        with redirect_stdout(sys.stderr):  # so that the output of --json stays JSON
            yield
    except CommandError:
        raise
    except (Exception, SystemExit) as error:
        raise CommandError(_describe(error, path, label or path, arguments or {})) from error


def _describe(error: BaseException, path: str, label: str, arguments: dict[str, Any]) -> str:
    if isinstance(error.__cause__, errors.DualtapeError):
        error = error.__cause__  # NumPy wraps a TraceEscapeError in a ValueError that does not tell what happened
    if isinstance(error, errors.DualtapeError):
        where, message = error.where, error.problem
    elif isinstance(error, SyntaxError) and error.filename:
        where, message = _line(path, error.filename, error.lineno, None), error.msg
    else:
        where, message = _innermost_line(error, path), str(error)
    parts = [f"{label}: {type(error).__name__}" + (f": {one_line(message)}" if message else "")]
    if where:
        parts.append(f"at {where}")
    if arguments and not isinstance(error, errors.DualtapeError):
        parts.append(f"called with {', '.join(f'{name} {_kind(value)}' for name, value in arguments.items())}")
    if getattr(error, "remedy", None):
        parts.append(f"remedy: {error.remedy}")  # type: ignore[attr-defined]
    return one_line("; ".join(parts), longest=2 * _LONGEST_MESSAGE)


def _innermost_line(error: BaseException, path: str) -> str | None:
    """The deepest line of the user's own file that the error passed through."""
    file = os.path.abspath(path)
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if os.path.abspath(frame.filename) == file:
            return _line(path, frame.filename, frame.lineno, frame.name)
    return None


def _line(path: str, filename: str, number: int | None, function: str | None) -> str:
    shown = path if os.path.abspath(filename) == os.path.abspath(path) else filename
    source = linecache.getline(filename, number or 0).strip()
    where = f"{shown}:{number}"
    if function and function != "<module>":
        where += f", in {function}"
    return f"{where}: `{source}`" if source else where


def _kind(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"of shape {value.shape}"
    return f"= {value:g}" if isinstance(value, (int, float)) else f"a {type(value).__name__}"


def one_line(text: str, longest: int = _LONGEST_MESSAGE) -> str:
    """Join the lines of a message, and cut what no one reads, such as a printed array of a thousand entries."""
    joined = " ".join(text.split())
    return joined if len(joined) <= longest else joined[: longest - 4] + " ..."
