"""What may be typed: the argument parser and all help texts."""

import argparse

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

_POINT_HELP = """\
the point:
  a number           2.0   -1e-3   inf
  a .npy file        x.npy
  JSON               '[[1, 2], [3, 4]]'   or a .json file; an object gives FUNCTION a dict

  Several numbers are one vector if FUNCTION has one parameter (not counting those with a default), and one argument each
  if it has several, or *args. --as vector and --as scalars force either. A file or JSON is always one argument.

JSON output:
  one object on one line: function, arguments, value, and the derivative under the command's name, with the shape
  out.shape + in.shape; several arguments make it an object by their names. NaN and infinities are the strings
  "NaN", "Infinity" and "-Infinity", so that it is strict JSON; a point may be given the same way. What FUNCTION
  itself prints goes to stderr.

exit status: 0 done, 1 a check failed, 2 a wrong file, name, shape or number, or an error inside FUNCTION
"""


class _Layout(argparse.RawDescriptionHelpFormatter):
    """Keeps our own line breaks, and gives the left column the room it needs."""

    def __init__(self, prog, **options):
        super().__init__(prog, max_help_position=30, width=110, **options)


class _Parser(argparse.ArgumentParser):
    """Reports what is wrong as every other mistake is reported: one line, exit status 2."""

    def error(self, message):
        raise CommandError(f"{one_line(message)}; {self.prog} --help shows what is expected")


def parse(words):
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


def _protected(word):
    """Keep argparse from taking -1e-3 or -inf for an option: a leading space makes a word positional, and `float` ignores it."""
    if word.startswith("-"):
        try:
            float(word)
        except ValueError:
            return word
        return " " + word
    return word


def build():
    """Build the parser with its commands."""
    parser = _Parser(prog=_PROGRAM, description=_DESCRIPTION, epilog=_EPILOG, formatter_class=_Layout)
    parser.add_argument("--version", action="store_true", help="print the versions of dualtape, NumPy and Python")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    _add_tour(commands)
    for name, summary in (("jacobian", "the matrix of first derivatives"), ("hessian", "second derivatives, a matrix for each result")):
        _add_derivative(commands, name, summary).add_argument(
            "--mode",
            choices=("auto", "forward", "reverse"),
            default="auto",
            help="the engine: hyper-dual numbers (forward) or the tape (reverse); auto chooses by size",
        )
    _add_derivative(commands, "grad", "the gradient of a function with a scalar result")
    _add_derivative(commands, "jvp", "the Jacobian times a tangent vector").add_argument(
        "--tangent", nargs="+", required=True, metavar="V", help="after the point: a number for each of its entries, or arrays"
    )
    _add_derivative(commands, "vjp", "the transposed Jacobian times a cotangent vector").add_argument(
        "--cotangent", nargs="+", required=True, metavar="W", help="after the point: a number for each entry of the result, or arrays"
    )
    _add_derivative(commands, "check", "dualtape's derivatives beside independent differences").add_argument(
        "--order", type=int, choices=(1, 2), default=2, help="1: first derivatives only; 2 (default): second ones as well"
    )
    return parser


def _add_tour(commands):
    tour = commands.add_parser(
        "tour",
        help="a guided tour: derivatives checked against closed forms and NIST's certified fits",
        description="Work through the chapters, print the numbers, and check each against a closed form or a certified value.",
        epilog="exit status: 0 all agree, 1 a number does not",
        formatter_class=_Layout,
    )
    tour.add_argument("chapters", nargs="*", metavar="CHAPTER", help="polar, hessians, network, nist; all of them if not given")


def _add_derivative(commands, name, summary):
    parser = commands.add_parser(name, help=summary, description=f"Print {summary}.", epilog=_POINT_HELP, formatter_class=_Layout)
    parser.add_argument("target", metavar="FILE.py:FUNCTION", help="a Python file, and a function that it defines")
    parser.add_argument("point", nargs="+", metavar="POINT", help="numbers, .npy files or JSON, described below")
    parser.add_argument("--json", action="store_true", help="print one line of JSON instead of tables")
    parser.add_argument("--as", dest="how", choices=("auto", "vector", "scalars"), default="auto", help="what several numbers are")
    if name in ("jacobian", "grad", "hessian"):
        parser.add_argument("--wrt", metavar="NAMES", help="arguments to differentiate by, such as x,y or 0,1; default: all")
    parser.add_argument("--digits", type=int, choices=range(1, 18), default=10, metavar="N", help="significant digits in tables, 1 to 17")
    parser.add_argument("--full", action="store_true", help="leave nothing out of long tables")
    parser.add_argument("--traceback", action="store_true", help="show the whole traceback of an error inside FUNCTION")
    return parser
