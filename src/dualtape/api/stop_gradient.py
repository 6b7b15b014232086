"""The function that hides a value from differentiation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from dualtape.api._containers import map_leaves
from dualtape.ops.table import OPCODES
from dualtape.trace.functions import elementwise, has_active

if TYPE_CHECKING:
    from dualtape.api._types import R


def stop_gradient(x: R) -> R:
    """Hand on a value without its derivatives, of any order and level.

    Parameters
    ----------
    x : number, array, or nested container of them

    Returns
    -------
    x : like `x`
        Equal in value, constant for every derivative. What is not being differentiated comes back as it is.

    Notes
    -----
    It is an operation with zero derivative, not a plain number: a replay at another point computes it anew.

    Examples
    --------
    >>> import dualtape
    >>> dualtape.grad(lambda x: x * dualtape.stop_gradient(x))(3.0)
    3.0
    """
    return cast("R", map_leaves(_stop, x))


def _stop(leaf: Any) -> Any:
    if not has_active(leaf):
        return leaf
    if isinstance(leaf, list):
        return [_stop(entry) for entry in leaf]
    return elementwise(OPCODES["stop_gradient"], leaf)
