"""Derivatives of functions of plain arrays by Richardson extrapolated central differences: the judge that knows nothing
of rules."""

import numpy as np

RICHARDSON = 2e-7  # relative accuracy of what follows, for well-scaled functions


def jacobian(f, *inputs, h=1e-3, levels=4):
    """Jacobian of ``f(*inputs)`` in all inputs together, out.shape + (n,)."""
    flat = np.concatenate([np.ravel(np.asarray(x, dtype=float)) for x in inputs])
    sizes = np.cumsum([np.size(x) for x in inputs])[:-1]

    def value(z):
        parts = np.split(z, sizes)
        return np.asarray(
            f(*(part.reshape(np.shape(x)) if np.ndim(x) else part[0] for part, x in zip(parts, inputs, strict=True))),
            float,
        )

    return np.stack([_along(value, flat, j, h, levels) for j in range(flat.size)], axis=-1)


def _along(value, x, j, h, levels):
    step = np.zeros_like(x)
    step[j] = 1.0
    d = []
    for k in range(levels):
        width = h / 2**k
        d.append((value(x + width * step) - value(x - width * step)) / (2 * width))
    for order in range(1, levels):
        d = [(4**order * d[k + 1] - d[k]) / (4**order - 1) for k in range(len(d) - 1)]
    return d[0]
