"""Assertions for test suites: that derivatives are right, that a hand-written one is, that J and J' are transposes.

They raise `dualtape.errors.DerivativeMismatch`, an AssertionError that names the worst entry.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dualtape.api import _containers, _numbers
from dualtape.api.check import CheckReport, check
from dualtape.api.jacobian import jacobian
from dualtape.api.linearize import linearize
from dualtape.errors import DerivativeMismatch

__all__ = ["assert_adjoint", "assert_derivatives_match", "assert_jacobian_matches"]


def assert_derivatives_match(
    f: Callable[..., Any], x: Any, order: int = 2, *, rtol: float = 1e-8, **kwargs: Any
) -> CheckReport:
    """Assert that dualtape's derivatives of f at x agree with differences of its values, in either mode.

    Parameters
    ----------
    f, x, order, rtol, **kwargs
        As for `dualtape.check`.

    Returns
    -------
    report : CheckReport
        What was compared; empty lists of kinks and of unresolved entries.

    Raises
    ------
    DerivativeMismatch
        If an entry differs, if x is a kink of f, or if differences cannot judge an entry.

    Examples
    --------
    >>> import numpy as np
    >>> from dualtape.testing import assert_derivatives_match
    >>> report = assert_derivatives_match(lambda x: np.sum(np.sin(x)), np.array([0.1, 0.2]))
    """
    report = check(f, x, order, rtol=rtol, **kwargs)
    for kind, names in (("a kink", report.kinks), ("not resolved by differences", report.unresolved)):
        if names:
            raise DerivativeMismatch(f"{names[0]} is {kind}", "choose another point, or use dualtape.check")
    return report


def assert_jacobian_matches(
    f: Callable[..., Any],
    derivative: Callable[..., Any],
    *args: Any,
    rtol: float = 1e-9,
    atol: float = 0.0,
    **kwargs: Any,
) -> None:
    """Assert that a hand-written gradient or Jacobian is that of f.

    Parameters
    ----------
    f : callable
        The function; its first argument is differentiated.
    derivative : callable
        Takes the same arguments, returns what ``dualtape.jacobian(f)`` returns: ``out.shape + in.shape``.
    *args, **kwargs
        Where to compare.
    rtol, atol : float
        Relative and absolute tolerance, entry by entry.

    Raises
    ------
    DerivativeMismatch
        If shapes or entries differ. Names the worst entry.

    Examples
    --------
    >>> from dualtape.testing import assert_jacobian_matches
    >>> assert_jacobian_matches(lambda x: x**3, lambda x: 3 * x**2, 2.0)
    """
    expected = jacobian(f)(*args, **kwargs)
    leaves, structure = _containers.flatten(expected)
    given = structure.match(derivative(*args, **kwargs), "the derivative")
    for name, exact, leaf in zip(structure.paths("derivative"), leaves, given, strict=True):
        found = np.asarray(_numbers.read(leaf, name)[0])
        if found.shape != np.shape(exact):
            raise DerivativeMismatch(f"{name} has shape {found.shape}, expected {np.shape(exact)}")
        wrong = ~np.isclose(found, exact, rtol=rtol, atol=atol, equal_nan=True)
        if np.any(wrong):
            distance = np.where(wrong, np.abs(found - exact), -1.0)
            index = np.unravel_index(int(np.argmax(distance)), distance.shape)
            place = f"{name}[{', '.join(map(str, index))}]" if index else name
            raise DerivativeMismatch(f"{place} is {found[index]:.15g}, expected {np.asarray(exact)[index]:.15g}")


def assert_adjoint(f: Callable[..., Any], *primals: Any, rtol: float = 1e-11, seed: int = 0, **kwargs: Any) -> None:
    """Assert that pushforward and pullback of f are transposes: ``<w, J v> = <J' w, v>`` for random v and w.

    Parameters
    ----------
    f : callable
    *primals, **kwargs
        Where to compare.
    rtol : float
        Tolerance, relative to ``|w| |J v|``.
    seed : int
        Of the random v and w.

    Raises
    ------
    DerivativeMismatch
        If the two products differ.

    Examples
    --------
    >>> import numpy as np
    >>> from dualtape.testing import assert_adjoint
    >>> assert_adjoint(lambda x: np.outer(x, x), np.array([1.0, 2.0]))
    """
    rng = np.random.default_rng(seed)
    _, J = linearize(f, *primals, **kwargs)
    v, w = rng.normal(size=J.shape[1]), rng.normal(size=J.shape[0])
    pushed, pulled = J.product(v), J.T.product(w)
    left, right = float(w @ pushed), float(pulled @ v)
    if not abs(left - right) <= rtol * float(np.linalg.norm(w) * np.linalg.norm(pushed)):
        raise DerivativeMismatch(f"<w, J v> = {left:.15g}, but <J' w, v> = {right:.15g}")
