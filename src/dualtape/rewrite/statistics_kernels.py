"""What takes the place of functions that the code of scipy.stats calls and that tell elements apart: see kernels.py."""

import numpy as np

from dualtape.rewrite.kernels import kernel
from dualtape.trace.functions import has_active, move, operand, primal


@kernel("scipy._lib.array_api_extra._lib._funcs.apply_where", "scipy._lib.array_api_extra.apply_where")
def apply_where(cond, args, f1, f2=None, /, *, fill_value=None, kwargs=None, xp=None):
    """f1 of the arguments where the condition holds, f2 (or a value) of them elsewhere."""
    args, kwargs = args if isinstance(args, tuple) else (args,), kwargs or {}
    cond = np.asarray(primal(cond), dtype=bool)
    shape = np.broadcast_shapes(cond.shape, *map(np.shape, args))
    cond = np.broadcast_to(cond, shape)
    args = [np.broadcast_to(operand(x), shape) for x in args]

    def part(f, chosen):
        if not np.any(chosen):
            return np.zeros(0)
        found = operand(f(*(x[chosen] for x in args), **kwargs))
        return np.broadcast_to(found, (np.count_nonzero(chosen),))

    first = part(f1, cond)
    second = np.broadcast_to(operand(fill_value), shape)[~cond] if f2 is None else part(f2, ~cond)

    def place(*ids):
        found = np.zeros(shape, dtype=ids[0].dtype)
        found[cond], found[~cond] = ids
        return found

    parts = [first, second]
    return move(parts, place) if has_active(parts) else place(*parts)
