"""What can go wrong at the command line, told in one line: what was wrong, what was expected, what to do."""

import linecache
import os
import sys
import traceback
from contextlib import contextmanager, redirect_stdout

import numpy as np

from dualtape import errors


class CommandError(Exception):
    """A wrong file, name, shape or number, or a failing user function. Its text is one line for stderr; the exit status is 2."""


@contextmanager
def user_code(target, arguments=None):
    """Run the user's file or function: what it prints goes to stderr, and an error becomes one line that names the user's own.

    Parameters
    ----------
    target : Target or str
        What is being run: a loaded function, or the path of the file that is being loaded.
    arguments : dict of str to value, optional
        What the function is called with; its shapes are named along with an error.
    """
    try:
        with redirect_stdout(sys.stderr):  # so that the output of --json stays JSON
            yield
    except CommandError:
        raise
    except (Exception, SystemExit) as error:
        raise CommandError(_describe(error, target, arguments or {})) from error


def _describe(error, target, arguments):
    path = getattr(target, "path", target)
    name = getattr(target, "label", target)
    if isinstance(error, errors.DualtapeError):
        where, message = error.where, error.problem
    elif isinstance(error, SyntaxError) and error.filename:
        where, message = _line(path, error.filename, error.lineno, None), error.msg
    else:
        where, message = _innermost_line(error, path), str(error)
    parts = [f"{name}: {type(error).__name__}: {message}" if message else f"{name}: {type(error).__name__}"]
    if where:
        parts.append(f"at {where}")
    if arguments and not isinstance(error, errors.DualtapeError):
        parts.append(f"called with {', '.join(f'{name} {_kind(value)}' for name, value in arguments.items())}")
    if getattr(error, "remedy", None):
        parts.append(f"remedy: {error.remedy}")
    return one_line("; ".join(parts))


def _innermost_line(error, path):
    """The deepest line of the user's own file that the error passed through."""
    file = os.path.abspath(path)
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if os.path.abspath(frame.filename) == file:
            return _line(path, frame.filename, frame.lineno, frame.name)
    return None


def _line(path, filename, number, function):
    shown = path if os.path.abspath(filename) == os.path.abspath(path) else filename
    source = linecache.getline(filename, number or 0).strip()
    where = f"{shown}:{number}"
    if function and function != "<module>":
        where += f", in {function}"
    return f"{where}: `{source}`" if source else where


def _kind(value):
    if isinstance(value, np.ndarray):
        return f"of shape {value.shape}"
    return f"= {value:g}" if isinstance(value, (int, float)) else f"a {type(value).__name__}"


def one_line(text):
    """Join the lines of a message."""
    return " ".join(text.split())
