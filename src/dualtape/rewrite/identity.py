"""``x is float`` in a clone. There `float` is a stand-in, but what is compared with it may be the real class: an
attribute of a class, ``x.dtype.type``. ``is`` asks nobody, ``in`` asks the stand-in, which knows itself and what it
stands for: the code of a clone says ``x in float`` where f says ``x is float``. It is as long as before, so that all
else stays in its place."""

import builtins
import dis
import functools
import types
from typing import NamedTuple

from dualtape.rewrite.numbers import Type

_ABSENT = object()


class Test(NamedTuple):
    """An ``is`` or ``is not`` in a code object.

    Attributes
    ----------
    start, end : int
        Where in the code the right operand is loaded, and where the test ends.
    path : tuple of str
        The right operand: the name of a global, and attributes of it.
    is_negated : int
        1 for ``is not``.
    """

    start: int
    end: int
    path: tuple
    is_negated: int


def compared_by_stand_ins(code, names):
    """The code of a clone of a function whose globals are `names`."""
    constants = [compared_by_stand_ins(x, names) if isinstance(x, types.CodeType) else x for x in code.co_consts]
    changed = bytearray(code.co_code)
    for test in _tests_in(code):
        stand_in = _stand_in(test.path, names)
        if stand_in is not None:
            constants.append(stand_in)
            _ask(changed, test, len(constants) - 1)
    is_same = len(constants) == len(code.co_consts) and all(map(_is, constants, code.co_consts))
    return code if is_same else code.replace(co_code=bytes(changed), co_consts=tuple(constants))


def _is(x, y):
    return x is y


@functools.lru_cache(maxsize=4096)
def _tests_in(code):
    """Each `Test` whose right operand is a global or an attribute of one."""
    steps, tests = list(dis.get_instructions(code)), []
    for k, step in enumerate(steps):
        if step.opname != "IS_OP" or step.is_jump_target:
            continue
        first = k - 1
        while steps[first].opname == "LOAD_ATTR" and not steps[first].is_jump_target:
            first -= 1
        if steps[first].opname == "LOAD_GLOBAL":
            path = tuple(step.argval for step in steps[first:k])
            while first and steps[first - 1].opname == "EXTENDED_ARG":
                first -= 1
            tests.append(Test(steps[first].offset, step.offset + 2, path, step.arg))
    return tests


def _stand_in(path, names):
    """The stand-in of the class of that name; None if there is none."""
    found = names.get(path[0], getattr(builtins, path[0], _ABSENT))
    for name in path[1:]:
        found = vars(found).get(name, _ABSENT) if isinstance(found, types.ModuleType) else _ABSENT
    return Type.stand_ins.get(found) if isinstance(found, type) else None


def _ask(code, test, constant):
    """``in`` of a constant, in the place of the test."""
    steps = [dis.opmap["LOAD_CONST"], constant & 255, dis.opmap["CONTAINS_OP"], test.is_negated, *_CACHE]
    if constant > 255:
        steps = [dis.opmap["EXTENDED_ARG"], constant >> 8, *steps]
    steps += [dis.opmap["NOP"], 0] * ((test.end - test.start - len(steps)) // 2)
    if len(steps) == test.end - test.start and constant < 1 << 16:
        code[test.start : test.end] = steps


def _cache_of(name, source):
    """The room for caches after an instruction, in the code of a source that has it."""
    steps = list(dis.get_instructions(compile(source, "", "eval")))
    k = next(k for k, step in enumerate(steps) if step.opname == name)
    return [0] * (steps[k + 1].offset - steps[k].offset - 2)


_CACHE = _cache_of("CONTAINS_OP", "a in b")
