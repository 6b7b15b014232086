"""What a code object, and those of the functions defined in it, do with names of their module and of enclosing
functions."""

import dis
import functools
from typing import NamedTuple

from dualtape.trace.codes import codes_in

_GLOBAL_READS = ("LOAD_GLOBAL", "LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS")
_GLOBAL_WRITES = ("STORE_GLOBAL", "DELETE_GLOBAL")
_CELL_WRITES = ("STORE_DEREF", "DELETE_DEREF")
_WRITING = frozenset(
    "out at fill put copyto place putmask put_along_axis fill_diagonal sort partition resize itemset setflags "
    "setfield byteswap setitem iadd isub imul itruediv __setitem__ "
    "real imag".split()  # and without buffers they are wrong of `table * [1j * x, 1.0]`, an object array
)
_AT_RUN_TIME = frozenset(["globals", "eval", "exec"])


class Names(NamedTuple):
    """Attributes
    ----------
    read : tuple of str
        Globals that are read or written; built-in functions among them.
    written : tuple of str
        Globals that a ``global`` statement lets it assign.
    rebound : frozenset of str
        Variables of enclosing functions that a ``nonlocal`` statement lets it assign.
    imports : bool
        True if it has an ``import`` statement.
    writes : bool
        True if it may write into an array.
    needs_all : bool
        True if it may look up any global by a name computed at run time.
    """

    read: tuple
    written: tuple
    rebound: frozenset
    imports: bool
    writes: bool
    needs_all: bool


@functools.lru_cache(maxsize=4096)
def names_in(code):
    """The `Names` of a code object."""
    read, written, rebound, imports, writes = {}, {}, set(), False, False
    for part in codes_in(code):
        writes = writes or not _WRITING.isdisjoint(_words(part))
        for instruction in dis.get_instructions(part):
            if instruction.opname in _GLOBAL_READS:
                read[instruction.argval] = None
            elif instruction.opname in _GLOBAL_WRITES:
                written[instruction.argval] = None
            elif instruction.opname == "STORE_SUBSCR" or (
                instruction.opname == "BINARY_OP" and instruction.argrepr.endswith("=")
            ):
                writes = True
            elif instruction.opname == "IMPORT_NAME":
                imports = True
            elif instruction.opname in _CELL_WRITES and instruction.argval in code.co_freevars:
                rebound.add(instruction.argval)
    needs_all = not _AT_RUN_TIME.isdisjoint(read)
    return Names(tuple(read | written), tuple(written), frozenset(rebound), imports, writes, needs_all)


def _words(code):
    """Names of globals and attributes, and of arguments that are passed by name."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, tuple):
            yield from (word for word in constant if isinstance(word, str))
