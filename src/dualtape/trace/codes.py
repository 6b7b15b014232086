"""Code objects: that of a function holds those of the functions which are defined in it."""

import types


def codes_in(code):
    """A code object and all that it holds."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from codes_in(constant)
