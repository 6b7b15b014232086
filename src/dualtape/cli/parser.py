"""What may be typed: the argument parser and all help texts."""

from __future__ import annotations

import argparse
from typing import Any, NoReturn

from dualtape.cli.failures import CommandError, one_line

_PROGRAM = "python -m dualtape"

_DESCRIPTION = "Exact derivatives of an ordinary Python function, at a point, from the command line."

_EPILOG = """\
examples, with a file polar.py that holds

  import numpy as np
  def cartesian(p):
      r, phi = p
      return np.array([r * np.cos(phi), r * np.sin(phi)])

  python -m dualtape tour
  python -m dualtape jacobian polar.py:cartesian 2.0 0.785
  python -m dualtape jvp polar.py:cartesian 2.0 0.785 --tangent 1 0.5
  python -m dualtape hessian polar.py:cartesian 2.0 0.785 --json
  python -m dualtape COMMAND --help

exit status: 0 done, 1 a check failed, 2 a wrong file, name, shape or number, or an error inside FUNCTION
"""

_MODE_HELP = "the engine: hyper-dual numbers (forward) or the tape (reverse); auto chooses by size"

_POINT_HELP = """\
the point:
  a number      2.0   -1e-3   inf
  a .npy file   x.npy
  JSON          '[[1, 2], [3, 4]]'   or a .json file; an object gives FUNCTION a dict

  Several numbers are one vector if FUNCTION has one parameter (not counting those with a default), and one
  argument each if it has several, or *args. --as vector and --as scalars force either. A file or JSON is
  always one argument. An argument that is not differentiated (see --wrt) and is a whole number arrives as an int.
  --tangent and --cotangent are given like a point, after it.

JSON output:
  one object on one line: function, arguments, value, and the derivative under the command's name, of shape
  out.shape + in.shape; with several arguments, an object by their names. NaN and infinities are the strings
  "NaN", "Infinity" and "-Infinity", so that it is strict JSON; a point may be given the same way. What FUNCTION
  itself prints goes to stderr.

exit status: 0 done, 1 a check failed, 2 a wrong file, name, shape or number, or an error inside FUNCTION
"""


class _Layout(argparse.RawDescriptionHelpFormatter):
    """Keeps our own line breaks, and gives the left column the room it needs."""

    def __init__(self, prog: str, **options: Any):
        super().__init__(prog, max_help_position=30, width=110, **options)


class _Parser(argparse.ArgumentParser):
    """Reports what is wrong as every other mistake is reported: one line, exit status 2."""

    def error(self, message: str) -> NoReturn:
        raise CommandError(f"{one_line(message)}; {self.prog} --help shows what is expected")


def parse(words: list[str]) -> argparse.Namespace:
    """Read the command line.

    Parameters
    ----------
    words : list of str
        Without the program's name.

    Returns
    -------
    argparse.Namespace
        With `command`, None if nothing was asked for.

    Raises
    ------
    CommandError
        If the words are not as the help says.
    """
    parser = build()
    options, further = parser.parse_known_args([_protected(word) for word in words])
    if further and (not hasattr(options, "point") or any(word.startswith("-") for word in further)):
        parser.error(f"unrecognized arguments: {' '.join(further)}")
    if further:  # entries of the point that stand after an option
        options.point += further
    return options


def _protected(word: str) -> str:
    """Keep argparse from taking -1e-3 for an option: a leading space makes a word positional; `float` ignores it."""
    if word.startswith("-"):
        try:
            float(word)
        except ValueError:
            return word
        return " " + word
    return word


def build() -> argparse.ArgumentParser:
    """Build the parser with its commands."""
    parser = _Parser(prog=_PROGRAM, description=_DESCRIPTION, epilog=_EPILOG, formatter_class=_Layout)
    parser.add_argument("--version", action="store_true", help="print the versions of dualtape, NumPy and Python")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    _add_tour(commands)
    mode: dict[str, Any] = {"choices": ("auto", "forward", "reverse"), "default": "auto", "help": _MODE_HELP}
    _add_derivative(commands, "jacobian", "the matrix of first derivatives").add_argument("--mode", **mode)
    _add_derivative(commands, "hessian", "second derivatives, a matrix for each result").add_argument("--mode", **mode)
    _add_derivative(commands, "grad", "the gradient of a function with a scalar result")
    _add_derivative(commands, "jvp", "the Jacobian times a tangent vector").add_argument(
        "--tangent", nargs="+", required=True, metavar="V", help="a number for each entry of the point, or arrays"
    )
    _add_derivative(commands, "vjp", "the transposed Jacobian times a cotangent vector").add_argument(
        "--cotangent", nargs="+", required=True, metavar="W", help="a number for each entry of the result, or arrays"
    )
    _add_derivative(commands, "check", "dualtape's derivatives beside independent differences").add_argument(
        "--order", type=int, choices=(1, 2), default=2, help="1: first derivatives; 2 (default): second ones as well"
    )
    return parser


def _add_tour(commands: Any) -> None:
    tour = commands.add_parser(
        "tour",
        help="a guided tour: derivatives checked against closed forms and NIST's certified fits",
        description="Print derivatives chapter by chapter, each checked against a closed form or a certified value.",
        epilog="exit status: 0 all agree, 1 a number does not",
        formatter_class=_Layout,
    )
    tour.add_argument("chapters", nargs="*", metavar="CHAPTER", help="polar, hessians, network, nist; default: all")


def _add_derivative(commands: Any, name: str, summary: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(
        name, help=summary, description=f"Print {summary}.", epilog=_POINT_HELP, formatter_class=_Layout
    )
    add = parser.add_argument
    add("target", metavar="FILE.py:FUNCTION", help="a Python file, and a function that it defines")
    add("point", nargs="+", metavar="POINT", help="numbers, .npy files or JSON, described below")
    add("--json", action="store_true", help="print one line of JSON instead of tables")
    add("--as", dest="how", choices=("auto", "vector", "scalars"), default="auto", help="what several numbers are")
    if name in ("jacobian", "grad", "hessian"):
        add("--wrt", metavar="NAMES", help="arguments to differentiate by, such as x,y or 0,1; default: all")
    add(
        "--digits",
        type=int,
        choices=range(1, 18),
        default=10,
        metavar="N",
        help="significant digits of tables: 1 to 17",
    )
    add("--full", action="store_true", help="leave nothing out of long tables")
    add("--traceback", action="store_true", help="show the whole traceback of an error inside FUNCTION")
    return parser
