"""Every error that dualtape raises by name, and the search for the user's own line that each of them reports.

All derive from `DualtapeError` and from the built-in that fits, so that ``except ValueError`` works as expected. Errors
that belong to NumPy (an index out of range, operands that do not broadcast) are NumPy's own and not listed here. Used
by every layer; imports nothing of ours, and nothing that costs time at import.
"""

from __future__ import annotations

import sys
from types import FrameType
from typing import Any

# Frames of these packages are never "the user's own line".
_LIBRARIES = frozenset({"dualtape", "numpy", "scipy", "pandas", "functools", "contextlib"})


def user_location() -> str | None:
    """Tell where the user's code is: the innermost frame outside dualtape, NumPy and SciPy.

    Returns
    -------
    where : str or None
        ``file:line, in function: `source line```, or None if no such frame exists.

    Notes
    -----
    Walks the stack once; compiled frames of ours do not appear in it. Costs microseconds, so only errors call it.
    """
    try:
        frame: FrameType | None = sys._getframe(1)
    except ValueError:  # called from C without any Python frame
        return None
    while frame is not None:
        if not is_library(frame):
            return _describe(frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_name, frame.f_globals)
        frame = frame.f_back
    return None


def user_site() -> tuple[Any, int] | None:
    """Where the user's code is, to be described later: the code object and the line of the frame of `user_location`."""
    frame: FrameType | None = sys._getframe()
    while frame is not None:
        if not is_library(frame):
            return frame.f_code, frame.f_lineno
        frame = frame.f_back
    return None


def describe_site(site: tuple[Any, int] | str | None) -> str:
    """``file:line, in function: `source line```; text, which a program from a file has, stays as it is."""
    if isinstance(site, str):
        return site
    return "unknown" if site is None else _describe(site[0].co_filename, site[1], site[0].co_name, {})


def is_library(frame: FrameType) -> bool:
    """Tell whether a frame is ours, NumPy's, SciPy's or of another library that calls the user's code."""
    module = frame.f_globals.get("__name__") or ""
    if module == "__main__":  # python -m dualtape: the package run as a program
        spec = frame.f_globals.get("__spec__")
        module = spec.name if spec is not None else module
    return module.partition(".")[0] in _LIBRARIES or frame.f_code.co_filename.startswith("<__array_function__")


def _describe(filename: str, line: int, function: str, module_globals: dict[str, Any]) -> str:
    import linecache  # costs import time that only an error should pay

    source = linecache.getline(filename, line, module_globals).strip()
    where = f"{filename}:{line}, in {function}"
    return f"{where}: `{source}`" if source else where


class DualtapeError(Exception):
    """Base of all errors of dualtape.

    Parameters
    ----------
    problem : str
        What was wrong and what was expected, in one sentence without a full stop.
    remedy : str, optional
        What the user can do about it.
    where : str, optional
        The user's own line; found by `user_location` where it is not given.

    Attributes
    ----------
    problem, remedy, where : str or None
        The parts of the message.
    """

    def __init__(self, problem: str = "", remedy: str | None = None, where: str | None = None):
        self.problem = problem
        self.remedy = remedy
        self.where = user_location() if where is None else where
        super().__init__(self._text())

    def _text(self) -> str:
        lines = [self.problem]
        if self.where:
            lines.append(f"  at {self.where}")
        if self.remedy:
            lines.append(f"  remedy: {self.remedy}")
        return "\n".join(lines)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.problem, self.remedy, self.where or "")


class TraceEscapeError(DualtapeError, TypeError):
    """A traced number was about to become a plain one, by `float(x)` say, which would lose its derivative."""

    @classmethod
    def of_key(cls) -> TraceEscapeError:
        """Of a traced number as a key: numbers that compare equal may differ in their derivatives."""
        return cls(
            "unhashable: as a key, or in a set, a traced number would pass for others of the same value, whatever "
            "their derivative",
            "take a key that does not depend on the input, or leave the cache out",
        )


class UnsupportedOperation(DualtapeError, TypeError, NotImplementedError):
    """The function calls an operation that has no derivative rule, or none for the operand that is active."""


class ShapeError(DualtapeError, ValueError):
    """An argument, tangent, cotangent or result has the wrong shape."""


class StructureError(DualtapeError, TypeError):
    """Two nested containers that must agree, primals and tangents say, differ."""


class DtypeError(DualtapeError, TypeError):
    """An input or output is of a kind that has no derivative: bool, str, complex, or other objects."""

    @classmethod
    def of_subclass(cls, array: object, name: str) -> DtypeError:
        """The refusal of an array whose type gives its own meaning to arithmetic: a matrix, a masked array."""
        return cls(
            f"{name} is a {type(array).__name__}, expected a plain ndarray",
            "pass np.asarray(...) of it if that keeps its meaning",
        )


class ComplexOperandError(DtypeError):
    """A handler of real numbers met a complex one: `functions.dispatch` turns to the handlers of complex numbers."""


class OptionError(DualtapeError, ValueError):
    """An option has a value that is not one of those offered: a mode, an argument number, an order."""


class LeakedTracerError(DualtapeError, RuntimeError):
    """A traced number was used after the derivative that it belongs to had been taken."""


class PerturbationError(DualtapeError, RuntimeError):
    """Perturbations of different levels met in a way that would confuse them."""


class GuardError(DualtapeError, RuntimeError):
    """A program met a point, or a captured constant, for which it was not recorded, and may not be recorded again."""


class FileFormatError(DualtapeError, ValueError):
    """A file that is no program of dualtape, or is truncated, damaged, inconsistent, or of a later release."""


class NonFiniteError(DualtapeError, FloatingPointError):
    """Inside ``dualtape.debug()``: a value or derivative is NaN or infinite. Names the operation that made it."""


class NonsmoothError(DualtapeError, ArithmeticError):
    """With ``nonsmooth="raise"``: the function was evaluated at a kink."""


class DerivativeMismatch(DualtapeError, AssertionError):
    """A derivative differs from the independent one that it was compared with.

    Attributes
    ----------
    report : CheckReport or None
        What `check` compared.
    """

    report: Any = None
