"""`dualtape.debug`: stop at the first number that is not finite."""

from __future__ import annotations

from contextlib import AbstractContextManager

from dualtape.errors import OptionError


def debug(nan: bool = True, inf: bool = True) -> AbstractContextManager[None]:
    """Stop at the first operation whose value or derivative is not finite.

    Parameters
    ----------
    nan, inf : bool
        What to stop at: NaN, infinities, or (the default) both.

    Returns
    -------
    context : context manager
        For the drivers, and the calls of programs, that this thread makes inside. Contexts nest: what any of them
        stops at is stopped at.

    Raises
    ------
    OptionError
        If there is nothing to stop at.
    NonFiniteError
        Inside, from a driver. Names the operation, its operands, and the user's own file and line. In forward mode the
        first tangent that is not finite counts, in reverse mode the first adjoint, so that a branch that was not taken
        is no trouble there; a driver of second order looks at second derivatives, too.

    Notes
    -----
    f runs once more in every driver, and that run is slow: a Python call for every operation. Outside of the context
    nothing is slower. What f itself catches (``except ValueError``) is looked at first.

    Examples
    --------
    >>> import numpy as np
    >>> import dualtape
    >>> def f(x):
    ...     return np.sum(np.log(x) * x)
    >>> with dualtape.debug():
    ...     try:
    ...         dualtape.grad(f)(np.array([1.0, 0.0]))
    ...     except dualtape.errors.NonFiniteError as error:
    ...         print(error.problem)
    np.log gives -inf (element 1 of 2, counted in memory order), operand 0.0
    """
    from dualtape.trace.inspection import Inspector, inspecting

    if not (nan or inf):
        raise OptionError("debug has nothing to stop at", "leave nan=True or inf=True")
    return inspecting(Inspector(nan=bool(nan), inf=bool(inf)))
