"""A program that shows a defect, made as small as it gets while it still shows the same one.

Every candidate is smaller than the program it came from; one that does not run, or shows something else, is dropped.
The first that shows the defect is taken and the search starts again from it (Hughes 2007, greedy descent).
"""

import re

import numpy as np

from .grammar import Expression, Statement

MOST_CANDIDATES = 4000


def shrunk(program, shows, patience=MOST_CANDIDATES):
    """The smallest program found for which ``shows(program)`` holds; `patience` bounds how often that is asked."""
    tried = 0
    progress = True
    while progress and tried < patience:
        progress = False
        for candidate in candidates(program):
            tried += 1
            if shows(candidate):
                program, progress = candidate, True
                break
            if tried >= patience:
                break
    return program


def candidates(program):
    """Smaller programs, the boldest first."""
    for k in range(len(program.helpers)):
        yield program.replaced(helpers=program.helpers[:k] + program.helpers[k + 1 :])
    for statements in smaller_blocks(program.statements):
        yield program.replaced(statements=statements)
    for helpers in smaller_blocks(program.helpers):
        yield program.replaced(helpers=helpers)
    for x in smaller_points(program.x):
        yield program.replaced(x=x)


def smaller_blocks(block):
    """Without one statement, with one statement in place of its body's owner, with a smaller expression somewhere."""
    for k in range(len(block) - 1, -1, -1):
        before, after = block[:k], block[k + 1 :]
        yield before + after
        if block[k].body:
            yield before + block[k].body + after
        if after and (name := _assigned_name(block[k])):
            yield before + tuple(substituted(statement, name, block[k].operands[0]) for statement in after)
    for k in range(len(block) - 1, -1, -1):
        for statement in smaller_statements(block[k]):
            yield (*block[:k], statement, *block[k + 1 :])


def smaller_statements(statement):
    for body in smaller_blocks(statement.body):
        if body:
            yield statement._replace(body=body)
    for operands in with_one_smaller(statement.operands):
        yield statement._replace(operands=operands)
    written = re.match(r"(\w+)[^=<>(]*=[^=]", statement.template)
    if written and statement.operands and statement.template != f"{written[1]} = {{0}}":
        yield statement._replace(template=f"{written[1]} = {{0}}")


def _assigned_name(statement):
    """The name, where a statement is ``name = {0}``."""
    name = statement.template.removesuffix(" = {0}")
    return name if name.isidentifier() else ""


def substituted(node, name, value):
    """A statement or expression that reads `value` in place of a name: as an operand, or, if `value` is a name too, in
    the text of a template."""
    if getattr(node, "word", "") == "name":
        return value if node.template == name else node
    operands = tuple(substituted(operand, name, value) for operand in node.operands)
    template = re.sub(rf"\b{name}\b", value.template, node.template) if value.word == "name" else node.template
    changed = node._replace(template=template, operands=operands)
    if isinstance(node, Statement):
        changed = changed._replace(body=tuple(substituted(inner, name, value) for inner in node.body))
    return changed


def with_one_smaller(operands):
    for k, node in enumerate(operands):
        for smaller in smaller_expressions(node):
            yield (*operands[:k], smaller, *operands[k + 1 :])


def smaller_expressions(node):
    """An operand in its place, x, a number, or the same with a smaller operand. Shapes need not match: NumPy tells."""
    yield from node.operands
    if node.operands or node.word == "number":
        if node.template != "x":
            yield Expression("x", (), node.shape, "name")
        if node.operands:
            yield Expression("1.5", (), (), "number")
    for operands in with_one_smaller(node.operands):
        yield node._replace(operands=operands)


def smaller_points(x):
    """Fewer entries, fewer digits."""
    if np.ndim(x):
        for axis in range(np.ndim(x)):
            for keep in (slice(0, 1), slice(0, -1)):
                part = x[(slice(None),) * axis + (keep,)]
                if 0 < part.size < x.size:
                    yield np.ascontiguousarray(part)
    for digits in (0, 1):
        if not np.array_equal(rounded := np.round(x, digits), x):
            yield rounded
