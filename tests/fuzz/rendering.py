"""A program as Python source that one can read, paste and run; and the function it defines."""

import numpy as np

INDENT = "    "


def expression(node):
    """The text of an expression."""
    return node.template.format(*map(expression, node.operands))


def _lines(statements, depth):
    for statement in statements:
        yield INDENT * depth + statement.template.format(*map(expression, statement.operands))
        yield from _lines(statement.body, depth + 1)


def source(program):
    """Helper functions and ``def f(x)``."""
    return "\n".join([*_lines(program.helpers, 0), "def f(x):", *_lines(program.statements, 1)]) + "\n"


def point(program):
    """The point as one would type it."""
    x = program.x
    return f"x = {x!r}" if np.ndim(x) == 0 else f"x = np.array({x.tolist()})"


WEIGHTED = "def weighted(x):\n    return np.sum(weights * f(x))\n"


def namespace(program, **names):
    """A module that defines f, and its weighted sum once it has `weights`; whatever they call is given by name."""
    module = {"__name__": "drawn", **names}
    exec(compile(source(program) + WEIGHTED, f"<program {program.seed}>", "exec"), module)
    return module
