"""``FILE.py:FUNCTION`` -> the function: the file runs as a module of its own, its folder first on the import path."""

from __future__ import annotations

import difflib
import importlib.util
import inspect
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from dualtape.cli.failures import CommandError, user_code

# The module's name while it runs: no name of an importable module, so that a file may be called numpy.py, say.
_MODULE_NAME = "__dualtape_target__"


@dataclass(frozen=True)
class Target:
    """A user's function, and how the user calls it.

    Attributes
    ----------
    path : str
        The file as typed.
    name : str
        The function's name in it, dotted for an attribute of a class or object.
    function : callable
    """

    path: str
    name: str
    function: Callable[..., Any]

    @property
    def label(self) -> str:
        return f"{self.path}:{self.name}"


def load(text: str) -> Target:
    """Load ``FILE.py:FUNCTION``.

    Raises
    ------
    CommandError
        If the text has another form, the file is missing or fails while it runs, or it holds no such function.
    """
    path, colon, name = text.rpartition(":")
    if not colon or not path or not name or name.endswith(".py"):
        raise CommandError(f"{text!r} does not name a function: expected FILE.py:FUNCTION, as in polar.py:cartesian")
    if not os.path.exists(path):
        raise CommandError(
            f"no file {path!r} in {os.getcwd()!r}: expected the path of a Python file, as in FILE.py:FUNCTION"
        )
    if not path.endswith(".py") or not os.path.isfile(path):
        raise CommandError(f"{path!r} is not a Python file: expected FILE.py:FUNCTION, as in polar.py:cartesian")
    module = _run(path)
    return Target(path, name, _attribute(module, name, path))


def _run(path: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(_MODULE_NAME, os.path.abspath(path))
    assert spec is not None and spec.loader is not None  # it ends in .py
    module = importlib.util.module_from_spec(spec)
    sys.modules[_MODULE_NAME] = module  # dataclasses and pickle look their module up
    sys.path.insert(0, os.path.dirname(os.path.abspath(path)))
    with user_code(path):
        spec.loader.exec_module(module)
    return module


def _attribute(module: ModuleType, name: str, path: str) -> Callable[..., Any]:
    found: Any = module
    for part in name.split("."):
        with user_code(path):  # a property may run the user's code
            if not hasattr(found, part):
                raise CommandError(f"{path} has no function {name!r}: {_offers(module, name)}")
            found = getattr(found, part)
    if not callable(found):
        kind = type(found).__name__
        raise CommandError(f"{path}:{name} is of type {kind}, expected a function: {_offers(module, name)}")
    return found  # type: ignore[no-any-return]


def _offers(module: ModuleType, name: str) -> str:
    """Say which functions the file does define, or only the likeliest."""
    members = vars(module).items()
    own = [key for key, value in members if inspect.isfunction(value) and value.__module__ == _MODULE_NAME]
    if not own:
        return "it defines no function at its top level"
    close = difflib.get_close_matches(name, own, n=1)
    return f"did you mean {close[0]!r}?" if close else f"it defines {', '.join(sorted(own))}"
