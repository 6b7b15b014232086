"""Interior points of a row's domain, the same in every run: drawn from a generator seeded by the row's name."""

from __future__ import annotations

import zlib

import numpy as np


def points(row, n=8):
    """One array of `n` float64 numbers per operand."""
    rng = np.random.default_rng(zlib.crc32(row.name.encode()))
    return [_draw(rng, domain, n) for domain in ((row.tested_on,) if row.arity == 1 else row.tested_on)]


def _draw(rng, domain, n):
    share = (rng.permutation(n) + rng.uniform(0.05, 0.95, n)) / n
    if domain.spread == "decades":
        return domain.low * (domain.high / domain.low) ** share
    x = domain.low + (domain.high - domain.low) * share
    if domain.spread == "mirrored":
        x *= np.where(rng.random(n) < 0.5, -1.0, 1.0)
    return np.rint(x) if domain.spread == "whole" else x
